"""Whole input pipelines out of files: CSV files with a header, and TFRecord files of `Example` messages."""

from __future__ import annotations

import csv
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.api.parsing import parse_example
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.type_specs import TensorSpec
from autograd_lite.lib.data.dataset import Dataset
from autograd_lite.lib.data.experimental import ignore_errors as passing_over_errors, parallel_interleave, shuffle_and_repeat
from autograd_lite.lib.data.readers import CsvDataset, TFRecordDataset
from autograd_lite.lib.io_gfile import glob
from autograd_lite.ops.dataset_files import reading

AUTOTUNE = -1
_INFERRED = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.string)  # the first that holds all values of a column


def _files(file_pattern: Any) -> list[str]:
    """The names of the files that match a pattern or several, sorted."""
    patterns = list(file_pattern) if isinstance(file_pattern, list | tuple) else [file_pattern]
    if not patterns:
        raise ValueError("Argument `file_pattern` should not be empty.")
    found = sorted(name for pattern in patterns for name in glob(pattern))
    if not found:
        raise ValueError(f"No files match `file_pattern` {patterns}.")
    return found


def _mixed(dataset: Dataset, num_epochs: int | None, shuffle: bool, buffer_size: int, seed: int | None) -> Dataset:
    """Shuffled and repeated, as wanted."""
    if shuffle and num_epochs != 1 and release().repeats_while_shuffling:
        return dataset.apply(shuffle_and_repeat(buffer_size, num_epochs, seed))
    if shuffle:
        dataset = dataset.shuffle(buffer_size, seed)
    return dataset.repeat(num_epochs) if num_epochs != 1 else dataset


# -------------------------------------------------------------------- CSV


