"""Functions that become graphs: `tf.function` and `tf.wrap_function`."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.effects import put_effects_in_order
from autograd_lite.graph.function import FunctionGraph, names_an_object
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.import_def import import_graph_def
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.trust import IO_OPS
from autograd_lite.graph.type_specs import TensorSpec

_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")


@export("function")
def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    experimental_autograph_options: Any = None,
    experimental_relax_shapes: bool = False,
    experimental_compile: bool | None = None,
) -> Any:
    """Make a Python function into one that builds its nodes where it is called, with its effects in the order in which they are written.

    In a graph every call builds the nodes of the body, under a scope with the function's name; gradients flow through them. Reads and
    changes of resource variables, prints, queues and the like wait for those that stand before them in the function, and the results wait
    for all changes. Variables may be made in the first call only. Python's own `if` and `while` decide while the graph is built.

    Args:
      func: the function; left out when this is used as a decorator with arguments.
      input_signature: `tf.TensorSpec`s of the arguments, a possibly nested list: arguments are made into such tensors, or refused.
      autograph, experimental_autograph_options, experimental_relax_shapes, experimental_compile: accepted for TensorFlow's sake.

    Returns:
      A `Function`, or a decorator when `func` is left out.

    Raises:
      TypeError: when the signature is no list of TensorSpecs.

    >>> import autograd_lite as tf
    >>> count = tf.Variable(0, use_resource=True)
    >>> @tf.function
    ... def counted(x):
    ...     count.assign_add(1)
    ...     return x * 2.0
    >>> y = counted(tf.constant(3.0))
    >>> with tf.Session() as session:
    ...     session.run(count.initializer)
    ...     print(*session.run([y, y.op.graph.get_tensor_by_name(y.name)]), session.run(count))
    6.0 6.0 1
    """
    if func is None:
        return functools.partial(function, input_signature=input_signature)
    return Function(func, input_signature)


class Function:
    """A Python function as `tf.function` makes it: `python_function` is the original, calls build nodes."""

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None) -> None:
        if input_signature is not None and not isinstance(input_signature, list | tuple):
            raise TypeError(f"input_signature must be either a tuple or a list, received {type(input_signature)}")
        if any(not isinstance(spec, TensorSpec) for spec in nest.flatten(input_signature or [])):
            raise TypeError("Invalid input_signature; input_signature must be a possibly nested sequence of TensorSpec objects.")
        functools.update_wrapper(self, python_function)
        self._python_function = python_function
        self._specs = input_signature
        self._was_called = False

    @property
    def python_function(self) -> Callable[..., Any]:
        """The function that was given."""
        return self._python_function

    @property
    def input_signature(self) -> Any:
        """The specifications of its arguments, or None."""
        return self._specs

    def __get__(self, instance: Any, owner: type) -> Any:
        """As a method: one function for each object."""
        if instance is None:
            return self
        bound = Function(types.MethodType(self._python_function, instance), self._specs)
        instance.__dict__.setdefault(self.__name__, bound)  # type: ignore[attr-defined]
        return instance.__dict__[self.__name__]  # type: ignore[attr-defined]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build the nodes of the function for these arguments."""
        args, kwargs = self._arguments(args, kwargs)
        with building(self._name, None, [item for item in nest.flatten([args, kwargs]) if isinstance(item, Tensor)]):
            return self._built(args, kwargs)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The function for arguments of one kind, as a graph of its own.

        Args:
          *args, **kwargs: tensors, or `tf.TensorSpec`s for them; anything else is taken as a Python value.
        """
        if self._specs is not None and not args and not kwargs:
            args = tuple(self._specs)
        return _concrete(self._built, self._name, args, kwargs)

    @property
    def _name(self) -> str:
        return getattr(self._python_function, "__name__", "function").replace("<lambda>", "lambda").lstrip("_") or "function"

    def _built(self, args: Any, kwargs: Any) -> Any:
        graph = get_default_graph()
        start = len(graph._operations)
        result = self._python_function(*args, **kwargs)
        made = graph._operations[start:]
        from_outside = graph.properties.get("copies", {}).values()
        if any(op.type in _VARIABLES and op not in from_outside for op in made):
            if self._was_called:
                raise ValueError(
                    "tf.function-decorated function tried to create variables on non-first call.\n"
                    "  Make each variable once: outside of the function, or in its first call, and keep it in an attribute."
                )
        self._was_called = True
        return _results_after_effects(result, made)

    def _arguments(self, args: Any, kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Arrays become tensors; with a signature, everything does."""
        if self._specs is None:
            return nest.map_structure(lambda item: convert_to_tensor(item) if isinstance(item, np.ndarray) else item, (args, kwargs))
        bound = inspect.signature(self._python_function).bind(*args, **kwargs).args
        given = _up_to(self._specs, list(bound))
        specs = nest.flatten(list(self._specs))
        if given is None or len(given) != len(specs):
            raise ValueError("Structure of Python function inputs does not match input_signature.\n" + self._shown(bound))
        try:
            tensors = [convert_to_tensor(item, spec.dtype) for item, spec in zip(given, specs)]
        except (TypeError, ValueError) as error:
            raise ValueError(
                "When input_signature is provided, all inputs to the Python function must be convertible to tensors:\n" + self._shown(bound)
            ) from error
        if any(not spec.is_compatible_with(tensor) for tensor, spec in zip(tensors, specs)):
            raise ValueError("Python inputs incompatible with input_signature:\n" + self._shown(bound))
        return tuple(nest.pack_sequence_as(list(self._specs), tensors)), {}

    def _shown(self, inputs: Sequence[Any]) -> str:
        given, wanted = (",\n    ".join(map(str, items)) for items in (inputs, self._specs or ()))
        return f"  inputs: (\n    {given})\n  input_signature: (\n    {wanted})"


