"""Distributions over classes and counts: Bernoulli, categorical, multinomial."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, expand_dims, identity, ones_like, rank, shape, transpose
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import one_hot, ones
from autograd_lite.api.logits import log_softmax, sigmoid_cross_entropy_with_logits, softmax, sparse_softmax_cross_entropy_with_logits
from autograd_lite.api.random import multinomial, random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import argmax, reduce_max, reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import sequence_mask
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.distributions.distribution import NOT_REPARAMETERIZED, Distribution
from autograd_lite.lib.distributions.kl import RegisterKL
from autograd_lite.lib.distributions.logits import logits_and_probs


class _OfLogits(Distribution):
    """A distribution that is given by logits or by probabilities."""

    _logits: Tensor
    _probs: Tensor

    @property
    def logits(self) -> Tensor:
        """Logarithms of the odds (of one chance) or of the unscaled probabilities (of classes)."""
        return self._logits

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self._probs


@export("distributions.Bernoulli", "contrib.distributions.Bernoulli")
class Bernoulli(_OfLogits):
    """1 with probability `probs`, 0 otherwise.

    Args:
      logits: log(probs / (1 - probs)); give this or `probs`.
      probs: the chance of a 1.
      dtype: the element type of samples.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      ValueError: when not exactly one of `logits` and `probs` is given.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.distributions.Bernoulli(probs=0.25).variance()))
    0.1875
    """

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Bernoulli",
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [logits, probs]) as full:
            self._logits, self._probs = logits_and_probs(logits, probs, full, many_classes=False)
        parents = [self._logits, self._probs]
        super().__init__(dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    _shaped_parameters = ("logits",)

    def _batch_parts(self) -> list[Tensor]:
        return [self._logits]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        drawn = random_uniform(self._sizes_of_samples(n), seed=seed, dtype=self.probs.dtype)
        return cast(raw.Less(drawn, self.probs), self.dtype)

    def _log_prob(self, event: Tensor) -> Tensor:
        event = cast(event, self.logits.dtype)
        logits = self.logits
        if not (event.shape.is_fully_defined() and logits.shape.is_fully_defined() and event.static_shape == logits.static_shape):
            logits, event = ones_like(event) * logits, ones_like(logits) * event
        return -sigmoid_cross_entropy_with_logits(labels=event, logits=logits)

    def _entropy(self) -> Tensor:
        return (-self.logits) * (raw.Sigmoid(self.logits) - 1) + raw.Softplus(-self.logits)

    def _mean(self) -> Tensor:
        return identity(self.probs)

    def _variance(self) -> Tensor:
        return self._mean() * (1.0 - self.probs)

    def _mode(self) -> Tensor:
        return cast(self.probs > 0.5, self.dtype)


@RegisterKL(Bernoulli, Bernoulli)
def kl_bernoulli_bernoulli(a: Bernoulli, b: Bernoulli, name: str | None = None) -> Tensor:
    """Over both outcomes: the probability under a, times the difference of the log probabilities."""
    with building(name, "kl_bernoulli_bernoulli", [a.logits, b.logits]):
        hit = raw.Softplus(-b.logits) - raw.Softplus(-a.logits)
        miss = raw.Softplus(b.logits) - raw.Softplus(a.logits)
        return raw.Sigmoid(a.logits) * hit + raw.Sigmoid(-a.logits) * miss


@export("distributions.Categorical", "contrib.distributions.Categorical")
class Categorical(_OfLogits):
    """Class k with probability `probs[..., k]`.

    Args:
      logits: unscaled log probabilities, classes along the last axis; give this or `probs`.
      probs: probabilities.
      dtype: the element type of samples.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      ValueError: when not exactly one of `logits` and `probs` is given, or it is a scalar.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.distributions.Categorical(probs=[0.5, 0.25, 0.25]).prob(0)))
    0.5000
    """

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Categorical",
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [logits, probs]) as full:
            self._logits, self._probs = logits_and_probs(logits, probs, full, many_classes=True)
            self._describe(self._logits.shape.with_rank_at_least(1))
        parents = [self._logits, self._probs]
        super().__init__(dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    def _describe(self, known: TensorShape) -> None:
        if known.ndims is not None:
            self._batch_rank = convert_to_tensor(known.ndims - 1, dtype=dtypes.int32, name="batch_rank")
        else:
            with building("batch_rank"):
                self._batch_rank = rank(self._logits) - 1
        sizes = shape(self._logits, name="logits_shape")
        classes = None if known.ndims is None else known.as_list()[-1]
        if classes is not None:
            self._event_size = convert_to_tensor(classes, dtype=dtypes.int32, name="event_size")
        else:
            with building("event_size"):
                self._event_size = sizes[self._batch_rank]
        if known.ndims is not None and known[:-1].is_fully_defined():
            self._sizes = convert_to_tensor(known[:-1].as_list(), dtype=dtypes.int32, name="batch_shape")
        else:
            with building("batch_shape"):
                self._sizes = sizes[:-1]

    @property
    def event_size(self) -> Tensor:
        """How many classes there are."""
        return self._event_size

    def _batch_shape(self) -> TensorShape:
        return self._logits.shape[:-1]

    def _batch_shape_tensor(self) -> Tensor:
        return identity(self._sizes)

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        flat = self.logits if self.logits.shape.ndims == 2 else raw.Reshape(self.logits, [-1, self.event_size])
        kind = dtypes.int64 if self.dtype.size > 4 else dtypes.int32
        drawn = transpose(multinomial(flat, n, seed=seed, output_dtype=kind))
        return cast(raw.Reshape(drawn, self._sizes_of_samples(n)), self.dtype)

    def _log_prob(self, k: Tensor) -> Tensor:
        if k.dtype.is_floating:
            k = cast(k, self.dtype)
        logits = self.logits
        batch = logits.shape[:-1]
        if not (batch.is_fully_defined() and k.shape.is_fully_defined() and batch.as_list() == k.shape.as_list()):
            logits = logits * ones_like(expand_dims(k, -1), dtype=logits.dtype)
            k = k * ones(shape(logits)[:-1], dtype=k.dtype)
            k.set_shape(logits.shape[:-1])
        return -sparse_softmax_cross_entropy_with_logits(labels=k, logits=logits)

    def _entropy(self) -> Tensor:
        return -reduce_sum(log_softmax(self.logits) * self.probs, axis=-1)

    def _mode(self) -> Tensor:
        mode = cast(argmax(self.logits, axis=self._batch_rank), self.dtype)
        mode.set_shape(self.batch_shape)
        return mode


@RegisterKL(Categorical, Categorical)
def kl_categorical_categorical(a: Categorical, b: Categorical, name: str | None = None) -> Tensor:
    """The mean, under a, of the difference of the log probabilities."""
    with building(name, "kl_categorical_categorical", [a.logits, b.logits]):
        difference = log_softmax(a.logits) - log_softmax(b.logits)
        return reduce_sum(softmax(a.logits) * difference, axis=-1)


def log_combinations(n: Any, counts: Any, name: str = "log_combinations") -> Tensor:
    """The logarithm of the number of ways to put `n` things into classes of these counts: log(n! / (c1! c2! ...))."""
    with building(name, None, [n, counts]):
        total = raw.Lgamma(convert_to_tensor(n, name="n") + 1)
        parts = raw.Lgamma(convert_to_tensor(counts, name="counts") + 1)
        return total - reduce_sum(parts, axis=[-1])


@export("distributions.Multinomial", "contrib.distributions.Multinomial")
class Multinomial(_OfLogits):
    """How often each class comes in `total_count` draws.

    Args:
      total_count: how many draws, a float tensor.
      logits: unscaled log probabilities, classes along the last axis; give this or `probs`.
      probs: probabilities.
      validate_args, allow_nan_stats, name: as of `tf.distributions.Distribution`.

    Raises:
      ValueError: when not exactly one of `logits` and `probs` is given.

    >>> import autograd_lite as tf
    >>> print("%.4f" % tf.Session().run(tf.distributions.Multinomial(2.0, probs=[0.5, 0.5]).prob([1.0, 1.0])))
    0.5000
    """

    def __init__(
        self,
        total_count: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Multinomial",
    ) -> None:
        arguments = dict(locals())
        with building(name, None, [total_count, logits, probs]) as full:
            self._total_count = convert_to_tensor(total_count, name="total_count")
            self._logits, self._probs = logits_and_probs(logits, probs, full, many_classes=True)
            self._mean_counts = self._total_count[..., None] * self._probs
        parents = [self._total_count, self._logits, self._probs]
        super().__init__(self._probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, arguments, parents, full)

    @property
    def total_count(self) -> Tensor:
        """How many draws."""
        return self._total_count

    def _batch_shape(self) -> TensorShape:
        return self._mean_counts.shape.with_rank_at_least(1)[:-1]

    def _batch_shape_tensor(self) -> Tensor:
        return shape(self._mean_counts)[:-1]

    def _event_shape(self) -> TensorShape:
        return self._mean_counts.shape.with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self) -> Tensor:
        return shape(self._mean_counts)[-1:]

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        classes = self.event_shape_tensor()[0]
        most = cast(reduce_max(self.total_count), dtypes.int32)
        batch = self.batch_shape_tensor()
        spread = raw.Reshape(self.logits * ones_like(self._mean_counts), [-1, classes])  # [rows, classes]
        drawn = raw.Reshape(multinomial(spread, n * most, seed=seed), raw.Reshape(raw.Pack([-1, n, most]), [3]))
        limits = raw.Reshape(self.total_count * ones(batch, dtype=self.dtype), [-1, 1])  # rows with fewer draws leave the rest out
        counted = sequence_mask(cast(limits, dtypes.int32), most, dtype=self.dtype)[..., None]
        counts = reduce_sum(one_hot(drawn, classes, dtype=self.dtype) * counted, axis=2)  # [rows, n, classes]
        return raw.Reshape(transpose(counts, [1, 0, 2]), concat([[n], batch, [classes]], 0))

    def _log_prob(self, counts: Tensor) -> Tensor:
        unnormalized = reduce_sum(counts * log_softmax(self.logits), -1)
        return unnormalized - (-log_combinations(self.total_count, counts))

    def _mean(self) -> Tensor:
        return identity(self._mean_counts)

    def _variance(self) -> Tensor:
        return self._mean_counts * (1.0 - self.probs)
