"""Graphs as GraphDef messages, and values as TensorProto messages."""

import json
from pathlib import Path

import numpy as np
import pytest

from autograd_lite.api.constants import constant
from autograd_lite.core import dtypes, errors
from autograd_lite.core.release import get_release, set_release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.export_def import make_tensor_proto
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.op_description import op_def_message, op_text
from autograd_lite.graph.table import TABLE
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import MakeNdarray

RECORDED = json.loads((Path(__file__).parents[1] / "wire" / "data" / "tensor_protos.json").read_text())
placeholder, identity, mul, add_n = TABLE["Placeholder"], TABLE["Identity"], TABLE["Mul"], TABLE["AddN"]


@pytest.fixture
def graph():
    with Graph().as_default() as g:
        yield g


def node(graph, name):
    return next(node for node in graph.as_graph_def().node if node.name == name)


def test_a_node_says_what_it_is_takes_and_holds(graph):
    x = placeholder(dtype="float32", shape=[None, 2], name="x")
    y = mul(x, 2.0, name="y")
    found = node(graph, "y")
    assert (found.op, list(found.input), found.device) == ("Mul", ["x", "y/y"], "")
    assert found.attr["T"].type == 1
    assert [dim.size for dim in node(graph, "x").attr["shape"].shape.dim] == [-1, 2]
    assert MakeNdarray(node(graph, "y/y").attr["value"].tensor) == 2.0
    assert y.op.node_def == found


def test_nodes_come_in_the_order_in_which_they_were_made(graph):
    for name in "cab":
        TABLE["NoOp"](name=name)
    assert [node.name for node in graph.as_graph_def().node] == ["c", "a", "b"]


def test_other_outputs_and_control_inputs_are_written_after_the_data(graph):
    parts = TABLE["Split"](0, [1.0, 2.0], num_split=2, name="parts")
    z, a = TABLE["NoOp"](name="z"), TABLE["NoOp"](name="a")
    with graph.control_dependencies([z, a]):
        identity(parts[1], name="out")
    assert list(node(graph, "out").input) == ["parts:1", "^a", "^z"]


def test_lists_devices_and_colocation_are_written(graph):
    with graph.device("/gpu:1"):
        x = placeholder(dtype="int32", name="x")
    with graph.colocate_with(x.op):
        total = add_n([x, x], name="total")
    found = total.op.node_def
    assert (found.attr["N"].i, list(found.attr["_class"].list.s)) == (2, [b"loc:@x"])
    assert node(graph, "x").device == "/device:GPU:1"


def test_an_unknown_shape_and_an_empty_list_are_told_apart_from_nothing(graph):
    placeholder(dtype="float32", name="x")
    TABLE["Squeeze"]([[1.0]], name="squeezed")
    assert node(graph, "x").attr["shape"].shape.unknown_rank
    assert node(graph, "squeezed").attr["squeeze_dims"].WhichOneof("value") == "list"


def test_shapes_of_outputs_are_added_on_request(graph):
    placeholder(dtype="float32", shape=[None, 2], name="x")
    TABLE["NoOp"](name="n")
    x, n = graph.as_graph_def(add_shapes=True).node
    assert [dim.size for dim in x.attr["_output_shapes"].list.shape[0].dim] == [-1, 2]
    assert "_output_shapes" not in n.attr
    assert "_output_shapes" not in node(graph, "x").attr


def test_only_nodes_made_since_a_version_are_written(graph):
    TABLE["NoOp"](name="before")
    version = graph.version
    TABLE["NoOp"](name="after")
    assert [node.name for node in graph.as_graph_def(from_version=version).node] == ["after"]


@pytest.mark.parametrize("name, producer", [("1.15", 134), ("2.21", 2474)])
def test_the_version_is_that_of_the_release(graph, name, producer):
    before = get_release()
    set_release(name)
    try:
        assert graph.as_graph_def().versions.producer == producer
        assert graph.graph_def_versions.producer == producer
    finally:
        set_release(before)


def test_a_quantized_constant_keeps_its_type(graph):
    x = TABLE["Const"](value=np.array([1, 2], np.int8), dtype=dtypes.qint8, name="q")
    assert x.op.node_def.attr["value"].tensor.dtype == dtypes.qint8.as_datatype_enum


def test_one_repeated_value_is_written_once(graph):
    TABLE["Const"](value=np.broadcast_to(np.float32(1), (1000, 1000)), dtype="float32", name="ones")
    assert graph.as_graph_def().ByteSize() < 200


