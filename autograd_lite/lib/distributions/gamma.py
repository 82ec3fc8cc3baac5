"""The gamma, exponential, beta and Dirichlet distributions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, identity, ones_like, shape
from autograd_lite.api.asserts import assert_positive, assert_same_float_dtype
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import ones
from autograd_lite.api.random import random_uniform
from autograd_lite.api.random_gamma import random_gamma
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.special import lbeta
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.distributions.distribution import FULLY_REPARAMETERIZED, Distribution, next_seed, or_nan
from autograd_lite.lib.distributions.kl import RegisterKL


@export("distributions.Gamma", "contrib.distributions.Gamma")
class Gamma(Distribution):
    """The gamma distribution: density x^(concentration - 1) exp(-rate x) rate^concentration / gamma(concentration), for x > 0.

    Args:
      concentration: the shape, positive.
      rate: the inverse scale, positive.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      TypeError: the parameters have different types.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.distributions.Gamma(3.0, 2.0).mean()))
    1.5
    """

    def __init__(
        self, concentration: Any, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Gamma"
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [concentration, rate]) as full:
            checks = [assert_positive(concentration), assert_positive(rate)] if validate_args else []
            with control_dependencies(checks):
                self._concentration = identity(concentration, name="concentration")
                self._rate = identity(rate, name="rate")
                assert_same_float_dtype([self._concentration, self._rate])
        parents = [self._concentration, self._rate]
        super().__init__(self._concentration.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    concentration = property(lambda self: self._concentration, doc="The shape.")
    rate = property(lambda self: self._rate, doc="The inverse scale.")

    def _batch_parts(self) -> list[Tensor]:
        return [self._concentration, self._rate]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        return random_gamma(shape=[n], alpha=self.concentration, beta=self.rate, dtype=self.dtype, seed=seed)

    def _log_prob(self, x: Tensor) -> Tensor:
        unnormalized = raw.Xlogy(self.concentration - 1.0, x) - self.rate * x
        return unnormalized - self._log_normalization()

    def _log_normalization(self) -> Tensor:
        return raw.Lgamma(self.concentration) - self.concentration * raw.Log(self.rate)

    def _cdf(self, x: Tensor) -> Tensor:
        return raw.Igamma(self.concentration, self.rate * x)

    def _entropy(self) -> Tensor:
        size = self.concentration - raw.Log(self.rate) + raw.Lgamma(self.concentration)
        return size + (1.0 - self.concentration) * raw.Digamma(self.concentration)

    def _mean(self) -> Tensor:
        return self.concentration / self.rate

    def _variance(self) -> Tensor:
        return self.concentration / raw.Square(self.rate)

    def _stddev(self) -> Tensor:
        return raw.Sqrt(self.concentration) / self.rate

    def _mode(self) -> Tensor:
        return or_nan((self.concentration - 1.0) / self.rate, self.concentration > 1.0, self, "the mode for concentration <= 1")


@RegisterKL(Gamma, Gamma)
def kl_gamma_gamma(a: Gamma, b: Gamma, name: str | None = None) -> Tensor:
    """The divergence of two gamma distributions (Penny, 2001)."""
    with building(name, "kl_gamma_gamma", [a.concentration, b.concentration, a.rate, b.rate]):
        shapes = (a.concentration - b.concentration) * raw.Digamma(a.concentration)
        sizes = raw.Lgamma(b.concentration) - raw.Lgamma(a.concentration)
        rates = b.concentration * raw.Log(a.rate) - b.concentration * raw.Log(b.rate)
        return shapes + sizes + rates + a.concentration * (b.rate / a.rate - 1.0)


@export("distributions.Exponential", "contrib.distributions.Exponential")
class Exponential(Gamma):
    """The exponential distribution, of the time to an event that comes `rate` times per unit: density rate * exp(-rate x).

    Args:
      rate: the inverse mean, positive.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.distributions.Exponential(2.0).mean()))
    0.5
    """

    def __init__(self, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Exponential") -> None:
        arguments = dict(locals())
        with building(name, None, [rate]) as full:
            given = convert_to_tensor(rate, name="rate")
        super().__init__(ones([], dtype=given.dtype), given, validate_args, allow_nan_stats, full)
        self._parameters = arguments

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        tiny = np.finfo(self.dtype.as_numpy_dtype).tiny
        drawn = random_uniform(concat([[n], shape(self._rate)], 0), minval=tiny, maxval=1.0, seed=seed, dtype=self.dtype)
        return -raw.Log(drawn) / self._rate


@export("distributions.Beta", "contrib.distributions.Beta")
class Beta(Distribution):
    """The beta distribution of a probability: density x^(concentration1 - 1) (1 - x)^(concentration0 - 1) / B, for 0 < x < 1.

    Args:
      concentration1: the pull towards 1, positive.
      concentration0: the pull towards 0, positive.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      TypeError: the parameters have different types.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.distributions.Beta(1.0, 3.0).mean()))
    0.25
    """

    def __init__(
        self,
        concentration1: Any = None,
        concentration0: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Beta",
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [concentration1, concentration0]) as full:
            self._concentration1 = convert_to_tensor(concentration1, name="concentration1")
            self._concentration0 = convert_to_tensor(concentration0, name="concentration0")
            assert_same_float_dtype([self._concentration1, self._concentration0])
            if validate_args:
                with control_dependencies([assert_positive(self._concentration1), assert_positive(self._concentration0)]):
                    self._concentration1 = identity(self._concentration1)
                    self._concentration0 = identity(self._concentration0)
            self._total = self._concentration1 + self._concentration0
        parents = [self._concentration1, self._concentration0, self._total]
        super().__init__(self._total.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    concentration1 = property(lambda self: self._concentration1, doc="The pull towards 1.")
    concentration0 = property(lambda self: self._concentration0, doc="The pull towards 0.")
    total_concentration = property(lambda self: self._total, doc="The sum of both.")

    def _batch_parts(self) -> list[Tensor]:
        return [self._total]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        first = ones_like(self._total, dtype=self.dtype) * self.concentration1
        second = ones_like(self._total, dtype=self.dtype) * self.concentration0
        hits = random_gamma(shape=[n], alpha=first, dtype=self.dtype, seed=seed)
        misses = random_gamma(shape=[n], alpha=second, dtype=self.dtype, seed=next_seed(seed, "beta"))
        return hits / (hits + misses)

    def _log_prob(self, x: Tensor) -> Tensor:
        unnormalized = raw.Xlogy(self.concentration1 - 1.0, x) + (self.concentration0 - 1.0) * raw.Log1p(-x)
        return unnormalized - self._log_normalization()

    def _log_normalization(self) -> Tensor:
        return raw.Lgamma(self.concentration1) + raw.Lgamma(self.concentration0) - raw.Lgamma(self._total)

    def _cdf(self, x: Tensor) -> Tensor:
        return raw.Betainc(self.concentration1, self.concentration0, x)

    def _entropy(self) -> Tensor:
        result = self._log_normalization() - (self.concentration1 - 1.0) * raw.Digamma(self.concentration1)
        result = result - (self.concentration0 - 1.0) * raw.Digamma(self.concentration0)
        return result + (self._total - 2.0) * raw.Digamma(self._total)

    def _mean(self) -> Tensor:
        return self.concentration1 / self._total

    def _variance(self) -> Tensor:
        return self._mean() * (1.0 - self._mean()) / (1.0 + self._total)

    def _mode(self) -> Tensor:
        exists = raw.LogicalAnd(self.concentration1 > 1.0, self.concentration0 > 1.0)
        return or_nan((self.concentration1 - 1.0) / (self._total - 2.0), exists, self, "the mode for a concentration <= 1")


@RegisterKL(Beta, Beta)
def kl_beta_beta(a: Beta, b: Beta, name: str | None = None) -> Tensor:
    """The divergence of two beta distributions."""
    with building(name, "kl_beta_beta", [a.concentration1, b.concentration1, a.concentration0, b.concentration0]):
        sizes = b._log_normalization() - a._log_normalization()
        first = raw.Digamma(a.concentration1) * (b.concentration1 - a.concentration1)
        second = raw.Digamma(a.concentration0) * (b.concentration0 - a.concentration0)
        total = raw.Digamma(a.total_concentration) * (b.total_concentration - a.total_concentration)
        return sizes - first - second + total


@export("distributions.Dirichlet", "contrib.distributions.Dirichlet")
class Dirichlet(Distribution):
    """The Dirichlet distribution of the probabilities of classes: density product(x_k^(concentration_k - 1)) / B.

    Args:
      concentration: the pull towards each class, positive, classes along the last axis.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.distributions.Dirichlet([1.0, 1.0, 2.0]).mean())
    array([0.25, 0.25, 0.5 ], dtype=float32)
    """

    def __init__(self, concentration: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Dirichlet") -> None:
        arguments = dict(locals())
        with building(name, None, [concentration]) as full:
            self._concentration = convert_to_tensor(concentration, name="concentration")
            if validate_args:
                with control_dependencies([assert_positive(self._concentration)]):
                    self._concentration = identity(self._concentration)
            self._total = reduce_sum(self._concentration, -1)
        parents = [self._concentration, self._total]
        super().__init__(self._concentration.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    concentration = property(lambda self: self._concentration, doc="The pull towards each class.")
    total_concentration = property(lambda self: self._total, doc="The sum over the classes.")

    def _batch_parts(self) -> list[Tensor]:
        return [self._total]

    def _event_shape(self) -> TensorShape:
        return self._concentration.shape.with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape(self._concentration)[-1:]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        drawn = random_gamma(shape=[n], alpha=self.concentration, dtype=self.dtype, seed=seed)
        return drawn / reduce_sum(drawn, -1, keepdims=True)

    def _log_prob(self, x: Tensor) -> Tensor:
        return reduce_sum(raw.Xlogy(self.concentration - 1.0, x), -1) - lbeta(self.concentration)

    def _entropy(self) -> Tensor:
        classes = cast(self.event_shape_tensor()[0], self.dtype)
        spread = reduce_sum((self.concentration - 1.0) * raw.Digamma(self.concentration), -1)
        return lbeta(self.concentration) + (self._total - classes) * raw.Digamma(self._total) - spread

    def _mean(self) -> Tensor:
        return self.concentration / self._total[..., None]

    def _variance(self) -> Tensor:
        mean = self._mean()
        return mean * (1.0 - mean) / (1.0 + self._total[..., None])

    def _mode(self) -> Tensor:
        classes = cast(self.event_shape_tensor()[0], self.dtype)
        exists = self.concentration > 1.0
        return or_nan((self.concentration - 1.0) / (self._total[..., None] - classes), exists, self, "the mode for a concentration <= 1")


@RegisterKL(Dirichlet, Dirichlet)
def kl_dirichlet_dirichlet(a: Dirichlet, b: Dirichlet, name: str | None = None) -> Tensor:
    """The divergence of two Dirichlet distributions (Penny, 2001)."""
    with building(name, "kl_dirichlet_dirichlet", [a.concentration, b.concentration]):
        excess = raw.Digamma(a.concentration) - raw.Digamma(reduce_sum(a.concentration, -1, keepdims=True))
        moved = reduce_sum((a.concentration - b.concentration) * excess, -1)
        return moved - lbeta(a.concentration) + lbeta(b.concentration)
