"""Ops that write variables into checkpoints and read them again. They run on the host."""

from __future__ import annotations

import glob
import os
from contextlib import suppress
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.core import shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample
from autograd_lite.wire import tensor_slice
from autograd_lite.wire.bundle import BundleReader
from autograd_lite.wire.bundle_writer import item_of, merge_bundles, write_bundle
from autograd_lite.wire.checkpoint_reader import open_checkpoint
from autograd_lite.wire.checkpoint_v1 import TableReader, write_table
from autograd_lite.wire.files import text_path

_FILES = "it works on files; tests/ops/test_checkpoints.py shows it"
_NO_SLOPE = "files have no slope"
_DECLARED: dict[str, Any] = {"stateful": True, "samples": _FILES, "no_gradient": _NO_SLOPE}


def _text(word: Any) -> str:
    """A scalar string as text, whatever its bytes are."""
    value = np.asarray(word, object).item()
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def _texts(words: Any) -> list[str]:
    return [_text(word) for word in np.asarray(words, object).ravel().tolist()]


def _path(word: Any) -> str:
    return text_path(_text(word))


def _items(names: Any, specs: Any, tensors: list[Any], types: list[DType]) -> list[Any]:
    """What to write, sorted by name."""
    listed = zip(_texts(names), _texts(specs), tensors, types)
    return sorted([item_of(name, spec, np.asarray(to_host(each)), dtype) for name, spec, each, dtype in listed], key=lambda item: item.name)


def _check_counts(names: Any, specs: Any, count: int) -> None:
    for what, given in (("tensor_names", names), ("shape_and_slices", specs)):
        if np.ndim(given) != 1 or np.size(given) != count:
            raise invalid(
                f"{what} must be a vector with one element for each of the {count} tensors, got shape {rules.shape_text(given.shape)}"
            )


def _vectors_shape(c):
    """Names and slices are vectors with one element for each tensor."""
    count = c.count - 3
    rules.with_rank(c, c.shape(0), 0)
    for index in (1, 2):
        rules.merge(c, c.shape(index), (count,))
    return []


@op(
    "SaveV2(prefix: string, tensor_names: string, shape_and_slices: string, tensors: list(dtypes))",
    shape=_vectors_shape,
    **_DECLARED,
)
def save_v2(xp, prefix, tensor_names, shape_and_slices, tensors, dtypes):
    """Write tensors, or parts of tensors, into a checkpoint of format V2."""
    _check_counts(tensor_names, shape_and_slices, len(tensors))
    path = _path(prefix)
    with suppress(OSError):  # what is wrong shows when the file is opened
        os.mkdir(os.path.dirname(path))
    write_bundle(path, _items(tensor_names, shape_and_slices, tensors, dtypes))


def _restored_shapes(c):
    specs = c.value(2)
    rules.with_rank(c, c.shape(0), 0)
    for index in (1, 2):
        rules.merge(c, c.shape(index), (len(c.attrs["dtypes"]),))
    if specs is None:
        return [None] * len(c.attrs["dtypes"])
    return [_restored_shape(c, _text(spec)) for spec in specs.ravel().tolist()]


def _restored_shape(c, spec: str) -> shapes.Shape:
    if not spec:
        return None
    try:
        shape, part = tensor_slice.parse_spec(spec)
    except InvalidArgumentError as error:
        raise c.fail(error.message) from None
    known = part.within(shape)
    assert known is not None  # parse_spec looked
    return known.lengths


@op(
    "RestoreV2(prefix: string, tensor_names: string, shape_and_slices: string, *, dtypes: list(type)) -> tensors: list(dtypes)",
    shape=_restored_shapes,
    **_DECLARED,
)
def restore_v2(xp, prefix, tensor_names, shape_and_slices, dtypes):
    """Read tensors, or parts of tensors, from a checkpoint of format V2 or V1."""
    _check_counts(tensor_names, shape_and_slices, len(dtypes))
    reader = open_checkpoint(_path(prefix))
    names = _texts(tensor_names)
    for name, dtype in zip(names, dtypes):
        _check_type(reader, name, dtype)
    return [xp.asarray(_restored(reader, name, spec)) for name, spec in zip(names, _texts(shape_and_slices))]


def _check_type(reader: BundleReader | TableReader, name: str, dtype: DType) -> None:
    found = reader.stored(name).dtype
    if found is dtype.base_dtype:
        return
    if isinstance(reader, TableReader):
        raise invalid(
            f"Expected to restore a tensor of type {dtype.cpp_name}, got a tensor of type {found.cpp_name} instead: tensor_name = {name}"
        )
    raise invalid(f"tensor_name = {name}; expected dtype {dtype.cpp_name} does not equal original dtype {found.cpp_name}")


