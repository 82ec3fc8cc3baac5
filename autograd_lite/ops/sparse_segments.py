"""Ops that combine chosen rows by segment: sums, means and root-scaled sums of `data[indices]`, as lookups in embeddings need them."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, number
from autograd_lite.ops.rows import combine_rows
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import FLOATS, INDEX, REALS


def _segments_shape(c):
    data = rules.with_rank_at_least(c, c.shape(0), 1)
    indices = rules.with_rank(c, c.shape(1), 1)
    segments = rules.with_rank(c, c.shape(2), 1)
    rules.merge(c, indices, segments)
    count = rules.scalar_size(c, 3) if c.count == 4 else None
    return None if data is None else (count, *data[1:])


def _check_rows(xp: Any, indices: Any, limit: int) -> None:
    """Every index must name a row."""
    outside = (indices < 0) | (indices >= limit)
    if bool(xp.any(outside)):
        place = int(xp.argmax(outside))
        raise invalid(f"Bad: indices[{place}] == {int(indices[place])} out of range [0, {limit})")


def _segment_count(xp: Any, indices: Any, segment_ids: Any, num_segments: Any) -> int:
    """How many segments there are: as told, or as the last id says; ids must be sorted and, if told, smaller."""
    if indices.ndim != 1:
        raise invalid("indices should be a vector.")
    if segment_ids.ndim != 1:
        raise invalid("segment_ids should be a vector.")
    if len(indices) != len(segment_ids):
        raise invalid("segment_ids and indices should have same size.")
    told = None if num_segments is None else number(num_segments, "num_segments should be a scalar, not shape ")
    if told is not None and told < 0:
        raise invalid("segment ids must be >= 0")
    if bool(xp.any(segment_ids[1:] < segment_ids[:-1])):
        raise invalid("segment ids are not increasing")
    if not len(segment_ids):
        return told or 0
    if int(segment_ids[0]) < 0:
        raise invalid("segment ids must be >= 0")
    last = int(segment_ids[-1])
    if told is not None and last >= told:
        raise invalid("segment ids must be < num_segments")
    return last + 1 if told is None else told


def _row_counts(xp: Any, segment_ids: Any, count: int, rank: int) -> Any:
    """How many rows each segment has, at least 1, in a shape that broadcasts against rows."""
    return xp.maximum(xp.bincount(segment_ids, minlength=count), 1).reshape((-1,) + (1,) * (rank - 1))


def _combined(xp: Any, data: Any, indices: Any, segment_ids: Any, num_segments: Any, scale: Any) -> Any:
    """Add the chosen rows of each segment up; `scale(counts)` divides the sums."""
    if not data.ndim:
        raise invalid("Shape must be at least rank 1")
    count = _segment_count(xp, indices, segment_ids, num_segments)
    _check_rows(xp, indices, len(data))
    check_room((count, *data.shape[1:]), data.dtype.itemsize)
    total = xp.zeros((count, *data.shape[1:]), dtype=data.dtype)
    combine_rows(xp, xp.add, total, segment_ids, xp.take(data, indices, axis=0))
    if scale is None:
        return total
    return total / scale(_row_counts(xp, segment_ids, count, data.ndim)).astype(data.dtype)


def _same(counts: Any) -> Any:
    return counts


def _spread_back(xp: Any, grad: Any, indices: Any, segment_ids: Any, output_dim0: Any, scale: Any) -> Any:
    """The gradient of `_combined`: every chosen row gets its segment's share."""
    rows = number(output_dim0, "output_dim0 should be a scalar, not shape ")
    _segment_count(xp, indices, segment_ids, len(grad))
    _check_rows(xp, indices, rows)
    if scale is not None:
        grad = grad / scale(_row_counts(xp, segment_ids, len(grad), grad.ndim)).astype(grad.dtype)
    check_room((rows, *grad.shape[1:]), grad.dtype.itemsize)
    result = xp.zeros((rows, *grad.shape[1:]), dtype=grad.dtype)
    combine_rows(xp, xp.add, result, indices, xp.take(grad, segment_ids, axis=0))
    return result


def _rows_back(xp: Any, grad: Any, indices: Any, segment_ids: Any, dense_output_dim0: Any, scale: Any) -> tuple[Any, Any]:
    """The gradient of `_combined`, only the rows that were taken, and which they are."""
    rows = number(dense_output_dim0, "dense_output_dim0 should be a scalar, not shape ")
    _check_rows(xp, indices, rows)
    taken, places = xp.unique(indices, return_inverse=True)
    return _spread_back(xp, grad, places.reshape(-1), segment_ids, len(taken), scale), taken


