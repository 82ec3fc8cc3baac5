"""`tf.contrib.metrics`: streaming metrics that `tf.metrics` does not have."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import shape
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, zeros
from autograd_lite.api.math import div_no_nan, truediv
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import where
from autograd_lite.api.weights import broadcast_weights
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import metrics_counts, metrics_top
from autograd_lite.lib.metric_variables import collected, metric_variable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import variable_scope
from autograd_lite.lib.variable_updates import assign, assign_add
from autograd_lite.lib.variables import make_variable

Metric = tuple[Any, Any]


@export("contrib.metrics.streaming_sparse_precision_at_top_k")
def streaming_sparse_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of guesses, given by number, that is right, over all batches: `tf.metrics.precision_at_top_k`, with predictions first.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.streaming_sparse_precision_at_top_k([[1, 0]], tf.constant([[1]], tf.int64))
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    given = class_id, weights, metrics_collections, updates_collections, name
    return metrics_top.precision_at_top_k(labels, top_k_predictions, None, *given)


@export("contrib.metrics.streaming_sparse_average_precision_at_top_k")
def streaming_sparse_average_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean over all rows of the precision at each right guess, of guesses given by number, over all batches.

    >>> import autograd_lite as tf
    >>> labels = tf.constant([[1], [0]], tf.int64)
    >>> value, update = tf.contrib.metrics.streaming_sparse_average_precision_at_top_k([[1, 0], [1, 0]], labels)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.75
    """
    with all_or_nothing(get_default_graph()), building(name, "average_precision", [top_k_predictions]) as scope:
        guesses = convert_to_tensor(top_k_predictions)
        return metrics_top.mean_precision(labels, guesses, weights, metrics_collections, updates_collections, scope)


