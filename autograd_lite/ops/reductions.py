"""Ops that fold one or more axes of a tensor into a single element: sums, means, products, extremes and truth values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.graph.row_parts import ColumnSum, Total
from autograd_lite.graph.static_value import constant_value
from autograd_lite.ops.checks import invalid, number
from autograd_lite.ops.folding import MANY, fold
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX, NUMBERS, REALS_AND_QUANTIZED, SMALL_INDEX


def axis_tuple(reduction_indices, rank):
    """The reduced axes as a tuple that NumPy takes."""
    axes = np.asarray(reduction_indices).reshape(-1).tolist()
    for axis in axes:
        if not -rank <= axis < rank:
            raise invalid(f"Invalid reduction dimension ({axis} for input with {rank} dimension(s)")
    found = tuple([axis % rank for axis in axes])
    if len(set(found)) != len(found):
        raise invalid(f"Invalid reduction arguments: Axes contains duplicate dimension: {max(found, key=found.count)}")
    return found


_SAMPLES = [
    sample(values((2, 3)), ints(1)),
    sample(values((2, 3)), ints(0, 1)),
    sample(values((2, 3, 2)), ints(-1, 0), keep_dims=True),
    sample(values((2, 3)), ints()),
    sample(values(()), ints()),
    sample(values((2, 3)), 0),
]
_REDUCED: dict[str, Any] = {
    "cost": costs.once_per_element,
    "type_defaults": {"Tidx": "int32"},
    "shape": rules.reduction,
    "host": ("reduction_indices",),
}
_SIGNATURE = "(input: T, reduction_indices: Tidx, *, keep_dims: bool = False) -> output: T"
_NUMERIC = dict(types={"T": NUMBERS, "Tidx": INDEX}, samples=_SAMPLES, **_REDUCED)
_ORDERED = dict(types={"T": REALS_AND_QUANTIZED, "Tidx": INDEX}, samples=_SAMPLES, **_REDUCED)
_TRUTHS = dict(
    types={"Tidx": INDEX},
    no_gradient="a truth value",
    **_REDUCED,
    samples=[sample([[True, False], [True, True]], ints(1)), sample([[True, False]], ints(0, 1), keep_dims=True)],
)


def known_axes(op):
    """The reduced axes of a reduction node counted from the front, when they and the rank are known, else None."""
    axes, shape = constant_value(op.inputs[1]), op.inputs[0].static_shape
    if axes is None or shape is None:
        return None
    return sorted({axis % len(shape) for axis in axes.reshape(-1).tolist()})


def kept_shape(g, op):
    """The shape of a reduction's result if every reduced axis had stayed, with size 1 (one size may be -1: Reshape finds it)."""
    x, axes = op.inputs[0], known_axes(op)
    if axes is not None:
        sizes = [1 if axis in axes else size for axis, size in enumerate(x.static_shape)]
        unknown = sizes.count(None)
        if unknown == 0 or (unknown == 1 and 0 not in sizes):
            return g.constant(np.array([-1 if size is None else size for size in sizes], np.int32))
    shape, rank = g.shape(x), g.rank(x)
    reduced = g.floor_mod(g.reshape(g.cast(op.inputs[1], "int32"), [-1]), rank)
    return g.dynamic_stitch([g.range(0, rank, 1), reduced], [shape, g.ones_like(reduced)])


def _with_reduced_axes(g, op, y):
    """`y`, which has the shape of the result, with every reduced axis back as one of size 1."""
    return y if op.attrs["keep_dims"] or op.inputs[0].static_shape == () else g.reshape(y, kept_shape(g, op))


def _stretched(g, op, dy):
    """`dy` copied along the reduced axes: the gradient of a sum."""
    x, axes = op.inputs[0], known_axes(op)
    if axes is None or len(axes) < len(x.static_shape):
        dy = _with_reduced_axes(g, op, dy)
    elif op.attrs["keep_dims"]:
        dy = g.reshape(dy, g.constant(np.array([], np.int32)))
    return g.broadcast_to(dy, g.shape(x))


