"""Turn a matrix once, instead of in every product that takes it transposed.

BLAS needs up to twice the time for a product whose right factor lies the other way round. Weights are such factors in the gradient of a
loop or of a network that uses them many times: one copy of them that lies right serves all its products. The sums in a product may be
added up in another order, so its last bits can change; no other bit does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from autograd_lite.compiler.program import IF, OP, WHILE, Block, Program, Step
from autograd_lite.core import shapes
from autograd_lite.graph.table import TABLE
from autograd_lite.kernels import compiled

WORTH_TURNING = 4  # products in one run
MOST_ELEMENTS = 1 << 17  # copying a larger matrix against the grain takes longer than is gained
_TYPES = frozenset(["float32", "float64"])


class Product(NamedTuple):
    """A step that takes an input transposed."""

    step: Step
    position: int  # of the input
    first: Step  # the step of the block where the input was made that contains it, or is it
    is_repeated: bool  # a loop stands between the two


Position = Callable[[Program, Step], "int | None"]


def turn(program: Program) -> Program:
    """Put a copy that is turned before the products that use it again and again."""
    return repeated_factors(program, _turned_input, _turned)


def repeated_factors(program: Program, position: Position, replace: Callable[[Program, int, list[Product]], list[Step]]) -> Program:
    """Let `replace` change the products of each matrix that many of them share, or that one in a loop takes from outside.

    Args:
      position: which input of a step is such a matrix. replace: gives the steps that are to run before the first of its products.
    """
    homes: dict[int, Block | Program] = dict.fromkeys([*program.feeds, *program.constants], program)
    found: dict[int, list[Product]] = {}
    _look(program, program, [], homes, found, position)
    before: dict[Step, list[Step]] = {}
    changed: list[Block | Program] = []
    for value, products in found.items():
        if len(products) >= WORTH_TURNING or any(product.is_repeated for product in products):
            before.setdefault(products[0].first, []).extend(replace(program, value, products))
            changed.append(homes[value])
    for block in dict.fromkeys(changed):
        block.steps = [each for step in block.steps for each in (*before.get(step, ()), step)]
    return program


def _look(program: Program, block: Block | Program, around: list[tuple[Block | Program, Step]], homes: dict[int, Block | Program],
          found: dict[int, list[Product]], position_of: Position) -> None:  # fmt: skip
    """Note where values are made, and the products that take one of them transposed. around: the blocks and steps that this block is in."""
    for step in block.steps:
        homes.update((value, block) for value in step.outputs if value is not None)
        if step.kind == WHILE:
            homes.update((value, step.blocks[0]) for value in step.params)
        for inner in step.blocks if step.kind in (IF, WHILE) else ():
            _look(program, inner, [*around, (block, step)], homes, found, position_of)
        position = position_of(program, step) if step.kind == OP and not step.cells else None
        if position is None:
            continue
        value: int = step.inputs[position]  # type: ignore[assignment]
        places = [*around, (block, step)]
        depth = next((index for index, (place, _) in enumerate(places) if place is homes.get(value)), None)
        if depth is not None:
            repeated = any(outer.kind == WHILE for _, outer in places[depth:-1])
            found.setdefault(value, []).append(Product(step, position, places[depth][1], repeated))


def _turned_input(program: Program, step: Step) -> int | None:
    """The position of the right factor, if the step takes it transposed and a copy is worth while."""
    for name, attribute in step.opdef.turned.items():
        position = [argument.name for argument in step.arguments()].index(name)
        factor, product = program.values[step.inputs[position]], program.values[step.outputs[0]]  # type: ignore[index]
        fits = shapes.is_defined(factor.shape) and shapes.is_defined(product.shape)  # else the kernel may complain of the matrix as it was
        is_small = fits and shapes.num_elements(factor.shape) <= MOST_ELEMENTS  # type: ignore[operator]
        if step.attrs[attribute] and is_small and factor.dtype.name in _TYPES and not _is_compiled(program, step):
            return position
    return None


def _is_compiled(program: Program, step: Step) -> bool:
    """Whether the product has a kernel that takes the matrix either way."""
    tiered = compiled.kernel_for(step.opdef, program.inference(step)) if step.opdef.name in compiled.MODULES else None
    return tiered is not None


def _turned(program: Program, value: int, products: list[Product]) -> list[Step]:
    """The step that makes the copy; the products use it from now on."""
    known = program.values[value]
    rows, columns = known.shape  # type: ignore[misc]
    copy = program.new_value(known.dtype, (columns, rows), f"{known.name}/turned")
    for step, position, _, _ in products:
        step.inputs = [copy if index == position else other for index, other in enumerate(step.inputs)]
        step.attrs = {**step.attrs, step.opdef.turned[step.arguments()[position].name]: False}
    return [Step(OP, TABLE["TransposedCopy"], products[0].step.node, [value], [copy])]
