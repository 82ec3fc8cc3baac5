"""Convolution with fewer multiplications: the matrices of Winograd's method, after Toom and Cook.

A tile of m results of a filter with r taps needs m + r - 1 multiplications instead of m * r: the pixels under the tile and the filter are
read as polynomials, both are evaluated at m + r - 2 points and at infinity, the values are multiplied, and the product is put together
again. In two dimensions this happens along both axes, and each product becomes a sum over channels: a product of matrices.

Adding and subtracting pixels before they are multiplied costs accuracy: the largest error is some 10^-5 of the results' standard deviation,
three times that of a plain sum. And a pixel that is not finite makes all results of its tiles NaN. AUTOGRAD_LITE_WINOGRAD=off does without.
"""

from __future__ import annotations

import functools
import os
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.ops.windows import Layout, mirrored, turned, windows

__all__ = [
    "FEWER_POINTS", "POINTS", "PRODUCTS", "Transforms", "convolve", "correlate", "fits", "is_faster", "is_off", "spread", "tiles",
    "transforms",
]  # fmt: skip

# Points at which values stay small: with -2 and 1/2 the rounding error is a third of what it is with -2 and 2.
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)
FEWER_POINTS = (0.0, 1.0, -0.5, -2.0)  # for five products
PLACES = len(POINTS) + 1
PRODUCTS = PLACES * PLACES  # of a tile
LEAST_CHANNELS = 32  # with fewer, products of matrices are not what takes the time
PART_BYTES = 1 << 20  # of transformed pixels at a time: they stay in the cache


class Transforms(NamedTuple):
    """The matrices for `tile` results and `taps` weights along one axis, with `places` = tile + taps - 1.

    y = results @ ((weights @ w) * (pixels @ x))
    """

    tile: int
    taps: int
    pixels: np.ndarray  # [places, places]
    weights: np.ndarray  # [places, taps]
    results: np.ndarray  # [tile, places]

    @property
    def places(self) -> int:
        """The number of multiplications."""
        return self.tile + self.taps - 1


@functools.lru_cache
def transforms(tile: int, taps: int) -> Transforms:
    """Return the matrices, in double precision; tile + taps must be 6 or 7.

    The gradient for the filter is such a convolution too, with the results' gradient in the place of the filter: `transforms(taps, tile)`
    has the same matrix for the pixels.

    >>> kit = transforms(4, 3)
    >>> x, w = np.arange(6.0), np.array([1.0, 2.0, 3.0])
    >>> kit.results @ ((kit.weights @ w) * (kit.pixels @ x))
    array([ 8., 14., 20., 26.])
    """
    places = tile + taps - 1
    finite = next((points for points in (POINTS, FEWER_POINTS) if len(points) == places - 1), None)
    if finite is None:
        raise ValueError(f"There are points for {PLACES} or {PLACES - 1} multiplications, not for {places}.")
    pixels, weights, results = np.zeros((places, places)), np.zeros((places, taps)), np.zeros((tile, places))
    for row, point in enumerate(finite):
        others = [other for other in finite if other != point]
        weights[row] = point ** np.arange(taps) / np.prod([point - other for other in others])
        pixels[row, : places - 1] = np.poly(others)[::-1]
        results[:, row] = point ** np.arange(tile)
    weights[-1, -1] = results[-1, -1] = 1
    pixels[-1] = np.poly(finite)[::-1]
    return Transforms(tile, taps, pixels, weights, results)


def is_off() -> bool:
    """Return whether the environment says to do without."""
    return os.environ.get("AUTOGRAD_LITE_WINOGRAD", "").lower() in ("off", "0", "no")


def fits(where: Layout) -> bool:
    """Return whether a convolution can be done by this method, and needs fewer products that way."""
    if is_off() or where.window not in ((3, 3), (5, 5)):
        return False
    if where.strides != (1, 1) or where.dilations != (1, 1):
        return False
    if not all(0 <= low < extent for low, extent in zip(where.before, where.window)):
        return False
    rows, columns = tiles(where)
    return 3 * PRODUCTS * rows * columns < 2 * where.positions * where.results[0] * where.results[1]  # transforms cost something too


def is_faster(images: Any, channels: int, filters: int, where: Layout, of_filters: bool = False) -> bool:
    """Return whether NumPy had better use `convolve`, `spread` and (`of_filters`) `correlate` from here than those of `windows`.

    The gradient of filters of five taps is not faster, and less accurate.
    """
    if not isinstance(images, np.ndarray) or images.dtype != np.float32 or (of_filters and where.window != (3, 3)):
        return False
    return min(channels, filters) >= LEAST_CHANNELS and fits(where)


