"""Layers of networks on quantized tensors: whole numbers in, whole numbers out, each with the range of floats that they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops import windows
from autograd_lite.ops.checks import axis_from_front, invalid
from autograd_lite.ops.quantization import QUANTIZED, limits, to_floats, to_quantized
from autograd_lite.ops.samples import sample, several

_INTEGERS = "its inputs are whole numbers"
_LOW, _HIGH = np.float32(-2), np.float32(3)
_IMAGE = np.arange(0, 240, 15, dtype=np.uint8).reshape(1, 4, 4, 1)
_POOLED = "ksize: list(int), strides: list(int), padding: {'SAME', 'VALID'}"
_RANGE = "min_output: float, max_output: float"


def _scalar(value: Any, name: str) -> Any:
    if value.size != 1:
        raise invalid(f"{name} must be a scalar, but got shape {rules.shape_text(value.shape)}")
    return value.reshape(()).copy()


def _check_scalars(c, first):
    for index in range(first, c.count):
        rules.with_rank(c, c.shape(index), 0)


def _pooled_layout(shape, ksize, strides, padding):
    if len(shape) != 4:
        raise invalid(f"tensor_in must be 4-dimensional, got {rules.shape_text(shape)}")
    if ksize[0] != 1 or strides[0] != 1 or ksize[3] != 1 or strides[3] != 1:
        raise invalid("Pooling is not yet supported on the batch or depth dimension.")
    return windows.layout(shape[1:3], ksize[1:3], strides[1:3], (1, 1), padding)


def _pooled_shapes(c):
    _check_scalars(c, 1)
    shape, attrs = rules.with_rank(c, c.shape(0), 4), c.attrs
    known = shape[1:3]
    if None in known:
        return [(shape[0], None, None, shape[3]), (), ()]
    where = windows.layout(known, attrs["ksize"][1:3], attrs["strides"][1:3], (1, 1), attrs["padding"])
    return [(shape[0], *where.results, shape[3]), (), ()]


_POOL: dict[str, Any] = {
    "types": {"T": QUANTIZED},
    "shape": _pooled_shapes,
    "no_gradient": _INTEGERS,
    "samples": [
        sample(_IMAGE, _LOW, _HIGH, T="quint8", ksize=[1, 2, 3, 1], strides=[1, 2, 2, 1], padding="SAME"),
        sample(_IMAGE, _LOW, _HIGH, T="quint8", ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="VALID"),
    ],
}


def _pooled_input(input, min_input, max_input, ksize, strides, padding):
    low, high = _scalar(min_input, "min_input"), _scalar(max_input, "max_input")
    return _pooled_layout(input.shape, ksize, strides, padding), low, high


@op(f"QuantizedAvgPool(input: T, min_input: float, max_input: float, *, {_POOLED}) -> output: T, {_RANGE}",
    names=["nn.quantized_avg_pool"], **_POOL)  # fmt: skip
def quantized_avg_pool(xp, input, min_input, max_input, T, ksize, strides, padding):
    """Take the mean of every window of a quantized image, cut off to a whole number; the range stays the same.

    >>> pooled = tf.nn.quantized_avg_pool(
    ...     tf.bitcast(tf.constant([[[[1], [4]]]], tf.uint8), tf.quint8), 0.0, 1.0, [1, 1, 2, 1], [1, 1, 2, 1], "VALID")
    >>> print(tf.Session().run(pooled.output))
    [[[[2]]]]
    """
    where, low, high = _pooled_input(input, min_input, max_input, ksize, strides, padding)
    counted = windows.pad(xp, xp.ones((1, *input.shape[1:3], 1), dtype=xp.int64), where)
    padded = windows.pad(xp, input.astype(xp.int64), where)
    total, count = 0, 0
    for place in windows.offsets(where):
        part = windows.covered(where, place)
        total, count = total + padded[part], count + counted[part]
    return xp.where(total < 0, -(-total // count), total // count).astype(T.numpy), low, high


@op(f"QuantizedMaxPool(input: T, min_input: float, max_input: float, *, {_POOLED}) -> output: T, {_RANGE}",
    names=["nn.quantized_max_pool"], **_POOL)  # fmt: skip
def quantized_max_pool(xp, input, min_input, max_input, T, ksize, strides, padding):
    """Take the largest element of every window of a quantized image; the range stays the same.

    >>> pooled = tf.nn.quantized_max_pool(
    ...     tf.bitcast(tf.constant([[[[1], [4]]]], tf.uint8), tf.quint8), 0.0, 1.0, [1, 1, 2, 1], [1, 1, 2, 1], "VALID")
    >>> print(tf.Session().run(pooled.output))
    [[[[4]]]]
    """
    where, low, high = _pooled_input(input, min_input, max_input, ksize, strides, padding)
    padded = windows.pad(xp, input, where, limits(T)[0])
    best = None
    for place in windows.offsets(where):
        seen = padded[windows.covered(where, place)]
        best = seen.copy() if best is None else xp.maximum(best, seen)
    return best, low, high


def _convolved_shapes(c):
    _check_scalars(c, 2)
    x, w, attrs = rules.with_rank(c, c.shape(0), 4), rules.with_rank(c, c.shape(1), 4), c.attrs
    rules.merge_size(c, x[3], w[2])
    if None in x[1:3] or None in w[:2]:
        return [(x[0], None, None, w[3]), (), ()]
    where = windows.layout(x[1:3], w[:2], attrs["strides"][1:3], attrs["dilations"][1:3], attrs["padding"])
    return [(x[0], *where.results, w[3]), (), ()]


def _zero(xp, low, high, dtype):
    """The whole number that means 0.0."""
    return int(to_quantized(xp, xp.zeros((), dtype=xp.float32), low, high, dtype))


def product_range(low: Any, high: Any, other_low: Any, other_high: Any, types: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    """The range that 32-bit sums of products stand for: one unit is the product of the units of both factors."""
    spans = [last - first for first, last in (limits(dtype) for dtype in types[:2])]
    unit = (high - low) / np.float32(spans[0]) * ((other_high - other_low) / np.float32(spans[1]))
    first, last = limits(types[2])
    return unit * np.float32(first), unit * np.float32(last)


@op(
    "QuantizedConv2D(input: Tinput, filter: Tfilter, min_input: float, max_input: float, min_filter: float, max_filter: float, *, "
    "out_type: type = qint32, strides: list(int), padding: {'SAME', 'VALID'}, dilations: list(int) = [1, 1, 1, 1]) -> output: out_type, "
    + _RANGE,
    types={"Tinput": QUANTIZED, "Tfilter": QUANTIZED, "out_type": QUANTIZED},
    shape=_convolved_shapes,
    no_gradient=_INTEGERS,
    names=["nn.quantized_conv2d"],
    samples=[
        sample(_IMAGE, np.arange(8, dtype=np.uint8).reshape(2, 2, 1, 2) * 9, _LOW, _HIGH, np.float32(-1), np.float32(1),
               Tinput="quint8", Tfilter="quint8", strides=[1, 1, 1, 1], padding="SAME"),
    ],
)  # fmt: skip
def quantized_conv2d(
    xp, input, filter, min_input, max_input, min_filter, max_filter, Tinput, Tfilter, out_type, strides, padding, dilations
):  # fmt: skip
    """Convolve a quantized image with quantized filters: sums of products of whole numbers, exact in 32 bits.

    >>> y = tf.nn.quantized_conv2d(
    ...     tf.bitcast(tf.constant([[[[1], [4]]]], tf.uint8), tf.quint8), tf.bitcast(tf.constant([[[[3]]]], tf.uint8), tf.quint8),
    ...     0.0, 1.0, 0.0, 1.0, [1, 1, 1, 1], "VALID")
    >>> print(tf.Session().run(y.output).ravel())
    [ 3 12]
    """
    low, high, filter_low, filter_high = (
        _scalar(each, name)
        for each, name in ((min_input, "min_input"), (max_input, "max_input"), (min_filter, "min_filter"), (max_filter, "max_filter"))
    )
    if input.ndim != 4 or filter.ndim != 4 or input.shape[3] != filter.shape[2]:
        raise invalid(f"input and filter must fit: {rules.shape_text(input.shape)} and {rules.shape_text(filter.shape)}")
    where = windows.layout(input.shape[1:3], filter.shape[:2], strides[1:3], dilations[1:3], padding)
    image = input.astype(xp.float64) - _zero(xp, low, high, Tinput)  # products of 8-bit numbers are exact in float64, and fast
    weights = filter.astype(xp.float64) - _zero(xp, filter_low, filter_high, Tfilter)
    sums = windows.convolve(xp, image, weights, where).astype(xp.int64)
    first, last = limits(out_type)
    result = xp.minimum(xp.maximum(sums, first), last).astype(out_type.numpy)
    return (result, *product_range(low, high, filter_low, filter_high, (Tinput, Tfilter, out_type)))


def _activated_shapes(c):
    _check_scalars(c, 1)
    return [c.shape(0), (), ()]


_ACTIVATION: dict[str, Any] = {
    "types": {"Tinput": QUANTIZED, "out_type": QUANTIZED},
    "shape": _activated_shapes,
    "no_gradient": _INTEGERS,
}
_ACTIVATED = "out_type: type = quint8) -> activations: out_type, min_activations: float, max_activations: float"


def _check_one_type(given, wanted):
    if given != wanted:
        raise invalid(f"Tinput and out_type must be equal, got {given.name} and {wanted.name}")


@op(
    f"QuantizedRelu(features: Tinput, min_features: float, max_features: float, *, {_ACTIVATED}",
    samples=[sample(_IMAGE, _LOW, _HIGH, Tinput="quint8")],
    **_ACTIVATION,
)
def quantized_relu(xp, features, min_features, max_features, Tinput, out_type):
    """Clip a quantized tensor below at 0.0; the range stays the same."""
    _check_one_type(Tinput, out_type)
    low, high = _scalar(min_features, "min_features"), _scalar(max_features, "max_features")
    return xp.maximum(features, features.dtype.type(_zero(xp, low, high, Tinput))), low, high


@op(
    f"QuantizedReluX(features: Tinput, max_value: float, min_features: float, max_features: float, *, {_ACTIVATED}",
    samples=[sample(_IMAGE, np.float32(1.5), _LOW, _HIGH, Tinput="quint8")],
    **_ACTIVATION,
)
def quantized_relu_x(xp, features, max_value, min_features, max_features, Tinput, out_type):
    """Clip a quantized tensor to [0.0, max_value]; the range stays the same."""
    _check_one_type(Tinput, out_type)
    low, high = _scalar(min_features, "min_features"), _scalar(max_features, "max_features")
    kind = features.dtype.type
    top = int(to_quantized(xp, _scalar(max_value, "max_value"), low, high, Tinput))
    return xp.minimum(xp.maximum(features, kind(_zero(xp, low, high, Tinput))), kind(top)), low, high


def _concatenated_shapes(c):
    count = c.attrs["N"]
    axis = rules.scalar_value(c, 0)
    for index in range(1 + count, c.count):
        rules.with_rank(c, c.shape(index), 0)
    return [rules.concatenated(c, [c.shape(1 + index) for index in range(count)], axis), (), ()]


@op(
    "QuantizedConcat(concat_dim: int32, values: N * T, input_mins: N * float, input_maxes: N * float) "
    "-> output: T, output_min: float, output_max: float",
    shape=_concatenated_shapes,
    host=("concat_dim",),
    no_gradient=_INTEGERS,
    samples=[
        sample(1, several(_IMAGE[0, :, :, 0], _IMAGE[0, :, :, 0]), several(_LOW, np.float32(-1)), several(_HIGH, _HIGH), T="quint8"),
    ],
)
def quantized_concat(xp, concat_dim, values, input_mins, input_maxes, T):
    """Join quantized tensors along an axis; those whose range is not the common one are rounded anew."""
    axis = axis_from_front(concat_dim, values[0].ndim)
    lows = [_scalar(low, "input_mins") for low in input_mins]
    highs = [_scalar(high, "input_maxes") for high in input_maxes]
    low, high = np.float32(0), highs[0]
    for other_low, other_high in zip(lows, highs):
        low, high = xp.minimum(low, other_low), xp.maximum(high, other_high)
    if limits(T)[0] < 0:
        high = xp.maximum(xp.abs(low), xp.abs(high))
        low = -high
    shapes = {each.shape[:axis] + each.shape[axis + 1 :] for each in values}
    if len(shapes) > 1:
        raise invalid(f"ConcatOp : Dimensions of inputs should match: {' and '.join(rules.shape_text(each.shape) for each in values)}")
    parts = [
        each if bool((own_low == low) & (own_high == high)) else to_quantized(xp, to_floats(xp, each, own_low, own_high, T), low, high, T)
        for each, own_low, own_high in zip(values, lows, highs)
    ]
    return xp.concatenate(parts, axis=axis), low, high
