"""What the parsing ops make of serialized examples: columns of one feature as dense, sparse and ragged tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.shapes import Shape, text
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.wire import example_batches
from autograd_lite.wire.example_reader import BYTES, FLOAT, INT64, READERS, Cell, Column, Features, MalformedMessage, features_of

KIND_OF = {dtypes.string: BYTES, dtypes.float32: FLOAT, dtypes.int64: INT64}
TYPE_NAMES = {BYTES: "string", FLOAT: "float", INT64: "int64"}
_LIST_NAMES = {BYTES: "bytes_list", FLOAT: "float_list", INT64: "int64_list"}
_NO_CONTENT = b""


class Batch(NamedTuple):
    """Parsed examples: their features, and how errors call them. A single example has no batch axis in the results."""

    size: int
    located: example_batches.Located | None  # where the features are that were asked for, of messages that are written as usual
    features: list[Features]  # those of other messages
    names: list[str]
    single: bool

    @property
    def outer(self) -> tuple[int, ...]:
        """The axes that come before those of a feature."""
        return () if self.single else (self.size,)

    def about(self, index: int, key: bytes) -> str:
        """The beginning of an error about one feature of one example."""
        shown = key.decode("utf-8", "replace")
        return f"Key: {shown}.  " if self.single else f"Name: {self.names[index]}, Key: {shown}, Index: {index}.  "

    def missing(self, index: int, key: bytes, dtype: DType) -> Exception:
        """The error of a feature that must be there."""
        start = "" if self.single else f"Name: {self.names[index]}, "
        shown = key.decode("utf-8", "replace")
        return invalid(f"{start}Feature: {shown} (data type: {TYPE_NAMES[KIND_OF[dtype]]}) is required but could not be found.")


def as_names(names: Any, count: int) -> list[str]:
    """What errors call each example."""
    words = np.ravel(names).tolist()
    return [word.decode("utf-8", "replace") for word in words] if words else ["<unknown>"] * count


def read_batch(serialized: Any, names: Any, keys: Sequence[bytes] = ()) -> Batch:
    """Find the features in every example of a vector, or of a scalar. `keys`: those that are asked for.

    Raises:
      InvalidArgumentError: one is no Example.
    """
    words = np.ravel(serialized).tolist()
    if np.ndim(serialized) > 1:
        raise invalid(f"Expected serialized to be a scalar or vector, got shape: {text(np.shape(serialized))}")
    if np.size(names) not in (0, len(words)):
        raise invalid(f"Expected len(names) == len(serialized), but got: {np.size(names)} vs. {len(words)}")
    located = example_batches.locate(words, keys)
    features = [read_example(word) for word in words] if located is None else []
    return Batch(len(words), located, features, as_names(names, len(words)), np.ndim(serialized) == 0)


def read_example(word: bytes) -> Features:
    """The features of one serialized Example.

    Raises:
      InvalidArgumentError: it is none.
    """
    try:
        return features_of(word)
    except MalformedMessage:
        raise invalid(f"Could not parse example input, value: '{repr(word[:200])[2:-1]}'") from None


def decoded(cells: Sequence[Cell | None], kind: int, about: Callable[[int], str], expected_first: bool = True) -> tuple[Column, np.ndarray]:
    """All values of one feature, none of the examples that do not have it; and which examples have it.

    Raises:
      InvalidArgumentError: a list is of another kind, or malformed. The two wordings are TensorFlow's for dense and other features.
    """
    present = np.array([cell is not None for cell in cells], bool)
    for index, cell in enumerate(cells):
        if cell is not None and cell[0] != kind:
            have, wanted = TYPE_NAMES[cell[0]], TYPE_NAMES[kind]
            told = f"Data type: {have} but expected type: {wanted}" if expected_first else f"Expected type: {wanted}, Actual type: {have}"
            raise invalid(f"{about(index)}Data types don't match. {told}")
    contents = [_NO_CONTENT if cell is None else cell[1] for cell in cells]
    try:
        return READERS[kind](contents), present
    except MalformedMessage:
        raise invalid(f"{about(_first_malformed(contents, kind))}Can't parse serialized Example.") from None


def _first_malformed(contents: list[bytes], kind: int) -> int:
    for index, content in enumerate(contents):
        try:
            READERS[kind]([content])
        except MalformedMessage:
            return index
    return 0


def _column(batch: Batch, key: bytes, dtype: DType, dense: bool) -> tuple[Column, np.ndarray]:
    if batch.located is not None:
        found = example_batches.column(batch.located, key, KIND_OF[dtype])
        if found is not None:
            return found
        cells = example_batches.cells_of(batch.located, key)
    else:
        cells = [features.get(key) for features in batch.features]
    return decoded(cells, KIND_OF[dtype], lambda index: batch.about(index, key), dense)


def dense(batch: Batch, key: bytes, dtype: DType, shape: Shape, default: Any) -> np.ndarray:
    """A feature that every example has, in one shape; where it is missing, the default."""
    column, present = _column(batch, key, dtype, True)
    if shape and shape[0] is None:
        return _stretched(batch, key, column, shape, default)
    sizes: tuple[int, ...] = tuple(shape or ())
    count = math.prod(sizes)
    if count and not np.size(default) and not np.all(present):
        raise batch.missing(int(np.flatnonzero(~present)[0]), key, dtype)
    wrong = np.flatnonzero(present & (column.counts != count))
    if len(wrong):
        raise _wrong_count(batch, key, int(wrong[0]), KIND_OF[dtype], int(column.counts[wrong[0]]), sizes)
    if np.all(present):
        result = np.array(column.values).reshape(len(present), count)
    else:
        result = np.empty((len(present), count), dtype.numpy)
        result[...] = np.reshape(default, (1, -1)) if np.size(default) else result[:1]
        result[present] = column.values.reshape(-1, count)
    return result.reshape((*batch.outer, *sizes))


def _wrong_count(batch: Batch, key: bytes, index: int, kind: int, have: int, sizes: tuple[int, ...]) -> Exception:
    about = batch.about(index, key)
    if batch.single:
        what = "Parsing bytes_list failed." if kind == BYTES else f"Some {_LIST_NAMES[kind]} slice was not parsed."
        return invalid(
            f"{about}Can't parse serialized Example: {what}\n  It holds {have} values; FixedLenFeature({list(sizes)}) wants "
            f"{math.prod(sizes)}. VarLenFeature takes any number."
        )
    if kind == BYTES:
        return invalid(f"{about}Can't parse serialized Example.\n  It holds {have} strings where the shape {text(sizes)} was asked for.")
    return invalid(f"{about}Number of {TYPE_NAMES[kind]} values != expected.  Values size: {have} but output shape: {text(sizes)}")


def _stretched(batch: Batch, key: bytes, column: Column, shape: tuple[int | None, ...], default: Any) -> np.ndarray:
    """A feature of different lengths, filled up to the longest."""
    stride = math.prod(size or 0 for size in shape[1:])
    if stride:
        for index in np.flatnonzero(column.counts % stride)[:1].tolist():
            if batch.single:
                shown = key.decode("utf-8", "replace")
                raise invalid(f"Error while parsing feature with key {shown}: number of elements should be divisible by {stride}, "
                              f"found {column.counts[index]} instead")  # fmt: skip
            kind = TYPE_NAMES[KIND_OF[dtypes.as_dtype(column.values.dtype)]]
            raise invalid(
                f"{batch.about(index, key)}Number of {kind} values is not a multiple of stride length. "
                f"Saw {column.counts[index]} values but output shape is: {text(shape)}"
            )
    length = int(column.counts.max(initial=0)) // stride if stride else 0
    return padded(column, length, shape[1:], default).reshape((*batch.outer, length, *shape[1:]))


def padded(column: Column, length: int, inner: tuple[Any, ...], default: Any) -> np.ndarray:
    """Rows of different lengths filled up to `length` elements of shape `inner`."""
    width = length * math.prod(inner)
    check_room((len(column.counts), width), column.values.itemsize)
    result = np.empty((len(column.counts), width), column.values.dtype)
    result[...] = np.reshape(default, ()) if np.size(default) else empty_value(column.values.dtype)
    result[np.arange(width) < column.counts[:, None]] = column.values
    return result.reshape(len(column.counts), length, *inner)


def empty_value(dtype: Any) -> Any:
    """Zero, or the empty string."""
    return b"" if np.dtype(dtype).kind == "O" else 0


def positions(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row of each value, and its place in the row, of rows of these lengths."""
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)


def sparse(batch: Batch, key: bytes, dtype: DType) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A feature of any length: indices, values and shape of a sparse matrix, or of a sparse vector."""
    column, _ = _column(batch, key, dtype, False)
    rows, places = positions(column.counts)
    longest = int(column.counts.max(initial=0))
    parts = [places] if batch.single else [rows, places]
    indices = np.stack(parts, axis=1).astype(np.int64).reshape(-1, len(parts))
    return indices, np.array(column.values), np.array([*batch.outer, longest], np.int64)


def ragged(batch: Batch, key: bytes, dtype: DType, split_dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    """A feature of any length: values, and where the rows begin and end."""
    column, _ = _column(batch, key, dtype, False)
    splits = np.concatenate([[0], np.cumsum(column.counts)])
    return np.array(column.values), (splits[:0] if batch.single else splits).astype(split_dtype.numpy)
