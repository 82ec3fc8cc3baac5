"""Activations that keep less for the backward pass because they bring their own derivative."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.autodiff.custom_gradient import custom_gradient
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("nn.swish")
def swish(features: Any, beta: Any = 1.0) -> Tensor:
    """X * sigmoid(beta * x) (Ramachandran et al. 2017); also called SiLU.

    The sigmoid is computed again in the backward pass instead of being kept.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.swish([0.0, 100.0]))
    array([  0., 100.], dtype=float32)
    """
    if not release().custom_gradient_copies_results:
        with building(None, "swish", [features]) as scope:
            features = convert_to_tensor(features, name="features")
            return raw.Mul(features, raw.Sigmoid(features), name=scope)
    with in_current_scope():
        features = convert_to_tensor(features, name="features")
        beta = cast(convert_to_tensor(beta, name="beta"), features.dtype)
        return _swish(features, beta)


@export("nn.silu")
def silu(features: Any, beta: Any = 1.0) -> Tensor:
    """X * sigmoid(beta * x); another name of `tf.nn.swish`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.silu([0.0]))
    array([0.], dtype=float32)
    """
    return swish(features, beta)


@custom_gradient
def _swish(x: Tensor, beta: Tensor) -> Any:
    def gradient(dy: Tensor) -> tuple[Tensor, Tensor]:
        s = raw.Sigmoid(beta * x)
        slope = s * (1.0 + beta * x * (1.0 - s))
        toward_beta = reduce_sum(dy * raw.Square(x) * s * (1.0 - s))
        return dy * slope, toward_beta

    return x * raw.Sigmoid(beta * x), gradient
