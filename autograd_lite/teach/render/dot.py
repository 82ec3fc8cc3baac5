"""A picture in the language of Graphviz."""

from __future__ import annotations

from autograd_lite.teach.render.picture import COLOURS, Box, Picture


def to_dot(picture: Picture) -> str:
    """The text of a `.dot` file: boxes coloured by kind, arrows along the tensors (dashed: order only)."""
    arrows = (f"  n{arrow.source} -> n{arrow.target}{' [style=dashed]' if arrow.control else ''};" for arrow in picture.arrows)
    lines = [
        "digraph graph_of_operations {",
        '  rankdir="TB"; nodesep=0.3; ranksep=0.4;',
        '  node [shape="box", style="rounded,filled", fontname="DejaVu Sans", fontsize=11, margin="0.12,0.05"];',
        '  edge [color="#6b7280", arrowsize=0.7];',
        *(_box(box) for box in picture.boxes),
        *arrows,
        "}",
        "",
    ]
    return "\n".join(lines)


def _box(box: Box) -> str:
    fill, line = COLOURS[box.kind]
    return f'  n{box.id} [label="{_escaped(box.lines)}", fillcolor="{fill}", color="{line}", tooltip="{_escaped([box.name])}"];'


def _escaped(lines: list[str]) -> str:
    """Text inside a quoted string: names come from files too, so nothing in them may end the string or mean a field."""
    safe = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ").replace("\0", " ") for line in lines)
    return "\\n".join(safe)
