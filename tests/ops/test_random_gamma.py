import numpy as np

import autograd_lite as tf


def test_numbers_of_each_alpha_have_its_mean_and_variance():
    alphas = [0.3, 1.0, 4.0]
    drawn = tf.Session().run(tf.random_gamma([20000], alphas, seed=9))
    np.testing.assert_allclose(drawn.mean(0), alphas, rtol=0.04)
    np.testing.assert_allclose(drawn.var(0), alphas, rtol=0.1)


def test_an_alpha_that_is_not_positive_gives_nan_for_itself_only():
    drawn = tf.Session().run(tf.raw_ops.RandomGamma(shape=[3], alpha=[2.0, -1.0], seed=1, seed2=2))
    assert np.isnan(drawn[:, 1]).all()
    assert np.isfinite(drawn[:, 0]).all()


def test_the_second_run_goes_on():
    numbers = tf.random_gamma([4], 2.0, seed=3)
    with tf.Session() as session:
        assert not np.array_equal(session.run(numbers), session.run(numbers))
