"""Checkpoints of format V2: a table `prefix.index` of names, and the tensors' memory in `prefix.data-00000-of-00001` and so on.

Every number that is read is checked against the size of the file before anything is allocated, and every checksum is verified.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import DataLossError, InvalidArgumentError, NotFoundError, OutOfRangeError, UnimplementedError
from autograd_lite.wire import messages, tensor_slice
from autograd_lite.wire.checksum import crc32c, masked, unmasked
from autograd_lite.wire.files import opened, read_bytes
from autograd_lite.wire.swap import readable_prefix
from autograd_lite.wire.table import read_varint, table_entries, varint
from autograd_lite.wire.tensor_proto import shape_from_proto
from autograd_lite.wire.tensor_slice import TensorSlice

VERSION = 1  # of the format
_MOST_SHARDS = 1 << 20
_MOST_AXES = 32  # that an array of every NumPy can have
_LARGEST_ELEMENT = 16  # bytes
_SLICE_MARK = b"\0"  # with this begin the keys of parts of tensors


def index_path(prefix: str) -> str:
    """The file that holds the names of a checkpoint."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int, shards: int) -> str:
    """One of the files that hold the tensors of a checkpoint."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


class Stored(NamedTuple):
    """What the index tells of a tensor, or of a part of one that is stored in parts."""

    dtype: DType
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int  # masked
    parts: tuple[TensorSlice, ...]  # where the tensor itself is stored, if that is in parts


def _parsed(kind: str, content: bytes) -> Any:
    """A message of the index."""
    try:
        return getattr(messages, kind).FromString(content)
    except Exception as error:  # its class depends on the implementation of protobuf
        raise DataLossError(None, None, f"Entry is no {kind}: {error}") from None


def stored_of(content: bytes) -> Stored:
    """What an entry of the index tells.

    Raises:
      DataLossError: when it makes no sense.
    """
    entry = _parsed("BundleEntryProto", content)
    dtype, shape = type_and_shape(entry.dtype, entry.shape)
    if min(entry.shard_id, entry.offset, entry.size) < 0:
        raise DataLossError(None, None, f"Invalid tensor shape, place or size: {shape}, {entry.offset}, {entry.size}")
    parts = tuple(map(tensor_slice.from_proto, entry.slices))
    return Stored(dtype, shape, entry.shard_id, entry.offset, entry.size, entry.crc32c, parts)


def type_and_shape(kind: int, proto: Any) -> tuple[DType, tuple[int, ...]]:
    """Element type and shape as a checkpoint tells them.

    Raises:
      DataLossError: when there is no such type, or no array can have this shape.
    """
    try:
        dtype = dtypes.as_dtype(kind).base_dtype
        shape = shape_from_proto(proto)
    except (TypeError, ValueError) as error:
        raise DataLossError(None, None, f"Invalid tensor shape or type: {error}") from None
    if shape is None or None in shape or len(shape) > _MOST_AXES:
        raise DataLossError(None, None, f"Invalid tensor shape: {shapes.text(shape)}")
    sizes = tuple(size or 0 for size in shape)
    if math.prod(size or 1 for size in sizes) * _LARGEST_ELEMENT > shapes.MAX_ELEMENTS:  # also where another axis is empty
        raise DataLossError(None, None, f"Invalid tensor shape: {shapes.text(shape)} is too large")
    return dtype, sizes


class BundleReader:
    """The tensors of a checkpoint of format V2.

    Args:
      prefix: the checkpoint's path without `.index`.

    Raises:
      NotFoundError: when there is no index.
      DataLossError: when the index is damaged.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._files = readable_prefix(prefix)  # where they are: elsewhere when a save over this one was killed
        path = index_path(self._files)
        content = read_bytes(path)
        entries = table_entries(content)
        try:
            key, header = next(entries, (None, b""))
        except DataLossError as error:
            if str(error.message).startswith(("file is too short", "not an sstable")):
                raise
            raise _corrupt(path, "failed to seek to header entry", error.message) from None
        if key != b"":
            raise _corrupt(path, "failed to seek to header entry", "it has none")
        self.shards = self._shards_of(header, path)
        try:
            self._entries = dict(entries)
        except DataLossError as error:
            raise _corrupt(path, "failed to read its entries", error.message) from None

    @staticmethod
    def _shards_of(header: bytes, path: str) -> int:
        try:
            message = _parsed("BundleHeaderProto", header)
        except DataLossError as error:
            raise _corrupt(path, "unable to parse header", error.message) from None
        if message.version.min_consumer > VERSION:
            raise InvalidArgumentError(
                None, None, f"{path} was written by a newer TensorFlow: it wants format {message.version.min_consumer}, this is {VERSION}"
            )
        if message.endianness:
            raise UnimplementedError(None, None, f"{path} was written on a big-endian machine; such files are not read")
        if not 0 <= message.num_shards <= _MOST_SHARDS:
            raise _corrupt(path, "unable to use header", f"it tells of {message.num_shards} data files")
        return message.num_shards

    def names(self) -> list[str]:
        """The names of the tensors, sorted."""
        return [_text(key) for key in self._entries if not key.startswith(_SLICE_MARK)]

    def entries(self) -> Iterable[tuple[bytes, bytes]]:
        """The index: keys and serialized BundleEntryProto messages."""
        return self._entries.items()

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._entries

    def stored(self, name: str) -> Stored:
        """What the index tells of a tensor.

        Raises:
          NotFoundError: when there is none of this name.
        """
        return self._stored(_key(name), name)

    def _stored(self, key: bytes, name: str) -> Stored:
        content = self._entries.get(key)
        if content is None:
            raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
        try:
            return stored_of(content)
        except DataLossError as error:
            raise _corrupt(index_path(self.prefix), f"entry {name}", error.message) from None

    def tensor(self, name: str) -> np.ndarray:
        """A whole tensor.

        Raises:
          NotFoundError: when there is none of this name, or its data file is not there.
          DataLossError, OutOfRangeError: when it is damaged.
          InvalidArgumentError: when it is stored in parts that do not make up the whole.
        """
        stored = self.stored(name)
        if stored.parts:
            return self.part(name, tensor_slice.whole(len(stored.shape)))
        return self._read(name, stored)

    def part(self, name: str, part: TensorSlice) -> np.ndarray:
        """A part of a tensor, however it is stored."""
        stored = self.stored(name)
        wanted = part.within(stored.shape)
        if wanted is None:
            raise InvalidArgumentError(
                None, None, f"Slice {tensor_slice.spec_of(part)} does not fit into {name} of shape {shapes.text(stored.shape)}"
            )
        if not stored.parts:
            return self._read(name, stored)[wanted.indices()]
        return assembled(name, part, wanted, stored, lambda piece: self._piece(name, stored, piece))

    def _piece(self, name: str, stored: Stored, piece: TensorSlice) -> np.ndarray:
        """A piece as it is stored."""
        own = self._stored(tensor_slice.key_of(_key(name), piece), f"{name} {tensor_slice.spec_of(piece)}")
        known = piece.within(stored.shape)
        if own.dtype is not stored.dtype or known is None or own.shape != known.lengths or own.parts:
            raise _corrupt(index_path(self.prefix), f"piece {tensor_slice.spec_of(piece)} of {name}", "it does not fit into the whole")
        return self._read(name, own)

    def _read(self, name: str, stored: Stored) -> np.ndarray:
        """The array at one place of a data file."""
        if stored.dtype in (dtypes.resource, dtypes.variant):
            raise UnimplementedError(None, None, f"{name} is of type {stored.dtype.name}: such values cannot be read from checkpoints")
        count = math.prod(stored.shape)
        is_text = stored.dtype is dtypes.string
        if not is_text and stored.size != count * stored.dtype.numpy.itemsize or is_text and stored.size < count:
            wanted = count if is_text else count * stored.dtype.numpy.itemsize
            raise DataLossError(
                None, None, f"Invalid size in bundle entry: key {name}; stored size {stored.size}; expected size {wanted}"
            )  # fmt: skip
        memory = self._memory(stored)
        if is_text:
            content = memory.tobytes()
            values, checksum = _strings(content, count, name)
        else:
            values, checksum = memory.view(stored.dtype.numpy.newbyteorder("<")), crc32c(memory)
        if unmasked(stored.checksum) != checksum:
            raise DataLossError(
                None, None,
                f"TensorBundle at {self.prefix} shard {stored.shard} ({stored.size} bytes): Checksum does not match: stored "
                f"{unmasked(stored.checksum)} vs. calculated on the restored bytes {checksum}\n  The tensor is {name}."
            )  # fmt: skip
        if stored.dtype is dtypes.bool_ and count and memory.max() > 1:
            values = memory != 0
        return values.reshape(stored.shape)

    def _memory(self, stored: Stored) -> np.ndarray:
        """The bytes of a stored tensor."""
        if stored.shard >= max(self.shards, 1):
            raise _corrupt(index_path(self.prefix), "shard of an entry", f"there are {self.shards}, it tells of number {stored.shard}")
        path = data_path(self._files, stored.shard, self.shards)
        with opened(path, "rb") as file:
            if stored.offset + stored.size > os.fstat(file.fileno()).st_size:
                raise OutOfRangeError(None, None, f"Read less bytes than requested\n  {path} is too short: was it cut off?")
            file.seek(stored.offset)
            memory = np.fromfile(file, np.uint8, stored.size)
        if memory.size != stored.size:
            raise OutOfRangeError(None, None, f"Read less bytes than requested\n  {path} became shorter while it was read.")
        return memory


