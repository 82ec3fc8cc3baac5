"""The cells: their numbers by NumPy, their variables by name, their errors."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, state
from tests.lib.rnn.recorded import INPUTS, scope

cells = tf.nn.rnn_cell
X = INPUTS[:, 0].astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(cell, inputs, *states):
    """One step of a cell from given states: output, next state, and the variables by the last parts of their names."""
    with scope():
        structure = cell.state_size if len(states) > 1 else None
        given = states[0] if structure is None else type(structure)(*states)
        output, new_state = cell(tf.constant(inputs), tf.constant(given) if structure is None else given)
    session = initialized()
    values = {v.op.name.removeprefix("r/"): session.run(v) for v in cell.variables}
    return session.run(output), session.run(new_state), values


def test_basic_rnn_cell():
    h = np.ones([2, 4], np.float32)
    output, new_state, v = step(cells.BasicRNNCell(4, activation=tf.nn.relu), X, h)
    kernel, bias = v["basic_rnn_cell/kernel"], v["basic_rnn_cell/bias"]
    np.testing.assert_allclose(output, np.maximum(np.hstack([X, h]) @ kernel + bias, 0), rtol=1e-5)
    assert (output == new_state).all()


def test_gru_cell():
    h = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    output, _, v = step(cells.GRUCell(4), X, h)
    gates = sigmoid(np.hstack([X, h]) @ v["gru_cell/gates/kernel"] + v["gru_cell/gates/bias"])
    r, u = gates[:, :4], gates[:, 4:]
    candidate = np.tanh(np.hstack([X, r * h]) @ v["gru_cell/candidate/kernel"] + v["gru_cell/candidate/bias"])
    np.testing.assert_allclose(output, u * h + (1 - u) * candidate, rtol=1e-5)
    assert (v["gru_cell/gates/bias"] == 1).all()


def test_lstm_cell_with_peepholes_projection_and_clipping():
    c, h = np.full([2, 4], 0.3, np.float32), np.full([2, 2], -0.2, np.float32)
    cell = cells.LSTMCell(4, use_peepholes=True, cell_clip=0.1, num_proj=2, proj_clip=0.01, forget_bias=0.5)
    output, new_state, v = step(cell, X, c, h)
    i, j, f, o = np.split(np.hstack([X, h]) @ v["lstm_cell/kernel"] + v["lstm_cell/bias"], 4, axis=1)
    f_gate, i_gate = sigmoid(f + 0.5 + v["lstm_cell/w_f_diag"] * c), sigmoid(i + v["lstm_cell/w_i_diag"] * c)
    new_c = np.clip(f_gate * c + i_gate * np.tanh(j), -0.1, 0.1)
    new_h = np.clip(sigmoid(o + v["lstm_cell/w_o_diag"] * new_c) * np.tanh(new_c) @ v["lstm_cell/projection/kernel"], -0.01, 0.01)
    np.testing.assert_allclose(new_state.c, new_c, rtol=1e-5)
    np.testing.assert_allclose(output, new_h, rtol=1e-5)


@pytest.mark.parametrize("kind", ["BasicLSTMCell", "LSTMCell"])
def test_a_flat_state_holds_the_same_numbers_as_a_tuple(kind):
    c, h = np.full([2, 4], 0.3, np.float32), np.full([2, 4], -0.2, np.float32)
    _, as_tuple, _ = step(getattr(cells, kind)(4), X, c, h)
    tf.reset_default_graph()
    _, flat, _ = step(getattr(cells, kind)(4, state_is_tuple=False), X, np.hstack([c, h]))
    np.testing.assert_array_equal(flat, np.hstack(as_tuple))


def test_kernels_can_be_stored_in_shards():
    cell = cells.LSTMCell(4, num_proj=2, num_unit_shards=2, num_proj_shards=2)
    cell(tf.zeros([2, 3]), cell.zero_state(2, tf.float32))
    assert [v.op.name for v in cell.variables] == [
        "lstm_cell/kernel/part_0", "lstm_cell/kernel/part_1", "lstm_cell/bias", "lstm_cell/projection/kernel/part_0",
        "lstm_cell/projection/kernel/part_1",
    ]  # fmt: skip


def test_cells_upon_cells_are_numbered():
    deep = cells.MultiRNNCell([cells.BasicLSTMCell(4), cells.GRUCell(3)])
    output, new_state = deep(tf.zeros([2, 3]), deep.zero_state(2, tf.float32))
    assert output is new_state[1] and [v.op.name for v in deep.trainable_variables][0] == "multi_rnn_cell/cell_0/basic_lstm_cell/kernel"
    assert len(deep.trainable_weights) == 6 and deep.zero_state(2, tf.float32)[0].c.shape.as_list() == [2, 4]
    with pytest.raises(ValueError, match="^Expected state to be a tuple of length 2"):
        deep(tf.zeros([2, 3]), new_state[:1])


def test_variables_of_a_cell_of_ones_own_belong_to_it():
    class Mine(cells.RNNCell):
        state_size = output_size = 3

        def call(self, inputs, state):
            w = tf.get_variable("w", [3, 3])
            return tf.matmul(inputs + state, w), state

    cell = Mine()
    outputs, _ = tf.nn.static_rnn(cell, [tf.zeros([2, 3])] * 2, dtype=tf.float32)
    assert [v.op.name for v in cell.trainable_weights] == ["rnn/mine/w"] and len(tf.global_variables()) == 1


def test_a_cell_may_override_what_calling_means():
    class Old(cells.RNNCell):  # as programs of 2016 wrote it
        def __init__(self, size):
            self._size = size

        state_size = output_size = property(lambda self: self._size)

        def __call__(self, inputs, state, scope=None):
            with tf.variable_scope(scope or type(self).__name__):
                new = tf.tanh(tf.matmul(tf.concat([inputs, state], 1), tf.get_variable("Matrix", [5, self._size])))
            return new, new

    tf.nn.dynamic_rnn(Old(2), tf.zeros([4, 6, 3]), dtype=tf.float32)
    assert [v.op.name for v in tf.global_variables()] == ["rnn/Old/Matrix"]


def test_a_layer_shared_by_two_calls_has_one_set_of_variables():
    cell = cells.GRUCell(3)
    first = cell.zero_state(2, tf.float32)
    cell(tf.zeros([2, 3]), first)
    cell(tf.ones([2, 3]), first)
    assert len(tf.global_variables()) == 4
    cells.GRUCell(3, name="gru_cell", reuse=True)(tf.zeros([2, 3]), first)
    assert len(tf.global_variables()) == 4
    cells.GRUCell(3, name="gru_cell")(tf.zeros([2, 3]), first)
    assert len(tf.global_variables()) == 8


def test_get_config_makes_the_same_cell():
    cell = cells.LSTMCell(4, use_peepholes=True, cell_clip=1.0, num_proj=2, activation="relu", initializer=tf.ones_initializer())
    again = cells.LSTMCell.from_config({key: value for key, value in cell.get_config().items() if key not in ("trainable", "name")})
    assert again.state_size == cell.state_size and again.get_config()["cell_clip"] == 1.0
    assert cells.GRUCell(3).get_config()["kernel_initializer"] is None


def test_zero_states():
    cell = cells.BasicLSTMCell(4)
    x = tf.placeholder(tf.float64, [None, 7])
    made = cell.get_initial_state(inputs=x)
    assert made.h.dtype == tf.float64 and made.h.shape.as_list() == [None, 4]
    assert tf.Session().run(made.c, {x: np.zeros([3, 7])}).shape == (3, 4)
    with pytest.raises(ValueError, match="^batch_size and dtype cannot be None while constructing initial state"):
        cell.get_initial_state(batch_size=2)
    with pytest.raises(ValueError, match="^batch size from input tensor is different from the input param"):
        cell.get_initial_state(inputs=tf.zeros([2, 3]), batch_size=3)
    with pytest.raises(TypeError, match="^Inconsistent internal state"):
        _ = cells.LSTMStateTuple(tf.zeros([1]), tf.zeros([1], tf.float64)).dtype


def test_wrong_cells_and_inputs_leave_no_trace():
    cell = cells.BasicLSTMCell(3)
    first = cell.zero_state(1, tf.float32)
    flat, unknown = tf.zeros([4]), tf.placeholder(tf.float32, [None, None])
    before = state()
    with pytest.raises(
        ValueError, match=r"^Input 0 of layer basic_lstm_cell_1 is incompatible with the layer: expected ndim=2"
    ):
        cell(flat, first)
    with pytest.raises(ValueError, match=r"^Expected inputs.shape\[-1\] to be known, saw shape: \(None, None\)"):
        cell(unknown, first)
    with pytest.raises(TypeError, match="^cells must be a list or tuple, but saw: "):
        cells.MultiRNNCell(cell)
    with pytest.raises(ValueError, match="^Must specify at least one cell for MultiRNNCell."):
        cells.MultiRNNCell([])
    with pytest.raises(ValueError, match="^Some cells return tuples of states, but the flag state_is_tuple is not set"):
        cells.MultiRNNCell([cell], state_is_tuple=False)
    with pytest.raises(TypeError, match=r"is not an RNNCell: 'output_size' property is missing, 'state_size' property is missing"):
        cells.MultiRNNCell([3])
    assert state() == before and not cell.built
