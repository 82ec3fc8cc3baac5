"""The normal, Laplace, Student's t and uniform distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.api.arrays import broadcast_dynamic_shape, concat, identity, ones_like, shape, zeros_like
from autograd_lite.api.asserts import assert_less, assert_positive, assert_same_float_dtype
from autograd_lite.api.constants import constant, ones, zeros
from autograd_lite.api.math import abs as absolute
from autograd_lite.api.random import random_normal, random_uniform
from autograd_lite.api.random_gamma import random_gamma
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import where_v2
from autograd_lite.api.special import lbeta, ndtri
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.distributions.distribution import FULLY_REPARAMETERIZED, Distribution, next_seed
from autograd_lite.lib.distributions.kl import RegisterKL
from autograd_lite.lib.distributions.normal_functions import log_ndtr, ndtr


class _LocationScale(Distribution):
    """A distribution moved by `loc` and stretched by `scale`."""

    _shaped_parameters = ("loc", "scale")
    _loc: Tensor
    _scale: Tensor

    def _set_up(self, arguments: dict[str, Any], loc: Any, scale: Any, validate_args: bool, allow_nan_stats: bool, name: str) -> None:
        with building(name, None, [loc, scale]) as full:
            with control_dependencies([assert_positive(scale)] if validate_args else []):
                self._loc = identity(loc, name="loc")
                self._scale = identity(scale, name="scale")
                assert_same_float_dtype([self._loc, self._scale])
        parents = [self._loc, self._scale]
        super().__init__(self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    def _batch_parts(self) -> list[Tensor]:
        return [self._loc, self._scale]

    @property
    def loc(self) -> Tensor:
        """Where the middle is."""
        return self._loc

    @property
    def scale(self) -> Tensor:
        """How wide it is."""
        return self._scale

    def _mode(self) -> Tensor:
        return self._mean()

    def _mean(self) -> Tensor:
        return self.loc * ones_like(self.scale)


@export("distributions.Normal", "contrib.distributions.Normal")
class Normal(_LocationScale):
    """The normal distribution: density exp(-(x - loc)^2 / (2 scale^2)) / (scale sqrt(2 pi)).

    Args:
      loc: the mean.
      scale: the standard deviation, positive.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      TypeError: `loc` and `scale` have different types.

    >>> import autograd_lite as tf
    >>> normal = tf.distributions.Normal(loc=0.0, scale=2.0)
    >>> print("%.4f" % tf.Session().run(normal.log_prob(1.0)))
    -1.7371
    """

    def __init__(self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Normal") -> None:
        self._set_up(dict(locals()), loc, scale, validate_args, allow_nan_stats, name)

    def _sample_n(self, n: Tensor, seed: int | None = None) -> Tensor:
        sizes = self._sizes_of_samples(n)
        drawn = random_normal(shape=sizes, mean=0.0, stddev=1.0, dtype=self.loc.dtype, seed=seed)
        return drawn * self.scale + self.loc

    def _standardized(self, x: Tensor) -> Tensor:
        with building("standardize", None, [x]):
            return (x - self.loc) / self.scale

    def _log_prob(self, x: Tensor) -> Tensor:
        unnormalized = -0.5 * raw.Square(self._standardized(x))
        return unnormalized - (0.5 * math.log(2.0 * math.pi) + raw.Log(self.scale))

    def _cdf(self, x: Tensor) -> Tensor:
        return ndtr(self._standardized(x))

    def _log_cdf(self, x: Tensor) -> Tensor:
        return log_ndtr(self._standardized(x))

    def _survival_function(self, x: Tensor) -> Tensor:
        return ndtr(-self._standardized(x))

    def _log_survival_function(self, x: Tensor) -> Tensor:
        return log_ndtr(-self._standardized(x))

    def _quantile(self, p: Tensor) -> Tensor:
        return ndtri(p) * self.scale + self.loc

    def _entropy(self) -> Tensor:
        scale = self.scale * ones_like(self.loc)
        return 0.5 + 0.5 * math.log(2.0 * math.pi) + raw.Log(scale)

    def _stddev(self) -> Tensor:
        return self.scale * ones_like(self.loc)


@RegisterKL(Normal, Normal)
def kl_normal_normal(a: Normal, b: Normal, name: str | None = None) -> Tensor:
    """(mean_a - mean_b)^2 / (2 var_b) + (var_a / var_b - 1 - log(var_a / var_b)) / 2."""
    with building(name, "kl_normal_normal", [a.loc, b.loc]):
        one, two, half = (constant(number, dtype=a.dtype) for number in (1, 2, 0.5))
        first, second = raw.Square(a.scale), raw.Square(b.scale)
        ratio = first / second
        return raw.SquaredDifference(a.loc, b.loc) / (two * second) + half * (ratio - one - raw.Log(ratio))


@export("distributions.Laplace", "contrib.distributions.Laplace")
class Laplace(_LocationScale):
    """The Laplace distribution: density exp(-|x - loc| / scale) / (2 scale).

    Args:
      loc: the mean.
      scale: how fast it falls, positive.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      TypeError: `loc` and `scale` have different types.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.distributions.Laplace(0.0, 1.0).cdf(0.0)))
    0.5000
    """

    def __init__(self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Laplace") -> None:
        self._set_up(dict(locals()), loc, scale, validate_args, allow_nan_stats, name)

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        kind = self.dtype.as_numpy_dtype
        low = np.nextafter(kind(-1.0), kind(0.0))
        drawn = random_uniform(shape=self._sizes_of_samples(n), minval=low, maxval=1.0, dtype=self.dtype, seed=seed)
        return self.loc - self.scale * raw.Sign(drawn) * raw.Log1p(-absolute(drawn))

    def _standardized(self, x: Tensor) -> Tensor:
        return (x - self.loc) / self.scale

    def _log_prob(self, x: Tensor) -> Tensor:
        return -absolute(self._standardized(x)) - (math.log(2.0) + raw.Log(self.scale))

    def _cdf(self, x: Tensor) -> Tensor:
        z = self._standardized(x)
        return 0.5 + 0.5 * raw.Sign(z) * (1.0 - raw.Exp(-absolute(z)))

    def _entropy(self) -> Tensor:
        scale = self.scale + zeros_like(self.loc)
        return math.log(2.0) + 1.0 + raw.Log(scale)

    def _mean(self) -> Tensor:
        return self.loc + zeros_like(self.scale)

    def _stddev(self) -> Tensor:
        return math.sqrt(2.0) * self.scale + zeros_like(self.loc)


@export("distributions.StudentT", "contrib.distributions.StudentT")
class StudentT(Distribution):
    """Student's t distribution, whose tails are heavier than those of the normal one (W. S. Gosset, 1908).

    Args:
      df: the degrees of freedom, positive; the more, the nearer to a normal distribution.
      loc: the middle, the mean if df > 1.
      scale: how wide it is; the standard deviation is sqrt(df / (df - 2)) times that.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      TypeError: the parameters have different types.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.distributions.StudentT(3.0, 0.0, 1.0).variance()))
    3.0000
    """

    def __init__(
        self, df: Any, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "StudentT"
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [df, loc, scale]) as full:
            with control_dependencies([assert_positive(df)] if validate_args else []):
                self._df = identity(df, name="df")
            self._loc = identity(loc, name="loc")
            self._scale = identity(scale, name="scale")
            assert_same_float_dtype([self._df, self._loc, self._scale])
        super().__init__(
            self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, [self._df, self._loc, self._scale], full
        )

    _shaped_parameters = ("df", "loc", "scale")
    df = property(lambda self: self._df, doc="The degrees of freedom.")
    loc = property(lambda self: self._loc, doc="Where the middle is.")
    scale = property(lambda self: self._scale, doc="How wide it is.")

    def _batch_parts(self) -> list[Tensor]:
        return [self._df, self._loc, self._scale]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        normals = random_normal(self._sizes_of_samples(n), dtype=self.dtype, seed=seed)
        df = self.df * ones(self.batch_shape_tensor(), dtype=self.dtype)
        gammas = random_gamma([n], 0.5 * df, beta=0.5, dtype=self.dtype, seed=next_seed(seed, "student_t"))
        return normals * raw.Rsqrt(gammas / df) * self.scale + self.loc

    def _log_prob(self, x: Tensor) -> Tensor:
        y = (x - self.loc) / self.scale
        unnormalized = -0.5 * (self.df + 1.0) * raw.Log1p(y**2.0 / self.df)
        half_log_pi = 0.5 * math.log(math.pi)
        width = raw.Log(absolute(self.scale)) + 0.5 * raw.Log(self.df) + half_log_pi
        return unnormalized - (width + raw.Lgamma(0.5 * self.df) - raw.Lgamma(0.5 * (self.df + 1.0)))

    def _cdf(self, x: Tensor) -> Tensor:
        y = (x - self.loc) / absolute(self.scale)
        share = self.df / (y**2.0 + self.df)
        tail = 0.5 * raw.Betainc(0.5 * self.df, 0.5, share)
        return where_v2(raw.Less(y, 0.0), tail, 1.0 - tail)

    def _entropy(self) -> Tensor:
        v = ones(self.batch_shape_tensor(), dtype=self.dtype)[..., None]
        u = v * self.df[..., None]
        halves = concat([u, v], -1) / 2.0
        width = raw.Log(absolute(self.scale)) + 0.5 * raw.Log(self.df) + lbeta(halves)
        return width + 0.5 * (self.df + 1.0) * (raw.Digamma(0.5 * (self.df + 1.0)) - raw.Digamma(0.5 * self.df))

    def _constant(self, value: float, name: str | None = None) -> Tensor:
        return raw.Fill(self.batch_shape_tensor(), np.array(value, self.dtype.as_numpy_dtype), name=name)

    def _where_defined(self, value: Tensor) -> Tensor:
        """`value` where there is more than one degree of freedom."""
        exists = raw.Greater(self.df, ones(self.batch_shape_tensor(), dtype=self.dtype))
        if self.allow_nan_stats:
            return where_v2(exists, value, self._constant(np.nan, "nan"))
        with control_dependencies([assert_less(ones([], dtype=self.dtype), self.df, message="needs df > 1")]):
            return identity(value)

    def _mean(self) -> Tensor:
        return self._where_defined(self.loc * ones(self.batch_shape_tensor(), dtype=self.dtype))

    def _variance(self) -> Tensor:
        below = where_v2(raw.Greater(self.df, 2.0), self.df - 2.0, ones_like(self.df))
        variance = ones(self.batch_shape_tensor(), dtype=self.dtype) * raw.Square(self.scale) * self.df / below
        finite = raw.Greater(self.df, self._constant(2.0))
        return self._where_defined(where_v2(finite, variance, self._constant(np.inf, "inf")))

    def _mode(self) -> Tensor:
        return identity(self.loc)


@export("distributions.Uniform", "contrib.distributions.Uniform")
class Uniform(Distribution):
    """All values from `low` to below `high` with the same density.

    Args:
      low: the lower end.
      high: the upper end, above `low`.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      TypeError: the ends have different types.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.distributions.Uniform(1.0, 3.0).prob(2.0)))
    0.5
    """

    def __init__(
        self, low: Any = 0.0, high: Any = 1.0, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Uniform"
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [low, high]) as full:
            checks = [assert_less(low, high, message="uniform not defined when low >= high.")] if validate_args else []
            with control_dependencies(checks):
                self._low = identity(low, name="low")
                self._high = identity(high, name="high")
                assert_same_float_dtype([self._low, self._high])
        parents = [self._low, self._high]
        super().__init__(self._low.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    _shaped_parameters = ("low", "high")
    low = property(lambda self: self._low, doc="The lower end.")
    high = property(lambda self: self._high, doc="The upper end.")

    def range(self, name: str = "range") -> Tensor:
        """The distance between the ends, high - low."""
        with self._scope(name):
            return self.high - self.low

    def _batch_parts(self) -> list[Tensor]:
        return [self._low, self._high]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        drawn = random_uniform(shape=self._sizes_of_samples(n), dtype=self.dtype, seed=seed)
        return self.low + self.range() * drawn

    def _prob(self, x: Tensor) -> Tensor:
        spread = x * ones(self.batch_shape_tensor(), dtype=x.dtype)
        unknown = raw.IsNan(spread)
        outside = raw.LogicalOr(raw.Less(spread, self.low), raw.GreaterEqual(spread, self.high))
        density = where_v2(outside, zeros_like(spread), ones_like(spread) / self.range())
        return where_v2(unknown, spread, density)

    def _cdf(self, x: Tensor) -> Tensor:
        sizes = broadcast_dynamic_shape(shape(x), self.batch_shape_tensor())
        nothing, everything = zeros(sizes, dtype=self.dtype), ones(sizes, dtype=self.dtype)
        spread = x * everything
        below = where_v2(raw.Less(x, self.low), nothing, (spread - self.low) / self.range())
        return where_v2(raw.GreaterEqual(x, self.high), everything, below)

    def _entropy(self) -> Tensor:
        return raw.Log(self.range())

    def _mean(self) -> Tensor:
        return (self.low + self.high) / 2.0

    def _variance(self) -> Tensor:
        return raw.Square(self.range()) / 12.0

    def _stddev(self) -> Tensor:
        return self.range() / math.sqrt(12.0)
