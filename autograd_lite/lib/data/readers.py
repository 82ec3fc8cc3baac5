"""Datasets of what files hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.type_specs import TensorSpec
from autograd_lite.lib.data import structure as structures
from autograd_lite.lib.data.base import DatasetBase
from autograd_lite.lib.data.dataset import Dataset
from autograd_lite.lib.data.seeds import dataset_seeds

BUFFER_BYTES = 256 * 1024
_TEXT = TensorSpec([], dtypes.string)


def _file_names(filenames: Any) -> Dataset:
    """A dataset of file names, from a text, a list of texts, a tensor or a dataset.

    Raises:
      TypeError: when they are no text. ValueError: when they have more than one axis.
    """
    if isinstance(filenames, DatasetBase):
        if filenames.output_types != dtypes.string:
            raise TypeError(f"`filenames` must be a `tf.data.Dataset` of `tf.string` elements.\n  They are {filenames.output_types}.")
        if not filenames.output_shapes.is_compatible_with([]):
            raise TypeError("`filenames` must be a `tf.data.Dataset` of scalar `tf.string` elements.")
        return filenames  # type: ignore[return-value]
    names = convert_to_tensor(filenames, dtypes.string)
    if names.dtype != dtypes.string:
        raise TypeError("`filenames` must be a `tf.Tensor` of `tf.string` elements.")
    return Dataset.from_tensor_slices(raw.Reshape(names, [-1], name="flat_filenames"))


def _text(value: str | None, name: str) -> Tensor:
    return convert_to_tensor("" if value is None else value, dtypes.string, name)


def _size(value: int | None, name: str, default: int) -> Tensor:
    return convert_to_tensor(default if value is None else value, dtypes.int64, name)


class _FromFiles(Dataset):
    """A dataset of what one op reads out of one file after the other."""

    def __init__(self, filenames: Any, num_parallel_reads: int | None) -> None:
        names = _file_names(filenames)

        def of_one(name: Tensor) -> Dataset:
            return Dataset._from_variant(self._of_one(name), _TEXT)

        if num_parallel_reads is None:
            read = names.flat_map(of_one)
        else:
            read = names.interleave(of_one, cycle_length=num_parallel_reads, num_parallel_calls=num_parallel_reads)
        self._set(read._variant_tensor, _TEXT)

    def _of_one(self, name: Tensor) -> Tensor:
        raise NotImplementedError


@export("data.TextLineDataset")
class TextLineDataset(_FromFiles):
    """The lines of one or more text files, without the ends of the lines.

    Args:
      filenames: a name, a list or tensor of names, or a dataset of names.
      compression_type: "", "ZLIB" or "GZIP".
      buffer_size: accepted; files are read in pieces of fitting size.
      num_parallel_reads: read so many files at a time; None reads one after the other.

    >>> tf.data.TextLineDataset("poem.txt").output_types
    tf.string
    """

    def __init__(self, filenames: Any, compression_type: str | None = None, buffer_size: int | None = None,
                 num_parallel_reads: int | None = None) -> None:  # fmt: skip
        self._read_as = compression_type, buffer_size
        super().__init__(filenames, num_parallel_reads)

    def _of_one(self, name: Tensor) -> Tensor:
        compression_type, buffer_size = self._read_as
        return raw.TextLineDataset(name, _text(compression_type, "compression_type"), _size(buffer_size, "buffer_size", BUFFER_BYTES))


@export("data.TFRecordDataset")
class TFRecordDataset(_FromFiles):
    """The records of one or more TFRecord files, as byte strings; `tf.parse_single_example` reads them.

    Args:
      filenames: a name, a list or tensor of names, or a dataset of names.
      compression_type: "", "ZLIB" or "GZIP".
      buffer_size: accepted; files are read in pieces of fitting size.
      num_parallel_reads: read so many files at a time; None reads one after the other.

    >>> tf.data.TFRecordDataset(["train-0.tfrecord", "train-1.tfrecord"]).output_shapes
    TensorShape([])
    """

    def __init__(self, filenames: Any, compression_type: str | None = None, buffer_size: int | None = None,
                 num_parallel_reads: int | None = None) -> None:  # fmt: skip
        self._read_as = compression_type, buffer_size
        super().__init__(filenames, num_parallel_reads)

    def _of_one(self, name: Tensor) -> Tensor:
        compression_type, buffer_size = self._read_as
        return raw.TFRecordDataset(name, _text(compression_type, "compression_type"), _size(buffer_size, "buffer_size", BUFFER_BYTES))


@export("data.FixedLengthRecordDataset")
class FixedLengthRecordDataset(_FromFiles):
    """Records of one length out of one or more binary files.

    Args:
      filenames: a name, a list or tensor of names, or a dataset of names.
      record_bytes: the length of a record. header_bytes, footer_bytes: how much to pass over at both ends of a file.
      buffer_size: accepted; files are read in pieces of fitting size.
      compression_type: "", "ZLIB" or "GZIP".
      num_parallel_reads: read so many files at a time; None reads one after the other.

    >>> tf.data.FixedLengthRecordDataset("cifar.bin", record_bytes=3073).output_types
    tf.string
    """

    def __init__(self, filenames: Any, record_bytes: Any, header_bytes: Any = None, footer_bytes: Any = None,
                 buffer_size: int | None = None, compression_type: str | None = None,
                 num_parallel_reads: int | None = None) -> None:  # fmt: skip
        self._read_as = record_bytes, header_bytes, footer_bytes, buffer_size, compression_type
        super().__init__(filenames, num_parallel_reads)

    def _of_one(self, name: Tensor) -> Tensor:
        record_bytes, header_bytes, footer_bytes, buffer_size, compression_type = self._read_as
        return raw.FixedLengthRecordDatasetV2(
            name, _size(header_bytes, "header_bytes", 0), _size(record_bytes, "record_bytes", 0), _size(footer_bytes, "footer_bytes", 0),
            _size(buffer_size, "buffer_size", BUFFER_BYTES), _text(compression_type, "compression_type"),
        )  # fmt: skip


@export("data.experimental.CsvDataset", "contrib.data.CsvDataset")
class CsvDataset(Dataset):
    """The rows of one or more CSV files, one scalar tensor for each column.

    Args:
      filenames: a name, or a list or tensor of names.
      record_defaults: for each column its value where a field is empty, or its dtype when a field must not be empty.
      compression_type: "", "ZLIB" or "GZIP". buffer_size: accepted.
      header: the files begin with a line of names. field_delim: what stands between fields.
      use_quote_delim: fields may stand in quotes. na_value: a text that means an empty field.
      select_cols: the numbers of the columns wanted, in order; None takes all.

    >>> rows = tf.data.experimental.CsvDataset("houses.csv", [tf.float32, [0]], header=True)
    >>> rows.output_types
    (tf.float32, tf.int32)
    """

    def __init__(self, filenames: Any, record_defaults: Sequence[Any], compression_type: str | None = None, buffer_size: int | None = None,
                 header: bool = False, field_delim: str = ",", use_quote_delim: bool = True, na_value: str = "",
                 select_cols: Sequence[int] | None = None) -> None:  # fmt: skip
        names = convert_to_tensor(filenames, dtypes.string, "filenames")
        compression = _text(compression_type, "compression_type")
        defaults = [_default(value) for value in record_defaults]
        structure = tuple(TensorSpec([], value.dtype) for value in defaults)
        columns = np.array([] if select_cols is None else select_cols, np.int64)
        made = raw.CSVDataset(
            names, compression, _size(buffer_size, "buffer_size", 4 * 1024 * 1024), convert_to_tensor(header, dtypes.bool_, "header"),
            _text(field_delim, "field_delim"), convert_to_tensor(use_quote_delim, dtypes.bool_, "use_quote_delim"),
            _text(na_value, "na_value"), convert_to_tensor(columns, dtypes.int64, "select_cols"), defaults,
            output_shapes=structures.shapes_of(structure),
        )  # fmt: skip
        self._set(made, structure)


def _default(value: Any) -> Tensor:
    """The default of a column; a dtype alone becomes an empty tensor."""
    if isinstance(value, dtypes.DType):
        return convert_to_tensor(np.empty(0, value.numpy), value)
    tensor = convert_to_tensor(value, name="record_defaults")
    if tensor.shape.ndims == 0:
        return raw.Reshape(tensor, [1])
    return tensor


@export("data.experimental.SqlDataset", "contrib.data.SqlDataset")
class SqlDataset(Dataset):
    """The rows that an SQL query gives.

    Args:
      driver_name: "sqlite". data_source_name: the file of the database. query: the SQL text. output_types: the types of the columns.

    >>> rows = tf.data.experimental.SqlDataset("sqlite", "flowers.db", "SELECT name, height FROM flowers", (tf.string, tf.float64))
    >>> rows.output_types
    (tf.string, tf.float64)
    """

    def __init__(self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any) -> None:
        structure = structures.mapped(lambda dtype: TensorSpec([], dtype), output_types)
        texts = _text(driver_name, "driver_name"), _text(data_source_name, "data_source_name"), _text(query, "query")
        self._set(raw.SqlDataset(*texts, **structures.typed(structure)), structure)


@export("data.experimental.RandomDataset", "contrib.data.RandomDataset")
class RandomDataset(Dataset):
    """Random integers from 0 to 2^32 - 1, without an end.

    >>> tf.data.experimental.RandomDataset(seed=3).output_types
    tf.int64
    """

    def __init__(self, seed: int | None = None) -> None:
        structure = TensorSpec([], dtypes.int64)
        self._set(raw.RandomDataset(*dataset_seeds(seed), **structures.typed(structure)), structure)
