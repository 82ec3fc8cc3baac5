"""Arrays as the page gets them: small ones in full, of larger ones shape, extremes, mean and a heat map."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

_DIGITS = 6
_EXACT_DIGITS = 9  # what tells two float32 numbers apart


class Budget:
    """How much of each array fits into one page.

    Args:
      full: arrays with at most so many elements are written out.
      side: the most rows and columns of a heat map; 0 for none.
    """

    def __init__(self, full: int, side: int) -> None:
        self.full = full
        self.side = side


def packed(array: np.ndarray, budget: Budget, exact: bool = False) -> dict[str, Any]:
    """An array for the page; `exact` writes out one of any size, with all digits."""
    array = np.asarray(array)
    found: dict[str, Any] = {"shape": list(array.shape), "dtype": _dtype_name(array)}
    if array.dtype.kind in "OSU":
        found["data"] = [_text(item) for item in array.reshape(-1)[: budget.full].tolist()]
        return found
    if array.dtype.kind == "c":
        array = np.abs(array)
        found["of"] = "absolute values"
    if exact or array.size <= budget.full:
        digits = _EXACT_DIGITS if exact else _DIGITS
        found["data"] = [number(item, digits) for item in array.reshape(-1).tolist()]
        return found
    numbers = array.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    found["odd"] = int(numbers.size - finite.size)
    if finite.size:
        found.update(min=number(finite.min()), max=number(finite.max()), mean=number(finite.mean()))
        found["rms"] = number(np.sqrt(np.mean(finite**2)))
        if budget.side:
            found["heat"] = _heat_map(numbers, budget.side)
    return found


def number(value: Any, digits: int = _DIGITS) -> Any:
    """A number for JSON, which has no NaN and no infinity: these are words."""
    if isinstance(value, bool | int):
        return value
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 2**53 and not (short == 0 and math.copysign(1, short) < 0) else short


def _text(item: Any) -> str:
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)


def _dtype_name(array: np.ndarray) -> str:
    return "string" if array.dtype.kind in "OSU" else array.dtype.name


def _heat_map(numbers: np.ndarray, side: int) -> dict[str, Any]:
    """The array as a picture: one byte per cell from the smallest to the largest, what is more than fits left out evenly."""
    picture, what = _as_picture(numbers)
    rows = np.unique(np.linspace(0, picture.shape[0] - 1, min(side, picture.shape[0])).round().astype(int))
    columns = np.unique(np.linspace(0, picture.shape[1] - 1, min(2 * side, picture.shape[1])).round().astype(int))
    cells = picture[np.ix_(rows, columns)]
    finite = cells[np.isfinite(cells)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    blank = min(max(0.0, low), high)  # for what is not a number, and between pictures
    scaled = np.zeros(cells.shape) if high == low else (np.nan_to_num(cells, nan=blank, posinf=high, neginf=low) - low) / (high - low)
    return {
        "rows": len(rows), "columns": len(columns), "low": number(low), "high": number(high), "what": what,
        "cells": base64.b64encode((scaled * 255).round().astype(np.uint8).tobytes()).decode("ascii"),
    }  # fmt: skip


def _as_picture(numbers: np.ndarray) -> tuple[np.ndarray, str]:
    """A matrix that shows an array of any rank, and which part of it that is."""
    squeezed = numbers.reshape([size for size in numbers.shape if size != 1] or [1])
    if squeezed.ndim <= 2:
        return np.atleast_2d(squeezed), ""
    first = squeezed
    while first.ndim > 3:
        first = first[0]
    indices = "0, " * (squeezed.ndim - 3)
    if first.shape[0] >= 4 and first.shape[1] >= 4:  # images with channels: side by side
        shown = min(first.shape[2], 4)
        gap = np.full((first.shape[0], 1), np.nan)
        tiles = [tile for channel in range(shown) for tile in (first[:, :, channel], gap)][:-1]
        return np.concatenate(tiles, axis=1), f"[{indices}:, :, 0:{shown}], side by side"
    return first[0], f"[{indices}0, :, :]"
