import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run, shape_complaint


@pytest.mark.parametrize(("op", "wanted"), [("FloorDiv", [-4, -4, 3]), ("TruncateDiv", [-3, -3, 3]), ("Div", [-3, -3, 3])])
def test_integer_division_rounds_as_its_name_says(op, wanted):
    np.testing.assert_array_equal(run(op, [-7, 7, 7], [2, -2, 2]), wanted)


def test_remainders_have_the_sign_of_the_divisor_or_of_the_dividend():
    np.testing.assert_array_equal(run("FloorMod", [-7, 7], [3, -3]), [2, -2])
    np.testing.assert_array_equal(run("TruncateMod", [-7, 7], [3, -3]), [-1, 1])
    np.testing.assert_allclose(run("FloorMod", [-7.5], [3.0]), [1.5])


@pytest.mark.parametrize("op", ["FloorDiv", "TruncateDiv", "Div", "FloorMod", "TruncateMod", "Mod"])
def test_dividing_integers_by_zero_is_an_error(op):
    assert complaint(fed, op, [4, 5], [1, 0]) == "Integer division by zero"


def test_dividing_floats_by_zero_is_none():
    np.testing.assert_array_equal(run("RealDiv", [1.0, -1.0, 0.0], [0.0, 0.0, 0.0]), [np.inf, -np.inf, np.nan])


def test_integers_wrap_around():
    biggest = np.int32(2**31 - 1)
    assert run("AddV2", biggest, np.int32(1)) == -(2**31)
    assert run("Mul", biggest, np.int32(2)) == -2


def test_integers_have_no_negative_powers():
    assert complaint(fed, "Pow", [2], [-1]) == "Integers to negative integer powers are not allowed"


def test_shapes_that_do_not_stretch_are_told_while_building_and_while_running():
    assert shape_complaint("AddV2", [[1.0, 2.0, 3.0]], [1.0, 2.0]) == "Dimensions must be equal, but are 3 and 2"
    assert complaint(fed, "AddV2", [[1.0, 2.0, 3.0]], [1.0, 2.0]) == "Incompatible shapes: [1,3] vs. [2]"


def test_add_n_wants_one_shape():
    assert complaint(fed, "AddN", ([1.0, 2.0], [1.0])).startswith(
        "Inputs to operation AddN of type AddN must have the same size and shape."
    )


def test_quotient_and_product_without_nan_give_zero():
    np.testing.assert_array_equal(run("DivNoNan", [1.0, 0.0, 6.0], [0.0, 0.0, 3.0]), [0, 0, 2])
    np.testing.assert_array_equal(run("MulNoNan", [np.inf, np.nan, 2.0], [0.0, 0.0, 3.0]), [0, 0, 6])
    np.testing.assert_array_equal(run("Xlogy", [0.0, 0.0], [0.0, -1.0]), [0, 0])
    np.testing.assert_array_equal(run("Xdivy", [0.0], [0.0]), [0])


def test_strings_are_added_end_to_end():
    joined = run("Add", np.array([b"ab", b""], object), np.array([b"c", b"d"], object))
    assert joined.tolist() == [b"abc", b"d"]


def test_squared_difference_of_complex_numbers_is_a_squared_distance():
    assert run("SquaredDifference", np.complex64(1 + 2j), np.complex64(0)) == 5
