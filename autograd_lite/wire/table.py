"""Sorted tables of byte strings, the container of checkpoints: LevelDB's table format, as TensorFlow writes it.

A table is blocks of entries, then an index block that tells the last key and the place of each, then a footer that tells where the
index is. In a block an entry is: how many bytes its key shares with the key before it, the length of the rest of the key, the length
of the value (as varints), the rest, the value. Each block is followed by a byte for its compression and a masked CRC-32C.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from autograd_lite.core.errors import DataLossError
from autograd_lite.wire.checksum import masked_crc32c

_MAGIC = 0xDB4775248B80FB57
_BLOCK_SIZE = 1 << 18  # a block is closed when it has grown to this
_RESTART_INTERVAL = 16  # every so many entries a key is written whole
_TRAILER = struct.Struct("<BI")  # compression, checksum
_WORD = struct.Struct("<I")
_FOOTER_SIZE = 48
_NO_COMPRESSION, _SNAPPY = 0, 1
_LONGEST_VARINT = 10
_KEY_GROWTH = 64  # keys may unfold to so many times the size of the file ...
_KEY_ALLOWANCE = 1 << 20  # ... and this many bytes: prefixes that are shared could otherwise fill the memory

Entries = Iterable[tuple[bytes, bytes]]


def varint(number: int) -> bytes:
    """A number of at most 64 bits in groups of seven bits, the lowest first.

    >>> varint(300)
    b'\\xac\\x02'
    """
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where the next thing begins.

    Raises:
      ValueError: when the data ends inside it or it is longer than 64 bits.
    """
    number = shift = 0
    for byte in data[at : at + _LONGEST_VARINT]:
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            if number >> 64:
                break
            return number, at
    raise ValueError("no number of at most 64 bits")


# ------------------------------------------------------------------- writing


class _BlockBuilder:
    """One block that is being written."""

    def __init__(self, restart_interval: int) -> None:
        self._interval = restart_interval
        self.clear()

    def clear(self) -> None:
        self.content = bytearray()
        self._restarts = [0]
        self._since_restart = 0
        self._last = b""

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since_restart < self._interval:
            shared = _common_prefix(self._last, key)
        else:
            self._restarts.append(len(self.content))
            self._since_restart = 0
        self.content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        self._last = key
        self._since_restart += 1

    @property
    def size(self) -> int:
        """What `finished` would have."""
        return len(self.content) + 4 * len(self._restarts) + 4

    def finished(self) -> bytes:
        """The block with its list of restarts, and its trailer."""
        block = bytes(self.content) + b"".join(map(_WORD.pack, self._restarts)) + _WORD.pack(len(self._restarts))
        kind = bytes([_NO_COMPRESSION])
        return block + kind + _WORD.pack(masked_crc32c(block + kind))


def _common_prefix(a: bytes, b: bytes) -> int:
    most = min(len(a), len(b))
    if a[:most] == b[:most]:
        return most
    return next(at for at in range(most) if a[at] != b[at])


def _separator(last: bytes, following: bytes) -> bytes:
    """A short key that is not below `last` and below `following`."""
    at = _common_prefix(last, following)
    if at < min(len(last), len(following)) and last[at] < 255 and last[at] + 1 < following[at]:
        return last[:at] + bytes([last[at] + 1])
    return last


def _successor(last: bytes) -> bytes:
    """A short key that is not below `last`."""
    for at, byte in enumerate(last):
        if byte != 255:
            return last[:at] + bytes([byte + 1])
    return last


