"""Ops that read images out of the bytes of files and write them: PNG, JPEG, GIF and BMP. They run on the host.

As in TensorFlow, `decode_png` and `decode_jpeg` read any of PNG, JPEG and a GIF of one image. Pillow has one way to compute JPEG images,
the precise one, so `fancy_upscaling` and `dct_method`, which trade quality for speed in TensorFlow, change nothing here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.errors import InternalError
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.image_codecs import (
    Wish,
    check_channels,
    decoded,
    decoded_bmp,
    decoded_gif,
    decoded_jpeg,
    decoded_png,
    encoded_jpeg,
    in_type,
    kind_of,
    unknown_format,
)  # fmt: skip
from autograd_lite.ops.samples import sample, values
from autograd_lite.wire import pictures, png

_NO_SLOPE = "bytes have no slope"


def _bytes_of(contents: Any) -> bytes:
    if np.ndim(contents):
        raise invalid(f"contents must be scalar, got shape {text(np.shape(contents))}")
    content = np.asarray(contents, object).item()
    return content if isinstance(content, bytes) else str(content).encode()


def _image_shape(c):
    channels = c.attrs["channels"]
    rules.with_rank(c, c.shape(0), 0)
    if channels < 0:
        raise c.fail(f"channels must be non-negative, got {channels}")
    return (None, None, channels or None)


_JPEG_ATTRS = (
    "channels: int = 0, ratio: int = 1, fancy_upscaling: bool = True, try_recover_truncated: bool = False, "
    "acceptable_fraction: float = 1, dct_method: string = ''"
)
_NEEDS_A_FILE = "a file of this format is too long for a declaration; tests/ops/test_image_files.py shows it"


def _cropped_shape(c):
    channels = _image_shape(c)[2]
    rules.merge_size(c, rules.with_rank(c, c.shape(1), 1)[0], 4)
    window = c.value(1)
    return (None, None, channels) if window is None else (int(window[2]), int(window[3]), channels)


def _check_method(dct_method: str) -> None:
    if dct_method not in ("", "INTEGER_FAST", "INTEGER_ACCURATE"):
        raise invalid("dct_method must be one of {'', 'INTEGER_FAST', 'INTEGER_ACCURATE'}")


@op(
    f"DecodeJpeg(contents: string, *, {_JPEG_ATTRS}) -> image: uint8",
    names=["image.decode_jpeg", "io.decode_jpeg"],
    shape=_image_shape,
    samples=_NEEDS_A_FILE,
    no_gradient=_NO_SLOPE,
)
def decode_jpeg(
    xp, contents, channels, ratio, fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method
):  # fmt: skip
    """Read a JPEG image: uint8 [height, width, channels]. `channels`: 1 for gray, 3 for colour, 0 for what the file has.

    `ratio` (1, 2, 4 or 8) shrinks while decoding. A file that is cut off is an error, unless `try_recover_truncated` says otherwise, or
    `acceptable_fraction` of its lines are there.

    >>> tf.Session().run(tf.image.decode_jpeg(tf.image.encode_jpeg(tf.zeros([4, 6, 3], tf.uint8)))).shape
    (4, 6, 3)
    """
    _check_method(dct_method)
    wish = Wish(channels, ratio, try_recover_truncated, acceptable_fraction)
    return xp.asarray(decoded(_bytes_of(contents), wish, dtypes.uint8, "DecodeJpeg"))


@op(
    f"DecodeAndCropJpeg(contents: string, crop_window: int32, *, {_JPEG_ATTRS}) -> image: uint8",
    names=["image.decode_and_crop_jpeg", "io.decode_and_crop_jpeg"],
    host=("crop_window",),
    shape=_cropped_shape,
    samples=_NEEDS_A_FILE,
    no_gradient=_NO_SLOPE,
)
def decode_and_crop_jpeg(
    xp, contents, crop_window, channels, ratio, fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method
):  # fmt: skip
    """Read a part of a JPEG image; `crop_window` is (row, column, height, width).

    >>> part = tf.image.decode_and_crop_jpeg(tf.image.encode_jpeg(tf.zeros([4, 6, 3], tf.uint8)), [1, 2, 3, 4])
    >>> tf.Session().run(part).shape
    (3, 4, 3)
    """
    _check_method(dct_method)
    window = np.asarray(crop_window)
    if window.ndim != 1:
        raise invalid(f"crop_window must be 1-D, got shape {text(window.shape)}")
    if window.shape[0] != 4:
        raise invalid(f"crop_size must have four elements {text(window.shape)}")
    content = _bytes_of(contents)
    if kind_of(content) != "JPEG":
        raise unknown_format(content)
    check_channels(channels)
    wish = Wish(channels, ratio, try_recover_truncated, acceptable_fraction, tuple(window.tolist()))
    return xp.asarray(decoded_jpeg(content, wish))


@op(
    "DecodePng(contents: string, *, channels: int = 0, dtype: type = uint8) -> image: dtype",
    types={"dtype": "uint8 uint16"},
    names=["image.decode_png", "io.decode_png"],
    shape=_image_shape,
    samples=_NEEDS_A_FILE,
    no_gradient=_NO_SLOPE,
)
def decode_png(xp, contents, channels, dtype):
    """Read a PNG image: [height, width, channels]. `channels`: 1 for gray, 3 for colour, 4 with alpha, 0 for what the file has.

    >>> tf.Session().run(tf.image.decode_png(tf.image.encode_png(tf.constant([[[1, 2, 3]]], tf.uint8))))
    array([[[1, 2, 3]]], dtype=uint8)
    """
    return xp.asarray(decoded(_bytes_of(contents), Wish(channels), dtype, "DecodePng"))


def _frames_shape(c):
    rules.with_rank(c, c.shape(0), 0)
    return (None, None, None, 3)


@op(
    "DecodeGif(contents: string) -> image: uint8",
    names=["image.decode_gif", "io.decode_gif"],
    shape=_frames_shape,
    samples=_NEEDS_A_FILE,
    no_gradient=_NO_SLOPE,
)
def decode_gif(xp, contents):
    """Read all images of a GIF file: uint8 [images, height, width, 3].

    >>> tf.image.decode_gif(tf.placeholder(tf.string, [])).shape.as_list()
    [None, None, None, 3]
    """
    return xp.asarray(decoded(_bytes_of(contents), Wish(), dtypes.uint8, "DecodeGif"))


_BMP_HEADER = b"BM" + bytes(8) + bytes([54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0]) + bytes(24)
_BMP_PIXEL = np.array(_BMP_HEADER + b"\x03\x02\x01\x00", object)


@op(
    "DecodeBmp(contents: string, *, channels: int = 0) -> image: uint8",
    names=["image.decode_bmp", "io.decode_bmp"],
    shape=_image_shape,
    samples=[sample(_BMP_PIXEL), sample(_BMP_PIXEL, channels=4)],
    no_gradient=_NO_SLOPE,
)
def decode_bmp(xp, contents, channels):
    """Read an uncompressed BMP image: uint8 [height, width, channels].

    >>> tf.image.decode_bmp(tf.placeholder(tf.string, []), channels=3).shape.as_list()
    [None, None, 3]
    """
    check_channels(channels)
    content = _bytes_of(contents)
    kind = kind_of(content)
    if kind and kind != "BMP":
        raise invalid(f"Trying to decode {kind} format using DecodeBmp op. Use `decode_{kind.lower()}` or `decode_image` instead.")
    if not kind:
        raise unknown_format(content)
    return xp.asarray(decoded_bmp(content, channels))


def _any_shape(c):
    channels = _image_shape(c)[2]
    return None if c.attrs["expand_animations"] else (None, None, channels)


@op(
    "DecodeImage(contents: string, *, channels: int = 0, dtype: type = uint8, expand_animations: bool = True) -> image: dtype",
    types={"dtype": "uint8 uint16 float"},
    shape=_any_shape,
    samples=[sample(_BMP_PIXEL), sample(_BMP_PIXEL, dtype="float32", expand_animations=False)],
    no_gradient=_NO_SLOPE,
)
def decode_image(xp, contents, channels, dtype, expand_animations):
    """Read an image of any format: [height, width, channels], or [images, height, width, 3] for a GIF."""
    check_channels(channels)
    content = _bytes_of(contents)
    kind = kind_of(content)
    if kind == "BMP":
        pixels = decoded_bmp(content, channels)
    elif kind == "GIF":
        if channels in (1, 4):
            raise invalid(f"channels must be 0 or 3 for GIF, got {channels}")
        pixels = decoded_gif(content, True, not expand_animations)
        pixels = pixels if expand_animations else pixels[0]
    elif kind == "PNG":
        pixels = decoded_png(content, channels)
    elif kind == "JPEG":
        pixels = decoded_jpeg(content, Wish(channels))
    else:
        raise unknown_format(content)
    return xp.asarray(in_type(pixels, dtype, kind == "PNG"))


def _three_sizes(c):
    rules.with_rank(c, c.shape(0), 0)
    return (3,)


@op(
    "ExtractJpegShape(contents: string, *, output_type: type = int32) -> image_shape: output_type",
    types={"output_type": "int32 int64"},
    names=["image.extract_jpeg_shape", "io.extract_jpeg_shape"],
    shape=_three_sizes,
    samples=[sample(b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x04\x00\x06\x01\x01\x11\x00")],
    no_gradient=_NO_SLOPE,
)
def extract_jpeg_shape(xp, contents, output_type):
    """Read height, width and channels of a JPEG image without decoding it.

    >>> tf.Session().run(tf.image.extract_jpeg_shape(b"\\xff\\xd8\\xff\\xc0\\x00\\x0b\\x08\\x00\\x04\\x00\\x06\\x01\\x01\\x11\\x00"))
    array([4, 6, 1], dtype=int32)
    """
    content = _bytes_of(contents)
    try:
        header = pictures.jpeg_header(content)
    except ValueError:
        raise invalid(f"Invalid JPEG data, size {len(content)}") from None
    return xp.asarray(np.array(header[:3], output_type.numpy))


# ------------------------------------------------------------------ writing


def _written(content: bytes) -> np.ndarray:
    result = np.empty((), object)
    result[()] = content
    return result


def _scalar(c):
    rules.with_rank(c, c.shape(0), 3)
    return ()


@op(
    "EncodeJpeg(image: uint8, *, format: {'', 'grayscale', 'rgb'} = '', quality: int = 95, progressive: bool = False, "
    "optimize_size: bool = False, chroma_downsampling: bool = True, density_unit: {'in', 'cm'} = 'in', x_density: int = 300, "
    "y_density: int = 300, xmp_metadata: string = '') -> contents: string",
    names=["image.encode_jpeg", "io.encode_jpeg"],
    host=("image",),
    shape=_scalar,
    samples=_NEEDS_A_FILE,
    no_gradient=_NO_SLOPE,
)
def encode_jpeg(
    xp, image, format, quality, progressive, optimize_size, chroma_downsampling, density_unit, x_density, y_density, xmp_metadata
):
    """Write an image, uint8 [height, width, 1 or 3], as a JPEG file.

    >>> tf.Session().run(tf.image.encode_jpeg(tf.zeros([2, 2, 3], tf.uint8)))[:3]
    b'\\xff\\xd8\\xff'
    """
    wanted = {"grayscale": 1, "rgb": 3}.get(format)
    if wanted is not None and image.ndim == 3 and image.shape[2] != wanted:
        raise invalid(f"format {format} expects {wanted} channels, got {text(image.shape)}")
    subsampling = 2 if chroma_downsampling else 0
    content = encoded_jpeg(image, quality, progressive=progressive, optimize=optimize_size, subsampling=subsampling)
    metadata = xmp_metadata if isinstance(xmp_metadata, bytes) else xmp_metadata.encode()
    try:
        return _written(pictures.with_jpeg_density(content, 1 if density_unit == "in" else 2, x_density, y_density, metadata))
    except ValueError as error:
        raise invalid(str(error)) from None


@op(
    "EncodeJpegVariableQuality(images: uint8, quality: int32) -> contents: string",
    host=("images", "quality"),
    shape=_scalar,
    samples=_NEEDS_A_FILE,
    no_gradient=_NO_SLOPE,
)
def encode_jpeg_variable_quality(xp, images, quality):
    """Write an image, uint8 [height, width, 1 or 3], as a JPEG file of a quality that is computed."""
    if np.ndim(quality):
        raise invalid(f"quality must be scalar: {text(np.shape(quality))}")
    return _written(pictures.with_jpeg_density(encoded_jpeg(images, int(quality), subsampling=2), 1, 300, 300, b""))


def _leading(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 3)
    return None if shape is None else shape[:-3]


@op(
    "EncodePng(image: T, *, compression: int = -1) -> contents: string",
    types={"T": "uint8 uint16"},
    type_defaults={"T": "uint8"},
    names=["image.encode_png"],
    host=("image",),
    shape=_leading,
    samples=[sample(values((2, 3, 3), 0, 256, "uint8")), sample(values((2, 2, 3, 4), 0, 65536, "uint16"), compression=1)],
    no_gradient=_NO_SLOPE,
)
def encode_png(xp, image, compression):
    """Write images, uint8 or uint16 [..., height, width, 1 to 4 channels], as PNG files.

    >>> tf.Session().run(tf.image.encode_png(tf.zeros([2, 2, 3], tf.uint8)))[1:4]
    b'PNG'
    """
    if image.ndim < 3:
        raise invalid(f"images must be at least rank 3{text(image.shape)}")
    if not -1 <= compression <= 9:
        raise invalid(f"compression should be in [-1, 9], got {compression}")
    if image.shape[-1] not in (1, 2, 3, 4):
        raise invalid(f"image must have 1, 2, 3, or 4 channels, got {image.shape[-1]}")
    if not image.shape[-3] or not image.shape[-2]:
        raise InternalError(None, None, "PNG encoding failed")
    result = np.empty(image.shape[:-3], object)
    check_room(result.shape, 8)
    for place in np.ndindex(*result.shape):
        result[place] = png.encode_png(image[place], compression)
    return result
