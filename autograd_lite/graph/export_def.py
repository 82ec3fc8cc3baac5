"""A graph as a GraphDef message: the form in which graphs are stored and handed to other programs."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph import graph as graphs, operation as operations
from autograd_lite.graph.attr_values import fill_attr_value
from autograd_lite.graph.build import argument_length
from autograd_lite.graph.conversion import make_array
from autograd_lite.graph.function import FunctionGraph
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.op_description import op_def_message
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import array_to_proto, shape_to_proto

MAX_BYTES = 2**31  # of a protobuf message
VERSIONS = "graph_def_versions"  # key of Graph.properties: (producer, min_consumer, bad_consumers) of an imported graph
_MIN_CONSUMER_OF_FUNCTIONS = 12


def _tensor_type(op: Operation) -> DType | None:
    """The element type of a constant's value; its NumPy type does not tell quantized types."""
    return op.attrs.get("dtype") if op.type == "Const" else None


def fill_node_def(node: Any, op: Operation, add_shapes: bool = False) -> None:
    """Describe an operation in an empty NodeDef message."""
    node.name = op.name
    node.op = op.type
    node.input.extend([tensor.op.name if tensor.value_index == 0 else tensor.name for tensor in op.inputs])
    if op.control_inputs:
        node.input.extend(sorted([f"^{control.name}" for control in op.control_inputs]))
    node.device = op.device
    _fill_attrs(node, op)
    if add_shapes and op.outputs:
        node.attr["_output_shapes"].list.shape.extend([shape_to_proto(tensor.static_shape) for tensor in op.outputs])


def _fill_attrs(node: Any, op: Operation) -> None:
    declared = op.opdef.attrs
    for key, value in op.attrs.items():
        attribute = declared.get(key)
        dtype = _tensor_type(op) if key == "value" else None
        fill_attr_value(node.attr[key], None if attribute is None else attribute.kind, value, dtype)


def function_def(function: FunctionGraph) -> Any:
    """A function as a FunctionDef message."""
    message = messages.FunctionDef()
    message.signature.name = function.name
    inputs = [*function.arguments, *function.captures.values()]
    for tensor in inputs:
        message.signature.input_arg.add(name=tensor.op.name, type=tensor.dtype.as_datatype_enum)
    given = {tensor.op for tensor in inputs}
    for number, tensor in enumerate(function.outputs):
        name = f"output_{number}"
        message.signature.output_arg.add(name=name, type=tensor.dtype.as_datatype_enum)
        message.ret[name] = _reference(tensor, given)
    for op in function.get_operations():
        if op not in given:
            node = message.node_def.add(name=op.name, op=op.type, device=op.device)
            node.input.extend([_reference(tensor, given) for tensor in op.inputs])
            node.input.extend(sorted([f"^{control.name}" for control in op.control_inputs]))
            _fill_attrs(node, op)
    return message


def _reference(tensor: Tensor, given: set[Operation]) -> str:
    """How a FunctionDef names a tensor: an argument by its name, an output as `node:output:number`."""
    op, position = tensor.op, tensor.value_index
    if op in given:
        return op.name
    for argument in op.opdef.outputs:
        count = argument_length(argument, op.attrs)
        if position < count:
            return f"{op.name}:{argument.name}:{position}"
        position -= count
    raise ValueError(f"{op.type} has no output {tensor.value_index}")


def node_def(op: Operation) -> Any:
    """An operation as a NodeDef message."""
    node = messages.NodeDef()
    fill_node_def(node, op)
    return node


def versions(graph: Graph) -> Any:
    """The VersionDef of a graph: that of this release, or what an imported graph brought along."""
    message = messages.VersionDef(producer=release().producer)
    if VERSIONS in graph.properties:
        producer, min_consumer, bad_consumers = graph.properties[VERSIONS]
        message = messages.VersionDef(producer=producer, min_consumer=min_consumer, bad_consumers=bad_consumers)
    if graph._functions:
        message.min_consumer = max(message.min_consumer, _MIN_CONSUMER_OF_FUNCTIONS)
    return message


def as_graph_def(graph: Graph, from_version: int | None = None, add_shapes: bool = False) -> Any:
    """A graph as a GraphDef message.

    Args:
      from_version: leave out the nodes that were made before `graph.version` had this value.
      add_shapes: write the static shapes of outputs as the attribute `_output_shapes`.

    Raises:
      ValueError: when the message would be larger than 2 GB.
    """
    message = messages.GraphDef(versions=versions(graph))
    total = 0
    for op in graph.get_operations():
        if from_version is not None and op.id < from_version:
            continue
        node = message.node.add()
        fill_node_def(node, op, add_shapes)
        total += node.ByteSize()
        if total >= MAX_BYTES:
            raise ValueError(
                f"GraphDef cannot be larger than 2GB.\n  It grew too large at node {op.name} (op {op.type}), made at {op.where}; "
                "keep large arrays in variables or feed them."
            )
    if graph._functions:
        functions = [function_def(item) if isinstance(item, FunctionGraph) else item for item in graph._functions.values()]
        message.library.function.extend(functions)
    return message


graphs._as_graph_def[:] = [as_graph_def]
graphs._versions[:] = [versions]
operations._node_def[:] = [node_def]
operations._op_def[:] = [op_def_message]


@export("make_tensor_proto", "contrib.util.make_tensor_proto")
def make_tensor_proto(values: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False, allow_broadcast: bool = False) -> Any:
    """Put values into a TensorProto message.

    Args:
      values: a number, text, nested list or NumPy array.
      dtype: the element type; found from the values when None.
      shape: the shape; fewer values than it has elements means that the last one repeats.
      verify_shape: require that `values` has exactly this shape.
      allow_broadcast: require that `values` has this shape or is a single value.

    Raises:
      TypeError: when the values do not fit `dtype`, or not the shape that is verified.
      ValueError: for None, ragged lists, or too many values for `shape`.

    >>> make_tensor_proto([1, 2], shape=[3]).int_val
    [1, 2]
    """
    if isinstance(values, messages.TensorProto):
        return values
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    array = make_array(values, wanted)
    if shape is None:
        return array_to_proto(array, wanted)
    full = shapes.as_shape(shape)
    count = shapes.num_elements(full)
    if count is None:
        raise ValueError(f"The shape of a TensorProto must be fully defined, got {shapes.python_text(full)}")
    if (verify_shape or allow_broadcast and array.size != 1) and array.shape != full:
        raise TypeError(f"Expected Tensor's shape: {shapes.python_text(full)}, but got {shapes.python_text(array.shape)}.")
    if array.size > max(count, 1) or array.size > count and array.size > 1:
        raise ValueError(f"Too many elements provided. Takes at most {count}, but got {array.size}")
    return array_to_proto(array.reshape(-1)[:count] if array.size != count else array.reshape(full), wanted, full)
