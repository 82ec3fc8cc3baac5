"""Dense forms of categories: one number for each category, or rows of an embedding matrix."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

from autograd_lite.api.constants import one_hot
from autograd_lite.api.embedding_sparse import safe_embedding_lookup_sparse
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.sparse import sparse_merge, sparse_slice, sparse_tensor_to_dense
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import get_collection, name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.checkpoint_initializers import init_from_checkpoint
from autograd_lite.lib.feature_column.base import CategoricalColumn, DenseColumn, Features
from autograd_lite.lib.initializers import TruncatedNormal
from autograd_lite.lib.variable_scope import get_variable


def _check_categorical(column: Any) -> None:
    if not isinstance(column, CategoricalColumn):
        raise ValueError(f"categorical_column must be a column of categories. Given: {column}")


class IndicatorColumn(namedtuple("IndicatorColumn", ["categorical_column"]), DenseColumn):
    """See `tf.feature_column.indicator_column`."""

    @property
    def name(self) -> str:
        """The name of the categories and `_indicator`."""
        return f"{self.categorical_column.name}_indicator"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the feature is read from Examples."""
        return self.categorical_column.parse_example_spec

    @property
    def variable_shape(self) -> tuple[int, ...]:
        """A number for each category."""
        return (1, self.categorical_column.num_buckets)

    def transformed(self, features: Features) -> Tensor:
        """How often each category occurs, or its weight."""
        ids, weights = self.categorical_column.sparse_tensors(features)
        count = self.variable_shape[-1]
        if weights is not None:
            merged = sparse_merge(ids, weights, count)
            merged = sparse_slice(merged, [0, 0], merged.dense_shape)
            return raw.ScatterNd(merged.indices, merged.values, merged.dense_shape)
        dense = sparse_tensor_to_dense(ids, default_value=-1)
        return reduce_sum(one_hot(dense, depth=count, on_value=1.0, off_value=0.0), axis=[-2])

    def dense_tensor(self, features: Features, weight_collections: Any = None, trainable: bool = True) -> Tensor:
        """How often each category occurs in every example, or its weight."""
        return features.get(self)


@export("feature_column.indicator_column")
def indicator_column(categorical_column: Any) -> IndicatorColumn:
    """A column with a number for each category: how often it occurs, or its weight.

    Args:
      categorical_column: the categories.

    >>> import autograd_lite as tf
    >>> column = tf.feature_column.indicator_column(tf.feature_column.categorical_column_with_identity("size", 3))
    >>> tf.Session().run(tf.feature_column.input_layer({"size": [[2], [0]]}, [column]))
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    _check_categorical(categorical_column)
    return IndicatorColumn(categorical_column)


class EmbeddingColumn(
    namedtuple(
        "EmbeddingColumn",
        [
            "categorical_column",
            "dimension",
            "combiner",
            "initializer",
            "ckpt_to_load_from",
            "tensor_name_in_ckpt",
            "max_norm",
            "trainable",
            "shared_name",
        ],
    ),
    DenseColumn,
):
    """See `tf.feature_column.embedding_column`; `shared_name` is the collection through which columns share one matrix."""

    @property
    def name(self) -> str:
        """The name of the categories and `_embedding`."""
        return f"{self.categorical_column.name}_{'shared_' if self.shared_name else ''}embedding"

    @property
    def scope_name(self) -> str:
        """The name of the scope in which the matrix is made."""
        return self.shared_name or self.name

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the feature is read from Examples."""
        return self.categorical_column.parse_example_spec

    @property
    def variable_shape(self) -> tuple[int, ...]:
        """One row of the matrix."""
        return (self.dimension,)

    def transformed(self, features: Features) -> Any:
        """The categories."""
        return self.categorical_column.sparse_tensors(features)

    def _matrix(self, weight_collections: Any, trainable: bool) -> Any:
        shared = get_collection(self.shared_name) if self.shared_name else []
        if shared:
            return shared[0]
        matrix = get_variable(
            "embedding_weights",
            (self.categorical_column.num_buckets, self.dimension),
            dtypes.float32,
            self.initializer,
            trainable=self.trainable and trainable,
            collections=weight_collections,
        )
        if self.shared_name:
            get_default_graph().add_to_collection(self.shared_name, matrix)
        if self.ckpt_to_load_from is not None:
            init_from_checkpoint(self.ckpt_to_load_from, {self.tensor_name_in_ckpt: matrix})
        return matrix

    def dense_tensor(self, features: Features, weight_collections: Any = None, trainable: bool = True) -> Tensor:
        """The rows of the categories of every example, combined into one."""
        if not self.shared_name:
            return self._looked_up(features, weight_collections, trainable)
        with name_scope(None, self.name):
            return self._looked_up(features, weight_collections, trainable)

    def _looked_up(self, features: Features, weight_collections: Any, trainable: bool) -> Tensor:
        ids, weights = features.get(self)
        matrix = self._matrix(weight_collections, trainable)
        features.variables[self] = [matrix]
        return safe_embedding_lookup_sparse(
            matrix, ids, weights, combiner=self.combiner, name=f"{self.name}_weights", max_norm=self.max_norm
        )


