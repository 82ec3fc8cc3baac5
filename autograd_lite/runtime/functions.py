"""Calling the functions of a graph while it runs: what `map` does with each element of a dataset."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.compiler.plan import Plan
from autograd_lite.core import dtypes
from autograd_lite.core.errors import CancelledError, NotFoundError
from autograd_lite.graph.function import FunctionGraph
from autograd_lite.graph.import_function import function_named
from autograd_lite.graph.operation import Operation
from autograd_lite.runtime import resources
from autograd_lite.runtime.failures import translate
from autograd_lite.runtime.helpers import HELPERS
from autograd_lite.runtime.resources import Store

Call = Callable[..., list[Any]]


def functions_of(node: Operation, attributes: Sequence[str], store: Store) -> dict[str, Any]:
    """The functions that some attributes of a node name, by attribute."""

    def found(value: Any) -> Any:
        return [found(name) for name in value] if isinstance(value, list) else Function(_named(node, value), store)

    return {attribute: found(node.attrs[attribute]) for attribute in attributes if node.attrs[attribute]}


def _named(node: Operation, name: str) -> FunctionGraph:
    function = function_named(node.graph, name)
    if function is None:
        raise NotFoundError(None, node, f"Function {name} is not defined in the library of the graph.")
    return function


class Function:
    """A function in a session. Each instance of it has random streams of its own; variables and tables are those of the session.

    The session is not kept alive: threads that work for an iterator hold functions, and end when the session is gone.
    """

    def __init__(self, graph: FunctionGraph, store: Store) -> None:
        self.graph = graph
        self._store = weakref.ref(store)
        self._backend = store.backend
        self._lock = threading.Lock()
        self._plan: Plan | None = None

    @property
    def plan(self) -> Plan:
        """The compiled body, made on first use and kept with the graph."""
        if self._plan is None:
            with self._lock:
                graph = self.graph
                key = f"plan on {self._backend.name}"
                if key not in graph.properties:
                    graph.properties[key] = compile_plan(
                        graph.outputs, [*graph.arguments, *graph.captures.values()], backend=self._backend.name
                    )
                self._plan = graph.properties[key]
        return self._plan

    def instantiate(self) -> Call:
        """A function that takes the arguments and what is captured, and gives the list of results."""
        plan, store_or_none = self.plan, self._store
        store = store_or_none()
        if store is None:
            raise CancelledError(None, None, "Session has been closed.")
        own = _OwnStates(store)
        run = plan.bind(own.cell, own.state, HELPERS, self._backend)
        if self._backend.name != "numpy":
            run = _with_host_arrays(run, self._backend.to_host)
        del store, own  # what is returned does not hold them

        def call(*values: Any) -> list[Any]:
            try:
                return run(*[_array(value) for value in values])
            except Exception as error:
                translated = _translated(error, plan, store_or_none())
                if translated is error:
                    raise
                raise translated from (None if type(translated) is type(error) else error)

        return call


def _translated(error: Exception, plan: Plan, store: Store | None) -> Exception:
    """The error as users see it. (Frames that an error keeps must not hold a session: it may lie in a buffer when that is forgotten.)"""
    return error if store is None else translate(error, plan, store)


def _with_host_arrays(run: Call, to_host: Callable[[Any], Any]) -> Call:
    """A plan takes arrays of the host, as in a run; what a function captures may lie on a device."""
    return lambda *values: run(*[to_host(value) if hasattr(value, "dtype") else value for value in values])


def _array(value: Any) -> Any:
    """An argument as kernels take it: a single string may come as the bytes themselves, out of a file or a list of strings."""
    return np.array(value, object) if isinstance(value, bytes) else value


class _OwnStates:
    """The store of one instance of a function: what has a name is that of the session, all else its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own: dict[Operation, Any] = {}

    def cell(self, node: Operation) -> Any:
        return self._store.cell(node)

    def state(self, node: Operation) -> Any:
        if any(output.dtype is dtypes.resource for output in node.outputs):
            return self._store.state(node)
        if node not in self._own:
            self._own[node] = self._store.new_state(node)
        return self._own[node]


resources._functions_of[:] = [functions_of]
