"""The curves of a training history as SVG, written by this library alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from autograd_lite.teach.history.panels import Axis, Curve, Panel
from autograd_lite.teach.render.layout import LINE_HEIGHT, TEXT_SIZE
from autograd_lite.teach.render.svg import FONT, MARGIN, text_at, wrapped
from autograd_lite.teach.render.text_width import text_width
from autograd_lite.teach.render.words import clean, shortened

INK, FAINT, WRONG = "#111827", "#4b5563", "#b91c1c"
FEW = 25  # points: so few are marked by dots
COLUMNS = 2
_GRID, _FRAME = "#e5e7eb", "#6b7280"
_ALONE, _BESIDE = (680.0, 250.0), (420.0, 210.0)  # width and height of a panel
_TITLE_ROW, _LEGEND_ROW, _STEPS_ROW, _GAP = 20.0, 16.0, 32.0, 14.0
_SAMPLE = 26.0  # the piece of line in a legend, and the room after it
_TICK = 10.0  # the size of numbers at an axis
_CROSS = 3.0


class _Frame(NamedTuple):
    """Where the curves of a panel lie."""

    left: float
    top: float
    width: float
    height: float

    def x(self, axis: Axis, values: np.ndarray | float) -> np.ndarray:
        return self.left + axis.share(values) * self.width

    def y(self, axis: Axis, values: np.ndarray | float) -> np.ndarray:
        return self.top + (1 - axis.share(values)) * self.height


def to_svg(panels: Sequence[Panel], notes: Iterable[str], title: str) -> str:
    """The text of an SVG file: the panels side by side, and notes below them."""
    width, height = _ALONE if len(panels) == 1 else _BESIDE
    columns = min(COLUMNS, max(1, len(panels)))
    whole_width = columns * width + (columns + 1) * MARGIN
    lines: list[str] = []
    top = MARGIN
    for first in range(0, len(panels), columns):
        row = panels[first : first + columns]
        head = _TITLE_ROW + max(len(_legend(panel, width)) for panel in row) * _LEGEND_ROW
        for column, panel in enumerate(row):
            lines += _panel(panel, MARGIN + column * (width + MARGIN), top, width, head, height)
        top += head + height + _STEPS_ROW + _GAP
    for note in wrapped(notes, whole_width - 2 * MARGIN):
        lines.append(text_at(note, MARGIN, top + TEXT_SIZE - _GAP, f'fill="{FAINT}" font-size="{TEXT_SIZE:.0f}"'))
        top += LINE_HEIGHT
    size = f'width="{whole_width:.0f}" height="{top:.0f}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {whole_width:.0f} {top:.0f}" font-family="{FONT}" '
        f'font-size="12" role="img" aria-label="{escape(clean(title))}" style="max-width: 100%; height: auto">',
        f'<rect {size} fill="#ffffff"/>', *lines, "</svg>", "",
    ])  # fmt: skip


def _panel(panel: Panel, left: float, top: float, width: float, head: float, height: float) -> Iterable[str]:
    labels = max((text_width(label, _TICK) for _, label in panel.y.ticks), default=0.0) + 8
    frame = _Frame(left + labels, top + head, width - labels - 6, height)
    yield text_at(shown_title(panel), frame.left, top + 13, f'fill="{INK}" font-weight="bold"')
    for number, row in enumerate(_legend(panel, width - labels)):
        yield from _legend_row(row, frame.left, top + _TITLE_ROW + number * _LEGEND_ROW)
    yield from _axes(panel, frame)
    for curve in panel.curves:
        yield f"<g><title>{escape(clean(curve.name))}</title>"
        yield from _curve(curve, panel, frame)
        yield "</g>"


def shown_title(panel: Panel) -> str:
    """What stands above a panel."""
    return shortened(clean(panel.title)) + (" (logarithmic)" if panel.is_log else "")


def has_legend(panel: Panel) -> bool:
    """Whether the title of a panel does not say already what its curve is."""
    return len(panel.curves) > 1 or panel.curves[0].name != panel.title


def _legend(panel: Panel, width: float) -> list[list[tuple[float, Curve]]]:
    """The curves in rows, each with its distance from the left."""
    rows: list[list[tuple[float, Curve]]] = []
    reach = 0.0
    for curve in panel.curves if has_legend(panel) else []:
        room = _SAMPLE + text_width(shortened(clean(curve.name)), TEXT_SIZE) + _GAP
        if not rows or reach + room > width:
            rows.append([])
            reach = 0.0
        rows[-1].append((reach, curve))
        reach += room
    return rows


def _legend_row(row: Iterable[tuple[float, Curve]], left: float, top: float) -> Iterable[str]:
    for distance, curve in row:
        x = left + distance
        yield f'<path d="M{x:.1f} {top + 8:.1f}h18" stroke="{curve.colour}" stroke-width="2.4"/>'
        yield text_at(shortened(clean(curve.name)), x + _SAMPLE - 4, top + 12, f'fill="{FAINT}" font-size="{TEXT_SIZE:.0f}"')


def _axes(panel: Panel, frame: _Frame) -> Iterable[str]:
    bottom, right = frame.top + frame.height, frame.left + frame.width
    for value, label in panel.y.ticks:
        y = float(frame.y(panel.y, value))
        yield f'<path d="M{frame.left:.1f} {y:.1f}H{right:.1f}" stroke="{_GRID}"/>'
        yield text_at(label, frame.left - 5, y + 3.5, f'fill="{FAINT}" font-size="{_TICK:.0f}" text-anchor="end"')
    for value, label in panel.x.ticks:
        x = float(frame.x(panel.x, value))
        half = text_width(label, _TICK) / 2
        yield f'<path d="M{x:.1f} {bottom:.1f}v4" stroke="{_FRAME}"/>'
        place = min(max(x, frame.left + half), right - half)
        yield text_at(label, place, bottom + 14, f'fill="{FAINT}" font-size="{_TICK:.0f}" text-anchor="middle"')
    yield text_at("step", (frame.left + right) / 2, bottom + 27, f'fill="{FAINT}" font-size="{_TICK:.0f}" text-anchor="middle"')
    yield f'<path d="M{frame.left:.1f} {frame.top:.1f}V{bottom:.1f}H{right:.1f}" fill="none" stroke="{_FRAME}"/>'


def _curve(curve: Curve, panel: Panel, frame: _Frame) -> Iterable[str]:
    x = frame.x(panel.x, curve.steps)
    faint = "" if curve.smooth is None else ' stroke-opacity="0.3"'
    yield from _line(x, frame.y(panel.y, curve.values), curve.colour, f'stroke-width="1.4"{faint}')
    if curve.smooth is not None:
        yield from _line(x, frame.y(panel.y, curve.smooth), curve.colour, 'stroke-width="1.8"')
    if curve.bad.size:
        bottom = frame.top + frame.height - _CROSS - 1
        crosses = "".join(
            f"M{place - _CROSS:.1f} {bottom - _CROSS:.1f}l{2 * _CROSS} {2 * _CROSS}m{-2 * _CROSS} 0l{2 * _CROSS} {-2 * _CROSS}"
            for place in np.unique(np.round(frame.x(panel.x, curve.bad))).tolist()
        )
        yield f'<path d="{crosses}" stroke="{WRONG}" stroke-width="1.2" fill="none"/>'


def _line(x: np.ndarray, y: np.ndarray, colour: str, look: str) -> Iterable[str]:
    """The pieces of a curve between its gaps; a piece of one point, and each of few points, as a dot."""
    finite = np.flatnonzero(np.isfinite(y))
    pieces = [piece for piece in np.split(finite, np.flatnonzero(np.diff(finite) > 1) + 1) if piece.size]
    path = "".join("M" + "L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in piece) for piece in pieces if piece.size > 1)
    if path:
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-linejoin="round" {look}/>'
    dots = finite if finite.size <= FEW else [piece[0] for piece in pieces if piece.size == 1]
    yield from (f'<circle cx="{x[i]:.1f}" cy="{y[i]:.1f}" r="2.4" fill="{colour}"/>' for i in dots)
