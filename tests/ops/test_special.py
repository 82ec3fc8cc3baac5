import math

import numpy as np

from autograd_lite.ops.special import igamma_grad_a
from tests.ops.kernels import XP, complaint, fed, run


def test_gamma_functions_meet_known_values():
    np.testing.assert_allclose(run("Lgamma", np.array([1.0, 0.5, 5.0])), [0, math.log(math.pi) / 2, math.log(24)], atol=1e-14)
    np.testing.assert_allclose(run("Digamma", np.array([1.0])), [-0.57721566490153286])
    assert run("Lgamma", np.array(-np.inf)) == np.inf
    assert np.isnan(run("Digamma", np.array(0.0)))
    np.testing.assert_allclose(run("Polygamma", np.array(1.0), np.array(1.0)), math.pi**2 / 6)
    np.testing.assert_allclose(run("Zeta", np.array(2.0), np.array(1.0)), math.pi**2 / 6)


def test_polygamma_of_a_fractional_order_is_nan():
    assert np.isnan(run("Polygamma", np.array(0.5), np.array(1.0)))


def test_slope_of_the_incomplete_gamma_function_in_its_order_is_its_slope():
    a, x = (each.ravel() for each in np.meshgrid([0.3, 1.0, 4.0, 30.0], [0.1, 1.0, 5.0, 40.0]))
    step = 1e-5
    slope = (XP.special.gammainc(a + step, x) - XP.special.gammainc(a - step, x)) / (2 * step)
    np.testing.assert_allclose(igamma_grad_a.kernel(XP, a, x), slope, rtol=1e-6, atol=1e-10)
    np.testing.assert_array_equal(igamma_grad_a.kernel(XP, np.array([2.0, 2.0, -1.0]), np.array([0.0, 1e9, 1.0])), [0, 0, np.nan])


def test_betainc_wants_one_shape_or_scalars():
    np.testing.assert_allclose(run("Betainc", np.array(2.0), np.array(3.0), np.array([0.5])), [0.6875])
    assert complaint(fed, "Betainc", np.ones(2), np.ones(3), np.ones(3)).startswith("Shapes of a, b and x are inconsistent")
