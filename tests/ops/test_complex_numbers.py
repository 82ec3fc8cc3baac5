import numpy as np
import pytest

from tests.ops.kernels import run

Z = np.array([3 + 4j, -1j])


@pytest.mark.parametrize(("op", "function"), [("Real", np.real), ("Imag", np.imag), ("Angle", np.angle), ("ComplexAbs", np.abs)])
def test_parts_of_complex_numbers(op, function):
    part = run(op, Z, Tout="float64")
    assert part.dtype == np.float64
    np.testing.assert_allclose(part, function(Z))


def test_complex_numbers_are_made_of_two_parts():
    made = run("Complex", np.array([3.0, 0.0]), np.array([4.0, -1.0]), Tout="complex128")
    np.testing.assert_array_equal(made, Z)
    np.testing.assert_array_equal(run("Conj", made), Z.conj())
