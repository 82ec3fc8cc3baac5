"""Exercises of the lesson on logistic and softmax regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.constants import constant
from autograd_lite.api.logits import sigmoid_cross_entropy_with_logits
from autograd_lite.api.matmul import matmul
from autograd_lite.api.reduce import reduce_mean
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.graph.graph import Graph
from autograd_lite.runtime.session import Session
from autograd_lite.teach.learn.exercise import Exercise, Mistake

_X, _Y = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([[1.0], [0.0]])


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(z)))


def _first_gradient() -> np.ndarray:
    with Graph().as_default(), Session() as session:
        w = constant(np.zeros((2, 1)))
        loss = reduce_mean(sigmoid_cross_entropy_with_logits(labels=constant(_Y), logits=matmul(constant(_X), w)))
        return np.ravel(session.run(gradients(loss, w)[0]))


def _softmax(logits: Any) -> np.ndarray:
    powers = np.exp(np.asarray(logits, np.float64) - np.max(logits))
    return powers / powers.sum()


def _dz(logits: Any, label: int) -> np.ndarray:
    return _softmax(logits) - np.eye(len(logits))[label]


EXERCISES = [
    Exercise(
        "logistic/dz",
        "One example with z = 2 and the label y = 1. What is dz = ∂L/∂z for the logistic loss?",
        lambda: _sigmoid(2.0) - 1,
        lambda: [
            Mistake(1 - _sigmoid(2.0), "The sign is turned: dz = ŷ - y. Here ŷ is too small, so dz is negative and z will grow."),
            Mistake(_sigmoid(2.0), "That is ŷ. Subtract the label."),
            Mistake(_sigmoid(2.0) * (1 - _sigmoid(2.0)), "That is the slope of the sigmoid alone. The loss has a slope, too: their product "
                                                         "is ŷ - y."),
        ],
        "ŷ - y = σ(2) - 1. The slope of the sigmoid has cancelled.",
    ),
    Exercise(
        "logistic/weights",
        f"X = {_X.tolist()}, y = {_Y.ravel().tolist()}, all weights 0, no bias. What is the gradient of the mean loss by the two weights?",
        _first_gradient,
        lambda: [
            Mistake(2 * _first_gradient(), "That is the gradient of the sum of the losses. The loss is their mean: divide by 2."),
            Mistake(-_first_gradient(), "The sign is turned: dz = ŷ - y, and with weights 0 every ŷ is 0.5."),
            Mistake([-0.5, 0.5], "That is dz, one number for each example. By the weights it is Xᵀ dz / 2."),
        ],
        "Xᵀ dz / 2 with dz = [-0.5, 0.5]: each weight collects from all examples, in proportion to its input.",
    ),
    Exercise(
        "logistic/first_loss",
        "Softmax regression with 10 classes and all weights 0: how large is the loss of any example?",
        lambda: np.log(10.0),
        lambda: [
            Mistake(1.0, "You took the logarithm to the base 10. The loss uses the natural one."),
            Mistake(0.1, "That is the probability of each class. The loss is minus its logarithm."),
            Mistake(-np.log(10.0), "Minus the logarithm of a probability is positive."),
            Mistake(np.log(2.0), "That would be for 2 classes."),
        ],
        "-ln(1/10). If a new network with 10 classes starts far above 2.303, its weights are too large.",
    ),
    Exercise(
        "logistic/two_classes",
        "A softmax over two classes has the logits (3, 5). Which z gives the same probability of the second class by σ(z)?",
        lambda: 2.0,
        lambda: [
            Mistake(-2.0, "That gives the probability of the first class."),
            Mistake(5.0, "Only the difference of the logits counts: adding 3 to both changes nothing."),
            Mistake(8.0, "Not the sum: divide above and below by e⁵ and look at what is left."),
        ],
        "e⁵ / (e³ + e⁵) = 1 / (1 + e^-(5 - 3)): a softmax over two classes is a sigmoid of the difference.",
    ),
    Exercise(
        "logistic/softmax_dz",
        "Write dz(logits, label) for one example: the gradient of the cross entropy by the logits, as an array.",
        _dz,
        lambda: [
            Mistake(lambda logits, label: _softmax(logits), "That is ŷ. Subtract 1 at the place of the label."),
            Mistake(lambda logits, label: -_dz(logits, label), "The sign is turned: ŷ - y."),
            Mistake(lambda logits, label: np.asarray(logits) - np.eye(len(logits))[label], "First the softmax, then the label."),
        ],
        "softmax(logits) - onehot(label): the same ŷ - y as before, for any number of classes.",
        cases=[([0.0, 0.0, 0.0], 1), ([2.0, -1.0, 0.5, 0.0], 0), ([100.0, 101.0], 1)],
    ),
]  # fmt: skip
