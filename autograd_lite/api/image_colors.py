"""Colours and brightness of images: conversions between types and colour spaces, adjustments, random adjustments."""

from __future__ import annotations

from typing import Any

import autograd_lite.api.operators  # noqa: F401  (tensors are combined)
from autograd_lite.api.arrays import concat, expand_dims, rank, shape as shape_of
from autograd_lite.api.asserts import assert_equal, assert_greater_equal
from autograd_lite.api.casting import cast, saturate_cast
from autograd_lite.api.constants import ones
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.images import checked_image
from autograd_lite.api.math import add
from autograd_lite.api.matmul import tensordot
from autograd_lite.api.random import random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_mean, reduce_prod, reduce_std
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("image.convert_image_dtype")
@leaves_no_trace
def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False, name: str | None = None) -> Tensor:
    """Convert an image to another type and scale it: floats lie in [0, 1], integers use their whole range.

    Args:
      saturate: bound values to the range of the new type.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.convert_image_dtype(tf.constant([[0.5, 1.0]]), tf.uint8))
    array([[127, 255]], dtype=uint8)
    """
    image = convert_to_tensor(image, name="image")
    dtype = dtypes.as_dtype(dtype)
    if dtype == image.dtype.base_dtype:
        return raw.Identity(image, name=name)
    with building(name, "convert_image", [image]) as scope:
        if image.dtype.is_integer and dtype.is_integer:
            return _between_integers(image, dtype, saturate, scope)
        if image.dtype.is_floating and dtype.is_floating:
            return cast(image, dtype, name=scope)
        if image.dtype.is_integer:
            return raw.Mul(cast(image, dtype), 1.0 / image.dtype.max, name=scope)
        scaled = raw.Mul(image, dtype.max + 0.5)  # 0.5: all integers get an equal share
        return saturate_cast(scaled, dtype, name=scope) if saturate else cast(scaled, dtype, name=scope)


def _between_integers(image: Tensor, dtype: Any, saturate: bool, scope: str) -> Tensor:
    have, want = image.dtype.max, dtype.max
    convert = saturate_cast if saturate else cast
    if have > want:
        scaled = raw.FloorDiv(image, (have + 1) // (want + 1))
        return convert(scaled, dtype, name=scope)
    return raw.Mul(convert(image, dtype), (want + 1) // (have + 1), name=scope)


# ------------------------------------------------------------------ colour spaces


@export("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """The brightness of colours (ITU-R BT.601), as images of one channel.

    >>> import autograd_lite as tf
    >>> tf.image.rgb_to_grayscale(tf.zeros([2, 2, 3])).shape.as_list()
    [2, 2, 1]
    """
    with building(name, "rgb_to_grayscale", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        plain = convert_image_dtype(images, dtypes.float32)
        gray = tensordot(plain, [0.2989, 0.5870, 0.1140], [-1, -1])
        return convert_image_dtype(expand_dims(gray, -1), images.dtype.base_dtype, name=scope)


@export("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Images of one channel with this channel three times.

    Raises:
      ValueError: the last axis is known and not of size 1.

    >>> import autograd_lite as tf
    >>> tf.image.grayscale_to_rgb(tf.zeros([2, 2, 1])).shape.as_list()
    [2, 2, 3]
    """
    with building(name, "grayscale_to_rgb", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        known = images.static_shape
        if known is not None and known[-1:] not in ((1,), (None,)):
            raise ValueError("Last dimension of a grayscale image should be size 1.")
        checks = []
        if known is None or None in known[-1:]:
            text = "Last dimension of a grayscale image should be size 1."
            checks.append(assert_equal(shape_of(images)[-1], 1, message=text))
            checks.append(assert_greater_equal(rank(images), 3, message="A grayscale image must be at least three-dimensional."))
        images = with_dependencies(checks, images)
        outer = ones(expand_dims(rank(images) - 1, 0), dtype=dtypes.int32)
        copied = raw.Tile(images, concat([outer, expand_dims(3, 0)], 0), name=scope)
        if known is not None:
            copied.set_shape([*known[:-1], 3])
        return copied


# Rows: red, green, blue; columns: the channels made of them.
_YIQ = [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]]
_YIQ_BACK = [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]]
_YUV = [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]]
_YUV_BACK = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]


def _through(images: Any, matrix: Any) -> Tensor:
    """Images whose channels are sums of the given ones."""
    images = convert_to_tensor(images, name="images")
    kernel = convert_to_tensor(matrix, dtype=images.dtype.base_dtype, name="kernel")
    if images.static_shape is None:
        raise TypeError("unsupported operand type(s) for -: 'NoneType' and 'int'\n  The images must have a known number of axes.")
    return tensordot(images, kernel, axes=[[len(images.static_shape) - 1], [0]])


@export("image.rgb_to_yiq")
@leaves_no_trace
def rgb_to_yiq(images: Any) -> Tensor:
    """Red, green and blue as luminance and the colour axes I and Q of NTSC.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.rgb_to_yiq([[1.0, 1.0, 1.0]])).round(3).tolist()[0][0]
    1.0
    """
    return _through(images, _YIQ)


@export("image.yiq_to_rgb")
@leaves_no_trace
def yiq_to_rgb(images: Any) -> Tensor:
    """The reverse of `tf.image.rgb_to_yiq`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.yiq_to_rgb([[1.0, 0.0, 0.0]]))
    array([[1., 1., 1.]], dtype=float32)
    """
    return _through(images, _YIQ_BACK)