def assembled(
    name: str, part: TensorSlice, wanted: TensorSlice, stored: Stored, piece_of: Callable[[TensorSlice], np.ndarray]
) -> np.ndarray:
    """A part of a tensor that is stored in pieces, put together from them.

    Args:
      name: of the tensor.
      part: the part as it was asked for.
      wanted: the same with its true lengths.
      stored: what is known of the tensor.
      piece_of: reads a piece.

    Raises:
      InvalidArgumentError: when the pieces do not cover the part.
    """
    pieces = []
    for piece in stored.parts:
        known = piece.within(stored.shape)
        shared = known.common(wanted) if known is not None else None
        if known is not None and shared is not None:
            pieces.append((known, shared, piece))
    message = f"Does not have sufficient slices for partitioned tensor {name} to restore in slice_spec: {tensor_slice.spec_of(part)}"
    if sum(math.prod(shared.lengths) for _, shared, _ in pieces) < math.prod(wanted.lengths):
        raise InvalidArgumentError(None, None, message)
    loaded = [(known, shared, piece_of(piece)) for known, shared, piece in pieces]  # their files hold them: now memory may be taken
    result = np.empty(wanted.lengths, stored.dtype.numpy)
    covered = np.zeros(wanted.lengths, bool)
    for known, shared, array in loaded:
        place = shared.indices(wanted.starts)
        result[place] = array[shared.indices(known.starts)]
        covered[place] = True
    if not covered.all():
        raise InvalidArgumentError(None, None, message)
    return result


