"""Batches out of single elements: `tf.train.batch` and its kin put elements into a queue from threads and take them out many at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.cond import smart_cond
from autograd_lite.api.control import no_op
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import summary
from autograd_lite.lib.input_producers import fraction_full
from autograd_lite.lib.queue_runner import QueueRunner, add_queue_runner
from autograd_lite.lib.queues import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue, common_shape
from autograd_lite.lib.sparse_batches import restore_sparse, store_sparse, store_sparse_of_all

MakeQueue = Callable[..., QueueBase]


# ---------------------------------------------------------------- what is given, and in which form it goes back


def _as_list(tensors: Any) -> list[Any]:
    """The components of an element: of a dictionary by sorted key, of a single tensor itself."""
    if isinstance(tensors, dict):
        return [tensors[key] for key in sorted(tensors, key=str)]
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]


def _in_original_form(given: Any, components: Any) -> Any:
    """The components of a batch: a dictionary if the element was one, else a list, or a tensor if there is only one."""
    if not isinstance(given, dict):
        return components
    return dict(zip(sorted(given, key=str), components if isinstance(components, list | tuple) else [components]))


def _as_lists(tensors_list: Any) -> list[list[Any]]:
    if not tensors_list:
        raise ValueError("Expected at least one set of tensors")
    if isinstance(tensors_list[0], dict):
        keys = set(tensors_list[0])
        if any(set(tensors) != keys for tensors in tensors_list[1:]):
            raise ValueError("All dictionaries must have the same keys")
    return [_as_list(tensors) for tensors in tensors_list]


def _tensors(components: Sequence[Any]) -> list[Any]:
    return [item if isinstance(item, SparseTensor) else convert_to_tensor(item) for item in components]


def _keep(keep_input: Any, enqueue_many: bool) -> Tensor:
    keep = convert_to_tensor(keep_input)
    rank = keep.shape.ndims
    if rank is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if not enqueue_many and rank == 1:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if rank > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep


def _types(lists: Sequence[Sequence[Tensor]]) -> list[dtypes.DType]:
    found = [[tensor.dtype.base_dtype for tensor in tensors] for tensors in lists]
    for other in found[1:]:
        if other != found[0]:
            texts = [", ".join(dtype.name for dtype in types) for types in (found[0], other)]
            raise TypeError(f"Expected types to be consistent: {texts[0]} vs. {texts[1]}.")
    return found[0]


def _shapes(lists: Sequence[Sequence[Tensor]], shapes: Any, enqueue_many: bool) -> Any:
    """The shapes of an element's components: as given, or what all sources have in common."""
    if shapes is not None:
        return shapes
    found = []
    for tensors in zip(*lists):
        common: TensorShape | None = None
        for tensor in tensors:
            if tensor.shape.ndims is None:
                raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
            own = tensor.shape[1:] if enqueue_many else tensor.shape
            common = own if common is None else common_shape(common, own)
        found.append(common)
    return found


# ---------------------------------------------------------------- filling the queue


def _enqueue_op(queue: QueueBase, tensors: list[Tensor], enqueue_many: bool, keep_input: Tensor) -> Operation:
    put = queue.enqueue_many if enqueue_many else queue.enqueue
    if keep_input.shape.ndims == 1:
        which = cast(keep_input, dtypes.int32)
        return put([raw.DynamicPartition(tensor, which, num_partitions=2)[1] for tensor in tensors])
    return smart_cond(keep_input, lambda: put(tensors), no_op)


def _batches(
    given: Any,
    lists: list[list[Any]],
    make_queue: MakeQueue,
    *,
    scope: str,
    batch_size: Any,
    num_threads: int,
    keep_input: Any,
    enqueue_many: bool,
    shapes: Any,
    allow_smaller_final_batch: bool,
    note: Callable[[QueueBase], None],
) -> Any:
    """What all functions of this file do, once their arguments are in one form: one list of components for each source."""
    keep = _keep(keep_input, enqueue_many)
    stored, kept = store_sparse_of_all(lists, enqueue_many, keep) if len(lists) > 1 else _store_one(lists[0], enqueue_many, keep)
    queue = make_queue(dtypes=_types(stored), shapes=_shapes(stored, shapes, enqueue_many))
    operations = [_enqueue_op(queue, tensors, enqueue_many, keep) for tensors in stored]
    add_queue_runner(QueueRunner(queue, operations * num_threads))
    note(queue)
    take = queue.dequeue_up_to if allow_smaller_final_batch else queue.dequeue_many
    return _in_original_form(given, restore_sparse(take(batch_size, name=scope), kept))


