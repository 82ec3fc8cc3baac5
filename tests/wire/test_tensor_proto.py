"""Arrays become the bytes that TensorFlow writes, and come back; claims are checked before memory is asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from autograd_lite.core import dtypes, errors, shapes
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import MakeNdarray, array_to_proto, proto_to_array, shape_from_proto, shape_to_proto

RECORDED = json.loads((Path(__file__).parent / "data" / "tensor_protos.json").read_text())
GRAPHS = Path(__file__).parents[1] / "golden" / "data" / "graphs"


def array_of(name, values):
    dtype = dtypes.as_dtype(name)
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes")
    if name == "string":
        flat = np.array(values, dtype=object)
        return np.array([text.encode() for text in flat.ravel()], dtype=object).reshape(flat.shape)
    return np.array(values, dtype=dtype.numpy)


def stored(array, shape):
    """The array in `shape`, or the first values of it."""
    if array.size == 1 and shape and np.prod(shape) > 1:
        return np.broadcast_to(array.reshape(()), shape), None
    if array.size == np.prod(shape):
        return array.reshape(shape), None
    return array, tuple(shape)


@pytest.mark.parametrize("name, values, shape, content", RECORDED, ids=[f"{r[0]}-{r[1]}-{r[2]}" for r in RECORDED])
def test_an_array_becomes_the_bytes_that_tensorflow_writes(name, values, shape, content):
    array, wanted_shape = stored(array_of(name, values), shape)
    assert array_to_proto(array, dtypes.as_dtype(name), wanted_shape).SerializeToString(deterministic=True).hex() == content


@pytest.mark.parametrize("name, values, shape, content", RECORDED, ids=[f"{r[0]}-{r[1]}-{r[2]}" for r in RECORDED])
def test_the_bytes_that_tensorflow_writes_become_the_array(name, values, shape, content):
    flat = array_of(name, values).reshape(-1)
    count = int(np.prod(shape))
    expected = np.concatenate([flat, flat[-1:].repeat(count - flat.size)]) if flat.size < count else flat
    found = MakeNdarray(messages.TensorProto.FromString(bytes.fromhex(content)))
    assert found.dtype == expected.dtype and found.shape == tuple(shape)
    assert found.ravel().tolist() == expected.tolist()


def test_every_tensor_of_the_golden_graphs_comes_back_byte_for_byte():
    count = 0
    for path in sorted(GRAPHS.glob("*.pb")):
        graph = messages.GraphDef.FromString(path.read_bytes())
        nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
        for proto in [attr.tensor for node in nodes for attr in node.attr.values() if attr.HasField("tensor")]:
            again = array_to_proto(proto_to_array(proto), dtypes.as_dtype(proto.dtype))
            assert again.SerializeToString(deterministic=True) == proto.SerializeToString(deterministic=True)
            count += 1
    assert count > 500


def test_made_arrays_can_be_written_to_and_do_not_change_the_proto():
    proto = array_to_proto(np.array([1.0, 2.0], np.float32))
    array = MakeNdarray(proto)
    array[0] = 9
    assert MakeNdarray(proto).tolist() == [1.0, 2.0]


def test_one_repeated_value_needs_the_memory_of_one_value():
    proto = messages.TensorProto(dtype=1, float_val=[2.5])
    proto.tensor_shape.dim.add().size = 1 << 30
    array = proto_to_array(proto)
    assert array.shape == (1 << 30,) and array.strides == (0,) and array[-1] == 2.5
    assert array_to_proto(array) == proto


def test_no_value_at_all_means_zeros():
    proto = messages.TensorProto(dtype=3)
    proto.tensor_shape.dim.add().size = 3
    assert proto_to_array(proto).tolist() == [0, 0, 0]


@pytest.mark.parametrize("size", [1 << 40, 1 << 62])
def test_a_claim_of_more_elements_than_memory_is_refused_at_once(size):
    proto = messages.TensorProto(dtype=1, float_val=[1.0])
    proto.tensor_shape.dim.add().size = size
    with pytest.raises(errors.InvalidArgumentError, match="Cannot parse tensor from proto"):
        proto_to_array(proto)


def test_sizes_whose_product_overflows_are_refused():
    proto = messages.TensorProto(dtype=1)
    for _ in range(3):
        proto.tensor_shape.dim.add().size = 1 << 32
    with pytest.raises(errors.InvalidArgumentError, match=r"2\*\*63"):
        proto_to_array(proto)


def test_a_negative_size_is_a_value_error():
    proto = messages.TensorProto(dtype=1)
    proto.tensor_shape.dim.add().size = -7
    with pytest.raises(ValueError, match=r"^Shape \[-7\] is not fully defined"):
        proto_to_array(proto)


@pytest.mark.parametrize(
    "fields",
    [
        {"dtype": 1, "tensor_content": b"123"},
        {"dtype": 1, "float_val": [1.0] * 5},
        {"dtype": 8, "scomplex_val": [1.0]},
        {"dtype": 7, "tensor_content": b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"},
        {"dtype": 7, "tensor_content": b"\x01\x05a"},
    ],
)
def test_values_that_do_not_fit_the_shape_are_refused(fields):
    proto = messages.TensorProto(**fields)
    proto.tensor_shape.dim.add().size = 2
    with pytest.raises(errors.InvalidArgumentError):
        proto_to_array(proto)


def test_strings_may_be_stored_as_lengths_and_bytes():
    proto = messages.TensorProto(dtype=7, tensor_content=b"\x01\x02abc")
    proto.tensor_shape.dim.add().size = 2
    assert proto_to_array(proto).tolist() == [b"a", b"bc"]


@pytest.mark.parametrize("number", [0, 20, 21, 31, 999])
def test_a_type_that_no_array_can_hold_is_a_type_error(number):
    with pytest.raises(TypeError, match="Unsupported tensor type"):
        proto_to_array(messages.TensorProto(dtype=number))


def test_content_that_is_no_boolean_becomes_true():
    proto = messages.TensorProto(dtype=10, tensor_content=b"\x00\x02")
    proto.tensor_shape.dim.add().size = 2
    assert proto_to_array(proto).view(np.uint8).tolist() == [0, 1]


@pytest.mark.parametrize("shape", [None, (), (2,), (None, 3), (0, 5)])
def test_shapes_come_back(shape):
    assert shape_from_proto(shape_to_proto(shape)) == shape
    assert shapes.TensorShape(shape).as_proto() == shape_to_proto(shape)
    assert shapes.TensorShape(shapes.TensorShape(shape).as_proto()).dims_tuple == shape


def test_a_shape_with_negative_sizes_is_refused():
    proto = messages.TensorShapeProto()
    proto.dim.add().size = -2
    with pytest.raises(ValueError, match="values below -1"):
        shape_from_proto(proto)


def test_byte_order_of_the_array_does_not_matter():
    assert array_to_proto(np.array([1, 2], ">i4")) == array_to_proto(np.array([1, 2], "<i4"))


def test_more_than_two_gigabytes_do_not_fit_into_a_message():
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.float64), shape=(1 << 14, 1 << 14, 2), strides=(0, 0, 8), writeable=False)
    with pytest.raises(ValueError, match="larger than 2GB"):
        array_to_proto(huge)
