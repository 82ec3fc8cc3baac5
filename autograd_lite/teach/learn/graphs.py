"""Exercises of the lesson on computation graphs and the chain rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd_lite.api.constants import constant
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.graph.graph import Graph
from autograd_lite.runtime.session import Session
from autograd_lite.teach.learn.exercise import Exercise, Mistake

_A, _B, _C = 1.5, -2.0, 4.0


def _two_paths() -> float:
    with Graph().as_default(), Session() as session:
        a, b, c = constant(_A), constant(_B), constant(_C)
        return float(session.run(gradients((a * b + a) * c, a)[0]))


def _two_paths_mistakes() -> list[Mistake]:
    return [
        Mistake(_B * _C, "That is what comes back through a·b alone. a is used a second time, in the sum: add what comes back there."),
        Mistake(_C, "That is what comes back through the sum alone. a is also a factor of a·b: add what comes back there."),
        Mistake((_A * _B + _A) * _C, "That is the value of L. Asked is how L changes with a."),
        Mistake(_B + 1, "That is the derivative of the sum. The gradient that arrives there is c: multiply by it."),
    ]


_Z, _UP = 0.0, 3.0


def _sigmoid(z: float) -> float:
    return 1 / (1 + float(np.exp(-z)))


def _upstream_mistakes() -> list[Mistake]:
    s = _sigmoid(_Z)
    return [
        Mistake(s * (1 - s), "That is the local derivative. Multiply it by the gradient that arrives from above."),
        Mistake(s * _UP, "You multiplied by the value of the sigmoid. The local derivative is σ(z)(1 - σ(z))."),
        Mistake(_UP, "That is the gradient that arrives. It has to be multiplied by the local derivative of the sigmoid."),
    ]


_XS, _UP_MAX = np.array([2.0, 7.0, 3.0]), -2.0


def _max_gradient() -> np.ndarray:
    return np.where(np.max(_XS) == _XS, _UP_MAX, 0.0)


def _max_mistakes() -> list[Mistake]:
    return [
        Mistake(np.full(3, _UP_MAX), "That is what a sum passes back. A maximum only looks at its largest input."),
        Mistake(_max_gradient() * _XS, "You multiplied by the value. m = max(x) is m = 1 · (the largest x), so the local derivative is 1."),
        Mistake(np.where(np.max(_XS) == _XS, 1.0, 0.0), "These are the local derivatives. Multiply them by the gradient that arrives."),
    ]


def _slope(function: Callable[[float], float], x: float, step: float) -> float:
    return (function(x + step) - function(x - step)) / (2 * step)


def _one_sided(function: Callable[[float], float], x: float, step: float) -> float:
    return (function(x + step) - function(x)) / step


def _undivided(function: Callable[[float], float], x: float, step: float) -> float:
    return (function(x + step) - function(x - step)) / step


EXERCISES = [
    Exercise(
        "graph/two_paths",
        f"L = (a b + a) c with a = {_A:g}, b = {_B:g}, c = {_C:g}. What is ∂L/∂a?",
        _two_paths,
        _two_paths_mistakes,
        "A value that is used twice gets a gradient from each use; they add up: b·c + 1·c.",
    ),
    Exercise(
        "graph/upstream",
        f"h = σ(z) at z = {_Z:g}, and the gradient that arrives at h is ∂L/∂h = {_UP:g}. What is ∂L/∂z?",
        lambda: _UP * _sigmoid(_Z) * (1 - _sigmoid(_Z)),
        _upstream_mistakes,
        "What arrives, times the local derivative: 3 · 0.5 · (1 - 0.5). A sigmoid lets through a quarter at most.",
    ),
    Exercise(
        "graph/max",
        f"m = max(x) with x = {_XS.tolist()}, and ∂L/∂m = {_UP_MAX:g}. What is ∂L/∂x, as a list of three numbers?",
        _max_gradient,
        _max_mistakes,
        "A maximum is a switch: the whole gradient goes to the largest input, nothing to the others.",
    ),
    Exercise(
        "graph/difference",
        "Write slope(f, x, h), the central difference of a function f at x with the step h.",
        _slope,
        lambda: [
            Mistake(_one_sided, "That is (f(x + h) - f(x)) / h, a one-sided difference: its error shrinks like h, that of the central one "
                                "like h². Go to both sides of x."),
            Mistake(_undivided, "The two points are 2h apart, so divide by 2h."),
        ],
        "Two runs of the function for one number: it is slow, but it needs no rules, so it checks all the rules.",
        cases=[(np.sin, 1.0, 0.1), (np.exp, 0.5, 0.1), (np.square, 3.0, 0.5)],
        tolerance=1e-6,
    ),
]  # fmt: skip
