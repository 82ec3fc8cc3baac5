"""Fractional pooling: TensorFlow's sequences for the same seeds, and pooling along them."""

import numpy as np
import pytest

import autograd_lite as tf

IMAGE = np.random.default_rng(2).normal(size=(2, 9, 9, 3))
RATIO = [1.0, 1.44, 1.73, 1.0]
RECORDED = {  # (seed, seed2, pseudo_random): what TensorFlow draws for 9 rows and 9 columns
    (1, 2, False): ([0, 1, 3, 4, 6, 7, 9], [0, 2, 3, 5, 7, 9]),
    (5, 0, False): ([0, 2, 3, 4, 6, 7, 9], [0, 1, 3, 5, 7, 9]),
    (0, 7, False): ([0, 1, 3, 5, 7, 8, 9], [0, 1, 3, 5, 7, 9]),
    (5, 0, True): ([0, 2, 3, 5, 6, 8, 9], [0, 2, 3, 5, 7, 9]),
    (0, 7, True): ([0, 2, 4, 5, 7, 8, 9], [0, 2, 4, 5, 7, 9]),
}


def run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


@pytest.mark.parametrize("key", RECORDED)
def test_sequences_are_those_of_tensorflow_in_every_run(key):
    seed, seed2, pseudo_random = key
    pooled = tf.nn.fractional_max_pool(IMAGE, RATIO, pseudo_random, deterministic=True, seed=seed, seed2=seed2)
    with tf.Session() as session:
        for _ in range(2):
            _, rows, columns = session.run(pooled)
            assert (rows.tolist(), columns.tolist()) == RECORDED[key]


@pytest.mark.parametrize("overlapping", [False, True])
def test_windows_are_pooled_between_the_numbers_of_the_sequences(overlapping):
    for function, combine in ((tf.nn.fractional_max_pool, np.max), (tf.nn.fractional_avg_pool, np.mean)):
        got, rows, columns = run(function(IMAGE, RATIO, overlapping=overlapping))
        for i, j in np.ndindex(*got.shape[1:3]):
            window = IMAGE[:, rows[i] : rows[i + 1] + overlapping, columns[j] : columns[j + 1] + overlapping]
            np.testing.assert_allclose(got[:, i, j], combine(window, axis=(1, 2)), rtol=1e-12)


@pytest.mark.parametrize("function", [tf.nn.fractional_max_pool, tf.nn.fractional_avg_pool])
def test_gradient_equals_the_numeric_one(function):
    with tf.Graph().as_default(), tf.Session():
        image = tf.constant(IMAGE[:1, :5, :5, :1])
        pooled = function(image, [1.0, 1.4, 1.7, 1.0], overlapping=True, deterministic=True, seed=3)[0]
        assert tf.test.compute_gradient_error(image, [1, 5, 5, 1], pooled, pooled.shape.as_list(), delta=1e-5) < 1e-8


def test_unseeded_runs_differ():
    rows = tf.nn.fractional_max_pool(np.zeros((1, 60, 60, 1)), [1.0, 1.44, 1.44, 1.0])[1]
    with tf.Session() as session:
        assert len({tuple(session.run(rows).tolist()) for _ in range(8)}) > 1


def test_a_sequence_that_leaves_the_image_is_refused():
    sequence = tf.placeholder(tf.int64)
    back = tf.raw_ops.FractionalAvgPoolGrad(
        orig_input_tensor_shape=[1, 3, 3, 1],
        out_backprop=np.ones((1, 2, 2, 1)),
        row_pooling_sequence=sequence,
        col_pooling_sequence=sequence,
    )
    for wrong in ([0, 2, 1 << 40], [0, 0, 3], [-5, 1, 3], [], [3]):
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(back, {sequence: wrong})


def test_seeds_without_deterministic_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Both seed and seed2 should be 0 if deterministic is false"):
        run(tf.nn.fractional_max_pool(IMAGE, RATIO, seed=5)[0])
