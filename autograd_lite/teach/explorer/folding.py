"""Which nodes are shown together: name scopes, and stretches of nodes where a scope has too many; and what is open at first."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograd_lite.teach.story.model import Node, Story

MOST_SHOWN = 60  # boxes of a picture that can still be read
_STRETCH = 40  # nodes that are folded together where no scope does it


@dataclass(eq=False)
class Group:
    """A scope, or a stretch of nodes; it can be folded into one box."""

    label: str
    parent: Group | None = None
    groups: list[Group] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)  # directly in it
    is_open: bool = False
    is_scope: bool = True  # else a stretch

    @property
    def size(self) -> int:
        """How many nodes are in it, at any depth."""
        total, stack = 0, [self]
        while stack:
            group = stack.pop()
            total += len(group.nodes)
            stack.extend(group.groups)
        return total


def folded(story: Story, most: int = MOST_SHOWN) -> Group:
    """The groups of a story under one root; so many are open that at most `most` boxes show.

    Scopes through which no gradient passes (they draw random numbers, work out a rate) stay closed.
    """
    nodes = story.nodes
    root = Group("", is_open=True)
    by_path: dict[tuple[str, ...], Group] = {(): root}
    for node in nodes:
        path = tuple(node.name.split("/")[:-1])
        _group_at(path, by_path).nodes.append(node)
    _merge_small(root)
    for group in _all(root):
        _make_stretches(group, most)
    _open(root, most, _passed_through(story))
    return root


def _passed_through(story: Story) -> set[Node]:
    """The nodes that have a gradient."""
    return {node for node in story.nodes if any(result.gradient is not None for result in node.results)}


def _group_at(path: tuple[str, ...], by_path: dict[tuple[str, ...], Group]) -> Group:
    missing = []
    while path not in by_path:
        missing.append(path)
        path = path[:-1]
    group = by_path[path]
    for path in reversed(missing):
        inner = Group(path[-1], group)
        group.groups.append(inner)
        by_path[path] = group = inner
    return group


def _all(root: Group) -> list[Group]:
    """A group and all groups in it, outer ones first."""
    found = [root]
    for group in found:
        found.extend(group.groups)
    return found


def _merge_small(root: Group) -> None:
    """A scope around a single node or a single scope is no help: it goes, and what was in it moves out."""
    for group in reversed(_all(root)):
        parent = group.parent
        if parent is None or group.size > 1 and len(group.groups) + len(group.nodes) > 1:
            continue
        parent.groups.remove(group)
        parent.nodes.extend(group.nodes)
        parent.nodes.sort(key=lambda node: node.id)
        for inner in group.groups:
            inner.label = f"{group.label}/{inner.label}"
            inner.parent = parent
            parent.groups.append(inner)


def _make_stretches(group: Group, most: int) -> None:
    """Divide what is directly in a group, if that is too much for one picture, into stretches in the order of computation."""
    items: list[Node | Group] = sorted([*group.nodes, *group.groups], key=_first)
    while len(items) > most:
        stretches: list[Node | Group] = []
        for start in range(0, len(items), _STRETCH):
            part = items[start : start + _STRETCH]
            if len(part) == 1:
                stretches.append(part[0])
                continue
            stretch = Group(f"{_label(part[0])} … {_label(part[-1])}", group, is_scope=False)
            stretch.nodes = [item for item in part if isinstance(item, Node)]
            stretch.groups = [item for item in part if isinstance(item, Group)]
            for inner in stretch.groups:
                inner.parent = stretch
            stretches.append(stretch)
        items = stretches
    group.nodes = [item for item in items if isinstance(item, Node)]
    group.groups = [item for item in items if isinstance(item, Group)]


def _first(item: Node | Group) -> int:
    """The number of the first node."""
    if isinstance(item, Node):
        return item.id
    return min(node.id for group in _all(item) for node in group.nodes)


def _label(item: Node | Group) -> str:
    return item.label if isinstance(item, Group) else item.name.rpartition("/")[2]


def _open(root: Group, most: int, matters: set[Node]) -> None:
    """Open scopes, outer ones and small ones first, as long as the picture stays readable."""
    shown = len(root.nodes) + len(root.groups)
    waiting = sorted(root.groups, key=lambda group: group.size)
    while waiting:
        group = waiting.pop(0)
        more = len(group.nodes) + len(group.groups) - 1
        if shown + more > most or not any(node in matters for inner in _all(group) for node in inner.nodes):
            continue
        group.is_open = True
        shown += more
        waiting.extend(sorted(group.groups, key=lambda inner: inner.size))


def summary(root: Group) -> str:
    """What is folded, in a sentence; empty when everything shows."""
    closed, stack = [], [root]
    while stack:
        group = stack.pop()
        if group.is_open:
            stack.extend(group.groups)
        else:
            closed.append(group)
    if not closed:
        return ""
    hidden = sum(group.size for group in closed)
    return f"{hidden} nodes are folded into {len(closed)} {'box' if len(closed) == 1 else 'boxes'}."
