"""Pooling whose rank follows from its input."""

import numpy as np
import pytest

import autograd_lite as tf


def test_any_number_of_axes_is_pooled(run):
    for axes in (1, 2, 3):
        value = np.arange(4.0**axes).reshape(1, *[4] * axes, 1)
        blocks = value.reshape([2] * (2 * axes)).transpose([*range(0, 2 * axes, 2), *range(1, 2 * axes, 2)]).reshape([2] * axes + [-1])
        np.testing.assert_allclose(run(tf.nn.max_pool_v2(tf.constant(value, tf.float32), 2, 2, "VALID"))[0, ..., 0], blocks.max(-1))
        np.testing.assert_allclose(run(tf.nn.avg_pool_v2(tf.constant(value, tf.float32), 2, 2, "VALID"))[0, ..., 0], blocks.mean(-1))


def test_the_rank_must_be_known_and_fit():
    with pytest.raises(ValueError, match="must be of rank 3, 4 or 5 but was 2"):
        tf.nn.max_pool_v2(tf.zeros([2, 2]), 2, 2, "VALID")
    with pytest.raises(ValueError, match="must have a rank or a data format"):
        tf.nn.avg_pool_v2(tf.placeholder(tf.float32), 2, 2, "VALID")
