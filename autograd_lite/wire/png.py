"""PNG files: their header and chunks, pixels of sixteen bits (which Pillow reduces to eight), and writing.

Errors are ValueErrors in plain words; nothing is allocated before the header was compared with the bytes that are there.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_MOST_RATIO = 1032  # deflate cannot make more bytes than this out of one
_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))  # of Adam7


class Header(NamedTuple):
    """What a PNG file says of itself."""

    width: int
    height: int
    depth: int  # bits of a sample
    colour: int
    interlaced: bool

    @property
    def channels(self) -> int:
        """Samples of a pixel in the file (1 for an index into a palette)."""
        return _CHANNELS[self.colour]

    @property
    def is_palette(self) -> bool:
        return self.colour == 3


class Chunks(NamedTuple):
    """The parts of a PNG file that matter for its pixels."""

    header: Header
    compressed: bytes
    transparency: bytes | None
    gamma: float | None  # samples are light to this power, if the file says so


def _header(content: bytes) -> Header:
    if len(content) != 13:
        raise ValueError("its header has a wrong length")
    width, height, depth, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", content)
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise ValueError(f"its size is {width} x {height}")
    if depth not in _DEPTHS.get(colour, ()) or compression or filters or interlace > 1:
        raise ValueError("its header asks for something that PNG does not have")
    return Header(width, height, depth, colour, bool(interlace))


def chunks(content: bytes) -> Chunks:
    """The parts of a file, whose lengths and checksums are found to be right.

    Raises:
      ValueError: when they are not, or the pixels could never fit into so few bytes.
    """
    if not content.startswith(SIGNATURE):
        raise ValueError("it does not begin as a PNG file")
    at, parts, transparency, header, gamma = len(SIGNATURE), [], None, None, None
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if at + 12 + length > len(content):
            break
        if zlib.crc32(kind + body) != struct.unpack_from(">I", content, at + 8 + length)[0]:
            raise ValueError(f"the checksum of its part {kind.decode('latin-1')} is wrong")
        at += 12 + length
        if header is None and kind != b"IHDR":
            break
        if kind == b"IHDR":
            header = _header(body)
        elif kind == b"IDAT":
            parts.append(body)
        elif kind == b"tRNS":
            transparency = body
        elif kind == b"sRGB":
            gamma = 0.45455
        elif kind == b"gAMA" and length == 4 and gamma is None:
            gamma = struct.unpack(">I", body)[0] / 100000
        elif kind == b"IEND":
            return _sound(header, b"".join(parts), transparency, gamma)
    raise ValueError("it is cut off")


def _sound(header: Header | None, compressed: bytes, transparency: bytes | None, gamma: float | None) -> Chunks:
    if header is None or not compressed:
        raise ValueError("it has no pixels")
    row = -(-header.width * header.channels * header.depth // 8)
    if row * header.height > _MOST_RATIO * len(compressed) + 64:
        raise ValueError(f"{len(compressed)} bytes cannot hold {header.width} x {header.height} pixels")
    return Chunks(header, compressed, transparency, gamma)


def deep_pixels(file: Chunks) -> np.ndarray:
    """The samples of a file of sixteen bits: uint16 [height, width, channels].

    Raises:
      ValueError: when the compressed bytes are damaged.
    """
    header = file.header
    grid = (slice(0, None, 1), slice(0, None, 1))
    grids = [(slice(top, None, down), slice(left, None, right)) for top, left, down, right in _PASSES] if header.interlaced else [grid]
    sizes = [(len(range(header.height)[rows]), len(range(header.width)[columns])) for rows, columns in grids]
    step = 2 * header.channels  # bytes of a pixel
    wanted = sum(height * (1 + width * step) for height, width in sizes if height and width)
    try:
        raw = zlib.decompressobj().decompress(file.compressed, wanted)
    except zlib.error as error:
        raise ValueError(f"its pixels are damaged: {error}") from None
    if len(raw) < wanted:
        raise ValueError("it has too few pixels")
    result, at = np.empty((header.height, header.width, header.channels), np.uint16), 0
    for (height, width), (rows, columns) in zip(sizes, grids):
        if height and width:
            lines = np.frombuffer(raw, np.uint8, height * (1 + width * step), at).reshape(height, -1)
            at += lines.size
            result[rows, columns] = _unfiltered(lines, step).view(">u2").reshape(height, width, -1)
    return result


def _unfiltered(lines: np.ndarray, step: int) -> np.ndarray:
    """Add to every byte what its line's filter predicted: lines [height, 1 + width * step] -> [height, width * step].

    A prediction needs the pixels to the left, above, and above that to the left. So all pixels of a diagonal can be done at once.
    """
    filters, height = lines[:, 0].astype(np.intp), len(lines)
    if filters.max() > 4:
        raise ValueError("its pixels are damaged: there is no such filter")
    given = lines[:, 1:].reshape(height, -1, step)
    width = given.shape[1]
    done = np.zeros((height + 1, width + 1, step), np.int16)  # with a border of zeros above and to the left
    for diagonal in range(height + width - 1):
        y = np.arange(max(diagonal - width + 1, 0), min(height, diagonal + 1))
        x = diagonal - y
        left, above, corner = done[y + 1, x], done[y, x + 1], done[y, x]
        predicted = np.choose(filters[y][:, None], [0, left, above, (left + above) >> 1, _paeth(left, above, corner)])
        done[y + 1, x + 1] = (given[y, x] + predicted) & 255
    return np.ascontiguousarray(done[1:, 1:].astype(np.uint8)).reshape(height, -1)


def _paeth(left: np.ndarray, above: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Of three neighbours, the one nearest to left + above - corner."""
    guess = left + above - corner
    from_left, from_above, from_corner = (np.abs(guess - each) for each in (left, above, corner))
    return np.where((from_left <= from_above) & (from_left <= from_corner), left, np.where(from_above <= from_corner, above, corner))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def encode_png(pixels: np.ndarray, compression: int = -1) -> bytes:
    """A PNG file of pixels [height, width, 1 to 4 channels], uint8 or uint16.

    Every line takes the filter (none, left, above) whose differences are smallest.

    >>> encode_png(np.zeros((1, 1, 3), np.uint8))[1:4]
    b'PNG'
    """
    height, width, channels = pixels.shape
    step = channels * pixels.itemsize
    lines = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    plain = np.frombuffer(lines, np.uint8).reshape(height, width * step)
    left = plain.copy()
    left[:, step:] -= plain[:, :-step]
    above = plain.copy()
    above[1:] -= plain[:-1]
    candidates = np.stack([plain, left, above])
    costs = np.abs(candidates.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64)  # [filters, height]
    best = np.argmin(costs, axis=0)
    rows = np.concatenate([best.astype(np.uint8)[:, None], candidates[best, np.arange(height)]], axis=1)
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, colour, 0, 0, 0)
    packed = zlib.compress(rows.tobytes(), compression)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
