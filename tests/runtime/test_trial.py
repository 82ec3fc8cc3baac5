"""Runs that leave a session as it was."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.runtime.trial import Trial


def test_updates_of_a_trial_do_not_reach_the_session():
    w = tf.Variable([1.0, 2.0])
    step = tf.scatter_add(w, [0], [5.0])
    with tf.Session() as session:
        session.run(w.initializer)
        trial = Trial(session)
        assert trial.run(step).tolist() == [6.0, 2.0]
        assert trial.run(w).tolist() == [6.0, 2.0]
        assert session.run(w).tolist() == [1.0, 2.0]


def test_a_trial_draws_what_the_session_will_draw_next():
    numbers = tf.random_uniform([3], seed=1)
    with tf.Session() as session:
        session.run(numbers)
        tried = Trial(session).run(numbers)
        assert np.array_equal(tried, session.run(numbers))


def test_what_cannot_be_copied_is_shared_and_named():
    queue = tf.FIFOQueue(5, tf.float32, name="queue")
    fill = queue.enqueue_many([[1.0, 2.0]])
    with tf.Session() as session:
        session.run(fill)
        trial = Trial(session)
        assert trial.run(queue.dequeue()) == 1.0
        assert list(trial.store.shared) == ["queue"]
        assert session.run(queue.size()) == 1


def test_errors_are_those_of_a_run():
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(1.0)
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="feed a value for placeholder tensor 'x'"):
            Trial(session).run(x + 1.0)
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized"):
            Trial(session).run(w)
        with pytest.raises(ValueError, match="cannot be interpreted"):
            Trial(session).run("nobody:0")
    with pytest.raises(RuntimeError, match="closed"):
        Trial(session)
