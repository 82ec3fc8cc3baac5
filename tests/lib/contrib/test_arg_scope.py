"""Defaults of arguments inside a block."""

import threading

import pytest

import autograd_lite as tf

framework, layers = tf.contrib.framework, tf.contrib.layers


@framework.add_arg_scope
def first(x, a=1, b=None):
    return x, a, b


@framework.add_arg_scope
def second(x, b=2):
    return x, b


def test_defaults_hold_inside_the_block_and_nest():
    with framework.arg_scope([first, second], b=5):
        assert first(0) == (0, 1, 5) and second(0) == (0, 5) and first(0, b=6) == (0, 1, 6)
        with framework.arg_scope([first], a=7) as scope:
            assert first(0) == (0, 7, 5)
        assert first(0) == (0, 1, 5)
    assert first(0) == (0, 1, None)
    with framework.arg_scope(scope):
        assert first(0) == (0, 7, 5) and second(0) == (0, 5)


def test_what_is_no_scope_is_refused():
    for call, kind, text in [
        (lambda: framework.arg_scope({}, a=1), ValueError, "When attempting to re-use a scope by suppling a dictionary"),
        (lambda: framework.arg_scope("first"), TypeError, "list_ops_or_scope must either be a list/tuple or reused scope"),
        (lambda: framework.arg_scope([len], a=1), ValueError, "is not decorated with @add_arg_scope"),
    ]:
        with pytest.raises(kind, match=text), call():
            pass
    with pytest.raises(ValueError, match="is not decorated"):
        framework.arg_scoped_arguments(len)


def test_functions_say_what_a_scope_may_set():
    assert framework.arg_scoped_arguments(first) == ("a", "b")
    assert framework.has_arg_scope(layers.conv2d) and "rate" in framework.arg_scoped_arguments(layers.conv2d)
    assert framework.current_arg_scope() == {}


def test_a_failure_closes_the_scope():
    with pytest.raises(KeyError), framework.arg_scope([first], a=3):
        raise KeyError
    assert first(0) == (0, 1, None)


def test_each_thread_has_scopes_of_its_own():
    seen = []
    with framework.arg_scope([first], a=3):
        thread = threading.Thread(target=lambda: seen.append(first(0)))
        thread.start()
        thread.join()
    assert seen == [(0, 1, None)]


def test_slim_and_layers_are_one():
    slim = tf.contrib.slim
    assert slim.conv2d is layers.conv2d and slim.arg_scope is framework.arg_scope and slim.l2_regularizer is layers.l2_regularizer
    regularizer = slim.l2_regularizer(0.5)
    with slim.arg_scope([slim.conv2d, slim.fully_connected], activation_fn=tf.nn.elu, weights_regularizer=regularizer):
        with slim.arg_scope([slim.conv2d], stride=2, padding="VALID"):
            x = slim.conv2d(tf.zeros([1, 9, 9, 2]), 4, 3, scope="c")
        y = slim.fully_connected(slim.flatten(x), 3, scope="f")
    assert x.shape.as_list() == [1, 4, 4, 4] and (x.op.type, y.op.type) == ("Elu", "Elu")
    assert [loss.op.name for loss in tf.losses.get_regularization_losses()] == [
        "c/kernel/Regularizer/l2_regularizer", "f/kernel/Regularizer/l2_regularizer",
    ]  # fmt: skip
