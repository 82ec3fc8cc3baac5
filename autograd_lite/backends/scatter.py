"""`ufunc.at` for array libraries that lack it, or have it in less precision than the array's."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["update_at"]


def update_at(xp: Any, combine: Callable[[Any, Any], Any], array: Any, indices: Any, values: Any) -> None:
    """Do `array[indices] = combine(array[indices], values)` in place, where an index that comes several times counts each time.

    The first occurrences of all indices are done at once, then the second ones, and so on.

    Args:
      combine: a function of two arrays, such as `xp.multiply`. indices: an integer array, or a tuple of them for several axes.
      values: broadcasts to the shape of `array[indices]`.

    >>> import numpy as np
    >>> numbers = np.ones(3)
    >>> update_at(np, np.multiply, numbers, np.array([0, 2, 0]), np.array([2.0, 3.0, 5.0]))
    >>> numbers
    array([10.,  1.,  3.])
    """
    parts: Any = indices if isinstance(indices, tuple) else (indices,)
    parts = xp.broadcast_arrays(*(xp.asarray(part) for part in parts))
    rest = array.shape[len(parts):]
    values = xp.broadcast_to(xp.asarray(values, dtype=array.dtype), (*parts[0].shape, *rest)).reshape(-1, *rest)
    parts = [part.reshape(-1) for part in parts]
    occurrence = _occurrences(xp, _positions(parts, array.shape))
    for number in range(int(occurrence.max()) + 1 if occurrence.size else 0):
        chosen = occurrence == number
        place = tuple(part[chosen] for part in parts)
        array[place] = combine(array[place], values[chosen])


def _positions(parts: list[Any], shape: tuple[int, ...]) -> Any:
    """One number per index, the same for indices that mean the same place (negative ones count from the end)."""
    position = 0
    for part, size in zip(parts, shape):
        position = position * size + part % max(size, 1)
    return position


def _occurrences(xp: Any, positions: Any) -> Any:
    """How many equal elements stand before each one."""
    order = xp.argsort(positions, kind="stable")
    ordered = positions[order]
    before = xp.arange(len(ordered)) - xp.searchsorted(ordered, ordered)
    result = xp.empty_like(before)
    result[order] = before
    return result