def test_a_constant_filled_with_one_value_takes_the_memory_of_one(graph):
    filled = constant(0.0, shape=[200, 300, 400])
    assert filled.op.attrs["value"].strides == (0, 0, 0)
    assert filled.op.node_def.attr["value"].tensor.float_val == [0.0]
    assert constant([0.0, 0.0]).op.node_def.attr["value"].tensor.tensor_content == bytes(8)


def test_a_graph_of_more_than_two_gigabytes_is_refused(graph, monkeypatch):
    from autograd_lite.graph import export_def

    monkeypatch.setattr(export_def, "MAX_BYTES", 100)
    convert_to_tensor(np.zeros(20) + np.arange(20))
    with pytest.raises(ValueError, match=r"^GraphDef cannot be larger than 2GB\.\n.*Const"):
        graph.as_graph_def()


def test_a_string_that_is_not_utf8_is_kept(graph):
    found = TABLE["CheckNumerics"](1.0, message=b"\xff", name="c").op.node_def
    assert found.attr["message"].s == b"\xff"


# -------------------------------------------------------------------- make_tensor_proto


@pytest.mark.parametrize("name, values, shape, content", RECORDED, ids=[f"{r[0]}-{r[1]}-{r[2]}" for r in RECORDED])
def test_values_become_the_bytes_that_tensorflow_writes(name, values, shape, content):
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes")
    proto = make_tensor_proto(values, dtype=name, shape=shape)
    assert proto.SerializeToString(deterministic=True).hex() == content


def test_types_are_found_from_the_values():
    found = [make_tensor_proto(value).dtype for value in (1, 1.5, True, "a", 1j, 2**40, np.int64(1), [1, 2.5])]
    names = ["int32", "float32", "bool", "string", "complex128", "int64", "int64", "float32"]
    assert found == [dtypes.as_dtype(name).as_datatype_enum for name in names]


@pytest.mark.parametrize(
    "arguments, error, told",
    [
        ({"values": None}, ValueError, "None values not supported."),
        ({"values": 1.5, "dtype": "int32"}, TypeError, "Expected int32, got 1.5 of type 'float' instead."),
        ({"values": "a", "dtype": "float32"}, TypeError, "Expected float32, got 'a' of type 'str' instead."),
        ({"values": [1, 2, 3], "shape": [2]}, ValueError, "Too many elements provided. Takes at most 2, but got 3"),
        ({"values": [1, 2], "shape": [4], "verify_shape": True}, TypeError, "Expected Tensor's shape: (4,), but got (2,)."),
        ({"values": [1, 2], "shape": [4], "allow_broadcast": True}, TypeError, "Expected Tensor's shape: (4,), but got (2,)."),
        ({"values": 1, "shape": [None]}, ValueError, "The shape of a TensorProto must be fully defined"),
    ],
)
def test_what_cannot_be_a_tensor_proto_is_told_in_tensorflows_words(arguments, error, told):
    with pytest.raises(error) as caught:
        make_tensor_proto(**arguments)
    assert str(caught.value).startswith(told)


def test_a_tensor_proto_is_passed_through():
    proto = messages.TensorProto(dtype=1)
    assert make_tensor_proto(proto) is proto


def test_one_value_for_no_element_writes_none():
    assert make_tensor_proto([1], shape=[0]).int_val == []


# -------------------------------------------------------------------- op descriptions


def test_an_op_is_described_as_tensorflow_does():
    assert op_text(TABLE["Placeholder"]) == (
        "Op<name=Placeholder; signature= -> output:dtype; attr=dtype:type; attr=shape:shape,default=<unknown>>"
    )
    assert op_text(TABLE["Identity"]) == "Op<name=Identity; signature=input:T -> output:T; attr=T:type>"
    assert "signature=values:N*T, axis:Tidx -> output:T" in op_text(TABLE["ConcatV2"])
    assert "attr=Tidx:type,default=DT_INT32,allowed=[DT_INT32, DT_INT64]" in op_text(TABLE["ConcatV2"])


def test_an_op_is_described_as_an_op_def_message():
    found = op_def_message(TABLE["Assign"])
    assert (found.input_arg[0].name, found.input_arg[0].is_ref, found.input_arg[0].type_attr) == ("ref", True, "T")
    assert {attr.name: attr.default_value.b for attr in found.attr if attr.type == "bool"} == {"validate_shape": True, "use_locking": True}


def test_every_declared_op_can_be_described():
    for opdef in TABLE.values():
        assert op_def_message(opdef).name == opdef.name
        assert op_text(opdef).startswith(f"Op<name={opdef.name}; ")


def test_a_missing_op_is_told_with_the_nearest(graph):
    with pytest.raises(errors.NotFoundError, match=r"Op type not registered 'MatMull'(?s:.*)MatMul"):
        graph.create_op("MatMull", [])
