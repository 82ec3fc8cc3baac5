"""Pictures as PNG files, written with zlib alone."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> PNG's number for gray, gray and alpha, RGB, RGB and alpha
_NO_FILTER = 0


def _chunk(kind: bytes, content: bytes) -> bytes:
    """One part of a PNG file: length, kind, content, checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def encode_png(image: np.ndarray, compression: int = -1) -> bytes:
    """A picture as the bytes of a PNG file.

    Args:
      image: uint8 or uint16, of shape [height, width, channels] with 1 to 4 channels and no size of 0.
      compression: zlib's level, 0 (none) to 9 (smallest); -1 is zlib's own choice.

    >>> encode_png(np.zeros([1, 2, 1], np.uint8))[1:4]
    b'PNG'
    """
    height, width, channels = image.shape
    samples = np.ascontiguousarray(image, image.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    lines = np.empty((height, samples.shape[1] + 1), np.uint8)
    lines[:, 0] = _NO_FILTER
    lines[:, 1:] = samples
    header = struct.pack(">IIBBBBB", width, height, 8 * image.dtype.itemsize, _COLOR_TYPES[channels], 0, 0, 0)
    content = zlib.compress(lines.tobytes(), compression)
    return b"".join((_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", content), _chunk(b"IEND", b"")))
