"""Vocabularies: tables from words to their numbers and back, with buckets for words that are not in them."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from autograd_lite.api.arrays import size as size_of
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_
from autograd_lite.api.math import add
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, export_constant
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.table import TABLE
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.lookup_initializers import KeyValueTensorInitializer, TextFileIndex, TextFileInitializer
from autograd_lite.lib.lookup_tables import LookupInterface, StaticHashTable

HasherSpec = namedtuple("HasherSpec", ["hasher", "key"])
HasherSpec.__doc__ = "Which hash function puts unknown words into buckets, and its key."
export("contrib.lookup.HasherSpec")(HasherSpec)
FastHashSpec = HasherSpec("fasthash", None)
export_constant(__name__, "FastHashSpec", "contrib.lookup.FastHashSpec")


@export("contrib.lookup.StrongHashSpec")
class StrongHashSpec(HasherSpec):
    """The hash function whose results nobody can foresee who does not know the key.

    Args:
      key: two integers.

    Raises:
      ValueError: `key` is something else.
    """

    __slots__ = ()

    def __new__(cls, key: Any) -> StrongHashSpec:
        """Check the key."""
        if len(key) != 2:
            raise ValueError(f"key must have size 2, got {len(key)}.")
        if not all(isinstance(number, int) for number in key):
            raise TypeError("Invalid key. Must be unsigned integer.")
        return super().__new__(cls, "stronghash", key)


def _buckets(words: Any, count: int, spec: Any) -> Tensor:
    """The bucket of every word."""
    if spec.hasher == "stronghash":
        return raw.StringToHashBucketStrong(words, num_buckets=count, key=list(spec.key), name="hash_bucket")
    if spec.hasher != "fasthash":
        raise ValueError(f"Unknown hasher {spec.hasher}")
    return raw.StringToHashBucketFast(words, num_buckets=count, name="hash_bucket")


class _WithBuckets(LookupInterface):
    """A table of numbers, or none, and behind its numbers one for each bucket of other keys."""

    _table: Any
    _num_oov_buckets: int
    _spec: Any = FastHashSpec
    _bare_name = "hash_bucket"

    @property
    def name(self) -> str:
        """The name of the table, without its scopes."""
        return self._bare_name if self._table is None else self._table.name

    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the inner table, or None when there are only buckets."""
        return None if self._table is None else self._table.resource_handle

    @property
    def initializer(self) -> Any:
        """The operation that fills the inner table; one that does nothing when there are only buckets."""
        return raw.NoOp() if self._table is None else self._table.initializer

    def size(self, name: str | None = None) -> Any:
        """The number of keys and buckets."""
        with building(name, f"{self.name}_Size"):
            if self._table is None:
                return convert_to_tensor(self._num_oov_buckets, dtypes.int64)
            return self._table.size() + self._num_oov_buckets

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The numbers of keys: those of the table, or of their bucket.

        Raises:
          TypeError: the keys are not of the table's type.
        """
        with in_current_scope([] if self._table is None else [self.resource_handle]):
            keys = self._checked_keys(keys)
            flat = keys.values if isinstance(keys, SparseTensor) else keys
            if self._table is not None and self._table.key_dtype == dtypes.int64 and flat.dtype.base_dtype != dtypes.int64:
                flat = cast(flat, dtypes.int64)
            numbers = flat
            if not self._num_oov_buckets:
                numbers = self._table.lookup(flat, name=name)
            else:
                with building(name, f"{self.name}_Lookup"):
                    numbers = self._with_buckets(flat)
            return SparseTensor(keys.indices, numbers, keys.dense_shape) if isinstance(keys, SparseTensor) else numbers

    def _with_buckets(self, keys: Tensor) -> Tensor:
        words = keys if keys.dtype.base_dtype == dtypes.string else raw.AsString(keys)
        buckets = _buckets(words, self._num_oov_buckets, self._spec)
        if self._table is None:
            return buckets
        numbers = self._table.lookup(keys)
        buckets = add(buckets, self._table.size())
        known = raw.NotEqual(numbers, self._table.default_value)
        return TABLE[release().select_type](known, numbers, buckets)


@export("contrib.lookup.IdTableWithHashBuckets")
class IdTableWithHashBuckets(_WithBuckets):
    """Gives keys the numbers of a table, and those that it does not know one of `num_oov_buckets` numbers behind these.

    Args:
      table: from keys to int64, or None. num_oov_buckets: how many buckets. hasher_spec: the hash function.
      name: used when there is no table. key_dtype: strings or integers; as the table's when None.

    Raises:
      ValueError: neither table nor buckets. TypeError: types that do not fit.
    """

    def __init__(
        self, table: Any, num_oov_buckets: int, hasher_spec: Any = FastHashSpec, name: str | None = None, key_dtype: Any = None
    ) -> None:
        self._bare_name = name.rstrip("/") if name else "hash_bucket"
        key_dtype = (dtypes.string if table is None else table.key_dtype) if key_dtype is None else dtypes.as_dtype(key_dtype)
        if table is not None:
            _check_key_dtype(table.key_dtype, key_dtype, "table")
        elif num_oov_buckets <= 0:
            raise ValueError("oov_buckets must be > 0 if no table is supplied.")
        if table is None and key_dtype not in (dtypes.int64, dtypes.string):
            raise TypeError(f"Invalid key_dtype, expected one of {[dtypes.int64, dtypes.string]}, received {key_dtype}.")
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(f"hasher_spec must be of type HasherSpec, got {type(hasher_spec)}")
        self._table, self._num_oov_buckets, self._spec = table, num_oov_buckets, hasher_spec
        super().__init__(key_dtype, dtypes.int64)


def _check_key_dtype(inner: dtypes.DType, outer: dtypes.DType, what: str) -> None:
    if inner.is_integer != outer.is_integer:
        raise TypeError(f"Invalid key dtype, expected {'integer' if inner.is_integer else inner} for the {what}, received {outer}.")


@export("lookup.StaticVocabularyTable")
class StaticVocabularyTable(_WithBuckets):
    """Gives words the numbers of a vocabulary, and unknown ones a number behind these, by their hash value.

    Args:
      initializer: what fills it, with int64 values; None: all keys are unknown.
      num_oov_buckets: how many numbers there are for unknown keys, at least 1.
      lookup_key_dtype: the type of keys looked up; that of the initializer when None.
      name: the name of its node; "hash_table" when None.

    Raises:
      ValueError: no buckets. TypeError: types that do not fit.

    >>> import autograd_lite as tf
    >>> words = tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([0, 1], tf.int64))
    >>> found = tf.lookup.StaticVocabularyTable(words, num_oov_buckets=1).lookup(tf.constant(["b", "z"]))
    >>> with tf.Session() as session:
    ...     session.run(tf.tables_initializer())
    ...     session.run(found)
    array([1, 2])
    """

    def __init__(self, initializer: Any, num_oov_buckets: int, lookup_key_dtype: Any = None, name: str | None = None) -> None:
        if num_oov_buckets <= 0:
            old = release().older_error_texts
            raise ValueError("oov_buckets must be > 0." if old else "`num_oov_buckets` must be > 0; use StaticHashTable.")
        if initializer is not None:
            if initializer.value_dtype != dtypes.int64:
                raise TypeError(f"Invalid value dtype, expected {dtypes.int64} but got {initializer.value_dtype}.")
            lookup_key_dtype = initializer.key_dtype if lookup_key_dtype is None else dtypes.as_dtype(lookup_key_dtype)
            _check_key_dtype(initializer.key_dtype, lookup_key_dtype, "initializer")
        elif lookup_key_dtype is None or dtypes.as_dtype(lookup_key_dtype) not in (dtypes.int64, dtypes.string):
            raise TypeError(f"Invalid key dtype, expected one of {[dtypes.int64, dtypes.string]}, but got {lookup_key_dtype}.")
        super().__init__(lookup_key_dtype, dtypes.int64)
        self._table = None if initializer is None else StaticHashTable(initializer, -1, name=name)
        self._bare_name = name or "hash_bucket"
        self._num_oov_buckets = num_oov_buckets


def _check_buckets(count: int, stand_in: str) -> None:
    if count < 0:
        raise ValueError(f"{stand_in} must be greater or equal than 0, got {count}.")


def _quoted(name: str) -> str:
    """The name of an argument in an error: 2.21 puts it into backticks."""
    return name if release().older_error_texts else f"`{name}`"


def _with_unknown(table: Any, count: int, hasher_spec: Any, scope: str, key_dtype: Any) -> Any:
    return IdTableWithHashBuckets(table, count, hasher_spec, scope, key_dtype) if count else table


@export("contrib.lookup.index_table_from_file")
def index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: Any = FastHashSpec,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
    key_column_index: int = TextFileIndex.WHOLE_LINE,
    value_column_index: int = TextFileIndex.LINE_NUMBER,
    delimiter: str = "\t",
) -> Any:
    """A table from the lines of a file to their numbers; unknown words get a bucket or `default_value`.

    Args:
      vocabulary_file: a word a line. num_oov_buckets: how many numbers there are for unknown words.
      vocab_size: how many lines to read; None: all. default_value: of unknown words when there are no buckets.
      hasher_spec: the hash function of the buckets. key_dtype: strings or integers. name: the scope.
      key_column_index, value_column_index, delimiter: as in `TextFileInitializer`.

    Raises:
      ValueError: no file, or wrong numbers. TypeError: keys of a wrong type.
    """
    if vocabulary_file is None or isinstance(vocabulary_file, str | bytes) and not vocabulary_file:
        old = release().older_error_texts
        raise ValueError("vocabulary_file must be specified and must not be empty." if old
                         else "`vocabulary_file` must be specified and must not be empty.")  # fmt: skip
    _check_buckets(num_oov_buckets, "num_oov_buckets")
    if vocab_size is not None and vocab_size < 1:
        shown = f", got {vocab_size} for vocabulary_file: {vocabulary_file}."
        raise ValueError(f"{_quoted('vocab_size')} must be greater than 0{shown}")
    key_dtype = dtypes.as_dtype(key_dtype)
    if not key_dtype.is_integer and key_dtype != dtypes.string:
        raise TypeError("Only integer and string keys are supported." if release().older_error_texts
                        else "Dtype for `keys` should be either integer or string.")  # fmt: skip
    with building(name, "string_to_index") as scope:
        with building("hash_table"):
            stored = dtypes.int64 if key_dtype.is_integer else key_dtype
            lines = TextFileInitializer(
                vocabulary_file, stored, key_column_index, dtypes.int64, value_column_index, vocab_size, delimiter, "table_init"
            )
            table = StaticHashTable(lines, default_value)
        return _with_unknown(table, num_oov_buckets, hasher_spec, scope, key_dtype)


def index_table_from_list(
    vocabulary_list: Any, num_oov_buckets: int = 0, default_value: int = -1, hasher_spec: Any = FastHashSpec,
    dtype: Any = dtypes.string, name: str | None = None,
) -> Any:  # fmt: skip
    """A table from the words of a vector to their positions, as `tf.contrib.lookup.index_table_from_tensor` gives it."""
    if vocabulary_list is None:
        raise ValueError(f"{_quoted('vocabulary_list')} must be specified.")
    _check_buckets(num_oov_buckets, _quoted("num_oov_buckets"))
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_integer and dtype != dtypes.string:
        raise TypeError("Only integer and string keys are supported.")
    with building(name, "string_to_index") as scope:
        keys = convert_to_tensor(vocabulary_list)
        if keys.dtype.is_integer != dtype.is_integer:
            if release().older_error_texts:
                raise ValueError(f"Expected {'integer' if dtype.is_integer else dtype}, got {keys.dtype}.")
            raise ValueError(f"Invalid `dtype`: Expected {'integer' if dtype.is_integer else dtype}, got {keys.dtype}.")
        numbers = cast(range_(size_of(keys)), dtypes.int64)
        with building("hash_table"):
            stored = cast(keys, dtypes.int64) if keys.dtype.is_integer else keys
            words = KeyValueTensorInitializer(stored, numbers, stored.dtype.base_dtype, dtypes.int64, name="table_init")
            table = StaticHashTable(words, default_value)
        return _with_unknown(table, num_oov_buckets, hasher_spec, scope, dtype)


@export("contrib.lookup.index_table_from_tensor")
def index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: Any = FastHashSpec,
    dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """A table from the words of a vector to their positions; unknown words get a bucket or `default_value`.

    Args:
      mapping: the words. num_oov_buckets: how many numbers there are for unknown words.
      default_value: of unknown words when there are no buckets. hasher_spec: the hash function of the buckets.
      dtype: the type of the words: strings or integers. name: the scope.

    Raises:
      ValueError: no words, or of another type than `dtype`.

    >>> import autograd_lite as tf
    >>> found = tf.contrib.lookup.index_table_from_tensor(["x", "y"], num_oov_buckets=1).lookup(tf.constant(["y", "q"]))
    >>> with tf.Session() as session:
    ...     session.run(tf.tables_initializer())
    ...     session.run(found)
    array([1, 2])
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    return index_table_from_list(mapping, num_oov_buckets, default_value, hasher_spec, dtype, name)


