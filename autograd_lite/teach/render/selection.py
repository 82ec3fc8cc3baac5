"""Which nodes a picture, a table or a network is about: those of a graph, of a name scope, or all that some tensors depend on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.lookup_errors import UnknownNameError, other_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.render.scopes import counts


class Selection(NamedTuple):
    """Nodes in the order in which they were made; `targets` are the ones asked for by themselves, if any."""

    graph: Graph
    operations: list[Operation]
    targets: list[Operation | Tensor]
    scope: str | None = None


def select(what: Any, graph: Graph | None = None) -> Selection:
    """The nodes that `what` stands for.

    Args:
      what: a graph (all its nodes); a tensor, operation, variable, or a list of them (they and all that they depend on); or a name:
        of a scope (the nodes in it), else of a node or tensor.
      graph: where names are looked up, and to which everything must belong; by default that of the first thing in `what`.

    Raises:
      ValueError: something belongs to another graph, or there is nothing.
      KeyError: a name is neither a scope nor a node.
      TypeError: `what` is none of these.
    """
    if isinstance(what, Graph):
        if graph is not None and what is not graph:
            raise ValueError(f"{what!r} is not the graph to draw, {graph!r}.")
        return Selection(what, what.get_operations(), [])
    if isinstance(what, str) and (scope := what.rstrip("/")):
        graph = graph or get_default_graph()
        inside = [op for op in graph.get_operations() if op.name == scope or op.name.startswith(f"{scope}/")]
        if len(inside) > 1 or inside and what.endswith("/"):
            return Selection(graph, inside, [], scope)
    targets: list[Operation | Tensor] = []
    for item in _flat(what):
        graph = graph or getattr(item, "graph", None) or get_default_graph()
        targets.append(_element(item, graph))
    if not targets or graph is None:
        raise ValueError(f"There is nothing in {what!r}: a graph, a tensor, an operation, a list of them or the name of a scope is wanted.")
    return Selection(graph, ancestors(targets), targets)


def _flat(what: Any) -> Iterable[Any]:
    """The single things in lists, tuples and dictionaries, however deep."""
    waiting = [what]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += reversed(item.values())
        elif isinstance(item, (list, tuple)):
            waiting += reversed(item)
        elif item is not None:  # such as the gradient of what does not depend
            yield item


def _element(item: Any, graph: Graph) -> Operation | Tensor:
    """The tensor or operation of `graph` that `item` stands for."""
    if isinstance(getattr(item, "values", None), Tensor) and isinstance(getattr(item, "indices", None), Tensor):
        item = item.values  # IndexedSlices, SparseTensor
    owner = getattr(item, "graph", graph)
    if owner is not graph and isinstance(owner, Graph):
        name = getattr(item, "name", item)
        raise ValueError(f"{name} is not an element of this graph.{other_graph(getattr(item, 'op', item), graph)}")
    try:
        return graph.as_graph_element(item)
    except UnknownNameError as error:
        names = [op.name for op in graph.get_operations()]
        text = f"{item!r} is neither a name scope nor a node of this graph."
        raise UnknownNameError(text, str(item), [*counts(names), *names]) from error
    except TypeError:
        raise TypeError(
            f"{item!r} ({type(item).__name__}) cannot be drawn: a graph, a tensor, an operation, a variable, a list of them or the name of "
            "a scope is wanted."
        ) from None


def ancestors(targets: Iterable[Operation | Tensor]) -> list[Operation]:
    """The nodes of `targets` and all that they depend on, through tensors and order of running, as they were made."""
    found: set[Operation] = set()
    waiting = [target.op if isinstance(target, Tensor) else target for target in targets]
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting += [tensor.op for tensor in op.inputs]
            waiting += op.control_inputs
    return sorted(found, key=lambda op: op.id)
