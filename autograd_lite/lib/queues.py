"""Queues between the parts of a program: elements that one run puts in, another run takes out, from any number of threads."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import Any

from autograd_lite.api.arrays import stack
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import gather
from autograd_lite.core import dtypes as types
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape, as_tensor_shape, unknown_shape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.seed import get_seed
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def _type_list(dtypes: Any) -> list[types.DType]:
    if not isinstance(dtypes, list | tuple):
        dtypes = [dtypes]
    return [types.as_dtype(dtype).base_dtype for dtype in dtypes]


def _shape_list(shapes: Any, sizes_may_be_unknown: bool = False) -> list[TensorShape] | None:
    """The shapes of an element's components; a single one may stand without its list."""
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, list | tuple):
        raise TypeError("shapes must be a TensorShape or a list or tuple of TensorShapes.")
    if all(size is None or isinstance(size, int) for size in shapes):
        shapes = [shapes]
    found = [as_tensor_shape(shape) for shape in shapes]
    if not sizes_may_be_unknown and not all(shape.is_fully_defined() for shape in found):
        raise ValueError(f"All shapes must be fully defined: {found}")
    if any(shape.ndims is None for shape in found):
        raise ValueError(f"All shapes must have a defined rank: {found}")
    return found


def _name_list(names: Any) -> list[str] | None:
    if names is None:
        return None
    return list(names) if isinstance(names, list | tuple) else [names]


def common_shape(first: TensorShape, second: TensorShape) -> TensorShape:
    """What is known of a shape that may be either of two."""
    one, other = first.dims, second.dims
    if one is None or other is None or len(one) != len(other):
        return unknown_shape()
    return TensorShape([x.value if x.value == y.value else None for x, y in zip(one, other)])


