"""Ops that change how a sparse tensor is laid out: to dense, sorted, reshaped, joined, cut, and with empty rows filled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, number, shape_tuple
from autograd_lite.ops.samples import ints, sample, several, values
from autograd_lite.ops.sparse_parts import (
    check_inside,
    check_order,
    checked_sizes,
    known_sizes,
    parts_shapes,
    positions_of,
    running_numbers,
    sizes_of,
)
from autograd_lite.ops.type_lists import INDEX, NUMBERS

PLACES = np.array([[0, 1], [1, 0], [2, 2]], np.int64)
SQUARE = ints(3, 3, dtype="int64")


def _dense_shape(c):
    indices = rules.with_rank_at_most(c, c.shape(0), 2)
    rules.with_rank_at_most(c, c.shape(2), 1)
    rules.with_rank(c, c.shape(3), 0)
    if indices is not None and len(indices) == 2 and c.shape(1) not in (None, (None,)):
        rules.merge_size(c, indices[1], rules.with_rank(c, c.shape(1), 1)[0])
    return known_sizes(c, 1)


@op(
    "SparseToDense(sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T, "
    "*, validate_indices: bool = True) -> dense: T",
    types={"Tindices": INDEX},
    shape=_dense_shape,
    host=("output_shape",),
    samples=[
        sample(PLACES, SQUARE, values((3,)), values(())),
        sample(PLACES, SQUARE, values(()), values(())),
        sample(ints(1, 3), ints(5), values((2,)), values(())),
    ],
)
def sparse_to_dense(xp, sparse_indices, output_shape, sparse_values, default_value, validate_indices):
    """Write values at their positions into a tensor that is `default_value` everywhere else."""
    if sparse_indices.ndim > 2:
        raise invalid(f"sparse_indices should be a scalar, vector, or matrix, got shape {text(sparse_indices.shape)}")
    sizes = shape_tuple(output_shape, default_value.dtype.itemsize)
    rows = sparse_indices.reshape(-1, 1) if sparse_indices.ndim < 2 else sparse_indices
    if rows.shape[1] != len(sizes):
        raise invalid(f"output_shape has incorrect number of elements: {len(sizes)} should be: {rows.shape[1]}")
    if sparse_values.ndim and sparse_values.shape != (len(rows),):
        raise invalid(f"sparse_values has incorrect shape {text(sparse_values.shape)}, should be [] or [{len(rows)}]")
    if default_value.ndim:
        raise invalid("default_value should be a scalar.")
    check_inside(xp, rows, sizes)
    if validate_indices:
        check_order(xp, rows, sizes)
    dense = xp.full(math.prod(sizes), default_value, dtype=default_value.dtype)
    dense[running_numbers(xp, rows, sizes)] = sparse_values
    return dense.reshape(sizes)


@sparse_to_dense.gradient
def sparse_to_dense_gradient(g, op, dy):
    indices, shape, sparse_values, _ = op.inputs
    rows = g.reshape(indices, g.stack([-1, g.size(shape)]))
    picked = g.gather_nd(dy, rows)
    d_default = g.sub(g.reduce_sum(dy), g.reduce_sum(picked)) if g.needs(3) else None
    if sparse_values.static_shape == ():
        picked = g.reduce_sum(picked)
    elif sparse_values.static_shape is None:
        _, stretched = g.broadcast_gradient_args(g.shape(picked), g.shape(sparse_values))
        picked = g.reshape(g.sum(picked, stretched), g.shape(sparse_values))
    return None, None, picked, d_default


def _reordered_shape(c):
    count, rank = parts_shapes(c)
    return [(count, rank), (count,)]


@op(
    "SparseReorder(input_indices: int64, input_values: T, input_shape: int64) -> output_indices: int64, output_values: T",
    shape=_reordered_shape,
    host=("input_shape",),
    samples=[sample(np.array([[1, 0], [0, 1]], np.int64), values((2,)), SQUARE), sample(PLACES[:0], values((0,)), SQUARE)],
)
def sparse_reorder(xp, input_indices, input_values, input_shape):
    """Sort the elements of a sparse tensor row by row; positions outside its shape, such as -1 for no category, are sorted too."""
    sizes = checked_sizes(input_indices, input_values, input_shape)
    if len(input_values):
        first = [min(int(low), 0) for low in xp.min(input_indices, axis=0)]
        last = [max(int(high), size - 1) for high, size in zip(xp.max(input_indices, axis=0), sizes)]
        sizes = sizes_of([end - start + 1 for start, end in zip(first, last)])
        input_numbers = running_numbers(xp, input_indices - xp.asarray(first), sizes)
    else:
        input_numbers = xp.zeros((0,), dtype=xp.int64)
    order = xp.argsort(input_numbers, kind="stable")
    return input_indices[order], input_values[order]


@sparse_reorder.gradient
def sparse_reorder_gradient(g, op, d_indices, d_values):
    if d_values is None:
        return None, None, None
    indices, old_values, shape = op.inputs
    order = g.sparse_reorder(indices, g.range(0, g.size(old_values), 1), shape)[1]
    return None, g.gather_v2(d_values, g.invert_permutation(order), 0), None


def _reshaped_shape(c):
    indices, sizes, new = (rules.with_rank(c, c.shape(at), rank) for at, rank in enumerate((2, 1, 1)))
    rules.merge_size(c, indices[1], sizes[0])
    return [(indices[0], new[0]), (new[0],)]


@op(
    "SparseReshape(input_indices: int64, input_shape: int64, new_shape: int64) -> output_indices: int64, output_shape: int64",
    shape=_reshaped_shape,
    host=("input_shape", "new_shape"),
    samples=[sample(PLACES, SQUARE, ints(-1, dtype="int64")), sample(PLACES, SQUARE, ints(9, 1, dtype="int64"))],
    no_gradient="positions are integers",
)
def sparse_reshape(xp, input_indices, input_shape, new_shape):
    """Give the elements of a sparse tensor the positions that they have in another shape; one size may be -1."""
    if input_indices.ndim != 2:
        raise invalid(f"Input indices should be a matrix but received shape {text(input_indices.shape)}")
    old = sizes_of(input_shape)
    if input_indices.shape[1] != len(old):
        raise invalid(f"Input tensor rank must match input shape length. {input_indices.shape[1]} != {len(old)}")
    new = _completed(old, np.asarray(new_shape))
    return positions_of(xp, running_numbers(xp, input_indices, old), new), xp.asarray(np.array(new, np.int64))


def _completed(old: tuple[int, ...], wanted: np.ndarray) -> tuple[int, ...]:
    """The new sizes, with -1 replaced by what is left."""
    if wanted.ndim != 1:
        raise invalid(f"Target shape should be a vector but received shape {text(wanted.shape)}")
    sizes, total = wanted.tolist(), math.prod(old)
    if sizes.count(-1) > 1:
        first = sizes.index(-1)
        raise invalid(f"only one output dimension may be -1, not both {first} and {sizes.index(-1, first + 1)}")
    for axis, size in enumerate(sizes):
        if size < -1:
            raise invalid(f"size {axis} must be non-negative, not {size}")
    if -1 in sizes:
        rest = math.prod(size for size in sizes if size != -1)
        if rest <= 0:
            raise invalid("reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are non-zero")
        if total % rest:
            raise invalid(
                f"Input to reshape is a SparseTensor with {total} dense values, but the requested shape requires a multiple of {rest}. "
                f"input_shape={text(old)} output_shape={text(tuple(sizes))}"
            )
        sizes[sizes.index(-1)] = total // rest
    if math.prod(sizes) != total:
        raise invalid(
            f"Input to reshape is a tensor with {total} dense values, but the requested shape has {math.prod(sizes)}. "
            f"input_shape={text(old)} output_shape={text(tuple(sizes))}"
        )
    return tuple(sizes)


def _concatenated_shape(c):
    many = c.count // 3
    counts, rank = [], None
    for at in range(many):
        indices = rules.with_rank(c, c.shape(at), 2)
        stored = rules.with_rank(c, c.shape(many + at), 1)
        sizes = rules.with_rank(c, c.shape(2 * many + at), 1)
        counts.append(rules.merge_size(c, indices[0], stored[0]))
        rank = rules.merge_size(c, rank, rules.merge_size(c, indices[1], sizes[0]))
    total = rules.size_sum(counts)
    return [(total, rank), (total,), (rank,)]


@op(
    "SparseConcat(indices: N * int64, values: N * T, shapes: N * int64, *, concat_dim: int) "
    "-> output_indices: int64, output_values: T, output_shape: int64",
    shape=_concatenated_shape,
    samples=[
        sample(several(PLACES, PLACES), several(values((3,)), values((3,))), several(SQUARE, SQUARE), concat_dim=0),
        sample(several(PLACES, PLACES), several(values((3,)), values((3,))), several(SQUARE, SQUARE), concat_dim=-1),
    ],
    no_gradient="TensorFlow defines none for joined sparse tensors",
)
def sparse_concat(xp, indices, values, shapes, concat_dim):
    """Join sparse tensors along an axis."""
    sizes = [checked_sizes(*parts[:2], to_host(parts[2])) for parts in zip(indices, values, shapes)]
    rank = len(sizes[0])
    if not -rank <= concat_dim < rank:
        raise invalid(f"Concat dimension must be in range [{-rank}, {rank}), got {concat_dim}")
    axis = concat_dim % rank
    moved, total = [], 0
    for number_of_part, (part, mine) in enumerate(zip(indices, sizes)):
        if len(mine) != rank:
            raise invalid(f"Ranks of all input tensors must match: expected {rank} but got {len(mine)} at position {number_of_part}")
        for at in range(rank):
            if at != axis and mine[at] != sizes[0][at]:
                raise invalid(
                    f"Input shapes must match: expected {sizes[0][at]} for dimension {at} but got {mine[at]} at position {number_of_part}"
                )
        shift = np.zeros(rank, np.int64)
        shift[axis] = total
        moved.append(part + xp.asarray(shift))
        total += mine[axis]
    joined = (*sizes[0][:axis], total, *sizes[0][axis + 1 :])
    places, stored = xp.concatenate(moved), xp.concatenate(values)
    order = xp.argsort(running_numbers(xp, places, sizes_of(np.array(joined, np.int64))), kind="stable")
    return places[order], stored[order], xp.asarray(np.array(joined, np.int64))


def _sliced_shape(c):
    _, rank = parts_shapes(c)
    for index in (3, 4):
        rules.merge_size(c, rank, rules.with_rank(c, c.shape(index), 1)[0])
    return [(None, rank), (None,), c.shape(2) if rank is None else (rank,)]


def _bounds(vector: Any, rank: int, name: str) -> np.ndarray:
    array = np.asarray(vector)
    if array.ndim != 1:
        raise invalid(f"Input {name} should be a vector but received shape {text(array.shape)}")
    if len(array) != rank:
        raise invalid(f"Expected {name} to be a vector of length {rank} but got length {len(array)}")
    return array


@op(
    "SparseSlice(indices: int64, values: T, shape: int64, start: int64, size: int64) "
    "-> output_indices: int64, output_values: T, output_shape: int64",
    shape=_sliced_shape,
    host=("shape", "start", "size"),
    samples=[
        sample(PLACES, values((3,)), SQUARE, ints(0, 0, dtype="int64"), ints(2, 2, dtype="int64")),
        sample(PLACES, values((3,)), SQUARE, ints(1, 0, dtype="int64"), ints(9, 9, dtype="int64")),
    ],
)
def sparse_slice(xp, indices, values, shape, start, size):
    """Cut a block out of a sparse tensor; what would lie outside is left out of the block's shape."""
    sizes = checked_sizes(indices, values, shape)
    start, size = _bounds(start, len(sizes), "start"), _bounds(size, len(sizes), "size")
    for axis, length in enumerate(size.tolist()):
        if length < 0:
            raise invalid(f"size[{axis}] = {length} must be >= 0")
    left = np.maximum(np.minimum(size, np.array(sizes, np.int64) - start), 0)
    moved = indices - xp.asarray(start)
    kept = xp.all((moved >= 0) & (moved < xp.asarray(left)), axis=-1)
    return moved[kept], values[kept], xp.asarray(left)


