"""Arrange a matrix for its products once, instead of in every product.

Kernels of products (`kernels/products.py`) lay their right matrix out in panels before they use it. The weights of a recurrent network
meet a few rows at every time step: one arranged copy serves all steps of a run, and all turns of a loop. No bit changes.
"""

from __future__ import annotations

from autograd_lite.compiler.passes.turn import Product, repeated_factors
from autograd_lite.compiler.program import OP, Program, Step
from autograd_lite.core import shapes
from autograd_lite.graph.table import TABLE
from autograd_lite.kernels.products import arranged_fits, form_of

_ATTRS = ("T", "transpose_b")


def arrange(program: Program) -> Program:
    """Put a step that arranges a matrix before the products that use it again and again."""
    return repeated_factors(program, _position, _arranged)


def _position(program: Program, step: Step) -> int | None:
    """The position of the right factor, if a kernel can take it arranged."""
    if step.opdef.name != "MatMul" or program.values[step.outputs[0]].dtype.name != "float32":  # type: ignore[index]
        return None
    left, right = (program.values[value].shape for value in step.inputs)  # type: ignore[index]
    if not shapes.is_defined(left) or not shapes.is_defined(right):
        return None
    form = form_of([left], [right], step.attrs["transpose_a"], step.attrs["transpose_b"])  # type: ignore[list-item]
    return 1 if form is not None and arranged_fits(form) else None


def _arranged(program: Program, value: int, products: list[Product]) -> list[Step]:
    """The steps that arrange the matrix, for products that take it as it is and for those that take it transposed."""
    known, made = program.values[value], []
    for turned in (False, True):
        same = [product for product in products if product.step.attrs["transpose_b"] == turned]
        if not same:
            continue
        copy = program.new_value(known.dtype, (None,), f"{known.name}/arranged")
        made.append(Step(OP, TABLE["ArrangedMatrix"], same[0].step.node, [value], [copy]))
        made[-1].attrs = {name: same[0].step.attrs[name] for name in _ATTRS}
        for product in same:
            product.step.opdef = TABLE["ArrangedMatMul"]
            product.step.inputs = [*product.step.inputs, copy]
    return made
