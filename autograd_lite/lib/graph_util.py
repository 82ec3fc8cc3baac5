"""`tf.graph_util`: taking GraphDefs apart and preparing them for use without training."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_order import read_source, source_text
from autograd_lite.graph.operation import Operation
from autograd_lite.lib import logging
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import array_to_proto

_REFERENCE_VARIABLES = ("Variable", "VariableV2")
_VARIABLES = (*_REFERENCE_VARIABLES, "VarHandleOp")
_HANDING_ON = ("Enter", "Identity", "Switch")  # what may stand between a handle and the op that uses it
_PINNED_VARIABLES = (*_REFERENCE_VARIABLES, "AutoReloadVariable")


def _node_of(text: str) -> str:
    """The name of the node that an input such as "x:1" or "^x" refers to."""
    source = read_source(text)
    return text if source is None else source[0]


def _check_graph_def(graph_def: Any) -> None:
    if not isinstance(graph_def, messages.GraphDef):
        raise TypeError(f"graph_def must be a graph_pb2.GraphDef proto, but got type {type(graph_def)}.")


def _copied(graph_def: Any, nodes: Iterable[Any]) -> Any:
    """A GraphDef of these nodes, with the functions and versions of another."""
    result = messages.GraphDef(versions=graph_def.versions, node=nodes)
    if graph_def.HasField("library"):
        result.library.CopyFrom(graph_def.library)
    return result


@export("graph_util.extract_sub_graph")
def extract_sub_graph(graph_def: Any, dest_nodes: Iterable[str]) -> Any:
    """The part of a GraphDef that is needed to compute some of its nodes.

    Args:
      graph_def: the GraphDef message.
      dest_nodes: the names of the nodes (not of tensors).

    Returns:
      A new GraphDef; its nodes are in the order of the old one.

    Raises:
      TypeError: when `graph_def` is no GraphDef or `dest_nodes` is one string.
      AssertionError: when a node is not in the graph.
    """
    _check_graph_def(graph_def)
    if isinstance(dest_nodes, str):
        raise TypeError(f"dest_nodes must be an iterable of strings, but got type {type(dest_nodes)}.")
    by_name = {node.name: node for node in graph_def.node}
    waiting = list(dest_nodes)
    for name in waiting:
        _check_present(name, by_name)
    kept: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in kept:
            continue
        _check_present(name, by_name)
        kept.add(name)
        waiting += [_node_of(text) for text in by_name[name].input]
    return _copied(graph_def, [node for node in graph_def.node if node.name in kept])


def _check_present(name: str, by_name: Container[str]) -> None:
    if name not in by_name:
        hint = "\n  That is the name of a tensor; give the name of its node." if ":" in name else ""
        raise AssertionError(f"{name} is not in graph{hint}")


@export("graph_util.remove_training_nodes")
def remove_training_nodes(input_graph: Any, protected_nodes: Iterable[str] | None = None) -> Any:
    """A GraphDef without the nodes that only pass their input on: CheckNumerics, and Identity where nothing waits for it.

    Args:
      input_graph: the GraphDef message.
      protected_nodes: names of nodes to keep in any case.

    Returns:
      A new GraphDef.
    """
    _check_graph_def(input_graph)
    protected = frozenset(protected_nodes or ())
    checks = {node.name for node in input_graph.node if node.op == "CheckNumerics" and node.name not in protected}
    nodes = [messages.NodeDef.FromString(node.SerializeToString()) for node in input_graph.node]
    for node in nodes:
        node.input[:] = [text for text in node.input if not (text.startswith("^") and _node_of(text) in checks)]
    waited_for = {_node_of(text) for node in nodes for text in node.input if text.startswith("^")}
    passed_on = {}
    for node in nodes:
        waits = any(text.startswith("^") for text in node.input)
        plain_identity = node.op == "Identity" and node.name not in protected | waited_for and not waits
        if node.name in checks or plain_identity:
            passed_on[node.name] = node.input[0]
    for node in nodes:
        node.input[:] = [_end_of(text, passed_on) for text in node.input]
    return messages.GraphDef(node=[node for node in nodes if node.name not in passed_on])


def _end_of(text: str, passed_on: dict[str, str]) -> str:
    """The input that remains when the nodes of `passed_on` are taken out."""
    seen = set()
    while not text.startswith("^") and _node_of(text) in passed_on and text not in seen:
        seen.add(text)  # nodes that go round in a circle would never end
        text = passed_on[_node_of(text)]
    return text


@export("graph_util.convert_variables_to_constants")
def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Iterable[str],
    variable_names_whitelist: Container[str] | None = None,
    variable_names_blacklist: Container[str] | None = None,
) -> Any:
    """Freeze a graph: what `output_node_names` need, with the variables' present values as constants.

    Args:
      sess: the session that holds the variables.
      input_graph_def: the GraphDef of its graph.
      output_node_names: the names of the nodes to keep, with all that they need.
      variable_names_whitelist: the only variables to convert; all when None.
      variable_names_blacklist: variables not to convert.

    Returns:
      A new GraphDef.

    Raises:
      AssertionError: when an output is not in the graph.
      FailedPreconditionError: when a variable is not initialized.
    """
    inference_graph = extract_sub_graph(input_graph_def, output_node_names)
    names: list[str] = []
    reads: list[str] = []
    for node in inference_graph.node:
        if node.op not in _VARIABLES or variable_names_whitelist is not None and node.name not in variable_names_whitelist:
            continue
        if variable_names_blacklist is not None and node.name in variable_names_blacklist:
            continue
        names.append(node.name)
        reads.append(f"{node.name}:0" if node.op in _REFERENCE_VARIABLES else f"{node.name}/Read/ReadVariableOp:0")
    values = dict(zip(names, sess.run(reads) if reads else []))
    logging.info("Froze %d variables.", len(values))
    handles = _handles_of(inference_graph, values)
    frozen: list[Any] = []
    for node in inference_graph.node:
        frozen += _frozen_nodes(node, values, handles)
    logging.info("Converted %d variables to const ops.", len(values))
    return _copied(inference_graph, frozen)


def _handles_of(graph_def: Any, values: dict[str, Any]) -> dict[str, str]:
    """For each node that gives the handle of a frozen resource variable, made there or handed on: the variable's name."""
    found = {node.name: node.name for node in graph_def.node if node.op == "VarHandleOp" and node.name in values}
    handing_on = [node for node in graph_def.node if node.op in _HANDING_ON and node.input]
    grown = bool(found)
    while grown:
        new = {node.name: found[_node_of(node.input[0])] for node in handing_on if _node_of(node.input[0]) in found}
        grown = not new.keys() <= found.keys()
        found.update(new)
    return found


