"""Derivatives of what was built while a tape was recording."""

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_a_tape_gives_the_derivatives_of_what_it_watched_in_the_structure_of_the_sources(session):
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = tf.reduce_sum(y * x)
    found = session.run(tape.gradient(z, {"x": x, "y": y}))
    np.testing.assert_array_equal(found["x"], [3.0, 12.0, 27.0])
    np.testing.assert_array_equal(found["y"], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(session.run(tape.gradient(y, x, output_gradients=x)), [2.0, 8.0, 18.0])


def test_what_was_built_outside_or_is_not_watched_is_constant(session):
    x, other = tf.constant(2.0), tf.constant(5.0)
    before = x * x
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        with tape.stop_recording():
            unseen = x * x
        y = x * before * unseen * other
    after = y * y
    assert session.run(tape.gradient(y, x)) == 4.0 * 4.0 * 5.0
    assert tape.gradient(y, other) is None
    assert tape.gradient(after, x) is None
    assert session.run(tape.gradient(y, other, unconnected_gradients=tf.UnconnectedGradients.ZERO)) == 0.0


@pytest.mark.parametrize("is_resource", [False, True])
def test_trainable_variables_are_watched_by_themselves(session, is_resource):
    v = tf.Variable(3.0, use_resource=is_resource)
    fixed = tf.Variable(2.0, trainable=False, use_resource=is_resource)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v * fixed
    session.run(tf.global_variables_initializer())
    assert tape.watched_variables() == (v,)
    assert session.run(tape.gradient(y, v)) == 12.0
    assert tape.gradient(y, fixed) is None
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(fixed)
        y = v * v * fixed
    assert session.run(tape.gradient(y, [v, fixed])[1]) == 9.0


def test_tapes_in_tapes_give_second_derivatives(session):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(x**3)
        slope = inner.gradient(y, x)
    np.testing.assert_array_equal(session.run(outer.gradient(slope, x)), [6.0, 12.0])


@pytest.mark.parametrize("rows", [3, 70])
def test_jacobians_hold_every_derivative(session, rows):
    data = np.arange(rows, dtype=np.float32)
    x = tf.constant(data)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    jacobian = tape.jacobian(y, x)
    assert jacobian.shape.as_list() == [rows, rows]
    np.testing.assert_array_equal(session.run(jacobian), np.diag(2 * data))
    assert tape.jacobian(y, tf.constant(1.0)) is None


def test_batch_jacobians_hold_those_of_the_rows(session):
    x = tf.placeholder(tf.float32, [None, 3])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.matmul(x, tf.ones([3, 2])) * x[:, :1]
    jacobian = tape.batch_jacobian(y, x)
    assert jacobian.shape.as_list() == [None, 2, 3]
    found = session.run(jacobian, {x: [[1, 2, 3], [4, 5, 6]]})
    np.testing.assert_array_equal(found, [[[7, 1, 1], [7, 1, 1]], [[19, 4, 4], [19, 4, 4]]])


def test_reset_forgets(session):
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
    assert tape.gradient(y, x) is None


def test_a_tape_used_wrongly_says_so_as_tensorflow_does(session):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with pytest.raises(ValueError, match="Tape is still recording, This can happen if you try to re-enter an already-active tape"):
            tape.__enter__()
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="A non-persistent GradientTape can only be used to compute one set of gradients"):
        tape.gradient(y, x)
    with pytest.raises(ValueError, match="Tape is not recording."):
        tape.reset()
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients: 'other'"):
        tape.gradient(y, x, unconnected_gradients="other")
    with tf.GradientTape() as tape, pytest.raises(ValueError, match="Passed in object 3 of type 'int', not tf.Tensor or tf.Variable"):
        tape.watch(3)
    with pytest.raises(ValueError, match=r"Shape \(2,\) must have rank at least 2"):
        tape.batch_jacobian(y, x)
