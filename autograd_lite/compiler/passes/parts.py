"""Put parts of a gradient side by side, instead of adding arrays that are mostly zeros.

A tensor that is cut into slices gets its gradient from each of them: the slice's own, padded with zeros to the size of the whole. Their sum
is a sum of as many whole arrays as there are slices. Where the slices lie beside each other along one axis, their gradients are joined
instead, with zeros for what no slice took. Adding 0 to that keeps every bit: a sum with zeros has no -0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograd_lite.compiler.passes.columns import count_uses
from autograd_lite.compiler.passes.expand import SUMS
from autograd_lite.compiler.program import OP, Block, Program, Step
from autograd_lite.core import shapes
from autograd_lite.core.errors import OpError
from autograd_lite.graph.table import TABLE
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.slicing import SliceSpec, cut, slice_bounds

_PADDED = frozenset(["Pad", "StridedSliceGrad"])
_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


class _Part(NamedTuple):
    """What lies between zeros along one axis."""

    axis: int
    begin: int
    end: int
    value: int  # the array that lies there


def parts(program: Program) -> Program:
    """Replace sums of padded arrays that do not overlap."""
    uses = count_uses(program)
    for block in program.all_blocks():
        padded = {step.outputs[0]: step for step in block.steps if step.kind == OP and step.opdef.name in _PADDED and not step.keep}
        if len(padded) > 1:
            _join_in(program, block, padded, uses)
    return program


def _join_in(program: Program, block: Block | Program, padded: dict[int | None, Step], uses: dict[int, int]) -> None:
    """Replace the sums of one block."""
    changes: dict[int, list[Step]] = {}  # id of a step -> what takes its place
    for step in block.steps:
        if step.kind != OP or step.opdef.name not in SUMS or any(value not in padded or uses[value] != 1 for value in step.inputs):  # type: ignore[index]
            continue
        terms = [padded[value] for value in step.inputs]
        found = [_part(program, term) for term in terms]
        ordered = sorted([part for part in found if part is not None], key=lambda part: part.begin)
        if len(ordered) == len(terms) > 1 and _lie_apart(ordered):
            changes[id(step)] = _joined(program, step, ordered)
            changes.update((id(term), []) for term in terms)
    if changes:
        block.steps = [new for step in block.steps for new in changes.get(id(step), [step])]


def _part(program: Program, step: Step) -> _Part | None:
    """Where the array lies that a step pads; None if it does not stretch over all other axes, or that is not known."""
    whole = program.values[step.outputs[0]].shape  # type: ignore[index]
    value = step.inputs[0] if step.opdef.name == "Pad" else step.inputs[4]
    known = program.values[value]  # type: ignore[index]
    if not shapes.is_defined(whole) or not shapes.is_defined(known.shape) or known.dtype.kind not in "f" or 0 in whole:  # type: ignore[operator]
        return None
    spans = (_spans_of_pad if step.opdef.name == "Pad" else _spans_of_slice)(program, step, whole)  # type: ignore[arg-type]
    if spans is None or len(spans) != len(whole):  # type: ignore[arg-type]
        return None
    cut_axes = [axis for axis, (span, size) in enumerate(zip(spans, whole)) if span != (0, size)]  # type: ignore[arg-type]
    return _Part(cut_axes[0], *spans[cut_axes[0]], value) if len(cut_axes) == 1 else None  # type: ignore[arg-type]


def _spans_of_pad(program: Program, step: Step, whole: tuple[int, ...]) -> list[tuple[int, int]] | None:
    """Begin and end of the padded array along every axis."""
    given = program.constants.get(step.inputs[1])  # type: ignore[arg-type]
    if given is None or given.shape != (len(whole), 2):
        return None
    return [(before, size - after) for (before, after), size in zip(given.tolist(), whole)]


def _spans_of_slice(program: Program, step: Step, whole: tuple[int, ...]) -> list[tuple[int, int]] | None:
    given = [program.constants.get(value) for value in step.inputs[1:4]]  # type: ignore[arg-type]
    if any(each is None for each in given):
        return None
    try:
        spec = SliceSpec(*slice_bounds(*given), *[step.attrs[mask] for mask in _MASKS])
        where = cut(whole, spec, invalid).where
    except OpError:  # the kernel will complain
        return None
    if len(where) != len(whole) or None in where:  # it has new axes
        return None
    spans = [each.indices(size) if isinstance(each, slice) else (each, each + 1, 1) for each, size in zip(where, whole)]
    if any(step_size != 1 or end <= begin for begin, end, step_size in spans):
        return None
    return [(begin, end) for begin, end, _ in spans]


def _lie_apart(ordered: list[_Part]) -> bool:
    """Whether all are cut along one axis, and none reaches into the next."""
    return len({part.axis for part in ordered}) == 1 and all(one.end <= other.begin for one, other in zip(ordered, ordered[1:]))


def _joined(program: Program, step: Step, ordered: list[_Part]) -> list[Step]:
    """The steps that put the parts side by side."""
    result, name, axis = program.values[step.outputs[0]], step.node.name, ordered[0].axis  # type: ignore[index]
    whole: tuple[int, ...] = result.shape  # type: ignore[assignment]
    steps, pieces, reached = [], [], 0

    def sized(length: int) -> tuple[int, ...]:
        return (*whole[:axis], length, *whole[axis + 1 :])

    def fill_up_to(place: int) -> None:
        if place > reached:
            zeros = np.broadcast_to(result.dtype.numpy.type(0), sized(place - reached))
            pieces.append(program.constant(zeros, f"{name}/zeros"))

    for part in ordered:
        fill_up_to(part.begin)
        value, wanted = part.value, sized(part.end - part.begin)
        if program.values[value].shape != wanted:  # a slice that dropped the axis
            shape = program.constant(np.array(wanted, np.int32), f"{name}/shape")
            value = program.new_value(result.dtype, wanted, f"{name}/part")
            steps.append(Step(OP, TABLE["Reshape"], step.node, [part.value, shape], [value]))
            steps[-1].attrs = {"T": result.dtype, "Tshape": program.values[shape].dtype}
        pieces.append(value)
        reached = part.end
    fill_up_to(whole[axis])
    at = program.constant(np.array(axis, np.int32), f"{name}/axis")
    beside = program.new_value(result.dtype, whole, f"{name}/parts")
    steps.append(Step(OP, TABLE["ConcatV2"], step.node, [*pieces, at], [beside]))
    steps[-1].attrs = {"N": len(pieces), "T": result.dtype, "Tidx": program.values[at].dtype}
    zero = program.constant(np.zeros((), result.dtype.numpy), f"{name}/zero")
    steps.append(Step(OP, TABLE["AddV2"], step.node, [beside, zero], list(step.outputs)))
    steps[-1].attrs, steps[-1].keep = {"T": result.dtype}, step.keep
    return steps
