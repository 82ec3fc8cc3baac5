"""Compiled reductions give what NumPy gives, and sums are at least as accurate."""
import math

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels.reductions import CHUNK, Sides, sides
from tests.conformance import walk
from tests.kernels.tiers import both, check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(4)
FOLDS = ("Sum", "Mean", "Prod", "Max", "Min")
CASES = {
    "all of a few": ((7,), [0]),
    "all of many": ((3, CHUNK + 5), [0, 1]),
    "short rows": ((50, 3), [1]),
    "rows": ((9, 4, 133), [-1]),
    "columns": ((37, 3), [0]),
    "many columns": ((5, 200), [0]),
    "long columns": ((CHUNK // 4, 19), [0]),
    "the middle": ((3, 5, 4, 18), [1, 2]),
    "ones between": ((4, 1, 6, 1, 5), [0, 2]),
    "one element": ((1,), [0]),
    "nothing folded": ((4, 5), []),
    "wide and many": ((2, 3, 70000), [1]),
}


def numbers(shape, name):
    drawn = RANDOM.standard_normal(shape).astype(np.float32)
    return np.float32(1) + drawn * np.float32(1e-3) if name == "Prod" else drawn


@pytest.mark.parametrize("kept", [False, True], ids=["dropped", "kept"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FOLDS)
def test_it_gives_what_numpy_gives(name, case, kept):
    shape, axes = CASES[case]
    x = numbers(shape, name)
    close = {} if name in ("Max", "Min") else {"relative": 1e-5, "tolerance": 1e-6 * math.sqrt(x.size)}
    check(name, x, np.array(axes, np.int32), keep_dims=kept, **close)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FOLDS)
def test_nan_and_infinities_go_through(name, case):
    shape, axes = CASES[case]
    check(name, strange(numbers(shape, name)), np.array(axes, np.int32), relative=1e-5, tolerance=1e-4)


@pytest.mark.parametrize("shape", [(1_000_003,), (64, 4099), (4099, 64)])
def test_sums_are_at_least_as_accurate_as_numpys(shape):
    x = RANDOM.standard_normal(shape).astype(np.float32) + np.float32(3)
    axis = len(shape) - 1 if shape[-1] > 64 else 0
    result = both("Sum", x, np.array([axis], np.int32))
    exact = x.astype(np.float64).sum(axis=axis)
    assert np.abs(result.fast - exact).max() <= np.abs(result.slow - exact).max()
    assert np.array_equal(result.fast, exact.astype(np.float32))


def test_sums_of_zeros_have_numpys_sign():
    for zero in (0.0, -0.0):
        result = both("Sum", np.full((3, 4), zero, np.float32), np.array([1], np.int32))
        assert np.array_equal(np.signbit(result.fast), np.signbit(result.slow))


@pytest.mark.parametrize("name", [*FOLDS, "BiasAddGrad", "ArgMax", "ArgMin"])
def test_it_agrees_on_the_samples_of_the_ops(name):
    for case in walk.cases(lambda opdef: opdef.name == name):
        inputs = [value.astype(np.float32) if value.dtype == np.float64 else value for value in case.inputs()]
        result = both(name, *inputs, **case.attrs)
        outer_and_inner = inputs[0].ndim == 3 and name in FOLDS
        if inputs[0].ndim and case.attrs.get("data_format") != "NCHW" and not outer_and_inner:
            assert result.is_compiled
            np.testing.assert_allclose(result.fast, result.slow, rtol=1e-6)


@pytest.mark.parametrize("name", [*FOLDS, "ArgMax"])
@pytest.mark.parametrize("shape", [(CHUNK * 3 + 7,), (3, CHUNK), (CHUNK, 3)])
def test_the_number_of_threads_does_not_change_a_bit(name, shape):
    axis = np.int32(0) if name == "ArgMax" else np.array([0], np.int32)
    same_bits_for_any_threads(name, numbers(shape, name), axis)


@pytest.mark.parametrize("shape", [(2, 5), (3, 4, 21), (2, 3, 2, 130)])
def test_the_gradient_of_a_bias_is_a_sum(shape):
    check("BiasAddGrad", strange(numbers(shape, "Sum")), relative=1e-5, tolerance=1e-5)


@pytest.mark.parametrize("wanted", ["int32", "int64"])
@pytest.mark.parametrize(("shape", "axis"), [((7,), 0), ((40, 10), 1), ((40, 10), 0), ((3, 50, 20), 1), ((9, 333), -1), ((5, 1), 1)])
@pytest.mark.parametrize("name", ["ArgMax", "ArgMin"])
def test_positions_are_numpys(name, shape, axis, wanted):
    x = numbers(shape, name).round()  # round numbers: ties
    check(name, x, np.int32(axis), output_type=wanted)
    x = strange(x)
    check(name, x, np.int32(axis), output_type=wanted)
    x[...] = np.nan
    check(name, x, np.int32(axis), output_type=wanted)
    x[..., -1] = -np.inf
    check(name, x, np.int32(axis), output_type=wanted)


def test_views_are_copied():
    x = numbers((6, 8), "Sum")
    result = both("Sum", x, np.array([0], np.int32), given=[np.asfortranarray(x), np.array([0], np.int32)])
    assert result.is_compiled
    assert np.allclose(result.fast, result.slow)


def test_what_is_not_covered_keeps_numpys_kernel():
    for x, axes in ((numbers((2, 3, 4), ""), [0, 2]), (numbers((0, 3), ""), [0]), (numbers((2, 3), "").astype(np.float64), [0])):
        assert both("Sum", x, np.array(axes, np.int32)).fast is None


def test_axes_that_lie_side_by_side_are_one():
    assert sides((2, 3, 4), [1]) == Sides(2, 3, 4)
    assert sides((2, 1, 4), [0, 2]) == Sides(1, 8, 1)
    assert sides((2, 3, 4), [0, 2]) is None
    assert sides((2, 3), []) == Sides(6, 1, 1)
