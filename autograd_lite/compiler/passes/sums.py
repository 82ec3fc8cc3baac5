"""Let products that are only added up become one step.

The gradient of weights that are used at every time step is a sum of products, and so is what a cell makes of its input and its state. One
kernel (`kernels/products.py`) goes through all of them and keeps the sums in registers: no product is written to memory, to be read again
for the addition. The gradient of the bias beside such weights is the sum of the rows of the same matrices: one row more of the result.
Terms are added in another order, so last bits can change.
"""

from __future__ import annotations

from autograd_lite.compiler.passes.columns import count_uses
from autograd_lite.compiler.program import OP, Block, Program, Step
from autograd_lite.graph.table import TABLE
from autograd_lite.kernels.products import Form, form_of, product_fits

MOST_INNER = 512  # of a product: with longer ones there is less to gain, and their matrices would have to be kept until the last is there
MOST_TERMS = 200
PRODUCT, ROWS = "MatMul", "BiasAddGrad"
_ADDS = frozenset(["AddV2", "Add"])


class _Sum:
    """Terms of one kind (products, or sums over the rows of matrices) whose sum is a value, and the steps that make it."""

    def __init__(self, terms: list[Step], steps: list[Step]) -> None:
        self.terms = terms
        self.steps = steps

    @property
    def kind(self) -> str:
        """The op of its terms."""
        return self.terms[0].opdef.name

    @property
    def last(self) -> Step:
        """The step that makes the sum."""
        return self.steps[-1]

    def inputs(self, side: int) -> list[int]:
        """This input of every term."""
        return [step.inputs[side] for step in self.terms]  # type: ignore[misc]


def sums(program: Program) -> Program:
    """Replace additions of products."""
    uses = count_uses(program)
    for block in program.blocks_to_join_in():
        _replace(program, block, uses)
    return program


def _replace(program: Program, block: Block | Program, uses: dict[int, int]) -> None:
    """Replace the sums of one block."""
    found = [each for each in _found(program, block, uses) if len(each.terms) > 1]
    of_rows = {tuple(sorted(each.inputs(0))): each for each in found if each.kind == ROWS}
    made: dict[int, Step] = {}  # id of a step -> what takes its place
    gone: set[int] = set()
    for each in found:
        if each.kind != PRODUCT or not product_fits(_form(program, each.terms)):  # type: ignore[arg-type]
            continue
        rows = of_rows.get(tuple(sorted(each.inputs(1))))
        place = None if rows is None or not _lies_like_a_gradient(each) else _place(block, each, rows)
        if rows is None or place is None:
            made[id(each.last)] = _sum_of_products(each)
        else:
            made[id(place)] = _with_rows(each, rows)
            gone.update(id(step) for step in rows.steps)
        gone.update(id(step) for step in each.steps)
    block.steps = [made.get(id(step), step) for step in block.steps if id(step) in made or id(step) not in gone]


def _found(program: Program, block: Block | Program, uses: dict[int, int]) -> list[_Sum]:
    """All sums of a block, those of a single term included."""
    found: dict[int, _Sum] = {}
    for step in block.steps:
        if step.kind != OP or len(step.outputs) != 1 or step.outputs[0] is None or step.keep:
            continue
        if _is_term(program, step):
            found[step.outputs[0]] = _Sum([step], [step])
        elif step.opdef.name in _ADDS:
            _join(program, step, found, uses)
    return list(found.values())


def _is_term(program: Program, step: Step) -> bool:
    """Whether a step is a product, or a sum over rows, that may be part of a sum."""
    if step.opdef.name not in (PRODUCT, ROWS) or program.values[step.outputs[0]].dtype.name != "float32":  # type: ignore[index]
        return False
    if step.opdef.name == ROWS:
        shape = program.values[step.inputs[0]].shape  # type: ignore[index]
        return shape is not None and len(shape) == 2 and step.attrs["data_format"] == "NHWC"
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
    """Note a sum of two sums of one kind that nobody else uses."""
    one, other = (found.get(value) for value in step.inputs)  # type: ignore[arg-type]
    if one is None or other is None or one is other or any(uses.get(value, 0) != 1 for value in step.inputs):  # type: ignore[arg-type]
        return
    terms = [*one.terms, *other.terms]
    if len(terms) > MOST_TERMS or one.kind != other.kind or one.kind == PRODUCT and not _go_together(program, terms):
        return
    for value in step.inputs:
        del found[value]  # type: ignore[arg-type]
    found[step.outputs[0]] = _Sum(terms, [*one.steps, *other.steps, step])  # type: ignore[index]


def _go_together(program: Program, products: list[Step]) -> bool:
    """Whether products have results of one shape, and their matrices lie alike."""
    lie = {(step.attrs["transpose_a"], step.attrs["transpose_b"]) for step in products}
    return len(lie) == 1 and _form(program, products) is not None


def _lies_like_a_gradient(each: _Sum) -> bool:
    attrs = each.terms[0].attrs
    return attrs["transpose_a"] and not attrs["transpose_b"]


def _place(block: Block | Program, each: _Sum, rows: _Sum) -> Step | None:
    """Where one step can make both: at the first of the two, if all that it takes is there."""
    index = {id(step): number for number, step in enumerate(block.steps)}
    maker = {value: index[id(step)] for step in block.steps for value in step.outputs if value is not None}
    first = min((each.last, rows.last), key=lambda step: index[id(step)])
    is_there = all(maker.get(value, -1) < index[id(first)] for side in (0, 1) for value in each.inputs(side))
    return first if is_there else None


def _sum_of_products(each: _Sum) -> Step:
    attrs = each.terms[0].attrs
    made = Step(OP, TABLE["SumOfProducts"], each.last.node, [*each.inputs(0), *each.inputs(1)], list(each.last.outputs))
    made.attrs = {"N": len(each.terms), **{name: attrs[name] for name in ("T", "transpose_a", "transpose_b")}}
    return made


def _with_rows(each: _Sum, rows: _Sum) -> Step:
    factors: list[int | None] = [*each.inputs(0), *each.inputs(1)]
    made = Step(OP, TABLE["SumOfTurnedProducts"], each.last.node, factors, [*each.last.outputs, *rows.last.outputs])
    made.attrs = {"N": len(each.terms), "T": each.terms[0].attrs["T"]}
    return made
