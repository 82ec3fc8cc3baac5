"""Any diagonals of matrices, and bands of them."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

X = np.arange(12.0).reshape(3, 4)


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def run(fetches, feeds=None):
    with tf.Session() as session:
        return session.run(fetches, feeds)


@pytest.mark.parametrize("k", [-2, -1, 0, 1, 3])
def test_one_diagonal_equals_numpys(k):
    np.testing.assert_array_equal(run(tf.matrix_diag_part(X, k=k)), np.diagonal(X, k))
    np.testing.assert_array_equal(run(tf.matrix_diag([1.0, 2.0], k=k)), np.diag([1.0, 2.0], k))


def test_a_band_puts_upper_diagonals_to_the_right_and_lower_ones_to_the_left():
    band = tf.matrix_diag_part(X, k=(-1, 2), padding_value=-9.0)
    assert band.shape.as_list() == [4, 3]
    np.testing.assert_array_equal(run(band), [[-9, 2, 7], [1, 6, 11], [0, 5, 10], [4, 9, -9]])


def test_a_band_goes_back_into_its_matrix():
    band = tf.matrix_diag_part(X, k=(-1, 2))
    square = run(tf.matrix_diag(band, k=(-1, 2), num_rows=3, num_cols=4, padding_value=5.0))
    inside = np.triu(np.tril(np.ones((3, 4)), 2), -1) > 0
    np.testing.assert_array_equal(square, np.where(inside, X, 5.0))


def test_diagonals_are_replaced_in_each_matrix():
    batch = np.stack([X, -X])
    changed = run(tf.matrix_set_diag(batch, np.zeros((2, 3)), k=1))
    rows = np.arange(3)
    assert np.all(changed[:, rows, rows + 1] == 0)
    changed[:, rows, rows + 1] = batch[:, rows, rows + 1]
    np.testing.assert_array_equal(changed, batch)


def test_gradients_go_to_the_diagonal_and_around_it():
    x, d = tf.constant(X), tf.constant(np.ones(3))
    grad_x, grad_d = run(tf.gradients(tf.matrix_set_diag(x, d, k=1) * X, [x, d]))
    np.testing.assert_array_equal(grad_d, np.diagonal(X, 1))
    np.testing.assert_array_equal(grad_x, X - np.pad(np.diag(np.diagonal(X, 1)), [[0, 0], [1, 0]]))


def test_sizes_too_small_are_refused():
    with pytest.raises(ValueError, match="^The number of rows is too small"):
        tf.matrix_diag([1.0, 2.0, 3.0], k=0, num_rows=2)
    with pytest.raises(ValueError, match="not consistent with the specified d_lower, d_upper, and diagonal"):
        tf.matrix_diag([1.0, 2.0], num_rows=5, num_cols=5)


def test_a_diagonal_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="^lower_diag_index is out of bound: 7. It must be between -3 and 4"):
        tf.matrix_diag_part(X, k=7)
    with pytest.raises(ValueError, match="^lower_diag_index must not be larger than upper_diag_index: 1 > 0"):
        tf.matrix_diag_part(X, k=(1, 0))


def test_a_wrong_number_of_elements_fails_when_the_graph_runs():
    d = tf.placeholder(tf.float64)
    with pytest.raises(tf.errors.InvalidArgumentError, match="^Either first dimensions of diagonal don't match input.shape"):
        run(tf.matrix_set_diag(X, d, k=1), {d: np.zeros(5)})
