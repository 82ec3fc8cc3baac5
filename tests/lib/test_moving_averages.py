"""Moving averages of variables and tensors."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, state


def test_an_average_follows_the_variable_that_was_just_updated():
    w = tf.Variable([10.0, 20.0], name="w")
    average = tf.train.ExponentialMovingAverage(0.9)
    with tf.control_dependencies([w.assign_add([1.0, 1.0])]):
        step = average.apply([w])
    session = initialized()
    wanted, held = np.array([10.0, 20.0]), np.array([10.0, 20.0])
    for _ in range(3):
        session.run(step)
        held = held + 1.0
        wanted = 0.9 * wanted + 0.1 * held
        np.testing.assert_allclose(session.run(average.average(w)), wanted, rtol=1e-6)
    assert average.average(w).name == "w/ExponentialMovingAverage:0" and tf.moving_average_variables() == [w]
    assert average.average(w) not in tf.trainable_variables()


def test_few_updates_make_the_average_faster():
    w, count = tf.Variable(0.0), tf.Variable(3, trainable=False)
    average = tf.train.ExponentialMovingAverage(0.999, num_updates=count)
    step = average.apply([w])
    session = initialized()
    session.run(w.assign(10.0))
    session.run(step)
    assert session.run(average.average(w)) == pytest.approx(10.0 * (1 - 4 / 13))


@pytest.mark.parametrize("zero_debias", [False, True])
def test_averages_of_tensors_start_at_zero_and_may_be_corrected(zero_debias):
    p = tf.placeholder(tf.float32, [], name="p")
    average = tf.train.ExponentialMovingAverage(0.5, zero_debias=zero_debias)
    step = average.apply([p])
    session = initialized()
    biased = 0.0
    for number, value in enumerate([8.0, 4.0, 2.0], start=1):
        session.run(step, {p: value})
        biased = 0.5 * biased + 0.5 * value
        wanted = biased / (1 - 0.5**number) if zero_debias else biased
        assert session.run(average.average(p)) == pytest.approx(wanted)


def test_all_trainable_variables_are_averaged_by_default():
    a, b = tf.Variable(1.0), tf.Variable(1.0, trainable=False)
    average = tf.train.ExponentialMovingAverage(0.9)
    average.apply()
    assert average.average(a) is not None and average.average(b) is None


def test_names_of_averages_and_the_map_for_savers():
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(1.0, name="b", trainable=False)
    average = tf.train.ExponentialMovingAverage(0.9, name="avg")
    assert average.average_name(a) == "a/avg" and average.name == "avg"
    average.apply([a])
    average.apply([a])  # the same average again
    assert average.variables_to_restore() == {"a/avg": a, "b": b} and len(tf.global_variables()) == 3


def test_integers_are_refused_without_a_trace():
    n = tf.Variable(1, name="n")
    before = state()
    with pytest.raises(TypeError, match="^The variables must be half, float, or double: n:0"):
        tf.train.ExponentialMovingAverage(0.9).apply([n])
    assert state() == before


def test_double_variables_are_averaged_in_double():
    w = tf.Variable(np.zeros(2))
    average = tf.train.ExponentialMovingAverage(0.9)
    step = average.apply([w])
    session = initialized()
    session.run(w.assign([1.0, 2.0]))
    session.run(step)
    assert session.run(average.average(w)).dtype == np.float64 and session.run(average.average(w)) == pytest.approx([0.1, 0.2])
