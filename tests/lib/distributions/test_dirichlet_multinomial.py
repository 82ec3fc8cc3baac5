"""The Dirichlet-multinomial distribution; the numbers are those of TensorFlow 2.21."""

import numpy as np

import autograd_lite as tf


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_moments_and_probabilities():
    counts = tf.distributions.DirichletMultinomial(4.0, [1.0, 1.0, 2.0])
    np.testing.assert_allclose(run(counts.mean()), [1, 1, 2])
    np.testing.assert_allclose(run(counts.variance()), [1.2, 1.2, 1.6], rtol=1e-6)
    np.testing.assert_allclose(run(counts.covariance()), [[1.2, -0.4, -0.8], [-0.4, 1.2, -0.8], [-0.8, -0.8, 1.6]], rtol=1e-6)
    np.testing.assert_allclose(run(counts.log_prob([1.0, 1.0, 2.0])), -2.456736, rtol=1e-6)
    np.testing.assert_allclose(run(counts.prob([[4.0, 0, 0], [0, 2, 2.0]])), [0.02857142, 0.08571426], rtol=1e-5)


def test_batches_of_counts_and_concentrations():
    counts = tf.distributions.DirichletMultinomial([4.0, 3.0], [[1.0, 1.0, 2.0], [0.5, 2, 3]])
    assert counts.batch_shape.as_list() == [2]
    np.testing.assert_allclose(run(counts.log_prob([1.0, 1.0, 2.0])), [-2.456736, -4.1480002], rtol=1e-6)
    np.testing.assert_allclose(run(counts.mean()), [[1, 1, 2], [3 * 0.5 / 5.5, 6 / 5.5, 9 / 5.5]], rtol=1e-6)


def test_samples_are_those_of_tensorflow():
    counts = tf.distributions.DirichletMultinomial(4.0, [1.0, 1.0, 2.0])
    assert run(counts.sample(3, seed=5)).tolist() == [[2, 0, 2], [0, 1, 3], [2, 0, 2]]
