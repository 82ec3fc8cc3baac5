"""The nodes of a GraphDef in an order in which they can be made; nothing here touches a graph."""

from __future__ import annotations

import heapq
import re
from collections.abc import Container, Iterator
from typing import Any

Source = tuple[str, int]  # name of a node in the GraphDef, number of its output; -1 = control
BACK_EDGES = frozenset({"NextIteration", "RefNextIteration"})
MERGES = frozenset({"Merge", "RefMerge"})
_VALID_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*\Z")
_INPUT = re.compile(r"(\^?)([^:^]+)(?::(\d{1,9}))?\Z")


def read_source(text: str) -> Source | None:
    """What an input such as "x", "x:1" or "^x" refers to; None when it is not well formed."""
    match = _INPUT.match(text)
    if match is None:
        return None
    control, name, output = match.groups()
    if control:
        return (name, -1) if output is None else None
    return name, int(output or 0)


def source_text(source: Source) -> str:
    """The way in which a GraphDef writes a source."""
    name, output = source
    return f"^{name}" if output < 0 else name if output == 0 else f"{name}:{output}"


class SourceNode:
    """One NodeDef, with what was read off it before any node is made."""

    __slots__ = ("controls", "index", "inputs", "name", "proto", "waiting")

    def __init__(self, proto: Any, name: str, index: int) -> None:
        self.proto = proto
        self.name = name
        self.index = index
        self.inputs: list[Source] = []
        self.controls: list[Source] = []
        self.waiting = 0  # inputs whose node is not made yet


def read_nodes(protos: Any) -> dict[str, SourceNode]:
    """The nodes by name.

    Raises:
      ValueError: when a name is not valid or not unique, or the inputs are not well formed.
    """
    nodes: dict[str, SourceNode] = {}
    for index, proto in enumerate(protos):
        name = proto.name
        if not _VALID_NAME.match(name):
            raise ValueError(f"Node '{name}': Node name contains invalid characters")
        if name in nodes:
            raise ValueError(f"Node '{name}' is not unique")
        if not proto.op:
            raise ValueError(f"Node '{name}' does not specify an operation")
        node = nodes[name] = SourceNode(proto, name, index)
        for text in proto.input:
            source = read_source(text) or (text, 0)  # what is not well formed is the name of no node
            if source[1] < 0:
                if source not in node.controls:
                    node.controls.append(source)
            elif node.controls:
                raise ValueError(f"Node '{name}': Control dependencies must come after regular dependencies")
            else:
                node.inputs.append(source)
    return nodes


def connect(nodes: dict[str, SourceNode], replaced: Container[Source]) -> dict[str, list[SourceNode]]:
    """Count what each node waits for; returns, for each node, those that take from it, as often as they do.

    Args:
      replaced: sources that do not come from these nodes.

    Raises:
      ValueError: when a node takes from one that is not there.
    """
    dependents: dict[str, list[SourceNode]] = {}
    for name, node in nodes.items():
        data = controls = 0
        closes_loop = False
        for source in (*node.inputs, *node.controls):
            if source in replaced:
                continue
            if source[0] not in nodes:
                raise ValueError(f"Node '{name}': Unknown input node '{source_text(source)}'")
            dependents.setdefault(source[0], []).append(node)
            if source[1] < 0:
                controls += 1
            else:
                data += 1
                closes_loop = closes_loop or nodes[source[0]].proto.op in BACK_EDGES
        if closes_loop and node.proto.op in MERGES:
            data = 1  # the other input comes round the loop
        node.waiting = data + controls
    return dependents


def in_order(nodes: dict[str, SourceNode], dependents: dict[str, list[SourceNode]]) -> Iterator[SourceNode]:
    """The nodes, each after those it takes from; among those that could be next, the first of the GraphDef.

    Raises:
      ValueError: at the end, when some wait for each other.
    """
    by_index = list(nodes.values())
    ready = [node.index for node in by_index if not node.waiting]
    heapq.heapify(ready)
    count = 0
    while ready:
        node = by_index[heapq.heappop(ready)]
        count += 1
        yield node
        for dependent in dependents.get(node.name, ()):
            dependent.waiting -= 1
            if dependent.waiting == 0:
                heapq.heappush(ready, dependent.index)
    if count < len(by_index):
        stuck = [node.name for node in by_index if node.waiting > 0]
        raise ValueError(f"{len(by_index) - count} nodes in a cycle\n  Among them: {', '.join(stuck[:5])}")
