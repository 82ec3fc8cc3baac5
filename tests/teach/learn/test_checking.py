"""The exercises of the lessons: right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.learn.checking import EXERCISES

# Worked out by hand.
RIGHT = {
    "graph/two_paths": -4,
    "graph/upstream": 0.75,
    "graph/max": [0, -2, 0],
    "graph/difference": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
    "quadratic/second_update": 0.198,
    "quadratic/one_step": 0.5,
    "quadratic/limit": 1,
    "quadratic/other_coefficients": 0.2,
    "logistic/dz": -0.1192,
    "logistic/weights": [0.5, -0.25],
    "logistic/first_loss": 2.303,
    "logistic/two_classes": 2,
    "logistic/softmax_dz": lambda z, label: np.exp(z - np.max(z)) / np.exp(z - np.max(z)).sum() - np.eye(len(z))[label],
    "mnist/parameters": 203530,
    "mnist/shape": [784, 256],
    "mnist/relu": [0, 1, 0, -2],
    "mnist/row_sum": 0,
}


def test_every_exercise_is_answered_here():
    assert list(RIGHT) == list(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_answer_worked_out_by_hand_is_right(name):
    verdict = tf.learn.check(name, RIGHT[name])
    assert verdict and str(verdict).startswith("Right. ")


@pytest.mark.parametrize("name", EXERCISES)
def test_every_mistake_gets_its_own_hint(name):
    for mistake in EXERCISES[name].mistakes():
        verdict = tf.learn.check(name, mistake.answer)
        assert not verdict and verdict.text == f"Not yet. {mistake.hint}"


@pytest.mark.parametrize("name", EXERCISES)
def test_no_answer_shows_the_question(name):
    assert EXERCISES[name].question in tf.learn.check(name).text


@pytest.mark.parametrize(
    ("name", "answer", "text"),
    [
        ("graph/two_paths", 4.0, "that is what comes back through the sum alone"),
        ("graph/upstream", -0.75, "the sign is not"),
        ("logistic/weights", [5.0, -2.5], "multiply it by 0.1"),
        ("graph/max", [0.0, -2.0], "the shape [2]; wanted is [3]"),
        ("graph/max", [1.0, -2.0, 0.0], "1 of its 3 numbers"),
        ("graph/upstream", np.nan, "NaN or an infinity"),
        ("graph/upstream", "a quarter", "must be a number"),
        ("graph/upstream", [], "empty"),
        ("graph/difference", 3.0, "is a function"),
        ("graph/difference", lambda f, x: 0.0, "Your function raised TypeError"),
        ("graph/difference", lambda f, x, h: 0.0, "for (sin, 1, 0.1) your function gives 0"),
        ("graph/upstream", 17.0, "one factor everywhere"),
    ],
)
def test_other_answers_get_a_hint(name, answer, text):
    verdict = tf.learn.check(name, answer)
    assert not verdict and text.lower() in verdict.text.lower()


def test_a_node_in_place_of_a_number_is_explained():
    assert "Run it" in str(tf.learn.check("graph/upstream", tf.constant(0.75)))


def test_an_unknown_name_names_what_is_near():
    with pytest.raises(ValueError, match="near are graph/two_paths"):
        tf.learn.check("graph/two_path", 1)
    with pytest.raises(ValueError, match="There is no exercise 3"):
        tf.learn.check(3, 1)


def test_the_list_shows_questions_and_is_cut_by_lesson():
    assert "quadratic/limit" in str(tf.learn.exercises()) and tf.learn.exercises("mnist").names[0] == "mnist/parameters"
    with pytest.raises(ValueError, match="There is no lesson 'algebra'"):
        tf.learn.exercises("algebra")
