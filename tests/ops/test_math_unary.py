import numpy as np
import pytest

from tests.ops.kernels import run


def test_rounding_takes_halves_to_the_even_number():
    for op in ("Round", "Rint"):
        np.testing.assert_array_equal(run(op, [0.5, 1.5, -0.5, 2.4]), [0, 2, -0.0, 2])
    np.testing.assert_array_equal(run("Round", [3, -4]), [3, -4])


def test_extreme_inputs_give_what_mathematics_says():
    extreme = [np.inf, -np.inf, np.nan, 0.0]
    np.testing.assert_array_equal(run("Sigmoid", extreme), [1, 0, np.nan, 0.5])
    np.testing.assert_array_equal(run("Tanh", extreme), [1, -1, np.nan, 0])
    np.testing.assert_array_equal(run("Log", [0.0, -1.0]), [-np.inf, np.nan])
    np.testing.assert_array_equal(run("Rsqrt", [0.0, 4.0]), [np.inf, 0.5])
    np.testing.assert_array_equal(run("Reciprocal", [0.0, -2.0]), [np.inf, -0.5])


def test_signs_of_zero_and_nan():
    np.testing.assert_array_equal(run("Sign", [-3.0, 0.0, 2.0, np.nan]), [-1, 0, 1, np.nan])
    np.testing.assert_array_equal(run("Abs", np.array([-128], np.int8)), [-128])  # 128 is no int8


def test_reciprocal_of_integers_is_cut_off():
    np.testing.assert_array_equal(run("Reciprocal", [1, -1, 3, -7]), [1, -1, 0, 0])


def test_small_arguments_keep_their_digits():
    np.testing.assert_allclose(run("Expm1", np.float32([1e-8])), [1e-8], rtol=1e-6)
    np.testing.assert_allclose(run("Log1p", np.float32([1e-8])), [1e-8], rtol=1e-6)


@pytest.mark.parametrize(("op", "function"), [("Exp", np.exp), ("Sqrt", np.sqrt), ("Log", np.log), ("Tan", np.tan)])
def test_complex_numbers_are_welcome(op, function):
    z = np.array([1 + 2j, -0.5 + 0.1j])
    np.testing.assert_allclose(run(op, z), function(z), rtol=1e-12)


def test_clip_by_value_puts_the_upper_limit_last():
    np.testing.assert_array_equal(run("ClipByValue", [1.0, 5.0], 4.0, 2.0), [2, 2])
