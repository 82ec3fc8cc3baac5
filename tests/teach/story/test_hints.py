import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.story.hints import hints
from autograd_lite.teach.story.record import record


@pytest.fixture(autouse=True)
def empty_graph():
    with tf.Graph().as_default():
        yield


def told(loss):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [(hint.node.name, hint.text) for hint in hints(record(loss, None, session, differences=False))]


def test_a_saturated_sigmoid_is_pointed_at():
    x = tf.Variable([9.0, -8.0, 0.1], name="x")
    assert told(tf.reduce_sum(tf.sigmoid(x, name="s"))) == [
        ("s", "Saturated: 67% of its inputs lie where the curve is nearly flat (slope below 0.05): little gradient passes.")
    ]


def test_a_dead_relu_is_pointed_at():
    x = tf.Variable(-2.0, name="x")
    assert told(tf.nn.relu(x, name="r") + x) == [
        ("r", "Dead: its input lies where the curve is flat, the local derivative is 0, so no gradient passes.")
    ]


def test_units_that_are_dead_for_every_example_are_counted():
    x = tf.Variable(np.float32([[1, -1, -2], [2, -3, 1], [1, -1, 1]]), name="x")
    assert told(tf.reduce_sum(tf.nn.relu(x, name="r"))) == [
        ("r", "1 of 3 units are dead for every example that was fed: their local derivative is 0 everywhere.")
    ]


def test_a_healthy_network_gets_no_remark():
    x = tf.Variable([[0.5, -0.5], [1.0, 2.0]], name="x")
    assert told(tf.reduce_mean(tf.square(tf.nn.relu(tf.matmul(x, x)) - 1.0))) == []


def test_a_gradient_that_vanishes_on_its_way_is_compared_with_the_largest():
    first, last = tf.Variable(0.5, name="first"), tf.Variable(0.5, name="last")
    h = first
    for _ in range(12):
        h = tf.sigmoid(h * 0.5)
    remarks = told(h * last)
    assert [(name, text.split(":")[0]) for name, text in remarks] == [("first", "Its gradient vanishes")]
    assert "at last" in remarks[0][1]


def test_a_gradient_that_explodes_is_pointed_at():
    w = tf.Variable(1.1, name="w")
    assert [(name, text.split(":")[0]) for name, text in told(w**100)] == [("w", "Its gradient explodes")]


def test_numbers_that_are_not_finite_are_pointed_at_in_the_order_of_the_nodes():
    x = tf.Variable([0.0, 1.0], name="x")
    remarks = told(tf.reduce_sum(tf.log(x, name="log"), name="sum"))
    assert [name for name, _ in remarks] == ["x", "log", "sum"]
    assert remarks[1][1].startswith("50% of its value is not a finite number")


def test_a_relu_that_lets_next_to_nothing_through_is_pointed_at():
    x = tf.Variable(np.float32(np.linspace(-9.9, 0.1, 100)), name="x")
    (remark,) = told(tf.reduce_sum(tf.nn.relu(x, name="r")))
    assert remark == ("r", "99% of its elements have the local derivative 0: the gradient stops there.")
