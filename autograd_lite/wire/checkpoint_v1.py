"""Checkpoints of format V1, from the years before 1.0: one table, or several, whose values are SavedTensorSlices messages.

Under the empty key a table tells which tensors, and which parts of them, it holds; under `tensor_slice.key_of` is each part.
"""

from __future__ import annotations

import glob
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.core.errors import DataLossError, InternalError, InvalidArgumentError, NotFoundError, OpError
from autograd_lite.core.safe_write import replacing
from autograd_lite.wire import messages, tensor_slice
from autograd_lite.wire.bundle import Stored, assembled, type_and_shape
from autograd_lite.wire.bundle_writer import Item
from autograd_lite.wire.files import read_bytes, translated
from autograd_lite.wire.table import table_chunks, table_entries
from autograd_lite.wire.tensor_proto import VALUES_FIELD, list_of_values, proto_to_array, shape_to_proto
from autograd_lite.wire.tensor_slice import TensorSlice

VERSION = 1  # of the format


def files_matching(pattern: str) -> list[str]:
    """The files of a checkpoint of format V1: `pattern` is a path, or one with `?` for the digits of a shard's number."""
    return sorted(glob.glob(pattern.replace("[", "[[]")))


class _Piece(NamedTuple):
    """A part of a tensor, and the table that holds it."""

    part: TensorSlice
    table: dict[bytes, bytes]
    path: str