def _store_one(tensors: list[Any], enqueue_many: bool, keep: Tensor) -> Any:
    stored, kept = store_sparse(tensors, enqueue_many, keep)
    return [stored], kept


def _plain(
    given: Any, sources: Any, default_name: str, name: str | None, *, keep_input: Any, capacity: int, dynamic_pad: bool,
    shared_name: str | None, **settings: Any,
) -> Any:  # fmt: skip
    """Batches in the order in which elements come."""

    def make_queue(**components: Any) -> QueueBase:
        return (PaddingFIFOQueue if dynamic_pad else FIFOQueue)(capacity, shared_name=shared_name, **components)

    def note(queue: QueueBase) -> None:
        summary.scalar(f"fraction_of_{capacity}_full", fraction_full(queue.size(), capacity))

    with building(name, default_name, [*(item for source in sources for item in source), keep_input]) as scope:
        lists = [_tensors(source) for source in sources]
        if not lists[0]:
            raise ValueError(f"Expected at least one tensor in {default_name}().")
        return _batches(given, lists, make_queue, scope=scope, keep_input=keep_input, note=note, **settings)


def _shuffled(
    given: Any, sources: Any, default_name: str, name: str | None, *, keep_input: Any, capacity: int, min_after_dequeue: int,
    seed: int | None, shared_name: str | None, **settings: Any,
) -> Any:  # fmt: skip
    """Batches of elements in random order."""
    if capacity <= min_after_dequeue:
        raise ValueError(f"capacity {capacity} must be bigger than min_after_dequeue {min_after_dequeue}.")
    spare = capacity - min_after_dequeue

    def make_queue(**components: Any) -> QueueBase:
        return RandomShuffleQueue(capacity, min_after_dequeue, seed=seed, shared_name=shared_name, **components)

    def note(queue: QueueBase) -> None:
        more = raw.Maximum(0, queue.size() - min_after_dequeue)
        summary.scalar(f"fraction_over_{min_after_dequeue}_of_{spare}_full", fraction_full(more, spare))

    with building(name, default_name, [*(item for source in sources for item in source), keep_input]) as scope:
        lists = [_tensors(source) for source in sources]
        if not lists[0]:
            raise ValueError(f"Expected at least one tensor in {default_name}().")
        return _batches(given, lists, make_queue, scope=scope, keep_input=keep_input, note=note, **settings)


# ---------------------------------------------------------------- in order


@export("train.batch")
def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches out of single elements, through a queue that a `QueueRunner` fills.

    Args:
      tensors: an element: a list or dictionary of tensors, sparse ones too. Batches come in the same form; one alone without a list.
      batch_size: how many elements make a batch. num_threads: how many threads compute elements. capacity: of the queue.
      enqueue_many: `tensors` are several elements, along a first axis. shapes: of the components, when they are not known.
      dynamic_pad: elements differ in size (None in their shapes) and are padded with zeros.
      allow_smaller_final_batch: give what is left when there is nothing more to come.
      shared_name: queues of one name are one queue.

    Raises:
      ValueError: no tensors, or ranks that are not known.

    >>> import autograd_lite as tf
    >>> number = tf.train.range_input_producer(100, shuffle=False).dequeue()
    >>> numbers, squares = tf.train.batch([number, number**2], batch_size=3)
    >>> with tf.Session() as session:
    ...     coordinator = tf.train.Coordinator()
    ...     threads = tf.train.start_queue_runners(session, coordinator)
    ...     print(session.run(squares))
    ...     coordinator.request_stop()
    ...     coordinator.join(threads)
    [0 1 4]
    """
    return maybe_batch(
        tensors, True, batch_size, num_threads, capacity, enqueue_many, shapes, dynamic_pad, allow_smaller_final_batch, shared_name, name
    )


@export("train.maybe_batch")
def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`tf.train.batch` of those elements for which `keep_input` (a bool tensor; a vector with `enqueue_many`) is true."""
    return _plain(
        tensors,
        [_as_list(tensors)],
        "batch",
        name,
        keep_input=keep_input,
        capacity=capacity,
        dynamic_pad=dynamic_pad,
        shared_name=shared_name,
        batch_size=batch_size,
        num_threads=num_threads,
        enqueue_many=enqueue_many,
        shapes=shapes,
        allow_smaller_final_batch=allow_smaller_final_batch,
    )


