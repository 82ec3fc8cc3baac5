"""Repeated labels taken together, and the different labels of each row."""

import itertools

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api import ctc_labels

LABELS = np.random.default_rng(0).integers(0, 3, (5, 8))
LENGTHS = np.array([8, 5, 0, 1, 7])


def test_equal_neighbours_become_one():
    with tf.Session() as session:
        labels, lengths = session.run(ctc_labels.collapse_repeated(LABELS, LENGTHS))
    for row in range(5):
        wanted = [label for label, _ in itertools.groupby(LABELS[row, : LENGTHS[row]])]
        assert labels[row, : lengths[row]].tolist() == wanted
        assert not labels[row, lengths[row] :].any()
    assert labels.shape[1] == lengths.max()


def test_numbers_lead_back_to_the_labels():
    with tf.Session() as session:
        found, numbers = session.run(ctc_labels.ctc_unique_labels(LABELS + 1))
    np.testing.assert_array_equal(np.take_along_axis(found, numbers, axis=1), LABELS + 1)
    for row in range(5):
        assert found[row][found[row] > 0].tolist() == list(dict.fromkeys((LABELS[row] + 1).tolist()))


def test_a_batch_without_rows_has_no_labels_to_stack():
    empty = np.zeros((0, 3), np.int32)
    with tf.Session() as session:
        assert session.run(ctc_labels.ctc_unique_labels(empty)[1]).shape == (0, 3)
        with pytest.raises(tf.errors.UnimplementedError, match="TensorArray has size zero, but element shape"):
            session.run(ctc_labels.ctc_unique_labels(empty)[0])
