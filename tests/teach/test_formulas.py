"""Formulas of the op table as MathML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import autograd_lite.ops  # noqa: F401  declares the table
from autograd_lite.backends import expression
from autograd_lite.graph.opdef import TABLE
from autograd_lite.teach.formulas import mathml, written


def test_every_elementwise_formula_becomes_mathml_with_all_its_names() -> None:
    for op in TABLE.values():
        if op.elementwise:
            tree = ElementTree.fromstring(mathml(op.outputs[0].name, op.elementwise))
            shown = {element.text for element in tree.iter("mi")}
            assert set(expression.names(expression.parse(op.elementwise))) | {op.outputs[0].name} <= shown, op.name


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("x - (y - z)", "x−(y−z)"),
        ("x - y - z", "x−y−z"),
        ("x + y + z", "x+y+z"),
        ("(x + y) * z", "(x+y)·z"),
        ("-(x + y)", "−(x+y)"),
        ("gradients * (x > 0)", "gradients·(x>0)"),
        ("log1p(x)", "ln(1+x)"),
        ("where(x > 0, x, -x)", "{xwhere x>0−xelsewhere"),
    ],
)
def test_a_formula_has_the_brackets_that_it_needs_and_no_others(formula: str, text: str) -> None:
    tree = ElementTree.fromstring(mathml("", formula))
    assert "".join(tree.itertext()) == text


def test_every_written_formula_of_the_table_becomes_mathml_that_says_the_same() -> None:
    for op in TABLE.values():
        if op.formula:
            tree = ElementTree.fromstring(written(op.formula))
            shown = "".join(tree.itertext())
            assert [letter for letter in op.formula if letter.isalpha()] == [letter for letter in shown if letter.isalpha()], op.name


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("dy/dx = 1 - y^2", "<mfrac><mi>dy</mi><mi>dx</mi></mfrac><mo>=</mo><mn>1</mn><mo>−</mo><msup><mi>y</mi><mn>2</mn></msup>"),
        ("da = dy b^T", "<mi>da</mi><mo>=</mo><mi>dy</mi><mspace width=\"0.2em\"/><msup><mi>b</mi><mi>T</mi></msup>"),
        ("y x^(y-1)", "<mi>y</mi><mspace width=\"0.2em\"/><msup><mi>x</mi><mrow><mi>y</mi><mo>−</mo><mn>1</mn></mrow></msup>"),
        ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
    ],
)
def test_a_written_formula_gets_fractions_and_powers(text: str, markup: str) -> None:
    assert written(text) == f"<math>{markup}</math>"
