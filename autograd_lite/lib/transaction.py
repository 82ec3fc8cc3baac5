"""All or nothing: a call that makes nodes, variables and entries of collections leaves no trace when it fails."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph.graph import Graph
from autograd_lite.lib.graph_state import state_of


class all_or_nothing:
    """When this context ends with an error, the nodes, names, collection items and variables made in it are taken back."""

    __slots__ = ("_graph", "_known", "_marks", "_scope", "_sizes")

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __enter__(self) -> None:
        graph = self._graph
        scopes = graph._scopes
        self._marks = len(graph._operations), len(graph._name_journal), graph._next_id, graph._random_ops
        self._sizes = {name: len(items) for name, items in graph._collections.items()}
        store = state_of(graph).store
        self._known = (0, 0) if store is None else (len(store._vars), len(store._partitioned_vars))
        self._scope = scopes.name
        scopes.depth += 1

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        graph = self._graph
        scopes = graph._scopes
        if kind is not None:
            scopes.name = self._scope
            graph.undo(*self._marks)
            self._undo_collections()
            self._undo_store()
        scopes.depth -= 1
        if not scopes.depth:
            graph._name_journal.clear()

    def _undo_collections(self) -> None:
        collections = self._graph._collections
        for name in list(collections):
            if name in self._sizes:
                del collections[name][self._sizes[name] :]
            else:
                del collections[name]

    def _undo_store(self) -> None:
        store = state_of(self._graph).store
        if store is None:
            return
        for made, size in zip((store._vars, store._partitioned_vars), self._known):
            while len(made) > size:
                made.popitem()  # the last that came in
