"""Notices programs that add nodes to the graph inside their training loop: they get slower and larger with every step."""

from __future__ import annotations

import warnings

from autograd_lite.core.where import Where
from autograd_lite.graph.graph import Graph

RUNS_BEFORE_WARNING = 10  # runs, each after the same line had added nodes
_LONGEST_PAUSE = 20  # other times that nodes were added, after which a line is forgotten: more than one turn of most loops


class GraphGrowsWarning(UserWarning):
    """A line adds nodes to the graph again and again between runs of a session."""


class GrowthWatch:
    """Remembers, between runs, which lines add nodes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._seen = len(graph._operations)
        self._growths = 0
        self._times: dict[tuple[str, int], tuple[int, int]] = {}  # line -> how often it added nodes, and which growth was the last
        self._warned = False

    def graph_grew(self) -> None:
        """Look at the nodes that are new since the last run; warn once when one line keeps adding some."""
        if self._graph.is_looked_at:
            return
        new = self._graph._operations[self._seen :]
        self._seen += len(new)
        if self._warned:
            return
        self._growths += 1
        times = {line: known for line, known in self._times.items() if self._growths - known[1] <= _LONGEST_PAUSE}
        for line in dict.fromkeys((op.where.filename, op.where.line) for op in new):
            times[line] = times.get(line, (0, 0))[0] + 1, self._growths
        self._times = times
        for op in new:
            if times[op.where.filename, op.where.line][0] >= RUNS_BEFORE_WARNING:
                self._warn(op.where, op.name, sum(other.where == op.where for other in new))
                return

    def _warn(self, where: Where, name: str, count: int) -> None:
        self._warned = True
        warnings.warn_explicit(
            f"The graph grows between runs: {where} has added nodes {RUNS_BEFORE_WARNING} times since the first run (latest: '{name}', "
            f"{count} node{'s' if count > 1 else ''}). Every run of a new node is planned afresh, and memory grows. Build the nodes once, "
            "before the loop; feed what changes through a placeholder. tf.get_default_graph().finalize() makes this an error.",
            GraphGrowsWarning, where.filename, where.line,
        )  # fmt: skip
