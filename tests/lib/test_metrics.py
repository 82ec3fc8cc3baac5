import numpy as np
import pytest

import autograd_lite as tf


def streamed(metric, *batches):
    """The value of a metric after these feeds, and what the last update gave."""
    value, update = metric
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for feeds in batches:
            last = session.run(update, feeds)
        return session.run(value), last


def test_a_mean_goes_over_all_batches():
    x = tf.placeholder(tf.float32, [None])
    value, last = streamed(tf.metrics.mean(x), {x: [1.0, 2.0]}, {x: [6.0]})
    assert value == last == 3.0


def test_weights_of_any_rank_that_fits_count():
    values, weights = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    feeds = {values: [1.0, 5.0], weights: [[3.0], [1.0]]}
    assert streamed(tf.metrics.mean(values, weights), feeds)[0] == 2.0
    assert streamed(tf.metrics.mean(values, weights), {values: [1.0, 5.0], weights: 2.0})[0] == 3.0
    assert streamed(tf.metrics.mean(values, weights), {values: [[1.0], [5.0]], weights: [3.0, 1.0]})[0] == 2.0


def test_metric_variables_are_local_and_stand_in_both_collections():
    tf.metrics.accuracy([1], [1], metrics_collections="seen", updates_collections=["updates"])
    assert [variable.name for variable in tf.local_variables()] == ["accuracy/total:0", "accuracy/count:0"]
    assert len(tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)) == 2
    assert tf.global_variables() == []
    assert len(tf.get_collection("seen")) == len(tf.get_collection("updates")) == 1


def test_shapes_that_differ_are_refused_and_leave_no_variable():
    with pytest.raises(ValueError, match=r"Shapes \(3,\) and \(2,\) are incompatible"):
        tf.metrics.accuracy([1, 2], [1, 2, 3])
    assert tf.local_variables() == []


def test_a_tensor_mean_keeps_its_elements_apart():
    x = tf.placeholder(tf.float32, [2])
    value, _ = streamed(tf.metrics.mean_tensor(x), {x: [1.0, 2.0]}, {x: [3.0, 6.0]})
    np.testing.assert_array_equal(value, [2.0, 4.0])


def test_relative_errors_with_normalizer_zero_count_as_zero():
    value, _ = streamed(tf.metrics.mean_relative_error([1.0, 4.0], [3.0, 8.0], [0.0, 2.0]), {})
    assert value == 1.0


@pytest.mark.parametrize(
    ("name", "wanted"), [("mean_absolute_error", 2.0), ("mean_squared_error", 5.0), ("root_mean_squared_error", 5**0.5)]
)
def test_errors_are_measured_as_their_names_say(name, wanted):
    assert streamed(getattr(tf.metrics, name)([0.0, 0.0], [1.0, 3.0]), {})[0] == pytest.approx(wanted)
