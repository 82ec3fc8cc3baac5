"""A picture as SVG, written by this library alone."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from autograd_lite.teach.render.kinds import COLOURS, Kind
from autograd_lite.teach.render.layout import LABEL_SIZE, LINE_HEIGHT, SHEET, TEXT_SIZE, Layout, Place, lay_out, line_font
from autograd_lite.teach.render.picture import Box, Frame, Picture, Style
from autograd_lite.teach.render.rows import Point
from autograd_lite.teach.render.text_width import text_width
from autograd_lite.teach.render.words import clean

FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
MARGIN = 14.0
LEGEND_ROW = 20.0
ARROW = "#6b7280"
FRAME_LINE = "#94a3b8"
STYLES = {Style.TITLE: "#111827", Style.NAME: "#4b5563", Style.VALUE: "#1d4ed8", Style.GRADIENT: "#b91c1c"}
_LEGEND_GAP = 40.0  # what an entry takes beyond its words
_LEAST_WIDTH = 320.0


class Page(NamedTuple):
    """A layout with what is around it: the whole size, where the drawing begins, the rows of the legend above and the notes below."""

    width: float
    height: float
    left: float
    top: float
    legend: list[list[tuple[Kind | None, str]]]
    notes: list[str]


def page_of(picture: Picture, layout: Layout) -> Page:
    """The page on which a layout is drawn."""
    room = max(layout.width, _LEAST_WIDTH)
    legend, notes = legend_rows(picture, room), wrapped(picture.notes, room)
    words = [sum(legend_width(word) for _, word in row) for row in legend] + [text_width(note, TEXT_SIZE) for note in notes]
    width = max(layout.width, *words, 0.0) + 2 * MARGIN
    top = MARGIN + len(legend) * LEGEND_ROW + 4.0
    height = top + layout.height + MARGIN + (len(notes) * LINE_HEIGHT + 4.0 if notes else 0.0)
    return Page(width, height, (width - layout.width) / 2, top, legend, notes)


def to_svg(picture: Picture, direction: str = "TB") -> str:
    """The text of an SVG file: boxes coloured by kind, arrows along the tensors (dashed: order only), frames, a legend, and the notes."""
    layout = lay_out(picture, direction)
    page = page_of(picture, layout)
    size = f'width="{page.width:.0f}" height="{page.height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {page.width:.0f} {page.height:.0f}" '
        f'font-family="{FONT}" font-size="12" text-anchor="middle">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 1 L10 5 L0 9 z" fill="{ARROW}"/></marker></defs>',
        f'<rect {size} fill="#ffffff"/>',
        *_legend(page.legend),
        f'<g transform="translate({page.left:.1f} {page.top:.1f})">',
        *_drawing(picture, layout),
        "</g>",
    ]
    look = f'text-anchor="start" fill="{STYLES[Style.NAME]}" font-size="{TEXT_SIZE:.0f}"'
    under = page.top + layout.height + MARGIN + 4
    lines += [text_at(note, MARGIN, under + number * LINE_HEIGHT, look) for number, note in enumerate(page.notes)]
    return "\n".join([*lines, "</svg>", ""])


def _drawing(picture: Picture, layout: Layout) -> Iterable[str]:
    for frame in picture.frames:
        if frame.name in layout.frames:
            yield from _frame(frame, layout.frames[frame.name])
    for arrow, points in layout.routes:
        dashes = ' stroke-dasharray="4 3"' if arrow.control else ""
        words = escape(clean(arrow.tensor or "order of running"))
        path = f'<path d="{curve(points, layout.direction)}" fill="none" stroke="{ARROW}"{dashes} marker-end="url(#tip)">'
        yield f"{path}<title>{words}</title></path>"
    for label in layout.labels:
        yield text_at(label.text, label.x, label.y + 3.5, f'text-anchor="start" fill="{STYLES[Style.NAME]}" font-size="{LABEL_SIZE:.0f}"')
    for box in picture.boxes:
        yield from _box(box, layout.boxes[box.id])


def _frame(frame: Frame, place: Place) -> list[str]:
    left, top = place.x - place.width / 2, place.y - place.height / 2
    rect = _rect(place, f'rx="8" fill="#0f172a" fill-opacity="0.035" stroke="{FRAME_LINE}"')
    style = f'text-anchor="start" font-weight="bold" fill="#475569" font-size="{TEXT_SIZE:.0f}"'
    return [f"<g><title>{escape(clean(frame.name))}</title>{rect}", text_at(frame.label, left + 12, top + 14, style), "</g>"]


def _box(box: Box, place: Place) -> list[str]:
    colours = COLOURS[box.kind]
    look = f'rx="6" fill="{colours.fill}" stroke="{colours.line}" stroke-width="1.4"'
    if box.kind is Kind.OUTSIDE:
        look += ' stroke-dasharray="2 2"'
    lines = [f"<g><title>{escape(clean(box.name))}</title>"]
    if box.count > 1:  # a second sheet behind
        lines.append(_rect(Place(place.x + SHEET, place.y + SHEET, place.width, place.height), look))
    lines.append(_rect(place, look))
    top = place.y - (len(box.lines) - 1) * LINE_HEIGHT / 2 + 4
    for i, line in enumerate(box.lines):
        size, bold = line_font(line.style)
        style = f'fill="{STYLES[line.style]}"' + (' font-weight="bold"' if bold else f' font-size="{size:.0f}"')
        lines.append(text_at(line.text, place.x, top + i * LINE_HEIGHT, style))
    return [*lines, "</g>"]


def _rect(place: Place, look: str) -> str:
    left, top = place.x - place.width / 2, place.y - place.height / 2
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" {look}/>'


def text_at(words: str, x: float, y: float, style: str) -> str:
    """A line of text, whatever is in it."""
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def curve(points: list[Point], direction: str) -> str:
    """A smooth line through points, along the flow at each."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        (ax, ay), (bx, by) = bends((x0, y0), (x1, y1), direction)
        parts.append(f"C{ax:.1f} {ay:.1f} {bx:.1f} {by:.1f} {x1:.1f} {y1:.1f}")
    return " ".join(parts)


