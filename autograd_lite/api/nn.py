"""Pieces of neural networks: activations, biases, losses on logits, dropout, normalisation."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import concat, shape
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant
from autograd_lite.api.matmul import matmul
from autograd_lite.api.random import random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.seed import get_seed
from autograd_lite.graph.tensor import Tensor


@export("nn.leaky_relu")
def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Tensor:
    """X where it is positive, alpha * x elsewhere (Maas et al. 2013).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.leaky_relu([-1.0, 2.0], alpha=0.1))
    array([-0.1,  2. ], dtype=float32)
    """
    with building(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = cast(features, dtypes.float32)
        if isinstance(alpha, np.ndarray) and alpha.ndim == 0:
            alpha = alpha.item()
        if isinstance(alpha, Tensor):
            return raw.Maximum(raw.Mul(alpha, features, name="mul"), features, name=scope)
        return raw.LeakyRelu(features, alpha=float(alpha), name=scope)


@export("nn.crelu")
def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """The positive parts of x and of -x, side by side along `axis` (Shang et al. 2016).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.crelu([-1.0, 2.0]))
    array([0., 2., 1., 0.], dtype=float32)
    """
    with building(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        return raw.Relu(concat([features, raw.Neg(features)], axis, name=scope))


@export("nn.bias_add")
def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Tensor:
    """Add a bias vector to the channels: the last axis, or axis 1 when `data_format` starts with "NC".

    Raises:
      ValueError: the sizes differ, or the format is unknown.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.bias_add([[1., 2.]], [10., 20.]))
    array([[11., 22.]], dtype=float32)
    """
    if data_format is None:
        layout = "NHWC"
    elif data_format.startswith("NC"):
        layout = "NCHW"
    elif data_format.startswith("N") and data_format.endswith("C"):
        layout = "NHWC"
    else:
        raise ValueError("data_format must be of the form `N...C` or `NC...`")
    with building(name, "BiasAdd", [value, bias]) as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype.base_dtype, name="bias")
        return raw.BiasAdd(value, bias, data_format=layout, name=scope)


@export("nn.xw_plus_b")
def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """matmul(x, weights) + biases: a linear layer.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.xw_plus_b([[1., 2.]], [[1.], [1.]], [10.]))
    array([[13.]], dtype=float32)
    """
    with building(name, "xw_plus_b", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add(matmul(x, weights), biases, name=scope)


@export("nn.relu_layer")
def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """relu(matmul(x, weights) + biases).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.relu_layer([[1., 2.]], [[1.], [-1.]], [0.]))
    array([[0.]], dtype=float32)
    """
    with building(name, "relu_layer", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return raw.Relu(bias_add(matmul(x, weights), biases), name=scope)


@export("nn.dropout")
@leaves_no_trace
def dropout(
    x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: int | None = None, name: str | None = None, rate: Any = None
) -> Tensor:
    """Set a random part of the elements to 0 and scale the others up, so that the expected sum stays (Srivastava et al. 2014).

    Args:
      keep_prob: the probability of keeping an element; the old form of `rate`.
      noise_shape: the shape of the random choice; axes of size 1 are dropped or kept together.
      rate: the probability of dropping an element.

    Raises:
      ValueError: `rate` is not in [0, 1), missing, or given twice; `x` is not of a floating type.

    >>> import autograd_lite as tf
    >>> tf.nn.dropout(tf.ones([4]), rate=0.5, seed=1).shape.as_list()
    [4]
    """
    try:
        dropped = None if keep_prob is None else 1.0 - keep_prob
    except TypeError:
        raise ValueError(f"`keep_prob` must be a floating point number or Tensor. Received: keep_prob={keep_prob}") from None
    rate = renamed("rate", rate, "keep_prob", dropped)
    if rate is None:
        raise ValueError(f"`rate` must be provided. Received: rate={rate}")
    with building(name, "dropout", [x]):
        fixed = isinstance(rate, Real)
        if fixed and not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(f"`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x={x} of dtype={x.dtype!r}")
        if fixed and rate == 0:
            return x if release().dropout_from_uniform else _keep_seed_count(x)
        build = _dropout_of_first_release if release().dropout_from_uniform else _dropout_of_second_release
        result = build(x, rate, noise_shape, seed)
        result.set_shape(x.static_shape)
        return result


def _keep_seed_count(x: Tensor) -> Tensor:
    """Release 2.21 counts a random op even when nothing is dropped, so that later seeds do not depend on the rate."""
    get_seed(None)
    return x


def _dropout_of_first_release(x: Tensor, rate: Any, noise_shape: Any, seed: int | None) -> Tensor:
    dropped: Any = convert_to_tensor(rate, dtype=x.dtype.base_dtype, name="rate")
    dropped.shape.assert_has_rank(0)
    drawn = random_uniform(_noise_shape(x, noise_shape), seed=seed, dtype=x.dtype.base_dtype)
    scale = 1 / (1 - dropped)
    keep = drawn >= dropped
    return x * scale * cast(keep, x.dtype)


def _dropout_of_second_release(x: Tensor, rate: Any, noise_shape: Any, seed: int | None) -> Tensor:
    if isinstance(rate, Real):
        scaled = raw.Mul(x, constant(1 / (1 - float(rate)), dtype=x.dtype))
    else:
        rate = convert_to_tensor(rate, dtype=x.dtype.base_dtype, name="rate")
        rate.shape.assert_has_rank(0)
        one = constant(1, dtype=x.dtype)
        scaled = raw.RealDiv(x, raw.Sub(one, rate))
    drawn = random_uniform(_noise_shape(x, noise_shape), seed=seed, dtype=x.dtype.base_dtype)
    keep = raw.GreaterEqual(drawn, rate)
    return raw.SelectV2(keep, scaled, constant(0, dtype=x.dtype))


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    """The shape of the random choice: that of x, with the sizes of `noise_shape` where they are given."""
    if noise_shape is None:
        return shape(x)
    try:
        wanted = shapes.as_shape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.static_shape is None or wanted is None or len(x.static_shape) != len(wanted):
        return noise_shape
    return [have if size is None else size for size, have in zip(wanted, x.static_shape)]


@export("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize")
def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None) -> Tensor:
    """Divide by the Euclidean length along `axis`: x / sqrt(max(sum(x**2), epsilon)).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.l2_normalize([3., 4.], 0)).round(4)
    array([0.6, 0.8], dtype=float32)
    """
    axis = renamed("axis", axis, "dim", dim)
    with building(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            square = raw.Square(raw.ComplexAbs(x, Tout=x.dtype.real_dtype))
        else:
            square = raw.Square(x)
        total = _sum(square, axis)
        inverse = raw.Rsqrt(raw.Maximum(total, epsilon))
        if x.dtype.is_complex:
            inverse = cast(inverse, x.dtype)
        return raw.Mul(x, inverse, name=scope)


def _sum(x: Tensor, axis: Any) -> Tensor:
    axes = constant(np.arange(len(x.static_shape or ()), dtype=np.int32)) if axis is None else axis
    return raw.Sum(x, axes, keep_dims=True)


@export("nn.in_top_k", "math.in_top_k")
def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Say for each row whether its target class is among the `k` greatest predictions.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.in_top_k([[0.1, 0.7, 0.2]], [2], 2))
    array([ True])
    """
    with building(name, "in_top_k"):
        return raw.InTopKV2(predictions, targets, k)


@export("nn.top_k", "math.top_k")
def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> Any:
    """The `k` greatest values along the last axis, and their indices; equal values in the order of their indices.

    Raises:
      ValueError: the last axis has fewer than `k` elements.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.top_k([1., 3., 2.], 2).indices)
    array([1, 2], dtype=int32)
    """
    return raw.TopKV2(input, k, sorted=sorted, name=name)
