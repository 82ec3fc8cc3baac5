"""What the parsing ops make of serialized sequence examples: lists of features as dense, sparse and ragged tensors."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.dtypes import DType
from autograd_lite.core.shapes import Shape, text
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.example_columns import KIND_OF, TYPE_NAMES, as_names, empty_value, positions
from autograd_lite.wire.example_reader import READERS, Cell, Column, Features, MalformedMessage, sequence_features_of


class Sequences(NamedTuple):
    """Parsed sequence examples; a single one has no batch axis in the results. `newer`: errors are those of the V2 op."""

    contexts: list[Features]
    lists: list[dict[bytes, list[Cell | None]]]
    names: list[str]
    single: bool
    newer: bool

    @property
    def outer(self) -> tuple[int, ...]:
        """The axes that come before those of a feature."""
        return () if self.single else (len(self.contexts),)


class _Steps(NamedTuple):
    """One list of features of all examples: the values of all steps in a row, how many each step has, how many steps each example has."""

    values: np.ndarray
    counts: np.ndarray
    lengths: np.ndarray


def read_sequences(serialized: Any, names: Any, newer: bool) -> Sequences:
    """Find the features in every sequence example of a vector, or of a scalar.

    Raises:
      InvalidArgumentError: one is no SequenceExample.
    """
    if np.ndim(serialized) > 1:
        raise invalid(f"Expected serialized to be a scalar or vector, got shape: {text(np.shape(serialized))}")
    words = np.ravel(serialized).tolist()
    called = as_names([name for name in np.ravel(names).tolist() if name], len(words))
    parsed = []
    for word, name in zip(words, called):
        try:
            parsed.append(sequence_features_of(word))
        except MalformedMessage:
            raise invalid(f"Invalid protocol message input, example id: {name}") from None
    return Sequences([each[0] for each in parsed], [each[1] for each in parsed], called, np.ndim(serialized) == 0, newer)


def _decoded(cells: list[Cell | None], dtype: DType, about: Any) -> Column:
    """The values of some features of one type; none where there is no list."""
    kind = KIND_OF[dtype]
    for index, cell in enumerate(cells):
        if cell is not None and cell[0] != kind:
            raise invalid(f"{about(index)}.  Data types don't match. Expected type: {TYPE_NAMES[kind]}")
    try:
        return READERS[kind]([b"" if cell is None else cell[1] for cell in cells])
    except MalformedMessage:
        raise invalid(f"{about(0)}.  Can't parse serialized feature.") from None


# ------------------------------------------------------------------ context


def _context(batch: Sequences, key: bytes, dtype: DType) -> tuple[Column, np.ndarray]:
    cells = [features.get(key) for features in batch.contexts]
    shown = key.decode("utf-8", "replace")
    column = _decoded(cells, dtype, lambda index: f"Name: {batch.names[index]}, Context feature: {shown}")
    return column, np.array([cell is not None for cell in cells], bool)


def context_dense(batch: Sequences, key: bytes, dtype: DType, shape: Shape, default: Any) -> np.ndarray:
    """A context feature that every example has, in one shape; where it is missing, the default."""
    column, present = _context(batch, key, dtype)
    sizes: tuple[int, ...] = tuple(shape or ())
    count = math.prod(sizes)
    has_default = bool(np.size(default)) or not count
    for index in np.flatnonzero((column.counts != count) & ~(has_default & ~present)).tolist():
        raise _wrong_context(batch, key, index, dtype, int(column.counts[index]), sizes)
    result = np.empty((len(present), count), dtype.numpy)
    if not np.all(present):
        result[...] = np.reshape(default, (1, -1))
    result[present] = column.values.reshape(-1, count)
    return result.reshape((*batch.outer, *sizes))


def _wrong_context(batch: Sequences, key: bytes, index: int, dtype: DType, have: int, sizes: tuple[int, ...]) -> Exception:
    shown = key.decode("utf-8", "replace")
    if batch.newer:
        return invalid(f"Inconsistent max number of elements for feature {shown}: expected {math.prod(sizes)}, but found {have}")
    if key not in batch.contexts[index]:
        return invalid(f"Name: {batch.names[index]}, Context feature '{shown}' is required but could not be found.")
    return invalid(
        f"Name: {batch.names[index]}, Key: {shown}, Index: {index}.  Number of {TYPE_NAMES[KIND_OF[dtype]]} values != expected.  "
        f"values size: {have} but output shape: {text(sizes)}"
    )


def context_sparse(batch: Sequences, key: bytes, dtype: DType) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A context feature of any length: indices, values and shape."""
    column, _ = _context(batch, key, dtype)
    rows, places = positions(column.counts)
    parts = [places] if batch.single else [rows, places]
    indices = np.stack(parts, axis=1).astype(np.int64).reshape(-1, len(parts))
    return indices, np.array(column.values), np.array([*batch.outer, int(column.counts.max(initial=0))], np.int64)