@export("train.batch_join")
def batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches out of the elements of several sources, each computed by a thread of its own.

    Args:
      tensors_list: for each source an element, as `tf.train.batch` takes it. The others as there.

    Raises:
      ValueError: no sources. TypeError: their types differ.

    >>> import autograd_lite as tf
    >>> tf.train.batch_join([[tf.constant(1)], [tf.constant(2)]], batch_size=4).shape.as_list()
    [4]
    """
    return maybe_batch_join(
        tensors_list, True, batch_size, capacity, enqueue_many, shapes, dynamic_pad, allow_smaller_final_batch, shared_name, name
    )


@export("train.maybe_batch_join")
def maybe_batch_join(
    tensors_list: Any,
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`tf.train.batch_join` of those elements for which `keep_input` (a bool tensor; a vector with `enqueue_many`) is true."""
    sources = _as_lists(tensors_list)
    return _plain(
        tensors_list[0],
        sources,
        "batch_join",
        name,
        keep_input=keep_input,
        capacity=capacity,
        dynamic_pad=dynamic_pad,
        shared_name=shared_name,
        batch_size=batch_size,
        num_threads=1,
        enqueue_many=enqueue_many,
        shapes=shapes,
        allow_smaller_final_batch=allow_smaller_final_batch,
    )


# ---------------------------------------------------------------- in random order


@export("train.shuffle_batch")
def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches out of single elements in random order.

    Args:
      min_after_dequeue: how many elements stay in the queue, so that there is something to choose from.
      seed: decides the order. The others as for `tf.train.batch`.

    Raises:
      ValueError: `capacity` is not larger than `min_after_dequeue`.

    >>> import autograd_lite as tf
    >>> tf.train.shuffle_batch([tf.constant(1)], 8, capacity=100, min_after_dequeue=50).shape.as_list()
    [8]
    """
    return maybe_shuffle_batch(
        tensors, batch_size, capacity, min_after_dequeue, True, num_threads, seed, enqueue_many, shapes, allow_smaller_final_batch,
        shared_name, name,
    )  # fmt: skip


@export("train.maybe_shuffle_batch")
def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`tf.train.shuffle_batch` of those elements for which `keep_input` (a bool tensor; a vector with `enqueue_many`) is true."""
    return _shuffled(
        tensors,
        [_as_list(tensors)],
        "shuffle_batch",
        name,
        keep_input=keep_input,
        capacity=capacity,
        min_after_dequeue=min_after_dequeue,
        seed=seed,
        shared_name=shared_name,
        batch_size=batch_size,
        num_threads=num_threads,
        enqueue_many=enqueue_many,
        shapes=shapes,
        allow_smaller_final_batch=allow_smaller_final_batch,
    )


@export("train.shuffle_batch_join")
def shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Batches out of the elements of several sources in random order; arguments as for `batch_join` and `shuffle_batch`."""
    return maybe_shuffle_batch_join(
        tensors_list, batch_size, capacity, min_after_dequeue, True, seed, enqueue_many, shapes, allow_smaller_final_batch, shared_name,
        name,
    )  # fmt: skip


@export("train.maybe_shuffle_batch_join")
def maybe_shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """`tf.train.shuffle_batch_join` of those elements for which `keep_input` (a bool tensor; a vector with `enqueue_many`) is true."""
    sources = _as_lists(tensors_list)
    return _shuffled(
        tensors_list[0],
        sources,
        "shuffle_batch_join",
        name,
        keep_input=keep_input,
        capacity=capacity,
        min_after_dequeue=min_after_dequeue,
        seed=seed,
        shared_name=shared_name,
        batch_size=batch_size,
        num_threads=1,
        enqueue_many=enqueue_many,
        shapes=shapes,
        allow_smaller_final_batch=allow_smaller_final_batch,
    )
