"""The shapes of convolutions, and how their work is cut up: what kernels by the definition are told (`kernels.bands`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.kernels.bands import SIZES
from autograd_lite.ops.windows import Layout

__all__ = ["Axis", "Function", "Phase", "Shape", "Target", "band_of", "even_band", "phases_of",
           "plain", "room_of", "shape_of", "sizes_of", "widened"]  # fmt: skip

Function = Callable[[np.ndarray, np.ndarray], "np.ndarray | None"]
TOTAL_BYTES = 16 << 20  # of all sums of a filter gradient
MOST_CHUNKS, ENOUGH_CHUNKS = 8, 4


class Axis(NamedTuple):
    """How windows stand along one axis."""

    size: int
    results: int
    before: int  # padding; negative where the first pixels are not used
    extent: int
    stride: int
    step: int  # from one place of a window to the next

    @property
    def reach(self) -> int:
        """Pixels under all windows, padding among them."""
        return (self.results - 1) * self.stride + (self.extent - 1) * self.step + 1


class Shape(NamedTuple):
    """A convolution: images, and what they become."""

    images: int
    channels: int
    filters: int
    rows: Axis
    columns: Axis

    @property
    def taps(self) -> int:
        """Pieces of a row of a window that lie apart in memory."""
        return 1 if self.columns.step == 1 else self.columns.extent

    @property
    def run(self) -> int:
        """Numbers in such a piece."""
        return self.columns.extent // self.taps * self.channels

    @property
    def weights(self) -> int:
        """Of a filter."""
        return self.rows.extent * self.columns.extent * self.channels

    @property
    def step(self) -> int:
        """Numbers from a pixel to the one under the next result."""
        return self.channels * self.columns.stride


class Target(NamedTuple):
    """Where results stand: distances in numbers."""

    image: int
    row: int
    pixel: int
    offset: int = 0


def shape_of(images: int, channels: int, filters: int, where: Layout) -> Shape:
    """The shape of the convolution of a layout."""
    parts = zip(where.sizes, where.results, where.before, where.window, where.strides, where.dilations)
    rows, columns = (Axis(*numbers) for numbers in parts)
    return Shape(images, channels, filters, rows, columns)


def sizes_of(shape: Shape, lanes: int, band: int, target: Target, weights: int, parts: int = 1) -> np.ndarray:
    """What a kernel is told. `weights`: of a filter. `parts`: into which filters may fall where images make too few chunks."""
    rows, columns = shape.rows, shape.columns
    weights_row = -(-shape.filters // lanes) * lanes
    chunks = max(min(shape.images, MOST_CHUNKS, TOTAL_BYTES // (4 * weights * weights_row)), 1)
    values = {
        "images": shape.images, "height": rows.size, "width": columns.size, "channels": shape.channels,
        "result_height": rows.results, "result_width": columns.results, "filters": shape.filters,
        "before_rows": rows.before, "before_columns": columns.before,
        "window_rows": rows.extent, "taps": shape.taps, "run": shape.run,
        "row_stride": rows.stride, "row_step": rows.step, "tap_step": columns.step * shape.channels,
        "padded_width": columns.reach, "band": band, "bands": -(-rows.results // band), "weights_row": weights_row,
        "y_image": target.image, "y_row": target.row, "y_pixel": target.pixel, "y_offset": target.offset,
        "chunks": chunks, "parts": 1 if chunks >= ENOUGH_CHUNKS else parts,
    }  # fmt: skip
    return np.array([values[name] for name in SIZES], np.int64)


def band_of(shape: Shape, limit: int, per_row: int = 0) -> int:
    """Rows of results whose pixels (and `per_row` numbers for each) take no more than `limit` bytes, one at least."""
    rows = shape.rows
    line = 4 * shape.columns.reach * shape.channels
    room = limit - ((rows.extent - 1) * rows.step + 1 - rows.stride) * line
    return min(max(room // (line * rows.stride + 4 * per_row), 1), rows.results)


def plain(shape: Shape) -> Target:
    """Results that stand one after the other."""
    row = shape.columns.results * shape.filters
    return Target(shape.rows.results * row, row, shape.filters)


def even_band(shape: Shape, limit: int) -> int:
    """Rows of results whose pixels take no more than `limit` bytes, and few enough that several threads have work."""
    return min(band_of(shape, limit), -(-shape.rows.results * shape.images // MOST_CHUNKS))


def room_of(sizes: np.ndarray, weights: int) -> int:
    """Numbers that the sums of a filter gradient take, of so many weights each."""
    return weights * int(sizes[SIZES.index("chunks")] * sizes[SIZES.index("weights_row")])


def widened(w: np.ndarray, row: int) -> np.ndarray:
    """Filters in C order, with as many zeros as make whole vectors."""
    if w.shape[-1] == row:
        return np.ascontiguousarray(w)
    padded = np.zeros((*w.shape[:-1], row), w.dtype)
    padded[..., : w.shape[-1]] = w
    return padded


class Phase(NamedTuple):
    """The pixels of an image that the same places of a window reach: every `stride`-th row and column from some on."""

    places: Any  # index of these places, backwards, in an array of filters
    rows: Axis
    columns: Axis
    target: Target


def phases_of(where: Layout, channels: int) -> tuple[list[Phase], bool]:
    """The phases of an image with so many channels, and whether they are all of its pixels.

    What reaches the pixels of a phase is a convolution without strides.
    """
    width = where.sizes[1] * channels
    rows, columns = _phases_along(where, 0), _phases_along(where, 1)
    is_whole = all(len(phases) == min(stride, size) for phases, stride, size in zip((rows, columns), where.strides, where.sizes))
    phases = []
    for first_row, row_places, row in rows:
        for first_column, column_places, column in columns:
            target = Target(where.sizes[0] * width, where.strides[0] * width, where.strides[1] * channels,
                            first_row * width + first_column * channels)  # fmt: skip
            phases.append(Phase(np.ix_(row_places, column_places), row, column, target))
    return phases, is_whole


def _phases_along(where: Layout, number: int) -> list[tuple[int, tuple[int, ...], Axis]]:
    """For each phase of an axis its first pixel, the places of a window that reach it, and the convolution along this axis."""
    size, results, before, stride, dilation = (
        numbers[number] for numbers in (where.sizes, where.results, where.before, where.strides, where.dilations))  # fmt: skip
    found = []
    for first in range(min(stride, size)):
        places = tuple(p for p in reversed(range(where.window[number])) if (first + before - p * dilation) % stride == 0)
        if places:
            start = (first + before - places[0] * dilation) // stride
            step = dilation // math.gcd(dilation, stride)
            found.append((first, places, Axis(results, -(-(size - first) // stride), -start, len(places), 1, step)))
    return found
