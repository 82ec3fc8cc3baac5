"""Losses divided by the size of the whole batch."""

import pytest

import autograd_lite as tf


def _value(tensor):
    with tf.Session() as session:
        return session.run(tensor)


def test_losses_are_divided_by_the_batch():
    assert _value(tf.nn.compute_average_loss([1.0, 2.0, 3.0])) == 2.0
    assert _value(tf.nn.compute_average_loss([1.0, 2.0, 3.0], sample_weight=[1.0, 0.0, 1.0], global_batch_size=8)) == 0.5
    assert _value(tf.nn.compute_average_loss(tf.placeholder_with_default([4.0, 8.0], None))) == 6.0
    assert _value(tf.nn.scale_regularization_loss([1.0, 2.0])) == 3.0


def test_a_scalar_loss_is_refused():
    with pytest.raises(ValueError, match="at least rank 1"):
        tf.nn.compute_average_loss(1.0)
