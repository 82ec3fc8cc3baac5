import pytest

import autograd_lite as tf


def test_seeds_that_are_no_pair_are_refused():
    seed = tf.placeholder(tf.int64)
    drawn = tf.raw_ops.StatelessRandomUniform(shape=[2], seed=seed)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=r"seed must have shape \[2\]"):
        session.run(drawn, {seed: [1, 2, 3]})


def test_an_empty_range_of_integers_is_refused():
    drawn = tf.random.stateless_uniform([2], [1, 2], 5, tf.placeholder_with_default(5, []), tf.int32)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Need minval < maxval, got 5 >= 5"):
        session.run(drawn)
