"""Exercises of the lesson on the network of two layers."""

from __future__ import annotations

import numpy as np

from autograd_lite.teach.learn.exercise import Exercise, Mistake

_SIZES = (784, 256, 10)
_Z, _UP = np.array([-1.0, 2.0, -3.0, 0.5]), np.array([1.0, 1.0, 1.0, -2.0])


def _parameters(biases: bool = True) -> int:
    return sum(rows * columns + biases * columns for rows, columns in zip(_SIZES, _SIZES[1:]))


EXERCISES = [
    Exercise(
        "mnist/parameters",
        "How many parameters has a network 784-256-10, weights and biases together?",
        _parameters,
        lambda: [
            Mistake(_parameters(False), "These are the weights. Each unit has a bias, too: 256 + 10."),
            Mistake(784 * 256 * 10, "The layers stand one after the other: add 784 · 256 and 256 · 10, do not multiply them."),
            Mistake(784 * 256 + 256, "That is the first layer. Add the second."),
        ],
        "784 · 256 + 256 + 256 · 10 + 10: almost all of them are in the first layer.",
        tolerance=1e-9,
    ),
    Exercise(
        "mnist/shape",
        "A batch has 64 images. What is the shape of ∂L/∂W1 of the first layer, as a list?",
        lambda: [784, 256],
        lambda: [
            Mistake([64, 784, 256], "There is not one gradient for each image: what comes from the images is summed up."),
            Mistake([256, 784], "It has the shape of W1 itself: inputs first, as in x W1."),
            Mistake([64, 256], "That is the shape of ∂L/∂z1. By W1 it is xᵀ · ∂L/∂z1."),
        ],
        "A gradient has the shape of what one derives by, whatever the size of the batch.",
        tolerance=1e-9,
    ),
    Exercise(
        "mnist/relu",
        f"a = max(z, 0) with z = {_Z.tolist()}, and ∂L/∂a = {_UP.tolist()}. What is ∂L/∂z?",
        lambda: np.where(_Z > 0, _UP, 0.0),
        lambda: [
            Mistake(np.maximum(_Z, 0) * _UP, "You multiplied by the value. The slope of ReLU is 1 where z > 0 and 0 elsewhere."),
            Mistake(np.maximum(_UP, 0), "ReLU looks at z on the way forwards, not at the gradient: what arrives may be negative."),
            Mistake(_UP, "Where z is negative the unit is off, and nothing comes back through it."),
            Mistake(np.where(_Z > 0, 1.0, 0.0), "These are the slopes. Multiply them by what arrives."),
        ],
        "A unit that is off passes nothing back: what it would have to learn from this example, it does not learn.",
    ),
    Exercise(
        "mnist/row_sum",
        "dz = ŷ - y of one image has ten numbers. What is their sum?",
        lambda: 0.0,
        lambda: [
            Mistake(1.0, "The probabilities ŷ add up to 1, and so does y: look at the difference."),
            Mistake(-1.0, "The probabilities ŷ add up to 1, and so does y: look at the difference."),
        ],
        "1 - 1: what one logit is pushed up, the others are pushed down together.",
    ),
]
