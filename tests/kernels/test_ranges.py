"""What a formula tells about the size of its values holds for every input, and a shorter exponential is as accurate as the long one."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.backends import expression as ex
from autograd_lite.kernels import native
from autograd_lite.kernels.body import Body, lower
from autograd_lite.kernels.elementwise import NAME, Operand, Output, Work, module_text
from autograd_lite.kernels.ranges import ranges

LARGE = np.array([0, -0.0, 1, -1, 0.3, -7, 1e-40, -1e-30, 88, -104, 1e8, -3e38, np.inf, -np.inf], np.float32)
FORMULAS = ["tanh(a) * 0.5", "tanh(a) + sin(a) * 3", "square(tanh(a)) - 1", "abs(tanh(a) - 0.25)", "minimum(a, 2) * 1e30",
            "maximum(sin(a), 0.5)", "where(a > 0, cos(a), tanh(a))", "1 / (1 + exp(-a)) * -4", "(tanh(a) + 1e8) - 1e8",
            "tanh(a) * 1e30 * 1e30 * 1e-45", "a * a", "sqrt(abs(a)) * tanh(a)", "-(exp(-(a * a)))", "tanh(a) * 0.5 + sin(a)",
            "3 - cos(a) * 0.25", "a * 0.5 + tanh(a)"]  # fmt: skip


def made(formula, dtype="float32"):
    body = Body()
    return body, lower(body, ex.parse(formula), {"a": body.input(0, np.dtype(dtype))}, np.dtype(dtype))


def run(formula, x, target=None):
    body, node = made(formula)
    work = Work(x.shape, (Operand("float32", x.shape),), body, (Output(node),))
    out = np.empty_like(x)
    native.load_builtin(module_text(work, target or native.target()), NAME)(x, out)
    return out


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_value_lies_outside_the_range_of_its_formula(formula):
    body, node = made(formula)
    low, high = ranges(body.nodes, body.needed([node]))[node]
    values = run(formula, np.concatenate([LARGE, np.random.RandomState(0).randn(500).astype(np.float32) * 10]))
    values = values[~np.isnan(values)]
    assert values.size and values.min() >= low and values.max() <= high


def test_ranges_follow_formulas_and_what_may_overflow_has_none():
    def limits(formula):
        body, node = made(formula)
        return ranges(body.nodes, body.needed([node]))[node]

    assert limits("tanh(a) * 0.5") == pytest.approx((-0.5, 0.5), rel=1e-5)
    assert limits("square(tanh(a) * 3)") == pytest.approx((0, 9), rel=1e-5)
    assert limits("exp(-(a * a))").low == 0
    assert limits("a") == limits("tanh(a) * 1e30 * 1e30") == limits("tanh(a) * a") == (-np.inf, np.inf)
    assert limits("(tanh(a) + 1e8) - 1e8").size > 20  # what rounding may do


@pytest.mark.parametrize("target", [None, native.Target("haswell", "+avx,+avx2,+fma,+bmi,+bmi2,+sse4.2,+f16c")], ids=["here", "AVX2"])
def test_the_exponential_of_a_small_number_is_within_two_units(target):
    if target and "+avx2" not in native.target().features.split(","):
        pytest.skip("this processor has no AVX2")
    x = np.concatenate([np.array([np.nan, np.inf, -np.inf, 0, 1e-45], np.float32), np.linspace(-9, 9, 1 << 16).astype(np.float32)])
    half = run("tanh(a) * 0.5", x, target)
    got, exact = run("exp(tanh(a) * 0.5)", x, target), np.exp(half.astype(np.float64))
    assert np.isnan(got[0]) and got[3] == got[4] == 1
    assert np.nanmax(np.abs(got - exact) / np.spacing(exact.astype(np.float32))) <= 2
