"""Convolutions of images and volumes, and their transposes."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.core.release import release
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops import convolution_rules as conv, windows, winograd
from autograd_lite.ops.checks import shape_tuple
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import HALF_FIRST, INDEX
from autograd_lite.ops.windows import Layout, spatial_axes

_ATTRS_2D = (
    "*, strides: list(int), use_cudnn_on_gpu: bool = True, padding: {'SAME', 'VALID', 'EXPLICIT'}, explicit_paddings: list(int) = [], "
    "data_format: {'NHWC', 'NCHW'} = 'NHWC', dilations: list(int) = [1, 1, 1, 1]"
)
_ATTRS_3D = (
    "*, strides: list(int) >= 5, padding: {'SAME', 'VALID'}, data_format: {'NDHWC', 'NCDHW'} = 'NDHWC', "
    "dilations: list(int) = [1, 1, 1, 1, 1]"
)
_KEPT_2D = ("strides", "use_cudnn_on_gpu", "padding", "explicit_paddings", "data_format", "dilations")
_KEPT_3D = ("strides", "padding", "data_format", "dilations")


def _plain(data_format, padding, strides, dilations, explicit_paddings=()):
    return {
        "data_format": data_format,
        "padding": padding,
        "strides": strides,
        "dilations": dilations,
        "explicit_paddings": explicit_paddings,
    }


def _widened(xp, *arrays):
    """Half precision is summed in single precision."""
    return [array.astype(xp.float32) if array.dtype == xp.float16 else array for array in arrays]


def _forward(xp, x, w, attrs):
    rank = x.ndim
    image = conv.channels_last(xp, x, attrs["data_format"])
    groups = conv.check_depths(image.shape[-1], w.shape)
    where = conv.layout_of(image.shape[1:-1], w.shape[:-2], attrs, rank)
    image, filters = _widened(xp, image, w)
    result = _in_groups(xp, groups, lambda a, b: _method(a, b.shape[-2], b.shape[-1], where).convolve(xp, a, b, where), image, filters)
    return conv.channels_back(xp, result.astype(x.dtype, copy=False), attrs["data_format"])


def _method(images: Any, channels: int, filters: int, where: Layout, of_filters: bool = False) -> Any:
    """The module whose functions are faster for these images (or the gradients of results)."""
    return winograd if winograd.is_faster(images, channels, filters, where, of_filters) else windows


def _in_groups(xp, groups, function, x, w):
    """Apply `function` to each group of channels and its filters."""
    if groups == 1:
        return function(xp.ascontiguousarray(x), w)
    pairs = zip(xp.split(x, groups, axis=-1), xp.split(w, groups, axis=-1))
    return xp.concatenate([function(xp.ascontiguousarray(a), xp.ascontiguousarray(b)) for a, b in pairs], axis=-1)


def _to_input(xp, input_sizes, w, dy, attrs, name):
    rank = dy.ndim
    shape = shape_tuple(input_sizes, dy.dtype.itemsize)
    sizes = [shape[axis] for axis in spatial_axes(attrs["data_format"], rank)]
    depth = shape[1 if attrs["data_format"].startswith("NC") else -1]
    groups = conv.check_depths(depth, w.shape)
    where = conv.layout_of(sizes, w.shape[:-2], attrs, rank)
    back = conv.channels_last(xp, dy, attrs["data_format"])
    conv.check_results(where, back.shape[1:-1], name)
    back, filters = _widened(xp, back, w)
    result = _in_groups(xp, groups, lambda a, b: _method(a, b.shape[-2], b.shape[-1], where).spread(xp, a, b, where), back, filters)
    return conv.channels_back(xp, xp.ascontiguousarray(result.astype(dy.dtype, copy=False)), attrs["data_format"])


def _to_filter(xp, x, filter_sizes, dy, attrs, name):
    rank = dy.ndim
    shape = shape_tuple(filter_sizes, dy.dtype.itemsize)
    image, back = (conv.channels_last(xp, array, attrs["data_format"]) for array in (x, dy))
    if not math.prod(shape):
        return xp.zeros(shape, dtype=x.dtype)
    groups = conv.check_depths(image.shape[-1], shape)
    where = conv.layout_of(image.shape[1:-1], shape[:-2], attrs, rank)
    conv.check_results(where, back.shape[1:-1], name)
    image, back = _widened(xp, image, back)
    product = lambda a, b: _method(a, a.shape[-1], b.shape[-1], where, of_filters=True).correlate(xp, a, b, where)
    return _in_groups(xp, groups, product, image, back).astype(x.dtype, copy=False)


def _input_shape(c: Any) -> Any:
    """What the input gradient looks like: the sizes that were given, and the batch of the gradient where they are not known."""
    rank = len(c.attrs["strides"])
    known = rules.with_rank(c, rules.shape_from_input(c, 0), rank)
    if c.shape(2) is None and rank == 4 and release().batch_follows_gradient:
        return (None, *known[1:])
    return known if c.shape(2) is None else (known[0] if known[0] is not None else c.shape(2)[0], *known[1:])


def _filter_shape(c: Any) -> Any:
    return rules.with_rank(c, rules.shape_from_input(c, 1), len(c.attrs["strides"]))


def _cost(c):
    """Two operations for each element of the result and each weight that it sees."""
    result, w = c.opdef.shape(c), c.shape(1)
    x = c.shape(0)
    if x is None or w is None or None in x + w + result:
        return None
    return 2 * math.prod(result) * math.prod(w[:-1]), c.dtype(0).size * (math.prod(x) + math.prod(w) + math.prod(result))


def _cost_back(c):
    """A gradient costs what the convolution did: each element of the output's gradient meets each weight that it saw."""
    dy, w = c.shape(2), c.shape(1) if "Input" in c.opdef.name else c.opdef.shape(c)
    if dy is None or w is None or None in dy + w:
        return None
    return 2 * math.prod(dy) * math.prod(w[:-1]), c.dtype(2).size * (2 * math.prod(dy) + math.prod(w))


