"""Pooling: the largest, or the mean, of what a window covers, channel by channel."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.core import errors
from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops import convolution_rules as conv
from autograd_lite.ops.checks import invalid, shape_tuple
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import HALF_FIRST, REALS
from autograd_lite.ops.windows import Layout, covered, inner, layout, offsets, pad, spatial_axes

_MAX_TYPES = "half bfloat16 float double int32 int64 uint8 int16 int8 uint16 qint8"
_ONE_KIND = "MaxPooling supports exactly one of pooling across depth or pooling across width/height."
_SIZES = "*, ksize: list(int) >= 4, strides: list(int) >= 4, padding: {'SAME', 'VALID'"
_FORMAT = "data_format: {'NHWC', 'NCHW'} = 'NHWC'"
_FORMAT_3D = "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'"
_SIZES_3D = "*, ksize: list(int) >= 5, strides: list(int) >= 5, padding: {'SAME', 'VALID'}"


def _shape(c: Any) -> Any:
    rank = len(c.attrs["ksize"])
    x = rules.with_rank(c, c.shape(0), rank)
    ksize, strides = conv.window_attribute(c, "ksize", rank), conv.window_attribute(c, "strides", rank)
    numbers = c.attrs.get("explicit_paddings") or [0] * (2 * rank)
    return tuple(
        [
            conv.result_size(c, size, ksize[axis], strides[axis], 1, c.attrs["padding"], sum(numbers[2 * axis : 2 * axis + 2]))
            for axis, size in enumerate(x)
        ]
    )


def _layout(shape: Any, ksize: Any, strides: Any, padding: str, data_format: str, explicit: Any = ()) -> Layout:
    """The layout over the spatial axes of an array of this shape, channels anywhere."""
    rank = len(shape)
    axes = spatial_axes(data_format, rank)
    if ksize[0] != 1 or strides[0] != 1:
        raise errors.UnimplementedError(None, None, "Pooling is not yet supported on the batch dimension.")
    pairs = [(explicit[2 * axis], explicit[2 * axis + 1]) for axis in axes] if explicit else [(0, 0)] * len(axes)
    picked = ([numbers[axis] for axis in axes] for numbers in (shape, ksize, strides))
    sizes, window, steps = picked
    return layout(sizes, window, steps, [1] * len(axes), padding, pairs)


def _depthwise(ksize: Any, data_format: str) -> bool:
    """Whether the window reaches across channels."""
    return ksize[1 if data_format.startswith("NC") else -1] > 1


def _check_depthwise(ksize: Any, strides: Any, depth: int) -> int:
    window = ksize[-1]
    if math.prod(ksize[1:-1]) > 1:
        raise errors.UnimplementedError(None, None, _ONE_KIND)
    if depth % window or strides[-1] != window:
        raise errors.UnimplementedError(None, None, "Depthwise max pooling requires the depth window to evenly divide the input depth.")
    return window


def _lowest(xp: Any, dtype: Any) -> Any:
    return -xp.inf if dtype.kind == "f" else xp.iinfo(dtype).min


def _largest(xp: Any, padded: Any, where: Layout) -> Any:
    """The largest of every window; NaN where a window holds one."""
    result = None
    for place in offsets(where):
        seen = padded[covered(where, place)]
        result = seen.copy() if result is None else xp.maximum(result, seen)
    return result


def _winners(xp: Any, padded: Any, best: Any, where: Layout) -> Any:
    """For every place of the window in turn: the windows whose (first) largest element stands there."""
    free = xp.ones(best.shape, dtype=bool)
    for place in offsets(where):
        seen = padded[covered(where, place)]
        here = free & ((seen == best) | (seen != seen))
        free &= ~here
        yield place, here


@op(
    f"MaxPool(input: T, {_SIZES}, 'EXPLICIT'}}, explicit_paddings: list(int) = [], "
    "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC') -> output: T",
    types={"T": _MAX_TYPES},
    type_defaults={"T": "float32"},
    shape=_shape,
    cost=costs.once_per_window,
    samples=[
        sample(values((1, 4, 5, 2)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"),
        sample(values((2, 5, 5, 1)), ksize=[1, 3, 2, 1], strides=[1, 1, 2, 1], padding="SAME"),
        sample(values((1, 2, 4, 4)), ksize=[1, 1, 2, 2], strides=[1, 1, 2, 2], padding="SAME", data_format="NCHW"),
        sample(values((1, 2, 2, 4)), ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2], padding="VALID"),
        sample(values((0, 4, 4, 1)), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="SAME"),
    ],
    formula="d input = dy where the window's (first) largest element stands, else 0",
)
def max_pool(xp, input, ksize, strides, padding, explicit_paddings, data_format):
    """The largest element of every window, channel by channel."""
    if _depthwise(ksize, data_format):
        window = _check_depthwise(ksize, strides, input.shape[-1])
        return input.reshape(*input.shape[:-1], -1, window).max(axis=-1)
    return _max_pool(xp, input, ksize, strides, padding, data_format, explicit_paddings)


def _max_pool(xp, x, ksize, strides, padding, data_format, explicit=()):
    where = _layout(x.shape, ksize, strides, padding, data_format, explicit)
    image = conv.channels_last(xp, x, data_format)
    return conv.channels_back(xp, _largest(xp, pad(xp, image, where, _lowest(xp, x.dtype)), where), data_format)


@max_pool.gradient
def max_pool_gradient(g, op, dy):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "explicit_paddings", "data_format")}
    return [g.max_pool_grad(op.inputs[0], op.outputs[0], dy, **kept)]


def _max_pool_back(xp, x, y, dy, ksize, strides, padding, data_format, explicit=()):
    if _depthwise(ksize, data_format):
        return _depthwise_back(xp, x, dy, ksize, strides)
    where = _layout(x.shape, ksize, strides, padding, data_format, explicit)
    image, best, back = (conv.channels_last(xp, array, data_format) for array in (x, y, dy))
    if best.shape[1:-1] != where.results or back.shape != best.shape:
        raise invalid(f"Expected grad shape to be {rules.shape_text((x.shape[0], *where.results, image.shape[-1]))}")
    padded = pad(xp, image, where, _lowest(xp, x.dtype))
    result = xp.zeros(padded.shape, dtype=dy.dtype)
    for place, here in _winners(xp, padded, best, where):
        result[covered(where, place)] += xp.where(here, back, 0)
    return conv.channels_back(xp, xp.ascontiguousarray(result[inner(where)]), data_format)


def _depthwise_back(xp, x, dy, ksize, strides):
    window = _check_depthwise(ksize, strides, x.shape[-1])
    grouped = x.reshape(*x.shape[:-1], -1, window)
    first = grouped.argmax(axis=-1)[..., None] == xp.arange(window)
    return (first * dy[..., None]).reshape(x.shape).astype(dy.dtype, copy=False)


@op(
    f"MaxPoolGrad(orig_input: T, orig_output: T, grad: T, {_SIZES}, 'EXPLICIT'}}, explicit_paddings: list(int) = [], "
    f"{_FORMAT}) -> output: T",
    types={"T": "float double int32 uint8 int16 int8 int64 bfloat16 uint16 half uint32 uint64"},
    type_defaults={"T": "float32"},
    cost=costs.once_per_window_of(2),
    shape=rules.unchanged,
    samples=[
        sample(values((1, 2, 2, 1)), values((1, 1, 1, 1)), values((1, 1, 1, 1)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    ],
)
def max_pool_grad(xp, orig_input, orig_output, grad, ksize, strides, padding, explicit_paddings, data_format):
    """The gradient of max pooling: each window passes its share to its first largest element."""
    return _max_pool_back(xp, orig_input, orig_output, grad, ksize, strides, padding, data_format, explicit_paddings)


@max_pool_grad.gradient
def max_pool_grad_gradient(g, op, dx):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    x, y, _ = op.inputs
    chosen = g.max_pool_grad_grad(x, y, dx, **kept) if g.needs(2) else None
    return g.zeros_like(x) if g.needs(0) else None, g.zeros_like(y) if g.needs(1) else None, chosen


def _chosen(xp, x, y, grad, ksize, strides, padding, data_format):
    """What `grad` has at each window's first largest element."""
    if _depthwise(ksize, data_format):
        window = _check_depthwise(ksize, strides, x.shape[-1])
        first = x.reshape(*x.shape[:-1], -1, window).argmax(axis=-1)[..., None] == xp.arange(window)
        return (first * grad.reshape(first.shape)).sum(axis=-1).astype(grad.dtype, copy=False)
    where = _layout(x.shape, ksize, strides, padding, data_format)
    image, best, values_ = (conv.channels_last(xp, array, data_format) for array in (x, y, grad))
    padded, wanted = pad(xp, image, where, _lowest(xp, x.dtype)), pad(xp, values_, where)
    result = xp.zeros(best.shape, dtype=grad.dtype)
    for place, here in _winners(xp, padded, best, where):
        result += xp.where(here, wanted[covered(where, place)], 0)
    return conv.channels_back(xp, result, data_format)