def _rows_back_shapes(c):
    rest = _grad_shape(c)
    return [None if rest is None else (None, *rest[1:]), (None,)]


def _grad_shape(c):
    grad = rules.with_rank_at_least(c, c.shape(0), 1)
    rules.merge(c, rules.with_rank(c, c.shape(1), 1), rules.with_rank(c, c.shape(2), 1))
    return None if grad is None else (rules.scalar_size(c, 3), *grad[1:])


_INDICES = {"Tidx": INDEX, "Tsegmentids": INDEX}
_INT32 = {"Tidx": "int32", "Tsegmentids": "int32"}
_KNOWN: dict[str, Any] = {
    "cost": costs.once_per_element,
    "type_defaults": _INT32,
    "release_attrs": {"2.21": {"sparse_gradient": ("bool", False)}},
    "shape": _segments_shape,
    "samples": [sample(values((4, 2)), ints(0, 2, 2, 3), ints(0, 0, 1, 3)), sample(values((3,)), ints(1, 1), ints(0, 0))],
}
_COUNTED: dict[str, Any] = {
    "type_defaults": {**_INT32, "Tnumsegments": "int32"},
    "release_attrs": {"2.21": {"sparse_gradient": ("bool", False)}},
    "shape": _segments_shape,
    "host": ("num_segments",),
    "samples": [sample(values((4, 2)), ints(0, 2, 2), ints(0, 0, 2), 4), sample(values((3,)), ints(), ints(), 2)],
}
_BACK: dict[str, Any] = {
    "cost": costs.once_per_element,
    "types": {"T": FLOATS, **_INDICES},
    "type_defaults": _INT32,
    "shape": _grad_shape,
    "host": ("output_dim0",),
    "samples": [sample(values((3, 2)), ints(0, 2, 2), ints(0, 0, 2), 4)],
}
_BACK_V2: dict[str, Any] = {
    **_BACK,
    "shape": _rows_back_shapes,
    "host": ("dense_output_dim0",),
    "no_gradient": "TensorFlow defines none: which rows are taken depends on the indices",
}
_V2 = "(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) -> output: T, sorted_unique_indices: Tidx"
_COUNTED_TYPES = {**_INDICES, "Tnumsegments": INDEX}


@op("SparseSegmentSum(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T", types={"T": REALS, **_INDICES}, **_KNOWN)
def sparse_segment_sum(xp, data, indices, segment_ids):
    """Add up rows `data[indices]` that share a segment; ids are sorted."""
    return _combined(xp, data, indices, segment_ids, None, None)


@op("SparseSegmentMean(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T", types={"T": FLOATS, **_INDICES}, **_KNOWN)
def sparse_segment_mean(xp, data, indices, segment_ids):
    """Average rows `data[indices]` that share a segment; ids are sorted."""
    return _combined(xp, data, indices, segment_ids, None, _same)


@op("SparseSegmentSqrtN(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T", types={"T": FLOATS, **_INDICES}, **_KNOWN)
def sparse_segment_sqrt_n(xp, data, indices, segment_ids):
    """Add up rows `data[indices]` that share a segment and divide by the root of their number; ids are sorted."""
    return _combined(xp, data, indices, segment_ids, None, xp.sqrt)


@op(
    "SparseSegmentSumWithNumSegments(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> output: T",
    types={"T": REALS, **_COUNTED_TYPES},
    cost=costs.once_per_element,
    **_COUNTED,
)
def sparse_segment_sum_with_num_segments(xp, data, indices, segment_ids, num_segments):
    """Add up rows `data[indices]` that share a segment; segments without rows are 0."""
    return _combined(xp, data, indices, segment_ids, num_segments, None)


@op(
    "SparseSegmentMeanWithNumSegments(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> output: T",
    types={"T": FLOATS, **_COUNTED_TYPES},
    cost=costs.once_per_element,
    **_COUNTED,
)
def sparse_segment_mean_with_num_segments(xp, data, indices, segment_ids, num_segments):
    """Average rows `data[indices]` that share a segment; segments without rows are 0."""
    return _combined(xp, data, indices, segment_ids, num_segments, _same)


@op(
    "SparseSegmentSqrtNWithNumSegments(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> output: T",
    types={"T": FLOATS, **_COUNTED_TYPES},
    cost=costs.once_per_element,
    **_COUNTED,
)
def sparse_segment_sqrt_n_with_num_segments(xp, data, indices, segment_ids, num_segments):
    """Add up rows `data[indices]` that share a segment and divide by the root of their number; segments without rows are 0."""
    return _combined(xp, data, indices, segment_ids, num_segments, xp.sqrt)


