"""A runner: what one session keeps for one combination of fetches and fed tensors, so that the next run of it is quick."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd_lite.compiler.passes.raise_control import Irregular
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.compiler.plan import Plan
from autograd_lite.compiler.program import Fed
from autograd_lite.core.errors import CancelledError, UnimplementedError
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.kernels import tier
from autograd_lite.runtime.by_shapes import ByShapes
from autograd_lite.runtime.failures import described, translate, unfed
from autograd_lite.runtime.fed import Asked
from autograd_lite.runtime.feeds import Convert, converter
from autograd_lite.runtime.fetches import Pack
from autograd_lite.runtime.helpers import HELPERS
from autograd_lite.runtime.interpret import interpret
from autograd_lite.runtime.resources import Store

MAX_PLANS_PER_GRAPH = 512
RUNS_BEFORE_FUSING = 10  # of a large plan: most of them run once or for ever
MAX_STEPS_KEPT = (
    300_000  # in all plans that are kept ready together: programs that fetch new nodes of a large graph all the time stay bounded
)

Function = Callable[..., list[Any]]


class Runner:
    """Converts feeds, picks the plan for their shapes, runs it, and puts the results into the form that was asked for.

    Args:
      elements: the tensors and operations to compute. feeds: the tensors that are fed.
      form: what makes the answer of the list of results; None leaves the list.
    """

    __slots__ = ("_asked", "_converters", "_elements", "_feeds", "_form", "_graph", "_plans", "_store", "_the_plan")

    def __init__(self, graph: Graph, store: Store, elements: Sequence[Any], feeds: Sequence[Tensor], form: Pack | None) -> None:
        self._graph = graph
        self._store = store
        self._elements = list(elements)
        self._feeds = list(feeds)
        self._form = form
        self._converters: list[Convert] = [converter(tensor) for tensor in feeds]
        self._asked = Asked(feeds)
        self._plans: ByShapes[tuple[Function, Plan | None]] | None = None
        self._the_plan: tuple[Function, Plan | None] | None = None
        if self._asked.is_needed:
            self._plans = ByShapes(self._sized, self._forget)
        else:
            self._the_plan = self._bound(None)

    def in_form(self, form: Pack | None) -> Runner:
        """A runner that shares everything with this one but the form of its answer."""
        other = copy.copy(self)
        other._form = form
        return other

    def run(self, values: Iterable[Any]) -> Any:
        """Run with these fed values (in the order of the feeds)."""
        arrays = [convert(value) for convert, value in zip(self._converters, values)] if self._converters else ()
        function, plan = self._the_plan or self._plans.of(self._asked.of(arrays))  # type: ignore[union-attr]
        try:
            results = function(*arrays)
        except Exception as error:
            plans = function.plans if isinstance(function, _Waiting) else [plan]
            translated = next((told for told in self._translated(error, plans) if told is not error), error)
            if translated is error:
                raise
            raise translated from (None if type(translated) is type(error) else error)
        return results if self._form is None else self._form(results)

    def _translated(self, error: Exception, plans: Sequence[Plan | None]) -> Iterator[Exception]:
        """What each of the plans makes of an error: it came out of the code of one of them."""
        return (translate(error, plan, self._store) for plan in plans if plan is not None)

    def _sized(self, fed: Fed | None) -> tuple[tuple[Function, Plan | None], int]:
        """The plan for such shapes, and its size."""
        function, plan = self._bound(fed)
        return (function, plan), 0 if plan is None else plan.size

    def _forget(self, fed: Fed) -> None:
        """Do not keep the plan for such shapes for other sessions either."""
        plans: dict[Any, Plan] = self._graph.properties.get("plans", {})
        plans.pop(_key(self._graph, self._elements, self._feeds, fed, self._store.backend.name), None)

    def _bound(self, fed: Fed | None) -> tuple[Function, Plan | None]:
        try:
            plan = plan_for(self._graph, self._elements, self._feeds, fed, self._store.backend.name)
        except Irregular:
            return self._interpreted, None
        except UnimplementedError as error:
            raise UnimplementedError(None, error.op, described(error.message, error.op)) from None
        if plan.program.unfed:
            raise unfed(plan.program.unfed[0])
        function = self._function(plan)
        return _Waiting(self, plan, function, fed) if plan.is_waiting else function, plan

    def _function(self, plan: Plan) -> Function:
        return plan.bind(self._store.cell, self._store.state, HELPERS, self._store.backend)

    def fused(self, fed: Fed | None) -> tuple[Plan, Function]:
        """The plan for these shapes once more, with fused steps."""
        plan = plan_for(self._graph, self._elements, self._feeds, fed, self._store.backend.name, may_wait=False)
        return plan, self._function(plan)

    def _interpreted(self, *arrays: Any) -> list[Any]:
        """Run node by node: for control flow that is no nesting of conditionals and loops."""
        return interpret(self._store, self._elements, dict(zip(self._feeds, arrays)))

    def explain(self, values: Sequence[Any]) -> str:
        """How these values would be run."""
        arrays = [convert(value) for convert, value in zip(self._converters, values)]
        try:
            return self._compiled(arrays, explained=True).explain()
        except Irregular as reason:
            return f"There is no plan: the control flow is no nesting of branches and loops ({reason}). It is run node by node."

    def _compiled(self, arrays: Sequence[Any], **how: bool) -> Plan:
        """A plan of its own for such arrays."""
        fed = self._asked.of(arrays) if self._asked.is_needed else None
        return compile_plan(self._elements, self._feeds, fed, backend=self._store.backend.name, **how)

    def run_traced(self, values: Sequence[Any], note: Callable[..., None]) -> tuple[Any, Plan | None]:
        """Run, and report every step: `note(index of the step, begin, end, outputs)`; a run without a plan reports none."""
        arrays = [convert(value) for convert, value in zip(self._converters, values)]
        try:
            plan = self._compiled(arrays, traced=True)
        except Irregular:
            results = self._interpreted(*arrays)
            return results if self._form is None else self._form(results), None
        function = plan.bind(self._store.cell, self._store.state, HELPERS, self._store.backend)
        try:
            results = function(note, *arrays)
        except Exception as error:
            raise translate(error, plan, self._store) from error
        return results if self._form is None else self._form(results), plan

    @property
    def size(self) -> int:
        """The number of steps in all its plans."""
        if self._plans is not None:
            return self._plans.size
        plan = None if self._the_plan is None else self._the_plan[1]
        return 0 if plan is None else plan.size

    @property
    def plans(self) -> int:
        """How many plans it has."""
        return 1 if self._plans is None else len(self._plans)


class _Waiting:
    """The function of a large plan, which is made anew, with fused steps, once it has run often enough. Runs do not wait for that."""

    def __init__(self, runner: Runner, plan: Plan, function: Function, fed: Fed | None) -> None:
        self.plans = [plan]
        self._function = function
        self._runner = runner
        self._fed = fed
        self._left = RUNS_BEFORE_FUSING

    def __call__(self, *arrays: Any) -> list[Any]:
        self._left -= 1
        if self._left == 0:
            tier.apart(self._fuse, "autograd_lite plans")
        return self._function(*arrays)

    def _fuse(self) -> None:
        with contextlib.suppress(CancelledError):  # the session was closed meanwhile
            plan, function = self._runner.fused(self._fed)
            self.plans.append(plan)
            self._function = function


def _key(graph: Graph, elements: Sequence[Any], feeds: Sequence[Tensor], fed: Fed | None, backend: str) -> tuple[Any, ...]:
    """By what a graph finds a plan."""
    return tuple(elements), tuple(feeds), fed, graph.version_of_shapes, backend


def plan_for(
    graph: Graph, elements: Sequence[Any], feeds: Sequence[Tensor], fed: Fed | None, backend: str, may_wait: bool = True
) -> Plan:
    """A plan out of those that all sessions of a graph share, or a new one; `fed` is None for one that takes any shapes."""
    plans: dict[Any, Plan] = graph.properties.setdefault("plans", {})
    key = _key(graph, elements, feeds, fed, backend)
    plan = plans.get(key)
    if plan is None or plan.is_waiting and not may_wait:
        plan = compile_plan(elements, feeds, fed, backend=backend, may_wait=may_wait and not tier.is_deterministic())
        while plans and (len(plans) >= MAX_PLANS_PER_GRAPH or sum(other.size for other in list(plans.values())) > MAX_STEPS_KEPT):
            plans.pop(next(iter(plans)), None)
        plans[key] = plan
    return plan
