"""Branches and loops that are waited for, and that wait."""

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def ran(session, fetches, variable):
    session.run(variable.initializer)
    return session.run(fetches)


@pytest.mark.parametrize("is_resource", [False, True])
def test_what_waits_for_a_branch_sees_what_the_branch_stored(session, is_resource):
    v = tf.Variable(1.0, use_resource=is_resource)
    x = tf.constant(2.0)
    y = tf.cond(x > 0.0, lambda: tf.assign_add(v, x), lambda: tf.assign_sub(v, x))
    with tf.control_dependencies([y]):
        seen = tf.identity(v.read_value())
    assert ran(session, seen, v) == 3.0
    np.testing.assert_array_equal(ran(session, [seen, y], v), [3.0, 3.0])


def test_what_waits_for_a_loop_sees_what_the_loop_stored(session):
    v = tf.Variable(1.0, use_resource=True)
    _, y = tf.while_loop(lambda i, _: i < 3, lambda i, _: (i + 1, v.assign_add(1.0)), [0, 0.0])
    with tf.control_dependencies([y]):
        seen = v.read_value()
    assert ran(session, seen, v) == 4.0


def test_what_waits_for_a_branch_inside_a_loop_sees_what_it_stored(session):
    v = tf.Variable(0.0, use_resource=True)

    def body(i, _):
        y = tf.cond(i > 0, lambda: v.assign_add(10.0), lambda: v.assign_add(1.0))
        with tf.control_dependencies([y]):
            return i + 1, v.read_value()

    _, seen = tf.while_loop(lambda i, _: i < 3, body, [0, 0.0])
    assert ran(session, seen, v) == 21.0


def test_a_branch_waits_as_its_switches_do(session):
    v = tf.Variable(1.0, use_resource=True)
    first = v.assign(5.0, read_value=False)
    y = tf.cond(tf.constant(True), lambda: v * 2.0, lambda: v * 3.0)
    for op in y.graph.get_operations():
        if op.type == "Switch":
            op._add_control_input(first)
    assert ran(session, y, v) == 10.0