@export("contrib.metrics.count", "contrib.slim.metrics.count")
def count(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None
) -> Metric:
    """The number of elements, or the sum of their weights, over all batches.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.count(tf.constant([1, 2, 3]))
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update), session.run(update))
    3.0 6.0
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "count", (values, weights)):
        values = convert_to_tensor(values)
        counted = metric_variable([], dtypes.float32, "count")
        with control_dependencies([values]):
            if weights is None:
                number = cast(raw.Size(values), dtypes.float32)
            else:
                number = reduce_sum(broadcast_weights(cast(weights, dtypes.float32), cast(values, dtypes.float32)))
            update = assign_add(counted, number)
        return collected(raw.Identity(counted), update, metrics_collections, updates_collections)


# -------------------------------------------------------------------- rates


def _rate(wrong: Any, right: Any, name: str, given: tuple[Any, ...]) -> Metric:
    predictions, labels, weights, metrics_collections, updates_collections, scope = given
    with all_or_nothing(get_default_graph()), variable_scope(scope, name, (predictions, labels, weights)):
        labels, predictions = cast(labels, dtypes.bool_), cast(predictions, dtypes.bool_)
        misses, misses_update = wrong(labels, predictions, weights)
        hits, hits_update = right(labels, predictions, weights)
        value = div_no_nan(misses, misses + hits, name="value")
        update = div_no_nan(misses_update, misses_update + hits_update, name="update_op")
        return collected(value, update, metrics_collections, updates_collections)


@export("contrib.metrics.streaming_false_positive_rate")
def streaming_false_positive_rate(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of the false that was taken for true, over all batches.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.streaming_false_positive_rate([True, False, True], [False, False, True])
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    given = predictions, labels, weights, metrics_collections, updates_collections, name
    return _rate(metrics_counts.false_positives, metrics_counts.true_negatives, "false_positive_rate", given)


@export("contrib.metrics.streaming_false_negative_rate")
def streaming_false_negative_rate(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of the true that was taken for false, over all batches.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.streaming_false_negative_rate([True, False, True], [False, True, True])
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    given = predictions, labels, weights, metrics_collections, updates_collections, name
    return _rate(metrics_counts.false_negatives, metrics_counts.true_positives, "false_negative_rate", given)


# -------------------------------------------------------------------- what belongs together


@export("contrib.metrics.streaming_covariance")
def streaming_covariance(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The covariance of predictions and labels over all batches, unbiased; NaN until there are two.

    Each batch is taken in by its own means, as T. Chan, G. Golub and R. LeVeque showed ("Updating formulae and a pairwise algorithm for
    computing sample variances", 1979), so that nothing cancels out.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.streaming_covariance([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    2.0
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "covariance", (predictions, labels, weights)):
        predictions, labels = cast(predictions, dtypes.float32), cast(labels, dtypes.float32)
        predictions.shape.assert_is_compatible_with(labels.shape)
        counted = metric_variable([], dtypes.float32, "count")
        means = [metric_variable([], dtypes.float32, f"mean_{what}") for what in ("prediction", "label")]
        comoment = metric_variable([], dtypes.float32, "comoment")
        if weights is None:
            weight: Any = constant(1.0)
            number: Any = cast(raw.Size(labels), dtypes.float32)
        else:
            weight = broadcast_weights(cast(weights, dtypes.float32), labels)
            number = reduce_sum(weight)
        before: Any = raw.Identity(counted)
        total = before + number
        here = [div_no_nan(reduce_sum(values * weight), number) for values in (predictions, labels)]
        away: list[Any] = [mean - raw.Identity(held) for mean, held in zip(here, means)]
        inside = reduce_sum(weight * (predictions - here[0]) * (labels - here[1]))
        grown = inside + away[0] * away[1] * div_no_nan(before * number, total)
        with control_dependencies([grown, total, *away]):
            updates = [assign_add(held, step * div_no_nan(number, total)) for held, step in zip(means, away)]
            new_comoment = assign_add(comoment, grown)
            new_count = assign_add(counted, number)
        with control_dependencies(updates):
            update = _unbiased(new_comoment, new_count, "update_op")
        return collected(_unbiased(comoment, counted, "covariance"), update, metrics_collections, updates_collections)


def _unbiased(comoment: Any, number: Any, name: str) -> Tensor:
    return where(raw.LessEqual(number, 1.0), constant(float("nan")), truediv(comoment, number - 1.0), name=name)


@export("contrib.metrics.streaming_pearson_correlation")
def streaming_pearson_correlation(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How well a line describes labels by predictions, over all batches: 1 or -1 for a perfect one, 0 for none.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.streaming_pearson_correlation([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    1.0
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "pearson_r", (predictions, labels, weights)):
        own = [(each, each, f"variance_{what}") for each, what in ((predictions, "predictions"), (labels, "labels"))]
        pairs = [(predictions, labels, "covariance"), *own]
        found = [streaming_covariance(one, other, weights, name=what) for one, other, what in pairs]
        value, update = (truediv(both, raw.Sqrt(one) * raw.Sqrt(other)) for both, one, other in zip(*found))
        return collected(value, update, metrics_collections, updates_collections)


@export("contrib.metrics.streaming_concat")
def streaming_concat(
    values: Any,
    axis: int = 0,
    max_size: int | None = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """All values of all batches, one batch behind the other.

    Args:
      values: of a known rank, with known sizes but along `axis`. max_size: how many are kept at most; None for all.

    Raises:
      ValueError: shapes that are not known, or an axis that is not there.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.streaming_concat(tf.constant([1, 2]))
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     first, second = session.run(update), session.run(update)
    ...     print(first, second)
    [1 2] [1 2 1 2]
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "streaming_concat", (values,)):
        values = convert_to_tensor(values)
        known = values.static_shape
        if known is None:
            raise ValueError("`values` must have known statically known rank")
        if not -len(known) <= axis < len(known):
            raise ValueError(f"axis = {axis} not in [{-len(known)}, {len(known)})")
        axis %= len(known)
        if any(size is None for place, size in enumerate(known) if place != axis):
            raise ValueError("all dimensions of `values` other than the dimension to concatenate along must have statically known size")
        none = [0 if place == axis else size for place, size in enumerate(known)]
        kept = make_variable(
            lambda: zeros(none, values.dtype), trainable=False, validate_shape=False, name="array",
            collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        )  # fmt: skip
        wanted = [None if place == axis else size for place, size in enumerate(known)]
        before = raw.Identity(kept)
        before.set_shape(wanted)
        more = raw.ConcatV2([before, values], axis)
        if max_size is not None:
            sizes = [raw.Minimum(shape(more)[place], max_size) if place == axis else size for place, size in enumerate(known)]
            more = raw.Slice(more, [0] * len(known), raw.Pack(sizes))
        update = raw.Identity(assign(kept, more, validate_shape=False))
        update.set_shape(wanted)
        return collected(before, update, metrics_collections, updates_collections)


@export("contrib.metrics.cohen_kappa")
def cohen_kappa(
    labels: Any,
    predictions_idx: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """How much two classifications agree beyond chance, over all batches (J. Cohen 1960): 1 always, 0 as by chance.

    >>> import autograd_lite as tf
    >>> value, update = tf.contrib.metrics.cohen_kappa([0, 1, 1, 0], [0, 1, 0, 0], num_classes=2)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    with all_or_nothing(get_default_graph()), variable_scope(name, "cohen_kappa", (labels, predictions_idx, weights)):
        rows, columns = (raw.Reshape(cast(each, dtypes.int64), [-1]) for each in (labels, predictions_idx))
        weight = constant(1.0) if weights is None else raw.Reshape(cast(weights, dtypes.float32), [-1])
        each = raw.Fill(shape(rows), weight) if weight.static_shape == () else broadcast_weights(weight, cast(rows, dtypes.float32))
        table = metric_variable([num_classes, num_classes], dtypes.float32, "table")
        seen = raw.ScatterNd(raw.Pack([rows, columns], axis=1), each, [num_classes, num_classes])
        update = _kappa(assign_add(table, seen), "update_op")
        return collected(_kappa(table, "kappa"), update, metrics_collections, updates_collections)


def _kappa(table: Any, name: str) -> Tensor:
    total = reduce_sum(table)
    by_chance = reduce_sum(reduce_sum(table, 0) * reduce_sum(table, 1))
    agreed: Any = reduce_sum(raw.MatrixDiagPart(table))
    expected = div_no_nan(by_chance, total)
    return div_no_nan(agreed - expected, total - expected, name=name)
