"""Attention of a decoder to what an encoder put out, by NumPy."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized
from tests.lib.rnn.recorded import scope

seq2seq = tf.contrib.seq2seq
RANDOM = np.random.RandomState(3)
MEMORY, QUERY, LENGTHS = RANDOM.randn(2, 5, 3), RANDOM.randn(2, 4), [5, 2]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def weights_and_variables(kind, **arguments):
    with scope():
        mechanism = getattr(seq2seq, kind)(4, tf.constant(MEMORY), LENGTHS, dtype=tf.float64, **arguments)
        weights, _ = mechanism(tf.constant(QUERY), None)
    session = initialized()
    return session.run(weights), {v.op.name.split("/")[-2] + "/" + v.op.name.split("/")[-1]: session.run(v) for v in tf.global_variables()}


def masked(scores):
    scores = scores.copy()
    scores[1, 2:] = -np.inf
    return softmax(scores)


MASKED = MEMORY * (np.arange(5)[None, :, None] < np.array(LENGTHS)[:, None, None])


@pytest.mark.parametrize("scale", [False, True])
def test_luong_attention(scale):
    got, v = weights_and_variables("LuongAttention", scale=scale)
    scores = np.einsum("bu,btu->bt", QUERY, MASKED @ v["memory_layer/kernel"])
    np.testing.assert_allclose(got, masked(scores), rtol=1e-6)
    assert ("luong_attention/attention_g" in v) == scale


@pytest.mark.parametrize("normalize", [False, True])
def test_bahdanau_attention(normalize):
    got, v = weights_and_variables("BahdanauAttention", normalize=normalize)
    direction = v["bahdanau_attention/attention_v"]
    if normalize:
        direction = 0.5 * direction / np.sqrt((direction**2).sum())
    scores = np.tanh(MASKED @ v["memory_layer/kernel"] + (QUERY @ v["query_layer/kernel"])[:, None]) @ direction
    np.testing.assert_allclose(got, masked(scores), rtol=1e-6)


def test_a_wrapped_cell_decodes():
    mechanisms = [seq2seq.LuongAttention(4, tf.ones([2, 5, 3])), seq2seq.BahdanauAttention(4, tf.ones([2, 6, 3]), [6, 1])]
    cell = seq2seq.AttentionWrapper(tf.nn.rnn_cell.LSTMCell(4), mechanisms, attention_layer_size=[3, 2], alignment_history=True)
    start = cell.zero_state(2, tf.float32).clone(cell_state=tf.nn.rnn_cell.LSTMStateTuple(tf.ones([2, 4]), tf.ones([2, 4])))
    helper = seq2seq.TrainingHelper(tf.ones([2, 7, 3]), [7, 4])
    outputs, state, lengths = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, start), impute_finished=True)
    history = state.alignment_history[1].stack()
    outputs, history, gradient = initialized().run(
        [outputs.rnn_output, history, tf.gradients(outputs.rnn_output, tf.trainable_variables()[0])]
    )
    assert outputs.shape == (2, 7, 5) and history.shape == (7, 2, 6) and cell.output_size == 5
    np.testing.assert_allclose(history.sum(-1)[:4], 1, rtol=1e-5)
    assert (history[:, 1, 1:] == 0).all() and np.isfinite(gradient).all()


def test_without_a_layer_the_attention_is_the_context():
    mechanism = seq2seq.LuongAttention(4, tf.constant(MEMORY, tf.float32))
    cell = seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), mechanism, output_attention=False)
    output, state = cell(tf.ones([2, 2]), cell.zero_state(2, tf.float32))
    attention, weights = initialized().run([state.attention, state.alignments])
    np.testing.assert_allclose(attention, np.einsum("bt,bts->bs", weights, MEMORY), rtol=1e-5)
    assert output.shape.as_list() == [2, 4]
    with pytest.raises(ValueError, match="must contain exactly one integer per attention_mechanism, saw: 2 vs 1"):
        seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), mechanism, attention_layer_size=[3, 4])


# -------------------------------------------------------------------- monotonic


def step_by_step(chosen, before):
    """The definition: from the place of the step before on, each place is stopped at with its probability, or passed."""
    weights = np.zeros_like(before)
    for row in range(len(before)):
        for start, weight in enumerate(before[row]):
            left = weight
            for place in range(start, before.shape[1]):
                weights[row, place] += left * chosen[row, place]
                left *= 1 - chosen[row, place]
    return weights


CHOSEN, BEFORE = RANDOM.uniform(0.1, 0.9, [2, 5]), softmax(RANDOM.randn(2, 5))


@pytest.mark.parametrize("mode", ["recursive", "parallel"])
def test_monotonic_weights_move_on_from_those_before(mode):
    got = tf.Session().run(seq2seq.monotonic_attention(CHOSEN, BEFORE, mode))
    np.testing.assert_allclose(got, step_by_step(CHOSEN, BEFORE), rtol=1e-6)


def test_hard_monotonic_attention_stops_at_the_first_chosen_place_from_the_last_one_on():
    chosen = [[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0]]
    before = [[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    got = tf.Session().run(seq2seq.monotonic_attention(chosen, before, "hard"))
    np.testing.assert_array_equal(got, [[0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    with pytest.raises(ValueError, match="mode must be 'recursive', 'parallel', or 'hard'."):
        seq2seq.monotonic_attention(chosen, before, "soft")


def test_products_of_probabilities_have_finite_gradients_at_zero():
    x = tf.constant([0.0, 0.5])
    products = seq2seq.safe_cumprod(x)
    got, slope = tf.Session().run([products, tf.gradients(products, x)[0]])
    np.testing.assert_allclose(got, [0.0, 0.0], atol=1e-30)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("kind", ["LuongMonotonicAttention", "BahdanauMonotonicAttention"])
@pytest.mark.parametrize("mode", ["recursive", "parallel", "hard"])
def test_monotonic_mechanisms_add_a_bias_and_begin_at_the_first_place(kind, mode):
    with scope():
        mechanism = getattr(seq2seq, kind)(4, tf.constant(MEMORY), LENGTHS, score_bias_init=0.5, mode=mode, dtype=tf.float64)
        start = mechanism.initial_state(2, tf.float64)
        weights, state = mechanism(tf.constant(QUERY), start)
    session = initialized()
    v = {"/".join(v.op.name.split("/")[-2:]): session.run(v) for v in tf.global_variables()}
    keys = MASKED @ v["memory_layer/kernel"]
    if kind.startswith("Luong"):
        scores = np.einsum("bu,btu->bt", QUERY, keys)
        assert v["luong_monotonic_attention/attention_score_bias"] == 0.5
    else:
        direction = v["bahdanau_monotonic_attention/attention_v"]
        scores = np.tanh(keys + (QUERY @ v["query_layer/kernel"])[:, None]) @ direction
    scores = np.where(np.arange(5) < np.array(LENGTHS)[:, None], scores + 0.5, -np.inf)
    chosen = (scores > 0).astype(float) if mode == "hard" else 1 / (1 + np.exp(-scores))
    np.testing.assert_array_equal(session.run(start), np.eye(5)[[0, 0]])
    np.testing.assert_allclose(session.run(weights), step_by_step(chosen, np.eye(5)[[0, 0]]), rtol=1e-6)
    assert state is weights


def test_noise_makes_training_different_from_run_to_run_and_hardmax_is_sure():
    mechanism = seq2seq.LuongMonotonicAttention(4, tf.ones([1, 5, 3]), sigmoid_noise=1.0, sigmoid_noise_seed=1)
    weights, _ = mechanism(tf.ones([1, 4]), mechanism.initial_state(1, tf.float32))
    session = initialized()
    assert not np.array_equal(session.run(weights), session.run(weights))
    assert session.run(seq2seq.hardmax([[1.0, 3.0, 2.0]])).tolist() == [[0.0, 1.0, 0.0]]
