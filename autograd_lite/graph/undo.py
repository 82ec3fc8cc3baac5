"""A failed call leaves no trace: the nodes and names that it made are taken back. So are nodes that are wanted for a moment only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_lite.graph.collections import GraphKeys
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


@contextmanager
def for_a_moment(graph: Graph) -> Iterator[None]:
    """Nodes made in this context are taken back at its end, in any case; a finalized graph takes them, too.

    Whoever looks at a graph (draws it, differentiates it to tell about it) leaves it as it was: names, counters, loops and branches.
    """
    was_finalized = graph.finalized
    contexts = [*graph.get_collection(GraphKeys.COND_CONTEXT), *graph.get_collection(GraphKeys.WHILE_CONTEXT)]
    before = [(context, context.state()) for context in contexts]
    marks = len(graph._operations), graph._next_id, graph._random_ops
    graph._unsafe_unfinalize()
    graph.is_looked_at = True
    graph._scopes.depth += 1
    journal = len(graph._name_journal)
    left = graph._scopes.name
    try:
        with graph.as_default(), graph.control_dependencies(None):
            yield
    finally:
        graph._scopes.name = left
        operations, next_id, random_ops = marks
        graph.undo(operations, journal, next_id, random_ops)
        graph._scopes.depth -= 1
        if not graph._scopes.depth:
            graph._name_journal.clear()
        for context, state in before:
            context.go_back_to(state)
        graph.is_looked_at = False
        graph.changed()
        if was_finalized:
            graph.finalize()