@sparse_slice.gradient
def sparse_slice_gradient(g, op, d_indices, d_values, d_shape):
    if d_values is None:
        return [None] * 5
    return None, g.sparse_slice_grad(d_values, op.inputs[0], op.inputs[3], op.outputs[0]), None, None, None


def _gathered_shape(c):
    return (rules.with_rank(c, c.shape(1), 2)[0],)


def lookup(xp: Any, wanted: Any, indices: Any, stored: Any) -> Any:
    """The values stored at the wanted positions, 0 where none is: [m, rank], [n, rank], [n] -> [m]."""
    if not len(indices) or not len(wanted):
        return xp.zeros(len(wanted), dtype=stored.dtype)
    corner = to_host(xp.maximum(xp.max(wanted, axis=0), xp.max(indices, axis=0)) + 1)
    sizes = sizes_of(corner)
    have, asked = running_numbers(xp, indices, sizes), running_numbers(xp, wanted, sizes)
    order = xp.argsort(have, kind="stable")
    place = xp.minimum(xp.searchsorted(have[order], asked), len(have) - 1)
    found = order[place]
    return xp.where(have[found] == asked, stored[found], xp.zeros((), dtype=stored.dtype))


@op(
    "SparseSliceGrad(backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64) -> val_grad: T",
    types={"T": NUMBERS},
    shape=_gathered_shape,
    samples=[sample(values((2,)), PLACES, ints(1, 0, dtype="int64"), np.array([[0, 0], [1, 2]], np.int64))],
)
def sparse_slice_grad(xp, backprop_val_grad, input_indices, input_start, output_indices):
    """Put the gradients of a sliced sparse tensor back in their places; what was cut off gets 0."""
    if len(backprop_val_grad) != len(output_indices):
        raise invalid(
            f"Number of elements in backprop_val_grad and output_indices must match. Got {len(backprop_val_grad)} and {len(output_indices)}"
        )
    return lookup(xp, input_indices, output_indices + input_start, backprop_val_grad)


