"""Sorting, and repeating elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, expand_dims, rank, shape, transpose
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import all_axes
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.api.slicing import boolean_mask, sequence_mask
from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


@export("sort", "contrib.framework.sort")
def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Tensor:
    """Sort the elements along an axis.

    Args:
      direction: "ASCENDING" or "DESCENDING".

    Raises:
      ValueError: another direction, or an axis that is no constant.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sort([3, 1, 2]))
    array([1, 2, 3], dtype=int32)
    """
    with building(name, "sort"):
        return _sort(values, axis, direction, want_indices=False)


@export("argsort", "contrib.framework.argsort")
def argsort(values: Any, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None) -> Tensor:
    """The indices that would sort the elements along an axis; equal elements keep their order.

    Args:
      direction: "ASCENDING" or "DESCENDING".
      stable: accepted for TF's sake; the order is always stable.

    Raises:
      ValueError: another direction, or an axis that is no constant.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.argsort([3, 1, 2]))
    array([1, 2, 0], dtype=int32)
    """
    with building(name, "argsort"):
        return _sort(values, axis, direction, want_indices=True)


def _sort(values: Any, axis: Any, direction: str, want_indices: bool) -> Tensor:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"{direction} should be one of ASCENDING, DESCENDING")
    axis = convert_to_tensor(axis, name="axis")
    known = constant_value(axis)
    if known is None or known.ndim:
        raise ValueError("axis must be a constant scalar")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), want_indices)
    result = _descending(_reversed_order(values), int(known), want_indices)
    return result if want_indices else _reversed_order(result)


def _reversed_order(values: Tensor) -> Any:
    """Numbers in the opposite order; its own inverse, and without overflow."""
    x: Any = values
    if values.dtype.is_unsigned:
        return values.dtype.max - x
    return -x - 1 if values.dtype.is_integer else -x


def _descending(values: Tensor, axis: int, want_indices: bool) -> Tensor:
    count: Any = shape(values)[axis]
    total: Any = rank(values)
    known = values.static_shape
    order: Any = None
    if axis != -1 and (known is None or axis + 1 != len(known)):
        if axis < 0:
            axis += total if known is None else len(known)
        if known is None:
            order = concat([raw.Range(0, axis, 1), [total - 1], raw.Range(axis + 1, total - 1, 1), [axis]], 0)
        else:
            last = len(known) - 1
            swapped = [*range(axis), last, *range(axis + 1, last), axis]
            order = constant(np.array(swapped, np.int64), name="transposition")
        values = transpose(values, order)
    best = raw.TopKV2(values, count)
    result = best[1] if want_indices else best[0]
    return result if order is None else transpose(result, order)


@export("repeat")
def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """Repeat each element along an axis: `repeats` times, or as often as a vector says for each.

    Args:
      axis: None takes the elements one after the other, as one vector.

    Raises:
      ValueError: the number of repeats does not go with the axis. TypeError: the rank is not known.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.repeat([1, 2], [2, 3], axis=0))
    array([1, 1, 2, 2, 2], dtype=int32)
    """
    with in_current_scope([input]):
        if axis is None:
            input = raw.Reshape(input, [-1])
            axis = 0
        with building(name, "Repeat", [input, repeats]):
            data: Any = convert_to_tensor(input, name="data")
            repeats = convert_to_tensor(repeats, name="repeats")
            repeats = raw.Cast(repeats, DstT="int64" if repeats.dtype.name == "int64" else "int32")
            if data.static_shape == ():
                data = expand_dims(data, 0)
            if data.static_shape is None:
                raise TypeError("'NoneType' object is not subscriptable\n  tf.repeat needs a tensor of known rank: tell it with set_shape.")
            axis %= len(data.static_shape)
            if shapes.num_elements(repeats.static_shape) == 1:
                return _repeat_all(data, repeats, axis)
            return _repeat_each(data, repeats, axis)


def _tiled(data: Tensor, axis: int, count: Tensor) -> Tensor:
    ones = [1] * (len(data.static_shape or ()) - axis - 1)
    return raw.Tile(data, [1] * axis + [count, *ones])


def _repeat_all(data: Any, repeats: Any, axis: int) -> Tensor:
    """The same number of copies for each element."""
    sizes: Any = shape(data)
    repeats = raw.Reshape(repeats, [])
    tiled = _tiled(expand_dims(data, axis + 1), axis + 1, repeats)
    wanted = concat([sizes[:axis], [repeats * sizes[axis]], sizes[axis + 1 :]], 0)
    return raw.Reshape(tiled, wanted)


def _repeat_each(data: Any, repeats: Any, axis: int) -> Tensor:
    """As many copies of each element as its entry in `repeats` says: all get the most, and a mask drops what is too much."""
    sizes: Any = shape(data)
    if repeats.static_shape is not None:
        shapes.TensorShape(repeats.static_shape[:1]).assert_is_compatible_with([data.static_shape[axis]])
    repeats = raw.BroadcastTo(repeats, [sizes[axis]])
    each = repeats
    if axis:
        outer = concat([sizes[:axis], shape(repeats)], 0)
        repeats = raw.BroadcastTo(repeats, outer)
        repeats.set_shape([None] * (axis + 1))
    most = raw.Max(repeats, all_axes(repeats))
    most = raw.Maximum(convert_to_tensor(0, name="zero", dtype=most.dtype), most)
    mask = sequence_mask(repeats, most)
    tiled = _tiled(expand_dims(data, axis + 1), axis + 1, most)
    result = boolean_mask(tiled, mask)
    if axis:
        total = raw.Sum(each, raw.Range(0, rank(each), 1))
        result = raw.Reshape(result, concat([sizes[:axis], [total], sizes[axis + 1 :]], 0))
    result.set_shape(data.static_shape[:axis] + (None,) + data.static_shape[axis + 1 :])
    return result


@export("reverse_sequence")
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """Reverse the first `seq_lengths[i]` elements along `seq_axis` in batch entry i; the rest stays.

    Raises:
      ValueError: an argument is given under both names, or the sizes differ.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reverse_sequence([[1, 2, 3]], [2], seq_axis=1, batch_axis=0))
    array([[2, 1, 3]], dtype=int32)
    """
    along = seq_axis if seq_dim is None else seq_dim
    batch = batch_axis if batch_dim is None else batch_dim
    for new, old, names in ((seq_axis, seq_dim, "seq"), (batch_axis, batch_dim, "batch")):
        if new is not None and old is not None:
            raise ValueError(f"Cannot specify both '{names}_dim' and '{names}_axis'")
    return raw.ReverseSequence(input, seq_lengths, seq_dim=along, batch_dim=batch or 0, name=name)


@export("batch_gather")
def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """Take elements by indices within each batch: all axes of `indices` but the last are batch axes of both.

    Raises:
      ValueError: the rank of `indices` is not known.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.batch_gather([[1, 2], [3, 4]], [[1], [0]]))
    array([[2],
           [3]], dtype=int32)
    """
    with building(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.static_shape is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return _batch_gather(params, indices, len(indices.static_shape) - 1)


def _batch_gather(params: Tensor, indices: Any, batch: int) -> Tensor:
    """Numbers of elements in each batch become numbers in all batches taken as one; then one gather does it."""
    kind = indices.dtype.base_dtype
    indices_shape = shape(indices)
    params_shape: Any = shape(params)
    step: Any = constant(1, kind, name="ones")
    sizes: Any = raw.Cast(params_shape, DstT=kind)
    places = indices
    total = len(indices.static_shape)
    for axis in range(batch, 0, -1):
        size = sizes[axis - 1]
        step = step * sizes[axis]
        numbers = raw.Range(constant(0, kind, name="zeros"), size, constant(1, kind, name="ones")) * step
        row = convert_to_tensor([1] * (axis - 1) + [size] + [1] * (total - axis), name="stack")
        places = places + raw.Reshape(numbers, row)
    flat = raw.Reshape(places, [-1])
    inner = params_shape[batch + 1 :]
    joined = raw.Prod(params_shape[: batch + 1], [0])
    rows = raw.GatherV2(raw.Reshape(params, concat([[joined], inner], 0)), flat, 0)
    result = raw.Reshape(rows, concat([indices_shape, inner], 0))
    if params.static_shape is not None:
        result.set_shape(indices.static_shape + params.static_shape[batch + 1 :])
    return result
