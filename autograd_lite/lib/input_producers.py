"""Input producers: queues that hand out file names, numbers or rows, epoch after epoch."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import identity, shape as shape_of, size as size_of
from autograd_lite.api.asserts import Assert
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as range_
from autograd_lite.api.random import random_shuffle
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import gather
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import as_tensor_shape
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import summary
from autograd_lite.lib.queue_runner import QueueRunner, add_queue_runner
from autograd_lite.lib.queues import FIFOQueue
from autograd_lite.lib.variable import Variable
from autograd_lite.lib.variables import make_variable


@export("train.match_filenames_once", "io.match_filenames_once")
def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """A local variable that holds the names of the files that fit `pattern`; they are looked for when it is initialized.

    Args:
      pattern: one with `*`, `?` and `[...]`, or a vector of several.

    >>> import autograd_lite as tf
    >>> tf.train.match_filenames_once("images/*.png").dtype.base_dtype
    tf.string
    """
    with building(name, "matching_filenames", [pattern]) as scope:
        found = raw.MatchingFiles(pattern)
        return make_variable(found, trainable=False, name=scope, validate_shape=False, collections=[GraphKeys.LOCAL_VARIABLES])


@export("train.limit_epochs")
def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """Pass a tensor on, `num_epochs` times; every run after that raises OutOfRangeError. None: without end.

    The count is a local variable: run `tf.local_variables_initializer()`.

    Raises:
      ValueError: `num_epochs` is below 1.

    >>> import autograd_lite as tf
    >>> once = tf.train.limit_epochs(tf.constant([1, 2]), num_epochs=1)
    >>> with tf.Session() as session:
    ...     session.run(tf.local_variables_initializer())
    ...     print(session.run(once))
    [1 2]
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with building(name, "limit_epochs", [tensor]) as scope:
        start = constant(0, dtype=dtypes.int64)
        epochs = make_variable(start, name="epochs", trainable=False, collections=[GraphKeys.LOCAL_VARIABLES])
        with control_dependencies([epochs.count_up_to(num_epochs)]):
            return identity(tensor, name=scope)


def fraction_full(count: Tensor, capacity: int) -> Tensor:
    """How full a queue is, between 0 and 1."""
    return cast(count, dtypes.float32) * (1.0 / capacity)


@export("train.input_producer")
def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue that a `QueueRunner` fills with the rows of a tensor, epoch after epoch.

    Args:
      element_shape: the shape of a row, when the tensor's is not known. num_epochs: how often to give every row; None: without end.
      shuffle: give the rows of each epoch in random order. seed: decides the order. capacity: of the queue.
      shared_name: queues of one name are one queue. summary_name: note under this name how full the queue is.
      cancel_op: what closes the queue at once.

    Raises:
      ValueError: the shape of a row is not known.
    """
    with building(name, "input_producer", [input_tensor]) as scope:
        rows = convert_to_tensor(input_tensor, name="input_tensor")
        row_shape = rows.shape.with_rank_at_least(1)[1:].merge_with(as_tensor_shape(element_shape))
        if not row_shape.is_fully_defined():
            raise ValueError("Either `input_tensor` must have a fully defined shape or `element_shape` must be specified")
        if shuffle:
            rows = random_shuffle(rows, seed=seed)
        rows = limit_epochs(rows, num_epochs)
        queue = FIFOQueue(capacity, [rows.dtype.base_dtype], shapes=[row_shape], shared_name=shared_name, name=scope)
        add_queue_runner(QueueRunner(queue, [queue.enqueue_many([rows])], cancel_op=cancel_op))
        if summary_name is not None:
            summary.scalar(summary_name, fraction_full(queue.size(), capacity))
        return queue


@export("train.string_input_producer")
def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue of strings, usually file names for a reader. Arguments as for `input_producer`.

    Raises:
      ValueError: an empty list; a run raises InvalidArgumentError for an empty tensor.

    >>> import autograd_lite as tf
    >>> name = tf.train.string_input_producer(["a.csv", "b.csv"], shuffle=False).dequeue()
    >>> with tf.Session() as session:
    ...     coordinator = tf.train.Coordinator()
    ...     threads = tf.train.start_queue_runners(session, coordinator)
    ...     print([session.run(name) for _ in range(3)])
    ...     coordinator.request_stop()
    ...     coordinator.join(threads)
    [b'a.csv', b'b.csv', b'a.csv']
    """
    complaint = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, Tensor) and hasattr(string_tensor, "__len__") and not len(string_tensor):
        raise ValueError(complaint)
    with building(name, "input_producer", [string_tensor]) as scope:
        words = convert_to_tensor(string_tensor, dtype=dtypes.string)
        with control_dependencies([Assert(size_of(words) > 0, [complaint])]):
            words = identity(words)
        return input_producer(
            words, [], num_epochs, shuffle, seed, capacity, shared_name, f"fraction_of_{capacity}_full", scope, cancel_op
        )  # fmt: skip


@export("train.range_input_producer")
def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> FIFOQueue:
    """A queue of the numbers from 0 to `limit - 1`. Arguments as for `input_producer`.

    >>> import autograd_lite as tf
    >>> tf.train.range_input_producer(5).dequeue().dtype
    tf.int32
    """
    with building(name, "input_producer", [limit]) as scope:
        return input_producer(
            range_(limit), [], num_epochs, shuffle, seed, capacity, shared_name, f"fraction_of_{capacity}_full", scope
        )  # fmt: skip


@export("train.slice_input_producer")
def slice_input_producer(
    tensor_list: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """One row of every tensor of a list at a time, the same row of each. Arguments as for `input_producer`.

    Raises:
      ValueError: an empty list.

    >>> import autograd_lite as tf
    >>> image, label = tf.train.slice_input_producer([tf.zeros([100, 28, 28]), tf.range(100)])
    >>> image.shape.as_list(), label.shape.as_list()
    ([28, 28], [])
    """
    with building(name, "input_producer", list(tensor_list)):
        tensors = [convert_to_tensor(tensor) for tensor in tensor_list]
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        count = shape_of(tensors[0])[0]
        row = range_input_producer(count, num_epochs, shuffle, seed, capacity, shared_name).dequeue()
        return [gather(tensor, row) for tensor in tensors]