def _prepared_sum(c):
    """The array's own method, when the axes are known and the array is small: `fold` has quicker ways for large ones."""
    shape, axes = c.shape(0), c.value(1)
    if axes is None or not shapes.is_defined(shape) or math.prod(shape) >= MANY or c.dtype(0).name not in ("float32", "float64"):
        return None
    keep = ", keepdims=True" if c.attrs["keep_dims"] else ""
    return f"{{input}}.sum({{axes}}{keep})", {"axes": axis_tuple(axes, len(shape))}


def _axes_of_matrix(c):
    """The reduced axes, in order, if a matrix is reduced and they are known."""
    axes, shape = c.value(1), c.shape(0)
    return None if axes is None or shape is None or len(shape) != 2 else tuple(sorted(axis_tuple(axes, 2)))


def _sum_by_rows(c):
    """The sum of all rows of a matrix, or of all its elements."""
    axes = _axes_of_matrix(c)
    if axes == (0, 1):
        return None if c.attrs["keep_dims"] else Total(0, 1)
    return ColumnSum(0) if axes == (0,) else None


def _mean_by_rows(c):
    """The mean of all elements of a matrix."""
    return Total(0, math.prod(c.shape(0))) if _axes_of_matrix(c) == (0, 1) and not c.attrs["keep_dims"] else None


@op("Sum" + _SIGNATURE, formula="dx = dy, copied along the reduced axes", prepare=_prepared_sum, by_rows=_sum_by_rows, **_NUMERIC)
def sum_(xp, input, reduction_indices, keep_dims):
    """Add up the elements along the given axes."""
    return _total(xp, input, axis_tuple(reduction_indices, input.ndim), keep_dims)


def _total(xp, x, axes, keep_dims):
    if not axes:  # nothing is added, not even the 0 from which sums start: it would make 0 of -0
        return xp.array(x)
    return fold(xp, xp.add, lambda x, **how: xp.sum(x, dtype=x.dtype, **how), x, axes, keep_dims)


@sum_.gradient
def sum_gradient(g, op, dy):
    return _stretched(g, op, dy), None


@op("Mean" + _SIGNATURE, formula="dx = dy / n, copied along the reduced axes", by_rows=_mean_by_rows, **_NUMERIC)
def mean(xp, input, reduction_indices, keep_dims):
    """Average the elements along the given axes."""
    axes = axis_tuple(reduction_indices, input.ndim)
    count = math.prod([input.shape[axis] for axis in axes])
    total = _total(xp, input, axes, keep_dims)
    if input.dtype.kind in "iu":
        return xp.trunc(total / max(count, 1)).astype(input.dtype)
    return xp.divide(total, input.dtype.type(count))


@mean.gradient
def mean_gradient(g, op, dy):
    x, y = op.inputs[0], op.outputs[0]
    axes = known_axes(op)
    sizes = None if axes is None else [x.static_shape[axis] for axis in axes]
    if sizes is not None and None not in sizes:
        count = g.constant(math.prod(sizes), dy.dtype)
    else:
        ones = g.ones_like(g.size(y))
        count = g.cast(g.floor_div(g.size(x), g.maximum(g.size(y), ones)), dy.dtype)
    return _stretched(g, op, g.real_div(dy, count)), None


@op("Prod" + _SIGNATURE, formula="dx = dy times the product of all the other elements", partial=lambda c: _known_product(c), **_NUMERIC)
def prod(xp, input, reduction_indices, keep_dims):
    """Multiply the elements along the given axes."""
    return xp.prod(input, axis=axis_tuple(reduction_indices, input.ndim), dtype=input.dtype, keepdims=keep_dims)


