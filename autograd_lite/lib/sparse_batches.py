"""Sparse tensors on their way through a queue: the session keeps them, and the queue carries their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.api.arrays import expand_dims, squeeze
from autograd_lite.api.cond import smart_cond
from autograd_lite.api.constants import constant
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.default_graph import colocate_with
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


class Kept(NamedTuple):
    """What is known of a component that was sparse."""

    map_op: Operation  # where it is kept
    rank: int | None  # of one element


def _store(tensor: SparseTensor, enqueue_many: bool) -> Tensor:
    store = raw.AddManySparseToTensorsMap if enqueue_many else raw.AddSparseToTensorsMap
    return store(tensor.indices, tensor.values, tensor.dense_shape)


def _with_numbers(tensor: SparseTensor, enqueue_many: bool, keep_input: Tensor) -> tuple[Tensor, Kept]:
    made: list[Tensor] = []

    def store() -> Tensor:
        made.append(_store(tensor, enqueue_many))
        return made[-1]

    if keep_input.shape.ndims == 1:  # what is not wanted is left out later, by its number
        number = store()
    else:
        number = smart_cond(keep_input, store, lambda: constant([-1] if enqueue_many else -1, dtypes.int64))
    rank = tensor.dense_shape.shape.with_rank(1)[0].value
    if not made:
        made.append(number)
    return expand_dims(number, [-1]), Kept(made[0].op, None if rank is None else rank - enqueue_many)


def store_sparse(tensors: Sequence[Any], enqueue_many: bool, keep_input: Tensor) -> tuple[list[Tensor], list[Kept | None]]:
    """Replace the sparse tensors of an element by their numbers; returns what is needed to get them back."""
    stored: list[Tensor] = []
    kept: list[Kept | None] = []
    for tensor in tensors:
        if isinstance(tensor, SparseTensor):
            number, info = _with_numbers(tensor, enqueue_many, keep_input)
            stored.append(number)
            kept.append(info)
        else:
            stored.append(tensor)
            kept.append(None)
    return stored, kept


def store_sparse_of_all(
    lists: Sequence[Sequence[Any]], enqueue_many: bool, keep_input: Tensor
) -> tuple[list[list[Tensor]], list[Kept | None]]:
    """The same for several sources of one queue: they keep their sparse tensors in one place, the first source's."""
    first, kept = store_sparse(lists[0], enqueue_many, keep_input)
    others = [[_store_at(place, tensor, enqueue_many) for place, tensor in zip(kept, tensors)] for tensors in lists[1:]]
    return [first, *others], kept


def _store_at(place: Kept | None, tensor: Any, enqueue_many: bool) -> Tensor:
    if place is None:
        return tensor
    if not isinstance(tensor, SparseTensor):
        raise TypeError(f"Expected a SparseTensor like that of the first source, got {tensor}")
    store = raw.AddManySparseToTensorsMap if enqueue_many else raw.AddSparseToTensorsMap
    number = store(tensor.indices, tensor.values, tensor.dense_shape, shared_name=place.map_op.name)
    return expand_dims(number, [-1])


def _restored(numbers: Tensor, kept: Kept) -> SparseTensor:
    op = kept.map_op
    numbers = squeeze(numbers, [1])
    with colocate_with(op):
        place = op.get_attr("shared_name").decode() or op.name
        parts = raw.TakeManySparseFromTensorsMap(numbers, dtype=op.get_attr("T"), shared_name=place)
    rank = None if kept.rank is None else kept.rank + 1
    parts[0].set_shape([None, rank])
    parts[2].set_shape([rank])
    return SparseTensor(*parts)


def restore_sparse(dequeued: Any, kept: Sequence[Kept | None]) -> Any:
    """The batch with sparse tensors in the place of numbers. A batch is only given when all of its sparse tensors were taken."""
    is_list = isinstance(dequeued, list | tuple)
    tensors = [
        component if info is None else _restored(component, info)
        for component, info in zip(dequeued if is_list else [dequeued], kept)
    ]  # fmt: skip
    if not any(isinstance(tensor, SparseTensor) for tensor in tensors):
        return tensors if is_list else tensors[0]
    gates = [tensor.values if isinstance(tensor, SparseTensor) else tensor for tensor in tensors]

    def gated(tensor: Tensor) -> Tensor:
        with colocate_with(tensor.op):
            return with_dependencies(gates, tensor)

    whole = [
        SparseTensor(gated(tensor.indices), gated(tensor.values), gated(tensor.dense_shape))
        if isinstance(tensor, SparseTensor) else gated(tensor)
        for tensor in tensors
    ]  # fmt: skip
    return whole if is_list else tensors[0]