@export("QueueBase", "queue.QueueBase", "io.QueueBase")
class QueueBase:
    """What all queues can do. Each element is a list of tensors (components) of given types.

    Putting waits while the queue is full, taking while it has too few elements. `tf.train.QueueRunner` fills queues from threads.

    Args:
      dtypes, shapes: of the components; None or unknown shapes mean that elements may differ.
      names: of the components; elements are then dictionaries.
      queue_ref: the handle of the queue.
    """

    def __init__(self, dtypes: Sequence[Any], shapes: Any, names: Sequence[str] | None, queue_ref: Tensor) -> None:
        self._dtypes = list(dtypes)
        if shapes is not None and len(shapes) != len(self._dtypes):
            raise ValueError(
                f"Queue shapes must have the same length as dtypes, received len(shapes)={len(shapes)}, len(dtypes)={len(self._dtypes)}"
            )
        if names is not None and len(names) != len(self._dtypes):
            raise ValueError(
                "List of names must have the same length as the list of dtypes, "
                f"received len(names)={len(names)},len(dtypes)={len(self._dtypes)}"
            )
        self._shapes = [unknown_shape() for _ in self._dtypes] if shapes is None else [as_tensor_shape(shape) for shape in shapes]
        self._names = None if names is None else list(names)
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]  # of which the names of the queue's other nodes are made

    @staticmethod
    def from_list(index: Any, queues: Any) -> QueueBase:
        """The queue with number `index` (an integer tensor) of a list of queues with the same types.

        Raises:
          TypeError: no list of queues, or their types or names differ.
        """
        if not queues or not isinstance(queues, list) or not all(isinstance(queue, QueueBase) for queue in queues):
            raise TypeError("A list of queues expected")
        first = queues[0]
        if any(queue.dtypes != first.dtypes for queue in queues):
            raise TypeError("Queues do not have matching component dtypes.")
        if any(queue.names != first.names for queue in queues):
            raise TypeError("Queues do not have matching component names.")
        shapes = [functools.reduce(common_shape, each) for each in zip(*(queue.shapes for queue in queues))]
        chosen = gather(stack([queue.queue_ref for queue in queues]), index)
        return QueueBase(first.dtypes, shapes, first.names, chosen)

    @property
    def queue_ref(self) -> Tensor:
        """The handle of the queue."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """The name of its node."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[types.DType]:
        """The types of the components."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """The shapes of the components."""
        return self._shapes

    @property
    def names(self) -> list[str] | None:
        """The names of the components, or None."""
        return self._names

    # ---------------------------------------------------------------- putting

    def _in_order(self, vals: Any) -> list[Any]:
        """The components of an element (or batch) in the queue's order."""
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  "
                    f"Dictionary: {sorted(vals, key=str)},Queue: {sorted(self._names, key=str)}"
                )
            return [vals[name] for name in self._names]
        if self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        return list(vals) if isinstance(vals, list | tuple) else [vals]

    def _components(self, vals: Any) -> list[Tensor]:
        pairs = zip(self._in_order(vals), self._dtypes)
        return [convert_to_tensor(value, dtype=dtype, name=f"component_{index}") for index, (value, dtype) in enumerate(pairs)]

    @staticmethod
    def _tensors_in(vals: Any) -> list[Any]:
        """The values whose graph is asked for."""
        return list(vals.values()) if isinstance(vals, dict) else list(vals) if isinstance(vals, list | tuple) else [vals]

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """An operation that puts one element into the queue, and waits while it is full.

        Args:
          vals: a tensor, a list of tensors (one for each component), or a dictionary when components have names.

        Raises:
          ValueError, TypeError: types or shapes are not the queue's.
        """
        with building(name, f"{self._name}_enqueue", self._tensors_in(vals)) as scope:
            components = self._components(vals)
            for component, shape in zip(components, self._shapes):
                component.shape.assert_is_compatible_with(shape)
            return raw.QueueEnqueueV2(self._queue_ref, components, name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """An operation that puts the elements of a batch into the queue one after the other.

        Args:
          vals: as for `enqueue`, with a batch axis in front.

        Raises:
          ValueError, TypeError: types or shapes are not the queue's, or the components are of different lengths.
        """
        with building(name, f"{self._name}_EnqueueMany", self._tensors_in(vals)) as scope:
            components = self._components(vals)
            length = components[0].shape.with_rank_at_least(1)[0]
            for component, shape in zip(components, self._shapes):
                length = length.merge_with(component.shape.with_rank_at_least(1)[0])
                component.shape[1:].assert_is_compatible_with(shape)
            return raw.QueueEnqueueManyV2(self._queue_ref, components, name=scope)

    # ---------------------------------------------------------------- taking

    def _taken(self, components: list[Tensor], batch: Sequence[int | None] | None) -> Any:
        """What was taken in the form that was put, with the shapes that are known."""
        for component, shape in zip(components, self._shapes):
            component.set_shape(shape if batch is None else TensorShape(batch).concatenate(shape))
        if self._names:
            return dict(zip(self._names, components))
        return components[0] if len(components) == 1 else components

    def dequeue(self, name: str | None = None) -> Any:
        """The next element (a tensor, list or dictionary); a run waits until there is one.

        A run raises OutOfRangeError when the queue is closed and empty.
        """
        name = f"{self._name}_Dequeue" if name is None else name
        return self._taken(raw.QueueDequeueV2(self._queue_ref, component_types=self._dtypes, name=name), None)

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """The next `n` elements as one batch; a run waits until there are so many.

        A run raises OutOfRangeError when the queue is closed and has fewer, InvalidArgumentError when the shapes of elements are not known.
        """
        name = f"{self._name}_DequeueMany" if name is None else name
        components = raw.QueueDequeueManyV2(self._queue_ref, n, component_types=self._dtypes, name=name)
        count = constant_value(components[0].op.inputs[1])
        return self._taken(components, [None if count is None else int(count)])

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """The same, but when the queue is closed and has fewer than `n` elements, all of them."""
        name = f"{self._name}_DequeueUpTo" if name is None else name
        return self._taken(raw.QueueDequeueUpToV2(self._queue_ref, n, component_types=self._dtypes, name=name), [None])

    # ---------------------------------------------------------------- the queue itself

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """An operation after which nobody can put any more; what is in the queue can still be taken.

        Args:
          cancel_pending_enqueues: let runs that wait to put fail with CancelledError; else they come first.
        """
        name = f"{self._name}_Close" if name is None else name
        return raw.QueueCloseV2(self._queue_ref, cancel_pending_enqueues=cancel_pending_enqueues, name=name)

    def is_closed(self, name: str | None = None) -> Tensor:
        """Whether the queue is closed, a bool tensor."""
        return raw.QueueIsClosedV2(self._queue_ref, name=f"{self._name}_Is_Closed" if name is None else name)

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements, an int32 tensor."""
        return raw.QueueSizeV2(self._queue_ref, name=f"{self._name}_Size" if name is None else name)


def _settings(dtypes: list[types.DType], shapes: list[TensorShape] | None, capacity: int, shared_name: str | None, name: str) -> Any:
    """The attributes that every kind of queue has."""
    return {"component_types": dtypes, "shapes": shapes or [], "capacity": capacity, "shared_name": shared_name or "", "name": name}


@export("FIFOQueue", "queue.FIFOQueue")
class FIFOQueue(QueueBase):
    """A queue that gives its elements in the order in which they came.

    Args:
      capacity: how many elements fit; below 0 there is no limit.
      dtypes, shapes: of the components of an element; one type (and shape) may stand without a list. Batches need shapes.
      names: of the components. shared_name: queues of one name are one queue.

    >>> import autograd_lite as tf
    >>> queue = tf.FIFOQueue(10, tf.float32, shapes=[[]])
    >>> put, take = queue.enqueue_many([[1.0, 2.0, 3.0]]), queue.dequeue_many(2)
    >>> with tf.Session() as session:
    ...     session.run(put)
    ...     print(session.run(take))
    [1. 2.]
    """

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None, name: str = "fifo_queue"
    ) -> None:
        kinds, sizes = _type_list(dtypes), _shape_list(shapes)
        graph = get_default_graph()
        with graph.control_dependencies(None), graph.device("CPU"):
            handle = raw.FIFOQueueV2(**_settings(kinds, sizes, capacity, shared_name, name))
        super().__init__(kinds, sizes, _name_list(names), handle)


@export("RandomShuffleQueue", "queue.RandomShuffleQueue", "io.RandomShuffleQueue")
class RandomShuffleQueue(QueueBase):
    """A queue that gives its elements in random order.

    Args:
      capacity, dtypes, shapes, names, shared_name: as for `FIFOQueue`.
      min_after_dequeue: how many elements stay in the queue until it is closed, so that there is something to choose from.
      seed: decides the order, together with the graph's seed.

    >>> import autograd_lite as tf
    >>> queue = tf.RandomShuffleQueue(10, 0, tf.int32, shapes=[[]], seed=11)
    >>> put, take = queue.enqueue_many([[0, 1, 2, 3]]), queue.dequeue_many(4)
    >>> with tf.Session() as session:
    ...     session.run(put)
    ...     print(sorted(session.run(take).tolist()))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        kinds, sizes = _type_list(dtypes), _shape_list(shapes)
        seed1, seed2 = get_seed(seed)
        if seed1 is None and seed2 is None:
            seed1, seed2 = 0, 0
        elif seed is None and shared_name is not None:  # all who share it must agree
            digest = hashlib.md5(f"{seed1}{shared_name}".encode(), usedforsecurity=False).hexdigest()
            seed2 = int(digest[:8], 16) & 0x7FFFFFFF
        handle = raw.RandomShuffleQueueV2(
            **_settings(kinds, sizes, capacity, shared_name, name), min_after_dequeue=min_after_dequeue, seed=seed1, seed2=seed2
        )
        super().__init__(kinds, sizes, _name_list(names), handle)


@export("PaddingFIFOQueue", "queue.PaddingFIFOQueue", "io.PaddingFIFOQueue")
class PaddingFIFOQueue(QueueBase):
    """A queue whose elements may differ in size: batches are padded with zeros to the largest.

    Args:
      capacity, dtypes, names, shared_name: as for `FIFOQueue`.
      shapes: of the components, None for each size that may differ.

    Raises:
      ValueError: no shapes.

    >>> import autograd_lite as tf
    >>> queue = tf.PaddingFIFOQueue(10, [tf.int32], shapes=[[None]])
    >>> puts, take = [queue.enqueue([[1]]), queue.enqueue([[2, 3]])], queue.dequeue_many(2)
    >>> with tf.Session() as session:
    ...     for put in puts:
    ...         session.run(put)
    ...     print(session.run(take).tolist())
    [[1, 0], [2, 3]]
    """

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any, names: Any = None, shared_name: str | None = None, name: str = "padding_fifo_queue"
    ) -> None:
        kinds, sizes = _type_list(dtypes), _shape_list(shapes, sizes_may_be_unknown=True)
        if sizes is None:
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
        if len(kinds) != len(sizes):
            raise ValueError(f"Shapes must be provided for all components, but received {len(kinds)} dtypes and {len(sizes)} shapes.")
        handle = raw.PaddingFIFOQueueV2(**_settings(kinds, sizes, capacity, shared_name, name))
        super().__init__(kinds, sizes, _name_list(names), handle)


