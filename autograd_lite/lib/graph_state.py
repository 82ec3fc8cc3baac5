"""What a graph remembers about variables: the scope that is open, the variables made by name, the stack of creators.

Each graph has one of each. The scope and the creators belong to a thread, as name scopes do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from autograd_lite.graph.graph import Graph

_PROPERTY = "variables"


class _ThreadState(threading.local):
    """The part that belongs to one thread."""

    def __init__(self) -> None:
        self.scope: Any = None  # the open VariableScope; None stands for the outermost one
        self.scope_counts: dict[str, int] = {}  # how often each variable scope was opened, for default names
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
