"""Queues without a graph: order, waiting, closing, and what their ops refuse. The numbers and words are TensorFlow's."""

import threading
import time

import numpy as np
import pytest

from autograd_lite.core import deadline, dtypes
from autograd_lite.core.errors import CancelledError, DeadlineExceededError, InvalidArgumentError, OutOfRangeError
from autograd_lite.graph.table import TABLE
from autograd_lite.ops.queue_objects import PaddingQueue, PriorityQueue, Queue, RandomShuffleQueue
from tests.ops.kernels import XP


def _fifo(capacity=10, closed=False):
    queue = Queue(capacity, [dtypes.int32], [()])
    queue.name = "q"
    queue.closed = closed
    return queue


def _numbers(elements):
    return [int(element[0]) for element in elements]


def _put(queue, *numbers):
    queue.put([(np.int32(number),) for number in numbers])


class _InThread(threading.Thread):
    """A call in a thread of its own; `outcome` is its result or error."""

    def __init__(self, call, *args):
        super().__init__(daemon=True)
        self._call = call, args
        self.start()

    def run(self):
        call, args = self._call
        try:
            self.outcome = call(*args)
        except Exception as error:
            self.outcome = error

    def waits(self):
        self.join(0.03)
        return self.is_alive()

    def result(self):
        self.join(5)
        assert not self.is_alive()
        return self.outcome


def test_elements_come_in_the_order_in_which_they_went():
    queue = _fifo()
    _put(queue, 1, 2, 3)
    assert (_numbers(queue.take(2)), queue.size()) == ([1, 2], 1)


def test_who_puts_waits_for_room_and_who_takes_for_elements():
    queue = _fifo(capacity=2)
    putting = _InThread(_put, queue, 1, 2, 3)
    assert putting.waits() and queue.size() == 2
    assert _numbers(queue.take(1)) == [1]
    assert putting.result() is None
    taking = _InThread(queue.take, 3)
    assert taking.waits()
    _put(queue, 4)
    assert _numbers(taking.result()) == [2, 3, 4]


def test_who_waits_longer_is_served_first():
    queue = _fifo()
    first = _InThread(queue.take, 3)
    assert first.waits()
    second = _InThread(queue.take, 1)
    _put(queue, 1, 2)
    assert first.waits() and second.waits()
    _put(queue, 3, 4)
    assert (_numbers(first.result()), _numbers(second.result())) == ([1, 2, 3], [4])


def test_a_closed_queue_gives_what_it_has_and_takes_no_more():
    queue = _fifo()
    _put(queue, 1)
    queue.close(cancel_pending=False)
    with pytest.raises(CancelledError, match="^FIFOQueue 'q' is closed.$"):
        _put(queue, 2)
    with pytest.raises(OutOfRangeError, match=r"^FIFOQueue 'q' is closed and has insufficient elements \(requested 2, current size 1\)$"):
        queue.take(2)
    assert _numbers(queue.take(2, fewer_at_the_end=True)) == [1]
    with pytest.raises(OutOfRangeError, match=r"\(requested 2, current size 0\)"):
        queue.take(2, fewer_at_the_end=True)
    with pytest.raises(CancelledError, match="^Queue 'q' is already closed.$"):
        queue.close(cancel_pending=False)
    queue.close(cancel_pending=True)


def test_closing_waits_for_those_who_put_before_or_cancels_them():
    queue = _fifo(capacity=1)
    putting = _InThread(_put, queue, 1, 2)
    assert putting.waits()
    closing = _InThread(queue.close, False)
    assert closing.waits() and not queue.closed
    assert _numbers(queue.take(1)) == [1]
    assert putting.result() is None and closing.result() is None and queue.closed
    other = _fifo(capacity=1)
    putting = _InThread(_put, other, 1, 2)
    assert putting.waits()
    other.close(cancel_pending=True)
    assert isinstance(putting.result(), CancelledError) and str(putting.outcome) == "Enqueue operation was cancelled"


def test_elements_taken_for_a_batch_that_cannot_be_filled_go_back():
    queue = _fifo()
    taking = _InThread(queue.take, 5)
    _put(queue, 1, 2)
    assert taking.waits() and queue.size() == 0
    queue.close(cancel_pending=False)
    assert isinstance(taking.result(), OutOfRangeError)
    assert "(requested 3, current size 0)" in str(taking.outcome)
    assert _numbers(queue.take(2)) == [1, 2]


def test_who_takes_what_is_left_gets_also_what_it_had_already():
    queue = _fifo()
    taking = _InThread(queue.take, 5, True)
    _put(queue, 1, 2)
    assert taking.waits()
    queue.close(cancel_pending=False)
    assert _numbers(taking.result()) == [1, 2]


