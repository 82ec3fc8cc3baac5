"""A failed call leaves no trace: the nodes and names that it made are taken back."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph.graph import Graph


class undone_on_error:
    """When this context ends with an error, the nodes and names made in it are taken back."""

    __slots__ = ("_graph", "_left", "_marks")

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __enter__(self) -> Any:
        graph = self._graph
        scopes = graph._scopes
        self._marks = len(graph._operations), len(graph._name_journal), graph._next_id, graph._random_ops
        self._left = scopes.name
        scopes.depth += 1

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        graph = self._graph
        scopes = graph._scopes
        scopes.name = self._left
        if kind is not None:
            graph.undo(*self._marks)
        scopes.depth -= 1
        if not scopes.depth:
            graph._name_journal.clear()
