"""Means and variances, and normalising by them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import shape, size, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.constants import constant
from autograd_lite.api.math import div_no_nan
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_mean, reduce_prod, reduce_sum
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("nn.moments")
def moments(
    x: Any, axes: Any, shift: Any = None, name: str | None = None, keep_dims: bool | None = None, keepdims: bool | None = None
) -> tuple[Tensor, Tensor]:
    """The mean and the variance along `axes`.

    Args:
      shift: not used; accepted for TF's sake.
      keepdims: keep the reduced axes, with size 1.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run(tf.nn.moments(tf.constant([1., 3.]), [0])))
    2.0 1.0
    """
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    with building(name, "moments", [x, axes]):
        x = convert_to_tensor(x)
        narrow = x.dtype.base_dtype.name in ("float16", "bfloat16")
        y = cast(x, dtypes.float32) if narrow else x
        mean = reduce_mean(y, axes, keepdims=True, name="mean")
        variance = reduce_mean(raw.SquaredDifference(y, raw.StopGradient(mean)), axes, keepdims=True, name="variance")
        if not keep:
            mean = _squeeze(mean, axes)
            variance = _squeeze(variance, axes)
        if narrow:
            return cast(mean, x.dtype.base_dtype), cast(variance, x.dtype.base_dtype)
        return mean, variance


def _squeeze(x: Tensor, axes: Any) -> Tensor:
    return raw.Squeeze(x, squeeze_dims=[axes] if isinstance(axes, int) else [int(axis) for axis in axes])


@export("nn.zero_fraction", "math.zero_fraction")
def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """The share of elements that are zero.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.nn.zero_fraction([0., 1., 0., 2.])))
    0.5
    """
    with building(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        total = size(value, out_type=dtypes.int64)
        others = cond(
            raw.LessEqual(total, np.iinfo(np.int32).max),
            lambda: cast(_count(value, dtypes.int32), dtypes.int64),
            lambda: _count(value, dtypes.int64),
        )
        with building("counts_to_fraction"):
            share = raw.RealDiv(cast(raw.Sub(total, others, name="sub"), dtypes.float32), cast(total, dtypes.float32), name="truediv")
        return raw.Identity(share, name="fraction")


def _count(value: Tensor, dtype: Any) -> Tensor:
    """How many elements are not zero: 32-bit sums are faster where they suffice."""
    with building(None, "count_nonzero"):
        zero = constant(0, value.dtype.base_dtype, shape=[], name="zeros")
        return reduce_sum(cast(raw.NotEqual(value, zero), dtype), name="nonzero_count")


@export("nn.weighted_moments")
def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, name: str | None = None, keep_dims: bool | None = None, keepdims: bool | None = None
) -> tuple[Tensor, Tensor]:
    """The mean and the variance along `axes` when element i counts `frequency_weights[i]` times.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run(tf.nn.weighted_moments(tf.constant([1., 3.]), [0], tf.constant([1., 1.]))))
    2.0 1.0
    """
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    with building(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        narrow = x.dtype.base_dtype.name in ("float16", "bfloat16")
        result_dtype = x.dtype.base_dtype
        x = cast(x, dtypes.float32) if narrow else x
        weights = cast(weights, x.dtype.base_dtype)
        total = reduce_sum(raw.Mul(weights, x, name="mul"), axes, name="weighted_input_sum", keepdims=True)
        spread = weights + zeros_like(x)  # every element's own weight
        count = reduce_sum(spread, axes, name="sum_of_weights", keepdims=True)
        mean = div_no_nan(total, count)
        squares = raw.Mul(weights, raw.SquaredDifference(x, mean), name="mul")
        variance = div_no_nan(reduce_sum(squares, axes, name="weighted_distsq", keepdims=True), count)
        if not keep:
            mean, variance = _squeeze(mean, axes), _squeeze(variance, axes)
        return (cast(mean, result_dtype), cast(variance, result_dtype)) if narrow else (mean, variance)


@export("nn.sufficient_statistics")
def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keep_dims: bool | None = None, name: str | None = None, keepdims: bool | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """The count, sum, sum of squares and shift of the elements along `axes`, from which mean and variance follow.

    Args:
      shift: a value near the mean; subtracted first, for precision.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run(tf.nn.sufficient_statistics(tf.constant([1., 3.]), [0])[:3]))
    2.0 4.0 10.0
    """
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    axes = list(dict.fromkeys(axes))
    with building(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        known = x.static_shape
        if known is not None and all(known[axis] is not None for axis in axes):
            count = constant(float(shapes.num_elements(tuple(known[axis] for axis in axes)) or 0), dtype=x.dtype.base_dtype)
        else:
            count = reduce_prod(cast(raw.GatherV2(shape(x), axes, 0), x.dtype.base_dtype), name="count")
        if shift is None:
            total, squares = x, raw.Square(x)
        else:
            shift = convert_to_tensor(shift, preferred_dtype=x.dtype.base_dtype, name="shift")
            total, squares = raw.Sub(x, shift, name="Sub"), raw.SquaredDifference(x, shift)
        total = reduce_sum(total, axes, keepdims=keep, name="mean_ss")
        squares = reduce_sum(squares, axes, keepdims=keep, name="var_ss")
        return count, total, squares, shift


@export("nn.normalize_moments")
def normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Mean and variance from what `tf.nn.sufficient_statistics` gives.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run(tf.nn.normalize_moments(2., 4., 10., None)))
    2.0 1.0
    """
    with building(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = raw.Reciprocal(counts, name="divisor")
        if shift is None:
            mean = raw.Mul(mean_ss, divisor, name="mean")
            shifted = mean
        else:
            shifted = raw.Mul(mean_ss, divisor, name="shifted_mean")
            mean = raw.AddV2(shifted, shift, name="mean")
        variance = raw.Sub(raw.Mul(variance_ss, divisor), raw.Square(shifted), name="variance")
        return mean, variance


@export("nn.batch_normalization")
def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float, name: str | None = None
) -> Tensor:
    """Scale * (x - mean) / sqrt(variance + variance_epsilon) + offset (Ioffe and Szegedy 2015).

    Args:
      offset, scale: None stands for 0 and 1.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.batch_normalization(tf.constant([3.]), 1., 4., None, None, 0.))
    array([1.], dtype=float32)
    """
    with building(name, "batchnorm", [x, mean, variance, scale, offset]):
        x = convert_to_tensor(x, name="x")
        inverse = raw.Rsqrt(convert_to_tensor(variance) + variance_epsilon)
        if scale is not None:
            inverse *= scale
        dtype = x.dtype.base_dtype
        product = x * cast(inverse, dtype)
        return product + cast(-convert_to_tensor(mean) * inverse if offset is None else offset - mean * inverse, dtype)


