"""The compiled kernels of Conv2D, Conv3D and their gradients: Winograd's method where it pays, else the definition.

They take float32 of known shapes; windows of one pixel are a product of matrices. Empty arrays stay with the op's own kernel. Machine code
is made for numbers of channels, never for sizes of images or batches, so the last, smaller batch of an epoch finds its kernel ready. With
NCHW, channels are moved to the end and back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.errors import OpError
from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import direct, winograd
from autograd_lite.kernels.compiled import compiled, with_epilogue
from autograd_lite.kernels.epilogue import Epilogue, Producer
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.processor import vectors
from autograd_lite.kernels.products import Form, multiplier, product_fits
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops import convolution_rules as rules
from autograd_lite.ops.windows import Layout, spatial_axes

__all__ = ["called_with", "layout_of", "result_shape", "seconds"]

NUMPY_FLOPS = 2e10  # operations a second of a NumPy kernel, roughly
# The functions of `direct` and `winograd` that make a kernel.
FORWARD, TO_INPUT, TO_FILTER = "convolver", "spreader", "correlator"


@compiled("Conv2D", "Conv3D")
def convolution(c: Inference) -> Tiered | None:
    """The convolution of images and filters."""
    return _tiered(c, FORWARD, c.shape(0), c.shape(1), result_shape(c), (0, 1))


@compiled("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def gradient_for_images(c: Inference) -> Tiered | None:
    """The gradient for the images; the sizes of images are those that the plan knows."""
    return _tiered(c, TO_INPUT, result_shape(c), c.shape(1), c.shape(2), (2, 1))


@compiled("Conv2DBackpropFilter", "Conv3DBackpropFilterV2")
def gradient_for_filters(c: Inference) -> Tiered | None:
    """The gradient for the filters."""
    return _tiered(c, TO_FILTER, c.shape(0), result_shape(c), c.shape(2), (0, 2))


def _tiered(c: Inference, kind: str, images: Any, filters: Any, results: Any, positions: tuple[int, int]) -> Tiered | None:
    """The kernel in two tiers.

    Args:
      kind: the function of `direct` and `winograd` that makes it. images, filters, results: shapes. positions: of the inputs that are
        arrays.
    """
    where = layout_of(c, images, filters, results)
    if where is None:
        return None
    count, channels, groups = images[0], filters[-2], images[_channel_axis(c)] // filters[-2]
    if groups * channels != images[_channel_axis(c)] or filters[-1] % groups:
        return None
    depth, form = filters[-1] // groups, None
    if groups == 1 and where.positions == 1 and where.sizes == where.results and set(where.strides) == {1}:
        form = _form(kind, count * math.prod(where.sizes), channels, depth)
        if not product_fits(form):
            return None

    def prepare() -> Callable[..., Any] | None:
        processor = vectors()
        if processor is None:
            return None
        if form is not None:
            function = _product(form, (*where.window, channels, depth) if kind == TO_FILTER else (count, *where.sizes, form.columns))
        elif groups == 1 and winograd.pays(where, channels, depth, kind == TO_FILTER):
            function = getattr(winograd, kind)(processor, count, channels, depth, where)
        else:
            function = getattr(direct, kind)(processor, count, channels, depth, where, groups)
        is_image = (True, kind == TO_FILTER), kind != TO_FILTER
        shapes = tuple(c.shape(position) for position in positions)
        return called_with(c.opdef.kernel, function, positions, shapes, c.attrs["data_format"], *is_image)

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(results, math.prod(filters[:-1])))


@with_epilogue("Conv2D", "Conv3D")
def convolution_and_more(c: Inference) -> Producer | None:
    """The convolution, with an epilogue."""
    return _producer(c, FORWARD, c.shape(0), c.shape(1), result_shape(c), (0, 1))


@with_epilogue("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def gradient_for_images_and_more(c: Inference) -> Producer | None:
    """The gradient for the images, with an epilogue."""
    return _producer(c, TO_INPUT, result_shape(c), c.shape(1), c.shape(2), (2, 1))


def _producer(c: Inference, kind: str, images: Any, filters: Any, results: Any, positions: tuple[int, int]) -> Producer | None:
    """The kernel as one that can do more with its results: if those of all channels stand side by side, and come part by part."""
    where = layout_of(c, images, filters, results)
    if where is None or c.attrs["data_format"].startswith("NC") or images[-1] != filters[-2]:
        return None
    channels, depth = filters[-2:]
    if where.positions == 1 or (depth if kind == FORWARD else channels) <= direct.MOST_NARROW:
        return None
    is_winograd = winograd.pays(where, channels, depth)
    if kind == TO_INPUT and not is_winograd and set(where.strides) != {1}:
        return None  # the parts of the work are no rows of results that stand together

    def make(epilogue: Epilogue) -> Callable[..., Any] | None:
        processor = vectors()
        if processor is None:
            return None
        function = getattr(winograd if is_winograd else direct, f"{kind}_into")
        return function(processor, images[0], channels, depth, where, epilogue)

    return Producer(positions, make, seconds(results, math.prod(filters[:-1])))


def _form(kind: str, pixels: int, channels: int, filters: int) -> Form:
    """A convolution with windows of one pixel as a product of matrices."""
    return {
        FORWARD: Form(pixels, filters, (channels,)),
        TO_INPUT: Form(pixels, channels, (filters,), turned_b=True),
        TO_FILTER: Form(channels, filters, (pixels,), turned_a=True),
    }[kind]


def _product(form: Form, shape: tuple[int, ...]) -> Callable[[np.ndarray, np.ndarray], np.ndarray | None]:
    """The function of two arrays of pixels or filters that multiplies them as matrices; `shape`: of its result."""
    multiply = multiplier(form)

    def product(left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
        out = empty((form.rows, form.columns))
        done = multiply(left.reshape(-1, left.shape[-1]), right.reshape(-1, right.shape[-1]), out)
        return out.reshape(shape) if done else None

    return product


def result_shape(c: Inference) -> Any:
    """The shape of the op's only output; None where there is none, of which the op's own kernel will complain."""
    assert c.opdef.shape is not None
    try:
        return c.opdef.shape(c)
    except ValueError:
        return None


def layout_of(c: Inference, images: Any, filters: Any, results: Any) -> Layout | None:
    """Where windows stand; None if it is not known, if there is nothing to compute, or if the op's own kernel will complain."""
    if c.dtype(c.count - 1) != dtypes.float32:
        return None
    if any(shape is None or not all(shape) for shape in (images, filters, results)):
        return None
    rank = len(images)
    axes = spatial_axes(c.attrs["data_format"], rank)
    try:
        where = rules.layout_of([images[axis] for axis in axes], filters[:-2], c.attrs, rank)
    except OpError:
        return None
    fits = where.results == tuple(results[axis] for axis in axes) and images[0] == results[0]
    return where if fits else None


