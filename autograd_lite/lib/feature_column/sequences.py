"""Columns of sequences: a row of numbers, or a set of categories, for each step of each example."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import concat, shape as shape_of
from autograd_lite.api.asserts import assert_equal
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import zeros
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.example_features import VarLenFeature
from autograd_lite.api.raw import raw
from autograd_lite.api.sparse import sparse_reshape, sparse_tensor_to_dense
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.feature_column import categorical, numeric
from autograd_lite.lib.feature_column.base import CategoricalColumn, FeatureColumn, Features, IdsAndWeights, check_key
from autograd_lite.lib.feature_column.embedding import EmbeddingColumn, IndicatorColumn
from autograd_lite.lib.feature_column.layer import checked_columns, collections_of_weights
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import variable_scope


def lengths_of(sparse: SparseTensor, numbers_per_step: int = 1) -> Tensor:
    """How many steps each row has, by its last element; rows without elements have none."""
    with name_scope(None, "sequence_length"):
        rows, places = sparse.indices[:, 0], sparse.indices[:, 1]
        last = raw.SegmentMax(places + 1, rows)
        if numbers_per_step > 1:
            last = cast(raw.Ceil(last / numbers_per_step), dtypes.int64)
        missing = raw.Sub(shape_of(sparse)[:1], shape_of(last)[:1])  # rows at the end without elements
        return concat([last, zeros(missing, dtype=last.dtype)], 0)


class SequenceCategoricalColumn(namedtuple("SequenceCategoricalColumn", ["categorical_column"]), CategoricalColumn):
    """See `tf.feature_column.sequence_categorical_column_with_identity` and its kin."""

    is_sequence = True

    @property
    def name(self) -> str:
        """The name of the categories."""
        return self.categorical_column.name

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the feature is read from Examples."""
        return self.categorical_column.parse_example_spec

    @property
    def num_buckets(self) -> int:
        """How many categories there are."""
        return self.categorical_column.num_buckets

    def transformed(self, features: Features) -> Any:
        """The numbers of the categories."""
        return self.categorical_column.transformed(features)

    def sparse_tensors(self, features: Features) -> IdsAndWeights:
        """The categories of all steps, [batch, steps, categories of one step]."""
        ids, weights = self.categorical_column.sparse_tensors(features)
        sizes = shape_of(ids)
        by_step = [sizes[0], sizes[1], -1]
        return IdsAndWeights(sparse_reshape(ids, by_step), None if weights is None else sparse_reshape(weights, by_step))


