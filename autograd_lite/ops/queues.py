"""Queues: nodes that own one, and the ops that fill and empty it from any number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.core.dtypes import DType, int64, string
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.queue_objects import Element, PaddingQueue, PriorityQueue, Queue, RandomShuffleQueue

_SHARED = "container: string = '', shared_name: string = ''"
_MOVED = "elements go through a queue from one run to another, and slopes do not"
_QUEUE: dict[str, Any] = {
    "shape": rules.scalar,
    "stateful": True,
    "no_gradient": _MOVED,
    "samples": "its queue lives in a session; tests/ops/test_queues.py shows it",
}


def _unknown_shapes(c):
    return [None] * len(c.attrs["component_types"])


def _fifo_queue(attrs):
    return Queue(attrs["capacity"], attrs["component_types"], attrs["shapes"])


def _shared(queue: Queue, component_types: Any, component_shapes: Any, capacity: int, shared_name: str) -> Queue:
    """The queue as the value of its node; nodes that share one must agree about it."""
    if shared_name:
        queue.check_shared(capacity, component_types, component_shapes)
    return queue


@op(
    f"FIFOQueueV2(*, component_types: list(type) >= 1, shapes: list(shape) = [], capacity: int = -1, {_SHARED}) -> handle: resource",
    state=_fifo_queue,
    **_QUEUE,
)
def fifo_queue(xp, component_types, shapes, capacity, shared_name, state):
    """Own a queue: first in, first out."""
    return _shared(state, component_types, shapes, capacity, shared_name)


def _random_shuffle_queue(attrs):
    seeds = attrs["min_after_dequeue"], attrs["seed"], attrs["seed2"]
    return RandomShuffleQueue(attrs["capacity"], attrs["component_types"], attrs["shapes"], *seeds)


@op(
    "RandomShuffleQueueV2(*, component_types: list(type) >= 1, shapes: list(shape) = [], capacity: int = -1, "
    f"min_after_dequeue: int = 0, seed: int = 0, seed2: int = 0, {_SHARED}) -> handle: resource",
    state=_random_shuffle_queue,
    **_QUEUE,
)
def random_shuffle_queue(xp, component_types, shapes, capacity, shared_name, state):
    """Own a queue that gives its elements in random order, the same for the same seeds."""
    return _shared(state, component_types, shapes, capacity, shared_name)


def _priority_queue(attrs):
    return PriorityQueue(attrs["capacity"], [int64, *attrs["component_types"]], [(), *attrs["shapes"]])


@op(
    f"PriorityQueueV2(*, component_types: list(type) = [], shapes: list(shape), capacity: int = -1, {_SHARED}) -> handle: resource",
    state=_priority_queue,
    **_QUEUE,
)
def priority_queue(xp, component_types, shapes, capacity, shared_name, state):
    """Own a queue that gives the element with the smallest first component (int64) first."""
    return _shared(state, [int64, *component_types], [(), *shapes], capacity, shared_name)


def _padding_queue(attrs):
    return PaddingQueue(attrs["capacity"], attrs["component_types"], attrs["shapes"])


@op(
    f"PaddingFIFOQueueV2(*, component_types: list(type) >= 1, shapes: list(shape) = [], capacity: int = -1, {_SHARED}) -> handle: resource",
    state=_padding_queue,
    **_QUEUE,
)
def padding_fifo_queue(xp, component_types, shapes, capacity, shared_name, state):
    """Own a queue whose batches are padded with zeros to the largest of their elements."""
    return _shared(state, component_types, shapes, capacity, shared_name)


# ---------------------------------------------------------------- putting


def queue_of(handle: Any) -> Queue:
    """The queue that a handle means; handles that were stacked and chosen from come in an array."""
    queue = handle.item() if isinstance(handle, np.ndarray) else handle
    if not isinstance(queue, Queue):
        raise invalid(f"Expected the handle of a queue, got {type(queue).__name__}")
    return queue


def _checked(handle: Any, types: Sequence[DType], timeout_ms: int) -> Queue:
    if timeout_ms != -1:
        raise invalid("Timeout not supported yet.")
    queue = queue_of(handle)
    if list(types) != queue.dtypes:
        have, wanted = (", ".join(dtype.cpp_name for dtype in each) for each in (types, queue.dtypes))
        raise invalid(f"Signature mismatch, have: resource, {have} expected: resource, {wanted}")
    return queue


def _own(component: Any) -> Any:
    """A component as it is stored: a copy, because the array may be written into later, and text as it is."""
    if isinstance(component, np.generic):
        return component
    return component.item() if component.dtype == object and not component.ndim else component.copy()


@op(
    "QueueEnqueueV2(handle: resource, components: list(Tcomponents), *, timeout_ms: int = -1)",
    stateful=True,
    no_gradient=_MOVED,
    samples=_QUEUE["samples"],
)
def queue_enqueue(xp, handle, components, timeout_ms, Tcomponents):
    """Put one element into a queue; waits for room."""
    queue = _checked(handle, Tcomponents, timeout_ms)
    queue.check_element([component.shape for component in components])
    queue.put([tuple(map(_own, components))])


@op(
    "QueueEnqueueManyV2(handle: resource, components: list(Tcomponents), *, timeout_ms: int = -1)",
    stateful=True,
    no_gradient=_MOVED,
    samples=_QUEUE["samples"],
)
def queue_enqueue_many(xp, handle, components, timeout_ms, Tcomponents):
    """Put a batch of elements into a queue, one after the other; waits for room."""
    queue = _checked(handle, Tcomponents, timeout_ms)
    queue.check_batch([component.shape for component in components])
    queue.put(list(zip(*(list(component.copy()) for component in components))))


# ---------------------------------------------------------------- taking


def _as_value(component: Any) -> Any:
    """A stored component as the value of a tensor."""
    if not isinstance(component, bytes):
        return component
    value = np.empty((), object)
    value[()] = component
    return value


@op("QueueDequeueV2(handle: resource, *, component_types: list(type) >= 1, timeout_ms: int = -1) -> components: list(component_types)",
    **{**_QUEUE, "shape": _unknown_shapes})  # fmt: skip
def queue_dequeue(xp, handle, component_types, timeout_ms):
    """Take one element out of a queue; waits until there is one."""
    (element,) = _checked(handle, component_types, timeout_ms).take(1)
    return [_as_value(component) for component in element]


def _batch(xp: Any, queue: Queue, elements: list[Element]) -> list[Any]:
    """Elements as one array for each component."""
    if not elements:
        sizes = [[0 if size is None else size for size in shape or ()] for shape in queue.component_shapes]
        return [xp.empty((0, *shape), dtype.numpy) for shape, dtype in zip(sizes, queue.dtypes)]
    columns = [list(column) for column in zip(*elements)]
    if isinstance(queue, PaddingQueue):
        return [_padded(column, shape, dtype) for column, shape, dtype in zip(columns, queue.component_shapes, queue.dtypes)]
    return [_stacked(xp, column, dtype) for column, dtype in zip(columns, queue.dtypes)]


def _stacked(xp: Any, column: list[Any], dtype: DType) -> Any:
    """Components of one shape as one array."""
    first = column[0]
    if isinstance(first, bytes):
        words = np.empty(len(column), object)
        words[:] = column
        return words
    if isinstance(first, np.generic):
        return np.array(column, dtype.numpy)
    if isinstance(first, np.ndarray) and first.ndim:  # several times as fast as stack
        return np.concatenate(column).reshape(len(column), *first.shape)
    return xp.stack(column)


def _padded(column: list[Any], shape: shapes.Shape, dtype: DType) -> Any:
    """Components of different sizes as one array, with zeros (or empty strings) where there is nothing."""
    arrays = [np.asarray(component, dtype.numpy) for component in column]
    sizes = [max(found) if size is None else size for size, found in zip(shape or (), zip(*(array.shape for array in arrays)))]
    whole = np.full((len(arrays), *sizes), b"" if dtype is string else 0, dtype.numpy)
    for row, array in zip(whole, arrays) if sizes else ():
        row[tuple(map(slice, array.shape))] = array
    if not sizes:
        whole[:] = column
    return whole


def _dequeue_many(xp: Any, handle: Any, n: Any, component_types: Any, timeout_ms: int, fewer_at_the_end: bool) -> list[Any]:
    queue = _checked(handle, component_types, timeout_ms)
    count = int(n)
    if count < 0:
        raise invalid(f"DequeueManyOp requested {count} < 0 elements")
    queue.check_batches_possible()
    return _batch(xp, queue, queue.take(count, fewer_at_the_end))


_MANY = {**_QUEUE, "shape": _unknown_shapes, "host": ("n",)}


@op("QueueDequeueManyV2(handle: resource, n: int32, *, component_types: list(type) >= 1, timeout_ms: int = -1) "
    "-> components: list(component_types)", **_MANY)  # fmt: skip
def queue_dequeue_many(xp, handle, n, component_types, timeout_ms):
    """Take `n` elements out of a queue as one batch; waits until there are so many."""
    return _dequeue_many(xp, handle, n, component_types, timeout_ms, fewer_at_the_end=False)


@op("QueueDequeueUpToV2(handle: resource, n: int32, *, component_types: list(type) >= 1, timeout_ms: int = -1) "
    "-> components: list(component_types)", **_MANY)  # fmt: skip
def queue_dequeue_up_to(xp, handle, n, component_types, timeout_ms):
    """Take `n` elements out of a queue as one batch, or what is left when the queue is closed."""
    return _dequeue_many(xp, handle, n, component_types, timeout_ms, fewer_at_the_end=True)


# ---------------------------------------------------------------- the queue itself


@op("QueueCloseV2(handle: resource, *, cancel_pending_enqueues: bool = False)", **{**_QUEUE, "shape": None})
def queue_close(xp, handle, cancel_pending_enqueues):
    """Let nobody put anything into a queue from now on; what is in it can still be taken out."""
    queue_of(handle).close(cancel_pending_enqueues)


@op("QueueIsClosedV2(handle: resource) -> is_closed: bool", **_QUEUE)
def queue_is_closed(xp, handle):
    """Tell whether a queue is closed."""
    return np.bool_(queue_of(handle).closed)


@op("QueueSizeV2(handle: resource) -> size: int32", **_QUEUE)
def queue_size(xp, handle):
    """Count the elements in a queue."""
    return np.int32(queue_of(handle).size())
