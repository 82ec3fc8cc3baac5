"""A picture drawn by matplotlib: PNG and PDF for machines without Graphviz."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from autograd_lite.core import optional
from autograd_lite.teach.render import svg
from autograd_lite.teach.render.kinds import COLOURS, Kind
from autograd_lite.teach.render.layout import LABEL_SIZE, LINE_HEIGHT, SHEET, TEXT_SIZE, Layout, Place, lay_out, line_font
from autograd_lite.teach.render.picture import Picture, Style

_POINTS_PER_INCH = 72.0
_SCALE = 0.75  # an SVG's unit is 1/96 of an inch, a point is 1/72
_DOTS_PER_INCH = 144
_MOST_DOTS = 12_000  # on one side: larger pictures are drawn more coarsely
_REAL_SIZE, _READABLE = 96, 70  # dots per inch at which a picture has its own size, and below which its letters cannot be read


class _Canvas:
    """Axes in the units of a layout, and what is drawn on them."""

    def __init__(self, width: float, height: float) -> None:
        figures, self.patches, self.paths = (optional.load(f"matplotlib.{part}") for part in ("figure", "patches", "path"))
        self.figure = figures.Figure(figsize=(width * _SCALE / _POINTS_PER_INCH, height * _SCALE / _POINTS_PER_INCH))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(height, 0))
        self.axes.axis("off")

    def box(self, place: Place, radius: float, **look: Any) -> None:
        corner = (place.x - place.width / 2, place.y - place.height / 2)
        style = f"round,pad=0,rounding_size={radius}"
        self.axes.add_patch(self.patches.FancyBboxPatch(corner, place.width, place.height, boxstyle=style, **look))

    def text(self, words: str, x: float, y: float, size: float, **look: Any) -> None:
        look = {"ha": "left", "va": "center", "color": svg.STYLES[Style.NAME], **look}
        self.axes.text(x, y, words, fontsize=size * _SCALE, fontfamily="DejaVu Sans", **look).set_parse_math(False)  # a "$" is a "$"

    def arrow(self, points: list[svg.Point], direction: str, dashed: bool) -> None:
        corners, codes = [points[0]], [self.paths.Path.MOVETO]
        for start, end in zip(points, points[1:]):
            corners += [*svg.bends(start, end, direction), end]
            codes += [self.paths.Path.CURVE4] * 3
        look = {"arrowstyle": "-|>", "mutation_scale": 8, "color": svg.ARROW, "linewidth": 0.8, "linestyle": "--" if dashed else "-"}
        self.axes.add_patch(self.patches.FancyArrowPatch(path=self.paths.Path(corners, codes), shrinkA=0, shrinkB=0, **look))


def draw(picture: Picture, file_format: str, direction: str = "TB") -> bytes:
    """The content of a PNG or PDF file.

    Raises:
      ImportError: matplotlib is not installed.
    """
    layout = lay_out(picture, direction)
    page = svg.page_of(picture, layout)
    dots = min(_DOTS_PER_INCH, _MOST_DOTS / (max(page.width, page.height) * _SCALE / _POINTS_PER_INCH))
    if file_format == "png" and dots < _READABLE:
        shrunk = f"Drawn at {dots / _REAL_SIZE:.0%} of its size, for a PNG has at most {_MOST_DOTS:,} dots a side: .svg and .pdf are sharp."
        page = svg.page_of(replace(picture, notes=[*picture.notes, shrunk]), layout)
    canvas = _Canvas(page.width, page.height)
    for number, row in enumerate(page.legend):
        _legend(canvas, row, svg.MARGIN + number * svg.LEGEND_ROW + 6)
    moved = _moved(layout, page.left, page.top)
    _drawing(canvas, picture, moved)
    for number, note in enumerate(page.notes):
        canvas.text(note, svg.MARGIN, page.top + layout.height + svg.MARGIN + number * LINE_HEIGHT, TEXT_SIZE)
    content = io.BytesIO()
    canvas.figure.savefig(content, format=file_format, dpi=dots)
    return content.getvalue()


def _moved(layout: Layout, left: float, top: float) -> Layout:
    """The layout at another place."""

    def place(old: Place) -> Place:
        return old._replace(x=old.x + left, y=old.y + top)

    return layout._replace(
        boxes={box: place(old) for box, old in layout.boxes.items()},
        frames={frame: place(old) for frame, old in layout.frames.items()},
        routes=[(arrow, [(x + left, y + top) for x, y in points]) for arrow, points in layout.routes],
        labels=[label._replace(x=label.x + left, y=label.y + top) for label in layout.labels],
    )


def _drawing(canvas: _Canvas, picture: Picture, layout: Layout) -> None:
    for frame in picture.frames:
        if frame.name in layout.frames:
            place = layout.frames[frame.name]
            canvas.box(place, 8, facecolor="#0f172a09", edgecolor=svg.FRAME_LINE, linewidth=0.8)
            left, top = place.x - place.width / 2, place.y - place.height / 2
            canvas.text(frame.label, left + 12, top + 10, TEXT_SIZE, weight="bold", color="#475569")
    for arrow, points in layout.routes:
        canvas.arrow(points, layout.direction, arrow.control)
    for label in layout.labels:
        canvas.text(label.text, label.x, label.y, LABEL_SIZE)
    for box in picture.boxes:
        place, (fill, line) = layout.boxes[box.id], COLOURS[box.kind]
        dashes = "--" if box.kind is Kind.OUTSIDE else "-"
        if box.count > 1:  # a second sheet behind
            canvas.box(place._replace(x=place.x + SHEET, y=place.y + SHEET), 6, facecolor=fill, edgecolor=line)
        canvas.box(place, 6, facecolor=fill, edgecolor=line, linestyle=dashes)
        top = place.y - (len(box.lines) - 1) * LINE_HEIGHT / 2
        for i, words in enumerate(box.lines):
            size, bold = line_font(words.style)
            weight = "bold" if bold else "normal"
            canvas.text(words.text, place.x, top + i * LINE_HEIGHT, size, ha="center", color=svg.STYLES[words.style], weight=weight)


def _legend(canvas: _Canvas, row: list[tuple[Kind | None, str]], y: float) -> None:
    x = svg.MARGIN
    for kind, word in row:
        if kind is None:
            canvas.arrow([(x - 6, y), (x + 12, y)], "LR", True)
        else:
            canvas.box(Place(x + 6, y, 12, 12), 3, facecolor=COLOURS[kind].fill, edgecolor=COLOURS[kind].line)
        canvas.text(word, x + 18, y, 12)
        x += svg.legend_width(word)
