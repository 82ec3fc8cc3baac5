"""Columns of categories: by hash value, by vocabulary, by number, weighted, or crossed with one another."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from autograd_lite.api.arrays import shape as shape_of
from autograd_lite.api.casting import cast
from autograd_lite.api.example_features import VarLenFeature
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.table import TABLE
from autograd_lite.lib.feature_column.base import CategoricalColumn, Features, IdsAndWeights, as_sparse_input, check_key
from autograd_lite.lib.feature_column.numeric import BucketizedColumn
from autograd_lite.lib.vocabulary import index_table_from_file, index_table_from_list
from autograd_lite.wire.files import opened

_HASH_KEY = 0xDECAFCAFFE


class _OfOneFeature(CategoricalColumn):
    """A column of categories that reads one feature, `key`, of type `dtype`."""

    key: str
    dtype: dtypes.DType

    @property
    def name(self) -> str:
        """The key of the feature."""
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the feature is read from Examples."""
        return {self.key: VarLenFeature(self.dtype)}

    def transformed(self, features: Features) -> SparseTensor:
        """The numbers of the categories."""
        given = as_sparse_input(features.get(self.key))
        if given.dtype.is_integer != self.dtype.is_integer:
            raise ValueError(f"Column dtype and SparseTensors dtype must be compatible. key: {self.key}, column dtype: {self.dtype}, "
                             f"tensor dtype: {given.dtype}")  # fmt: skip
        return self.numbered(given)

    def numbered(self, given: SparseTensor) -> SparseTensor:
        """The numbers of the categories of a sparse feature."""
        raise NotImplementedError


def _check_dtype(dtype: Any, key: str) -> dtypes.DType:
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_integer and dtype != dtypes.string:
        raise ValueError(f"dtype must be string or integer. dtype: {dtype}, column_name: {key}")
    return dtype


class HashedCategoricalColumn(namedtuple("HashedCategoricalColumn", ["key", "hash_bucket_size", "dtype"]), _OfOneFeature):
    """See `tf.feature_column.categorical_column_with_hash_bucket`."""

    @property
    def num_buckets(self) -> int:
        """How many buckets there are."""
        return self.hash_bucket_size

    def numbered(self, given: SparseTensor) -> SparseTensor:
        """The bucket of every value."""
        words = given.values if self.dtype == dtypes.string else raw.AsString(given.values)
        ids = raw.StringToHashBucketFast(words, num_buckets=self.hash_bucket_size, name="lookup")
        return SparseTensor(given.indices, ids, given.dense_shape)


@export("feature_column.categorical_column_with_hash_bucket")
def categorical_column_with_hash_bucket(key: str, hash_bucket_size: int, dtype: Any = dtypes.string) -> HashedCategoricalColumn:
    """A column whose categories are the hash values of a feature, modulo `hash_bucket_size`.

    Args:
      key: of the feature. hash_bucket_size: how many categories there are. dtype: strings or integers.

    Raises:
      ValueError: no buckets, or another type.
    """
    if hash_bucket_size is None:
        raise ValueError(f"hash_bucket_size must be set. key: {key}")
    if hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be at least 1. hash_bucket_size: {hash_bucket_size}, key: {key}")
    check_key(key)
    return HashedCategoricalColumn(key, hash_bucket_size, _check_dtype(dtype, key))


class VocabularyListCategoricalColumn(
    namedtuple("VocabularyListCategoricalColumn", ["key", "vocabulary_list", "dtype", "default_value", "num_oov_buckets"]), _OfOneFeature
):
    """See `tf.feature_column.categorical_column_with_vocabulary_list`."""

    @property
    def num_buckets(self) -> int:
        """How many words and buckets of unknown words there are."""
        return len(self.vocabulary_list) + self.num_oov_buckets

    def numbered(self, given: SparseTensor) -> SparseTensor:
        """The place of every word in the vocabulary."""
        dtype = self.dtype
        if dtype.is_integer:  # the table knows int64 only
            given, dtype = SparseTensor(given.indices, cast(given.values, dtypes.int64), given.dense_shape), dtypes.int64
        table = index_table_from_list(
            tuple(self.vocabulary_list), self.num_oov_buckets, self.default_value, dtype=dtype, name=f"{self.key}_lookup"
        )
        return table.lookup(given)


