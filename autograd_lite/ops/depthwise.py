"""Depthwise convolution: every channel has filters of its own."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops import convolution_rules as conv
from autograd_lite.ops.checks import invalid, shape_tuple
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import HALF_FIRST
from autograd_lite.ops.windows import covered, inner, offsets, pad, parts, spatial_axes

_ATTRS = (
    "*, strides: list(int), padding: {'SAME', 'VALID', 'EXPLICIT'}, explicit_paddings: list(int) = [], "
    "data_format: {'NHWC', 'NCHW'} = 'NHWC', dilations: list(int) = [1, 1, 1, 1]"
)
_KEPT = ("strides", "padding", "explicit_paddings", "data_format", "dilations")


def _attrs(strides, padding, explicit_paddings, data_format, dilations):
    return {
        "strides": strides,
        "padding": padding,
        "explicit_paddings": explicit_paddings,
        "data_format": data_format,
        "dilations": dilations,
    }


def _shape(c: Any) -> Any:
    x, w = rules.with_rank(c, c.shape(0), 4), rules.with_rank(c, c.shape(1), 4)
    strides, dilations = conv.window_attribute(c, "strides", 4), conv.window_attribute(c, "dilations", 4)
    axes = spatial_axes(c.attrs["data_format"], 4)
    channel_axis = 1 if axes[0] == 2 else 3
    depth = rules.merge_size(c, x[channel_axis], w[2])
    result: list[int | None] = [x[0]] * 4
    result[channel_axis] = rules.size_product([depth, w[3]])
    pairs = conv.explicit_pairs(c.attrs, axes)
    for number, axis in enumerate(axes):
        result[axis] = conv.result_size(c, x[axis], w[number], strides[axis], dilations[axis], c.attrs["padding"], sum(pairs[number]))
    return tuple(result)


def _check(depth, w_shape):
    if depth != w_shape[2]:
        raise invalid(f"input and filter must have the same depth: {depth} vs {w_shape[2]}")


def _without_single_filters(w):
    """Filters without the axis of a channel's filters where there is one for each: an axis of length 1 makes slow loops of quick ones."""
    return w[..., 0] if w.shape[3] == 1 else w


def _parts(where, batch, w):
    """A batch in parts whose results stay in the cache."""
    return parts(where, batch, math.prod(w.shape[2:]) * w.dtype.itemsize)


def _cost(c):
    """Two operations for each element of the result and each place of its filter."""
    result, w = c.opdef.shape(c), c.shape(1)
    if w is None or c.shape(0) is None or None in result + w + c.shape(0):
        return None
    return 2 * math.prod(result) * w[0] * w[1], c.dtype(0).size * (math.prod(c.shape(0)) + math.prod(w) + math.prod(result))


def _operations_back(c):
    """Two for each element of the output's gradient and each place of its filter."""
    sizes = c.shape(1) if "Input" in c.opdef.name else c.opdef.shape(c)
    return 2 * math.prod(c.shape(2)) * math.prod(size or 1 for size in sizes[:2])


@op(
    f"DepthwiseConv2dNative(input: T, filter: T, {_ATTRS}) -> output: T",
    types={"T": HALF_FIRST},
    shape=_shape,
    cost=_cost,
    samples=[
        sample(values((1, 4, 4, 2)), values((2, 2, 2, 2)), strides=[1, 1, 1, 1], padding="SAME"),
        sample(values((2, 5, 5, 2)), values((3, 2, 2, 1)), strides=[1, 2, 2, 1], padding="VALID"),
        sample(values((1, 2, 4, 4)), values((2, 2, 2, 1)), strides=[1, 1, 1, 1], padding="SAME", data_format="NCHW"),
    ],
)
def depthwise_conv2d_native(xp, input, filter, strides, padding, explicit_paddings, data_format, dilations):
    """Convolve each channel with its own filters; the results of all channels stand side by side."""
    attrs = _attrs(strides, padding, explicit_paddings, data_format, dilations)
    image = conv.channels_last(xp, input, data_format)
    _check(image.shape[-1], filter.shape)
    where = conv.layout_of(image.shape[1:-1], filter.shape[:2], attrs, 4)
    padded, weights = pad(xp, image, where), _without_single_filters(filter)
    result = xp.zeros((image.shape[0], *where.results, *weights.shape[2:]), dtype=input.dtype)
    for part in _parts(where, image.shape[0], filter):
        share = padded[part].reshape(*padded[part].shape, *[1] * (weights.ndim - 3))
        for place in offsets(where):
            result[part] += share[covered(where, place)] * weights[place]
    return conv.channels_back(xp, result.reshape(*result.shape[:3], filter.shape[2] * filter.shape[3]), data_format)


