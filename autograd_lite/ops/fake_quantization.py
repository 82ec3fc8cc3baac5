"""Ops that round floats to a few evenly spaced levels, as a quantized model would, and let gradients pass as if they had not."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample, values

_SECOND = "TensorFlow has none: the first derivative is a mask, whose own derivative is 0"
_ATTRS = "num_bits: int = 8, narrow_range: bool = False"
_X = values((2, 3), -8, 8, "float32")
_BOUNDS = np.array([-1, -0.5, -2], np.float32), np.array([1, 0.5, 2], np.float32)


def _nudged(xp, low, high, num_bits, narrow_range):
    """The range moved so that 0 is one of its levels: its ends, and the step between levels."""
    if not 2 <= num_bits <= 16:
        raise invalid("num_bits must be between 2 and 16, inclusive")
    first, last = np.float32(1 if narrow_range else 0), np.float32((1 << num_bits) - 1)
    with np.errstate(all="ignore"):
        step = (high - low) / (last - first)
        zero = first - low / step
        zero = xp.where(zero < first, first, xp.where(zero > last, last, xp.trunc(zero + np.float32(0.5))))
        return (first - zero) * step, (last - zero) * step, step


def _rounded(xp, inputs, low, high, num_bits, narrow_range):
    """The nearest level for each element; zeros where the range is empty."""
    bottom, top, step = _nudged(xp, low, high, num_bits, narrow_range)
    with np.errstate(all="ignore"):
        inverse = np.float32(1) / step
        zero = xp.floor(-bottom * inverse + np.float32(0.5))
        held = xp.minimum(xp.maximum(inputs, bottom), top) - bottom
        levels = xp.floor(held * inverse - zero + np.float32(0.5))
        return xp.where((low == 0) & (high == 0), np.float32(0), levels * step).astype(inputs.dtype)


def _inside(xp, inputs, low, high, num_bits, narrow_range):
    """Which elements lie in the nudged range, which below and which above it; an empty range around 0 counts as everything."""
    bottom, top, _ = _nudged(xp, low, high, num_bits, narrow_range)
    empty = (low == 0) & (high == 0)
    with np.errstate(invalid="ignore"):
        return (inputs >= bottom) & (inputs <= top) | empty, (inputs < bottom) & ~empty, (inputs > top) & ~empty


def _fixed_range(attrs):
    low, high = np.float32(attrs["min"]), np.float32(attrs["max"])
    if not low < high:
        raise invalid(f"min has to be smaller than max, was: {low:g} >= {high:g}")
    return low, high


@op(
    "FakeQuantWithMinMaxArgs(inputs: float, *, min: float = -6.0, max: float = 6.0, " + _ATTRS + ") -> outputs: float",
    shape=rules.unchanged,
    names=["fake_quant_with_min_max_args", "quantization.fake_quant_with_min_max_args"],
    samples=[sample(_X), sample(_X, min=-1.0, max=1.5, num_bits=4, narrow_range=True)],
    formula="dy where x lies in the range, else 0",
)
def fake_quant_with_min_max_args(xp, inputs, min, max, num_bits, narrow_range):
    """Round each element to the nearest of `2 ** num_bits` levels between `min` and `max`.

    >>> tf.Session().run(tf.fake_quant_with_min_max_args([0.1, 9.0], min=0.0, max=1.5, num_bits=2))
    array([0. , 1.5], dtype=float32)
    """
    low, high = _fixed_range({"min": min, "max": max})
    return _rounded(xp, inputs, low, high, num_bits, narrow_range)


@fake_quant_with_min_max_args.gradient
def fake_quant_with_min_max_args_gradient_(g, op, dy):
    return g.fake_quant_with_min_max_args_gradient(dy, op.inputs[0], **{name: op.attrs[name] for name in _FIXED})


_FIXED = ("min", "max", "num_bits", "narrow_range")


@op(
    "FakeQuantWithMinMaxArgsGradient(gradients: float, inputs: float, *, min: float = -6.0, max: float = 6.0, "
    + _ATTRS
    + ") -> backprops: float",
    shape=rules.same_shape,
    names=["fake_quant_with_min_max_args_gradient", "quantization.fake_quant_with_min_max_args_gradient"],
    samples=[sample(_X, _X, min=-1.0, max=1.0)],
    no_gradient=_SECOND,
)
def fake_quant_with_min_max_args_gradient(xp, gradients, inputs, min, max, num_bits, narrow_range):
    """Pass a gradient on where the input lay in the range, and 0 where it did not.

    >>> tf.Session().run(tf.fake_quant_with_min_max_args_gradient([1.0, 2.0], [0.5, 7.0]))
    array([1., 0.], dtype=float32)
    """
    low, high = _fixed_range({"min": min, "max": max})
    if gradients.shape != inputs.shape:
        raise invalid("gradient and input must be the same size")
    return gradients * _inside(xp, inputs, low, high, num_bits, narrow_range)[0]


def _scalar_bounds(low, high):
    for name, bound in (("min", low), ("max", high)):
        if bound.ndim:
            raise invalid(f"`{name}` must be rank 0 but is rank {bound.ndim}")


def _fixed_bounds_shape(c):
    for place in (c.count - 2, c.count - 1):
        rules.with_rank(c, c.shape(place), 0)
    return c.shape(0)


@op(
    "FakeQuantWithMinMaxVars(inputs: float, min: float, max: float, *, " + _ATTRS + ") -> outputs: float",
    shape=_fixed_bounds_shape,
    names=["fake_quant_with_min_max_vars", "quantization.fake_quant_with_min_max_vars"],
    samples=[sample(_X, np.float32(-1), np.float32(1.5))],
    formula="dy where x lies in the range; its sum below the range to min, and above it to max",
)
def fake_quant_with_min_max_vars(xp, inputs, min, max, num_bits, narrow_range):
    """Round each element to the nearest of `2 ** num_bits` levels between `min` and `max`, which can be learned.

    >>> tf.Session().run(tf.fake_quant_with_min_max_vars([0.1, 9.0], 0.0, 1.5, num_bits=2))
    array([0. , 1.5], dtype=float32)
    """
    _scalar_bounds(min, max)
    return _rounded(xp, inputs, min, max, num_bits, narrow_range)


@fake_quant_with_min_max_vars.gradient
def fake_quant_with_min_max_vars_gradient_(g, op, dy):
    return list(g.fake_quant_with_min_max_vars_gradient(dy, *op.inputs, **{name: op.attrs[name] for name in _FIXED[2:]}))


@op(
    "FakeQuantWithMinMaxVarsGradient(gradients: float, inputs: float, min: float, max: float, *, "
    + _ATTRS
    + ") -> backprops_wrt_input: float, backprop_wrt_min: float, backprop_wrt_max: float",
    shape=lambda c: [_fixed_bounds_shape(c), (), ()],
    names=["fake_quant_with_min_max_vars_gradient", "quantization.fake_quant_with_min_max_vars_gradient"],
    samples=[sample(_X, _X, np.float32(-1), np.float32(1))],
    no_gradient=_SECOND,
)
def fake_quant_with_min_max_vars_gradient(xp, gradients, inputs, min, max, num_bits, narrow_range):
    """Pass a gradient on where the input lay in the range; what lay below or above it is added up for the end of the range.

    >>> outputs = tf.fake_quant_with_min_max_vars_gradient([1.0, 2.0], [0.5, 7.0], -1.0, 1.0)
    >>> print(*tf.Session().run(list(outputs)))
    [1. 0.] 0.0 2.0
    """
    _scalar_bounds(min, max)
    if gradients.shape != inputs.shape:
        raise invalid("gradient and input must be the same size")
    inside, below, above = _inside(xp, inputs, min, max, num_bits, narrow_range)
    return gradients * inside, xp.sum(gradients * below), xp.sum(gradients * above)


def _channel_shape(c):
    low, high = rules.with_rank(c, c.shape(c.count - 2), 1), rules.with_rank(c, c.shape(c.count - 1), 1)
    shape = rules.with_rank_at_least(c, c.shape(0), 1)
    channels = rules.merge_size(c, low[0], high[0])
    if shape is None:
        return None
    return (*shape[:-1], rules.merge_size(c, shape[-1], channels))


def _channel_bounds(inputs, low, high):
    for name, bound in (("min", low), ("max", high)):
        if bound.ndim != 1:
            raise invalid(f"`{name}` must be rank 1 but is rank {bound.ndim}")
        if not inputs.ndim or len(bound) != inputs.shape[-1]:
            raise invalid(f"{name} has incorrect size, expected {inputs.shape[-1] if inputs.ndim else 0} was {len(bound)}")


@op(
    "FakeQuantWithMinMaxVarsPerChannel(inputs: float, min: float, max: float, *, " + _ATTRS + ") -> outputs: float",
    shape=_channel_shape,
    names=["fake_quant_with_min_max_vars_per_channel", "quantization.fake_quant_with_min_max_vars_per_channel"],
    samples=[sample(_X, *_BOUNDS)],
    formula="dy where x lies in the range; its sum below the range to min, and above it to max",
)
def fake_quant_with_min_max_vars_per_channel(xp, inputs, min, max, num_bits, narrow_range):
    """Round each element to the nearest of `2 ** num_bits` levels; every channel (last axis) has a range of its own.

    >>> tf.Session().run(tf.fake_quant_with_min_max_vars_per_channel([[0.1, 9.0]], [0.0, 0.0], [1.5, 3.0], num_bits=2))
    array([[0., 3.]], dtype=float32)
    """
    _channel_bounds(inputs, min, max)
    return _rounded(xp, inputs, min, max, num_bits, narrow_range)


@fake_quant_with_min_max_vars_per_channel.gradient
def fake_quant_with_min_max_vars_per_channel_gradient_(g, op, dy):
    return list(g.fake_quant_with_min_max_vars_per_channel_gradient(dy, *op.inputs, **{name: op.attrs[name] for name in _FIXED[2:]}))


def _channel_gradient_shapes(c: Any) -> Any:
    shape = _channel_shape(c)
    channels = (None,) if shape is None else shape[-1:]
    return [shape, channels, channels]


@op(
    "FakeQuantWithMinMaxVarsPerChannelGradient(gradients: float, inputs: float, min: float, max: float, *, "
    + _ATTRS
    + ") -> backprops_wrt_input: float, backprop_wrt_min: float, backprop_wrt_max: float",
    shape=_channel_gradient_shapes,
    names=["fake_quant_with_min_max_vars_per_channel_gradient", "quantization.fake_quant_with_min_max_vars_per_channel_gradient"],
    samples=[sample(_X, _X, *_BOUNDS)],
    no_gradient=_SECOND,
)
def fake_quant_with_min_max_vars_per_channel_gradient(xp, gradients, inputs, min, max, num_bits, narrow_range):
    """Pass a gradient on where the input lay in its channel's range; what lay outside is added up for the end of the range.

    >>> outputs = tf.fake_quant_with_min_max_vars_per_channel_gradient([[1.0, 2.0]], [[0.5, 7.0]], [-1.0, -1.0], [1.0, 1.0])
    >>> print(*tf.Session().run(list(outputs)))
    [[1. 0.]] [0. 0.] [0. 2.]
    """
    _channel_bounds(inputs, min, max)
    if gradients.shape != inputs.shape:
        raise invalid("gradient and input must be the same size")
    inside, below, above = _inside(xp, inputs, min, max, num_bits, narrow_range)
    outer = tuple(range(inputs.ndim - 1))
    return gradients * inside, xp.sum(gradients * below, axis=outer), xp.sum(gradients * above, axis=outer)
