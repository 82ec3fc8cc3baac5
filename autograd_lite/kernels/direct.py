"""Convolution by its definition: which tile of results fits the registers, how the work is cut up, and the functions that run it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from autograd_lite.kernels import direct_assembly as assembly, narrow_assembly
from autograd_lite.kernels.bands import PARTS, SIZES
from autograd_lite.kernels.calls import Given, caller
from autograd_lite.kernels.convolution_shapes import (
    Function,
    Shape,
    Target,
    band_of,
    even_band,
    phases_of,
    plain,
    room_of,
    shape_of,
    sizes_of,
    widened,
)
from autograd_lite.kernels.epilogue import Epilogue, summed
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.processor import Vectors
from autograd_lite.ops.windows import Layout

__all__ = ["MOST_NARROW", "convolver", "convolver_into", "correlator", "spreader", "spreader_into"]

BAND_BYTES = 3 << 15  # of a copied band of pixels
GRADIENT_BAND_BYTES = 1 << 15  # of a band and the gradients over it, which are read again and again
Into = Callable[..., "np.ndarray | None"]

WIDEST = 4  # vectors of filters in a tile
MOST_NARROW = 4  # filters for which vectors may run along the pixels
NARROW_PIXELS = 8  # in a tile of such a convolution
FOLD_CYCLES = 8  # to sum the lanes of a vector


def _lanes(vectors: Vectors, filters: int) -> tuple[int, int]:
    """The shortest vectors that need no more of them than the longest do; and how many."""
    count = -(-filters // vectors.lanes)
    return next(lanes for lanes in (4, 8, 16) if lanes * count >= filters or lanes == vectors.lanes), count


def _cycles(pixels: int, vectors: int) -> float:
    """What a step of the innermost loop takes: two products or two loads a cycle, and four cycles until a sum can be used again."""
    return max(pixels * vectors / 2, (pixels + vectors) / 2, 4)


def _best(candidates: Iterable[tuple[float, tuple[int, ...]]]) -> tuple[int, ...]:
    """The cheapest, of equals the one with the longest rows."""
    return min(candidates, key=lambda pair: (pair[0], [-number for number in pair[1]]))[1]


def _forward_code(vectors: Vectors, shape: Shape) -> assembly.ForwardCode:
    lanes, count = _lanes(vectors, shape.filters)
    width = shape.columns.results
    wide, pixels = _best(
        (count // wide * -(-width // pixels) * _cycles(pixels, wide), (wide, pixels))
        for wide in range(1, WIDEST + 1) if count % wide == 0
        for pixels in range(1, min(vectors.kept // wide, width) + 1)
    )  # fmt: skip
    unroll = next(number for number in (4, 3, 2, 1) if shape.channels % number == 0)
    return assembly.ForwardCode(shape.step, unroll, lanes, wide, pixels, shape.filters % lanes != 0)


def _filter_code(vectors: Vectors, shape: Shape) -> assembly.FilterCode:
    lanes, count = _lanes(vectors, shape.filters)
    wide, lines, rows = _best(
        (count // wide * shape.rows.extent // lines * -(-shape.run // rows) * _cycles(lines * rows, wide), (wide, lines, rows))
        for wide in range(1, WIDEST + 1) if count % wide == 0
        for lines in {1, shape.rows.extent}
        for rows in range(1, min(vectors.kept // (wide * lines), shape.run) + 1)
    )  # fmt: skip
    return assembly.FilterCode(shape.step, lines, rows, lanes, wide, shape.filters % lanes != 0)


def _narrow_code(vectors: Vectors, shape: Shape) -> narrow_assembly.Code | None:
    """What is fixed where vectors run along the pixels; None where they had better run along the filters."""
    filters, pieces = shape.filters, shape.rows.extent * shape.taps
    cycles = -(-shape.run // vectors.lanes) * max(filters, 1.5) / 2 + FOLD_CYCLES * filters / pieces
    if filters > MOST_NARROW or cycles >= shape.run / 2:
        return None
    pixels = min(NARROW_PIXELS, (vectors.kept - filters) // filters, shape.columns.results)
    return narrow_assembly.Code(shape.step, vectors.lanes, filters, pixels, shape.run % vectors.lanes != 0)


def _given(shape: Shape, result: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the array of images, which has as many axes as that of the results."""
    planes = (shape.planes.size,) if len(result) == 5 else ()
    return (shape.images, *planes, shape.rows.size, shape.columns.size, shape.groups * shape.channels)


