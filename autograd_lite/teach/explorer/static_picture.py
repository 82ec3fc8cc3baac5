"""The picture of a story for readers whose browser or viewer runs no scripts."""

from __future__ import annotations

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.teach.explorer.arrays import number
from autograd_lite.teach.explorer.folding import Group, folded, summary
from autograd_lite.teach.render.kinds import Kind as BoxKind
from autograd_lite.teach.render.picture import Arrow, Box, Picture
from autograd_lite.teach.render.svg import to_svg
from autograd_lite.teach.story.model import Kind, Node, Story

_COLOURED_AS = {
    Kind.PLACEHOLDER: BoxKind.PLACEHOLDER, Kind.VARIABLE: BoxKind.VARIABLE, Kind.CONSTANT: BoxKind.CONSTANT,
    Kind.OPERATION: BoxKind.OPERATION, Kind.LOOP: BoxKind.OPERATION, Kind.BRANCHES: BoxKind.OPERATION,
}  # fmt: skip


_MOST_BOXES = (60, 30, 15, 6)
_LARGEST = 24_000  # letters


def static_picture(story: Story) -> str:
    """SVG with the values and gradients of the run; of large graphs so much is folded that the picture stays small."""
    picture = ""
    for most in _MOST_BOXES:
        picture = _picture(story, folded(story, most))
        if len(picture) <= _LARGEST:
            break
    return picture


def _picture(story: Story, root: Group) -> str:
    shown_as: dict[Node, Node | Group] = {}
    stack: list[tuple[Group, Group | None]] = [(root, None)]
    while stack:
        group, closed = stack.pop()
        closed = closed or (None if group.is_open else group)
        shown_as.update((node, closed or node) for node in group.nodes)
        stack.extend((inner, closed) for inner in group.groups)
    numbers: dict[Node | Group, int] = {}
    boxes: list[Box] = []
    arrows: dict[Arrow, None] = {}
    for node in story.nodes:
        shown = shown_as[node]
        if shown not in numbers:
            numbers[shown] = len(boxes)
            boxes.append(_box(shown, len(boxes)))
        for argument in node.arguments:
            source = numbers[shown_as[argument.result.node]]
            if source != numbers[shown]:
                arrows[Arrow(source, numbers[shown], False)] = None
    return to_svg(Picture(boxes, list(arrows), notes=[summary(root)] if summary(root) else []))


def _box(shown: Node | Group, place: int) -> Box:
    if isinstance(shown, Group):
        return Box(place, BoxKind.SCOPE, shown.label, f"{shown.size} nodes, folded")
    gradients = tuple(f"∂ {_brief(result.gradient)}" for result in shown.results[:1] if result.gradient is not None)
    values = tuple(_brief(result.value) for result in shown.results[:1] if result.value is not None)
    return Box(place, _COLOURED_AS[shown.kind], shown.name.rpartition("/")[2], shown.type, values=values, gradients=gradients)


def _brief(array: np.ndarray) -> str:
    if array.size == 1 and array.dtype.kind in "fiub":
        return f"{number(array.reshape(-1)[0].item(), 4)}"
    return f"{array.dtype.name} {text(array.shape)}"
