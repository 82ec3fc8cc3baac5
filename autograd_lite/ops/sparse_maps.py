"""Ops that keep sparse tensors in a session and hand out numbers for them, so that queues can carry them."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid

Parts = tuple[Any, Any, Any]  # indices [count, rank], values [count], shape [rank]


class SparseTensorsMap:
    """Sparse tensors by number; each is given back once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, Parts] = {}
        self._next = 0

    def add(self, parts: list[Parts]) -> list[int]:
        """Keep sparse tensors; returns their numbers."""
        with self._lock:
            numbers = list(range(self._next, self._next + len(parts)))
            self._next += len(parts)
            self._kept.update(zip(numbers, parts))
        return numbers

    def take(self, numbers: list[int]) -> list[Parts]:
        """Give back, and forget, the sparse tensors with these numbers.

        Raises:
          InvalidArgumentError: one of them is not there.
        """
        with self._lock:
            for number in numbers:
                if number not in self._kept:
                    raise invalid(f"Unable to find SparseTensor: {number} in map")
            return [self._kept.pop(number) for number in numbers]


def _map(attrs):
    return SparseTensorsMap()


_SHARED = "container: string = '', shared_name: string = ''"
_KEPT: dict[str, Any] = {
    "stateful": True,
    "state": _map,
    "host": ("sparse_indices", "sparse_shape"),
    "no_gradient": "sparse tensors are kept from one run to another, and slopes are not",
    "samples": "what it keeps lives in a session; tests/ops/test_sparse_maps.py shows it",
}


def _checked(indices: Any, values: Any, shape: Any) -> Parts:
    indices, shape = np.array(indices), np.array(shape)
    if indices.ndim != 2:
        raise invalid(f"Input indices should be a matrix but received shape {text(indices.shape)}")
    if values.ndim != 1:
        raise invalid(f"Input values should be a vector but received shape {text(values.shape)}")
    if shape.ndim != 1:
        raise invalid(f"Input shape should be a vector but received shape {text(shape.shape)}")
    if len(values) != len(indices) or len(shape) != indices.shape[1]:
        raise invalid(f"Indices {text(indices.shape)}, values {text(values.shape)} and shape {text(shape.shape)} do not fit together")
    return indices, values.copy(), shape


@op(
    f"AddSparseToTensorsMap(sparse_indices: int64, sparse_values: T, sparse_shape: int64, *, {_SHARED}) -> sparse_handle: int64",
    shape=rules.scalar,
    **_KEPT,
)
def add_sparse_to_tensors_map(xp, sparse_indices, sparse_values, sparse_shape, state):
    """Keep a sparse tensor, and give the number under which it is kept."""
    return np.int64(state.add([_checked(sparse_indices, sparse_values, sparse_shape)])[0])


@op(
    f"AddManySparseToTensorsMap(sparse_indices: int64, sparse_values: T, sparse_shape: int64, *, {_SHARED}) -> sparse_handles: int64",
    shape=rules.vector,
    **_KEPT,
)
def add_many_sparse_to_tensors_map(xp, sparse_indices, sparse_values, sparse_shape, state):
    """Keep the rows of a sparse tensor, and give the numbers under which they are kept."""
    indices, values, shape = _checked(sparse_indices, sparse_values, sparse_shape)
    if len(shape) < 2:
        raise invalid(f"Rank of input SparseTensor should be > 1, but saw rank: {len(shape)}")
    rows = indices[:, 0]
    if len(rows) and ((np.diff(rows) < 0).any() or rows[0] < 0 or rows[-1] >= shape[0]):
        raise invalid(f"The rows of a sparse tensor must be in order and below {shape[0]}, got {rows.tolist()[:10]}")
    if shape[0] > max(len(rows), 1) * 1024 and shape[0] > 1 << 20:
        raise invalid(f"{shape[0]} rows are too many to keep one by one")
    ends = np.searchsorted(rows, np.arange(int(shape[0]) + 1))
    parts = [(indices[begin:end, 1:], values[begin:end], shape[1:]) for begin, end in zip(ends, ends[1:])]
    return np.array(state.add(parts), np.int64)


def _taken_shapes(c):
    rules.with_rank(c, c.shape(0), 1)
    return [(None, None), (None,), (None,)]


@op(
    f"TakeManySparseFromTensorsMap(sparse_handles: int64, *, dtype: type, {_SHARED}) "
    "-> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64",
    shape=_taken_shapes,
    **{**_KEPT, "host": ("sparse_handles",)},
)
def take_many_sparse_from_tensors_map(xp, sparse_handles, dtype, state):
    """Put the sparse tensors with these numbers together as the rows of one, and keep them no longer."""
    parts = state.take(np.ravel(sparse_handles).tolist())
    if not parts:
        raise invalid("Must have at least 1 serialized SparseTensor, but input matrix has 0 rows")
    ranks = {len(shape) for _, _, shape in parts}
    if len(ranks) > 1:
        raise invalid(f"Inconsistent rank across SparseTensors: {sorted(ranks)}")
    rows = np.repeat(np.arange(len(parts)), [len(values) for _, values, _ in parts])
    indices = np.concatenate([rows[:, None], np.concatenate([indices for indices, _, _ in parts])], axis=1)
    shape = np.concatenate([[len(parts)], np.max([shape for _, _, shape in parts], axis=0)])
    return indices.astype(np.int64), xp.concatenate([values for _, values, _ in parts]), shape.astype(np.int64)
