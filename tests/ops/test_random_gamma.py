"""Numbers of the gamma distribution, and how they move with its parameters: the derivatives are those of TensorFlow 2.21."""

import numpy as np
import pytest

import autograd_lite as tf


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


@pytest.mark.parametrize(
    ("alpha", "numbers", "wanted"),
    [
        (0.1, [1e-8, 0.01, 0.3, 2.0], [1.79969260e-06, 4.22793438e-01, 4.00648039, 8.49564923]),
        (0.5, [1e-5, 0.2, 1.0, 3.0], [2.30989938e-04, 7.94050566e-01, 1.87824728, 2.91294242]),
        (1.0, [0.01, 1.0, 4.0], [0.05055692, 1.17356303, 2.16985568]),
        (3.0, [0.1, 3.0, 10.0], [0.12186533, 1.05702697, 1.81518819]),
        (50.0, [30.0, 50.0, 80.0], [0.76877415, 1.00333992, 1.2575003]),
        (2000.0, [1900.0, 2000.0, 2200.0], [0.9746538, 1.00008334, 1.04849932]),
        (0.001, [1e-300, 1e-30, 0.1], [6.90199956e-295, 6.85019809e-026, 2.01605516e002]),
    ],
)
def test_derivatives_by_alpha_are_those_of_tensorflow(alpha, numbers, wanted):
    got = run(tf.raw_ops.RandomGammaGrad(alpha=np.float64(alpha), sample=np.array(numbers)))
    np.testing.assert_allclose(got, wanted, rtol=1e-7)


@pytest.mark.parametrize("number", [9.8e4, 1e5, 1.03e5])
def test_rules_for_small_and_large_alpha_agree_where_they_meet(number):
    both = run([tf.raw_ops.RandomGammaGrad(alpha=np.float64(alpha), sample=np.float64(number)) for alpha in (99999.9, 100000.1)])
    np.testing.assert_allclose(both[0], both[1], rtol=1e-5)


def test_gradient_reaches_both_parameters_and_keeps_their_shapes():
    alpha, beta = tf.constant([0.5, 2.0], tf.float64), tf.constant([2.0, 3.0], tf.float64)
    x = tf.random_gamma([3], alpha, beta, dtype=tf.float64, seed=1)
    numbers, to_alpha, to_beta = run([x, *tf.gradients(x, [alpha, beta])])
    np.testing.assert_allclose(to_beta, (-numbers / [2.0, 3.0]).sum(axis=0))
    moves = run(tf.raw_ops.RandomGammaGrad(alpha=np.array([0.5, 2.0]), sample=numbers * [2.0, 3.0]))
    np.testing.assert_allclose(to_alpha, (moves / [2.0, 3.0]).sum(axis=0))


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
