"""Streaming metrics of predicted classes: intersection over union, accuracy of each class."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import ones_like, size
from autograd_lite.api.casting import cast
from autograd_lite.api.confusion import confusion_matrix
from autograd_lite.api.constants import ones
from autograd_lite.api.math import div_no_nan, truediv
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_mean, reduce_sum
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.metric_variables import collected, flat, metric_variable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import variable_scope
from autograd_lite.lib.variable_updates import assign_add, scatter_add

Metric = tuple[Any, Any]


@export("metrics.mean_iou")
def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean over classes of intersection / union of the places where a class is and where it is predicted.

    The update gives the confusion matrix so far; classes that came nowhere do not count.

    Args:
      labels: class numbers.
      predictions: class numbers, of the same shape.
      num_classes: how many classes there are.
      weights: how much each element counts, of the same shape.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a class out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean_iou([0, 0, 1, 1], [0, 1, 1, 1], 2, name="docs_iou")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     matrix = session.run(update)
    ...     print("%.4f" % session.run(value))
    0.5833
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "mean_iou", (predictions, labels, weights)):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        predictions.shape.assert_is_compatible_with(labels.shape)
        total, update = _streaming_matrix(labels, predictions, num_classes, weights)
        return collected(_mean_of_unions(total), update, metrics_collections, updates_collections)


def _streaming_matrix(labels: Tensor, predictions: Tensor, num_classes: int, weights: Any) -> tuple[Any, Any]:
    total = metric_variable([num_classes, num_classes], dtypes.float64, "total_confusion_matrix")
    predictions, labels = cast(predictions, dtypes.int64), cast(labels, dtypes.int64)
    classes = cast(num_classes, dtypes.int64)
    predictions, labels = flat(predictions), flat(labels)
    if weights is not None:
        weights = flat(convert_to_tensor(weights))
    matrix = confusion_matrix(labels, predictions, classes, weights=weights, dtype=dtypes.float64)
    return total, assign_add(total, matrix)


def _mean_of_unions(matrix: Any) -> Tensor:
    predicted = cast(reduce_sum(matrix, 0), dtypes.float32)
    present = cast(reduce_sum(matrix, 1), dtypes.float32)
    both = cast(raw.DiagPart(matrix), dtypes.float32)
    union = predicted + present - both
    count = reduce_sum(cast(raw.NotEqual(union, 0), dtypes.float32))
    union = raw.Select(raw.Greater(union, 0), union, ones_like(union))
    shares = truediv(both, union)
    return raw.Select(raw.Greater(count, 0), reduce_sum(shares, name="mean_iou") / count, 0)


@export("metrics.mean_per_class_accuracy")
def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean over classes of the share of their elements that are predicted right; the update gives the shares.

    Args:
      labels: class numbers.
      predictions: class numbers, of the same shape.
      num_classes: how many classes there are.
      weights: how much each element counts, of the same shape.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a class out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.mean_per_class_accuracy([0, 0, 1, 1], [0, 1, 1, 1], 2, name="docs_per_class")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     session.run(update)
    array([0.5, 1. ], dtype=float32)
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels, predictions = flat(cast(labels, dtypes.int64)), flat(convert_to_tensor(predictions))
        predictions.shape.assert_is_compatible_with(labels.shape)
        total = metric_variable([num_classes], dtypes.float32, "total")
        count = metric_variable([num_classes], dtypes.float32, "count")
        number = ones([size(labels)], dtypes.float32)
        predictions = cast(predictions, labels.dtype)
        correct = cast(raw.Equal(predictions, labels), dtypes.float32)
        if weights is not None:
            weights = cast(flat(convert_to_tensor(weights)), dtypes.float32)
            correct, number = raw.Mul(correct, weights), raw.Mul(number, weights)
        new_total = scatter_add(total, labels, number)
        new_count = scatter_add(count, labels, correct)
        value = reduce_mean(div_no_nan(count, raw.Maximum(total, 0)), name="mean_accuracy")
        update = div_no_nan(new_count, raw.Maximum(new_total, 0), name="update_op")
        return collected(value, update, metrics_collections, updates_collections)
