"""The pixels of image files, and files made of pixels: what the ops of `ops/image_files.py` do. It runs on the host.

Pillow (the extra `image`) decodes PNG, JPEG and GIF and writes JPEG; BMP files, PNG files of sixteen bits and writing PNG need NumPy alone.
A header is read and compared with the bytes that are there before anything of the size it claims is made.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.errors import InternalError
from autograd_lite.core.optional import load
from autograd_lite.core.release import release
from autograd_lite.core.shapes import text
from autograd_lite.ops.checks import invalid
from autograd_lite.wire import pictures, png

_MOST_BYTES = 1 << 29  # of a decoded image
_BAD_JPEG = "jpeg::Uncompress failed. Invalid JPEG data or crop window."
_END_OF_JPEG = b"\xff\xd9"
_RED, _GREEN = (int(weight * 32768) for weight in (0.299, 0.587))  # of brightness; blue gets the rest


class Wish(NamedTuple):
    """What a decoded JPEG image should be like."""

    channels: int = 0
    ratio: int = 1
    recovers: bool = False
    least_share: float = 1.0  # of the lines that must be there
    window: tuple[int, ...] | None = None  # row, column, height, width


def kind_of(content: bytes) -> str:
    """The format of a file by its first bytes, or ""."""
    for first, kind in ((b"\xff\xd8\xff", "JPEG"), (png.SIGNATURE, "PNG"), (b"GIF8", "GIF"), (b"BM", "BMP")):
        if content.startswith(first):
            return kind
    return ""


def unknown_format(content: bytes) -> Exception:
    """The error for bytes that are no image, in the words of the release."""
    if not content:
        return invalid("Input is empty.")
    if release().older_error_texts:
        shown = "".join(chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in content[:16])
        return invalid(f"Expected image (JPEG, PNG, or GIF), got unknown format starting with '{shown}'")
    return invalid("Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP required.")


def check_channels(channels: int) -> None:
    """Refuse a number of channels that no image can be given."""
    if channels not in (0, 1, 3, 4):
        raise invalid(f"`channels` must be 0, 1, 3 or 4 but got {channels}")


def _check_size(height: int, width: int, channels: int) -> None:
    if height * width * max(channels, 1) >= _MOST_BYTES:
        raise invalid(f"Image too large: {width} x {height} pixels are more than 2^29 bytes")


# ------------------------------------------------------------------ PNG


def decoded_png(content: bytes, channels: int) -> np.ndarray:
    """The pixels of a PNG file, uint8 or (for a file of sixteen bits) uint16, with so many channels (0: as many as it has)."""
    try:
        file = png.chunks(content)
    except ValueError as error:
        short = len(content) < len(png.SIGNATURE) + 25
        text_of = "Invalid PNG. Failed to initialize decoder." if short or "pixels" in str(error) else "Invalid PNG data"
        raise invalid(f"{text_of}, size {len(content)}: {error}" if text_of.endswith("data") else text_of) from None
    _check_size(file.header.height, file.header.width, max(channels, file.header.channels))
    try:
        pixels, transparent = _deep(file) if file.header.depth == 16 else _shallow(content)
    except (ValueError, OSError, SyntaxError) as error:
        raise invalid(f"Invalid PNG data, size {len(content)}: {error}") from None
    if channels == 1 and pixels.shape[2] >= 3:
        return _gray(pixels, file.gamma)
    return _with_channels(pixels, transparent, channels, (1 << file.header.depth) - 1)


def _deep(file: png.Chunks) -> tuple[np.ndarray, np.ndarray | None]:
    pixels = png.deep_pixels(file)
    colour = file.transparency
    if colour is None or file.header.channels not in (1, 3) or len(colour) != 2 * file.header.channels:
        return pixels, None
    return pixels, np.all(pixels == np.frombuffer(colour, ">u2"), axis=-1)


def _shallow(content: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    """Pixels [height, width, channels] of at most eight bits, and which of them are transparent if one colour is."""
    images = load("PIL.Image")
    with images.open(io.BytesIO(content), formats=("PNG",)) as image:
        colour = image.info.get("transparency")
        if image.mode == "P":
            return _array(image.convert("RGB" if colour is None else "RGBA")), None
        pixels = _array(image if image.mode in ("L", "LA", "RGB", "RGBA") else image.convert("L"))
        return pixels, None if colour is None or pixels.shape[2] not in (1, 3) else np.all(pixels == np.array(colour), axis=-1)


def _array(image: Any) -> np.ndarray:
    pixels = np.array(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _gray(pixels: np.ndarray, gamma: float | None) -> np.ndarray:
    """The brightness of colours as libpng works it out: in light, not in samples, when an 8-bit file says how they differ."""
    colours = pixels[..., :3].astype(np.int64)
    weights = np.array([_RED, _GREEN, 32768 - _RED - _GREEN])
    if pixels.dtype == np.uint16:
        return ((colours @ weights + 16384) >> 15).astype(np.uint16)[..., None]
    if gamma is None or abs(gamma - 1) < 0.05:
        return ((colours @ weights) >> 15).astype(np.uint8)[..., None]
    levels = np.arange(256) / 255
    light, back = (np.floor(255 * levels**power + 0.5).astype(np.int64) for power in (1 / gamma, gamma))
    is_gray = np.all(colours == colours[..., :1], axis=-1)
    mixed = back[(light[colours] @ weights + 16384) >> 15]
    return np.where(is_gray, colours[..., 0], mixed).astype(np.uint8)[..., None]


def _with_channels(pixels: np.ndarray, transparent: np.ndarray | None, channels: int, opaque: int = 255) -> np.ndarray:
    """Pixels with 1 (of gray ones), 3 or 4 channels, or (0) as they are; the new alpha is `opaque`, which is small in files of few bits."""
    have = pixels.shape[2]
    if channels in (0, have):
        return pixels
    colours, alpha = (pixels[..., :-1], pixels[..., -1:]) if have in (2, 4) else (pixels, None)
    if channels == 1:
        return np.ascontiguousarray(colours)
    if colours.shape[2] == 1:
        colours = np.repeat(colours, 3, axis=2)
    if channels == 3:
        return np.ascontiguousarray(colours)
    if alpha is None:
        opaque = opaque if transparent is None else int(np.iinfo(pixels.dtype).max)
        alpha = np.full((*pixels.shape[:2], 1), opaque, pixels.dtype)
        if transparent is not None:
            alpha[transparent] = 0
    return np.concatenate([colours, alpha], axis=2)


# ------------------------------------------------------------------ JPEG


def _jpeg_header(content: bytes, whole: bool) -> pictures.JpegHeader:
    try:
        header = pictures.jpeg_header(content)
        pictures.check_jpeg_room(header, content, whole)
    except ValueError:
        raise invalid(_BAD_JPEG) from None
    return header


def _check_wish(wish: Wish) -> None:
    if wish.ratio not in (1, 2, 4, 8):
        raise invalid(f"ratio must be 1, 2, 4, or 8, got {wish.ratio}")
    if wish.channels == 4:
        raise invalid("JPEG does not support 4 channels")


def decoded_jpeg(content: bytes, wish: Wish) -> np.ndarray:
    """The pixels of a JPEG file: uint8 [height, width, 1 or 3]."""
    _check_wish(wish)
    lenient = wish.recovers or wish.least_share < 1
    header = _jpeg_header(content, not lenient)
    if header.components not in (1, 3, 4) or (header.components == 4 and wish.channels == 1):
        raise invalid(_BAD_JPEG)
    size = (-(-header.height // wish.ratio), -(-header.width // wish.ratio))
    if wish.window is not None:
        top, left, height, width = wish.window
        if min(top, left) < 0 or min(height, width) <= 0 or top + height > size[0] or left + width > size[1]:
            raise invalid(_BAD_JPEG)
    try:
        pixels = _jpeg_pixels(content, wish, size)
    except (OSError, SyntaxError, ValueError, load("PIL.Image").DecompressionBombError) as error:
        if not lenient:
            raise invalid(_BAD_JPEG) from error
        pixels = _recovered(content, wish, size)
    if wish.window is not None:
        pixels = pixels[top : top + height, left : left + width].copy()
    return pixels


def _recovered(content: bytes, wish: Wish, size: tuple[int, int]) -> np.ndarray:
    """What is there of a file that is cut off, if that is enough; the lines that are missing repeat the last colour."""
    try:
        pixels = _jpeg_pixels(content + _END_OF_JPEG * 2, wish, size)
    except (OSError, SyntaxError, ValueError) as error:
        raise invalid(_BAD_JPEG) from error
    differing = np.flatnonzero(np.any(pixels != pixels[-1], axis=(1, 2)))
    lines = int(differing[-1]) + 1 if len(differing) else 0
    if not wish.recovers and lines < wish.least_share * len(pixels):
        raise invalid(_BAD_JPEG)
    return pixels


def _jpeg_pixels(content: bytes, wish: Wish, size: tuple[int, int]) -> np.ndarray:
    images = load("PIL.Image")
    with images.open(io.BytesIO(content), formats=("JPEG",)) as image:
        mode = {1: "L", 3: "RGB"}.get(wish.channels, "CMYK" if image.mode == "CMYK" else image.mode)
        if image.mode == "CMYK":
            mode = "CMYK"
        elif wish.ratio > 1 or mode == "L":
            image.draft(mode, (max(image.width // wish.ratio, 1), max(image.height // wish.ratio, 1)))
        image.load()
        if mode == "CMYK":
            ink = np.array(image).astype(np.uint32)
            pixels = ((255 - ink[..., :3]) * (255 - ink[..., 3:]) // 255).astype(np.uint8)
        else:
            pixels = _array(image if image.mode == mode else image.convert(mode))
    shrink = wish.ratio if pixels.shape[:2] != size else 1
    return pixels if shrink == 1 else _averaged(pixels, size)


def _averaged(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pixels averaged to a smaller size: what the decoder itself does not shrink."""
    images = load("PIL.Image")
    shown = images.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return _array(shown.resize((size[1], size[0]), images.Resampling.BOX))


