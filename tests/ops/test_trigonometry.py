import numpy as np
import pytest

from tests.ops.kernels import run


@pytest.mark.parametrize(("there", "back"), [("Sin", "Asin"), ("Tan", "Atan"), ("Sinh", "Asinh"), ("Tanh", "Atanh")])
def test_inverse_functions_lead_back(there, back):
    x = np.linspace(-1.2, 1.2, 7)
    np.testing.assert_allclose(run(back, run(there, x)), x, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("there", "back"), [("Cos", "Acos"), ("Cosh", "Acosh")])
def test_inverses_of_even_functions_lead_back_to_positive_numbers(there, back):
    x = np.linspace(0.1, 1.2, 7)
    np.testing.assert_allclose(run(back, run(there, x)), x, rtol=1e-12)


def test_outside_the_domain_there_is_nan():
    assert np.isnan(run("Asin", 2.0)) and np.isnan(run("Acosh", 0.5)) and np.isnan(run("Atanh", -1.5))
