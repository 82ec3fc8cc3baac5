"""Formulas in plain text and LaTeX."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite.ops  # noqa: F401  declares the table
from autograd_lite.core.report import Formula
from autograd_lite.graph.opdef import TABLE
from autograd_lite.teach.notation import computed, held, indexed, local_derivative, name, partial, passed_back, value

V1, V7, W = indexed("v", 1), indexed("v", 7), name("w")


@pytest.mark.parametrize(
    ("op", "plain", "latex"),
    [
        ("Mul", "v1 · w", r"v_{1} \cdot w"),
        ("Pow", "v1^w", "v_{1}^{w}"),
        ("MatMul", "v1 w", r"v_{1} \, w"),
        ("Exp", "e^v1", "e^{v_{1}}"),
        ("Sigmoid", "σ(v1)", r"\sigma(v_{1})"),
        ("Softsign", "v1 / (1 + |v1|)", r"v_{1} / \left(1 + \left|v_{1}\right|\right)"),
        ("Sqrt", "√v1", r"\sqrt{v_{1}}"),
        ("Elu", "Elu(v1)", r"\text{Elu}(v_{1})"),
    ],
)
def test_what_an_op_computes(op, plain, latex):
    inputs = [V1, W][: len(TABLE[op].inputs)]
    assert computed(TABLE[op], inputs) == Formula(plain, latex)


@pytest.mark.parametrize(
    ("op", "argument", "plain", "latex"),
    [
        ("Mul", 0, "w", "w"),
        ("Sub", 1, "-1", "-1"),
        ("Pow", 0, "w · v1^(w-1)", r"w \cdot v_{1}^{w-1}"),
        ("RealDiv", 1, "-v1 / w^2", "-v_{1} / w^{2}"),
        ("Sigmoid", 0, "v7 · (1 - v7)", r"v_{7} \cdot (1 - v_{7})"),
        ("Square", 0, "2 · v1", r"2 \cdot v_{1}"),
        ("Relu", 0, "1 where v1 > 0", r"1\ \text{where}\ v_{1} > 0"),
    ],
)
def test_local_derivatives_in_the_symbols_of_the_graph(op, argument, plain, latex):
    assert local_derivative(TABLE[op], argument, [V1, W], V7) == Formula(plain, latex)


def test_what_comes_back_through_matrix_products_and_cross_entropy():
    up = partial(name("L"), V7)
    assert passed_back(TABLE["MatMul"], 0, [V1, W], V7, up).plain == "∂L/∂v7 · w^T"
    assert passed_back(TABLE["MatMul"], 1, [V1, W], V7, up).latex == r"v_{1}^{\top} \frac{\partial L}{\partial v_{7}}"
    softmax = passed_back(TABLE["SoftmaxCrossEntropyWithLogits"], 0, [V1, name("y")], V7, up)
    assert softmax.plain == "∂L/∂v7 · (softmax(v1) - y)"
    assert passed_back(TABLE["Einsum"], 0, [V1], V7, up) is None


def test_every_declared_formula_can_be_written_with_balanced_brackets():
    up = partial(name("L"), V7)
    for op in TABLE.values():
        inputs = [indexed("v", number) for number in range(len(op.inputs))]
        if not inputs or not op.outputs:
            continue
        for argument in range(len(inputs)):
            found = [computed(op, inputs), local_derivative(op, argument, inputs, V7), passed_back(op, argument, inputs, V7, up)]
            for formula in found:
                assert formula is None or formula.latex.count("{") == formula.latex.count("}"), op.name


def test_numbers_and_arrays():
    assert value(np.float32(-0.5)) == Formula("-0.5", "-0.5")
    assert value(1e-9).latex == r"1 \cdot 10^{-9}"
    assert value(np.array([[1.0, 2.0]])).plain == "[[1, 2]]"
    assert value(np.zeros((3, 4))).plain == "[3,4] array"
    assert value(np.float32(np.inf)).latex == r"\infty"
    assert held(value(-1.0)).plain == "(-1)" and held(value(2.0)).plain == "2"


def test_a_hostile_name_is_text():
    assert name("a$_{x}").latex == r"\text{a\$\_\{x\}}"