# ------------------------------------------------------------------ GIF


def decoded_gif(content: bytes, animated: bool, first_only: bool = False) -> np.ndarray:
    """The images of a GIF file: uint8 [images, height, width, 3]. Each is painted over the one before; nothing is disposed of."""
    try:
        file = pictures.gif(content)
    except ValueError as error:
        raise invalid(f"Invalid GIF data (size {len(content)}), {error}") from None
    if len(file.frames) > 1 and not animated:
        raise invalid(f"Got {len(file.frames)} frames, but animated gifs can only be decoded by {_where_animated()}")
    frames = 1 if first_only else len(file.frames)
    _check_size(file.height, file.width * frames, 3)
    result = np.zeros((frames, file.height, file.width, 3), np.uint8)
    painted = np.zeros((file.height, file.width), bool)
    images = load("PIL.Image")
    try:
        with images.open(io.BytesIO(file.content), formats=("GIF",)) as image:
            for number in range(frames):
                image.seek(number)
                painted[file.frames[number]] = True
                shown = np.array(image.convert("RGBA"))[: file.height, : file.width]
                visible = painted & (shown[..., 3] > 0)  # black where nothing was painted yet
                result[number] = shown[..., :3] * visible[..., None]
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, images.DecompressionBombError) as error:
        raise invalid(f"Invalid GIF data (size {len(content)}), {error}") from None
    return result