def test_when_the_session_closes_nobody_waits_any_longer():
    queue = _fifo(capacity=1)
    taking = _InThread(queue.take, 2)
    assert taking.waits()
    full = _fifo(capacity=0)
    putting = _InThread(_put, full, 1)
    assert putting.waits()
    queue.cancel()
    full.cancel()
    assert str(taking.result()) == "Dequeue operation was cancelled"
    assert str(putting.result()) == "Enqueue operation was cancelled"
    with pytest.raises(CancelledError):
        queue.take(1)


def test_who_has_no_time_left_steps_out_of_the_line_and_gives_back_what_it_has():
    queue = _fifo()
    _put(queue, 1)
    begin = time.monotonic()
    with pytest.raises(DeadlineExceededError), deadline.within(0.05):
        queue.take(2)
    assert time.monotonic() - begin < 5
    assert _numbers(queue.take(1)) == [1]
    full = _fifo(capacity=1)
    with pytest.raises(DeadlineExceededError), deadline.within(0.05):
        _put(full, 1, 2)
    assert _numbers(full.take(1)) == [1]
    _put(full, 3)
    assert _numbers(full.take(1)) == [3]


def test_nothing_is_lost_or_doubled_between_many_threads():
    queue = _fifo(capacity=7)
    putters = [_InThread(lambda base=base: [_put(queue, *range(base, base + 5)) for base in range(base, base + 500, 5)])
               for base in range(0, 2000, 500)]  # fmt: skip
    takers = [_InThread(lambda: [_numbers(queue.take(4)) for _ in range(125)]) for _ in range(4)]
    for putter in putters:
        putter.result()
    taken = [number for taker in takers for batch in taker.result() for number in batch]
    assert sorted(taken) == list(range(2000))


def test_a_random_queue_gives_tensorflows_order():
    queue = RandomShuffleQueue(20, [dtypes.int32], [()], 0, 3, 11)
    _put(queue, *range(10))
    order = _numbers(queue.take(10))
    assert sorted(order) == list(range(10)) and order != list(range(10))
    again = RandomShuffleQueue(20, [dtypes.int32], [()], 0, 3, 11)
    _put(again, *range(10))
    assert _numbers(again.take(4)) + _numbers(again.take(6)) == order


def test_a_random_queue_holds_some_back_until_it_is_closed():
    queue = RandomShuffleQueue(20, [dtypes.int32], [()], 3, 1, 2)
    _put(queue, *range(5))
    assert len(queue.take(2)) == 2
    taking = _InThread(queue.take, 1)
    assert taking.waits()
    queue.close(cancel_pending=False)
    assert len(taking.result()) == 1 and queue.size() == 2


def test_the_smallest_priority_comes_first_and_ties_as_in_tensorflow():
    queue = PriorityQueue(20, [dtypes.int64, dtypes.string], [(), ()])
    queue.put(list(zip(map(np.int64, [3, 1, 1, 1, 2, 1, 1]), [b"a", b"b", b"c", b"d", b"e", b"f", b"g"])))
    assert [element[1] for element in queue.take(7)] == [b"b", b"c", b"f", b"g", b"d", b"e", b"a"]


# ---------------------------------------------------------------- the ops


def _run(name, *inputs, **attrs):
    opdef = TABLE[name]
    return opdef.kernel(XP, *inputs, *(attrs.get(key, opdef.attrs[key].default) for key in opdef.kernel_attrs))


def _refused(name, *inputs, **attrs):
    with pytest.raises(InvalidArgumentError) as error:
        _run(name, *inputs, **attrs)
    return str(error.value)


PAIR = [dtypes.float32, dtypes.int32]


def _pairs():
    return Queue(9, PAIR, [(2,), ()])


def test_batches_are_taken_apart_and_put_together():
    queue = _pairs()
    _run("QueueEnqueueManyV2", queue, [np.float32([[1, 2], [3, 4]]), np.int32([5, 6])], Tcomponents=PAIR)
    _run("QueueEnqueueV2", queue, [np.float32([7, 8]), np.int32(9)], Tcomponents=PAIR)
    floats, numbers = _run("QueueDequeueManyV2", queue, np.int32(3), component_types=PAIR)
    assert floats.tolist() == [[1, 2], [3, 4], [7, 8]] and numbers.tolist() == [5, 6, 9]
    assert (floats.dtype, numbers.dtype) == (np.float32, np.int32)
    empty = _run("QueueDequeueManyV2", queue, np.int32(0), component_types=PAIR)
    assert [array.shape for array in empty] == [(0, 2), (0,)]


