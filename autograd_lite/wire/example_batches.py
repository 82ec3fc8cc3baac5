"""Finds the features of many serialized `Example` messages at once, with NumPy: one step for the next feature of all messages.

A message is a row of features, each of which says how long it is. So the first feature of every message is read, then the second of every
message, and so on: each step is some operations on arrays as long as there are messages. This works for messages as writers usually write
them; anything else is left to `example_reader`, which reads message by message and knows every form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from autograd_lite.wire.example_reader import BYTES, FLOAT, INT64, Cell, Column, MalformedMessage, floats_in, integers_in

FEW = 128  # messages for which it is quicker to read one after the other
_LONGEST_NUMBER = 4  # bytes of a length
_BEYOND = bytes(8)  # so that what stands at an end can be looked at like anything else
_FIELD_1, _FIELD_2 = 10, 18  # tags of the first and second field of a message, when they have a length


class Cells(NamedTuple):
    """One feature of all messages: the number of its kind of list (0: there is none), and where the list begins and ends."""

    kinds: np.ndarray
    begins: np.ndarray
    ends: np.ndarray


class Located(NamedTuple):
    """The bytes of all messages, and where the features are that were asked for."""

    data: bytes
    cells: dict[bytes, Cells]


class _Unusual(Exception):
    """A message has not the form in which Examples are usually written."""


def locate(messages: Sequence[bytes], keys: Sequence[bytes]) -> Located | None:
    """Where the features `keys` are in every message; None when there are few messages, or one is written in an unusual way.

    >>> message = bytes.fromhex("0a0c0a0a0a016112051a030a0102")
    >>> locate([message] * 200, [b"a"]).cells[b"a"].begins[:2].tolist()
    [11, 25]
    """
    if len(messages) < FEW:
        return None
    joined = b"".join(messages)
    data = np.frombuffer(joined + _BEYOND, np.uint8)
    sizes = np.fromiter(map(len, messages), np.int64, len(messages))
    ends = np.cumsum(sizes)
    try:
        return Located(joined, _located(data, ends - sizes, ends, keys))
    except _Unusual:
        return None


def _located(data: np.ndarray, at: np.ndarray, ends: np.ndarray, keys: Sequence[bytes]) -> dict[bytes, Cells]:
    found = {key: Cells(*(np.zeros(len(at), np.int64) for _ in Cells._fields)) for key in keys}
    rows = np.flatnonzero(at < ends)  # a message of no bytes has no features
    at = _inside(data, at[rows], ends[rows], _FIELD_1, ends[rows])
    while True:
        rows, at = rows[at < ends[rows]], at[at < ends[rows]]
        if not len(rows):
            return found
        at = _entry(data, rows, at, ends[rows], found)


def _entry(data: np.ndarray, rows: np.ndarray, at: np.ndarray, ends: np.ndarray, found: dict[bytes, Cells]) -> np.ndarray:
    """Read one feature of each of these messages and note where it is; returns where the next ones begin."""
    start, stop = _content(data, at, ends, _FIELD_1)
    key, key_end = _content(data, start, stop, _FIELD_1)
    value = _inside(data, key_end, stop, _FIELD_2, stop)
    if (value >= stop).any():
        raise _Unusual("a feature without a list")
    tags = data[value]
    kinds = tags >> 3
    if ((tags & 7 != 2) | (kinds < BYTES) | (kinds > INT64)).any():
        raise _Unusual("a feature of another kind")
    begins, finish = _length(data, value + 1)
    if (begins + finish != stop).any():
        raise _Unusual("more than one list")
    for name, cells in found.items():
        same = np.flatnonzero(key_end - key == len(name))
        if len(same):
            letters = data[key[same, None] + np.arange(len(name))]
            same = same[np.all(letters == np.frombuffer(name, np.uint8), axis=1)]
        chosen = rows[same]
        cells.kinds[chosen], cells.begins[chosen], cells.ends[chosen] = kinds[same], begins[same], stop[same]
    return stop


def _content(data: np.ndarray, at: np.ndarray, limits: np.ndarray, tag: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the contents of fields that must be `tag` begin and end."""
    if ((at >= limits) | (data[at] != tag)).any():
        raise _Unusual("another field")
    begins, lengths = _length(data, at + 1)
    ends = begins + lengths
    if (ends > limits).any():
        raise _Unusual("a field is cut off")
    return begins, ends


def _inside(data: np.ndarray, at: np.ndarray, limits: np.ndarray, tag: int, ends: np.ndarray) -> np.ndarray:
    """Where the contents of fields begin that fill all that is left."""
    begins, stops = _content(data, at, limits, tag)
    if (stops != ends).any():
        raise _Unusual("another field comes after")
    return begins


def _length(data: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the lengths that stand at `at` end, and what they are."""
    byte = data[at].astype(np.int64)
    value, at = byte & 127, at + 1
    shift = 7
    while (byte > 127).any():
        if shift >= 7 * _LONGEST_NUMBER:
            raise _Unusual("a length of many bytes")
        more = byte > 127
        byte = np.where(more, data[at], 0).astype(np.int64)
        value += (byte & 127) << shift
        at = at + more
        shift += 7
    return at, value


# ------------------------------------------------------------------ columns


def cells_of(located: Located, key: bytes) -> list[Cell | None]:
    """One feature of every message, as `example_reader` gives it."""
    kinds, begins, ends = (part.tolist() for part in located.cells[key])
    return [(kind, located.data[begin:end]) if kind else None for kind, begin, end in zip(kinds, begins, ends)]


def column(located: Located, key: bytes, kind: int) -> tuple[Column, np.ndarray] | None:
    """The values of one feature, and which messages have it; None when a list is of another kind, or not written as lists usually are."""
    data, cells = located.data, located.cells[key]
    present = cells.kinds != 0
    if (cells.kinds[present] != kind).any():
        return None
    filled = cells.ends > cells.begins
    padded = np.frombuffer(data + _BEYOND, np.uint8)
    try:
        begins, lengths = _length(padded, np.where(filled, cells.begins + 1, 0))
        is_one_field = (padded[cells.begins] == _FIELD_1) & (begins + lengths == cells.ends)
        if not np.all(is_one_field | ~filled):
            return None
        begins = np.where(filled, begins, cells.ends)
        pieces = [data[begin:end] for begin, end in zip(begins.tolist(), cells.ends.tolist())]
        return _READ[kind](pieces, filled), present
    except (_Unusual, MalformedMessage):
        return None


def _single_strings(pieces: list[bytes], filled: np.ndarray) -> Column:
    kept = pieces if np.all(filled) else [piece for piece, there in zip(pieces, filled.tolist()) if there]
    return Column(np.fromiter(kept, object, len(kept)), filled.astype(np.int64))


_READ: dict[int, Callable[[list[bytes], np.ndarray], Column]] = {
    BYTES: _single_strings,
    FLOAT: lambda pieces, _: floats_in(pieces),
    INT64: lambda pieces, _: integers_in(pieces),
}
