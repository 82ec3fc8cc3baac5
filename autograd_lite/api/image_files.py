"""Images in files: what format it is, decoding any of them, and the traces that JPEG leaves."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.image_colors import convert_image_dtype
from autograd_lite.api.random import random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.strings import substr
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("image.is_jpeg", "io.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Whether the bytes of a file begin as a JPEG file does.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.image.is_jpeg(b"\\xff\\xd8\\xff")))
    True
    """
    with building(name, "is_jpeg", [contents]):
        return raw.Equal(substr(contents, 0, 3), b"\xff\xd8\xff")


@export("image.decode_image", "io.decode_image")
def decode_image(
    contents: Any, channels: int | None = None, dtype: Any = dtypes.uint8, name: str | None = None, expand_animations: bool = True
) -> Tensor:
    """Read an image of any format: JPEG, PNG, GIF or BMP.

    Args:
      contents: the bytes of the file, a string scalar.
      channels: 1 for gray, 3 for colour, 4 with alpha; 0 or None for what the file has.
      dtype: uint8, uint16, or float32 (in [0, 1]).
      expand_animations: a GIF gives all its images, [images, height, width, 3]; False: the first, [height, width, 3].

    Raises:
      ValueError: another number of channels.

    >>> import autograd_lite as tf
    >>> pixels = tf.constant([[[1, 2, 3]]], tf.uint8)
    >>> tf.Session().run(tf.image.decode_image(tf.image.encode_png(pixels)))
    array([[[1, 2, 3]]], dtype=uint8)
    """
    with building(name, "decode_image", [contents]):
        channels = 0 if channels is None else channels
        if channels not in (0, 1, 3, 4):
            raise ValueError("`channels` must be in (None, 0, 1, 3, 4).")
        return raw.DecodeImage(contents, channels=channels, dtype=dtype, expand_animations=expand_animations)


@export("image.adjust_jpeg_quality")
def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Tensor:
    """An image with the traces that JPEG of a quality, 0 to 100, leaves in it: it is encoded and decoded again.

    >>> import autograd_lite as tf
    >>> tf.image.adjust_jpeg_quality(tf.zeros([4, 6, 3]), 50).shape.as_list()
    [None, None, 3]
    """
    with building(name, "adjust_jpeg_quality", [image]):
        image = convert_to_tensor(image, name="image")
        channels = image.shape.as_list()[-1]
        plain = convert_image_dtype(image, dtypes.uint8, saturate=True)
        if not isinstance(jpeg_quality, Tensor):
            jpeg_quality = convert_to_tensor(jpeg_quality, dtype=dtypes.int32)
        again = raw.DecodeJpeg(raw.EncodeJpegVariableQuality(plain, jpeg_quality), channels=channels or 0)
        return convert_image_dtype(again, image.dtype.base_dtype, saturate=True)


@export("image.random_jpeg_quality")
def random_jpeg_quality(image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None) -> Tensor:
    """`tf.image.adjust_jpeg_quality` with a random quality from `min_jpeg_quality` up to, but not, `max_jpeg_quality`.

    Raises:
      ValueError: qualities outside 0 to 100, or in the wrong order.

    >>> import autograd_lite as tf
    >>> tf.image.random_jpeg_quality(tf.zeros([4, 6, 3]), 50, 90).shape.as_list()
    [None, None, 3]
    """
    if min_jpeg_quality < 0 or max_jpeg_quality < 0 or min_jpeg_quality > 100 or max_jpeg_quality > 100:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    return adjust_jpeg_quality(image, random_uniform([], min_jpeg_quality, max_jpeg_quality, seed=seed, dtype=dtypes.int32))
