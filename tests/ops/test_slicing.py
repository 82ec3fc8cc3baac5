import numpy as np
import pytest

from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from tests.ops.kernels import complaint, fed, run, shape_complaint

X = np.arange(24, dtype=np.float32).reshape(4, 6)


def test_slice_takes_a_block_and_minus_one_means_to_the_end():
    np.testing.assert_array_equal(run("Slice", X, [1, 2], [2, -1]), X[1:3, 2:])


def test_slice_names_the_axis_that_does_not_fit():
    assert complaint(run, "Slice", [1.0, 2.0, 3.0], [1], [5]) == "Expected size[0] in [0, 2], but got 5"
    assert complaint(fed, "Slice", [1.0, 2.0, 3.0], [4], [1]) == "Expected begin[0] in [0, 3], but got 4"


@pytest.mark.parametrize(
    ("begin", "end", "strides", "masks", "index"),
    [
        ([1, 0], [3, 4], [1, 2], {}, np.s_[1:3, 0:4:2]),
        ([-1, 5], [-5, 0], [-2, -3], {}, np.s_[-1:-5:-2, 5:0:-3]),
        ([0, 0], [0, 0], [1, 1], {"begin_mask": 3, "end_mask": 3}, np.s_[:, :]),
        ([2, 0], [0, 0], [1, 1], {"shrink_axis_mask": 1, "end_mask": 2}, np.s_[2, :]),
        ([-1], [0], [1], {"shrink_axis_mask": 1}, np.s_[-1]),
        ([0, 1], [0, 2], [1, 1], {"ellipsis_mask": 1}, np.s_[..., 1:2]),
        ([0, 0, 1], [0, 0, 3], [1, 1, 1], {"new_axis_mask": 1, "begin_mask": 2, "end_mask": 2}, np.s_[None, :, 1:3]),
        ([0, 100], [100, -100], [1, -1], {}, np.s_[0:100, 100:-100:-1]),
        ([2, 0], [2, 6], [1, 1], {}, np.s_[2:2, 0:6]),
    ],
)
def test_strided_slice_means_what_the_index_means_in_python(begin, end, strides, masks, index):
    wanted = X[index]
    got = run("StridedSlice", X, begin, end, strides, **masks)
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(fed("StridedSlice", X, begin, end, strides, **masks), wanted)
    whole = np.zeros_like(X)
    whole[index] += 1
    np.testing.assert_array_equal(run("StridedSliceGrad", [4, 6], begin, end, strides, np.ones_like(wanted), **masks), whole)


def test_strided_slice_infers_what_it_can():
    with Graph().as_default():
        x = TABLE["Placeholder"](dtype="float32", shape=(None, 6))
        unknown = TABLE["Placeholder"](dtype="int32", shape=(1,))
        cut = TABLE["StridedSlice"]
        assert cut(x, [0], [2], [1]).static_shape == (None, 6)
        assert cut(x, [0, 1], [0, 4], [1, 1], begin_mask=1, end_mask=1).static_shape == (None, 3)
        assert cut(x, unknown, [2], [1], shrink_axis_mask=1).static_shape == (6,)
        assert cut(x, [0], unknown, [1]).static_shape == (None, 6)


def test_strided_slice_says_what_is_wrong():
    assert shape_complaint("StridedSlice", X, [7], [8], [1], shrink_axis_mask=1) == "slice index 7 of dimension 0 out of bounds."
    assert complaint(fed, "StridedSlice", X, [7], [8], [1], shrink_axis_mask=1) == "slice index 7 of dimension 0 out of bounds."
    assert shape_complaint("StridedSlice", X, [0], [1], [0]) == "strides[0] must be non-zero"
    assert shape_complaint("StridedSlice", X, [0, 0], [0, 0], [1, 1], ellipsis_mask=3) == "Multiple ellipses in slice spec not allowed"
    assert (
        shape_complaint("StridedSlice", X, [0, 0, 0], [1, 1, 1], [1, 1, 1]) == "Index out of range using input dim 2; input has only 2 dims"
    )


def test_gradient_of_a_slice_wants_the_shape_of_the_slice():
    message = complaint(run, "StridedSliceGrad", [4, 6], [0], [2], [1], np.ones((3, 6), np.float32))
    assert message == "shape of dy was [3,6] instead of [2,6]"
