"""Functions that came with an imported GraphDef: FunctionDef messages made into graphs when they are first called."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import dtypes, errors
from autograd_lite.graph.build import argument_length
from autograd_lite.graph.function import FunctionGraph
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_def import IO_OF_FUNCTIONS, import_graph_def
from autograd_lite.graph.table import TABLE
from autograd_lite.wire import messages

_READY = "functions_from_defs"  # of Graph.properties


def function_named(graph: Graph, name: str) -> FunctionGraph | None:
    """The function of this name in a graph's library; None when there is none."""
    found = graph._functions.get(name)
    if found is None or isinstance(found, FunctionGraph):
        return found
    ready = graph.properties.setdefault(_READY, {})
    if name not in ready:
        ready[name] = _from_def(graph, found, graph.properties.get(IO_OF_FUNCTIONS, {}).get(name, frozenset()))
    return ready[name]


def _from_def(graph: Graph, definition: Any, allowed_io: frozenset[str]) -> FunctionGraph:
    """The body of a FunctionDef.

    Raises:
      InvalidArgumentError: when it is not well formed.
    """
    function = FunctionGraph(definition.signature.name, graph)
    function._functions = graph._functions
    function.properties[IO_OF_FUNCTIONS] = graph.properties.get(IO_OF_FUNCTIONS, {})
    inputs = {}
    for argument in definition.signature.input_arg:
        inputs[f"{argument.name}:0"] = function.argument(dtypes.as_dtype(argument.type), None, argument.name)
    nodes = {node.name: node for node in definition.node_def}
    try:
        body = _as_graph_def(definition, nodes)
        with function.as_default():
            wanted = [_flat_name(definition.ret[output.name], nodes) for output in definition.signature.output_arg]
            names = [text if ":" in text else f"{text}:0" for text in wanted]
            from_body = [name for name in names if name not in inputs]
            used = {text if ":" in text else f"{text}:0" for node in body.node for text in node.input}
            mapped = {name: tensor for name, tensor in inputs.items() if name in used}
            found = import_graph_def(body, input_map=mapped, return_elements=from_body, name="", allow_io=allowed_io)
    except (ValueError, TypeError, KeyError) as error:
        raise errors.InvalidArgumentError(None, None, f"Function {function.name} is not well formed: {error}") from error
    outputs = dict(zip(from_body, found or ()))
    function.outputs = [inputs[name] if name in inputs else outputs[name] for name in names]
    return function


def _as_graph_def(definition: Any, nodes: dict[str, Any]) -> Any:
    """The nodes of a function as a GraphDef, in which tensors are named as graphs name them."""
    body = messages.GraphDef()
    for node in definition.node_def:
        copy = body.node.add()
        copy.CopyFrom(node)
        copy.ClearField("input")
        copy.input.extend([text if text.startswith("^") else _flat_name(text, nodes) for text in node.input])
    return body


def _flat_name(text: str, nodes: dict[str, Any]) -> str:
    """`node:output:number`, as functions name their tensors, in the form of a GraphDef: `node:number`."""
    name, _, rest = text.partition(":")
    if not rest:
        return name
    output, _, number = rest.partition(":")
    node = nodes[name]
    position = int(number or 0)
    opdef = TABLE[node.op]
    for argument in opdef.outputs:
        if argument.name == output:
            return f"{name}:{position}"
        position += argument_length(argument, _lengths(node))
    raise ValueError(f"{node.op} has no output {output!r}")


def _lengths(node: Any) -> dict[str, Any]:
    """The attributes that tell how many tensors a list has."""
    return {key: list(value.list.type) if value.HasField("list") else value.i for key, value in node.attr.items()}
