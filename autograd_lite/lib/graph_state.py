"""What a graph remembers about variables: the scope that is open, the variables made by name, the stack of creators.

Each graph has one of each. The scope and the creators belong to a thread, as name scopes do.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable
from typing import Any

from autograd_lite.graph.graph import Graph

_PROPERTY = "variables"


class ScopeCounts:
    """How often each variable scope was opened, from which default names are made unique."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._sorted: list[str] = []  # the names, so that those below a scope are found at once

    def count(self, name: str) -> int:
        """How often the scope of this name was opened since the scope around it was."""
        return self._counts.get(name, 0)

    def opened(self, name: str) -> None:
        """Note that a scope is opened."""
        if name not in self._counts:
            bisect.insort(self._sorted, name)
        self._counts[name] = self._counts.get(name, 0) + 1

    def closed(self, name: str) -> None:
        """Note that a scope is closed: those below it begin to count anew."""
        prefix = f"{name}/"
        for index in range(bisect.bisect_left(self._sorted, prefix), len(self._sorted)):
            if not self._sorted[index].startswith(prefix):
                break
            self._counts[self._sorted[index]] = 0

    def copy(self) -> ScopeCounts:
        """The same counts, to go back to."""
        new = ScopeCounts()
        new._counts = dict(self._counts)
        new._sorted = list(self._sorted)
        return new


class _ThreadState(threading.local):
    """The part that belongs to one thread."""

    def __init__(self) -> None:
        self.scope: Any = None  # the open VariableScope; None stands for the outermost one
        self.scope_counts = ScopeCounts()
        self.creators: list[Callable[..., Any]] = []  # of tf.variable_creator_scope, the innermost last


class VariableState:
    """What one graph remembers about its variables."""

    def __init__(self) -> None:
        self.thread = _ThreadState()
        self.store: Any = None  # the VariableStore of tf.get_variable, made on first use


def state_of(graph: Graph) -> VariableState:
    """The state that belongs to `graph`, made on first use."""
    state = graph.properties.get(_PROPERTY)
    if state is None:
        state = graph.properties.setdefault(_PROPERTY, VariableState())
    return state
