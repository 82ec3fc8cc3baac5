import pytest

import autograd_lite as tf

D = tf.distributions


def test_classes_without_a_function_are_refused():
    with pytest.raises(NotImplementedError, match="distribution_a type Normal and distribution_b type Beta"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Beta(1.0, 1.0))


def test_a_derived_class_uses_the_function_of_its_base():
    assert tf.Session().run(D.kl_divergence(D.Exponential(1.0), D.Gamma(1.0, 1.0))) == 0.0


def test_a_pair_cannot_be_registered_twice():
    with pytest.raises(ValueError, match="already been registered"):
        D.RegisterKL(D.Normal, D.Normal)(lambda a, b, name=None: None)
