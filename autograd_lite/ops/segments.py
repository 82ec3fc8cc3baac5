"""Ops that combine rows by segment: sums, means, products and extremes of the rows that share an id.

The ids of the `Segment...` ops are sorted, and the last one says how many segments there are; those of the `UnsortedSegment...` ops come in
any order, with the number of segments, and a negative id drops its row.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_indices, check_room, invalid, number
from autograd_lite.ops.indexing import leading_mask
from autograd_lite.ops.rows import combine_rows
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX, NUMBERS, REALS, SMALL_INDEX


def _segments_shape(c):
    data, segments, count = c.shape(0), c.shape(1), rules.scalar_size(c, 2)
    if data is None or segments is None:
        return None
    rules.merge_prefix(c, data, segments)
    return (count, *data[len(segments) :])


_SEGMENTED: dict[str, Any] = {
    "type_defaults": {"Tnumsegments": "int32"},
    "shape": _segments_shape,
    "host": ("num_segments",),
    "samples": [sample(values((4, 2)), ints(0, 1, 0, -1), 2), sample(values((2, 2)), [[1, 0], [1, 1]], 2)],
}


def _by_segment(xp, data, segment_ids, num_segments, start, combine):
    """Combine the rows of each segment, from `start`; negative ids drop their row."""
    count = number(num_segments, "num_segments should be a scalar, not shape ")
    if count < 0:
        raise invalid(f"Input num_segments == {count} must not be negative.")
    if data.shape[: segment_ids.ndim] != segment_ids.shape:
        raise invalid(
            f"data.shape = {rules.shape_text(data.shape)} does not start with segment_ids.shape = {rules.shape_text(segment_ids.shape)}"
        )
    kept = segment_ids >= 0
    check_indices(xp, xp.where(kept, segment_ids, 0), max(count, 1) if not bool(xp.any(kept)) else count, "segment_ids")
    inner = data.shape[segment_ids.ndim :]
    check_room((count, *inner), data.dtype.itemsize)
    result = xp.full((count, *inner), start, dtype=data.dtype)
    combine_rows(xp, combine, result, segment_ids[kept], data[kept])
    return result


@op(
    "UnsortedSegmentSum(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T",
    types={"T": NUMBERS, "Tindices": SMALL_INDEX, "Tnumsegments": INDEX},
    names=["unsorted_segment_sum", "math.unsorted_segment_sum"],
    cost=costs.once_per_element,
    **_SEGMENTED,
)
def unsorted_segment_sum(xp, data, segment_ids, num_segments):
    """Add up the rows of each segment: row i belongs to segment `segment_ids[i]`, or to none if that is negative.

    >>> tf.Session().run(tf.unsorted_segment_sum([1, 2, 4], [1, 0, 1], 2))
    array([2, 5], dtype=int32)
    """
    return _by_segment(xp, data, segment_ids, num_segments, 0, xp.add)


def _kept(g, ids):
    """Which rows belong to a segment."""
    return g.greater_equal(ids, g.zeros_like(ids))


@unsorted_segment_sum.gradient
def unsorted_segment_sum_gradient(g, op, dy):
    ids = op.inputs[1]
    rows = g.gather_v2(dy, g.maximum(ids, g.zeros_like(ids)), 0)
    return g.select_v2(leading_mask(g, _kept(g, ids), rows), rows, g.zeros_like(rows)), None, None


def extreme(T, largest):
    """The largest or smallest number of a type, where a search for the smallest or largest starts."""
    return T.max if largest else T.min


@op(
    "UnsortedSegmentMax(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T",
    types={"T": REALS, "Tindices": INDEX, "Tnumsegments": INDEX},
    names=["unsorted_segment_max", "math.unsorted_segment_max"],
    cost=costs.once_per_element,
    **_SEGMENTED,
)
def unsorted_segment_max(xp, data, segment_ids, num_segments, T):
    """Find the largest element of each segment; an empty one has the smallest number of the type.

    >>> tf.Session().run(tf.unsorted_segment_max([1, 2, 4], [1, 0, 1], 2))
    array([2, 4], dtype=int32)
    """
    return _by_segment(xp, data, segment_ids, num_segments, extreme(T, False), xp.maximum)


@op(
    "UnsortedSegmentMin(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T",
    types={"T": REALS, "Tindices": INDEX, "Tnumsegments": INDEX},
    names=["unsorted_segment_min", "math.unsorted_segment_min"],
    cost=costs.once_per_element,
    **_SEGMENTED,
)
def unsorted_segment_min(xp, data, segment_ids, num_segments, T):
    """Find the smallest element of each segment; an empty one has the largest number of the type.

    >>> tf.Session().run(tf.unsorted_segment_min([1, 2, 4], [1, 0, 1], 2))
    array([2, 1], dtype=int32)
    """
    return _by_segment(xp, data, segment_ids, num_segments, extreme(T, True), xp.minimum)


@op(
    "UnsortedSegmentProd(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T",
    types={"T": NUMBERS, "Tindices": INDEX, "Tnumsegments": INDEX},
    names=["unsorted_segment_prod", "math.unsorted_segment_prod"],
    cost=costs.once_per_element,
    **_SEGMENTED,
)
def unsorted_segment_prod(xp, data, segment_ids, num_segments):
    """Multiply the rows of each segment; the product of none is 1.

    >>> tf.Session().run(tf.unsorted_segment_prod([1, 2, 4], [1, 0, 1], 2))
    array([2, 4], dtype=int32)
    """
    return _by_segment(xp, data, segment_ids, num_segments, 1, xp.multiply)


def _best_rows(g, op, dy, places, total, kept=None):
    """Rows that equal the best of their segment share its gradient. `total(rows)` adds the rows of each segment up."""
    data = op.inputs[0]
    chosen = g.equal(data, g.gather_v2(op.outputs[0], places, 0))
    if kept is not None:
        chosen = g.logical_and(chosen, kept)
    rows = g.gather_v2(g.real_div(dy, total(g.cast(chosen, dy.dtype))), places, 0)
    return g.select_v2(chosen, rows, g.zeros_like(rows))


def _factor_rows(g, op, dy, places, total, product):
    """Every row gets the product of the others of its segment: without division where one factor is 0, and 0 where several are."""
    data = op.inputs[0]
    zeros = g.zeros_like(data)
    is_zero = g.equal(data, zeros)
    count = total(g.cast(is_zero, dy.dtype))
    dy = g.select_v2(g.greater(count, g.ones_like(count)), g.zeros_like(dy), dy)
    others = g.gather_v2(product(g.select_v2(is_zero, g.ones_like(data), data)), places, 0)
    divided = g.real_div(g.gather_v2(op.outputs[0], places, 0), data)
    return g.mul(g.gather_v2(dy, places, 0), g.select_v2(is_zero, others, divided))


def _places(g, ids):
    """The segment of every row; rows that belong to none are given the first, and masked later."""
    return g.maximum(ids, g.zeros_like(ids))


@unsorted_segment_max.gradient
@unsorted_segment_min.gradient
def unsorted_best_gradient(g, op, dy):
    data, ids, count = op.inputs
    kept = leading_mask(g, _kept(g, ids), data)
    return _best_rows(g, op, dy, _places(g, ids), lambda rows: g.unsorted_segment_sum(rows, ids, count), kept), None, None


@unsorted_segment_prod.gradient
def unsorted_segment_prod_gradient(g, op, dy):
    data, ids, count = op.inputs

    def total(rows):
        return g.unsorted_segment_sum(rows, ids, count)

    def product(rows):
        return g.unsorted_segment_prod(rows, ids, count)

    rows = _factor_rows(g, op, dy, _places(g, ids), total, product)
    return g.select_v2(leading_mask(g, _kept(g, ids), data), rows, g.zeros_like(rows)), None, None


def _sorted_shape(c):
    rules.with_rank(c, c.shape(1), 1)
    data = rules.with_rank_at_least(c, c.shape(0), 1)
    return None if data is None else (None, *data[1:])


def _by_sorted_segment(xp, data, segment_ids, start, combine):
    """Combine the rows of each segment, from `start`; how many segments there are, the last id says."""
    if not data.ndim:
        raise invalid("input must be at least rank 1")
    if segment_ids.ndim != 1:
        raise invalid("segment_ids should be a vector.")
    if data.shape[0] != len(segment_ids):
        raise invalid("segment_ids should be the same size as dimension 0 of input.")
    if bool(xp.any(segment_ids[1:] < segment_ids[:-1])):
        raise invalid("segment ids are not increasing")
    if len(segment_ids) and int(segment_ids[0]) < 0:
        raise invalid("segment ids must be >= 0")
    count = int(segment_ids[-1]) + 1 if len(segment_ids) else 0
    check_room((count, *data.shape[1:]), data.dtype.itemsize)
    result = xp.full((count, *data.shape[1:]), start, dtype=data.dtype)
    combine_rows(xp, combine, result, segment_ids, data)
    return result


def _without_rows(xp, result, segment_ids):
    """Which segments have no rows."""
    empty = xp.ones(len(result), dtype=bool)
    empty[segment_ids] = False
    return empty


_SORTED: dict[str, Any] = {
    "cost": costs.once_per_element,
    "shape": _sorted_shape,
    "samples": [sample(values((4, 2)), ints(0, 0, 1, 3)), sample(values((3,)), ints(0, 1, 1))],
}
_SORTED_NUMBERS: dict[str, Any] = {"types": {"T": NUMBERS, "Tindices": INDEX}, **_SORTED}
_SORTED_REALS: dict[str, Any] = {"types": {"T": REALS, "Tindices": INDEX}, **_SORTED}


@op("SegmentSum(data: T, segment_ids: Tindices) -> output: T", names=["segment_sum", "math.segment_sum"], **_SORTED_NUMBERS)
def segment_sum(xp, data, segment_ids):
    """Add up the rows of each segment; ids are sorted.

    >>> tf.Session().run(tf.segment_sum([1, 2, 4], [0, 0, 1]))
    array([3, 4], dtype=int32)
    """
    return _by_sorted_segment(xp, data, segment_ids, 0, xp.add)


@segment_sum.gradient
def segment_sum_gradient(g, op, dy):
    return g.gather_v2(dy, op.inputs[1], 0), None


@op("SegmentMean(data: T, segment_ids: Tindices) -> output: T", names=["segment_mean", "math.segment_mean"], **_SORTED_NUMBERS)
def segment_mean(xp, data, segment_ids):
    """Average the rows of each segment; ids are sorted.

    >>> tf.Session().run(tf.segment_mean([1.0, 2.0, 4.0], [0, 0, 1]))
    array([1.5, 4. ], dtype=float32)
    """
    total = _by_sorted_segment(xp, data, segment_ids, 0, xp.add)
    counts = xp.maximum(xp.bincount(segment_ids, minlength=len(total)), 1).reshape((-1,) + (1,) * (data.ndim - 1))
    return xp.trunc(total / counts).astype(data.dtype) if data.dtype.kind in "iu" else total / counts.astype(data.dtype)


@segment_mean.gradient
def segment_mean_gradient(g, op, dy):
    data, ids = op.inputs
    counts = g.segment_sum(g.ones_like(g.cast(ids, dy.dtype)), ids)
    share = g.real_div(dy, g.maximum(leading_mask(g, counts, dy), g.constant(1, dy.dtype)))
    return g.gather_v2(share, ids, 0), None


@op("SegmentProd(data: T, segment_ids: Tindices) -> output: T", names=["segment_prod", "math.segment_prod"], **_SORTED_NUMBERS)
def segment_prod(xp, data, segment_ids):
    """Multiply the rows of each segment; ids are sorted.

    >>> tf.Session().run(tf.segment_prod([1, 2, 4], [0, 0, 1]))
    array([2, 4], dtype=int32)
    """
    return _by_sorted_segment(xp, data, segment_ids, 1, xp.multiply)


@segment_prod.gradient
def segment_prod_gradient(g, op, dy):
    ids = op.inputs[1]
    return _factor_rows(g, op, dy, ids, lambda rows: g.segment_sum(rows, ids), lambda rows: g.segment_prod(rows, ids)), None


@op("SegmentMax(data: T, segment_ids: Tindices) -> output: T", names=["segment_max", "math.segment_max"], **_SORTED_REALS)
def segment_max(xp, data, segment_ids, T):
    """Find the largest element of each segment; ids are sorted, and an id that is left out gets 0.

    >>> tf.Session().run(tf.segment_max([1, 2, 4], [0, 0, 1]))
    array([2, 4], dtype=int32)
    """
    result = _by_sorted_segment(xp, data, segment_ids, extreme(T, False), xp.maximum)
    result[_without_rows(xp, result, segment_ids)] = 0
    return result


@op("SegmentMin(data: T, segment_ids: Tindices) -> output: T", names=["segment_min", "math.segment_min"], **_SORTED_REALS)
def segment_min(xp, data, segment_ids, T):
    """Find the smallest element of each segment; ids are sorted, and an id that is left out gets 0.

    >>> tf.Session().run(tf.segment_min([1, 2, 4], [0, 0, 1]))
    array([1, 4], dtype=int32)
    """
    result = _by_sorted_segment(xp, data, segment_ids, extreme(T, True), xp.minimum)
    result[_without_rows(xp, result, segment_ids)] = 0
    return result


@segment_max.gradient
@segment_min.gradient
def sorted_best_gradient(g, op, dy):
    ids = op.inputs[1]
    return _best_rows(g, op, dy, ids, lambda rows: g.segment_sum(rows, ids)), None