def _frozen_nodes(node: Any, values: dict[str, Any], handles: dict[str, str]) -> list[Any]:
    """What takes the place of one node in a frozen graph."""
    if node.name in values:
        return [_constant(node.name, np.asarray(values[node.name]), dtypes.as_dtype(node.attr["dtype"].type), node.device)]
    if not node.input or _node_of(node.input[0]) not in handles:
        return [node]
    if node.op == "ReadVariableOp":
        return [_rebuilt(node, "Identity", list(node.input), {"T": node.attr["dtype"]})]
    if node.op == "ResourceGather":
        axis = _constant(f"{node.name}/axis", np.array(0, np.int32), dtypes.int32, node.device)
        attrs = {"Tparams": node.attr["dtype"], "Tindices": node.attr["Tindices"], "Taxis": axis.attr["dtype"]}
        if node.attr["batch_dims"].i:
            attrs["batch_dims"] = node.attr["batch_dims"]
        return [axis, _rebuilt(node, "GatherV2", [node.input[0], node.input[1], axis.name], attrs)]
    if node.op in _HANDING_ON:
        value = np.asarray(values[handles[node.name]])
        attrs = {**node.attr, "T": messages.AttrValue(type=dtypes.as_dtype(value.dtype).as_datatype_enum)}
        return [_rebuilt(node, node.op, list(node.input), attrs)]
    raise ValueError(
        f"Cannot freeze the variable that '{node.name}' (op {node.op}) works on: only reading and gathering can be frozen.\n"
        "  Take it out of the outputs, or put the variable into variable_names_blacklist."
    )


def _rebuilt(node: Any, op: str, inputs: list[str], attrs: dict[str, Any]) -> Any:
    result = messages.NodeDef(name=node.name, op=op, input=inputs, device=node.device)
    result.input.extend([text for text in node.input if text.startswith("^") and text not in inputs])
    if "_class" in node.attr:
        attrs = {**attrs, "_class": node.attr["_class"]}
    for key, value in attrs.items():
        result.attr[key].CopyFrom(value)
    return result


def _constant(name: str, value: np.ndarray, dtype: dtypes.DType, device: str) -> Any:
    node = messages.NodeDef(name=name, op="Const", device=device)
    node.attr["dtype"].type = dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(array_to_proto(value, dtype))
    return node


@export("graph_util.must_run_on_cpu")
def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Whether a node (an Operation or a NodeDef) can only run on the CPU: constants of text or int32, and their like.

    Args:
      node: the node.
      pin_variables_on_cpu: whether variables count too.
    """
    node_def = node.node_def if isinstance(node, Operation) else node
    if pin_variables_on_cpu and node_def.op in _PINNED_VARIABLES:
        return True
    attr = {"Const": "dtype", "DynamicStitch": "T", "ParallelDynamicStitch": "T", "Cast": "SrcT"}.get(node_def.op)
    if attr is None:
        return False
    held = node_def.attr[attr].type
    return held == dtypes.int32.as_datatype_enum or node_def.op == "Const" and held == dtypes.string.as_datatype_enum


@export("graph_util.tensor_shape_from_node_def_name")
def tensor_shape_from_node_def_name(graph: Graph, input_name: str) -> shapes.TensorShape:
    """The static shape of a tensor, given as node definitions write it: "x" for the first output of x, or "x:1"."""
    source = read_source(input_name)
    name = input_name if source is None else source_text(source)
    return graph.get_tensor_by_name(name if ":" in name else f"{name}:0").get_shape()
