"""Winograd's convolution: when it pays, how it is cut up, and the functions that run it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from autograd_lite.kernels import winograd_assembly as assembly
from autograd_lite.kernels.calls import Given, caller
from autograd_lite.kernels.convolution_shapes import POINT, Axis, axes_of
from autograd_lite.kernels.epilogue import Epilogue, summed
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.processor import Vectors
from autograd_lite.ops.windows import Layout, mirrored, turned
from autograd_lite.ops.winograd import fits, is_off

__all__ = ["convolver", "convolver_into", "correlator", "pays", "spreader", "spreader_into"]

Function = Callable[[np.ndarray, np.ndarray], "np.ndarray | None"]
Into = Callable[..., "np.ndarray | None"]
CACHED_BYTES = 3 << 18  # of what is transformed at a time: it stays in the cache next to the processor
TOTAL_BYTES = 4 << 20  # of all sums of a filter gradient
MOST_CHUNKS, FEWEST_CHUNKS = 8, 2
LEAST_CHANNELS = 16
TILES = {1: (3, 4), 2: (2, 4), 3: (3, 4), 5: (5, 2)}  # places of a window in a phase -> places that a tile's window has, its results
WIDEST_STRIDED = 5  # window
STRIDED_COST, UNCACHED_COST = 1.6, 2  # of a product: there are four times as many channels, whose weights leave the nearest cache
CACHED_WEIGHTS = 3 << 20  # bytes of them that still come in time


class Geometry(NamedTuple):
    """A convolution without strides, between phases of pixels and phases of results. Sizes are those of a plane."""

    tile: int
    taps: int
    sizes: tuple[int, ...]  # of the images that are read
    channels: int
    results: tuple[int, ...]  # of those that are written
    filters: int
    before: tuple[int, ...]  # padding of the pixels
    origin: tuple[int, ...] = (0, 0)  # rows and columns of results that are left out
    pixel_phases: int = 1  # along an axis
    result_phases: int = 1
    dilations: tuple[int, ...] = (1, 1)
    planes: Axis = POINT
    is_odd: bool = False  # whether windows are, which move by two

    @property
    def depth(self) -> int:
        """Channels of all phases, and of all planes that a window sees."""
        return self.channels * self.pixel_phases**2 * self.planes.extent

    @property
    def width(self) -> int:
        """Filters of all phases."""
        return self.filters * self.result_phases**2

    @property
    def tiles(self) -> tuple[int, ...]:
        """Rows and columns of tiles."""
        steps = [self.result_phases * self.tile * dilation for dilation in self.dilations]
        return tuple(-(-(size + left_out) // step) for size, left_out, step in zip(self.results, self.origin, steps))

    @property
    def slices(self) -> int:
        """Into how many an image falls."""
        return self.planes.results * math.prod(self.dilations)

    @property
    def products(self) -> int:
        """Of a tile."""
        return (self.tile + self.taps - 1) ** 2


def _forward(where: Layout, channels: int, filters: int) -> Geometry:
    """The convolution, and where the gradient for the filters finds its pixels."""
    *planes, rows, columns = axes_of(where)
    taps, tile = TILES[-(-rows.extent // rows.stride)]
    return Geometry(tile, taps, where.sizes[-2:], channels, where.results[-2:], filters, where.before[-2:], pixel_phases=rows.stride,
                    dilations=(rows.step, columns.step), planes=planes[0] if planes else POINT,
                    is_odd=rows.extent % rows.stride != 0)  # fmt: skip


def _backward(where: Layout, channels: int, filters: int) -> Geometry:
    """The gradient for the images as a convolution; `channels` and `filters` as in the forward one."""
    step = where.strides[-1]
    if step == 1:
        return _forward(mirrored(where), filters, channels)
    taps, tile = TILES[-(-where.window[0] // step)]
    return Geometry(tile, taps, where.results, filters, where.sizes, channels, (taps - 1,) * 2, where.before, result_phases=step,
                    is_odd=where.window[0] % step != 0)  # fmt: skip


def pays(where: Layout, channels: int, filters: int, of_filters: bool = False) -> bool:
    """Return whether Winograd's method is faster here than the definition. of_filters: in the gradient of filters."""
    if min(channels, filters) < LEAST_CHANNELS or channels % 4 or filters % 4:
        return False
    return fits(_taken_apart(where)) if set(where.strides) == {1} else _fits_strided(where, channels * filters, of_filters)


