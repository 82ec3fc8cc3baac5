"""Training gives the same numbers whether machine code is there, comes in the middle, or never; asked to, the same bits every time."""

import numpy as np
import pytest
import threadpoolctl

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.kernels import pool, tier

STEPS = 12
TOLERANCE = 2e-4  # of a loss after so many steps, in proportion: told in docs/design/kernels.md
RANDOM = np.random.default_rng(3)
IMAGES = RANDOM.standard_normal((16, 12, 12, 3)).astype(np.float32)
ROWS = RANDOM.standard_normal((32, 20)).astype(np.float32)
LABELS = RANDOM.integers(0, 10, 64)


def dense():
    """Layers with dropout, batch normalization and Adam."""
    x = tf.constant(ROWS)
    hidden = tf.layers.batch_normalization(tf.layers.dense(x, 64, tf.nn.tanh), training=True)
    hidden = tf.nn.dropout(tf.layers.dense(hidden, 32, tf.nn.relu), rate=0.3, seed=4)
    loss = tf.losses.sparse_softmax_cross_entropy(LABELS[:32], tf.layers.dense(hidden, 10))
    return loss, tf.train.AdamOptimizer(0.01)


def convolutions():
    """Convolutions, pooling, local response normalization and momentum."""
    found = tf.layers.conv2d(tf.constant(IMAGES), 16, 3, padding="same", activation=tf.nn.relu)
    found = tf.nn.lrn(tf.layers.max_pooling2d(found, 2, 2), 2)
    found = tf.layers.conv2d(found, 16, 5, padding="same", activation=tf.nn.elu)
    logits = tf.layers.dense(tf.reduce_mean(found, [1, 2]), 10)
    return tf.losses.sparse_softmax_cross_entropy(LABELS[:16], logits), tf.train.MomentumOptimizer(0.02, 0.9)


def recurrent():
    """A loop over time with its gradient."""
    cell = tf.nn.rnn_cell.BasicLSTMCell(24)
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant(ROWS.reshape(8, 10, 8)), dtype=tf.float32)
    return tf.reduce_mean(tf.square(outputs[:, -1] - 0.3)), tf.train.RMSPropOptimizer(0.01)


def words():
    """Rows of tables, sampled classes, sparse updates."""
    table = tf.get_variable("table", [200, 16], initializer=tf.random_uniform_initializer(-1, 1, seed=1))
    weights = tf.get_variable("weights", [200, 16], initializer=tf.random_uniform_initializer(-1, 1, seed=2))
    sampled = tf.nn.log_uniform_candidate_sampler(tf.constant(LABELS[:, None]), 1, 20, True, 200, seed=3)
    found = tf.nn.embedding_lookup(table, LABELS[::-1].copy())
    loss = tf.nn.nce_loss(weights, tf.get_variable("b", [200]), LABELS[:, None], found, 20, 200, sampled_values=sampled)
    return tf.reduce_mean(loss), tf.train.AdagradOptimizer(0.5)


PROGRAMS = [dense, convolutions, recurrent, words]
by_name = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)


@pytest.fixture(autouse=True)
def threads_as_before():
    before = pool.threads()
    with threadpoolctl.threadpool_limits():
        yield
    pool.set_threads(before)


def trained(program, between=None, threads=None):
    """The losses of some steps, and the variables after them; `between(step)` is called before each step."""
    config = None if threads is None else tf.ConfigProto(intra_op_parallelism_threads=threads)
    with tf.Graph().as_default():
        tf.set_random_seed(5)
        loss, optimizer = program()
        train = optimizer.minimize(loss)
        with tf.Session(config=config) as session:
            session.run(tf.global_variables_initializer())
            losses = []
            for step in range(STEPS):
                if between is not None:
                    between(step)
                losses.append(session.run([loss, train])[0])
            return np.array(losses), session.run(tf.global_variables())


def in_the_middle(step):
    if step == STEPS // 2:
        tier.finish(everything=True)


@by_name
def test_machine_code_changes_no_more_than_last_bits(program, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "off")
    never, _ = trained(program)
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    always, _ = trained(program)
    monkeypatch.delenv("AUTOGRAD_LITE_KERNELS")
    suddenly, _ = trained(program, in_the_middle)
    np.testing.assert_allclose(always, never, rtol=TOLERANCE)
    np.testing.assert_allclose(suddenly, never, rtol=TOLERANCE)
    assert never[-1] < never[0]


@by_name
def test_a_deterministic_program_gives_the_same_bits_whatever_the_threads(program):
    tf.set_deterministic()
    try:
        losses, variables = trained(program)
        for count in (1, 2, 3):
            again, others = trained(program, in_the_middle, count)
            assert again.tobytes() == losses.tobytes()
            assert [one.tobytes() for one in others] == [one.tobytes() for one in variables]
    finally:
        tf.set_deterministic(False)