def _kept(op, names):
    return {name: op.attrs[name] for name in names}


_SAMPLES_2D = [
    sample(values((2, 4, 5, 2)), values((3, 2, 2, 3)), strides=[1, 1, 1, 1], padding="SAME"),
    sample(values((1, 5, 6, 2)), values((2, 3, 2, 2)), strides=[1, 2, 1, 1], padding="VALID"),
    sample(values((1, 2, 5, 5)), values((2, 2, 2, 3)), strides=[1, 1, 2, 2], padding="SAME", data_format="NCHW"),
    sample(values((1, 6, 6, 1)), values((2, 2, 1, 2)), strides=[1, 1, 1, 1], padding="VALID", dilations=[1, 2, 2, 1]),
    sample(values((1, 3, 3, 4)), values((2, 2, 2, 4)), strides=[1, 1, 1, 1], padding="SAME"),
    sample(
        values((1, 3, 3, 1)), values((2, 2, 1, 1)), strides=[1, 1, 1, 1], padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0]
    ),
    sample(values((0, 3, 3, 1)), values((2, 2, 1, 1)), strides=[1, 1, 1, 1], padding="SAME"),
]


@op(
    f"Conv2D(input: T, filter: T, {_ATTRS_2D}) -> output: T",
    types={"T": "half bfloat16 float double int32"},
    shape=lambda c: conv.convolution_shape(c, 4),
    cost=_cost,
    samples=_SAMPLES_2D,
    formula="d input = each dy spread by the filter over its window; d filter = sum over windows of pixel times dy",
)
def conv2d(xp, input, filter, strides, padding, explicit_paddings, data_format, dilations):
    """Slide filters over images: each result is the sum of a window's pixels times the filter's weights."""
    return _forward(xp, input, filter, _plain(data_format, padding, strides, dilations, explicit_paddings))


@conv2d.gradient
def conv2d_gradient(g, op, dy):
    x, w = op.inputs
    kept = _kept(op, _KEPT_2D)
    dx = g.conv2d_backprop_input(g.shape(x), w, dy, **kept) if g.needs(0) else None
    dw = g.conv2d_backprop_filter(x, g.shape(w), dy, **kept) if g.needs(1) else None
    return dx, dw


@op(
    f"Conv2DBackpropInput(input_sizes: int32, filter: T, out_backprop: T, {_ATTRS_2D}) -> output: T",
    types={"T": "half bfloat16 float double int32"},
    shape=_input_shape,
    host=["input_sizes"],
    cost=_cost_back,
    samples=[
        sample(ints(2, 4, 5, 2), values((3, 2, 2, 3)), values((2, 4, 5, 3)), strides=[1, 1, 1, 1], padding="SAME"),
        sample(ints(1, 5, 6, 2), values((2, 3, 2, 2)), values((1, 2, 4, 2)), strides=[1, 2, 1, 1], padding="VALID"),
    ],
)
def conv2d_backprop_input(xp, input_sizes, filter, out_backprop, strides, padding, explicit_paddings, data_format, dilations):
    """The gradient of a convolution for its images; used forward it is the transposed convolution, which enlarges images."""
    attrs = _plain(data_format, padding, strides, dilations, explicit_paddings)
    return _to_input(xp, input_sizes, filter, out_backprop, attrs, "Conv2DCustomBackpropInput")


@conv2d_backprop_input.gradient
def conv2d_backprop_input_gradient(g, op, dx):
    w, dy = op.inputs[1:]
    kept = _kept(op, _KEPT_2D)
    dw = g.conv2d_backprop_filter(dx, g.shape(w), dy, **kept) if g.needs(1) else None
    ddy = g.conv2d(dx, w, **kept) if g.needs(2) else None
    return None, dw, ddy


