"""Sections of which one runs at a time: in one run, in many threads, with errors inside."""

import threading

import numpy as np
import pytest

import autograd_lite as tf


def counter():
    return tf.get_variable("count", initializer=0, use_resource=True)


def add_slowly(count):
    """Add one in two steps, between which another thread could come."""
    old = count.read_value()
    wait = tf.py_func(lambda value: (threading.Event().wait(0.002), value)[1], [old], tf.int32)
    wait.set_shape([])
    return tf.assign(count, wait + 1)


def test_sections_of_many_threads_lose_no_count():
    count, section = counter(), tf.CriticalSection()
    new = section.execute(lambda: add_slowly(count))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        threads = [threading.Thread(target=lambda: [session.run(new) for _ in range(10)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.run(count) == 40


def test_two_sections_in_one_run_do_not_mix():
    count, section = counter(), tf.CriticalSection()
    both = [section.execute(lambda: add_slowly(count)) for _ in range(2)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(both)
        assert session.run(count) == 2


def test_the_nodes_are_those_of_tensorflow():
    section = tf.CriticalSection(name="cs")
    section.execute(lambda: tf.constant(2.0), name="again")
    ops = {op.name: op for op in tf.get_default_graph().get_operations()}
    assert [op.type for op in ops.values()] == [
        "MutexV2", "MutexLock", "Const", "Identity", "ConsumeMutexLock", "NoOp", "Identity", "Identity",
    ]  # fmt: skip
    waits = {name: [other.name for other in op.control_inputs] for name, op in ops.items()}
    assert waits["again/Const"] == ["again/MutexLock"]
    assert waits["again/ConsumeMutexLock"] == ["again/Identity"]
    assert waits["again/tuple/group_deps"] == ["again/Identity", "again/Const"]
    assert waits["again/tuple/control_dependency"] == ["again/Identity", "again/tuple/group_deps"]
    assert waits["again/Identity_1"] == ["again/ConsumeMutexLock"]


def test_what_is_used_inside_is_there_before_the_mutex_is_taken():
    x = tf.constant(3.0) * 2.0
    section = tf.CriticalSection()
    y = section.execute(lambda: {"y": x + 1.0, "nothing": None})
    lock = next(op for op in tf.get_default_graph().get_operations() if op.type == "MutexLock")
    assert [source.name for gate in lock.control_inputs for source in gate.control_inputs] == [x.op.name]
    with tf.Session() as session:
        assert session.run(y["y"]) == 7 and y["nothing"] is None


def test_an_error_inside_leaves_the_mutex_free():
    x = tf.placeholder(tf.float32, [])
    section = tf.CriticalSection()
    y = section.execute(lambda: tf.check_numerics(x, "no number"))
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="no number"):
            session.run(y, {x: np.nan})
        found = []
        other = threading.Thread(target=lambda: found.append(session.run(y, {x: 1.0})))
        other.start()
        other.join(20)
        assert found == [1.0]


def test_a_section_within_itself_is_refused_and_nothing_is_added():
    section = tf.CriticalSection()
    nodes = len(tf.get_default_graph().get_operations())
    with pytest.raises(ValueError, match="Attempting to lock a CriticalSection .* in which we are already running"):
        section.execute(lambda: section.execute(lambda: tf.constant(1.0)))
    assert len(tf.get_default_graph().get_operations()) - nodes <= 2  # what the outer function began
    assert section.execute(lambda: tf.constant(1.0)).shape == ()


def test_exclusive_access_to_a_variable_is_for_one_section():
    count = counter()
    tf.CriticalSection(name="first").execute(lambda: tf.assign_add(count, 1))
    other = tf.CriticalSection(name="second")
    with pytest.raises(ValueError, match="requested exclusive resource access of this resource"):
        other.execute(lambda: tf.assign_add(count, 1))


def test_sections_that_share_agree_to_it():
    count = counter()
    for name in ("first", "second"):
        section = tf.CriticalSection(name=name)
        section.execute(lambda: tf.assign_add(count, 1), exclusive_resource_access=False)
