"""Max pooling that also says where each window's largest element stands."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.core import errors
from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.convolution_rules import result_size, window_attribute
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.type_lists import INDEX, REALS
from autograd_lite.ops.windows import Layout, covered, layout, offsets, pad

_SIZES = "ksize: list(int) >= 4, strides: list(int) >= 4"
_PADDING = "padding: {'SAME', 'VALID'}"
_BATCH = "include_batch_in_index: bool = False"
_KEPT = ("ksize", "strides", "padding", "include_batch_in_index")


def _pooled_shape(c: Any) -> Any:
    x = rules.with_rank(c, c.shape(0), 4)
    ksize, strides = window_attribute(c, "ksize", 4), window_attribute(c, "strides", 4)
    sizes = [result_size(c, size, window, stride, 1, c.attrs["padding"]) for size, window, stride in zip(x, ksize, strides)]
    return tuple(sizes)


def image_layout(x: Any, ksize: Any, strides: Any, padding: str) -> Layout:
    """Where windows stand on images [batch, height, width, channels].

    Raises:
      UnimplementedError: for windows across the batch or the channels.
    """
    if x.ndim != 4:
        raise invalid("tensor_in must be 4-dimensional")
    if ksize[0] != 1 or strides[0] != 1:
        raise errors.UnimplementedError(None, None, "Pooling is not yet supported on the batch dimension.")
    if ksize[3] != 1 or strides[3] != 1:
        raise errors.UnimplementedError(None, None, "MaxPoolWithArgmax does not support pooling across depth.")
    return layout(x.shape[1:3], ksize[1:3], strides[1:3], (1, 1), padding)


def inside(xp: Any, where: Layout) -> Any:
    """A padded image [1, *padded, 1] that is True where it shows the input."""
    return pad(xp, xp.ones((1, *where.sizes, 1), dtype=bool), where, False)


def _places(xp: Any, where: Layout, place: tuple[int, ...]) -> Any:
    """For one place of the window: the pixel that each window has there, counted row by row.  [1, rows, columns, 1]"""
    rows = xp.arange(where.results[0]) * where.strides[0] + place[0] - where.before[0]
    columns = xp.arange(where.results[1]) * where.strides[1] + place[1] - where.before[1]
    return (rows[:, None] * where.sizes[1] + columns)[None, :, :, None]


@op(
    f"MaxPoolWithArgmax(input: T, *, {_SIZES}, Targmax: type = int64, {_PADDING}, {_BATCH}) -> output: T, argmax: Targmax",
    types={"T": REALS, "Targmax": INDEX},
    shape=lambda c: [_pooled_shape(c)] * 2,
    cost=costs.once_per_window,
    samples=[
        sample(values((2, 4, 5, 2)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"),
        sample(values((2, 5, 4, 1)), ksize=[1, 3, 2, 1], strides=[1, 1, 2, 1], padding="VALID", include_batch_in_index=True),
        sample(values((0, 4, 4, 1)), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="SAME", Targmax="int32"),
    ],
    formula="d input = dy where the window's (first) largest element stands, else 0",
)
def max_pool_with_argmax(xp, input, ksize, strides, padding, include_batch_in_index, Targmax):
    """The largest element of every window, and its index in the flattened image (or batch)."""
    where = image_layout(input, ksize, strides, padding)
    channels = input.shape[3]
    padded, shown = pad(xp, input, where), inside(xp, where)
    best: Any = None
    where_at: Any = None
    found: Any = None
    for place in offsets(where):
        seen, valid = padded[covered(where, place)], shown[covered(where, place)]
        if best is None:
            best, where_at, found = seen.copy(), xp.broadcast_to(_places(xp, where, place), seen.shape).copy(), valid
            continue
        better = valid & (~found | (seen > best) | ((seen != seen) & (best == best)))
        best, where_at = xp.where(better, seen, best), xp.where(better, _places(xp, where, place), where_at)
        found = found | valid
    index = where_at * channels + xp.arange(channels)
    if include_batch_in_index:
        index = index + (xp.arange(input.shape[0]) * math.prod(input.shape[1:]))[:, None, None, None]
    return best, index.astype(Targmax.numpy)


@max_pool_with_argmax.gradient
def max_pool_with_argmax_gradient(g, op, dy, _):
    kept = {name: op.attrs[name] for name in _KEPT}
    return [None if dy is None else g.max_pool_grad_with_argmax(op.inputs[0], dy, op.outputs[1], **kept)]


def _flat_index(xp, input, argmax, expected, include_batch_in_index):
    """`argmax` as indices into the flattened batch, checked."""
    if argmax.shape != expected:
        raise invalid(f"Expected argmax shape to be {rules.shape_text(expected)}, but got {rules.shape_text(argmax.shape)}")
    per_image = math.prod(input.shape[1:])
    index = argmax.astype(xp.int64)
    limit = input.size if include_batch_in_index else per_image
    if index.size and (int(index.min()) < 0 or int(index.max()) >= limit):
        wrong = int(index.min()) if int(index.min()) < 0 else int(index.max())
        raise invalid(f"Invalid input index {wrong}: argmax must be in [0, {limit})")
    if not include_batch_in_index:
        index = index + (xp.arange(input.shape[0]) * per_image)[:, None, None, None]
    return index.reshape(-1)


def _windows_shape(input: Any, ksize: Any, strides: Any, padding: str) -> tuple[int, ...]:
    where = image_layout(input, ksize, strides, padding)
    return (input.shape[0], *where.results, input.shape[3])


@op(
    f"MaxPoolGradWithArgmax(input: T, grad: T, argmax: Targmax, *, {_SIZES}, {_PADDING}, {_BATCH}) -> output: T",
    types={"T": REALS, "Targmax": INDEX},
    cost=costs.once_per_element_of(1),
    shape=lambda c: rules.with_rank(c, c.shape(0), 4),
    samples=[
        sample(values((1, 2, 4, 1)), values((1, 1, 2, 1)), [[[[5], [3]]]], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"),
        sample(values((2, 2, 2, 1)), values((2, 1, 1, 1)), [[[[3]]], [[[3]]]], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"),
    ],
)
def max_pool_grad_with_argmax(xp, input, grad, argmax, ksize, strides, padding, include_batch_in_index):
    """The gradient of max pooling: each window sends its share to the place that `argmax` names."""
    expected = _windows_shape(input, ksize, strides, padding)
    if grad.shape != expected:
        raise invalid(f"Expected grad shape to be {rules.shape_text(expected)}, but got {rules.shape_text(grad.shape)}")
    index = _flat_index(xp, input, argmax, expected, include_batch_in_index)
    result = xp.zeros((input.size,), dtype=grad.dtype)
    xp.add.at(result, index, grad.reshape(-1))
    return result.reshape(input.shape)


@max_pool_grad_with_argmax.gradient
def max_pool_grad_with_argmax_gradient(g, op, dx):
    kept = {name: op.attrs[name] for name in _KEPT}
    x, _, argmax = op.inputs
    return g.zeros_like(x) if g.needs(0) else None, g.max_pool_grad_grad_with_argmax(x, dx, argmax, **kept), None


@op(
    f"MaxPoolGradGradWithArgmax(input: T, grad: T, argmax: Targmax, *, {_SIZES}, {_PADDING}, {_BATCH}) -> output: T",
    types={"T": REALS, "Targmax": INDEX},
    cost=costs.once_per_element_of(2),
    shape=lambda c: rules.merge(c, _pooled_shape(c), c.shape(2)),
    samples=[
        sample(values((1, 2, 4, 1)), values((1, 2, 4, 1)), [[[[5], [3]]]], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"),
    ],
)
def max_pool_grad_grad_with_argmax(xp, input, grad, argmax, ksize, strides, padding, include_batch_in_index):
    """The second gradient of max pooling: what a gradient of the image has at the places that `argmax` names."""
    expected = _windows_shape(input, ksize, strides, padding)
    if grad.shape != input.shape:
        raise invalid(f"Expected grad shape to be {rules.shape_text(input.shape)}, but got {rules.shape_text(grad.shape)}")
    index = _flat_index(xp, input, argmax, expected, include_batch_in_index)
    return grad.reshape(-1)[index].reshape(expected)


@max_pool_grad_grad_with_argmax.gradient
def max_pool_grad_grad_with_argmax_gradient(g, op, dy):
    kept = {name: op.attrs[name] for name in _KEPT}
    x, _, argmax = op.inputs
    return g.zeros_like(x) if g.needs(0) else None, g.max_pool_grad_with_argmax(x, dy, argmax, **kept), None
