"""tf.contrib.legacy_seq2seq: what is fed, what is shared, and the losses by NumPy."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized

legacy = tf.contrib.legacy_seq2seq
SYMBOLS = [[1, 2], [3, 4], [0, 5]]  # steps of a batch of two


def symbols():
    return [tf.constant(step) for step in SYMBOLS]


@pytest.mark.parametrize("kind", ["embedding_rnn_seq2seq", "embedding_attention_seq2seq", "embedding_tied_rnn_seq2seq"])
def test_a_decoder_may_be_fed_its_own_outputs(kind):
    counts = (9,) if "tied" in kind else (9, 9)
    fed = tf.placeholder_with_default(True, [])
    with tf.variable_scope("m", initializer=tf.random_uniform_initializer(-1, 1, seed=3)) as scope:
        chosen, _ = getattr(legacy, kind)(symbols(), symbols(), tf.nn.rnn_cell.GRUCell(5), *counts, 4, feed_previous=fed)
        scope.reuse_variables()
        own, _ = getattr(legacy, kind)(symbols(), symbols(), tf.nn.rnn_cell.GRUCell(5), *counts, 4, feed_previous=True)
        given, _ = getattr(legacy, kind)(symbols(), symbols(), tf.nn.rnn_cell.GRUCell(5), *counts, 4)
    session = initialized()
    chosen_own, own, given = session.run([chosen, own, given])
    np.testing.assert_allclose(chosen_own, own, rtol=1e-5)
    np.testing.assert_allclose(session.run(chosen, {fed: False}), given, rtol=1e-5)
    np.testing.assert_allclose(own[0], given[0], rtol=1e-5)
    assert not np.allclose(own[1], given[1])


def test_names_of_variables():
    legacy.embedding_attention_seq2seq(symbols(), symbols(), tf.nn.rnn_cell.BasicLSTMCell(5), 9, 7, 4)
    assert [v.op.name.removeprefix("embedding_attention_seq2seq/") for v in tf.trainable_variables()] == [
        "rnn/embedding_wrapper/embedding",
        "rnn/embedding_wrapper/basic_lstm_cell/kernel",
        "rnn/embedding_wrapper/basic_lstm_cell/bias",
        "embedding_attention_decoder/embedding",
        "embedding_attention_decoder/attention_decoder/AttnW_0",
        "embedding_attention_decoder/attention_decoder/AttnV_0",
        "embedding_attention_decoder/attention_decoder/kernel",
        "embedding_attention_decoder/attention_decoder/bias",
        "embedding_attention_decoder/attention_decoder/output_projection_wrapper/basic_lstm_cell/kernel",
        "embedding_attention_decoder/attention_decoder/output_projection_wrapper/basic_lstm_cell/bias",
        "embedding_attention_decoder/attention_decoder/output_projection_wrapper/kernel",
        "embedding_attention_decoder/attention_decoder/output_projection_wrapper/bias",
        "embedding_attention_decoder/attention_decoder/Attention_0/kernel",
        "embedding_attention_decoder/attention_decoder/Attention_0/bias",
        "embedding_attention_decoder/attention_decoder/AttnOutputProjection/kernel",
        "embedding_attention_decoder/attention_decoder/AttnOutputProjection/bias",
    ]


def test_attention_asked_by_the_first_state():
    cell = tf.nn.rnn_cell.GRUCell(4)
    outputs, _ = legacy.attention_decoder(
        [tf.ones([2, 3])] * 2, tf.ones([2, 4]), tf.ones([2, 6, 5]), cell, num_heads=2, initial_state_attention=True
    )
    assert initialized().run(outputs)[1].shape == (2, 4)
    with pytest.raises(ValueError, match="^Must provide at least 1 input to attention decoder."):
        legacy.attention_decoder([], tf.ones([2, 4]), tf.ones([2, 6, 5]), cell)
    with pytest.raises(ValueError, match="^With less than 1 heads, use a non-attention decoder."):
        legacy.attention_decoder([tf.ones([2, 3])], tf.ones([2, 4]), tf.ones([2, 6, 5]), cell, num_heads=0)


def cross_entropy(logits, targets):
    shifted = logits - logits.max(-1, keepdims=True)
    return np.log(np.exp(shifted).sum(-1)) - np.take_along_axis(shifted, targets[..., None], -1)[..., 0]


RANDOM = np.random.RandomState(0)
LOGITS, TARGETS, WEIGHTS = RANDOM.randn(2, 3, 6), RANDOM.randint(0, 6, [2, 3]), np.array([[1.0, 1, 0.5], [1, 0, 0]])
LOSSES = cross_entropy(LOGITS, TARGETS) * WEIGHTS


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({}, LOSSES.sum() / WEIGHTS.sum()),
        ({"average_across_batch": False}, LOSSES.sum(1) / WEIGHTS.sum(1)),
        ({"average_across_timesteps": False}, [LOSSES[:, 0].mean(), LOSSES[0, 1], LOSSES[0, 2] / 0.5]),
        ({"average_across_timesteps": False, "average_across_batch": False}, LOSSES),
        (dict.fromkeys(["average_across_timesteps", "average_across_batch"], False)
         | dict.fromkeys(["sum_over_timesteps", "sum_over_batch"], True), LOSSES.sum() / 4),
        ({"softmax_loss_function": lambda labels, logits: tf.ones_like(logits[:, 0])}, 1.0),
    ],
)  # fmt: skip
def test_sequence_loss(arguments, wanted):
    loss = tf.contrib.seq2seq.sequence_loss(tf.constant(LOGITS), tf.constant(TARGETS), tf.constant(WEIGHTS), **arguments)
    np.testing.assert_allclose(tf.Session().run(loss), wanted, rtol=1e-10)


def test_wrong_arguments_of_sequence_loss():
    loss = tf.contrib.seq2seq.sequence_loss
    with pytest.raises(ValueError, match=r"^Logits must be a \[batch_size x sequence_length x logits\] tensor"):
        loss(tf.constant(LOGITS[0]), tf.constant(TARGETS), tf.constant(WEIGHTS))
    with pytest.raises(ValueError, match="^average_across_batch and sum_over_batch cannot be set to True at same time."):
        loss(tf.constant(LOGITS), tf.constant(TARGETS), tf.constant(WEIGHTS), sum_over_batch=True)


def test_losses_of_lists_of_steps():
    steps = [list(map(tf.constant, np.moveaxis(array, 1, 0))) for array in (LOGITS, TARGETS, WEIGHTS)]
    session = tf.Session()
    wanted = LOSSES.sum(1) / WEIGHTS.sum(1)
    np.testing.assert_allclose(session.run(legacy.sequence_loss_by_example(*steps)), wanted, rtol=1e-10)
    np.testing.assert_allclose(session.run(legacy.sequence_loss(*steps)), wanted.mean(), rtol=1e-10)
    np.testing.assert_allclose(
        session.run(legacy.sequence_loss(*steps, average_across_timesteps=False, average_across_batch=False)), LOSSES.sum(), rtol=1e-10
    )
    with pytest.raises(ValueError, match="^Lengths of logits, weights, and targets must be the same 3, 3, 2."):
        legacy.sequence_loss_by_example(steps[0], steps[1][:2], steps[2])


def test_buckets_share_their_variables():
    ones = [tf.ones([2])] * 3

    def model(x, y):
        return legacy.embedding_attention_seq2seq(x, y, tf.nn.rnn_cell.GRUCell(5), 9, 7, 4)

    outputs, losses = legacy.model_with_buckets(symbols(), symbols(), symbols(), ones, [(1, 2), (3, 3)], model)
    assert [len(one) for one in outputs] == [2, 3] and len(tf.trainable_variables()) == 20
    assert np.isfinite(initialized().run(losses)).all()
    with pytest.raises(ValueError, match=r"^Length of targets \(3\) must be at least that of last bucket \(4\)."):
        legacy.model_with_buckets(symbols(), symbols(), symbols(), ones, [(3, 4)], model)
