import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api.weights import assert_broadcastable, broadcast_weights, remove_squeezable_dimensions


def test_weights_of_a_wrong_rank_are_refused_while_building():
    with pytest.raises(ValueError, match=r"weights can not be broadcast to values. values.rank=2. weights.rank=1."):
        assert_broadcastable(tf.zeros([5]), tf.zeros([2, 3]))


def test_weights_of_a_wrong_size_are_refused_while_building():
    with pytest.raises(ValueError, match="Mismatch at dim 1"):
        assert_broadcastable(tf.zeros([2, 2]), tf.zeros([2, 3]))


FITTING = [(), (1, 3), (2, 1)]


@pytest.mark.parametrize("shape", [*FITTING, (3,), (2, 2), (1, 2, 3)])
def test_shapes_known_only_at_run_time_are_checked_then(shape):
    weights, values = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    spread = broadcast_weights(weights, values)
    feeds = {weights: np.ones(shape), values: np.ones((2, 3))}
    with tf.Session() as session:
        if shape in FITTING:
            assert session.run(spread, feeds).shape == (2, 3)
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match="weights can not be broadcast to values"):
                session.run(spread, feeds)


@pytest.mark.parametrize("known", [True, False])
def test_a_rank_that_is_one_too_large_loses_its_last_axis(known):
    labels = tf.placeholder(tf.int32, [2] if known else None)
    predictions = tf.placeholder(tf.float32, [2, 1] if known else None)
    out = remove_squeezable_dimensions(labels, predictions)
    with tf.Session() as session:
        found = session.run(out, {labels: [1, 2], predictions: [[1.0], [2.0]]})
        assert [array.shape for array in found] == [(2,), (2,)]
