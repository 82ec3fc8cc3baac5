"""Sorting, repeating, reversing parts, gathering in batches."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

X = np.array([[3, 1, 2], [9, 9, -4]])


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_sorting_equals_numpys(axis, run):
    np.testing.assert_array_equal(run(tf.sort(X, axis)), np.sort(X, axis))
    np.testing.assert_array_equal(run(tf.sort(X.astype(float), axis, "DESCENDING")), -np.sort(-X, axis))
    np.testing.assert_array_equal(run(tf.argsort(X, axis)), np.argsort(X, axis, kind="stable"))


def test_the_least_integer_is_sorted_first(run):
    least = np.iinfo(np.int32).min
    assert run(tf.sort([0, least, 5])).tolist() == [least, 0, 5]


def test_another_direction_is_refused():
    with pytest.raises(ValueError, match="^UP should be one of ASCENDING, DESCENDING"):
        tf.sort(X, direction="UP")


@pytest.mark.parametrize(("repeats", "axis"), [(2, None), (2, 0), (3, 1), ([1, 2], 0), ([1, 0, 2], 1), ([2], 1)], ids=str)
def test_repeating_equals_numpys(repeats, axis, run):
    np.testing.assert_array_equal(run(tf.repeat(X, repeats, axis)), np.repeat(X, repeats, axis))


def test_reversing_the_first_elements(run):
    assert run(tf.reverse_sequence(X, [2, 3], seq_axis=1, batch_axis=0)).tolist() == [[1, 3, 2], [-4, 9, 9]]
    with pytest.raises(ValueError, match="^Cannot specify both 'seq_dim' and 'seq_axis'"):
        tf.reverse_sequence(X, [2, 3], seq_axis=1, seq_dim=1)


def test_gathering_in_batches(run):
    assert run(tf.batch_gather(X, [[0, 2], [1, 1]])).tolist() == [[3, 2], [9, 9]]


def test_how_often_to_repeat_may_be_of_unknown_shape(run):
    x, repeats = tf.placeholder(tf.float32), tf.placeholder(tf.int32)
    np.testing.assert_array_equal(run(tf.repeat(x, repeats), {x: [1.0, 2.0], repeats: [2, 1]}), [1, 1, 2])
