"""Normalisation of pixels by their neighbours' channels, and of channels by their mean and variance over a batch.

Sources: A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet classification with deep convolutional neural networks", 2012 (local response);
S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift", 2015.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample, values

# -------------------------------------------------------------------- neighbouring channels

_LRN = "*, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5"
_LRN_TYPES: dict[str, Any] = {"types": {"T": "half bfloat16 float"}, "type_defaults": {"T": "float32"}}
_LRN_ATTRS = ("depth_radius", "bias", "alpha", "beta")


def _check_image(x: Any) -> None:
    if x.ndim != 4:
        raise invalid(f"in must be 4-dimensional, got shape {rules.shape_text(x.shape)}")


def _window_sum(xp: Any, x: Any, radius: int) -> Any:
    """The sum over the channels at most `radius` away, for each channel.  x: [..., channels]"""
    channels = x.shape[-1]
    total = x.copy()
    for distance in range(1, min(radius, channels - 1) + 1):
        total[..., distance:] += x[..., :-distance]
        total[..., :-distance] += x[..., distance:]
    return total


def _norms(xp: Any, x: Any, radius: int, bias: float, alpha: float) -> Any:
    dtype = x.dtype.type
    return dtype(bias) + dtype(alpha) * _window_sum(xp, x * x, radius)


def _single(xp: Any, x: Any) -> Any:
    """Half precision is computed in single precision."""
    return x if x.dtype.itemsize >= 4 else x.astype(xp.float32)


@op(
    f"LRN(input: T, {_LRN}) -> output: T",
    shape=lambda c: rules.with_rank(c, c.shape(0), 4),
    names=["nn.local_response_normalization", "nn.lrn"],
    cost=costs.few_per_element,
    samples=[
        sample(values((1, 2, 2, 5), dtype="float32"), depth_radius=2, alpha=0.5),
        sample(values((2, 1, 2, 3), dtype="float32")),
        sample(values((0, 1, 2, 3), dtype="float32")),
    ],
    **_LRN_TYPES,
)
def lrn(xp, input, depth_radius, bias, alpha, beta):
    """Divide each pixel's channel by (bias + alpha * sum of squares of the channels around it) ** beta.

    >>> tf.Session().run(tf.nn.lrn([[[[1.0, 0.0, 2.0]]]], depth_radius=1)).round(3)
    array([[[[0.707, 0.   , 0.894]]]], dtype=float32)
    """
    _check_image(input)
    x = _single(xp, input)
    return (x * _norms(xp, x, depth_radius, bias, alpha) ** x.dtype.type(-beta)).astype(input.dtype, copy=False)


@lrn.gradient
def lrn_gradient(g, op, dy):
    return [g.lrn_grad(dy, op.inputs[0], op.outputs[0], **{name: op.attrs[name] for name in _LRN_ATTRS})]


@op(
    f"LRNGrad(input_grads: T, input_image: T, output_image: T, {_LRN}) -> output: T",
    cost=costs.few_per_element,
    shape=lambda c: rules.merge(c, rules.merge(c, rules.with_rank(c, c.shape(0), 4), c.shape(1)), c.shape(2)),
    samples=[sample(*[values((1, 2, 2, 5), dtype="float32")] * 3, depth_radius=2, alpha=0.5)],
    **_LRN_TYPES,
)
def lrn_grad(xp, input_grads, input_image, output_image, depth_radius, bias, alpha, beta):
    """The gradient of local response normalisation."""
    _check_image(input_image)
    if not input_grads.shape == input_image.shape == output_image.shape:
        raise invalid("input_grads, input_image, and out_image should have the same shape")
    dy, x, y = (_single(xp, array) for array in (input_grads, input_image, output_image))
    norms = _norms(xp, x, depth_radius, bias, alpha)
    shared = _window_sum(xp, dy * y / norms, depth_radius)
    dtype = x.dtype.type
    return (dy * norms ** dtype(-beta) - dtype(2 * alpha * beta) * x * shared).astype(input_grads.dtype, copy=False)


@lrn_grad.gradient
def lrn_grad_gradient(g, op, ddx):
    dy, x, y = op.inputs
    radius, bias, alpha, beta = (op.attrs[name] for name in _LRN_ATTRS)
    places = g.range(0, g.shape(x)[3], 1)
    near = g.less_equal(g.abs(g.sub(g.expand_dims(places, 1), g.expand_dims(places, 0))), radius)
    band = g.cast(near, x.dtype)  # [channels, channels]: 1 where two channels are neighbours

    def window_sum(t):
        return g.reshape(g.matmul(g.reshape(t, g.stack([-1, g.shape(x)[3]])), band), g.shape(x))

    norms = bias + alpha * window_sum(x * x)
    shared = window_sum(ddx * x)
    for_dy = ddx * norms**-beta - 2 * alpha * beta * shared * y / norms
    for_y = -2 * alpha * beta * shared * dy / norms
    for_norms = -beta * ddx * dy * norms ** (-beta - 1) + 2 * alpha * beta * shared * dy * y / (norms * norms)
    for_x = -2 * alpha * beta * ddx * window_sum(dy * y / norms) + 2 * alpha * x * window_sum(for_norms)
    return for_dy, for_x, for_y


# -------------------------------------------------------------------- a batch


def _channel_axis(data_format: str, rank: int) -> int:
    return 1 if data_format.startswith("NC") else rank - 1


def _other_axes(data_format: str, rank: int) -> tuple[int, ...]:
    channels = _channel_axis(data_format, rank)
    return tuple(axis for axis in range(rank) if axis != channels)


def _rank_of(attrs: Any) -> int:
    return len(attrs["data_format"])


def _channels_of(c: Any, image: int, vectors: Any) -> tuple[Any, int | None]:
    """The image's shape, and the number of channels that image and vectors agree on."""
    rank = _rank_of(c.attrs)
    shape = rules.with_rank(c, c.shape(image), rank)
    axis = _channel_axis(c.attrs["data_format"], rank)
    size = shape[axis]
    for index in vectors:
        size = rules.merge_size(c, size, rules.with_rank(c, c.shape(index), 1)[0])
    return (*shape[:axis], size, *shape[axis + 1 :]), size


