"""An exercise: its question, the answer as it is computed, and the mistakes that people make."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.asked import array_text

_WIDTH = 92  # of a verdict; a notebook shows so much without scrolling
TOLERANCE = 2e-3  # relative: answers may be rounded to three digits


class Mistake(NamedTuple):
    """A wrong answer that comes from a typical mistake, and what to say about it."""

    answer: Any
    hint: str


class Exercise(NamedTuple):
    """A question with an answer that is computed, never looked up.

    solve: gives the answer: a number, an array, or, when `cases` are given, a function of each case.
    mistakes: gives typical wrong answers. cases: arguments with which an answer that is a function is tried.
    why: what to remember, told with a right answer.
    """

    name: str
    question: str
    solve: Callable[..., Any]
    mistakes: Callable[[], Sequence[Mistake]]
    why: str
    cases: Sequence[tuple[Any, ...]] = ()
    tolerance: float = TOLERANCE


class Verdict:
    """What was found about an answer: print it; in a condition it is whether the answer is right."""

    def __init__(self, right: bool, text: str) -> None:
        self.right = right
        self.text = text

    def __bool__(self) -> bool:
        return self.right

    def __str__(self) -> str:
        return textwrap.fill(self.text, _WIDTH)

    __repr__ = __str__


def judged(exercise: Exercise, answer: Any) -> Verdict:
    """Whether an answer is right, and what to think of if it is not."""
    if answer is None:
        return Verdict(False, f"No answer yet. {exercise.question}")
    if exercise.cases:
        return _judged_function(exercise, answer)
    given = _as_array(answer)
    if isinstance(given, str):
        return Verdict(False, given)
    right = np.asarray(exercise.solve(), np.float64)
    if given.shape != right.shape and given.size == right.size:
        given = given.reshape(right.shape)  # a row for a column is no mistake in the mathematics
    if _same(given, right, exercise.tolerance):
        return Verdict(True, f"Right. {exercise.why}")
    for mistake in exercise.mistakes():
        if _same(given, np.asarray(mistake.answer, np.float64), exercise.tolerance):
            return Verdict(False, f"Not yet. {mistake.hint}")
    return Verdict(False, f"Not yet. {_hint(given, right)}")


def _judged_function(exercise: Exercise, answer: Any) -> Verdict:
    if not callable(answer):
        return Verdict(False, f"The answer to this one is a function; you gave {type(answer).__name__}.")
    for case in exercise.cases:
        told = ", ".join(getattr(each, "__name__", None) or array_text(each) for each in case)
        try:
            given = _as_array(answer(*case))
        except Exception as error:  # whatever a student's function raises
            return Verdict(False, f"Your function raised {type(error).__name__} for ({told}): {error}")
        if isinstance(given, str):
            return Verdict(False, f"For ({told}): {given}")
        right = np.asarray(exercise.solve(*case), np.float64)
        if _same(given, right, exercise.tolerance):
            continue
        for mistake in exercise.mistakes():
            if _same(given, np.asarray(mistake.answer(*case), np.float64), exercise.tolerance):
                return Verdict(False, f"Not yet. {mistake.hint}")
        return Verdict(False, f"Not yet: for ({told}) your function gives {array_text(given)}. {_hint(given, right)}")
    return Verdict(True, f"Right. {exercise.why}")


def _as_array(answer: Any) -> np.ndarray | str:
    """The answer in numbers, or what is wrong with it."""
    if isinstance(answer, Tensor) or hasattr(answer, "_as_graph_element"):
        return "That is a node of a graph, not a number. Run it: session.run(...)."
    try:
        array = np.asarray(answer, np.float64)
    except (TypeError, ValueError):
        return f"The answer must be a number or an array of numbers, but yours is {type(answer).__name__}."
    return array if array.size else "The answer is empty."


def _same(given: np.ndarray, right: np.ndarray, tolerance: float) -> bool:
    return given.shape == right.shape and bool(np.allclose(given, right, rtol=tolerance, atol=tolerance * 1e-2))


def _hint(given: np.ndarray, right: np.ndarray) -> str:
    if given.shape != right.shape:
        return f"Your answer has the shape {list(given.shape)}; wanted is {list(right.shape)}."
    if not np.isfinite(given).all():
        return "There is a NaN or an infinity in it: look for a division by zero or a logarithm of zero."
    if _same(-given, right, TOLERANCE):
        return "The size is right, the sign is not."
    if right.any() and given.any():
        factor = float(np.vdot(given, right) / np.vdot(given, given))
        if factor and _same(factor * given, right, TOLERANCE):
            return f"It is off by one factor everywhere: multiply it by {factor:.4g}. A mean for a sum, or a forgotten factor?"
    off = int(np.sum(~np.isclose(given, right, rtol=TOLERANCE, atol=TOLERANCE * 1e-2)))
    return f"{off} of its {right.size} numbers are not right." if right.size > 1 else "Look at the steps again, one at a time."
