"""The formula language: what it accepts, what it prints."""

import numpy as np
import pytest

from autograd_lite.backends import expression as ex


def evaluate(formula, scalar=False, target=None, into=None, same_shape=None, **values):
    printer = ex.NumpyPrinter({name: name for name in values}, literal=repr, ufunc=lambda name: f"np.{name}", scalar=scalar)
    code = printer.line(ex.parse(formula), target=target, into=into, same_shape=same_shape)
    return code, eval(code, {"np": np}, dict(values))


@pytest.mark.parametrize("formula, wanted", [
    ("x * y", lambda x, y: x * y), ("x / (1 + exp(-y))", lambda x, y: x / (1 + np.exp(-y))),
    ("where(x > y, x, 0 - y)", lambda x, y: np.where(x > y, x, -y)), ("x ** 2 - -3.5", lambda x, y: x**2 + 3.5),
    ("exp(x) * exp(y) + exp(x - y)", lambda x, y: np.exp(x) * np.exp(y) + np.exp(x - y)),
    ("maximum(x, 0) + log1p(exp(-abs(y)))", lambda x, y: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(y)))),
])  # fmt: skip
def test_a_formula_computes_what_it_says(formula, wanted):
    x, y = np.random.default_rng(0).normal(size=(2, 50))
    expected = wanted(x, y)
    plain, value = evaluate(formula, x=x, y=y)
    assert np.array_equal(value, expected), plain
    buffered, value = evaluate(formula, target="t", same_shape=lambda part: not any(p in str(part) for p in ("greater",)), x=x, y=y)
    assert np.array_equal(value, expected), buffered


def test_intermediate_results_share_one_buffer():
    x = np.ones(4)
    code, _ = evaluate("1 / (1 + exp(-x))", target="t", same_shape=lambda part: True, x=x)
    assert code == "np.divide(1, np.add(1, np.exp((t := np.negative(x)), out=t), out=t), out=t)"


def test_the_result_can_go_into_an_array_that_is_done_with():
    x = np.arange(3.0)
    code, value = evaluate("x * exp(x)", into="x", x=x)
    assert code == "np.multiply(x, np.exp(x), out=x)" and value is x


def test_scalars_are_computed_with_operators_where_the_bits_are_the_same():
    code, value = evaluate("-x * y + exp(x)", scalar=True, x=np.float32(2), y=np.float32(3))
    assert code == "((-x) * y) + np.exp(x)" and value == -np.float32(6) + np.exp(np.float32(2))
    assert "power" in evaluate("x ** y", scalar=True, x=np.float32(2), y=np.float32(3))[0]


@pytest.mark.parametrize("formula, complaint", [
    ("x +", "not an expression"),
    ("__import__('os')", "no function '__import__'"), ("x.y", "not in the language"), ("exp(x, y)", "takes 1"),
    ("x if y else z", "not in the language"),
    ("'a'", "not in the language"), ("x < y < z", "not in the language"),
    ("exp(x=1)", "not in the language"),
])  # fmt: skip
def test_what_is_not_in_the_language_is_refused(formula, complaint):
    with pytest.raises(ex.FormulaError, match=complaint):
        ex.parse(formula)


def test_names_come_once_and_in_order():
    assert ex.names(ex.parse("y * x + exp(y)")) == ["y", "x"]