def _forward_shape(extra: int) -> Any:
    def shape(c: Any) -> Any:
        training = c.attrs["is_training"] and c.attrs["exponential_avg_factor"] == 1.0
        image, size = _channels_of(c, 0, (1, 2) if training else (1, 2, 3, 4))
        return [image, *[(size,)] * 4, *[None] * extra]

    return shape


def _backward_shape(c: Any) -> Any:
    training = c.attrs["is_training"]
    first, _ = _channels_of(c, 0, ())
    image, size = _channels_of(c, 1, (2,) if training else (2, 3, 4))
    image = rules.with_rank(c, rules.merge(c, first, image), len(image))
    size = rules.merge_size(c, size, image[_channel_axis(c.attrs["data_format"], len(image))])
    reserved = (0,) if training else (size,)
    return [image, (size,), (size,), reserved, reserved]


def _check_sizes(x: Any, attrs_format: str, **vectors: Any) -> None:
    rank = len(attrs_format)
    if x.ndim != rank:
        raise invalid(f"input must be {rank}-dimensional{rules.shape_text(x.shape)}")
    channels = x.shape[_channel_axis(attrs_format, rank)]
    for name, vector in vectors.items():
        if vector.ndim != 1:
            raise invalid(f"{name} must be 1-dimensional{rules.shape_text(vector.shape)}")
        if vector.shape[0] != channels:
            raise invalid(f"{name} must have the same number of elements as the channels of x, got {vector.shape[0]} and {channels}")


def _spread(vector: Any, data_format: str, rank: int) -> Any:
    """A vector of channels, shaped to be stretched over images."""
    return vector.reshape([-1 if axis == _channel_axis(data_format, rank) else 1 for axis in range(rank)])


