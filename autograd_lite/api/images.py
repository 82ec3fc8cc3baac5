"""Images moved, turned, cut, padded and resized. An image is [height, width, channels]; most functions also take a batch of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and combined)
from autograd_lite.api.arrays import expand_dims, rank as rank_of, shape as shape_of, stack, transpose, unstack
from autograd_lite.api.asserts import Assert, assert_greater_equal, assert_positive
from autograd_lite.api.case import case
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.random import random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def _checks(image: Tensor) -> list[Any]:
    """What must hold when the graph runs, as far as it is not known now, for this to be an image or a batch of them.

    Raises:
      ValueError: it is known not to hold.
    """
    known = image.static_shape
    if known is not None and len(known) < 3:
        raise ValueError(f"'image' (shape {image.shape}) must be at least three-dimensional.")
    if known is not None and 0 in known[-3:]:
        raise ValueError(f"inner 3 dims of 'image.shape' must be > 0: {image.shape}")
    if known is not None and None not in known[-3:]:
        return []
    positive = assert_positive(shape_of(image)[-3:], ["inner 3 dims of 'image.shape' must be > 0."])
    return [positive, assert_greater_equal(rank_of(image), 3, message="'image' must be at least three-dimensional.")]


def checked_image(image: Any) -> Tensor:
    """An image (or batch) as a tensor that passes on only what is one."""
    image = convert_to_tensor(image, name="image")
    return with_dependencies(_checks(image), image)


def _of_either_rank(image: Tensor, of_image: Callable[[], Tensor], of_batch: Callable[[], Tensor]) -> Tensor:
    """What is done to an image, or to a batch; if that is not known yet, it is decided when the graph runs.

    Raises:
      ValueError: another number of axes.
    """
    known = image.static_shape
    if known is None:
        return cond(raw.Equal(rank_of(image), 3), of_image, of_batch)
    if len(known) not in (3, 4):
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    return of_image() if len(known) == 3 else of_batch()


def _as_batch(image: Any) -> tuple[Tensor, bool]:
    """An image as a batch of one, or a batch, and which of both it was. Of what has an unknown rank TensorFlow says: an image.

    Raises:
      ValueError: another number of axes.
    """
    image = convert_to_tensor(image, name="image")
    known = image.static_shape
    if known is not None and len(known) == 4:
        return image, True
    if known is not None and len(known) != 3:
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    image = expand_dims(image, 0)
    image.set_shape([None] * 4)
    return image, False


def _sizes(image: Tensor) -> tuple[Any, Any]:
    """Height and width: numbers when known, else tensors."""
    known: Any = image.static_shape
    if None in known:
        known = [size if size is not None else found for size, found in zip(known, unstack(shape_of(image)))]
    return known[-3], known[-2]


def _is_number(*values: Any) -> bool:
    return not any(isinstance(value, Tensor) for value in values)


def _greater(x: Any, y: Any) -> Any:
    return max(x, y) if _is_number(x, y) else raw.Maximum(x, y)


def _smaller(x: Any, y: Any) -> Any:
    return min(x, y) if _is_number(x, y) else raw.Minimum(x, y)


def _require(condition: Any, text: str) -> list[Any]:
    """Nothing when a known condition holds; a check made when the graph runs for one that is not known yet."""
    if isinstance(condition, Tensor):
        return [Assert(condition, [text])]
    if not condition:
        raise ValueError(text + ".")
    return []


def _as_before(image: Tensor, is_batch: bool) -> Tensor:
    return image if is_batch else raw.Squeeze(image, squeeze_dims=[0])


def _flipped(image: Any, axis: int, scope: str) -> Tensor:
    with building(None, scope, [image]):
        image = checked_image(image)
        return _of_either_rank(image, lambda: raw.ReverseV2(image, [axis]), lambda: raw.ReverseV2(image, [axis + 1]))


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


def _maybe_flipped(image: Any, axis: int, seed: int | None, scope_name: str) -> Tensor:
    with building(None, scope_name, [image]) as scope:
        image = checked_image(image)

        def of_image() -> Tensor:
            flips = raw.Less(random_uniform([], 0, 1.0, seed=seed), 0.5)
            flipped = cond(flips, lambda: raw.ReverseV2(image, [axis]), lambda: image, name=scope)
            flipped.set_shape(image.shape)
            return flipped

        def of_batch() -> Tensor:
            count = shape_of(image)[0]
            draws = random_uniform([count], 0, 1.0, seed=seed)
            flips = cast(raw.Round(raw.Reshape(draws, [count, 1, 1, 1])), image.dtype)
            return flips * raw.ReverseV2(image, [axis + 1]) + (1 - flips) * image

        return _of_either_rank(image, of_image, of_batch)


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
        image = checked_image(image)
        return _of_either_rank(image, lambda: transpose(image, [1, 0, 2]), lambda: transpose(image, [0, 2, 1, 3]))


@export("image.rot90")
def rot90(image: Any, k: int = 1, name: str | None = None) -> Tensor:
    """Turn an image (or each of a batch) by `k` right angles, counter-clockwise.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.rot90([[[1], [2]]])).ravel()
    array([2, 1], dtype=int32)
    """
    with building(name, "rot90", [image, k]) as scope:
        image = checked_image(image)
        count = convert_to_tensor(k, dtype=dtypes.int32, name="k")
        count.shape.assert_has_rank(0)
        turns = raw.FloorMod(count, 4, name="mod")
        return _of_either_rank(image, lambda: _turned(image, turns, 0, scope), lambda: _turned(image, turns, 1, scope))


def _turned(image: Tensor, turns: Tensor, rows: int, scope: str) -> Tensor:
    """Turn the axes `rows` and the next one by 0 to 3 right angles."""
    columns, order = rows + 1, [0, 2, 1, 3] if rows else [1, 0, 2]
    turned = case(
        [
            (raw.Equal(turns, 1), lambda: transpose(raw.ReverseV2(image, [columns]), order)),
            (raw.Equal(turns, 2), lambda: raw.ReverseV2(image, [rows, columns])),
            (raw.Equal(turns, 3), lambda: raw.ReverseV2(transpose(image, order), [columns])),
        ],
        default=lambda: image,
        exclusive=True,
        name=scope,
    )
    known = image.static_shape
    turned.set_shape([None] * (rows + 3) if known is None else [*known[:rows], None, None, known[-1]])
    return turned


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
        checked_image(image)  # the slice takes the image itself, as in TensorFlow
        if image.static_shape is None or len(image.static_shape) not in (3, 4):
            rank = None if image.static_shape is None else len(image.static_shape)
            raise ValueError(f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {rank}.")
        is_batch = len(image.static_shape) == 4
        axes = (1, 2) if is_batch else (0, 1)
        height, width = [known if (known := image.static_shape[axis]) is not None else shape_of(image)[axis] for axis in axes]
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
    return cast((wide - wide * cast(fraction, dtypes.float64)) / 2, dtypes.int32)


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
        image, is_batch = _as_batch(image)
        sound = _checks(image)
        height, width = _sizes(image)
        checks = [
            *sound,
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
        image, is_batch = _as_batch(image)
        height, width = _sizes(image)
        after_width = target_width - offset_width - width
        after_height = target_height - offset_height - height
        checks = [
            *_checks(image),
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
        image, is_batch = _as_batch(image)
        checks = [
            *_checks(image),
            *_require(target_width > 0, "target_width must be > 0"),
            *_require(target_height > 0, "target_height must be > 0"),
        ]
        image = with_dependencies(checks, image)
        height, width = _sizes(image)
        wider = target_width - width
        cut_columns, added_columns = _greater(-wider // 2, 0), _greater(wider // 2, 0)
        higher = target_height - height
        cut_rows, added_rows = _greater(-higher // 2, 0), _greater(higher // 2, 0)
        kept = _smaller(target_height, height), _smaller(target_width, width)
        cropped = crop_to_bounding_box(image, cut_rows, cut_columns, *kept)
        resized = pad_to_bounding_box(cropped, added_rows, added_columns, target_height, target_width)
        rows, columns = _sizes(resized)
        checks = [
            *_require(raw.Equal(rows, target_height) if not _is_number(rows) else True, "resized height is not correct."),
            *_require(raw.Equal(columns, target_width) if not _is_number(columns) else True, "resized width is not correct."),
        ]
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
        images = images if is_batch else expand_dims(images, 0)
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
        image, is_batch = _as_batch(image)
        checks = [
            *_checks(image),
            *_require(target_width > 0, "target_width must be > 0"),
            *_require(target_height > 0, "target_height must be > 0"),
        ]
        image = with_dependencies(checks, image)
        height, width = _sizes(image)
        sizes, offsets = _fitted(height, width, target_height, target_width)
        resized = resize_images(image, sizes, method, align_corners)
        padded = pad_to_bounding_box(resized, offsets[0], offsets[1], target_height, target_width)
        _sizes(padded)  # TensorFlow asks for them too; the seeds of later random ops count these nodes
        return _as_before(padded, is_batch)


def _fitted(*sizes: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Size and offset of an image brought to fit into another."""
    height, width, whole_height, whole_width = [cast(size, dtypes.float32) for size in sizes]
    ratio = raw.Maximum(width / whole_width, height / whole_height)
    have = [height / ratio, width / ratio]
    size = [cast(raw.Floor(each), dtypes.int32) for each in have]
    gaps = [(whole - each) / 2 for whole, each in zip((whole_height, whole_width), have)]
    whole_gaps = [raw.Floor(gap) for gap in gaps]
    return size, [raw.Maximum(0, cast(gap, dtypes.int32)) for gap in whole_gaps]


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
