"""Winograd's convolution: when it pays, how it is cut up, and the functions that run it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd_lite.kernels import winograd_assembly as assembly
from autograd_lite.kernels.calls import Given, caller
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.processor import Vectors
from autograd_lite.ops.windows import Layout, mirrored, turned
from autograd_lite.ops.winograd import PRODUCTS, fits, tiles

__all__ = ["convolver", "correlator", "pays", "spreader"]

Function = Callable[[np.ndarray, np.ndarray], "np.ndarray | None"]
CACHED_BYTES = 3 << 18  # of what is transformed at a time: it stays in the cache next to the processor
TOTAL_BYTES = 4 << 20  # of all sums of a filter gradient
MOST_CHUNKS, FEWEST_CHUNKS = 8, 2
LEAST_CHANNELS = 16


def pays(where: Layout, channels: int, filters: int) -> bool:
    """Return whether Winograd's method is faster here than the definition."""
    return min(channels, filters) >= LEAST_CHANNELS and not channels % 4 and not filters % 4 and fits(where)


def convolver(vectors: Vectors, images: int, channels: int, filters: int, where: Layout) -> Function:
    """Return the function (x, w) -> y; it gives None where it cannot do it."""
    code = _code(vectors, channels, filters, where)
    sizes = _sizes(images, channels, filters, where, channels + code.block)
    shape, room = (images, *where.results, filters), PRODUCTS * channels * filters
    run = caller(assembly.forward_text(code), "run", [
        Given((images, *where.sizes, channels)), Given((*where.window, channels, filters)), Given((room,), is_output=True),
        Given(shape, is_output=True), Given(sizes.shape)], returns="i32")  # fmt: skip

    def convolution(x: np.ndarray, w: np.ndarray) -> np.ndarray | None:
        y = empty(shape)
        return y if run(x, w, empty((room,)), y, sizes) else None

    return convolution


def spreader(vectors: Vectors, images: int, channels: int, filters: int, where: Layout) -> Function:
    """Return the function (dy, w) -> dx; it gives None where it cannot do it."""
    convolution = convolver(vectors, images, filters, channels, mirrored(where))

    def spread(dy: np.ndarray, w: np.ndarray) -> np.ndarray | None:
        return convolution(dy, turned(np, w))

    return spread


def correlator(vectors: Vectors, images: int, channels: int, filters: int, where: Layout) -> Function:
    """Return the function (x, dy) -> dw; it gives None where it cannot do it."""
    code = _code(vectors, channels, filters, where)
    sizes = _sizes(images, channels, filters, where, channels + filters)
    shape, room = (*where.window, channels, filters), int(sizes[assembly.SIZES.index("chunks")]) * PRODUCTS * channels * filters
    run = caller(assembly.filter_gradient_text(code), "run", [
        Given((images, *where.sizes, channels)), Given((images, *where.results, filters)), Given((room,), is_output=True),
        Given(shape, is_output=True), Given(sizes.shape)], returns="i32")  # fmt: skip

    def correlation(x: np.ndarray, dy: np.ndarray) -> np.ndarray | None:
        dw = empty(shape)
        return dw if run(x, dy, empty((room,)), dw, sizes) else None

    return correlation


def _code(vectors: Vectors, channels: int, filters: int, where: Layout) -> assembly.Code:
    taps = where.window[0]
    slab = next(size for size in (64, 32, 16, 8, 4) if channels % size == 0)
    lanes = next(count for count in (16, 8, 4) if count <= vectors.lanes and filters % count == 0)
    wide = next(count for count in (2, 3, 1) if filters // lanes % count == 0)
    rows = next(count for count in (16, 8, 4) if count <= min(slab, vectors.kept // wide))
    return assembly.Code(7 - taps, taps, slab, min(slab, vectors.lanes), lanes, wide, vectors.kept // wide, rows)


def _sizes(images: int, channels: int, filters: int, where: Layout, depth: int) -> np.ndarray:
    """What the kernel is told. `depth`: numbers that a place of a tile has between the transforms."""
    rows, columns = tiles(where)
    per_block = min(max(CACHED_BYTES // (4 * PRODUCTS * depth * columns), 1), images * rows)
    blocks = -(-images * rows // per_block)
    chunks = min(max(TOTAL_BYTES // (4 * PRODUCTS * channels * filters), FEWEST_CHUNKS), MOST_CHUNKS, blocks)
    return np.array([images, *where.sizes, channels, *where.results, filters, *where.before, rows, columns, per_block, blocks, chunks],
                    np.int64)  # fmt: skip