def _normalised(xp, x, scale, offset, mean, variance, epsilon, factor, data_format, is_training):
    """Y, the new running mean and variance, and the mean and variance that normalised."""
    _check_sizes(x, data_format, scale=scale, offset=offset)
    if not is_training or factor != 1.0:
        _check_sizes(x, data_format, mean=mean, variance=variance)
    wide = _single(xp, x)
    dtype = scale.dtype.type
    axes = _other_axes(data_format, x.ndim)
    if not is_training:
        used_mean, used_variance, new_mean, new_variance = mean, variance, xp.array(mean), xp.array(variance)
    else:
        count = math.prod(x.shape[axis] for axis in axes)
        if count:
            used_mean = wide.mean(axis=axes)
            centred = wide - _spread(used_mean, data_format, x.ndim)
            used_variance = (centred * centred).mean(axis=axes)
        else:
            used_mean = used_variance = xp.full(scale.shape, xp.nan, dtype=scale.dtype)
        new_mean, new_variance = xp.array(used_mean), used_variance * dtype(count / max(count - 1, 1))  # without bias
        if factor != 1.0:
            new_mean = mean * dtype(1 - factor) + new_mean * dtype(factor)
            new_variance = variance * dtype(1 - factor) + new_variance * dtype(factor)
    slope = scale / xp.sqrt(used_variance + dtype(epsilon))
    centred = wide - _spread(used_mean, data_format, x.ndim)
    y = centred * _spread(slope, data_format, x.ndim) + _spread(offset, data_format, x.ndim)
    return y.astype(x.dtype, copy=False), new_mean, new_variance, xp.array(used_mean), xp.array(used_variance)


def _backward(xp, dy, x, scale, mean, variance, epsilon, data_format, is_training):
    """The gradients for x, scale and offset, and the two outputs that hold nothing."""
    _check_sizes(x, data_format, scale=scale, reserve_space_1=mean, reserve_space_2=variance)
    if dy.shape != x.shape:
        raise invalid("x and y_backprop must have same shape, but x has shape " + f"{rules.shape_text(x.shape)} and y_backprop has shape "
                      f"{rules.shape_text(dy.shape)}")  # fmt: skip
    wide, back = _single(xp, x), _single(xp, dy)
    axes = _other_axes(data_format, x.ndim)
    inverse = 1 / xp.sqrt(variance + scale.dtype.type(epsilon))
    normal = (wide - _spread(mean, data_format, x.ndim)) * _spread(inverse, data_format, x.ndim)
    for_scale, for_offset = (back * normal).sum(axis=axes), back.sum(axis=axes)
    slope = _spread(scale * inverse, data_format, x.ndim)
    if not is_training:
        for_x, reserved = slope * back, xp.zeros(scale.shape, dtype=scale.dtype)
    else:
        count = scale.dtype.type(max(math.prod(x.shape[axis] for axis in axes), 1))
        mean_back, mean_product = (_spread(total / count, data_format, x.ndim) for total in (for_offset, for_scale))
        for_x, reserved = slope * (back - mean_back - normal * mean_product), xp.zeros((0,), dtype=scale.dtype)
    return for_x.astype(x.dtype, copy=False), for_scale, for_offset, reserved, xp.array(reserved)


def _backward_node(g, op, dys, grad_op):
    """Gradients for x, scale and offset; those of the running statistics stop here, as in TensorFlow."""
    training = op.attrs["is_training"]
    kept = {name: op.attrs[name] for name in ("epsilon", "data_format", "is_training")}
    dy = dys[0] if dys[0] is not None else g.zeros_like(op.outputs[0])
    used = op.outputs[3:] if training else [op.inputs[3], op.inputs[4], *op.outputs[5:]]
    for_x, for_scale, for_offset, *_ = grad_op(dy, op.inputs[0], op.inputs[1], *used, **kept)
    return for_x, for_scale, for_offset, None, None


