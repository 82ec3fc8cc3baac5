import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.lib.distributions.distribution import next_seed

D = tf.distributions


def test_what_is_not_given_follows_from_what_is():
    class Half(D.Distribution):
        def __init__(self):
            super().__init__(tf.float32, D.NOT_REPARAMETERIZED, False, True)

        def _cdf(self, x):
            return x * 0 + 0.5

        def _variance(self):
            return tf.constant(9.0)

    half = Half()
    found = tf.Session().run([half.stddev(), half.log_cdf(1.0), half.survival_function(1.0)])
    np.testing.assert_allclose(found, [3.0, np.log(0.5), 0.5], rtol=1e-6)
    with pytest.raises(NotImplementedError, match="entropy is not implemented: Half"):
        half.entropy()


def test_a_copy_changes_only_what_is_said():
    copy = D.Normal(1.0, 2.0, name="first").copy(loc=5.0)
    assert tf.Session().run([copy.mean(), copy.stddev()]) == [5.0, 2.0]


def test_a_scalar_sample_has_no_axis():
    assert D.Normal(0.0, 1.0).sample(seed=1).shape.as_list() == []
    assert D.Normal([0.0, 1.0], 1.0).sample(3, seed=1).shape.as_list() == [3, 2]


def test_seeds_of_second_draws_differ_but_stay_none():
    assert next_seed(None, "beta") is None
    assert next_seed(1, "beta") != next_seed(1, "student_t") != 1


def test_the_cross_entropy_is_entropy_plus_divergence():
    a, b = D.Normal(0.0, 1.0), D.Normal(1.0, 2.0)
    found = tf.Session().run([a.cross_entropy(b), a.entropy(), a.kl_divergence(b)])
    assert found[0] == pytest.approx(found[1] + found[2])


def test_shapes_of_parameters_follow_from_the_shape_of_a_sample():
    assert D.Normal.param_static_shapes([2, 3]) == {"loc": tf.TensorShape([2, 3]), "scale": tf.TensorShape([2, 3])}
    with pytest.raises(NotImplementedError, match="param_shapes is not implemented: Beta"):
        D.Beta.param_shapes([2])
