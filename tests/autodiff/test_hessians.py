"""All second derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def test_the_hessian_of_a_quadratic_form_is_its_symmetric_matrix():
    matrix = np.array([[2.0, 1.0], [3.0, 4.0]])
    x = tf.placeholder(tf.float64, [2])
    y = tf.reduce_sum(tf.expand_dims(x, 0) * tf.expand_dims(x, 1) * matrix)
    (hessian,) = tf.hessians(y, x)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(hessian, {x: [0.5, -1.0]}), matrix + matrix.T)


def test_the_hessian_of_a_matrix_has_its_shape_twice():
    x = tf.placeholder(tf.float32, [2, 3])
    assert tf.hessians(tf.reduce_sum(x**3), x)[0].shape.as_list() == [2, 3, 2, 3]


def test_a_linear_function_has_a_zero_hessian():
    x = tf.constant([1.0, 2.0])
    weights = tf.constant([3.0, 4.0])
    (hessian,) = tf.hessians(tf.reduce_sum(x * weights) + 0.0 * tf.reduce_sum(x * x), x)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(hessian), np.zeros((2, 2)))


def test_the_size_may_be_known_only_when_the_graph_runs():
    x = tf.placeholder(tf.float32, [None])
    (hessian,) = tf.hessians(tf.reduce_sum(x**3), x)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(hessian, {x: [1.0, 2.0, 3.0]}), np.diag([6.0, 12.0, 18.0]))


def test_a_missing_path_is_refused():
    with pytest.raises(ValueError, match="do not depend on"):
        tf.hessians(tf.constant(1.0), tf.constant([1.0]))
