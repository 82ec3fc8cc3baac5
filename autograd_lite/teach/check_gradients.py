"""`check_gradients(loss)`: the gradients of a program beside differences of its loss, variable by variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.autodiff.explain_none import closed_ways, described, missing_gradients
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.core import optional, shapes
from autograd_lite.core.export import export
from autograd_lite.core.report import Block, Bullets, Code, Line, Paragraph, Report, Reported, Table
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.undo import for_a_moment
from autograd_lite.lib.variables import trainable_variables
from autograd_lite.runtime.trial import Trial
from autograd_lite.teach.asked import as_list, listed, loss_for, number, parts, session_for, tensor_for
from autograd_lite.teach.exact_copy import ExactCopy

RIGHT, DOUBTFUL, WRONG, NO_GRADIENT, UNSEEN = "right", "doubtful", "wrong", "no gradient", "not checked"
_FINE = (1e-7, 1e-5)  # ratios up to which a gradient is right, and up to which it is doubtful, in float64; as course notes have it
_COARSE = (1e-2, 1e-1)  # the same when only float32 is there
_STEPS = (1e-5, 1e-6, 1e-7)  # in float64; the smaller ones find out whether a kink lay inside the step
_STEPS_OF_FLOAT32 = (1e-2, 3e-3)
_SECONDS_BEFORE_BAR = 1.0


class Element(NamedTuple):
    """One element of a variable: its gradient as the graph computes it and as the loss changes."""

    at: tuple[int, ...]
    analytic: float
    numeric: float
    is_kink: bool


class CheckedVariable(NamedTuple):
    """What was found for one variable.

    ratio: ‖a - n‖ / (‖a‖ + ‖n‖) over the checked elements without a kink; NaN when there was nothing to compare.
    verdict: "right", "doubtful", "wrong", "no gradient" or "not checked". remark: what more there is to say.
    """

    name: str
    shape: tuple[int, ...]
    size: int
    elements: list[Element]
    ratio: float
    verdict: str
    remark: str

    @property
    def smooth(self) -> list[Element]:
        """The elements that count: without a kink."""
        return [element for element in self.elements if not element.is_kink]

    @property
    def worst(self) -> Element | None:
        """The element at which the two differ most."""
        return max(self.smooth, key=lambda element: abs(element.analytic - element.numeric), default=None)


class GradientCheck(Reported):
    """The answer of `check_gradients`: a table when printed. `ok` is whether all that could be compared is right."""

    def __init__(self, loss: str, variables: list[CheckedVariable], exact: bool, why_not: str, held: list[str]) -> None:
        self.loss = loss
        self.variables = variables
        self.is_exact = exact
        self._why_not = why_not
        self._held = held

    @property
    def ok(self) -> bool:
        """Whether every variable that was checked is right, and at least one was checked."""
        verdicts = [variable.verdict for variable in self.variables]
        return RIGHT in verdicts and not {DOUBTFUL, WRONG, NO_GRADIENT} & set(verdicts)

    def __bool__(self) -> bool:
        return self.ok

    def report(self) -> Report:
        """The answer in blocks."""
        header: list[Line] = ["variable", "shape", "checked", "‖a‖", "‖n‖", "ratio", "verdict"]
        rows = [_row(variable) for variable in self.variables]
        blocks: list[Block] = [Paragraph(self._summary()), Table(header, rows, frozenset([2, 3, 4, 5]))]
        remarks: list[Line] = [(Code(variable.name), f": {variable.remark}") for variable in self.variables if variable.remark]
        if remarks:
            blocks.append(Bullets(remarks))
        precision = "in float64, on a copy of the graph" if self.is_exact else f"in float32, because {self._why_not}"
        notes = f"a is the gradient that the graph computes, n the central difference of the loss, {precision}; the ratio is " \
                "‖a - n‖ / (‖a‖ + ‖n‖)."  # fmt: skip
        if self._held:
            notes += f" Held still: what {listed(self._held)} gave once."
        return Report(("Gradient check of ", Code(self.loss)), [*blocks, Paragraph(notes)])

    def _summary(self) -> str:
        counts = {verdict: sum(v.verdict == verdict for v in self.variables) for verdict in (RIGHT, DOUBTFUL, WRONG, NO_GRADIENT, UNSEEN)}
        if self.ok and counts[RIGHT] == len(self.variables):
            return f"All gradients are right ({counts[RIGHT]} variable{'s' if counts[RIGHT] > 1 else ''})."
        return "Variables: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) + "."


def _row(variable: CheckedVariable) -> list[Line]:
    smooth = variable.smooth
    norms = [np.linalg.norm([getattr(e, side) for e in smooth]) if smooth else np.nan for side in ("analytic", "numeric")]
    told = ["-" if np.isnan(each) else f"{each:.4g}" for each in norms]
    kinks = len(variable.elements) - len(smooth)
    checked = f"{len(smooth)} of {variable.size}" + (f" (+{kinks} at kinks)" if kinks else "")
    ratio = "-" if np.isnan(variable.ratio) else f"{variable.ratio:.1e}"
    return [Code(variable.name), shapes.text(variable.shape), checked, *told, ratio, variable.verdict]


@export("check_gradients")
def check_gradients(
    loss: Any, feed_dict: Any = None, session: Any = None, variables: Any = None, samples: int = 40, seed: int = 0
) -> GradientCheck:
    """Compare the gradients of `loss` with what the loss does when each variable is moved a little.

    For every variable a is `tf.gradients(loss, variable)`, n the central difference (loss(w + h) - loss(w - h)) / 2h, and the ratio
    ‖a - n‖ / (‖a‖ + ‖n‖) decides: up to 1e-7 the gradient is right, above 1e-5 it is wrong. Both are computed in float64 on a copy of
    the graph, where rounding does not blur the difference; where an op knows no float64, in float32 with wider limits. Elements at a kink
    (ReLU at 0) have two slopes and are left out. Random numbers (dropout) are drawn once and held still. The graph and the session are left
    as they were.

    Args:
      loss: a tensor of a floating type; when it has several elements, their sum.
      feed_dict, session: the point at which to compare; the default session unless given.
      variables: what to check: variables or floating tensors, one or a list (default: all trainable variables).
      samples: how many elements of each variable are moved; the largest gradients first, the others by chance.
      seed: of that chance.

    Raises:
      TypeError, ValueError: when loss, variables or session do not fit, or there is nothing to check.
      OpError: when the loss cannot be computed, as `session.run` says it.

    >>> import autograd_lite as tf
    >>> w = tf.Variable([1.0, -2.0], name="w")
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     check = tf.check_gradients(tf.reduce_sum(w ** 3), variables=w)
    >>> check.ok, check.variables[0].elements[1].analytic
    (True, 12.0)
    """
    target = loss_for(loss, session)
    inner = session_for(session, target.graph)
    if samples < 1:
        raise ValueError(f"samples must be at least 1, but got {samples}")
    with target.graph.as_default():
        things = trainable_variables() if variables is None else as_list(variables)
    xs = [tensor_for(each, "variables", target.graph) for each in things]
    if not xs:
        raise ValueError("There is nothing to check: the graph has no trainable variables. Name tensors with variables=...")
    for x in xs:
        if not (x.dtype.base_dtype.is_floating or x.dtype.base_dtype.name == "resource"):
            raise TypeError(f"variables must be of a floating type, but {x.name} is {x.dtype.base_dtype.name}.")
    trial = Trial(inner)
    trial.run(target, feed_dict)  # whatever is wrong with the question is said here, as session.run says it
    with for_a_moment(target.graph):
        grads = gradients(target, xs)
        wanted = [target, *(part for grad in grads if grad is not None for part in parts(grad))]
        copy = ExactCopy(trial, wanted, feed_dict)
        try:
            return _Check(copy, target, xs, grads, samples, seed).answer()
        finally:
            copy.close()


class _Check:
    """One comparison, on the copy."""

    def __init__(self, copy: ExactCopy, loss: Tensor, xs: Sequence[Tensor], grads: Sequence[Any], samples: int, seed: int) -> None:
        self._copy = copy
        self._loss = loss
        self._xs = list(xs)
        self._grads = list(grads)
        self._samples = samples
        self._random = np.random.default_rng(seed)
        self._steps = _STEPS if copy.is_exact else _STEPS_OF_FLOAT32
        self._limits = _FINE if copy.is_exact else _COARSE
        self._value = self._loss_at({})

    def answer(self) -> GradientCheck:
        """Compare all variables."""
        points = [self._point(x) for x in self._xs]
        chosen = [self._chosen(point, grad) for point, grad in zip(points, self._dense(points))]
        total = sum(len(each) for each in chosen)
        bar = optional.load("tqdm").tqdm(total=total, desc="checking gradients", unit=" elements", disable=None, delay=_SECONDS_BEFORE_BAR,
                                         leave=False)  # fmt: skip
        found = []
        with bar:
            for x, grad, point, elements in zip(self._xs, self._grads, points, chosen):
                checked = []
                for index, analytic in elements:  # none without a point
                    checked.append(self._element(x, point, index, analytic))  # type: ignore[arg-type]
                    bar.update()
                found.append(self._judged(x, grad, point, checked))
        return GradientCheck(self._loss.name, found, self._copy.is_exact, self._copy.why_not, self._copy.held)

    def _point(self, x: Tensor) -> np.ndarray | None:
        """Where x stands; None when the loss does not need it."""
        cell = self._copy.cell(x)
        if cell is not None:
            return None if cell.value is None else np.array(cell.value)
        return self._copy.fed_value(x) if self._copy.has(x) and x.dtype.base_dtype.name != "resource" else None

    def _dense(self, points: Sequence[Any]) -> list[Any]:
        """The value of each gradient: an array, or None."""
        tensors = [part for grad in self._grads if grad is not None for part in parts(grad)]
        values = iter(self._copy.run(tensors) if tensors else [])
        dense: list[Any] = []
        for grad, point in zip(self._grads, points):
            if grad is None:
                dense.append(None)
            elif isinstance(grad, IndexedSlices):
                rows, indices = next(values), next(values)
                whole = np.zeros_like(point)
                np.add.at(whole, indices, rows)
                dense.append(whole)
            else:
                dense.append(np.asarray(next(values)))
        return dense

    def _chosen(self, point: Any, grad: Any) -> list[tuple[tuple[int, ...], float]]:
        """The elements to move, with their gradients: half of them those with the largest, the others by chance."""
        if point is None or not point.size:
            return []
        flat = np.zeros(point.size) if grad is None else np.asarray(grad, np.float64).ravel()
        count = min(self._samples, point.size)
        first = np.argsort(-np.abs(flat), kind="stable")[: count if count == point.size else (count + 1) // 2]
        rest = np.setdiff1d(np.arange(point.size), first)
        picked = np.concatenate([first, self._random.choice(rest, count - len(first), replace=False)]) if count > len(first) else first
        return [(tuple(int(each) for each in np.unravel_index(int(i), point.shape)), float(flat[i])) for i in np.sort(picked)]

    def _loss_at(self, moved: dict[str, Any]) -> float:
        return float(np.sum(self._copy.run([self._loss], moved)[0], dtype=np.float64))

    def _at(self, x: Tensor, point: np.ndarray, index: tuple[int, ...], value: Any) -> float:
        moved = point.copy()
        moved[index] = value
        cell = self._copy.cell(x)
        if cell is None:
            return self._loss_at({x.name: moved})
        cell.value = moved
        try:
            return self._loss_at({})
        finally:
            cell.value = point.copy()

    def _element(self, x: Tensor, point: np.ndarray, index: tuple[int, ...], analytic: float) -> Element:
        best: Element | None = None
        here = point[index]
        for relative in self._steps:
            step = relative * max(1.0, abs(float(here)))
            above, below = here + point.dtype.type(step), here - point.dtype.type(step)
            up, down = self._at(x, point, index, above), self._at(x, point, index, below)
            right, left = (up - self._value) / float(above - here), (self._value - down) / float(here - below)
            numeric = (up - down) / float(above - below)
            found = Element(index, analytic, numeric, False)
            error = abs(analytic - numeric)
            if best is None or error < abs(best.analytic - best.numeric):
                best = found
            noise = 8 * np.finfo(point.dtype).eps * abs(self._value) / step
            if error <= self._limits[0] * (abs(analytic) + abs(numeric)) + noise:
                return found
            turns = abs(right - left)
            between = min(right, left) - noise - 0.02 * turns <= analytic <= max(right, left) + noise + 0.02 * turns
            if turns > 0.02 * (abs(right) + abs(left)) + 10 * noise and between and relative == self._steps[-1]:
                return Element(index, analytic, numeric, True)
        return best  # type: ignore[return-value]

    def _judged(self, x: Tensor, grad: Any, point: Any, elements: list[Element]) -> CheckedVariable:
        name = x.op.name
        if point is None:
            reason = "; ".join(_why_none(self._loss, x)) or "the loss does not use it"
            return CheckedVariable(name, x.static_shape or (), 0, [], np.nan, NO_GRADIENT if grad is None else UNSEEN, reason)  # type: ignore[arg-type]
        moved = any(abs(element.numeric) > 1e-9 for element in elements)
        if grad is None:
            reason = "; ".join(_why_none(self._loss, x)) + "."
            reason += f" The loss changes with it all the same ({number(max((e.numeric for e in elements), key=abs))})." if moved else ""
            return CheckedVariable(name, point.shape, point.size, elements, np.nan, NO_GRADIENT, reason)
        smooth = [element for element in elements if not element.is_kink]
        if not smooth:
            remark = "every checked element is at a kink" if elements else "it has no elements"
            return CheckedVariable(name, point.shape, point.size, elements, np.nan, UNSEEN, remark)
        ratio = _ratio(smooth)
        verdict = RIGHT if ratio <= self._limits[0] or self._is_noise(smooth, point) else DOUBTFUL if ratio <= self._limits[1] else WRONG
        remark = "" if verdict == RIGHT else _remark(smooth, verdict) + _stopped(self._loss, x)
        if verdict == RIGHT and ratio > self._limits[0]:
            remark = f"the difference is no larger than the rounding of {point.dtype.name}"
        elif verdict == RIGHT and not any(element.analytic for element in smooth):
            remark = f"its gradient is zero here: tf.explain_none(loss, {name}) says why"
        return CheckedVariable(name, point.shape, point.size, elements, ratio, verdict, remark)

    def _is_noise(self, elements: list[Element], point: np.ndarray) -> bool:
        """Whether the differences are no larger than what rounding makes of the loss."""
        noise = 8 * np.finfo(point.dtype).eps * abs(self._value) / self._steps[0]
        return all(abs(element.analytic - element.numeric) <= noise for element in elements)


def _ratio(elements: list[Element]) -> float:
    analytic = np.array([element.analytic for element in elements])
    numeric = np.array([element.numeric for element in elements])
    total = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    return float(np.linalg.norm(analytic - numeric) / total) if total else 0.0


def _why_none(loss: Tensor, x: Tensor) -> list[str]:
    return [(missing.text().partition(": ")[2] or missing.text()).rstrip(".") for missing in missing_gradients(loss, [x])]


def _stopped(loss: Tensor, x: Tensor) -> str:
    ways = closed_ways(loss, x)
    return f". On a way to the loss {listed([described(way.op) for way in ways], 2)} lets no gradient through" if ways else ""


def _remark(elements: list[Element], verdict: str) -> str:
    """What kind of mistake it looks like, and where it is worst."""
    worst = max(elements, key=lambda element: abs(element.analytic - element.numeric))
    where = f" at {shapes.text(worst.at)}" if worst.at else ""
    text = f"worst{where}: {number(worst.analytic, 7)} by the graph, {number(worst.numeric, 7)} by differences"
    analytic, numeric = (np.array([getattr(element, side) for element in elements]) for side in ("analytic", "numeric"))
    if verdict == DOUBTFUL:
        return text + "; a strong curvature or a kink nearby can do that, a small mistake too"
    if not analytic.any():
        return text + "; the graph's gradient is zero although the loss changes: something on the way stops it"
    if not np.isfinite(analytic).all() or not np.isfinite(numeric).all():
        return text + "; there are numbers that are not finite: tf.trace_nan finds where they come from"
    factor = float(analytic @ numeric / (numeric @ numeric)) if numeric.any() else np.nan
    if np.isfinite(factor) and np.linalg.norm(analytic - factor * numeric) <= 1e-4 * np.linalg.norm(analytic):
        if abs(factor + 1) < 1e-4:
            return text + "; the sign is turned"
        return text + f"; it is {number(factor)} times the right one everywhere: a mean where a sum is meant, or a forgotten factor"
    return text
