"""Graphs as networks of networkx, where paths, ancestors and whatever else is known about graphs can be asked for; and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_lite.core import dtypes, optional, shapes
from autograd_lite.core.export import export
from autograd_lite.core.names import VALID_NODE_NAME
from autograd_lite.graph.attr_values import fill_attr_value
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_def import import_graph_def
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.table import TABLE
from autograd_lite.teach.render.kinds import kinds_of
from autograd_lite.teach.render.selection import select
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import shape_to_proto


def graph_to_networkx(graph: Graph, what: Any = None) -> Any:
    """This graph as a `networkx.MultiDiGraph`: a node for each operation, an edge for each tensor that one takes from another.

    Nodes are known by the name of the operation, in the order in which they were made, and have: `op` (the type), `kind` ("placeholder",
    "variable", "constant", "operation", "gradient" or "update"), `attrs` (a dict), `device`, `shapes` and `dtypes` of the outputs, and
    `inputs` (the names of the tensors taken), `input_shapes`, `input_dtypes`. Edges have: `tensor` (its name), `input` (which input of the
    target it is), `shape`, `dtype`, and `control`; an edge that only says what runs first has `control=True` and no tensor. A shape is a
    tuple of numbers and None, or None when nothing is known of it.

    Args:
      what: all of the graph unless given; else a tensor, operation, variable or a list of them, for all that they depend on, or the name
        of a scope.

    Raises:
      ImportError: networkx is not installed.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default() as graph:
    ...     y = tf.square(tf.placeholder(tf.float32, [None, 2], name="x"), name="y")
    >>> network = graph.to_networkx()
    >>> network.nodes["y"]["op"], network.edges["x", "y", 0]["tensor"], network.edges["x", "y", 0]["shape"]
    ('Square', 'x:0', (None, 2))
    """
    network = optional.load("networkx").MultiDiGraph()
    operations = select(graph if what is None else what, graph).operations
    kinds = kinds_of(graph.get_operations())
    for op in operations:
        network.add_node(op.name, kind=kinds[op].value, **_described(op))
    taken = set(operations)
    for op in operations:
        for number, tensor in enumerate(op.inputs):
            if tensor.op in taken:
                look = {"tensor": tensor.name, "input": number, "shape": tensor.static_shape, "dtype": tensor.dtype.name, "control": False}
                network.add_edge(tensor.op.name, op.name, **look)
        for other in op.control_inputs:
            if other in taken:
                network.add_edge(other.name, op.name, tensor=None, input=None, shape=None, dtype=None, control=True)
    return network


def _described(op: Operation) -> dict[str, Any]:
    def shapes_of(tensors: Any) -> list[Any]:
        return [tensor.static_shape for tensor in tensors]

    def dtypes_of(tensors: Any) -> list[str]:
        return [tensor.dtype.name for tensor in tensors]

    return {
        "op": op.type, "attrs": dict(op.attrs), "device": op.device, "shapes": shapes_of(op.outputs), "dtypes": dtypes_of(op.outputs),
        "inputs": [tensor.name for tensor in op.inputs], "input_shapes": shapes_of(op.inputs), "input_dtypes": dtypes_of(op.inputs),
    }  # fmt: skip


@export("from_networkx")
def from_networkx(network: Any) -> Graph:
    """Make a graph of a network, or of a part of one, that `graph.to_networkx()` gave.

    Nodes get the names, types and attributes that the network says. What a node takes from a node that is not in the network (because only
    a part was kept) becomes a placeholder, named after the tensor. Nodes that touch files or call Python do not run, as after
    `import_graph_def`.

    Raises:
      TypeError: it is no directed network of networkx, or something in it has a wrong type.
      ValueError: nodes or edges are missing something, contradict each other, or do not make a graph.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default() as graph:
    ...     y = tf.square(tf.add(1.0, 2.0, name="x"), name="y")
    >>> part = tf.from_networkx(graph.to_networkx().subgraph(["y"]))
    >>> [(op.name, op.type) for op in part.get_operations()]
    [('x', 'Placeholder'), ('y', 'Square')]
    """
    if not isinstance(network, optional.load("networkx").DiGraph):
        raise TypeError(f"A directed network of networkx is wanted, such as graph.to_networkx() gives, not {type(network).__name__}")
    definition = messages.GraphDef()
    nodes = {name: _checked_node(name, data) for name, data in network.nodes(data=True)}
    inputs = _inputs(network, nodes)
    placeholders: dict[str, str] = {}  # tensor -> the placeholder that stands for it
    for name, data in nodes.items():
        node = definition.node.add(name=name, op=data["op"], device=str(data.get("device", "")))
        _fill_attrs(node, data, nodes)
        for number, tensor in enumerate(inputs[name]):
            source = tensor.partition(":")[0]
            if source in nodes:
                node.input.append(tensor.removesuffix(":0"))
                continue
            if tensor not in placeholders:
                placeholders[tensor] = _add_placeholder(definition, tensor, name, data, number, {*nodes, *placeholders.values()})
            node.input.append(placeholders[tensor])
        controls = {source for source, _, edge in network.in_edges(name, data=True) if edge.get("control")}
        node.input.extend(f"^{source}" for source in sorted(controls))
    graph = Graph()
    with graph.as_default():
        import_graph_def(definition, name="")
    return graph


def _checked_node(name: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(name, str):
        raise TypeError(f"The nodes of the network are known by names, not by {name!r} ({type(name).__name__})")
    if not VALID_NODE_NAME.match(name):
        raise ValueError(f"{name!r} is not a valid name of a node")
    if data.get("op") not in TABLE:
        raise ValueError(f"Node {name!r} has op={data.get('op')!r}, which is no type of operation")
    for key, kind in (("attrs", Mapping), ("inputs", list), ("input_dtypes", list), ("input_shapes", list)):
        if not isinstance(data.get(key, kind()) if kind is list else data.get(key, {}), kind):
            raise TypeError(f"Node {name!r}: {key} must be a {'dict' if kind is Mapping else 'list'}, received {data[key]!r}")
    return data


def _inputs(network: Any, nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """The tensors that each node takes: what the edges say, and where there is no edge what the node says of itself."""
    found: dict[str, list[str]] = {}
    for name, data in nodes.items():
        taken: dict[int, str] = dict(enumerate(data.get("inputs", [])))
        by_edge: dict[int, str] = {}
        for source, _, edge in network.in_edges(name, data=True):
            if edge.get("control"):
                continue
            tensor, number = edge.get("tensor"), edge.get("input")
            if not isinstance(tensor, str) or tensor.partition(":")[0] != source or not tensor.partition(":")[2].isdigit():
                raise ValueError(f"The edge from {source!r} to {name!r} has tensor={tensor!r}; one such as {f'{source}:0'!r} is wanted")
            if not isinstance(number, int) or isinstance(number, bool) or number < 0 or number in by_edge:
                raise ValueError(f"The edge from {source!r} to {name!r} has input={number!r}; each input has one edge, counted from 0")
            by_edge[number] = tensor
        gone = [tensor for number, tensor in taken.items() if number not in by_edge and str(tensor).partition(":")[0] in nodes]
        taken.update(by_edge)
        if gone or sorted(taken) != list(range(len(taken))) or not all(isinstance(tensor, str) for tensor in taken.values()):
            raise ValueError(f"The inputs of node {name!r} are not complete: {[taken[number] for number in sorted(taken)]}, without {gone}")
        found[name] = [taken[number] for number in range(len(taken))]
    return found


def _fill_attrs(node: Any, data: Mapping[str, Any], nodes: Mapping[str, Any]) -> None:
    declared = TABLE[data["op"]].attrs
    for key, value in data.get("attrs", {}).items():
        if key == "_class":  # colocation with nodes that were left out means nothing
            value = [group for group in value if str(group).removeprefix("loc:@") in nodes]
        kind = declared[key].kind if key in declared else None
        try:
            value = dtypes.as_dtype(value) if kind == "type" else value
            fill_attr_value(node.attr[str(key)], kind, value, data["attrs"].get("dtype") if key == "value" else None)
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise ValueError(f"Node {node.name!r}: the attribute {key} cannot be {value!r}: {error}") from None


def _add_placeholder(definition: Any, tensor: str, user: str, data: Mapping[str, Any], number: int, names: set[str]) -> str:
    """Stand in for a tensor whose node is not in the network; returns the placeholder's name."""
    source, _, output = tensor.partition(":")
    name = source if output in ("", "0") else f"{source}_{output}"
    if not VALID_NODE_NAME.match(name):
        raise ValueError(f"Node {user!r} takes {tensor!r}, which is not the name of a tensor")
    while name in names:
        name += "_"
    try:
        dtype = dtypes.as_dtype(data["input_dtypes"][number]).base_dtype
        shape = shapes.as_shape(data["input_shapes"][number])
    except (KeyError, IndexError, TypeError, ValueError):
        raise ValueError(
            f"Node {user!r} takes {tensor!r}, which is not in the network, and its input_dtypes and input_shapes do not tell what it is"
        ) from None
    placeholder = definition.node.add(name=name, op="Placeholder")
    placeholder.attr["dtype"].type = dtype.as_datatype_enum
    placeholder.attr["shape"].shape.CopyFrom(shape_to_proto(shape))
    return name
