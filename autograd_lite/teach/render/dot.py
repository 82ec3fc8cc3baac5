"""A picture in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from html import escape

from autograd_lite.teach.render.kinds import COLOURS, Kind
from autograd_lite.teach.render.picture import Box, Frame, Line, Picture, Style
from autograd_lite.teach.render.svg import ARROW, FRAME_LINE, STYLES, legend_rows
from autograd_lite.teach.render.words import clean

_LEGEND_WIDTH = 640.0
# With more arrows than these Graphviz takes minutes for labels and for the last improvements of the layout.
_MOST_LABELS = 200
_HURRY = " nslimit=2, nslimit1=2, mclimit=0.3,"
# Every name and text is written between double quotes or as escaped text of an HTML-like label, so none can end it.
_HEAD = """\
digraph graph_of_operations {
  graph [rankdir="%s",%s nodesep=0.3, ranksep=0.4, fontname="DejaVu Sans", fontsize=11, labelloc="t", label=%s];
  node [shape="box", style="rounded,filled", fontname="DejaVu Sans", fontsize=11, margin="0.12,0.06"];
  edge [color="%s", arrowsize=0.7, fontname="DejaVu Sans", fontsize=9, fontcolor="%s"];"""


def to_dot(picture: Picture, direction: str = "TB") -> str:
    """The text of a `.dot` file: boxes coloured by kind, arrows along the tensors (dashed: order only), name scopes as clusters.

    In a large picture the shapes at arrows are tooltips only, which the picture says.
    """
    is_large = len(picture.arrows) > _MOST_LABELS
    if is_large and any(arrow.label for arrow in picture.arrows):
        picture = replace(picture, notes=[*picture.notes, "With so many arrows their shapes are tooltips only."])
    lines = [_HEAD % (direction, _HURRY if is_large else "", _legend(picture), ARROW, STYLES[Style.NAME])]
    inside: dict[str, list[Box]] = {}
    frames: dict[str, list[Frame]] = {}
    for box in picture.boxes:
        inside.setdefault(box.scope, []).append(box)
    for frame in picture.frames:
        frames.setdefault(frame.outer, []).append(frame)
    numbers = {frame.name: number for number, frame in enumerate(picture.frames)}
    waiting: list[Frame | None] = [*reversed(frames.get("", []))]  # None ends the frame that is open
    lines += [_box(box) for box in inside.get("", [])]
    while waiting:
        opened = waiting.pop()
        if opened is None:
            lines.append("  }")
            continue
        lines.append(f'  subgraph "cluster_{numbers[opened.name]}" {{ {_frame(opened)}')
        lines += [_box(box) for box in inside.get(opened.name, [])]
        waiting += [None, *reversed(frames.get(opened.name, []))]
    for arrow in picture.arrows:
        words = f"{arrow.tensor or 'order of running'} {arrow.label if is_large else ''}".rstrip()
        look = [f'label="{_quoted("" if is_large else arrow.label)}"', f'tooltip="{_quoted(words)}"']
        look += ['style="dashed"'] if arrow.control else []
        lines.append(f"  n{arrow.source} -> n{arrow.target} [{', '.join(look)}];")
    return "\n".join([*lines, *_backward_below(picture), "}", ""])


def _backward_below(picture: Picture) -> Iterable[str]:
    """The backward pass begins below what it goes back through: an arrow that is not seen keeps it there."""
    first = next((box for box in picture.boxes if box.kind is Kind.GRADIENT), None)
    if first is not None:
        before = [box for box in picture.boxes if box.id < first.id and box.kind in (Kind.OPERATION, Kind.SCOPE)]
        yield from (f'  n{box.id} -> n{first.id} [style="invis"];' for box in before[-1:])


def _box(box: Box) -> str:
    fill, line = COLOURS[box.kind]
    look = [f'label=<{"<br/>".join(map(_line, box.lines))}>', f'fillcolor="{fill}"', f'color="{line}"', f'tooltip="{_quoted(box.name)}"']
    look += ['style="rounded,filled,dashed"'] if box.kind is Kind.OUTSIDE else ["peripheries=2"] if box.count > 1 else []
    return f"  n{box.id} [{', '.join(look)}];"


def _line(line: Line) -> str:
    words = escape(line.text) or " "
    words = f"<b>{words}</b>" if line.style is Style.TITLE else words
    return f'<font color="{STYLES[line.style]}">{words}</font>'


def _frame(frame: Frame) -> str:
    return (
        f'label="{_quoted(frame.label)}"; tooltip="{_quoted(frame.name)}"; style="rounded,filled"; fillcolor="#0f172a0a"; '
        f'color="{FRAME_LINE}"; fontname="DejaVu Sans"; fontcolor="#475569"; fontsize=11; labeljust="l"; labelloc="t";'
    )


def _legend(picture: Picture) -> str:
    rows = "".join(f"<tr><td>{'   '.join(_entries(row))}</td></tr>" for row in legend_rows(picture, _LEGEND_WIDTH))
    notes = "".join(f"<tr><td>{escape(clean(note))}</td></tr>" for note in picture.notes)
    return f'<<table border="0" cellspacing="2">{rows}{notes}</table>>' if rows or notes else '""'


def _entries(row: Iterable[tuple[Kind | None, str]]) -> Iterable[str]:
    for kind, word in row:
        mark = "- - &gt;" if kind is None else f'<font color="{COLOURS[kind].line}">\N{BLACK SQUARE}</font>'
        yield f"{mark} {escape(word)}"


def _quoted(text: str) -> str:
    """Text inside a quoted string: names come from files too, so nothing in them may end the string or mean a field."""
    return clean(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
