"""Ops that cut pieces out of images: boxes brought to one size (and their gradients), and glimpses.

A box is (top, left, bottom, right); 0 and 1 are the centers of the first and last row (or column) of pixels. Where the pixels of a crop
lie is worked out per axis, in single precision as TensorFlow does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.core import dtypes
from autograd_lite.core.errors import OutOfRangeError
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.rows import combine_rows
from autograd_lite.ops.samples import ints, sample, values

_IMAGES = "uint8 uint16 int8 int16 int32 int64 half float double"
_METHOD = "method: {'bilinear', 'nearest'} = 'bilinear'"
_PART = 1 << 20  # elements of crops that are made at a time: their temporaries stay in the cache


def _columns_of_boxes(c: Any, boxes: int, box_ind: int) -> int | None:
    """How many boxes there are."""
    shape = rules.with_rank(c, c.shape(boxes), 2)
    rules.with_size(c, shape[1], 4)
    return rules.merge_size(c, shape[0], rules.with_rank(c, c.shape(box_ind), 1)[0])


def _crops_shape(c):
    images = rules.with_rank(c, c.shape(0), 4)
    count = _columns_of_boxes(c, 1, 2)
    rules.merge_size(c, rules.with_rank(c, c.shape(3), 1)[0], 2)
    sizes = rules.shape_from_input(c, 3) or (None, None)
    return (count, sizes[0], sizes[1], images[3])


class _Along(NamedTuple):
    """Where the pixels of crops lie along one axis of the image; all arrays are [boxes, pixels of a crop]."""

    first: Any  # the pixel before
    second: Any  # the pixel after
    part: Any  # how far between them
    nearest: Any
    inside: Any  # whether the place is on the image at all


def _places(xp: Any, low: Any, high: Any, size: int, wanted: int) -> _Along:
    """Spread `wanted` pixels evenly from `low` to `high`, each [boxes], over an axis of `size` pixels."""
    last = xp.float32(size - 1)
    if wanted > 1:
        step = (high - low) * last / xp.float32(wanted - 1)
        places = (low * last)[:, None] + xp.arange(wanted, dtype=xp.float32) * step[:, None]
    else:
        places = (xp.float32(0.5) * (low + high) * last)[:, None]
    inside = (places >= 0) & (places <= last)
    places = xp.where(inside, places, xp.float32(0))
    first = xp.floor(places)
    nearest = xp.floor(places + xp.float32(0.5)).astype(xp.intp)
    return _Along(first.astype(xp.intp), xp.ceil(places).astype(xp.intp), places - first, nearest, inside)


class Crops(NamedTuple):
    """Boxes found sound, with the places of their pixels."""

    images: Any  # [boxes]: which image each is cut from
    rows: _Along
    columns: _Along
    size: tuple[int, int]  # of the images

    def flat(self, rows: Any, columns: Any) -> Any:
        """Positions [boxes, height, width] in all pixels of all images."""
        height, width = self.size
        return ((self.images * height)[:, None] + rows)[:, :, None] * width + columns[:, None, :]

    def corners(self) -> list[tuple[Any, Any, Any]]:
        """Positions of the four pixels around each place, with their weights along height and width [boxes, height, width]."""
        rows, columns = self.rows, self.columns
        down, across = rows.part[:, :, None], columns.part[:, None, :]
        return [
            (self.flat(row, column), weight_down, weight_across)
            for row, weight_down in ((rows.first, 1 - down), (rows.second, down))
            for column, weight_across in ((columns.first, 1 - across), (columns.second, across))
        ]

    @property
    def inside(self) -> Any:
        return self.rows.inside[:, :, None] & self.columns.inside[:, None, :]


def _checked_boxes(xp: Any, boxes: Any, box_ind: Any, batch: int) -> None:
    if boxes.ndim != 2:
        raise invalid(f"boxes must be 2-D, got: {text(boxes.shape)}")
    if boxes.shape[1] != 4:
        raise invalid("boxes must have 4 columns")
    if box_ind.ndim != 1:
        raise invalid(f"box_indices must be rank 1 but is shape {text(box_ind.shape)}")
    if box_ind.shape[0] != boxes.shape[0]:
        raise invalid("box_index has incompatible shape")
    if bool(xp.any((box_ind < 0) | (box_ind >= batch))):
        raise OutOfRangeError(None, None, "box_index has values outside [0, batch_size)")
    if not bool(xp.all(xp.isfinite(boxes))):
        raise invalid("Boxes contains at least one element that is not finite")


def _crops(xp: Any, boxes: Any, box_ind: Any, size: tuple[int, int], wanted: tuple[int, int]) -> Crops:
    top, left, bottom, right = (boxes[:, at] for at in range(4))
    rows, columns = _places(xp, top, bottom, size[0], wanted[0]), _places(xp, left, right, size[1], wanted[1])
    return Crops(box_ind.astype(xp.intp), rows, columns, size)


def _parts(count: int, per_box: int) -> list[slice]:
    """Boxes in groups whose crops are small."""
    step = max(_PART // max(per_box, 1), 1)
    return [slice(start, start + step) for start in range(0, count, step)]


def _checked_image(image: Any) -> None:
    if image.ndim != 4:
        raise invalid(f"input image must be 4-D{text(image.shape)}")
    if not image.shape[1] or not image.shape[2]:
        raise invalid("image dimensions must be positive")


def _checked_grads(grads: Any, boxes: Any) -> None:
    if grads.ndim != 4:
        raise invalid(f"grads image must be 4-D{text(grads.shape)}")
    if not grads.shape[1] or not grads.shape[2]:
        raise invalid("grads dimensions must be positive")
    if boxes.ndim and grads.shape[0] != boxes.shape[0]:
        raise invalid("boxes and grads have incompatible shape")


def _crop_cost(c):
    shape = _crops_shape(c)
    pixels = rules.size_product([1 if size is None else size for size in shape]) or 0
    return 11.0 * pixels, 20.0 * pixels


@op(
    f"CropAndResize(image: T, boxes: float, box_ind: int32, crop_size: int32, *, {_METHOD}, extrapolation_value: float = 0) "
    "-> crops: float",
    types={"T": _IMAGES},
    shape=_crops_shape,
    host=("crop_size",),
    cost=_crop_cost,
    samples=[
        sample(values((2, 4, 5, 2)), values((3, 4), 0, 1, "float32"), ints(0, 1, 1), ints(3, 2)),
        sample(values((1, 4, 5, 2)), values((1, 4), -0.5, 1.5, "float32"), ints(0), ints(1, 1), method="nearest", extrapolation_value=2.0),
    ],
)
def crop_and_resize(xp, image, boxes, box_ind, crop_size, method, extrapolation_value):
    """Cut boxes out of images, each brought to one size; what lies beyond the image gets `extrapolation_value`."""
    return crops_of(xp, image, boxes, box_ind, crop_size, method, extrapolation_value, cut)


def crops_of(xp, image, boxes, box_ind, crop_size, method, extrapolation_value, cut_out):
    """The kernel of CropAndResize. cut_out: does what `cut` does."""
    _checked_image(image)
    _checked_boxes(xp, boxes, box_ind, image.shape[0])
    wanted = np.asarray(crop_size)
    if wanted.shape != (2,):
        raise invalid(f"crop_size must have two elements{text(wanted.shape)}")
    height, width = wanted.tolist()
    if height <= 0 or width <= 0:
        raise invalid("crop dimensions must be positive")
    depth = image.shape[3]
    check_room((boxes.shape[0], height, width, depth), 4)
    pixels = image.reshape(-1, depth)
    result = xp.empty((boxes.shape[0], height, width, depth), dtype=xp.float32)
    for part in _parts(boxes.shape[0], height * width * depth):
        crops = _crops(xp, boxes[part], box_ind[part], image.shape[1:3], (height, width))
        result[part] = cut_out(xp, pixels, crops, method, xp.float32(extrapolation_value))
    return result


def cut(xp: Any, pixels: Any, crops: Crops, method: str, beyond: Any) -> Any:
    """The crops [boxes, height, width, depth] out of `pixels` [pixels of all images, depth]."""
    if method == "nearest":
        cut = xp.take(pixels, crops.flat(crops.rows.nearest, crops.columns.nearest), axis=0).astype(xp.float32)
    else:
        four = [xp.take(pixels, position, axis=0).astype(xp.float32) for position, _, _ in crops.corners()]
        across, down = crops.columns.part[:, None, :, None], crops.rows.part[:, :, None, None]
        above, below = four[0] + (four[1] - four[0]) * across, four[2] + (four[3] - four[2]) * across
        cut = above + (below - above) * down
    return xp.where(crops.inside[..., None], cut, beyond)


@crop_and_resize.gradient
def crop_and_resize_gradient(g, op, dy):
    image, boxes, box_ind, _ = op.inputs
    d_image = None
    if image.dtype.is_floating and g.needs(0):
        d_image = g.crop_and_resize_grad_image(dy, boxes, box_ind, g.shape(image), T=image.dtype.base_dtype, method=op.attrs["method"])
    d_boxes = g.crop_and_resize_grad_boxes(dy, image, boxes, box_ind) if g.needs(1) else None
    return d_image, d_boxes, None, None


def _image_shape(c):
    rules.with_rank(c, c.shape(0), 4)
    _columns_of_boxes(c, 1, 2)
    rules.merge_size(c, rules.with_rank(c, c.shape(3), 1)[0], 4)
    return rules.shape_from_input(c, 3) or (None,) * 4


@op(
    f"CropAndResizeGradImage(grads: float, boxes: float, box_ind: int32, image_size: int32, *, T: type, {_METHOD}) -> output: T",
    types={"T": "float half double"},
    shape=_image_shape,
    host=("image_size",),
    samples=[
        sample(values((3, 3, 2, 2), dtype="float32"), values((3, 4), 0, 1, "float32"), ints(0, 1, 1), ints(2, 4, 5, 2), T="float64"),
        sample(
            values((1, 1, 1, 2), dtype="float32"), values((1, 4), 0, 1, "float32"), ints(0), ints(1, 4, 5, 2), T="float64", method="nearest"
        ),
    ],
)
def crop_and_resize_grad_image(xp, grads, boxes, box_ind, image_size, T, method):
    """Send the gradients of crops back to the pixels of the images that they came from."""
    _checked_grads(grads, boxes)
    wanted = np.asarray(image_size)
    if wanted.shape != (4,):
        raise invalid(f"image_size must have 4 elements{text(wanted.shape)}")
    batch, height, width, depth = wanted.tolist()
    if height <= 0 or width <= 0:
        raise invalid("image dimensions must be positive")
    if depth != grads.shape[3] or batch < 0:
        raise invalid("image_size and grads are incompatible")
    check_room((batch, height, width, depth), T.size)
    _checked_boxes(xp, boxes, box_ind, batch)
    wide = grads.astype(xp.float64 if dtypes.float64 == T else xp.float32)
    total = xp.zeros((batch * height * width, depth), dtype=wide.dtype)
    for part in _parts(grads.shape[0], grads[0].size if grads.shape[0] else 1):
        crops = _crops(xp, boxes[part], box_ind[part], (height, width), grads.shape[1:3])
        share = xp.where(crops.inside[..., None], wide[part], 0)
        if method == "nearest":
            combine_rows(xp, xp.add, total, crops.flat(crops.rows.nearest, crops.columns.nearest), share)
            continue
        for position, down, across in crops.corners():
            combine_rows(xp, xp.add, total, position, share * (down * across)[..., None])
    return total.reshape(batch, height, width, depth).astype(T.numpy)


@crop_and_resize_grad_image.gradient
def crop_and_resize_grad_image_gradient(g, op, dy):
    grads, boxes, box_ind, _ = op.inputs
    size = g.shape(grads)[1:3]
    d_grads = g.crop_and_resize(dy, boxes, box_ind, size, method=op.attrs["method"]) if g.needs(0) else None
    d_boxes = g.crop_and_resize_grad_boxes(grads, dy, boxes, box_ind) if g.needs(1) else None
    return d_grads, d_boxes, None, None


@op(
    "CropAndResizeGradBoxes(grads: float, image: T, boxes: float, box_ind: int32, *, method: {'bilinear'} = 'bilinear') -> output: float",
    types={"T": _IMAGES},
    shape=lambda c: rules.with_rank(c, c.shape(2), 2),
    samples=[sample(values((3, 3, 2, 2), dtype="float32"), values((2, 4, 5, 2)), values((3, 4), 0, 1, "float32"), ints(0, 1, 1))],
    no_gradient="TensorFlow defines none: where boxes lie enters the slopes of a bilinear surface, which jump at every pixel",
)
def crop_and_resize_grad_boxes(xp, grads, image, boxes, box_ind, method):
    """How much a loss grows when the edges of boxes move, from the gradients of the crops."""
    _checked_grads(grads, boxes)
    _checked_image(image)
    _checked_boxes(xp, boxes, box_ind, image.shape[0])
    height, width, depth = image.shape[1:]
    if grads.shape[3] != depth:
        raise invalid("image, grads depth differ")
    pixels = image.reshape(-1, depth)
    result = xp.zeros(boxes.shape, dtype=xp.float32)
    for part in _parts(grads.shape[0], grads[0].size if grads.shape[0] else 1):
        crops = _crops(xp, boxes[part], box_ind[part], (height, width), grads.shape[1:3])
        share = xp.where(crops.inside[..., None], grads[part], xp.float32(0))
        four = [xp.sum(xp.take(pixels, position, axis=0).astype(xp.float32) * share, axis=-1) for position, _, _ in crops.corners()]
        down, across = crops.rows.part[:, :, None], crops.columns.part[:, None, :]
        slope_down = (1 - across) * (four[2] - four[0]) + across * (four[3] - four[1])  # [boxes, height, width]
        slope_across = (1 - down) * (four[1] - four[0]) + down * (four[3] - four[2])
        top, bottom = _edges(xp, xp.sum(slope_down, axis=2), height)
        left, right = _edges(xp, xp.sum(slope_across, axis=1), width)
        result[part] = xp.stack([top, left, bottom, right], axis=1)
    return result


def _edges(xp: Any, slopes: Any, size: int) -> tuple[Any, Any]:
    """What the slopes at places spread from a low to a high edge mean for these edges: slopes [boxes, places]."""
    wanted = slopes.shape[1]
    shares = xp.arange(wanted, dtype=xp.float32) / xp.float32(wanted - 1) if wanted > 1 else xp.full(1, 0.5, dtype=xp.float32)
    return xp.sum(slopes * (1 - shares), axis=1) * (size - 1), xp.sum(slopes * shares, axis=1) * (size - 1)


# ------------------------------------------------------------------ glimpses

_NO_SLOPE = "TensorFlow marks a glimpse as not differentiable"
_GLIMPSE: dict[str, Any] = {
    "host": ("size", "offsets"),
    "stateful": True,
    "state": lambda attrs: PhiloxStream(),  # as in TensorFlow, no seed can be given
    "no_gradient": _NO_SLOPE,
    "samples": [
        sample(values((2, 4, 5, 1), dtype="float32"), ints(3, 2), values((2, 2), -1, 1, "float32")),
        sample(
            values((1, 4, 5, 1), dtype="float32"), ints(6, 2), values((1, 2), 0, 1, "float32"), centered=False, uniform_noise=False,
            noise="gaussian",
        ),
    ],
}  # fmt: skip
_GLIMPSE_SIGNATURE = (
    "(input: float, size: int32, offsets: float, *, centered: bool = True, normalized: bool = True, uniform_noise: bool = True, "
    "noise: string = 'uniform') -> glimpse: float"
)


def _glimpse_shape(c):
    images = rules.with_rank(c, c.shape(0), 4)
    offsets = rules.with_rank(c, c.shape(2), 2)
    rules.with_size(c, offsets[1], 2)
    rules.merge_size(c, rules.with_rank(c, c.shape(1), 1)[0], 2)
    if c.attrs["uniform_noise"] and c.attrs["noise"] not in ("uniform", ""):
        raise c.fail("The uniform_noise should not be True when noise is not uniform")
    sizes = rules.shape_from_input(c, 1) or (None, None)
    return (rules.merge_size(c, images[0], offsets[0]), sizes[0], sizes[1], images[3])


def _glimpsed(xp: Any, images: Any, size: Any, starts: np.ndarray, noise: str, stream: PhiloxStream) -> Any:
    """Windows of one size; `starts` [batch, 2] are their first rows and columns. What is not on the image is noise."""
    height, width = size
    shape = (images.shape[0], height, width, images.shape[3])
    check_room(shape, 4)
    if noise == "zero":
        result = xp.zeros(shape, dtype=xp.float32)
    elif noise == "gaussian":
        mean, deviation = (part(images, axis=(1, 2), keepdims=True) for part in (xp.mean, xp.std))
        result = xp.asarray(stream.normal(shape, np.float32)) * deviation + mean
    else:
        low, high = (part(images, axis=(1, 2, 3), keepdims=True) for part in (xp.min, xp.max))
        result = xp.asarray(stream.uniform(shape, np.float32)) * (high - low) + low
    for at, (row, column) in enumerate(starts.tolist()):
        top, left = max(row, 0), max(column, 0)
        part = images[at, top : max(row + height, top), left : max(column + width, left)]
        if part.size:
            result[at, top - row : top - row + part.shape[0], left - column : left - column + part.shape[1]] = part
    return result


def _checked_glimpse(images: Any, size: Any, offsets: Any) -> tuple[int, int]:
    if images.ndim != 4:
        raise invalid(f"input must be 4-dimensional (batch_size, height, width, depth){text(images.shape)}")
    wanted = np.asarray(size)
    if wanted.shape != (2,):
        raise invalid(f"input must be a vector of size 2 (height, width){text(wanted.shape)}")
    if offsets.ndim != 2 or offsets.shape[1] != 2:
        raise invalid(f"second dimension should be of size 2 (y,x){text(offsets.shape)}")
    if offsets.shape[0] != images.shape[0]:
        raise invalid(f"first dimension should be batch{text(offsets.shape)}")
    height, width = wanted.tolist()
    if min(height, width) < 0:
        raise invalid(f"Expected a non-negative size, got {min(height, width)}")
    return height, width


def _kind_of_noise(noise: str, uniform_noise: bool) -> str:
    """TensorFlow 1 had a flag where there is a word now."""
    return "uniform" if uniform_noise or noise not in ("gaussian", "zero") else noise


def _whole(places: np.ndarray) -> np.ndarray:
    """Places as integers; what is not a number, or far outside, becomes a place outside every image."""
    bounded = np.nan_to_num(places.astype(np.float64), nan=-(2.0**40))
    return np.trunc(np.clip(bounded, -(2.0**40), 2.0**40)).astype(np.int64)


@op(f"ExtractGlimpse{_GLIMPSE_SIGNATURE}", shape=_glimpse_shape, **_GLIMPSE)
def extract_glimpse(xp, input, size, offsets, centered, normalized, uniform_noise, noise, state):
    """Look at a window of each image, whose middle lies at an offset (row, column) from the corner, or from the center, of the image."""
    window = _checked_glimpse(input, size, offsets)
    sizes = np.array(input.shape[1:3], np.float32)
    places = np.asarray(offsets) * sizes if normalized else np.asarray(offsets)
    if centered:
        places = places / np.float32(2) + sizes / np.float32(2)
    starts = _whole(places - np.array(window, np.float32) / np.float32(2))
    return _glimpsed(xp, input, window, starts, _kind_of_noise(noise, uniform_noise), state)


@op(f"ExtractGlimpseV2{_GLIMPSE_SIGNATURE}", shape=_glimpse_shape, **_GLIMPSE)
def extract_glimpse_v2(xp, input, size, offsets, centered, normalized, uniform_noise, noise, state):
    """Look at a window of each image, as ExtractGlimpse does; offsets that are not both normalized and centered are those of its corner."""
    window = _checked_glimpse(input, size, offsets)
    sizes = np.array(input.shape[1:3], np.float32)
    places = np.asarray(offsets) * sizes if normalized else np.asarray(offsets)
    if centered and normalized:
        places = (places + sizes - np.array(window, np.float32)) / np.float32(2)
    elif centered:
        places = places + sizes / np.float32(2)
    return _glimpsed(xp, input, window, _whole(places), _kind_of_noise(noise, uniform_noise), state)
