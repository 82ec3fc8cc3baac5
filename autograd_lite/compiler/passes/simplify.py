"""Drop steps that do nothing. The rules keep every bit, NaN and -0 included, and go by declared properties where these say enough."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from autograd_lite.backends.expression import Call, Expression, Name, parse
from autograd_lite.compiler.program import Block, Program, Step
from autograd_lite.core import shapes

# Views that never move an element: with equal shapes before and after they do nothing.
KEEPS_ELEMENTS_IN_PLACE = frozenset(["Reshape", "Squeeze", "ExpandDims", "BroadcastTo", "EnsureShape"])
# Reductions of which nothing is left to do when there is no axis to reduce.
REDUCTIONS = frozenset(["Sum", "Prod", "Max", "Min", "All", "Any"])

_ONE: dict[str, tuple[int, ...]] = {"multiply": (0, 1), "divide": (1,), "pow": (1,)}  # x * 1, 1 * x, x / 1, x ** 1 are x
_ZERO: dict[str, tuple[int, ...]] = {"subtract": (1,)}  # x - 0 is x (x + 0 is not: -0 + 0 is 0)


def simplify(program: Program) -> Program:
    """Replace the outputs of steps that do nothing by their inputs."""
    replacements: dict[int, int] = {}
    _simplify_block(program, program, replacements)
    program.replace(replacements)
    return program


def _simplify_block(program: Program, block: Block | Program, replacements: dict[int, int]) -> None:
    kept: list[Step] = []
    for step in block.steps:
        if replacements:
            step.inputs = [_final(replacements, value) for value in step.inputs]
        for inner in step.blocks:
            _simplify_block(program, inner, replacements)
        same = _same_as(program, step) if step.is_pure and len(step.outputs) == 1 else None
        if same is None:
            kept.append(step)
        else:
            _learn(program, step.outputs[0], same)  # type: ignore[arg-type]
            replacements[step.outputs[0]] = same  # type: ignore[index]
    block.steps = kept


def _final(replacements: dict[int, int], value: int | None) -> int | None:
    while value in replacements:
        value = replacements[value]
    return value


def _learn(program: Program, gone: int, kept: int) -> None:
    """The value that stays is known at least as well as the one that goes."""
    a, b = program.values[gone], program.values[kept]
    if shapes.compatible(a.shape, b.shape):
        b.shape = shapes.merge(b.shape, a.shape)
    b.partial = b.partial or a.partial


def _same_as(program: Program, step: Step) -> int | None:
    """The input that the step's output equals bit for bit, if one is known to."""
    if any(value is None for value in step.inputs):
        return None
    for rule in _RULES:
        found = rule(program, step)
        if found is not None:
            return found
    return None


def _passes_on(program: Program, step: Step) -> int | None:
    """A formula that is only a name: Identity and its kin."""
    formula = step.opdef.elementwise
    return step.inputs[_position(step, parse(formula))] if step.passes_on and formula is not None else None


def _neutral_element(program: Program, step: Step) -> int | None:
    if step.opdef.elementwise is None or len(step.inputs) != 2:
        return None
    formula = parse(step.opdef.elementwise)
    if not isinstance(formula, Call) or len(formula.args) != 2 or not all(isinstance(arg, Name) for arg in formula.args):
        return None
    for table, neutral in ((_ONE, 1), (_ZERO, 0)):
        for side in table.get(formula.function, ()):
            constant = step.inputs[_position(step, formula.args[side])]
            other = step.inputs[_position(step, formula.args[1 - side])]
            if _is_all(program, constant, neutral) and _same_shape(program, other, step.outputs[0]):
                return other
    return None


def _position(step: Step, part: Expression) -> int:
    return [argument.name for argument in step.arguments()].index(part.name)  # type: ignore[union-attr]


def _is_all(program: Program, value: int | None, number: int) -> bool:
    array = program.constants.get(value)  # type: ignore[arg-type]
    if array is None or array.dtype.kind not in "fiu" or not array.size:
        return False
    return bool((array == number).all()) and not np.signbit(array).any()


def _same_shape(program: Program, value: int | None, output: int | None) -> bool:
    a, b = program.values[value], program.values[output]  # type: ignore[index]
    return a.shape == b.shape and shapes.is_defined(a.shape) and a.dtype == b.dtype


def _keeps_shape(program: Program, step: Step) -> int | None:
    if step.opdef.name in KEEPS_ELEMENTS_IN_PLACE and _same_shape(program, step.inputs[0], step.outputs[0]):
        return step.inputs[0]
    return None


def _keeps_type(program: Program, step: Step) -> int | None:
    if step.opdef.name == "Cast" and step.attrs["SrcT"] == step.attrs["DstT"]:
        return step.inputs[0]
    return None


def _reduces_nothing(program: Program, step: Step) -> int | None:
    if step.opdef.name not in REDUCTIONS or len(step.inputs) != 2:
        return None
    axes = program.constants.get(step.inputs[1])  # type: ignore[arg-type]
    return step.inputs[0] if axes is not None and math.prod(axes.shape) == 0 else None


def _single_term(program: Program, step: Step) -> int | None:
    """The sum of one tensor is that tensor."""
    return step.inputs[0] if step.opdef.name == "AddN" and len(step.inputs) == 1 else None


_RULES: list[Callable[[Program, Step], int | None]] = [
    _passes_on, _neutral_element, _keeps_shape, _keeps_type, _reduces_nothing, _single_term,
]  # fmt: skip
