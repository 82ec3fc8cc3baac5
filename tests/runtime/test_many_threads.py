"""Many threads on one session."""

import sys
import threading

import numpy as np
import pytest

import autograd_lite as tf

THREADS, RUNS = 8, 2000


def hammer(work):
    errors = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert not errors, errors
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("resource", [False, True])
def test_locked_counts_are_exact_and_each_thread_gets_its_own_answer(resource):
    w = tf.Variable(0.0, use_resource=resource)
    p = tf.placeholder(tf.float32, [])
    count = tf.assign_add(w, 1.0) if resource else tf.assign_add(w, 1.0, use_locking=True)
    own = p * 3.0 + 1.0
    with tf.Session() as session:
        session.run(w.initializer)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:

            def work(number):
                for turn in range(RUNS):
                    fed = float(number * RUNS + turn)
                    assert session.run([own, count], {p: fed})[0] == np.float32(fed) * np.float32(3) + np.float32(1)

            hammer(work)
        finally:
            sys.setswitchinterval(interval)
        assert session.run(w) == THREADS * RUNS


def test_locked_updates_of_large_variables_are_exact():
    w = tf.Variable(np.zeros(2000, np.float32))
    count = tf.assign_add(w, tf.ones([2000]), use_locking=True)
    rows = tf.scatter_add(w, [0, 1], [1.0, 1.0], use_locking=True)
    with tf.Session() as session:
        session.run(w.initializer)

        def work(number):
            for _ in range(300):
                session.run(count.op)
                session.run(rows.op)
                seen = session.run(w)
                assert seen[2] <= seen[0]

        hammer(work)
        total = session.run(w)
    assert total[0] == 2 * THREADS * 300 and total[5] == THREADS * 300


def test_threads_that_meet_a_new_shape_at_once_all_get_their_answer():
    x = tf.placeholder(tf.float32, [None])
    total = tf.reduce_sum(x * x)
    with tf.Session() as session:

        def work(number):
            for size in range(1, 40):
                assert session.run(total, {x: np.ones((size * 7 + number) % 23 + 1)}) == (size * 7 + number) % 23 + 1

        hammer(work)


@pytest.mark.filterwarnings("ignore::autograd_lite.runtime.growth.GraphGrowsWarning")
def test_building_in_one_thread_while_others_run_works():
    x = tf.constant(1.0)
    graph = tf.get_default_graph()
    with tf.Session() as session:

        def work(number):
            with graph.as_default():
                for turn in range(50):
                    if number == 0:
                        assert session.run(x + float(turn)) == 1.0 + turn
                    else:
                        assert session.run(x) == 1.0

        hammer(work)


def test_closing_while_others_run_ends_them_with_a_clear_error():
    w = tf.Variable(1.0)
    out = w * 2.0
    session = tf.Session()
    session.run(w.initializer)
    kinds = set()

    def work(number):
        if number == 0:
            session.close()
            return
        try:
            for _ in range(3000):
                session.run(out)
        except Exception as error:
            kinds.add(type(error).__name__)

    hammer(work)
    assert kinds <= {"RuntimeError", "FailedPreconditionError", "CancelledError"}
