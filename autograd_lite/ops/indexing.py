"""Ops that look elements up by index and put them back by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.graph.static_value import constant_value
from autograd_lite.ops.checks import axis_from_front, check_indices, check_room, invalid, number, scalar_input, shape_tuple
from autograd_lite.ops.positions import check_positions, check_updates, combine_at
from autograd_lite.ops.samples import ints, sample, several, values
from autograd_lite.ops.type_lists import INDEX, SMALL_INDEX

ROWS_OF_ONE = 256  # up to this depth, a one-hot array is copied row by row from a small table


def _gather_v2_shape(c):
    params, indices = rules.with_rank_at_least(c, c.shape(0), 1), c.shape(1)
    axis, batch = rules.scalar_value(c, 2), c.attrs["batch_dims"]
    if params is None or indices is None:
        return None
    if axis is None:
        return (None,) * (len(params) + len(indices) - 1 - max(batch, 0))
    axis = rules.axis_in_range(c, axis, len(params))
    batch = batch + len(indices) if batch < 0 else batch
    if batch > axis:
        raise c.fail(f"batch_dims ({batch}) must be less than or equal to axis ({axis})")
    for at in range(batch):
        rules.merge_size(c, params[at], indices[at])
    return params[:axis] + indices[batch:] + params[axis + 1 :]


@op(
    "GatherV2(params: Tparams, indices: Tindices, axis: Taxis, *, batch_dims: int = 0) -> output: Tparams",
    formula="dx = 0, with each row of dy added to the row it was taken from",
    types={"Tindices": SMALL_INDEX, "Taxis": INDEX},
    shape=_gather_v2_shape,
    partial=lambda c: _gathered_elements(c),
    host=("axis",),
    samples=[
        sample(values((3, 2)), ints(0, 2, 0), 0),
        sample(values((3, 2)), [[1, 0]], 1),
        sample(values((3, 2)), 1, 0),
        sample(values((2, 3, 2)), [[0, 2], [1, 1]], 1, batch_dims=1),
    ],
)
def gather_v2(xp, params, indices, axis, batch_dims):
    """Look up slices of `params` along an axis by their indices."""
    axis = axis_from_front(number(axis, "axis must be scalar, not "), params.ndim)
    check_indices(xp, indices, params.shape[axis])
    batch = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
    if batch == 0:
        if axis == 0 and params.dtype != object and isinstance(indices, np.integer):
            return params[indices].copy()  # several times as fast as take
        return xp.take(params, indices, axis=axis)
    if not batch <= axis or params.shape[:batch] != indices.shape[:batch]:
        raise invalid(
            f"params.shape[:batch_dims] must be equal to indices.shape[:batch_dims], got {rules.shape_text(params.shape)} and "
            f"{rules.shape_text(indices.shape)}"
        )
    return params[batched_index(xp, params, indices, axis, batch)]


def batched_index(xp, params, indices, axis, batch):
    """The index that looks up, for every batch entry, slices along `axis`: batch axes count along, axes between are all taken."""
    between, inner = axis - batch, indices.ndim - batch
    rank = batch + between + inner
    index = []
    for at in range(axis):
        place = at if at < batch else at
        index.append(xp.arange(params.shape[at]).reshape([-1 if i == place else 1 for i in range(rank)]))
    return (*index, indices.reshape(indices.shape[:batch] + (1,) * between + indices.shape[batch:]))


def _gathered_elements(c):
    elements, indices, axis = c.partial(0), c.value(1), c.value(2)
    if elements is None or indices is None or indices.ndim > 1 or axis is None or c.shape(0) in (None, ()):
        return None
    wanted = indices.reshape(-1).tolist()
    return tuple([elements[index] for index in wanted]) if all(0 <= index < len(elements) for index in wanted) else None


def _slices_of_rows(g, params, indices, dy):
    """The gradient of looking up rows: slices, which know their indices and are never spread out unless somebody asks."""
    shape = g.shape(params)
    flat = g.reshape(indices, [-1])
    inner = None if params.static_shape is None else params.static_shape[1:]
    if inner is None or None in inner or 0 in inner:
        rows = g.concat([g.shape(flat), g.slice(shape, [1], [-1])], 0)
    else:
        rows = g.constant(np.array([-1, *inner], np.int32))
    return g.indexed_slices(g.reshape(dy, rows), flat, shape)


def _rank(g, tensor):
    """The rank as a number where it is known, else as a tensor."""
    return g.rank(tensor) if tensor.static_shape is None else len(tensor.static_shape)


def _plus(g, first, second):
    """A sum of numbers that are known, or tensors that are not."""
    return first + second if isinstance(first, int) and isinstance(second, int) else g.add_v2(first, second)


def _minus(g, first, second):
    return first - second if isinstance(first, int) and isinstance(second, int) else g.sub(first, second)


def _sizes(g, shape, start, count):
    """`count` sizes of a shape from `start` on."""
    begin, size = ([each] if isinstance(each, int) else g.reshape(each, [1]) for each in (start, count))
    return g.slice(shape, begin, size)


def _axes(g, *pieces):
    """Ranges of axes one after the other, as a permutation."""
    if all(isinstance(bound, int) for piece in pieces for bound in piece):
        return g.constant(np.array([axis for start, stop in pieces for axis in range(start, stop)], np.int32))
    return g.concat([g.range(start, stop, 1) for start, stop in pieces], 0)


@gather_v2.gradient
def gather_v2_gradient(g, op, dy):
    params, indices, axis = op.inputs
    known, batch, rank = constant_value(axis), op.attrs["batch_dims"], _rank(g, params)
    if known is not None and int(known) == 0 and batch == 0:
        return _slices_of_rows(g, params, indices, dy), None, None
    if known is not None and (int(known) >= 0 or isinstance(rank, int)):
        at = int(known) if int(known) >= 0 else int(known) + rank
    else:
        at = g.floor_mod(g.cast(axis, "int32"), rank)
    batch = _plus(g, _rank(g, indices), batch) if batch < 0 else batch
    return _rows_added_up(g, params, indices, at, batch, dy), None, None


def _rows_added_up(g, params, indices, axis, batch, dy):
    """The gradient of looking up slices along any axis.

    dy: [B..., L..., I..., R...] (batch, left of the axis, indices, right of the axis) -> [B..., N, L..., R...] -> [B..., L..., N, R...].
    """
    rank, inner, shape = _rank(g, params), _minus(g, _rank(g, indices), batch), g.shape(params)
    left, behind, after = _minus(g, axis, batch), _plus(g, axis, inner), _plus(g, axis, 1)
    batch_sizes, size = _sizes(g, shape, 0, batch), _sizes(g, shape, axis, 1)
    # indices move in front of what is left of the axis: [B..., I..., L..., R...]
    rows = g.transpose(dy, _axes(g, (0, batch), (axis, behind), (batch, axis), (behind, _minus(g, _plus(g, rank, inner), 1))))
    # every batch entry gets its own segments: entry b looks up number b * N + index
    count, width = g.reduce_prod(batch_sizes), g.reshape(size, [])
    firsts = g.reshape(g.mul(g.range(0, count, 1), width), g.concat([batch_sizes, g.ones_like(_sizes(g, g.shape(indices), batch, -1))], 0))
    summed = g.unsorted_segment_sum(rows, g.add_v2(indices, g.cast(firsts, indices.dtype)), g.mul(count, width))  # [B * N, L..., R...]
    sizes = g.concat([batch_sizes, size, _sizes(g, shape, batch, left), _sizes(g, shape, after, -1)], 0)
    return g.transpose(
        g.reshape(summed, sizes), _axes(g, (0, batch), (_plus(g, batch, 1), after), (batch, _plus(g, batch, 1)), (after, rank))
    )


def _gather_shape(c):
    params, indices = rules.with_rank_at_least(c, c.shape(0), 1), c.shape(1)
    return None if params is None or indices is None else indices + params[1:]


@op(
    "Gather(params: Tparams, indices: Tindices, *, validate_indices: bool = True) -> output: Tparams",
    types={"Tindices": INDEX},
    shape=_gather_shape,
    samples=[sample(values((3, 2)), ints(0, 2, 0))],
)
def gather(xp, params, indices):
    """Look up rows of `params` by their indices."""
    check_indices(xp, indices, params.shape[0])
    return xp.take(params, indices, axis=0)


@gather.gradient
def gather_gradient(g, op, dy):
    return _slices_of_rows(g, op.inputs[0], op.inputs[1], dy), None


def _gather_nd_shape(c):
    params, indices = c.shape(0), rules.with_rank_at_least(c, c.shape(1), 1)
    if params is None or indices is None or indices[-1] is None:
        return None
    if indices[-1] > len(params):
        raise c.fail(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: {rules.shape_text(indices)} and params shape: "
            f"{rules.shape_text(params)}"
        )
    return indices[:-1] + params[indices[-1] :]


@op(
    "GatherNd(params: Tparams, indices: Tindices) -> output: Tparams",
    types={"Tindices": SMALL_INDEX},
    shape=_gather_nd_shape,
    samples=[sample(values((3, 2)), [[0, 1], [2, 0]]), sample(values((3, 2)), [[[2]], [[0]]])],
    release_attrs={"2.21": {"bad_indices_policy": ("string", "")}},
)
def gather_nd(xp, params, indices):
    """Look up elements or slices of `params`: the last axis of `indices` holds positions."""
    if not indices.ndim:
        raise invalid("indices must be at least a vector")
    depth = indices.shape[-1]
    if depth > params.ndim:
        raise invalid(f"index innermost dimension length must be <= params rank; saw: {depth} vs. {params.ndim}")
    check_positions(xp, indices, params.shape[:depth], f"param shape {rules.shape_text(params.shape)}, node name: GatherNd")
    return params[tuple(xp.moveaxis(indices, -1, 0))] if depth else xp.broadcast_to(params, indices.shape[:-1] + params.shape).copy()


@gather_nd.gradient
def gather_nd_gradient(g, op, dy):
    params, indices = op.inputs
    shape = indices.static_shape
    if shape is not None and len(shape) == 2 and shape[1] == 1:
        return g.indexed_slices(dy, g.reshape(indices, [-1]), g.shape(params)), None
    return g.scatter_nd(indices, dy, g.cast(g.shape(params), indices.dtype)), None


@op(
    "ScatterNd(indices: Tindices, updates: T, shape: Tindices) -> output: T",
    types={"Tindices": SMALL_INDEX},
    shape=lambda c: rules.shape_from_input(c, 2),
    host=("shape",),
    names=["scatter_nd", "manip.scatter_nd"],
    samples=[sample([[1], [0], [1]], values((3, 2)), ints(4, 2)), sample([[0, 1]], values((1,)), ints(2, 3))],
    release_attrs={"2.21": {"bad_indices_policy": ("string", "")}},
)
def scatter_nd(xp, indices, updates, shape):
    """Add `updates` into zeros of this shape, at the positions in `indices`.

    >>> tf.Session().run(tf.scatter_nd([[1], [3]], [5, 7], [5]))
    array([0, 5, 0, 7, 0], dtype=int32)
    """
    sizes = shape_tuple(shape, updates.dtype.itemsize)
    check_updates(xp, sizes, indices, updates)
    whole = xp.zeros(sizes, dtype=updates.dtype)
    combine_at(xp, xp.add, whole, indices, updates)
    return whole


@scatter_nd.gradient
def scatter_nd_gradient(g, op, dy):
    return None, g.gather_nd(dy, op.inputs[0]), None


def _one_hot_shape(c):
    depth, indices, axis = rules.scalar_size(c, 1), c.shape(0), c.attrs["axis"]
    rules.with_rank(c, c.shape(2), 0)
    rules.with_rank(c, c.shape(3), 0)
    if axis < -1:
        raise c.fail(f"axis must be >= -1, but was {axis}")
    if indices is None:
        return None
    at = len(indices) if axis == -1 else axis
    return indices[:at] + (depth,) + indices[at:] if at <= len(indices) else None


@op(
    "OneHot(indices: TI, depth: int32, on_value: T, off_value: T, *, axis: int = -1) -> output: T",
    types={"TI": "uint8 int8 int32 int64"},
    type_defaults={"TI": "int64"},
    shape=_one_hot_shape,
    host=("depth",),
    no_gradient="indices are integers and the two values are constants in practice",
    samples=[sample(ints(0, 2, -1), 3, 1.0, 0.0), sample(ints(0, 2, 1), 3, 5.0, -1.0), sample([[0, 1]], 2, 5.0, -1.0, axis=0)],
)
def one_hot(xp, indices, depth, on_value, off_value, axis):
    """Give a row with `on_value` at each index and `off_value` everywhere else; an index outside gives a row of `off_value`."""
    if axis < -1 or axis > indices.ndim:
        raise invalid(f"Expected axis to be -1 or between [0, {indices.ndim + 1}).  But received: {axis}")
    at, depth = indices.ndim if axis == -1 else axis, number(depth, "depth must be a scalar, but got: ")
    on_value = scalar_input(on_value, "on_value must be a scalar, but got: ")
    off_value = scalar_input(off_value, "off_value must be a scalar, but got: ")
    if depth < 0:
        raise invalid(f"depth must be non-negative, got: {depth}")
    check_room((*indices.shape, depth), on_value.dtype.itemsize)
    if at == indices.ndim and 0 < depth <= ROWS_OF_ONE:  # a row for each index, and one for those outside
        rows = xp.where(xp.arange(depth) == xp.arange(depth + 1)[:, None], on_value, off_value)
        inside = (indices >= 0) & (indices < depth)
        return xp.take(rows, indices if bool(xp.all(inside)) else xp.where(inside, indices, depth), axis=0)
    places = xp.arange(depth, dtype=xp.int64).reshape((depth,) + (1,) * (indices.ndim - at))
    return xp.where(xp.expand_dims(indices, at) == places, on_value, off_value)


def _stitch_shape(c):
    count = c.count // 2
    inner: rules.Shape = None
    largest: int | None = -1
    for i in range(count):
        indices, data = c.shape(i), c.shape(count + i)
        known = c.value(i)
        largest = None if known is None or largest is None else max(largest, int(known.max(initial=-1)))
        if indices is not None and data is not None:
            rules.merge_prefix(c, data, indices)
            inner = rules.merge(c, inner, data[len(indices) :])
    return None if inner is None else (None if largest is None else largest + 1, *inner)


def _stitch_elements(c):
    count = c.count // 2
    parts = [(c.value(i), c.partial(count + i)) for i in range(count)]
    if any(indices is None or data is None or indices.size != len(data) for indices, data in parts):
        return None
    merged = {index: value for indices, data in parts for index, value in zip(indices.reshape(-1).tolist(), data)}
    return tuple([merged.get(index, 0) for index in range(max(merged, default=-1) + 1)])


def _stitched(xp, indices, data):
    size = max([int(index.max()) + 1 for index in indices if index.size], default=0)
    for place, (index, part) in enumerate(zip(indices, data)):
        if part.shape[: index.ndim] != index.shape:
            raise invalid(
                f"data[{place}].shape = {rules.shape_text(part.shape)} does not start with indices[{place}].shape = "
                f"{rules.shape_text(index.shape)}"
            )
        if index.size and int(index.min()) < 0:
            raise invalid(f"indices[{place}] is out of range: {int(index.min())}")
    inner = data[0].shape[indices[0].ndim :]
    for place, (index, part) in enumerate(zip(indices, data)):
        if part.shape[index.ndim :] != inner:
            raise invalid(
                f"Need data[0].shape[{indices[0].ndim}:] = data[{place}].shape[{index.ndim}:], got data[0].shape = "
                f"{rules.shape_text(data[0].shape)}, data[{place}].shape = {rules.shape_text(part.shape)}, indices[0].shape = "
                f"{rules.shape_text(indices[0].shape)}, indices[{place}].shape = {rules.shape_text(index.shape)}"
            )
    check_room((size, *inner), data[0].dtype.itemsize)
    merged = xp.zeros((size, *inner), dtype=data[0].dtype)
    for index, part in zip(indices, data):
        merged[index.reshape(-1)] = part.reshape(-1, *inner) if index.size else part.reshape((0, *inner))
    return merged


def _stitch_gradient(g, op, dy):
    count = len(op.inputs) // 2
    return [None] * count + [g.gather_v2(dy, indices, 0) for indices in op.inputs[:count]]


_STITCH: dict[str, Any] = {
    "shape": _stitch_shape,
    "samples": [sample(several([[0, 2]], ints(1)), several(values((1, 2, 2)), values((1, 2))))],
}


@op("DynamicStitch(indices: N * int32, data: N * T) -> merged: T", partial=_stitch_elements, names=["dynamic_stitch"], **_STITCH)
def dynamic_stitch(xp, indices, data):
    """Put slices from several tensors together: slice i of `data[m]` goes to row `indices[m][i]`; later ones win.

    >>> tf.Session().run(tf.dynamic_stitch([[0, 2], [1]], [[10, 30], [20]]))
    array([10, 20, 30], dtype=int32)
    """
    return _stitched(xp, indices, data)


dynamic_stitch.gradient(_stitch_gradient)


@op("ParallelDynamicStitch(indices: N * int32, data: N * T) -> merged: T", **_STITCH)
def parallel_dynamic_stitch(xp, indices, data):
    """Put slices from several tensors together where no row is written twice."""
    return _stitched(xp, indices, data)


parallel_dynamic_stitch.gradient(_stitch_gradient)


def _partition_shape(c):
    data, partitions = c.shape(0), c.shape(1)
    if data is not None and partitions is not None:
        rules.merge_prefix(c, data, partitions)
        return [(None, *data[len(partitions) :])] * c.attrs["num_partitions"]
    return [None] * c.attrs["num_partitions"]


@op(
    "DynamicPartition(data: T, partitions: int32, *, num_partitions: int >= 1) -> outputs: num_partitions * T",
    shape=_partition_shape,
    names=["dynamic_partition"],
    samples=[sample(values((4, 2)), ints(0, 1, 0, 2), num_partitions=3)],
)
def dynamic_partition(xp, data, partitions, num_partitions):
    """Sort the slices of `data` into `num_partitions` tensors: slice i goes to tensor `partitions[i]`.

    >>> tf.Session().run(tf.dynamic_partition([10, 20, 30], [0, 1, 0], num_partitions=2))
    [array([10, 30], dtype=int32), array([20], dtype=int32)]
    """
    if data.shape[: partitions.ndim] != partitions.shape:
        raise invalid(
            f"data.shape must start with partitions.shape, got data.shape = {rules.shape_text(data.shape)}, "
            f"partitions.shape = {rules.shape_text(partitions.shape)}"
        )
    check_indices(xp, partitions, num_partitions, "partitions")
    return tuple([data[partitions == number] for number in range(num_partitions)])


@dynamic_partition.gradient
def dynamic_partition_gradient(g, op, *dys):
    data, partitions = op.inputs
    shape = g.shape(partitions)
    numbers = g.reshape(g.range(0, g.size(partitions), 1), shape)
    places = g.dynamic_partition(numbers, partitions, num_partitions=len(dys))
    whole = g.parallel_dynamic_stitch(places, [g.zeros_like(y) if dy is None else dy for y, dy in zip(op.outputs, dys)])
    return g.reshape(whole, g.shape(data)), None


def leading_mask(g, mask, rows):
    """`mask`, which belongs to the first axes of `rows`, with axes of size 1 added so that it stretches over `rows`."""
    inner = _sizes(g, g.shape(rows), _rank(g, mask), -1)
    return g.reshape(mask, g.concat([g.shape(mask), g.ones_like(inner)], 0))
