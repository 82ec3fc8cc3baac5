"""Metrics of the k best guesses; the numbers are those of TensorFlow 2.21."""

import numpy as np
import pytest

import autograd_lite as tf

LABELS = np.array([[1, 2], [0, 3], [2, 2]])
SCORES = np.array([[0.1, 0.5, 0.2, 0.2], [0.4, 0.1, 0.3, 0.2], [0.1, 0.2, 0.3, 0.4]], np.float32)


def sparse():
    return tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 0]], tf.constant([1, 2, 3, 0], tf.int64), [3, 2])


def streamed(metric):
    """What two updates with the same batch and then the value give."""
    value, update = metric
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(update)
        return session.run(update), session.run(value)


@pytest.mark.parametrize(
    ("k", "recall", "precision", "average"), [(1, 0.4, 2 / 3, 2 / 3), (2, 0.8, 2 / 3, 0.58333333), (3, 1.0, 0.55555555, 0.69444444)]
)
def test_dense_labels(k, recall, precision, average):
    for name, wanted in (("recall_at_k", recall), ("precision_at_k", precision), ("average_precision_at_k", average)):
        assert streamed(getattr(tf.metrics, name)(tf.constant(LABELS), SCORES, k)) == pytest.approx((wanted, wanted))


def test_sparse_labels():
    assert streamed(tf.metrics.recall_at_k(sparse(), SCORES, 2)) == pytest.approx((0.5, 0.5))
    assert streamed(tf.metrics.precision_at_k(sparse(), SCORES, 2)) == pytest.approx((1 / 3, 1 / 3))
    assert streamed(tf.metrics.average_precision_at_k(sparse(), SCORES, 2)) == pytest.approx((1 / 3, 1 / 3))
    assert streamed(tf.metrics.precision_at_k(sparse(), SCORES, 2, class_id=1)) == pytest.approx((1, 1))


def test_one_class_and_weights():
    assert streamed(tf.metrics.recall_at_k(tf.constant(LABELS), SCORES, 2, class_id=2)) == pytest.approx((1, 1))
    assert streamed(tf.metrics.precision_at_k(tf.constant(LABELS), SCORES, 2, class_id=2)) == pytest.approx((2 / 3, 2 / 3))
    weights = [1.0, 2.0, 0.0]
    assert streamed(tf.metrics.recall_at_k(tf.constant(LABELS), SCORES, 2, weights=weights)) == pytest.approx((2 / 3, 2 / 3))
    assert streamed(tf.metrics.average_precision_at_k(tf.constant(LABELS), SCORES, 2, weights=weights)) == pytest.approx((2 / 3, 2 / 3))


def test_guesses_by_number():
    guesses = tf.constant([[1, 0], [0, 3], [1, 2]], tf.int64)
    assert streamed(tf.metrics.recall_at_top_k(tf.constant(LABELS), guesses)) == pytest.approx((0.8, 0.8))


def test_labels_of_another_rank_leave_nothing_behind():
    with pytest.raises(ValueError, match="Unexpected labels shape"):
        tf.metrics.recall_at_k(tf.zeros([3, 1, 1], tf.int64), SCORES, 1)
    assert [op.name for op in tf.get_default_graph().get_operations()] == ["zeros"]
