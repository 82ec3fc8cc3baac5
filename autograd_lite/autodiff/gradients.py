"""`tf.gradients`: the backward walk. It adds, to the same graph, the nodes that compute derivatives."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from autograd_lite.api.arrays import identity, shape, zeros_like
from autograd_lite.api.constants import constant, zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.autodiff import registry
from autograd_lite.autodiff.aggregate import AggregationMethod, add_up, check_method
from autograd_lite.autodiff.flow import Flow
from autograd_lite.autodiff.kit import Kit
from autograd_lite.autodiff.loops import Loops
from autograd_lite.autodiff.reach import Reach, is_trainable
from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices, SparseTensor
from autograd_lite.graph.contexts import is_loop_exit
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import variable_behind
from autograd_lite.graph.tensor import Tensor

_RECEIVED_NO_RULE = (
    "In general every operation must have an associated `@tf.RegisterGradient` for correct autodiff, which this op is lacking. If you "
    "want to pretend this operation is a constant in your program, you may insert `tf.stop_gradient`. This can be useful to silence the "
    "error in cases where you know gradients are not needed, e.g. the forward pass of tf.custom_gradient. Please see more details in "
    "https://www.tensorflow.org/api_docs/python/tf/custom_gradient."
)

DIFFERENTIATED = "differentiated"  # of Graph.properties: the tensor of which gradients were taken last


@export("UnconnectedGradients")
class UnconnectedGradients:
    """What `tf.gradients` returns for an x on which no y depends: `NONE` gives None, `ZERO` gives zeros of x's shape.

    >>> import autograd_lite as tf
    >>> x, y = tf.constant([1., 2.]), tf.constant(3.)
    >>> tf.gradients(y, x, unconnected_gradients=tf.UnconnectedGradients.NONE)
    [None]
    """

    NONE = "none"
    ZERO = "zero"


@export("gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str | None = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: str = UnconnectedGradients.NONE,
) -> list[Any]:
    """Build the derivatives of the sum of `ys` with respect to each of `xs`.

    The result is a list as long as `xs`: tensors with the shapes of the xs, `IndexedSlices` where only some rows of an x were used, None
    where no y depends on that x. The new nodes belong to the same graph, so they can be fetched, drawn, and differentiated again.
    Reverse accumulation (Linnainmaa 1970): the walk goes from the ys back to the xs and multiplies by one op's derivative at a time.

    Args:
      ys, xs: a tensor or a list of them; xs may be variables.
      grad_ys: the derivative of the final quantity with respect to each y (default: ones).
      gate_gradients: accepted for TF's sake; a compiled plan computes all gradients of an op before they are used.
      stop_gradients: tensors to be taken as constants.
      unconnected_gradients: a value of `tf.UnconnectedGradients`.

    Raises:
      ValueError: `grad_ys` is not as long as `ys`, or a gradient function returns a wrong number or shape of gradients.
      TypeError: a gradient's dtype does not go with its y.
      LookupError: an op on the way has no gradient function.

    >>> import autograd_lite as tf
    >>> x = tf.constant(3.0)
    >>> print(*tf.Session().run(tf.gradients(x * x, x)))
    6.0
    """
    check_method(aggregation_method)
    if unconnected_gradients not in (UnconnectedGradients.NONE, UnconnectedGradients.ZERO):
        raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}")
    ys, xs = _as_list(ys), _as_list(xs)
    stop_gradients = [] if stop_gradients is None else _as_list(stop_gradients)
    grad_ys = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    if len(grad_ys) != len(ys):
        raise ValueError(f"Length mismatch. Passed {len(grad_ys)} grad_ys for {len(ys)} ys")
    for item in (*ys, *xs):
        if item is None:
            raise AttributeError(
                "'NoneType' object has no attribute 'op'\n  tf.gradients was given None where a tensor or variable is wanted."
            )
    with collecting_later(), in_current_scope([*ys, *xs, *stop_gradients]):
        with building(name, "gradients", [*ys, *xs, *stop_gradients]):
            ys = [source_tensor(y, "y") for y in ys]
            xs = [source_tensor(x, "x") for x in xs]
            stopped = [source_tensor(tensor, "stop_gradient") for tensor in stop_gradients]
            walk = _Walk(ys, xs, stopped, colocate_gradients_with_ops)
            walk.run(grad_ys)
            grads = [walk.gradient_of(x) for x in xs]
        if unconnected_gradients == UnconnectedGradients.ZERO:
            grads = [_zeros(x) if grad is None else grad for x, grad in zip(xs, grads)]
    for y in ys:
        if not y.graph.is_looked_at:
            y.graph.properties[DIFFERENTIATED] = y
    return grads


@contextmanager
def collecting_later() -> Iterator[None]:
    """Keep the garbage collector from searching, again and again, a graph that only grows."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def source_tensor(value: Any, name: str | None = None) -> Tensor:
    """The tensor at which gradients with respect to `value` arrive."""
    if type(value) is Tensor:
        return value
    handle = getattr(value, "handle", None)
    if isinstance(handle, Tensor) and handle.dtype.name == "resource":
        return handle
    if isinstance(value, IndexedSlices | SparseTensor):
        return value.values
    return convert_to_tensor(value, name=name, as_ref=True)


