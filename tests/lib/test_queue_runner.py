"""Threads that fill queues: they begin, end, and tell what went wrong."""

import gc
import threading
import time

import pytest

import autograd_lite as tf


def _filled(capacity=4, value=1.5):
    queue = tf.FIFOQueue(capacity, tf.float32, shapes=[[]])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(value)] * 2))
    return queue


def _runner_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("QueueRunnerThread")]


def _ends_within(seconds, threads):
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def test_the_data_end_when_a_producer_says_so():
    numbers = tf.train.range_input_producer(3, num_epochs=2, shuffle=False).dequeue()
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        found = []
        with pytest.raises(tf.errors.OutOfRangeError, match=r"'_\d+_input_producer' is closed and has insufficient elements"):
            while True:
                found.append(session.run(numbers))
        coordinator.request_stop()
        coordinator.join(threads)
    assert found == [0, 1, 2, 0, 1, 2] and not _runner_threads()


def test_an_error_of_a_producer_reaches_the_main_thread():
    zero = tf.placeholder_with_default([0], [None])
    bad = tf.gather(tf.constant([1.0]), zero + 5)
    queue = tf.FIFOQueue(4, tf.float32, shapes=[[]])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue_many([bad])]))
    taken = queue.dequeue()
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(taken)  # the queue is closed when the coordinator stops
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[0\] = 5 is not in \[0, 1\)"):
            coordinator.join(threads)
    assert not _runner_threads()


def test_without_a_coordinator_errors_are_kept(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda *_: None)
    queue = tf.FIFOQueue(4, tf.float32, shapes=[[]])
    runner = tf.train.QueueRunner(queue, [queue.enqueue(tf.placeholder(tf.float32, []))])
    with tf.Session() as session:
        threads = runner.create_threads(session, daemon=True, start=True)
        assert _ends_within(5, threads)
    (error,) = runner.exceptions_raised
    assert isinstance(error, tf.errors.InvalidArgumentError)


def test_threads_are_made_once_for_a_session():
    queue = _filled()
    (runner,) = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
    with tf.Session() as session, tf.Session() as other:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        assert len(threads) == 3 and all(thread.daemon for thread in threads)
        assert [thread.name for thread in threads][-1] == "QueueRunnerThread-fifo_queue-close_on_stop"
        assert runner.create_threads(session, coordinator) == []
        assert len(runner.create_threads(other)) == 2
        session.run(queue.dequeue())
        coordinator.request_stop()
        coordinator.join(threads)
        assert len(runner.create_threads(session)) == 2


def test_which_errors_mean_the_end_can_be_said():
    queue = tf.FIFOQueue(4, tf.float32, shapes=[[]])
    missing = queue.enqueue(tf.placeholder(tf.float32, []))
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [missing], queue_closed_exception_types=(tf.errors.InvalidArgumentError,)))
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(queue.dequeue())
        coordinator.request_stop()
        coordinator.join(threads)


def test_runners_are_written_and_read():
    queue = tf.FIFOQueue(4, tf.float32, shapes=[[]], name="scope/q")
    kinds = (tf.errors.OutOfRangeError, tf.errors.CancelledError)
    runner = tf.train.QueueRunner(queue, [queue.enqueue(1.0)], queue_closed_exception_types=kinds)
    message = runner.to_proto(export_scope="scope")
    assert message.queue_name == "q"
    back = tf.train.QueueRunner.from_proto(runner.to_proto())
    assert (back.name, back.enqueue_ops, back.close_op, back.cancel_op, back.queue_closed_exception_types) == (
        runner.name, runner.enqueue_ops, runner.close_op, runner.cancel_op, kinds,
    )  # fmt: skip
    assert runner.to_proto(export_scope="elsewhere") is None
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = back.create_threads(session, coordinator, daemon=True, start=True)
        assert session.run(queue.dequeue()) == 1.0
        coordinator.request_stop()
        coordinator.join(threads)


def test_runners_travel_in_a_meta_graph():
    numbers = tf.train.range_input_producer(3, shuffle=False).dequeue(name="number")
    assert numbers.name == "number:0"
    meta = tf.train.export_meta_graph()
    with tf.Graph().as_default() as graph:
        tf.train.import_meta_graph(meta)
        with tf.Session() as session:
            coordinator = tf.train.Coordinator()
            threads = tf.train.start_queue_runners(session, coordinator)
            assert [session.run(graph.get_tensor_by_name("number:0")) for _ in range(4)] == [0, 1, 2, 0]
            coordinator.request_stop()
            coordinator.join(threads)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: tf.train.QueueRunner(), ValueError, "^Must provide queue and enqueue_ops."),
        (lambda: tf.train.start_queue_runners(), ValueError, "^Cannot start queue runners: No default session is registered."),
        (lambda: tf.train.start_queue_runners(5), TypeError, "^sess must be a `tf.Session` object. Given class: <class 'int'>"),
        (
            lambda: tf.train.QueueRunner(tf.FIFOQueue(3, tf.int32), [tf.no_op()], queue_closed_exception_types=(ValueError,)),
            TypeError,
            "^queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: <class 'ValueError'>",
        ),
    ],
)
def test_wrong_arguments_are_told(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_starting_nothing_warns(caplog):
    with tf.Session():
        assert tf.train.start_queue_runners() == []
    assert "when no queue runners were defined" in caplog.text


# ---------------------------------------------------------------- nothing leaks


def _consumer_dies(session, batch, threads):
    """The consumer stops without a word: its session is closed."""
    session.run(batch)
    session.close()


def _consumer_raises(session, batch, threads):
    session.run(batch)
    raise KeyboardInterrupt


def _producer_raises(session, batch, threads):
    with pytest.raises((tf.errors.OutOfRangeError, tf.errors.CancelledError)):
        for _ in range(1000):
            session.run(batch)


def _pipeline(fails_after):
    """Two stages of queues and six threads; the first stage can fail after some elements."""
    count = tf.Variable(0, trainable=False)
    number = tf.assign_add(count, 1)
    if fails_after:
        with tf.control_dependencies([tf.assert_less(number, fails_after)]):
            number = tf.identity(number)
    first = tf.FIFOQueue(5, tf.int32, shapes=[[]])
    tf.train.add_queue_runner(tf.train.QueueRunner(first, [first.enqueue(number)] * 2))
    return tf.train.shuffle_batch([first.dequeue()], 3, capacity=20, min_after_dequeue=4, num_threads=2)


@pytest.mark.parametrize("end", [_consumer_dies, _consumer_raises, _producer_raises])
@pytest.mark.parametrize("tries", [10, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_all_threads_end_within_two_seconds(end, tries):
    before = threading.active_count()
    for attempt in range(tries):
        with tf.Graph().as_default():
            batch = _pipeline(fails_after=10 + attempt % 7 if end is _producer_raises else 0)
            session = tf.Session()
            session.run(tf.global_variables_initializer())
            coordinator = tf.train.Coordinator()
            threads = tf.train.start_queue_runners(session, coordinator)
            try:
                end(session, batch, threads)
            except KeyboardInterrupt:
                coordinator.request_stop()
            assert _ends_within(2, threads), f"try {attempt}: {[thread.name for thread in threads if thread.is_alive()]}"
            session.close()
    gc.collect()
    assert threading.active_count() <= before