def _second_order(g, op, dys):
    """How the gradient of batch normalisation depends on dy, x and scale.

    With n = (x - mean) * inverse and P(t) = t - mean(t) - n * mean(t * n), the gradients are scale * inverse * P(dy), sum(dy * n) and
    sum(dy). What follows is the derivative of their sum with weights v, w_scale and w_offset.
    """
    dy, x, scale = op.inputs[:3]
    axes = list(_other_axes(op.attrs["data_format"], _rank_of(op.attrs)))
    form = [-1 if axis not in axes else 1 for axis in range(_rank_of(op.attrs))]
    dtype = x.dtype

    def spread(vector):
        return g.reshape(vector, form)

    def mean(t):
        return g.reduce_mean(t, axes, keepdims=True)

    dy, x = g.cast(dy, "float32"), g.cast(x, "float32")
    v, w_scale, w_offset = dys[:3]
    slope = spread(scale)
    if op.attrs["is_training"]:
        centred = x - mean(x)
        inverse = g.rsqrt(mean(centred * centred) + op.attrs["epsilon"])
    else:
        centred = x - spread(op.inputs[3])
        inverse = g.rsqrt(spread(op.inputs[4]) + op.attrs["epsilon"])
    normal = centred * inverse

    def project(t):
        return t - mean(t) - normal * mean(t * normal) if op.attrs["is_training"] else t

    for_dy, for_normal, for_x, for_scale = [], [], [], None
    if w_scale is not None:
        for_dy.append(spread(w_scale) * normal)
        for_normal.append(spread(w_scale) * dy)
    if w_offset is not None:
        for_dy.append(spread(w_offset) + g.zeros_like(dy))
    if v is not None:
        v = g.cast(v, "float32")
        projected = project(v)
        for_dy.append(slope * inverse * projected)
        for_scale = g.reduce_sum(inverse * projected * dy, axes)
        if op.attrs["is_training"]:
            for_normal.append(-slope * inverse * (v * mean(dy * normal) + dy * mean(v * normal)))
            for_x.append(-slope * inverse * inverse * normal * mean(projected * dy))
    if for_normal:
        for_x.append(inverse * project(g.add_n(for_normal)))
    return (
        g.cast(g.add_n(for_dy), dtype) if for_dy else None,
        g.cast(g.add_n(for_x), dtype) if for_x else None,
        for_scale,
        *[None] * (len(op.inputs) - 3),
    )


_SCALARS = "epsilon: float = 0.0001"
_MODE = "is_training: bool = True"
_FORMATS = "data_format: {'NHWC', 'NCHW'} = 'NHWC'"
_FORMATS_3D = "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'"
_FACTOR = "exponential_avg_factor: float = 1.0"


def _single_values(*shape: int, low: float = -2.0) -> Any:
    return values(shape, low=low, dtype="float32")


_EMPTY = _single_values(0)
_FORWARD_SAMPLES = [
    sample(_single_values(2, 2, 2, 3), *[_single_values(3)] * 2, _EMPTY, _EMPTY, epsilon=0.01),
    sample(_single_values(2, 3, 2, 1), *[_single_values(3)] * 3, _single_values(3, low=0.5), is_training=False, data_format="NCHW"),
    sample(_single_values(2, 2, 1, 3), *[_single_values(3)] * 3, _single_values(3, low=0.5), exponential_avg_factor=0.25),
]


def _backward_samples(reserved: int) -> Any:
    more = [_EMPTY] * reserved
    vectors = [_single_values(3), _single_values(3), _single_values(3, low=0.5)]
    return [
        sample(*[_single_values(2, 2, 2, 3)] * 2, *vectors, *more),
        sample(*[_single_values(2, 3, 2, 1)] * 2, *vectors, *more, is_training=False, data_format="NCHW"),
    ]


@op(
    f"FusedBatchNorm(x: T, scale: T, offset: T, mean: T, variance: T, *, {_SCALARS}, {_FACTOR}, {_FORMATS}, {_MODE}) "
    "-> y: T, batch_mean: T, batch_variance: T, reserve_space_1: T, reserve_space_2: T",
    types={"T": "float"},
    shape=_forward_shape(0),
    cost=costs.few_per_element,
    samples=_FORWARD_SAMPLES,
)
def fused_batch_norm(xp, x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training):
    """Give every channel mean 0 and variance 1 over the batch, then scale and shift it."""
    return _normalised(xp, x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training)


@fused_batch_norm.gradient
def fused_batch_norm_gradient(g, op, *dys):
    return _backward_node(g, op, dys, g.fused_batch_norm_grad)