def _first_gradients(ys: Sequence[Tensor], grad_ys: Sequence[Any]) -> list[Any]:
    """The gradients with which the walk starts: ones, or the given ones after a check of their types."""
    started: list[Any] = []
    for index, (y, grad) in enumerate(zip(ys, grad_ys)):
        name = f"grad_ys_{index}"
        if grad is None:
            if y.dtype.is_complex:
                raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {y.dtype.name!r})")
            started.append(_ones(y, name))
        elif isinstance(grad, IndexedSlices):
            _check_dtype(grad.values, y)
            started.append(grad)
        else:
            grad = convert_to_tensor(grad, name="grad_y")
            _check_dtype(grad, y)
            started.append(identity(grad, name=name))
    return started


def _ones(y: Tensor, name: str) -> Tensor:
    kind = y.dtype.base_dtype
    if y.static_shape == ():
        return constant(1, dtype=kind, name=name)
    sizes = shape(y)
    return raw.Fill(sizes, constant(1, dtype=kind, name=f"{name}/Const"), name=name)


def _check_dtype(grad: Tensor, y: Tensor) -> None:
    """Raise TypeError unless a gradient of this type can belong to `y`."""
    dtype = y.dtype
    if dtype.is_floating or dtype.is_integer:
        if not (grad.dtype.is_floating or grad.dtype.is_integer):
            raise TypeError(
                f"Gradient type {grad.dtype.name} generated for real or integer-valued tensor {y} with type {dtype.name} "
                "must be real or integer"
            )
    elif dtype.is_complex:
        if not grad.dtype.is_complex:
            raise TypeError(f"Gradient type {grad.dtype.name} generated for complex-valued tensor {y} with type {dtype.name} must be real")
    elif dtype.name not in ("variant", "resource"):
        raise TypeError(f"Tensor {y} with type {dtype.name} must be numeric to obtain a default gradient")


class Visit(NamedTuple):
    """One operation's part in a backward walk."""

    op: Operation
    arrived: list[Any]  # the gradient of each output: the sum of what its uses passed back, or None
    passed: list[Any]  # what the operation passes back to each of its inputs, or None


def backward_walk(y: Tensor, xs: Sequence[Tensor], name: str = "gradients") -> tuple[list[Any], list[Visit]]:
    """The gradients of `y` as `gradients` builds them, and the operations that were visited on the way, in order."""
    with collecting_later(), building(name, "gradients", [y, *xs]):
        walk = _Walk([y], list(xs), [], False)
        walk.run([None])
        return [walk.gradient_of(x) for x in xs], walk.visits


