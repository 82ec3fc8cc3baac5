"""The scope in which a function of the API builds its nodes: a name scope that leaves no trace when the function fails."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from autograd_lite.graph.default_graph import graph_of
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.undo import undone_on_error

Function = TypeVar("Function", bound=Callable[..., Any])


class building(undone_on_error):
    """A name scope, in the graph of `values`, all or nothing: after an error, nodes and names are as they were before.

    Args:
      name: the scope's name; None takes `default_name`. A name that ends with `/` enters an existing scope again.
      values: what is passed in; the tensors among it decide about the graph and must agree.
    """

    __slots__ = ("_block", "_name", "_values")

    def __init__(self, name: str | None, default_name: str | None = None, values: Any = None) -> None:
        self._name = default_name if name is None else name
        self._values = values

    def __enter__(self) -> str:
        graph = graph_of(self._values) if self._values else get_default_graph()
        self._block = None
        if graph is not get_default_graph():
            self._block = graph.as_default()
            self._block.__enter__()
        super().__init__(graph)
        super().__enter__()
        try:
            return graph.enter_scope(self._name)[1]
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)
        if self._block is not None:
            self._block.__exit__(kind, error, trace)


def in_current_scope(values: Any = ()) -> building:
    """All or nothing, in the graph of `values`, without a scope of its own."""
    graph = graph_of(values) if values else get_default_graph()
    name = graph._scopes.name
    return building(f"{name}/" if name else None, None, values)


def leaves_no_trace(function: Function) -> Function:
    """Make a function all or nothing that builds nodes in the current scope: what it made is taken back when it fails."""

    @functools.wraps(function)
    def whole(*args: Any, **keywords: Any) -> Any:
        with in_current_scope([*args, *keywords.values()]):
            return function(*args, **keywords)

    return cast(Function, whole)
