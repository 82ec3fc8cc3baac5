"""The local derivative of every operation at the values of the run: what the upstream gradient is multiplied by.

Each operation is built once more in a graph of its own, on the recorded values, and differentiated there, alone: with an upstream gradient
of ones where the operation works element by element, once per output element where the Jacobian is small enough to be looked at.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.autodiff import registry
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.autodiff.reach import is_trainable
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import OpDef
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.session import Session
from autograd_lite.teach.story.model import Kind, Local, LocalKind, Node, Term
from autograd_lite.teach.story.structure import input_names

MOST_OUTPUTS, MOST_ELEMENTS = 12, 144  # of a Jacobian that is written out
_MOST_ROWS = 600  # of all Jacobians together
_MOST_NUMBERS = 4_000_000  # in elementwise derivatives
_PER_ELEMENT = re.compile(r"d[yz]/d[xy] =")


def add_local_derivatives(nodes: list[Node]) -> None:
    """Give every term its local derivative where there is one to look at."""
    terms: dict[Node, list[Term]] = {}
    for node in nodes:
        for result in node.results:
            for term in result.terms:
                terms.setdefault(term.consumer, []).append(term)
    copies = _Copies()
    with copies.graph.as_default():
        for node in nodes:
            if node in terms and _can_be_copied(node):
                copies.add(node, terms[node])
    copies.run()


def _can_be_copied(node: Node) -> bool:
    op = node.op
    if node.kind is not Kind.OPERATION or op.opdef.has_effects or len(node.results) != 1 or op.attrs.get("_gradient_op_type"):
        return False
    if any(attribute.kind in ("func", "list(func)") for attribute in op.opdef.attrs.values()):
        return False
    values = [argument.result.value for argument in node.arguments]
    rule = registry.find_rule(op)
    return rule is not None and rule.takes_kit and node.results[0].value is not None and all(value is not None for value in values)


def is_elementwise(opdef: OpDef) -> bool:
    """Whether each output element depends on the input elements of the same place only."""
    return opdef.elementwise is not None or opdef.formula is not None and _PER_ELEMENT.match(opdef.formula) is not None


class _Copies:
    """One graph with a copy of every operation, and what is to be fetched from it."""

    def __init__(self) -> None:
        self.graph = Graph()
        self._rows = 0
        self._numbers = 0
        self._feeds: dict[Tensor, Any] = {}
        self._wanted: list[tuple[Term, LocalKind, list[Any]]] = []

    def add(self, node: Node, terms: list[Term]) -> None:
        """Copy an operation and differentiate it by the arguments that `terms` belong to."""
        output = node.results[0].value
        if output.size == 1 and output.ndim == 0:
            kind, seeds = LocalKind.WHOLE, [np.ones((), output.dtype)]
        elif is_elementwise(node.op.opdef):
            kind, seeds = LocalKind.ELEMENTWISE, [np.ones(output.shape, output.dtype)]
        elif self._fits(output.size, terms):
            kind, seeds = LocalKind.JACOBIAN, list(np.eye(output.size, dtype=output.dtype).reshape(-1, *output.shape))
            self._rows += len(seeds)
        else:
            return
        self._numbers += output.size * len(terms)
        if self._numbers > _MOST_NUMBERS:
            return
        inputs = self._inputs(node, output.shape if kind is LocalKind.ELEMENTWISE else None)
        copy = node.op.opdef.from_tensors(inputs, dict(node.op.attrs), "copy")
        result = copy.outputs[node.results[0].tensor.value_index]
        taken = _numbers_of_arguments(node)
        xs = [inputs[taken[term.argument]] for term in terms]
        rows = [gradients(result, xs, constant(seed)) for seed in seeds]
        for number, term in enumerate(terms):
            if all(row[number] is not None for row in rows):
                self._wanted.append((term, kind, [row[number] for row in rows]))

    def _fits(self, size: int, terms: list[Term]) -> bool:
        largest = max(term.value.size for term in terms)
        return size <= MOST_OUTPUTS and size * largest <= MOST_ELEMENTS and self._rows + size <= _MOST_ROWS

    def _inputs(self, node: Node, shape: tuple[int, ...] | None) -> list[Tensor]:
        """A tensor for each input of the operation; of an elementwise one, already stretched to the output's shape."""
        inputs = []
        arguments = iter(node.arguments)
        for tensor, name in zip(node.op.inputs, input_names(node.op)):
            if name in node.parameters:
                inputs.append(constant(node.parameters[name], tensor.dtype.base_dtype))
                continue
            value = next(arguments).result.value
            if shape is not None and value.shape != shape and is_trainable(tensor):
                value = np.broadcast_to(value, shape)
            placeholder = raw.Placeholder(dtype=tensor.dtype.base_dtype, shape=value.shape)
            self._feeds[placeholder] = value
            inputs.append(placeholder)
        return inputs

    def run(self) -> None:
        """Compute all local derivatives in one run."""
        fetches = [row if not isinstance(row, IndexedSlices) else (row.values, row.indices) for _, _, rows in self._wanted for row in rows]
        if not fetches:
            return
        with Session(graph=self.graph) as session:
            values = iter(session.run(fetches, self._feeds))
        for term, kind, rows in self._wanted:
            found = [_dense(next(values), term.value.shape) for _ in rows]
            value = found[0] if kind is not LocalKind.JACOBIAN else np.stack([row.reshape(-1) for row in found])
            term.local = Local(kind, value)


def _dense(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    if not isinstance(value, tuple):
        return np.asarray(value)
    rows, indices = value
    dense = np.zeros(shape, rows.dtype)
    np.add.at(dense, indices, rows)
    return dense


def _numbers_of_arguments(node: Node) -> list[int]:
    """For each argument, which input of the operation it is."""
    return [number for number, name in enumerate(input_names(node.op)) if name not in node.parameters]