def _up_to(structure: Any, value: Any) -> list[Any] | None:
    """The parts of `value` that stand where `structure` has its leaves; None when the two are not nested alike."""
    if not nest.is_nested(structure):
        return [value]
    if not nest.is_nested(value) or len(structure) != len(value):
        return None
    parts = [_up_to(part, other) for (_, part), (_, other) in zip(nest.children(structure), nest.children(value))]
    return None if None in parts else [leaf for part in parts for leaf in part or ()]


def _results_after_effects(result: Any, made: Sequence[Operation]) -> Any:
    """The results of a function as tensors that wait for its effects; operations among them become None, as they have run by then."""
    graph = get_default_graph()
    effects = put_effects_in_order(made, graph._get_control_flow_context())

    def finished(value: Any) -> Any:
        if value is None or isinstance(value, Operation):
            return None
        tensor = convert_to_tensor(value)
        return raw.Identity(tensor) if effects else tensor

    if result is None or isinstance(result, Operation):
        return _after_all(effects)
    with graph.control_dependencies(effects):
        return nest.map_structure(finished, result)


def _after_all(effects: Sequence[Operation]) -> Operation | None:
    """One operation that has run when all effects have."""
    if not effects:
        return None
    with get_default_graph().control_dependencies(effects):
        return raw.NoOp()


# -------------------------------------------------------------------- functions as graphs


