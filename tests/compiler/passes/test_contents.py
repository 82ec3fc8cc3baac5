"""What is put into a TensorArray or stack tells what will come out of it."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.compiler.program import walk
from autograd_lite.core import shapes
from tests.compiler.compiling import program_after


def vague(program):
    """The types of steps with a result whose shape is not known."""
    return {
        step.opdef.name
        for step in walk(program.steps)
        for value in step.outputs
        if value is not None and program.values[value].dtype.kind not in "rv" and not shapes.is_defined(program.values[value].shape)
    }


@pytest.mark.parametrize("cell", [tf.nn.rnn_cell.BasicLSTMCell, tf.nn.rnn_cell.GRUCell, tf.nn.rnn_cell.BasicRNNCell])
def test_a_fed_batch_size_is_known_in_the_loop_and_in_its_gradient(cell):
    x = tf.placeholder(tf.float32, [None, 5, 3])
    outputs, _ = tf.nn.dynamic_rnn(cell(4), x, dtype=tf.float32)
    gradients = tf.gradients(tf.reduce_sum(tf.square(outputs)), [x, *tf.trainable_variables()])
    program = program_after("cse", gradients, [x], [(7, 5, 3)])
    assert vague(program) <= {"Range"}  # its length is asked of the TensorArray


def test_shapes_that_are_stacked_up_are_constants_where_they_are_taken_off():
    x = tf.placeholder(tf.float32, [None, 2])
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.reduce_sum(y, 1, keepdims=True)), [0, x])
    program = program_after("cse", tf.gradients(y, x), [x], [(4, 2)])
    assert "BroadcastGradientArgs" not in {step.opdef.name for step in walk(program.steps)}
    assert not vague(program)


def test_elements_of_several_shapes_stay_unknown():
    x = tf.placeholder(tf.float32, [None])
    array = tf.TensorArray(tf.float32, 2, infer_shape=False).write(0, x).write(1, tf.concat([x, x], 0))
    second = array.read(1)
    program = program_after("cse", [second], [x], [(3,)])
    assert "TensorArrayReadV3" in vague(program)
    with tf.Session() as session:
        assert session.run(second, {x: [1, 2]}).tolist() == [1, 2, 1, 2]


def test_the_gradient_array_of_an_element_that_nobody_used_has_its_shape():
    x = tf.placeholder(tf.float32, [None, 2])
    array = tf.TensorArray(tf.float32, 2, clear_after_read=False).write(0, x).write(1, x * 2)
    gradient = tf.gradients(array.read(1), x)[0]
    with tf.Session() as session:
        assert session.run(gradient, {x: np.ones((3, 2))}).tolist() == [[2, 2]] * 3


def test_a_stack_that_a_branch_fills_is_followed():
    x = tf.placeholder(tf.float32, [None, 2])

    def body(i, y):
        return i + 1, tf.cond(i > 1, lambda: y * y, lambda: y + 1)

    _, y = tf.while_loop(lambda i, y: i < 3, body, [0, x])
    gradient = tf.gradients(y, x)[0]
    assert not vague(program_after("cse", [gradient], [x], [(4, 2)])) - {"Range"}
    with tf.Session() as session:
        assert session.run(gradient, {x: np.ones((1, 2))}).tolist() == [[6, 6]]