@op(
    f"MaxPoolGradGrad(orig_input: T, orig_output: T, grad: T, {_SIZES}}}, {_FORMAT}) -> output: T",
    types={"T": REALS},
    cost=costs.once_per_window,
    shape=lambda c: rules.merge(c, _shape(c), c.shape(1)),
    samples=[
        sample(values((1, 2, 2, 1)), values((1, 1, 1, 1)), values((1, 2, 2, 1)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    ],
)
def max_pool_grad_grad(xp, orig_input, orig_output, grad, ksize, strides, padding, data_format):
    """The second gradient of max pooling: what a gradient of the image has where each window's largest element stands."""
    return _chosen(xp, orig_input, orig_output, grad, ksize, strides, padding, data_format)


@max_pool_grad_grad.gradient
def max_pool_grad_grad_gradient(g, op, dy):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    x, y, _ = op.inputs
    back = g.max_pool_grad(x, y, dy, **kept) if g.needs(2) else None
    return g.zeros_like(x) if g.needs(0) else None, g.zeros_like(y) if g.needs(1) else None, back


@op(
    f"MaxPool3D(input: T, {_SIZES_3D}, {_FORMAT_3D}) -> output: T",
    types={"T": "half bfloat16 float"},
    shape=_shape,
    cost=costs.once_per_window,
    samples=[
        sample(values((1, 3, 4, 2, 2), dtype="float32"), ksize=[1, 2, 2, 2, 1], strides=[1, 1, 2, 1, 1], padding="SAME"),
        sample(values((1, 2, 2, 2, 1), dtype="float32"), ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="VALID"),
    ],
)
def max_pool3d(xp, input, ksize, strides, padding, data_format):
    """The largest element of every three-dimensional window."""
    return _max_pool(xp, input, ksize, strides, padding, data_format)


@max_pool3d.gradient
def max_pool3d_gradient(g, op, dy):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    return [g.max_pool3d_grad(op.inputs[0], op.outputs[0], dy, **kept)]


@op(
    f"MaxPool3DGrad(orig_input: TInput, orig_output: TInput, grad: T, {_SIZES_3D}, {_FORMAT_3D}) -> output: T",
    types={"T": "half bfloat16 float", "TInput": "half bfloat16 float"},
    type_defaults={"T": "float32", "TInput": "float32"},
    cost=costs.once_per_window_of(2),
    shape=rules.unchanged,
    samples=[
        sample(
            *(values(shape, dtype="float32") for shape in [(1, 2, 2, 2, 1), (1, 1, 1, 1, 1), (1, 1, 1, 1, 1)]),
            ksize=[1, 2, 2, 2, 1],
            strides=[1, 2, 2, 2, 1],
            padding="VALID",
        )
    ],
)
def max_pool3d_grad(xp, orig_input, orig_output, grad, ksize, strides, padding, data_format):
    """The gradient of three-dimensional max pooling."""
    return _max_pool_back(xp, orig_input, orig_output, grad, ksize, strides, padding, data_format)


@max_pool3d_grad.gradient
def max_pool3d_grad_gradient(g, op, dx):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    x, y, _ = op.inputs
    chosen = g.max_pool3d_grad_grad(x, y, dx, **kept) if g.needs(2) else None
    return g.zeros_like(x) if g.needs(0) else None, g.zeros_like(y) if g.needs(1) else None, chosen


@op(
    f"MaxPool3DGradGrad(orig_input: T, orig_output: T, grad: T, {_SIZES_3D}, {_FORMAT_3D}) -> output: T",
    types={"T": REALS},
    cost=costs.once_per_window,
    shape=lambda c: rules.merge(c, _shape(c), c.shape(1)),
    samples=[
        sample(
            values((1, 2, 2, 2, 1)),
            values((1, 1, 1, 1, 1)),
            values((1, 2, 2, 2, 1)),
            ksize=[1, 2, 2, 2, 1],
            strides=[1, 2, 2, 2, 1],
            padding="VALID",
        )
    ],
    no_gradient="TensorFlow has none either: it would be a third derivative of three-dimensional max pooling",
)
def max_pool3d_grad_grad(xp, orig_input, orig_output, grad, ksize, strides, padding, data_format):
    """The second gradient of three-dimensional max pooling."""
    return _chosen(xp, orig_input, orig_output, grad, ksize, strides, padding, data_format)


# -------------------------------------------------------------------- averages


def _counts(xp: Any, where: Layout, dtype: Any) -> Any:
    """How many elements of the input (padding left out) each window covers, shape [*results, 1]."""
    counts = None
    for axis, (size, window, stride, low, results) in enumerate(zip(where.sizes, where.window, where.strides, where.before, where.results)):
        start = xp.arange(results) * stride - low
        along = (xp.minimum(start + window, size) - xp.maximum(start, 0)).astype(dtype)
        along = along.reshape([-1 if other == axis else 1 for other in range(len(where.sizes))] + [1])
        counts = along if counts is None else counts * along
    return counts


def _averages(xp, x, ksize, strides, padding, data_format):
    if _depthwise(ksize, data_format):
        raise errors.UnimplementedError(None, None, "Average pooling is not yet supported on the depth dimension.")
    where = _layout(x.shape, ksize, strides, padding, data_format)
    image = conv.channels_last(xp, x, data_format)
    wide = image.astype(xp.float32) if x.dtype == xp.float16 else image
    padded = pad(xp, wide, where)
    total = xp.zeros((x.shape[0], *where.results, image.shape[-1]), dtype=wide.dtype)
    for place in offsets(where):
        total += padded[covered(where, place)]
    total /= _counts(xp, where, wide.dtype)
    return conv.channels_back(xp, total.astype(x.dtype, copy=False), data_format)


def _averages_back(xp, orig_input_shape, grad, ksize, strides, padding, data_format):
    sizes = orig_input_shape.reshape(-1).tolist()
    if any(size < 0 for size in sizes):
        raise invalid(f"Expected a non-negative size, got {next(size for size in sizes if size < 0)}")
    shape = shape_tuple(orig_input_shape, grad.dtype.itemsize)
    where = _layout(shape, ksize, strides, padding, data_format)
    back = conv.channels_last(xp, grad, data_format)
    conv.check_results(where, back.shape[1:-1], "AvgPoolGrad")
    share = back / _counts(xp, where, grad.dtype)
    result = xp.zeros((back.shape[0], *where.padded, back.shape[-1]), dtype=grad.dtype)
    for place in offsets(where):
        result[covered(where, place)] += share
    return conv.channels_back(xp, xp.ascontiguousarray(result[inner(where)]), data_format)


_AVERAGE_SAMPLES = [
    sample(values((1, 4, 5, 2)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"),
    sample(values((2, 5, 5, 1)), ksize=[1, 3, 2, 1], strides=[1, 1, 2, 1], padding="SAME"),
    sample(values((1, 2, 4, 4)), ksize=[1, 1, 2, 2], strides=[1, 1, 2, 2], padding="SAME", data_format="NCHW"),
]


@op(f"AvgPool(value: T, {_SIZES}}}, {_FORMAT}) -> output: T", types={"T": HALF_FIRST}, shape=_shape, cost=costs.once_per_window,
    samples=_AVERAGE_SAMPLES)  # fmt: skip
def avg_pool(xp, value, ksize, strides, padding, data_format):
    """The mean of every window, channel by channel; padding does not count."""
    return _averages(xp, value, ksize, strides, padding, data_format)


@avg_pool.gradient
def avg_pool_gradient(g, op, dy):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    return [g.avg_pool_grad(g.shape(op.inputs[0]), dy, **kept)]


def _given_shape(c: Any) -> Any:
    return rules.with_rank(c, rules.shape_from_input(c, 0), len(c.attrs["ksize"]))


@op(
    f"AvgPoolGrad(orig_input_shape: int32, grad: T, {_SIZES}}}, {_FORMAT}) -> output: T",
    types={"T": HALF_FIRST},
    cost=costs.once_per_window_of(1),
    shape=_given_shape,
    host=["orig_input_shape"],
    samples=[sample(ints(1, 4, 5, 2), values((1, 2, 2, 2)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")],
)
def avg_pool_grad(xp, orig_input_shape, grad, ksize, strides, padding, data_format):
    """The gradient of average pooling: each window shares its part equally."""
    return _averages_back(xp, orig_input_shape, grad, ksize, strides, padding, data_format)


@avg_pool_grad.gradient
def avg_pool_grad_gradient(g, op, dx):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    return None, g.avg_pool(dx, **kept)


@op(
    f"AvgPool3D(input: T, {_SIZES_3D}, {_FORMAT_3D}) -> output: T",
    types={"T": HALF_FIRST},
    shape=_shape,
    cost=costs.once_per_window,
    samples=[sample(values((1, 3, 4, 2, 2)), ksize=[1, 2, 2, 2, 1], strides=[1, 1, 2, 1, 1], padding="SAME")],
)
def avg_pool3d(xp, input, ksize, strides, padding, data_format):
    """The mean of every three-dimensional window."""
    return _averages(xp, input, ksize, strides, padding, data_format)


@avg_pool3d.gradient
def avg_pool3d_gradient(g, op, dy):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    return [g.avg_pool3d_grad(g.shape(op.inputs[0]), dy, **kept)]


@op(
    f"AvgPool3DGrad(orig_input_shape: int32, grad: T, {_SIZES_3D}, {_FORMAT_3D}) -> output: T",
    types={"T": HALF_FIRST},
    cost=costs.once_per_window_of(1),
    shape=_given_shape,
    host=["orig_input_shape"],
    samples=[sample(ints(1, 2, 2, 2, 1), values((1, 1, 1, 1, 1)), ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="VALID")],
)
def avg_pool3d_grad(xp, orig_input_shape, grad, ksize, strides, padding, data_format):
    """The gradient of three-dimensional average pooling."""
    return _averages_back(xp, orig_input_shape, grad, ksize, strides, padding, data_format)


@avg_pool3d_grad.gradient
def avg_pool3d_grad_gradient(g, op, dx):
    kept = {name: op.attrs[name] for name in ("ksize", "strides", "padding", "data_format")}
    return None, g.avg_pool3d(dx, **kept)
