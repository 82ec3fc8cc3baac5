"""What is kept ready for the next run is bounded, however many different things are asked for."""

import functools
import gc
import sys

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.kernels import elementwise
from autograd_lite.runtime import by_shapes, runner, session as sessions

ALLOWED_BLOCKS = 1000  # pieces of memory of Python's that half of the runs may leave: a plan has some hundreds
# Caches without a bound, and why they have none.
BOUNDED_BY_KEYS = {
    "autograd_lite.kernels.table_functions": "no arguments",
    "autograd_lite.lib.testing.environment": "no arguments",
    "autograd_lite.ops.decoding": "by element type",
    "autograd_lite.ops.strings": "by element type",
    "autograd_lite.ops.histograms": "no arguments",
    "autograd_lite.teach.explorer.page": "no arguments",
    "autograd_lite.wire.schema": "no arguments",
}


@pytest.fixture(autouse=True)
def machine_code_at_once(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")  # none that arrives between two measurements


@pytest.fixture(params=[60, pytest.param(2000, marks=pytest.mark.slow)])
def many(request, monkeypatch):
    """More runs than any table has room for; few of them with tables made small."""
    if request.param < runner.MAX_PLANS_PER_GRAPH:
        monkeypatch.setattr(runner, "MAX_PLANS_PER_GRAPH", 40)
        monkeypatch.setattr(sessions, "MAX_RUNNERS", 40)
    return request.param


def blocks():
    for _ in range(2):
        gc.collect()
    return sys.getallocatedblocks()


def kept(session):
    """How many runners a session keeps in each of its tables, how many plans its graph keeps, and the steps of those."""
    plans = session.graph.properties["plans"]
    tables = [len(table) for table in (session._plain, session._fed, session._by_elements)]
    return tables, len(plans), sum(plan.size for plan in plans.values())


def stays_bounded(session, run, many):
    """Do `run(number)` for many numbers: tables stay at their bounds, and the second half of the runs leaves hardly any memory behind."""
    for number in range(many):
        run(number)
    pieces = blocks()
    for number in range(many, 2 * many):
        run(number)
    assert blocks() - pieces < ALLOWED_BLOCKS
    tables, plans, steps = kept(session)
    assert max(tables) <= sessions.MAX_RUNNERS
    assert plans <= runner.MAX_PLANS_PER_GRAPH
    assert steps <= runner.MAX_STEPS_KEPT
    return tables, plans


def test_many_different_fetches(many):
    x = tf.constant(1.0)
    nodes = [x + float(number) for number in range(2 * many)]
    with tf.Session() as session:
        tables, plans = stays_bounded(session, lambda number: session.run(nodes[number]), many)
    assert tables[0] == sessions.MAX_RUNNERS
    assert plans == runner.MAX_PLANS_PER_GRAPH


def test_many_different_combinations_of_fetches(many):
    x = tf.constant(1.0)
    nodes = [x + float(number) for number in range(100)]
    with tf.Session() as session:

        def run(number):
            session.run({"pair": [nodes[number % 97], nodes[number % 89]], "one": nodes[number % 83]})

        stays_bounded(session, run, many)


def test_many_different_feeds(many):
    x = tf.placeholder(tf.float32, [])
    nodes = [x + float(number) for number in range(2 * many)]
    total = tf.add_n(nodes[:3])
    with tf.Session() as session:
        tables, _ = stays_bounded(session, lambda number: session.run(total, {x: 1.0, nodes[number]: 2.0}), many)
    assert tables[1] == sessions.MAX_RUNNERS


def test_many_different_shapes(many):
    x = tf.placeholder(tf.float32, [None])
    total = tf.reduce_sum(tf.sqrt(x) * 2.0)
    with tf.Session() as session:
        _, plans = stays_bounded(session, lambda number: session.run(total, {x: np.ones(number + 1, np.float32)}), many)
    assert plans <= by_shapes.MOST + 1


def test_many_different_shapes_that_are_fed_as_shapes(many):
    shape = tf.placeholder(tf.int32, [2])
    total = tf.reduce_sum(tf.ones(shape))
    with tf.Session() as session:
        _, plans = stays_bounded(session, lambda number: session.run(total, {shape: [number % 50 + 1, number // 50 + 1]}), many)
    assert plans <= by_shapes.MOST + 1


def test_many_different_sessions_of_one_graph(many):
    w = tf.Variable(1.0)
    train = w.assign_add(1.0)

    def run(number):
        with tf.Session() as session:
            session.run(w.initializer)
            session.run(train)

    with tf.Session() as session:
        session.run(w.initializer)
        stays_bounded(session, run, many)


def test_many_different_kernels(monkeypatch):
    monkeypatch.setattr(elementwise, "MOST_TEXTS", 5)
    x = tf.placeholder(tf.float32, [300])
    made = [tf.exp(x * float(number)) + float(number) * x for number in range(12)]
    with tf.Session() as session:
        for number in range(12):
            session.run(made[number], {x: np.ones(300, np.float32)})
    assert len(elementwise._texts) <= 5


def test_every_cache_of_a_function_has_a_bound_or_a_reason():
    unbounded = set()
    for name, module in list(sys.modules.items()):
        if name.startswith("autograd_lite."):
            caches = (each for each in vars(module).values() if isinstance(each, functools._lru_cache_wrapper))
            unbounded.update(each.__module__ for each in caches if each.cache_parameters()["maxsize"] is None)
    assert unbounded <= set(BOUNDED_BY_KEYS)
