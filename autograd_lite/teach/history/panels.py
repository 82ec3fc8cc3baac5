"""What is shown of a training history: panels with axes, and in each the curves of the names that measure the same."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from autograd_lite.lib.training.history import TrainingHistory

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9")  # told apart by colour-blind readers, too
MOST_PANELS = 12
_MOST_CURVES = len(COLOURS)  # in a panel
_MOST_POINTS = 1000  # of a curve; of longer ones each stretch keeps its lowest and highest value
_SETS = re.compile(r"^(?:train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?|dev)[_/ ]")
_ROOM = 0.05  # above and below the curves, as a share of the axis
_MOST_TICKS = 6
_LARGEST = 1.79e308


class Curve(NamedTuple):
    """A line of a panel; values that are not finite are gaps."""

    name: str
    steps: np.ndarray
    values: np.ndarray
    smooth: np.ndarray | None  # means over the last values, as long as `values`; None unless asked for, or with too few values
    bad: np.ndarray  # the steps at which a value is not finite
    colour: str


class Axis(NamedTuple):
    """A range and the numbers that are written at it; a logarithmic one is in powers of ten."""

    low: float
    high: float
    ticks: list[tuple[float, str]]

    def share(self, values: np.ndarray | float) -> np.ndarray:
        """Where values lie on the axis, from 0 to 1."""
        low, high = self.low / 2, self.high / 2  # halves, lest a difference overflow
        return (np.asarray(values) / 2 - low) / (high - low)


class Panel(NamedTuple):
    """Curves with common axes."""

    title: str
    curves: list[Curve]
    x: Axis
    y: Axis
    is_log: bool


def panels_of(history: TrainingHistory, names: Iterable[str] | None = None, log: bool = False, smooth: int = 1) -> list[Panel]:
    """The panels of a history: `loss`, `val_loss` and `test/loss` share one, `accuracy` has another.

    Raises:
      KeyError: a name that is not there. ValueError: `smooth` is below 1.
    """
    if smooth < 1:
        raise ValueError(f"smooth is a number of values from 1, received {smooth!r}")
    groups: dict[str, list[str]] = {}
    for name in list(history) if names is None else [names] if isinstance(names, str) else names:
        groups.setdefault(_SETS.sub("", name), []).append(name)
    parts = [(title, part) for title, group in groups.items() for part in _parts(group)]
    return [_panel(history, title, part, log, smooth) for title, part in parts]


def _parts(group: Sequence[str]) -> Iterable[Sequence[str]]:
    return (group[first : first + _MOST_CURVES] for first in range(0, len(group), _MOST_CURVES))


def _panel(history: TrainingHistory, title: str, names: Sequence[str], log: bool, smooth: int) -> Panel:
    is_log = log and any((history[name] > 0).any() for name in names)
    curves = [_curve(name, history.steps(name), history[name], smooth, is_log, colour) for name, colour in zip(names, COLOURS)]
    shown = np.concatenate([np.r_[curve.values, () if curve.smooth is None else curve.smooth] for curve in curves])
    steps = np.concatenate([np.r_[curve.steps, curve.bad] for curve in curves]).astype(np.float64)
    return Panel(title, curves, _axis_of_steps(steps), _axis_of_values(shown[np.isfinite(shown)], is_log), is_log)


def _curve(name: str, steps: np.ndarray, values: np.ndarray, smooth: int, is_log: bool, colour: str) -> Curve:
    bad = steps[~np.isfinite(values)]
    means = running_mean(values, smooth) if 1 < smooth <= len(values) // 2 else None  # a mean of all values shows nothing
    if is_log:
        values, means = _logarithm(values), None if means is None else _logarithm(means)
    kept = _kept(values)
    kept_bad = bad[np.unique(np.linspace(0, len(bad) - 1, min(len(bad), _MOST_POINTS)).astype(np.int64))] if len(bad) else bad
    return Curve(name, steps[kept], values[kept], None if means is None else means[kept], kept_bad, colour)


def _logarithm(values: np.ndarray) -> np.ndarray:
    return np.log10(values, out=np.full_like(values, np.nan), where=np.isfinite(values) & (values > 0))


def running_mean(values: np.ndarray, count: int) -> np.ndarray:
    """The mean of the finite ones among the last `count` values, at each place whose own value is finite; else NaN.

    >>> running_mean(np.array([1.0, 3.0, np.nan, 5.0]), 2)
    array([ 1.,  2., nan,  5.])
    """
    is_finite = np.isfinite(values)
    scale = np.abs(values[is_finite]).max(initial=0.0) or 1.0
    sums = np.cumsum(np.where(is_finite, values, 0.0) / scale)
    counts = np.cumsum(is_finite).astype(np.float64)
    sums[count:], counts[count:] = sums[count:] - sums[:-count], counts[count:] - counts[:-count]
    return np.divide(sums, counts, out=np.full_like(values, np.nan), where=is_finite) * scale


def _kept(values: np.ndarray) -> np.ndarray:
    """Which values are drawn: all of a short curve; of a long one the lowest and the highest of each stretch, so that no peak is lost."""
    if len(values) <= _MOST_POINTS:
        return np.arange(len(values))
    bounds = np.linspace(0, len(values), _MOST_POINTS // 2 + 1).astype(np.int64)
    is_finite = np.isfinite(values)
    lowest, highest = np.where(is_finite, values, np.inf), np.where(is_finite, -values, np.inf)
    stretches = [slice(start, end) for start, end in zip(bounds[:-1], bounds[1:])]
    found = [stretch.start + part[stretch].argmin() for stretch in stretches for part in (lowest, highest)]
    return np.unique([0, *found, len(values) - 1])


def _axis_of_steps(steps: np.ndarray) -> Axis:
    low, high = float(steps.min()), float(steps.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    return Axis(low, high, [(tick, f"{tick:,.0f}") for tick in nice_numbers(low, high, whole=True)])


def _axis_of_values(values: np.ndarray, is_log: bool) -> Axis:
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    room = (high / 2 - low / 2) * 2 * _ROOM  # halves, lest the difference overflow
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(high) / 10 or 0.5
    low, high = max(low - room, -_LARGEST), min(high + room, _LARGEST)
    if is_log:
        return Axis(low, high, _powers(low, high))
    return Axis(low, high, [(tick, f"{tick:.6g}") for tick in nice_numbers(low, high)])


def nice_numbers(low: float, high: float, whole: bool = False) -> list[float]:
    """Round numbers from low to high, at most six: multiples of 1, 2 or 5 times a power of ten.

    >>> nice_numbers(0.0, 1.0), nice_numbers(1.0, 3.0, whole=True)
    ([0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0], [1.0, 2.0, 3.0])
    """
    wanted = high / (_MOST_TICKS - 1) - low / (_MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(wanted))
    distance = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted * (1 - 1e-9))
    distance = max(distance, 1.0) if whole else distance
    first, last = math.ceil(low / distance - 1e-9), math.floor(high / distance + 1e-9)
    return [number * distance for number in range(first, last + 1)]


def _powers(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks of an axis in powers of ten: whole powers, or 1, 2 and 5 times these where there are few."""
    high = min(high, math.log10(_LARGEST))
    whole = range(math.ceil(low), math.floor(high) + 1)
    if len(whole) >= 3:
        return [(float(power), f"{10.0**power:.6g}") for power in whole[:: max(1, len(whole) // _MOST_TICKS)]]
    near = [power + math.log10(factor) for power in range(math.floor(low), math.ceil(high) + 1) for factor in (1, 2, 5)]
    found = [(each, f"{10.0**each:.6g}") for each in near if low <= each <= high]
    return found if len(found) > 1 else [(each, f"{10.0**each:.4g}") for each in nice_numbers(low, high)]
