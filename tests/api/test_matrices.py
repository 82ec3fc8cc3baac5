"""Matrices with a given diagonal."""

from __future__ import annotations

import numpy as np

import autograd_lite as tf


def test_identity_matrices(run):
    np.testing.assert_array_equal(run(tf.eye(3)), np.eye(3))
    np.testing.assert_array_equal(run(tf.eye(2, 3)), np.eye(2, 3))
    assert tf.eye(2, batch_shape=[4]).shape.as_list() == [4, 2, 2]
    n = tf.placeholder(tf.int32, [])
    np.testing.assert_array_equal(run(tf.eye(n), {n: 3}), np.eye(3))


def test_diagonals(run):
    x = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(run(tf.matrix_diag([1, 2])), np.diag([1, 2]))
    np.testing.assert_array_equal(run(tf.matrix_diag_part(x)), np.diag(x))
    np.testing.assert_array_equal(run(tf.matrix_set_diag(x, np.zeros(3))), x - np.diag(np.diag(x)))
    assert run(tf.trace(x)) == np.trace(x)


def test_adjoints(run):
    np.testing.assert_array_equal(run(tf.linalg.adjoint([[1j, 2.0]])), [[-1j], [2.0]])
