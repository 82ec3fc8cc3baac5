import pytest

import autograd_lite as tf
from tests.lib.test_metrics import streamed

COUNTS = [("true_positives", [2, 1]), ("false_positives", [1, 0]), ("false_negatives", [0, 1]), ("true_negatives", [1, 2])]


@pytest.mark.parametrize(("name", "wanted"), COUNTS)
def test_each_kind_is_counted_at_each_threshold(name, wanted):
    metric = getattr(tf.metrics, f"{name}_at_thresholds")([0, 0, 1, 1], [0.1, 0.6, 0.3, 0.9], [0.2, 0.7])
    assert streamed(metric, {})[0].tolist() == wanted
