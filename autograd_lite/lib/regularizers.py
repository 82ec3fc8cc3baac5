"""Penalties on the size of weights: give one as `regularizer=` to `tf.get_variable`, then add `tf.losses.get_regularization_loss()`."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

from autograd_lite.api.math import abs as absolute, add_n
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor

Regularizer = Callable[[Any], Any]


def _checked_scale(scale: Any) -> None:
    """A scale must be a number that is not negative; a scale of 0 means no penalty."""
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real) and scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")


def _no_penalty(_: Any) -> None:
    return None


@export("contrib.layers.l1_regularizer", "contrib.slim.l1_regularizer")
def l1_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """A function that gives `scale * sum(abs(weights))`; weights that do not matter are driven to exactly 0.

    Raises:
      ValueError: when `scale` is an integer or negative.

    >>> import autograd_lite as tf
    >>> penalty = tf.contrib.layers.l1_regularizer(0.1)
    >>> print(tf.Session().run(penalty(tf.constant([1.0, -2.0]))))
    0.3
    """
    _checked_scale(scale)
    if isinstance(scale, numbers.Real) and scale == 0.0:
        return _no_penalty

    def l1(weights: Any, name: str | None = None) -> Tensor:
        with name_scope(scope, "l1_regularizer", [weights]) as full:
            own = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return raw.Mul(own, reduce_sum(absolute(weights)), name=name or full)

    return l1


@export("contrib.layers.l2_regularizer", "contrib.slim.l2_regularizer")
def l2_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """A function that gives `scale * sum(weights ** 2) / 2`; large weights cost more than small ones.

    Raises:
      ValueError: when `scale` is an integer or negative.

    >>> import autograd_lite as tf
    >>> penalty = tf.contrib.layers.l2_regularizer(0.1)
    >>> print(tf.Session().run(penalty(tf.constant([1.0, -2.0]))))
    0.25
    """
    _checked_scale(scale)
    if isinstance(scale, numbers.Real) and scale == 0.0:
        return _no_penalty

    def l2(weights: Any) -> Tensor:
        with name_scope(scope, "l2_regularizer", [weights]) as full:
            own = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return raw.Mul(own, raw.L2Loss(weights), name=full)

    return l2


@export("contrib.layers.l1_l2_regularizer", "contrib.slim.l1_l2_regularizer")
def l1_l2_regularizer(scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: str | None = None) -> Regularizer:
    """A function that gives the sum of both penalties.

    Raises:
      ValueError: when a scale is an integer or negative.
    """
    for scale in (scale_l1, scale_l2):
        if isinstance(scale, numbers.Integral):
            raise ValueError(f"scale_l1 and scale_l2 cannot be integers: {scale}")
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope=scope or "l1_l2_regularizer")


@export("contrib.layers.sum_regularizer", "contrib.slim.sum_regularizer")
def sum_regularizer(regularizer_list: list[Regularizer | None], scope: str | None = None) -> Regularizer:
    """A function that gives the sum of several penalties; None among them adds nothing."""
    regularizers = [regularizer for regularizer in regularizer_list if regularizer is not None]
    if not regularizers:
        return _no_penalty

    def summed(weights: Any) -> Tensor | None:
        with name_scope(scope, "sum_regularizer", [weights]) as full:
            penalties = [penalty for penalty in (regularizer(weights) for regularizer in regularizers) if penalty is not None]
            return add_n(penalties, name=full) if penalties else None

    return summed


@export("contrib.layers.apply_regularization", "contrib.slim.apply_regularization")
def apply_regularization(regularizer: Regularizer, weights_list: list[Any] | None = None) -> Tensor:
    """The sum of the penalties of several weights; each goes into `tf.GraphKeys.REGULARIZATION_LOSSES`.

    Args:
      regularizer: a function from a tensor to a scalar or None.
      weights_list: tensors or variables; those in `tf.GraphKeys.WEIGHTS` if None.

    Raises:
      ValueError: when there are no weights.
    """
    graph = get_default_graph()
    weights_list = weights_list or graph.get_collection(GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError("No weights to regularize.")
    with name_scope(None, "get_regularization_penalty", weights_list) as scope:
        penalties = [regularizer(weights) for weights in weights_list]
        penalties = [convert_to_tensor(0.0) if penalty is None else penalty for penalty in penalties]
        for penalty in penalties:
            if penalty.get_shape().ndims != 0:
                raise ValueError(f"regularizer must return a scalar Tensor instead of a Tensor with rank {penalty.get_shape().ndims}.")
        total = add_n(penalties, name=scope)
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
