"""What the headers of JPEG, GIF and BMP files say, read before anything of the size they claim is made; and the pixels of BMP files.

Errors are ValueErrors in plain words.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

_MOST_BYTES = 1 << 30  # of the pixels of a BMP file

# ------------------------------------------------------------------ JPEG

_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_HUFFMAN = frozenset({0xC0, 0xC1, 0xC2})
_MOST_PIXELS_A_BYTE = 512  # a block of 64 pixels takes at least one bit


class JpegHeader(NamedTuple):
    """The size of a JPEG image, its components, and where its first segment ends."""

    height: int
    width: int
    components: int
    marker: int


def jpeg_header(content: bytes) -> JpegHeader:
    """Find the frame header of a JPEG file.

    Raises:
      ValueError: there is none.
    """
    at = 2
    while content[:2] == b"\xff\xd8" and at + 4 <= len(content):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD7:  # a fill byte, or a marker without a body
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _FRAMES:
            if length < 8 or at + 10 > len(content):
                break
            height, width, components = struct.unpack_from(">HHB", content, at + 5)
            return JpegHeader(height, width, components, marker)
        if length < 2 or marker in (0xD9, 0xDA):
            break
        at += 2 + length
    raise ValueError("it has no frame header")


def check_jpeg_room(header: JpegHeader, content: bytes, whole: bool) -> None:
    """Refuse sizes that are too large, or (for a file that should be `whole`) could never be told in so few bytes."""
    pixels = header.height * header.width
    if not pixels or pixels * max(header.components, 1) >= 1 << 29:
        raise ValueError(f"its size is {header.width} x {header.height}")
    if whole and header.marker in _HUFFMAN and pixels > _MOST_PIXELS_A_BYTE * len(content) + 4096:
        raise ValueError(f"{len(content)} bytes cannot hold {header.width} x {header.height} pixels")


def with_jpeg_density(content: bytes, unit: int, x: int, y: int, xmp: bytes) -> bytes:
    """A JPEG file (with a JFIF header) that says how many dots an inch (unit 1) or centimetre (unit 2) has, and XMP metadata if any."""
    (length,) = struct.unpack_from(">H", content, 4)
    end = 4 + length
    header = content[:13] + struct.pack(">BHH", unit, x & 0xFFFF, y & 0xFFFF) + content[18:end]
    extra = b""
    if xmp:
        body = b"http://ns.adobe.com/xap/1.0/\0" + xmp
        if len(body) + 2 > 0xFFFF:
            raise ValueError(f"XMP metadata of {len(xmp)} bytes do not fit into a JPEG file")
        extra = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    return header + extra + content[end:]


# ------------------------------------------------------------------ GIF


class Gif(NamedTuple):
    """The canvas of a GIF file, where its images lie on it, and the file, changed so that every image stays when the next one comes."""

    height: int
    width: int
    frames: list[tuple[slice, slice]]
    content: bytes


def _after_blocks(content: bytes, at: int) -> int:
    """The position after a chain of data blocks."""
    while at < len(content) and content[at]:
        at += 1 + content[at]
    if at >= len(content):
        raise ValueError("it is cut off")
    return at + 1


def gif(content: bytes) -> Gif:
    """Walk through a GIF file.

    Raises:
      ValueError: when it is damaged.
    """
    if len(content) < 13:
        raise ValueError("it has no screen descriptor")
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    changed = bytearray(content)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    frames: list[tuple[slice, slice]] = []
    while at < len(content) and content[at] != 0x3B:
        if content[at] == 0x21:
            if content[at + 1 : at + 3] == b"\xf9\x04" and at + 3 < len(content):
                changed[at + 3] = changed[at + 3] & 0b11100011 | 0b00000100  # "do not dispose"
            at = _after_blocks(content, at + 2)
        elif content[at] == 0x2C and at + 10 <= len(content):
            left, top, wide, high, local = struct.unpack_from("<HHHHB", content, at + 1)
            frames.append((slice(top, top + high), slice(left, left + wide)))
            at = _after_blocks(content, at + 11 + (3 << (local & 7) + 1 if local & 0x80 else 0))
        else:
            raise ValueError("there is something between its images")
    if not frames or not width or not height:
        raise ValueError("it has no image")
    return Gif(height, width, frames, bytes(changed))


# ------------------------------------------------------------------ BMP


def bmp_pixels(content: bytes) -> np.ndarray:
    """The pixels of an uncompressed BMP file: uint8 [height, width, channels], in the order red, green, blue, alpha.

    Raises:
      ValueError: in TensorFlow's words, when the header is unsound or does not fit the bytes that are there.
    """
    if len(content) < 32:
        raise ValueError(
            "Incomplete bmp content, requires at least 32 bytes to find the header size, width, height, and bpp, "
            f"got {len(content)} bytes"
        )
    start, width, height, bits = (
        struct.unpack_from(form, content, at)[0] for form, at in (("<i", 10), ("<i", 18), ("<i", 22), ("<H", 28))
    )
    channels = bits // 8
    if channels not in (1, 3, 4):
        raise ValueError(f"Number of channels inherent in the image must be 1, 3 or 4, was {channels}")
    if width <= 0:
        raise ValueError("Width must be positive")
    if not height:
        raise ValueError("Height must be nonzero")
    row, rows = (channels * width + 3) // 4 * 4, abs(height)
    if rows * row >= _MOST_BYTES:
        raise ValueError("Total possible pixel bytes must be less than 2^30")
    if start < 0:
        raise ValueError("header size must be nonnegative")
    missing = start + row * rows - len(content)
    if missing > 0:
        raise ValueError(f"Input size should match (header_size + row_size * abs_height) but they differ by {-missing}")
    lines = np.frombuffer(content, np.uint8, row * rows, start).reshape(rows, row)[:, : channels * width]
    pixels = lines.reshape(rows, width, channels)[:: 1 if height < 0 else -1]
    return pixels[..., [2, 1, 0, 3][:channels]] if channels > 1 else pixels.copy()
