"""A pipeline never holds more than its buffers: for each transformation, how many elements lie in memory between two runs."""

import time
import tracemalloc

import numpy as np
import pytest

import autograd_lite as tf

Dataset, experimental = tf.data.Dataset, tf.data.experimental
COUNT, SIZE = 48, 100_000  # elements, and the bytes of each


def source():
    return Dataset.range(COUNT).map(lambda x: tf.fill([SIZE // 4], tf.cast(x, tf.float32)))


def small():
    """A function that makes three elements out of one."""
    return lambda x: Dataset.from_tensors(x).repeat(3)


def first(x):
    return tf.cast(x[0], tf.int64)


# How many elements each may hold, besides the one that is on its way.
CASES = {
    "map": (lambda: source().map(lambda x: x + 1), 0),
    "parallel map": (lambda: source().map(lambda x: x + 1, num_parallel_calls=3), 3),
    "filter": (lambda: source().filter(lambda x: x[0] > 1), 0),
    "flat_map": (lambda: source().flat_map(small()), 1),
    "interleave": (lambda: source().interleave(small(), cycle_length=4, block_length=2), 4),
    "parallel interleave": (lambda: source().interleave(small(), 4, 2, num_parallel_calls=4), 4),
    "parallel_interleave": (lambda: source().apply(experimental.parallel_interleave(small(), 4, 2)), 4),
    "batch": (lambda: source().batch(4), 0),
    "padded_batch": (lambda: source().padded_batch(4, [None]), 0),
    "map_and_batch": (lambda: source().apply(experimental.map_and_batch(lambda x: x + 1, 4, num_parallel_calls=3)), 3),
    "unbatch": (lambda: source().batch(4).apply(experimental.unbatch()), 4),
    "window": (lambda: source().window(4, shift=2).flat_map(lambda window: window), 4),
    "shuffle": (lambda: source().shuffle(8), 8),
    "shuffle_and_repeat": (lambda: source().apply(experimental.shuffle_and_repeat(8, 2)), 8),
    "repeat": (lambda: source().repeat(2), 0),
    "take": (lambda: source().take(20), 0),
    "skip": (lambda: source().skip(20), 0),
    "shard": (lambda: source().shard(3, 1), 0),
    "concatenate": (lambda: source().concatenate(source()), 0),
    "zip": (lambda: Dataset.zip((source(), source())), 1),
    "enumerate": (lambda: source().apply(experimental.enumerate_dataset()), 0),
    "prefetch": (lambda: source().prefetch(5), 6),  # one more waits for a place
    "cache": (lambda: source().cache(), COUNT),
    "scan": (lambda: source().apply(experimental.scan(np.float32(0), lambda total, x: (total + x[0], x))), 1),
    "take_while": (lambda: source().apply(experimental.take_while(lambda x: x[0] < 40)), 0),
    "ignore_errors": (lambda: source().apply(experimental.ignore_errors()), 0),
    "group_by_window": (lambda: source().apply(experimental.group_by_window(lambda x: first(x) % 3, lambda key, rows: rows, 4)), 12),
    "bucket_by_sequence_length": (
        lambda: source().apply(experimental.bucket_by_sequence_length(lambda x: tf.cast(first(x) % 9, tf.int32), [3, 6], [4, 4, 4])), 12
    ),
    "sample_from_datasets": (lambda: experimental.sample_from_datasets([source(), source()], seed=1), 0),
    "choose_from_datasets": (lambda: experimental.choose_from_datasets([source(), source()], Dataset.range(COUNT).map(lambda x: x % 2)), 0),
    "latency_stats": (lambda: source().apply(experimental.latency_stats("reading")), 0),
    "slices": (lambda: Dataset.from_tensor_slices(tf.zeros([COUNT, SIZE // 4])).shuffle(8).batch(4), COUNT),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_no_more_is_held_than_the_buffers(name):
    make, most = CASES[name]
    iterator = make().make_initializable_iterator()
    element, held = iterator.get_next(), []
    with tf.Session() as session:
        session.run(iterator.initializer)
        session.run(element)  # what is compiled stays
        session.run(iterator.initializer)
        tracemalloc.start()
        try:
            while True:
                session.run(element)
                time.sleep(0.002)
                held.append(tracemalloc.get_traced_memory()[0] / SIZE)
        except tf.errors.OutOfRangeError:
            pass
        finally:
            tracemalloc.stop()
    assert len(held) >= COUNT // 4
    assert np.median(held) <= most + 1.5  # now and then something is compiled besides
