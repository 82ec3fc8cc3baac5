"""Streaming counts of hits and misses of yes-or-no predictions, with precision and recall."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import identity, rank
from autograd_lite.api.asserts import assert_rank_in, assert_type
from autograd_lite.api.casting import cast
from autograd_lite.api.math import truediv
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.metric_variables import collected, matched, metric_variable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import variable_scope
from autograd_lite.lib.variable_updates import assign_add

Metric = tuple[Any, Any]


def _counted(condition: Tensor, weights: Any, metrics_collections: Any, updates_collections: Any) -> Metric:
    """How many elements are true, in all batches, as a float."""
    assert_type(condition, dtypes.bool_)
    count = metric_variable([], dtypes.float32, "count")
    values = cast(condition, dtypes.float32)
    if weights is not None:
        with control_dependencies([assert_rank_in(weights, (0, rank(values)))]):
            values = raw.Mul(values, cast(weights, dtypes.float32))
    value = identity(count)
    return collected(value, assign_add(count, reduce_sum(values)), metrics_collections, updates_collections)


def _cases(
    default_name: str, truth: bool, said: bool, labels: Any, predictions: Any, weights: Any, to_metrics: Any, to_updates: Any, name: Any
) -> Metric:
    """Count the elements whose label is `truth` and whose prediction is `said`."""
    with all_or_nothing(get_default_graph()), variable_scope(name, default_name, (predictions, labels, weights)):
        predictions, labels, weights = matched(cast(predictions, dtypes.bool_), cast(labels, dtypes.bool_), weights)
        found = raw.LogicalAnd(raw.Equal(labels, truth), raw.Equal(predictions, said))
        return _counted(found, weights, to_metrics, to_updates)


@export("metrics.true_positives")
def true_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are true and are predicted to be true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: of the same shape; anything but 0 is true.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.true_positives([1, 1, 0, 0], [1, 0, 1, 1], name="docs_tp")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    1.0
    """
    return _cases("true_positives", True, True, labels, predictions, weights, metrics_collections, updates_collections, name)


@export("metrics.true_negatives")
def true_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are false and are predicted to be false.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: of the same shape; anything but 0 is true.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.true_negatives([1, 1, 0, 0], [1, 0, 1, 1], name="docs_tn")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.0
    """
    return _cases("true_negatives", False, False, labels, predictions, weights, metrics_collections, updates_collections, name)


@export("metrics.false_positives")
def false_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are false and are predicted to be true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: of the same shape; anything but 0 is true.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.false_positives([1, 1, 0, 0], [1, 0, 1, 1], name="docs_fp")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    2.0
    """
    return _cases("false_positives", False, True, labels, predictions, weights, metrics_collections, updates_collections, name)


@export("metrics.false_negatives")
def false_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are true and are predicted to be false.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: of the same shape; anything but 0 is true.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.false_negatives([1, 1, 0, 0], [1, 0, 1, 1], name="docs_fn")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    1.0
    """
    return _cases("false_negatives", True, False, labels, predictions, weights, metrics_collections, updates_collections, name)


def _share(hits: Tensor, misses: Tensor, name: str) -> Tensor:
    """Hits / (hits + misses), 0 when there is nothing to count."""
    any_counted = (hits + misses) > 0
    return raw.Select(any_counted, truediv(hits, hits + misses), 0, name=name)


@export("metrics.precision")
def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of the elements predicted to be true that are true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: of the same shape; anything but 0 is true.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.precision([1, 1, 0, 0], [1, 0, 0, 1], name="docs_precision")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "precision", (predictions, labels, weights)):
        predictions, labels, weights = matched(cast(predictions, dtypes.bool_), cast(labels, dtypes.bool_), weights)
        hits, more_hits = true_positives(labels, predictions, weights)
        misses, more_misses = false_positives(labels, predictions, weights)
        value = _share(hits, misses, "value")
        return collected(value, _share(more_hits, more_misses, "update_op"), metrics_collections, updates_collections)


@export("metrics.recall")
def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of the true elements that are predicted to be true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: of the same shape; anything but 0 is true.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.recall([1, 1, 0, 0], [1, 0, 0, 1], name="docs_recall")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "recall", (predictions, labels, weights)):
        predictions, labels, weights = matched(cast(predictions, dtypes.bool_), cast(labels, dtypes.bool_), weights)
        hits, more_hits = true_positives(labels, predictions, weights)
        misses, more_misses = false_negatives(labels, predictions, weights)
        value = _share(hits, misses, "value")
        return collected(value, _share(more_hits, more_misses, "update_op"), metrics_collections, updates_collections)
