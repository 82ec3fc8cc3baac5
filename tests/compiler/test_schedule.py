"""The order in which a run does what the graph leaves open; what TensorFlow does was recorded."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.compiler.schedule import COMPUTES, EFFECTS, READS, WRITES, Work, schedule
from autograd_lite.runtime.interpret import interpret


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def filled_queue():
    queue = tf.FIFOQueue(20, [tf.int32], shapes=[[]])
    return queue, queue.enqueue_many([np.arange(8)])


def test_of_several_effects_the_newest_comes_first_and_computations_come_before():
    work = [Work(EFFECTS, 0, []), Work(COMPUTES, 1, []), Work(EFFECTS, 2, []), Work(COMPUTES, 3, []), Work(READS, 4, [])]
    assert schedule(work) == [4, 1, 3, 2, 0]


def test_updates_come_last_in_order_of_creation():
    assert schedule([Work(WRITES, 0, []), Work(WRITES, 1, []), Work(EFFECTS, 2, [])]) == [2, 0, 1]


def test_an_effect_waits_for_what_it_needs():
    assert schedule([Work(EFFECTS, 0, []), Work(EFFECTS, 1, [0])]) == [0, 1]


def test_of_dequeues_fetched_together_the_last_one_made_gets_the_first_element():
    queue, fill = filled_queue()
    elements = [queue.dequeue() for _ in range(4)]
    with tf.Session() as session:
        session.run(fill)
        assert session.run(elements) == [3, 2, 1, 0]
        assert session.run([elements[2], elements[0], elements[3], elements[1]]) == [5, 7, 4, 6]


def test_of_enqueues_run_together_the_last_one_made_puts_its_element_first():
    queue = tf.PaddingFIFOQueue(10, [tf.int32], shapes=[[None]])
    both = [queue.enqueue([[1]]), queue.enqueue([[1, 2, 3]])]
    with tf.Session() as session:
        session.run(both)
        assert session.run(queue.dequeue()).tolist() == [1, 2, 3]


def test_a_control_dependency_decides():
    queue, fill = filled_queue()
    first = queue.dequeue()
    with tf.control_dependencies([first]):
        second = queue.dequeue()
    with tf.Session() as session:
        session.run(fill)
        assert session.run([second, first]) == [1, 0]


def test_python_functions_of_one_tensor_are_called_the_last_one_made_first():
    called = []
    x = tf.placeholder(tf.float32, [])
    calls = [tf.py_func(lambda value, number=number: called.append(number) or value, [x], tf.float32) for number in range(3)]
    with tf.Session() as session:
        session.run(calls, {x: 1.0})
    assert called == [2, 1, 0]


def test_the_interpreter_follows_the_same_order():
    called = []
    x = tf.constant(1.0)
    calls = [tf.py_func(lambda value, number=number: called.append(number) or value, [x], tf.float32) for number in range(3)]
    with tf.Session() as session:
        interpret(session._store, calls, {})
    assert called == [2, 1, 0]


def test_the_first_of_several_failing_assertions_is_told():
    fails = tf.placeholder_with_default(False, [])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="one"):
        session.run([tf.Assert(fails, ["one"]), tf.Assert(fails, ["two"])])


def test_of_two_uninitialized_variables_the_newer_is_told():
    a, b = tf.get_variable("a", initializer=1.0), tf.get_variable("b", initializer=1.0)
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value b"):
        session.run(a + b)