def _by_group(w: np.ndarray, groups: int) -> np.ndarray:
    """Filters one group after the other: [group, weights of a window, filter]."""
    return np.moveaxis(w.reshape(-1, groups, w.shape[-1] // groups), 1, 0)


def _narrow_convolution(code: narrow_assembly.Code, shape: Shape, target: Target, result: tuple[int, ...]) -> Callable[..., bool]:
    """The same as `_convolution` for very few filters."""
    sizes = sizes_of(shape, code.lanes, even_band(shape, BAND_BYTES), target, shape.weights)
    padded = -(-shape.run // code.lanes) * code.lanes
    lines = (shape.groups * shape.filters, shape.planes.extent * shape.rows.extent * shape.taps)
    run = caller(narrow_assembly.forward_text(code), "run", [
        Given(_given(shape, result)), Given((*lines, padded)), Given(result, is_output=True), Given(sizes.shape)],
        returns="i32", short=False)  # fmt: skip

    def convolve(x: np.ndarray, w: np.ndarray, y: np.ndarray) -> bool:
        return run(x, widened(w.reshape(shape.weights, -1).T.reshape(*lines, shape.run), padded), y, sizes)

    return convolve


def _convolution(vectors: Vectors, shape: Shape, target: Target, result: tuple[int, ...]) -> Callable[..., bool]:
    """The function (x, w, y) that writes into y, an array of shape `result`, and says whether it did."""
    narrow = _narrow_code(vectors, shape)
    if narrow is not None:
        return _narrow_convolution(narrow, shape, target, result)
    convolve = _wide_convolution(vectors, shape, target, result, None)
    return lambda x, w, y: convolve(x, w, y) is not None


def _wide_convolution(vectors: Vectors, shape: Shape, target: Target, result: tuple[int, ...], epilogue: Epilogue | None) -> Into:
    """The function (x, w, y, *others of the epilogue but the sums) -> sums, whose vectors run along the filters."""
    code = _forward_code(vectors, shape)
    sizes = sizes_of(shape, code.lanes, even_band(shape, BAND_BYTES), target, shape.weights)
    weights_row = -(-shape.filters // code.lanes) * code.lanes
    parts = math.prod(int(sizes[SIZES.index(name)]) for name in PARTS)
    others = [] if epilogue is None else epilogue.given(result, parts)
    run = caller(assembly.forward_text(code, epilogue, vectors.lanes), "run", [
        Given(_given(shape, result)), Given((shape.groups, shape.weights, weights_row)), Given(result, is_output=True),
        *others, Given(sizes.shape)], returns="i32", short=False)  # fmt: skip

    def convolve(x: np.ndarray, w: np.ndarray, y: np.ndarray, *others: np.ndarray) -> np.ndarray | None:
        arranged = widened(_by_group(w, shape.groups), weights_row)
        return summed(lambda *sums: run(x, arranged, y, *others, *sums, sizes), epilogue, result, parts)

    return convolve


def convolver_into(vectors: Vectors, images: int, channels: int, filters: int, where: Layout, epilogue: Epilogue) -> Into:
    """Return the function (x, w, y, *others of the epilogue but the sums) -> sums; it gives None where it cannot do it."""
    shape = shape_of(images, channels, filters, where)
    return _wide_convolution(vectors, shape, plain(shape), (images, *where.results, filters), epilogue)


def spreader_into(vectors: Vectors, images: int, channels: int, filters: int, where: Layout, epilogue: Epilogue) -> Into:
    """Return the function (dy, w, dx, *others of the epilogue but the sums) -> sums, where there are no strides."""
    result = (images, *where.sizes, channels)
    (phase,), _ = phases_of(where, channels)
    spread = _wide_convolution(vectors, phase.shape(images, filters, channels), phase.target, result, epilogue)
    return lambda dy, w, dx, *others: spread(dy, w.swapaxes(-2, -1)[phase.places], dx, *others)


def convolver(vectors: Vectors, images: int, channels: int, filters: int, where: Layout, groups: int = 1) -> Function:
    """Return the function (x, w) -> y; it gives None where it cannot do it. channels, filters: of a group."""
    shape = shape_of(images, channels, filters, where, groups)
    result = (images, *where.results, groups * filters)
    convolve = _convolution(vectors, shape, plain(shape), result)

    def convolution(x: np.ndarray, w: np.ndarray) -> np.ndarray | None:
        y = empty(result)
        return y if convolve(x, w, y) else None

    return convolution


def spreader(vectors: Vectors, images: int, channels: int, filters: int, where: Layout, groups: int = 1) -> Function:
    """Return the function (dy, w) -> dx; it gives None where it cannot do it. channels, filters: of a group."""
    result = (images, *where.sizes, groups * channels)
    phases, is_whole = phases_of(where, groups * channels)
    parts = [(phase.places, _convolution(vectors, phase.shape(images, filters, channels, groups), phase.target, result))
             for phase in phases]  # fmt: skip

    def spread(dy: np.ndarray, w: np.ndarray) -> np.ndarray | None:
        dx = empty(result) if is_whole else np.zeros(result, np.float32)
        turned = w.reshape(*where.window, channels, groups, filters).swapaxes(-3, -1).reshape(*where.window, filters, groups * channels)
        return dx if all(convolve(dy, turned[places], dx) for places, convolve in parts) else None

    return spread


def correlator(vectors: Vectors, images: int, channels: int, filters: int, where: Layout, groups: int = 1) -> Function:
    """Return the function (x, dy) -> dw; it gives None where it cannot do it. channels, filters: of a group."""
    shape = shape_of(images, channels, filters, where, groups)
    code = _filter_code(vectors, shape)
    band = band_of(shape, GRADIENT_BAND_BYTES, shape.columns.results * code.block)
    sizes = sizes_of(shape, code.lanes, band, plain(shape), shape.weights, -(-filters // code.block))
    room, result = room_of(sizes, shape.weights), (*where.window, channels, groups * filters)
    run = caller(assembly.filter_gradient_text(code), "run", [
        Given((images, *where.sizes, groups * channels)), Given((images, *where.results, groups * filters)), Given((room,), is_output=True),
        Given(result, is_output=True), Given(sizes.shape)], returns="i32", short=False)  # fmt: skip

    def correlation(x: np.ndarray, dy: np.ndarray) -> np.ndarray | None:
        dw = empty(result)
        return dw if run(x, dy, empty((room,)), dw, sizes) else None

    return correlation
