"""How the losses of single examples become one number, and the collections in which losses are kept."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import ones_like, rank, size, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as range_
from autograd_lite.api.math import add_n, div_no_nan
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.weights import assert_broadcastable, broadcast_weights
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor


@export("losses.Reduction")
class Reduction:
    """Ways to make one number of weighted losses.

    `NONE` keeps one loss per element, `SUM` adds them up, `MEAN` divides the sum by that of the weights, `SUM_OVER_BATCH_SIZE` by the
    number of elements, `SUM_BY_NONZERO_WEIGHTS` by the number of elements whose weight is not 0.

    >>> import autograd_lite as tf
    >>> tf.losses.Reduction.MEAN
    'weighted_mean'
    """

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_OVER_NONZERO_WEIGHTS, cls.SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise ValueError unless `key` is one of them."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}. Key should be one of {cls.all()}.")


@export("losses.compute_weighted_loss")
def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Multiply losses by weights and reduce them to one number, which also goes into a collection.

    Args:
      losses: one per element, of shape [batch, d1, ...].
      weights: a scalar, or of the rank of `losses` with sizes 1 where it is repeated.
      scope: a name for the nodes.
      loss_collection: where the result is added.
      reduction: one of `tf.losses.Reduction`.

    Raises:
      ValueError: the weights do not fit, or there is no such reduction.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.compute_weighted_loss([1.0, 2.0, 6.0], weights=[1.0, 1.0, 0.0])))
    1.5
    """
    Reduction.validate(reduction)
    with building(scope, "weighted_loss", [losses, weights]), control_dependencies([assert_broadcastable(weights, losses)]):
        losses = convert_to_tensor(losses)
        dtype = losses.dtype
        losses, weights = cast(losses, dtypes.float32), cast(weights, dtypes.float32)
        losses = raw.Mul(losses, weights)
        loss = cast(_reduced(losses, weights, reduction), dtype)
        add_loss(loss, loss_collection)
        return loss


def _reduced(losses: Tensor, weights: Tensor, reduction: str) -> Tensor:
    if reduction == Reduction.NONE:
        return losses
    loss = reduce_sum(losses)
    if reduction == Reduction.MEAN:
        return _safe_mean(loss, reduce_sum(ones_like(losses) * weights))
    if reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
        return _safe_mean(loss, num_present(losses, weights))
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return _safe_mean(loss, _num_elements(losses))
    return loss


def _safe_mean(losses: Tensor, count: Tensor) -> Tensor:
    """The sum over a count; 0 where the count is 0."""
    return div_no_nan(reduce_sum(losses), count, name="value")


def _num_elements(losses: Tensor) -> Tensor:
    with building(None, "num_elements", [losses]) as scope:
        return cast(size(losses, name=scope), dtypes.float32)


def num_present(losses: Tensor, weights: Tensor, per_batch: bool = False) -> Tensor:
    """How many losses have a weight that is not 0: in all, or in each row of the batch (kept as axes of size 1)."""
    with building(None, "num_present", [losses, weights]) as scope:
        weights = cast(weights, dtypes.float32)
        present = raw.Select(raw.Equal(weights, 0.0), zeros_like(weights), ones_like(weights))
        present = broadcast_weights(present, losses)
        if per_batch:
            return reduce_sum(present, axis=range_(1, rank(present)), keepdims=True, name=scope)
        return reduce_sum(present, name=scope)


@export("losses.add_loss", "contrib.losses.add_loss", "contrib.slim.losses.add_loss")
def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Note a loss of your own, so that `tf.losses.get_total_loss` counts it.

    >>> import autograd_lite as tf
    >>> tf.losses.add_loss(tf.constant(1.0), "docs_losses")
    >>> len(tf.losses.get_losses(loss_collection="docs_losses"))
    1
    """
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)


@export("losses.get_losses", "contrib.losses.get_losses", "contrib.slim.losses.get_losses")
def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses of a collection, or those of them whose names begin with `scope`.

    >>> import autograd_lite as tf
    >>> tf.losses.get_losses(loss_collection="docs_no_losses")
    []
    """
    return get_default_graph().get_collection(loss_collection, scope)


@export("losses.get_regularization_losses", "contrib.losses.get_regularization_losses", "contrib.slim.losses.get_regularization_losses")
def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The penalties that regularizers of variables added to the graph.

    >>> import autograd_lite as tf
    >>> tf.losses.get_regularization_losses("docs_no_layer")
    []
    """
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@export("losses.get_regularization_loss", "contrib.losses.get_regularization_loss", "contrib.slim.losses.get_regularization_loss")
def get_regularization_loss(scope: str | None = None, name: str = "total_regularization_loss") -> Tensor:
    """The sum of the penalties of regularizers; 0 when there are none.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.losses.get_regularization_loss("docs_no_layer")))
    0.0
    """
    losses = get_regularization_losses(scope)
    return add_n(losses, name=name) if losses else constant(0.0)


@export("losses.get_total_loss", "contrib.losses.get_total_loss", "contrib.slim.losses.get_total_loss")
def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None) -> Tensor:
    """The sum of all losses of the graph and, unless told otherwise, of the penalties of regularizers.

    Raises:
      ValueError: there are none.

    >>> import autograd_lite as tf
    >>> loss = tf.losses.absolute_difference([1.0], [3.0], scope="docs_total")
    >>> print(tf.Session().run(tf.losses.get_total_loss(scope="docs_total")))
    2.0
    """
    losses = get_losses(scope=scope)
    if add_regularization_losses:
        losses = losses + get_regularization_losses(scope=scope)
    return add_n(losses, name=name)