def _where_animated() -> str:
    return "tf.image.decode_gif or tf.image.decode_image" if release().older_error_texts else "tf.io.decode_gif or tf.io.decode_image"


# ------------------------------------------------------------------ BMP


def decoded_bmp(content: bytes, channels: int) -> np.ndarray:
    """The pixels of a BMP file, with so many channels (0: as many as it has)."""
    if channels == 1 and not release().older_error_texts:
        raise invalid("`channels` must be 0, 3 or 4 for BMP, but got 1")
    try:
        pixels = pictures.bmp_pixels(content)
    except ValueError as error:
        raise invalid(str(error)) from None
    if channels == 1 and pixels.shape[2] != 1:
        raise invalid(f"channels attribute {channels} does not match bits per pixel from file {pixels.shape[2]}")
    return _with_channels(pixels, None, channels)


# ------------------------------------------------------------------ any of them


def in_type(pixels: np.ndarray, dtype: Any, is_png: bool) -> np.ndarray:
    """Pixels in the type that is asked for, as TensorFlow scales them: those of a PNG file by way of sixteen bits."""
    if dtype == dtypes.uint8:
        return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    if is_png:
        wide = pixels if pixels.dtype == np.uint16 else pixels.astype(np.uint16) * np.uint16(257)
        return wide if dtype == dtypes.uint16 else wide.astype(np.float32) / np.float32(65535)
    return pixels.astype(np.uint16) * np.uint16(256) if dtype == dtypes.uint16 else pixels.astype(np.float32) * np.float32(1 / 255)


def decoded(content: bytes, wish: Wish, dtype: Any, op_name: str) -> np.ndarray:
    """What the ops named after one format make of a PNG, JPEG or GIF file: an image, or images for DecodeGif."""
    check_channels(wish.channels)
    kind = kind_of(content)
    if kind == "JPEG":
        pixels = decoded_jpeg(content, wish)
    elif kind == "PNG":
        pixels = decoded_png(content, wish.channels)
    elif kind == "GIF":
        if wish.channels in (1, 4):
            raise invalid(f"channels must be 0 or 3 for GIF, got {wish.channels}")
        pixels = decoded_gif(content, op_name == "DecodeGif")
        pixels = pixels if op_name == "DecodeGif" else pixels[0]
    elif kind == "BMP" and not release().older_error_texts:
        raise invalid(f"Trying to decode BMP format using a wrong op. Use `decode_bmp` or `decode_image` instead. Op used: {op_name}")
    else:
        raise unknown_format(content)
    if op_name == "DecodeGif" and pixels.ndim == 3:
        pixels = pixels[None]
    return in_type(pixels, dtype, kind == "PNG")


# ------------------------------------------------------------------ writing


def encoded_jpeg(pixels: Any, quality: int, **options: Any) -> bytes:
    """A JPEG file of pixels [height, width, 1 or 3]; `options` are Pillow's."""
    if pixels.ndim != 3:
        raise invalid(f"image must be 3-dimensional{text(pixels.shape)}")
    if pixels.shape[2] not in (1, 3):
        raise invalid(f"image must have 1 or 3 channels, got {text(pixels.shape)}")
    if not 0 <= quality <= 100:
        raise invalid(f"quality must be in [0,100], got {quality}")
    if not pixels.size or max(pixels.shape[:2]) > 65500:
        raise InternalError(None, None, "JPEG encoding failed")
    shown = load("PIL.Image").fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
    written = io.BytesIO()
    shown.save(written, "JPEG", quality=max(quality, 1), **options)
    return written.getvalue()
