"""What fills lookup tables: keys and values given as tensors, or the lines of a text file."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import add_to_collection
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


@export("contrib.lookup.TableInitializerBase")
class TableInitializerBase:
    """The base of what fills tables: the types of keys and values.

    Args:
      key_dtype, value_dtype: element types.
    """

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self) -> dtypes.DType:
        """The type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """The type of the values."""
        return self._value_dtype

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`."""
        raise NotImplementedError

    @property
    def _shared_name(self) -> str:
        """The name under which all tables with this content are one."""
        return ""


def check_table_dtypes(table: Any, key_dtype: Any, value_dtype: Any) -> None:
    """Raise TypeError unless a table has keys and values of these types."""
    if key_dtype.base_dtype != table.key_dtype:
        raise TypeError(f"Invalid key dtype, expected {table.key_dtype} but got {key_dtype}.")
    if value_dtype.base_dtype != table.value_dtype:
        raise TypeError(f"Invalid value dtype, expected {table.value_dtype} but got {value_dtype}.")


def _collected(operation: Any) -> Operation:
    add_to_collection(GraphKeys.TABLE_INITIALIZERS, operation)
    return operation


@export("lookup.KeyValueTensorInitializer", "contrib.lookup.KeyValueTensorInitializer")
class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table with keys and values that are given as tensors, lists or arrays.

    Args:
      keys, values: one-dimensional, of one length. key_dtype, value_dtype: their types, if they should not follow from them.
      name: the scope of the initializing node; "key_value_init" when None.

    >>> import autograd_lite as tf
    >>> tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]).value_dtype
    tf.int32
    """

    def __init__(self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None, name: str | None = None) -> None:
        self._keys = convert_to_tensor(keys, dtype=key_dtype, name="keys")
        self._values = convert_to_tensor(values, dtype=value_dtype, name="values")
        self._name = "key_value_init" if name is None else name
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`.

        Raises:
          TypeError: its types are others.
        """
        check_table_dtypes(table, self._keys.dtype, self._values.dtype)
        with building(self._name, None, [table.resource_handle, self._keys, self._values]):
            return _collected(raw.LookupTableImportV2(table.resource_handle, self._keys, self._values))


@export("lookup.TextFileIndex", "contrib.lookup.TextFileIndex")
class TextFileIndex:
    """What is taken of a line, besides a column: all of it, or its number."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


@export("lookup.TextFileInitializer", "contrib.lookup.TextFileInitializer")
class TextFileInitializer(TableInitializerBase):
    """Fills a table from a text file: a line for each key.

    Args:
      filename: the file, also as a tensor; it becomes an asset of a SavedModel.
      key_dtype, key_index: type of the keys, and where they stand: a column (from 0 on), or one of `TextFileIndex`.
      value_dtype, value_index: the same of the values.
      vocab_size: the number of lines to read; None reads all.
      delimiter: what stands between columns.
      name: the scope of the initializing node; "text_file_init" when None.

    Raises:
      ValueError: no file name, or indices and types that do not fit together.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
    ) -> None:
        if not isinstance(filename, Tensor) and not filename:
            old = release().older_error_texts
            raise ValueError(f"Filename required for {name}." if old else "`filename` argument required for tf.lookup.TextFileInitializer")
        super().__init__(key_dtype, value_dtype)
        _check_column("key", self._key_dtype, key_index)
        _check_column("value", self._value_dtype, value_index)
        if vocab_size is not None and vocab_size <= 0:
            old = release().older_error_texts
            raise ValueError(f"Invalid vocab_size {vocab_size}." if old else f"`vocab_size` should be > 0, received: {vocab_size}")
        self._filename_given = filename
        self._filename = convert_to_tensor(filename, dtypes.string, name="asset_path")
        self._key_index, self._value_index = key_index, value_index
        self._vocab_size = vocab_size
        self._delimiter = delimiter
        self._name = "text_file_init" if name is None else name

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`.

        Raises:
          TypeError: its types are others.
        """
        check_table_dtypes(table, self._key_dtype, self._value_dtype)
        with building(self._name, None, [table.resource_handle]):
            operation = raw.InitializeTableFromTextFileV2(
                table.resource_handle,
                self._filename,
                key_index=self._key_index,
                value_index=self._value_index,
                vocab_size=-1 if self._vocab_size is None else self._vocab_size,
                delimiter=self._delimiter,
            )
        _collected(operation)
        if constant_value(self._filename) is not None:
            add_to_collection(GraphKeys.ASSET_FILEPATHS, self._filename)
        return operation

    @property
    def _shared_name(self) -> str:
        if isinstance(self._filename_given, Tensor):
            return ""
        size = "" if self._vocab_size is None else f"{self._vocab_size}_"
        return f"hash_table_{self._filename_given}_{size}{self._key_index}_{self._value_index}"


def _check_column(what: str, dtype: dtypes.DType, index: int) -> None:
    """Whether a column can be of this type; the errors are TensorFlow's, in the words of the release."""
    old = release().older_error_texts
    wrong_number = index == TextFileIndex.LINE_NUMBER and dtype != dtypes.int64
    wrong_line = index == TextFileIndex.WHOLE_LINE and not (dtype == dtypes.string or what == "key" and dtype.is_integer)
    if not (wrong_number or wrong_line or index < -2):
        return
    if index < -2:
        raise ValueError(f"Invalid {what} index {index}." if old else f"`{what}_index` should be >= -2, received: {index}.")
    if old:
        wanted = f"dtype {dtypes.int64}" if wrong_number else "integer or string" if what == "key" else f"dtype {dtypes.string}"
        raise ValueError(f"Signature mismatch. {what.capitalize()}s must be {wanted}, got {dtype}.")
    if what == "key" and wrong_line:
        raise ValueError(f"`key_dtype` should be either integer or string for `key_index` -2, received: {dtype}")
    joint = "if `key_index` is" if what == "key" else "for `value_index`"
    raise ValueError(f"`{what}_dtype` must be {'int64' if wrong_number else 'string'} {joint} {index}, received: {dtype}")


@export("contrib.lookup.TextFileStringTableInitializer")
class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from line numbers to lines (or to a column)."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.LINE_NUMBER,
        value_column_index: int = TextFileIndex.WHOLE_LINE,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str = "text_file_string_table_init",
    ) -> None:
        super().__init__(filename, dtypes.int64, key_column_index, dtypes.string, value_column_index, vocab_size, delimiter, name)


@export("contrib.lookup.TextFileIdTableInitializer")
class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from lines (or a column) to line numbers."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.WHOLE_LINE,
        value_column_index: int = TextFileIndex.LINE_NUMBER,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str = "text_file_id_table_init",
        key_dtype: Any = dtypes.string,
    ) -> None:
        super().__init__(filename, key_dtype, key_column_index, dtypes.int64, value_column_index, vocab_size, delimiter, name)
