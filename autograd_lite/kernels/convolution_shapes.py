"""The shapes of convolutions, and how their work is cut up: what kernels by the definition are told (`kernels.bands`)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.kernels.bands import SIZES
from autograd_lite.ops.windows import Layout

__all__ = ["POINT", "Axis", "Function", "Phase", "Shape", "Target", "axes_of", "band_of", "even_band", "phases_of",
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


POINT = Axis(1, 1, 0, 1, 1, 1)  # the planes of images


class Shape(NamedTuple):
    """A convolution: images, and what they become. Channels and filters are those of a group."""

    images: int
    channels: int
    filters: int
    rows: Axis
    columns: Axis
    planes: Axis = POINT
    groups: int = 1

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
        return self.planes.extent * self.rows.extent * self.columns.extent * self.channels

    @property
    def slices(self) -> int:
        """Planes of results in all images."""
        return self.images * self.planes.results

    @property
    def step(self) -> int:
        """Numbers from a pixel to the one under the next result."""
        return self.channels * self.columns.stride


class Target(NamedTuple):
    """Where results stand: distances in numbers."""

    image: int
    plane: int
    row: int
    pixel: int
    offset: int = 0


def axes_of(where: Layout) -> list[Axis]:
    """The axes of a layout."""
    return [Axis(*numbers) for numbers in zip(where.sizes, where.results, where.before, where.window, where.strides, where.dilations)]


def shape_of(images: int, channels: int, filters: int, where: Layout, groups: int = 1) -> Shape:
    """The shape of the convolution of a layout. channels, filters: of a group."""
    planes, rows, columns = (POINT, *axes_of(where))[-3:]
    return Shape(images, channels, filters, rows, columns, planes, groups)


def sizes_of(shape: Shape, lanes: int, band: int, target: Target, weights: int, parts: int = 1) -> np.ndarray:
    """What a kernel is told. `weights`: of a filter. `parts`: into which filters may fall where images make too few chunks."""
    planes, rows, columns, groups = shape.planes, shape.rows, shape.columns, shape.groups
    weights_row = -(-shape.filters // lanes) * lanes
    chunks = max(min(shape.slices, MOST_CHUNKS, TOTAL_BYTES // (4 * groups * weights * weights_row)), 1)
    values = {
        "images": shape.images, "depth": planes.size, "height": rows.size, "width": columns.size, "x_pixel": groups * shape.channels,
        "groups": groups, "channels": shape.channels, "filters": shape.filters,
        "result_depth": planes.results, "result_height": rows.results, "result_width": columns.results,
        "before_planes": planes.before, "before_rows": rows.before, "before_columns": columns.before,
        "window_planes": planes.extent, "window_rows": rows.extent, "taps": shape.taps, "run": shape.run,
        "plane_stride": planes.stride, "row_stride": rows.stride,
        "plane_step": planes.step, "row_step": rows.step, "tap_step": columns.step * shape.channels,
        "padded_width": columns.reach, "band": band, "bands": -(-rows.results // band), "weights_row": weights_row,
        "y_image": target.image, "y_plane": target.plane, "y_row": target.row, "y_pixel": target.pixel, "y_offset": target.offset,
        "chunks": chunks, "parts": 1 if chunks * groups >= ENOUGH_CHUNKS else parts,
    }  # fmt: skip
    return np.array([values[name] for name in SIZES], np.int64)


def band_of(shape: Shape, limit: int, per_row: int = 0) -> int:
    """Rows of results whose pixels (and `per_row` numbers for each) take no more than `limit` bytes, one at least."""
    rows = shape.rows
    line = 4 * shape.columns.reach * shape.channels * shape.planes.extent
    room = limit - ((rows.extent - 1) * rows.step + 1 - rows.stride) * line
    return min(max(room // (line * rows.stride + 4 * per_row), 1), rows.results)


def plain(shape: Shape) -> Target:
    """Results that stand one after the other."""
    pixel = shape.groups * shape.filters
    row = shape.columns.results * pixel
    plane = shape.rows.results * row
    return Target(shape.planes.results * plane, plane, row, pixel)


def even_band(shape: Shape, limit: int) -> int:
    """Rows of results whose pixels take no more than `limit` bytes, and few enough that several threads have work."""
    return min(band_of(shape, limit), -(-shape.rows.results * shape.slices * shape.groups // MOST_CHUNKS))


def room_of(sizes: np.ndarray, weights: int) -> int:
    """Numbers that the sums of a filter gradient take, of so many weights each."""
    return weights * math.prod(int(sizes[SIZES.index(name)]) for name in ("chunks", "groups", "weights_row"))


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
    axes: tuple[Axis, ...]
    target: Target

    def shape(self, images: int, channels: int, filters: int, groups: int = 1) -> Shape:
        """The convolution that reaches them."""
        planes, rows, columns = (POINT, *self.axes)[-3:]
        return Shape(images, channels, filters, rows, columns, planes, groups)


def phases_of(where: Layout, channels: int) -> tuple[list[Phase], bool]:
    """The phases of an image with so many channels, and whether they are all of its pixels.

    What reaches the pixels of a phase is a convolution without strides.
    """
    found = [_phases_along(where, number) for number in range(len(where.sizes))]
    is_whole = all(len(phases) == min(stride, size) for phases, stride, size in zip(found, where.strides, where.sizes))
    distances = [channels * math.prod(where.sizes[number + 1 :]) for number in range(len(where.sizes))]
    image, steps = channels * math.prod(where.sizes), [stride * distance for stride, distance in zip(where.strides, distances)]
    phases = []
    for parts in itertools.product(*found):
        offset = sum(first * distance for (first, _, _), distance in zip(parts, distances))
        plane, row, pixel = (0, *steps)[-3:]
        target = Target(image, plane, row, pixel, offset)
        phases.append(Phase(np.ix_(*(places for _, places, _ in parts)), tuple(axis for _, _, axis in parts), target))
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
