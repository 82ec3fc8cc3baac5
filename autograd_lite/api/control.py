"""Order without data: groups, tuples, no-ops, printing and run-time assertions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


@export("no_op")
def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing: a place for control dependencies.

    >>> import autograd_lite as tf
    >>> tf.no_op(name="done").type
    'NoOp'
    """
    return raw.NoOp(name=name)


@export("group")
def group(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that is done when all `inputs` (operations, tensors, nested lists of them) are done.

    Raises:
      TypeError: an input is no operation or tensor, or a keyword is unknown.

    >>> import autograd_lite as tf
    >>> tf.group(tf.no_op(), tf.no_op(), name="both").control_inputs[0].type
    'NoOp'
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    ops = [_operation_of(item) for item in nest.flatten(inputs)]
    with building(name, "group_deps", [op for op in ops if op is not None]) as scope:
        by_device: dict[str, list[Operation]] = {}
        for op in ops:
            by_device.setdefault(op.device, []).append(op)
        if len(by_device) <= 1:
            device = next(iter(by_device), "")
            return _done_after(ops, device, scope)
        parts = [_done_after(by_device[device], device, "NoOp") for device in sorted(by_device)]
        return _done_after(parts, "", scope)


def _operation_of(item: Any) -> Operation:
    """The operation that a group waits for."""
    if isinstance(item, Operation):
        return item
    if not hasattr(item, "_handle"):  # waiting for a resource variable, or an update of one, does not read it
        item = getattr(item, "_as_graph_element", lambda: item)()
    op = item if isinstance(item, Operation) else getattr(item, "op", None)
    if not isinstance(op, Operation):
        raise TypeError(f"'inputs' should be zero or more (nested) Tensors. Received {item!r} with type '{type(item)}'.")
    return op


def _done_after(ops: Sequence[Operation], device: str, name: str) -> Operation:
    graph = ops[0].graph if ops else get_default_graph()
    with graph.control_dependencies(ops):
        if not device:
            return no_op(name=name)
        with graph.device(device):
            return no_op(name=name)


@export("tuple")
def tuple(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """Pass tensors on, each only after all of them (and `control_inputs`) are computed; entries that are None stay None.

    Raises:
      ValueError: there is no tensor among `tensors`.
      TypeError: a control input is no operation or tensor.

    >>> import autograd_lite as tf
    >>> a, b = tf.tuple([tf.constant(1), tf.constant(2)])
    >>> print(tf.Session().run(b))
    2
    """
    tensors = [
        item if item is None or isinstance(item, Tensor | IndexedSlices | Operation) else convert_to_tensor(item) for item in tensors
    ]
    with building(name, "tuple", [item for item in tensors if item is not None]):
        gates: list[Any] = [_operation_of(item) for item in tensors if item is not None]
        for item in control_inputs or []:
            if not isinstance(item, Operation | Tensor):
                raise TypeError(f"Control input must be Operation or Tensor: {item}")
            gates.append(_operation_of(item))
        gates = sorted(dict.fromkeys(gates), key=lambda op: op.id)
        if not gates:
            raise ValueError(f"Must have at least one Tensor: {tensors}")
        gate = group(*gates)
        return [None if item is None else with_dependencies([gate], item) for item in tensors]


def with_dependencies(dependencies: Any, output_tensor: Any, name: str | None = None) -> Any:
    """Pass a tensor on, but only after `dependencies` (operations or tensors) are done."""
    if isinstance(output_tensor, Operation):
        return output_tensor
    with (
        building(name, "control_dependency", [*dependencies, output_tensor]) as scope,
        output_tensor.graph.colocate_with(output_tensor.op),
        control_dependencies(dependencies),
    ):
        if isinstance(output_tensor, IndexedSlices):
            values = raw.Identity(output_tensor.values, name=scope)
            return IndexedSlices(values, output_tensor.indices, output_tensor.dense_shape)
        return raw.Identity(convert_to_tensor(output_tensor), name=scope)


@export("Print")
def Print(
    input_: Any, data: Any, message: str | None = None, first_n: int | None = None, summarize: int | None = None, name: str | None = None
) -> Tensor:
    """Pass `input_` on, and print `data` to standard error each time that happens.

    Args:
      message: text to begin with.
      first_n: print only so many times.
      summarize: print only so many elements of each tensor (default 3).

    >>> import autograd_lite as tf
    >>> tf.Print(tf.constant(1.0), ["value"]).op.type
    'Print'
    """
    limits = {"first_n": -1 if first_n is None else first_n, "summarize": 3 if summarize is None else summarize}
    return raw.Print(input_, data, message=message or "", **limits, name=name)


@export("init_scope")
@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Leave all control dependencies, so that what is built inside can run first, like the initial value of a variable.

    >>> import autograd_lite as tf
    >>> with tf.control_dependencies([tf.no_op()]), tf.init_scope():
    ...     tf.constant(1.0).op.control_inputs
    []
    """
    with get_default_graph().control_dependencies(None):
        yield


@export("verify_tensor_all_finite", "debugging.assert_all_finite")
def verify_tensor_all_finite(
    t: Any = None, msg: str | None = None, name: str | None = None, x: Any = None, message: str | None = None
) -> Tensor:
    """Pass a tensor on if every element is finite; otherwise fail, when the graph runs, with a message.

    Raises:
      ValueError: an argument is given under both names. At run time InvalidArgumentError.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.verify_tensor_all_finite([1., 2.], "must be finite"))
    array([1., 2.], dtype=float32)
    """
    x = renamed("x", x, "t", t)
    message = renamed("message", message, "msg", msg)
    with building(name, "VerifyFinite", [x]):
        x = convert_to_tensor(x, name="x")
        with x.graph.colocate_with(x.op):
            check = raw.CheckNumerics(x, message=message)
            return with_dependencies([check], x)


@export("add_check_numerics_ops")
def add_check_numerics_ops() -> Operation:
    """An operation that checks every floating point tensor of the default graph, in the order of the graph, for NaN and infinity.

    Raises:
      ValueError: the graph has tf.cond or tf.while_loop. At run time InvalidArgumentError, which names the tensor.

    >>> import autograd_lite as tf
    >>> x = tf.constant(1.0)
    >>> tf.add_check_numerics_ops().type
    'NoOp'
    """
    graph = get_default_graph()
    with in_current_scope():
        checks: list[Any] = []
        for op in graph.get_operations():
            for output in op.outputs:
                if output.dtype.name not in ("float16", "float32", "float64"):
                    continue
                if op._get_control_flow_context() is not None:
                    raise ValueError(
                        "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow operations such as `tf.cond()` or "
                        "`tf.while_loop()`."
                    )
                with graph.control_dependencies(checks):
                    checks = [raw.CheckNumerics(output, message=output.name)]
        return group(*checks)