@export("image.rgb_to_yuv")
@leaves_no_trace
def rgb_to_yuv(images: Any) -> Tensor:
    """Red, green and blue as luminance and the colour axes U and V of PAL.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.rgb_to_yuv([[1.0, 1.0, 1.0]])).round(3).tolist()[0][0]
    1.0
    """
    return _through(images, _YUV)


@export("image.yuv_to_rgb")
@leaves_no_trace
def yuv_to_rgb(images: Any) -> Tensor:
    """The reverse of `tf.image.rgb_to_yuv`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.yuv_to_rgb([[1.0, 0.0, 0.0]]))
    array([[1., 1., 1.]], dtype=float32)
    """
    return _through(images, _YUV_BACK)


# ------------------------------------------------------------------ adjustments


def _as_float(image: Tensor) -> Tensor:
    """The image in floats between 0 and 1; itself when it has a float type that the ops take."""
    if image.dtype.base_dtype in (dtypes.float16, dtypes.float32):
        return image
    return convert_image_dtype(image, dtypes.float32)


@export("image.adjust_brightness")
def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """Add `delta` (of a range of 0 to 1) to every pixel.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.adjust_brightness([[[0.25]]], 0.5))
    array([[[0.75]]], dtype=float32)
    """
    with building(None, "adjust_brightness", [image, delta]) as scope:
        image = convert_to_tensor(image, name="image")
        plain = _as_float(image)
        return convert_image_dtype(add(plain, cast(delta, plain.dtype), name=scope), image.dtype.base_dtype, saturate=True)


@export("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Multiply the distance of every pixel from the mean of its channel.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.adjust_contrast([[[1.0], [3.0]]], 2.0)).ravel()
    array([0., 4.], dtype=float32)
    """
    with building(None, "adjust_contrast", [images, contrast_factor]) as scope:
        images = convert_to_tensor(images, name="images")
        plain = _as_float(images)
        adjusted = raw.AdjustContrastv2(plain, contrast_factor, name=scope)
        return convert_image_dtype(adjusted, images.dtype.base_dtype, saturate=True)


@export("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """Raise every pixel to the power `gamma`, and multiply by `gain`.

    Raises:
      ValueError: a negative gamma.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.adjust_gamma([[[0.5]]], 2.0))
    array([[[0.25]]], dtype=float32)
    """
    with building(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        plain = _as_float(image)
        if not isinstance(gamma, Tensor) and gamma < 0:
            raise ValueError("Gamma should be a non-negative real number.")
        return convert_image_dtype(gain * plain**gamma, image.dtype.base_dtype, saturate=True)


@export("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """Turn the hue of every pixel by `delta`, from -1 to 1, of the full circle.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.adjust_hue([[[1.0, 0.0, 0.0]]], 0.5)).ravel()
    array([0., 1., 1.], dtype=float32)
    """
    with building(name, "adjust_hue", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(raw.AdjustHue(_as_float(image), delta), image.dtype.base_dtype)


@export("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """Multiply the saturation of every pixel.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.adjust_saturation([[[1.0, 0.0, 0.0]]], 0.5)).ravel()
    array([1. , 0.5, 0.5], dtype=float32)
    """
    with building(name, "adjust_saturation", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(raw.AdjustSaturation(_as_float(image), saturation_factor), image.dtype.base_dtype)


def _check_range(lower: float, upper: float) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


@export("image.random_brightness")
def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`tf.image.adjust_brightness` by a random delta between -max_delta and max_delta.

    >>> import autograd_lite as tf
    >>> tf.image.random_brightness(tf.zeros([2, 2, 3]), 0.2).shape.as_list()
    [2, 2, 3]
    """
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, random_uniform([], -max_delta, max_delta, seed=seed))


@export("image.random_contrast")
def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`tf.image.adjust_contrast` by a random factor between `lower` and `upper`.

    >>> import autograd_lite as tf
    >>> tf.image.random_contrast(tf.zeros([2, 2, 3]), 0.5, 1.5).shape.as_list()
    [2, 2, 3]
    """
    _check_range(lower, upper)
    return adjust_contrast(image, random_uniform([], lower, upper, seed=seed))


@export("image.random_hue")
def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`tf.image.adjust_hue` by a random delta between -max_delta and max_delta.

    >>> import autograd_lite as tf
    >>> tf.image.random_hue(tf.zeros([2, 2, 3]), 0.2).shape.as_list()
    [2, 2, 3]
    """
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, random_uniform([], -max_delta, max_delta, seed=seed))


@export("image.random_saturation")
def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`tf.image.adjust_saturation` by a random factor between `lower` and `upper`.

    >>> import autograd_lite as tf
    >>> tf.image.random_saturation(tf.zeros([2, 2, 3]), 0.5, 1.5).shape.as_list()
    [2, 2, 3]
    """
    _check_range(lower, upper)
    return adjust_saturation(image, random_uniform([], lower, upper, seed=seed))


@export("image.per_image_standardization")
def per_image_standardization(image: Any) -> Tensor:
    """Scale every image to mean 0 and deviation 1 (or less, where it has hardly any).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.per_image_standardization([[[1.0], [3.0]]])).ravel()
    array([-1.,  1.], dtype=float32)
    """
    with building(None, "per_image_standardization", [image]) as scope:
        image = checked_image(image)
        pixels = reduce_prod(shape_of(image)[-3:])
        plain = image if image.dtype.is_floating else cast(image, dtypes.float32)
        mean = reduce_mean(plain, axis=[-1, -2, -3], keepdims=True)
        deviation = reduce_std(plain, axis=[-1, -2, -3], keepdims=True)
        deviation = raw.Maximum(deviation, raw.Rsqrt(cast(pixels, plain.dtype)))
        return raw.RealDiv(plain - mean, deviation, name=scope)
