"""A picture as SVG, written by this library alone: for machines without Graphviz."""

from __future__ import annotations

from xml.sax.saxutils import escape

from autograd_lite.teach.render.layout import LINE_HEIGHT, lay_out
from autograd_lite.teach.render.picture import COLOURS, Box, Kind, Picture

_MARGIN = 14.0
_LEGEND = 30.0  # height
_LEGEND_STEP = 104.0
_FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"


def to_svg(picture: Picture) -> str:
    """The text of an SVG file: boxes coloured by kind, arrows along the tensors (dashed: order only), and a legend."""
    layout = lay_out(picture)
    kinds = [kind for kind in Kind if any(box.kind is kind for box in picture.boxes)]
    width = max(layout.width, len(kinds) * _LEGEND_STEP) + 2 * _MARGIN
    height = layout.height + 2 * _MARGIN + _LEGEND
    shift = (width - 2 * _MARGIN - layout.width) / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family="{_FONT}" font-size="12" text-anchor="middle">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 1 L10 5 L0 9 z" fill="#6b7280"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        *_legend(kinds),
        f'<g transform="translate({_MARGIN + shift:.1f} {_MARGIN + _LEGEND:.1f})">',
    ]
    for arrow, points in layout.routes:
        dashes = ' stroke-dasharray="4 3"' if arrow.control else ""
        lines.append(f'<path d="{_curve(points)}" fill="none" stroke="#6b7280"{dashes} marker-end="url(#tip)"/>')
    for box in picture.boxes:
        place = layout.boxes[box.id]
        lines += _box(box, place.x, place.y, place.width, place.height)
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _box(box: Box, x: float, y: float, width: float, height: float) -> list[str]:
    colours = COLOURS[box.kind]
    lines = [
        f'<g><title>{escape(box.name)}</title><rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="6" fill="{colours.fill}" stroke="{colours.line}" stroke-width="1.4"/>'
    ]
    top = y - (len(box.lines) - 1) * LINE_HEIGHT / 2 + 4
    for i, line in enumerate(box.lines):
        style = ' font-weight="bold" fill="#111827"' if i == 0 else ' fill="#4b5563" font-size="11"'
        lines.append(f'<text x="{x:.1f}" y="{top + i * LINE_HEIGHT:.1f}"{style}>{escape(line)}</text>')
    return [*lines, "</g>"]


def _curve(points: list[tuple[float, float]]) -> str:
    """A smooth line through points, upright at each."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        middle = (y0 + y1) / 2
        parts.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    return " ".join(parts)


def _legend(kinds: list[Kind]) -> list[str]:
    lines = []
    for i, kind in enumerate(kinds):
        x = _MARGIN + i * _LEGEND_STEP
        lines.append(
            f'<rect x="{x:.0f}" y="{_MARGIN:.0f}" width="12" height="12" rx="3" fill="{COLOURS[kind].fill}" stroke="{COLOURS[kind].line}"/>'
            f'<text x="{x + 18:.0f}" y="{_MARGIN + 10:.0f}" text-anchor="start" fill="#4b5563">{kind.value}</text>'
        )
    return lines
