"""`tf.contrib.metrics`: the functions of `tf.metrics` under their older names, with predictions before labels."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_mean, reduce_sum
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, record_public_names
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import metrics, metrics_classes, metrics_counts, metrics_counts_at, metrics_thresholds, metrics_top


def _streaming(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function of `tf.metrics` with its predictions first."""
    shown = inspect.signature(function)
    parameters = list(shown.parameters.values())
    if [one.name for one in parameters[:2]] == ["labels", "predictions"]:
        parameters[:2] = parameters[1::-1]
    signature = shown.replace(parameters=parameters)

    def streaming(*args: Any, **kwargs: Any) -> Any:
        return function(**signature.bind(*args, **kwargs).arguments)

    streaming.__name__ = streaming.__qualname__ = name
    streaming.__doc__ = f"{(function.__doc__ or '').split(chr(10))[0]} As `tf.metrics.{function.__name__}`, with predictions first."
    streaming.__signature__ = signature  # type: ignore[attr-defined]
    record_public_names(streaming, __name__, name, [f"contrib.metrics.{name}", f"contrib.slim.metrics.{name}"])
    return streaming


streaming_mean = _streaming(metrics.mean, "streaming_mean")
streaming_mean_tensor = _streaming(metrics.mean_tensor, "streaming_mean_tensor")
streaming_accuracy = _streaming(metrics.accuracy, "streaming_accuracy")
streaming_mean_absolute_error = _streaming(metrics.mean_absolute_error, "streaming_mean_absolute_error")
streaming_mean_squared_error = _streaming(metrics.mean_squared_error, "streaming_mean_squared_error")
streaming_root_mean_squared_error = _streaming(metrics.root_mean_squared_error, "streaming_root_mean_squared_error")
streaming_mean_relative_error = _streaming(metrics.mean_relative_error, "streaming_mean_relative_error")
streaming_mean_cosine_distance = _streaming(metrics.mean_cosine_distance, "streaming_mean_cosine_distance")
streaming_percentage_less = _streaming(metrics.percentage_below, "streaming_percentage_less")
streaming_mean_iou = _streaming(metrics_classes.mean_iou, "streaming_mean_iou")
streaming_precision = _streaming(metrics_counts.precision, "streaming_precision")
streaming_recall = _streaming(metrics_counts.recall, "streaming_recall")
streaming_true_positives = _streaming(metrics_counts.true_positives, "streaming_true_positives")
streaming_true_negatives = _streaming(metrics_counts.true_negatives, "streaming_true_negatives")
streaming_false_positives = _streaming(metrics_counts.false_positives, "streaming_false_positives")
streaming_false_negatives = _streaming(metrics_counts.false_negatives, "streaming_false_negatives")
streaming_auc = _streaming(metrics_thresholds.auc, "streaming_auc")
streaming_precision_at_thresholds = _streaming(metrics_thresholds.precision_at_thresholds, "streaming_precision_at_thresholds")
streaming_recall_at_thresholds = _streaming(metrics_thresholds.recall_at_thresholds, "streaming_recall_at_thresholds")
streaming_sensitivity_at_specificity = _streaming(
    metrics_thresholds.sensitivity_at_specificity, "streaming_sensitivity_at_specificity"
)  # fmt: skip
streaming_specificity_at_sensitivity = _streaming(
    metrics_thresholds.specificity_at_sensitivity, "streaming_specificity_at_sensitivity"
)  # fmt: skip
streaming_true_positives_at_thresholds = _streaming(
    metrics_counts_at.true_positives_at_thresholds, "streaming_true_positives_at_thresholds"
)  # fmt: skip
streaming_true_negatives_at_thresholds = _streaming(
    metrics_counts_at.true_negatives_at_thresholds, "streaming_true_negatives_at_thresholds"
)  # fmt: skip
streaming_false_positives_at_thresholds = _streaming(
    metrics_counts_at.false_positives_at_thresholds, "streaming_false_positives_at_thresholds"
)  # fmt: skip
streaming_false_negatives_at_thresholds = _streaming(
    metrics_counts_at.false_negatives_at_thresholds, "streaming_false_negatives_at_thresholds"
)  # fmt: skip
streaming_sparse_recall_at_k = _streaming(metrics_top.recall_at_k, "streaming_sparse_recall_at_k")
streaming_sparse_precision_at_k = _streaming(metrics_top.precision_at_k, "streaming_sparse_precision_at_k")
streaming_sparse_average_precision_at_k = _streaming(
    metrics_top.average_precision_at_k, "streaming_sparse_average_precision_at_k"
)  # fmt: skip


@export("contrib.metrics.streaming_recall_at_k", "contrib.slim.metrics.streaming_recall_at_k")
def streaming_recall_at_k(
    predictions: Any,
    labels: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The share of examples whose label is among the `k` largest predictions, over all batches.

    Args:
      predictions: [batch, classes]. labels: [batch], one class each.

    >>> import autograd_lite as tf
    >>> recall, update = tf.contrib.metrics.streaming_recall_at_k([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], [2, 2], k=2)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    found = cast(raw.InTopKV2(predictions, labels, k), dtypes.float32)
    return metrics.mean(found, weights, metrics_collections, updates_collections, name or f"recall_at_{k}")


@export("contrib.metrics.accuracy", "contrib.slim.metrics.accuracy")
def accuracy(predictions: Any, labels: Any, weights: Any = None, name: str | None = None) -> Tensor:
    """The share of predictions that equal their labels, in this batch.

    Raises:
      ValueError: labels and predictions have different types, or types other than bool, int and string.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.metrics.accuracy(tf.constant([1, 2]), tf.constant([1, 3]))))
    0.5
    """
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    for tensor, what in ((labels, "Labels"), (predictions, "Predictions")):
        if not (tensor.dtype.is_integer or tensor.dtype.is_bool or tensor.dtype == dtypes.string):
            raise ValueError(f"{what} should have bool, string, or integer dtype, not {tensor.dtype!r}")
    if labels.dtype != predictions.dtype:
        raise ValueError(f"Dtypes of predictions and labels should match. Given: {predictions.dtype!r} and {labels.dtype!r}")
    with name_scope(name, "accuracy", [predictions, labels]):
        correct = cast(raw.Equal(predictions, labels), dtypes.float32)
        if weights is None:
            return reduce_mean(correct)
        weights = cast(weights, dtypes.float32)
        ones = raw.OnesLike(correct)
        return reduce_sum(correct * weights) / reduce_sum(ones * weights)


@export("contrib.metrics.aggregate_metrics", "contrib.slim.metrics.aggregate_metrics")
def aggregate_metrics(*value_update_tuples: Any) -> tuple[list[Any], list[Any]]:
    """The values of several metrics, and their updates, as two lists.

    Raises:
      ValueError: when there is none.

    >>> import autograd_lite as tf
    >>> values, updates = tf.contrib.metrics.aggregate_metrics(tf.metrics.mean([1.0]), tf.metrics.mean([2.0]))
    >>> len(values), len(updates)
    (2, 2)
    """
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples)
    return list(values), list(updates)


@export("contrib.metrics.aggregate_metric_map", "contrib.slim.metrics.aggregate_metric_map")
def aggregate_metric_map(names_to_tuples: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of several metrics, and their updates, as two dicts by the same names.

    >>> import autograd_lite as tf
    >>> values, updates = tf.contrib.metrics.aggregate_metric_map({"m": tf.metrics.mean([1.0])})
    >>> list(values), list(updates)
    (['m'], ['m'])
    """
    return (
        {name: value for name, (value, _) in names_to_tuples.items()},
        {name: update for name, (_, update) in names_to_tuples.items()},
    )