class _Walk:
    """One walk from the ys to the xs: operations are visited when all gradients of their outputs have arrived."""

    def __init__(self, ys: list[Tensor], xs: list[Tensor], stopped: list[Tensor], colocate: bool) -> None:
        self._ys = ys
        self._graph = get_default_graph()
        self._reach = Reach(ys, xs, stopped)
        self._loops = Loops(self._reach)
        self._kit = Kit(self._reach.is_wanted, gradients)
        self._kit.flow = Flow(self._loops)
        self._colocate = colocate
        # operation -> for each output, the gradients that arrived: a list, then (once visited) their sum
        self._arrived: dict[Any, list[Any]] = {}
        self.visits: list[Visit] = []

    def run(self, grad_ys: Sequence[Any]) -> None:
        """Walk, starting with the gradients `grad_ys` of the ys, where None stands for ones."""
        try:
            for y, grad in zip(self._ys, _first_gradients(self._ys, grad_ys)):
                self._add(y, grad)
            self._walk()
            self._loops.close()
        finally:
            self._loops.leave_imported()

    def _walk(self) -> None:
        reach = self._reach
        ready: deque[Any] = deque()
        unused = [op for op in reach.between if is_loop_exit(op) and not reach.pending.get(op)] if self._loops else []
        for op in dict.fromkeys([*(y.op for y in self._ys), *unused]):
            if not reach.pending.get(op):
                self._note_ready(op, ready)
        while ready:
            op = ready.popleft()
            self._visit_with_sums(op)
            pending = reach.pending
            for tensor in op.inputs:
                source = tensor.op
                if source in pending:
                    pending[source] -= 1
                    if not pending[source] or pending[source] > 0 and _is_switch_of_loop(source):
                        self._note_ready(source, ready)

    def _note_ready(self, op: Any, ready: deque[Any]) -> None:
        """Enqueue an operation; the exits of a loop only when all are ready, and those that nobody uses with gradients of zero."""
        if not is_loop_exit(op):
            ready.append(op)
            return
        exits = self._loops.exits_ready(op)
        if any(self._arrived.get(other) for other in exits):
            for other in exits:
                if not self._arrived.get(other):
                    grad = self._loops.zeros_for(other.outputs[0])
                    if grad is not None:
                        self._add(other.outputs[0], grad)
        ready.extend(exits)

    def _visit_with_sums(self, op: Any) -> None:
        arrived = self._arrived.get(op)
        if arrived is None:
            return
        if not self._loops:
            sums = self._arrived[op] = [add_up(grads) for grads in arrived]
            self._visit(op, sums)
            return
        with self._loops.before(op):
            sums = [add_up(grads) if isinstance(grads, list) else grads for grads in arrived]
        # the Switch of a loop variable is visited once more, when the gradient of the iteration has arrived
        self._arrived[op] = [[grad] if grad is not None else [] for grad in sums] if _is_switch_of_loop(op) else sums
        with self._loops.inside(op):
            self._visit(op, sums)

    def gradient_of(self, x: Tensor) -> Any:
        """The finished gradient of x."""
        arrived = self._arrived.get(x.op)
        grad = None if arrived is None else arrived[x.value_index]
        if isinstance(grad, list):  # nothing wanted lies behind: x's operation was never visited
            grad = add_up(grad)
            arrived[x.value_index] = grad  # type: ignore[index]
        return grad

    def _add(self, tensor: Tensor, grad: Any) -> None:
        arrived = self._arrived.get(tensor.op)
        if arrived is None:
            arrived = self._arrived[tensor.op] = [[] for _ in tensor.op.outputs]
        arrived[tensor.value_index].append(grad)

    def _visit(self, op: Any, grads: list[Any]) -> None:
        """Build the gradients of the inputs of `op` and hand them to the operations that make these inputs."""
        is_wanted = self._reach.is_wanted
        if op not in self._reach.between or not any(grad is not None for grad in grads):
            return
        passed: list[Any] = [None] * len(op.inputs)
        for index, grad in enumerate(self._gradients_of_inputs(op, grads)):
            tensor = op.inputs[index]
            if grad is not None and is_wanted(tensor):
                passed[index] = _checked(grad, op, index)
                self._add(tensor, passed[index])
        self.visits.append(Visit(op, grads, passed))

    def _gradients_of_inputs(self, op: Any, grads: list[Any]) -> Sequence[Any]:
        rule = registry.find_rule(op)
        if rule is None:
            name = op.attrs.get("_gradient_op_type", op.type)
            raise LookupError(
                f"No gradient defined for operation'{op.name}' (op type: {op.type}). {_RECEIVED_NO_RULE}\n"
                f"  The operation was made at {op.where}; nothing is registered under the name {name!r}."
            )
        if rule.function is None:
            return ()
        with self._graph.name_scope(op.name + "_grad"):
            if self._colocate:
                with self._graph.colocate_with(op, ignore_existing=True):
                    found = self._apply(rule, op, grads)
            else:
                found = self._apply(rule, op, grads)
        found = found if isinstance(found, list | tuple) else [found]
        if len(found) != len(op.inputs):
            raise ValueError(
                f'Num gradients {len(found)} generated for op name: "{op.name}"\n'
                f"  do not match num inputs {len(op.inputs)}. "
                f"The gradient function of {op.type} must return one gradient, or None, per input."
            )
        return found

    def _apply(self, rule: registry.GradientRule, op: Any, grads: list[Any]) -> Any:
        if rule.takes_kit:
            return rule.function(self._kit.at(op), op, *grads)  # type: ignore[misc]
        return rule.function(op, *_with_zeros(op, grads))  # type: ignore[misc]


