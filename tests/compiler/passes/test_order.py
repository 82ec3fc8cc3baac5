"""Readers before writers, control edges before all."""

import pytest

import autograd_lite as tf
from autograd_lite.compiler.schedule import COMPUTES, LATE, READS, WRITES, Work, schedule
from tests.compiler.compiling import op_types, program_after


def test_readers_come_before_writers_when_no_edge_says_otherwise():
    w = tf.Variable(1.0)
    update = tf.assign(w, 5.0)
    assert op_types(program_after("order", [update.op, w.value()])).index("read") < op_types(
        program_after("order", [update.op, w.value()])
    ).index("Assign")


def test_a_fetched_variable_is_read_when_all_else_is_done():
    w = tf.Variable(1.0)
    assert op_types(program_after("order", [w._ref(), tf.assign(w, 5.0).op]))[-1] == "read"


def test_independent_updates_keep_the_order_of_creation():
    w = tf.Variable(1.0)
    first, second = tf.assign(w, 2.0), tf.assign(w, 3.0)
    with tf.Session() as session:
        session.run(w.initializer)
        session.run([second.op, first.op])
        assert session.run(w) == 3.0


def test_an_update_waits_for_readers_that_wait_for_another_update():
    work = [
        Work(WRITES, 0, [], writes=(0,)),  # would come first by number, but 2 still has to read its cell
        Work(WRITES, 1, [], writes=(1,)),
        Work(READS, 2, [1], reads=(0,)),
        Work(LATE, 3, [], reads=(0,)),
        Work(COMPUTES, 4, []),
    ]
    assert schedule(work) == [4, 1, 2, 0, 3]


def test_an_update_does_not_wait_for_its_own_readers():
    work = [Work(WRITES, 0, [], writes=(0,)), Work(WRITES, 1, [], writes=(1,)), Work(READS, 2, [0], reads=(0,))]
    assert schedule(work) == [0, 2, 1]


def test_two_updates_that_wait_for_each_others_readers_go_by_number():
    work = [
        Work(WRITES, 0, [], writes=(0,)), Work(WRITES, 1, [], writes=(1,)),
        Work(READS, 2, [1], reads=(0,)), Work(READS, 3, [0], reads=(1,)),
    ]  # fmt: skip
    assert schedule(work)[0] == 0


def test_a_cycle_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="contains a cycle"):
        schedule([Work(COMPUTES, 0, [1], name="a"), Work(COMPUTES, 1, [0], name="b")])
    a = tf.negative(tf.constant(1.0))
    b = tf.negative(a)
    a.op._update_input(0, b)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="contains a cycle"):
        session.run(b)


def test_an_update_looks_at_variables_at_the_moment_at_which_it_stores():
    w, total = tf.Variable(1.0), tf.Variable(0.0)
    grow = tf.assign_add(w, 1.0)
    with tf.control_dependencies([grow]):
        first, second = tf.assign_add(w, w), tf.assign_add(total, w)  # the second reads w, so it comes first
    with tf.Session() as session:
        session.run([w.initializer, total.initializer])
        session.run([first.op, second.op])
        assert session.run([w, total]) == [4.0, 2.0]
