"""The cells of tf.contrib.rnn: their numbers by NumPy, their variables by name."""

import copy

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized
from tests.lib.rnn.recorded import INPUTS, scope
from tests.lib.rnn.test_cells import sigmoid, step

contrib = tf.contrib.rnn
X = INPUTS[:, 0].astype(np.float32)
C, H = np.full([2, 4], 0.3, np.float32), np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)


def close(got, wanted):
    np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=1e-6)


def normalized(x):
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)


def variables():
    session = initialized()
    return {v.op.name.removeprefix("r/"): session.run(v) for v in tf.trainable_variables()}


def test_layer_norm_lstm():
    with scope():
        cell = contrib.LayerNormBasicLSTMCell(4, norm_gain=2.0, norm_shift=0.5)
        output, state = cell(tf.constant(X), tf.nn.rnn_cell.LSTMStateTuple(C, H))
    output, state = initialized().run([output, state])
    kernel = variables()["layer_norm_basic_lstm_cell/kernel"]
    i, j, f, o = (2 * normalized(part) + 0.5 for part in np.split(np.hstack([X, H]) @ kernel, 4, axis=1))
    c = 2 * normalized(C * sigmoid(f + 1) + sigmoid(i) * np.tanh(j)) + 0.5
    np.testing.assert_allclose(state.c, c, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(output, np.tanh(c) * sigmoid(o), rtol=1e-3, atol=1e-4)


def test_nas_cell():
    cell = contrib.NASCell(4, num_proj=2, use_bias=True)
    output, state, v = step(cell, X, C, H[:, :2])
    given = np.split(X @ v["nas_cell/kernel"], 8, axis=1)
    kept = np.split(H[:, :2] @ v["nas_cell/recurrent_kernel"] + v["nas_cell/bias"], 8, axis=1)
    relu = lambda x: np.maximum(x, 0)
    a = [sigmoid(given[0] + kept[0]), relu(given[1] + kept[1]), sigmoid(given[2] + kept[2]), relu(given[3] * kept[3])]
    a += [np.tanh(given[4] + kept[4]), sigmoid(given[5] + kept[5]), np.tanh(given[6] + kept[6]), sigmoid(given[7] + kept[7])]
    c = np.tanh(np.tanh(a[0] * a[1]) + C) * np.tanh(a[2] + a[3])
    h = np.tanh(c * np.tanh(np.tanh(a[4] * a[5]) + sigmoid(a[6] + a[7])))
    close(state.c, c)
    close(output, h @ v["nas_cell/projection_weights"])


def test_ugrnn_and_intersection_cells():
    with scope():
        output, _ = contrib.UGRNNCell(4)(tf.constant(X), tf.constant(H))
    v = variables()
    gate, new = np.split(np.hstack([X, H]) @ v["ugrnn_cell/kernel"] + v["ugrnn_cell/bias"], 2, axis=1)
    close(initialized().run(output), sigmoid(gate + 1) * H + (1 - sigmoid(gate + 1)) * np.tanh(new))
    tf.reset_default_graph()
    with scope():
        output, state = contrib.IntersectionRNNCell(4, num_in_proj=4)(tf.constant(X), tf.constant(H))
    v = variables()
    name = "intersection_rnn_cell"
    x = X @ v[f"{name}/in_projection/kernel"] + v[f"{name}/in_projection/bias"]
    gh, h, gy, y = np.split(np.hstack([x, H]) @ v[f"{name}/kernel"] + v[f"{name}/bias"], 4, axis=1)
    gh, gy = sigmoid(gh + 1), sigmoid(gy + 1)
    session = initialized()
    close(session.run(state), gh * H + (1 - gh) * np.tanh(h))
    close(session.run(output), gy * x + (1 - gy) * np.maximum(y, 0))
    with pytest.raises(ValueError, match="^Must have input size == output size for Intersection RNN"):
        contrib.IntersectionRNNCell(4)(tf.constant(X), tf.constant(H))


def test_simple_recurrent_unit():
    x = np.hstack([X, X[:, :1]])
    output, state, v = step(contrib.SRUCell(4), x, H)
    new, f, r, shortcut = np.split(x @ v["sru_cell/kernel"], 4, axis=1)
    bias = v["sru_cell/bias"]
    f, r = sigmoid(f + bias[:4]), sigmoid(r + bias[4:])
    close(state, f * H + (1 - f) * new)
    close(output, r * np.tanh(state) + (1 - r) * shortcut)


@pytest.mark.parametrize(
    ("block", "plain"),
    [
        (
            lambda: contrib.LSTMBlockCell(4, use_peephole=True, cell_clip=0.2),
            lambda: contrib.LSTMCell(4, use_peepholes=True, cell_clip=0.2),
        ),
        (lambda: contrib.GRUBlockCell(cell_size=4), lambda: contrib.GRUCell(4)),
    ],
)
def test_block_cells_give_what_plain_cells_give(block, plain):
    results = []
    for make in (block, plain):
        with tf.Graph().as_default(), scope():
            outputs, _ = tf.nn.dynamic_rnn(make(), tf.constant(INPUTS), dtype=tf.float64)
            results.append((initialized().run(outputs), [v.op.name for v in tf.trainable_variables()]))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]


