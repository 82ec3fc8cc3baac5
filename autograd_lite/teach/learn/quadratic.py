"""Exercises of the lesson on the quadratic, from Variable to the first update."""

from __future__ import annotations

from autograd_lite.teach.learn.exercise import Exercise, Mistake

_RATE = 0.01


def _descent(rate: float, steps: int, middle: float = 5.0) -> float:
    """Where gradient descent on (w - middle)^2 is after some steps from 0."""
    w = 0.0
    for _ in range(steps):
        w -= rate * 2 * (w - middle)
    return w


EXERCISES = [
    Exercise(
        "quadratic/second_update",
        f"w starts at 0 and the rate is {_RATE:g}. What is w after two updates on w² - 10 w + 25?",
        lambda: _descent(_RATE, 2),
        lambda: [
            Mistake(2 * _descent(_RATE, 1), "You took the same step twice. After one update the slope is 2 · 0.1 - 10, no longer -10."),
            Mistake(_descent(_RATE, 1), "That is after one update."),
            Mistake(-_descent(_RATE, 2), "The slope is negative, and an update goes against it: w grows."),
        ],
        "Each update takes the slope where it stands: 0.1 - 0.01 · (2 · 0.1 - 10).",
    ),
    Exercise(
        "quadratic/one_step",
        "With which learning rate does one single update from w = 0 land exactly on the minimum, w = 5?",
        lambda: 0.5,
        lambda: [
            Mistake(5.0, "That is the way to go. The step is rate · 10, since the slope at 0 is -10."),
            Mistake(0.2, "The slope at 0 is 2 · 0 - 10 = -10, not -25."),
            Mistake(2.0, "You divided the wrong way round: 0 - rate · (-10) = 5."),
        ],
        "rate · 10 = 5. In general 1 / (second derivative): that is Newton's step.",
    ),
    Exercise(
        "quadratic/limit",
        "Up to which learning rate does gradient descent on w² - 10 w + 25 come closer to 5 with every update?",
        lambda: 1.0,
        lambda: [
            Mistake(0.5, "With 0.5 it arrives in one step. Larger rates jump over 5, and some of them still come closer."),
            Mistake(2.0, "Follow w - 5: an update multiplies it by 1 - 2 · rate. Its size must be below 1."),
        ],
        "w - 5 is multiplied by 1 - 2 · rate in each update; below 1 in size it shrinks, at 1 it jumps to and fro for ever.",
    ),
    Exercise(
        "quadratic/other_coefficients",
        f"The coefficients are now 1, -20, 100. What is w after the first update from 0 with the rate {_RATE:g}?",
        lambda: _descent(_RATE, 1, 10.0),
        lambda: [
            Mistake(_descent(_RATE, 1), "That is the answer for the coefficients 1, -10, 25. The slope at 0 is now -20."),
            Mistake(-_descent(_RATE, 1, 10.0), "An update goes against the slope: 0 - 0.01 · (-20)."),
            Mistake(20.0, "That is minus the slope. Multiply it by the rate."),
        ],
        "The same graph with other numbers fed: 0 - 0.01 · (2 · 0 - 20).",
    ),
]
