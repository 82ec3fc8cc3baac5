"""Loops of very many steps."""

import tracemalloc

import autograd_lite as tf
from autograd_lite.kernels import tier


def test_a_loop_of_a_million_steps_needs_no_more_memory_than_one_of_a_few():
    limit = tf.placeholder(tf.int32, [])
    total = tf.while_loop(lambda i, x: i < limit, lambda i, x: (i + 1, x + 0.5), [0, 0.0])[1]
    with tf.Session() as session:
        assert session.run(total, {limit: 4}) == 2.0
        tracemalloc.start()
        try:
            assert session.run(total, {limit: 1_000_000}) == 500_000.0
            assert tracemalloc.get_traced_memory()[1] < 1 << 20
        finally:
            tracemalloc.stop()


def test_the_vectors_of_a_loop_are_dropped_as_it_goes_on():
    total = tf.while_loop(lambda i, x: i < 2000, lambda i, x: (i + 1, tf.tanh(x) * 1.5), [0, tf.fill([100_000], 0.1)])[1]
    with tf.Session() as session:
        session.run(total)  # what is loaded to compile kernels, once in a process, is no vector of the loop
        tier.finish()
        tracemalloc.start()
        try:
            session.run(total)
            assert tracemalloc.get_traced_memory()[1] < 4_000_000  # a handful of arrays of 400 KB
        finally:
            tracemalloc.stop()
