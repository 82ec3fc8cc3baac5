"""Only what is needed runs; feeds cut."""

import pytest

import autograd_lite as tf
from tests.compiler.compiling import node_names, op_types, program_after


def test_what_the_fetches_do_not_need_is_left_out():
    a = tf.constant(1.0, name="a")
    tf.exp(a, name="unused")
    b = tf.negative(a, name="b")
    assert node_names(program_after("prune", [b])) == ["a", "b"]


def test_a_feed_cuts_off_what_leads_to_it():
    p = tf.placeholder(tf.float32, name="p")
    middle = tf.exp(p, name="middle")
    out = tf.negative(middle, name="out")
    program = program_after("prune", [out], [middle])
    assert node_names(program) == ["out"] and not program.unfed
    assert [op.name for op in program_after("prune", [out]).unfed] == ["p"]


def test_control_inputs_are_needed_too():
    a = tf.constant(1.0, name="a")
    w = tf.Variable(0.0, name="w")
    update = tf.assign_add(w, 1.0, name="update")
    with tf.control_dependencies([update]):
        b = tf.negative(a, name="b")
    assert "update" in node_names(program_after("prune", [b]))
    program = program_after("order", [b])
    assert node_names(program).index("update") < node_names(program).index("b")


def test_a_control_edge_to_a_fed_placeholder_asks_for_nothing():
    p = tf.placeholder(tf.float32, name="p")
    with tf.control_dependencies([p]):
        b = tf.constant(1.0, name="b")
    assert not program_after("prune", [b], [p]).unfed


def test_every_reader_of_a_variable_has_a_read_step():
    w = tf.Variable(1.0)
    one, two = tf.identity(w.op.outputs[0]), tf.identity(w.op.outputs[0])
    assert op_types(program_after("prune", [one, two])).count("read") == 2
    assert op_types(program_after("reads", [one, two])).count("read") == 1


def test_an_update_of_a_fed_variable_is_refused():
    w = tf.Variable(1.0)
    update = tf.assign_add(w, 1.0)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="which is fed"):
        session.run(update, {w: 3.0})
