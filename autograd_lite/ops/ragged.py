"""Ops on ragged tensors, whose rows have different lengths: values in a row, and for each ragged axis where the rows begin and end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, several, values
from autograd_lite.ops.type_lists import INDEX

_ROW_SPLITS = "ROW_SPLITS"
_NESTED = several(np.array([0, 2, 3]), np.array([0, 1, 3, 3]))


def _checked_splits(splits: Any, count: int) -> np.ndarray:
    edges = np.asarray(splits, np.int64)
    if edges.ndim != 1 or not len(edges):
        raise invalid(f"Invalid row splits: a vector with at least one element is wanted, not shape {list(edges.shape)}")
    if edges[0] != 0:
        raise invalid(f"First value of ragged splits must be 0, got {edges[0]}")
    if np.any(np.diff(edges) < 0):
        raise invalid("Row splits must be sorted in ascending order")
    if edges[-1] != count:
        raise invalid(f"Last value of ragged splits must be {count}, the number of values, got {edges[-1]}")
    return edges


def _positions(nested: list[Any], count: int) -> tuple[np.ndarray, list[int]]:
    """The position of every value on the ragged axes, and the sizes of these axes."""
    edges = [_checked_splits(splits, len(inner) - 1) for splits, inner in zip(nested, nested[1:])]
    edges.append(_checked_splits(nested[-1], count))
    numbers = np.arange(count)
    columns = []
    for splits in reversed(edges):
        rows = np.searchsorted(splits, numbers, side="right") - 1
        columns.append(numbers - splits[rows])
        numbers = rows
    sizes = [len(edges[0]) - 1, *(int(np.diff(splits).max(initial=0)) for splits in edges)]
    return np.stack([numbers, *reversed(columns)], axis=1), sizes


def _sparse_shapes(c):
    inner = c.shape(c.count - 1)
    rank = None if inner is None else c.attrs["RAGGED_RANK"] + len(inner)
    count = None if inner is None else rules.size_product(inner)
    return [(count, rank), (count,), (rank,)]


@op(
    "RaggedTensorToSparse(rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: T) -> "
    "sparse_indices: int64, sparse_values: T, sparse_dense_shape: int64",
    types={"Tsplits": INDEX},
    type_defaults={"Tsplits": "int64"},
    shape=_sparse_shapes,
    host=("rt_nested_splits",),
    samples=[sample(_NESTED, values((3,))), sample(several(ints(0, 1, 3)), values((3, 2)))],
)
def ragged_tensor_to_sparse(xp, rt_nested_splits, rt_dense_values):
    """Turn a ragged tensor into the indices, values and shape of a sparse one."""
    outer, sizes = _positions(rt_nested_splits, len(rt_dense_values))
    inner = rt_dense_values.shape[1:]
    places = np.indices(inner).reshape(len(inner), math.prod(inner)).T
    repeated = np.repeat(outer, len(places), axis=0)
    indices = np.concatenate([repeated, np.tile(places, (len(outer), 1))], axis=1).astype(np.int64)
    return xp.asarray(indices), rt_dense_values.reshape(-1).copy(), xp.asarray(np.array([*sizes, *inner], np.int64))


@ragged_tensor_to_sparse.gradient
def ragged_tensor_to_sparse_gradient(g, op, d_indices, d_values, d_shape):
    flat = op.inputs[-1]
    found = None if d_values is None else g.reshape(d_values, g.shape(flat))
    return [*[None] * (len(op.inputs) - 1), found]


def _tensor_shape(c):
    inner = c.shape(1)
    ragged = len(c.attrs["row_partition_types"])
    wanted = c.partial(0) if c.shape(0) != () else None
    if wanted is not None:
        return tuple([None if size is None or size < 0 else size for size in wanted])
    if inner is None:
        return None
    splits = c.shape(3)
    known = splits is not None and c.attrs["row_partition_types"][0] == _ROW_SPLITS and len(splits) == 1 and splits[0]
    return (splits[0] - 1 if known else None, *[None] * ragged, *inner[1:])


def _as_splits(tensors: list[Any], kinds: list[str]) -> list[Any]:
    """Row partitions of every kind as row splits."""
    if kinds[0] != "FIRST_DIM_SIZE":
        return list(tensors)
    rows, found = int(tensors[0]), []
    for ids in tensors[1:]:
        ids = np.asarray(ids)
        if np.any((ids < 0) | (ids >= rows)):
            raise invalid(f"a row number lies outside [0, {rows})")
        found.append(np.concatenate([[0], np.cumsum(np.bincount(ids, minlength=rows))]))
        rows = len(ids)
    return found


@op(
    "RaggedTensorToTensor(shape: Tshape, values: T, default_value: T, row_partition_tensors: num_row_partition_tensors * Tindex, *, "
    "row_partition_types: list(string)) -> result: T",
    types={"Tindex": "int64 int32", "Tshape": "int64 int32"},
    shape=_tensor_shape,
    host=("shape", "row_partition_tensors"),
    samples=[
        sample(-1, values((3,)), np.float64(0.5), _NESTED, row_partition_types=[_ROW_SPLITS, _ROW_SPLITS]),
        sample(ints(-1, 4, 2), values((3, 2)), np.float64(0), several(ints(0, 1, 3)), row_partition_types=[_ROW_SPLITS]),
    ],
)
def ragged_tensor_to_tensor(xp, shape, values, default_value, row_partition_tensors, row_partition_types):
    """Turn a ragged tensor into one whose rows are filled up with a default value, or cut off where `shape` says so."""
    outer, sizes = _positions(_as_splits(row_partition_tensors, row_partition_types), len(values))
    full = [*sizes, *values.shape[1:]]
    wanted = np.asarray(shape).reshape(-1).tolist() if np.ndim(shape) else [-1] * len(full)
    if len(wanted) != len(full):
        raise invalid(f"shape has {len(wanted)} axes, the ragged tensor {len(full)}")
    full = [have if size < 0 else size for have, size in zip(full, wanted)]
    if tuple(full[len(sizes) :]) != values.shape[1:]:
        raise invalid(f"the inner axes of shape, {full[len(sizes) :]}, must be those of the values, {list(values.shape[1:])}")
    check_room(tuple(full), values.dtype.itemsize)
    result = xp.empty(tuple(full), dtype=values.dtype)
    result[...] = default_value
    inside = np.all(outer < np.array(full[: len(sizes)]), axis=1)
    places = tuple([xp.asarray(column) for column in outer[inside].T])
    result[places] = values[xp.asarray(np.flatnonzero(inside))]
    return result


@ragged_tensor_to_tensor.gradient
def ragged_tensor_to_tensor_gradient(g, op, dy):
    """To each value what arrives at its place, to the default all the rest."""
    shape, flat, default, *splits = op.inputs
    ones = g.fill(g.reshape(g.slice(g.shape(flat), [0], [1]), [1]), g.constant(1, flat.dtype))
    places = g.ragged_tensor_to_sparse(splits, ones).sparse_indices
    d_values = g.gather_nd(dy, places)
    scalar = not default.static_shape
    outer, first = (None, None) if scalar else (list(range(len(splits) + 1)), [0])
    rest = g.sub(g.reduce_sum(dy, outer), g.reduce_sum(d_values, first))
    return [None, d_values, g.reshape(rest, g.shape(default)), *[None] * len(splits)]


def _range_shape(c):
    return [(None,), (None,)]


@op(
    "RaggedRange(starts: T, limits: T, deltas: T, *, Tsplits: type = int64) -> rt_nested_splits: Tsplits, rt_dense_values: T",
    types={"T": "bfloat16 float double int32 int64", "Tsplits": INDEX},
    type_defaults={"T": "int32", "Tsplits": "int64"},
    shape=_range_shape,
    host=("starts", "limits", "deltas"),
    samples=[sample(ints(0, 5, 8), ints(3, 5, 2), ints(1, 1, -3)), sample(0.0, np.array([1.0, 2.0]), 0.5)],
    no_gradient="how many numbers there are does not change smoothly",
)
def ragged_range(xp, starts, limits, deltas, Tsplits):
    """Count from each start to its limit: rows of numbers of different lengths."""
    starts, limits, deltas = np.broadcast_arrays(starts, limits, deltas)
    if starts.ndim > 1:
        raise invalid("starts, limits and deltas must be scalars or vectors")
    starts, limits, deltas = (np.atleast_1d(each) for each in (starts, limits, deltas))
    if np.any(deltas == 0):
        raise invalid("Requires delta != 0")
    steps = np.maximum(np.ceil((limits.astype(np.float64) - starts) / deltas), 0)
    if not np.all(steps < 2.0**63):  # NaN is not, either
        raise invalid(f"Requires ((limit - start) / delta) <= {2**63 - 1}")
    counts = steps.astype(np.int64)
    check_room((sum(counts.tolist()),), starts.dtype.itemsize)
    rows = np.repeat(np.arange(len(counts)), counts)
    steps = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    numbers = starts[rows] + steps.astype(starts.dtype) * deltas[rows]
    splits = np.concatenate([[0], np.cumsum(counts)]).astype(Tsplits.numpy)
    return xp.asarray(splits), xp.asarray(numbers.astype(starts.dtype))
