"""Cells around cells. Recorded numbers are TensorFlow 2.21's, of 32-bit floats."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized
from tests.lib.rnn.recorded import INPUTS, scope

cells = tf.nn.rnn_cell


@pytest.fixture
def _newer():
    tf.set_release("2.21")
    yield
    tf.set_release("1.15")


def run_static(cell):
    with scope():
        outputs, _ = tf.nn.static_rnn(cell, tf.unstack(tf.constant(INPUTS, tf.float32), axis=1), dtype=tf.float32)
    return np.stack(initialized().run(outputs), 1)


@pytest.mark.usefixtures("_newer")
def test_dropout_draws_what_tensorflow_draws():
    tf.set_random_seed(7)
    values = run_static(cells.DropoutWrapper(cells.BasicLSTMCell(4), 0.5, 0.6, 0.7, seed=3))
    np.testing.assert_allclose(values[0, :, 0], [0.09653138, -0.16152737, 0.02099124, -0.22378655], rtol=1e-5)
    assert (values[1, :, 0] == 0).all()


@pytest.mark.usefixtures("_newer")
def test_variational_dropout_drops_the_same_in_each_step():
    tf.set_random_seed(7)
    cell = cells.DropoutWrapper(cells.BasicLSTMCell(4), 0.5, 0.6, 0.7, variational_recurrent=True, input_size=3, dtype=tf.float32, seed=3)
    values = run_static(cell)
    np.testing.assert_allclose(values[1, :, 0], [0.10585447, -0.10200264, 0.04299771, -0.11119695], rtol=1e-5)
    dropped = values == 0
    assert (dropped == dropped[:1, :1]).all()


@pytest.mark.usefixtures("_newer")
def test_a_filter_says_which_states_are_dropped():
    tf.set_random_seed(7)
    deep = cells.MultiRNNCell([cells.GRUCell(3), cells.BasicLSTMCell(2)])
    cell = cells.DropoutWrapper(
        deep, state_keep_prob=0.5, seed=5, dropout_state_filter_visitor=lambda part: not isinstance(part, cells.LSTMStateTuple)
    )
    values = run_static(cell)
    np.testing.assert_allclose(values[0, :, 0], [0.000148944, -0.000164077, -0.000396759, -0.000686124], rtol=2e-5)


def test_what_an_lstm_remembers_is_not_dropped():
    cell = cells.DropoutWrapper(cells.BasicLSTMCell(4), state_keep_prob=0.01)
    _, new_state = cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))
    assert new_state.c.op.type in ("Add", "AddV2")
    before = new_state.h
    assert (initialized().run(before) == 0).any()


def test_probabilities_may_be_fed():
    keep = tf.placeholder_with_default(1.0, [])
    cell = cells.DropoutWrapper(cells.GRUCell(4), output_keep_prob=keep)
    output, _ = tf.nn.dynamic_rnn(cell, tf.constant(INPUTS, tf.float32), dtype=tf.float32)
    session = initialized()
    assert (session.run(output) != 0).all() and (session.run(output, {keep: 0.5}) == 0).any()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input_keep_prob": 1.5}, ValueError, "Parameter input_keep_prob must be between 0 and 1"),
        ({"output_keep_prob": -1}, ValueError, "Parameter output_keep_prob must be between 0 and 1: -1"),
        ({"variational_recurrent": True}, ValueError, "When variational_recurrent=True, dtype must be provided"),
        ({"variational_recurrent": True, "dtype": tf.float32, "input_keep_prob": 0.5}, ValueError, "input_size must be provided"),
        ({"dropout_state_filter_visitor": 3}, TypeError, "dropout_state_filter_visitor must be callable"),
    ],
)
def test_wrong_arguments_of_dropout(arguments, error, message):
    with pytest.raises(error, match=message):
        cells.DropoutWrapper(cells.GRUCell(3), **arguments)


def test_a_residual_wrapper_adds_its_input():
    cell = cells.ResidualWrapper(cells.GRUCell(3))
    x = tf.constant(INPUTS[:, 0], tf.float32)
    output, new_state = cell(x, cell.zero_state(2, tf.float32))
    session = initialized()
    got, inner = session.run([output, new_state])
    np.testing.assert_allclose(got, INPUTS[:, 0] + inner, rtol=1e-5)
    other = cells.ResidualWrapper(cells.GRUCell(3), residual_fn=lambda inputs, outputs: outputs * 2 - inputs)
    assert other(x, other.zero_state(2, tf.float32))[0].op.type == "Sub"
    narrow = cells.ResidualWrapper(cells.GRUCell(2))
    with pytest.raises(ValueError, match="are incompatible"):
        narrow(x, narrow.zero_state(2, tf.float32))


def test_a_device_wrapper_places_the_nodes():
    cell = cells.DeviceWrapper(cells.GRUCell(3), "/cpu:0")
    output, _ = cell(tf.zeros([2, 3]), cell.zero_state(2, tf.float32))
    assert output.device == "/device:CPU:0" and cell.wrapped_cell.variables[0].device == "/device:CPU:0"
    assert cell.get_config()["device"] == "/cpu:0"


def test_wrappers_have_no_scope_of_their_own():
    cell = cells.DropoutWrapper(cells.ResidualWrapper(cells.LSTMCell(3)), output_keep_prob=0.5)
    tf.nn.dynamic_rnn(cell, tf.zeros([2, 4, 3]), dtype=tf.float32)
    assert [v.op.name for v in cell.trainable_variables] == ["rnn/lstm_cell/kernel", "rnn/lstm_cell/bias"]


def test_a_wrapper_and_the_cells_in_it_come_back_from_their_configuration():
    class Mine(cells.GRUCell):
        pass

    cell = cells.DropoutWrapper(cells.MultiRNNCell([cells.ResidualWrapper(cells.GRUCell(3)), Mine(4)]), output_keep_prob=0.5, seed=2)
    again = cells.DropoutWrapper.from_config(cell.get_config(), {"Mine": Mine})
    assert again.state_size == (3, 4) and again.get_config()["output_keep_prob"] == 0.5
    with pytest.raises(ValueError, match="^Unknown cell: Mine"):
        cells.DropoutWrapper.from_config(cell.get_config())
