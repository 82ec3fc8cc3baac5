"""The hook that fills a history from a monitored session."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def loss():
    step = tf.train.get_or_create_global_step()
    w = tf.Variable(0.0, name="w")
    loss = tf.square(w - 5, name="loss")
    tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step, name="train")
    return loss


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def run(*hooks, last=6, **how):
    hooks = [*hooks, tf.train.StopAtStepHook(last_step=last)]
    with tf.train.MonitoredTrainingSession(hooks=hooks, save_summaries_steps=None, save_summaries_secs=None, **how) as session:
        while not session.should_stop():
            session.run("train")


def test_values_are_kept_at_every_step_of_the_global_step(loss):
    history = tf.TrainingHistory()
    run(history.hook({"loss": loss, "weight": "w:0"}))
    assert history.steps("loss").tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(history["loss"], [25 / 4**step for step in range(6)])
    assert "weight" in history


def test_values_are_kept_every_so_many_steps(loss):
    history = tf.TrainingHistory()
    run(history.hook([loss], every_n_steps=2))
    assert history.steps("loss").tolist() == [1, 3, 5]
    seldom = tf.TrainingHistory()
    run(seldom.hook(loss, every_n_secs=1000), last=3)
    assert seldom.steps("loss").tolist() == [1]


def test_a_run_that_makes_no_step_is_not_kept(loss):
    history = tf.TrainingHistory()
    with tf.train.MonitoredSession(hooks=[history.hook({"loss": loss})]) as session:
        session.run("train")
        session.run(loss)
        session.run(loss)
        session.run("train")
    assert history.steps("loss").tolist() == [1, 2]


def test_runs_are_counted_where_there_is_no_global_step():
    history = tf.TrainingHistory()
    x = tf.placeholder(tf.float32, [], name="x")
    with tf.train.MonitoredSession(hooks=[history.hook({"x": x}, every_n_steps=2)]) as session:
        for value in (5.0, 6.0, 7.0):
            session.run(tf.get_default_graph().get_tensor_by_name("x:0"), {x: value})
    assert history.epoch == [1, 3] and history["x"].tolist() == [5.0, 7.0]


def test_training_that_goes_on_from_a_checkpoint_takes_back_what_it_repeats(loss, tmp_path):
    run(last=4, checkpoint_dir=str(tmp_path))
    history = tf.TrainingHistory()
    for step in range(1, 7):  # two steps more than were saved
        history.append(step, loss=100.0, other=1.0)
    run(history.hook({"loss": loss}), last=8, checkpoint_dir=str(tmp_path))
    assert history.steps("loss").tolist() == [1, 2, 3, 4, 5, 6, 7, 8] and (history["loss"][4:] < 1).all()
    assert history.steps("other").tolist() == [1, 2, 3, 4, 5, 6]


def test_a_session_that_is_made_again_takes_back_what_it_repeats(loss, tmp_path):
    class FailsOnce(tf.train.SessionRunHook):
        failed = False

        def after_run(self, context, values):
            if not self.failed and context.session.run(tf.train.get_global_step()) == 4:
                self.failed = True
                raise tf.errors.AbortedError(None, None, "a worker went away")

    history = tf.TrainingHistory()
    saving = tf.train.CheckpointSaverHook(str(tmp_path), save_steps=2)
    run(history.hook({"loss": loss}), saving, FailsOnce(), last=6, checkpoint_dir=str(tmp_path), save_checkpoint_secs=None)
    assert history.steps("loss").tolist() == [1, 2, 3, 4, 5, 6]


def test_a_history_of_another_run_is_not_overwritten_in_silence(loss):
    history = tf.TrainingHistory()
    history.append(100, loss=1.0)
    with pytest.raises(ValueError, match="steps must grow"):
        run(history.hook({"loss": loss}))
    assert history.steps("loss").tolist() == [100]


def test_a_tensor_with_dimensions_is_refused_before_the_first_run(loss):
    wide = tf.zeros([3], name="wide")
    with pytest.raises(ValueError, match="A history keeps single numbers, but 'wide' is .*tf.reduce_mean"):
        run(tf.TrainingHistory().hook([wide]))
    with pytest.raises(ValueError, match="'train' is <tf.Operation 'train'.*which gives none"):
        run(tf.TrainingHistory().hook({"train": tf.get_default_graph().get_operation_by_name("train")}))


@pytest.mark.parametrize("how", [{"every_n_steps": 0}, {"every_n_secs": -1}, {"every_n_steps": 1, "every_n_secs": 1}])
def test_how_often_is_checked(how):
    with pytest.raises(ValueError, match="positive|both"):
        tf.TrainingHistory().hook({"loss": "loss:0"}, **how)
