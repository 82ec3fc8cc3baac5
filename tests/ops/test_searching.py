"""Searching."""

import numpy as np
import pytest

import autograd_lite as tf


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_values_that_are_no_number_go_where_the_halving_of_tensorflow_sends_them():
    rows, wanted = np.array([[1, 2, np.nan]]), np.array([[1, 2, np.nan, 5]])
    assert run(tf.searchsorted(rows, wanted)).tolist() == [[0, 1, 0, 2]]
    assert run(tf.searchsorted(rows, wanted, side="right")).tolist() == [[1, 3, 3, 3]]


def test_unsorted_rows_give_what_tensorflow_gives():
    assert run(tf.searchsorted([3.0, 1.0, 2.0], [1.0, 2.0, 5.0])).tolist() == [0, 2, 3]


def test_positions_of_negative_numbers_keep_their_sign_as_in_tensorflow():
    assert run(tf.unravel_index([1, -4], [7, 6])).tolist() == [[0, 0], [1, -4]]
    assert run(tf.unravel_index(8, [7, 6])).tolist() == [1, 2]


def test_zero_sizes_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="dims contains zero at index 0"):
        run(tf.unravel_index(8, [0, 6]))


def test_gradient_of_the_greatest_goes_to_where_they_stand():
    x = tf.constant([1.0, 3.0, 2.0])
    assert run(tf.gradients(tf.math.approx_max_k(x, 2)[0], [x], grad_ys=[[5.0, 7.0]])[0]).tolist() == [0, 5, 7]
