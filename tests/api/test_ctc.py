"""The dense and sparse forms of the CTC loss."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api import ctc

LOGITS = np.random.default_rng(1).normal(size=(6, 2, 4)).astype(np.float32)
DENSE = np.array([[1, 2, 2], [3, 0, 0]], np.int32)


def run(tensor):
    with tf.Session() as session:
        return session.run(tensor)


def as_sparse(rows):
    indices = [[row, place] for row, labels in enumerate(rows) for place in range(len(labels))]
    return tf.SparseTensor(indices, tf.constant([label for labels in rows for label in labels]), [2, 3])


def test_dense_labels_equal_sparse_ones_for_any_blank():
    for blank in (0, 1, 3, -1):
        last = blank % 4
        swapped = np.where(DENSE == last, 0, DENSE) if last else DENSE
        dense = ctc.ctc_loss_v2(tf.constant(swapped), LOGITS, [3, 1], [6, 5], blank_index=blank)
        rows = [swapped[0].tolist(), swapped[1, :1].tolist()]
        if any(label == last for labels in rows for label in labels):
            continue
        sparse = ctc.ctc_loss_v2(as_sparse(rows), LOGITS, None, [6, 5], blank_index=blank)
        np.testing.assert_allclose(*run([dense, sparse]), rtol=1e-5)


def test_batch_major_logits_give_the_same_loss():
    major = ctc.ctc_loss_v2(tf.constant(DENSE), LOGITS, [3, 1], [6, 5])
    minor = ctc.ctc_loss_v2(tf.constant(DENSE), LOGITS.transpose(1, 0, 2), [3, 1], [6, 5], logits_time_major=False)
    np.testing.assert_allclose(*run([major, minor]), rtol=1e-6)


def test_labels_that_do_not_fit_the_time_have_infinite_loss():
    loss = run(ctc.ctc_loss_v2(tf.constant(DENSE), LOGITS, [3, 1], [2, 5]))
    assert np.isinf(loss[0])
    assert np.isfinite(loss[1])


def test_sparse_labels_need_a_blank_and_the_old_loss_needs_sparse_labels():
    with pytest.raises(ValueError, match="`blank_index` must be provided"):
        ctc.ctc_loss_v2(as_sparse([[1], [1]]), LOGITS, None, [6, 5])
    with pytest.raises(TypeError, match="to be a SparseTensor"):
        ctc.ctc_loss(DENSE, LOGITS, [6, 5])
