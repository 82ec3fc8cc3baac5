"""Streaming metrics of probabilities, cut at many thresholds: the area under a curve, precision, recall, sensitivity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api.arrays import expand_dims, ones_like, shape, stack, transpose
from autograd_lite.api.asserts import assert_greater_equal, assert_less_equal
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant
from autograd_lite.api.math import abs as absolute, div_no_nan, truediv
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import argmax, argmin, cumsum, reduce_min, reduce_sum
from autograd_lite.api.weights import broadcast_weights
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
Counts = dict[str, Any]

_NAMES = {"tp": "true_positives", "fn": "false_negatives", "tn": "true_negatives", "fp": "false_positives"}
_TINY = 1e-7


def _counts_at(labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any, wanted: Sequence[str]) -> tuple[Counts, Counts]:
    """For each kind of hit or miss: the count at each threshold, a variable; and its update."""
    predictions = convert_to_tensor(predictions)
    bounds = [
        assert_greater_equal(predictions, cast(0.0, predictions.dtype), message="predictions must be in [0, 1]"),
        assert_less_equal(predictions, cast(1.0, predictions.dtype), message="predictions must be in [0, 1]"),
    ]
    with control_dependencies(bounds):
        predictions, labels, weights = matched(cast(predictions, dtypes.float32), cast(labels, dtypes.bool_), weights)
    count = len(thresholds)
    column = raw.Reshape(predictions, [-1, 1])
    row = raw.Reshape(labels, [1, -1])
    examples = column.static_shape[0] if column.static_shape else None
    if examples is None:
        examples = shape(column)[0]
    limits = raw.Tile(expand_dims(constant(list(thresholds)), [1]), stack([1, examples]))
    said = {"p": raw.Greater(raw.Tile(transpose(column), [count, 1]), limits)}
    if "fn" in wanted or "tn" in wanted:
        said["n"] = raw.LogicalNot(said["p"])
    truth = {"p": raw.Tile(row, [count, 1])}
    if "fp" in wanted or "tn" in wanted:
        truth["n"] = raw.LogicalNot(truth["p"])
    tiled = None
    if weights is not None:
        weights = broadcast_weights(cast(weights, dtypes.float32), predictions)
        tiled = raw.Tile(raw.Reshape(weights, [1, -1]), [count, 1])
    values: Counts = {}
    updates: Counts = {}
    for kind in (kind for kind in _NAMES if kind in wanted):
        is_true = (kind[0] == "t") == (kind[1] == "p")
        values[kind] = metric_variable([count], dtypes.float32, _NAMES[kind])
        found = cast(raw.LogicalAnd(truth["p" if is_true else "n"], said[kind[1]]), dtypes.float32)
        if tiled is not None:
            found = found * tiled
        updates[kind] = assign_add(values[kind], reduce_sum(found, 1))
    return values, updates


def _even_thresholds(count: int) -> list[float]:
    """`count` thresholds that cut [0, 1] evenly; the outer ones lie just outside."""
    return [-_TINY, *((i + 1) / (count - 1) for i in range(count - 2)), 1.0 + _TINY]


@export("metrics.auc")
def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Any = None,
) -> Metric:
    """The area under the ROC curve (or the precision-recall curve), from counts at many thresholds.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      weights: a scalar, or of a shape that broadcasts to `labels`.
      num_thresholds: at how many thresholds to count.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      curve: "ROC" or "PR".
      name: a name for the variables' scope.
      summation_method: "trapezoidal", "careful_interpolation" (Davis and Goadrich, 2006; for PR), "minoring" or "majoring".
      thresholds: your own thresholds within [0, 1], instead of even ones.

    Raises:
      ValueError: the shapes differ, or there is no such curve or method. At run time InvalidArgumentError, for a prediction out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.auc([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9], name="docs_auc")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print("%.2f" % session.run(update))
    0.75
    """
    if curve not in ("ROC", "PR"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
    if summation_method not in ("trapezoidal", "careful_interpolation", "minoring", "majoring"):
        raise ValueError(f"Invalid summation_method: {summation_method}")
    with all_or_nothing(get_default_graph()), variable_scope(name, "auc", (labels, predictions, weights)):
        limits = _even_thresholds(num_thresholds) if thresholds is None else [-_TINY, *sorted(thresholds), 1.0 + _TINY]
        values, updates = _counts_at(labels, predictions, limits, weights, tuple(_NAMES))
        value = _area(values, len(limits), curve, summation_method, "value")
        update = _area(updates, len(limits), curve, summation_method, "update_op")
        return collected(value, update, metrics_collections, updates_collections)


def _area(counts: Counts, count: int, curve: str, method: str, name: str) -> Tensor:
    hits, misses, rejected, alarms = (counts[kind] for kind in _NAMES)
    if curve == "PR" and method == "careful_interpolation":
        return _interpolated_area(hits, alarms, misses, count)
    epsilon = 1e-6
    recall = truediv(hits + epsilon, hits + misses + epsilon)
    if curve == "ROC":
        x, y = truediv(alarms, alarms + rejected + epsilon), recall
    else:
        x, y = recall, truediv(hits + epsilon, hits + alarms + epsilon)
    left, right = slice(0, count - 1), slice(1, None)
    widths = x[: count - 1] - x[right]
    if method == "minoring":
        return reduce_sum(raw.Mul(widths, raw.Minimum(y[left], y[right])), name=name)
    if method == "majoring":
        return reduce_sum(raw.Mul(widths, raw.Maximum(y[left], y[right])), name=name)
    return reduce_sum(raw.Mul(widths, (y[: count - 1] + y[right]) / 2.0), name=name)


def _interpolated_area(hits: Any, alarms: Any, misses: Any, count: int) -> Tensor:
    """The area under precision-recall, with hits and alarms, not precision, taken to be linear between thresholds."""
    gained = hits[: count - 1] - hits[1:]
    claimed = hits + alarms
    slope = div_no_nan(gained, raw.Maximum(claimed[: count - 1] - claimed[1:], 0), name="prec_slope")
    intercept = hits[1:] - raw.Mul(slope, claimed[1:])
    both = raw.LogicalAnd(claimed[: count - 1] > 0, claimed[1:] > 0)
    ratio = div_no_nan(claimed[: count - 1], raw.Maximum(claimed[1:], 0), name="recall_relative_ratio")
    ratio = raw.Select(both, ratio, ones_like(claimed[1:]))
    areas = div_no_nan(slope * (gained + intercept * raw.Log(ratio)), raw.Maximum(hits[1:] + misses[1:], 0), name="pr_auc_increment")
    return reduce_sum(areas, name="interpolate_pr_auc")


def _metric_at(
    default_name: str,
    wanted: Sequence[str],
    compute: Callable[[Counts, str], Any],
    arguments: tuple[Any, Any, Any],
    thresholds: Sequence[float],
    collections: tuple[Any, Any],
    name: str | None,
) -> Metric:
    labels, predictions, weights = arguments
    with all_or_nothing(get_default_graph()), variable_scope(name, default_name, (predictions, labels, weights)):
        values, updates = _counts_at(labels, predictions, thresholds, weights, wanted)
        value = compute(values, "value")
        return collected(value, compute(updates, "update_op"), *collections)


def counts_at_thresholds(kind: str, given: tuple[Any, Any, Any], thresholds: Sequence[float], collections: Any, name: Any) -> Metric:
    """The counts of one kind (`tp`, `fn`, `tn`, `fp`) at each threshold."""

    def count(counts: Counts, _: str) -> Any:
        return convert_to_tensor(counts[kind])

    return _metric_at(_NAMES[kind], (kind,), count, given, thresholds, collections, name)


@export("metrics.precision_at_thresholds")
def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The precision when predictions above a threshold count as true, for each threshold.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      thresholds: a list of numbers within [0, 1].
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a prediction out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.precision_at_thresholds([0, 1], [0.4, 0.8], [0.3, 0.5], name="docs_precision_at")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update).round(4))
    [0.5 1. ]
    """

    def share(counts: Counts, name: str) -> Tensor:
        return truediv(counts["tp"], _TINY + counts["tp"] + counts["fp"], name=f"precision_{name}")

    given = labels, predictions, weights
    collections = metrics_collections, updates_collections
    return _metric_at("precision_at_thresholds", ("tp", "fp"), share, given, thresholds, collections, name)


