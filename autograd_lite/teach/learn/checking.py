"""`learn.check` and `learn.exercises`: what the lessons end with."""

from __future__ import annotations

import difflib
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.core.report import Code, Report, Reported, Table
from autograd_lite.teach.learn import graphs, logistic, mnist, quadratic
from autograd_lite.teach.learn.exercise import Exercise, Verdict, judged

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise for lesson in (graphs, quadratic, logistic, mnist) for exercise in lesson.EXERCISES
}


@export("learn.check")
def check(exercise: str, answer: Any = None) -> Verdict:
    """Check the answer to an exercise of the lessons; of a wrong one it says which mistake it looks like.

    Args:
      exercise: its name, such as "graph/two_paths"; `tf.learn.exercises()` lists them.
      answer: a number, a list or array, or, where the question asks for one, a function. None shows the question.

    Returns:
      A verdict to print; in a condition it is whether the answer is right.

    Raises:
      ValueError: there is no exercise of this name.

    >>> import autograd_lite as tf
    >>> tf.learn.check("mnist/row_sum", 1.0)
    Not yet. The probabilities ŷ add up to 1, and so does y: look at the difference.
    >>> bool(tf.learn.check("mnist/row_sum", 0.0))
    True
    """
    found = EXERCISES.get(exercise) if isinstance(exercise, str) else None
    if found is None:
        near = difflib.get_close_matches(str(exercise), EXERCISES, n=3, cutoff=0.4) or list(EXERCISES)[:3]
        raise ValueError(f"There is no exercise {exercise!r}; near are {', '.join(near)}. tf.learn.exercises() lists them all.")
    return judged(found, answer)


class ExerciseList(Reported):
    """Exercises with their questions."""

    def __init__(self, chosen: list[Exercise]) -> None:
        self.names = [exercise.name for exercise in chosen]
        self._chosen = chosen

    def report(self) -> Report:
        """A table of them."""
        return Report("Exercises", [Table(["name", "question"], [[Code(each.name), each.question] for each in self._chosen])])


@export("learn.exercises")
def exercises(lesson: str = "") -> ExerciseList:
    """List the exercises of the lessons, or those of one lesson.

    Args:
      lesson: "graph", "quadratic", "logistic" or "mnist".

    Raises:
      ValueError: there is no such lesson.

    >>> import autograd_lite as tf
    >>> tf.learn.exercises("graph").names
    ['graph/two_paths', 'graph/upstream', 'graph/max', 'graph/difference']
    """
    lessons = list(dict.fromkeys(name.partition("/")[0] for name in EXERCISES))
    if lesson and lesson not in lessons:
        raise ValueError(f"There is no lesson {lesson!r}; there are {', '.join(lessons)}.")
    return ExerciseList([exercise for name, exercise in EXERCISES.items() if not lesson or name.startswith(f"{lesson}/")])
