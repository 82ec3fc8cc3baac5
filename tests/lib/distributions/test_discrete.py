import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.distributions.test_normal import value

D = tf.distributions


def test_exactly_one_of_logits_and_probs_must_be_given():
    for arguments in ({}, {"logits": [0.0, 0.0], "probs": [0.5, 0.5]}):
        with pytest.raises(ValueError, match="Must pass probs or logits, but not both"):
            D.Categorical(**arguments)


def test_chances_of_classes_are_those_given():
    categorical = D.Categorical(probs=[[0.2, 0.8], [0.5, 0.5]])
    np.testing.assert_allclose(value(categorical.prob([1, 0])), [0.8, 0.5], rtol=1e-5)
    np.testing.assert_allclose(value(categorical.sample(20000, seed=2)).mean(0), [0.8, 0.5], atol=0.02)
    assert value(D.Categorical(logits=tf.placeholder_with_default([[1.0, 2.0, 0.0]], [None, None])).mode()).tolist() == [1]


def test_a_bernoulli_spreads_over_events_of_another_shape():
    np.testing.assert_allclose(value(D.Bernoulli(probs=[0.25, 0.5]).prob([[1], [0]])), [[0.25, 0.5], [0.75, 0.5]], rtol=1e-5)


def test_counts_add_up_to_the_number_of_draws():
    multinomial = D.Multinomial([4.0, 7.0], probs=[0.2, 0.3, 0.5])
    drawn = value(multinomial.sample(5000, seed=4))
    assert drawn.shape == (5000, 2, 3)
    np.testing.assert_array_equal(drawn.sum(-1), np.tile([4.0, 7.0], (5000, 1)))
    np.testing.assert_allclose(drawn.mean(0), value(multinomial.mean()), rtol=0.05)


@pytest.mark.parametrize("kind", [D.Bernoulli, D.Categorical])
def test_the_divergence_to_itself_is_zero_and_to_another_is_not(kind):
    a, b = kind(logits=[0.3, -1.0]), kind(logits=[1.0, 0.0])
    assert np.abs(value(D.kl_divergence(a, a))).max() < 1e-6
    assert np.all(value(D.kl_divergence(kind(logits=[0.3, -1.0]), kind(logits=[2.0, 2.0]))) > 0.01)
    assert value(D.kl_divergence(a, b)).shape == value(a.entropy()).shape