@export("data.experimental.make_csv_dataset", "contrib.data.make_csv_dataset")
def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: str | None = None,
    ignore_errors: bool = False,
) -> Dataset:
    """Batches of the rows of CSV files: a dict from the name of a column to a vector, or a pair of such a dict and the labels.

    Args:
      file_pattern: a pattern of file names, or a list of them.
      batch_size: how many rows make a batch.
      column_names: the names of all columns; None reads them from the first line.
      column_defaults: for each column its value where a field is empty, or its dtype when a field must not be empty; None infers the
        types from the first rows: the first of int32, int64, float32, float64 and string that holds all values.
      label_name: the column that is the label.
      select_columns: the names or numbers of the columns wanted; None takes all.
      field_delim, use_quote_delim, na_value, header, compression_type: see `CsvDataset`.
      num_epochs: how often to read the files; None for ever. The last batch is smaller unless it is None.
      shuffle, shuffle_buffer_size, shuffle_seed: mix files and rows.
      prefetch_buffer_size: how many batches to make before they are asked for. num_parallel_reads, sloppy: read several files at a time.
      num_rows_for_inference: how many rows of each file to infer types from; None takes all.
      ignore_errors: pass over rows that cannot be read.

    Raises:
      ValueError: when no file matches, or names, numbers and defaults of columns do not fit.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "flowers.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("height,kind\\n1.5,rose\\n2.5,tulip\\n")
    >>> flowers = tf.data.experimental.make_csv_dataset(path, 2, label_name="kind", num_epochs=1, shuffle=False)
    >>> features, kinds = flowers.make_one_shot_iterator().get_next()
    >>> print(tf.Session().run([features["height"], kinds]))
    [array([1.5, 2.5], dtype=float32), array([b'rose', b'tulip'], dtype=object)]
    """
    files = _files(file_pattern)
    tables = _Tables(files, field_delim, use_quote_delim, header, compression_type)
    if column_names is None:
        if not header:
            raise ValueError("Expected `column_names` or `header` arguments. Neither is provided.")
        column_names = tables.names()
    _check_names(column_names)
    chosen = None if select_columns is None else _numbers(select_columns, column_names)
    if column_defaults is None:
        column_defaults = tables.inferred(range(len(column_names)) if chosen is None else chosen, na_value, num_rows_for_inference)
    elif chosen is not None and len(column_defaults) != len(chosen):
        raise ValueError(
            "If specified, `column_defaults` and `select_columns` must have the same length: `column_defaults` has length "
            f"{len(column_defaults)}, `select_columns` has length {len(chosen)}."
        )
    names = list(column_names) if chosen is None else [column_names[number] for number in chosen]
    if label_name is not None and label_name not in names:
        raise ValueError(f"`label_name` provided must be one of the columns: {names}. Received: {label_name}.")

    def rows_of(name: Any) -> Dataset:
        rows: Dataset = CsvDataset(name, column_defaults, compression_type, None, header, field_delim, use_quote_delim, na_value, chosen)
        return rows.apply(passing_over_errors()) if ignore_errors else rows

    def named(*columns: Any) -> Any:
        features = OrderedDict(zip(names, columns))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    rows = _of_files(files, rows_of, num_parallel_reads or 1, sloppy, shuffle, shuffle_seed)
    rows = _mixed(rows, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    batches = rows.batch(batch_size, drop_remainder=num_epochs is None).map(named)
    return batches.prefetch(AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size)


def _of_files(files: list[str], rows_of: Callable[[Any], Dataset], at_a_time: int, sloppy: bool, shuffle: bool, seed: int | None) -> Any:
    """What files hold, several files at a time."""
    names = Dataset.from_tensor_slices(files)
    if shuffle:
        names = names.shuffle(len(files), seed)
    return names.apply(parallel_interleave(rows_of, cycle_length=at_a_time, sloppy=sloppy))


def _check_names(names: Sequence[str]) -> None:
    twice = {name for name in names if list(names).count(name) > 1}
    if twice:
        raise ValueError(f"Either `column_names` argument or CSV header row contains duplicate column names: {twice}.")


def _numbers(chosen: Sequence[Any], names: Sequence[str]) -> list[int]:
    """The numbers of columns that are given by number or by name, in order."""
    known, found = {name: number for number, name in enumerate(names)}, []
    for column in chosen:
        if isinstance(column, str):
            if column not in known:
                raise ValueError(f"Column {column} specified in `select_columns` must be of one of the columns: {known.keys()}.")
            found.append(known[column])
            continue
        if not 0 <= column < len(names):
            raise ValueError(
                f"Column index {column} specified in `select_columns` should be > 0  and <= {len(names)}, which is the number of columns."
            )
        found.append(int(column))
    if len(found) != len(set(found)):
        raise ValueError("`select_columns` contains duplicate columns")
    return sorted(found)


class _Tables:
    """CSV files, looked into for the names and types of their columns."""

    def __init__(self, files: list[str], delimiter: str, quotes: bool, header: bool, compression: str | None) -> None:
        self._files, self._header, self._compression = files, header, compression or ""
        self._how: dict[str, Any] = {"delimiter": delimiter, "quoting": csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE}

    def _rows(self, path: str) -> Any:
        with reading(path, self._compression) as file:
            yield from csv.reader((line.decode("utf-8", "surrogateescape") for line in file), **self._how)

    def names(self) -> list[str]:
        """The names of the columns, from the first lines of the files.

        Raises:
          ValueError: when they differ, or a file is empty.
        """
        names: list[str] | None = None
        for path in self._files:
            found = next(self._rows(path), None)
            if found is None:
                raise ValueError(f"Cannot read the header of {path}: the file is empty.")
            if names is not None and found != names:
                raise ValueError(
                    f"All input CSV files should have the same column names in the header row. File {path} has different column names."
                )
            names = found
        return names or []

    def inferred(self, columns: Sequence[int], missing: str, most: int | None) -> list[np.ndarray]:
        """For each column an array with the value of an empty field, of the type that was inferred."""
        levels = [0] * len(columns)
        seen = [False] * len(columns)
        for path in self._files:
            for number, row in enumerate(self._rows(path), start=-1 if self._header else 0):
                if number < 0 or not row:
                    continue
                if most is not None and number >= most:
                    break
                for place, column in enumerate(columns):
                    text = row[column] if column < len(row) else ""
                    if text not in ("", missing):
                        seen[place] = True
                        levels[place] = _level(text, levels[place])
        types = [_INFERRED[level] if known else dtypes.string for level, known in zip(levels, seen)]
        return [np.array([b""], object) if dtype is dtypes.string else np.zeros(1, dtype.numpy) for dtype in types]


def _level(text: str, lowest: int) -> int:
    """The first type, not before the one numbered `lowest`, that a text is a value of."""
    for level in range(lowest, len(_INFERRED) - 1):
        dtype = _INFERRED[level]
        try:
            number: Any = int(text) if dtype.is_integer else float(text)
        except ValueError:
            continue
        if not math.isfinite(number) or int(dtype.min) <= number <= int(dtype.max):
            return level
    return len(_INFERRED) - 1


# -------------------------------------------------------------------- Example messages


@export("data.experimental.parse_example_dataset", "contrib.data.parse_example_dataset")
def parse_example_dataset(features: dict[str, Any], num_parallel_calls: int = 1) -> Callable[[Dataset], Dataset]:
    """Read batches of serialized `Example`s as dicts of tensors.

    Args:
      features: key -> FixedLenFeature, VarLenFeature or SparseFeature.
      num_parallel_calls: read so many batches at a time.

    Raises:
      ValueError: when there are no features. TypeError, when applied: unless the elements are vectors of strings.

    >>> parse = tf.data.experimental.parse_example_dataset({"age": tf.FixedLenFeature([], tf.int64)})
    >>> tf.data.TFRecordDataset("people.tfrecord").batch(8).apply(parse).output_types
    {'age': tf.int64}
    """
    if features is None:
        raise ValueError("Missing: `features` was None.")

    def apply(dataset: Dataset) -> Dataset:
        if dataset.element_spec != TensorSpec(dataset.output_shapes, dtypes.string) or dataset.output_shapes.ndims != 1:
            raise TypeError("Input dataset should be a dataset of vectors of strings.")
        calls = None if num_parallel_calls == 1 else num_parallel_calls
        return dataset.map(lambda serialized: parse_example(serialized, features), num_parallel_calls=calls)

    return apply


@export("data.experimental.make_batched_features_dataset", "contrib.data.make_batched_features_dataset")
def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: int,
    features: dict[str, Any],
    reader: Callable[..., Any] = TFRecordDataset,
    label_key: str | None = None,
    reader_args: Sequence[Any] | None = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    reader_num_threads: int | None = None,
    parser_num_threads: int | None = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> Dataset:
    """Batches of the `Example`s in files: a dict of tensors, or a pair of such a dict and the labels.

    Args:
      file_pattern: a pattern of file names, or a list of them. batch_size: how many Examples make a batch.
      features: key -> FixedLenFeature, VarLenFeature or SparseFeature. label_key: the feature that is the label.
      reader: makes a dataset of serialized Examples of a file name and `reader_args`.
      num_epochs: how often to read the files; None for ever.
      shuffle, shuffle_buffer_size, shuffle_seed: mix files and Examples.
      prefetch_buffer_size: how many batches to make before they are asked for.
      reader_num_threads, parser_num_threads, sloppy_ordering: read and parse several at a time.
      drop_final_batch: leave out the last batch if it is smaller.

    Raises:
      ValueError: when no file matches, or `label_key` is no feature.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "people.tfrecord")
    >>> with tf.python_io.TFRecordWriter(path) as writer:
    ...     ages = tf.train.Feature(int64_list=tf.train.Int64List(value=[41]))
    ...     writer.write(tf.train.Example(features=tf.train.Features(feature={"age": ages})).SerializeToString())
    >>> features = {"age": tf.FixedLenFeature([], tf.int64)}
    >>> people = tf.data.experimental.make_batched_features_dataset(path, 2, features)
    >>> print(tf.Session().run(people.make_one_shot_iterator().get_next()["age"]))
    [41 41]
    """
    files, given = _files(file_pattern), list(reader_args or ())
    if label_key is not None and label_key not in features:
        raise ValueError(f"The `label_key` provided ({label_key}) must be one of the `features` keys: {features.keys()}.")
    records = _of_files(files, lambda name: reader(name, *given), reader_num_threads or 1, sloppy_ordering, shuffle, shuffle_seed)
    if records.output_types == (dtypes.string, dtypes.string):  # a key and an Example
        records = records.map(lambda _, serialized: serialized)
    records = _mixed(records, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    batches = records.batch(batch_size, drop_remainder=drop_final_batch or num_epochs is None)
    batches = batches.apply(parse_example_dataset(features, 2 if parser_num_threads is None else parser_num_threads))
    if label_key is not None:
        batches = batches.map(lambda parsed: (parsed, parsed.pop(label_key)))
    return batches.prefetch(AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size)
