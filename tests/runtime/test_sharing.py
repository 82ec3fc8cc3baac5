"""What a session hands out and takes in is never the memory it computes with."""

import numpy as np
import pytest

import autograd_lite as tf

BIG = 4000


def ready(*variables):
    session = tf.Session()
    session.run(tf.variables_initializer(list(variables)))
    return session


def spoil(array):
    array[...] = -77


def test_a_fetched_variable_is_a_copy():
    for resource in (False, True):
        w = tf.Variable(np.ones(BIG, np.float32), use_resource=resource)
        views = [
            w,
            w.value(),
            tf.reshape(w, [2, -1]),
            tf.identity(w),
            tf.transpose(tf.reshape(w, [2, -1])),
            tf.assign_add(w, tf.zeros([BIG])),
        ]
        with ready(w) as session:
            for view in views:
                for fetch in (view, [view, w]):
                    value = session.run(fetch)
                    spoil(value if isinstance(value, np.ndarray) else value[0])
                    assert (session.run(w) == 1).all(), view


def test_a_fetched_constant_is_a_copy():
    c = tf.constant(np.ones((2, 3), np.float32))
    with tf.Session() as session:
        for fetch in (c, tf.identity(c), tf.reshape(c, [3, 2]), tf.transpose(c), c[0]):
            spoil(session.run(fetch))
            assert (session.run(c) == 1).all()
        assert (tf.get_static_value(c) == 1).all() if hasattr(tf, "get_static_value") else True


def test_a_fetched_feed_is_a_copy():
    p = tf.placeholder(tf.float32, [2, 3])
    fed = np.ones((2, 3), np.float32)
    with tf.Session() as session:
        for fetch in (p, tf.reshape(p, [6]), p[1], tf.transpose(p)):
            spoil(session.run(fetch, {p: fed}))
            assert (fed == 1).all()


def test_an_assigned_feed_is_copied_into_the_variable():
    for resource in (False, True):
        w = tf.Variable(np.zeros(BIG, np.float32), use_resource=resource)
        p = tf.placeholder(tf.float32, [BIG])
        for value in (p, tf.reshape(tf.reshape(p, [2, -1]), [BIG]), tf.identity(p)):
            fed = np.ones(BIG, np.float32)
            with ready(w) as session:
                session.run(tf.assign(w, value), {p: fed})
                spoil(fed)
                assert (session.run(w) == 1).all()


def test_one_value_assigned_to_two_variables_is_stored_twice():
    value = tf.exp(tf.zeros([BIG]) + tf.placeholder_with_default(0.0, []))
    a, b = tf.Variable(np.zeros(BIG, np.float32)), tf.Variable(np.zeros(BIG, np.float32))
    assigned = [tf.assign(a, value).op, tf.assign(b, value).op]
    grow = tf.assign_add(a, value)
    with ready(a, b) as session:
        out = session.run([value, *assigned])[0]
        spoil(out)
        session.run(grow.op)
        assert (session.run(a) == 2).all() and (session.run(b) == 1).all()


def test_an_initial_constant_survives_updates_of_its_variable():
    start = tf.constant(np.ones(BIG, np.float32))
    w = tf.Variable(start)
    update = tf.assign_sub(w, tf.ones([BIG]) * 3.0)
    with ready(w) as session:
        session.run(update.op)
        assert (session.run(w) == -2).all() and (session.run(start) == 1).all()
        session.run(w.initializer)
        assert (session.run(w) == 1).all()


def test_a_snapshot_taken_before_an_update_in_the_same_run_keeps_its_value():
    for update in (lambda w: tf.assign_add(w, tf.ones([BIG])), lambda w: tf.scatter_add(w, [0, 1], [5.0, 5.0])):
        w = tf.Variable(np.ones(BIG, np.float32))
        before = tf.identity(w.value())
        changed = update(w)
        with tf.control_dependencies([changed]):
            after = tf.identity(w.read_value())
            late = before * 1.0
        with ready(w) as session:
            first, second, third = session.run([before, after, late])
            assert (first == 1).all() and (third == 1).all() and second[0] > 1


def test_large_updates_work_in_place_and_small_ones_need_not():
    w = tf.Variable(np.ones(BIG, np.float32))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_sum(w * w))
    with ready(w) as session:
        cell = session._store.cell(w.op)
        before = id(cell.value)
        session.run(train)
        assert id(cell.value) == before and (session.run(w) == 0).all()


def test_an_update_copies_when_somebody_holds_the_array():
    w = tf.Variable(np.ones(BIG, np.float32))
    update = tf.assign_add(w, tf.ones([BIG]))
    with ready(w) as session:
        held = session._store.cell(w.op).value
        session.run(update.op)
        assert (held == 1).all() and (session.run(w) == 2).all()
        view = session._store.cell(w.op).value[:3]
        session.run(update.op)
        assert (view == 2).all() and (session.run(w) == 3).all()


@pytest.mark.parametrize("size", [10, BIG])
def test_intermediate_arrays_are_reused_without_changing_any_answer(size, monkeypatch):
    monkeypatch.delenv("AUTOGRAD_LITE_KERNELS", raising=False)  # to the last bit: on NumPy
    p = tf.placeholder(tf.float32, [size])
    a = tf.exp(p)
    b = a * 2.0
    c = tf.reshape(b, [2, -1])
    d = tf.sqrt(b) + a
    e = tf.negative(d)
    fed = np.linspace(0, 1, size).astype(np.float32)
    with tf.Session() as session:
        values = session.run([a, c, e, d, b], {p: fed})
        again = session.run([e, c], {p: fed})
    wa = np.exp(fed)
    wb = wa * np.float32(2)
    wd = np.sqrt(wb) + wa
    for got, wanted in zip([*values, *again], [wa, wb.reshape(2, -1), -wd, wd, wb, -wd, wb.reshape(2, -1)]):
        assert np.array_equal(got, wanted)
