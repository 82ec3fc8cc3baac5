import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.test_metrics import streamed


def test_classes_that_came_nowhere_do_not_count_in_the_mean():
    value, matrix = streamed(tf.metrics.mean_iou([[0, 0], [1, 1]], [[0, 1], [1, 1]], 3), {})
    np.testing.assert_array_equal(matrix, [[1, 1, 0], [0, 2, 0], [0, 0, 0]])
    assert value == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_each_class_has_its_own_accuracy():
    value, shares = streamed(tf.metrics.mean_per_class_accuracy([0, 0, 1], [0, 1, 1], 2, weights=[3.0, 1.0, 2.0]), {})
    np.testing.assert_array_equal(shares, [0.75, 1.0])
    assert value == 0.875