def _taken_apart(where: Layout) -> Layout:
    """One of the slices into which images fall, the largest, as an image of its own."""
    apart = [Axis(-(-axis.size // axis.step), -(-axis.results // axis.step), axis.before // axis.step, axis.extent, 1, 1)
             for axis in axes_of(where)[-2:]]  # fmt: skip
    sizes, results, before, window, ones, _ = zip(*apart)
    return Layout(window, ones, ones, before, (0, 0), sizes, results)


def _fits_strided(where: Layout, pairs: int, of_filters: bool) -> bool:
    """Whether it can be done for windows that move by two pixels, and is worth it with so many pairs of channel and filter."""
    extent = where.window[0]
    if is_off() or where.strides != (2, 2) or where.dilations != (1, 1) or where.window != (extent, extent):
        return False
    if not 3 <= extent <= WIDEST_STRIDED or not all(0 <= low < extent for low in where.before):
        return False
    geometry = _forward(where, 1, 1)
    products = (2 * (geometry.tile + geometry.taps - 1) - (geometry.is_odd and not of_filters)) ** 2  # of all phases of a tile
    is_quick = not of_filters and 4 * products * pairs <= CACHED_WEIGHTS
    cost = STRIDED_COST if is_quick else UNCACHED_COST
    return cost * products * math.prod(geometry.tiles) < where.positions * math.prod(where.results)


def convolver(vectors: Vectors, images: int, channels: int, filters: int, where: Layout) -> Function:
    """Return the function (x, w) -> y; it gives None where it cannot do it."""
    return _making((images, *where.results, filters), convolver_into(vectors, images, channels, filters, where))


def convolver_into(vectors: Vectors, images: int, channels: int, filters: int, where: Layout, epilogue: Epilogue | None = None) -> Into:
    """Return the function (x, w, y, *others of the epilogue but the sums) -> sums; it gives None where it cannot do it."""
    geometry = _forward(where, channels, filters)
    run = _convolution(vectors, geometry, (images, *where.sizes, channels), (images, *where.results, filters), epilogue)
    return lambda x, w, y, *others: run(x, _by_phase(w, geometry.pixel_phases), y, *others)


def spreader(vectors: Vectors, images: int, channels: int, filters: int, where: Layout) -> Function:
    """Return the function (dy, w) -> dx; it gives None where it cannot do it."""
    return _making((images, *where.sizes, channels), spreader_into(vectors, images, channels, filters, where))


def spreader_into(vectors: Vectors, images: int, channels: int, filters: int, where: Layout, epilogue: Epilogue | None = None) -> Into:
    """Return the function (dy, w, dx, *others of the epilogue but the sums) -> sums; it gives None where it cannot do it."""
    step, geometry = where.strides[-1], _backward(where, channels, filters)
    run = _convolution(vectors, geometry, (images, *where.results, filters), (images, *where.sizes, channels), epilogue)
    if step == 1:
        return lambda dy, w, dx, *others: run(dy, _by_phase(turned(np, w), 1), dx, *others)
    return lambda dy, w, dx, *others: run(dy, turned(np, _by_phase(w, step)), dx, *others)


def _making(shape: tuple[int, ...], into: Into) -> Function:
    """The function that makes the array into which another writes."""

    def make(x: np.ndarray, w: np.ndarray) -> np.ndarray | None:
        y = empty(shape)
        return None if into(x, w, y) is None else y

    return make


def _by_phase(w: np.ndarray, step: int) -> np.ndarray:
    """Filters [taps, taps, plane or phase and channel, filter]; of a window that is no multiple of the step, the last places are 0."""
    if step == 1:
        w = np.moveaxis(w, 0, 2) if w.ndim == 5 else w
        return np.ascontiguousarray(w).reshape(*w.shape[:2], -1, w.shape[-1])
    taps = -(-w.shape[0] // step)
    whole = np.zeros((taps * step, taps * step, *w.shape[2:]), w.dtype)
    whole[: w.shape[0], : w.shape[1]] = w
    return whole.reshape(taps, step, taps, step, *w.shape[2:]).transpose(0, 2, 1, 3, 4, 5).reshape(taps, taps, -1, w.shape[-1])


def _convolution(vectors: Vectors, geometry: Geometry, given: tuple[int, ...], result: tuple[int, ...], epilogue: Epilogue | None) -> Into:
    """The function of images, filters by phase [taps, taps, depth, width], results and the others of the epilogue.

    given, result: the shapes of the arrays of images.
    """
    code = _code(vectors, geometry)
    sizes = _sizes(given[0], geometry, code, geometry.depth + code.block)
    room, parts = geometry.products * geometry.depth * geometry.width, int(sizes[assembly.SIZES.index("blocks")])
    more = [] if epilogue is None else epilogue.given(result, parts)
    run = caller(assembly.forward_text(code, epilogue, vectors.lanes), "run", [
        Given(given), Given((geometry.taps, geometry.taps, geometry.depth, geometry.width)), Given((room,), is_output=True),
        Given(result, is_output=True), *more, Given(sizes.shape)], returns="i32", short=False)  # fmt: skip

    def convolution(x: np.ndarray, w: np.ndarray, y: np.ndarray, *others: np.ndarray) -> np.ndarray | None:
        return summed(lambda *sums: run(x, w, empty((room,)), y, *others, *sums, sizes), epilogue, result, parts)

    return convolution


def correlator(vectors: Vectors, images: int, channels: int, filters: int, where: Layout) -> Function:
    """Return the function (x, dy) -> dw; it gives None where it cannot do it."""
    geometry, step = _forward(where, channels, filters), where.strides[-1]
    code = _code(vectors, geometry)
    sizes = _sizes(images, geometry, code, geometry.depth + filters)
    shape = (geometry.taps, geometry.taps, geometry.depth, filters)
    room = int(sizes[assembly.SIZES.index("chunks")]) * geometry.products * geometry.depth * filters
    run = caller(assembly.filter_gradient_text(code), "run", [
        Given((images, *where.sizes, channels)), Given((images, *where.results, filters)), Given((room,), is_output=True),
        Given(shape, is_output=True), Given(sizes.shape)], returns="i32", short=False)  # fmt: skip

    def correlation(x: np.ndarray, dy: np.ndarray) -> np.ndarray | None:
        dw = empty(shape)
        return _in_window(dw, where, step) if run(x, dy, empty((room,)), dw, sizes) else None

    return correlation


def _in_window(dw: np.ndarray, where: Layout, step: int) -> np.ndarray:
    """What `_by_phase` arranged, as it was."""
    if step == 1:
        planes = where.window[:-2]
        apart = dw.reshape(*dw.shape[:2], *planes, -1, dw.shape[-1])
        return np.ascontiguousarray(np.moveaxis(apart, 2, 0)) if planes else apart
    taps, filters = dw.shape[0], dw.shape[-1]
    whole = dw.reshape(taps, taps, step, step, -1, filters).transpose(0, 2, 1, 3, 4, 5).reshape(taps * step, taps * step, -1, filters)
    return np.ascontiguousarray(whole[: where.window[0], : where.window[1]])


def _code(vectors: Vectors, geometry: Geometry) -> assembly.Code:
    slab = next(size for size in (32, 16, 8, 4) if geometry.channels % size == 0)
    lanes = next(count for count in (16, 8, 4) if count <= vectors.lanes and geometry.filters % count == 0)
    wide = next(count for count in (2, 3, 1) if geometry.filters // lanes % count == 0)
    rows = next(count for count in (16, 8, 4) if count <= min(slab, vectors.kept // wide))
    return assembly.Code(geometry.tile, geometry.taps, slab, min(slab, vectors.lanes), lanes, wide, vectors.kept // wide, rows,
                         geometry.pixel_phases, geometry.result_phases, set(geometry.dilations) != {1}, geometry.is_odd)  # fmt: skip


def _sizes(images: int, geometry: Geometry, code: assembly.Code, depth: int) -> np.ndarray:
    """What the kernel is told. `depth`: numbers that a place of a tile has between the transforms."""
    (rows, columns), planes = geometry.tiles, geometry.planes
    slices = images * geometry.slices
    per_block = _rows_per_block(CACHED_BYTES // (4 * geometry.products * depth * columns), columns, code.group, slices * rows)
    blocks = -(-slices * rows // per_block)
    total = 4 * geometry.products * geometry.depth * geometry.width
    chunks = min(max(TOTAL_BYTES // total, FEWEST_CHUNKS), MOST_CHUNKS, blocks)
    return np.array([slices, *geometry.sizes, geometry.depth, *geometry.results, geometry.width, *geometry.before, *geometry.origin,
                     *geometry.dilations, planes.size, planes.results, planes.before, planes.extent, planes.step,
                     rows, columns, per_block, blocks, chunks], np.int64)  # fmt: skip


def _rows_per_block(cached: int, columns: int, group: int, rows: int) -> int:
    """Rows of tiles in a block: about as many as stay in the cache, and such that its last group of tiles is nearly full."""
    most = min(max(cached * 3 // 2, 1), rows)
    wasted = lambda count: -count * columns % group / (count * columns)
    return min(range(max(most // 2, 1), most + 1), key=lambda count: (round(wasted(count), 1), abs(count - cached)))
