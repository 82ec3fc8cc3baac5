"""Bytes in some encoding as code points and back, with a record of where each character begins and where the bytes are no text."""

from __future__ import annotations

import codecs
import threading
from typing import NamedTuple

import numpy as np

MARK = 0xDC80  # stands for bytes that are no text: half of a surrogate pair, which no decoder gives
_HANDLER = "autograd_lite.mark"
_local = threading.local()


class Decoded(NamedTuple):
    """Code points, `MARK` for what is no text, and the byte at which each begins."""

    codes: np.ndarray
    starts: np.ndarray


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    _local.lengths.append(error.end - error.start)
    return chr(MARK), error.end


codecs.register_error(_HANDLER, _mark)


def known_encoding(name: str) -> str | None:
    """The name under which Python knows an encoding of text, or None."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return codec.name if getattr(codec, "_is_text_encoding", True) else None


def decode(word: bytes, encoding: str) -> Decoded:
    """The characters of bytes in an encoding that `known_encoding` gave.

    >>> decode(b"a\\xc3\\xa9", "utf-8").starts.tolist()
    [0, 1]
    """
    _local.lengths = []
    text = word.decode(encoding, _HANDLER)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int32)
    lengths = _lengths(codes, encoding)
    lengths[codes == MARK] = _local.lengths
    return Decoded(codes, np.cumsum(lengths) - lengths)


def decode_all(words: list[bytes], encoding: str) -> tuple[Decoded, np.ndarray] | None:
    """The characters of many strings, one behind the other, and how many each has; None unless all are good UTF-8.

    >>> characters, counts = decode_all([b"a\\xc3\\xa9", b"", b"b"], "utf-8")
    >>> characters.starts.tolist(), counts.tolist()
    ([0, 1, 0], [2, 0, 1])
    """
    joined = b"".join(words)
    data = np.frombuffer(joined, np.uint8)
    sizes = np.fromiter(map(len, words), np.int64, len(words))
    borders = np.cumsum(sizes) - sizes
    begins = (data & 0xC0) != 0x80  # the first bytes of characters
    if encoding != "utf-8" or not np.all(begins[borders[sizes > 0]]):
        return None
    try:
        codes = np.frombuffer(joined.decode("utf-8").encode("utf-32-le"), "<u4").astype(np.int32)
    except UnicodeDecodeError:
        return None
    before = np.concatenate([[0], np.cumsum(begins)])
    counts = before[borders + sizes] - before[borders]
    return Decoded(codes, np.flatnonzero(begins) - np.repeat(borders, counts)), counts


def _lengths(codes: np.ndarray, encoding: str) -> np.ndarray:
    """How many bytes each character takes."""
    if encoding == "utf-8":
        return 1 + (codes >= 0x80).astype(np.int64) + (codes >= 0x800) + (codes >= 0x10000)
    if encoding.startswith("utf-16"):
        return 2 + 2 * (codes >= 0x10000).astype(np.int64)
    if encoding.startswith("utf-32"):
        return np.full(codes.shape, 4, np.int64)
    return np.array([0 if code == MARK else len(chr(code).encode(encoding, "replace")) for code in codes.tolist()], np.int64)


def encode(codes: np.ndarray, encoding: str) -> bytes:
    """The bytes of characters, which must all be characters."""
    return codes.astype("<u4").tobytes().decode("utf-32-le").encode(encoding)