def _known_product(c):
    elements, shape = c.partial(0), c.shape(0)
    if elements is None or shape is None or len(shape) != 1 or c.value(1) is None or c.attrs["keep_dims"] or not c.value(1).size:
        return None
    return (rules.size_product(elements),)


@prod.gradient
def prod_gradient(g, op, dy):
    """The product of the others is the product of those before times that of those after, which needs no division by 0."""
    x, axes = op.inputs[0], known_axes(op)
    dy = _with_reduced_axes(g, op, dy)
    if axes is not None and len(axes) == 1:
        return g.mul(dy, _product_of_others(g, x, axes[0])), None
    if axes is not None:
        rank = len(x.static_shape)
        order = g.constant(np.array([*axes, *[axis for axis in range(rank) if axis not in axes]], np.int32))
    else:
        rank = g.rank(x)
        reduced = g.floor_mod(g.reshape(g.cast(op.inputs[1], "int32"), [-1]), rank)
        order = g.concat([reduced, g.list_diff(g.range(0, rank, 1), reduced)[0]], 0)
    moved = g.transpose(x, order)
    count = g.floor_div(g.size(x), g.maximum(g.size(op.outputs[0]), g.ones_like(g.size(op.outputs[0]))))
    flat = g.reshape(moved, g.stack([count, -1]))  # [elements of a product, products]
    others = g.reshape(_product_of_others(g, flat, 0), g.shape(moved))
    return g.mul(dy, g.transpose(others, g.invert_permutation(order))), None


def _product_of_others(g, x, axis):
    return g.mul(g.cumprod(x, axis, exclusive=True), g.cumprod(x, axis, exclusive=True, reverse=True))


def _extreme(xp, combine, function, input, reduction_indices, keep_dims, lowest):
    axes = axis_tuple(reduction_indices, input.ndim)
    if not input.size:
        start = (-math.inf if lowest else math.inf) if input.dtype.kind not in "iu" else _integer_limit(input.dtype, lowest)
        sizes = tuple([1 if axis in axes else size for axis, size in enumerate(input.shape)])
        input = xp.full(sizes, start, dtype=input.dtype)  # what the extreme of nothing is
    return fold(xp, combine, function, input, axes, keep_dims)


def _integer_limit(dtype, lowest):
    return np.iinfo(dtype).min if lowest else np.iinfo(dtype).max


@op("Max" + _SIGNATURE, formula="dx = dy where x is the largest, shared between ties", **_ORDERED)
def max_(xp, input, reduction_indices, keep_dims):
    """Find the largest element along the given axes."""
    return _extreme(xp, xp.maximum, xp.max, input, reduction_indices, keep_dims, True)


@op("Min" + _SIGNATURE, formula="dx = dy where x is the smallest, shared between ties", **_ORDERED)
def min_(xp, input, reduction_indices, keep_dims):
    """Find the smallest element along the given axes."""
    return _extreme(xp, xp.minimum, xp.min, input, reduction_indices, keep_dims, False)


@max_.gradient
@min_.gradient
def extreme_gradient(g, op, dy):
    """Elements that equal the extreme share its gradient."""
    x = op.inputs[0]
    chosen = g.cast(g.equal(_with_reduced_axes(g, op, op.outputs[0]), x), dy.dtype)
    ties = _with_reduced_axes(g, op, g.sum(chosen, op.inputs[1], keep_dims=op.attrs["keep_dims"]))
    return g.mul(g.real_div(chosen, ties), _with_reduced_axes(g, op, dy)), None


@op("EuclideanNorm" + _SIGNATURE, types={"T": NUMBERS, "Tidx": INDEX}, samples=[sample(values((2, 3), 0.5, 2.0), ints(1))], **_REDUCED)
def euclidean_norm(xp, input, reduction_indices, keep_dims):
    """Take the square root of the sum of squares along the given axes."""
    squares = input.conj() * input if input.dtype.kind == "c" else input * input
    return xp.sqrt(xp.sum(squares, axis=axis_tuple(reduction_indices, input.ndim), dtype=input.dtype, keepdims=keep_dims)).astype(
        input.dtype
    )