def _key(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")


def _corrupt(path: str, where: str, why: str) -> DataLossError:
    return DataLossError(
        None, None,
        f"Unable to read file ({path}). Perhaps the file is corrupt or was produced by a newer version of TensorFlow with format changes "
        f"({where}): {why}"
    )  # fmt: skip


# ------------------------------------------------------------------- strings


def string_chunks(values: list[bytes]) -> tuple[list[bytes], int]:
    """Strings as a data file holds them, and their checksum: lengths, a checksum of the lengths, bytes."""
    lengths = b"".join(map(_length_word, map(len, values)))
    of_lengths = crc32c(lengths)
    stored = masked(of_lengths).to_bytes(4, "little")
    content = b"".join(values)
    return [b"".join(map(_varint, map(len, values))), stored, content], crc32c(content, crc32c(stored, of_lengths))


def _length_word(length: int) -> bytes:
    return length.to_bytes(4 if length < 1 << 32 else 8, "little")


def _varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else varint(number)


def _strings(content: bytes, count: int, name: str) -> tuple[np.ndarray, int]:
    """The strings in these bytes of a data file, and their checksum."""
    at, lengths = 0, []
    try:
        for _ in range(count):
            length, at = read_varint(content, at)
            lengths.append(length)
    except ValueError:
        raise DataLossError(None, None, f"Expected varint32 or varint64 for the length of a string of {name}") from None
    of_lengths = crc32c(b"".join(map(_length_word, lengths)))
    stored = content[at : at + 4]
    at += 4
    if at + sum(lengths) != len(content):
        raise DataLossError(None, None, f"The lengths of the strings of {name} do not add up: {len(content)} bytes are stored")
    if int.from_bytes(stored, "little") != masked(of_lengths):
        raise DataLossError(None, None, f"The length checksum does not match for the strings of {name}")
    checksum = crc32c(content[at:], crc32c(stored, of_lengths))
    values = np.empty(count, object)
    for index, length in enumerate(lengths):
        values[index] = content[at : at + length]
        at += length
    return values, checksum
