"""A history as text: a table, curves in characters, warnings."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.history.words import sparkline


def history_of(**columns):
    made = tf.TrainingHistory()
    for name, values in columns.items():
        for step, value in enumerate(values, 1):
            made.append(step, {name: value})
    return made


def test_the_table_tells_first_last_and_best_and_draws_the_curve():
    text = repr(history_of(loss=[4.0, 2.0, 1.0, 3.0], accuracy=[0.25, 0.75], rate=[0.1]))
    assert text.splitlines() == [
        "TrainingHistory: 7 values, steps 1 to 4",
        "",
        "name      values  first  last  best       curve",
        "--------  ------  -----  ----  ---------  -----",
        "loss           4  4      3     1 at 3     █▃▁▆",
        "accuracy       2  0.25   0.75  0.75 at 2  ▁█",
        "rate           1  0.1    0.1              ▄",
    ]


def test_little_is_told_of_little():
    assert repr(tf.TrainingHistory()) == "TrainingHistory: nothing yet"
    assert repr(history_of(loss=[1.0])).startswith("TrainingHistory: 1 value, step 1\n")


@pytest.mark.parametrize(
    "columns, said",
    [
        ({"loss": [1.0, np.nan, np.nan]}, "- loss is NaN from step 2 on"),
        ({"loss": [1.0, 2.0, np.nan]}, "- loss is NaN at step 3, the last"),
        ({"rate": [1.0, np.nan, 2.0]}, "- rate is NaN at step 2, and at 1 of 3 steps in all"),
        ({"loss": [1.0, np.inf, np.nan]}, "- loss is not finite from step 2 on"),
        ({"loss": [0.5] * 10}, "- loss is 0.5 at all 10 steps: does a run train?"),
        ({"loss": [0.5, 1.0, 700.0]}, "- loss has grown from 0.5 to 700: is the learning rate too large?"),
    ],
)
def test_what_should_be_noticed_is_said(columns, said):
    assert repr(history_of(**columns)).splitlines()[-1] == said


@pytest.mark.parametrize("columns", [{"loss": [0.5] * 9}, {"accuracy": [0.5] * 20}, {"accuracy": [0.01, 0.9]}, {"loss": [0.5, 1.0]}])
def test_what_is_as_it_should_be_is_not_remarked_on(columns):
    assert repr(history_of(**columns)).splitlines()[-1].startswith(next(iter(columns)))


def test_a_long_curve_takes_24_characters_and_extremes_do_not_disturb_it():
    assert sparkline(np.linspace(0, 1, 10_000)) == "▁▁▂▂▂▃▃▃▃▄▄▄▅▅▅▆▆▆▆▇▇▇██"
    assert sparkline(np.array([-1.7e308, 1.7e308])) == "▁█"
    assert sparkline(np.full(3, np.nan)) == "×××" and sparkline(np.full(3, 7.0)) == "▄▄▄"


def test_a_hostile_name_is_only_a_word():
    text = repr(history_of(**{"\x1b[31mred": [1.0], "a\u202eb": [1.0]}))
    assert "\x1b" not in text and "\u202e" not in text and "\\x1b[31mred" in text
