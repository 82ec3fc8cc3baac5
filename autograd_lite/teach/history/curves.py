"""`history.plot()`: the curves of a training history in a file or a notebook."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.core import optional
from autograd_lite.lib.training.history import TrainingHistory
from autograd_lite.teach.history.panels import MOST_PANELS, Panel, panels_of
from autograd_lite.teach.history.svg import COLUMNS, FAINT, FEW, WRONG, has_legend, shown_title, to_svg
from autograd_lite.teach.history.words import remarks, report, summary, text
from autograd_lite.teach.render.page import to_page
from autograd_lite.teach.render.render import RenderError, write_picture
from autograd_lite.teach.render.words import clean, shortened

FORMATS = ("svg", "png", "pdf", "html")
_DOTS_PER_INCH = 144


class HistoryPlot:
    """The curves of a history: a notebook shows them, `save` draws them into a file."""

    def __init__(self, history: TrainingHistory, names: str | Iterable[str] | None, log: bool, smooth: int) -> None:
        panels = panels_of(history, names, log, smooth)
        self._panels = panels[:MOST_PANELS]
        self._notes = [f"{name} {remark}" for name, remark in remarks(history) if any(_has(panel, name) for panel in self._panels)]
        if len(panels) > MOST_PANELS:
            left_out = [curve.name for panel in panels[MOST_PANELS:] for curve in panel.curves]
            self._notes.append(f"Not shown: {len(left_out):,} more names, such as {left_out[0]}; plot(names=[...]) shows them.")
        if not panels:
            self._notes.append("Nothing is recorded yet.")
        self._title = f"Training history: {summary(history)}"
        self._text = text(history)

    def svg(self) -> str:
        """The picture as the text of an SVG file."""
        return to_svg(self._panels, self._notes, self._title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Draw into a file; the ending of `path` says how: .svg, .png, .pdf or .html.

        Raises:
          ValueError: another ending. RenderError: .png and .pdf need matplotlib.
          OSError: the file cannot be written.
        """
        ending = os.path.splitext(os.fspath(path))[1][1:].lower()
        if ending not in FORMATS:
            raise ValueError(f"{os.fspath(path)!r} does not end in one of {', '.join('.' + name for name in FORMATS)}")
        if ending == "svg":
            content = self.svg().encode()
        elif ending == "html":
            content = to_page(self.svg(), self._title).encode()
        else:
            content = _drawn_by_matplotlib(self._panels, self._notes, ending)
        write_picture(path, content)

    def __repr__(self) -> str:
        return self._text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self._text, "image/svg+xml": self.svg()}


def _has(panel: Panel, name: str) -> bool:
    return any(curve.name == name for curve in panel.curves)


def plot(
    history: TrainingHistory,
    path: str | os.PathLike[str] | None = None,
    names: str | Iterable[str] | None = None,
    *,
    log: bool = False,
    smooth: int = 1,
) -> HistoryPlot:
    """Draw the curves: into a file, or for a notebook to show.

    Names that differ only in the set of data (`loss`, `val_loss`, `test/loss`) share a panel. Red crosses are values that are not finite.

    Args:
      path: the file; its ending says how: .svg, .png, .pdf (both by matplotlib) or .html (a page to zoom and move in).
      names: draw these only.
      log: axes of values in powers of ten.
      smooth: draw the mean of so many values in front of them.

    Returns:
      What a notebook shows, and `save` draws into further files.

    Raises:
      KeyError: a name that is not in the history. ValueError: another ending, or `smooth` below 1.
      RenderError: .png and .pdf need matplotlib. OSError: the file cannot be written.

    >>> import os, tempfile, autograd_lite as tf
    >>> history = tf.TrainingHistory()
    >>> for step in range(1, 50):
    ...     history.append(step, loss=1 / step)
    >>> path = os.path.join(tempfile.mkdtemp(), "loss.svg")
    >>> drawn = history.plot(path, log=True)
    >>> os.path.getsize(path) > 1000
    True
    """
    made = HistoryPlot(history, names, log, smooth)
    if path is not None:
        made.save(path)
    return made


def history_bundle(history: TrainingHistory, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """A history for a notebook: its curves and its table, and the text that `repr` gives."""
    del include, exclude  # a front end may say what it wants; both forms are cheap
    bundle = {"text/plain": text(history)}
    if history:
        bundle["text/html"] = f"<div>{plot(history).svg()}\n{report(history, with_curves=False).html(alone=True)}</div>"
    return bundle


def _drawn_by_matplotlib(panels: list[Panel], notes: list[str], file_format: str) -> bytes:
    """The content of a PNG or PDF file."""
    if not optional.available("matplotlib"):
        raise RenderError(
            f"A .{file_format} picture of curves is drawn by matplotlib, which is not installed.\n"
            '  pip install "autograd_lite[plot]"\nWorks without it: .svg and .html.'
        )
    with np.errstate(over="ignore"):  # matplotlib measures axes that reach from one end of float64 to the other
        return _figure_as(panels, notes, file_format)


def _figure_as(panels: list[Panel], notes: list[str], file_format: str) -> bytes:
    columns = min(COLUMNS, max(1, len(panels)))
    rows = -(-len(panels) // columns) or 1
    width = 7.0 if columns == 1 else 9.0
    figure = optional.load("matplotlib.figure").Figure(figsize=(width, 2.9 * rows + 0.2 * len(notes)), layout="constrained")
    for number, panel in enumerate(panels):
        _dress(figure.add_subplot(rows, columns, number + 1), panel)
    if notes:
        words = "\n".join(clean(note) for note in notes)
        _plainly(figure.supxlabel(words, x=0.02, ha="left", fontsize=8, color=FAINT))
    content = io.BytesIO()
    figure.savefig(content, format=file_format, dpi=_DOTS_PER_INCH)
    return content.getvalue()


def _dress(axes: Any, panel: Panel) -> None:
    """The curves of a panel, its title, axes and legend."""
    for curve in panel.curves:
        marker = "o" if np.isfinite(curve.values).sum() <= FEW else ""
        look = {"color": curve.colour, "marker": marker, "markersize": 3.5, "label": shortened(clean(curve.name))}
        if curve.smooth is None:
            axes.plot(curve.steps, curve.values, linewidth=1.2, **look)
        else:
            axes.plot(curve.steps, curve.values, linewidth=1.0, alpha=0.3, color=curve.colour)
            axes.plot(curve.steps, curve.smooth, linewidth=1.6, **look)
        axes.plot(curve.bad, [0.02] * len(curve.bad), "x", color=WRONG, markersize=5, transform=axes.get_xaxis_transform())
    _plainly(axes.set_title(shown_title(panel), loc="left", fontsize=10, weight="bold"))
    axes.set(xlabel="step", xlim=(panel.x.low, panel.x.high), ylim=(panel.y.low, panel.y.high))
    axes.set_xticks(*zip(*panel.x.ticks))
    axes.set_yticks(*zip(*panel.y.ticks))
    axes.tick_params(labelsize=8)
    axes.grid(axis="y", color="#e5e7eb")
    axes.spines[["top", "right"]].set_visible(False)
    if has_legend(panel):
        for words in axes.legend(frameon=False, fontsize=8).get_texts():
            _plainly(words)


def _plainly(words: Any) -> None:
    words.set_parse_math(False)  # a "$" in a name is a "$"
