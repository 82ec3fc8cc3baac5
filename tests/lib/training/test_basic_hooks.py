"""Hooks that watch a loop; how they work in one is in test_monitored_session.py."""

import pytest

import autograd_lite as tf

train = tf.train


def constant():
    return tf.constant(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: train.StopAtStepHook(), "One of num_steps or last_step must be specified."),
        (lambda: train.StopAtStepHook(1, 2), "Only one of num_steps or last_step can be specified."),
        (lambda: train.LoggingTensorHook([constant()]), "either at_end and/or exactly one of every_n_iter and every_n_secs"),
        (lambda: train.LoggingTensorHook([constant()], every_n_iter=1, every_n_secs=1), "either at_end and/or exactly one of"),
        (lambda: train.LoggingTensorHook([constant()], every_n_iter=0), "invalid every_n_iter=0."),
        (lambda: train.SecondOrStepTimer(), "Either every_secs or every_steps should be provided."),
        (lambda: train.SecondOrStepTimer(1, 1), "Can not provide both every_secs and every_steps."),
    ],
)
def test_wrong_arguments_are_told_as_tensorflow_tells_them(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("hook", "name"),
    [(lambda: train.StopAtStepHook(1), "StopAtStepHook"), (lambda: train.GlobalStepWaiterHook(2), "_GlobalStepWaiterHook")],
)
def test_a_hook_that_counts_steps_needs_a_global_step(hook, name):
    with pytest.raises(RuntimeError, match=f"Global step should be created to use {name}"):
        hook().begin()


def test_a_timer_of_steps_goes_off_at_the_first_step_and_then_every_so_many():
    timer = train.SecondOrStepTimer(every_steps=3)
    due = []
    for step in range(8):
        if timer.should_trigger_for_step(step):
            due.append(step)
            timer.update_last_triggered_step(step)
    assert due == [0, 3, 6]
    assert timer.last_triggered_step() == 6
    seconds, steps = timer.update_last_triggered_step(10)
    assert steps == 4
    assert seconds >= 0
    timer.reset()
    assert timer.last_triggered_step() is None
    assert timer.should_trigger_for_step(0)


def test_a_timer_of_seconds_never_goes_off_twice_for_one_step():
    timer = train.SecondOrStepTimer(every_secs=0.0)
    timer.update_last_triggered_step(5)
    assert not timer.should_trigger_for_step(5)
    assert timer.should_trigger_for_step(6)
    slow = train.SecondOrStepTimer(every_secs=1000.0)
    slow.update_last_triggered_step(5)
    assert not slow.should_trigger_for_step(6)


def test_the_copy_of_the_global_step_is_made_once():
    train.get_or_create_global_step()
    first, second = train.StopAtStepHook(1), train.StopAtStepHook(1)
    first.begin()
    nodes = len(tf.get_default_graph().get_operations())
    second.begin()
    assert len(tf.get_default_graph().get_operations()) == nodes
    assert first._global_step_tensor is second._global_step_tensor
    assert first._global_step_tensor.name == "global_step/add:0"


def test_a_name_without_a_number_stands_for_the_only_output():
    c = tf.constant(1.0, name="c")
    tf.unique([1, 1], name="two")
    hook = train.LoggingTensorHook(["c"], at_end=True)
    hook.begin()
    assert hook._current_tensors == {"c": c}
    with pytest.raises(ValueError, match="Name two is ambiguous, as this `Operation` has multiple outputs"):
        train.LoggingTensorHook(["two"], at_end=True).begin()
    with tf.Graph().as_default():
        foreign = tf.constant(2.0)
    with pytest.raises(ValueError, match="should have graph attribute that is equal to current graph"):
        train.LoggingTensorHook([foreign], at_end=True).begin()


def test_a_nan_loss_has_its_own_error():
    error = train.NanLossDuringTrainingError()
    assert isinstance(error, RuntimeError)
    assert str(error) == "NaN loss during training."


def test_what_hooks_exchange_prints_its_fields():
    assert str(train.SessionRunArgs(3)) == "SessionRunArgs(fetches=3, feed_dict=None, options=None)"
    assert str(train.SessionRunValues(1, 2, 3)) == "SessionRunValues(results=1, options=2, run_metadata=3)"
