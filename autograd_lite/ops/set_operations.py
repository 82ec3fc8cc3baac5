"""Ops on sets, each in the last axis of a tensor: union, intersection, difference, and sizes. They run on the host."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, on_device
from autograd_lite.ops.samples import ints, sample
from autograd_lite.ops.sparse_parts import check_inside, check_order, checked_sizes, parts_shapes

_TYPES = {"T": "int8 int16 int32 int64 uint8 uint16 string"}
_RESULT = "result_indices: int64, result_values: T, result_shape: int64"
_KIND = "set_operation: string, validate_indices: bool = True"
_DISCRETE = "which elements a set has does not change smoothly"


class _Sets(NamedTuple):
    """Sets in a row: the number of the set of every element, the elements, and the shape in which the sets stand."""

    groups: np.ndarray
    values: np.ndarray
    outer: tuple[int, ...]


def _dense(values: Any) -> _Sets:
    if values.ndim < 2:
        raise invalid(f"Shape must be at least rank 2 but is rank {values.ndim}")
    outer = values.shape[:-1]
    return _Sets(np.repeat(np.arange(math.prod(outer)), values.shape[-1]), values.reshape(-1), outer)


def _sparse(indices: Any, values: Any, shape: Any, validate: bool) -> _Sets:
    sizes = checked_sizes(indices, values, shape)
    if len(sizes) < 2:
        raise invalid(f"Invalid input rank: {len(sizes)}; a set needs an axis of its own, and one axis at least to stand in")
    check_inside(np, indices, sizes)
    if validate:
        check_order(np, indices, sizes)
    outer = sizes[:-1]
    groups = np.ravel_multi_index(tuple(indices[:, :-1].T), outer) if len(indices) else np.zeros(0, np.int64)
    return _Sets(groups, values, outer)


def _combined(xp: Any, first: _Sets, second: _Sets, kind: str) -> tuple[Any, ...]:
    """The sets that come out, as a sparse tensor with the elements of each in ascending order."""
    if first.outer != second.outer:
        raise invalid(f"Mismatched shapes {text(first.outer)} vs {text(second.outer)}")
    elements, codes = np.unique(np.concatenate([first.values, second.values]), return_inverse=True)
    present, which = np.unique(np.concatenate([first.groups, second.groups]), return_inverse=True)
    count = max(len(elements), 1)
    numbers = which.reshape(-1) * count + codes.reshape(-1)  # the set and the element as one number
    left, right = np.unique(numbers[: len(first.groups)]), np.unique(numbers[len(first.groups) :])
    combine: dict[str, Any] = {
        "a-b": np.setdiff1d,
        "b-a": lambda a, b: np.setdiff1d(b, a),
        "intersection": np.intersect1d,
        "union": np.union1d,
    }
    if kind not in combine:
        raise invalid(f"Invalid set_operation {kind}.")
    kept = combine[kind](left, right)
    groups = kept // count
    sizes = np.bincount(groups, minlength=1)
    places = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    indices = np.stack([*np.unravel_index(present[groups], first.outer), places], axis=1).astype(np.int64)
    parts = (indices, elements[kept % count], np.array([*first.outer, sizes.max()], np.int64))
    return tuple([on_device(xp, part) for part in parts])


def _result_shapes(rank: int | None) -> list[Any]:
    return [(None, rank), (None,), (rank,)]


def _sparse_rank(c: Any, first: int) -> int | None:
    return parts_shapes(c, first)[1]


def _dense_shapes(c):
    first, second = rules.with_rank_at_least(c, c.shape(0), 2), rules.with_rank_at_least(c, c.shape(1), 2)
    if first is not None and second is not None:
        rules.merge(c, first[:-1], second[:-1])
    return _result_shapes(rules.rank_of(first) or rules.rank_of(second))


@op(
    f"DenseToDenseSetOperation(set1: T, set2: T, *, {_KIND}) -> {_RESULT}",
    types=_TYPES,
    shape=_dense_shapes,
    host=("set1", "set2"),
    samples=[sample(np.array([[1, 2], [3, 3]]), np.array([[2, 5], [4, 3]]), set_operation=kind) for kind in ("union", "a-b")]
    + [sample(np.array([[b"b", b"a"]], object), np.array([[b"c", b"a"]], object), set_operation="intersection")],
    no_gradient=_DISCRETE,
)
def dense_to_dense_set_operation(xp, set1, set2, set_operation):
    """Combine the sets in the last axis of two tensors."""
    return _combined(xp, _dense(set1), _dense(set2), set_operation)


_SPARSE = [np.array([[0, 0], [0, 1], [1, 0]]), ints(1, 2, 3), np.array([2, 2])]


@op(
    f"DenseToSparseSetOperation(set1: T, set2_indices: int64, set2_values: T, set2_shape: int64, *, {_KIND}) -> {_RESULT}",
    types=_TYPES,
    shape=lambda c: _result_shapes(rules.rank_of(rules.with_rank_at_least(c, c.shape(0), 2)) or _sparse_rank(c, 1)),
    host=("set1", "set2_indices", "set2_values", "set2_shape"),
    samples=[sample(np.array([[1, 5], [3, 3]], np.int32), *_SPARSE, set_operation="b-a")],
    no_gradient=_DISCRETE,
)
def dense_to_sparse_set_operation(xp, set1, set2_indices, set2_values, set2_shape, set_operation, validate_indices):
    """Combine the sets in the last axis of a tensor with those of a sparse tensor."""
    return _combined(xp, _dense(set1), _sparse(set2_indices, set2_values, set2_shape, validate_indices), set_operation)


@op(
    f"SparseToSparseSetOperation(set1_indices: int64, set1_values: T, set1_shape: int64, set2_indices: int64, set2_values: T, "
    f"set2_shape: int64, *, {_KIND}) -> {_RESULT}",
    types=_TYPES,
    shape=lambda c: _result_shapes(_sparse_rank(c, 0) or _sparse_rank(c, 3)),
    host=("set1_indices", "set1_values", "set1_shape", "set2_indices", "set2_values", "set2_shape"),
    samples=[sample(*_SPARSE, *_SPARSE, set_operation="union")],
    no_gradient=_DISCRETE,
)
def sparse_to_sparse_set_operation(
    xp, set1_indices, set1_values, set1_shape, set2_indices, set2_values, set2_shape, set_operation, validate_indices
):
    """Combine the sets in the last axis of two sparse tensors."""
    first = _sparse(set1_indices, set1_values, set1_shape, validate_indices)
    return _combined(xp, first, _sparse(set2_indices, set2_values, set2_shape, validate_indices), set_operation)


def _sizes_shape(c):
    _sparse_rank(c, 0)
    sizes = c.partial(2)
    return None if sizes is None or None in sizes else sizes[:-1]


@op(
    "SetSize(set_indices: int64, set_values: T, set_shape: int64, *, validate_indices: bool = True) -> size: int32",
    types=_TYPES,
    shape=_sizes_shape,
    host=("set_indices", "set_values", "set_shape"),
    samples=[sample(*_SPARSE)],
    no_gradient=_DISCRETE,
)
def set_size(xp, set_indices, set_values, set_shape, validate_indices):
    """Count the different elements in every set of a sparse tensor."""
    sets = _sparse(set_indices, set_values, set_shape, validate_indices)
    check_room(sets.outer, 4)
    elements, codes = np.unique(sets.values, return_inverse=True)
    count = max(len(elements), 1)
    groups = np.unique(sets.groups * count + codes.reshape(-1)) // count
    return xp.asarray(np.bincount(groups, minlength=math.prod(sets.outer)).astype(np.int32).reshape(sets.outer))
