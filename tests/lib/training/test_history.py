"""A record of numbers by step: what it takes, what it refuses, and what it tells."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def history():
    made = tf.TrainingHistory()
    for step in range(1, 7):
        made.append(step, loss=1.0 / step)
        if step % 3 == 0:
            made.append(step, {"val/accuracy": 0.1 * step})
    return made


def test_values_and_steps_are_arrays_by_name(history):
    np.testing.assert_array_equal(history["loss"], [1 / 1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6])
    assert history["loss"].dtype == np.float64 and history.steps("loss").dtype == np.int64
    assert history.steps("val/accuracy").tolist() == [3, 6] and history.steps().tolist() == [1, 2, 3, 4, 5, 6]
    assert list(history) == ["loss", "val/accuracy"] and len(history) == 2 and "loss" in history and "x" not in history


def test_its_lists_have_the_form_of_keras_history(history):
    assert history.history == {"loss": history["loss"].tolist(), "val/accuracy": history["val/accuracy"].tolist()}
    assert history.epoch == [1, 2, 3, 4, 5, 6]


def test_an_array_that_was_handed_out_does_not_change_with_the_history(history):
    before = history["loss"]
    before[0] = 100.0
    history.append(7, loss=0.0)
    assert history["loss"][0] == 1.0 and before.size == 6


def test_numbers_of_all_kinds_are_taken_as_a_session_gives_them():
    history = tf.TrainingHistory()
    with tf.Session() as session:
        values = session.run([tf.constant(0.5), tf.constant(3), tf.constant(True), tf.constant(2.0, tf.float16)])
    for step, value in enumerate([*values, np.float64(1.5), np.array(4), np.inf, np.nan]):
        history.append(np.int32(step), x=value)
    np.testing.assert_array_equal(history["x"], [0.5, 3, 1, 2, 1.5, 4, np.inf, np.nan])


@pytest.mark.parametrize(
    "value, error, said",
    [
        (np.zeros([2, 3]), ValueError, "'x' at step 4 is not a single number: its shape is [2, 3]. Fetch a mean"),
        ([1.0], ValueError, "its shape is [1]"),
        ([[1.0], [2.0, 3.0]], ValueError, "not a single number"),
        (None, TypeError, "is None, which is what session.run returns for an operation"),
        ("0.5", TypeError, "'0.5' (str), not a real number"),
        (1j, TypeError, "(complex), not a real number"),
        ({"a": 1}, TypeError, "(dict), not a real number"),
    ],
)
def test_what_is_no_number_is_refused_and_changes_nothing(value, error, said):
    history = tf.TrainingHistory()
    with pytest.raises(error) as caught:
        history.append(4, y=1.0, x=value)
    assert said in str(caught.value)
    assert not history


def test_a_tensor_is_refused_with_the_way_to_its_value():
    with tf.Graph().as_default():
        for thing in (tf.constant(1.0), tf.Variable(1.0), tf.no_op()):
            with pytest.raises(TypeError, match=r"give it what session.run returned for it"):
                tf.TrainingHistory().append(1, loss=thing)


@pytest.mark.parametrize("step", [1.5, "1", None, [1]])
def test_a_step_is_a_whole_number(step):
    with pytest.raises(TypeError, match="A step is a whole number"):
        tf.TrainingHistory().append(step, loss=1.0)
    with pytest.raises(ValueError, match="at most 63 bits"):
        tf.TrainingHistory().append(2**63, loss=1.0)


@pytest.mark.parametrize("step", [6, 2])
def test_a_step_that_does_not_grow_is_refused_with_what_to_do(history, step):
    with pytest.raises(ValueError, match="'loss' at step .* comes after its value at step 6, but steps must grow") as caught:
        history.append(step, other=1.0, loss=0.5)
    assert f"history.rewind({step - 1})" in str(caught.value) and "other" not in history


def test_nothing_twice_and_names_that_are_no_text_are_refused():
    history = tf.TrainingHistory()
    with pytest.raises(ValueError, match="Nothing to keep of step 1"):
        history.append(1)
    with pytest.raises(ValueError, match="'loss' is given twice at step 1"):
        history.append(1, {"loss": 1.0}, loss=1.0)
    with pytest.raises(TypeError, match="A name is a string; received 3"):
        history.append(1, {3: 1.0})


def test_names_measured_at_different_times_need_not_wait_for_each_other(history):
    history.append(2, train=0.5)
    assert history.steps("train").tolist() == [2]


def test_a_history_goes_back_to_a_step(history):
    history.rewind(4)
    assert history.steps("loss").tolist() == [1, 2, 3, 4] and history.steps("val/accuracy").tolist() == [3]
    history.append(5, loss=0.0)
    history.rewind(2, ["loss"])
    assert history.steps("loss").tolist() == [1, 2] and history.steps("val/accuracy").tolist() == [3]
    history.rewind(-1)
    assert not history and history.steps().tolist() == []


def test_the_best_value_is_the_earliest_finite_one():
    history = tf.TrainingHistory()
    for step, (loss, accuracy) in enumerate([(np.nan, 0.5), (2.0, 0.9), (1.0, np.inf), (1.0, 0.9)]):
        history.append(step, loss=loss, accuracy=accuracy, rate=np.nan)
    assert history.best("loss") == (2, 1.0) and history.best("accuracy") == (1, 0.9) and history.best("loss", "max") == (1, 2.0)
    with pytest.raises(ValueError, match="Whether 'rate' should be small or large is not known"):
        history.best("rate")
    with pytest.raises(ValueError, match="No value of 'rate' is finite"):
        history.best("rate", mode="min")
    with pytest.raises(ValueError, match="mode must be one of 'auto', 'min', 'max'"):
        history.best("loss", mode="least")


def test_an_unknown_name_is_told_with_those_that_are_there(history):
    with pytest.raises(KeyError, match="No 'Loss' in this history, which has 'loss', 'val/accuracy'. Do you mean 'loss'?"):
        history["Loss"]
    assert history.get("nothing") is None


def test_histories_are_equal_when_all_they_hold_is(history):
    other = tf.TrainingHistory()
    assert history != other and history != "x" and other == tf.TrainingHistory()
    for step in range(1, 7):
        other.append(step, loss=1.0 / step)
    other.append(3, {"val/accuracy": 0.1 * 3})
    assert history != other
    other.append(6, {"val/accuracy": 0.1 * 6})
    assert history == other
    for each in (history, other):
        each.append(7, loss=np.nan)
    assert history == other


def test_a_million_values_take_sixteen_bytes_each():
    history = tf.TrainingHistory()
    history.append(0, loss=0.0)
    series = history._series["loss"]
    assert series.steps.itemsize + series.values.itemsize == 16


def test_pandas_gets_a_row_for_each_step(history):
    pandas = pytest.importorskip("pandas")
    frame = history.to_pandas()
    assert frame.index.name == "step" and list(frame.columns) == ["loss", "val/accuracy"] and len(frame) == 6
    assert frame.loc[3, "val/accuracy"] == history["val/accuracy"][0] and pandas.isna(frame.loc[4, "val/accuracy"])
    assert list(tf.TrainingHistory().to_pandas().columns) == []


def test_without_pandas_the_command_that_installs_it_is_told(history, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "autograd_lite\[pandas\]"'):
        history.to_pandas()
