"""Combining rows of an array with others, where a row may be named several times."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

MANY = 1 << 10  # indices; fewer are not worth a look at their order
PART = 1 << 18  # elements at a time: their positions stay in the cache


def combine_rows(xp: Any, combine: Any, rows: Any, indices: Any, updates: Any) -> None:
    """Do `rows[indices] = combine(rows[indices], updates)` in place; a row that is named twice is combined twice.

    Several times faster than `combine.at` on rows: NumPy has a fast loop for single elements, so positions of elements are worked out; and
    where equal indices stand side by side, their updates are combined first.

    Args:
      combine: an array function of two inputs such as `xp.add`. indices: [...] integers inside the rows. updates: [..., *rows.shape[1:]].
    """
    indices = indices.reshape(-1).astype(xp.intp)
    width = math.prod(rows.shape[1:])
    if rows.ndim == 1 or not is_contiguous(rows):
        combine.at(rows, indices, updates.reshape(-1, *rows.shape[1:]))
        return
    if len(indices) >= MANY and width and _groups(combine) and not bool(xp.any(indices[1:] < indices[:-1])):
        _combine_runs(xp, combine, rows.reshape(-1, width), indices, updates.reshape(-1, width))
        return
    flat, updates, columns = rows.reshape(-1), updates.reshape(-1), xp.arange(width)
    step = max(PART // max(width, 1), 1)
    for start in range(0, len(indices), step):
        places = (indices[start : start + step, None] * width + columns).reshape(-1)
        combine.at(flat, places, updates[start * width : (start + step) * width])


def _groups(combine: Any) -> bool:
    """Whether updates may be combined with each other before they are with the row, and whether the array library has a function for it."""
    return combine in (np.add, np.multiply, np.maximum, np.minimum)


def _combine_runs(xp: Any, combine: Any, rows: Any, indices: Any, updates: Any) -> None:
    """The same for indices in ascending order. rows: [n, width]. updates: [len(indices), width]."""
    step = max(PART // updates.shape[1], 1)
    for start in range(0, len(indices), step):
        places = indices[start : start + step]
        first = xp.concatenate([xp.zeros(1, dtype=xp.intp), xp.flatnonzero(places[1:] != places[:-1]) + 1])
        named = places[first]
        rows[named] = combine(rows[named], combine.reduceat(updates[start : start + step], first, axis=0))


def is_contiguous(array: Any) -> bool:
    """Whether the elements of an array lie one after the other, last axis first."""
    if not array.size:
        return True  # strides of arrays without elements may be anything
    stride = array.itemsize
    for size, step in zip(array.shape[::-1], array.strides[::-1]):
        if size > 1 and step != stride:
            return False
        stride *= size
    return True
