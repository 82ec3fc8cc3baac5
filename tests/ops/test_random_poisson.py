"""Numbers of the Poisson distribution: those of TensorFlow 2.21."""

import numpy as np

import autograd_lite as tf


def draw(rate, dtype=tf.float32, shape=(3,)):
    with tf.Session() as session:
        return session.run(tf.raw_ops.RandomPoissonV2(shape=list(shape), rate=rate, seed=1, seed2=2, dtype=dtype))


def test_numbers_are_those_of_tensorflow_for_small_and_large_rates():
    wanted = [[0, 16, 13, 53, 956, 1000137], [1, 10, 6, 45, 952, 999768], [0, 6, 11, 51, 1074, 1000273]]
    rates = np.array([0.5, 9.99, 10, 50, 1000, 1e6])
    for dtype in (tf.float32, tf.float64, tf.int64):
        assert draw(rates, dtype).tolist() == wanted


def test_rates_that_are_none_give_nan_and_a_rate_of_zero_gives_zeros():
    assert np.isnan(draw(np.array([-1.0, np.inf, np.nan]))).all()
    assert not draw(np.array([0.0])).any()