def _is_switch_of_loop(op: Any) -> bool:
    """Whether a node is the Switch of a loop variable."""
    return op.type in ("Switch", "RefSwitch") and op.inputs[1].op.type == "LoopCond"


def _zeros(x: Tensor) -> Tensor:
    """Zeros of the shape of x; of the variable's, when x is the handle of one."""
    if x.dtype.base_dtype.name != "resource":
        return zeros_like(x)
    found = variable_behind(x)
    if found is None:
        raise ValueError(f"The variable behind {x!r} is not known, so there are no zeros of its shape.")
    dtype, sizes = found
    return zeros(list(sizes) if shapes.is_defined(sizes) else raw.VariableShape(x), dtype)  # type: ignore[arg-type]


def _with_zeros(op: Any, grads: list[Any]) -> list[Any]:
    """The gradients that a user's function gets: zeros for the outputs that were not used."""
    return [zeros_like(op.outputs[i]) if grad is None and is_trainable(op.outputs[i]) else grad for i, grad in enumerate(grads)]


def _checked(grad: Any, op: Any, index: int) -> Any:
    """`grad`, with the static shape of the input to which it belongs.

    Raises:
      ValueError: when that is impossible.
    """
    if isinstance(grad, IndexedSlices):
        return grad
    target = op.inputs[index]
    if not isinstance(grad, Tensor):
        grad = convert_to_tensor(grad, dtype=target.dtype.base_dtype)
    known, wanted = grad.static_shape, target.static_shape
    if known == wanted or wanted is None or target.dtype.name in ("resource", "variant"):
        return grad
    if not shapes.compatible(known, wanted):
        raise ValueError(
            "Incompatible shapes between op input and calculated input gradient.  "
            f"Forward operation: {op.name}.  Input index: {index}. Original input shape: {shapes.python_text(wanted)}.  "
            f"Calculated input gradient shape: {shapes.python_text(known)}"
        )
    merged = shapes.merge(known, wanted)
    if merged != known:
        grad.set_shape(wanted)
    return grad


__all__ = ["AggregationMethod", "UnconnectedGradients", "gradients"]
