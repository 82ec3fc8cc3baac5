"""The compiled kernels of depthwise convolution with one filter a channel, and of its two gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import depthwise_assembly as assembly
from autograd_lite.kernels.calls import Given, caller
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.convolution import called_with, layout_of, result_shape, seconds
from autograd_lite.kernels.convolution_shapes import (
    Function,
    Shape,
    Target,
    even_band,
    phases_of,
    plain,
    room_of,
    shape_of,
    sizes_of,
    widened,
)
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.processor import Vectors, vectors
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.windows import Layout

__all__ = ["convolver", "correlator", "spreader"]

BAND_BYTES = 1 << 18  # of the pixels of a part of the work
MOST_PLACES = 25  # of a window: more sums than registers would be slow
TILE = {16: 6, 8: 4, 4: 6}  # lanes -> pixels whose sums stay in registers
GRADIENT_TILE = 8


@compiled("DepthwiseConv2dNative")
def depthwise_conv2d(c: Inference) -> Tiered | None:
    """The convolution."""
    return _tiered(c, "convolver", c.shape(0), c.shape(1), result_shape(c), (0, 1))


@compiled("DepthwiseConv2dNativeBackpropInput")
def depthwise_conv2d_backprop_input(c: Inference) -> Tiered | None:
    """The gradient for the images."""
    return _tiered(c, "spreader", result_shape(c), c.shape(1), c.shape(2), (2, 1))


@compiled("DepthwiseConv2dNativeBackpropFilter")
def depthwise_conv2d_backprop_filter(c: Inference) -> Tiered | None:
    """The gradient for the filters."""
    return _tiered(c, "correlator", c.shape(0), result_shape(c), c.shape(2), (0, 2))


def _tiered(c: Inference, kind: str, images: Any, filters: Any, results: Any, positions: tuple[int, int]) -> Tiered | None:
    where = layout_of(c, images, filters, results)
    if where is None or filters[3] != 1 or where.positions > MOST_PLACES:
        return None
    channels = images[1 if c.attrs["data_format"].startswith("NC") else 3]
    if channels != filters[2]:
        return None

    def prepare() -> Callable[..., Any] | None:
        processor = vectors()
        make = {"convolver": convolver, "spreader": spreader, "correlator": correlator}[kind]
        function = processor and make(processor, images[0], channels, where)
        shapes = tuple(c.shape(position) for position in positions)
        are_images, gives_images = (True, kind == "correlator"), kind != "correlator"
        return function and called_with(c.opdef.kernel, function, positions, shapes, c.attrs["data_format"], are_images, gives_images)

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, 10 * seconds(results, where.positions))


def _code(vectors: Vectors, shape: Shape, pixels: int) -> assembly.Code:
    lanes = next(count for count in (4, 8, 16) if count >= shape.channels or count == vectors.lanes)
    rows, columns = shape.rows, shape.columns
    return assembly.Code(rows.extent, columns.extent, columns.stride, columns.step, lanes, min(pixels, columns.results),
                         shape.channels % lanes != 0)  # fmt: skip


def _convolution(vectors: Vectors, shape: Shape, target: Target, result: tuple[int, ...]) -> Callable[..., bool]:
    """The function (x, w, y) that writes into y, an array of shape `result`, and says whether it did."""
    code = _code(vectors, shape, TILE[vectors.lanes])
    sizes = sizes_of(shape, code.lanes, even_band(shape, BAND_BYTES), target, shape.rows.extent * shape.columns.extent)
    row = -(-shape.channels // code.lanes) * code.lanes
    run = caller(assembly.forward_text(code), "run", [
        Given((shape.images, shape.rows.size, shape.columns.size, shape.channels)),
        Given((shape.rows.extent, shape.columns.extent, row)), Given(result, is_output=True), Given(sizes.shape)],
        returns="i32", short=False)  # fmt: skip
    return lambda x, w, y: run(x, widened(w, row), y, sizes)


def convolver(vectors: Vectors, images: int, channels: int, where: Layout) -> Function:
    """Return the function (x, w) -> y; it gives None where it cannot do it."""
    shape = shape_of(images, channels, channels, where)
    result = (images, *where.results, channels)
    convolve = _convolution(vectors, shape, plain(shape), result)

    def convolution(x: np.ndarray, w: np.ndarray) -> np.ndarray | None:
        y = empty(result)
        return y if convolve(x, w[..., 0], y) else None

    return convolution


def spreader(vectors: Vectors, images: int, channels: int, where: Layout) -> Function:
    """Return the function (dy, w) -> dx; it gives None where it cannot do it."""
    result = (images, *where.sizes, channels)
    parts, is_whole = phases_of(where, channels)
    made = [(phase.places, _convolution(vectors, phase.shape(images, channels, channels), phase.target, result))
            for phase in parts]  # fmt: skip

    def spread(dy: np.ndarray, w: np.ndarray) -> np.ndarray | None:
        dx = empty(result) if is_whole else np.zeros(result, np.float32)
        filters = w[..., 0]
        return dx if all(convolve(dy, filters[places], dx) for places, convolve in made) else None

    return spread


def correlator(vectors: Vectors, images: int, channels: int, where: Layout) -> Function:
    """Return the function (x, dy) -> dw; it gives None where it cannot do it."""
    shape = shape_of(images, channels, channels, where)
    code = _code(vectors, shape, GRADIENT_TILE)
    sizes = sizes_of(shape, code.lanes, shape.rows.results, plain(shape), where.positions)
    room, result = room_of(sizes, where.positions), (*where.window, channels, 1)
    run = caller(assembly.filter_gradient_text(code), "run", [
        Given((images, *where.sizes, channels)), Given((images, *where.results, channels)), Given((room,), is_output=True),
        Given(result, is_output=True), Given(sizes.shape)], returns="i32", short=False)  # fmt: skip

    def correlation(x: np.ndarray, dy: np.ndarray) -> np.ndarray | None:
        dw = empty(result)
        return dw if run(x, dy, empty((room,)), dw, sizes) else None

    return correlation
