"""What a notebook shows of graphs, tensors, operations, variables and sessions: pictures and small tables instead of one line of text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from autograd_lite.core import shapes
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.render.picture import describe
from autograd_lite.teach.render.svg import to_svg
from autograd_lite.teach.render.words import clean
from autograd_lite.teach.tables import variable_table, variables_of

_SHOWN = 8  # of the tensors that a node takes, or the nodes that take a tensor
_LEFT = 'style="text-align: left"'


def graph_bundle(graph: Graph, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    """A graph for a notebook: its picture as SVG, and the line of text that `repr` gives.

    Of large graphs name scopes are folded, or else stretches of nodes; `graph.render` and its arguments show more.
    """
    del include, exclude  # a front end may say what it wants; both forms are cheap
    bundle = {"text/plain": repr(graph)}
    if graph.get_operations():
        bundle["image/svg+xml"] = to_svg(describe(graph))
    return bundle


def tensor_html(tensor: Tensor) -> str:
    """A tensor for a notebook: name, shape, dtype, the operation that makes it, and the operations that take it."""
    users = ("used by", _listed(op.name for op in tensor.consumers()))
    return _facts("Tensor", tensor.name, [*_typed(tensor), *_made_by(tensor.op), users])


def operation_html(op: Operation) -> str:
    """An operation for a notebook: its type, what it takes and gives, and the line of the program that made it."""
    outputs = _listed(f"{tensor.name} {tensor.dtype.base_dtype.name} {_shape(tensor)}" for tensor in op.outputs)
    controls = [("runs after", _listed(other.name for other in op.control_inputs))] if op.control_inputs else []
    facts = [("type", op.type), ("takes", _listed(tensor.name for tensor in op.inputs)), *controls, ("gives", outputs), _place(op)]
    return _facts("Operation", op.name, facts)


def variable_html(variable: Any) -> str:
    """A variable for a notebook, as a table of one row."""
    return variable_table([variable])._repr_html_()


def session_html(session: Any) -> str:
    """A session for a notebook: whether it is open, and the variables of its graph."""
    graph = session.graph
    known = variables_of(graph)
    facts = [("state", "closed" if session._closed else "open"), ("graph", f"{len(graph.get_operations()):,} operations")]
    return _facts(type(session).__name__, "", facts) + (variable_table(known)._repr_html_() if known else "")


def _typed(tensor: Tensor) -> list[tuple[str, str]]:
    return [("shape", _shape(tensor)), ("dtype", tensor.dtype.name)]


def _made_by(op: Operation) -> list[tuple[str, str]]:
    return [("made by", f"{op.type}({_listed(tensor.name for tensor in op.inputs)})"), _place(op)]


def _place(op: Operation) -> tuple[str, str]:
    return "line", str(op.where)


def _shape(tensor: Tensor) -> str:
    return "unknown" if tensor.static_shape is None else shapes.text(tensor.static_shape)


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join([*names[:_SHOWN], *([f"and {len(names) - _SHOWN:,} more"] if len(names) > _SHOWN else [])]) or "nothing"


def _facts(kind: str, name: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th {_LEFT}>{escape(word)}</th><td {_LEFT}>{_safe(fact)}</td></tr>" for word, fact in facts)
    return f'<table style="border-collapse: collapse"><caption {_LEFT}><b>{kind}</b> {_safe(name)}</caption>{rows}</table>'


def _safe(text: str) -> str:
    return escape(clean(text))
