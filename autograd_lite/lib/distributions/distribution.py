"""What all distributions share: names and scopes, shapes, sampling, and which quantity follows from which."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.api.arrays import broadcast_dynamic_shape, broadcast_static_shape, concat, shape
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_prod
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, export_constant
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.distributions.kl import kl_divergence


@export("distributions.ReparameterizationType", "contrib.distributions.ReparameterizationType")
class ReparameterizationType:
    """Whether gradients flow through samples to the parameters.

    >>> import autograd_lite as tf
    >>> tf.distributions.FULLY_REPARAMETERIZED
    <Reparameteriation Type: FULLY_REPARAMETERIZED>
    """

    def __init__(self, rep_type: str) -> None:
        self._rep_type = rep_type

    def __repr__(self) -> str:
        return f"<Reparameteriation Type: {self._rep_type}>"


FULLY_REPARAMETERIZED = ReparameterizationType("FULLY_REPARAMETERIZED")
NOT_REPARAMETERIZED = ReparameterizationType("NOT_REPARAMETERIZED")

export_constant(__name__, "FULLY_REPARAMETERIZED", "distributions.FULLY_REPARAMETERIZED")
export_constant(__name__, "NOT_REPARAMETERIZED", "distributions.NOT_REPARAMETERIZED")


def next_seed(seed: int | None, salt: str) -> int | None:
    """The seed of a second draw, from that of the first; None stays None."""
    if seed is None:
        return None
    return int(hashlib.md5(f"{seed}{salt}".encode(), usedforsecurity=False).hexdigest()[:8], 16) & 0x7FFFFFFF


@export("distributions.Distribution", "contrib.distributions.Distribution")
class Distribution:
    """The base of all distributions.

    A subclass gives `_log_prob` (or `_prob`), `_mean`, `_sample_n` and so on; what can be derived from these is.

    Args:
      dtype: the element type of samples.
      reparameterization_type: whether gradients flow through samples.
      validate_args: whether parameters and values are checked as the graph runs.
      allow_nan_stats: whether a statistic that does not exist is NaN, or an error.
      parameters: the arguments the distribution was made with.
      graph_parents: tensors it depends on.
      name: the name scope of its nodes.

    >>> import autograd_lite as tf
    >>> tf.distributions.Normal(0.0, 1.0).batch_shape
    TensorShape([])
    """

    def __init__(
        self,
        dtype: Any,
        reparameterization_type: ReparameterizationType,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any] | None = None,
        graph_parents: list[Any] | None = None,
        name: str | None = None,
    ) -> None:
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._reparameterization_type = reparameterization_type
        self._validate_args = validate_args
        self._allow_nan_stats = allow_nan_stats
        self._parameters = parameters or {}
        self._graph_parents = list(graph_parents or [])
        self._name = name or type(self).__name__

    @property
    def name(self) -> str:
        """The name scope of the nodes, which ends with `/`."""
        return self._name

    @property
    def dtype(self) -> dtypes.DType:
        """The element type of samples."""
        return self._dtype

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments that it was made with."""
        return {key: value for key, value in self._parameters.items() if key not in ("self", "__class__")}

    @property
    def reparameterization_type(self) -> ReparameterizationType:
        """Whether gradients flow through samples."""
        return self._reparameterization_type

    @property
    def allow_nan_stats(self) -> bool:
        """Whether a statistic that does not exist is NaN, or an error."""
        return self._allow_nan_stats

    @property
    def validate_args(self) -> bool:
        """Whether parameters and values are checked as the graph runs."""
        return self._validate_args

    def copy(self, **override_parameters_kwargs: Any) -> Any:
        """A distribution of the same kind, with some arguments changed."""
        return type(self)(**{**self.parameters, **override_parameters_kwargs})

    def __repr__(self) -> str:
        batch, event = self.batch_shape, self.event_shape
        return f"<tf.distributions.{type(self).__name__} {self.name!r} batch_shape={batch} event_shape={event} dtype={self.dtype.name}>"

    # Names of parameters that have the shape of a sample; empty when that does not tell their shapes.
    _shaped_parameters: tuple[str, ...] = ()

    @classmethod
    def param_shapes(cls, sample_shape: Any, name: str = "DistributionParamShapes") -> dict[str, Tensor]:
        """The shapes of the parameters for which `sample()` has shape `sample_shape`, by name."""
        if not cls._shaped_parameters:
            raise NotImplementedError(f"param_shapes is not implemented: {cls.__name__}")
        with building(name, None, [sample_shape]):
            sizes = convert_to_tensor(sample_shape, dtype=dtypes.int32)
            return dict.fromkeys(cls._shaped_parameters, sizes)

    @classmethod
    def param_static_shapes(cls, sample_shape: Any) -> dict[str, TensorShape]:
        """What `param_shapes` gives, for a shape that is known.

        Raises:
          ValueError: the shape is not known.
        """
        sizes = sample_shape.as_list() if isinstance(sample_shape, TensorShape) else sample_shape
        shapes = {}
        for key, tensor in cls.param_shapes(sizes).items():
            known = constant_value(tensor)
            if known is None:
                raise ValueError("sample_shape must be a fully-defined TensorShape or constant Tensor")
            shapes[key] = TensorShape(known.tolist())
        return shapes

    @contextlib.contextmanager
    def _scope(self, name: str | None, values: Any = ()) -> Iterator[None]:
        """The name scope of one method."""
        with building(self.name, None, [*values, *self._graph_parents]), building(name):
            yield

    # Shapes.

    def _batch_parts(self) -> list[Tensor]:
        """Parameters whose shapes, broadcast together, are the batch shape."""
        raise NotImplementedError(f"{type(self).__name__} does not tell its batch shape")

    def _batch_shape(self) -> TensorShape:
        known = TensorShape([])
        for part in self._batch_parts():
            known = broadcast_static_shape(known, part.shape)
        return known

    def _batch_shape_tensor(self) -> Tensor:
        first, *rest = (shape(part) for part in self._batch_parts())
        for other in rest:
            first = broadcast_dynamic_shape(first, other)
        return first

    def _event_shape(self) -> TensorShape:
        return TensorShape([])

    def _event_shape_tensor(self) -> Tensor:
        return convert_to_tensor([], dtype=dtypes.int32)

    @property
    def batch_shape(self) -> TensorShape:
        """The shape of independent distributions in this object, as far as it is known."""
        return self._batch_shape()

    @property
    def event_shape(self) -> TensorShape:
        """The shape of one sample of one of them, as far as it is known."""
        return self._event_shape()

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Tensor:
        """The shape of independent distributions in this object, as a vector."""
        with self._scope(name):
            if self.batch_shape.is_fully_defined():
                return convert_to_tensor(self.batch_shape.as_list(), dtype=dtypes.int32, name="batch_shape")
            return self._batch_shape_tensor()

    def event_shape_tensor(self, name: str = "event_shape_tensor") -> Tensor:
        """The shape of one sample of one of them, as a vector."""
        with self._scope(name):
            if self.event_shape.is_fully_defined():
                return convert_to_tensor(self.event_shape.as_list(), dtype=dtypes.int32, name="event_shape")
            return self._event_shape_tensor()

    def is_scalar_batch(self, name: str = "is_scalar_batch") -> Tensor:
        """Whether this is one distribution."""
        with self._scope(name):
            return raw.Equal(raw.Size(self.batch_shape_tensor()), 0)

    def is_scalar_event(self, name: str = "is_scalar_event") -> Tensor:
        """Whether samples are scalars."""
        with self._scope(name):
            return raw.Equal(raw.Size(self.event_shape_tensor()), 0)

    # Samples.

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str = "sample") -> Tensor:
        """Draw samples: a tensor of shape `sample_shape` + batch shape + event shape.

        Args:
          sample_shape: how many samples to draw, a number or a vector of integers.
          seed: with a seed, every run of the program draws the same; see `tf.set_random_seed`.
          name: a name for the nodes.
        """
        with self._scope(name, [sample_shape]):
            sizes = convert_to_tensor(sample_shape, dtype=dtypes.int32, name="sample_shape")
            known = constant_value(sizes)
            count = reduce_prod(sizes) if known is None else convert_to_tensor(np.prod(known, dtype=np.int32))
            if sizes.static_shape == ():
                sizes = raw.Reshape(sizes, [1])
            samples = self._sample_n(count, seed)
            samples = raw.Reshape(samples, concat([sizes, shape(samples)[1:]], 0))
            if known is not None:
                outer = TensorShape([int(size) for size in np.atleast_1d(known)])
                samples.set_shape(outer.concatenate(self.batch_shape).concatenate(self.event_shape))
            return samples

    def _sample_n(self, n: Tensor, seed: int | None) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} cannot draw samples")

    def _sizes_of_samples(self, n: Tensor) -> Tensor:
        return concat([[n], self.batch_shape_tensor()], 0)

    # Probabilities.

    def _value(self, value: Any) -> Tensor:
        return convert_to_tensor(value, name="value", preferred_dtype=self.dtype)

    def _first(self, *ways: tuple[str, Callable[[Tensor], Tensor]]) -> Callable[..., Tensor]:
        """The first method that this class has, with what turns its result into the one wanted."""
        for name, finish in ways:
            own = getattr(self, name, None)
            if own is not None:
                return lambda *values, own=own, finish=finish: finish(own(*values))
        raise NotImplementedError(f"{ways[0][0].strip('_')} is not implemented: {type(self).__name__}")

    def log_prob(self, value: Any, name: str = "log_prob") -> Tensor:
        """The logarithm of the probability (density) of `value`."""
        with self._scope(name, [value]):
            return self._first(("_log_prob", _same), ("_prob", raw.Log))(self._value(value))

    def prob(self, value: Any, name: str = "prob") -> Tensor:
        """The probability (density) of `value`."""
        with self._scope(name, [value]):
            return self._first(("_prob", _same), ("_log_prob", raw.Exp))(self._value(value))

    def cdf(self, value: Any, name: str = "cdf") -> Tensor:
        """The probability of a sample of at most `value`."""
        with self._scope(name, [value]):
            return self._first(("_cdf", _same), ("_log_cdf", raw.Exp))(self._value(value))

    def log_cdf(self, value: Any, name: str = "log_cdf") -> Tensor:
        """The logarithm of the probability of a sample of at most `value`."""
        with self._scope(name, [value]):
            return self._first(("_log_cdf", _same), ("_cdf", raw.Log))(self._value(value))

    def survival_function(self, value: Any, name: str = "survival_function") -> Tensor:
        """The probability of a sample above `value`."""
        with self._scope(name, [value]):
            return self._first(("_survival_function", _same), ("_cdf", lambda cdf: 1.0 - cdf))(self._value(value))

    def log_survival_function(self, value: Any, name: str = "log_survival_function") -> Tensor:
        """The logarithm of the probability of a sample above `value`."""
        with self._scope(name, [value]):
            ways = ("_log_survival_function", _same), ("_cdf", lambda cdf: raw.Log1p(-cdf))
            return self._first(*ways)(self._value(value))

    def quantile(self, value: Any, name: str = "quantile") -> Tensor:
        """The value that a sample does not exceed with this probability."""
        with self._scope(name, [value]):
            return self._first(("_quantile", _same))(self._value(value))

    # Statistics.

    def mean(self, name: str = "mean") -> Tensor:
        """The expected value."""
        with self._scope(name):
            return self._first(("_mean", _same))()

    def mode(self, name: str = "mode") -> Tensor:
        """The most probable value."""
        with self._scope(name):
            return self._first(("_mode", _same))()

    def variance(self, name: str = "variance") -> Tensor:
        """The expected square of the distance to the mean."""
        with self._scope(name):
            return self._first(("_variance", _same), ("_stddev", raw.Square))()

    def stddev(self, name: str = "stddev") -> Tensor:
        """The square root of the variance."""
        with self._scope(name):
            return self._first(("_stddev", _same), ("_variance", raw.Sqrt))()

    def covariance(self, name: str = "covariance") -> Tensor:
        """The covariances between the elements of a sample."""
        with self._scope(name):
            return self._first(("_covariance", _same))()

    def cross_entropy(self, other: Any, name: str = "cross_entropy") -> Tensor:
        """The expected value of -log(prob of `other`) under this distribution: its entropy plus the divergence."""
        with self._scope(name):
            return self.entropy() + kl_divergence(self, other, allow_nan_stats=self.allow_nan_stats)

    def kl_divergence(self, other: Any, name: str = "kl_divergence") -> Tensor:
        """The Kullback-Leibler divergence from this distribution to `other`."""
        with self._scope(name):
            return kl_divergence(self, other, allow_nan_stats=self.allow_nan_stats)

    def entropy(self, name: str = "entropy") -> Tensor:
        """The expected value of -log(prob), in nats."""
        with self._scope(name):
            return self._first(("_entropy", _same))()


def _same(value: Tensor) -> Tensor:
    return value


def or_nan(value: Tensor, exists: Tensor, distribution: Distribution, what: str) -> Tensor:
    """`value` where it exists; NaN elsewhere, or an error as the graph runs, as the distribution was told."""
    if distribution.allow_nan_stats:
        return raw.SelectV2(exists, value, convert_to_tensor(np.nan, dtype=value.dtype))
    return raw.SelectV2(exists, value, raw.CheckNumerics(raw.SelectV2(exists, value, np.nan), message=f"{what} is not defined"))
