import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.distributions.test_normal import value

D = tf.distributions
MAKERS = [lambda: D.Gamma(3.0, 2.0), lambda: D.Exponential(2.0), lambda: D.Beta(2.0, 3.0), lambda: D.Dirichlet([1.0, 2.0, 3.0])]


@pytest.mark.parametrize("make", MAKERS)
def test_samples_have_the_moments_that_the_distribution_tells(make):
    distribution = make()
    drawn, mean, variance = value([distribution.sample(20000, seed=5), distribution.mean(), distribution.variance()])
    np.testing.assert_allclose(drawn.mean(0), mean, rtol=0.03)
    np.testing.assert_allclose(drawn.var(0), variance, rtol=0.08)


@pytest.mark.parametrize("make", MAKERS)
def test_the_entropy_is_the_mean_of_minus_log_prob(make):
    distribution = make()
    entropy, scores = value([distribution.entropy(), distribution.log_prob(distribution.sample(20000, seed=6))])
    assert entropy == pytest.approx(-scores.mean(), abs=0.03)


def test_a_mode_that_does_not_exist_is_nan():
    modes = value(D.Gamma([0.5, 3.0], [1.0, 2.0]).mode())
    assert np.isnan(modes[0])
    assert modes[1] == 1.0


PAIRS = [
    (D.Gamma, (2.0, 1.0), (3.0, 2.0)),
    (D.Beta, (2.0, 3.0), (3.0, 1.5)),
    (D.Dirichlet, ([1.0, 2.0, 3.0],), ([2.0, 2.0, 2.0],)),
    (D.Normal, (0.0, 1.0), (1.0, 2.0)),
]


@pytest.mark.parametrize(("kind", "first", "second"), PAIRS)
def test_the_divergence_is_the_mean_difference_of_log_probs(kind, first, second):
    a, b = kind(*first), kind(*second)
    x = a.sample(40000, seed=7)
    told, scores = value([D.kl_divergence(a, b), a.log_prob(x) - b.log_prob(x)])
    assert told == pytest.approx(scores.mean(), rel=0.05)
