"""Functions that act on the default graph: name scopes, control dependencies, devices, collections."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from autograd_lite.graph.graph import Graph, get_default_graph, reset_default_graph
from autograd_lite.graph.lookup_errors import two_graphs
from autograd_lite.graph.tensor import Tensor

export("get_default_graph")(get_default_graph)
export("reset_default_graph")(reset_default_graph)
export("register_tensor_conversion_function")(register_tensor_conversion_function)


@export("convert_to_tensor")
def public_convert_to_tensor(
    value: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None, dtype_hint: Any = None
) -> Tensor:
    """Turn a value into a tensor: numbers, lists and arrays become constants, variables their current value.

    Args:
      value: a tensor, number, string, list, NumPy array, variable or registered object.
      dtype: the wanted element type; found from the value when None.
      name: the name of the new node.
      preferred_dtype: the element type to try first when `dtype` is None.
      dtype_hint: the newer name of `preferred_dtype`.

    Raises:
      TypeError: when the value cannot be converted to this type.
      ValueError: when it is a tensor of another type, or None.

    >>> convert_to_tensor([1.0, 2.0]).dtype
    tf.float32
    """
    hint = preferred_dtype if dtype_hint is None else dtype_hint
    return convert_to_tensor(value, dtype, name, hint)


@export("control_dependencies")
def control_dependencies(control_inputs: Any) -> Any:
    """Make the nodes built in a `with` block run only after `control_inputs` (operations or tensors).

    `None` leaves all such blocks that are open. A function in the list is called first (its result is the dependency).

    >>> with control_dependencies([no_op()]):
    ...     after = identity(1.0)
    """
    return get_default_graph().control_dependencies(control_inputs)


@export("device")
def device(device_name_or_function: Any) -> Any:
    """Ask that the nodes built in a `with` block run on a device: a name such as "/gpu:0", or a function from Operation to name.

    >>> with device("/cpu:0"):
    ...     identity(1.0).device
    '/device:CPU:0'
    """
    return get_default_graph().device(device_name_or_function)


@export("colocate_with")
def colocate_with(op: Any, ignore_existing: bool = False) -> Any:
    """Put the nodes built in a `with` block on the device of `op`."""
    return get_default_graph().colocate_with(op, ignore_existing)


@export("container")
def container(container_name: str) -> Any:
    """Keep the variables and queues built in a `with` block in a named container of the session."""
    return get_default_graph().container(container_name)


@export("add_to_collection")
def add_to_collection(name: Any, value: Any) -> None:
    """Append a value to a collection of the default graph.

    >>> add_to_collection("losses", 1.0)
    """
    get_default_graph().add_to_collection(name, value)


@export("add_to_collections")
def add_to_collections(names: Any, value: Any) -> None:
    """Append a value to each of several collections of the default graph."""
    get_default_graph().add_to_collections(names, value)


@export("get_collection")
def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """The values of a collection of the default graph; with `scope`, those whose name begins with it (a regular expression)."""
    return get_default_graph().get_collection(key, scope)


@export("get_collection_ref")
def get_collection_ref(key: Any) -> list[Any]:
    """The list behind a collection of the default graph; changing it changes the collection."""
    return get_default_graph().get_collection_ref(key)


@export("name_scope")
class name_scope:
    """Put a prefix before the names of the nodes built in a `with` block.

    Args:
      name: the prefix; a number is added when it is taken; one that ends with "/" enters an existing scope again.
      default_name: used when `name` is None.
      values: tensors that are passed in; they must all be of one graph, into which the block then builds.

    Raises:
      ValueError: when neither name is given but `values` is, or the values come from two graphs.
      TypeError: when the name is no string.

    >>> with name_scope("layer") as scope:
    ...     identity(1.0, name="x").op.name, scope
    ('layer/x', 'layer/')
    """

    def __init__(self, name: str | None = None, default_name: str | None = None, values: Any = None) -> None:
        self._name = default_name if name is None else name
        self._default_name = default_name
        self._values = values
        self._left: list[tuple[Graph, str, Any]] = []  # graph, scope to go back to, the graph's own context if it was not the default
        if self._name is not None and not isinstance(self._name, str):
            raise TypeError(f"name for name_scope must be a string, got {type(self._name).__name__}.")

    @property
    def name(self) -> str | None:
        """The name that was asked for."""
        return self._name

    def __enter__(self) -> str:
        if self._name is None and self._values is not None:
            raise ValueError(f"At least one of name (None) and default_name ({self._default_name}) must be provided.")
        default = get_default_graph()
        graph = graph_of(self._values) if self._values else default
        old, scope = graph.enter_scope(self._name)
        entered = None
        if graph is not default:
            entered = graph.as_default()
            entered.__enter__()
        self._left.append((graph, old, entered))
        return scope

    def __exit__(self, *error: Any) -> None:
        graph, old, entered = self._left.pop()
        if entered is not None:
            entered.__exit__(*error)
        graph._scopes.name = old


def graph_of(values: Any) -> Graph:
    """The one graph of all tensors and operations among `values`; the default graph when there is none, and inside a function.

    Raises:
      ValueError: when they come from several graphs.
    """
    if get_default_graph().building_function:
        return get_default_graph()
    graph: Graph | None = None
    first: Any = None
    for value in values:
        own = getattr(value, "graph", None)
        if not isinstance(own, Graph):
            continue
        if graph is None:
            graph, first = own, value
        elif own is not graph:
            raise two_graphs(value, first)
    return graph or get_default_graph()


@export("op_scope")
@contextlib.contextmanager
def op_scope(values: Any, name: str | None, default_name: str | None = None) -> Iterator[str]:
    """The old form of `name_scope`, with the arguments in another order."""
    with name_scope(name, default_name, values) as scope:
        yield scope
