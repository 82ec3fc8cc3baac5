"""Means over segments, and tables of counts."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


def test_means_of_segments(run):
    data = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_allclose(run(tf.unsorted_segment_mean(data, [2, 2, 0], 3)), [[5.0, 6.0], [0.0, 0.0], [2.0, 3.0]])
    np.testing.assert_allclose(run(tf.unsorted_segment_sqrt_n(data, [2, 2, 0], 3))[2], np.array([4.0, 6.0]) / np.sqrt(2.0))


def test_negative_segments_are_left_out(run):
    np.testing.assert_allclose(run(tf.unsorted_segment_mean([1.0, 9.0, 3.0], [0, -1, 0], 1)), [2.0])


def test_a_table_of_labels_and_predictions(run):
    assert run(tf.confusion_matrix([1, 2, 1], [1, 2, 2])).tolist() == [[0, 0, 0], [0, 1, 1], [0, 0, 1]]
    weighted = tf.confusion_matrix([0, 1], [1, 1], num_classes=2, dtype=tf.float32, weights=[0.5, 2.0])
    assert run(weighted).tolist() == [[0.0, 0.5], [0.0, 2.0]]


def test_a_column_of_labels_is_taken_as_a_vector(run):
    assert run(tf.confusion_matrix([[0], [1]], [1, 1])).tolist() == [[0, 1], [0, 1]]


def test_a_label_out_of_range_fails(run):
    labels = tf.placeholder(tf.int32, [None])
    with pytest.raises(tf.errors.InvalidArgumentError, match="`labels` out of bound"):
        run(tf.confusion_matrix(labels, [0, 1], num_classes=2), {labels: [0, 5]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="`labels` contains negative values"):
        run(tf.confusion_matrix(labels, [0, 1]), {labels: [0, -1]})
