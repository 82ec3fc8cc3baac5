"""Threads that stop together and tell the main thread why."""

import sys
import threading
import time

import pytest

import autograd_lite as tf


def started(function, name=None):
    thread = threading.Thread(target=function, name=name)
    thread.start()
    return thread


def test_a_request_to_stop_is_seen_by_all_threads_and_join_waits_for_them():
    coord = tf.train.Coordinator()
    ended = []

    def work(number):
        while not coord.wait_for_stop(0.001):
            if number == 2:
                coord.request_stop()
        ended.append(number)

    threads = [started(lambda number=number: work(number)) for number in range(4)]
    coord.join(threads)
    assert sorted(ended) == [0, 1, 2, 3]
    assert coord.should_stop()
    assert coord.joined


def test_the_exception_of_a_thread_is_raised_by_join_with_its_own_traceback():
    coord = tf.train.Coordinator()

    def dies_here():
        with coord.stop_on_exception():
            raise ValueError("worker died")

    with pytest.raises(ValueError, match="worker died") as caught:
        coord.join([started(dies_here)])
    assert "dies_here" in [entry.name for entry in caught.traceback]
    assert coord.joined


def test_only_the_first_exception_counts():
    coord = tf.train.Coordinator()
    coord.request_stop(ValueError("first"))
    coord.request_stop(KeyError("second"))
    with pytest.raises(ValueError, match="first"):
        coord.raise_requested_exception()


def test_the_end_of_the_input_is_a_clean_way_to_stop_unless_said_otherwise():
    coord = tf.train.Coordinator()
    with coord.stop_on_exception():
        raise tf.errors.OutOfRangeError(None, None, "end")
    coord.join()
    strict = tf.train.Coordinator(clean_stop_exception_types=[])
    with strict.stop_on_exception():
        raise tf.errors.OutOfRangeError(None, None, "end")
    with pytest.raises(tf.errors.OutOfRangeError):
        strict.join()
    own = tf.train.Coordinator(clean_stop_exception_types=(KeyError,))
    with own.stop_on_exception():
        raise KeyError("enough")
    own.join()


def test_what_sys_exc_info_says_is_taken_too():
    coord = tf.train.Coordinator()
    try:
        raise ValueError("told later")
    except ValueError:
        coord.request_stop(sys.exc_info())
    with pytest.raises(ValueError, match="told later"):
        coord.join()


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match=r"takes an exception or the result of sys.exc_info\(\), got 3"):
        tf.train.Coordinator().request_stop(3)


def test_after_join_a_late_exception_is_raised_where_it_is_reported():
    coord = tf.train.Coordinator()
    coord.request_stop()
    coord.join()
    coord.request_stop()
    with pytest.raises(ValueError, match="late"):
        coord.request_stop(ValueError("late"))


def test_clear_stop_makes_it_usable_again():
    coord = tf.train.Coordinator()
    coord.request_stop(ValueError("old"))
    coord.clear_stop()
    assert not coord.should_stop()
    coord.request_stop()
    coord.join()


def test_a_thread_that_does_not_stop_is_named():
    coord, release = tf.train.Coordinator(), threading.Event()
    thread = started(release.wait, name="slow")
    coord.request_stop()
    try:
        with pytest.raises(RuntimeError, match="Coordinator stopped with threads still running: slow"):
            coord.join([thread], stop_grace_period_secs=0.05)
        coord.join([thread], stop_grace_period_secs=0.05, ignore_live_threads=True)
    finally:
        release.set()
        thread.join()


def test_threads_that_all_end_by_themselves_end_the_join():
    coord = tf.train.Coordinator()
    coord.join([started(lambda: time.sleep(0.01))])
    assert not coord.should_stop()


def test_registered_threads_are_waited_for_and_forgotten():
    coord, ended = tf.train.Coordinator(), []
    coord.register_thread(started(lambda: ended.append(1)))
    coord.join()
    assert ended == [1]
    assert not coord._threads


def test_wait_for_stop_says_whether_it_was_asked():
    coord = tf.train.Coordinator()
    assert coord.wait_for_stop(0.001) is False
    coord.request_stop()
    assert coord.wait_for_stop() is True


def test_a_looper_thread_calls_again_and_again_between_its_first_and_last_call():
    coord, calls = tf.train.Coordinator(), []

    class Looper(tf.train.LooperThread):
        def start_loop(self):
            calls.append("start")

        def run_loop(self):
            calls.append("loop")
            if calls.count("loop") == 3:
                self._coord.request_stop()

        def stop_loop(self):
            calls.append("stop")

    for interval in (None, 0.001):
        calls.clear()
        coord.clear_stop()
        thread = Looper(coord, interval)
        assert thread.daemon
        thread.start()
        coord.join()
        assert not thread.isAlive()
        assert calls == ["start", "loop", "loop", "loop", "stop"]


def test_a_looper_thread_passes_its_arguments_and_its_failure_on():
    coord, seen = tf.train.Coordinator(), []

    def divide(numerator, by):
        seen.append(numerator)
        return numerator / (by - len(seen))

    tf.train.LooperThread.loop(coord, 0.001, divide, args=[6.0], kwargs={"by": 3})
    with pytest.raises(ZeroDivisionError):
        coord.join()
    assert seen == [6.0, 6.0, 6.0]


def test_a_looper_thread_needs_a_coordinator_and_a_target_for_its_arguments():
    with pytest.raises(ValueError, match="'coord' argument must be a Coordinator: 3"):
        tf.train.LooperThread(3, 1)
    with pytest.raises(ValueError, match="'args' and 'kwargs' argument require that you also pass 'target'"):
        tf.train.LooperThread(tf.train.Coordinator(), 1, args=[1])


def test_an_interrupted_thread_interrupts_the_main_thread():
    coord = tf.train.Coordinator()

    def interrupted():
        with coord.stop_on_exception():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        coord.join([started(interrupted)])