def context_ragged(batch: Sequences, key: bytes, dtype: DType, split_dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    """A context feature of any length: values, and where the rows begin and end."""
    column, _ = _context(batch, key, dtype)
    splits = np.concatenate([[0], np.cumsum(column.counts)])
    return np.array(column.values), (splits[:0] if batch.single else splits).astype(split_dtype.numpy)


# ------------------------------------------------------------------ lists of features


def _steps(batch: Sequences, key: bytes, dtype: DType) -> _Steps:
    found = [lists.get(key, []) for lists in batch.lists]
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    rows, places = positions(lengths)
    shown = key.decode("utf-8", "replace")

    def about(index: int) -> str:
        return f"Name: {batch.names[rows[index]]}, Feature list: {shown}, Index: {places[index]}"

    column = _decoded([cell for cells in found for cell in cells], dtype, about)
    return _Steps(np.array(column.values), column.counts, lengths)


def list_dense(batch: Sequences, key: bytes, dtype: DType, shape: Shape, may_miss: bool) -> tuple[np.ndarray, np.ndarray]:
    """A list of features that all have one shape, filled up to the longest list; and the lengths of the lists."""
    shown = key.decode("utf-8", "replace")
    for index, lists in enumerate(batch.lists):
        if key not in lists and not may_miss:
            raise invalid(
                f"Name: {batch.names[index]}, Feature list '{shown}' is required but could not be found.  Did you mean to include it in "
                "feature_list_dense_missing_assumed_empty or feature_list_dense_defaults?"
            )
    steps = _steps(batch, key, dtype)
    sizes: tuple[int, ...] = tuple(shape or ())
    for index in np.flatnonzero(steps.counts != math.prod(sizes))[:1].tolist():
        if batch.newer:
            raise invalid(
                f"Feature list '{shown}' has an unexpected number of values.  Total values size: {int(steps.counts.sum())} is not "
                f"consistent with output shape: {text((None, *sizes))}"
            )
        rows, places = positions(steps.lengths)
        raise invalid(
            f"Name: {batch.names[rows[index]]}, Key: {shown}, Index: {places[index]}.  Number of {TYPE_NAMES[KIND_OF[dtype]]} values != "
            f"expected.  values size: {int(steps.counts[index])} but output shape: {text(sizes)}"
        )
    values = steps.values.reshape(-1, *sizes)
    if batch.single:
        return values, steps.lengths.reshape(())
    longest = int(steps.lengths.max(initial=0))
    check_room((len(steps.lengths), longest, *sizes), values.itemsize)
    result = np.full((len(steps.lengths), longest, *sizes), empty_value(values.dtype), values.dtype)
    result[np.arange(longest) < steps.lengths[:, None]] = values
    return result, steps.lengths


def list_sparse(batch: Sequences, key: bytes, dtype: DType) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A list of features of any length: indices, values and shape."""
    steps = _steps(batch, key, dtype)
    step, place = positions(steps.counts)
    row, time = positions(steps.lengths)
    parts = [time[step], place] if batch.single else [row[step], time[step], place]
    indices = np.stack(parts, axis=1).astype(np.int64).reshape(-1, len(parts))
    longest = int(steps.lengths.max(initial=0)), int(steps.counts.max(initial=0))
    return indices, steps.values, np.array([*batch.outer, *longest], np.int64)


def list_ragged(batch: Sequences, key: bytes, dtype: DType, split_dtype: DType) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A list of features of any length: values, where the lists begin and end, and where the steps do."""
    steps = _steps(batch, key, dtype)
    outer = np.concatenate([[0], np.cumsum(steps.lengths)])
    inner = np.concatenate([[0], np.cumsum(steps.counts)])
    return steps.values, (outer[:0] if batch.single else outer).astype(split_dtype.numpy), inner.astype(split_dtype.numpy)
