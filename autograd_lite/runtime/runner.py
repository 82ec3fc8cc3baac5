"""A runner: what one session keeps for one combination of fetches and fed tensors, so that the next run of it is quick."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.backends.registry import get_backend
from autograd_lite.compiler.explain import plan_text
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.compiler.plan import Plan
from autograd_lite.core import shapes
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.failures import translate, unfed
from autograd_lite.runtime.feeds import Convert, converter
from autograd_lite.runtime.fetches import Fetches
from autograd_lite.runtime.helpers import HELPERS
from autograd_lite.runtime.resources import Store

MAX_SPECIALISATIONS = 8  # plans for particular fed shapes; more shapes than this share one plan for any shape
MAX_PLANS_PER_GRAPH = 512

Function = Callable[..., list[Any]]


class Runner:
    """Converts feeds, picks the plan for their shapes, runs it, and puts the results into the form that was asked for."""

    __slots__ = ("_by_shapes", "_converters", "_feeds", "_fetches", "_flexible", "_generic", "_graph", "_lock", "_single", "_store", "kind")

    def __init__(self, graph: Graph, store: Store, fetches: Fetches, feeds: Sequence[Tensor], single: bool) -> None:
        self._graph = graph
        self._store = store
        self._fetches = fetches
        self._feeds = list(feeds)
        self._single = single
        self._converters: list[Convert] = [converter(tensor) for tensor in feeds]
        self._flexible = any(not shapes.is_defined(tensor.static_shape) for tensor in feeds)
        self._by_shapes: dict[tuple[Any, ...], tuple[Function, Plan]] = {}
        self._generic: tuple[Function, Plan] | None = None
        self._lock = threading.Lock()
        if not self._flexible:
            self._generic = self._bound(None)

    def run(self, values: Sequence[Any]) -> Any:
        """Run with these fed values (in the order of the feeds)."""
        if self._converters:
            arrays = [convert(value) for convert, value in zip(self._converters, values)]
            function, plan = self._generic if not self._flexible else self._for_shapes(arrays)  # type: ignore[misc]
        else:
            arrays = []
            function, plan = self._generic  # type: ignore[misc]
        try:
            results = function(*arrays)
        except Exception as error:
            translated = translate(error, plan, self._store)
            if translated is error:
                raise
            raise translated from (None if type(translated) is type(error) else error)
        if self._single:
            return results[0]
        return results if self._fetches.flat else self._fetches.pack(results)

    def _for_shapes(self, arrays: list[Any]) -> tuple[Function, Plan]:
        key = tuple([array.shape for array in arrays])
        found = self._by_shapes.get(key)
        if found is not None:
            return found
        with self._lock:
            if len(self._by_shapes) < MAX_SPECIALISATIONS:
                found = self._by_shapes[key] = self._bound(key)
                return found
            if self._generic is None:
                self._generic = self._bound(None)
            return self._generic

    def _bound(self, feed_shapes: tuple[Any, ...] | None) -> tuple[Function, Plan]:
        plan = plan_for(self._graph, self._fetches.elements, self._feeds, feed_shapes)
        if plan.program.unfed:
            raise unfed(plan.program.unfed[0])
        return plan.bind(self._store.cell, self._store.state, HELPERS, get_backend().xp), plan

    def explain(self, values: Sequence[Any]) -> str:
        """How these values would be run."""
        shapes_fed = tuple([convert(value).shape for convert, value in zip(self._converters, values)])
        plan = compile_plan(self._fetches.elements, self._feeds, shapes_fed if self._flexible else None, explained=True)
        return plan_text(plan)

    def run_traced(self, values: Sequence[Any], note: Callable[..., None]) -> tuple[Any, Plan]:
        """Run, and report every step: `note(index of the step, begin, end, outputs)`."""
        arrays = [convert(value) for convert, value in zip(self._converters, values)]
        plan = compile_plan(self._fetches.elements, self._feeds, None, traced=True)
        function = plan.bind(self._store.cell, self._store.state, HELPERS, get_backend().xp)
        try:
            results = function(note, *arrays)
        except Exception as error:
            raise translate(error, plan, self._store) from None
        return results[0] if self._single else self._fetches.pack(results), plan

    @property
    def plans(self) -> int:
        """How many plans were made so far."""
        return len(self._by_shapes) + (self._generic is not None)


def plan_for(graph: Graph, elements: Sequence[Any], feeds: Sequence[Tensor], feed_shapes: tuple[Any, ...] | None) -> Plan:
    """A plan out of those that all sessions of a graph share, or a new one."""
    plans: dict[Any, Plan] = graph.properties.setdefault("plans", {})
    key = (tuple(elements), tuple(feeds), feed_shapes, graph.version_of_shapes)
    plan = plans.get(key)
    if plan is None:
        plan = compile_plan(elements, feeds, feed_shapes)
        while len(plans) >= MAX_PLANS_PER_GRAPH:
            plans.pop(next(iter(plans)), None)
        plans[key] = plan
    return plan