@export("contrib.lookup.index_to_string_table_from_file")
def index_to_string_table_from_file(
    vocabulary_file: Any,
    vocab_size: int | None = None,
    default_value: str = "UNK",
    name: str | None = None,
    key_column_index: int = TextFileIndex.LINE_NUMBER,
    value_column_index: int = TextFileIndex.WHOLE_LINE,
    delimiter: str = "\t",
) -> StaticHashTable:
    """A table from the numbers of lines of a file to these lines.

    Args:
      vocabulary_file: a word a line. vocab_size: how many lines to read; None: all. default_value: of other numbers. name: the scope.
      key_column_index, value_column_index, delimiter: as in `TextFileInitializer`.

    Raises:
      ValueError: no file, or a wrong size.
    """
    if vocabulary_file is None or isinstance(vocabulary_file, str | bytes) and not vocabulary_file:
        raise ValueError(f"{_quoted('vocabulary_file')} must be specified" + " and must not be empty." * (not release().older_error_texts))
    if vocab_size is not None and vocab_size < 1:
        raise ValueError(f"{_quoted('vocab_size')} must be greater than 0, got {vocab_size}.")
    with building(name, "index_to_string"):
        lines = TextFileInitializer(
            vocabulary_file, dtypes.int64, key_column_index, dtypes.string, value_column_index, vocab_size, delimiter, "table_init"
        )
        return StaticHashTable(lines, default_value)


