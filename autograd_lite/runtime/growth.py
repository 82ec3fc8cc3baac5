"""Notices programs that add nodes to the graph inside their training loop: they get slower and larger with every step."""

from __future__ import annotations

import warnings

from autograd_lite.core.where import Where
from autograd_lite.graph.graph import Graph

RUNS_BEFORE_WARNING = 10  # runs, each after the same line had added nodes


class GraphGrowsWarning(UserWarning):
    """A line adds nodes to the graph again and again between runs of a session."""


class GrowthWatch:
    """Remembers, between runs, which lines add nodes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._seen = len(graph._operations)
        self._times: dict[tuple[str, int], int] = {}
        self._warned = False

    def graph_grew(self) -> None:
        """Look at the nodes that are new since the last run; warn once when one line keeps adding some."""
        new = self._graph._operations[self._seen :]
        self._seen += len(new)
        if self._warned:
            return
        lines = dict.fromkeys((op.where.filename, op.where.line) for op in new)
        self._times = {line: self._times.get(line, 0) + 1 for line in lines}  # a line that paused is forgotten
        for op in new:
            if self._times[op.where.filename, op.where.line] >= RUNS_BEFORE_WARNING:
                self._warn(op.where, op.name, sum(other.where == op.where for other in new))
                return

    def _warn(self, where: Where, name: str, count: int) -> None:
        self._warned = True
        warnings.warn_explicit(
            f"The graph grows between runs: {where} added nodes before each of the last {RUNS_BEFORE_WARNING} runs (latest: '{name}', "
            f"{count} node{'s' if count > 1 else ''}). Every run of a new node is planned afresh, and memory grows. Build the nodes once, "
            "before the loop; feed what changes through a placeholder. tf.get_default_graph().finalize() makes this an error.",
            GraphGrowsWarning, where.filename, where.line,
        )  # fmt: skip
