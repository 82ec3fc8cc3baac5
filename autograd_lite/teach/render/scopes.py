"""Name scopes as a tree, and which of them a picture folds into one box each; and stretches of boxes where no scope helps.

A name `layer1/dense/MatMul` lies in the scopes `layer1` and `layer1/dense`. A node that is called like a scope (`w` beside `w/read`)
belongs to it: when the scope is folded, the node is inside.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping


def scopes_of(name: str) -> list[str]:
    """The scopes around a node, the outermost first.

    >>> scopes_of("layer1/dense/MatMul")
    ['layer1', 'layer1/dense']
    """
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def parent(name: str) -> str:
    """The scope right around a node or scope, or "" for none."""
    return name.rpartition("/")[0]


def counts(names: Iterable[str]) -> dict[str, int]:
    """How many of the nodes `names` lie in each scope, at any depth; a node that is called like the scope counts too.

    >>> counts(["w", "w/read", "layer/MatMul", "layer/inner/Add"])
    {'w': 2, 'layer': 2, 'layer/inner': 1}
    """
    names = list(names)
    found: dict[str, int] = {}
    for name in names:
        for scope in scopes_of(name):
            found[scope] = found.get(scope, 0) + 1
    for name in names:
        if name in found:
            found[name] += 1
    return found


def fold(names: Collection[str], closed: Collection[str]) -> dict[str, str]:
    """Node -> the outermost scope in `closed` that it lies in, for every node that lies in one.

    A scope with a single node in it is not worth folding: the node stays.

    >>> fold(["w", "w/read", "layer/MatMul", "layer/inner/Add", "alone/Add"], {"w", "layer", "alone"})
    {'w': 'w', 'w/read': 'w', 'layer/MatMul': 'layer', 'layer/inner/Add': 'layer'}
    """
    inside = counts(names)
    worth = {scope for scope in closed if inside.get(scope, 0) > 1}
    found = {}
    for name in names:
        scope = next((scope for scope in [*scopes_of(name), name] if scope in worth), None)
        if scope is not None:
            found[name] = scope
    return found


def closed_at(names: Iterable[str], depth: int) -> set[str]:
    """The scopes to fold so that `depth` levels of scopes stay open; 0 folds the outermost ones.

    >>> sorted(closed_at(["layer/MatMul", "layer/inner/Add"], 1))
    ['layer/inner']
    """
    return {scopes[depth] for scopes in map(scopes_of, names) if len(scopes) > depth}


def box_count(names: Collection[str], folded: Mapping[str, str]) -> int:
    """How many boxes there are when the nodes in `folded` are shown by their scopes."""
    return len({folded.get(name, name) for name in names})


def depth_for(names: Collection[str], most: int) -> int | None:
    """How many levels of scopes can stay open with at most `most` boxes; None when nothing need be folded, 0 when nothing helps.

    >>> depth_for(["a/x", "a/y", "b/c/x", "b/c/y"], 3), depth_for(["a/x", "a/y"], 3)
    (1, None)
    """
    if len(names) <= most:
        return None
    deepest = max(name.count("/") for name in names)
    for depth in range(deepest - 1, 0, -1):
        if box_count(names, fold(names, closed_at(names, depth))) <= most:
            return depth
    return 0


def stretches(shown: Iterable[str], most: int) -> dict[str, str]:
    """Box -> the stretch of neighbours that is shown in its place, called after its ends.

    Args:
      shown: for each node, in the order of the nodes, the box that shows it.
      most: how many stretches there may be, beside boxes that are as large as a stretch and stay as they are.

    >>> stretches(["a", "b", "c/Add", "d", "e", "e", "e", "e"], 3)
    {'a': 'a \u2026 b', 'b': 'a \u2026 b', 'c/Add': 'Add \u2026 d', 'd': 'Add \u2026 d'}
    """
    sizes = Counter(shown)
    length = math.ceil(len(sizes) / most)
    parts: list[list[str]] = [[]]
    for box, size in sizes.items():
        if len(parts[-1]) == length or size > length:
            parts.append([])
        if size <= length:
            parts[-1].append(box)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for number, part in enumerate(part for part in parts if len(part) > 1):
        first, last = (end.rpartition("/")[2] for end in (part[0], part[-1]))
        name = f"{first} \u2026 {last}"
        if name in taken:
            name = f"{name} ({number})"
        taken.add(name)
        found.update(dict.fromkeys(part, name))
    return found
