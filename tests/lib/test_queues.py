"""Queues in graphs and sessions."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.runtime.interpret import interpret


def _names():
    return [op.name for op in tf.get_default_graph().get_operations()]


def test_the_nodes_of_a_queue_are_named_after_it():
    queue = tf.FIFOQueue(3, [tf.float32, tf.int32], shapes=[[2], []], shared_name="sh", name="qq")
    queue.enqueue_many([[[1.0, 2.0]], [1]])
    taken, rest = queue.dequeue(), queue.dequeue_up_to(3)
    queue.size(), queue.is_closed(), queue.close(True)
    assert _names() == [
        "qq", "qq_EnqueueMany/component_0", "qq_EnqueueMany/component_1", "qq_EnqueueMany", "qq_Dequeue", "qq_DequeueUpTo/n",
        "qq_DequeueUpTo", "qq_Size", "qq_Is_Closed", "qq_Close",
    ]  # fmt: skip
    assert [tensor.shape.as_list() for tensor in [*taken, *rest]] == [[2], [], [None, 2], [None]]
    assert (queue.name, queue.dtypes, queue.names) == ("qq", [tf.float32, tf.int32], None)
    assert tf.get_default_graph().get_operation_by_name("qq").device == "/device:CPU:*"


def test_elements_may_have_names():
    queue = tf.PaddingFIFOQueue(3, [tf.int32, tf.float32], [[None, 2], []], names=["a", "b"])
    put, taken = queue.enqueue({"b": 0.5, "a": [[1, 2]]}), queue.dequeue_many(1)
    assert taken["a"].shape.as_list() == [1, None, 2]
    with tf.Session() as session:
        session.run(put)
        assert {key: value.tolist() for key, value in session.run(taken).items()} == {"a": [[[1, 2]]], "b": [0.5]}


def test_one_of_several_queues_is_chosen_when_the_graph_runs():
    queues = [tf.FIFOQueue(3, tf.float32, shapes=[[size]]) for size in (2, 2)]
    which = tf.placeholder(tf.int32, [])
    chosen = tf.QueueBase.from_list(which, queues)
    put, taken = chosen.enqueue([[1.0, 2.0]]), queues[1].dequeue()
    assert chosen.shapes[0].as_list() == [2]
    with tf.Session() as session:
        session.run(put, {which: 1})
        assert session.run(taken).tolist() == [1, 2]
        assert session.run(queues[0].size()) == 0


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: tf.FIFOQueue(3, [tf.float32], shapes=[[2], [3]]), ValueError, "^Queue shapes must have the same length as dtypes"),
        (lambda: tf.FIFOQueue(3, [tf.float32], names=["a", "b"]), ValueError, "^List of names must have the same length"),
        (lambda: tf.FIFOQueue(3, tf.float32, names="a").enqueue(1.0), ValueError, "^You must enqueue a dictionary in a Queue with names"),
        (lambda: tf.FIFOQueue(3, tf.float32).enqueue({"a": 1.0}), ValueError, "^Queue must have names to enqueue a dictionary"),
        (lambda: tf.FIFOQueue(3, tf.float32, names="a").enqueue({"b": 1.0}), ValueError, "^Keys in dictionary to enqueue do not match"),
        (lambda: tf.FIFOQueue(3, tf.float32, shapes=[[None]]), ValueError, "^All shapes must be fully defined"),
        (lambda: tf.FIFOQueue(3, tf.float32, shapes=5), TypeError, "^shapes must be a TensorShape or a list or tuple of TensorShapes"),
        (lambda: tf.PaddingFIFOQueue(3, tf.float32, None), ValueError, "^When providing partial shapes, a list of shapes must be provided"),
        (lambda: tf.PriorityQueue(3, tf.string), TypeError, "^Expected list for 'shapes' argument to 'priority_queue_v2' Op, not None"),
        (lambda: tf.FIFOQueue(3, tf.int32).enqueue_many(1), ValueError, "^Shape \\(\\) must have rank at least 1"),
        (lambda: tf.FIFOQueue(3, [tf.float32, tf.int32]).enqueue_many([[1.0], [1, 2]]), ValueError, "1 and 2 are not compatible"),
        (lambda: tf.QueueBase.from_list(0, []), TypeError, "^A list of queues expected"),
        (
            lambda: tf.QueueBase.from_list(0, [tf.FIFOQueue(3, tf.int32), tf.FIFOQueue(3, tf.int64)]),
            TypeError,
            "^Queues do not have matching component dtypes",
        ),
    ],
)
def test_what_does_not_fit_is_told_while_building(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_a_shared_queue_orders_the_same_whoever_seeds_it():
    with tf.Graph().as_default():
        tf.set_random_seed(5)
        first = tf.RandomShuffleQueue(3, 1, tf.int32, shared_name="s").queue_ref.op
        tf.constant(0)
        second = tf.RandomShuffleQueue(3, 1, tf.int32, shared_name="s").queue_ref.op
    assert first.get_attr("seed2") == second.get_attr("seed2")


def test_sessions_have_queues_of_their_own_and_nodes_of_a_shared_name_one():
    one, other = (tf.FIFOQueue(3, tf.int32, shapes=[[]], shared_name="s") for _ in range(2))
    put, size = one.enqueue(1), other.size()
    with tf.Session() as session, tf.Session() as second:
        session.run(put)
        assert session.run(size) == 1 and second.run(size) == 0


def test_what_was_fetched_is_the_callers_own():
    queue = tf.FIFOQueue(3, tf.float32, shapes=[[2]])
    x = tf.placeholder(tf.float32, [2])
    put, taken = queue.enqueue([x]), queue.dequeue()
    fed = np.float32([1, 2])
    with tf.Session() as session:
        session.run(put, {x: fed})
        fed[:] = 0
        assert session.run(taken).tolist() == [1, 2]


def test_the_interpreter_runs_queues_too():
    queue = tf.FIFOQueue(3, tf.float32, shapes=[[2]])
    put, taken = queue.enqueue([[1.0, 2.0]]), queue.dequeue() * 2
    with tf.Session() as session:
        interpret(session._store, [put], {})
        assert interpret(session._store, [taken], {})[0].tolist() == [2, 4]


def _empty():
    return tf.FIFOQueue(3, tf.float32, shapes=[[]]).dequeue()


@pytest.mark.parametrize("config", [None, tf.ConfigProto(operation_timeout_in_ms=50)])
def test_a_run_that_waits_too_long_is_ended(config):
    taken = _empty()
    with tf.Session(config=config) as session:
        options = None if config else tf.RunOptions(timeout_in_ms=50)
        with pytest.raises(tf.errors.DeadlineExceededError, match="^Timed out waiting for notification"):
            session.run(taken, options=options)
        assert session.run(tf.constant(1.0)) == 1.0


def test_closing_the_session_ends_runs_that_wait():
    taken, session = _empty(), tf.Session()
    timer = threading.Timer(0.1, session.close)
    timer.start()
    with pytest.raises(tf.errors.CancelledError, match="^Dequeue operation was cancelled"):
        session.run(taken)
    timer.join()


def test_a_run_that_waits_holds_up_nobody():
    queue = tf.FIFOQueue(3, tf.float32, shapes=[[]])
    put, taken, other = queue.enqueue(1.0), queue.dequeue(), tf.constant(2.0) * 2
    with tf.Session() as session:
        found = []
        thread = threading.Thread(target=lambda: found.append(session.run(taken)), daemon=True)
        thread.start()
        assert session.run(other) == 4.0
        session.run(put)
        thread.join(5)
        assert found == [1.0]


INTERRUPTED = """
import signal, time
import autograd_lite as tf
queue = tf.FIFOQueue(3, tf.float32, shapes=[[]])
put, taken = queue.enqueue(1.0), queue.dequeue()
with tf.Session() as session:
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    begin = time.monotonic()
    try:
        session.run(taken)
    except KeyboardInterrupt:
        session.run(put)
        print(time.monotonic() - begin < 5, session.run(taken))
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends signals")
def test_ctrl_c_ends_a_run_that_waits_and_the_queue_goes_on():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2])
    assert done.stdout == "True 1.0\n", done.stderr
