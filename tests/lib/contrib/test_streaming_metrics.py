"""The metrics of `tf.contrib.metrics` that look at the best predictions and at thresholds."""

import pytest

import autograd_lite as tf

SCORES = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]


def _after_one_batch(metric):
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        return session.run(metric[1]), session.run(metric[0])


@pytest.mark.parametrize(("name", "wanted"), [
    ("streaming_sparse_recall_at_k", 0.5),
    ("streaming_sparse_precision_at_k", 0.25),
    ("streaming_sparse_average_precision_at_k", 0.25),
])  # fmt: skip
def test_the_best_predictions_count(name, wanted):
    labels = tf.constant([[2], [2]], tf.int64)
    assert _after_one_batch(getattr(tf.contrib.metrics, name)(tf.constant(SCORES), labels, 2)) == (wanted, wanted)


def test_recall_of_one_class_each_is_a_mean():
    metric = tf.contrib.metrics.streaming_recall_at_k(SCORES, [2, 2], k=2)
    assert _after_one_batch(metric) == (0.5, 0.5)
    assert metric[0].op.name == "recall_at_2/value"


@pytest.mark.parametrize(("kind", "wanted"), [("true_positives", [1, 0]), ("false_positives", [1, 1]), ("true_negatives", [0, 0]),
                                              ("false_negatives", [0, 1])])  # fmt: skip
def test_counts_at_thresholds_take_predictions_first(kind, wanted):
    metric = getattr(tf.contrib.metrics, f"streaming_{kind}_at_thresholds")([0.6, 0.9], [True, False], [0.5, 0.8])
    assert _after_one_batch(metric)[0].tolist() == wanted
