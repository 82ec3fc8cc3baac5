"""Parts of tensors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
INDICES = [
    np.s_[0], np.s_[-1], np.s_[:, 1], np.s_[..., 2], np.s_[0, 1, 2], np.s_[:, 1:], np.s_[::-1, ::2], np.s_[None], np.s_[:, None, ..., -1],
    np.s_[1:2, :, 3:0:-2], np.s_[:100], np.s_[2:2], np.s_[...], np.s_[-2:, :2], np.s_[0, ..., None], np.s_[np.int64(1)],
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_means_what_it_means_for_arrays(index, run):
    part = tf.constant(X)[index]
    value = run(part)
    np.testing.assert_array_equal(value, X[index])
    assert part.shape.as_list() == list(X[index].shape)


def test_indices_may_be_tensors(run):
    x, i = tf.constant(X), tf.placeholder(tf.int32, [])
    np.testing.assert_array_equal(run(x[i, :, i:], {i: 1}), X[1, :, 1:])


def test_a_wide_index_widens_the_others(run):
    x, i = tf.constant(X), tf.constant(1, tf.int64)
    np.testing.assert_array_equal(run(x[i, 0]), X[1, 0])


def test_a_boolean_mask_selects_elements(run):
    x = tf.constant(X)
    np.testing.assert_array_equal(run(x[x > 20.0]), X[X > 20.0])


def test_nodes_of_a_slice_are_named_as_in_tensorflow(nodes):
    tf.placeholder(tf.float32, [3, 1], name="x")[0][0]
    assert [name for name, _ in nodes(1)] == [
        "strided_slice/stack", "strided_slice/stack_1", "strided_slice/stack_2", "strided_slice",
        "strided_slice_1/stack", "strided_slice_1/stack_1", "strided_slice_1/stack_2", "strided_slice_1",
    ]  # fmt: skip


@pytest.mark.parametrize("index", [1.5, "x", [0, 1.5]], ids=str)
def test_anything_else_is_no_index(index):
    with pytest.raises(TypeError, match="^Only integers, slices"):
        tf.constant(X)[index]


def test_a_vector_is_no_index():
    with pytest.raises(TypeError, match="^Only integers, slices"):
        tf.constant(X)[tf.constant([0, 1])]


def test_an_index_out_of_range_is_refused_and_leaves_no_node(nodes):
    x = tf.constant([1.0, 2.0])
    with pytest.raises(ValueError, match="slice index 5 of dimension 0 out of bounds"):
        x[5]
    assert nodes() == [("Const", "Const")]


def test_too_many_indices_are_refused():
    with pytest.raises(ValueError, match="Index out of range using input dim 1; input has only 1 dims"):
        tf.constant([1.0, 2.0])[0, 0]


def test_gather_takes_rows_or_columns(run):
    np.testing.assert_array_equal(run(tf.gather(X, [1, 1, 0])), X[[1, 1, 0]])
    np.testing.assert_array_equal(run(tf.gather(X, [2, 0], axis=1)), X[:, [2, 0]])
    np.testing.assert_array_equal(run(tf.gather(X, [[0], [2]], batch_dims=1)), X[[[0], [1]], [[0], [2]]])


def test_gather_nd_takes_positions(run):
    np.testing.assert_array_equal(run(tf.gather_nd(X, [[1, 2], [0, 0]])), X[[1, 0], [2, 0]])
    np.testing.assert_array_equal(run(tf.gather_nd(X, [[2], [0]], batch_dims=1)), X[[0, 1], [2, 0]])


def test_boolean_mask_along_an_axis(run):
    mask = np.array([True, False, True])
    np.testing.assert_array_equal(run(tf.boolean_mask(X, mask, axis=1)), X[:, mask])


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"^Shapes \(3,\) and \(2,\) are incompatible"):
        tf.boolean_mask(tf.zeros([3]), tf.constant([True, False]))


def test_a_scalar_mask_is_refused():
    with pytest.raises(ValueError, match="^mask cannot be scalar."):
        tf.boolean_mask(tf.zeros([3]), tf.constant(True))


def test_where_chooses_or_finds(run):
    np.testing.assert_array_equal(run(tf.where([True, False], [1, 2], [3, 4])), [1, 4])
    np.testing.assert_array_equal(run(tf.where([[True, False], [False, True]])), [[0, 0], [1, 1]])


def test_where_wants_both_or_none():
    with pytest.raises(ValueError, match="^x and y must both be non-None or both be None."):
        tf.where([True], [1])


def test_where_v2_broadcasts(run):
    np.testing.assert_array_equal(run(tf.where_v2([[True], [False]], [1, 2], 0)), [[1, 2], [0, 0]])


def test_sequence_masks(run):
    np.testing.assert_array_equal(run(tf.sequence_mask([1, 3])), [[True, False, False], [True, True, True]])
    assert run(tf.sequence_mask([2], 3, tf.float32)).tolist() == [[1.0, 1.0, 0.0]]


def test_slice_and_strided_slice(run):
    np.testing.assert_array_equal(run(tf.slice(X, [0, 1, 0], [-1, 1, 2])), X[:, 1:2, :2])
    np.testing.assert_array_equal(run(tf.strided_slice(X, [0, 0], [2, 3], [1, 2])), X[0:2, 0:3:2])


def test_newaxis_is_none():
    assert tf.newaxis is None