@sparse_slice_grad.gradient
def sparse_slice_grad_gradient(g, op, dy):
    _, indices, start, places = op.inputs
    placed = g.add_v2(places, start)
    return g.sparse_add_grad(dy, placed, placed, indices)[0], None, None, None


def _split_shape(c):
    _, rank = parts_shapes(c, 1)
    many = c.attrs["num_split"]
    return [(None, rank)] * many + [(None,)] * many + [c.shape(3) if rank is None else (rank,)] * many


@op(
    "SparseSplit(split_dim: int64, indices: int64, values: T, shape: int64, *, num_split: int >= 1) "
    "-> output_indices: num_split * int64, output_values: num_split * T, output_shape: num_split * int64",
    shape=_split_shape,
    host=("split_dim", "shape"),
    samples=[
        sample(np.int64(0), PLACES, values((3,)), SQUARE, num_split=3),
        sample(np.int64(1), PLACES, values((3,)), SQUARE, num_split=2),
    ],
    no_gradient="TensorFlow defines none for the pieces of a sparse tensor",
)
def sparse_split(xp, split_dim, indices, values, shape, num_split):
    """Cut a sparse tensor into pieces along an axis; the first ones are longer by one where it does not come out even."""
    sizes = checked_sizes(indices, values, shape)
    axis = number(split_dim, "split_dim should be a scalar, not shape ")
    if not 0 <= axis < len(sizes):
        raise invalid(f"Input split_dim should be between 0 and rank ({len(sizes)}), got {axis}")
    if num_split > sizes[axis]:
        raise invalid(f"Input num_split should be between 1 and the splitting dimension size ({sizes[axis]}), got {num_split}")
    length, longer = divmod(sizes[axis], num_split)
    places, stored, shapes, start = [], [], [], 0
    for piece in range(num_split):
        size = length + (piece < longer)
        kept = (indices[:, axis] >= start) & (indices[:, axis] < start + size)
        shift = np.zeros(len(sizes), np.int64)
        shift[axis] = start
        places.append(indices[kept] - xp.asarray(shift))
        stored.append(values[kept])
        shapes.append(xp.asarray(np.array((*sizes[:axis], size, *sizes[axis + 1 :]), np.int64)))
        start += size
    return places, stored, shapes


