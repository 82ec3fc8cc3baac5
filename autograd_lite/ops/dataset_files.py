"""Datasets of what files hold: lines, records, rows of CSV files and of databases."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import os
import tempfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.core import deadline, optional
from autograd_lite.core.dtypes import DType, as_dtype
from autograd_lite.core.errors import DataLossError, InvalidArgumentError
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.datasets import (
    MAKES_DATASET,
    TYPED,
    Dataset,
    Elements,
    Pass,
    as_int,
    as_text,
    release_attrs,
    text_scalar,
    texts,
    unless_failed,
)
from autograd_lite.wire.files import opened, translated
from autograd_lite.wire.tfrecord import TFRecordWriter, tf_record_iterator

_COMPRESSIONS = ("", "ZLIB", "GZIP")
_CHUNK = 1 << 18


class _Inflated(io.RawIOBase):
    """A file compressed with zlib, as a file that one reads from."""

    def __init__(self, file: Any) -> None:
        self._file, self._inflate, self._rest = file, zlib.decompressobj(), b""

    def readable(self) -> bool:
        """It is only read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        while not self._rest and not self._inflate.eof:
            data = self._inflate.unconsumed_tail or self._file.read(_CHUNK)
            if not data:
                break
            try:
                self._rest = self._inflate.decompress(data, _CHUNK)
            except zlib.error as error:
                raise DataLossError(None, None, f"The file is no zlib stream: {error}") from None
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


@contextlib.contextmanager
def reading(path: str, compression: str) -> Iterator[Any]:
    """A file, unpacked, to read bytes from."""
    with opened(path, "rb") as file, translated(path):
        if compression == "GZIP":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        elif compression == "ZLIB":
            yield io.BufferedReader(_Inflated(file))
        else:
            yield file


def _compression(value: Any) -> str:
    name = as_text(value)
    if name not in _COMPRESSIONS:
        raise invalid("Unsupported compression_type.")
    return name


@op(
    "TextLineDataset(filenames: string, compression_type: string, buffer_size: int64) -> handle: variant",
    host=("filenames", "compression_type", "buffer_size"),
    **release_attrs(),
    **MAKES_DATASET,
)
def text_line_dataset(xp, filenames, compression_type, buffer_size):
    """The lines of files, without the ends of the lines."""
    paths, compression = texts(filenames), _compression(compression_type)

    def generate(of: Pass) -> Elements:
        for path in paths:
            with reading(path, compression) as file:
                for line in file:
                    text = line[:-1] if line.endswith(b"\n") else line
                    yield (text_scalar(text[:-1] if text.endswith(b"\r") else text),)

    return Dataset(generate)


@op(
    "TFRecordDataset(filenames: string, compression_type: string, buffer_size: int64) -> handle: variant",
    host=("filenames", "compression_type", "buffer_size"),
    release_attrs={"2.21": {"metadata": ("string", "")}},
    **MAKES_DATASET,
)
def tf_record_dataset(xp, filenames, compression_type, buffer_size):
    """The records of TFRecord files."""
    paths, compression = texts(filenames), _compression(compression_type)

    def generate(of: Pass) -> Elements:
        for path in paths:
            for record in tf_record_iterator(path, compression):
                yield (text_scalar(record),)

    return Dataset(generate)


@op(
    "FixedLengthRecordDatasetV2(filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, buffer_size: int64, "
    "compression_type: string) -> handle: variant",
    host=("filenames", "header_bytes", "record_bytes", "footer_bytes", "buffer_size", "compression_type"),
    **release_attrs(),
    **MAKES_DATASET,
)
def fixed_length_record_dataset(xp, filenames, header_bytes, record_bytes, footer_bytes, buffer_size, compression_type):
    """Records of one length out of files, each with a header and a footer that are passed over."""
    paths, compression = texts(filenames), _compression(compression_type)
    header, length, footer = (as_int(value, "size") for value in (header_bytes, record_bytes, footer_bytes))
    if length <= 0:
        raise invalid("`record_bytes` must be > 0")
    if header < 0 or footer < 0:
        raise invalid("`header_bytes` and `footer_bytes` must be >= 0")

    def generate(of: Pass) -> Elements:
        for path in paths:
            with reading(path, compression) as file:
                yield from _records(file, path, header, length, footer)

    return Dataset(generate)


def _records(file: Any, path: str, header: int, length: int, footer: int) -> Elements:
    file.read(header)
    held = b""
    while True:
        data = file.read(max(length, _CHUNK))
        held += data
        while len(held) >= length + footer:
            yield (text_scalar(held[:length]),)
            held = held[length:]
        if not data:
            break
    if len(held) > footer:
        raise InvalidArgumentError(
            None,
            None,
            f"Excluding the header ({header} bytes) and footer ({footer} bytes), input file '{path}' has body length that is not a "
            f"multiple of the record length ({length} bytes): {len(held) - footer} bytes are left over.",
        )


