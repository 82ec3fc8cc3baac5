"""Decoders in a loop, fed by helpers."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized
from tests.lib.rnn.recorded import INPUTS, scope

seq2seq = tf.contrib.seq2seq
TABLE = np.linspace(-1, 1, 15).reshape(5, 3).astype(np.float32)


def decoder(helper, **arguments):
    cell = tf.nn.rnn_cell.GRUCell(3)
    return seq2seq.BasicDecoder(cell, helper, cell.zero_state(2, tf.float32), **arguments)


def test_training_feeds_the_right_inputs():
    x = tf.constant(INPUTS, tf.float32)
    with scope():
        helper = seq2seq.TrainingHelper(x, [4, 2])
        outputs, state, lengths = seq2seq.dynamic_decode(decoder(helper), impute_finished=True, scope="rnn")
    with tf.variable_scope("r", reuse=True):
        wanted, wanted_state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), x, [4, 2], dtype=tf.float32)
    outputs, state, lengths, wanted, wanted_state = initialized().run([outputs, state, lengths, wanted, wanted_state])
    np.testing.assert_allclose(outputs.rnn_output, wanted, rtol=1e-5)
    np.testing.assert_allclose(state, wanted_state, rtol=1e-5)
    np.testing.assert_array_equal(outputs.sample_id[0], wanted[0].argmax(-1))
    assert lengths.tolist() == [4, 2]


def test_gradients_flow_through_a_decoder():
    helper = seq2seq.TrainingHelper(tf.constant(INPUTS, tf.float32), [4, 4])
    outputs, _, _ = seq2seq.dynamic_decode(decoder(helper, output_layer=tf.layers.Dense(5)))
    loss = seq2seq.sequence_loss(outputs.rnn_output, tf.constant([[1, 2, 3, 4], [4, 3, 2, 1]]), tf.ones([2, 4]))
    step = tf.train.AdamOptimizer(0.05).minimize(loss)
    session = initialized()
    before = session.run(loss)
    for _ in range(60):
        session.run(step)
    assert session.run(loss) < before / 3


def test_greedy_decoding_stops_at_the_end_token():
    script = tf.constant([[2, 3], [1, 2], [4, 1], [0, 4]])  # what each step is to choose

    class Scripted(tf.nn.rnn_cell.RNNCell):
        state_size, output_size = tf.TensorShape([]), 5

        def call(self, inputs, state):
            return tf.one_hot(script[state], 5), state + 1

    class Plain(seq2seq.BasicDecoder):
        output_dtype = seq2seq.BasicDecoderOutput(tf.float32, tf.int32)

    helper = seq2seq.GreedyEmbeddingHelper(TABLE, [0, 0], end_token=1)
    outputs, _, lengths = seq2seq.dynamic_decode(Plain(Scripted(), helper, tf.constant(0)), maximum_iterations=10)
    outputs, lengths = tf.Session().run([outputs, lengths])
    assert outputs.sample_id.tolist() == [[2, 1, 4], [3, 2, 1]] and lengths.tolist() == [2, 3]


def test_the_number_of_steps_can_be_limited():
    outputs, _, lengths = seq2seq.dynamic_decode(
        decoder(seq2seq.GreedyEmbeddingHelper(TABLE, [0, 1], end_token=-1)), maximum_iterations=3, output_time_major=True
    )
    outputs, lengths = initialized().run([outputs, lengths])
    assert outputs.rnn_output.shape == (3, 2, 3) and lengths.tolist() == [3, 3]
    with pytest.raises(ValueError, match="^maximum_iterations must be a scalar"):
        seq2seq.dynamic_decode(decoder(seq2seq.GreedyEmbeddingHelper(TABLE, [0, 1], 1)), maximum_iterations=[3])
    with pytest.raises(TypeError, match="^Expected decoder to be type Decoder"):
        seq2seq.dynamic_decode(3)
    with pytest.raises(TypeError, match="^helper must be a Helper"):
        decoder(3)


def test_sampling_follows_the_scores():
    helper = seq2seq.SampleEmbeddingHelper(TABLE, [0] * 2, end_token=-1, softmax_temperature=0.01, seed=1)
    outputs, _, _ = seq2seq.dynamic_decode(decoder(helper), maximum_iterations=3)
    outputs = initialized().run(outputs)
    assert outputs.sample_id.shape == (2, 3)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_scheduled_sampling_feeds_one_or_the_other(probability):
    x = tf.constant(INPUTS, tf.float32)
    with scope():
        by_output = seq2seq.ScheduledOutputTrainingHelper(x, [4, 4], probability, seed=1)
        outputs, _, _ = seq2seq.dynamic_decode(decoder(by_output), scope="rnn")
    with tf.variable_scope("r", reuse=True):
        cell = tf.nn.rnn_cell.GRUCell(3)
        if probability:
            steps, _ = tf.contrib.legacy_seq2seq.rnn_decoder([x[:, 0]] * 4, tf.zeros([2, 3]), cell, lambda output, _: output, scope="rnn")
        else:
            steps, _ = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
    got, wanted = initialized().run([outputs.rnn_output, tf.stack(steps, 1)])
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_scheduled_sampling_of_symbols():
    helper = seq2seq.ScheduledEmbeddingTrainingHelper(tf.constant(INPUTS, tf.float32), [4, 4], TABLE, 0.5, seed=1, scheduling_seed=2)
    outputs, _, _ = seq2seq.dynamic_decode(decoder(helper))
    chosen = initialized().run(outputs.sample_id)
    assert chosen.shape == (2, 4) and chosen.min() >= -1


def test_helpers_of_functions():
    x = tf.constant(INPUTS, tf.float32)
    custom = seq2seq.CustomHelper(
        lambda: (tf.fill([2], False), x[:, 0]),
        lambda time, outputs, state: tf.argmax(outputs, 1, output_type=tf.int32),
        lambda time, outputs, state, sample_ids: (tf.fill([2], time >= 1), outputs, state),
    )
    with pytest.raises(ValueError, match="^batch_size accessed before initialize was called"):
        _ = custom.batch_size
    inference = seq2seq.InferenceHelper(lambda outputs: outputs, [3], tf.float32, x[:, 0], lambda drawn: tf.fill([2], False))
    with scope() as opened:
        one, _, _ = seq2seq.dynamic_decode(decoder(custom), scope="rnn")
        opened.reuse_variables()
        other, _, _ = seq2seq.dynamic_decode(decoder(inference), maximum_iterations=2, scope="rnn")
    one, other = initialized().run([one.rnn_output, other.sample_id])
    np.testing.assert_allclose(one, other, rtol=1e-6)
