"""Constants, placeholders, fills, ranges and one-hot rows."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


def test_python_numbers_get_32_bits():
    assert [tf.constant(value).dtype.name for value in (1, 1.0, True, "a", 1j)] == ["int32", "float32", "bool", "string", "complex128"]


def test_a_constant_keeps_its_own_copy(run):
    array = np.zeros(2, np.float32)
    c = tf.constant(array)
    array[0] = 7.0
    np.testing.assert_array_equal(run(c), [0.0, 0.0])


def test_a_missing_tail_is_filled_with_the_last_value(run):
    np.testing.assert_array_equal(run(tf.constant([1, 2], shape=[2, 2])), [[1, 2], [2, 2]])
    np.testing.assert_array_equal(run(tf.constant(0.5, shape=[3])), [0.5, 0.5, 0.5])


def test_an_empty_shape_needs_no_values(run):
    assert run(tf.constant(1.0, shape=[0, 3])).shape == (0, 3)


def test_verify_shape_refuses_another_shape():
    with pytest.raises(TypeError, match="^Expected Tensor's shape"):
        tf.constant([1, 2], shape=[2, 2], verify_shape=True)


def test_too_many_values_are_refused():
    with pytest.raises(ValueError, match="^Too many elements provided."):
        tf.constant([1, 2, 3], shape=[2])


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match="^Error converting shape to a TensorShape: Dimension -1 must be >= 0"):
        tf.placeholder(tf.float32, [-1, 2])


@pytest.mark.parametrize(("make", "value"), [(tf.zeros, 0), (tf.ones, 1)])
def test_small_fills_are_constants_and_large_ones_are_not(make, value, nodes, run):
    small, large = make([3]), make([100, 100])
    assert nodes()[0] == (small.op.name, "Const")
    assert [kind for _, kind in nodes(1)] == ["Const", "Const", "Fill"]
    assert np.all(run(small) == value)
    assert np.all(run(large) == value)


def test_a_fill_of_a_shape_known_later(run):
    n = tf.placeholder(tf.int32, [])
    assert run(tf.zeros([n, 2]), {n: 3}).shape == (3, 2)
    assert run(tf.ones(tf.stack([n])), {n: 3}).tolist() == [1.0, 1.0, 1.0]


def test_zeros_of_strings_and_booleans(run):
    assert run(tf.zeros([2], tf.string)).tolist() == [b"", b""]
    assert run(tf.ones([2], tf.bool)).tolist() == [True, True]


def test_likes_follow_shape_and_type(run):
    x = tf.placeholder(tf.float64)
    assert run(tf.zeros_like(x), {x: np.ones((2, 3))}).dtype == np.float64
    assert run(tf.ones_like(x, dtype=tf.int32), {x: np.ones((2, 3))}).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_ones_like_names_its_known_shape_by_release(nodes, first_release):
    tf.ones_like(tf.placeholder(tf.float32, [2], name="x"))
    assert [name for name, _ in nodes(1)] == ["ones_like/Shape", "ones_like/Const", "ones_like"]
    tf.set_release("2.21")
    tf.ones_like(tf.placeholder(tf.float32, [2]))
    assert nodes()[-3][0] == "ones_like_1/Shape/shape_as_tensor"


def test_ranges(run):
    np.testing.assert_array_equal(run(tf.range(5)), np.arange(5))
    np.testing.assert_array_equal(run(tf.range(10, 3, -2)), np.arange(10, 3, -2))
    assert run(tf.range(0.0, 1.0, 0.25)).dtype == np.float32
    assert tf.range(tf.constant(3, tf.int64)).dtype == tf.int64


def test_a_range_without_a_step_is_refused():
    with pytest.raises(ValueError, match="^Requires delta != 0"):
        tf.range(0, 5, 0)


def test_linspace_meets_both_ends(run):
    assert run(tf.linspace(0.0, 0.3, 4))[[0, -1]].tolist() == [0.0, np.float32(0.3)]


def test_one_hot_rows(run):
    np.testing.assert_array_equal(run(tf.one_hot([1, -1], 3)), [[0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(run(tf.one_hot([0, 1], 2, on_value=5, off_value=-1, axis=0)), [[5, -1], [-1, 5]])


def test_one_hot_values_must_have_one_type():
    with pytest.raises(TypeError, match="of on_value does not match"):
        tf.one_hot([0], 2, on_value=tf.constant(1), dtype=tf.float32)
    with pytest.raises(TypeError, match="of off_value"):
        tf.one_hot([0], 2, on_value=tf.constant(1), off_value=tf.constant(0.0))