def _channel_axis(c: Inference) -> int:
    return 1 if c.attrs["data_format"].startswith("NC") else -1


def seconds(results: Sequence[int], per_result: int) -> float:
    """About what the NumPy kernel takes for results that need so many products each."""
    return 2 * math.prod(results) * per_result / NUMPY_FLOPS + 2e-5


def called_with(slow: Callable[..., Any], function: Callable[..., Any], positions: tuple[int, int], shapes: Sequence[Any],
                data_format: str, are_images: Sequence[bool], gives_images: bool) -> Callable[..., Any]:  # fmt: skip
    """Return the function (xp, *inputs, *attributes) that an op's kernel is, made of one that takes two arrays in C order.

    Args:
      slow: the op's own kernel, for arrays of other shapes than these, and where `function` gives None. positions: of the two arrays among
        the inputs. are_images, gives_images: for which arrays, and whether for the result, `data_format` counts.
    """
    first, second = positions
    moved = [is_image and data_format.startswith("NC") for is_image in (*are_images, gives_images)]

    def kernel(xp: Any, *arguments: Any) -> Any:
        arrays = arguments[first], arguments[second]
        if arrays[0].shape != shapes[0] or arrays[1].shape != shapes[1]:
            return slow(xp, *arguments)
        result = function(*(np.ascontiguousarray(np.moveaxis(array, 1, -1) if move else array) for array, move in zip(arrays, moved)))
        if result is None:
            return slow(xp, *arguments)
        return np.ascontiguousarray(np.moveaxis(result, -1, 1)) if moved[2] else result

    return kernel
