"""Softmax, and the losses that are computed from logits: unscaled log probabilities."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import concat, ones_like, rank, shape, transpose, zeros_like
from autograd_lite.api.asserts import assert_equal
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as range_
from autograd_lite.api.math import add
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope, leaves_no_trace
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.tensor import Tensor


@export("nn.softmax", "math.softmax")
@leaves_no_trace
def softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis` (default: the last).

    Raises:
      InvalidArgumentError: the axis is out of range. TypeError: it is not the last, and the rank is not known.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.softmax([0.0, 0.0]))
    array([0.5, 0.5], dtype=float32)
    """
    axis = renamed("axis", axis, "dim", dim)
    return _along_last_axis(raw.Softmax, logits, -1 if axis is None else axis, name)


@export("nn.log_softmax", "math.log_softmax")
@leaves_no_trace
def log_softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Tensor:
    """The logarithm of the softmax along `axis` (default: the last): x - log(sum(exp(x))).

    Raises:
      InvalidArgumentError: the axis is out of range. TypeError: it is not the last, and the rank is not known.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.log_softmax([0.0, 0.0]))
    array([-0.6931472, -0.6931472], dtype=float32)
    """
    axis = renamed("axis", axis, "dim", dim)
    return _along_last_axis(raw.LogSoftmax, logits, -1 if axis is None else axis, name)


def _along_last_axis(op: Any, logits: Any, axis: Any, name: str | None) -> Tensor:
    """Run an op that works along the last axis along any other, by swapping the two before and after."""
    logits = convert_to_tensor(logits)
    known = logits.static_shape
    if axis == -1 or known is not None and axis == len(known) - 1:
        return op(logits, name=name)
    if known is None:
        raise TypeError(
            "unsupported operand type(s) for -: 'NoneType' and 'int'\n"
            f"  The rank of {logits.name} is not known; an axis other than -1 needs it: say what you know with set_shape."
        )
    if not -len(known) <= axis < len(known):
        raise InvalidArgumentError(
            None,
            None,
            f"Dimension ({axis}) must be in the range [{-len(known)}, {len(known)}) where {len(known)} is the number of dimensions in the "
            "input.",
        )
    with in_current_scope([logits]):
        axis %= len(known)
        rank(logits)
        count = rank(logits)
        swapped = _swap_axes(logits, axis, raw.Sub(count, 1, name="Sub"))
        result = _swap_axes(op(swapped), axis, raw.Sub(count, 1, name="Sub"), name)
        result.set_shape(known)
        return result


def _swap_axes(x: Tensor, axis: Any, last: Tensor, name: str | None = None) -> Tensor:
    order = concat([range_(axis), [last], range_(axis + 1, last), [axis]], 0)
    return transpose(x, order, name=name)


def _named(function: str, sentinel: Any, labels: Any, logits: Any) -> tuple[Any, Any]:
    """Labels and logits, which must be given by name: swapped by accident, they would train without a warning."""
    if sentinel is not None and release().logits_by_position:
        labels, logits = sentinel, labels
    elif sentinel is not None:
        raise ValueError(f"Only call `{function}` with named arguments (labels=..., logits=..., ...)")
    if labels is None or logits is None:
        raise ValueError(f"Both `labels` and `logits` must be provided for {function}")
    return labels, logits


