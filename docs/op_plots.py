"""Plots of the ops that work on one number at a time: the value and the derivative, both computed by the library."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as tf
from autograd_lite.core import optional
from autograd_lite.graph.opdef import OpDef
from autograd_lite.ops.samples import Drawn, arrays

_POINTS = 201
_INK = "#808080"  # readable on a light page and on a dark one
_STYLE = {
    "svg.hashsalt": "autograd_lite",  # the same bytes in every build
    "svg.fonttype": "none",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


class Curve(NamedTuple):
    """An op over the domain of its samples."""

    x: np.ndarray  # [points]
    y: np.ndarray  # [points]
    derivative: np.ndarray | None  # [points]; None where the op has no gradient


def curve(op: OpDef) -> Curve | None:
    """The curve of an op of one real number; None for any other op, and where there is nothing to see (y = x, y = constant).

    Samples that keep to one side of 0, perhaps to stay off a kink, are mirrored when the op is finite on both sides.
    """
    low, high = _domain(op)
    if low >= high:
        return None
    found = _computed(op, np.linspace(low, high, _POINTS))
    if found is not None and low > 0:
        both = _computed(op, np.linspace(-high, high, _POINTS))
        found = both if both is not None and np.isfinite(both.y).all() else found
    if found is None or np.array_equal(found.y, found.x) or np.ptp(found.y) == 0:
        return None
    return found


def _domain(op: OpDef) -> tuple[float, float]:
    """Between which numbers the samples of an op lie; an empty range when it is no op of one real number."""
    nowhere = (0.0, 0.0)
    simple = len(op.inputs) == len(op.outputs) == 1 and op.simple_inputs and not op.outputs[0].is_list and not op.has_effects
    if not simple or isinstance(op.samples, str):
        return nowhere
    inputs = [sample["inputs"][0] for sample in op.samples]
    numbers = [array for sample in op.samples for array in arrays(sample) if array.dtype == np.float64]
    if not any(array.ndim == 0 for array in numbers):
        return nowhere
    drawn = [value for value in inputs if isinstance(value, Drawn) and value.dtype == "float64"]
    lows = [value.low for value in drawn] or [array.min() for array in numbers if array.size]
    highs = [value.high for value in drawn] or [array.max() for array in numbers if array.size]
    return float(min(lows)), float(max(highs))


def _computed(op: OpDef, x: np.ndarray) -> Curve | None:
    """The op and its derivative at x; None when its elements depend on each other or are no real numbers."""
    with tf.Graph().as_default(), tf.Session() as session, np.errstate(all="ignore"):
        fed = tf.placeholder(tf.float64)
        result = op(fed, **op.samples[0]["attrs"])
        if result.dtype != tf.float64:
            return None
        y = session.run(result, {fed: x})
        some = slice(None, None, 20)
        alone = [session.run(result, {fed: number}) for number in x[some]]
        if np.shape(y) != x.shape or not np.allclose(y[some], alone, equal_nan=True):
            return None
        gradient = tf.gradients(result, fed)[0] if op.gradient_function is not None else None
        return Curve(x, y, None if gradient is None else session.run(gradient, {fed: x}))


def plot(op: OpDef) -> str | None:
    """The curve of an op as a small SVG picture; None when it has none."""
    found = curve(op)
    if found is None:
        return None
    matplotlib, figures = optional.load("matplotlib"), optional.load("matplotlib.figure")
    with matplotlib.rc_context(_STYLE):
        figure = figures.Figure(figsize=(5, 2.8), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color=_INK, linewidth=0.6)
        axes.plot(found.x, found.y, color="#2f80ed", linewidth=2, label="value")
        if found.derivative is not None:
            axes.plot(found.x, found.derivative, color="#eb7d34", linewidth=1.5, linestyle="--", label="derivative")
        axes.set_xlabel(op.inputs[0].name)
        _dress(axes)
        picture = io.StringIO()
        figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None})
    return picture.getvalue()


def _dress(axes: Any) -> None:
    """A frame of two lines, a faint grid, and a legend above the curves."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=_INK, alpha=0.2, linewidth=0.6)
    axes.margins(x=0)
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