@export("PriorityQueue", "queue.PriorityQueue", "io.PriorityQueue")
class PriorityQueue(QueueBase):
    """A queue that gives the element with the smallest priority first.

    Args:
      capacity, names, shared_name: as for `FIFOQueue`.
      types, shapes: of the components that come after the priority, which is an int64 scalar and the first component.

    Raises:
      TypeError: no shapes.

    >>> import autograd_lite as tf
    >>> queue = tf.PriorityQueue(10, [tf.string], [[]])
    >>> put, take = queue.enqueue_many([[2, 1], ["later", "soon"]]), queue.dequeue()
    >>> with tf.Session() as session:
    ...     session.run(put)
    ...     print(session.run(take)[1])
    b'soon'
    """

    def __init__(
        self, capacity: int, types: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None, name: str = "priority_queue"
    ) -> None:
        kinds, sizes = _type_list(types), _shape_list(shapes)
        if sizes is None:
            raise TypeError(
                "Expected list for 'shapes' argument to 'priority_queue_v2' Op, not None.\n"
                "  Say the shapes of the components after the priority, such as shapes=[[]] for one scalar."
            )
        handle = raw.PriorityQueueV2(**_settings(kinds, sizes, capacity, shared_name, name))
        super().__init__([_INT64, *kinds], [TensorShape([]), *sizes], _name_list(names), handle)


_INT64 = types.int64
