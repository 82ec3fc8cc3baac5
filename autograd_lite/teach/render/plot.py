"""A picture drawn by matplotlib: PNG and PDF for machines without Graphviz."""

from __future__ import annotations

import io

from autograd_lite.core import optional
from autograd_lite.teach.render.layout import LINE_HEIGHT, lay_out
from autograd_lite.teach.render.picture import COLOURS, Picture

_MARGIN = 14.0
_POINTS_PER_INCH = 72.0
_FONT_SIZE = 8.5  # points, as wide as the layout takes letters to be
_DOTS_PER_INCH = 144


def draw(picture: Picture, file_format: str) -> bytes:
    """The content of a PNG or PDF file.

    Raises:
      ImportError: matplotlib is not installed.
    """
    figures, patches, paths = (optional.load(f"matplotlib.{part}") for part in ("figure", "patches", "path"))
    layout = lay_out(picture)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    figure = figures.Figure(figsize=(width / _POINTS_PER_INCH, height / _POINTS_PER_INCH))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-_MARGIN, layout.width + _MARGIN), ylim=(layout.height + _MARGIN, -_MARGIN))
    axes.axis("off")
    for arrow, points in layout.routes:
        corners, codes = [points[0]], [paths.Path.MOVETO]
        for (x0, y0), (x1, y1) in zip(points, points[1:]):
            corners += [(x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2), (x1, y1)]
            codes += [paths.Path.CURVE4] * 3
        look = {"arrowstyle": "-|>", "mutation_scale": 8, "color": "#6b7280", "linewidth": 0.8, "linestyle": "--" if arrow.control else "-"}
        axes.add_patch(patches.FancyArrowPatch(path=paths.Path(corners, codes), **look))
    for box in picture.boxes:
        place, (fill, line) = layout.boxes[box.id], COLOURS[box.kind]
        corner = (place.x - place.width / 2, place.y - place.height / 2)
        rounded = "round,pad=0,rounding_size=5"
        axes.add_patch(patches.FancyBboxPatch(corner, place.width, place.height, boxstyle=rounded, facecolor=fill, edgecolor=line))
        top = place.y - (len(box.lines) - 1) * LINE_HEIGHT / 2
        for i, words in enumerate(box.lines):
            look = {"weight": "bold", "color": "#111827"} if i == 0 else {"weight": "normal", "color": "#4b5563"}
            text = axes.text(place.x, top + i * LINE_HEIGHT, words, ha="center", va="center", fontsize=_FONT_SIZE, **look)
            text.set_parse_math(False)  # a "$" in a name is a "$"
    content = io.BytesIO()
    figure.savefig(content, format=file_format, dpi=_DOTS_PER_INCH)
    return content.getvalue()