@euclidean_norm.gradient
def euclidean_norm_gradient(g, op, dy):
    share = g.real_div(_with_reduced_axes(g, op, dy), _with_reduced_axes(g, op, op.outputs[0]))
    return g.mul(op.inputs[0], share), None


_BOOLEAN = "(input: bool, reduction_indices: Tidx, *, keep_dims: bool = False) -> output: bool"


@op("All" + _BOOLEAN, **_TRUTHS)
def all_(xp, input, reduction_indices, keep_dims):
    """Tell whether all elements along the given axes are true."""
    return xp.all(input, axis=axis_tuple(reduction_indices, input.ndim), keepdims=keep_dims)


@op("Any" + _BOOLEAN, **_TRUTHS)
def any_(xp, input, reduction_indices, keep_dims):
    """Tell whether any element along the given axes is true."""
    return xp.any(input, axis=axis_tuple(reduction_indices, input.ndim), keepdims=keep_dims)


def _position_shape(c):
    rules.with_rank(c, c.shape(1), 0)
    shape, axis = c.shape(0), c.value(1)
    if shape is None:
        return None
    rank = len(shape)
    if axis is None:
        return (None,) * max(rank - 1, 0)
    if rank == 0:
        return ()
    axis = int(axis)
    if not -rank <= axis < rank:
        raise c.fail(f"Dimension ({axis}) must be in the range [{-rank}, {rank}), where {rank} is the number of dimensions in the input.")
    axis %= rank
    return shape[:axis] + shape[axis + 1 :]


_SEARCHED = f"{REALS_AND_QUANTIZED} bool"
_POSITIONS: dict[str, Any] = {
    "type_defaults": {"Tidx": "int32"},
    "shape": _position_shape,
    "host": ("dimension",),
    "no_gradient": "a position is an integer",
    "samples": [sample(values((2, 3)), 1), sample(values((2, 3)), 0, output_type="int32"), sample(values((4,)), -1)],
}


def _position(xp, function, input, dimension, output_type, never):
    axis, rank = number(dimension, "dim must be a scalar, but received tensor of shape: "), input.ndim
    if not -rank <= axis < rank:
        raise invalid(f"Expected dimension in the range [{-rank}, {rank}), but got {axis}")
    axis %= rank
    if input.shape[axis] == 0:
        raise invalid(f"Reduction axis {axis} is empty in shape {rules.shape_text(input.shape)}")
    found = function(input, axis=axis)
    if input.dtype.kind == "f" and bool(xp.any(xp.isnan(xp.take_along_axis(input, xp.expand_dims(found, axis), axis)))):
        found = function(xp.where(xp.isnan(input), input.dtype.type(never), input), axis=axis)  # NaN is passed over
    return found.astype(output_type.numpy)


@op(
    "ArgMax(input: T, dimension: Tidx, *, output_type: type = int64) -> output: output_type",
    types={"T": _SEARCHED, "Tidx": SMALL_INDEX, "output_type": "int16 uint16 int32 int64"},
    cost=costs.once_per_element,
    **_POSITIONS,
)
def arg_max(xp, input, dimension, output_type):
    """Find the position of the largest element along an axis (the first, if several are largest)."""
    return _position(xp, xp.argmax, input, dimension, output_type, -math.inf)


@op(
    "ArgMin(input: T, dimension: Tidx, *, output_type: type = int64) -> output: output_type",
    types={"T": _SEARCHED, "Tidx": INDEX, "output_type": INDEX},
    cost=costs.once_per_element,
    **_POSITIONS,
)
def arg_min(xp, input, dimension, output_type):
    """Find the position of the smallest element along an axis (the first, if several are smallest)."""
    return _position(xp, xp.argmin, input, dimension, output_type, math.inf)
