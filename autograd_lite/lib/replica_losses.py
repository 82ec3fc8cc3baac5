"""Losses summed over examples and divided by the whole batch, as training loops with several replicas want them; here there is one."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import shape
from autograd_lite.api.asserts import assert_rank_at_least
from autograd_lite.api.casting import cast
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.api.weights import squeeze_weights
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_REPLICAS = 1


@export("nn.compute_average_loss")
@leaves_no_trace
def compute_average_loss(per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None) -> Tensor:
    """Add the losses of all examples up and divide by the size of the whole batch.

    Args:
      per_example_loss: [batch, ...].
      sample_weight: multiplies the losses: a scalar, or one weight for each.
      global_batch_size: the size of the batch of all replicas together; None: of this one.

    Raises:
      ValueError: the loss is a scalar.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.compute_average_loss([1.0, 3.0], global_batch_size=8))
    0.5
    """
    losses = convert_to_tensor(per_example_loss)
    dtype = losses.dtype.base_dtype
    if losses.static_shape == ():
        raise ValueError("Invalid value passed for `per_example_loss`. Expected a tensor with at least rank 1, got: a scalar.")
    if losses.static_shape is None:
        losses = with_dependencies([assert_rank_at_least(losses, 1, message="Invalid value passed for `per_example_loss`.")], losses)
    if sample_weight is not None:
        weights = cast(convert_to_tensor(sample_weight), dtypes.float32)
        losses = cast(losses, dtypes.float32)
        losses = cast(raw.Mul(losses, squeeze_weights(weights, losses)), dtype)
    if global_batch_size is None:
        global_batch_size = shape(losses)[0] * _REPLICAS
    return reduce_sum(losses) / cast(global_batch_size, dtype)


@export("nn.scale_regularization_loss")
@leaves_no_trace
def scale_regularization_loss(regularization_loss: Any) -> Tensor:
    """Add regularization losses up and divide by the number of replicas, which add their losses up in turn.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.scale_regularization_loss([1.0, 2.0]))
    3.0
    """
    return reduce_sum(convert_to_tensor(regularization_loss)) / _REPLICAS
