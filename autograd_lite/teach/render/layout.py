"""Where everything in a picture goes: the boxes of each frame are arranged first, and then the frame is a box for the one around it.

So no frame ever cuts into another. An arrow that enters a frame passes a point of its border: arrows of one tensor pass the same one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from autograd_lite.teach.render.kinds import Kind
from autograd_lite.teach.render.picture import Arrow, Box, Frame, Picture, Style
from autograd_lite.teach.render.rows import Arranged, Item, Link, Point, arrange, labels_width, sort_items
from autograd_lite.teach.render.text_width import text_width

LINE_HEIGHT = 15.0
TITLE_SIZE, TEXT_SIZE, LABEL_SIZE = 12.0, 11.0, 10.0
_PADDING = 10.0
_BORDER, _HEADER, _FOOTER = 12.0, 20.0, 8.0  # of a frame: at the sides, above (with the label), below
SHEET = 3.0  # how far the second sheet of a folded scope shows
_LABEL_ROOM = 16.0  # along the flow, for what stands beside an arrow where it leaves a box
_LABEL_GAP = 12.0  # across the flow: from the arrow to the label, and after it
_ROOT = ""
DIRECTIONS = ("TB", "LR")


class Place(NamedTuple):
    """Middle and size of a box or frame."""

    x: float
    y: float
    width: float
    height: float


class Label(NamedTuple):
    """Text beside an arrow: its left end, on the middle line of the letters."""

    text: str
    x: float
    y: float


class Layout(NamedTuple):
    """Where everything is: boxes by id, frames by name (outer ones first), arrows as points, labels, and the size of the whole."""

    boxes: dict[int, Place]
    frames: dict[str, Place]
    routes: list[tuple[Arrow, list[Point]]]
    labels: list[Label]
    width: float
    height: float
    direction: str = "TB"


def lay_out(picture: Picture, direction: str = "TB") -> Layout:
    """Place the boxes of a picture, with the flow from top to bottom ("TB") or from left to right ("LR")."""
    return _Compound(picture, direction == "LR").layout(direction)


def box_size(box: Box) -> tuple[float, float]:
    """Width and height of a box with its text."""
    widths = [text_width(line.text, *line_font(line.style)) for line in box.lines]
    return max(widths, default=0.0) + 2 * _PADDING, len(box.lines) * LINE_HEIGHT + _PADDING


def line_font(style: Style) -> tuple[float, bool]:
    """The size of the letters of a line, and whether they are bold."""
    return (TITLE_SIZE, True) if style is Style.TITLE else (TEXT_SIZE, False)


def label_width(text: str) -> float:
    """The width of what stands beside an arrow."""
    return text_width(text, LABEL_SIZE)


class _Part(NamedTuple):
    """A piece of an arrow: link number `link` of a frame."""

    frame: str
    link: int


class _Scope:
    """One frame while it is arranged: its children (ids of boxes, names of frames) and the links between them and with its border."""

    def __init__(self) -> None:
        self.children: list[int | str] = []
        self.index: dict[int | str, int] = {}
        self.between: list[tuple[int, int]] = []  # children that arrows join
        self.below: list[tuple[int, int]] = []  # children of which the second is to be lower
        self.order: list[int] = []
        self.items: list[Item] = []
        self.links: list[Link] = []
        self.link_numbers: dict[Link, int] = {}
        self.points: dict[tuple[str, Hashable], int] = {}  # border points: (edge, key) -> item
        self.arranged: Arranged | None = None

    def add(self, child: int | str) -> None:
        self.index[child] = len(self.children)
        self.children.append(child)

    def link(self, source: int, target: int, key: Hashable) -> int:
        link = Link(source, target, key)
        if link not in self.link_numbers:
            self.link_numbers[link] = len(self.links)
            self.links.append(link)
        return self.link_numbers[link]

    def point(self, edge: str, key: Hashable, along: float) -> int:
        """The item on the border that arrows of `key` pass."""
        if (edge, key) not in self.points:
            self.points[edge, key] = len(self.items)
            self.items.append(Item(0.0, along, edge))
        return self.points[edge, key]


class _Compound:
    def __init__(self, picture: Picture, turned: bool) -> None:
        self.picture, self.turned = picture, turned
        self.frames: dict[str, Frame] = {frame.name: frame for frame in picture.frames}
        self.boxes = {box.id: box for box in picture.boxes}
        self.scopes: dict[str, _Scope] = {_ROOT: _Scope(), **{name: _Scope() for name in self.frames}}
        self.parts: list[list[_Part]] = []
        self.sizes: dict[int, tuple[float, float]] = {}
        # frames and folded scopes of the backward pass; a frame is one if its first box is
        self.backward: set[int | str] = {box.id for box in picture.boxes if box.kind is Kind.GRADIENT and box.count > 1}

    def layout(self, direction: str) -> Layout:
        self._fill()
        self._order()
        for name, scope in self.scopes.items():
            scope.items = [Item(0.0, 0.0) for _ in scope.children]
            if name:
                width = text_width(self.frames[name].label, TEXT_SIZE, True)
                header = Item(_HEADER, width + 8.0, "top") if self.turned else Item(width + 8.0, _HEADER, "top")
                scope.items.append(Item(header.across, header.along, "top", leads=True))
        self.parts = [list(self._parts(arrow)) for arrow in self.picture.arrows]
        for name in reversed(self.scopes):  # inner frames first
            self._arrange(name)
        return self._result(direction)

    def _fill(self) -> None:
        """Children of each frame, in the order of their first nodes."""
        seen = {_ROOT}
        for box in self.picture.boxes:
            inner: int | str = box.id
            outer = box.scope if box.scope in self.frames else _ROOT
            self.scopes[outer].add(inner)
            while outer not in seen:
                seen.add(outer)
                if box.kind is Kind.GRADIENT:
                    self.backward.add(outer)
                inner, outer = outer, self.frames[outer].outer
                self.scopes[outer].add(inner)

    def _way_up(self, box: int) -> list[str]:
        """The frames around a box, the innermost first; the whole picture is the last."""
        scope = self.boxes[box].scope
        found = [scope] if scope in self.frames else []
        while found and self.frames[found[-1]].outer:
            found.append(self.frames[found[-1]].outer)
        return [*found, _ROOT]

    def _meeting(self, arrow: Arrow) -> tuple[str, list[str], list[str]]:
        """The innermost frame that holds both ends, and the frames below it around each end, the innermost first."""
        up, down = self._way_up(arrow.source), self._way_up(arrow.target)
        around = set(down)
        common = next(name for name in up if name in around)
        return common, up[: up.index(common)], down[: down.index(common)]

    def _order(self) -> None:
        for arrow in self.picture.arrows:
            common, up, down = self._meeting(arrow)
            index = self.scopes[common].index
            self.scopes[common].between.append((index[up[-1] if up else arrow.source], index[down[-1] if down else arrow.target]))
        for scope in self.scopes.values():
            scope.order = sort_items(len(scope.children), scope.between)
            self._put_backward_below(scope)

    def _put_backward_below(self, scope: _Scope) -> None:
        """The backward pass begins below what it goes back through, though not all of that is used in it."""
        reached = {target for _, target in scope.between}
        backward = [number for number, child in enumerate(scope.children) if child in self.backward]
        for number in backward:
            before = (other for other in reached if scope.order[other] < scope.order[number] and scope.children[other] not in self.backward)
            scope.below += [(other, number) for other in sorted(before)]

    def _parts(self, arrow: Arrow) -> Iterator[_Part]:
        """The pieces of an arrow: out of the frames around its source, across the frame that holds both ends, into the others."""
        common, up, down = self._meeting(arrow)
        scope = self.scopes[common]
        source = scope.index[up[-1] if up else arrow.source]
        target = scope.index[down[-1] if down else arrow.target]
        if source == target:
            return
        forward = scope.order[source] < scope.order[target]
        key = (arrow.source, arrow.control, arrow.tensor, arrow.label, forward)
        child: int | str = arrow.source
        for name in up:
            frame = self.scopes[name]
            point = frame.point("bottom" if forward else "top", key, self._border("bottom" if forward else "top"))
            yield _Part(name, frame.link(frame.index[child], point, key))
            child = name
        yield _Part(common, scope.link(source, target, key))
        inside: list[int | str] = [*reversed(down[:-1]), arrow.target]
        for name, inner in zip(reversed(down), inside):
            frame = self.scopes[name]
            point = frame.point("top" if forward else "bottom", key, self._border("top" if forward else "bottom"))
            yield _Part(name, frame.link(point, frame.index[inner], key))

    def _border(self, edge: str) -> float:
        return _FOOTER if edge == "bottom" else 10.0 if self.turned else _HEADER

    def _arrange(self, name: str) -> None:
        scope = self.scopes[name]
        for number, child in enumerate(scope.children):
            scope.items[number] = Item(0.0, 0.0) if isinstance(child, int) else self._frame_item(child)
        arriving = [0] * len(scope.items)  # links that come up from below
        for link in scope.links:
            item = scope.items[link.source]
            label = self._label(link.key)
            if not self._runs_down(scope, link):
                arriving[link.target] += 1
            elif item.ports is None and not item.pin:
                item.labels[link.key] = 0.0 if not label else LABEL_SIZE + 6.0 if self.turned else label_width(label) + _LABEL_GAP
        for item, child, count in zip(scope.items, scope.children, arriving):
            if isinstance(child, int):
                self._give_size(item, child, count)
        scope.arranged = arrange(scope.items, scope.links, scope.order, scope.below)

    def _runs_down(self, scope: _Scope, link: Link) -> bool:
        if scope.items[link.source].pin:
            return scope.items[link.source].pin == "top"
        pin = scope.items[link.target].pin
        return pin == "bottom" if pin else scope.order[link.source] < scope.order[link.target]

    @staticmethod
    def _label(key: Hashable) -> str:
        return key[3] if isinstance(key, tuple) else ""

    def _give_size(self, item: Item, box: int, arriving: int) -> None:
        """A box is as large as its text, and wide enough for what stands under it beside its arrows; `arriving` come from below."""
        width, height = box_size(self.boxes[box])
        labels = [*item.labels.values(), *([0.0] * arriving)] if any(item.labels.values()) else []
        if len(labels) > 1 and self.turned:
            height = max(height, labels_width(labels))
        elif len(labels) > 1:
            width = max(width, labels_width(labels))
        self.sizes[box] = width, height
        item.across, item.along = (height, width) if self.turned else (width, height)
        item.edge = item.across
        item.along += SHEET if self.boxes[box].count > 1 else 0.0
        if labels:
            item.across = max(item.across, labels_width(labels))
            longest = max(label_width(self._label(key)) for key in item.labels)
            item.along += longest + _LABEL_GAP if self.turned else _LABEL_ROOM

    def _frame_item(self, name: str) -> Item:
        scope, arranged = self.scopes[name], self.scopes[name].arranged
        assert arranged is not None  # inner frames come first
        middle = arranged.width / 2
        ports = {(edge, key): arranged.xs[item] - middle for (edge, key), item in scope.points.items()}
        return Item(arranged.width + 2 * _BORDER, arranged.height + _FOOTER, ports=ports)

    def _result(self, direction: str) -> Layout:
        """Everything in the coordinates of the whole picture."""
        corners = {_ROOT: (0.0, 0.0)}  # of what is inside of each frame
        boxes: dict[int, Place] = {}
        frames: dict[str, Place] = {}
        labels: list[Label] = []
        for name, scope in self.scopes.items():  # outer frames first
            (left, top), arranged = corners[name], scope.arranged
            assert arranged is not None
            for number, child in enumerate(scope.children):
                x, y, item = left + arranged.xs[number], top + arranged.ys[number], scope.items[number]
                if isinstance(child, int):
                    boxes[child] = self._place_of_box(child, x, y - item.along / 2)
                else:
                    corners[child] = (x - item.across / 2 + _BORDER, y - item.along / 2)
                    frames[child] = self._turn_place(x, y, item.across, item.along)
            labels += self._labels(scope, left, top, boxes)
        routes = [(arrow, self._route(parts, corners)) for arrow, parts in zip(self.picture.arrows, self.parts)]
        routes = [(arrow, self._joined(boxes[arrow.source], points, boxes[arrow.target])) for arrow, points in routes if points]
        whole = self.scopes[_ROOT].arranged
        assert whole is not None
        size = (whole.height, whole.width) if self.turned else (whole.width, whole.height)
        return Layout(boxes, {frame: frames[frame] for frame in self.frames if frame in frames}, routes, labels, *size, direction)

    def _place_of_box(self, box: int, x: float, top: float) -> Place:
        width, height = self.sizes[box]
        along = width if self.turned else height
        return self._turn_place(x, top + along / 2, height if self.turned else width, along)

    def _turn_place(self, x: float, y: float, across: float, along: float) -> Place:
        return Place(y, x, along, across) if self.turned else Place(x, y, across, along)

    def _labels(self, scope: _Scope, left: float, top: float, boxes: Mapping[Any, Place]) -> Iterator[Label]:
        arranged = scope.arranged
        assert arranged is not None
        for number, child in enumerate(scope.children):
            for key in (key for key, wide in scope.items[number].labels.items() if wide):
                x = left + arranged.leaving[number, "bottom", key]
                bottom = top + arranged.ys[number] + scope.items[number].along / 2
                if self.turned:
                    width = boxes[child].width
                    start = top + arranged.ys[number] - scope.items[number].along / 2 + width
                    yield Label(self._label(key), start + 5.0, x + LABEL_SIZE / 2 + 2.0)
                else:
                    yield Label(self._label(key), x + 4.0, bottom - _LABEL_ROOM / 2 + 1.0)

    def _route(self, parts: list[_Part], corners: dict[str, Point]) -> list[Point]:
        points: list[Point] = []
        for part in parts:
            arranged = self.scopes[part.frame].arranged
            assert arranged is not None
            left, top = corners[part.frame]
            points += [(left + x, top + y) for x, y in arranged.routes[part.link]]
        return [(y, x) for x, y in points] if self.turned else points

    def _joined(self, source: Place, points: list[Point], target: Place) -> list[Point]:
        """An arrow that begins or ends below the labels under a box: lead it up to the box."""
        start, end = self._at_edge(source, points[0]), self._at_edge(target, points[-1])
        return [*start, *points, *end]

    def _at_edge(self, box: Place, point: Point) -> list[Point]:
        x, y = point
        if self.turned:
            edge = box.x + box.width / 2
            return [(edge, y)] if x > edge + 0.5 else []
        edge = box.y + box.height / 2
        return [(x, edge)] if y > edge + 0.5 else []