@export("feature_column.categorical_column_with_vocabulary_list")
def categorical_column_with_vocabulary_list(
    key: str, vocabulary_list: Any, dtype: Any = None, default_value: int = -1, num_oov_buckets: int = 0
) -> VocabularyListCategoricalColumn:
    """A column whose categories are the places of words in a list.

    Args:
      key: of the feature. vocabulary_list: the words: strings or integers. dtype: their type; as the words when None.
      default_value: the number of unknown words. num_oov_buckets: or how many numbers there are for them.

    Raises:
      ValueError: no words, a word twice, or types that do not fit.

    >>> import autograd_lite as tf
    >>> column = tf.feature_column.categorical_column_with_vocabulary_list("pet", ["cat", "dog"])
    >>> rows = tf.feature_column.input_layer({"pet": [["dog"], ["cat"]]}, [tf.feature_column.indicator_column(column)])
    >>> with tf.Session() as session:
    ...     session.run(tf.tables_initializer())
    ...     session.run(rows)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    if vocabulary_list is None or len(vocabulary_list) < 1:
        raise ValueError(f"vocabulary_list {vocabulary_list} must be non-empty, column_name: {key}")
    if len(set(vocabulary_list)) != len(vocabulary_list):
        raise ValueError(f"Duplicate keys in vocabulary_list {vocabulary_list}, column_name: {key}")
    found = dtypes.string if isinstance(vocabulary_list[0], str | bytes) else dtypes.int64
    _check_oov(num_oov_buckets, default_value, -1, key)
    dtype = _check_dtype(found if dtype is None else dtype, key)
    if dtype.is_integer != found.is_integer:
        raise ValueError(f"dtype {dtype} and vocabulary dtype {found} do not match, column_name: {key}")
    check_key(key)
    return VocabularyListCategoricalColumn(key, tuple(vocabulary_list), dtype, default_value, num_oov_buckets)


def _check_oov(num_oov_buckets: int | None, default_value: Any, no_default: Any, key: str) -> None:
    if not num_oov_buckets:
        return
    if default_value != no_default:
        raise ValueError(f"Can't specify both num_oov_buckets and default_value in {key}.")
    if num_oov_buckets < 0:
        raise ValueError(f"Invalid num_oov_buckets {num_oov_buckets} in {key}.")


class VocabularyFileCategoricalColumn(
    namedtuple(
        "VocabularyFileCategoricalColumn", ["key", "vocabulary_file", "vocabulary_size", "num_oov_buckets", "dtype", "default_value"]
    ),
    _OfOneFeature,
):
    """See `tf.feature_column.categorical_column_with_vocabulary_file`."""

    @property
    def num_buckets(self) -> int:
        """How many lines that count and buckets of unknown words there are."""
        return self.vocabulary_size + self.num_oov_buckets

    def numbered(self, given: SparseTensor) -> SparseTensor:
        """The number of the line of every word."""
        dtype = self.dtype
        if dtype.is_integer:
            given, dtype = SparseTensor(given.indices, cast(given.values, dtypes.int64), given.dense_shape), dtypes.int64
        table = index_table_from_file(
            self.vocabulary_file, self.num_oov_buckets, self.vocabulary_size, self.default_value, key_dtype=dtype, name=f"{self.key}_lookup"
        )
        return table.lookup(given)


@export("feature_column.categorical_column_with_vocabulary_file")
def categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = dtypes.string,
) -> VocabularyFileCategoricalColumn:
    """A column whose categories are the numbers of the lines of a file in which the words stand.

    Args:
      key: of the feature. vocabulary_file: a word a line. vocabulary_size: how many lines count; None: all.
      num_oov_buckets: how many numbers there are for unknown words. default_value: or the number of all of them; -1 when None.
      dtype: strings or integers.

    Raises:
      ValueError: no file, or wrong numbers.
    """
    if not vocabulary_file:
        raise ValueError(f"Missing vocabulary_file in {key}.")
    if vocabulary_size is None:
        with opened(vocabulary_file, "rb") as lines:
            vocabulary_size = sum(1 for _ in lines)
    if vocabulary_size < 1:
        raise ValueError(f"Invalid vocabulary_size in {key}.")
    _check_oov(num_oov_buckets, default_value, None, key)
    check_key(key)
    default = -1 if default_value is None else default_value
    return VocabularyFileCategoricalColumn(key, vocabulary_file, vocabulary_size, num_oov_buckets or 0, _check_dtype(dtype, key), default)


class IdentityCategoricalColumn(namedtuple("IdentityCategoricalColumn", ["key", "number_buckets", "default_value"]), _OfOneFeature):
    """See `tf.feature_column.categorical_column_with_identity`."""

    dtype = dtypes.int64

    @property
    def num_buckets(self) -> int:
        """How many categories there are."""
        return self.number_buckets

    def numbered(self, given: SparseTensor) -> SparseTensor:
        """The values themselves; those that are no category become the default."""
        values = cast(given.values, dtypes.int64, name="values")
        if self.default_value is not None:
            buckets = cast(self.num_buckets, dtypes.int64, name="num_buckets")
            zero = cast(0, dtypes.int64, name="zero")
            outside = raw.LogicalOr(raw.Less(values, zero), raw.GreaterEqual(values, buckets), name="out_of_range")
            defaults = raw.Fill(shape_of(values), cast(self.default_value, dtypes.int64), name="default_values")
            values = TABLE[release().select_type](outside, defaults, values)
        return SparseTensor(given.indices, values, given.dense_shape)


@export("feature_column.categorical_column_with_identity")
def categorical_column_with_identity(key: str, num_buckets: int, default_value: int | None = None) -> IdentityCategoricalColumn:
    """A column whose categories are the integers of a feature, from 0 to below `num_buckets`.

    Args:
      key: of the feature. num_buckets: how many categories there are.
      default_value: the category of integers outside; None: they count as none.

    Raises:
      ValueError: no buckets, or a default outside.
    """
    if num_buckets < 1:
        raise ValueError(f"num_buckets {num_buckets} < 1, column_name {key}")
    if default_value is not None and not 0 <= default_value < num_buckets:
        raise ValueError(f"default_value {default_value} not in range [0, {num_buckets}), column_name {key}")
    check_key(key)
    return IdentityCategoricalColumn(key, num_buckets, default_value)


class WeightedCategoricalColumn(
    namedtuple("WeightedCategoricalColumn", ["categorical_column", "weight_feature_key", "dtype"]), CategoricalColumn
):
    """See `tf.feature_column.weighted_categorical_column`."""

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.categorical_column.name}_weighted_by_{self.weight_feature_key}"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How both features are read from Examples."""
        return {**self.categorical_column.parse_example_spec, self.weight_feature_key: VarLenFeature(self.dtype)}

    @property
    def num_buckets(self) -> int:
        """How many categories there are."""
        return self.categorical_column.num_buckets

    def transformed(self, features: Features) -> tuple[SparseTensor, SparseTensor]:
        """The numbers of the categories, and their weights."""
        weights = features.get(self.weight_feature_key)
        if self.dtype != weights.dtype.base_dtype:
            raise ValueError(f"Bad dtype, expected {self.dtype}, but got {weights.dtype}.")
        weights = as_sparse_input(weights)
        if not weights.dtype.is_floating:
            weights = SparseTensor(weights.indices, cast(weights.values, dtypes.float32), weights.dense_shape)
        return features.get(self.categorical_column), weights

    def sparse_tensors(self, features: Features) -> IdsAndWeights:
        """The categories of all examples, and their weights."""
        return IdsAndWeights(*features.get(self))


