"""Ops that resize images: nearest neighbour, bilinear, bicubic and area.

All but the nearest neighbour are sums over a few rows and then a few columns of the image ("taps"): which ones, and with which weights,
is worked out per axis. The gradients send values back along the same taps. Positions are computed in single precision, as TensorFlow does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.rows import combine_rows
from autograd_lite.ops.samples import ints, sample, values

_IMAGES = "int8 uint8 int16 uint16 int32 int64 half float double bfloat16"
_WIDE = "int8 uint8 int16 uint16 int32 int64 bfloat16 half float double"
_ATTRS = "align_corners: bool = False, half_pixel_centers: bool = False"
Taps = tuple[np.ndarray, np.ndarray]  # rows of the input [size, k], and their weights


def _resized_shape(c):
    images = rules.with_rank(c, c.shape(0), 4)
    rules.merge_size(c, rules.with_rank(c, c.shape(1), 1)[0], 2)
    sizes = rules.shape_from_input(c, 1) or (None, None)
    return (images[0], sizes[0], sizes[1], images[3])


def _checked_size(images: Any, size: Any, itemsize: int) -> tuple[int, int]:
    """Height and width to make, after they and the images are found to be sound."""
    wanted = np.asarray(size)
    if images.ndim != 4:
        raise invalid(f"input must be 4-dimensional{text(images.shape)}")
    if wanted.shape != (2,):
        raise invalid(f"shape_t must be 1-dimensional with 2 elements{text(wanted.shape)}")
    height, width = wanted.tolist()
    if height <= 0 or width <= 0:
        raise invalid("output dimensions must be positive")
    if not images.shape[1] or not images.shape[2]:
        raise invalid("input image must be of non-zero size")
    check_room((images.shape[0], height, width, images.shape[3]), itemsize)
    return height, width


def _check_centers(align_corners: bool, half_pixel_centers: bool) -> None:
    if align_corners and half_pixel_centers:
        raise invalid("If half_pixel_centers is True, align_corners must be False.")


def _step(size: int, wanted: int, align_corners: bool) -> np.float32:
    """How far apart in the input two neighbours of the output are."""
    if align_corners and wanted > 1:
        return np.float32(size - 1) / np.float32(wanted - 1)
    return np.float32(size) / np.float32(wanted)


def _places(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> np.ndarray:
    """Where in the input each pixel of the output lies."""
    numbers, step = np.arange(wanted, dtype=np.float32), _step(size, wanted, align_corners)
    if half_pixel_centers:
        return (numbers + np.float32(0.5)) * step - np.float32(0.5)
    return numbers * step


def linear_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    """The two neighbours of each place."""
    places = _places(size, wanted, align_corners, half_pixel_centers)
    below = np.floor(places)
    part = places - below
    first = np.maximum(below.astype(np.int64), 0)
    second = np.minimum(np.ceil(places).astype(np.int64), size - 1)
    return np.stack([np.minimum(first, size - 1), np.maximum(second, 0)], axis=1), np.stack([1 - part, part], axis=1)


_TABLE = 1024  # TensorFlow looks the cubic weights up at this many fractions of a pixel


def _cubic_weights(part: np.ndarray, slope: float) -> np.ndarray:
    """The weights of four neighbours at fractions of a pixel (Keys 1981, with parameter `slope`): [n] -> [n, 4]."""
    near = np.round(part * _TABLE) / _TABLE

    def inside(x):
        return ((slope + 2) * x - (slope + 3)) * x * x + 1

    def outside(x):
        x = x + 1
        return ((slope * x - 5 * slope) * x + 8 * slope) * x - 4 * slope

    return np.stack([outside(near), inside(near), inside(1 - near), outside(1 - near)], axis=1).astype(np.float32)


def cubic_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    """The four neighbours of each place; with half-pixel centers those outside do not count."""
    places = _places(size, wanted, align_corners, half_pixel_centers)
    below = np.floor(places)
    weights = _cubic_weights(places - below, -0.5 if half_pixel_centers else -0.75)
    rows = below.astype(np.int64)[:, None] + np.arange(-1, 3)
    bounded = np.clip(rows, 0, size - 1)
    if half_pixel_centers:
        weights = np.where(rows == bounded, weights, np.float32(0))
        weights = weights / np.sum(weights, axis=1, keepdims=True)
    return bounded, weights


def area_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    """All pixels that the area of an output pixel touches, weighted by how much of each it covers."""
    step = _step(size, wanted, align_corners)
    if not step:  # all lie on the one pixel that there is
        return np.zeros((wanted, 1), np.int64), np.ones((wanted, 1), np.float32)
    starts = np.arange(wanted, dtype=np.float32) * step
    ends = np.arange(1, wanted + 1, dtype=np.float32) * step
    first = np.floor(starts).astype(np.int64)
    most = int(np.max(np.ceil(ends).astype(np.int64) - first))
    rows = first[:, None] + np.arange(most)
    covered = np.minimum(rows + 1, ends[:, None]) - np.maximum(rows, starts[:, None])
    return np.clip(rows, 0, size - 1), (np.maximum(covered, 0) / step).astype(np.float32)


def _combined(xp: Any, images: Any, taps: Taps, axis: int) -> Any:
    """Weighted sums of the taps along an axis."""
    rows, weights = taps
    shape = [1] * images.ndim
    shape[axis] = -1
    total: Any = None
    for tap in range(rows.shape[1]):
        weight = xp.asarray(weights[:, tap].astype(images.dtype)).reshape(shape)
        term = xp.take(images, xp.asarray(rows[:, tap]), axis=axis) * weight
        total = term if total is None else total + term
    return total


def _sent_back(xp: Any, grads: Any, taps: Taps, axis: int, size: int) -> Any:
    """The gradient of `_combined`."""
    rows, weights = taps
    moved = xp.moveaxis(grads, axis, 0)
    result = xp.zeros((size, *moved.shape[1:]), dtype=grads.dtype)
    shape = (-1,) + (1,) * (moved.ndim - 1)
    for tap in range(rows.shape[1]):
        weight = xp.asarray(weights[:, tap].astype(grads.dtype)).reshape(shape)
        combine_rows(xp, xp.add, result, xp.asarray(rows[:, tap]), xp.ascontiguousarray(moved * weight))
    return xp.moveaxis(result, 0, axis)


def _resized(xp: Any, images: Any, size: Any, taps: Any, *flags: bool) -> Any:
    _check_centers(*flags)
    height, width = _checked_size(images, size, 4)
    rows, columns = taps(images.shape[1], height, *flags), taps(images.shape[2], width, *flags)
    wide = images.astype(xp.float64 if images.dtype.itemsize == 8 else xp.float32)
    return xp.ascontiguousarray(_combined(xp, _combined(xp, wide, columns, 2), rows, 1).astype(xp.float32))


def _resized_gradient(xp: Any, grads: Any, original: Any, taps: Any, *flags: bool) -> Any:
    _check_centers(*flags)
    if grads.ndim != 4 or original.ndim != 4:
        raise invalid("input_grad and original_image must be 4-dimensional")
    height, width = original.shape[1:3]
    if not height or not width or not grads.shape[1] or not grads.shape[2]:
        raise invalid("grad and original image must be of non-zero size")
    rows, columns = taps(height, grads.shape[1], *flags), taps(width, grads.shape[2], *flags)
    wide = grads.astype(original.dtype if original.dtype.itemsize == 8 else xp.float32)
    back = _sent_back(xp, _sent_back(xp, wide, rows, 1, height), columns, 2, width)
    return xp.ascontiguousarray(back.astype(original.dtype))


def _flags(op: Any) -> dict[str, Any]:
    return {name: op.attrs[name] for name in ("align_corners", "half_pixel_centers")}


def _size_of(g: Any, images: Any) -> Any:
    """Height and width of images."""
    return g.shape(images)[1:3]


_RESIZE: dict[str, Any] = {
    "shape": _resized_shape,
    "host": ("size",),
    "samples": [
        sample(values((1, 4, 3, 2)), ints(2, 5)),
        sample(values((2, 3, 3, 1)), ints(5, 4), align_corners=True),
        sample(values((1, 2, 3, 1)), ints(4, 2), half_pixel_centers=True),
    ],
}
_BACK_SAMPLES = [
    sample(values((1, 2, 5, 2), dtype="float32"), values((1, 4, 3, 2))),
    sample(values((1, 2, 2, 1), dtype="float32"), values((1, 3, 3, 1)), align_corners=True),
]


@op(
    f"ResizeBilinear(images: T, size: int32, *, {_ATTRS}) -> resized_images: float",
    types={"T": _WIDE},
    **_RESIZE,
)
def resize_bilinear(xp, images, size, align_corners, half_pixel_centers):
    """Resize images, interpolating between the four pixels around each place."""
    return _resized(xp, images, size, linear_taps, align_corners, half_pixel_centers)


@resize_bilinear.gradient
def resize_bilinear_gradient(g, op, dy):
    images = op.inputs[0]
    return g.resize_bilinear_grad(dy, images, **_flags(op)) if images.dtype.is_floating else None, None


@op(
    f"ResizeBilinearGrad(grads: float, original_image: T, *, {_ATTRS}) -> output: T",
    types={"T": "float bfloat16 half double"},
    shape=lambda c: c.shape(1),
    samples=_BACK_SAMPLES,
)
def resize_bilinear_grad(xp, grads, original_image, align_corners, half_pixel_centers):
    """Send the gradients of bilinearly resized images back to the pixels that they came from."""
    return _resized_gradient(xp, grads, original_image, linear_taps, align_corners, half_pixel_centers)


@resize_bilinear_grad.gradient
def resize_bilinear_grad_gradient(g, op, dy):
    return g.resize_bilinear(dy, _size_of(g, op.inputs[0]), **_flags(op)), None


@op(
    f"ResizeBicubic(images: T, size: int32, *, {_ATTRS}) -> resized_images: float",
    types={"T": _IMAGES},
    **_RESIZE,
)
def resize_bicubic(xp, images, size, align_corners, half_pixel_centers):
    """Resize images, interpolating by cubics between the sixteen pixels around each place (Keys 1981)."""
    return _resized(xp, images, size, cubic_taps, align_corners, half_pixel_centers)


@resize_bicubic.gradient
def resize_bicubic_gradient(g, op, dy):
    images = op.inputs[0]
    wanted = images.dtype.base_dtype in (dtypes.float32, dtypes.float64)
    return g.resize_bicubic_grad(dy, images, **_flags(op)) if wanted else None, None


@op(
    f"ResizeBicubicGrad(grads: float, original_image: T, *, {_ATTRS}) -> output: T",
    types={"T": "float double"},
    shape=lambda c: c.shape(1),
    samples=_BACK_SAMPLES,
)
def resize_bicubic_grad(xp, grads, original_image, align_corners, half_pixel_centers):
    """Send the gradients of bicubically resized images back to the pixels that they came from."""
    return _resized_gradient(xp, grads, original_image, cubic_taps, align_corners, half_pixel_centers)


@resize_bicubic_grad.gradient
def resize_bicubic_grad_gradient(g, op, dy):
    return g.resize_bicubic(dy, _size_of(g, op.inputs[0]), **_flags(op)), None


@op(
    "ResizeArea(images: T, size: int32, *, align_corners: bool = False) -> resized_images: float",
    types={"T": _IMAGES},
    names=["image.resize_area"],
    shape=_resized_shape,
    host=("size",),
    samples=[sample(values((1, 4, 3, 2)), ints(2, 5)), sample(values((2, 3, 3, 1)), ints(2, 2), align_corners=True)],
    no_gradient="TensorFlow defines none for the area method",
)
def resize_area(xp, images, size, align_corners):
    """Resize images, averaging all pixels that the area of a new one covers.

    >>> tf.Session().run(tf.image.resize_area([[[[1.0], [3.0]]]], [1, 1])).ravel()
    array([2.], dtype=float32)
    """
    return _resized(xp, images, size, area_taps, align_corners, False)


# ------------------------------------------------------------------ nearest neighbour


def nearest(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> np.ndarray:
    """The row of the input that each row of the output copies."""
    numbers, step = np.arange(wanted, dtype=np.float32), _step(size, wanted, align_corners)
    if half_pixel_centers:
        places = np.floor((numbers + np.float32(0.5)) * step)
    elif align_corners:
        places = np.floor(numbers * step + np.float32(0.5))
    else:
        places = np.floor(numbers * step)
    return np.clip(places.astype(np.int64), 0, size - 1)


@op(
    f"ResizeNearestNeighbor(images: T, size: int32, *, {_ATTRS}) -> resized_images: T",
    types={"T": _IMAGES},
    **_RESIZE,
)
def resize_nearest_neighbor(xp, images, size, align_corners, half_pixel_centers):
    """Resize images, copying the nearest pixel to each place."""
    _check_centers(align_corners, half_pixel_centers)
    height, width = _checked_size(images, size, images.dtype.itemsize)
    rows = xp.asarray(nearest(images.shape[1], height, align_corners, half_pixel_centers))
    columns = xp.asarray(nearest(images.shape[2], width, align_corners, half_pixel_centers))
    return xp.take(xp.take(images, rows, axis=1), columns, axis=2)


@resize_nearest_neighbor.gradient
def resize_nearest_neighbor_gradient(g, op, dy):
    return g.resize_nearest_neighbor_grad(dy, _size_of(g, op.inputs[0]), **_flags(op)), None


@op(
    f"ResizeNearestNeighborGrad(grads: T, size: int32, *, {_ATTRS}) -> output: T",
    types={"T": "uint8 int8 int32 half float double bfloat16"},
    shape=_resized_shape,
    host=("size",),
    samples=[sample(values((1, 2, 5, 2)), ints(4, 3)), sample(values((1, 2, 2, 1)), ints(3, 3), align_corners=True)],
)
def resize_nearest_neighbor_grad(xp, grads, size, align_corners, half_pixel_centers):
    """Add the gradients of copied pixels up where they were copied from."""
    _check_centers(align_corners, half_pixel_centers)
    height, width = _checked_size(grads, size, grads.dtype.itemsize)
    result = grads
    for axis, length in ((1, height), (2, width)):
        rows = xp.asarray(nearest(length, grads.shape[axis], align_corners, half_pixel_centers))
        moved = xp.ascontiguousarray(xp.moveaxis(result, axis, 0))
        total = xp.zeros((length, *moved.shape[1:]), dtype=grads.dtype)
        combine_rows(xp, xp.add, total, rows, moved)
        result = xp.moveaxis(total, 0, axis)
    return xp.ascontiguousarray(result)


@resize_nearest_neighbor_grad.gradient
def resize_nearest_neighbor_grad_gradient(g, op, dy):
    return g.resize_nearest_neighbor(dy, _size_of(g, op.inputs[0]), **_flags(op)), None
