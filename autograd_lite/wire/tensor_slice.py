"""Parts of tensors, as checkpoints name them: `5 2 0,3:0,2` is rows 0 to 2 of a [5, 2] matrix.

In the tables of checkpoints a part is found under a key that sorts as its numbers do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.core import shapes
from autograd_lite.core.errors import DataLossError, InvalidArgumentError
from autograd_lite.wire import messages

FULL = -1  # the length of an axis that is taken whole
_SIZES = re.compile(r"\d+(?: \d+)*\Z")


class TensorSlice(NamedTuple):
    """A part of a tensor: where it begins and how long it is on every axis; `FULL` takes the whole axis."""

    starts: tuple[int, ...]
    lengths: tuple[int, ...]

    def within(self, shape: Sequence[int]) -> TensorSlice | None:
        """This with its true lengths in a tensor of this shape; None when it does not fit."""
        if len(shape) != len(self.starts):
            return None
        lengths = tuple(size if length == FULL else length for length, size in zip(self.lengths, shape))
        fits = all(start >= 0 and length >= 0 and start + length <= size for start, length, size in zip(self.starts, lengths, shape))
        return TensorSlice(self.starts, lengths) if fits else None

    def indices(self, origin: Sequence[int] | None = None) -> tuple[slice, ...]:
        """This as an index of an array that begins at `origin` of the whole tensor."""
        first = origin or (0,) * len(self.starts)
        return tuple(slice(start - zero, start - zero + length) for start, zero, length in zip(self.starts, first, self.lengths))

    def common(self, other: TensorSlice) -> TensorSlice | None:
        """What lies in both, which know their true lengths; None when nothing does."""
        starts = tuple(map(max, self.starts, other.starts))
        ends = [min(a + n, b + m) for a, n, b, m in zip(self.starts, self.lengths, other.starts, other.lengths)]
        lengths = tuple(end - start for start, end in zip(starts, ends))
        return TensorSlice(starts, lengths) if all(length > 0 for length in lengths) else None


def whole(rank: int) -> TensorSlice:
    """All of a tensor."""
    return TensorSlice((0,) * rank, (FULL,) * rank)


def is_whole(part: TensorSlice, shape: Sequence[int]) -> bool:
    """Whether `part` takes everything of a tensor of this shape."""
    return part.within(shape) == TensorSlice((0,) * len(shape), tuple(shape))


def parse_spec(text: str) -> tuple[tuple[int, ...], TensorSlice]:
    """Shape of the whole and the part, from `5 2 0,3:0,2`.

    Raises:
      InvalidArgumentError: when the text says something else.

    >>> parse_spec("5 2 0,3:-")
    ((5, 2), TensorSlice(starts=(0, 0), lengths=(3, -1)))
    """
    sizes, space, extents = text.rpartition(" ")
    if not space:
        raise _wrong(f"Need least two elements in shape_and_slice specification: {text}")
    if not _SIZES.match(sizes):
        raise _wrong(f"Non numerical dimension in shape_and_slice: {text}")
    shape = tuple(map(int, sizes.split(" ")))
    if math.prod(shape) > shapes.MAX_ELEMENTS:
        raise _wrong(f"Shape {shapes.text(shape)} in shape_and_slice has more than 2**63 - 1 elements")
    pairs = [_extent(extent, extents) for extent in extents.split(":")]
    if len(pairs) != len(shape):
        raise _wrong(f"Mismatching ranks: shape = {shapes.text(shape)}, slice = {extents}")
    part = TensorSlice(tuple(start for start, _ in pairs), tuple(length for _, length in pairs))
    for axis, (start, length) in enumerate(pairs):
        if length != FULL and start + length > shape[axis]:
            raise _wrong(f"Extent in dimension {axis} out of bounds: shape = {shapes.text(shape)}, slice = {extents}")
    return shape, part


def _wrong(text: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        None, None, f"{text}\n  Wanted something like `5 2 0,3:-`: the sizes of the whole, and on each axis start,length or -."
    )


def _extent(text: str, extents: str) -> tuple[int, int]:
    if text == "-":
        return 0, FULL
    numbers = re.match(r"(\d+),(\d+)\Z", text)
    if numbers is None:
        raise _wrong(f"Expected a pair of numbers or '-' but got '{text}': string = {extents}")
    return int(numbers[1]), int(numbers[2])


def spec_of(part: TensorSlice) -> str:
    """The part in words, without the sizes of the whole.

    >>> spec_of(TensorSlice((0, 0), (3, FULL)))
    '0,3:-'
    """
    return ":".join("-" if length == FULL else f"{start},{length}" for start, length in zip(part.starts, part.lengths))


def to_proto(part: TensorSlice) -> Any:
    """The part as a TensorSliceProto message."""
    proto = messages.TensorSliceProto()
    for start, length in zip(part.starts, part.lengths):
        extent = proto.extent.add()
        if length != FULL:
            extent.start, extent.length = start, length
    return proto


def from_proto(proto: Any) -> TensorSlice:
    """The part that a TensorSliceProto message tells.

    Raises:
      DataLossError: when a number in it is negative.
    """
    starts = tuple(extent.start for extent in proto.extent)
    lengths = tuple(extent.length if extent.HasField("length") else FULL for extent in proto.extent)
    if any(start < 0 for start in starts) or any(length < FULL for length in lengths):
        raise DataLossError(None, None, f"a slice has negative numbers: starts {starts}, lengths {lengths}")
    return TensorSlice(starts, lengths)


def key_of(name: bytes, part: TensorSlice) -> bytes:
    """Under which key a table keeps a part of the tensor `name`."""
    escaped = re.sub(rb"[\0\xff]", lambda found: b"\0\xff" if found[0] == b"\0" else b"\xff\0", name)
    numbers = b"".join(_ordered(start) + _ordered(length) for start, length in zip(part.starts, part.lengths))
    return _counted(0) + escaped + b"\0\1" + _counted(len(part.starts)) + numbers


def _counted(number: int) -> bytes:
    """A number that is not negative, behind the count of its bytes."""
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([len(content)]) + content


def _ordered(number: int) -> bytes:
    """A signed number so that comparing bytes compares numbers: as many leading ones (zeros for a negative one) as there are bytes."""
    length = (number if number >= 0 else ~number).bit_length() // 7 + 1
    bits = 8 * length
    marks = ((1 << length) - 1) << (bits - length)  # the ones; a negative number's sign bits turn them into zeros
    return ((number & ((1 << bits) - 1)) ^ marks).to_bytes(length, "big")