def table_chunks(entries: Entries) -> Iterator[bytes]:
    """The bytes of a table, piece by piece.

    Args:
      entries: pairs of key and value, in ascending order of keys that all differ.
    """
    place = 0
    block, index = _BlockBuilder(_RESTART_INTERVAL), _BlockBuilder(1)
    last, handle = b"", None  # handle: of a written block that has no entry in the index yet
    for key, value in entries:
        if handle is not None:
            index.add(_separator(last, key), handle)
            handle = None
        block.add(key, value)
        last = key
        if block.size >= _BLOCK_SIZE:
            handle = varint(place) + varint(block.size)
            place += block.size + _TRAILER.size
            yield block.finished()
            block.clear()
    if block.content:
        handle = varint(place) + varint(block.size)
        place += block.size + _TRAILER.size
        yield block.finished()
    if handle is not None:
        index.add(_successor(last), handle)
    filters = _BlockBuilder(_RESTART_INTERVAL)  # kinds of metadata; there are none
    yield filters.finished()
    index_place = place + filters.size + _TRAILER.size
    yield index.finished()
    handles = varint(place) + varint(filters.size) + varint(index_place) + varint(index.size)
    yield handles.ljust(_FOOTER_SIZE - 8, b"\0") + struct.pack("<Q", _MAGIC)


# ------------------------------------------------------------------- reading


def _handle(data: bytes | memoryview, at: int) -> tuple[int, int, int]:
    """Place and size of a block, and where the next thing begins."""
    try:
        place, at = read_varint(data, at)
        size, at = read_varint(data, at)
    except ValueError:
        raise DataLossError(None, None, "bad block handle") from None
    return place, size, at


def _block(content: memoryview, place: int, size: int) -> memoryview:
    """One block, without its trailer; its checksum is right."""
    if place + size + _TRAILER.size > len(content):
        raise DataLossError(None, None, "truncated block read")
    kind, stored = _TRAILER.unpack_from(content, place + size)
    if stored != masked_crc32c(bytes(content[place : place + size + 1])):
        raise DataLossError(None, None, "block checksum mismatch")
    if kind == _SNAPPY:
        raise DataLossError(None, None, "a block is compressed with snappy, which TensorFlow's checkpoints never are")
    if kind != _NO_COMPRESSION:
        raise DataLossError(None, None, "bad block type")
    return content[place : place + size]


def _block_entries(block: memoryview) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a block."""
    if len(block) < _WORD.size:
        raise DataLossError(None, None, "bad block contents")
    end = len(block) - _WORD.size * (1 + _WORD.unpack_from(block, len(block) - _WORD.size)[0])
    if end < 0:
        raise DataLossError(None, None, "bad block contents")
    at, key = 0, b""
    while at < end:
        try:
            shared, at = read_varint(block, at)
            rest, at = read_varint(block, at)
            length, at = read_varint(block, at)
        except ValueError:
            raise DataLossError(None, None, "bad entry in block") from None
        if shared > len(key) or at + rest + length > end:
            raise DataLossError(None, None, "bad entry in block")
        key = key[:shared] + bytes(block[at : at + rest])
        at += rest
        yield key, bytes(block[at : at + length])
        at += length


def table_entries(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a table, in ascending order of their keys, every checksum verified.

    Raises:
      DataLossError: when it is damaged or no table.

    >>> list(table_entries(b"".join(table_chunks([(b"a", b"1"), (b"ab", b"2")]))))
    [(b'a', b'1'), (b'ab', b'2')]
    """
    if len(content) < _FOOTER_SIZE:
        raise DataLossError(None, None, "file is too short to be an sstable")
    if struct.unpack("<Q", content[-8:])[0] != _MAGIC:
        raise DataLossError(None, None, "not an sstable (bad magic number)")
    footer = content[-_FOOTER_SIZE:]
    whole = memoryview(content)[:-_FOOTER_SIZE]
    place, size, _ = _handle(footer, _handle(footer, 0)[2])
    allowed = _KEY_GROWTH * len(content) + _KEY_ALLOWANCE
    last = None
    for _, handle in _block_entries(_block(whole, place, size)):
        for key, value in _block_entries(_block(whole, *_handle(handle, 0)[:2])):
            allowed -= len(key) + len(value)
            if allowed < 0:
                raise DataLossError(None, None, "keys that share their beginnings unfold to far more than the file holds")
            if last is not None and key <= last:
                raise DataLossError(None, None, "keys are not in order")
            last = key
            yield key, value
