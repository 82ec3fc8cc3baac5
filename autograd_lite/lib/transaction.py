"""All or nothing: a call that makes nodes, variables and entries of collections leaves no trace when it fails."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph.undo import undone_on_error
from autograd_lite.lib.graph_state import state_of


class all_or_nothing(undone_on_error):
    """When this context ends with an error, the nodes, names, collection items and variables made in it are taken back."""

    __slots__ = ("_known", "_sizes")

    def __enter__(self) -> None:
        graph = self._graph
        super().__enter__()
        self._sizes = {name: len(items) for name, items in graph._collections.items()}
        store = state_of(graph).store
        self._known = (0, 0) if store is None else (len(store._vars), len(store._partitioned_vars))

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)
        if kind is not None:
            self._undo_collections()
            self._undo_store()

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
