"""All or nothing: a call that makes many nodes and variables leaves no trace when it fails."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from autograd_lite.graph.graph import Graph
from autograd_lite.lib.graph_state import state_of


@contextlib.contextmanager
def all_or_nothing(graph: Graph) -> Iterator[None]:
    """When this context ends with an error, the nodes, names, collection items and variables made in it are taken back."""
    scopes = graph._scopes
    marks = len(graph._operations), len(graph._name_journal), graph._next_id, graph._random_ops
    sizes = {name: len(items) for name, items in graph._collections.items()}
    store = state_of(graph).store
    known = None if store is None else (dict(store._vars), dict(store._partitioned_vars))
    name = scopes.name
    scopes.depth += 1
    try:
        yield
    except BaseException:
        scopes.name = name
        graph.undo(*marks)
        for key in list(graph._collections):
            if key in sizes:
                del graph._collections[key][sizes[key] :]
            else:
                del graph._collections[key]
        made = state_of(graph).store
        if made is not None:
            made._vars, made._partitioned_vars = known or ({}, {})
        raise
    finally:
        scopes.depth -= 1
        if not scopes.depth:
            graph._name_journal.clear()
