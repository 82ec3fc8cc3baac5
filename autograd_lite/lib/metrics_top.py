"""Streaming metrics of the k best guesses: how many are right, and how many of the right classes are among them."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, expand_dims, ones_like, rank, shape, size
from autograd_lite.api.asserts import assert_rank_in
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.math import add, div_no_nan
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.sets import set_difference, set_intersection, set_size
from autograd_lite.api.sparse import sparse_concat, sparse_reshape, sparse_retain
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.metric_variables import collected, metric_variable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_updates import assign_add

Metric = tuple[Any, Any]


def _name_at(name: str, k: int | None, class_id: int | None = None) -> str:
    """`recall_at_3`, or `recall_at_3_class7`."""
    name = f"{name}_at_k" if k is None else f"{name}_at_{k}"
    return name if class_id is None else f"{name}_class{class_id}"


def _with_last_axis(labels: Any, predictions: Tensor) -> Any:
    """Labels that are one for each row get a last axis, so that they are sets of one."""
    with building(None, "expand_labels", [predictions]) as scope:
        if not isinstance(labels, SparseTensor):
            labels = convert_to_tensor(labels)
        known = labels.static_shape if isinstance(labels, Tensor) else labels.shape.ndims and tuple(labels.shape.as_list())
        if known is None or predictions.static_shape is None:
            if isinstance(labels, SparseTensor):
                return labels
            is_short = raw.Equal(rank(predictions), rank(labels) + 1)
            return cond(is_short, lambda: expand_dims(labels, -1, name=scope), lambda: labels)
        have, want = len(known), len(predictions.static_shape)
        if have == want:
            return labels
        if have + 1 != want:
            raise ValueError(f"Unexpected labels shape {known} for predictions shape {predictions.static_shape}.")
        if isinstance(labels, SparseTensor):
            return sparse_reshape(labels, concat([labels.dense_shape, [1]], 0), name=scope)
        return expand_dims(labels, -1, name=scope)


def _only(ids: Any, class_id: int) -> SparseTensor:
    """The sets without what is not `class_id`."""
    if isinstance(ids, SparseTensor):
        return sparse_retain(ids, raw.Equal(ids.values, cast(class_id, ids.dtype)))
    sizes: Any = shape(ids, out_type=dtypes.int64)
    wanted = raw.Fill(concat([sizes[:-1], [1]], 0), cast(class_id, dtypes.int64))
    found = set_intersection(wanted, ids)
    return SparseTensor(found.indices, found.values, sizes)


def _weighted(counts: Tensor, weights: Any) -> Tensor:
    if weights is None:
        return counts
    with control_dependencies([assert_rank_in(weights, (0, rank(counts)))]):
        return raw.Mul(counts, cast(weights, dtypes.float64))


def _sets_counted(kind: str, labels: Any, guesses: Any, k: int | None, class_id: int | None, weights: Any) -> Metric:
    """A variable that counts hits, misses or false alarms of all batches, and its update."""
    with building(None, _name_at(kind, k, class_id)) as scope:
        with building(None, f"{kind}s"):
            if class_id is not None:
                labels, guesses = _only(labels, class_id), _only(guesses, class_id)
            if kind == "true_positive":
                found = set_intersection(guesses, labels)
            else:
                found = set_difference(guesses, labels, aminusb=kind == "false_positive")
            counts = _weighted(cast(set_size(found), dtypes.float64), weights)
        total = reduce_sum(counts)
        variable = metric_variable([], dtypes.float64, scope)
        return variable, assign_add(variable, total, name="update")


def _share(
    name: str, other: str, labels: Any, guesses: Any, k: int | None, class_id: int | None, weights: Any, collections: Any, scope_name: Any
) -> Metric:
    """Hits divided by hits and `other`."""
    with building(scope_name, _name_at(name, k, class_id), [guesses]) as scope:
        guesses = convert_to_tensor(guesses)
        labels = _with_last_axis(labels, guesses)
        guesses = cast(guesses, dtypes.int64)
        hits, hits_update = _sets_counted("true_positive", labels, guesses, k, class_id, weights)
        rest, rest_update = _sets_counted(other, labels, guesses, k, class_id, weights)
        value = raw.RealDiv(hits, add(hits, rest), name=scope)
        update = raw.RealDiv(hits_update, add(hits_update, rest_update), name="update")
        return collected(value, update, *collections)


def _best(predictions: Any, k: int) -> Tensor:
    return raw.TopKV2(predictions, k)[1]


@export("metrics.recall_at_k")
def recall_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of the right classes that is among the k best guesses, over all batches.

    Args:
      labels: the right classes, int64: [..., n] for n of them (or a SparseTensor), or [...] for one.
      predictions: scores of classes, [..., classes].
      k: how many guesses count. class_id: look at this class alone.
      weights: a scalar, or of the shape of the outer axes.

    Returns:
      The value, and the update that takes a batch in. Both are float64.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.recall_at_k(tf.constant([[1], [0]], tf.int64), [[0.1, 0.9], [0.3, 0.7]], 1)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    with all_or_nothing(get_default_graph()), building(name, _name_at("recall", k, class_id), [predictions]) as scope:
        guesses = _best(predictions, k)
        return recall_at_top_k(labels, guesses, k, class_id, weights, metrics_collections, updates_collections, scope)


@export("metrics.recall_at_top_k")
def recall_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of the right classes that is among guesses, [..., k], which are given by number.

    The other arguments are those of `tf.metrics.recall_at_k`.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.recall_at_top_k(tf.constant([[1], [0]], tf.int64), [[1], [1]], 1)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    collections = metrics_collections, updates_collections
    with all_or_nothing(get_default_graph()):
        return _share("recall", "false_negative", labels, predictions_idx, k, class_id, weights, collections, name)


@export("metrics.precision_at_k")
def precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of the k best guesses that is right, over all batches.

    The arguments are those of `tf.metrics.recall_at_k`.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.precision_at_k(tf.constant([[1], [0]], tf.int64), [[0.1, 0.9], [0.3, 0.7]], 2)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    with all_or_nothing(get_default_graph()), building(name, _name_at("precision", k, class_id), [predictions]) as scope:
        guesses = _best(predictions, k)
        return precision_at_top_k(labels, guesses, k, class_id, weights, metrics_collections, updates_collections, scope)


@export("metrics.precision_at_top_k")
def precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The share of guesses, [..., k], which are given by number, that is right.

    The other arguments are those of `tf.metrics.recall_at_k`.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.precision_at_top_k(tf.constant([[1], [0]], tf.int64), [[1, 0], [1, 0]], 2)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.5
    """
    collections = metrics_collections, updates_collections
    with all_or_nothing(get_default_graph()):
        return _share("precision", "false_positive", labels, predictions_idx, k, class_id, weights, collections, name)


