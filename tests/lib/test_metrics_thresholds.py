import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.test_metrics import streamed

LABELS = [0, 0, 1, 1]
SCORES = [0.1, 0.6, 0.3, 0.9]


@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_perfect_scores_have_area_one(curve):
    assert streamed(tf.metrics.auc([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], curve=curve), {})[0] == pytest.approx(1.0, abs=1e-5)


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    assert streamed(tf.metrics.auc(LABELS, SCORES), {})[0] == pytest.approx(0.75, abs=1e-5)


def test_the_trapezoid_lies_between_minoring_and_majoring():
    areas = [streamed(tf.metrics.auc(LABELS, SCORES, summation_method=m), {})[0] for m in ("minoring", "trapezoidal", "majoring")]
    assert areas == sorted(areas)


def test_predictions_out_of_range_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="predictions must be in"):
        streamed(tf.metrics.auc(LABELS, [0.1, 2.0, 0.3, 0.9]), {})


def test_unknown_curves_and_methods_are_refused():
    with pytest.raises(ValueError, match="curve must be either ROC or PR, X unknown"):
        tf.metrics.auc(LABELS, SCORES, curve="X")
    with pytest.raises(ValueError, match="Invalid summation_method: X"):
        tf.metrics.auc(LABELS, SCORES, summation_method="X")


def test_sensitivity_needs_a_share():
    with pytest.raises(ValueError, match="`specificity` must be in the range"):
        tf.metrics.sensitivity_at_specificity(LABELS, SCORES, 2.0)


def test_weights_count_at_thresholds_too():
    value, _ = streamed(tf.metrics.precision_at_thresholds(LABELS, SCORES, [0.2, 0.7], weights=[1.0, 3.0, 1.0, 1.0]), {})
    np.testing.assert_allclose(value, [2 / 5, 1.0], rtol=1e-5)