def _filled_shape(c):
    count, rank = parts_shapes(c)
    rules.with_rank(c, c.shape(3), 0)
    sizes = known_sizes(c, 2)
    return [(None, rank), (None,), (sizes[0] if sizes else None,), (count,)]


@op(
    "SparseFillEmptyRows(indices: int64, values: T, dense_shape: int64, default_value: T) "
    "-> output_indices: int64, output_values: T, empty_row_indicator: bool, reverse_index_map: int64",
    shape=_filled_shape,
    host=("dense_shape",),
    samples=[
        sample(np.array([[0, 1], [2, 0]], np.int64), values((2,)), SQUARE, values(())),
        sample(PLACES[:0], values((0,)), ints(2, 3, dtype="int64"), values(())),
    ],
)
def sparse_fill_empty_rows(xp, indices, values, dense_shape, default_value):
    """Give every row without elements one, `default_value` in its first column.

    The third output tells which rows were empty, the fourth where each of the given elements is now.
    """
    sizes = checked_sizes(indices, values, dense_shape)
    if default_value.ndim:
        raise invalid(f"Default value must be a scalar, got shape {text(default_value.shape)}")
    if not sizes or not sizes[0]:
        if len(indices):
            raise invalid(f"Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = {len(indices)}")
        return indices.copy(), values.copy(), xp.zeros(0, dtype=bool), xp.zeros(0, dtype=xp.int64)
    check_room((sizes[0], indices.shape[1]), 8)
    rows = indices[:, 0]
    outside = (rows < 0) | (rows >= sizes[0])
    if bool(xp.any(outside)):
        place = int(xp.argmax(outside))
        raise invalid(f"indices({place}, 0) is invalid: {int(rows[place])} >= {sizes[0]}")
    empty = xp.bincount(rows, minlength=sizes[0]) == 0
    added = xp.flatnonzero(empty).astype(xp.int64)
    extra = xp.zeros((len(added), indices.shape[1]), dtype=xp.int64)
    extra[:, 0] = added
    order = xp.argsort(xp.concatenate([rows, added]), kind="stable")
    moved_to = xp.zeros(len(order), dtype=xp.int64)
    moved_to[order] = xp.arange(len(order))
    stored = xp.concatenate([values, xp.full(len(added), default_value, dtype=values.dtype)])[order]
    return xp.concatenate([indices, extra])[order], stored, empty, moved_to[: len(rows)]


