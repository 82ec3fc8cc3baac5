"""Reads serialized `Example` and `SequenceExample` messages, fast, without protobuf: features by name, then whole columns of them.

Reading goes in two steps. `features_of` finds where each feature of one message is and what kind of list it holds. `floats`, `integers`
and `strings` then decode one feature of many messages at once: the bytes of all of them are put together and NumPy reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

BYTES, FLOAT, INT64 = 1, 2, 3  # numbers of the fields of `Feature`
Cell = tuple[int, bytes]  # kind of list, and the message that it is
Features = dict[bytes, Cell]

_LONGEST_VARINT = 10


class MalformedMessage(ValueError):
    """The bytes are no message of this kind."""


class Column(NamedTuple):
    """One feature of many messages: all values in a row, and how many there are of each message."""

    values: np.ndarray
    counts: np.ndarray


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number that stands at `at`, and where it ends."""
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift >= 7 * _LONGEST_VARINT:
            break
    raise MalformedMessage("a number is cut off or too long")


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message: number, wire type, where the content begins and ends."""
    while at < end:
        tag, at = _varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        begin = at
        if wire == 0:
            _, at = _varint(data, at, end)
        elif wire == 2:
            length, begin = _varint(data, at, end)
            at = begin + length
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise MalformedMessage(f"wire type {wire}")
        if at > end or not number:
            raise MalformedMessage("a field is cut off")
        yield number, wire, begin, at


def _parts(data: bytes, number: int, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the messages in field `number` are."""
    for found, wire, begin, stop in _fields(data, at, end):
        if found == number and wire == 2:
            yield begin, stop


def features_of(data: bytes) -> Features:
    """The features of a serialized Example by name.

    Raises:
      MalformedMessage: it is none.

    >>> features_of(bytes.fromhex("0a0c0a0a0a016112051a030a0102"))
    {b'a': (3, b'\\n\\x01\\x02')}
    """
    found: Features = {}
    for begin, end in _parts(data, 1, 0, len(data)):
        _read_features(data, begin, end, found)
    return found


def sequence_features_of(data: bytes) -> tuple[Features, dict[bytes, list[Cell | None]]]:
    """The context of a serialized SequenceExample, and its lists of features, both by name.

    Raises:
      MalformedMessage: it is none.
    """
    context: Features = {}
    lists: dict[bytes, list[Cell | None]] = {}
    for number, wire, begin, end in _fields(data, 0, len(data)):
        if wire == 2 and number == 1:
            _read_features(data, begin, end, context)
        elif wire == 2 and number == 2:
            for entry_begin, entry_end in _parts(data, 1, begin, end):
                key, start, stop = _entry(data, entry_begin, entry_end)
                lists[key] = [_feature(data, *part) for part in _parts(data, 1, start, stop)]
    return context, lists


def _read_features(data: bytes, at: int, end: int, found: Features) -> None:
    """Add the entries of a `Features` message. What writers usually write is read at a glance, anything else field by field."""
    while at < end:
        start = at + 2
        try:
            key_start = start + 2
            stop = start + data[at + 1]
            key_end = key_start + data[start + 1]
            begin = key_end + 4
            plain = (
                data[at] == 10
                and data[start] == 10
                and data[key_end] == 18
                and stop <= end
                and data[at + 1] < 128
                and key_end + 2 + data[key_end + 1] == stop
                and begin + data[key_end + 3] == stop
                and data[key_end + 2] in (10, 18, 26)
            )
        except IndexError:
            plain = False
        if plain:
            found[data[key_start:key_end]] = (data[key_end + 2] >> 3, data[begin:stop])
            at = stop
            continue
        number, wire, start, at = next(_fields(data, at, end))
        if number == 1 and wire == 2:
            key, start, stop = _entry(data, start, at)
            cell = _feature(data, start, stop)
            found.pop(key, None)
            if cell is not None:
                found[key] = cell