@op(
    "DatasetToTFRecord(input_dataset: variant, filename: string, compression_type: string)",
    host=("filename", "compression_type"),
    **{key: value for key, value in MAKES_DATASET.items() if key != "shape"},
)
def dataset_to_tf_record(xp, input_dataset, filename, compression_type):
    """Write the elements of a dataset into a TFRecord file, which appears when it is complete."""
    of = Pass()
    try:
        with writing_records(as_text(filename), _compression(compression_type)) as writer:
            for (record,) in unless_failed(input_dataset.start(of)):
                deadline.check()
                writer.write(np.asarray(record, dtype=object).item())
    finally:
        of.end()


@contextlib.contextmanager
def writing_records(path: str, compression: str = "") -> Iterator[TFRecordWriter]:
    """A writer of a TFRecord file that takes its name when all is written; nothing is left when that fails."""
    folder, name = os.path.split(path)
    with translated(path):
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder or ".")
    os.close(descriptor)
    try:
        with TFRecordWriter(temporary, compression or None) as writer:
            yield writer
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


# -------------------------------------------------------------------- tables


@op(
    "CSVDataset(filenames: string, compression_type: string, buffer_size: int64, header: bool, field_delim: string, use_quote_delim: bool, "
    "na_value: string, select_cols: int64, record_defaults: list(output_types), *, output_shapes: list(shape) >= 1) -> handle: variant",
    host=("filenames", "compression_type", "buffer_size", "header", "field_delim", "use_quote_delim", "na_value", "select_cols",
          "record_defaults"),
    **MAKES_DATASET,
)  # fmt: skip
def csv_dataset(xp, filenames, compression_type, buffer_size, header, field_delim, use_quote_delim, na_value, select_cols,
                record_defaults, output_types):  # fmt: skip
    """The rows of CSV files, a component for each column."""
    paths, compression, delimiter = texts(filenames), _compression(compression_type), as_text(field_delim)
    missing, columns = as_text(na_value), np.asarray(select_cols).tolist()
    if len(delimiter) != 1:
        raise invalid("field_delim should be only 1 char")
    if columns != sorted(set(columns)) or any(column < 0 for column in columns):
        raise invalid("select_cols should be strictly increasing indices")
    quoting = csv.QUOTE_MINIMAL if bool(use_quote_delim) else csv.QUOTE_NONE
    has_header = bool(header)

    def generate(of: Pass) -> Elements:
        for path in paths:
            with reading(path, compression) as file:
                lines = io.TextIOWrapper(file, encoding="latin-1", newline="")
                rows = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
                if has_header:
                    next(rows, None)
                for row in rows:
                    if row:
                        yield _converted(row, columns, record_defaults, output_types, missing, path)

    return Dataset(generate)


def _converted(row: list[str], columns: list[int], defaults: list[Any], types: list[DType], missing: str, path: str) -> tuple[Any, ...]:
    if columns:
        if columns[-1] >= len(row):
            raise invalid(f"Expect at least {columns[-1] + 1} fields but have {len(row)} in record of {path}")
        row = [row[column] for column in columns]
    if len(row) != len(types):
        raise invalid(f"Expect {len(types)} fields but have {len(row)} in record of {path}")
    return tuple([_field(text, number, defaults[number], dtype, missing) for number, (text, dtype) in enumerate(zip(row, types))])


def _field(text: str, number: int, default: Any, dtype: DType, missing: str) -> Any:
    if text == "" or text == missing:
        if np.size(default) == 0:
            raise invalid(f"Field {number} is required but missing in record!")
        array = np.asarray(default).reshape(-1)
        return text_scalar(array[0]) if dtype.name == "string" else array[0]
    if dtype.name == "string":
        return text_scalar(text.encode("latin-1"))
    try:
        return dtype.numpy.type(int(text) if dtype.is_integer else text)
    except (ValueError, OverflowError):
        raise invalid(f"Field {number} in record is not a valid {dtype.name}: {text}") from None


@op(
    f"SqlDataset(driver_name: string, data_source_name: string, query: string, *, {TYPED}) -> handle: variant",
    host=("driver_name", "data_source_name", "query"),
    **MAKES_DATASET,
)
def sql_dataset(xp, driver_name, data_source_name, query, output_types):
    """The rows that an SQL query gives; of databases, SQLite is known."""
    driver, source, question = as_text(driver_name), as_text(data_source_name), as_text(query)
    if driver != "sqlite":
        raise invalid(f"The database type, {driver}, is not supported by SqlDataset. The set of supported databases is: {{'sqlite'}}.")
    types = [as_dtype(dtype) for dtype in output_types]

    def generate(of: Pass) -> Elements:
        sqlite3 = optional.load("sqlite3")  # a megabyte, and some Pythons are built without it
        try:
            with contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
                for row in connection.execute(question):
                    if len(row) != len(types):
                        raise invalid(f"The number of columns in query ({len(row)}) must match the number of elements ({len(types)})")
                    yield tuple([_of_database(value, dtype) for value, dtype in zip(row, types)])
        except sqlite3.Error as error:
            raise invalid(f"Failed to execute query: {error}") from None

    return Dataset(generate)


def _of_database(value: Any, dtype: DType) -> Any:
    if dtype.name == "string":
        return text_scalar(value if isinstance(value, bytes) else b"" if value is None else str(value).encode())
    return dtype.numpy.type(0 if value is None else value)
