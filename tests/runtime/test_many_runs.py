"""Very many runs of one session: nothing is kept of a run that is over."""

import gc
import tracemalloc

import numpy as np
import pytest

import autograd_lite as tf

ALLOWED = 20_000  # bytes: what counters and the interpreter's own caches may take


def training():
    """A small network with feeds, an update and a random op, which are run in turn with fetches of several forms."""
    x = tf.placeholder(tf.float32, [None, 4])
    weights = tf.Variable(np.ones((4, 3), np.float32))
    loss = tf.reduce_mean(tf.square(tf.nn.dropout(tf.matmul(x, weights), rate=0.5, seed=1)))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    return x, loss, train


def growth(runs):
    """How many bytes more are in use after so many runs than after the first thousand."""
    x, loss, train = training()
    batches = [np.ones((rows, 4), np.float32) for rows in range(1, 6)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())

        def work(count):
            for number in range(count):
                feeds = {x: batches[number % 5]}
                if number % 100:
                    session.run(train, feeds)
                else:
                    session.run({"loss": loss, "both": [train, loss]}, feeds)
            gc.collect()

        work(1000)
        tracemalloc.start()
        try:
            work(1000)
            before = tracemalloc.get_traced_memory()[0]
            work(runs)
            return tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()


def test_thousands_of_runs_leave_nothing_behind():
    assert growth(5000) < ALLOWED


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_million_runs_leave_nothing_behind():
    assert growth(1_000_000) < ALLOWED
