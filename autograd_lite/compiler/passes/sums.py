"""Let products that are only added up become one step.

The gradient of weights that are used at every time step is a sum of products, and so is what a cell makes of its input and its state. One
kernel (`kernels/products.py`) goes through all of them and keeps the sums in registers: no product is written to memory, to be read again
for the addition. Terms are added in another order, so last bits can change.
"""

from __future__ import annotations

from autograd_lite.compiler.passes.columns import count_uses
from autograd_lite.compiler.program import FUSED, OP, Block, Program, Step, walk
from autograd_lite.graph.table import TABLE
from autograd_lite.kernels.products import Form, form_of, product_fits

MOST_INNER = 512  # of a product: with longer ones there is less to gain, and their matrices would have to be kept until the last is there
MOST_TERMS = 200
_ADDS = frozenset(["AddV2", "Add"])


class _Sum:
    """Products whose sum is a value, and the steps that make it."""

    def __init__(self, products: list[Step], steps: list[Step]) -> None:
        self.products = products
        self.steps = steps


def sums(program: Program) -> Program:
    """Replace additions of products."""
    uses = count_uses(program)
    inside_fused = {id(block) for step in walk(program.steps) if step.kind == FUSED for block in step.blocks}
    for block in list(program.all_blocks()):
        if id(block) not in inside_fused:
            _replace(program, block, uses)
    return program


def _replace(program: Program, block: Block | Program, uses: dict[int, int]) -> None:
    found: dict[int, _Sum] = {}
    for step in block.steps:
        if step.kind != OP or len(step.outputs) != 1 or step.outputs[0] is None or step.keep:
            continue
        if _is_term(program, step):
            found[step.outputs[0]] = _Sum([step], [step])
        elif step.opdef.name in _ADDS:
            _join(program, step, found, uses)
    joined = [each for each in found.values() if len(each.products) > 1 and product_fits(_form(program, each.products))]  # type: ignore[arg-type]
    made = {id(each.steps[-1]): _made(each) for each in joined}
    gone = {id(step) for each in joined for step in each.steps}
    block.steps = [made.get(id(step), step) for step in block.steps if id(step) in made or id(step) not in gone]


def _is_term(program: Program, step: Step) -> bool:
    """Whether a step is a product that may be part of a sum."""
    if step.opdef.name != "MatMul" or program.values[step.outputs[0]].dtype.name != "float32":  # type: ignore[index]
        return False
    form = _form(program, [step])
    return form is not None and form.inner[0] <= MOST_INNER


def _form(program: Program, products: list[Step]) -> Form | None:
    """The form of a sum of products, if all shapes are known and fit."""
    left, right = ([program.values[step.inputs[side]].shape for step in products] for side in (0, 1))  # type: ignore[index]
    if any(shape is None or None in shape for shape in (*left, *right)):
        return None
    attrs = products[0].attrs
    return form_of(left, right, attrs["transpose_a"], attrs["transpose_b"])  # type: ignore[arg-type]


def _join(program: Program, step: Step, found: dict[int, _Sum], uses: dict[int, int]) -> None:
    """Note a sum of two sums that nobody else uses, if it can be made by one kernel."""
    one, other = (found.get(value) for value in step.inputs)  # type: ignore[arg-type]
    if one is None or other is None or one is other or any(uses.get(value, 0) != 1 for value in step.inputs):  # type: ignore[arg-type]
        return
    products = [*one.products, *other.products]
    if len(products) > MOST_TERMS or len({tuple(each.attrs[name] for name in ("transpose_a", "transpose_b")) for each in products}) != 1:
        return
    if _form(program, products) is None:
        return
    for value in step.inputs:
        del found[value]  # type: ignore[arg-type]
    found[step.outputs[0]] = _Sum(products, [*one.steps, *other.steps, step])  # type: ignore[index]


def _made(each: _Sum) -> Step:
    """The step that makes a sum, where its last addition was."""
    last, products = each.steps[-1], each.products
    factors = [step.inputs[side] for side in (0, 1) for step in products]
    made = Step(OP, TABLE["SumOfProducts"], last.node, factors, list(last.outputs))
    turned = {name: products[0].attrs[name] for name in ("transpose_a", "transpose_b")}
    made.attrs = {"N": len(products), "T": products[0].attrs["T"], **turned}
    return made
