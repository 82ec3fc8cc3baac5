"""Ops that move elements to other places: transposing, reversing, rolling, and permutations."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.graph.static_value import constant_value
from autograd_lite.ops.checks import invalid, numbers
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX


def _transpose_shape(c):
    order, shape = rules.with_rank(c, c.shape(1), 1), c.shape(0)
    rank = order[0]
    if shape is not None:
        if rank is not None and rank != len(shape):
            raise c.fail(f"Dimension must be {len(shape)} but is {rank}")
        rank = len(shape)
    if rank is None:
        return None
    perm = c.value(1)
    if shape is None or perm is None:
        return (None,) * rank
    for axis in perm.tolist():
        if not -rank <= axis < rank:
            raise c.fail(f"perm dim {axis} is out of range of input rank {rank}")
    return tuple([shape[axis] for axis in perm.tolist()])


def checked_permutation(perm, rank):
    """The permutation as a list of axes counted from the front, each of which must be there once."""
    axes = numbers(perm, "perm must be rank 1, got shape ")
    if len(axes) != rank:
        raise invalid(f"transpose expects a vector of size {rank}. But input(1) is a vector of size {len(axes)}")
    for axis in axes:
        if not -rank <= axis < rank:
            raise invalid(f"{axis} is out of range [0 .. {rank})")
    found = [axis % rank for axis in axes]
    for axis in range(rank):
        if axis not in found:
            raise invalid(f"{axis} is missing from {{{','.join(map(str, axes))}}}.")
    return found


_PERMUTED: dict[str, Any] = {"types": {"Tperm": INDEX}, "type_defaults": {"Tperm": "int32"}, "shape": _transpose_shape, "host": ("perm",)}


@op(
    "Transpose(x: T, perm: Tperm) -> y: T",
    formula="dx = dy, transposed back",
    view=("x",),
    samples=[sample(values((2, 3)), ints(1, 0)), sample(values((2, 3, 4)), ints(2, 0, 1)), sample(values(()), ints())],
    **_PERMUTED,
)
def transpose(xp, x, perm):
    """Put the axes of `x` in another order: axis i of the result is axis `perm[i]` of `x`."""
    return xp.transpose(x, checked_permutation(perm, x.ndim))


def _inverse_permutation(g, perm):
    known = constant_value(perm)
    return g.invert_permutation(perm) if known is None else g.constant(np.argsort(known).astype(known.dtype))


@transpose.gradient
def transpose_gradient(g, op, dy):
    return g.transpose(dy, _inverse_permutation(g, op.inputs[1])), None


@op(
    "ConjugateTranspose(x: T, perm: Tperm) -> y: T",
    view=("x",),
    samples=[sample(values((2, 3), dtype="complex128"), ints(1, 0)), sample(values((2, 3)), ints(1, 0))],
    **_PERMUTED,
)
def conjugate_transpose(xp, x, perm):
    """Put the axes of `x` in another order, and take the conjugate of every element."""
    return xp.transpose(xp.conj(x) if x.dtype.kind == "c" else x, checked_permutation(perm, x.ndim))


@conjugate_transpose.gradient
def conjugate_transpose_gradient(g, op, dy):
    return g.conjugate_transpose(dy, _inverse_permutation(g, op.inputs[1])), None


@op(
    "InvertPermutation(x: T) -> y: T",
    types={"T": INDEX},
    type_defaults={"T": "int32"},
    shape=lambda c: rules.with_rank(c, c.shape(0), 1),
    names=["invert_permutation", "math.invert_permutation"],
    samples=[sample(ints(2, 0, 1))],
    no_gradient="positions are integers",
)
def invert_permutation(xp, x):
    """Give the permutation that undoes permutation `x`.

    >>> tf.Session().run(tf.invert_permutation([2, 0, 1]))
    array([1, 2, 0], dtype=int32)
    """
    order = to_host(x)
    if order.ndim != 1:
        raise invalid("invert_permutation expects a 1D vector.")
    seen = np.zeros(order.size, bool)
    outside = (order < 0) | (order >= order.size)
    if outside.any():
        raise invalid(f"{order[outside][0]} is not between 0 and {order.size}")
    seen[order] = True
    if not seen.all():
        values, counts = np.unique(order, return_counts=True)
        raise invalid(f"{values[counts > 1][0]} is duplicated in the input.")
    inverse = xp.empty_like(x)
    inverse[x] = xp.arange(x.size, dtype=x.dtype)
    return inverse


def _reverse_shape(c):
    shape, axes = c.shape(0), c.value(1)
    rules.with_rank(c, c.shape(1), 1)
    if shape is not None and axes is not None:
        _reversed_axes(axes.tolist(), len(shape), c.fail)
    return shape


def _reversed_axes(axes, rank, fail):
    """The axes counted from the front; `fail(text)` makes the exception for one that is not there or comes twice."""
    found: list[int] = []
    for axis in axes:
        if not -rank <= axis < rank:
            raise fail(f"'axis'[{len(found)}] = {axis} is out of valid range [0, {rank - 1}]")
        if axis % rank in found:
            raise fail(f"axis {axis % rank} specified more than once.")
        found.append(axis % rank)
    return found


@op(
    "ReverseV2(tensor: T, axis: Tidx) -> output: T",
    types={
        "Tidx": INDEX,
        "T": "uint8 int8 uint16 int16 int32 uint32 int64 uint64 bool bfloat16 half float double complex64 complex128 string",
    },
    type_defaults={"Tidx": "int32"},
    shape=_reverse_shape,
    host=("axis",),
    view=("tensor",),
    names=["reverse", "reverse_v2", "manip.reverse"],
    samples=[sample(values((2, 3)), ints(1)), sample(values((2, 3)), ints(0, -1)), sample(values((2, 3)), ints())],
)
def reverse_v2(xp, tensor, axis):
    """Reverse the order of the elements along the given axes.

    >>> tf.Session().run(tf.reverse([[1, 2], [3, 4]], [1]))
    array([[2, 1],
           [4, 3]], dtype=int32)
    """
    flipped = _reversed_axes(np.asarray(axis).tolist(), tensor.ndim, invalid)
    return tensor[tuple([slice(None, None, -1) if at in flipped else slice(None) for at in range(tensor.ndim)])]


@reverse_v2.gradient
def reverse_v2_gradient(g, op, dy):
    return g.reverse_v2(dy, op.inputs[1]), None


def _roll_shape(c):
    rules.with_rank_at_least(c, c.shape(0), 1)
    rules.with_rank_at_most(c, c.shape(1), 1)
    rules.with_rank_at_most(c, c.shape(2), 1)
    return c.shape(0)


@op(
    "Roll(input: T, shift: Tshift, axis: Taxis) -> output: T",
    types={"Tshift": INDEX, "Taxis": INDEX},
    shape=_roll_shape,
    host=("shift", "axis"),
    names=["roll", "manip.roll"],
    samples=[sample(values((5,)), 2, 0), sample(values((2, 3)), ints(1, -1), ints(0, 1))],
)
def roll(xp, input, shift, axis):
    """Shift the elements along axes; those that leave at one end come in at the other.

    >>> tf.Session().run(tf.roll([1, 2, 3, 4], 1, 0))
    array([4, 1, 2, 3], dtype=int32)
    """
    for name, part in (("shift", shift), ("axis", axis)):
        if np.ndim(part) > 1:
            raise invalid(f"{name} must be a scalar or a 1-D vector. Found: {rules.shape_text(part.shape)}")
    if shift.shape != axis.shape:
        raise invalid("shift and axis must have the same size")
    shifts, axes = np.asarray(shift).reshape(-1).tolist(), np.asarray(axis).reshape(-1).tolist()
    for at in axes:
        if not -input.ndim <= at < input.ndim:
            raise invalid(f"axis {at} is out of range")
    return xp.roll(input, tuple(shifts), tuple(axes))


@roll.gradient
def roll_gradient(g, op, dy):
    return g.roll(dy, g.neg(op.inputs[1]), op.inputs[2]), None, None


def _reverse_sequence_shape(c):
    shape, lengths = c.shape(0), rules.with_rank(c, c.shape(1), 1)
    if shape is None:
        return None
    seq, batch = c.attrs["seq_dim"], c.attrs["batch_dim"]
    for name, axis in (("batch_dim", batch), ("seq_dim", seq)):
        if axis >= len(shape):
            raise c.fail(f"{name} must be < input rank: {axis} vs. {len(shape)}")
    size = rules.merge_size(c, shape[batch], lengths[0])
    return (*shape[:batch], size, *shape[batch + 1 :])


@op(
    "ReverseSequence(input: T, seq_lengths: Tlen, *, seq_dim: int, batch_dim: int = 0) -> output: T",
    types={"Tlen": INDEX},
    type_defaults={"Tlen": "int64"},
    shape=_reverse_sequence_shape,
    samples=[sample(values((2, 4)), ints(2, 3), seq_dim=1), sample(values((4, 2, 2)), ints(1, 4), seq_dim=0, batch_dim=1)],
)
def reverse_sequence(xp, input, seq_lengths, seq_dim, batch_dim):
    """Reverse the first `seq_lengths[b]` elements along axis `seq_dim` of every entry b of axis `batch_dim`."""
    size = input.shape[seq_dim]
    if seq_dim == batch_dim:
        raise invalid(f"batch_dim == seq_dim == {seq_dim}")
    if len(seq_lengths) != input.shape[batch_dim]:
        raise invalid(f"Length of seq_lengths != input.dims({batch_dim}), ({len(seq_lengths)} vs. {input.shape[batch_dim]})")
    for what, outside in (("< 0", seq_lengths < 0), (f"> input.dims({seq_dim})", seq_lengths > size)):
        if bool(xp.any(outside)):
            raise invalid(f"seq_lens({int(xp.argmax(outside))}) {what}")
    position = xp.arange(size)
    lengths = xp.expand_dims(seq_lengths, 1).astype(xp.int64)
    source = xp.where(position < lengths, lengths - 1 - position, position)  # [batch, size]
    if batch_dim > seq_dim:
        source = source.T
    shape = [input.shape[axis] if axis in (seq_dim, batch_dim) else 1 for axis in range(input.ndim)]
    return xp.take_along_axis(input, source.reshape(shape), axis=seq_dim)


@reverse_sequence.gradient
def reverse_sequence_gradient(g, op, dy):
    return g.reverse_sequence(dy, op.inputs[1], seq_dim=op.attrs["seq_dim"], batch_dim=op.attrs["batch_dim"]), None
