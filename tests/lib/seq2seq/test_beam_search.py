"""Beam search, against a search over all sequences."""

import itertools

import numpy as np
import pytest

import autograd_lite as tf

seq2seq = tf.contrib.seq2seq
STEPS, SYMBOLS, END = 3, 4, 0
# How likely a symbol is after another one, for two sequences that begin with the symbols 1 and 2.
CHANCES = np.random.RandomState(5).rand(SYMBOLS, SYMBOLS).astype(np.float32)
LOGS = np.log(CHANCES / CHANCES.sum(1, keepdims=True))


class Chain(tf.nn.rnn_cell.RNNCell):
    """A cell whose scores depend on the last symbol alone."""

    state_size, output_size = 1, SYMBOLS

    def call(self, inputs, state):
        return tf.matmul(inputs, tf.constant(LOGS)), state + 1


def probability(start, symbols):
    total, last = 0.0, start
    for symbol in symbols:
        total += LOGS[last, symbol]
        last = symbol
    return total


def best(start, count, weight=0.0):
    found = {}
    for ways in itertools.product(range(SYMBOLS), repeat=STEPS):
        length = ways.index(END) + 1 if END in ways else STEPS
        way = ways[:length]
        steps = length - (END in way)  # the end token is not counted in a score
        found[way] = probability(start, way) / ((5 + steps) / 6) ** weight
    return sorted(found.items(), key=lambda item: -item[1])[:count]


def search(beams, **arguments):
    decoder = seq2seq.BeamSearchDecoder(
        Chain(), np.eye(SYMBOLS, dtype=np.float32), [1, 2], END, tf.zeros([2 * beams, 1]), beams, **arguments
    )
    outputs, state, lengths = seq2seq.dynamic_decode(decoder, maximum_iterations=STEPS)
    return tf.Session().run([outputs.predicted_ids, outputs.beam_search_decoder_output.scores, state.lengths])


def test_wide_beams_find_the_best_sequences():
    ids, scores, _ = search(24)
    for row, start in enumerate((1, 2)):
        for beam, (symbols, score) in enumerate(best(start, 5)):
            assert tuple(ids[row, : len(symbols), beam]) == symbols
            assert scores[row, -1, beam] == pytest.approx(score, rel=1e-5)


def test_longer_sequences_may_be_preferred():
    ids, scores, _ = search(24, length_penalty_weight=2.0)
    for row, start in enumerate((1, 2)):
        (symbols, score), *_ = best(start, 1, weight=2.0)
        assert tuple(ids[row, : len(symbols), 0]) == symbols and scores[row, -1, 0] == pytest.approx(score, rel=1e-5)


def test_one_beam_is_greedy():
    ids, _, lengths = search(1)
    last, wanted = 1, []
    while len(wanted) < ids.shape[1] and END not in wanted:
        last = int(LOGS[last].argmax())
        wanted.append(last)
    assert ids[0, : len(wanted), 0].tolist() == wanted and lengths[0, 0] == len(wanted)


def test_states_of_an_encoder_are_repeated_for_the_beams():
    state = tf.nn.rnn_cell.LSTMStateTuple(tf.placeholder_with_default([[1.0], [2.0]], [None, 1]), tf.constant([[3.0], [4.0]]))
    tiled = seq2seq.tile_batch(state, 2)
    assert tiled.c.shape.as_list() == [None, 1] and tiled.h.shape.as_list() == [4, 1]
    assert tf.Session().run(tiled.c).ravel().tolist() == [1, 1, 2, 2]


def test_parents_must_exist():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Saw invalid parent id"):
        tf.Session().run(seq2seq.gather_tree([[[1, 2]]], [[[0, 7]]], [1], 0))
    with pytest.raises(ValueError, match="^start_tokens must be a vector"):
        seq2seq.BeamSearchDecoder(Chain(), np.eye(SYMBOLS), [[1]], END, tf.zeros([3, 1]), 3)


# -------------------------------------------------------------------- with attention


MEMORY = np.random.RandomState(6).randn(2, 5, 3).astype(np.float32)


def attending(beams, **arguments):
    memory = seq2seq.tile_batch(tf.constant(MEMORY), beams)
    mechanism = seq2seq.LuongAttention(4, memory)
    cell = seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), mechanism, attention_layer_size=4, alignment_history=True)
    output = tf.layers.Dense(SYMBOLS, use_bias=False, kernel_initializer=tf.random_normal_initializer(stddev=2.0, seed=3))
    decoder = seq2seq.BeamSearchDecoder(
        cell, np.eye(SYMBOLS, dtype=np.float32), [1, 2], END, cell.zero_state(2 * beams, tf.float32), beams, output, **arguments
    )
    outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=6)
    return outputs, state


def test_histories_follow_each_beam_back_to_its_beginning():
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(4)
        outputs, state = attending(3)
        session.run(tf.global_variables_initializer())
        history, parents = session.run([state.cell_state.alignment_history, outputs.beam_search_decoder_output.parent_ids])
        assert history.shape == (parents.shape[1], 6, 5)
        np.testing.assert_allclose(history.sum(-1), 1.0, rtol=1e-5)
    with tf.Graph().as_default():
        _, state = attending(3, reorder_tensor_arrays=False)
        assert isinstance(state.cell_state.alignment_history, tf.TensorArray)


def test_a_tree_of_arrays_is_followed_back_from_its_leaves():
    values = np.arange(3 * 2 * 3).reshape(3, 2, 3)
    parents = np.array([[[0, 1, 2], [0, 1, 2]], [[2, 0, 1], [0, 0, 0]], [[1, 1, 0], [2, 1, 0]]], np.int32)
    got = tf.Session().run(seq2seq.gather_tree_from_array(tf.constant(values), parents, [[3, 3, 3], [3, 3, 3]]))
    for row in range(2):
        for beam in range(3):
            place = beam
            for time in (2, 1, 0):
                assert got[time, row, beam] == values[time, row, place]
                place = parents[time, row, place]


def test_coverage_prefers_sequences_that_looked_everywhere():
    decoder = seq2seq.BeamSearchDecoder(Chain(), np.eye(SYMBOLS, dtype=np.float32), [1, 2], END, tf.zeros([4, 1]), 2)
    decoder._coverage_penalty_weight = 0.5
    looked = np.array([[[0.5, 1.5, 0.0], [1.0, 2.0, 1.0]], [[0.1, 0.2, 0.3], [1.0, 1.0, 1.0]]], np.float32)
    finished = np.array([[True, True], [True, False]])
    got = tf.Session().run(decoder._coverage(tf.constant(looked), tf.constant(finished)))
    np.testing.assert_allclose(got, [[0.5 * np.log(0.5), 0.0], [0.0, 0.0]], rtol=1e-6)


def test_coverage_needs_attention_and_adds_up_its_weights():
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(4)
        outputs, state = attending(3, coverage_penalty_weight=0.3)
        session.run(tf.global_variables_initializer())
        looked, ids = session.run([state.accumulated_attention_probs, outputs.predicted_ids])
        assert looked.shape == (2, 3, 5)
        assert (looked.sum(-1) <= ids.shape[1] + 1e-4).all()
        with pytest.raises(ValueError, match="coverage_penalty_weight must be 0 for a cell without attention"):
            search(2, coverage_penalty_weight=0.3)
