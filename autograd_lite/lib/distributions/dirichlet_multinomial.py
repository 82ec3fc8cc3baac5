"""Counts of draws whose probabilities are drawn first: the Dirichlet-multinomial distribution."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, ones_like, shape
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import one_hot
from autograd_lite.api.matrices import matrix_set_diag
from autograd_lite.api.random import multinomial
from autograd_lite.api.random_gamma import random_gamma
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.special import lbeta
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.distributions.discrete import log_combinations
from autograd_lite.lib.distributions.distribution import NOT_REPARAMETERIZED, Distribution, next_seed


@export("distributions.DirichletMultinomial")
class DirichletMultinomial(Distribution):
    """How often each class comes in `total_count` draws, whose probabilities are themselves drawn from a Dirichlet distribution.

    Args:
      total_count: how many draws, a float tensor.
      concentration: the pull towards each class, positive, classes along the last axis.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    >>> import autograd_lite as tf
    >>> counts = tf.distributions.DirichletMultinomial(4.0, [1.0, 1.0, 2.0])
    >>> tf.Session().run(counts.mean())
    array([1., 1., 2.], dtype=float32)
    """

    def __init__(
        self,
        total_count: Any,
        concentration: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "DirichletMultinomial",
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [total_count, concentration]) as full:
            self._concentration: Any = convert_to_tensor(concentration, name="concentration")
            self._total_count: Any = convert_to_tensor(total_count, dtype=self._concentration.dtype.base_dtype, name="total_count")
            self._total: Any = reduce_sum(self._concentration, -1)
        parents = [self._total_count, self._concentration]
        super().__init__(self._concentration.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    total_count = property(lambda self: self._total_count, doc="How many draws.")
    concentration = property(lambda self: self._concentration, doc="The pull towards each class.")
    total_concentration = property(lambda self: self._total, doc="The sum over the classes.")

    def _batch_parts(self) -> list[Tensor]:
        return [self._total]

    def _event_shape(self) -> TensorShape:
        return self._concentration.shape.with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape(self._concentration)[-1:]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        classes = self.event_shape_tensor()[0]
        scores = raw.Log(random_gamma(shape=[n], alpha=self._concentration, dtype=self.dtype, seed=seed))
        many = cast(self._total_count, dtypes.int32)
        drawn = multinomial(raw.Reshape(scores, [-1, classes]), many, seed=next_seed(seed, "dirichlet_multinomial"))
        counts = reduce_sum(one_hot(drawn, classes, dtype=self.dtype), -2)
        return raw.Reshape(counts, concat([[n], self.batch_shape_tensor(), [classes]], 0))

    def _log_prob(self, counts: Any) -> Tensor:
        ordered = lbeta(self._concentration + counts) - lbeta(self._concentration)
        return ordered + log_combinations(self._total_count, counts)

    def _draws(self) -> Any:
        """The number of draws, with an axis for the classes."""
        return raw.ExpandDims(self._total_count * ones_like(self._total), -1)

    def _mean(self) -> Tensor:
        return self._draws() * self._concentration / self._total[..., None]

    def _scatter(self) -> Any:
        """What the spread of one draw is multiplied by: all draws share one set of probabilities."""
        total = self._total[..., None]
        return (self._draws() + total) / (1.0 + total)

    def _variance(self) -> Tensor:
        mean: Any = self._mean()
        return mean * (1.0 - self._concentration / self._total[..., None]) * self._scatter()

    def _covariance(self) -> Tensor:
        share: Any = self._concentration / self._total[..., None]
        factor = self._draws() * self._scatter()
        outer = share[..., None] * share[..., None, :]
        return matrix_set_diag(-outer * factor[..., None], self._variance())