@depthwise_conv2d_native.gradient
def depthwise_conv2d_native_gradient(g, op, dy):
    x, w = op.inputs
    kept = {name: op.attrs[name] for name in _KEPT}
    dx = g.depthwise_conv2d_native_backprop_input(g.shape(x), w, dy, **kept) if g.needs(0) else None
    dw = g.depthwise_conv2d_native_backprop_filter(x, g.shape(w), dy, **kept) if g.needs(1) else None
    return dx, dw


@op(
    f"DepthwiseConv2dNativeBackpropInput(input_sizes: int32, filter: T, out_backprop: T, {_ATTRS}) -> output: T",
    types={"T": HALF_FIRST},
    cost=costs.counted(_operations_back),
    shape=lambda c: rules.with_rank(c, rules.shape_from_input(c, 0), 4),
    host=["input_sizes"],
    samples=[sample(ints(1, 4, 4, 2), values((2, 2, 2, 2)), values((1, 4, 4, 4)), strides=[1, 1, 1, 1], padding="SAME")],
)
def depthwise_conv2d_native_backprop_input(
    xp, input_sizes, filter, out_backprop, strides, padding, explicit_paddings, data_format, dilations
):
    """The gradient of a depthwise convolution for its images."""
    shape = shape_tuple(input_sizes, out_backprop.dtype.itemsize)
    attrs = _attrs(strides, padding, explicit_paddings, data_format, dilations)
    depth = shape[1 if data_format == "NCHW" else 3]
    _check(depth, filter.shape)
    where = conv.layout_of([shape[axis] for axis in spatial_axes(data_format, 4)], filter.shape[:2], attrs, 4)
    back = conv.channels_last(xp, out_backprop, data_format)
    conv.check_results(where, back.shape[1:-1], "DepthwiseConv2DBackpropInput")
    weights = _without_single_filters(filter)
    back = back.reshape(*back.shape[:3], *weights.shape[2:])
    padded = xp.zeros((shape[0], *where.padded, depth), dtype=out_backprop.dtype)
    for part in _parts(where, shape[0], filter):
        for place in offsets(where):
            product = back[part] * weights[place]
            padded[part][covered(where, place)] += product if weights.ndim == 3 else product.sum(axis=-1)
    return conv.channels_back(xp, xp.ascontiguousarray(padded[inner(where)]), data_format)


@depthwise_conv2d_native_backprop_input.gradient
def depthwise_conv2d_native_backprop_input_gradient(g, op, dx):
    w, dy = op.inputs[1:]
    kept = {name: op.attrs[name] for name in _KEPT}
    dw = g.depthwise_conv2d_native_backprop_filter(dx, g.shape(w), dy, **kept) if g.needs(1) else None
    ddy = g.depthwise_conv2d_native(dx, w, **kept) if g.needs(2) else None
    return None, dw, ddy


@op(
    f"DepthwiseConv2dNativeBackpropFilter(input: T, filter_sizes: int32, out_backprop: T, {_ATTRS}) -> output: T",
    types={"T": HALF_FIRST},
    cost=costs.counted(_operations_back),
    shape=lambda c: rules.with_rank(c, rules.shape_from_input(c, 1), 4),
    host=["filter_sizes"],
    samples=[sample(values((1, 4, 4, 2)), ints(2, 2, 2, 2), values((1, 4, 4, 4)), strides=[1, 1, 1, 1], padding="SAME")],
)
def depthwise_conv2d_native_backprop_filter(
    xp, input, filter_sizes, out_backprop, strides, padding, explicit_paddings, data_format, dilations
):
    """The gradient of a depthwise convolution for its filters."""
    shape = shape_tuple(filter_sizes, input.dtype.itemsize)
    attrs = _attrs(strides, padding, explicit_paddings, data_format, dilations)
    image, back = (conv.channels_last(xp, array, data_format) for array in (input, out_backprop))
    _check(image.shape[-1], shape)
    where = conv.layout_of(image.shape[1:-1], shape[:2], attrs, 4)
    conv.check_results(where, back.shape[1:-1], "DepthwiseConv2DBackpropFilter")
    padded, result = pad(xp, image, where), xp.zeros(shape, dtype=input.dtype)
    totals = _without_single_filters(result)
    back = back.reshape(*back.shape[:3], *totals.shape[2:])
    for part in _parts(where, image.shape[0], result):
        share = padded[part].reshape(*padded[part].shape, *[1] * (totals.ndim - 3))
        for place in offsets(where):
            totals[place] += (share[covered(where, place)] * back[part]).sum(axis=(0, 1, 2))
    return result


@depthwise_conv2d_native_backprop_filter.gradient
def depthwise_conv2d_native_backprop_filter_gradient(g, op, dw):
    x, _, dy = op.inputs
    kept = {name: op.attrs[name] for name in _KEPT}
    dx = g.depthwise_conv2d_native_backprop_input(g.shape(x), dw, dy, **kept) if g.needs(0) else None
    ddy = g.depthwise_conv2d_native(x, dw, **kept) if g.needs(2) else None
    return dx, None, ddy