def _entry(data: bytes, at: int, end: int) -> tuple[bytes, int, int]:
    """Key of a map entry, and where its value is; an entry without one has an empty value."""
    key, start, stop = b"", end, end
    for number, wire, begin, finish in _fields(data, at, end):
        if wire == 2 and number == 1:
            key = data[begin:finish]
        elif wire == 2 and number == 2:
            start, stop = begin, finish
    return key, start, stop


def _feature(data: bytes, at: int, end: int) -> Cell | None:
    """The list in a `Feature`, if there is one; the last kind counts, lists of one kind are joined."""
    cell: Cell | None = None
    for number, wire, begin, finish in _fields(data, at, end):
        if wire == 2 and number in (BYTES, FLOAT, INT64):
            before = cell[1] if cell is not None and cell[0] == number else b""
            cell = (number, before + data[begin:finish])
    return cell


# ------------------------------------------------------------------ columns


def _is_packed(content: bytes) -> bool:
    """Whether a list is one field of packed numbers and nothing else, its length one byte."""
    return len(content) > 2 and content[0] == 10 and content[1] == len(content) - 2 and content[1] < 128


def _raw(content: bytes, wire_type: int) -> bytes:
    """The bytes of all numbers of a list, packed or one by one."""
    return b"".join([content[begin:end] for number, wire, begin, end in _fields(content, 0, len(content))
                     if number == 1 and wire in (2, wire_type)])  # fmt: skip


def floats(contents: Sequence[bytes]) -> Column:
    """The values of `FloatList` messages.

    Raises:
      MalformedMessage: one is none.
    """
    return floats_in([content[2:] if _is_packed(content) else _raw(content, 5) for content in contents])


def floats_in(pieces: Sequence[bytes]) -> Column:
    """The floats that stand in pieces of bytes."""
    sizes = np.fromiter(map(len, pieces), np.int64, len(pieces))
    if np.any(sizes % 4):
        raise MalformedMessage("a float is cut off")
    return Column(np.frombuffer(b"".join(pieces), "<f4"), sizes // 4)


def integers(contents: Sequence[bytes]) -> Column:
    """The values of `Int64List` messages.

    Raises:
      MalformedMessage: one is none.
    """
    return integers_in([content[2:] if _is_packed(content) else _raw(content, 0) for content in contents])


def integers_in(pieces: Sequence[bytes]) -> Column:
    """The integers that stand in pieces of bytes."""
    sizes = np.fromiter(map(len, pieces), np.int64, len(pieces))
    data = np.frombuffer(b"".join(pieces), np.uint8)
    last = data < 128  # the byte with which a number ends
    ends = np.concatenate([[0], np.cumsum(last)])
    borders = np.concatenate([[0], np.cumsum(sizes)])
    if not np.all(last[borders[1:][sizes > 0] - 1]):
        raise MalformedMessage("a number is cut off")
    counts = np.diff(ends[borders])
    starts = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1]) if len(data) else np.zeros(0, np.int64)
    places = np.arange(len(data)) - starts[ends[:-1]]
    if len(data) and places.max() >= _LONGEST_VARINT:
        raise MalformedMessage("a number is too long")
    parts = (data & 127).astype(np.uint64) << (7 * places).astype(np.uint64)
    values = np.bitwise_or.reduceat(parts, starts) if len(data) else parts
    return Column(values.astype(np.int64), counts)


def strings(contents: Sequence[bytes]) -> Column:
    """The values of `BytesList` messages.

    Raises:
      MalformedMessage: one is none.
    """
    found: list[bytes] = []
    counts = np.empty(len(contents), np.int64)
    for place, content in enumerate(contents):
        before = len(found)
        if _is_packed(content):  # one short string
            found.append(content[2:])
        else:
            found += [content[begin:end] for begin, end in _parts(content, 1, 0, len(content))]
        counts[place] = len(found) - before
    values = np.empty(len(found), object)
    values[:] = found
    return Column(values, counts)


READERS = {BYTES: strings, FLOAT: floats, INT64: integers}