@export("contrib.lookup.index_to_string_table_from_tensor")
def index_to_string_table_from_tensor(mapping: Any, default_value: str = "UNK", name: str | None = None) -> StaticHashTable:
    """A table from the positions in a vector to its words.

    Args:
      mapping: the words. default_value: of positions that are not there. name: the scope.

    Raises:
      ValueError: no words.
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    with building(name, "index_to_string"):
        words = convert_to_tensor(mapping, dtypes.string)
        numbers = cast(range_(size_of(words)), dtypes.int64)
        return StaticHashTable(KeyValueTensorInitializer(numbers, words, dtypes.int64, dtypes.string, name="table_init"), default_value)


@export("contrib.lookup.string_to_index")
def string_to_index(tensor: Any, mapping: Any, default_value: int = -1, name: str | None = None) -> Any:
    """The positions in `mapping` of words; the table must be filled by `tf.tables_initializer()`."""
    return index_table_from_tensor(mapping, default_value=default_value, name=name).lookup(tensor)


@export("contrib.lookup.index_to_string")
def index_to_string(tensor: Any, mapping: Any, default_value: str = "UNK", name: str | None = None) -> Any:
    """The words of `mapping` at positions; the table must be filled by `tf.tables_initializer()`."""
    return index_to_string_table_from_tensor(mapping, default_value, name).lookup(tensor)