@export("nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """The cross entropy between `labels` (probabilities) and softmax(logits), one number per row; gradients flow to both.

    Raises:
      ValueError: the shapes do not broadcast.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.softmax_cross_entropy_with_logits_v2([[0., 1.]], [[0., 0.]]))
    array([0.6931472], dtype=float32)
    """
    axis = renamed("axis", axis, "dim", dim)
    return _cross_entropy(labels, logits, -1 if axis is None else axis, name, "softmax_cross_entropy_with_logits", stop_labels=False)


@export("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, dim: int = -1, name: str | None = None, axis: int | None = None
) -> Tensor:
    """The cross entropy between `labels` (probabilities) and softmax(logits), one number per row; labels are taken as constants.

    Raises:
      ValueError: arguments are given without their names, or the shapes do not broadcast.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.softmax_cross_entropy_with_logits(labels=[[0., 1.]], logits=[[0., 0.]]))
    array([0.6931472], dtype=float32)
    """
    labels, logits = _named("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    wanted = dim if axis is None else axis
    return _cross_entropy(labels, logits, wanted, name, "softmax_cross_entropy_with_logits_sg", stop_labels=True)


def _cross_entropy(labels: Any, logits: Any, axis: int, name: str | None, default_name: str, stop_labels: bool) -> Tensor:
    with building(name, default_name, [logits, labels]) as scope:
        if stop_labels:
            labels = raw.StopGradient(labels, name="labels_stop_gradient")
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        narrow = logits.dtype.base_dtype.name in ("float16", "bfloat16")
        precise = cast(logits, dtypes.float32) if narrow else logits
        labels = cast(labels, precise.dtype.base_dtype)
        count = rank(precise)
        if axis != -1:
            precise = _axis_to_end(precise, axis, count)
            labels = _axis_to_end(labels, axis, count)
        sizes = shape(precise)
        precise = _flatten_outer(precise)
        labels = _flatten_outer(labels)
        cost = raw.SoftmaxCrossEntropyWithLogits(precise, labels, name=scope)[0]
        cost = raw.Reshape(cost, raw.Slice(sizes, [0], [raw.Sub(count, 1, name="Sub")]))
        if logits.static_shape is not None:
            known = list(logits.static_shape)
            del known[axis]
            cost.set_shape(known)
        return cast(cost, logits.dtype.base_dtype) if narrow else cost


def _axis_to_end(x: Tensor, axis: int, count: Tensor) -> Tensor:
    return transpose(x, concat([range_(axis), range_(axis + 1, count), [axis]], 0))


def _flatten_outer(logits: Tensor) -> Tensor:
    """A matrix with the same last axis."""
    count = rank(logits)
    last_size = raw.Slice(shape(logits), [raw.Sub(count, 1, name="Sub")], [1])
    flat = raw.Reshape(logits, concat([[-1], last_size], 0))
    known = logits.static_shape
    if known is not None and known and None not in known[:-1]:
        flat.set_shape((shapes.num_elements(known[:-1]), known[-1]))
    return flat


@export("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """The cross entropy between softmax(logits) and the classes that `labels` number: -log(softmax(logits)[label]).

    Args:
      labels: integers of shape [d0, ...]; logits: [d0, ..., classes].

    Raises:
      ValueError: arguments are given without their names, or the shapes do not go together.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=[[0., 0.]]))
    array([0.6931472], dtype=float32)
    """
    labels, logits = _named("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with building(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        narrow = logits.dtype.base_dtype.name == "float16"
        precise = cast(logits, dtypes.float32) if narrow else logits
        labels_shape = shape(labels)
        _check_class_shapes(labels.static_shape, logits.static_shape)
        if logits.static_shape is not None and len(logits.static_shape) == 2:
            cost = raw.SparseSoftmaxCrossEntropyWithLogits(precise, labels, name=name)[0]
            return cast(cost, dtypes.float16) if narrow else cost
        with control_dependencies([] if _outer_shapes_known(labels, logits) else [_outer_shapes_agree(labels, logits)]):
            classes = shape(logits)[raw.Sub(rank(logits), 1, name="sub")]
            precise = raw.Reshape(precise, [-1, classes])
            flat = raw.Reshape(labels, [-1])
            cost = raw.SparseSoftmaxCrossEntropyWithLogits(precise, flat, name=name)[0]
            cost = raw.Reshape(cost, labels_shape)
            cost.set_shape(labels.static_shape)
            return cast(cost, dtypes.float16) if narrow else cost


def _outer_shapes_known(labels: Tensor, logits: Tensor) -> bool:
    return logits.static_shape is not None and shapes.is_defined(labels.static_shape) and shapes.is_defined(logits.static_shape[:-1])


def _outer_shapes_agree(labels: Tensor, logits: Tensor) -> Any:
    return assert_equal(shape(labels), shape(logits)[:-1])


def _check_class_shapes(labels: shapes.Shape, logits: shapes.Shape) -> None:
    if logits is None:
        return
    if not logits:
        raise ValueError(f"`logits` cannot be a scalar. Received logits.shape={shapes.python_text(logits)}")
    if labels is None:
        return
    if len(labels) != len(logits) - 1:
        received = f"labels.shape={shapes.python_text(labels)} of rank {len(labels)} and logits.shape={shapes.python_text(logits)} "
        text = f"`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: {received}of rank {len(logits)}"
        if release().older_error_texts:
            text = (
                f"Rank mismatch: Rank of labels (received {len(labels)}) should equal rank of logits minus 1 (received {len(logits)}).\n"
                f"  The shapes: labels {shapes.python_text(labels)}, logits {shapes.python_text(logits)}."
            )
        raise ValueError(f"{text}\n  Labels are class numbers, one per row; for one-hot rows use tf.nn.softmax_cross_entropy_with_logits.")
    if shapes.is_defined(labels) and shapes.is_defined(logits[:-1]) and labels != logits[:-1]:
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. "
            f"Received: labels.shape={shapes.python_text(labels)} and logits.shape={shapes.python_text(logits)}"
        )


def _check_same_shape(first_name: str, first: Tensor, second_name: str, second: Tensor) -> None:
    if shapes.compatible(first.static_shape, second.static_shape):
        return
    if release().older_error_texts:
        raise ValueError(f"{first_name} and {second_name} must have the same shape ({first.shape} vs {second.shape})")
    raise ValueError(f"`{first_name}` and `{second_name}` must have the same shape, received ({first.shape} vs {second.shape}).")


@export("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(_sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None) -> Tensor:
    """The cross entropy between `labels` (probabilities) and sigmoid(logits), element by element.

    Computed as max(x, 0) - x * z + log(1 + exp(-|x|)), which cannot overflow.

    Raises:
      ValueError: arguments are given without their names, or the shapes differ.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.], logits=[0.]))
    array([0.6931472], dtype=float32)
    """
    labels, logits = _named("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with building(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape("logits", logits, "labels", labels)
        nothing = zeros_like(logits, dtype=logits.dtype)
        positive = raw.GreaterEqual(logits, nothing)
        relu_logits = raw.Select(positive, logits, nothing)
        negative_size = raw.Select(positive, raw.Neg(logits), logits)
        difference = raw.Sub(relu_logits, raw.Mul(logits, labels, name="mul"), name="sub")
        return add(difference, raw.Log1p(raw.Exp(negative_size)), name=scope)


@export("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, pos_weight: Any = None, name: str | None = None, targets: Any = None
) -> Tensor:
    """Sigmoid cross entropy in which positive labels count `pos_weight` times.

    Raises:
      ValueError: the shapes differ, or labels are given under both names.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.weighted_cross_entropy_with_logits(labels=[1.], logits=[0.], pos_weight=2.))
    array([1.3862944], dtype=float32)
    """
    labels = renamed("labels", labels, "targets", targets)
    with building(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="targets")
        _check_same_shape("logits", logits, "targets", labels)
        weight = 1 + (pos_weight - 1) * labels
        first = (1 - labels) * logits
        return add(first, weight * (raw.Log1p(raw.Exp(raw.Neg(raw.Abs(logits)))) + raw.Relu(raw.Neg(logits))), name=scope)


@export("nn.log_poisson_loss")
def log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None) -> Tensor:
    """The negative log likelihood of counts `targets` under Poisson rates exp(log_input), without constant terms.

    Args:
      compute_full_loss: add Stirling's approximation of log(targets!).

    Raises:
      ValueError: the shapes differ.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.log_poisson_loss([2.], [0.]))
    array([1.], dtype=float32)
    """
    with building(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        _check_same_shape("log_input", log_input, "targets", targets)
        loss = raw.Exp(log_input) - log_input * targets
        if compute_full_loss:
            half = constant(0.5, dtype=targets.dtype)
            two_pi = constant(2 * math.pi, dtype=targets.dtype)
            stirling = targets * raw.Log(targets) - targets + half * raw.Log(two_pi * targets)
            nothing = zeros_like(targets, dtype=targets.dtype)
            one = ones_like(targets, dtype=targets.dtype)
            small = raw.LogicalAnd(raw.GreaterEqual(targets, nothing), raw.LessEqual(targets, one))
            loss += raw.Select(small, nothing, stirling)
        return loss
