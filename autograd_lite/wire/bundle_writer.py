"""Writing checkpoints of format V2, byte for byte as TensorFlow does, and merging those that were written in shards."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import InvalidArgumentError, NotFoundError
from autograd_lite.core.safe_write import remove_leftovers, replacing
from autograd_lite.wire import messages, tensor_slice
from autograd_lite.wire.bundle import VERSION, BundleReader, data_path, index_path, string_chunks
from autograd_lite.wire.checksum import crc32c, masked
from autograd_lite.wire.files import translated
from autograd_lite.wire.swap import old_files_kept
from autograd_lite.wire.table import table_chunks
from autograd_lite.wire.tensor_proto import shape_to_proto
from autograd_lite.wire.tensor_slice import TensorSlice

_STEP = re.compile(r"-\d+\Z")  # the end of the name of one of a series


class Item(NamedTuple):
    """A tensor to write, or a part of one: then `part` says which, of a whole of what `shape`."""

    name: str
    array: np.ndarray
    dtype: DType
    shape: tuple[int, ...] | None = None
    part: TensorSlice | None = None


def item_of(name: str, spec: str, array: np.ndarray, dtype: DType) -> Item:
    """What is written for a tensor; `spec` is empty for a whole one, or such as `5 2 0,3:-`.

    Raises:
      InvalidArgumentError: when the array does not have the shape that `spec` tells.
    """
    if not spec:
        return Item(name, array, dtype)
    shape, part = tensor_slice.parse_spec(spec)
    known = part.within(shape)
    if known is None or known.lengths != array.shape:
        raise InvalidArgumentError(
            None, None,
            f"Slice in shape_and_slice specification does not match the shape of the tensor to  save: {spec}, tensor: "
            f"{shapes.text(array.shape)}\n  It is to be saved as {name}."
        )  # fmt: skip
    if tensor_slice.is_whole(part, shape):
        return Item(name, array, dtype)
    return Item(name, array, dtype, shape, part)


def _entry(item: Item, offset: int, size: int, checksum: int) -> Any:
    entry = messages.BundleEntryProto(
        dtype=item.dtype.as_datatype_enum, shape=shape_to_proto(item.array.shape), offset=offset, size=size, crc32c=masked(checksum)
    )
    entry.shape.SetInParent()  # a scalar's shape is written too
    return entry


def _chunks(item: Item) -> tuple[list[Any], int]:
    """The memory of a tensor as it is stored, and its checksum."""
    if item.dtype is dtypes.string:
        values = [value.encode() if isinstance(value, str) else bytes(value) for value in item.array.ravel().tolist()]
        return string_chunks(values)
    little = np.ascontiguousarray(item.array.astype(item.dtype.numpy.newbyteorder("<"), copy=False))
    memory = little.reshape(-1).view(np.uint8)
    return [memory], crc32c(memory)


def _note(entries: dict[bytes, Any], item: Item, entry: Any) -> None:
    """Enter a tensor, or a part of one, into the index.

    Raises:
      InvalidArgumentError: when its name is taken, or parts of one tensor contradict each other.
    """
    key = item.name.encode("utf-8", "surrogateescape")
    if item.part is not None:
        total = entries.setdefault(
            key, messages.BundleEntryProto(dtype=item.dtype.as_datatype_enum, shape=shape_to_proto(item.shape))
        )  # fmt: skip
        if not total.slices and total.size or total.shape != shape_to_proto(item.shape) or total.dtype != item.dtype.as_datatype_enum:
            raise InvalidArgumentError(None, None, f"Adding duplicate key: {item.name}\n  Its parts disagree about the shape or type.")
        total.slices.append(tensor_slice.to_proto(item.part))
        key = tensor_slice.key_of(key, item.part)
    if key in entries:
        raise InvalidArgumentError(None, None, f"Adding duplicate key: {item.name}\n  Each name can be saved once.")
    entries[key] = entry


def _index_chunks(entries: dict[bytes, Any], shards: int) -> Iterable[bytes]:
    header = messages.BundleHeaderProto(num_shards=shards)
    header.version.producer = VERSION
    pairs = [(key, entry.SerializeToString(deterministic=True)) for key, entry in sorted(entries.items())]
    return table_chunks([(b"", header.SerializeToString(deterministic=True)), *pairs])


def write_bundle(prefix: str, items: Sequence[Item]) -> None:
    """Write a checkpoint of one data file. Its files appear complete; one of the same name that was there stays until then.

    Args:
      prefix: its path without `.index`.
      items: the tensors, in the order in which the data file shall hold them.

    Raises:
      InvalidArgumentError: when two have the same name.
      NotFoundError, PermissionDeniedError, ResourceExhaustedError, ...: when the files cannot be written.
    """
    index, data = index_path(prefix), data_path(prefix, 0, 1)
    remove_leftovers(os.path.dirname(prefix), _STEP.sub("", os.path.basename(prefix)))
    named = f"{data}.tempstate{os.getpid()}"  # what errors call the file while it is written
    with translated(named), old_files_kept(prefix), replacing(index) as index_file, replacing(data) as data_file:
        entries: dict[bytes, Any] = {}
        offset = 0
        for item in items:
            chunks, checksum = _chunks(item)
            size = sum(map(len, chunks))
            _note(entries, item, _entry(item, offset, size, checksum))
            for chunk in chunks:
                data_file.write(chunk)
            offset += size
        data_file.flush()
        for piece in _index_chunks(entries, 1):
            index_file.write(piece)
        index_file.flush()
        os.fsync(index_file.fileno())  # before the data file takes its place: nothing may fail after that


def merge_bundles(prefixes: Sequence[str], target: str, delete_folders: bool = True) -> None:
    """Make one checkpoint out of several: their data files are renamed, one index is written for all.

    Args:
      prefixes: of the checkpoints, which vanish.
      target: the prefix of the new one.
      delete_folders: whether to remove the folders they were in.

    Raises:
      InvalidArgumentError: when one is missing, or two hold the same tensor.
    """
    try:
        readers = [BundleReader(prefix) for prefix in prefixes]
    except NotFoundError as error:
        raise InvalidArgumentError(None, None, f"allow_missing_files was set to false and {error.message}") from None
    shards = sum(reader.shards for reader in readers)
    entries: dict[bytes, Any] = {}
    moves: list[tuple[str, str]] = []
    for reader in readers:
        _take_over(reader, entries, len(moves))
        first = len(moves)
        sources = [data_path(reader.prefix, shard, reader.shards) for shard in range(reader.shards)]
        moves += [(source, data_path(target, first + shard, shards)) for shard, source in enumerate(sources)]
    index = index_path(target)
    remove_leftovers(os.path.dirname(target), _STEP.sub("", os.path.basename(target)))
    with translated(index), old_files_kept(target), replacing(index) as index_file:
        for piece in _index_chunks(entries, shards):
            index_file.write(piece)
        index_file.flush()
        os.fsync(index_file.fileno())
        for source, place in moves:
            os.replace(source, place)
    for prefix in prefixes:
        with suppress(FileNotFoundError):
            os.unlink(index_path(prefix))
    for folder in {os.path.dirname(prefix) for prefix in prefixes} if delete_folders else ():
        if folder and folder != os.path.dirname(target):
            shutil.rmtree(folder, ignore_errors=True)


def _take_over(reader: BundleReader, entries: dict[bytes, Any], first_shard: int) -> None:
    """Enter the tensors of one checkpoint into the index of the merged one."""
    for key, content in reader.entries():
        entry = messages.BundleEntryProto.FromString(content)
        known = entries.get(key)
        if entry.slices:
            if known is not None:
                known.slices.extend(entry.slices)
                continue
        else:
            entry.shard_id += first_shard
        if known is not None:
            raise InvalidArgumentError(None, None, f"Merging checkpoints that both hold the key {key!r}")
        entries[key] = entry
