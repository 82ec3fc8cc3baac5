"""`tf.losses`: how wrong predictions are, as one number that training makes small. Each loss also goes into a collection."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import ones_like, rank, shape, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_
from autograd_lite.api.logits import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from autograd_lite.api.math import abs as absolute, add, div_no_nan
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.weights import assert_broadcastable, remove_squeezable_dimensions, squeeze_weights
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.weighted_loss import Reduction, add_loss, compute_weighted_loss, num_present

_LOSSES = GraphKeys.LOSSES
_MEAN_OF_PRESENT = Reduction.SUM_BY_NONZERO_WEIGHTS


def _require(**arguments: Any) -> None:
    for name, value in arguments.items():
        if value is None:
            raise ValueError(f"Argument `{name}` must not be None.")


def _floats(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    """Both as float32 tensors of one shape."""
    predictions = cast(predictions, dtypes.float32)
    labels = cast(labels, dtypes.float32)
    predictions.shape.assert_is_compatible_with(labels.shape)
    return labels, predictions


@export("losses.absolute_difference")
def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """The mean of |prediction - label|.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      weights: a scalar, or one per element or row (with sizes 1 elsewhere); elements of weight 0 do not count.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.absolute_difference([1.0, 2.0], [2.0, 4.0])))
    1.5
    """
    _require(labels=labels, predictions=predictions)
    with building(scope, "absolute_difference", [predictions, labels, weights]) as full:
        labels, predictions = _floats(labels, predictions)
        losses = absolute(raw.Sub(predictions, labels))
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """The mean of (prediction - label)^2.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      weights: a scalar, or one per element or row (with sizes 1 elsewhere); elements of weight 0 do not count.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.mean_squared_error([1.0, 2.0], [2.0, 4.0])))
    2.5
    """
    _require(labels=labels, predictions=predictions)
    with building(scope, "mean_squared_error", [predictions, labels, weights]) as full:
        labels, predictions = _floats(labels, predictions)
        losses = raw.SquaredDifference(predictions, labels)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.huber_loss")
def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """Half the squared error where it is at most `delta`, and a straight line beyond: outliers pull less (Huber, 1964).

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      weights: a scalar, or one per element or row (with sizes 1 elsewhere); elements of weight 0 do not count.
      delta: where the parabola becomes a line.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.huber_loss([0.0, 0.0], [1.0, 3.0])))
    1.5
    """
    _require(labels=labels, predictions=predictions)
    with building(scope, "huber_loss", [predictions, labels, weights]) as full:
        labels, predictions = _floats(labels, predictions)
        error = absolute(raw.Sub(predictions, labels))
        quadratic = raw.Minimum(error, delta)
        linear = raw.Sub(error, quadratic)
        half = convert_to_tensor(0.5, dtype=quadratic.dtype)
        losses = add(raw.Mul(half, raw.Mul(quadratic, quadratic)), raw.Mul(delta, linear))
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.log_loss")
def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """The cross entropy of probabilities: -label * log(prediction) - (1 - label) * log(1 - prediction).

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: probabilities.
      weights: a scalar, or one per element or row (with sizes 1 elsewhere); elements of weight 0 do not count.
      epsilon: added before the logarithm, which has no value at 0.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.losses.log_loss([1.0], [0.5])))
    0.6931
    """
    _require(labels=labels, predictions=predictions)
    with building(scope, "log_loss", [predictions, labels, weights]) as full:
        labels, predictions = _floats(labels, predictions)
        hit = -raw.Mul(labels, raw.Log(predictions + epsilon))
        losses = hit - raw.Mul(1 - labels, raw.Log(1 - predictions + epsilon))
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.hinge_loss")
def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """The mean of max(0, 1 - s * logit), where s is 1 for label 1 and -1 for label 0.

    Args:
      labels: 0 or 1, of the shape of `logits`.
      logits: what the model says; its sign is the class.
      weights: a scalar, or one per element or row (with sizes 1 elsewhere); elements of weight 0 do not count.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.hinge_loss([1.0, 0.0], [0.5, 0.5])))
    1.0
    """
    _require(labels=labels, logits=logits)
    with building(scope, "hinge_loss", [logits, labels, weights]) as full:
        labels, logits = _floats(labels, logits)
        all_ones = ones_like(labels)
        signs = raw.Sub(2 * labels, all_ones)
        losses = raw.Relu(raw.Sub(all_ones, raw.Mul(signs, logits)))
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.cosine_distance")
def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
    dim: int | None = None,
) -> Tensor:
    """The mean of 1 - (the inner product of label and prediction), which should be vectors of length 1.

    Args:
      labels: the truth, of the shape of `predictions`.
      predictions: what the model says.
      axis: the axis of the vectors.
      weights: a scalar, or of the shape of the losses, whose `axis` has size 1.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.
      dim: the old name of `axis`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.cosine_distance([[1.0, 0.0]], [[0.0, 1.0]], axis=1)))
    1.0
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("You must specify argument `axis`.")
    _require(labels=labels, predictions=predictions)
    with building(scope, "cosine_distance_loss", [predictions, labels, weights]) as full:
        labels, predictions = _floats(labels, predictions)
        products = raw.Mul(predictions, labels)
        losses = 1 - reduce_sum(products, axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.mean_pairwise_squared_error")
def mean_pairwise_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = _LOSSES
) -> Tensor:
    """How wrong the differences between the elements of a row are: the mean of ((p_i - p_j) - (l_i - l_j))^2 over its pairs.

    A constant error of all elements of a row costs nothing.

    Args:
      labels: the truth, of shape [batch, d1, ...].
      predictions: what the model says, of the same shape.
      weights: a scalar, or one per row (with sizes 1 elsewhere).
      scope: a name for the nodes.
      loss_collection: where the result is added.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.mean_pairwise_squared_error([[0.0, 0.0]], [[1.0, 3.0]])))
    4.0
    """
    _require(labels=labels, predictions=predictions)
    with building(scope, "mean_pairwise_squared_error", [predictions, labels, weights]):
        weights = cast(weights, dtypes.float32)
        labels = cast(labels, dtypes.float32)
        with control_dependencies([assert_broadcastable(weights, labels)]):
            predictions = cast(predictions, dtypes.float32)
            predictions.shape.assert_is_compatible_with(labels.shape)
            differences = raw.Sub(predictions, labels)
            loss = _mean_over_pairs(differences, weights)
            add_loss(loss, loss_collection)
            return loss


