"""Gradients that users register, and the map that overrides them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd_lite as tf

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.fixture
def new_name():
    return f"TestGradient{next(_numbers)}"


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_an_overridden_op_uses_the_registered_gradient(fresh_graph, new_name):
    @tf.RegisterGradient(new_name)
    def ten_times(op, grad):
        return 10.0 * grad

    x = tf.constant(3.0)
    with fresh_graph.gradient_override_map({"Square": new_name}):
        y = tf.square(x)
    assert run(tf.gradients(y, x)) == [10.0]
    assert run(tf.gradients(tf.square(x), x)) == [6.0]


def test_the_override_may_name_another_op_type(fresh_graph):
    x = tf.constant([-0.3, 0.7])
    with fresh_graph.gradient_override_map({"Sign": "Identity"}):
        y = tf.sign(x)
    np.testing.assert_array_equal(run(tf.gradients(y, x)[0]), [1.0, 1.0])


def test_a_registered_gradient_gets_zeros_for_unused_outputs(fresh_graph, new_name):
    seen = []

    @tf.RegisterGradient(new_name)
    def joined(op, first, second):
        seen.append(second)
        return tf.concat([first, second], 0), None

    x = tf.constant([1.0, 2.0, 3.0])
    with fresh_graph.gradient_override_map({"SplitV": new_name}):
        parts = tf.split(x, [1, 2])
    with pytest.raises(ValueError, match="Num gradients 2 generated for op name"):
        tf.gradients(parts[0], x)
    assert seen[0].dtype == tf.float32


def test_a_missing_registration_is_a_lookup_error(fresh_graph):
    x = tf.constant(2.0)
    with fresh_graph.gradient_override_map({"Square": "NeverRegisteredGrad"}):
        y = tf.square(x)
    with pytest.raises(LookupError, match=r"^No gradient defined for operation'Square' \(op type: Square\)") as caught:
        tf.gradients(y, x)
    assert "NeverRegisteredGrad" in str(caught.value)
    assert "test_registry.py" in str(caught.value)


def test_a_wrong_number_of_gradients_names_the_operation(fresh_graph, new_name):
    @tf.RegisterGradient(new_name)
    def two(op, grad):
        return [grad, grad]

    x = tf.constant(2.0)
    with fresh_graph.gradient_override_map({"Square": new_name}):
        y = tf.square(x)
    with pytest.raises(ValueError, match='^Num gradients 2 generated for op name: "Square"'):
        tf.gradients(y, x)


def test_a_gradient_of_a_wrong_shape_names_the_operation(fresh_graph, new_name):
    @tf.RegisterGradient(new_name)
    def wrong(op, grad):
        return tf.zeros([5])

    x = tf.ones([3])
    with fresh_graph.gradient_override_map({"Square": new_name}):
        y = tf.square(x)
    with pytest.raises(ValueError, match="Incompatible shapes between op input and calculated input gradient.*Forward operation: Square"):
        tf.gradients(y, x)


def test_registering_a_name_twice_is_a_key_error(new_name):
    tf.RegisterGradient(new_name)(lambda op, grad: grad)
    with pytest.raises(KeyError, match="Registering two gradient with name"):
        tf.RegisterGradient(new_name)(lambda op, grad: grad)


def test_registering_a_gradient_that_the_op_table_has_is_a_key_error():
    with pytest.raises(KeyError, match="Registering two gradient with name 'Square'"):
        tf.RegisterGradient("Square")(lambda op, grad: grad)


def test_a_gradient_name_must_be_a_string():
    with pytest.raises(TypeError, match="op_type must be a string"):
        tf.RegisterGradient(3)


def test_a_type_marked_not_differentiable_ends_the_path(fresh_graph, new_name):
    tf.NotDifferentiable(new_name)
    x = tf.constant(2.0)
    with fresh_graph.gradient_override_map({"Square": new_name}):
        y = tf.square(x)
    assert tf.gradients(y, x) == [None]


def test_no_gradient_is_another_name_of_not_differentiable():
    assert tf.NoGradient is tf.NotDifferentiable