@export("metrics.recall_at_thresholds")
def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The recall when predictions above a threshold count as true, for each threshold.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      thresholds: a list of numbers within [0, 1].
      weights: a scalar, or of a shape that broadcasts to `labels`.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError, for a prediction out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.recall_at_thresholds([1, 1], [0.4, 0.8], [0.3, 0.5], name="docs_recall_at")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update).round(4))
    [1.  0.5]
    """

    def share(counts: Counts, name: str) -> Tensor:
        return truediv(counts["tp"], _TINY + counts["tp"] + counts["fn"], name=f"recall_{name}")

    given = labels, predictions, weights
    collections = metrics_collections, updates_collections
    return _metric_at("recall_at_thresholds", ("tp", "fn"), share, given, thresholds, collections, name)


def _check_share(name: str, value: float) -> None:
    if value < 0 or value > 1:
        raise ValueError(f"`{name}` must be in the range [0, 1]. Currently, `{name}` is {value}.")


@export("metrics.sensitivity_at_specificity")
def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of true elements found, at the threshold whose share of false elements rejected is nearest to `specificity`.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      specificity: a number within [0, 1].
      weights: a scalar, or of a shape that broadcasts to `labels`.
      num_thresholds: at how many thresholds to count.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ, or `specificity` is out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.sensitivity_at_specificity([0, 0, 1, 1], [0.1, 0.6, 0.3, 0.9], 1.0, name="docs_sensitivity")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print("%.2f" % session.run(update))
    0.50
    """
    _check_share("specificity", specificity)

    def share(counts: Counts, name: str) -> Tensor:
        found = truediv(counts["tn"], counts["tn"] + counts["fp"] + _TINY)
        at = cast(argmin(absolute(found - specificity), 0), dtypes.int32)
        return truediv(counts["tp"][at], counts["tp"][at] + counts["fn"][at] + _TINY, name=name)

    given = labels, predictions, weights
    collections = metrics_collections, updates_collections
    limits = _even_thresholds(num_thresholds)
    return _metric_at("sensitivity_at_specificity", tuple(_NAMES), share, given, limits, collections, name)