@sparse_fill_empty_rows.gradient
def sparse_fill_empty_rows_gradient(g, op, d_indices, d_values, d_empty, d_map):
    if d_values is None:
        return [None] * 4
    old, default = g.sparse_fill_empty_rows_grad(op.outputs[3], d_values)
    return None, old, None, default


@op(
    "SparseFillEmptyRowsGrad(reverse_index_map: int64, grad_values: T) -> d_values: T, d_default_value: T",
    shape=lambda c: [(rules.with_rank(c, c.shape(0), 1)[0],), ()],
    samples=[sample(ints(0, 2, dtype="int64"), values((4,)))],
)
def sparse_fill_empty_rows_grad(xp, reverse_index_map, grad_values):
    """Part the gradients of a filled sparse tensor: those of its own elements, and the sum of those that were added."""
    if reverse_index_map.ndim != 1 or grad_values.ndim != 1:
        raise invalid("reverse_index_map must be a vector, and so must grad_values")
    outside = (reverse_index_map < 0) | (reverse_index_map >= len(grad_values))
    if bool(xp.any(outside)):
        raise invalid(f"Elements in reverse index must be in [0, {len(grad_values)}) but got {int(reverse_index_map[xp.argmax(outside)])}")
    was_added = xp.ones(len(grad_values), dtype=bool)
    was_added[reverse_index_map] = False
    return grad_values[reverse_index_map], xp.sum(grad_values[was_added], dtype=grad_values.dtype)


@sparse_fill_empty_rows_grad.gradient
def sparse_fill_empty_rows_grad_gradient(g, op, d_old, d_default):
    places, grad = op.inputs
    total = g.size(grad)
    parts = []
    if d_old is not None:
        parts.append(g.unsorted_segment_sum(d_old, places, total))
    if d_default is not None:
        taken = g.unsorted_segment_sum(g.ones_like(places), places, total)
        parts.append(g.mul(g.cast(g.equal(taken, g.zeros_like(taken)), grad.dtype), d_default))
    return None, g.add_n(parts) if parts else None
