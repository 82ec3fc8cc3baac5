"""Ops that search: where values belong in sorted rows, which position an element number means, the greatest elements of an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import axis_from_front, check_room, invalid
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX, REALS


def _bound_shape(c):
    inputs, wanted = rules.with_rank(c, c.shape(0), 2), rules.with_rank(c, c.shape(1), 2)
    rules.merge_size(c, inputs[0], wanted[0])
    return c.shape(1)


_BOUND: dict[str, Any] = {
    "types": {"T": REALS, "out_type": INDEX},
    "shape": _bound_shape,
    "no_gradient": "positions do not change with small steps of the inputs",
    "samples": [
        sample(np.array([[1.0, 3.0, 3.0, 7.0]]), np.array([[0.0, 3.0, 8.0]])),
        sample(np.array([[1, 3], [5, 5]]), np.array([[3, 6, 0], [5, 4, 6]]), out_type="int64"),
    ],
}


def _bisect(xp, rows, wanted, goes_on, dtype):
    """Halve, for all of `wanted` [n, m] at once, the part of a row of `rows` [n, k] in which it may stand.

    `goes_on(elements, wanted)` says whether a value belongs behind an element.
    """
    if rows.ndim != 2 or wanted.ndim != 2:
        name, array = ("sorted_inputs", rows) if rows.ndim != 2 else ("values", wanted)
        raise invalid(f"Shape must be rank 2 but is rank {array.ndim} for `{name}` argument")
    if rows.shape[0] != wanted.shape[0]:
        raise invalid("Leading dim_size of both tensors must match.")
    size = rows.shape[1]
    first, left = xp.zeros(wanted.shape, dtype=xp.int64), xp.full(wanted.shape, size, dtype=xp.int64)
    for _ in range(size.bit_length()):
        half = left >> 1
        middle = first + half
        behind = goes_on(xp.take_along_axis(rows, xp.minimum(middle, size - 1), axis=1), wanted) & (left > 0)
        first = xp.where(behind, middle + 1, first)
        left = xp.where(behind, left - half - 1, half)
    return first.astype(dtype.numpy)


@op("LowerBound(sorted_inputs: T, values: T, *, out_type: type = int32) -> output: out_type", **_BOUND)
def lower_bound(xp, sorted_inputs, values, out_type):
    """Find, row by row, how many elements of a sorted row are smaller than each value."""
    return _bisect(xp, sorted_inputs, values, lambda element, value: element < value, out_type)


@op("UpperBound(sorted_inputs: T, values: T, *, out_type: type = int32) -> output: out_type", **_BOUND)
def upper_bound(xp, sorted_inputs, values, out_type):
    """Find, row by row, how many elements of a sorted row are not greater than each value."""
    return _bisect(xp, sorted_inputs, values, lambda element, value: ~(value < element), out_type)


def _unravel_shape(c):
    indices, dims = c.shape(0), rules.with_rank(c, c.shape(1), 1)
    if indices is None:
        return None
    return dims if not indices else (dims[0], rules.size_product(indices))


@op(
    "UnravelIndex(indices: Tidx, dims: Tidx) -> output: Tidx",
    types={"Tidx": INDEX},
    type_defaults={"Tidx": "int32"},
    shape=_unravel_shape,
    host=("dims",),
    names=["unravel_index"],
    no_gradient="its inputs are integers",
    samples=[sample(ints(22, 3, 5), ints(7, 6)), sample(8, ints(7, 6))],
)
def unravel_index(xp, indices, dims):
    """Turn element numbers, counted row by row, into positions: row i of the result holds their places along axis i.

    >>> tf.Session().run(tf.unravel_index([22, 41], [7, 6]))
    array([[3, 6],
           [4, 5]], dtype=int32)
    """
    sizes = np.asarray(dims)
    if sizes.ndim != 1:
        raise invalid(f'The indices can only be 1-D, got "{rules.shape_text(sizes.shape)}"')
    if indices.ndim > 1:
        raise invalid(f'The indices can only be scalar or vector, got "{rules.shape_text(indices.shape)}"')
    if not sizes.all():
        raise invalid(f"Input dims cannot contain a dim of zero, but dims contains zero at index {int(np.argmin(sizes != 0))}")
    total = int(np.prod(sizes.astype(object)))
    if bool(xp.any(indices >= total)):
        raise invalid("index is out of bound as with dims")
    rows, left = [], indices
    for size in sizes[::-1].tolist():
        rows.append(left - _towards_zero(xp, left, size) * size)
        left = _towards_zero(xp, left, size)
    found = xp.stack(rows[::-1]) if rows else xp.zeros((0, *indices.shape), dtype=indices.dtype)
    return found.astype(indices.dtype)


def _towards_zero(xp, numbers, size):
    """Quotients of whole numbers, cut off as C does."""
    return xp.where(numbers < 0, -(-numbers // size), numbers // size)


def _approximate_shape(c):
    shape, axis, k = c.shape(0), c.attrs["reduction_dimension"], c.attrs["k"]
    if shape is None:
        return [None, None]
    rank = len(shape)
    if not -rank <= axis < rank:
        raise c.fail(f"Invalid reduction dimension: {axis}. Must be within the range of [{-rank}, {rank - 1}]")
    axis %= rank
    if shape[axis] is not None and shape[axis] < k:
        raise c.fail(f"input must have last dimension >= k = {k} but was {shape[axis]}")
    return [shape[:axis] + (k,) + shape[axis + 1 :]] * 2


@op(
    "ApproxTopK(input: T, *, k: int >= 0, reduction_dimension: int = -1, recall_target: float = 0.95, is_max_k: bool = True, "
    "reduction_input_size_override: int = -1, aggregate_to_topk: bool = True) -> values: T, indices: int32",
    types={"T": "half bfloat16 float"},
    shape=_approximate_shape,
    samples=[
        sample(values((2, 5), dtype="float32"), k=2),
        sample(values((5, 2), dtype="float32"), k=3, reduction_dimension=0, is_max_k=False),
    ],
)
def approx_top_k(xp, input, k, reduction_dimension, is_max_k):
    """Find the `k` greatest (or smallest) elements along an axis, in order, and their positions; here no approximation is needed."""
    axis = axis_from_front(reduction_dimension, input.ndim)
    if input.shape[axis] < k:
        raise invalid(f"input must have last dimension >= k = {k} but was {input.shape[axis]}")
    check_room((*input.shape, k), input.dtype.itemsize)
    order = xp.argsort(-input if is_max_k else input, axis=axis, kind="stable")
    places = order[(slice(None),) * axis + (slice(0, k),)]
    return xp.take_along_axis(input, places, axis=axis), places.astype(xp.int32)


@approx_top_k.gradient
def approx_top_k_gradient(g, op, dy, dindices):
    if dy is None:
        return None
    x, axis = op.inputs[0], op.attrs["reduction_dimension"]
    if x.static_shape is None:
        raise ValueError("The gradient of ApproxTopK needs a tensor of known rank")
    axis %= len(x.static_shape)
    size = x.static_shape[axis]
    size = g.shape(x)[axis] if size is None else size
    spread = g.one_hot(op.outputs[1], size, g.constant(1, x.dtype), g.constant(0, x.dtype), axis=axis)  # [..., size, k, ...]
    return g.sum(g.mul(spread, g.expand_dims(dy, axis)), axis + 1)