@export("feature_column.weighted_categorical_column")
def weighted_categorical_column(categorical_column: Any, weight_feature_key: str, dtype: Any = dtypes.float32) -> WeightedCategoricalColumn:
    """A column of categories each of which has a weight, from a second feature.

    Args:
      categorical_column: the categories. weight_feature_key: the feature with the weights, at the same positions. dtype: its type.

    Raises:
      ValueError: no number.
    """
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype {dtype} is not convertible to float.")
    return WeightedCategoricalColumn(categorical_column, weight_feature_key, dtype)


class CrossedColumn(namedtuple("CrossedColumn", ["keys", "hash_bucket_size", "hash_key"]), CategoricalColumn):
    """See `tf.feature_column.crossed_column`."""

    def _leaves(self) -> list[Any]:
        """Keys and columns, those of inner crossed columns among them."""
        found: list[Any] = []
        stack = list(reversed(self.keys))
        while stack:
            key = stack.pop()
            if isinstance(key, CrossedColumn):
                stack += list(reversed(key.keys))
            else:
                found.append(key)
        return found

    @property
    def name(self) -> str:
        """The names of all parts, in alphabetical order."""
        return "_X_".join(sorted(leaf if isinstance(leaf, str) else leaf.name for leaf in self._leaves()))

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the features are read from Examples."""
        spec: dict[str, Any] = {}
        for key in self.keys:
            spec.update({key: VarLenFeature(dtypes.string)} if isinstance(key, str) else key.parse_example_spec)
        return spec

    @property
    def num_buckets(self) -> int:
        """How many buckets there are."""
        return self.hash_bucket_size

    def transformed(self, features: Features) -> SparseTensor:
        """The bucket of every combination."""
        inputs = [features.get(leaf) if isinstance(leaf, str) else _ids(leaf, features) for leaf in self._leaves()]
        sparse = [each for each in inputs if isinstance(each, SparseTensor)]
        dense = [_int64_or_string(each) for each in inputs if not isinstance(each, SparseTensor)]
        crossed = raw.SparseCross(
            [each.indices for each in sparse],
            [_int64_or_string(each.values) for each in sparse],
            [each.dense_shape for each in sparse],
            dense,
            hashed_output=True,
            num_buckets=self.hash_bucket_size,
            hash_key=_HASH_KEY if self.hash_key is None else self.hash_key,
            out_type=dtypes.int64,
            internal_type=dtypes.string,
        )
        return SparseTensor(*crossed)


def _ids(column: Any, features: Features) -> SparseTensor:
    found = column.sparse_tensors(features)
    if found.weights is not None:
        raise ValueError(
            f"crossed_column does not support weight_tensor, but the given column populates weight_tensor. Given column: {column.name}"
        )
    return found.ids


def _int64_or_string(tensor: Any) -> Any:
    return tensor if tensor.dtype.base_dtype == dtypes.string else cast(tensor, dtypes.int64)


@export("feature_column.crossed_column")
def crossed_column(keys: Any, hash_bucket_size: int, hash_key: int | None = None) -> CrossedColumn:
    """A column whose categories are the combinations of several features, by hash value.

    Args:
      keys: at least two: keys of features, or columns of categories (not those by hash value). hash_bucket_size: how many categories.
      hash_key: another one gives other hash values.

    Raises:
      ValueError: too few keys, or of another kind.
    """
    if not hash_bucket_size or hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be > 1. hash_bucket_size: {hash_bucket_size}")
    if not keys or len(keys) < 2:
        raise ValueError(f"keys must be a list with length > 1. Given: {keys}")
    for key in keys:
        if not isinstance(key, str | CategoricalColumn | BucketizedColumn):
            raise ValueError(f"Unsupported key type. All keys must be either string, or categorical column except "
                             f"HashedCategoricalColumn. Given: {key}")  # fmt: skip
        if isinstance(key, HashedCategoricalColumn):
            raise ValueError("categorical_column_with_hash_bucket is not supported for crossing. Hashing before crossing will increase "
                             f"probability of collision. Instead, use the feature name as a string. Given: {key}")  # fmt: skip
    return CrossedColumn(tuple(keys), hash_bucket_size, hash_key)
