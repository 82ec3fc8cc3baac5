import numpy as np

import autograd_lite as tf
from autograd_lite.lib.distributions.normal_functions import log_ndtr, ndtr

# log of the normal distribution function, from 60-digit arithmetic.
KNOWN = {-30.0: -454.3212439955233, -12.0: -75.4106722055246, -1.0: -1.841021645009264, 9.0: -1.1285884059538407e-19}


def test_both_tails_of_the_logarithm_are_accurate():
    x = tf.constant(list(KNOWN), tf.float64)
    np.testing.assert_allclose(tf.Session().run(log_ndtr(x)), list(KNOWN.values()), rtol=1e-6)


def test_the_distribution_function_is_one_half_in_the_middle():
    assert tf.Session().run(ndtr(tf.constant(0.0))) == 0.5
