import numpy as np
import pytest

from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from tests.ops.kernels import complaint, fed, run, shape_complaint


def _placeholder(*shape):
    return TABLE["Placeholder"](dtype="float32", shape=shape)


def test_reshape_finds_the_size_that_is_left_open():
    assert run("Reshape", np.zeros((4, 6), np.float32), [3, -1]).shape == (3, 8)
    assert run("Reshape", np.zeros((0, 6), np.float32), [2, -1]).shape == (2, 0)


@pytest.mark.parametrize(
    ("size", "shape", "building", "running"),
    [
        (6, [4, 2], "Cannot reshape a tensor with 6 elements to shape [4,2] (8 elements)",
         "Input to reshape is a tensor with 6 values, but the requested shape has 8"),
        (7, [-1, 2], "Dimension size must be evenly divisible by 2 but is 7",
         "Input to reshape is a tensor with 7 values, but the requested shape requires a multiple of 2"),
    ],
)  # fmt: skip
def test_reshape_says_what_does_not_fit(size, shape, building, running):
    values = np.zeros(size, np.float32)
    assert shape_complaint("Reshape", values, shape) == building
    assert complaint(fed, "Reshape", values, shape) == running


def test_reshape_with_two_open_sizes_fails_when_it_runs():
    assert complaint(run, "Reshape", np.zeros((2, 3), np.float32), [-1, -1]) == "Only one input size may be -1, not both 0 and 1"


def test_reshape_infers_what_follows_from_unknown_sizes():
    with Graph().as_default():
        x = _placeholder(None, 3)
        assert TABLE["Reshape"](x, [-1]).static_shape == (None,)
        assert TABLE["Reshape"](_placeholder(2, 3), [-1, 2]).static_shape == (3, 2)
        shape = TABLE["Shape"](x)
        assert TABLE["Reshape"](_placeholder(6), shape).static_shape == (2, 3)  # the only size that fits


def test_shape_of_a_known_tensor_is_known_while_building():
    with Graph().as_default():
        x = _placeholder(None, 3)
        assert TABLE["Fill"](TABLE["Shape"](x), 0.0).static_shape == (None, 3)


def test_shapes_travel_through_slices_packs_and_arithmetic():
    with Graph().as_default():
        x = _placeholder(None, 4, 5)
        shape = TABLE["Shape"](x)
        rows = TABLE["StridedSlice"](shape, [0], [1], [1], shrink_axis_mask=1)
        width = TABLE["StridedSlice"](shape, [1], [2], [1], shrink_axis_mask=1)
        flat = TABLE["Reshape"](x, TABLE["Pack"]([rows, TABLE["Mul"](width, 5)]))
        assert flat.static_shape == (None, 20)


@pytest.mark.parametrize(("axis", "wanted"), [(0, (1, 2, 3)), (-1, (2, 3, 1)), (1, (2, 1, 3))])
def test_expand_dims_counts_from_either_end(axis, wanted):
    values = np.zeros((2, 3), np.float32)
    assert run("ExpandDims", values, axis).shape == fed("ExpandDims", values, axis).shape == wanted


def test_expand_dims_and_squeeze_name_the_axis_that_does_not_fit():
    assert shape_complaint("ExpandDims", [1.0, 2.0], 5) == "dim 5 not in the interval [-2, 1]."
    assert (
        shape_complaint("Squeeze", np.zeros((2, 3), np.float32), squeeze_dims=[0])
        == "Can not squeeze dim[0], expected a dimension of 1, got 2"
    )
    assert (
        complaint(fed, "Squeeze", np.zeros((2, 3), np.float32), squeeze_dims=[0])
        == "Can not squeeze dim[0], expected a dimension of 1, got 2"
    )


def test_squeeze_knows_its_rank_only_when_all_sizes_are_known():
    with Graph().as_default():
        assert TABLE["Squeeze"](_placeholder(1, 3, 1)).static_shape == (3,)
        assert TABLE["Squeeze"](_placeholder(None, 3, 1)).static_shape is None
        assert TABLE["Squeeze"](_placeholder(None, 3, 1), squeeze_dims=[-1]).static_shape == (None, 3)


def test_broadcast_to_says_what_does_not_fit():
    assert shape_complaint("BroadcastTo", [1.0, 2.0, 3.0], [2, 2]) == "Dimensions must be equal, but are 3 and 2"
    assert complaint(fed, "BroadcastTo", [1.0, 2.0, 3.0], [2, 2]) == "Incompatible shapes: [3] vs. [2,2]"


@pytest.mark.parametrize(
    ("first", "second", "axes"),
    [
        ([2, 3], [3], ([], [0])),
        ([2, 1], [1, 3], ([1], [0])),
        ([2, 3], [2, 3], ([], [])),
        ([], [4], ([0], [])),
        ([1, 1], [2, 1], ([0, 1], [1])),
    ],
)
def test_axes_of_a_broadcast_are_those_along_which_an_input_was_stretched(first, second, axes):
    as_shape = lambda sizes: np.array(sizes, np.int32)
    got = run("BroadcastGradientArgs", as_shape(first), as_shape(second))
    assert tuple(each.tolist() for each in got) == axes


def test_sizes_beyond_32_bits_need_64():
    stretched = np.broadcast_to(np.float32(0), (2**31 + 1,))
    assert complaint(lambda: TABLE["Shape"].kernel(np, stretched, TABLE["Shape"].attrs["out_type"].default)).startswith(
        "Shape output type is 32-bit"
    )