@op(
    f"FusedBatchNormGrad(y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T, *, {_SCALARS}, {_FORMATS}, {_MODE}) "
    "-> x_backprop: T, scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T",
    types={"T": "float"},
    shape=_backward_shape,
    samples=_backward_samples(0),
)
def fused_batch_norm_grad(xp, y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training):
    """The gradient of batch normalisation; the reserved spaces are the mean and variance that normalised."""
    return _backward(xp, y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training)


@fused_batch_norm_grad.gradient
def fused_batch_norm_grad_gradient(g, op, *dys):
    return _second_order(g, op, dys)


@op(
    f"FusedBatchNormV2(x: T, scale: U, offset: U, mean: U, variance: U, *, {_SCALARS}, {_FACTOR}, {_FORMATS}, {_MODE}) "
    "-> y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U",
    types={"T": "half bfloat16 float", "U": "float"},
    shape=_forward_shape(0),
    cost=costs.few_per_element,
    samples=_FORWARD_SAMPLES,
)
def fused_batch_norm_v2(xp, x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training):
    """Give every channel mean 0 and variance 1 over the batch, then scale and shift it; x may be of half precision."""
    return _normalised(xp, x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training)


@fused_batch_norm_v2.gradient
def fused_batch_norm_v2_gradient(g, op, *dys):
    return _backward_node(g, op, dys, g.fused_batch_norm_grad_v2)


@op(
    "FusedBatchNormGradV2(y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U, *, "
    f"{_SCALARS}, {_FORMATS}, {_MODE}) "
    "-> x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U",
    types={"T": "half bfloat16 float", "U": "float"},
    shape=_backward_shape,
    samples=_backward_samples(0),
)
def fused_batch_norm_grad_v2(xp, y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training):
    """The gradient of FusedBatchNormV2."""
    return _backward(xp, y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training)


@fused_batch_norm_grad_v2.gradient
def fused_batch_norm_grad_v2_gradient(g, op, *dys):
    return _second_order(g, op, dys)


@op(
    f"FusedBatchNormV3(x: T, scale: U, offset: U, mean: U, variance: U, *, {_SCALARS}, {_FACTOR}, {_FORMATS_3D}, {_MODE}) "
    "-> y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U",
    types={"T": "half bfloat16 float", "U": "bfloat16 float"},
    shape=_forward_shape(1),
    cost=costs.few_per_element,
    samples=[
        *_FORWARD_SAMPLES,
        sample(_single_values(1, 2, 1, 2, 3), *[_single_values(3)] * 2, _EMPTY, _EMPTY, data_format="NDHWC"),
        sample(_single_values(0, 2, 2, 3), *[_single_values(3)] * 3, _single_values(3, low=0.5), is_training=False),
    ],
    formula="d x = scale * inverse * (dy - mean(dy) - n * mean(dy * n)), n = (x - mean) * inverse, inverse = 1 / sqrt(variance + epsilon)",
)
def fused_batch_norm_v3(xp, x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training):
    """Give every channel mean 0 and variance 1 over the batch, then scale and shift it; images or volumes."""
    results = _normalised(xp, x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training)
    return (*results, xp.zeros((0,), dtype=scale.dtype))


@fused_batch_norm_v3.gradient
def fused_batch_norm_v3_gradient(g, op, *dys):
    return _backward_node(g, op, dys, g.fused_batch_norm_grad_v3)


@op(
    "FusedBatchNormGradV3(y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U, *, "
    f"{_SCALARS}, {_FORMATS_3D}, {_MODE}) "
    "-> x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, reserve_space_5: U",
    types={"T": "half bfloat16 float", "U": "float"},
    shape=_backward_shape,
    samples=_backward_samples(1),
)
def fused_batch_norm_grad_v3(
    xp, y_backprop, x, scale, reserve_space_1, reserve_space_2, reserve_space_3, epsilon, data_format, is_training
):
    """The gradient of FusedBatchNormV3."""
    return _backward(xp, y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training)


@fused_batch_norm_grad_v3.gradient
def fused_batch_norm_grad_v3_gradient(g, op, *dys):
    return _second_order(g, op, dys)
