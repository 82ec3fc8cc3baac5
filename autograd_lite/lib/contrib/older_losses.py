"""`tf.contrib.losses`: the functions of `tf.losses` in their older form, with predictions before labels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import ones_like
from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, record_public_names
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import losses, weighted_loss


def _older(function: Callable[..., Tensor], arguments: str, needed: int = 1, **defaults: Any) -> Callable[..., Tensor]:
    """A loss with its arguments in an older order, the first `needed` of them without a default."""
    shown = inspect.signature(function)
    parameters = []
    for position, name in enumerate(arguments.split()):
        own = shown.parameters[name].default
        default = inspect.Parameter.empty if position < needed else defaults.get(name, None if own is inspect.Parameter.empty else own)
        parameters.append(inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default))
    signature = inspect.Signature(parameters, return_annotation="Tensor")

    def older(*args: Any, **kwargs: Any) -> Tensor:
        return function(**signature.bind(*args, **kwargs).arguments)

    name = function.__name__
    older.__name__ = older.__qualname__ = name
    older.__doc__ = f"{(function.__doc__ or '').split(chr(10))[0]} As `tf.losses.{name}`, with predictions first."
    older.__signature__ = signature  # type: ignore[attr-defined]
    record_public_names(older, __name__, name, [f"contrib.losses.{name}", f"contrib.slim.losses.{name}"])
    return older


absolute_difference = _older(losses.absolute_difference, "predictions labels weights scope")
mean_squared_error = _older(losses.mean_squared_error, "predictions labels weights scope")
mean_pairwise_squared_error = _older(losses.mean_pairwise_squared_error, "predictions labels weights scope")
log_loss = _older(losses.log_loss, "predictions labels weights epsilon scope")
cosine_distance = _older(losses.cosine_distance, "predictions labels axis weights scope dim")
sigmoid_cross_entropy = _older(losses.sigmoid_cross_entropy, "logits multi_class_labels weights label_smoothing scope", 2)
softmax_cross_entropy = _older(losses.softmax_cross_entropy, "logits onehot_labels weights label_smoothing scope", 2)
sparse_softmax_cross_entropy = _older(losses.sparse_softmax_cross_entropy, "logits labels weights scope", 2)
compute_weighted_loss = _older(weighted_loss.compute_weighted_loss, "losses weights scope")


@export("contrib.losses.hinge_loss", "contrib.slim.losses.hinge_loss")
def hinge_loss(logits: Any, labels: Any = None, scope: str | None = None) -> Tensor:
    """How far each logit is on the wrong side of its margin; one loss per element, in no collection.

    Args:
      logits: a tensor.
      labels: 0 or 1 for each.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.contrib.losses.hinge_loss([0.5, -2.0], [1.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    with building(scope, "hinge_loss", [logits, labels]):
        logits = convert_to_tensor(logits)
        labels = cast(labels, dtypes.float32)
        logits.shape.assert_is_compatible_with(labels.shape)
        ones = ones_like(labels)
        return raw.Relu(ones - (2 * labels - ones) * logits)
