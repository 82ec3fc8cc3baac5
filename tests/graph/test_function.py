"""Functions of a graph: arguments, what is captured, what is copied."""

import pytest

import autograd_lite as tf
from autograd_lite.graph.function import FunctionGraph, add_function, names_an_object, unused_function_name


@pytest.fixture
def outer():
    with tf.Graph().as_default() as graph:
        yield graph


def test_what_lies_around_is_captured_once_and_constants_are_copied(outer):
    around = tf.placeholder(tf.float32, [2], name="around")
    constant = tf.constant(3.0, name="three")
    body = FunctionGraph("body", outer)
    before = len(outer.get_operations())
    with body.as_default():
        x = body.argument(around.dtype, (2,), "x")
        y = x * around + around * constant
    assert list(body.captures) == [around]
    assert body.captures[around].op.type == "Placeholder"
    assert {op.type for op in body.get_operations()} >= {"Placeholder", "Const", "Mul"}
    assert len(outer.get_operations()) == before
    assert y.graph is body


def test_a_function_in_a_function_captures_through_both(outer):
    around = tf.placeholder(tf.float32, [], name="around")
    first = FunctionGraph("first", outer)
    second = FunctionGraph("second", first)
    with first.as_default(), second.as_default():
        inner = around + 1.0
    assert list(first.captures) == [around]
    assert list(second.captures) == [first.captures[around]]
    assert inner.graph is second


def test_names_of_variables_mean_the_same_object(outer):
    variable = tf.get_variable("v", [], use_resource=True)
    body = FunctionGraph("body", outer)
    with body.as_default():
        read = variable.read_value()
    assert not body.captures
    handle = read.op.inputs[0].op
    while handle.inputs:
        handle = handle.inputs[0].op
    assert names_an_object(handle)
    assert handle.attrs["shared_name"] == "v"


def test_functions_of_functions_have_names_of_their_own(outer):
    first = FunctionGraph(unused_function_name(outer, "f"), outer)
    add_function(outer, first)
    second = FunctionGraph(unused_function_name(first, "f"), first)
    add_function(first, second)
    assert first.name != second.name
    assert outer._functions == {first.name: first, second.name: second}
    assert first._functions == {second.name: second}


def test_a_nested_function_does_not_take_the_place_of_an_older_one():
    numbers = tf.data.Dataset.range(4).map(lambda x: x + 10)
    nested = numbers.flat_map(lambda x: tf.data.Dataset.range(2).map(lambda y: x * 100 + y))
    element = nested.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(element) for _ in range(8)] == [1000, 1001, 1100, 1101, 1200, 1201, 1300, 1301]


def test_copying_in_takes_control_edges_along_and_refuses_what_has_a_state(outer):
    with tf.control_dependencies([tf.Assert(tf.constant(True), ["never"])]):
        total = tf.constant(1.0) + 2.0
    body = FunctionGraph("body", outer)
    copied = body.copy_in(total)
    assert copied.graph is body
    assert any(op.type == "Assert" for op in body.get_operations())
    assert not body.captures
    with pytest.raises(ValueError, match="Cannot capture a placeholder"):
        body.copy_in(tf.placeholder(tf.float32) + 1.0)
    with pytest.raises(ValueError, match="Cannot capture a stateful node"):
        body.copy_in(tf.random_uniform([]) + 1.0)
