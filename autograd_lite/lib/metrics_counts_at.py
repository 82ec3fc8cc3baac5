"""Streaming counts of hits and misses at several thresholds."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.export import export
from autograd_lite.lib.metrics_thresholds import Metric, counts_at_thresholds


@export("metrics.true_positives_at_thresholds")
def true_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are true and are predicted to be true, when predictions above a threshold count as true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      thresholds: a list of numbers within [0, 1]; there is one count for each.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a prediction out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.true_positives_at_thresholds([0, 1], [0.4, 0.8], [0.3, 0.5], name="docs_tp_at")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    [1. 1.]
    """
    collections = metrics_collections, updates_collections
    return counts_at_thresholds("tp", (labels, predictions, weights), thresholds, collections, name)


@export("metrics.true_negatives_at_thresholds")
def true_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are false and are predicted to be false, when predictions above a threshold count as true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      thresholds: a list of numbers within [0, 1]; there is one count for each.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a prediction out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.true_negatives_at_thresholds([0, 1], [0.4, 0.8], [0.3, 0.5], name="docs_tn_at")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    [0. 1.]
    """
    collections = metrics_collections, updates_collections
    return counts_at_thresholds("tn", (labels, predictions, weights), thresholds, collections, name)


@export("metrics.false_positives_at_thresholds")
def false_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are false and are predicted to be true, when predictions above a threshold count as true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      thresholds: a list of numbers within [0, 1]; there is one count for each.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a prediction out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.false_positives_at_thresholds([0, 1], [0.4, 0.8], [0.3, 0.5], name="docs_fp_at")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    [1. 0.]
    """
    collections = metrics_collections, updates_collections
    return counts_at_thresholds("fp", (labels, predictions, weights), thresholds, collections, name)


@export("metrics.false_negatives_at_thresholds")
def false_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """Count the elements that are true and are predicted to be false, when predictions above a threshold count as true.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      thresholds: a list of numbers within [0, 1]; there is one count for each.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a prediction out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.false_negatives_at_thresholds([0, 1], [0.4, 0.8], [0.3, 0.5], name="docs_fn_at")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    [0. 0.]
    """
    collections = metrics_collections, updates_collections
    return counts_at_thresholds("fn", (labels, predictions, weights), thresholds, collections, name)
