"""Functions that bring their own derivative."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetches, feeds=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


def test_the_given_gradient_is_used():
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))

    x = tf.constant(100.0)
    assert run(tf.gradients(log1pexp(x), x)) == [1.0]


def test_it_gets_the_gradient_of_the_result():
    @tf.custom_gradient
    def f(x):
        return x * x, lambda dy: 7.0 * dy

    x = tf.constant(3.0)
    assert run(tf.gradients(f(x) * 2.0, x)) == [14.0]


def test_several_arguments_and_results_keep_their_order():
    @tf.custom_gradient
    def f(a, b):
        return (a + b, a * b), lambda d_sum, d_product: (d_sum * 10.0, d_product * 100.0)

    a, b = tf.constant(2.0), tf.constant(3.0)
    total, product = f(a, b)
    assert run([total, product]) == [5.0, 6.0]
    assert run(tf.gradients([total, product], [a, b])) == [10.0, 100.0]


def test_one_inside_another_uses_both_gradients():
    @tf.custom_gradient
    def inner(x):
        return x * 1.0, lambda dy: 3.0 * dy

    @tf.custom_gradient
    def outer(x):
        y = inner(x)
        return y, lambda dy: 5.0 * tf.gradients(y, x, dy)[0]

    x = tf.constant(2.0)
    assert run(tf.gradients(outer(x), x)) == [15.0]


def test_the_gradient_can_be_differentiated_again():
    @tf.custom_gradient
    def cube(x):
        return x**3, lambda dy: dy * 3.0 * x**2

    x = tf.constant(2.0)
    first = tf.gradients(cube(x), x)[0]
    assert run(tf.gradients(first, x)) == [12.0]


def test_variables_inside_get_gradients_too():
    w = tf.get_variable("w", initializer=2.0, use_resource=True)

    @tf.custom_gradient
    def f(x):
        def gradient(dy, variables=None):
            return dy * 100.0, [dy * 1000.0 for _ in variables]

        return x * w, gradient

    x = tf.constant(3.0)
    assert run(tf.gradients(f(x), [x, w])) == [100.0, 1000.0]


def test_a_gradient_function_must_take_the_variables():
    w = tf.get_variable("w", initializer=2.0, use_resource=True)

    @tf.custom_gradient
    def f(x):
        return x * w, lambda dy: dy

    with pytest.raises(TypeError, match="grad_fn must accept a 'variables' keyword argument"):
        f(tf.constant(1.0))


def test_reference_variables_made_inside_are_refused():
    @tf.custom_gradient
    def f(x):
        return x * tf.get_variable("w", initializer=2.0), lambda dy: dy

    with pytest.raises(TypeError, match="must be `ResourceVariable`s"):
        f(tf.constant(1.0))


def test_keyword_arguments_are_refused():
    @tf.custom_gradient
    def f(x):
        return x, lambda dy: dy

    with pytest.raises(ValueError, match="keywords arguments only when eager execution is enabled"):
        f(x=tf.constant(1.0))


def test_the_function_must_return_a_gradient_function():
    @tf.custom_gradient
    def f(x):
        return x * x

    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        f(tf.constant(1.0))


def test_a_passed_through_gradient_ignores_the_function():
    x = tf.constant([0.2, 1.7])
    np.testing.assert_array_equal(run(tf.gradients(tf.grad_pass_through(tf.round)(x) * 3.0, x)[0]), [3.0, 3.0])


def test_a_recomputed_function_has_its_ordinary_gradient():
    x = tf.constant([1.0, 2.0])
    y = tf.recompute_grad(lambda t: tf.sin(t) * t)(x)
    at = np.array([1.0, 2.0])
    np.testing.assert_allclose(run(tf.gradients(y, x)[0]), np.sin(at) + at * np.cos(at), rtol=1e-6)
