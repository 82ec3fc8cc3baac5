"""Which random numbers dropout draws in which time step: recorded on TensorFlow 2.21 with one iteration at a time."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

X = np.linspace(-1, 1, 2 * 6 * 3).reshape(2, 6, 3).astype(np.float32)


@pytest.fixture(autouse=True)
def seeded_graph():
    tf.set_release("2.21")
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        yield
    tf.set_release("1.15")


def run(build):
    with tf.variable_scope("r", initializer=tf.constant_initializer(0.5)):
        results = build()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(results)


def test_masks_of_inputs_outputs_and_state_follow_the_time_steps():
    cell = tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.BasicRNNCell(3, activation=tf.identity), 0.7, 0.5, 0.6, seed=5, input_size=3, dtype=tf.float32
    )
    outputs, state = run(lambda: tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32, parallel_iterations=1))
    np.testing.assert_allclose(outputs[0, 2:5], [[0, -5.60544, -5.60544], [-10.56689, -10.56689, 0], [0, -9.62207, 0]], rtol=1e-5)
    np.testing.assert_allclose(state, [[0, -13.50004, -13.50004], [27.09716, 0, 27.09716]], rtol=1e-5)


def test_only_the_hidden_half_of_an_lstm_state_is_dropped():
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicLSTMCell(3), output_keep_prob=0.5, state_keep_prob=0.5, seed=3)
    _, state = run(lambda: tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32, parallel_iterations=1))
    np.testing.assert_allclose(state.c, [[-0.42661] * 3, [2.86748] * 3], rtol=1e-5)
    np.testing.assert_allclose(state.h, [[-0.32133] * 3, [0, 1.59852, 1.59852]], rtol=1e-5)


def test_two_streams_in_one_loop_go_on_independently():
    def step(i, a, t):
        return i + 1, a * 2 + tf.random_uniform([2], seed=3), t + tf.random_normal([2], seed=3) * a

    _, a, t = run(lambda: tf.while_loop(lambda i, *_: i < 4, step, [0, tf.zeros([2]), tf.zeros([2])], parallel_iterations=1))
    np.testing.assert_allclose(a, [8.44805, 10.21229], rtol=1e-5)
    np.testing.assert_allclose(t, [4.81443, -7.79675], rtol=1e-5)
