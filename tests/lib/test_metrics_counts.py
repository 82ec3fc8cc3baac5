import pytest

import autograd_lite as tf
from tests.lib.test_metrics import streamed

LABELS = [1, 1, 0, 0, 1]
PREDICTIONS = [1, 0, 1, 0, 1]
COUNTS = [("true_positives", 2.0), ("false_positives", 1.0), ("false_negatives", 1.0), ("true_negatives", 1.0)]


@pytest.mark.parametrize(("name", "wanted"), COUNTS)
def test_each_kind_of_hit_and_miss_is_counted(name, wanted):
    assert streamed(getattr(tf.metrics, name)(LABELS, PREDICTIONS), {})[0] == wanted


@pytest.mark.parametrize("name", ["precision", "recall"])
def test_precision_and_recall_are_shares_of_hits(name):
    assert streamed(getattr(tf.metrics, name)(LABELS, PREDICTIONS), {})[0] == pytest.approx(2 / 3)


def test_precision_with_nothing_predicted_is_zero():
    assert streamed(tf.metrics.precision([1, 0], [0, 0]), {})[0] == 0.0


def test_weights_multiply_the_counts():
    assert streamed(tf.metrics.true_positives(LABELS, PREDICTIONS, weights=[2.0, 1.0, 1.0, 1.0, 3.0]), {})[0] == 5.0
