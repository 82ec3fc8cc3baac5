"""Sparse tensors that a session keeps under numbers."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw


def _sparse(dense):
    dense = np.asarray(dense, np.float32)
    return np.argwhere(dense).astype(np.int64), dense[dense != 0], np.array(dense.shape, np.int64)


def test_rows_are_kept_and_given_back_together():
    place = raw.AddManySparseToTensorsMap(*_sparse([[1, 0, 2], [0, 0, 0], [0, 3, 0]]), shared_name="place")
    numbers = tf.placeholder(tf.int64, [None])
    one = raw.AddSparseToTensorsMap(*_sparse([0, 0, 0, 4]), shared_name="place")
    back = raw.TakeManySparseFromTensorsMap(numbers, dtype=tf.float32, shared_name="place")
    with tf.Session() as session:
        kept = session.run(place)
        single = session.run(one)
        assert kept.tolist() == [0, 1, 2] and single == 3
        indices, values, shape = session.run(back, {numbers: [3, 0, 1]})
        assert (indices.tolist(), values.tolist(), shape.tolist()) == ([[0, 3], [1, 0], [1, 2]], [4, 1, 2], [3, 4])
        with pytest.raises(tf.errors.InvalidArgumentError, match="^Unable to find SparseTensor: 0 in map"):
            session.run(back, {numbers: [2, 0]})
        assert session.run(back, {numbers: [2]})[1].tolist() == [3]  # a call that failed took nothing


def test_parts_that_do_not_fit_are_refused():
    indices, values, shape = _sparse([[1, 0], [0, 2]])
    cases = [
        (raw.AddManySparseToTensorsMap, (indices[::-1].copy(), values, shape), "must be in order"),
        (raw.AddManySparseToTensorsMap, (indices[:, :1], values, shape[:1]), "Rank of input SparseTensor should be > 1, but saw rank: 1"),
        (raw.AddSparseToTensorsMap, (indices, values[:1], shape), "do not fit together"),
        (raw.AddManySparseToTensorsMap, (indices[:0], values[:0], np.array([2**40, 2])), "too many to keep"),
    ]
    with tf.Session() as session:
        for store, parts, text in cases:
            with pytest.raises(tf.errors.InvalidArgumentError, match=text):
                session.run(store(*parts))
