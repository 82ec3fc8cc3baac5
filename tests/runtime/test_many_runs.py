"""Very many runs of one session: nothing is kept of a run that is over."""

import contextlib
import gc
import pathlib
import resource
import sys
import tracemalloc

import numpy as np
import pytest

import autograd_lite as tf

ALLOWED = 20_000  # bytes: what counters and the interpreter's own caches may take
ALLOWED_BLOCKS = 400  # pieces of memory of Python's
ALLOWED_RESIDENT = 3 << 20  # bytes of the process: the allocator does not give every page back at once
WARM_UP = 1000  # runs after which plans, machine code and caches are there


def constant(session):
    """The least that a run can be."""
    fetched = tf.constant(3.0)
    return lambda number: session.run(fetched)


def quadratic(session):
    """A variable that is trained."""
    w = tf.Variable(0.0)
    train = tf.train.GradientDescentOptimizer(0.01).minimize(w**2 - 10 * w + 25)
    session.run(tf.global_variables_initializer())
    return lambda number: session.run(train)


def placeholder(session):
    """Another value fed in each run."""
    coefficients, w = tf.placeholder(tf.float32, [3, 1]), tf.Variable(0.0)
    cost = coefficients[0][0] * w**2 + coefficients[1][0] * w + coefficients[2][0]
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
    session.run(tf.global_variables_initializer())
    return lambda number: session.run([train, cost], {coefficients: [[1.0], [-10.0], [25.0 + number % 7]]})


def network(session):
    """Feeds of five shapes, dropout, Adam, and now and then fetches in another form."""
    x = tf.placeholder(tf.float32, [None, 4])
    weights = tf.Variable(np.ones((4, 3), np.float32))
    loss = tf.reduce_mean(tf.square(tf.nn.dropout(tf.matmul(x, weights), rate=0.5, seed=1)))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    session.run(tf.global_variables_initializer())
    batches = [np.ones((rows, 4), np.float32) for rows in range(1, 6)]

    def run(number):
        feeds = {x: batches[number % 5]}
        return session.run(train, feeds) if number % 100 else session.run({"loss": loss, "both": [train, loss]}, feeds)

    return run


def loop(session):
    """A loop with its gradient: stacks are made and emptied in every run."""
    x = tf.placeholder(tf.float32, [])
    end = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), [0, x])[1]
    gradient = tf.gradients(end, x)[0]
    return lambda number: session.run(gradient, {x: 1.5})


def queue(session):
    """What is put in is taken out."""
    elements = tf.FIFOQueue(10, [tf.float32], [[8]])
    put, take = elements.enqueue([np.ones(8, np.float32)]), elements.dequeue()
    return lambda number: session.run(take if number % 2 else put)


def dataset(session):
    """An endless pipeline."""
    rows = tf.data.Dataset.range(1000).shuffle(50, seed=1).map(lambda row: row * 2).batch(4).repeat()
    following = tf.data.make_one_shot_iterator(rows).get_next()
    return lambda number: session.run(following)


# How many runs of each make up a million; the cheap ones most.
PROGRAMS = {constant: 300_000, quadratic: 300_000, placeholder: 200_000, network: 60_000, loop: 40_000, queue: 60_000, dataset: 40_000}


@pytest.fixture(autouse=True)
def machine_code_at_once(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")  # none that arrives between two measurements


def resident():
    """The bytes of memory that this process occupies now (where the system does not say: that it has occupied at most)."""
    with contextlib.suppress(OSError):
        return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def blocks():
    """How many pieces of memory Python has given out to what is still in use."""
    for _ in range(2):
        gc.collect()
    return sys.getallocatedblocks()


def work(run, start, count):
    for number in range(start, start + count):
        run(number)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_thousands_of_runs_leave_nothing_behind(program):
    with tf.Session() as session:
        run = program(session)
        work(run, 0, WARM_UP)
        tracemalloc.start()
        try:
            work(run, 0, WARM_UP)
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            work(run, 0, 2000)
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] - before < ALLOWED
        finally:
            tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_million_runs_leave_nothing_behind(program):
    assert sum(PROGRAMS.values()) == 1_000_000
    with tf.Session() as session:
        run = program(session)
        work(run, 0, WARM_UP)
        work(run, 0, PROGRAMS[program] // 10)
        pieces, occupied, objects = blocks(), resident(), len(gc.get_objects())
        work(run, 0, PROGRAMS[program])
        assert abs(len(gc.get_objects()) - objects) < ALLOWED_BLOCKS
        assert blocks() - pieces < ALLOWED_BLOCKS
        assert resident() - occupied < ALLOWED_RESIDENT