@sparse_segment_sum.gradient
@sparse_segment_sum_with_num_segments.gradient
def sparse_segment_sum_gradient(g, op, dy):
    data, indices, segments = op.inputs[:3]
    if op.attrs.get("sparse_gradient"):
        return _few_rows(g, op, g.sparse_segment_sum_grad_v2(dy, indices, segments, _rows(g, data)))
    rows = g.gather_v2(dy, segments, 0)
    return [g.unsorted_segment_sum(rows, indices, _rows(g, data)), *[None] * (len(op.inputs) - 1)]


def _rows(g: Any, data: Any) -> Any:
    """How many rows there are, as a tensor."""
    return g.shape(data)[0]


def _few_rows(g: Any, op: Any, made: Any) -> list[Any]:
    """The gradient that holds only the rows that were taken."""
    return [g.indexed_slices(made[0], made[1], g.shape(op.inputs[0])), *[None] * (len(op.inputs) - 1)]


@sparse_segment_mean.gradient
@sparse_segment_mean_with_num_segments.gradient
def sparse_segment_mean_gradient(g, op, dy):
    data, indices, segments = op.inputs[:3]
    if op.attrs.get("sparse_gradient"):
        return _few_rows(g, op, g.sparse_segment_mean_grad_v2(dy, indices, segments, _rows(g, data)))
    return [g.sparse_segment_mean_grad(dy, indices, segments, _rows(g, data)), *[None] * (len(op.inputs) - 1)]


@sparse_segment_sqrt_n.gradient
@sparse_segment_sqrt_n_with_num_segments.gradient
def sparse_segment_sqrt_n_gradient(g, op, dy):
    data, indices, segments = op.inputs[:3]
    if op.attrs.get("sparse_gradient"):
        return _few_rows(g, op, g.sparse_segment_sqrt_n_grad_v2(dy, indices, segments, _rows(g, data)))
    return [g.sparse_segment_sqrt_n_grad(dy, indices, segments, _rows(g, data)), *[None] * (len(op.inputs) - 1)]


@op("SparseSegmentMeanGrad(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T", **_BACK)
def sparse_segment_mean_grad(xp, grad, indices, segment_ids, output_dim0):
    """Give each row that SparseSegmentMean took its share of the gradient of its segment."""
    return _spread_back(xp, grad, indices, segment_ids, output_dim0, _same)


@sparse_segment_mean_grad.gradient
def sparse_segment_mean_grad_gradient(g, op, dy):
    grad, indices, segments, _ = op.inputs
    return g.sparse_segment_mean_with_num_segments(dy, indices, segments, _rows(g, grad)), None, None, None


@op("SparseSegmentSqrtNGrad(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T", **_BACK)
def sparse_segment_sqrt_n_grad(xp, grad, indices, segment_ids, output_dim0):
    """Give each row that SparseSegmentSqrtN took its share of the gradient of its segment."""
    return _spread_back(xp, grad, indices, segment_ids, output_dim0, xp.sqrt)


@sparse_segment_sqrt_n_grad.gradient
def sparse_segment_sqrt_n_grad_gradient(g, op, dy):
    grad, indices, segments, _ = op.inputs
    return g.sparse_segment_sqrt_n_with_num_segments(dy, indices, segments, _rows(g, grad)), None, None, None


@op(f"SparseSegmentSumGradV2{_V2}", **_BACK_V2)
def sparse_segment_sum_grad_v2(xp, grad, indices, segment_ids, dense_output_dim0):
    """Give each row that SparseSegmentSum took its segment's gradient; rows that nothing took are left out."""
    return _rows_back(xp, grad, indices, segment_ids, dense_output_dim0, None)


@op(f"SparseSegmentMeanGradV2{_V2}", **_BACK_V2)
def sparse_segment_mean_grad_v2(xp, grad, indices, segment_ids, dense_output_dim0):
    """Give each row that SparseSegmentMean took its share of the gradient of its segment; rows that nothing took are left out."""
    return _rows_back(xp, grad, indices, segment_ids, dense_output_dim0, _same)


@op(f"SparseSegmentSqrtNGradV2{_V2}", **_BACK_V2)
def sparse_segment_sqrt_n_grad_v2(xp, grad, indices, segment_ids, dense_output_dim0):
    """Give each row that SparseSegmentSqrtN took its share of the gradient of its segment; rows that nothing took are left out."""
    return _rows_back(xp, grad, indices, segment_ids, dense_output_dim0, xp.sqrt)