def _restored(reader: BundleReader | TableReader, name: str, spec: str) -> np.ndarray:
    if not spec:
        return reader.tensor(name)
    shape, part = tensor_slice.parse_spec(spec)
    stored = reader.stored(name).shape
    if shape == stored:
        return reader.part(name, part)
    if isinstance(reader, TableReader):
        raise invalid(
            f"Shape in shape_and_slice spec does not match the shape in the save file: {shapes.text(shape)}, save file shape: "
            f"{shapes.text(stored)}"
        )
    raise invalid(
        f"tensor_name = {name}; shape in shape_and_slice spec {shapes.text(shape)} does not match the shape stored in checkpoint: "
        f"{shapes.text(stored)}"
    )


@op(
    "MergeV2Checkpoints(checkpoint_prefixes: string, destination_prefix: string, *, delete_old_dirs: bool = True, "
    "allow_missing_files: bool = False)",
    shape=lambda c: [],
    **_DECLARED,
)
def merge_v2_checkpoints(xp, checkpoint_prefixes, destination_prefix, delete_old_dirs, allow_missing_files):
    """Make one checkpoint out of those that were written in shards."""
    prefixes = [text_path(name) for name in _texts(checkpoint_prefixes)]
    if allow_missing_files:
        prefixes = [prefix for prefix in prefixes if os.path.exists(f"{prefix}.index")]
    merge_bundles(prefixes, _path(destination_prefix), delete_old_dirs)


def _word(text: str) -> np.ndarray:
    word = np.empty((), object)
    word[()] = text.encode("utf-8", "surrogateescape")
    return word


@op(
    "ShardedFilename(basename: string, shard: int32, num_shards: int32) -> filename: string",
    host=("shard", "num_shards"),
    shape=rules.scalar,
    samples=[sample(b"model", np.int32(1), np.int32(3))],
    no_gradient=_NO_SLOPE,
)
def sharded_filename(xp, basename, shard, num_shards):
    """The name of one of several files: `model-00001-of-00003`."""
    return _word(f"{_text(basename)}-{int(shard):05d}-of-{int(num_shards):05d}")


@op(
    "ShardedFilespec(basename: string, num_shards: int32) -> filename: string",
    host=("num_shards",),
    shape=rules.scalar,
    samples=[sample(b"model", np.int32(3))],
    no_gradient=_NO_SLOPE,
)
def sharded_filespec(xp, basename, num_shards):
    """A pattern that matches the names of several files: `model-?????-of-00003`."""
    return _word(f"{_text(basename)}-?????-of-{int(num_shards):05d}")


@op("Save(filename: string, tensor_names: string, data: list(T))", shape=lambda c: [], **_DECLARED)
def save(xp, filename, tensor_names, data, T):
    """Write tensors into a checkpoint of format V1."""
    _check_counts(tensor_names, tensor_names, len(data))
    write_table(_path(filename), _items(tensor_names, [b""] * len(data), data, T))


@op(
    "SaveSlices(filename: string, tensor_names: string, shapes_and_slices: string, data: list(T))",
    shape=lambda c: [],
    **_DECLARED,
)
def save_slices(xp, filename, tensor_names, shapes_and_slices, data, T):
    """Write tensors, or parts of tensors, into a checkpoint of format V1."""
    _check_counts(tensor_names, shapes_and_slices, len(data))
    write_table(_path(filename), _items(tensor_names, shapes_and_slices, data, T))


def _restored_one(xp, pattern: str, name: str, spec: str, dtype: DType):
    reader = TableReader(pattern) if glob.glob(pattern) else open_checkpoint(pattern)
    _check_type(reader, name, dtype)
    return xp.asarray(_restored(reader, name, spec))


@op(
    "Restore(file_pattern: string, tensor_name: string, *, dt: type, preferred_shard: int = -1) -> tensor: dt",
    shape=rules.unknown,
    **_DECLARED,
)
def restore(xp, file_pattern, tensor_name, dt):
    """Read a tensor from a checkpoint of format V1."""
    return _restored_one(xp, _path(file_pattern), _text(tensor_name), "", dt)


@op(
    "RestoreSlice(file_pattern: string, tensor_name: string, shape_and_slice: string, *, dt: type, preferred_shard: int = -1) "
    "-> tensor: dt",
    shape=lambda c: None if c.value(2) is None else _restored_shape(c, _text(c.value(2))),
    **_DECLARED,
)
def restore_slice(xp, file_pattern, tensor_name, shape_and_slice, dt):
    """Read a part of a tensor from a checkpoint of format V1."""
    return _restored_one(xp, _path(file_pattern), _text(tensor_name), _text(shape_and_slice), dt)