def _mean_over_pairs(differences: Tensor, weights: Tensor) -> Tensor:
    """With n elements in a row: 2 * sum(d^2) / (n - 1) - 2 * sum(d)^2 / (n * (n - 1)), weighted and added up."""
    axes = range_(1, rank(differences))
    squares = reduce_sum(raw.Square(differences), axis=axes, keepdims=True)
    count = num_present(differences, weights, per_batch=True)
    first = 2.0 * div_no_nan(squares, raw.Maximum(count - 1, 0), name="value")
    total = reduce_sum(differences, axis=axes, keepdims=True)
    second = 2.0 * div_no_nan(raw.Square(total), raw.Maximum(raw.Mul(count, count - 1), 0), name="value")
    loss = reduce_sum(raw.Mul(first - second, weights))
    return raw.Select(reduce_sum(count) > 0, loss, zeros_like(loss), name="value")


@export("losses.sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """The mean cross entropy between labels and sigmoid(logits): for classes of which several may hold at once.

    Args:
      multi_class_labels: 0 or 1 (or probabilities), of the shape of `logits`.
      logits: [batch, classes].
      weights: a scalar, or one per element or row (with sizes 1 elsewhere); elements of weight 0 do not count.
      label_smoothing: if above 0, labels move towards 1/2 by this share.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.losses.sigmoid_cross_entropy([[1.0, 0.0]], [[0.0, 0.0]])))
    0.6931
    """
    _require(multi_class_labels=multi_class_labels, logits=logits)
    with building(scope, "sigmoid_cross_entropy_loss", [logits, multi_class_labels, weights]) as full:
        logits = convert_to_tensor(logits)
        labels = cast(multi_class_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.softmax_cross_entropy")
def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """The mean cross entropy between one-hot labels and softmax(logits); no gradient flows to the labels.

    Args:
      onehot_labels: rows with a 1 at the right class (or probabilities), of the shape of `logits`.
      logits: [batch, classes].
      weights: a scalar, or one per row; rows of weight 0 do not count.
      label_smoothing: if above 0, labels move towards 1/classes by this share (Szegedy et al., 2016).
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, the shapes differ, or the weights do not fit.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.losses.softmax_cross_entropy([[1.0, 0.0]], [[0.0, 0.0]])))
    0.6931
    """
    _require(onehot_labels=onehot_labels, logits=logits)
    with building(scope, "softmax_cross_entropy_loss", [logits, onehot_labels, weights]) as full:
        logits = convert_to_tensor(logits)
        labels = cast(onehot_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = cast(shape(labels)[1], logits.dtype)
            share = label_smoothing / classes
            labels = labels * (1.0 - label_smoothing) + share
        labels = raw.StopGradient(labels, name="labels_stop_gradient")
        losses = softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


@export("losses.sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = _LOSSES,
    reduction: str = _MEAN_OF_PRESENT,
) -> Tensor:
    """The mean cross entropy between softmax(logits) and the classes that `labels` number.

    Args:
      labels: integers, of shape [d0, ...] (a last axis of size 1 is taken away).
      logits: [d0, ..., classes].
      weights: a scalar, or one per label; labels of weight 0 do not count.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: something is None, or the shapes do not go together.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.losses.sparse_softmax_cross_entropy([1], [[0.0, 0.0]])))
    0.6931
    """
    _require(labels=labels, logits=logits)
    with building(scope, "sparse_softmax_cross_entropy_loss", [logits, labels, weights]) as full:
        labels, logits = remove_squeezable_dimensions(labels, logits, expected_rank_diff=1)
        weights = squeeze_weights(weights, labels)
        losses = sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)