def test_what_is_in_a_queue_does_not_change_with_the_array_that_was_put():
    queue, array = Queue(9, [dtypes.float32], [(2,)]), np.float32([1, 2])
    _run("QueueEnqueueV2", queue, [array], Tcomponents=[dtypes.float32])
    _run("QueueEnqueueManyV2", queue, [array[None]], Tcomponents=[dtypes.float32])
    array[:] = 0
    assert _run("QueueDequeueManyV2", queue, 2, component_types=[dtypes.float32])[0].tolist() == [[1, 2], [1, 2]]


def test_strings_go_through_a_queue():
    queue, kinds = Queue(9, [dtypes.string], [()]), [dtypes.string]
    _run("QueueEnqueueManyV2", queue, [np.array([b"a", b"b"], object)], Tcomponents=kinds)
    _run("QueueEnqueueV2", queue, [np.array(b"c", object)], Tcomponents=kinds)
    assert _run("QueueDequeueV2", queue, component_types=kinds)[0] == np.array(b"a", object)
    assert _run("QueueDequeueUpToV2", queue, 2, component_types=kinds)[0].tolist() == [b"b", b"c"]


def test_batches_are_padded():
    queue, kinds = PaddingQueue(9, [dtypes.int32, dtypes.string], [(None, 2), (None,)]), [dtypes.int32, dtypes.string]
    for length in (1, 2):
        words = np.array([b"w"] * (3 - length), object)
        _run("QueueEnqueueV2", queue, [np.full([length, 2], length, np.int32), words], Tcomponents=kinds)
    numbers, words = _run("QueueDequeueManyV2", queue, 2, component_types=kinds)
    assert numbers.tolist() == [[[1, 1], [0, 0]], [[2, 2], [2, 2]]] and words.tolist() == [[b"w", b"w"], [b"w", b""]]


def test_elements_that_do_not_fit_are_refused():
    queue = _pairs()
    wrong = "Shape mismatch in tuple component"
    assert _refused("QueueEnqueueV2", queue, [np.ones(3, np.float32), np.int32(1)], Tcomponents=PAIR) == f"{wrong} 0. Expected [2], got [3]"
    many = "QueueEnqueueManyV2"
    assert _refused(many, queue, [np.ones([3, 3], np.float32), np.ones(3, np.int32)], Tcomponents=PAIR) == (
        f"{wrong} 0. Expected [3,2], got [3,3]"
    )
    assert _refused(many, queue, [np.ones([3, 2], np.float32), np.ones(2, np.int32)], Tcomponents=PAIR) == (
        f"{wrong} 1. Expected [3], got [2]"
    )
    assert f"{wrong} 0." in _refused(many, queue, [np.array(1, np.float32), np.ones(2, np.int32)], Tcomponents=PAIR)
    padding = PaddingQueue(9, [dtypes.int32], [(None, 2)])
    assert _refused("QueueEnqueueV2", padding, [np.ones([2, 3], np.int32)], Tcomponents=[dtypes.int32]) == (
        f"{wrong} 0. Expected [?,2], got [2,3]"
    )
    assert queue.size() == padding.size() == 0


def test_types_and_counts_that_do_not_fit_are_refused():
    queue = _pairs()
    assert _refused("QueueDequeueV2", queue, component_types=[dtypes.float32]) == (
        "Signature mismatch, have: resource, float expected: resource, float, int32"
    )
    assert _refused("QueueDequeueManyV2", queue, -1, component_types=PAIR) == "DequeueManyOp requested -1 < 0 elements"
    assert _refused("QueueDequeueV2", queue, component_types=PAIR, timeout_ms=5) == "Timeout not supported yet."
    loose = Queue(9, [dtypes.float32], [])
    assert _refused("QueueDequeueManyV2", loose, 2, component_types=[dtypes.float32]) == (
        "FIFOQueue's DequeueMany and DequeueUpTo require the components to have specified shapes."
    )
    assert "Expected the handle of a queue, got int" in _refused("QueueSizeV2", 5)


def test_nodes_of_one_shared_name_must_mean_one_queue():
    queue = Queue(3, [dtypes.int32], [])
    queue.name = "s"
    queue.check_shared(3, [dtypes.int32], [])
    with pytest.raises(InvalidArgumentError, match="^Shared queue 's' has capacity 3 but requested capacity was 4"):
        queue.check_shared(4, [dtypes.int32], [])
    with pytest.raises(InvalidArgumentError, match="^Shared queue 's' has component types int32 but requested .* were int64"):
        queue.check_shared(3, [dtypes.int64], [])
    with pytest.raises(InvalidArgumentError, match=r"^Shared queue 's' has component shapes \[\] but requested .* were \[\[\]\]"):
        queue.check_shared(3, [dtypes.int32], [()])
