"""Runs that leave no mark: on copies of a session's variables and random streams.

What explains a run (its plan, where a NaN comes from, whether a gradient is right) has to run it, possibly a training step; the session
must be afterwards as it was. Objects that cannot be copied (queues, readers, iterators) are the session's own: `shared` tells which
were used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.feeds import converter, flat_feeds
from autograd_lite.runtime.fetches import Pack, read_fetches
from autograd_lite.runtime.resources import Cell, Store
from autograd_lite.runtime.runner import Runner


class TrialStore(Store):
    """Copies of the variables and random streams of another store, made when they are first asked for."""

    def __init__(self, original: Store) -> None:
        super().__init__()
        self.backend = original.backend
        self.shared: dict[str, None] = {}  # names of nodes whose objects are the session's own
        self._original = original
        self._taken: set[Cell] = set()

    def cell(self, node: Operation) -> Cell:
        """The cell of a variable. It starts with the session's array; an update sees that others hold that, and makes a new one."""
        found = super().cell(node)
        with self._lock:
            if found not in self._taken:
                self._taken.add(found)
                found.value = self._original.cell(node).value
        return found

    def new_state(self, node: Operation) -> Any:
        """A copy of the session's object, or the object itself when it cannot be copied."""
        state = self._original.state(node)
        parts = state if isinstance(state, tuple) else (state,)
        if all(hasattr(part, "copied") for part in parts):
            copies = tuple([part.copied() for part in parts])
            return copies if isinstance(state, tuple) else copies[0]
        self.shared[node.name] = None
        return state


class Trial:
    """What a session would do, without doing it to the session.

    Raises:
      TypeError: `session` is no session. RuntimeError: it is closed, or its graph is empty.
    """

    def __init__(self, session: Any) -> None:
        session._check_open()
        session._check_graph()
        self.graph = session.graph
        self.store = TrialStore(session._store)

    def question(self, fetches: Any, feed_dict: Any) -> tuple[list[Tensor | Operation], dict[Tensor, Any], Pack]:
        """The elements to compute, the fed arrays, and what puts the results into the form of `fetches`; errors are those of `run`."""
        feeds, values = flat_feeds(self.graph, feed_dict) if feed_dict else ([], [])
        found = read_fetches(self.graph, fetches)
        fed = {tensor: converter(tensor)(value) for tensor, value in zip(feeds, values)}
        return found.elements, fed, found.pack

    def run(self, fetches: Any, feed_dict: Any = None) -> Any:
        """What `session.run(fetches, feed_dict)` would return; the variables of the trial go on to their next values."""
        elements, fed, pack = self.question(fetches, feed_dict)
        return pack(self.values(elements, fed))

    def values(self, elements: Sequence[Tensor | Operation], fed: dict[Tensor, Any]) -> list[Any]:
        """The values of tensors and operations that `question` gave."""
        return Runner(self.graph, self.store, elements, list(fed), None).run(fed.values())