class ConcreteFunction:
    """A function whose body is a graph of its own; a call copies the body to where it is called.

    Attributes:
      graph: the body. name: of the function. outputs: what it gives, in a list. structured_outputs: the same, nested as the Python
      function gave it.
    """

    def __init__(self, name: str, graph: FunctionGraph, arguments: Sequence[Tensor], structured_outputs: Any) -> None:
        self.name = name
        self.graph = graph
        self.structured_outputs = structured_outputs
        self.outputs = [output for output in nest.flatten(structured_outputs) if output is not None]
        self._arguments = list(arguments)

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that stand for the arguments, then those for what it uses of the graph around."""
        return [*self._arguments, *self.graph.captures.values()]

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors of the graph around that it uses."""
        return list(self.graph.captures)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Copy the body to where this is called, with these arguments.

        Raises:
          TypeError: when they are too many or too few.
        """
        given = nest.flatten([list(args), *(kwargs[key] for key in sorted(kwargs))])
        if len(given) != len(self._arguments):
            raise TypeError(f"{self.name} takes {len(self._arguments)} tensors, not {len(given)}")
        tensors = [convert_to_tensor(value, argument.dtype) for value, argument in zip(given, self._arguments)]
        found = iter(self._copied([*tensors, *self.captured_inputs]))
        return nest.map_structure(lambda output: None if output is None else next(found), self.structured_outputs)

    def _copied(self, given: Sequence[Tensor]) -> list[Tensor]:
        """Build the body in the default graph; nodes that name an object there already are taken as they are."""
        graph = get_default_graph()
        stands_for = dict(zip(self.inputs, given))
        for op in self.graph.get_operations():
            found = graph._by_name.get(op.name) if names_an_object(op) else None
            if found is not None and found.type == op.type:
                stands_for[op.outputs[0]] = found.outputs[0]
        left_out = {tensor.op.name for tensor in stands_for}
        body = self.graph.as_graph_def()
        nodes = [node for node in body.node if node.name not in left_out]
        del body.node[:]
        body.node.extend(nodes)
        used = {name if ":" in name else f"{name}:0" for node in nodes for name in node.input}
        mapped = {tensor.name: other for tensor, other in stands_for.items() if tensor.name in used}
        copied = [output.name for output in self.outputs if output not in stands_for]
        allowed = sorted({node.op for node in nodes} & IO_OPS)
        made = dict(zip(copied, import_graph_def(body, mapped, copied, name=self.name, allow_io=allowed) or ()))
        for output in self.outputs:
            if output not in stands_for:
                made[output.name].set_shape(output.shape)  # known where the loop was built, but not to who copies it
        return [stands_for[output] if output in stands_for else made[output.name] for output in self.outputs]

    def prune(self, feeds: Any, fetches: Any, name: str | None = None) -> ConcreteFunction:
        """The part that computes `fetches` from `feeds`, both tensors of `graph`, as a function.

        Raises:
          ValueError: when a fetch depends on an argument that is not among the feeds.
        """
        feeds = nest.flatten(feeds)
        structure = nest.map_structure(self.graph.as_graph_element, fetches)
        behind = _operations_behind(nest.flatten(structure), feeds)
        missing = sorted(argument.op.name for argument in self._arguments if argument.op in behind)
        if missing:
            raise ValueError(f"The fetches depend on arguments that are not fed: {', '.join(missing)}")
        return ConcreteFunction(name or f"{self.name}_pruned", self.graph, feeds, structure)

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self.name}: {len(self.inputs)} inputs, {len(self.outputs)} outputs>"


def _operations_behind(fetches: Sequence[Tensor], feeds: Sequence[Tensor]) -> set[Operation]:
    """The operations on which the fetches depend, those of feeds left out."""
    found: set[Operation] = set()
    stack = list(fetches)
    while stack:
        tensor = stack.pop()
        if tensor not in feeds and tensor.op not in found:
            found.add(tensor.op)
            stack.extend(tensor.op.inputs)
    return found


@export("wrap_function")
def wrap_function(fn: Callable[..., Any], signature: Any, name: str | None = None) -> ConcreteFunction:
    """Make a Python function that builds nodes into a function whose body is a graph of its own.

    Args:
      fn: called once, with placeholders.
      signature: what its arguments are: a list of `tf.TensorSpec`.

    >>> import autograd_lite as tf
    >>> double = tf.wrap_function(lambda x: x * 2.0, [tf.TensorSpec([], tf.float32)])
    >>> print(tf.Session().run(double(tf.constant(4.0))))
    8.0
    """
    return _concrete(lambda args, kwargs: fn(*args), name or "wrapped_function", tuple(signature), {})


def _concrete(build: Callable[[Any, Any], Any], name: str, args: Any, kwargs: Any) -> ConcreteFunction:
    outer = get_default_graph()
    body = FunctionGraph(outer.unique_name(name, mark_as_used=False), outer)

    def argument(value: Any) -> Any:
        if not isinstance(value, Tensor | TensorSpec):
            return value
        label = value.name if isinstance(value, TensorSpec) else value.op.name
        return body.argument(value.dtype.base_dtype, value.shape.dims_tuple, label or "args")

    with body.as_default():
        args, kwargs = nest.map_structure(argument, [list(args), kwargs])
        result = build(tuple(args), kwargs)
        structure = nest.map_structure(lambda value: None if value is None else body.capture(convert_to_tensor(value)), result)
    return ConcreteFunction(body.name, body, body.arguments, structure)