class SequenceNumericColumn(
    namedtuple("SequenceNumericColumn", ["key", "shape", "default_value", "dtype", "normalizer_fn"]), FeatureColumn
):
    """See `tf.feature_column.sequence_numeric_column`."""

    @property
    def name(self) -> str:
        """The key of the feature."""
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the feature is read from Examples."""
        return {self.key: VarLenFeature(self.dtype)}

    @property
    def variable_shape(self) -> tuple[int, ...]:
        """The shape of the numbers of one step."""
        return self.shape

    def transformed(self, features: Features) -> Any:
        """The feature, normalized."""
        given = features.get(self.key)
        return given if self.normalizer_fn is None else self.normalizer_fn(given)

    def sequence_tensor(self, features: Features) -> tuple[Tensor, Tensor]:
        """The numbers of all steps, [batch, steps, *shape], and how many steps each example has."""
        sparse = features.get(self)
        dense = sparse_tensor_to_dense(sparse, default_value=self.default_value)
        numbers = raw.Reshape(dense, concat([shape_of(dense)[:1], [-1], list(self.shape)], 0))
        count = TensorShape(self.shape).num_elements() if sparse.shape.rank == 2 else 1
        return numbers, lengths_of(sparse, count or 1)


@export("feature_column.sequence_numeric_column", "contrib.feature_column.sequence_numeric_column")
def sequence_numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: float = 0.0,
    dtype: Any = dtypes.float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> SequenceNumericColumn:
    """A column of sequences of numbers, read from a SparseTensor.

    Args:
      key: of the feature. shape: of the numbers of one step. default_value: what fills sequences up that are shorter than others.
      dtype: the type in which it is read. normalizer_fn: a function of the sparse tensor.

    Raises:
      ValueError, TypeError: arguments that do not fit.

    >>> import autograd_lite as tf
    >>> column = tf.feature_column.sequence_numeric_column("speed")
    >>> speed = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1.0, 2.0, 3.0], [2, 2])
    >>> numbers, lengths = tf.contrib.feature_column.sequence_input_layer({"speed": speed}, [column])
    >>> tf.Session().run([numbers, lengths])
    [array([[[1.],
            [2.]],
    <BLANKLINE>
           [[3.],
            [0.]]], dtype=float32), array([2, 1])]
    """
    like = numeric.numeric_column(key, shape=shape, dtype=dtype, normalizer_fn=normalizer_fn)
    if isinstance(default_value, list | tuple) or not isinstance(default_value, int | float):
        raise TypeError(f"default_value must be a number. Given: {default_value}, key: {key}")
    return SequenceNumericColumn(key, like.shape, default_value, like.dtype, normalizer_fn)


_NAMES = ("feature_column", "contrib.feature_column")


def _sequence(name: str) -> Callable[[Any], Any]:
    return export(*(f"{module}.sequence_categorical_column_with_{name}" for module in _NAMES))


@_sequence("identity")
def sequence_categorical_column_with_identity(key: str, num_buckets: int, default_value: int | None = None) -> SequenceCategoricalColumn:
    """A column of sequences of numbers of categories; see `categorical_column_with_identity`.

    >>> import autograd_lite as tf
    >>> words = tf.feature_column.sequence_categorical_column_with_identity("words", 3)
    >>> features = {"words": tf.SparseTensor([[0, 0], [0, 1]], tf.constant([2, 0], tf.int64), [1, 2])}
    >>> numbers, lengths = tf.contrib.feature_column.sequence_input_layer(features, [tf.feature_column.indicator_column(words)])
    >>> tf.Session().run(numbers)
    array([[[0., 0., 1.],
            [1., 0., 0.]]], dtype=float32)
    """
    return SequenceCategoricalColumn(categorical.categorical_column_with_identity(key, num_buckets, default_value))


@_sequence("hash_bucket")
def sequence_categorical_column_with_hash_bucket(key: str, hash_bucket_size: int, dtype: Any = dtypes.string) -> SequenceCategoricalColumn:
    """A column of sequences of hash values; see `categorical_column_with_hash_bucket`."""
    return SequenceCategoricalColumn(categorical.categorical_column_with_hash_bucket(key, hash_bucket_size, dtype))


@_sequence("vocabulary_list")
def sequence_categorical_column_with_vocabulary_list(
    key: str, vocabulary_list: Any, dtype: Any = None, default_value: int = -1, num_oov_buckets: int = 0
) -> SequenceCategoricalColumn:
    """A column of sequences of words out of a list; see `categorical_column_with_vocabulary_list`."""
    return SequenceCategoricalColumn(
        categorical.categorical_column_with_vocabulary_list(key, vocabulary_list, dtype, default_value, num_oov_buckets)
    )


@_sequence("vocabulary_file")
def sequence_categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = dtypes.string,
) -> SequenceCategoricalColumn:
    """A column of sequences of words that stand in a file; see `categorical_column_with_vocabulary_file`."""
    check_key(key)
    return SequenceCategoricalColumn(
        categorical.categorical_column_with_vocabulary_file(key, vocabulary_file, vocabulary_size, num_oov_buckets, default_value, dtype)
    )


@export("contrib.feature_column.sequence_input_layer")
def sequence_input_layer(
    features: Any, feature_columns: Any, weight_collections: Any = None, trainable: bool = True
) -> tuple[Tensor, Tensor]:
    """The numbers of all columns side by side, for each step, and the lengths of the sequences: the input of a recurrent network.

    Args:
      features: a dict of SparseTensors. feature_columns: numeric columns of sequences, and indicators and embeddings of their categories.
      weight_collections: collections to which variables are added. trainable: whether they are trained.

    Returns:
      ([batch, steps, all numbers of a step], [batch] lengths).

    Raises:
      ValueError: no columns, or columns of another kind. A run raises InvalidArgumentError when columns disagree about lengths.
    """
    columns = checked_columns(feature_columns)
    for column in columns:
        _check_is_sequence(column)
    collections = collections_of_weights(weight_collections)
    graph = get_default_graph()
    with all_or_nothing(graph), variable_scope(None, default_name="sequence_input_layer", values=list(features.values())):
        made, outputs, lengths = Features(features), [], []
        for column in columns:
            with variable_scope(None, default_name=getattr(column, "scope_name", column.name)):
                numbers, length = _sequence_of(column, made, collections, trainable)
                count = TensorShape(column.variable_shape).num_elements()
                outputs.append(raw.Reshape(numbers, concat([shape_of(numbers)[:2], [count]], 0)))
                lengths.append(length)
        checks = [assert_equal(lengths[0], length) for length in lengths[1:]]
        return concat(outputs, -1), with_dependencies(checks, lengths[0]) if checks else lengths[0]


def _check_is_sequence(column: Any) -> None:
    if isinstance(column, SequenceNumericColumn):
        return
    if not isinstance(column, IndicatorColumn | EmbeddingColumn):
        raise ValueError(f"All feature_columns must be of type _SequenceDenseColumn. Given (type {type(column)}): {column}")
    inner = column.categorical_column
    if not inner.is_sequence:
        raise ValueError(
            f"In column {column.name}: categorical_column must be of type _SequenceCategoricalColumn to use sequence_input_layer. "
            f"Suggested fix: Use one of sequence_categorical_column_with_*. Given (type {type(inner)}): {inner}"
        )


def _sequence_of(column: Any, features: Features, collections: Any, trainable: bool) -> tuple[Tensor, Tensor]:
    if isinstance(column, SequenceNumericColumn):
        return column.sequence_tensor(features)
    numbers = column.dense_tensor(features, collections, trainable)
    return numbers, lengths_of(column.categorical_column.sparse_tensors(features).ids)
