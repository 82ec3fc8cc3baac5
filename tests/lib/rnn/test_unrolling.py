"""Cells unrolled over time, statically and as loops. Recorded numbers are TensorFlow 2.21's."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names, state
from tests.lib.rnn.recorded import INPUTS, scope

cells = tf.nn.rnn_cell


def test_training_a_deep_network_of_unknown_batch_and_time():
    x, lengths = tf.placeholder(tf.float64, [None, None, 3]), tf.placeholder(tf.int32, [None])
    with scope():
        deep = cells.MultiRNNCell([cells.LSTMCell(4, use_peepholes=True, num_proj=3), cells.GRUCell(2)])
        outputs, last = tf.nn.dynamic_rnn(deep, x, dtype=tf.float64, sequence_length=lengths)
    loss = tf.reduce_mean(tf.square(outputs)) + tf.reduce_sum(last[1])
    step = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    session = initialized()
    losses = [session.run([loss, step], {x: INPUTS, lengths: [4, 2]})[0] for _ in range(4)]
    np.testing.assert_allclose(losses, [0.00018629501870901, -0.30643586036075166, -0.837575380349184, -1.4164077576181684], rtol=1e-12)
    assert session.run(loss, {x: INPUTS[:, :2], lengths: [1, 0]}) == pytest.approx(-0.43337119905059557, rel=1e-12)
    assert session.run(loss, {x: INPUTS[:1], lengths: [3]}) == pytest.approx(-0.9208017630571428, rel=1e-12)


@pytest.mark.parametrize("lengths", [None, [4, 2], [0, 1]])
def test_static_and_dynamic_give_the_same_numbers_and_gradients(lengths):
    x = tf.constant(INPUTS)
    with scope():
        dynamic, dynamic_state = tf.nn.dynamic_rnn(cells.BasicLSTMCell(4), x, lengths, dtype=tf.float64)
    with tf.variable_scope("r", reuse=True):
        steps, static_state = tf.nn.static_rnn(cells.BasicLSTMCell(4), tf.unstack(x, axis=1), dtype=tf.float64, sequence_length=lengths)
    static = tf.stack(steps, axis=1)
    wanted = [x, *tf.trainable_variables()]
    one = tf.gradients(tf.reduce_sum(dynamic**2) + tf.reduce_sum(dynamic_state.c), wanted)
    other = tf.gradients(tf.reduce_sum(static**2) + tf.reduce_sum(static_state.c), wanted)
    session = initialized()
    for a, b in zip(*session.run([[dynamic, *dynamic_state, *one], [static, *static_state, *other]])):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_time_major_only_exchanges_axes():
    x = tf.constant(INPUTS)
    with scope():
        usual, _ = tf.nn.dynamic_rnn(cells.GRUCell(4), x, dtype=tf.float64)
    with tf.variable_scope("r", reuse=True):
        major, _ = tf.nn.dynamic_rnn(cells.GRUCell(4), tf.transpose(x, [1, 0, 2]), dtype=tf.float64, time_major=True)
    one, other = initialized().run([usual, major])
    np.testing.assert_array_equal(one, other.transpose(1, 0, 2))


def test_a_bidirectional_network_reads_each_sequence_backward_as_far_as_it_goes():
    x, lengths = tf.constant(INPUTS), [4, 2]
    with scope():
        (_, backward), (_, last) = tf.nn.bidirectional_dynamic_rnn(
            cells.GRUCell(2), cells.GRUCell(2), x, sequence_length=lengths, dtype=tf.float64
        )
    with tf.variable_scope("r/bidirectional_rnn", reuse=True):
        alone, alone_last = tf.nn.dynamic_rnn(
            cells.GRUCell(2), tf.reverse_sequence(x, lengths, 1, 0), lengths, dtype=tf.float64, scope="bw"
        )
    session = initialized()
    got, wanted, one, other = session.run([backward, tf.reverse_sequence(alone, lengths, 1, 0), last, alone_last])
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(one, other)
    assert (got[1, 2:] == 0).all()


@pytest.mark.parametrize("lengths", [None, [4, 2]])
def test_static_bidirectional_equals_dynamic(lengths):
    x = tf.constant(INPUTS)

    def two():
        return cells.GRUCell(2), cells.GRUCell(2)

    with scope():
        (forward, backward), states = tf.nn.bidirectional_dynamic_rnn(*two(), x, sequence_length=lengths, dtype=tf.float64)
    with tf.variable_scope("r", reuse=True):
        steps, forward_state, backward_state = tf.nn.static_bidirectional_rnn(
            *two(), tf.unstack(x, axis=1), sequence_length=lengths, dtype=tf.float64
        )
    a, b, states, other = initialized().run(
        [tf.concat([forward, backward], 2), tf.stack(steps, 1), states, [forward_state, backward_state]]
    )
    np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(states, other, rtol=1e-12)


def test_raw_rnn_does_what_its_function_says():
    x = tf.constant(INPUTS, tf.float32)
    array = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(tf.transpose(x, [1, 0, 2]))
    cell = cells.BasicLSTMCell(4)
    lengths = tf.constant([4, 2])

    def steer(time, output, cell_state, loop_state):
        first = output is None
        next_state = cell.zero_state(2, tf.float32) if first else cell_state
        count = tf.constant(0) if first else loop_state + 1
        over = time >= lengths
        given = tf.cond(tf.reduce_all(over), lambda: tf.zeros([2, 3]), lambda: array.read(time))
        return over, given, next_state, output, count

    with scope():
        emitted, last, count = tf.nn.raw_rnn(cell, steer)
        outputs = tf.transpose(emitted.stack(), [1, 0, 2])
    with tf.variable_scope("r", reuse=True):
        wanted, wanted_last = tf.nn.dynamic_rnn(cells.BasicLSTMCell(4), x, lengths, dtype=tf.float32)
    got, last, count, wanted, wanted_last = initialized().run([outputs, last, count, wanted, wanted_last])
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    np.testing.assert_allclose(last, wanted_last, rtol=1e-5)
    assert count == 4


def test_states_are_saved_when_outputs_are_computed():
    class Saver:
        def __init__(self):
            self.kept = {name: tf.get_variable(name, [2, 4], initializer=tf.zeros_initializer()) for name in ("c", "h")}

        def state(self, name):
            return self.kept[name]

        def save_state(self, name, value):
            return tf.assign(self.kept[name], value)

    saver = Saver()
    x = tf.constant(INPUTS, tf.float32)
    with scope():
        outputs, _ = tf.nn.static_state_saving_rnn(cells.BasicLSTMCell(4), tf.unstack(x[:, :2], axis=1), saver, ("c", "h"))
    with tf.variable_scope("r", reuse=True):
        whole, _ = tf.nn.dynamic_rnn(cells.BasicLSTMCell(4), tf.concat([x[:, :2], x[:, :2]], 1), dtype=tf.float32)
    session = initialized()
    session.run(outputs[-1])
    np.testing.assert_allclose(session.run(outputs[-1]), session.run(whole)[:, -1], rtol=1e-5)
    with pytest.raises(ValueError, match="^state_name should be the same type as cell.state_size"):
        tf.nn.static_state_saving_rnn(cells.GRUCell(4), [x[:, 0]], saver, ("c",))
    with pytest.raises(ValueError, match=r"^#elems\(state_name\) != #elems\(state_size\): 1 vs. 2"):
        tf.nn.static_state_saving_rnn(cells.BasicLSTMCell(4), [x[:, 0]], saver, ("c",))


def test_the_first_state_may_be_given():
    with scope():
        cell = cells.GRUCell(4)
        outputs, last = tf.nn.dynamic_rnn(cell, tf.zeros([2, 0, 3]), initial_state=tf.ones([2, 4]))
    outputs, last = initialized().run([outputs, last])
    assert outputs.shape == (2, 0, 4) and (last == 1).all()


def test_a_scope_can_be_used_again():
    cell = cells.GRUCell(4)
    tf.nn.dynamic_rnn(cell, tf.zeros([2, 5, 3]), dtype=tf.float32)
    tf.nn.dynamic_rnn(cell, tf.ones([2, 5, 3]), dtype=tf.float32)
    assert len(tf.global_variables()) == 4
    with pytest.raises(ValueError, match="already exists"):
        tf.nn.dynamic_rnn(cells.GRUCell(4), tf.zeros([2, 5, 3]), dtype=tf.float32)
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        tf.nn.dynamic_rnn(cells.GRUCell(4), tf.zeros([2, 5, 3]), dtype=tf.float32)
    assert len(tf.global_variables()) == 4


def test_lengths_are_checked_when_the_graph_runs():
    lengths = tf.placeholder(tf.int32, [None])
    outputs, _ = tf.nn.dynamic_rnn(cells.GRUCell(4), tf.constant(INPUTS, tf.float32), lengths, dtype=tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected shape for Tensor rnn/sequence_length:0 is"):
        initialized().run(outputs, {lengths: [1, 2, 3]})


WRONG = {
    "no dtype": (lambda c, x: tf.nn.dynamic_rnn(c, x), ValueError, "If there is no initial_state, you must give a dtype."),
    "no dtype, static": (
        lambda c, x: tf.nn.static_rnn(c, [x[:, 0]]), ValueError, "If no initial_state is provided, dtype must be specified",
    ),
    "lengths": (
        lambda c, x: tf.nn.dynamic_rnn(c, x, [[1, 2]], dtype=tf.float32), ValueError,
        "sequence_length must be a vector of length batch_size, but saw shape",
    ),
    "no inputs": (lambda c, x: tf.nn.static_rnn(c, [], dtype=tf.float32), ValueError, "inputs must not be empty"),
    "no list": (lambda c, x: tf.nn.static_rnn(c, x, dtype=tf.float32), TypeError, "inputs must be a sequence"),
    "no cell": (lambda c, x: tf.nn.dynamic_rnn(3, x, dtype=tf.float32), TypeError, "The argument 'cell' .* is not an RNNCell"),
    "depth": (
        lambda c, x: tf.nn.dynamic_rnn(c, tf.placeholder_with_default(x, [None, None, None]), dtype=tf.float32), ValueError,
        r"Input size \(depth of inputs\) must be accessible via shape inference",
    ),
    "rank": (lambda c, x: tf.nn.dynamic_rnn(c, x[:, 0, 0], dtype=tf.float32), ValueError, "to have rank at least 2"),
    "fits no kernel": (lambda c, x: tf.nn.dynamic_rnn(c, x, initial_state=tf.zeros([2, 9])), ValueError, "Dimensions must be equal"),
    "no function": (lambda c, x: tf.nn.raw_rnn(c, 3), TypeError, "loop_fn must be a callable"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_failed_call_leaves_the_graph_and_the_cell_as_they_were(case):
    call, error, message = WRONG[case]
    cell = cells.GRUCell(4)
    x = tf.constant(INPUTS, tf.float32)
    before = set(names())
    with pytest.raises(error, match=message):
        call(cell, x)
    left = [name for name in names() if name not in before]
    assert all("rnn" not in name for name in left) and not cell.built and not tf.global_variables()
    assert state()[3] == "" and tf.get_variable_scope().name == ""
    cell(x[:, 0], cell.zero_state(2, tf.float32))  # and it works as if nothing had been


def test_a_state_may_hold_tensor_arrays_and_counters():
    class Recorder(cells.RNNCell):
        output_size = 3
        state_size = (3, tf.TensorShape([]), tf.TensorShape([]))

        def call(self, inputs, state):
            total, count, log = state
            return total, (total + inputs, count + 1, log.write(count, tf.reduce_sum(inputs)))

    log = tf.TensorArray(tf.float32, 4)
    start = (tf.zeros([2, 3]), tf.constant(0), log)
    _, (total, count, log) = tf.nn.dynamic_rnn(Recorder(), tf.constant(INPUTS, tf.float32), [4, 2], initial_state=start, dtype=tf.float32)
    total, count, log = tf.Session().run([total, count, log.stack()])
    np.testing.assert_allclose(total, [INPUTS[0].sum(0), INPUTS[1, :2].sum(0)], rtol=1e-5)
    np.testing.assert_allclose(log, INPUTS.sum((0, 2)), rtol=1e-4)
    assert count == 4
