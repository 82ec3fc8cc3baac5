"""Folding large arrays with one short side, where NumPy's own reductions spend their time on loops of few elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

MANY = 1 << 14  # elements; below, NumPy's way costs nothing that one would notice
SHORT = 64  # elements of a row that counts as short
WIDE = 512  # elements of a row that NumPy folds at full speed
BLOCK = 1 << 16  # elements at a time: they stay in the cache


def fold(xp: Any, combine: Any, otherwise: Callable[..., Any], x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The sum or extreme of `x` along `axes`, which are counted from the front.

    Args:
      combine: `xp.add`, `xp.maximum` or `xp.minimum`; in which order it takes the elements is free.
      otherwise: the array library's function for it, called with the array, `axis` and `keepdims` where there is no quicker way.
    """
    if x.__class__ is not np.ndarray or x.size < MANY or not x.flags.c_contiguous or x.dtype.kind not in "fiu" or x.dtype.itemsize < 4:
        return otherwise(x, axis=axes, keepdims=keepdims)
    count = len(axes)
    folded = None
    if sorted(axes) == list(range(count)):
        folded = _rows_together(combine, x, math.prod(x.shape[count:]))
    elif axes == (x.ndim - 1,):
        folded = _along_rows(xp, combine, x.reshape(-1, x.shape[-1]))
    if folded is None:
        return otherwise(x, axis=axes, keepdims=keepdims)
    return folded.reshape([1 if axis in axes else size for axis, size in enumerate(x.shape) if keepdims or axis not in axes])


def _rows_together(combine: Any, x: np.ndarray, width: int) -> np.ndarray | None:
    """Fold rows of `width` elements into one: several rows side by side count as one long row first."""
    if not 0 < width <= SHORT or x.size // width < 4 * SHORT:
        return None
    side_by_side = WIDE // width
    flat, whole = x.reshape(-1), x.size // (side_by_side * width) * side_by_side * width
    folded = combine.reduce(flat[:whole].reshape(-1, side_by_side * width), axis=0).reshape(side_by_side, width)
    if whole < x.size:
        folded = np.concatenate([folded, flat[whole:].reshape(-1, width)])
    return combine.reduce(folded, axis=0, dtype=x.dtype)


def _along_rows(xp: Any, combine: Any, rows: np.ndarray) -> np.ndarray | None:
    """Fold each short row into one element: column by column, for as many rows as fit into the cache."""
    count, width = rows.shape
    if not 1 < width <= SHORT // 2 or count < 4 * SHORT:
        return None
    result = np.empty(count, rows.dtype)
    step = BLOCK // width
    for start in range(0, count, step):
        block, into = rows[start : start + step], result[start : start + step]
        combine(block[:, 0], block[:, 1], out=into)
        for column in range(2, width):
            combine(into, block[:, column], out=into)
    return result
