"""Python's operators on tensors."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import autograd_lite as tf

LEFT = np.array([[7.0, -3.0], [2.5, 4.0]], np.float32)
RIGHT = np.array([[2.0, 2.0], [-1.5, 4.0]], np.float32)


@pytest.mark.parametrize("function", [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod])
def test_arithmetic_equals_numpys(function, run):
    np.testing.assert_allclose(run(function(tf.constant(LEFT), tf.constant(RIGHT))), function(LEFT, RIGHT), rtol=1e-6)
    np.testing.assert_allclose(run(function(tf.constant(LEFT), 2.0)), function(LEFT, np.float32(2.0)), rtol=1e-6)
    np.testing.assert_allclose(run(function(2.0, tf.constant(LEFT))), function(np.float32(2.0), LEFT), rtol=1e-6)


@pytest.mark.parametrize("function", [operator.lt, operator.le, operator.gt, operator.ge])
def test_comparisons_equal_numpys(function, run):
    np.testing.assert_array_equal(run(function(tf.constant(LEFT), tf.constant(RIGHT))), function(LEFT, RIGHT))
    np.testing.assert_array_equal(run(function(tf.constant(LEFT), 2.5)), function(LEFT, 2.5))


@pytest.mark.parametrize("function", [operator.and_, operator.or_, operator.xor])
def test_logic_equals_numpys(function, run):
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    np.testing.assert_array_equal(run(function(tf.constant(a), tf.constant(b))), function(a, b))
    np.testing.assert_array_equal(run(function(tf.constant([6, 3]), 5)), function(np.array([6, 3]), 5))


def test_unary_operators(run):
    x = tf.constant(LEFT)
    np.testing.assert_array_equal(run(-x), -LEFT)
    np.testing.assert_array_equal(run(abs(x)), abs(LEFT))
    np.testing.assert_array_equal(run(~tf.constant([True, False])), [False, True])


def test_powers_and_matrix_products(run):
    x = tf.constant(RIGHT)
    np.testing.assert_allclose(run(x**2), RIGHT**2)
    np.testing.assert_allclose(run(2.0**x), 2.0**RIGHT, rtol=1e-6)
    np.testing.assert_allclose(run(x @ x), RIGHT @ RIGHT)
    np.testing.assert_allclose(run(LEFT @ x), LEFT @ RIGHT)


def test_the_node_is_named_after_the_operator(nodes):
    x = tf.placeholder(tf.float32, name="x")
    x * x + 1.0
    2.0 - x
    assert nodes(1) == [("mul", "Mul"), ("add/y", "Const"), ("add", "AddV2"), ("sub/x", "Const"), ("sub", "Sub")]


def test_an_array_on_the_left_asks_the_tensor(nodes):
    x = tf.placeholder(tf.float32, [2], name="x")
    np.ones(2, np.float32) + x
    assert nodes(1) == [("add/x", "Const"), ("add", "AddV2")]


def test_integers_divide_to_float64(run):
    assert run(tf.constant(1) / 4).dtype == np.float64


def test_strings_are_joined(run):
    assert run(tf.constant("a") + "b") == b"ab"


def test_a_float_added_to_an_integer_tensor_is_refused(nodes):
    x = tf.constant([1, 2])
    with pytest.raises(TypeError, match="^Input 'y' of 'AddV2' Op has type float32 that does not match type int32 of argument 'x'"):
        x + 0.5
    assert nodes() == [("Const", "Const")]


def test_a_float_on_the_left_of_an_integer_tensor_is_refused():
    with pytest.raises(TypeError, match="^Expected int32, got 0.5 of type 'float'"):
        0.5 + tf.constant([1, 2])


def test_shapes_that_do_not_broadcast_are_refused_and_leave_no_node(nodes):
    a, b = tf.zeros([2, 3]), tf.zeros([4])
    with pytest.raises(ValueError, match="^Dimensions must be equal, but are 3 and 4 for '{{node add}} = AddV2"):
        a + b
    assert len(nodes()) == 2
    assert (a + a).op.name == "add"


def test_an_object_that_knows_tensors_is_asked(nodes):
    class Friend:
        def __radd__(self, other):
            return "mine"

    assert tf.constant(1.0) + Friend() == "mine"
    assert nodes() == [("Const", "Const")]


def test_equality_is_identity():
    a, b = tf.constant(1.0), tf.constant(1.0)
    assert a == a
    assert a != b
    assert len({a, b}) == 2


def test_operators_work_across_graphs_only_with_an_error():
    a = tf.constant(1.0)
    with tf.Graph().as_default():
        b = tf.constant(2.0)
        with pytest.raises(ValueError, match="must be from the same graph as"):
            a + b
