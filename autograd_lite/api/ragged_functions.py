"""Functions on ragged tensors: masks, stacks, groups of rows, and placeholders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.api.arrays import concat, shape as shape_of, stack, transpose
from autograd_lite.api.asserts import assert_equal
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import placeholder, range as range_, zeros
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.ragged import RaggedTensor, ragged_range
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import boolean_mask as dense_boolean_mask, gather
from autograd_lite.api.sorting import argsort
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def _as_ragged_or_tensor(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    return value if isinstance(value, RaggedTensor) else convert_to_tensor(value, dtype, name)


def _rows(params: Any, places: Tensor) -> Any:
    """The rows of a tensor, ragged or not, in another order."""
    if isinstance(params, Tensor):
        return gather(params, places)
    starts, limits = gather(params.row_starts(), places), gather(params.row_limits(), places)
    taken = ragged_range(starts, limits, row_splits_dtype=params.row_splits.dtype)
    return RaggedTensor(_rows(params.values, taken.values), taken.row_splits, internal=True)


def _splits(lengths: Tensor, dtype: Any) -> Tensor:
    return concat([zeros([1], dtype), raw.Cumsum(cast(lengths, dtype), 0)], axis=0)


# ------------------------------------------------------------------ masks


@export("ragged.boolean_mask")
def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """Keep the elements of `data` where `mask` is true; rows keep what is left of them.

    Args:
      data: a tensor, ragged or not. mask: truth values for its first axes, ragged or not.

    Raises:
      ValueError: the mask is a scalar, or its rank is not known.

    >>> import autograd_lite as tf
    >>> kept = tf.ragged.boolean_mask([[1, 2, 3], [4, 5, 6]], [[True, False, True], [False, False, True]])
    >>> tf.Session().run(kept).to_list()
    [[1, 3], [6]]
    """
    with building(name, "RaggedMask", [data, mask]):
        return _masked(_as_ragged_or_tensor(data, name="data"), _as_ragged_or_tensor(mask, dtypes.bool_, "mask"))


def _masked(data: Any, mask: Any) -> Any:
    rank = mask.shape.rank
    if rank is None:
        raise ValueError("mask.shape.ndims must be known statically.")
    if rank == 0:
        raise ValueError("mask cannot be scalar.")
    if isinstance(mask, Tensor) and isinstance(data, Tensor):
        return _dense_masked(data, mask, rank)
    if isinstance(mask, Tensor) and rank == 1:
        return _rows(data, raw.Squeeze(raw.Where(mask), squeeze_dims=[1]))
    mask = RaggedTensor.from_tensor(mask) if isinstance(mask, Tensor) else mask
    data = RaggedTensor.from_tensor(data) if isinstance(data, Tensor) else data
    kept = _masked(data.values, mask.values)
    if rank > 2:
        return RaggedTensor(kept, mask.row_splits, internal=True)
    dtype = mask.row_splits.dtype
    before = concat([zeros([1], dtype), raw.Cumsum(cast(mask.values, dtype), 0)], axis=0)  # how many are kept before each value
    return RaggedTensor(kept, gather(before, mask.row_splits), internal=True)


def _dense_masked(data: Tensor, mask: Tensor, rank: int) -> Any:
    result: Any = dense_boolean_mask(data, mask)
    if rank == 1:
        return result
    counts = raw.Reshape(reduce_sum(cast(mask, dtypes.int64), axis=-1), [-1])
    result = RaggedTensor.from_row_lengths(result, counts)
    sizes = raw.Shape(mask, out_type=dtypes.int64)
    for axis in range(rank - 2, 0, -1):
        outer = raw.Prod(sizes[:axis], 0)
        result = RaggedTensor(result, range_(outer + 1) * sizes[axis], internal=True)
    return result


# ------------------------------------------------------------------ stacks


@export("ragged.stack")
def ragged_stack(values: Sequence[Any], axis: int = 0, name: str | None = None) -> Any:
    """Stack tensors whose rows may have different lengths along a new axis.

    Args:
      values: tensors of one rank, ragged or not. axis: where the new axis stands.

    Raises:
      ValueError: there are no values, their ranks differ, or the axis is none of the result.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ragged.stack([tf.constant([1, 2]), tf.constant([3])])).to_list()
    [[1, 2], [3]]
    """
    parts = [values] if isinstance(values, RaggedTensor | Tensor) else list(values)
    if not parts:
        raise ValueError("rt_inputs may not be empty.")
    with building(name, "RaggedConcat", parts):
        parts = [_as_ragged_or_tensor(part) for part in parts]
        ranks = [part.shape.rank for part in parts]
        rank = ranks[0]
        if rank is None or any(other != rank for other in ranks):
            raise ValueError(f"All values must have one known rank. Received ranks {ranks}")
        if not -rank - 1 <= axis <= rank:
            raise ValueError(f"axis={axis} out of bounds: expected {-rank - 1}<=axis<={rank}")
        return _stacked(parts, axis + rank + 1 if axis < 0 else axis, rank)


def _stacked(parts: list[Any], axis: int, rank: int) -> Any:
    plain = all(isinstance(part, Tensor) for part in parts)
    if plain and rank == 1 and axis == 0:
        return RaggedTensor.from_row_lengths(concat(parts, axis=0), concat([shape_of(part) for part in parts], axis=0))
    if plain and axis >= rank - 1:
        return stack(parts, axis=axis)
    parts = [RaggedTensor.from_tensor(part) if isinstance(part, Tensor) else part for part in parts]
    if axis > 1:
        words = "Inputs must have identical ragged splits"
        same = [assert_equal(part.row_splits, parts[0].row_splits, message=words) for part in parts[1:]]
        splits = with_dependencies(same, parts[0].row_splits) if same else parts[0].row_splits
        return RaggedTensor(_stacked([part.values for part in parts], axis - 1, rank - 1), splits, internal=True)
    together = _one_after_the_other(parts)
    dtype = together.row_splits.dtype
    if axis == 0:
        return RaggedTensor(together, _splits(stack([part.nrows() for part in parts]), dtype), internal=True)
    count, rows = len(parts), parts[0].nrows()
    order = raw.Reshape(transpose(raw.Reshape(range_(rows * count), stack([cast(count, dtype), rows]))), [-1])
    return RaggedTensor(_rows(together, order), range_(rows + 1) * cast(count, dtype), internal=True)


def _one_after_the_other(parts: list[Any]) -> Any:
    """The rows of all parts, below one another."""
    if all(isinstance(part, Tensor) for part in parts):
        return concat(parts, axis=0)
    lengths = concat([part.row_lengths() for part in parts], axis=0)
    return RaggedTensor(_one_after_the_other([part.values for part in parts]), _splits(lengths, lengths.dtype), internal=True)


@export("ragged.stack_dynamic_partitions")
def stack_dynamic_partitions(data: Any, partitions: Any, num_partitions: Any, name: str | None = None) -> RaggedTensor:
    """Group the rows of `data` by number: row i of the result holds those whose partition is i, in their order.

    Args:
      data: a tensor, ragged or not. partitions: whole numbers for its first axes, each below `num_partitions`.

    Raises:
      ValueError: the rank of the partitions is not known.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ragged.stack_dynamic_partitions([1, 2, 3, 4], [0, 2, 0, 2], 3)).to_list()
    [[1, 3], [], [2, 4]]
    """
    with building(name, "SegmentStack", [data, partitions, num_partitions]):
        data, partitions = _as_ragged_or_tensor(data, name="data"), _as_ragged_or_tensor(partitions, name="partitions")
        if partitions.shape.rank is None:
            raise ValueError("partitions must have known rank.")
        while isinstance(partitions, RaggedTensor):
            data = RaggedTensor.from_tensor(data) if isinstance(data, Tensor) else data
            data, partitions = data.values, partitions.values
        rank = partitions.shape.rank
        if rank != 1:
            data = _flattened(data, rank)
            partitions = raw.Reshape(partitions, [-1])
        order = argsort(partitions, stable=True)
        return RaggedTensor.from_value_rowids(_rows(data, order), gather(partitions, order), num_partitions)


def _flattened(data: Any, rank: int) -> Any:
    """The first `rank` axes made one."""
    for _ in range(rank - 1):
        if isinstance(data, Tensor):
            break
        data = data.values
        rank -= 1
    return data if rank == 1 else raw.Reshape(data, concat([[-1], shape_of(data)[rank:]], axis=0))


@export("ragged.placeholder")
def ragged_placeholder(dtype: Any, ragged_rank: int, value_shape: Any = None, name: str | None = None) -> Any:
    """A placeholder for ragged tensors, to which `tf.RaggedTensorValue`s are fed (a plain one when nothing is ragged).

    Args:
      ragged_rank: how many axes are ragged. value_shape: the shape of one innermost value.

    >>> import autograd_lite as tf
    >>> tf.ragged.placeholder(tf.float32, 1).shape.as_list()
    [None, None]
    """
    if ragged_rank == 0:
        return placeholder(dtype, value_shape, name)
    with building(name, "RaggedPlaceholder"):
        inner = [] if value_shape is None else list(value_shape)
        result: Any = placeholder(dtype, [None, *inner], "flat_values")
        for axis in reversed(range(ragged_rank)):
            result = RaggedTensor(result, placeholder(dtypes.int64, [None], f"row_splits_{axis}"), internal=True)
        return result