@op(
    f"Conv2DBackpropFilter(input: T, filter_sizes: int32, out_backprop: T, {_ATTRS_2D}) -> output: T",
    types={"T": HALF_FIRST},
    shape=_filter_shape,
    host=["filter_sizes"],
    cost=_cost_back,
    samples=[
        sample(values((2, 4, 5, 2)), ints(3, 2, 2, 3), values((2, 4, 5, 3)), strides=[1, 1, 1, 1], padding="SAME"),
        sample(values((1, 5, 6, 2)), ints(2, 3, 2, 2), values((1, 2, 4, 2)), strides=[1, 2, 1, 1], padding="VALID"),
    ],
)
def conv2d_backprop_filter(xp, input, filter_sizes, out_backprop, strides, padding, explicit_paddings, data_format, dilations):
    """The gradient of a convolution for its filters."""
    attrs = _plain(data_format, padding, strides, dilations, explicit_paddings)
    return _to_filter(xp, input, filter_sizes, out_backprop, attrs, "Conv2DCustomBackpropFilter")


@conv2d_backprop_filter.gradient
def conv2d_backprop_filter_gradient(g, op, dw):
    x, _, dy = op.inputs
    kept = _kept(op, _KEPT_2D)
    dx = g.conv2d_backprop_input(g.shape(x), dw, dy, **kept) if g.needs(0) else None
    ddy = g.conv2d(x, dw, **kept) if g.needs(2) else None
    return dx, None, ddy


@op(
    f"Conv3D(input: T, filter: T, {_ATTRS_3D}) -> output: T",
    types={"T": HALF_FIRST},
    shape=lambda c: conv.convolution_shape(c, 5),
    cost=_cost,
    samples=[
        sample(values((1, 3, 3, 2, 2)), values((2, 2, 2, 2, 2)), strides=[1, 1, 1, 1, 1], padding="SAME"),
        sample(values((1, 4, 3, 3, 1)), values((2, 2, 2, 1, 1)), strides=[1, 2, 1, 1, 1], padding="VALID"),
        sample(values((1, 1, 3, 3, 3)), values((2, 2, 2, 1, 2)), strides=[1, 1, 1, 1, 1], padding="VALID", data_format="NCDHW"),
    ],
)
def conv3d(xp, input, filter, strides, padding, data_format, dilations):
    """Slide filters over volumes (or films): each result is the sum of a window's voxels times the filter's weights."""
    return _forward(xp, input, filter, _plain(data_format, padding, strides, dilations))


@conv3d.gradient
def conv3d_gradient(g, op, dy):
    x, w = op.inputs
    kept = _kept(op, _KEPT_3D)
    dx = g.conv3d_backprop_input_v2(g.shape(x), w, dy, **kept) if g.needs(0) else None
    dw = g.conv3d_backprop_filter_v2(x, g.shape(w), dy, **kept) if g.needs(1) else None
    return dx, dw


@op(
    f"Conv3DBackpropInputV2(input_sizes: Tshape, filter: T, out_backprop: T, {_ATTRS_3D}) -> output: T",
    types={"T": HALF_FIRST, "Tshape": INDEX},
    type_defaults={"Tshape": "int32"},
    shape=_input_shape,
    host=["input_sizes"],
    cost=_cost_back,
    samples=[sample(ints(1, 3, 3, 2, 2), values((2, 2, 2, 2, 2)), values((1, 3, 3, 2, 2)), strides=[1, 1, 1, 1, 1], padding="SAME")],
)
def conv3d_backprop_input_v2(xp, input_sizes, filter, out_backprop, strides, padding, data_format, dilations):
    """The gradient of a 3-d convolution for its volumes; used forward it is the transposed convolution."""
    return _to_input(xp, input_sizes, filter, out_backprop, _plain(data_format, padding, strides, dilations), "Conv3DBackpropInputOpV2")


@conv3d_backprop_input_v2.gradient
def conv3d_backprop_input_v2_gradient(g, op, dx):
    w, dy = op.inputs[1:]
    kept = _kept(op, _KEPT_3D)
    dw = g.conv3d_backprop_filter_v2(dx, g.shape(w), dy, **kept) if g.needs(1) else None
    ddy = g.conv3d(dx, w, **kept) if g.needs(2) else None
    return None, dw, ddy


@op(
    f"Conv3DBackpropFilterV2(input: T, filter_sizes: int32, out_backprop: T, {_ATTRS_3D}) -> output: T",
    types={"T": HALF_FIRST},
    shape=_filter_shape,
    host=["filter_sizes"],
    cost=_cost_back,
    samples=[sample(values((1, 3, 3, 2, 2)), ints(2, 2, 2, 2, 2), values((1, 3, 3, 2, 2)), strides=[1, 1, 1, 1, 1], padding="SAME")],
)
def conv3d_backprop_filter_v2(xp, input, filter_sizes, out_backprop, strides, padding, data_format, dilations):
    """The gradient of a 3-d convolution for its filters."""
    return _to_filter(xp, input, filter_sizes, out_backprop, _plain(data_format, padding, strides, dilations), "Conv3DBackpropFilterOpV2")


@conv3d_backprop_filter_v2.gradient
def conv3d_backprop_filter_v2_gradient(g, op, dw):
    x, _, dy = op.inputs
    kept = _kept(op, _KEPT_3D)
    dx = g.conv3d_backprop_input_v2(g.shape(x), dw, dy, **kept) if g.needs(0) else None
    ddy = g.conv3d(x, dw, **kept) if g.needs(2) else None
    return dx, None, ddy