def tiles(where: Layout) -> tuple[int, int]:
    """Return how many rows and columns of tiles the results make."""
    tile = PLACES + 1 - where.window[0]
    return -(-where.results[0] // tile), -(-where.results[1] // tile)


@functools.lru_cache
def _doubled(tile: int, taps: int) -> tuple[np.ndarray, ...]:
    """The matrices of pixels, weights and results for two dimensions at once, in single precision."""
    kit = transforms(tile, taps)
    return tuple(np.kron(matrix, matrix).astype(np.float32) for matrix in (kit.pixels, kit.weights, kit.results))


def _gathered(xp: Any, x: Any, where: Layout) -> Any:
    """The pixels under each tile: [places * places, images, rows, columns, channels]."""
    rows, columns = tiles(where)
    tile, taps = PLACES + 1 - where.window[0], where.window[0]
    padded = xp.zeros((x.shape[0], rows * tile + taps - 1, columns * tile + taps - 1, x.shape[-1]), dtype=x.dtype)
    padded[:, where.before[0] : where.before[0] + where.sizes[0], where.before[1] : where.before[1] + where.sizes[1]] = x
    grid = Layout((PLACES, PLACES), (tile, tile), (1, 1), (0, 0), (0, 0), padded.shape[1:3], (rows, columns))
    return windows(xp, padded, grid).transpose(3, 4, 0, 1, 2, 5).reshape(PRODUCTS, -1)


def _parts(where: Layout, images: int, channels: int) -> list[slice]:
    rows, columns = tiles(where)
    count = max(PART_BYTES // (4 * PRODUCTS * rows * columns * channels), 1)
    return [slice(start, start + count) for start in range(0, images, count)]


def convolve(xp: Any, x: Any, w: Any, where: Layout) -> Any:
    """Slide filters over images, as `windows.convolve` does; for float32 and a layout that `fits`."""
    taps, channels, filters = where.window[0], x.shape[-1], w.shape[-1]
    tile, (rows, columns) = PLACES + 1 - taps, tiles(where)
    on_pixels, on_weights, on_results = (xp.asarray(matrix) for matrix in _doubled(tile, taps))
    weights = xp.matmul(on_weights, w.reshape(taps * taps, -1)).reshape(PRODUCTS, channels, filters)
    result = xp.empty((x.shape[0], *where.results, filters), dtype=x.dtype)
    for part in _parts(where, x.shape[0], channels):
        pixels = xp.matmul(on_pixels, _gathered(xp, x[part], where)).reshape(PRODUCTS, -1, channels)
        values = xp.matmul(on_results, xp.matmul(pixels, weights).reshape(PRODUCTS, -1))
        values = values.reshape(tile, tile, -1, rows, columns, filters).transpose(2, 3, 0, 4, 1, 5)
        values = values.reshape(-1, rows * tile, columns * tile, filters)
        result[part] = values[:, : where.results[0], : where.results[1]]
    return result


def spread(xp: Any, dy: Any, w: Any, where: Layout) -> Any:
    """What each result sends back to the pixels of its window, as `windows.spread` gives it; for float32 and a layout that `fits`."""
    return convolve(xp, dy, turned(xp, w), mirrored(where))


def correlate(xp: Any, x: Any, dy: Any, where: Layout) -> Any:
    """The sum over all windows of pixel times result, as `windows.correlate` gives it; for float32 and a layout that `fits`."""
    taps, channels, filters = where.window[0], x.shape[-1], dy.shape[-1]
    tile, (rows, columns) = PLACES + 1 - taps, tiles(where)
    on_pixels, on_gradients, on_total = (xp.asarray(matrix) for matrix in _doubled(taps, tile))
    total = xp.zeros((PRODUCTS, channels, filters), dtype=x.dtype)
    for part in _parts(where, x.shape[0], channels):
        pixels = xp.matmul(on_pixels, _gathered(xp, x[part], where)).reshape(PRODUCTS, -1, channels)
        padded = xp.zeros((dy[part].shape[0], rows * tile, columns * tile, filters), dtype=dy.dtype)
        padded[:, : where.results[0], : where.results[1]] = dy[part]
        gradients = padded.reshape(-1, rows, tile, columns, tile, filters).transpose(2, 4, 0, 1, 3, 5).reshape(tile * tile, -1)
        gradients = xp.matmul(on_gradients, gradients).reshape(PRODUCTS, -1, filters)
        total += xp.matmul(pixels.transpose(0, 2, 1), gradients)
    return xp.matmul(on_total, total.reshape(PRODUCTS, -1)).reshape(taps, taps, channels, filters)
