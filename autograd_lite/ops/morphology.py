"""Grey-scale dilation: the largest sum of pixel and filter within every window.

Source: J. Serra, "Image analysis and mathematical morphology", 1982.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.core import errors
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.convolution_rules import check_results, window_attribute
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.type_lists import REALS
from autograd_lite.ops.windows import Layout, covered, inner, layout, offsets, pad

_ATTRS = "*, strides: list(int) >= 4, rates: list(int) >= 4, padding: {'SAME', 'VALID'}"
_KEPT = ("strides", "rates", "padding")
_TYPES: dict[str, Any] = {"types": {"T": REALS}}
_UNDEFINED = "TensorFlow has none either: where the largest sums stand changes in jumps"


def _dilated_shape(c: Any) -> Any:
    x, w = rules.with_rank(c, c.shape(0), 4), rules.with_rank(c, c.shape(1), 3)
    strides, rates = window_attribute(c, "strides", 4), window_attribute(c, "rates", 4)
    depth = rules.merge_size(c, x[3], w[2])
    sizes: list[int | None] = []
    for size, window, stride, rate in zip(x[1:3], w[:2], strides[1:3], rates[1:3]):
        if size is None or window is None:
            sizes.append(None)
            continue
        try:
            sizes.append(layout([size], [window], [stride], [rate], c.attrs["padding"]).results[0])
        except InvalidArgumentError as error:
            raise c.fail(error.message) from None
    return (x[0], *sizes, depth)


def _layout(x: Any, w: Any, strides: Any, rates: Any, padding: str) -> Layout:
    if x.ndim != 4:
        raise invalid(f"input must be 4-dimensional{rules.shape_text(x.shape)}")
    if w.ndim != 3:
        raise invalid(f"filter must be 3-dimensional: {rules.shape_text(w.shape)}")
    if strides[0] != 1 or strides[3] != 1:
        raise errors.UnimplementedError(None, None, "Stride is only supported across spatial dimensions.")
    if rates[0] != 1 or rates[3] != 1:
        raise errors.UnimplementedError(None, None, "Rate is only supported across spatial dimensions.")
    if x.shape[3] != w.shape[2]:
        raise invalid(f"input and filter must have the same depth: {x.shape[3]} vs {w.shape[2]}")
    if not w.shape[0] * w.shape[1]:
        raise invalid("filter must not have zero elements (i.e. all dimensions must be non-zero)")
    return layout(x.shape[1:3], w.shape[:2], strides[1:3], rates[1:3], padding)


def _sums(xp: Any, x: Any, w: Any, where: Layout) -> Any:
    """For every place of the window: pixel plus filter, and whether the pixel lies inside the image."""
    padded = pad(xp, x, where)
    shown = pad(xp, xp.ones((1, *where.sizes, 1), dtype=bool), where, False)
    for place in offsets(where):
        yield place, padded[covered(where, place)] + w[place], shown[covered(where, place)]


def _best(xp: Any, x: Any, w: Any, where: Layout) -> tuple[Any, Any]:
    """The largest sum of every window, and the number of the (first) place where it stands."""
    lowest = -xp.inf if x.dtype.kind == "f" else xp.iinfo(x.dtype).min
    shape = (x.shape[0], *where.results, x.shape[3])
    best, winner = xp.full(shape, lowest, dtype=x.dtype), xp.full(shape, -1, dtype=xp.int64)
    for number, (_, total, valid) in enumerate(_sums(xp, x, w, where)):
        better = valid & ((total > best) | (winner < 0))
        best, winner = xp.where(better, total, best), xp.where(better, number, winner)
    return best, winner


def _check_back(x: Any, out_backprop: Any, where: Layout) -> None:
    if out_backprop.shape != (x.shape[0], *where.results, x.shape[3]):
        raise invalid("out_backprop has incompatible size.")
    check_results(where, out_backprop.shape[1:3], "Dilation2D")


_SAMPLES = [
    sample(values((1, 4, 4, 2)), values((2, 2, 2)), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="SAME"),
    sample(values((2, 6, 5, 1)), values((2, 3, 1)), strides=[1, 2, 1, 1], rates=[1, 2, 1, 1], padding="VALID"),
    sample(values((0, 4, 4, 2)), values((2, 2, 2)), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="SAME"),
]
_BACK_SAMPLES = [
    sample(values((1, 4, 4, 2)), values((2, 2, 2)), values((1, 4, 4, 2)), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="SAME"),
]


@op(
    f"Dilation2D(input: T, filter: T, {_ATTRS}) -> output: T",
    shape=_dilated_shape,
    samples=_SAMPLES,
    formula="both gradients: dy where the (first) largest sum of its window stands, else 0",
    **_TYPES,
)
def dilation2d(xp, input, filter, strides, rates, padding):
    """For every window, the largest sum of pixel and filter, channel by channel."""
    return _best(xp, input, filter, _layout(input, filter, strides, rates, padding))[0]


@dilation2d.gradient
def dilation2d_gradient(g, op, dy):
    kept = {name: op.attrs[name] for name in _KEPT}
    dx = g.dilation2d_backprop_input(*op.inputs, dy, **kept) if g.needs(0) else None
    dw = g.dilation2d_backprop_filter(*op.inputs, dy, **kept) if g.needs(1) else None
    return dx, dw


@op(
    f"Dilation2DBackpropInput(input: T, filter: T, out_backprop: T, {_ATTRS}) -> in_backprop: T",
    shape=rules.unchanged,
    samples=_BACK_SAMPLES,
    no_gradient=_UNDEFINED,
    **_TYPES,
)
def dilation2d_backprop_input(xp, input, filter, out_backprop, strides, rates, padding):
    """The gradient of grey-scale dilation for its images."""
    where = _layout(input, filter, strides, rates, padding)
    _check_back(input, out_backprop, where)
    _, winner = _best(xp, input, filter, where)
    padded = xp.zeros((input.shape[0], *where.padded, input.shape[3]), dtype=input.dtype)
    for number, place in enumerate(offsets(where)):
        padded[covered(where, place)] += xp.where(winner == number, out_backprop, 0).astype(input.dtype, copy=False)
    return xp.ascontiguousarray(padded[inner(where)])


@op(
    f"Dilation2DBackpropFilter(input: T, filter: T, out_backprop: T, {_ATTRS}) -> filter_backprop: T",
    shape=lambda c: c.shape(1),
    samples=_BACK_SAMPLES,
    no_gradient=_UNDEFINED,
    **_TYPES,
)
def dilation2d_backprop_filter(xp, input, filter, out_backprop, strides, rates, padding):
    """The gradient of grey-scale dilation for its filter."""
    where = _layout(input, filter, strides, rates, padding)
    _check_back(input, out_backprop, where)
    _, winner = _best(xp, input, filter, where)
    result = xp.zeros(filter.shape, dtype=filter.dtype)
    for number, place in enumerate(offsets(where)):
        result[place] = xp.where(winner == number, out_backprop, 0).sum(axis=(0, 1, 2))
    return result
