import numpy as np
import pytest

import autograd_lite as tf

D = tf.distributions
CONTINUOUS = [
    (lambda: D.Normal(1.0, 2.0), 1.0, 2.0),
    (lambda: D.Laplace(1.0, 2.0), 1.0, 2.0 * 2**0.5),
    (lambda: D.Uniform(-1.0, 3.0), 1.0, 4.0 / 12**0.5),
    (lambda: D.StudentT(6.0, 1.0, 2.0), 1.0, 2.0 * (6 / 4) ** 0.5),
]


def value(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


@pytest.mark.parametrize(("make", "mean", "stddev"), CONTINUOUS)
def test_samples_have_the_mean_and_deviation_that_the_distribution_tells(make, mean, stddev):
    distribution = make()
    drawn, told = value([distribution.sample(20000, seed=3), (distribution.mean(), distribution.stddev())])
    np.testing.assert_allclose(told, [mean, stddev], rtol=1e-5)
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [mean, stddev], rtol=0.06)


@pytest.mark.parametrize(("make", "mean", "stddev"), CONTINUOUS)
def test_the_density_is_the_slope_of_the_distribution_function(make, mean, stddev):
    distribution = make()
    x = tf.constant([-0.5, 0.3, 2.1])
    slope, density = value([tf.gradients(distribution.cdf(x), x)[0], distribution.prob(x)])
    np.testing.assert_allclose(slope, density, rtol=1e-4)


def test_one_degree_of_freedom_has_no_mean():
    assert np.isnan(value(D.StudentT(1.0, 0.0, 1.0).mean()))
    with pytest.raises(tf.errors.InvalidArgumentError, match="needs df > 1"):
        value(D.StudentT(tf.placeholder_with_default(1.0, []), 0.0, 1.0, allow_nan_stats=False).mean())


def test_the_quantile_inverts_the_distribution_function():
    normal = D.Normal(1.0, 2.0)
    np.testing.assert_allclose(value(normal.cdf(normal.quantile([0.1, 0.5, 0.9]))), [0.1, 0.5, 0.9], rtol=1e-5)


def test_shapes_of_parameters_are_broadcast_and_may_be_unknown():
    loc = tf.placeholder(tf.float32)
    normal = D.Normal(loc, [1.0, 2.0])
    assert normal.batch_shape.ndims is None
    found = value([normal.batch_shape_tensor(), normal.sample([4, 1], seed=1)], {loc: [[0.0], [1.0], [2.0]]})
    assert found[0].tolist() == [3, 2]
    assert found[1].shape == (4, 1, 3, 2)


def test_parameters_of_two_types_are_refused():
    with pytest.raises(ValueError, match="requested dtype"):
        D.Normal(tf.constant(0.0, tf.float32), tf.constant(1.0, tf.float64))


def test_arguments_are_checked_only_when_asked_for():
    with pytest.raises(tf.errors.InvalidArgumentError):
        value(D.Normal(0.0, -1.0, validate_args=True).mean())
    assert value(D.Normal(0.0, -1.0).mean()) == 0.0
