"""The Kullback-Leibler divergence between two distributions, found by their classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.control import with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor

_FUNCTIONS: dict[tuple[type, type], Callable[..., Tensor]] = {}


def _registered(first: type, second: type) -> Callable[..., Tensor] | None:
    """The function for the nearest pair of base classes."""
    best = None
    for i, a in enumerate(first.__mro__):
        for j, b in enumerate(second.__mro__):
            found = _FUNCTIONS.get((a, b))
            if found is not None and (best is None or i + j < best[0]):
                best = i + j, found
    return None if best is None else best[1]


@export("distributions.kl_divergence", "contrib.distributions.kl_divergence")
def kl_divergence(distribution_a: Any, distribution_b: Any, allow_nan_stats: bool = True, name: str | None = None) -> Tensor:
    """The Kullback-Leibler divergence KL(a, b): the expected value, under a, of log(a) - log(b), in nats.

    Args:
      allow_nan_stats: whether NaN may come out; otherwise it is an error as the graph runs.

    Raises:
      NotImplementedError: no function is registered for these two classes.

    >>> import autograd_lite as tf
    >>> normal = tf.distributions.Normal
    >>> print(tf.Session().run(tf.distributions.kl_divergence(normal(0.0, 1.0), normal(1.0, 1.0))))
    0.5
    """
    function = _registered(type(distribution_a), type(distribution_b))
    if function is None:
        names = type(distribution_a).__name__, type(distribution_b).__name__
        raise NotImplementedError(
            f"No KL(distribution_a || distribution_b) registered for distribution_a type {names[0]} and distribution_b type {names[1]}"
        )
    with building("KullbackLeibler"):
        divergence = function(distribution_a, distribution_b, name=name)
        if allow_nan_stats:
            return divergence
        check = raw.CheckNumerics(divergence, message="KL calculation returned NaN values.")
        return with_dependencies([check], divergence, name="checked_kl")


class RegisterKL:
    """Registers a function of two distributions (and a name) for two classes and those derived from them.

    Raises:
      TypeError: what is registered is no function. ValueError: these classes have one already.

    >>> import autograd_lite as tf
    >>> class Mine(tf.distributions.Normal):
    ...     pass
    >>> @tf.distributions.RegisterKL(Mine, Mine)
    ... def kl_of_mine(a, b, name=None):
    ...     return tf.constant(7.0)
    >>> print(tf.Session().run(tf.distributions.kl_divergence(Mine(0.0, 1.0), Mine(0.0, 1.0))))
    7.0
    """

    def __init__(self, dist_cls_a: type, dist_cls_b: type) -> None:
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn: Callable[..., Tensor]) -> Callable[..., Tensor]:
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._key in _FUNCTIONS:
            names = self._key[0].__name__, self._key[1].__name__
            raise ValueError(f"KL({names[0]} || {names[1]}) has already been registered to: {_FUNCTIONS[self._key]}")
        _FUNCTIONS[self._key] = kl_fn
        return kl_fn


export("distributions.RegisterKL")(RegisterKL)