def _checked(dimension: Any, initializer: Any, ckpt: Any, tensor_name: Any) -> Any:
    """The initializer of an embedding matrix.

    Raises:
      ValueError: arguments that do not fit.
    """
    if dimension is None or dimension < 1:
        raise ValueError(f"Invalid dimension {dimension}.")
    if (ckpt is None) != (tensor_name is None):
        raise ValueError("Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or none of them.")
    if initializer is not None and not callable(initializer):
        raise ValueError("initializer must be callable if specified.")
    return TruncatedNormal(mean=0.0, stddev=1 / math.sqrt(dimension)) if initializer is None else initializer


@export("feature_column.embedding_column")
def embedding_column(
    categorical_column: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> EmbeddingColumn:
    """A column with a row of an embedding matrix for the categories of each example.

    Args:
      categorical_column: the categories. dimension: the length of a row.
      combiner: how several rows become one: "mean", "sqrtn" or "sum".
      initializer: of the matrix; a truncated normal of deviation 1/sqrt(dimension) when None.
      ckpt_to_load_from, tensor_name_in_ckpt: a checkpoint to start from. max_norm: the largest length of a row.
      trainable: whether the matrix is trained.

    Raises:
      ValueError: arguments that do not fit.
    """
    _check_categorical(categorical_column)
    initializer = _checked(dimension, initializer, ckpt_to_load_from, tensor_name_in_ckpt)
    return EmbeddingColumn(
        categorical_column, dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable, None
    )


@export("feature_column.shared_embedding_columns")
def shared_embedding_columns(
    categorical_columns: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    shared_embedding_collection_name: str | None = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> list[EmbeddingColumn]:
    """Columns like `embedding_column` that share one matrix.

    Args:
      categorical_columns: with as many categories each.
      shared_embedding_collection_name: the collection that holds the matrix; made of the names of the columns when None.
      dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable: as for `embedding_column`.

    Raises:
      ValueError: columns or arguments that do not fit.
    """
    columns = list(categorical_columns)
    initializer = _checked(dimension, initializer, ckpt_to_load_from, tensor_name_in_ckpt)
    for column in columns:
        _check_categorical(column)
        if column.num_buckets != columns[0].num_buckets:
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same number of buckets. Given column: "
                f"{columns[0]} with buckets: {columns[0].num_buckets} does not match column: {column} with buckets: {column.num_buckets}"
            )
    shared = shared_embedding_collection_name or "_".join(sorted(column.name for column in columns)) + "_shared_embedding"
    rest = (dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable, shared)
    return [EmbeddingColumn(column, *rest) for column in columns]
