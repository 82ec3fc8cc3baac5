"""How variables start: zeros, constants, random numbers scaled to the size of a layer.

An initializer is an object that, called with a shape, returns a tensor: `tf.get_variable("w", [3, 2], initializer=tf.ones_initializer())`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.api.arrays import matrix_transpose
from autograd_lite.api.constants import constant, ones, zeros
from autograd_lite.api.random import random_normal, random_uniform, truncated_normal
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.partitioning import full_shape

# The standard deviation of a standard normal distribution cut off at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


def _floating(dtype: Any) -> dtypes.DType:
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"Argument `dtype` is expected to be floating point. Received: {dtype}.")
    return dtype


def _sizes(shape: Any) -> list[int]:
    return list(full_shape(shape))


@export("keras.initializers.Initializer")
class Initializer:
    """The base of all initializers: write `__call__(self, shape, dtype=None, partition_info=None)` to make your own."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The start value of a variable of this shape."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how a variable starts: write __call__(self, shape, dtype, partition_info)"
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initializer from what `get_config` gave.

        >>> import autograd_lite as tf
        >>> tf.ones_initializer.from_config({"dtype": "float64"}).get_config()
        {'dtype': 'float64'}
        """
        return cls(**config)


@export("zeros_initializer", "initializers.zeros", "keras.initializers.Zeros", "keras.initializers.zeros")
class Zeros(Initializer):
    """Start with zeros.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.zeros_initializer()([2]))
    array([0., 0.], dtype=float32)
    """

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Zeros of this shape."""
        return zeros(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"dtype": self.dtype.name}


@export("ones_initializer", "initializers.ones", "keras.initializers.Ones", "keras.initializers.ones")
class Ones(Initializer):
    """Start with ones.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ones_initializer()([2]))
    array([1., 1.], dtype=float32)
    """

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Ones of this shape."""
        return ones(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"dtype": self.dtype.name}


@export("constant_initializer", "initializers.constant", "keras.initializers.Constant", "keras.initializers.constant")
class Constant(Initializer):
    """Start with given values.

    Args:
      value: a number, or a list or array whose elements fill the variable in order, the last one repeated.
      dtype: the element type when the variable does not say.
      verify_shape: whether `value` must have the shape of the variable.

    Raises:
      TypeError: for a value of another kind; with `verify_shape`, for another shape.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.constant_initializer(2.5)([2]))
    array([2.5, 2.5], dtype=float32)
    """

    def __init__(self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False) -> None:
        if not (np.isscalar(value) or isinstance(value, list | tuple | np.ndarray)):
            raise TypeError(
                f"Invalid type for initial value={value!r} of type: {type(value).__name__}. Expected Python scalar, list or tuple of "
                "values, or numpy.ndarray."
            )
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None, verify_shape: bool | None = None) -> Tensor:
        """A constant of this shape."""
        verify = self._verify_shape if verify_shape is None else verify_shape
        return constant(self.value, dtype=self.dtype if dtype is None else dtype, shape=shape, verify_shape=verify)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"value": self.value, "dtype": self.dtype.name}


@export("random_uniform_initializer", "initializers.random_uniform")
class RandomUniform(Initializer):
    """Start with numbers spread evenly over [minval, maxval).

    Args:
      minval, maxval: the bounds; maxval is 1 for floating types unless given.
      seed: the op-level seed, see `tf.set_random_seed`.
      dtype: the element type when the variable does not say.
    """

    def __init__(self, minval: Any = 0.0, maxval: Any = None, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Random numbers of this shape."""
        dtype = dtypes.as_dtype(self.dtype if dtype is None else dtype)
        lowest = 0 if dtype.is_integer and isinstance(self.minval, float) and self.minval == 0.0 else self.minval
        return random_uniform(shape, lowest, self.maxval, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed, "dtype": self.dtype.name}


