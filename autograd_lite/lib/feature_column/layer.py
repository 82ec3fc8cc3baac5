"""What is built of feature columns: the input of a network, a linear model, and the description by which Examples are parsed."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.api.arrays import concat, shape
from autograd_lite.api.embedding_sparse import safe_embedding_lookup_sparse
from autograd_lite.api.math import add_n
from autograd_lite.api.matmul import matmul
from autograd_lite.api.nn import bias_add
from autograd_lite.api.raw import raw
from autograd_lite.api.sparse import sparse_reshape
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.feature_column.base import CategoricalColumn, DenseColumn, FeatureColumn, Features
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import get_variable, variable_scope


def checked_columns(columns: Any) -> list[Any]:
    """Columns in alphabetical order of their names.

    Raises:
      ValueError: none, or a name twice.
    """
    if isinstance(columns, FeatureColumn):
        columns = [columns]
    if isinstance(columns, dict):
        raise ValueError("Expected feature_columns to be iterable, found dict.")
    columns = sorted(columns or [], key=lambda column: column.name)
    if not columns:
        raise ValueError("feature_columns must not be empty.")
    for earlier, later in zip(columns, columns[1:]):
        if earlier.name == later.name:
            raise ValueError(
                f"Duplicate feature column name found for columns: {earlier} and {later}. This usually means that these columns refer to "
                "same base feature. Either one must be discarded or a duplicated but renamed item must be inserted in features dict."
            )
    return columns


def collections_of_weights(given: Any) -> list[Any]:
    """The collections of weights, those of all variables among them."""
    found = list(given or [])
    for needed in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES):
        if needed not in found:
            found.append(needed)
    return found


@export("feature_column.input_layer")
def input_layer(
    features: Any,
    feature_columns: Any,
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: Any = None,
    cols_to_output_tensors: Any = None,
) -> Tensor:
    """The numbers of all columns side by side: the input of a network, of shape [batch, all numbers].

    Args:
      features: a dict of tensors and SparseTensors. feature_columns: columns of numbers (wrap categories in an indicator or embedding).
      weight_collections: collections to which variables are added. trainable: whether they are trained.
      cols_to_vars: a dict that is filled with the variables of each column.
      cols_to_output_tensors: a dict that is filled with the numbers of each column.

    Raises:
      ValueError: no columns, columns of another kind, or features that are not there.

    >>> import autograd_lite as tf
    >>> age = tf.feature_column.numeric_column("age")
    >>> tf.Session().run(tf.feature_column.input_layer({"age": [[20.0], [35.0]]}, [age]))
    array([[20.],
           [35.]], dtype=float32)
    """
    columns = checked_columns(feature_columns)
    for column in columns:
        if not isinstance(column, DenseColumn):
            raise ValueError(
                "Items of feature_columns must be a _DenseColumn. You can wrap a categorical column with an embedding_column or "
                f"indicator_column. Given: {column}"
            )
        inner = getattr(column, "categorical_column", None)
        if inner is not None and inner.is_sequence:
            raise ValueError(
                f"In column {column.name}: categorical_column must not be of type _SequenceCategoricalColumn. Suggested fix A: If you wish "
                "to use input_layer, use a non-sequence categorical_column_with_*. Suggested fix B: If you wish to create sequence input, "
                f"use sequence_input_layer instead of input_layer. Given (type {type(inner)}): {inner}"
            )
    collections = collections_of_weights(weight_collections)
    with all_or_nothing(get_default_graph()), variable_scope(None, default_name="input_layer", values=list(features.values())):
        made, outputs = Features(features), []
        for column in columns:
            with variable_scope(None, default_name=getattr(column, "scope_name", column.name)):
                tensor = column.dense_tensor(made, collections, trainable)
                outputs.append(_in_rows(tensor, math.prod(column.variable_shape)))
        result = concat(outputs, 1)
    if cols_to_vars is not None:
        cols_to_vars.update({column: made.variables.get(column, []) for column in columns})
    if cols_to_output_tensors is not None:
        cols_to_output_tensors.update(zip(columns, outputs))
    return result


def _in_rows(tensor: Tensor, count: int) -> Tensor:
    """The numbers of every example in one row."""
    return raw.Reshape(tensor, (shape(tensor)[0], count))


@export("feature_column.linear_model")
def linear_model(
    features: Any,
    feature_columns: Any,
    units: int = 1,
    sparse_combiner: str = "sum",
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: Any = None,
) -> Tensor:
    """The weighted sum of all columns and a bias, of shape [batch, units]; the weights are variables that start at zero.

    Args:
      features: a dict of tensors and SparseTensors. feature_columns: columns of numbers and of categories. units: how many sums.
      sparse_combiner: how the weights of several categories are put together: "sum", "mean" or "sqrtn".
      weight_collections: collections to which variables are added. trainable: whether they are trained.
      cols_to_vars: a dict that is filled with the variables of each column, and of "bias".

    Raises:
      ValueError: no columns, columns of another kind, or features that are not there.

    >>> import autograd_lite as tf
    >>> model = tf.feature_column.linear_model({"age": [[20.0], [35.0]]}, [tf.feature_column.numeric_column("age")])
    >>> with tf.Session() as session:
    ...     session.run(tf.global_variables_initializer())
    ...     session.run(model)
    array([[0.],
           [0.]], dtype=float32)
    """
    columns = checked_columns(feature_columns)
    for column in columns:
        if not isinstance(column, DenseColumn | CategoricalColumn):
            raise ValueError(f"Items of feature_columns must be either a _DenseColumn or _CategoricalColumn. Given: {column}")
    options: dict[str, Any] = {"trainable": trainable, "collections": collections_of_weights(weight_collections)}
    with all_or_nothing(get_default_graph()):
        with variable_scope(None, "linear_model", list(features.values())) as scope:
            name = scope.name.rpartition("/")[2]
        made, held, sums = Features(features), {}, []
        # TensorFlow's linear model is a layer, called in a scope that is named after the layer's own.
        with name_scope(name), variable_scope(scope, auxiliary_name_scope=False), name_scope(name):
            for column in columns:
                with variable_scope(None, default_name=column.name):
                    total, weights = _weighted(column, made, units, sparse_combiner, options)
                sums.append(total)
                held[column] = [weights]
            total = add_n(sums, name="weighted_sum_no_bias")
            bias = get_variable("bias_weights", [units], initializer=Zeros(), **options)
            held["bias"] = [bias]
            result = bias_add(total, bias, name="weighted_sum")
    if cols_to_vars is not None:
        cols_to_vars.update(held)
    return result


def _weighted(column: Any, features: Features, units: int, combiner: str, options: dict[str, Any]) -> tuple[Tensor, Any]:
    """The weighted sum of one column, and its weights."""
    categorical = isinstance(column, CategoricalColumn)
    count = column.num_buckets if categorical else math.prod(column.variable_shape)
    weights = get_variable("weights", [count, units], initializer=Zeros(), **options)
    if not categorical:
        return matmul(_in_rows(column.dense_tensor(features), count), weights, name="weighted_sum"), weights
    ids, weights_of_ids = column.sparse_tensors(features)
    rows = shape(ids)[0]
    ids = sparse_reshape(ids, [rows, -1])
    if weights_of_ids is not None:
        weights_of_ids = sparse_reshape(weights_of_ids, [rows, -1])
    return safe_embedding_lookup_sparse(weights, ids, weights_of_ids, combiner=combiner, name="weighted_sum"), weights


@export("feature_column.make_parse_example_spec")
def make_parse_example_spec(feature_columns: Any) -> dict[str, Any]:
    """How the features of columns are read by `tf.parse_example`.

    Args:
      feature_columns: columns.

    Raises:
      ValueError: what is no column, or one feature described in two ways.

    >>> import autograd_lite as tf
    >>> list(tf.feature_column.make_parse_example_spec([tf.feature_column.numeric_column("age")]))
    ['age']
    """
    spec: dict[str, Any] = {}
    for column in feature_columns:
        if not isinstance(column, FeatureColumn):
            raise ValueError(f"All feature_columns must be _FeatureColumn instances. Given: {column}")
        for key, value in column.parse_example_spec.items():
            if key in spec and spec[key] != value:
                raise ValueError(f"feature_columns contain different parse_spec for key {key}. Given {value} and {spec[key]}")
            spec[key] = value
    return spec