def bends(start: Point, end: Point, direction: str) -> tuple[Point, Point]:
    """The two points that pull the curve between two others."""
    if direction == "LR":
        middle = (start[0] + end[0]) / 2
        return (middle, start[1]), (middle, end[1])
    middle = (start[1] + end[1]) / 2
    return (start[0], middle), (end[0], middle)


def legend_rows(picture: Picture, width: float) -> list[list[tuple[Kind | None, str]]]:
    """The entries of the legend in rows of at most `width`; the kind None is the dashed arrow."""
    present = {box.kind for box in picture.boxes}
    entries: list[tuple[Kind | None, str]] = [(kind, kind.value) for kind in Kind if kind in present]
    if any(arrow.control for arrow in picture.arrows):
        entries.append((None, "runs before"))
    rows: list[list[tuple[Kind | None, str]]] = []
    reach = 0.0
    for entry in entries:
        if not rows or reach + legend_width(entry[1]) > width:
            rows.append([])
            reach = 0.0
        rows[-1].append(entry)
        reach += legend_width(entry[1])
    return rows


def legend_width(word: str) -> float:
    """The room that an entry of the legend takes."""
    return text_width(word, 12) + _LEGEND_GAP


def _legend(rows: list[list[tuple[Kind | None, str]]]) -> Iterable[str]:
    for number, row in enumerate(rows):
        x, y = MARGIN, MARGIN + number * LEGEND_ROW
        for kind, word in row:
            if kind is None:
                yield f'<path d="M{x - 6:.0f} {y + 6:.0f} h18" stroke="{ARROW}" stroke-dasharray="4 3" marker-end="url(#tip)"/>'
            else:
                dashes = ' stroke-dasharray="2 2"' if kind is Kind.OUTSIDE else ""
                look = f'rx="3" fill="{COLOURS[kind].fill}" stroke="{COLOURS[kind].line}"{dashes}'
                yield f'<rect x="{x:.0f}" y="{y:.0f}" width="12" height="12" {look}/>'
            yield text_at(word, x + 18, y + 10, f'text-anchor="start" fill="{STYLES[Style.NAME]}"')
            x += legend_width(word)


def wrapped(notes: Iterable[str], width: float) -> list[str]:
    """Notes in lines of at most `width`, their words made harmless."""
    lines: list[str] = []
    for note in notes:
        line = ""
        for word in clean(note).split():
            longer = f"{line} {word}".lstrip()
            if line and text_width(longer, TEXT_SIZE) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines
