"""A training history in words: a table with first, last and best values, curves drawn in characters, and what a reader should notice."""

from __future__ import annotations

import numpy as np

from autograd_lite.core.report import Bullets, Code, Line, Paragraph, Report, Table
from autograd_lite.lib.training.history import TrainingHistory, mode_of

_HEADER = ["name", "values", "first", "last", "best", "curve"]
_BARS = "▁▂▃▄▅▆▇█"
_LEVEL, _NOT_FINITE = "▄", "×"
_WIDTH = 24  # characters of a curve
_FEW = 10  # values from which on a loss that never changes is told
_GROWTH = 10.0  # how many times its first value a loss must have reached


def text(history: TrainingHistory) -> str:
    """The history as plain text; its `repr`."""
    return report(history).text()


def report(history: TrainingHistory, with_curves: bool = True) -> Report:
    """The history as a report; `with_curves` draws them in characters."""
    title = Paragraph(f"TrainingHistory: {summary(history)}")
    if not history:
        return Report("", [title])
    columns = len(_HEADER) if with_curves else len(_HEADER) - 1
    table = Table(_HEADER[:columns], [_row(history, name)[:columns] for name in history], frozenset([1]))
    warnings: list[Line] = [(Code(name), f" {remark}") for name, remark in remarks(history)]
    return Report("", [title, table, *([Bullets(warnings)] if warnings else [])])


def summary(history: TrainingHistory) -> str:
    """How much there is, in a few words."""
    steps = history.steps()
    if not steps.size:
        return "nothing yet"
    count = sum(len(history.steps(name)) for name in history)
    span = f"steps {steps[0]} to {steps[-1]}" if steps.size > 1 else f"step {steps[0]}"
    return f"{count:,} value{'s' * (count > 1)}, {span}"


def _row(history: TrainingHistory, name: str) -> list[Line]:
    values = history[name]
    best = ""
    if mode_of(name) is not None and np.isfinite(values).any():
        point = history.best(name)
        best = f"{number(point.value)} at {point.step}"
    return [Code(name), f"{values.size:,}", number(values[0]), number(values[-1]), best, sparkline(values)]


def number(value: float) -> str:
    """A value in at most four digits."""
    return f"{value:.4g}"


def sparkline(values: np.ndarray, width: int = _WIDTH) -> str:
    """A curve drawn in characters, each the mean of the values that fall to it; a cross where one of them is not finite.

    >>> sparkline(np.array([4.0, 2.0, 1.0, np.nan, 0.0]))
    '█▅▃×▁'
    """
    bounds = np.linspace(0, len(values), min(width, len(values)) + 1).astype(np.int64)
    is_finite = np.isfinite(values)
    scale = np.abs(values[is_finite]).max(initial=0.0) or 1.0
    scaled = np.where(is_finite, values, 0.0) / scale  # so that sums do not overflow
    means = np.add.reduceat(scaled, bounds[:-1]) / np.diff(bounds)
    whole = np.logical_and.reduceat(is_finite, bounds[:-1])
    shown = means[whole]
    if not shown.size or np.ptp(shown) == 0:
        return "".join(_LEVEL if each else _NOT_FINITE for each in whole)
    levels = np.rint((means - shown.min()) / np.ptp(shown) * (len(_BARS) - 1)).astype(np.int64)
    return "".join(_BARS[level] if each else _NOT_FINITE for level, each in zip(levels.clip(0, len(_BARS) - 1).tolist(), whole))


def remarks(history: TrainingHistory) -> list[tuple[str, str]]:
    """What a reader should notice, by name: values that are not finite, a loss that never changes, a loss that has grown."""
    found = ((name, _remark(name, history.steps(name), history[name])) for name in history)
    return [(name, remark) for name, remark in found if remark]


def _remark(name: str, steps: np.ndarray, values: np.ndarray) -> str:
    bad = ~np.isfinite(values)
    if bad.any():
        return _not_finite(steps, values, bad)
    if mode_of(name) != "min":
        return ""
    if values.size >= _FEW and values.min() == values.max():
        return f"is {number(values[0])} at all {values.size:,} steps: does a run train?"
    if values[0] > 0 and values[-1] > _GROWTH * values[0]:
        return f"has grown from {number(values[0])} to {number(values[-1])}: is the learning rate too large?"
    return ""


def _not_finite(steps: np.ndarray, values: np.ndarray, bad: np.ndarray) -> str:
    first = int(bad.argmax())
    word = "NaN" if np.isnan(values[first:]).all() or not np.isinf(values).any() else "not finite"
    if first == len(steps) - 1:
        return f"is {word} at step {steps[first]}, the last"
    if bad[first:].all():
        return f"is {word} from step {steps[first]} on"
    return f"is {word} at step {steps[first]}, and at {int(bad.sum()):,} of {len(values):,} steps in all"