class TableReader:
    """The tensors of a checkpoint of format V1.

    Args:
      pattern: the path of its file, or a pattern that matches its files.

    Raises:
      NotFoundError: when there is no such file.
      DataLossError: when one is damaged, or is no checkpoint.
    """

    def __init__(self, pattern: str) -> None:
        self.prefix = pattern
        self._stored: dict[str, Stored] = {}
        self._pieces: dict[str, list[_Piece]] = {}
        paths = files_matching(pattern)
        if not paths:
            raise NotFoundError(None, None, f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {pattern}")
        for path in paths:
            self._open(path)

    def _open(self, path: str) -> None:
        try:
            table = dict(table_entries(read_bytes(path)))
        except DataLossError as error:
            raise DataLossError(
                None, None, f"Unable to open table file {path}: Data loss: {error.message}: perhaps your file is in a different file "
                "format and you need to use a different restore operator?"
            ) from None  # fmt: skip
        for saved in _message(table.get(b""), path).meta.tensor:
            self._enter(saved, table, path)

    def _enter(self, saved: Any, table: dict[bytes, bytes], path: str) -> None:
        dtype, shape = type_and_shape(saved.type, saved.shape)
        if dtype.name not in VALUES_FIELD:
            raise DataLossError(None, None, f"{path} tells of a tensor of type {dtype.name}, which has no values: {saved.name}")
        parts = tuple(map(tensor_slice.from_proto, saved.slice))
        known = self._stored.get(saved.name)
        if known is None:
            known = Stored(dtype, shape, 0, 0, 0, 0, ())
        elif (known.dtype, known.shape) != (dtype, shape):
            raise InternalError(None, None, f"Incompatible tensor shapes detected for tensor {saved.name} in {path}")
        self._stored[saved.name] = known._replace(parts=known.parts + parts)
        self._pieces.setdefault(saved.name, []).extend(_Piece(part, table, path) for part in parts)

    def names(self) -> list[str]:
        """The names of the tensors, sorted."""
        return sorted(self._stored)

    def __contains__(self, name: str) -> bool:
        return name in self._stored

    def stored(self, name: str) -> Stored:
        """Element type and shape of a tensor.

        Raises:
          NotFoundError: when there is none of this name.
        """
        if name not in self._stored:
            raise NotFoundError(None, None, f'Tensor name "{name}" not found in checkpoint files {self.prefix}')
        return self._stored[name]

    def tensor(self, name: str) -> np.ndarray:
        """A whole tensor."""
        return self.part(name, tensor_slice.whole(len(self.stored(name).shape)))

    def part(self, name: str, part: TensorSlice) -> np.ndarray:
        """A part of a tensor, put together from the pieces that are stored.

        Raises:
          NotFoundError: when there is none of this name.
          InvalidArgumentError: when the pieces do not cover it.
          DataLossError: when a piece is damaged.
        """
        stored = self.stored(name)
        wanted = part.within(stored.shape)
        if wanted is None:
            raise InvalidArgumentError(
                None, None, f"Slice {tensor_slice.spec_of(part)} does not fit into {name} of shape {shapes.text(stored.shape)}"
            )
        where = {piece.part: piece for piece in self._pieces[name]}
        return assembled(name, part, wanted, stored, lambda piece: _content(name, stored, where[piece]))


def _message(content: bytes | None, path: str) -> Any:
    """A value of the table."""
    if content is None:
        raise DataLossError(None, None, f"Failed to find the saved tensor slices at the beginning of the checkpoint file: {path}")
    try:
        return messages.SavedTensorSlices.FromString(content)
    except Exception as error:  # its class depends on the implementation of protobuf
        raise DataLossError(None, None, f"Failed to parse a saved tensor slice in {path}: {error}") from None


def _content(name: str, stored: Stored, piece: _Piece) -> np.ndarray:
    """The values of one piece."""
    key = tensor_slice.key_of(name.encode("utf-8", "surrogateescape"), piece.part)
    data = _message(piece.table.get(key), piece.path).data.data
    known = piece.part.within(stored.shape)
    assert known is not None  # `assembled` asks for what fits only
    field = getattr(data, VALUES_FIELD[stored.dtype.name])
    count = math.prod(known.lengths) * (2 if stored.dtype.is_complex else 1)
    if not data.tensor_content and len(field) != count:
        raise InvalidArgumentError(
            None, None, f"Malformed checkpoint tensor: {name} has {len(field)} values in {piece.path}, {count} are wanted"
        )  # fmt: skip
    del data.tensor_shape.dim[:]
    data.tensor_shape.unknown_rank = False
    for size in known.lengths:
        data.tensor_shape.dim.add(size=size)
    data.dtype = stored.dtype.as_datatype_enum
    try:
        return proto_to_array(data)
    except (OpError, TypeError, ValueError) as error:
        raise DataLossError(None, None, f"{name} in {piece.path}: {error}") from None


def write_table(path: str, items: Sequence[Item]) -> None:
    """Write a checkpoint of format V1, of one file, which appears complete.

    Raises:
      InvalidArgumentError: when two tensors have the same name.
      NotFoundError, PermissionDeniedError, ResourceExhaustedError, ...: when the file cannot be written.
    """
    about = messages.SavedTensorSlices()
    about.meta.versions.producer = VERSION
    metas: dict[str, Any] = {}
    entries: dict[bytes, bytes] = {}
    for item in items:
        shape = item.array.shape if item.shape is None else item.shape
        part = tensor_slice.whole(len(shape)) if item.part is None else item.part
        key = tensor_slice.key_of(item.name.encode("utf-8", "surrogateescape"), part)
        if key in entries:
            raise InvalidArgumentError(None, None, f"Adding duplicate key: {item.name}\n  Each name can be saved once.")
        if item.name not in metas:
            metas[item.name] = about.meta.tensor.add(name=item.name, type=item.dtype.as_datatype_enum, shape=shape_to_proto(shape))
            metas[item.name].shape.SetInParent()
        metas[item.name].slice.append(tensor_slice.to_proto(part))
        entries[key] = _saved(item, part)
    with translated(path), replacing(path) as file:
        for chunk in table_chunks([(b"", about.SerializeToString(deterministic=True)), *sorted(entries.items())]):
            file.write(chunk)


def _saved(item: Item, part: TensorSlice) -> bytes:
    """The value that holds a piece."""
    message = messages.SavedTensorSlices()
    message.data.name = item.name
    message.data.slice.CopyFrom(tensor_slice.to_proto(part))
    message.data.data.SetInParent()
    getattr(message.data.data, VALUES_FIELD[item.dtype.name]).extend(list_of_values(item.array.reshape(-1), item.dtype))
    return message.SerializeToString(deterministic=True)