class _Normal(Initializer):
    """What the two normal distributions share."""

    def __init__(self, mean: Any = 0.0, stddev: Any = 1.0, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = _floating(dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed, "dtype": self.dtype.name}


@export("random_normal_initializer", "initializers.random_normal")
class RandomNormal(_Normal):
    """Start with normally distributed numbers.

    Args:
      mean, stddev: of the distribution.
      seed: the op-level seed, see `tf.set_random_seed`.
      dtype: the element type when the variable does not say.

    Raises:
      ValueError: when `dtype` is not a floating type.
    """

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Random numbers of this shape."""
        return random_normal(shape, self.mean, self.stddev, self.dtype if dtype is None else dtype, seed=self.seed)


@export("truncated_normal_initializer", "initializers.truncated_normal")
class TruncatedNormal(_Normal):
    """Start with normally distributed numbers, none further from the mean than two standard deviations. Arguments as of RandomNormal.

    Raises:
      ValueError: when `dtype` is not a floating type.
    """

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Random numbers of this shape."""
        return truncated_normal(shape, self.mean, self.stddev, self.dtype if dtype is None else dtype, seed=self.seed)


@export("uniform_unit_scaling_initializer", "initializers.uniform_unit_scaling")
class UniformUnitScaling(Initializer):
    """Start with uniform numbers that keep the scale of what a layer computes: [-m, m) with m = factor * sqrt(3 / inputs).

    Args:
      factor: scales the bounds; 1.15 suits ReLU (Sussillo and Abbott, 2014).
      seed: the op-level seed, see `tf.set_random_seed`.
      dtype: the element type when the variable does not say.
    """

    def __init__(self, factor: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        self.factor = factor
        self.seed = seed
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Random numbers of this shape."""
        full = _sizes(shape if partition_info is None else partition_info.full_shape)
        inputs = max(math.prod(full[:-1]), 1.0)
        bound = math.sqrt(3 / inputs) * self.factor
        return random_uniform(shape, -bound, bound, self.dtype if dtype is None else dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}


def compute_fans(shape: list[int]) -> tuple[float, float]:
    """How many numbers flow into and out of one unit of a layer whose weights have this shape.

    >>> compute_fans([3, 4]), compute_fans([5, 5, 2, 8])
    ((3, 4), (50, 200))
    """
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    field = math.prod(shape[:-2])  # of a convolution: positions of the window
    return shape[-2] * field, shape[-1] * field


_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("normal", "uniform", "truncated_normal", "untruncated_normal")


@export("variance_scaling_initializer", "initializers.variance_scaling", "keras.initializers.VarianceScaling")
class VarianceScaling(Initializer):
    """Start with random numbers of variance scale / n, n being the number of inputs or outputs of a unit (or their mean).

    Args:
      scale: a positive number.
      mode: "fan_in", "fan_out" or "fan_avg": what n is.
      distribution: "normal" (or "truncated_normal"), "untruncated_normal" or "uniform".
      seed: the op-level seed, see `tf.set_random_seed`.
      dtype: the element type when the variable does not say.

    Raises:
      ValueError: for another mode or distribution, or a scale that is not positive.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        if mode not in _MODES:
            raise ValueError(f"Argument `mode` should be one of {_MODES}. Received: {mode}")
        distribution = distribution.lower()
        if distribution not in _DISTRIBUTIONS:
            raise ValueError(
                "Argument `distribution` should be one of ('normal', uniform', 'truncated_normal', 'untruncated_normal'). "
                f"Received: {distribution}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Random numbers of this shape."""
        dtype = self.dtype if dtype is None else dtype
        fan_in, fan_out = compute_fans(_sizes(shape if partition_info is None else partition_info.full_shape))
        units = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, units)
        if self.distribution in ("normal", "truncated_normal"):
            stddev = math.sqrt(variance) / _TRUNCATED_STDDEV  # so that the variance is right after the tails are cut off
            return truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random_normal(shape, 0.0, math.sqrt(variance), dtype, seed=self.seed)
        bound = math.sqrt(3.0 * variance)
        return random_uniform(shape, -bound, bound, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"scale": self.scale, "mode": self.mode, "distribution": self.distribution, "seed": self.seed, "dtype": self.dtype.name}


class _Glorot(VarianceScaling):
    _distribution = "uniform"

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(scale=1.0, mode="fan_avg", distribution=self._distribution, seed=seed, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"seed": self.seed, "dtype": self.dtype.name}


@export("glorot_uniform_initializer", "initializers.glorot_uniform", "keras.initializers.glorot_uniform")
class GlorotUniform(_Glorot):
    """Start with uniform numbers in [-m, m), m = sqrt(6 / (inputs + outputs)): what `tf.get_variable` does unless told otherwise.

    Args:
      seed: the op-level seed, see `tf.set_random_seed`.
      dtype: the element type when the variable does not say.

    Source: Glorot and Bengio, 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """


@export("glorot_normal_initializer", "initializers.glorot_normal", "keras.initializers.glorot_normal")
class GlorotNormal(_Glorot):
    """Start with truncated normal numbers of variance 2 / (inputs + outputs). Arguments and source as of the uniform one."""

    _distribution = "truncated_normal"


@export("initializers.he_normal", "keras.initializers.he_normal")
def he_normal(seed: int | None = None) -> VarianceScaling:
    """Start with truncated normal numbers of variance 2 / inputs (He and others, 2015, "Delving deep into rectifiers")."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="truncated_normal", seed=seed)


@export("initializers.he_uniform", "keras.initializers.he_uniform")
def he_uniform(seed: int | None = None) -> VarianceScaling:
    """Start with uniform numbers in [-m, m), m = sqrt(6 / inputs) (He and others, 2015, "Delving deep into rectifiers")."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="uniform", seed=seed)


@export("initializers.lecun_normal", "keras.initializers.lecun_normal")
def lecun_normal(seed: int | None = None) -> VarianceScaling:
    """Start with truncated normal numbers of variance 1 / inputs (LeCun and others, 1998, "Efficient backprop")."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="truncated_normal", seed=seed)


@export("initializers.lecun_uniform", "keras.initializers.lecun_uniform")
def lecun_uniform(seed: int | None = None) -> VarianceScaling:
    """Start with uniform numbers in [-m, m), m = sqrt(3 / inputs) (LeCun and others, 1998, "Efficient backprop")."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="uniform", seed=seed)


@export("orthogonal_initializer", "initializers.orthogonal", "keras.initializers.Orthogonal", "keras.initializers.orthogonal")
class Orthogonal(Initializer):
    """Start with an orthogonal matrix: rows (or columns, if there are fewer) of length `gain` at right angles to each other.

    The matrix is the Q of the QR decomposition of normal random numbers, with signs that make it uniformly distributed; a tensor of more
    than two axes is such a matrix with all axes but the last taken together.

    Args:
      gain: multiplies the matrix.
      seed: the op-level seed, see `tf.set_random_seed`.
      dtype: the element type when the variable does not say.

    Raises:
      ValueError: when called with a shape of fewer than two axes.

    Source: Saxe and others, 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks".
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = _floating(dtype)
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """An orthogonal matrix of this shape."""
        dtype = self.dtype if dtype is None else dtype
        sizes = _sizes(shape)
        _check_matrix(sizes)
        columns, rows = sizes[-1], math.prod(sizes[:-1])
        flat = (columns, rows) if rows < columns else (rows, columns)
        q, r = raw.Qr(random_normal(flat, dtype=dtype, seed=self.seed), full_matrices=False)
        q = raw.Mul(q, raw.Sign(raw.DiagPart(r)), name="mul")  # the signs make the decomposition unique
        if rows < columns:
            q = matrix_transpose(q)
        return self.gain * raw.Reshape(q, sizes)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}


@export("initializers.identity", "keras.initializers.Identity", "keras.initializers.identity")
class Identity(Initializer):
    """Start with the identity matrix times `gain`; only for matrices.

    Args:
      gain: multiplies the matrix.
      dtype: the element type when the variable does not say.

    Raises:
      ValueError: when called with a shape that is not a matrix.
    """

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The identity matrix of this shape."""
        dtype = dtypes.as_dtype(self.dtype if dtype is None else dtype)
        full = _sizes(shape if partition_info is None else partition_info.full_shape)
        _check_matrix(full)
        if len(full) != 2:
            raise ValueError(f"Identity matrix initializer can only be used for 2D matrices.\n  Received shape={full}")
        with get_default_graph().name_scope("eye") as scope:
            rows, columns = full
            diagonal = ones([min(rows, columns)], dtype)
            if rows == columns:
                matrix = raw.MatrixDiag(diagonal, name="diag")
            else:
                matrix = raw.MatrixSetDiag(zeros(full, dtype), diagonal, name=scope)
        if partition_info is not None:
            matrix = raw.Slice(matrix, list(partition_info.var_offset), _sizes(shape))
        return self.gain * matrix

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer, as plain values."""
        return {"gain": self.gain, "dtype": self.dtype.name}


def _check_matrix(sizes: list[int]) -> None:
    if len(sizes) < 2:
        raise ValueError(
            f"The tensor to initialize, specified by argument `shape` must be at least two-dimensional. Received shape={sizes}"
        )
