"""`tf.metrics`: means over many batches. Each metric gives `(value, update_op)`: run the update for every batch, then read the value."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import ones_like, size, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.math import abs as absolute, div_no_nan, truediv
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.weights import broadcast_weights, remove_squeezable_dimensions
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.metric_variables import collected, matched, metric_variable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import variable_scope
from autograd_lite.lib.variable_updates import assign_add

Metric = tuple[Any, Any]


def _quotient(total: Any, count: Any, name: str) -> Tensor:
    return div_no_nan(total, raw.Maximum(count, 0), name=name)


@export("metrics.mean")
def mean(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None
) -> Metric:
    """The (weighted) mean of all values of all batches: two local variables, `total` and `count`, add them up.

    Args:
      values: a tensor of any shape.
      weights: a scalar, or of a shape that broadcasts to `values`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the weights do not fit.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean([1.0, 2.0, 6.0], name="docs_mean")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    3.0
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = metric_variable([], dtypes.float32, "total")
        count = metric_variable([], dtypes.float32, "count")
        if weights is None:
            number = cast(size(values), dtypes.float32)
        else:
            values, _, weights = matched(values, None, weights)
            weights = broadcast_weights(cast(weights, dtypes.float32), values)
            values = raw.Mul(values, weights)
            number = reduce_sum(weights)
        new_total = assign_add(total, reduce_sum(values))
        with control_dependencies([values]):
            new_count = assign_add(count, number)
        value = _quotient(total, count, "value")
        return collected(value, _quotient(new_total, new_count, "update_op"), metrics_collections, updates_collections)


@export("metrics.mean_tensor")
def mean_tensor(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None
) -> Metric:
    """The (weighted) mean of a tensor over batches, element by element.

    Args:
      values: a tensor of one shape in all batches.
      weights: a scalar, or of a shape that broadcasts to `values`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the weights do not fit.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean_tensor([1.0, 2.0], name="docs_mean_tensor")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     session.run(update)
    array([1., 2.], dtype=float32)
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = metric_variable(values.shape, dtypes.float32, "total_tensor")
        count = metric_variable(values.shape, dtypes.float32, "count_tensor")
        number = ones_like(values)
        if weights is not None:
            values, _, weights = matched(values, None, weights)
            weights = broadcast_weights(cast(weights, dtypes.float32), values)
            values = raw.Mul(values, weights)
            number = raw.Mul(number, weights)
        new_total = assign_add(total, values)
        with control_dependencies([values]):
            new_count = assign_add(count, number)
        value = _quotient(total, count, "value")
        return collected(value, _quotient(new_total, new_count, "update_op"), metrics_collections, updates_collections)


@export("metrics.accuracy")
def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of predictions that equal their labels.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: classes, not probabilities.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.accuracy([1, 0, 1, 1], [1, 1, 1, 1], name="docs_accuracy")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.75
    """
    with all_or_nothing(get_default_graph()):
        predictions, labels, weights = matched(predictions, labels, weights)
        predictions = cast(predictions, labels.dtype)
        correct = cast(raw.Equal(predictions, labels), dtypes.float32)
        return mean(correct, weights, metrics_collections, updates_collections, name or "accuracy")


@export("metrics.mean_absolute_error")
def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of |prediction - label|.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean_absolute_error([1.0, 2.0], [2.0, 4.0], name="docs_mae")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    1.5
    """
    with all_or_nothing(get_default_graph()):
        predictions, labels, weights = matched(predictions, labels, weights)
        errors = absolute(predictions - labels)
        return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


@export("metrics.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of (prediction - label)^2.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean_squared_error([1.0, 2.0], [2.0, 4.0], name="docs_mse")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    2.5
    """
    with all_or_nothing(get_default_graph()):
        predictions, labels, weights = matched(predictions, labels, weights)
        errors = raw.SquaredDifference(labels, predictions)
        return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


@export("metrics.root_mean_squared_error")
def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The square root of the mean of (prediction - label)^2: an error in the unit of the labels.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.root_mean_squared_error([1.0, 2.0], [4.0, 5.0], name="docs_rmse")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    3.0
    """
    with all_or_nothing(get_default_graph()):
        predictions, labels, weights = matched(predictions, labels, weights)
        squares, update = mean_squared_error(labels, predictions, weights, None, None, name or "root_mean_squared_error")
        return collected(raw.Sqrt(squares), raw.Sqrt(update), metrics_collections, updates_collections)


@export("metrics.mean_relative_error")
def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of |label - prediction| / normalizer; elements whose normalizer is 0 count as 0.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      normalizer: what errors are measured by, of the same shape.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean_relative_error([1.0, 2.0], [2.0, 4.0], [1.0, 2.0], name="docs_mre")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    1.0
    """
    with all_or_nothing(get_default_graph()):
        predictions, labels, weights = matched(predictions, labels, weights)
        predictions, normalizer = remove_squeezable_dimensions(predictions, normalizer)
        predictions.shape.assert_is_compatible_with(normalizer.shape)
        nothing = raw.Equal(normalizer, 0.0)
        errors = raw.Select(nothing, zeros_like(labels), truediv(absolute(labels - predictions), normalizer))
        return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


@export("metrics.mean_cosine_distance")
def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean of 1 - (the inner product of label and prediction), which should be vectors of length 1.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      dim: the axis of the vectors.
      weights: a scalar, or of the shape of the inner products, whose axis `dim` has size 1.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean_cosine_distance([[1.0, 0.0]], [[0.0, 1.0]], 1, name="docs_cosine")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    1.0
    """
    with all_or_nothing(get_default_graph()):
        predictions, labels, weights = matched(predictions, labels, weights)
        products = reduce_sum(raw.Mul(predictions, labels), axis=[dim], keepdims=True)
        value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
        return collected(raw.Sub(1.0, value), raw.Sub(1.0, update), metrics_collections, updates_collections)


@export("metrics.percentage_below")
def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of values that are less than `threshold`.

    Args:
      values: a tensor of any shape.
      threshold: a scalar.
      weights: a scalar, or of a shape that broadcasts to `values`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the weights do not fit.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.percentage_below([1.0, 2.0, 3.0, 4.0], 2.0, name="docs_below")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.25
    """
    with all_or_nothing(get_default_graph()):
        values = convert_to_tensor(values)
        below = cast(raw.Less(values, threshold), dtypes.float32)
        return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")
