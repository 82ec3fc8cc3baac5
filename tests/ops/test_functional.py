"""Calls, branches and loops as single nodes."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.graph.function import FunctionGraph, add_function


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def function(name, build, *types):
    """A function of the default graph of scalars of these types."""
    body = FunctionGraph(name, tf.get_default_graph())
    with body.as_default():
        result = build(*[body.argument(dtype, (), f"x{number}") for number, dtype in enumerate(types)])
        body.outputs = [body.capture(tensor) for tensor in (result if isinstance(result, list) else [result])]
    assert not body.captures
    add_function(tf.get_default_graph(), body)
    return name


def run(fetches, feed_dict=None):
    with tf.Session() as session:
        return session.run(fetches, feed_dict)


def test_a_function_is_called_and_differentiated_twice():
    cube = function("cube", lambda x: x * x * x, tf.float32)
    x = tf.constant(2.0)
    (y,) = tf.raw_ops.PartitionedCall(args=[x], Tout=[tf.float32], f=cube)
    (first,) = tf.gradients(y, x)
    (second,) = tf.gradients(first, x)
    assert run([y, first, second]) == [8.0, 12.0, 12.0]


def test_one_of_two_functions_is_called():
    double, square = function("double", lambda x: 2.0 * x, tf.float32), function("square", lambda x: x * x, tf.float32)
    x, flag = tf.constant(3.0), tf.placeholder(tf.bool, [])
    (y,) = tf.raw_ops.StatelessIf(cond=flag, input=[x], Tout=[tf.float32], then_branch=double, else_branch=square)
    (slope,) = tf.gradients(y, x)
    assert run([y, slope], {flag: True}) == [6.0, 2.0]
    assert run([y, slope], {flag: False}) == [9.0, 6.0]


def test_a_function_is_chosen_by_number():
    branches = [function(f"times_{n}", lambda x, n=n: x * float(n), tf.float32) for n in (1, 10, 100)]
    x, number = tf.constant(3.0), tf.placeholder(tf.int32, [])
    (y,) = tf.raw_ops.StatelessCase(branch_index=number, input=[x], Tout=[tf.float32], branches=branches)
    (slope,) = tf.gradients(y, x)
    assert [run([y, slope], {number: n}) for n in (0, 1, 7, -1)] == [[3.0, 1.0], [30.0, 10.0], [300.0, 100.0], [300.0, 100.0]]


def test_a_loop_calls_its_body_while_the_condition_holds():
    small = function("small", lambda i, x: i < 10, tf.int32, tf.float32)
    step = function("step", lambda i, x: [i + 1, x * 2.0], tf.int32, tf.float32)
    i, x = tf.raw_ops.StatelessWhile(input=[tf.constant(0), tf.constant(1.0)], cond=small, body=step)
    assert run([i, x]) == [10, 1024.0]
    endless = function("endless", lambda i, x: i >= 0, tf.int32, tf.float32)
    same = function("same", lambda i, x: [i, x], tf.int32, tf.float32)
    never, _ = tf.raw_ops.While(input=[tf.constant(0), tf.constant(1.0)], cond=endless, body=same)
    with tf.Session() as session, pytest.raises(tf.errors.DeadlineExceededError):
        session.run(never, options=tf.RunOptions(timeout_in_ms=100))


def test_functions_read_variables_of_the_session():
    variable = tf.get_variable("w", initializer=3.0, use_resource=True)
    body = FunctionGraph("reads", tf.get_default_graph())
    with body.as_default():
        x = body.argument(tf.float32, (), "x")
        body.outputs = [body.capture(variable * x)]
    add_function(tf.get_default_graph(), body)
    (y,) = tf.raw_ops.StatefulPartitionedCall(args=[tf.constant(2.0)], Tout=[tf.float32], f="reads")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(y) == 6.0
        session.run(variable.assign(5.0))
        assert session.run(y) == 10.0


def test_a_function_with_random_numbers_is_not_differentiated():
    noisy = function("noisy", lambda x: x * tf.random_uniform([]), tf.float32)
    x = tf.constant(2.0)
    (y,) = tf.raw_ops.PartitionedCall(args=[x], Tout=[tf.float32], f=noisy)
    with pytest.raises(ValueError, match="cannot be differentiated"):
        tf.gradients(y, x)


def test_a_graph_with_functions_is_exported_and_imported():
    square = function("square", lambda x: x * x, tf.float32)
    (y,) = tf.raw_ops.PartitionedCall(args=[tf.constant(3.0)], Tout=[tf.float32], f=square)
    exported = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        (again,) = tf.import_graph_def(exported, return_elements=[y.name], name="there")
        assert np.asarray(run(again)) == 9.0


def test_a_missing_function_is_told():
    (y,) = tf.raw_ops.PartitionedCall(args=[tf.constant(3.0)], Tout=[tf.float32], f="nowhere")
    with pytest.raises(tf.errors.NotFoundError, match="nowhere"):
        run(y)