@export("metrics.sparse_precision_at_k")
def sparse_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The older name of `tf.metrics.precision_at_k`.

    >>> import autograd_lite as tf
    >>> tf.metrics.sparse_precision_at_k(tf.constant([[1]], tf.int64), [[0.1, 0.9]], 1)[0].dtype
    tf.float64
    """
    return precision_at_k(labels, predictions, k, class_id, weights, metrics_collections, updates_collections, name)


def _average_precision(labels: Any, guesses: Tensor) -> Tensor:
    """For each row: the mean of the precision at each right guess, over as many as there can be."""
    k = guesses.static_shape[-1] if guesses.static_shape is not None else None
    if k is None:
        raise ValueError("The number of guesses, the last axis of predictions, must be known.")
    labels = _with_last_axis(labels, guesses)
    guesses = cast(guesses, dtypes.int64)
    each = set_size(set_intersection(expand_dims(guesses, -1), _for_each_guess(labels, k)))  # [..., k], 1 where a guess is right
    right = cast(each, dtypes.float64)
    precision = raw.RealDiv(raw.Cumsum(right, -1), raw.Cumsum(ones_like(right), -1))
    summed = reduce_sum(raw.Mul(precision, right), axis=-1)
    count: Any = set_size(labels) if isinstance(labels, SparseTensor) else shape(labels)[-1]  # of dense labels, doubles count too
    return div_no_nan(summed, cast(raw.Minimum(count, k), dtypes.float64))


def _for_each_guess(labels: Any, k: int) -> Any:
    """[..., n] -> [..., k, n]: the same set beside every guess."""
    if isinstance(labels, SparseTensor):
        sizes: Any = labels.dense_shape
        each = sparse_reshape(labels, concat([sizes[:-1], [1], sizes[-1:]], 0))
        return sparse_concat(-2, [each] * k)
    wide: Any = expand_dims(labels, -2)
    ones = [1] * (len(wide.static_shape) - 2)
    return raw.Tile(wide, [*ones, k, 1])


@export("metrics.average_precision_at_k")
def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The mean over all rows of the precision at each right guess among the k best.

    Args:
      labels: the right classes, int64: [..., n] for n of them (or a SparseTensor), or [...] for one.
      predictions: scores of classes, [..., classes].
      k: how many guesses count.
      weights: a scalar, or of the shape of the outer axes.

    Returns:
      The value, and the update that takes a batch in. Both are float64.

    >>> import autograd_lite as tf
    >>> value, update = tf.metrics.average_precision_at_k(tf.constant([[1], [0]], tf.int64), [[0.1, 0.9], [0.3, 0.7]], 2)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(update))
    0.75
    """
    with all_or_nothing(get_default_graph()), building(name, _name_at("average_precision", k), [predictions]) as scope:
        return mean_precision(labels, _best(predictions, k), weights, metrics_collections, updates_collections, scope)


def mean_precision(
    labels: Any, guesses: Tensor, weights: Any, metrics_collections: Any, updates_collections: Any, scope: str
) -> Metric:
    """The mean over all rows of the precision at each right guess, of guesses that are given by number; `scope` names the update."""
    values = _weighted(_average_precision(labels, guesses), weights)
    count = cast(size(values), dtypes.float64) if weights is None else reduce_sum(_weighted(ones_like(values), weights))
    with building(None, "max") as inner:
        most = metric_variable([], dtypes.float64, inner)
        most_update = assign_add(most, count, name="update")
    with building(None, "total") as inner:
        total = metric_variable([], dtypes.float64, inner)
        total_update = assign_add(total, reduce_sum(values), name="update")
    value = div_no_nan(total, most, name="mean")
    return collected(value, div_no_nan(total_update, most_update, name=scope), metrics_collections, updates_collections)


@export("metrics.sparse_average_precision_at_k")
def sparse_average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> Metric:
    """The older name of `tf.metrics.average_precision_at_k`.

    >>> import autograd_lite as tf
    >>> tf.metrics.sparse_average_precision_at_k(tf.constant([[1]], tf.int64), [[0.1, 0.9]], 1)[0].dtype
    tf.float64
    """
    return average_precision_at_k(labels, predictions, k, weights, metrics_collections, updates_collections, name)