@export("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """Batch normalisation in the form of the first TensorFlow releases; see `tf.nn.batch_normalization`.

    >>> import autograd_lite as tf
    >>> t = tf.ones([1, 1, 1, 1])
    >>> tf.Session().run(tf.nn.batch_norm_with_global_normalization(t, [0.], [1.], [2.], [1.], 0., True)).item()
    3.0
    """
    t = renamed("input", input, "t", t)
    m = renamed("mean", mean, "m", m)
    v = renamed("variance", variance, "v", v)
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)


@export("nn.fused_batch_norm")
def fused_batch_norm(
    x: Any, scale: Any, offset: Any, mean: Any = None, variance: Any = None, epsilon: float = 0.001, data_format: str = "NHWC",
    is_training: bool = True, name: str | None = None, exponential_avg_factor: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Batch normalisation of images in one node: scale * (x - mean) / sqrt(variance + epsilon) + offset.

    Args:
      x: images, [batch, height, width, channels] (or [batch, channels, height, width] for "NCHW").
      scale, offset: one number per channel.
      mean, variance: of the population; wanted when `is_training` is False, or when `exponential_avg_factor` is not 1.
      epsilon: added to the variance; raised to 1.001e-5 when it is smaller.
      is_training: whether mean and variance are those of the batch.
      exponential_avg_factor: how far the running mean and variance move to those of the batch.

    Returns:
      y, the (running) mean, and the (running, unbiased) variance.

    Raises:
      ValueError: when mean and variance are missing, or not wanted.

    >>> import autograd_lite as tf
    >>> y, mean, variance = tf.nn.fused_batch_norm(tf.constant([[[[1.0]], [[3.0]]]]), [1.0], [0.0])
    >>> tf.Session().run([mean, variance])
    [array([2.], dtype=float32), array([2.], dtype=float32)]
    """
    if (not is_training or exponential_avg_factor != 1.0) and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or `exponential_avg_factor` != 1.0. "
            f"Received: `mean` {mean!r} and `variance` {variance!r}"
        )
    with in_current_scope():
        x = convert_to_tensor(x, name="input")
        scale = convert_to_tensor(scale, name="scale")
        offset = convert_to_tensor(offset, name="offset")
        mean = constant([], dtype=scale.dtype.base_dtype) if mean is None else mean
        variance = constant([], dtype=scale.dtype.base_dtype) if variance is None else variance
        y, running_mean, running_variance, *_ = raw.FusedBatchNormV3(
            x,
            scale,
            offset,
            mean,
            variance,
            epsilon=max(epsilon, 1.001e-5),
            exponential_avg_factor=exponential_avg_factor,
            data_format=data_format,
            is_training=is_training,
            name=name,
        )
        return y, running_mean, running_variance
