"""Counting."""

import numpy as np
import pytest

import autograd_lite as tf


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_rows_are_counted_each_for_itself_and_larger_numbers_left_out():
    assert run(tf.raw_ops.DenseBincount(input=[[1, 2], [7, 1]], size=3, weights=np.zeros(0, np.int32))).tolist() == [[0, 1, 1], [0, 1, 0]]


def test_the_older_op_adds_up_weights_where_release_115_would():
    assert run(tf.bincount([0, 1, 1], weights=[0.5, 1.0, 2.0])).tolist() == [0.5, 3.0]
    assert [op.type for op in tf.get_default_graph().get_operations()].count("UnsortedSegmentSum") == 1


def test_counts_of_what_lies_outside_go_to_the_first_and_last_bin():
    assert run(tf.histogram_fixed_width([0, 1, 2, 7], [0, 5], nbins=3)).tolist() == [2, 1, 1]
    numbers = np.array([-1e30, np.inf, -np.inf, 4.9999], np.float32)
    assert run(tf.histogram_fixed_width(numbers, [0.0, 5.0], nbins=3)).tolist() == [2, 0, 2]


@pytest.mark.parametrize(
    ("value_range", "nbins", "text"),
    [
        ([0.0, 5.0, 1.0], 3, "value_range should be a vector of 2 elements"),
        ([0.0, 5.0], 0, "nbins"),
        ([0.0, np.nan], 3, r"value_range\[0\] < value_range\[1\], but got '\[0, nan\]'"),
    ],
)
def test_bins_that_make_no_sense_are_refused(value_range, nbins, text):
    count = tf.placeholder_with_default(nbins, [])
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        run(tf.histogram_fixed_width([1.0], np.array(value_range, np.float32), nbins=count))
