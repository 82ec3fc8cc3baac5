"""Runs in several pieces: `Session.partial_run`."""

from __future__ import annotations

import itertools
from typing import Any

from autograd_lite.compiler.passes.prune import FED_ONLY, needed_operations
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.feeds import converter, flat_feeds
from autograd_lite.runtime.fetches import read_fetches
from autograd_lite.runtime.interpret import Interpreter

MAX_OPEN_RUNS = 256  # announced runs that were never finished are forgotten, oldest first


class _Run:
    """A run that was announced: what may still be fed and fetched, and what is computed already."""

    def __init__(self, interpreter: Interpreter, fetches: list[Any], feeds: list[Tensor]) -> None:
        self.interpreter = interpreter
        self.fetches = dict.fromkeys(fetches)
        self.feeds = dict.fromkeys(feeds)
        self.announced = set(fetches), set(feeds)
        self.fed: dict[Tensor, None] = {}


class PartialRuns:
    """The open partial runs of one session."""

    def __init__(self, graph: Any, store: Any) -> None:
        self._graph = graph
        self._store = store
        self._numbers = itertools.count()
        self._runs: dict[str, _Run] = {}

    def set_up(self, fetches: Any, feeds: Any) -> str:
        """Announce a run; returns its handle."""
        elements = read_fetches(self._graph, fetches).elements
        if not elements:
            raise InvalidArgumentError(None, None, "Must specify at least one target to fetch or execute.")
        tensors = flat_feeds(self._graph, dict.fromkeys(feeds or ()))[0] if feeds else []
        handle = f"run{next(self._numbers)}->{','.join(element.name for element in elements)}"
        while len(self._runs) >= MAX_OPEN_RUNS:
            self._runs.pop(next(iter(self._runs)), None)
        self._runs[handle] = _Run(Interpreter(self._store), elements, tensors)
        return handle

    def run(self, handle: str, fetches: Any, feed_dict: Any) -> Any:
        """Continue a run."""
        found = read_fetches(self._graph, fetches)
        feeds, values = flat_feeds(self._graph, feed_dict) if feed_dict else ([], [])
        run = self._runs.get(handle)
        if run is None:
            raise InvalidArgumentError(
                None, None, "Must run 'setup' before performing partial runs!\n  Pass the handle that partial_run_setup gave."
            )
        self._check_names(run, found.elements, feeds)
        arrays = {tensor: converter(tensor)(value) for tensor, value in zip(feeds, values)}
        self._check_can_compute(run, found.elements, feeds)
        results = run.interpreter.run(found.elements, arrays)
        for tensor in feeds:
            run.feeds.pop(tensor, None)
            run.fed[tensor] = None
        for element in found.elements:
            run.fetches.pop(element, None)
        if not run.fetches and not run.feeds:
            self._runs.pop(handle, None)
        return found.pack(results)

    @staticmethod
    def _check_names(run: _Run, elements: list[Any], feeds: list[Tensor]) -> None:
        for tensor in feeds:
            if tensor not in run.announced[1]:
                raise InvalidArgumentError(None, None, f"The feed {tensor.name} was not specified in partial_run_setup.")
            if tensor not in run.feeds:
                raise InvalidArgumentError(None, None, f"The feed {tensor.name} has already been fed.")
        for element in elements:
            if element not in run.announced[0]:
                raise InvalidArgumentError(None, None, f"The fetch {element.name} was not specified in partial_run_setup.")
            if element not in run.fetches:
                raise InvalidArgumentError(None, None, f"The fetch {element.name} has already been fetched.")

    @staticmethod
    def _check_can_compute(run: _Run, elements: list[Any], feeds: list[Tensor]) -> None:
        """What is fetched now must not need what is to be fed later."""
        given = [*run.fed, *feeds]
        for element in elements:
            if isinstance(element, Operation):
                continue
            needed = needed_operations([element], given)
            later = [
                op for op in needed if op.type in FED_ONLY or any(tensor in run.feeds and tensor not in given for tensor in op.outputs)
            ]
            if later:
                raise InvalidArgumentError(
                    None, None,
                    f"Fetch {later[0].outputs[0].name} can't be computed from the feeds that have been fed so far.\n"
                    f"  {element.name} needs it. Feed it now, or fetch {element.name} in a later piece.",
                )  # fmt: skip
