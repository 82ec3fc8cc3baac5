"""Finite differences beside symbolic gradients."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_both_jacobians_have_a_row_per_x_and_a_column_per_y():
    x = tf.placeholder(tf.float64, [2, 3])
    theory, numbers = tf.test.compute_gradient(x, [2, 3], tf.reduce_sum(x * x, 1), [2])
    assert theory.shape == numbers.shape == (6, 2)
    np.testing.assert_allclose(theory, numbers, atol=1e-8)


def test_a_right_gradient_has_a_small_error():
    x = tf.placeholder(tf.float64, [3])
    assert tf.test.compute_gradient_error(x, [3], tf.tanh(x), [3]) < 1e-6


def test_a_wrong_gradient_has_a_large_error():
    @tf.custom_gradient
    def wrong(t):
        return t * t, lambda dy: dy * t

    x = tf.placeholder(tf.float64, [3])
    assert tf.test.compute_gradient_error(x, [3], wrong(x), [3], x_init_value=np.array([1.0, 2.0, 3.0])) == pytest.approx(3.0)


def test_a_list_of_xs_gives_a_list_of_pairs():
    x, y = tf.placeholder(tf.float64, [2]), tf.placeholder(tf.float64, [2])
    start = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    pairs = tf.test.compute_gradient([x, y], [[2], [2]], x * y, [2], x_init_value=start, extra_feed_dict={x: start[0], y: start[1]})
    np.testing.assert_allclose(pairs[0][0], np.diag([3.0, 4.0]))
    np.testing.assert_allclose(pairs[1][0], np.diag([1.0, 2.0]))


def test_complex_numbers_count_as_two_elements():
    x = tf.placeholder(tf.complex128, [2])
    theory, numbers = tf.test.compute_gradient(x, [2], x * x, [2])
    assert theory.shape == (4, 4)
    np.testing.assert_allclose(theory, numbers, atol=1e-8)


def test_indexed_slices_are_made_dense():
    x = tf.placeholder(tf.float64, [4, 2])
    assert tf.test.compute_gradient_error(x, [4, 2], tf.gather(x, [1, 1, 3]), [3, 2]) < 1e-9


def test_variables_are_initialised_by_init_targets():
    v = tf.Variable(np.array([1.0, 2.0]))
    error = tf.test.compute_gradient_error(v, [2], v * v, [2], x_init_value=np.array([1.0, 2.0]), init_targets=[v.initializer])
    assert error < 1e-6


def test_integers_are_refused():
    x = tf.placeholder(tf.int32, [2])
    with pytest.raises(TypeError, match="has type int32"):
        tf.test.compute_gradient(x, [2], x * x, [2])


def test_a_missing_path_is_refused():
    x = tf.placeholder(tf.float64, [2])
    with pytest.raises(ValueError, match="does not depend on"):
        tf.test.compute_gradient(x, [2], tf.zeros([2], tf.float64), [2])
