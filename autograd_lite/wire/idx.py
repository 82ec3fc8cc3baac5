"""IDX, the file format of MNIST: two zero bytes, an element type, the rank, the dimensions, then the elements (all big-endian).

Described at the foot of the page of Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits".
A file may be compressed with gzip, whatever its name says.
"""

from __future__ import annotations

import gzip
import os
import zlib
from typing import IO

import numpy as np

from autograd_lite.core.safe_write import replacing

_ELEMENTS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP_MAGIC = b"\x1f\x8b"
_DEFLATE_LIMIT = 1032  # deflate cannot shrink data further than 1032 : 1
_MAX_RANK = 8
_CHUNK = 1 << 20


def read_idx(path: str | os.PathLike[str], magic: int | None = None, max_items: int | None = None) -> np.ndarray:
    """Read the array of an IDX file, compressed or not.

    The size that the header promises is compared with the bytes of the file before anything is allocated.

    Args:
      path: the file.
      magic: the first four bytes as a number that are wanted (2051: uint8 images, 2049: uint8 labels), or None for any.
      max_items: refuse a file with a longer first dimension.

    Raises:
      ValueError: the file is not IDX, is damaged or cut short, has bytes left over, or is larger than allowed.
      FileNotFoundError: there is no such file.

    >>> import tempfile
    >>> file = os.path.join(tempfile.mkdtemp(), "labels.gz")
    >>> write_idx(file, np.array([7, 2, 1], np.uint8))
    >>> read_idx(file, magic=2049)
    array([7, 2, 1], dtype=uint8)
    """
    stored = os.path.getsize(path)
    with open(path, "rb") as raw:
        compressed = raw.read(2) == _GZIP_MAGIC
    if not compressed:
        with open(path, "rb") as file:
            return _read(file, path, stored, stored, magic, max_items)
    try:
        with gzip.open(path, "rb") as file:
            return _read(file, path, stored, stored * _DEFLATE_LIMIT, magic, max_items)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{os.fspath(path)}: the gzip data is damaged or cut short ({error})") from error


def write_idx(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Write an array as an IDX file; a name that ends in `.gz` is compressed. The same array always makes the same bytes.

    Raises:
      ValueError: IDX has no such element type, or the rank is 0 or above 8.
    """
    code = next((code for code, element in _ELEMENTS.items() if np.dtype(element) == array.dtype.newbyteorder(">")), None)
    if code is None or not 1 <= array.ndim <= _MAX_RANK:
        raise ValueError(f"IDX cannot hold an array of {array.dtype} and rank {array.ndim}")
    content = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(_ELEMENTS[code]).tobytes()
    if os.fspath(path).endswith(".gz"):
        content = gzip.compress(content, 9, mtime=0)
    with replacing(path) as file:
        file.write(content)


def _read(
    file: IO[bytes] | gzip.GzipFile, path: str | os.PathLike[str], stored: int, room: int, magic: int | None, max_items: int | None
) -> np.ndarray:
    """`room` is the most bytes that the file can hold when unpacked."""
    name = os.fspath(path)
    head = file.read(4)
    found = int.from_bytes(head, "big")
    if magic is not None and (len(head) < 4 or found != magic):
        raise ValueError(f"Invalid magic number {found} in MNIST file: {name}; wanted {magic}")
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _ELEMENTS or not 1 <= head[3] <= _MAX_RANK:
        raise ValueError(f"{name} is not an IDX file: it starts with {head!r}")
    sizes = file.read(4 * head[3])
    if len(sizes) < 4 * head[3]:
        raise ValueError(f"{name}: the header is cut short")
    shape = [int(size) for size in np.frombuffer(sizes, ">u4")]
    if max_items is not None and shape[0] > max_items:
        raise ValueError(f"{name} says it holds {shape[0]} items; at most {max_items} are allowed here")
    element = np.dtype(_ELEMENTS[head[2]])
    wanted = element.itemsize
    for size in shape:
        wanted *= size
    if wanted + 4 + len(sizes) > room:
        raise ValueError(f"{name} says it holds {shape}, {wanted} bytes, but the file has only {stored} bytes")
    content = _read_up_to(file, wanted + 1)
    if len(content) != wanted:
        more = "more than that" if len(content) > wanted else f"only {len(content)} of them"
        raise ValueError(f"{name} says it holds {shape}, {wanted} bytes, but {more} came")
    return np.frombuffer(content, element).reshape(shape).astype(element.newbyteorder("="))


def _read_up_to(file: IO[bytes] | gzip.GzipFile, limit: int) -> bytes:
    """At most `limit` bytes, in pieces, so that a wrong promise costs one piece."""
    pieces = []
    while limit > 0:
        piece = file.read(min(_CHUNK, limit))
        if not piece:
            break
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)