@export("metrics.specificity_at_sensitivity")
def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of false elements rejected, at the highest threshold whose share of true elements found is nearest to `sensitivity`.

    Args:
      labels: the truth; anything but 0 is true.
      predictions: probabilities, of the same shape.
      sensitivity: a number within [0, 1].
      weights: a scalar, or of a shape that broadcasts to `labels`.
      num_thresholds: at how many thresholds to count.
      metrics_collections: collections to which the value is added.
      updates_collections: collections to which the update is added.
      name: a name for the variables' scope.

    Raises:
      ValueError: the shapes differ, or `sensitivity` is out of range.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.specificity_at_sensitivity([0, 0, 1, 1], [0.1, 0.6, 0.3, 0.9], 1.0, name="docs_specificity")
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print("%.2f" % session.run(update))
    0.50
    """
    _check_share("sensitivity", sensitivity)

    def share(counts: Counts, name: str) -> Tensor:
        found = truediv(counts["tp"], counts["tp"] + counts["fn"] + _TINY)
        distance = absolute(found - sensitivity)
        nearest = cast(raw.Equal(distance, reduce_min(distance)), dtypes.int64)
        at = cast(argmax(cumsum(nearest), 0), dtypes.int32)  # the last step of the sum begins at the last of the nearest
        return truediv(counts["tn"][at], counts["tn"][at] + counts["fp"][at] + _TINY, name=name)

    given = labels, predictions, weights
    collections = metrics_collections, updates_collections
    limits = _even_thresholds(num_thresholds)
    return _metric_at("specificity_at_sensitivity", tuple(_NAMES), share, given, limits, collections, name)
