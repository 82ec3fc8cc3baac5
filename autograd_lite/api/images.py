"""Images moved, turned, cut, padded and resized. An image is [height, width, channels]; most functions also take a batch of them."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and combined)
from autograd_lite.api.arrays import expand_dims, shape as shape_of, stack, transpose
from autograd_lite.api.asserts import assert_equal
from autograd_lite.api.casting import cast
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.random import random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def _checked(image: Any, name: str = "image") -> tuple[Tensor, bool]:
    """An image (or batch) as a tensor, and whether it is a batch.

    Raises:
      ValueError: neither 3 nor 4 axes, or their number is not known.
    """
    image = convert_to_tensor(image, name=name)
    known = image.static_shape
    if known is None:
        raise ValueError(f"'{name}' (shape <unknown>) must be fully defined: it needs 3 or 4 axes that are known while the graph is built.")
    if len(known) not in (3, 4):
        raise ValueError(f"'{name}' (shape {image.shape}) must have either 3 or 4 dimensions.")
    if 0 in known[-3:]:
        raise ValueError(f"inner 3 dims of '{name}.shape' must be > 0: {image.shape}")
    return with_dependencies([], image), len(known) == 4


def _sizes(image: Tensor) -> tuple[Any, Any]:
    """Height and width: numbers when known, else tensors."""
    known: Any = image.static_shape
    if None not in known[-3:-1]:
        return known[-3], known[-2]
    sizes = shape_of(image)
    rank = len(known)
    return tuple(known[at] if known[at] is not None else sizes[at] for at in (rank - 3, rank - 2))  # type: ignore[return-value]


def _is_number(*values: Any) -> bool:
    return not any(isinstance(value, Tensor) for value in values)


def _greater(x: Any, y: Any) -> Any:
    return max(x, y) if _is_number(x, y) else raw.Maximum(x, y)


def _smaller(x: Any, y: Any) -> Any:
    return min(x, y) if _is_number(x, y) else raw.Minimum(x, y)


def _require(condition: Any, text: str) -> list[Any]:
    """Nothing when a known condition holds; a check made when the graph runs for one that is not known yet."""
    if isinstance(condition, Tensor):
        return [raw.Assert(condition, [text])]
    if not condition:
        raise ValueError(text + ".")
    return []


def _one_more_axis(image: Tensor, is_batch: bool) -> Tensor:
    return image if is_batch else expand_dims(image, 0)


def _as_before(image: Tensor, is_batch: bool) -> Tensor:
    return image if is_batch else raw.Squeeze(image, squeeze_dims=[0])


def _flipped(image: Any, axis: int, scope: str) -> Tensor:
    with building(None, scope, [image]):
        image, is_batch = _checked(image)
        return raw.ReverseV2(image, [axis + is_batch])


@export("image.flip_left_right")
def flip_left_right(image: Any) -> Tensor:
    """Mirror an image (or each of a batch), left to right.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.flip_left_right([[[1], [2]]])).ravel()
    array([2, 1], dtype=int32)
    """
    return _flipped(image, 1, "flip_left_right")


@export("image.flip_up_down")
def flip_up_down(image: Any) -> Tensor:
    """Turn an image (or each of a batch) upside down, mirrored.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.flip_up_down([[[1]], [[2]]])).ravel()
    array([2, 1], dtype=int32)
    """
    return _flipped(image, 0, "flip_up_down")


def _maybe_flipped(image: Any, axis: int, seed: int | None, scope: str) -> Tensor:
    with building(None, scope, [image]):
        image, is_batch = _checked(image)
        if not is_batch:
            flips = raw.Less(random_uniform([], 0, 1.0, seed=seed), 0.5)
            return raw.SelectV2(flips, raw.ReverseV2(image, [axis]), image)
        count = shape_of(image)[0]
        flips = raw.Round(random_uniform([count], 0, 1.0, seed=seed))
        flips = cast(raw.Reshape(flips, [count, 1, 1, 1]), image.dtype)
        return flips * raw.ReverseV2(image, [axis + 1]) + (1 - flips) * image


@export("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """Mirror an image, left to right, in one of two runs; of a batch, each image for itself.

    >>> import autograd_lite as tf
    >>> tf.image.random_flip_left_right(tf.zeros([2, 3, 1])).shape.as_list()
    [2, 3, 1]
    """
    return _maybe_flipped(image, 1, seed, "random_flip_left_right")


@export("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """Turn an image upside down in one of two runs; of a batch, each image for itself.

    >>> import autograd_lite as tf
    >>> tf.image.random_flip_up_down(tf.zeros([2, 3, 1])).shape.as_list()
    [2, 3, 1]
    """
    return _maybe_flipped(image, 0, seed, "random_flip_up_down")


@export("image.transpose", "image.transpose_image")
def transpose_image(image: Any, name: str | None = None) -> Tensor:
    """Exchange rows and columns of an image (or of each of a batch).

    >>> import autograd_lite as tf
    >>> tf.image.transpose(tf.zeros([2, 3, 1])).shape.as_list()
    [3, 2, 1]
    """
    with building(name, "transpose", [image]):
        image, is_batch = _checked(image)
        return transpose(image, [0, 2, 1, 3] if is_batch else [1, 0, 2])


@export("image.rot90")
def rot90(image: Any, k: int = 1, name: str | None = None) -> Tensor:
    """Turn an image (or each of a batch) by `k` right angles, counter-clockwise.

    Raises:
      ValueError: `k` is not known while the graph is built.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.rot90([[[1], [2]]])).ravel()
    array([2, 1], dtype=int32)
    """
    with building(name, "rot90", [image, k]):
        image, is_batch = _checked(image)
        turns = constant_value(k) if isinstance(k, Tensor) else k
        if turns is None:
            raise ValueError("k must be known while the graph is built")
        rows, columns = (1, 2) if is_batch else (0, 1)
        order = [0, 2, 1, 3] if is_batch else [1, 0, 2]
        turns = int(turns) % 4
        if turns == 1:
            return transpose(raw.ReverseV2(image, [columns]), order)
        if turns == 2:
            return raw.ReverseV2(image, [rows, columns])
        return raw.ReverseV2(transpose(image, order), [columns]) if turns == 3 else image


@export("image.central_crop")
def central_crop(image: Any, central_fraction: float) -> Tensor:
    """Keep the middle of an image (or of each of a batch): this fraction of its height and width.

    Raises:
      ValueError: a fraction outside (0, 1].

    >>> import autograd_lite as tf
    >>> tf.image.central_crop(tf.zeros([4, 6, 1]), 0.5).shape.as_list()
    [2, 4, 1]
    """
    with building(None, "central_crop", [image]):
        image = convert_to_tensor(image, name="image")
        if central_fraction <= 0.0 or central_fraction > 1.0:
            raise ValueError("central_fraction must be within (0, 1]")
        if central_fraction == 1.0:
            return image
        _, is_batch = _checked(image)  # the slice takes the image itself, as in TensorFlow
        height, width = _sizes(image)
        start_row, start_column = _margin(height, central_fraction), _margin(width, central_fraction)
        rows, columns = height - start_row * 2, width - start_column * 2
        start, size = [start_row, start_column, 0], [rows, columns, -1]
        if is_batch:
            start, size = [0, *start], [-1, *size]
        return raw.Slice(image, stack(start), stack(size))


def _margin(size: Any, fraction: float) -> Any:
    """How much is cut off on one side."""
    if _is_number(size):
        return int((size - size * fraction) / 2)
    wide = cast(size, dtypes.float64)
    return cast((wide - wide * fraction) / 2, dtypes.int32)


@export("image.crop_to_bounding_box")
def crop_to_bounding_box(image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any) -> Tensor:
    """Cut a box out of an image (or of each of a batch), from a row and column on, of a height and width.

    Raises:
      ValueError: the box does not lie inside the image (when run, InvalidArgumentError, if that is known only then).

    >>> import autograd_lite as tf
    >>> tf.image.crop_to_bounding_box(tf.zeros([4, 6, 1]), 1, 1, 2, 3).shape.as_list()
    [2, 3, 1]
    """
    with building(None, "crop_to_bounding_box", [image]):
        image = convert_to_tensor(image, name="image")
        is_batch = image.static_shape is None or len(image.static_shape) != 3
        image = _one_more_axis(image, is_batch)
        height, width = _sizes(_known_rank(image))
        checks = [
            *_require(offset_width >= 0, "offset_width must be >= 0"),
            *_require(offset_height >= 0, "offset_height must be >= 0"),
            *_require(target_width > 0, "target_width must be > 0"),
            *_require(target_height > 0, "target_height must be > 0"),
            *_require(width >= target_width + offset_width, "width must be >= target + offset"),
            *_require(height >= target_height + offset_height, "height must be >= target + offset"),
        ]
        image = with_dependencies(checks, image)
        start = stack([0, offset_height, offset_width, 0])
        size = stack([shape_of(image)[0], target_height, target_width, shape_of(image)[3]])
        cropped = raw.Slice(image, start, size)
        known: Any = image.static_shape
        cropped.set_shape([known[0], _or_none(target_height), _or_none(target_width), known[3]])
        return _as_before(cropped, is_batch)


def _known_rank(image: Tensor) -> Tensor:
    if image.static_shape is None or len(image.static_shape) != 4:
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    return image


def _or_none(value: Any) -> int | None:
    """A size as far as it is known."""
    if isinstance(value, Tensor):
        value = constant_value(value)
    return None if value is None else int(value)


@export("image.pad_to_bounding_box")
def pad_to_bounding_box(image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any) -> Tensor:
    """Put an image (or each of a batch) into a larger one of zeros, from a row and column on.

    Raises:
      ValueError: it does not fit (when run, InvalidArgumentError, if that is known only then).

    >>> import autograd_lite as tf
    >>> tf.image.pad_to_bounding_box(tf.zeros([4, 6, 1]), 1, 1, 8, 9).shape.as_list()
    [8, 9, 1]
    """
    with building(None, "pad_to_bounding_box", [image]):
        image = convert_to_tensor(image, name="image")
        is_batch = image.static_shape is None or len(image.static_shape) != 3
        image = _one_more_axis(image, is_batch)
        height, width = _sizes(_known_rank(image))
        after_width = target_width - offset_width - width
        after_height = target_height - offset_height - height
        checks = [
            *_require(offset_height >= 0, "offset_height must be >= 0"),
            *_require(offset_width >= 0, "offset_width must be >= 0"),
            *_require(after_width >= 0, "width must be <= target - offset"),
            *_require(after_height >= 0, "height must be <= target - offset"),
        ]
        image = with_dependencies(checks, image)
        paddings = raw.Reshape(stack([0, 0, offset_height, after_height, offset_width, after_width, 0, 0]), [4, 2])
        padded = raw.Pad(image, paddings)
        known: Any = image.static_shape
        padded.set_shape([known[0], _or_none(target_height), _or_none(target_width), known[3]])
        return _as_before(padded, is_batch)


@export("image.resize_image_with_crop_or_pad", "image.resize_with_crop_or_pad")
def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Tensor:
    """Bring an image (or each of a batch) to a size by cutting off its edges, or adding zeros around it, on both sides alike.

    >>> import autograd_lite as tf
    >>> tf.image.resize_image_with_crop_or_pad(tf.zeros([4, 6, 1]), 5, 2).shape.as_list()
    [5, 2, 1]
    """
    with building(None, "resize_image_with_crop_or_pad", [image]):
        image = convert_to_tensor(image, name="image")
        is_batch = image.static_shape is None or len(image.static_shape) != 3
        image = _one_more_axis(image, is_batch)
        checks = [*_require(target_width > 0, "target_width must be > 0"), *_require(target_height > 0, "target_height must be > 0")]
        image = with_dependencies(checks, image)
        height, width = _sizes(_known_rank(image))
        wider, higher = target_width - width, target_height - height
        cropped = crop_to_bounding_box(
            image, _greater(-higher // 2, 0), _greater(-wider // 2, 0), _smaller(target_height, height), _smaller(target_width, width)
        )
        resized = pad_to_bounding_box(cropped, _greater(higher // 2, 0), _greater(wider // 2, 0), target_height, target_width)
        if not _is_number(target_height, target_width, height, width):
            found = shape_of(resized)
            checks = [assert_equal(found[1], target_height), assert_equal(found[2], target_width)]
        else:
            checks = []
        return _as_before(with_dependencies(checks, resized), is_batch)


# ------------------------------------------------------------------ resizing


@export("image.ResizeMethod")
class ResizeMethod:
    """The ways to resize: bilinear, nearest neighbour, bicubic, area.

    >>> ResizeMethod.AREA
    3
    """

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_METHODS = {0: "ResizeBilinear", 1: "ResizeNearestNeighbor", 2: "ResizeBicubic", 3: "ResizeArea"}


@export("image.resize", "image.resize_images")
def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Tensor:
    """Resize an image, or a batch of them.

    Args:
      size: (height, width). method: one of `tf.image.ResizeMethod`.
      align_corners: let the corner pixels of input and output have the same centers.
      preserve_aspect_ratio: keep height to width as it is, and stay within `size`.

    Raises:
      ValueError: neither 3 nor 4 axes, a size that is not two integers, or an unknown method.

    >>> import autograd_lite as tf
    >>> tf.image.resize_images(tf.zeros([4, 6, 1]), [2, 3]).shape.as_list()
    [2, 3, 1]
    """
    with building(name, "resize", [images, size]):
        images = convert_to_tensor(images, name="images")
        known = images.static_shape
        if known is None:
            raise ValueError("'images' contains no shape.")
        if len(known) not in (3, 4):
            raise ValueError(f"'images' must have either 3 or 4 dimensions.\n  They have the shape {images.shape}.")
        is_batch = len(known) == 4
        images = _one_more_axis(images, is_batch)
        size = convert_to_tensor(size, dtypes.int32, name="size")
        if size.static_shape != (2,):
            raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
        if preserve_aspect_ratio:
            size = _within(images, size)
        wanted = constant_value(size)
        if wanted is not None and images.static_shape[1:3] == tuple(wanted.tolist()):
            return _as_before(images, is_batch)
        if method not in _METHODS:
            raise ValueError(f"Resize method is not implemented: {method}")
        resized = getattr(raw, _METHODS[method])(images, size, align_corners=align_corners)
        if wanted is not None:
            resized.set_shape([None, *wanted.tolist(), None])
        return _as_before(resized, is_batch)


def _within(images: Tensor, size: Tensor) -> Tensor:
    """The greatest size within `size` that keeps height to width."""
    height, width = _sizes(images)
    scales = [cast(size[at], dtypes.float32) / cast(have, dtypes.float32) for at, have in enumerate((height, width))]
    scale = raw.Minimum(*scales)
    return stack([cast(raw.Round(scale * cast(have, dtypes.float32)), dtypes.int32) for have in (height, width)], name="size")


@export("image.resize_image_with_pad")
def resize_image_with_pad(
    image: Any, target_height: Any, target_width: Any, method: Any = ResizeMethod.BILINEAR, align_corners: bool = False
) -> Tensor:
    """Resize an image (or each of a batch) without distorting it, and add zeros where it then falls short of the size.

    >>> import autograd_lite as tf
    >>> tf.image.resize_image_with_pad(tf.ones([4, 6, 1]), 8, 8).shape.as_list()
    [8, 8, 1]
    """
    with building(None, "resize_image_with_pad", [image]):
        image = convert_to_tensor(image, name="image")
        is_batch = image.static_shape is None or len(image.static_shape) != 3
        image = _one_more_axis(image, is_batch)
        checks = [*_require(target_width > 0, "target_width must be > 0"), *_require(target_height > 0, "target_height must be > 0")]
        image = with_dependencies(checks, image)
        height, width = _sizes(_known_rank(image))
        if _is_number(height, width, target_height, target_width):
            ratio = max(np.float32(width) / np.float32(target_width), np.float32(height) / np.float32(target_height))
            rows, columns = np.float32(height) / ratio, np.float32(width) / ratio
            sizes: Any = [int(np.floor(rows)), int(np.floor(columns))]
            offsets: Any = [max(0, int(np.floor((whole - have) / 2))) for whole, have in ((target_height, rows), (target_width, columns))]
        else:
            sizes, offsets = _fitted(height, width, target_height, target_width)
        resized = resize_images(image, sizes, method, align_corners)
        return _as_before(pad_to_bounding_box(resized, offsets[0], offsets[1], target_height, target_width), is_batch)


def _fitted(*sizes: Any) -> tuple[Any, Any]:
    """Size and offset of an image brought to fit into another, from sizes known only when the graph runs."""
    height, width, whole_height, whole_width = [cast(size, dtypes.float32) for size in sizes]
    ratio = raw.Maximum(width / whole_width, height / whole_height)
    have = [height / ratio, width / ratio]
    size = stack([cast(raw.Floor(each), dtypes.int32) for each in have])
    gaps = [raw.Floor((whole - each) / 2.0) for whole, each in ((whole_height, have[0]), (whole_width, have[1]))]
    return size, [raw.Maximum(cast(gap, dtypes.int32), 0) for gap in gaps]


@export("image.resize_bilinear")
def resize_bilinear(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False
) -> Tensor:
    """Resize a batch of images, interpolating between the four pixels around each place.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.resize_bilinear([[[[1.0], [3.0]]]], [1, 4])).ravel()
    array([1., 2., 3., 3.], dtype=float32)
    """
    return raw.ResizeBilinear(images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name)


@export("image.resize_bicubic")
def resize_bicubic(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False
) -> Tensor:
    """Resize a batch of images, interpolating by cubics between the sixteen pixels around each place (Keys 1981).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.resize_bicubic([[[[1.0], [3.0]]]], [1, 2])).ravel()
    array([1., 3.], dtype=float32)
    """
    return raw.ResizeBicubic(images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name)


@export("image.resize_nearest_neighbor")
def resize_nearest_neighbor(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None, half_pixel_centers: bool = False
) -> Tensor:
    """Resize a batch of images, copying the nearest pixel to each place.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.resize_nearest_neighbor([[[[1], [3]]]], [1, 4])).ravel()
    array([1, 1, 3, 3], dtype=int32)
    """
    return raw.ResizeNearestNeighbor(images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name)
