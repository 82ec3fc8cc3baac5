"""Arithmetic on sparse tensors: sums, products with dense tensors and matrices, extremes, reductions and softmax."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.rows import PART, combine_rows
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.sparse_parts import check_inside, checked_sizes, known_sizes, parts_shapes, positions_of, running_numbers, sizes_of
from autograd_lite.ops.sparse_structure import PLACES, SQUARE, lookup
from autograd_lite.ops.type_lists import INDEX, NUMBERS, REALS

OTHERS = np.array([[0, 1], [1, 1], [2, 2]], np.int64)
_PAIR = [sample(PLACES, values((3,)), SQUARE, OTHERS, values((3,)), SQUARE)]


def _union(xp: Any, parts: Any, others: Any) -> tuple[Any, Any, Any, tuple[int, ...]]:
    """Positions of either of two sparse tensors in order, the values that each has there (0 for none), and the sizes."""
    sizes, second = checked_sizes(*parts), checked_sizes(*others)
    if sizes != second:
        raise invalid(f"Operands' shapes do not match: got {text(sizes)} and {text(second)}")
    check_inside(xp, parts[0], sizes)
    check_inside(xp, others[0], sizes)
    numbers = xp.concatenate([running_numbers(xp, parts[0], sizes), running_numbers(xp, others[0], sizes)])
    order = xp.argsort(numbers, kind="stable")  # two sorted runs are only merged
    ordered = numbers[order]
    is_new = xp.concatenate([xp.ones(min(len(ordered), 1), dtype=bool), ordered[1:] != ordered[:-1]])
    places = xp.empty_like(order)
    places[order] = xp.cumsum(is_new) - 1
    found = order[is_new]
    first, other = (xp.zeros(len(found), dtype=parts[1].dtype) for _ in range(2))
    combine_rows(xp, xp.add, first, places[: len(parts[1])], parts[1])
    combine_rows(xp, xp.add, other, places[len(parts[1]) :], others[1])
    return xp.take(xp.concatenate([parts[0], others[0]]), found, axis=0), first, other, sizes


def _union_shape(c):
    _, rank = parts_shapes(c)
    _, second = parts_shapes(c, 3)
    rank = rules.merge_size(c, rank, second)
    return [(None, rank), (None,), (rank,)]


@op(
    "SparseAdd(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64, thresh: Treal) "
    "-> sum_indices: int64, sum_values: T, sum_shape: int64",
    types={"T": NUMBERS, "Treal": REALS},
    shape=_union_shape,
    host=("a_shape", "b_shape", "thresh"),
    samples=[
        sample(PLACES, values((3,)), SQUARE, OTHERS, values((3,)), SQUARE, np.array(0.0)),
        sample(PLACES, values((3,)), SQUARE, PLACES[:0], values((0,)), SQUARE, np.array(0.5)),
    ],
)
def sparse_add(xp, a_indices, a_values, a_shape, b_indices, b_values, b_shape, thresh):
    """Add two sparse tensors; sums that are smaller than `thresh` are dropped."""
    limit = np.asarray(thresh)
    if limit.ndim:
        raise invalid(f"The magnitude threshold must be a scalar: got shape {text(limit.shape)}")
    indices, first, other, sizes = _union(xp, (a_indices, a_values, a_shape), (b_indices, b_values, b_shape))
    total = first + other
    kept = xp.flatnonzero(xp.abs(total) >= float(limit))
    return xp.take(indices, kept, axis=0), total[kept], xp.asarray(np.array(sizes, np.int64))


@sparse_add.gradient
def sparse_add_gradient(g, op, d_indices, d_values, d_shape):
    if d_values is None:
        return [None] * 7
    first, other = g.sparse_add_grad(d_values, op.inputs[0], op.inputs[3], op.outputs[0])
    return None, first, None, None, other, None, None


def _add_grad_shape(c):
    rules.with_rank(c, c.shape(0), 1)
    rules.with_rank(c, c.shape(3), 2)
    return [(rules.with_rank(c, c.shape(1), 2)[0],), (rules.with_rank(c, c.shape(2), 2)[0],)]


@op(
    "SparseAddGrad(backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64) -> a_val_grad: T, b_val_grad: T",
    types={"T": NUMBERS},
    shape=_add_grad_shape,
    samples=[sample(values((4,)), PLACES, OTHERS, np.array([[0, 1], [1, 0], [1, 1], [2, 2]], np.int64))],
)
def sparse_add_grad(xp, backprop_val_grad, a_indices, b_indices, sum_indices):
    """Look up, for the elements of both summands, the gradient of the sum at their positions; dropped ones get 0."""
    if len(backprop_val_grad) != len(sum_indices):
        raise invalid(f"# elements in backprop_val_grad and sum_indices must match: {len(backprop_val_grad)} != {len(sum_indices)}")
    return lookup(xp, a_indices, sum_indices, backprop_val_grad), lookup(xp, b_indices, sum_indices, backprop_val_grad)


@sparse_add_grad.gradient
def sparse_add_grad_gradient(g, op, d_first, d_other):
    _, first, other, total = op.inputs
    parts = [g.sparse_add_grad(d, total, total, places)[0] for d, places in ((d_first, first), (d_other, other)) if d is not None]
    return g.add_n(parts) if parts else None, None, None, None


def _dense_add_shape(c):
    parts_shapes(c)
    return rules.merge(c, known_sizes(c, 2), c.shape(3))


@op(
    "SparseTensorDenseAdd(a_indices: Tindices, a_values: T, a_shape: Tindices, b: T) -> output: T",
    types={"T": NUMBERS, "Tindices": INDEX},
    shape=_dense_add_shape,
    host=("a_shape",),
    samples=[sample(PLACES, values((3,)), SQUARE, values((3, 3)))],
)
def sparse_tensor_dense_add(xp, a_indices, a_values, a_shape, b):
    """Add a sparse tensor to a dense one of the same shape."""
    sizes = checked_sizes(a_indices, a_values, a_shape)
    if len(sizes) != b.ndim:
        raise invalid(f"Two operands have different ndims; received {len(sizes)} and {b.ndim}")
    for axis, (mine, other) in enumerate(zip(sizes, b.shape)):
        if mine != other:
            raise invalid(f"Dimension {axis} does not equal (no broadcasting is supported): sparse side {mine} vs dense side {other}")
    check_inside(xp, a_indices, sizes)
    result = xp.array(b, order="C")
    combine_rows(xp, xp.add, result.reshape(-1), running_numbers(xp, a_indices, sizes), a_values)
    return result


@sparse_tensor_dense_add.gradient
def sparse_tensor_dense_add_gradient(g, op, dy):
    return None, g.gather_nd(dy, op.inputs[0]), None, dy


# ------------------------------------------------------------------ with a dense tensor, element by element


def _per_element_shape(c):
    return (parts_shapes(c)[0],)


def _dense_at(xp: Any, indices: Any, stored: Any, shape: Any, dense: Any) -> Any:
    """The elements of `dense`, stretched to the sparse shape, at the stored positions."""
    sizes = checked_sizes(indices, stored, shape)
    check_inside(xp, indices, sizes)
    fits = dense.ndim <= len(sizes) and all(size in (1, whole) for size, whole in zip(dense.shape[::-1], sizes[::-1]))
    if not fits:
        raise invalid(
            f"SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: {text(sizes)} vs. {text(dense.shape)}"
        )
    first = len(sizes) - dense.ndim
    places = [xp.minimum(indices[:, first + axis], size - 1) for axis, size in enumerate(dense.shape)]
    return dense[tuple(places)] if dense.ndim else dense


_ELEMENTS: dict[str, Any] = {
    "types": {"T": NUMBERS},
    "shape": _per_element_shape,
    "host": ("sp_shape",),
    "samples": [
        sample(PLACES, values((3,)), SQUARE, values((3, 3), 0.5, 2.0)),
        sample(PLACES, values((3,)), SQUARE, values((3, 1), 0.5, 2.0)),
        sample(PLACES, values((3,)), SQUARE, values((3,), 0.5, 2.0)),
    ],
}


@op("SparseDenseCwiseMul(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T", **_ELEMENTS)
def sparse_dense_cwise_mul(xp, sp_indices, sp_values, sp_shape, dense):
    """Multiply the stored elements of a sparse tensor by a dense one, which is stretched to its shape."""
    return sp_values * _dense_at(xp, sp_indices, sp_values, sp_shape, dense)


@op("SparseDenseCwiseDiv(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T", **_ELEMENTS)
def sparse_dense_cwise_div(xp, sp_indices, sp_values, sp_shape, dense):
    """Divide the stored elements of a sparse tensor by a dense one, which is stretched to its shape."""
    divisor = _dense_at(xp, sp_indices, sp_values, sp_shape, dense)
    if sp_values.dtype.kind not in "iu":
        return sp_values / divisor
    if bool(xp.any(divisor == 0)):
        raise invalid("SparseDenseCwiseDiv failed: cwise_op division by zero")
    return xp.trunc(sp_values / divisor).astype(sp_values.dtype)


@op("SparseDenseCwiseAdd(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T", **_ELEMENTS)
def sparse_dense_cwise_add(xp, sp_indices, sp_values, sp_shape, dense):
    """Add to the stored elements of a sparse tensor those of a dense one, which is stretched to its shape."""
    return sp_values + _dense_at(xp, sp_indices, sp_values, sp_shape, dense)


def _dense_places(g: Any, indices: Any, dense: Any) -> Any:
    """The positions in `dense` (before it is stretched) that belong to the positions of a sparse tensor."""
    sizes = g.shape(dense, out_type="int64")
    inner = indices[:, g.size(indices[:1]) - g.size(sizes) :]
    return g.minimum(inner, g.sub(sizes, g.ones_like(sizes)))


def _summed_at(g: Any, places: Any, terms: Any, dense: Any) -> Any:
    """Terms added up at their positions in a tensor shaped like `dense`."""
    return g.scatter_nd(places, terms, g.shape(dense, out_type="int64"))


@sparse_dense_cwise_mul.gradient
def sparse_dense_cwise_mul_gradient(g, op, dy):
    indices, stored, _, dense = op.inputs
    places = _dense_places(g, indices, dense)
    d_dense = _summed_at(g, places, g.mul(dy, stored), dense) if g.needs(3) else None
    return None, g.mul(dy, g.gather_nd(dense, places)), None, d_dense


@sparse_dense_cwise_div.gradient
def sparse_dense_cwise_div_gradient(g, op, dy):
    indices, stored, _, dense = op.inputs
    places = _dense_places(g, indices, dense)
    divisor = g.gather_nd(dense, places)
    share = g.real_div(dy, divisor)
    d_dense = _summed_at(g, places, g.neg(g.mul(share, g.real_div(stored, divisor))), dense) if g.needs(3) else None
    return None, share, None, d_dense


@sparse_dense_cwise_add.gradient
def sparse_dense_cwise_add_gradient(g, op, dy):
    indices, _, _, dense = op.inputs
    return None, dy, None, _summed_at(g, _dense_places(g, indices, dense), dy, dense) if g.needs(3) else None


# ------------------------------------------------------------------ matrix product


def _matmul_shape(c):
    rules.with_rank(c, c.shape(0), 2)
    rules.with_rank(c, c.shape(1), 1)
    sizes = known_sizes(c, 2)
    if sizes is not None:
        sizes = rules.with_rank(c, sizes, 2)
    b = rules.with_rank(c, c.shape(3), 2)
    rows, inner = (None, None) if sizes is None else sizes[::-1] if c.attrs["adjoint_a"] else sizes
    other, columns = b[::-1] if c.attrs["adjoint_b"] else b
    rules.merge_size(c, inner, other)
    return (rows, columns)


@op(
    "SparseTensorDenseMatMul(a_indices: Tindices, a_values: T, a_shape: int64, b: T, "
    "*, adjoint_a: bool = False, adjoint_b: bool = False) -> product: T",
    types={"Tindices": INDEX},
    type_defaults={"Tindices": "int64"},
    shape=_matmul_shape,
    host=("a_shape",),
    samples=[
        sample(PLACES, values((3,)), SQUARE, values((3, 2))),
        sample(PLACES, values((3,)), SQUARE, values((3, 2)), adjoint_a=True),
        sample(PLACES, values((3,)), ints(3, 3, dtype="int64"), values((2, 3)), adjoint_b=True),
        sample(PLACES, values((3,), dtype="complex128"), SQUARE, values((2, 3), dtype="complex128"), adjoint_a=True, adjoint_b=True),
    ],
)
def sparse_tensor_dense_mat_mul(xp, a_indices, a_values, a_shape, b, adjoint_a, adjoint_b):
    """Multiply a sparse matrix by a dense one; each may be conjugated and transposed first."""
    sizes = sizes_of(a_shape, "Tensor 'a_shape' is not a vector: shape ")
    if len(sizes) != 2:
        raise invalid(f"Tensor 'a_shape' must have 2 elements, but it has {len(sizes)}")
    if b.ndim != 2:
        raise invalid("Tensor 'b' is not a matrix")
    checked_sizes(a_indices, a_values, a_shape)
    right = b.conj().T if adjoint_b else b
    rows, inner = sizes[::-1] if adjoint_a else sizes
    if inner != right.shape[0]:
        raise invalid(
            f"Cannot multiply A and B because inner dimension does not match: {inner} vs. {right.shape[0]}.  Did you forget a transpose?  "
            f"Dimensions of A: {text(sizes)}.  Dimensions of B: {text(b.shape)}"
        )
    check_inside(xp, a_indices, sizes)
    check_room((rows, right.shape[1]), b.dtype.itemsize)
    row, column = (a_indices[:, 1], a_indices[:, 0]) if adjoint_a else (a_indices[:, 0], a_indices[:, 1])
    factors = a_values.conj() if adjoint_a else a_values
    product = xp.zeros((rows, right.shape[1]), dtype=b.dtype)
    step = max(PART // max(right.shape[1], 1), 1)  # the terms of so many elements at a time
    for start in range(0, len(factors), step):
        part = slice(start, start + step)
        terms = xp.take(right, column[part], axis=0)
        terms *= factors[part, None]
        combine_rows(xp, xp.add, product, row[part], terms)
    return product


def _conjugate(g: Any, x: Any) -> Any:
    return g.conj(x) if x.dtype.is_complex else x


def _adjoint(g: Any, x: Any) -> Any:
    return _conjugate(g, g.transpose(x, [1, 0]))


@sparse_tensor_dense_mat_mul.gradient
def sparse_tensor_dense_mat_mul_gradient(g, op, dy):
    indices, stored, shape, b = op.inputs
    adjoint_a, adjoint_b = op.attrs["adjoint_a"], op.attrs["adjoint_b"]
    d_values = d_b = None
    if g.needs(1):
        right = _adjoint(g, b) if adjoint_b else b
        own, other = (1, 0) if adjoint_a else (0, 1)
        parts = g.gather_v2(dy, indices[:, own], 0)
        factors = g.gather_v2(right, indices[:, other], 0)
        pairs = g.mul(_conjugate(g, parts), factors) if adjoint_a else g.mul(parts, _conjugate(g, factors))
        d_values = g.reduce_sum(pairs, 1)
    if g.needs(3):
        d_b = g.sparse_tensor_dense_mat_mul(indices, stored, shape, dy, adjoint_a=not adjoint_a)
        d_b = _adjoint(g, d_b) if adjoint_b else d_b
    return None, d_values, None, d_b


# ------------------------------------------------------------------ reductions


def _reduced_axes(reduction_axes: Any, rank: int) -> tuple[int, ...]:
    """The axes to reduce counted from the front; none named means all."""
    axes = np.asarray(reduction_axes).reshape(-1).tolist()
    for axis in axes:
        if not -rank <= axis < rank:
            raise invalid(f"Invalid reduction dimension {axis}, for input with {rank} dimensions.")
    return tuple(sorted({axis % rank for axis in axes})) if axes else tuple(range(rank))


def _groups(xp: Any, indices: Any, stored: Any, shape: Any, reduction_axes: Any) -> tuple[Any, tuple[int, ...], tuple[int, ...]]:
    """For each element the running number of what it is reduced into, the kept sizes, and the sizes with reduced axes as 1."""
    sizes = checked_sizes(indices, stored, shape)
    check_inside(xp, indices, sizes)
    reduced = _reduced_axes(reduction_axes, len(sizes))
    kept = [axis for axis in range(len(sizes)) if axis not in reduced]
    short = tuple([sizes[axis] for axis in kept])
    numbers = running_numbers(xp, indices[:, kept], short) if kept else xp.zeros(len(stored), dtype=xp.int64)
    return numbers, short, tuple([1 if axis in reduced else size for axis, size in enumerate(sizes)])


def _reduced_shape(c):
    parts_shapes(c)
    rules.with_rank_at_most(c, c.shape(3), 1)
    sizes, axes = known_sizes(c, 2), c.value(3)
    if sizes is None or axes is None or None in sizes:
        return None
    wanted = axes.reshape(-1).tolist() or range(len(sizes))
    reduced = rules.reduction_axes(c, len(sizes), wanted)
    if c.attrs["keep_dims"]:
        return tuple([1 if axis in reduced else size for axis, size in enumerate(sizes)])
    return tuple([size for axis, size in enumerate(sizes) if axis not in reduced])


def _sparse_reduced_shape(c):
    parts_shapes(c)
    return [None, None, None]  # TensorFlow infers no more


_INPUTS = "(input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32, *, keep_dims: bool = False)"
_SPARSE_OUTPUTS = "output_indices: int64, output_values: T, output_shape: int64"
_REDUCED: dict[str, Any] = {
    "host": ("input_shape", "reduction_axes"),
    "samples": [
        sample(PLACES, values((3,)), SQUARE, ints(0)),
        sample(PLACES, values((3,)), SQUARE, ints(-1), keep_dims=True),
        sample(PLACES, values((3,)), SQUARE, ints()),
        sample(np.array([[0, 1], [0, 2]], np.int64), values((2,)), SQUARE, 1),
    ],
}


@op(f"SparseReduceSum{_INPUTS} -> output: T", types={"T": NUMBERS}, shape=_reduced_shape, **_REDUCED)
def sparse_reduce_sum(xp, input_indices, input_values, input_shape, reduction_axes, keep_dims):
    """Add the elements of a sparse tensor up along axes; the result is dense."""
    numbers, short, kept = _groups(xp, input_indices, input_values, input_shape, reduction_axes)
    check_room(short, input_values.dtype.itemsize)
    total = xp.zeros(math.prod(short), dtype=input_values.dtype)
    combine_rows(xp, xp.add, total, numbers, input_values)
    return total.reshape(kept if keep_dims else short)


@sparse_reduce_sum.gradient
def sparse_reduce_sum_gradient(g, op, dy):
    indices, _, shape, axes = op.inputs
    rank, axes = g.size(shape), g.reshape(axes, [-1])
    named = g.unsorted_segment_sum(g.ones_like(axes), g.floor_mod(axes, rank), rank)
    reduced = g.logical_or(g.greater(named, g.zeros_like(named)), g.equal(g.size(axes), 0))
    kept = g.select_v2(reduced, g.ones_like(shape), shape)
    places = g.minimum(indices, g.sub(kept, g.ones_like(kept)))
    return None, g.gather_nd(g.reshape(dy, kept), places), None, None


@op(
    f"SparseReduceMax{_INPUTS} -> output: T",
    types={"T": REALS},
    shape=_reduced_shape,
    no_gradient="TensorFlow defines none for extremes of sparse tensors",
    **_REDUCED,
)
def sparse_reduce_max(xp, input_indices, input_values, input_shape, reduction_axes, keep_dims):
    """Find the largest element of a sparse tensor along axes; the result is dense, and 0 where nothing is stored."""
    numbers, short, kept = _groups(xp, input_indices, input_values, input_shape, reduction_axes)
    check_room(short, input_values.dtype.itemsize)
    result = xp.zeros(math.prod(short), dtype=input_values.dtype)
    found, places = xp.unique(numbers, return_inverse=True)
    result[found] = _largest(xp, places.reshape(-1), len(found), input_values)
    return result.reshape(kept if keep_dims else short)


def _largest(xp: Any, places: Any, count: int, stored: Any) -> Any:
    """The largest of the values at each place; every place has one."""
    largest = xp.zeros(count, dtype=stored.dtype)
    largest[places] = stored
    combine_rows(xp, xp.maximum, largest, places, stored)
    return largest


def _still_sparse(xp: Any, parts: Any, reduction_axes: Any, keep_dims: bool, fold: Any) -> tuple[Any, Any, Any]:
    """The parts of a sparse tensor reduced along axes."""
    numbers, short, kept = _groups(xp, parts[0], parts[1], parts[2], reduction_axes)
    sizes = kept if keep_dims else short
    found, places = xp.unique(numbers, return_inverse=True)
    return positions_of(xp, found, sizes), fold(places.reshape(-1), len(found)), xp.asarray(np.array(sizes, np.int64))


@op(
    f"SparseReduceSumSparse{_INPUTS} -> {_SPARSE_OUTPUTS}",
    types={"T": NUMBERS},
    shape=_sparse_reduced_shape,
    no_gradient="TensorFlow defines none for sums that stay sparse",
    **_REDUCED,
)
def sparse_reduce_sum_sparse(xp, input_indices, input_values, input_shape, reduction_axes, keep_dims):
    """Add the elements of a sparse tensor up along axes; the result is sparse."""

    def fold(places, count):
        total = xp.zeros(count, dtype=input_values.dtype)
        combine_rows(xp, xp.add, total, places, input_values)
        return total

    return _still_sparse(xp, (input_indices, input_values, input_shape), reduction_axes, keep_dims, fold)


@op(
    f"SparseReduceMaxSparse{_INPUTS} -> {_SPARSE_OUTPUTS}",
    types={"T": REALS},
    shape=_sparse_reduced_shape,
    no_gradient="TensorFlow defines none for extremes of sparse tensors",
    **_REDUCED,
)
def sparse_reduce_max_sparse(xp, input_indices, input_values, input_shape, reduction_axes, keep_dims):
    """Find the largest element of a sparse tensor along axes; the result is sparse."""

    def fold(places, count):
        return _largest(xp, places, count, input_values)

    return _still_sparse(xp, (input_indices, input_values, input_shape), reduction_axes, keep_dims, fold)


# ------------------------------------------------------------------ extremes of two, softmax

_TWO = "(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64)"


def _extreme_shape(c):
    parts_shapes(c)
    parts_shapes(c, 3)
    return [(None, None), (None,)]


_EXTREMES: dict[str, Any] = {
    "shape": _extreme_shape,
    "host": ("a_shape", "b_shape"),
    "samples": _PAIR,
    "no_gradient": "TensorFlow defines none for extremes of sparse tensors",
}


@op(f"SparseSparseMaximum{_TWO} -> output_indices: int64, output_values: T", types={"T": REALS}, **_EXTREMES)
def sparse_sparse_maximum(xp, a_indices, a_values, a_shape, b_indices, b_values, b_shape):
    """The larger of two sparse tensors, element by element; what is not stored is 0."""
    indices, first, other, _ = _union(xp, (a_indices, a_values, a_shape), (b_indices, b_values, b_shape))
    return indices, xp.maximum(first, other)


@op(f"SparseSparseMinimum{_TWO} -> output_indices: int64, output_values: T", types={"T": NUMBERS}, **_EXTREMES)
def sparse_sparse_minimum(xp, a_indices, a_values, a_shape, b_indices, b_values, b_shape):
    """The smaller of two sparse tensors, element by element; what is not stored is 0."""
    indices, first, other, _ = _union(xp, (a_indices, a_values, a_shape), (b_indices, b_values, b_shape))
    return indices, xp.minimum(first, other)


@op(
    "SparseSoftmax(sp_indices: int64, sp_values: T, sp_shape: int64) -> output: T",
    types={"T": "half float double"},
    shape=_per_element_shape,
    host=("sp_shape",),
    samples=[sample(np.array([[0, 0], [0, 2], [2, 1]], np.int64), values((3,)), SQUARE), sample(PLACES[:0], values((0,)), SQUARE)],
)
def sparse_softmax(xp, sp_indices, sp_values, sp_shape):
    """Softmax over the stored elements of each row (the last axis) of a sparse tensor."""
    sizes = checked_sizes(sp_indices, sp_values, sp_shape)
    if len(sizes) < 2:
        raise invalid(f"Input should have rank >= 2, but got {len(sizes)}")
    check_inside(xp, sp_indices, sizes)
    found, rows = xp.unique(running_numbers(xp, sp_indices[:, :-1], sizes[:-1]), return_inverse=True)
    rows = rows.reshape(-1)
    powers = xp.exp(sp_values - _largest(xp, rows, len(found), sp_values)[rows])
    total = xp.zeros(len(found), dtype=sp_values.dtype)
    combine_rows(xp, xp.add, total, rows, powers)
    return powers / total[rows]


@sparse_softmax.gradient
def sparse_softmax_gradient(g, op, dy):
    indices, _, shape = op.inputs
    y = op.outputs[0]
    sums = g.sparse_reduce_sum(indices, g.mul(y, dy), shape, [-1], keep_dims=True)
    rows = g.sparse_dense_cwise_mul(indices, g.ones_like(y), shape, sums)
    return None, g.mul(g.sub(dy, rows), y), None
