"""Ops that put elements around a tensor: zeros, copies of one value, or its own mirror image."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, scalar_input
from autograd_lite.ops.rows import combine_rows
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.type_lists import INDEX


def _pad_shape(c):
    pads, shape = rules.with_rank(c, c.shape(1), 2), c.shape(0)
    rules.with_size(c, pads[1], 2)
    rank = pads[0] if shape is None else len(shape)
    if shape is not None and pads[0] is not None and pads[0] != len(shape):
        raise c.fail(f"Shape must be rank {pads[0]} but is rank {len(shape)}")
    if rank is None:
        return None
    amounts = c.value(1)
    if shape is None or amounts is None:
        return (None,) * rank
    return tuple([None if size is None else size + int(before + after) for size, (before, after) in zip(shape, amounts)])


def padding_amounts(paddings, rank):
    """The (before, after) pairs of a paddings input, checked."""
    paddings = np.asarray(paddings)
    if paddings.ndim != 2 or paddings.shape[1] != 2:
        raise invalid(f"paddings must be a matrix with 2 columns: {rules.shape_text(paddings.shape)}")
    pairs = [tuple(pair) for pair in paddings.tolist()]
    if len(pairs) != rank:
        raise invalid(f"The first dimension of paddings must be the rank of inputs [{len(pairs)},2] {rank}")
    for before, after in pairs:
        if before < 0 or after < 0:
            raise invalid(f"Paddings must be non-negative: {before} {after}")
    return pairs


def _padded(xp, input, paddings, filler):
    pairs = padding_amounts(paddings, input.ndim)
    shape = tuple([before + size + after for size, (before, after) in zip(input.shape, pairs)])
    check_room(shape, input.dtype.itemsize)
    whole = xp.full(shape, filler, dtype=input.dtype)
    whole[tuple([slice(before, before + size) for size, (before, _) in zip(input.shape, pairs)])] = input
    return whole


_PADDINGS: dict[str, Any] = {
    "types": {"Tpaddings": INDEX},
    "type_defaults": {"Tpaddings": "int32"},
    "shape": _pad_shape,
    "host": ("paddings",),
}


def _prepared_pad(c):
    """Zeros put before and after along one axis, when the shape and the amounts are known."""
    shape, amounts = c.shape(0), c.value(1)
    if not shapes.is_defined(shape) or amounts is None or amounts.shape != (len(shape), 2) or amounts.size and amounts.min() < 0:
        return None
    axes = [axis for axis, pair in enumerate(amounts.tolist()) if any(pair)]
    if len(axes) != 1 or c.dtype(0).kind not in "fiubc":
        return None
    (at,) = axes
    before, after = ((*shape[:at], int(amount), *shape[at + 1 :]) for amount in amounts[at])
    zeros = [f"xp.zeros({{{name}}}, {{dtype}})" if part[at] else "" for name, part in (("before", before), ("after", after))]
    parts = ", ".join(part for part in (zeros[0], "{input}", zeros[1]) if part)
    return f"xp.concatenate(({parts},), {{at}})", {"before": before, "after": after, "dtype": c.dtype(0).numpy, "at": at}


@op(
    "Pad(input: T, paddings: Tpaddings) -> output: T",
    prepare=_prepared_pad,
    samples=[sample(values((2, 3)), [[1, 0], [0, 2]]), sample(values((2, 3)), [[0, 0], [1, 2]])],
    **_PADDINGS,
)
def pad(xp, input, paddings):
    """Put zeros around `input`: `paddings[axis]` holds how many before and how many after."""
    return _padded(xp, input, paddings, b"" if input.dtype == object else 0)


def _unpadded(g, op, dy):
    before = g.reshape(g.slice(op.inputs[1], [0, 0], g.stack([g.rank(op.inputs[0]), 1])), [-1])
    return g.slice(dy, before, g.cast(g.shape(op.inputs[0]), before.dtype))


@pad.gradient
def pad_gradient(g, op, dy):
    return _unpadded(g, op, dy), None


@op(
    "PadV2(input: T, paddings: Tpaddings, constant_values: T) -> output: T",
    samples=[sample(values((2, 3)), [[1, 0], [0, 2]], 7.0)],
    **_PADDINGS,
)
def pad_v2(xp, input, paddings, constant_values):
    """Put copies of a scalar around `input`: `paddings[axis]` holds how many before and how many after."""
    return _padded(xp, input, paddings, scalar_input(constant_values, "constant_values must be a scalar. Found: "))


@pad_v2.gradient
def pad_v2_gradient(g, op, dy):
    inner = _unpadded(g, op, dy)
    return inner, None, g.sub(g.reduce_sum(dy), g.reduce_sum(inner)) if g.needs(2) else None


def _mirrored(size, before, after, mode):
    """For every place of a padded axis, the place of the axis whose element it shows."""
    if mode == "REFLECT" and max(before, after) >= size:
        raise invalid(f"paddings must be less than the dimension size: {before}, {after} not less than {size}")
    if max(before, after) > size:
        raise invalid(f"paddings must be no greater than the dimension size: {before}, {after} greater than {size}")
    edge = 0 if mode == "REFLECT" else 1  # whether the element at the edge is repeated
    places = np.arange(-before, size + after)
    places = np.where(places < 0, -places - edge, places)
    return np.where(places >= size, 2 * (size - 1) + edge - places, places)


_MIRRORED: dict[str, Any] = {"types": {"Tpaddings": INDEX}, "type_defaults": {"Tpaddings": "int32"}, "host": ("paddings",)}
_MODE = "mode: {'REFLECT', 'SYMMETRIC'}"


@op(
    f"MirrorPad(input: T, paddings: Tpaddings, *, {_MODE}) -> output: T",
    shape=_pad_shape,
    samples=[sample(values((2, 3)), [[1, 0], [0, 2]], mode="REFLECT"), sample(values((2, 3)), [[1, 2], [0, 3]], mode="SYMMETRIC")],
    **_MIRRORED,
)
def mirror_pad(xp, input, paddings, mode):
    """Continue a tensor beyond its edges as a mirror would: `SYMMETRIC` repeats the element at the edge, `REFLECT` does not."""
    pairs = padding_amounts(paddings, input.ndim)
    check_room(tuple([before + size + after for size, (before, after) in zip(input.shape, pairs)]), input.dtype.itemsize)
    padded = xp.array(input)
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            padded = xp.take(padded, xp.asarray(_mirrored(input.shape[axis], before, after, mode)), axis=axis)
    return padded


@mirror_pad.gradient
def mirror_pad_gradient(g, op, dy):
    return g.mirror_pad_grad(dy, op.inputs[1], mode=op.attrs["mode"]), None


def _unpadded_shape(c):
    shape, amounts = c.shape(0), c.value(1)
    if shape is None or amounts is None:
        return None if shape is None else (None,) * len(shape)
    return tuple([None if size is None else size - int(before + after) for size, (before, after) in zip(shape, amounts)])


@op(
    f"MirrorPadGrad(input: T, paddings: Tpaddings, *, {_MODE}) -> output: T",
    shape=_unpadded_shape,
    samples=[sample(values((3, 5)), [[1, 0], [0, 2]], mode="REFLECT"), sample(values((5, 6)), [[1, 2], [0, 3]], mode="SYMMETRIC")],
    **_MIRRORED,
)
def mirror_pad_grad(xp, input, paddings, mode):
    """Fold what MirrorPad added back: every element is added to the one that it was a copy of."""
    folded = xp.array(input)
    for axis, (before, after) in enumerate(padding_amounts(paddings, input.ndim)):
        if before or after:
            size = folded.shape[axis] - before - after
            if size < (0 if mode == "SYMMETRIC" else 1):
                total = before + after
                raise invalid(f"Total paddings must be less than the input dimension size: {total} was not less than {size + total}")
            rows = xp.zeros((size, *folded.shape[:axis], *folded.shape[axis + 1 :]), dtype=folded.dtype)
            combine_rows(xp, xp.add, rows, xp.asarray(_mirrored(size, before, after, mode)), xp.moveaxis(folded, axis, 0))
            folded = xp.moveaxis(rows, 0, axis)
    return folded


@mirror_pad_grad.gradient
def mirror_pad_grad_gradient(g, op, dy):
    return g.mirror_pad(dy, op.inputs[1], mode=op.attrs["mode"]), None
