"""The float32 functions of fused kernels: at most 2 units in the last place from the true value, NumPy's answers for what is special."""
import math

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.backends import expression as ex
from autograd_lite.kernels import native
from autograd_lite.kernels.body import Body, lower
from autograd_lite.kernels.elementwise import NAME, Operand, Output, Work, module_text

MOST_ULPS = 2.0
COUNT = 1 << 16
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1e-40, 1.17e-38, 3.4e38, -3.4e38, 1, -1, 0.5, -0.5, 2, -2, 88.7,
                    88.8, -87.5, -103.9, -104.5, 1e7, 1e10, 1e20, 1e30, 3e38, 8388608, 16777216, -1e-8, 1e-8], np.float32)


def stable_sigmoid(x):
    power = np.exp(-np.abs(x))
    return np.where(x < 0, power, 1) / (1 + power)


def error_function(x):
    return np.vectorize(math.erf, otypes=[np.float64])(x)


FUNCTIONS = {
    "exp(a)": (np.exp, (-104, 89)), "exp(a / 2)": (lambda x: np.exp(x / 2), (-208, 178)),
    "exp(-4 * a)": (lambda x: np.exp(-4 * x), (-22, 26)), "exp(a * -0.00390625)": (lambda x: np.exp(x / -256), (-3e4, 3e4)),
    "expm1(a)": (np.expm1, (-20, 89)), "log(a)": (np.log, (0, 1e4)), "log1p(a)": (np.log1p, (-1, 50)),
    "tanh(a)": (np.tanh, (-12, 12)), "sin(a)": (np.sin, (-100, 100)), "cos(a)": (np.cos, (-100, 100)),
    "1 / (1 + exp(-a))": (stable_sigmoid, (-104, 104)), "erf": (error_function, (-5, 5)),
}


def kernel(formula, count, inputs=1, target=None):
    """The compiled kernel of a formula of `a` and `b`, on vectors of float32."""
    body = Body()
    names = {name: body.input(index, np.float32) for index, name in enumerate("ab"[:inputs])}
    operands = tuple(Operand("float32", (count,)) for _ in names)
    node = body.apply("erf", names["a"]) if formula == "erf" else lower(body, ex.parse(formula), names, np.float32)
    work = Work((count,), operands, body, (Output(node),))
    return native.load_builtin(module_text(work, target or native.target()), NAME)


def ulps(got, exact):
    """The distance in units of the last place of the exact result."""
    nearest = np.clip(exact, -np.finfo(np.float32).max, np.finfo(np.float32).max).astype(np.float32)
    error = np.abs(got.astype(np.float64) - exact) / np.spacing(np.abs(nearest))
    same = (got == exact.astype(np.float32)) | np.isnan(got) & np.isnan(exact)
    return np.where(same, 0, np.where(np.isnan(error), np.inf, error))


def inputs_for(limits):
    random = np.random.default_rng(1)
    anything = random.integers(0, 2**32, COUNT // 4, dtype=np.uint64).astype(np.uint32).view(np.float32)
    near = random.normal(size=COUNT // 4) * np.exp2(random.uniform(-20, 4, COUNT // 4))
    rest = COUNT - COUNT // 2 - SPECIAL.size
    return np.concatenate([SPECIAL, anything, near.astype(np.float32), random.uniform(*limits, rest).astype(np.float32)])


def test_a_processor_with_avx2_gets_the_same_accuracy(monkeypatch):
    if "+avx2" not in native.target().features.split(","):
        pytest.skip("this processor has no AVX2")
    haswell = native.Target("haswell", "+avx,+avx2,+fma,+bmi,+bmi2,+sse4.2,+f16c")
    monkeypatch.setattr(native, "target", lambda: haswell)
    for formula, (exact, limits) in FUNCTIONS.items():
        x = inputs_for(limits)
        check(kernel(formula, COUNT, target=haswell), exact, x)


@pytest.mark.parametrize("formula", FUNCTIONS)
def test_no_result_is_more_than_two_units_off(formula):
    exact, limits = FUNCTIONS[formula]
    check(kernel(formula, COUNT), exact, inputs_for(limits))


def check(run, exact, x):
    got = np.empty_like(x)
    assert run(x, got) is False
    with np.errstate(all="ignore"):
        wanted = exact(x.astype(np.float64))
        error = ulps(got, wanted)
    worst = int(error.argmax())
    assert error[worst] <= MOST_ULPS, (x[worst], got[worst], wanted[worst])
    assert np.array_equal(np.isnan(got), np.isnan(wanted))
    numbers = ~np.isnan(wanted)
    assert np.array_equal(np.signbit(got[numbers]), np.signbit(wanted[numbers]))


def test_powers_of_anything_to_anything():
    random = np.random.default_rng(2)
    x = inputs_for((0, 1000))
    y = random.uniform(-6, 6, COUNT).astype(np.float32)
    y[::3] = np.round(y[::3])
    pairs = np.array([(a, b) for a in SPECIAL for b in [*SPECIAL, 3, -3, 5, 1e9]], np.float32)
    x[: len(pairs)], y[: len(pairs)] = pairs.T
    got = np.empty_like(x)
    assert kernel("a ** b", COUNT, inputs=2)(x, y, got) is False
    with np.errstate(all="ignore"):
        error = ulps(got, np.power(x.astype(np.float64), y.astype(np.float64)))
        wanted = np.power(x, y)
    worst = int(error.argmax())
    assert error[worst] <= 1.0, (x[worst], y[worst], got[worst], wanted[worst])
    numbers = ~np.isnan(wanted)
    assert np.array_equal(np.signbit(got[numbers]), np.signbit(wanted[numbers]))


def test_a_sigmoid_of_large_numbers_needs_no_large_powers():
    x = np.array([-100, -90, -88, 88, 100], np.float32)
    got = np.empty_like(x)
    assert kernel("1 / (1 + exp(-a))", 5)(x, got) is False
    assert ulps(got, stable_sigmoid(x.astype(np.float64))).max() <= MOST_ULPS