def test_a_fused_cell_runs_all_steps():
    with scope():
        fused = contrib.LSTMBlockFusedCell(4)
        outputs, state = fused(tf.constant(INPUTS.transpose(1, 0, 2)), dtype=tf.float64, sequence_length=[4, 2])
    with tf.variable_scope("r", reuse=True) as same:
        block = contrib.LSTMBlockCell(4, name="lstm_fused_cell")
        wanted, wanted_state = tf.nn.dynamic_rnn(block, tf.constant(INPUTS), [4, 2], dtype=tf.float64, scope=same)
    assert [v.op.name for v in fused.trainable_variables] == ["r/lstm_fused_cell/kernel", "r/lstm_fused_cell/bias"]
    outputs, state, wanted, wanted_state = initialized().run([outputs, state, wanted, wanted_state])
    np.testing.assert_allclose(outputs.transpose(1, 0, 2), wanted, rtol=1e-12)
    np.testing.assert_allclose(state, wanted_state, rtol=1e-12)


def test_a_convolutional_lstm_with_a_window_of_one_is_an_lstm_at_each_place():
    cell = contrib.Conv2DLSTMCell(input_shape=[1, 1, 3], output_channels=4, kernel_shape=[1, 1], skip_connection=True)
    with scope():
        output, state = cell(tf.constant(X.reshape(2, 1, 1, 3)), cell.zero_state(2, tf.float32))
    assert output.shape.as_list() == [2, 1, 1, 7] and cell.output_size.as_list() == [1, 1, 7]
    v = variables()
    i, j, _, o = np.split(X @ v["conv_2d_lstm_cell/kernel"][0, 0, :3] + v["conv_2d_lstm_cell/biases"], 4, axis=1)
    c = sigmoid(i) * np.tanh(j)
    close(initialized().run(state.h)[:, 0, 0], np.tanh(c) * sigmoid(o))
    with pytest.raises(ValueError, match="^Invalid input_shape"):
        contrib.ConvLSTMCell(2, [1, 3], 4, [1, 1])


def test_projections_and_embeddings_of_cells():
    cell = contrib.OutputProjectionWrapper(contrib.InputProjectionWrapper(contrib.EmbeddingWrapper(contrib.GRUCell(4), 9, 3), 1), 2)
    with pytest.raises(ValueError, match="^Parameter output_size must be > 0: 0."):
        contrib.OutputProjectionWrapper(cell, 0)
    with pytest.raises(ValueError, match="^Both embedding_classes and embedding_size must be > 0: 0, 3."):
        contrib.EmbeddingWrapper(cell, 0, 3)
    cell = contrib.OutputProjectionWrapper(contrib.EmbeddingWrapper(contrib.GRUCell(4), 9, 3), 2, activation=tf.nn.relu)
    tf.nn.static_rnn(cell, [tf.constant([[1], [2]])], dtype=tf.float32)
    assert [v.op.name for v in tf.trainable_variables()][:2] == [
        "rnn/output_projection_wrapper/embedding_wrapper/embedding",
        "rnn/output_projection_wrapper/embedding_wrapper/gru_cell/gates/kernel",
    ]
    assert tf.trainable_variables()[-2].op.name == "rnn/output_projection_wrapper/kernel"


def test_a_cell_that_attends_to_its_past():
    results = []
    for as_tuple in (True, False):
        with tf.Graph().as_default(), scope():
            cell = contrib.AttentionCellWrapper(contrib.GRUCell(4), 3, attn_vec_size=2, state_is_tuple=as_tuple)
            outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant(INPUTS, tf.float32), dtype=tf.float32)
            results.append(initialized().run(outputs))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)
    with pytest.raises(ValueError, match="attn_length should be greater than zero"):
        contrib.AttentionCellWrapper(contrib.GRUCell(4), 0)


def test_a_highway_carries_its_input():
    with scope():
        cell = contrib.HighwayWrapper(contrib.GRUCell(3), couple_carry_transform_gates=False)
        output, state = cell(tf.constant(X), cell.zero_state(2, tf.float32))
    session = initialized()
    v = variables()
    carry = sigmoid(X @ v["carry/carry_w"] + v["carry/carry_b"])
    transform = sigmoid(X @ v["transform/transform_w"] + v["transform/transform_b"])
    close(session.run(output), X * carry + session.run(state) * transform)


def test_stacked_bidirectional_layers():
    results = []
    for unrolled in (True, False):
        cells = [[contrib.GRUCell(2) for _ in range(2)] for _ in range(2)]
        with tf.Graph().as_default(), scope():
            x = tf.constant(INPUTS)
            if unrolled:
                outputs, forward, _ = contrib.stack_bidirectional_rnn(*cells, tf.unstack(x, axis=1), dtype=tf.float64)
                outputs = tf.stack(outputs, 1)
            else:
                outputs, forward, _ = contrib.stack_bidirectional_dynamic_rnn(*cells, x, dtype=tf.float64)
            names = [v.op.name for v in tf.trainable_variables()]
            results.append(initialized().run([outputs, forward[1]]))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-12)
    assert names[0] == "r/stack_bidirectional_rnn/cell_0/bidirectional_rnn/fw/gru_cell/gates/kernel"
    with pytest.raises(ValueError, match="^Forward and Backward cells must have the same depth."):
        contrib.stack_bidirectional_dynamic_rnn(cells[0], cells[1][:1], tf.zeros([1, 2, 3]), dtype=tf.float32)


def test_a_deep_copy_has_variables_of_its_own():
    cell = contrib.MultiRNNCell([contrib.DropoutWrapper(contrib.GRUCell(3), output_keep_prob=tf.constant(0.5))])
    other = copy.deepcopy(cell)
    with tf.variable_scope("a"):
        cell(tf.zeros([1, 3]), cell.zero_state(1, tf.float32))
    with tf.variable_scope("b"):
        other(tf.zeros([1, 3]), other.zero_state(1, tf.float32))
    assert len(tf.global_variables()) == 8 and not {*cell.variables} & {*other.variables}
