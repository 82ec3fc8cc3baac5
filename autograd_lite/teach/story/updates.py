"""The last step of the story: what the training operation would make of each variable, worked out without running it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.backends.registry import backend_named
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import variable_behind
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.render.kinds import gradient_nodes
from autograd_lite.teach.story.model import Kind, Node, Update
from autograd_lite.teach.story.structure import Structure, input_names

_GRADIENTS = ("grad", "delta")  # what update rules call the gradient that they take
_STEPS = ("value", "updates")  # what plain assignments, and those of some rows, call theirs


class Planned:
    """One update whose inputs are fetched along with everything else."""

    def __init__(self, variable: Node, op: Operation, gradient_name: str) -> None:
        self.variable = variable
        self.op = op
        self.gradient_name = gradient_name
        self.values: dict[str, np.ndarray] = {}
        self._numbers: dict[str, int | None] = {}

    def ask(self, number: Callable[[Tensor], int | None]) -> None:
        """Note what is to be fetched: of a variable that the rule reads or writes, its present content."""
        for name, tensor in zip(input_names(self.op), self.op.inputs):
            if tensor.dtype.name == "resource":
                known = variable_behind(tensor)
                tensor = raw.ReadVariableOp(tensor, dtype=known[0]) if known is not None else tensor
            self._numbers[name] = number(tensor)

    def answer(self, values: list[Any]) -> None:
        """Take the values that were fetched."""
        self.values = {name: np.asarray(values[place]) for name, place in self._numbers.items() if place is not None}


def planned_updates(structure: Structure, train_op: Any) -> list[Planned]:
    """The updates of the story's variables that take a gradient: those that `train_op` leads to, or the first of each variable."""
    allowed = None if train_op is None else _leading_to(getattr(train_op, "op", train_op))
    planned = []
    for node in structure.nodes:
        if node.kind is not Kind.VARIABLE:
            continue
        updates = [(op, name) for op in node.op.outputs[0].consumers() if (name := _gradient_name(op, node.op.outputs[0])) is not None]
        found = next(((op, name) for op, name in updates if allowed is None or op in allowed), None)
        if found is not None:
            planned.append(Planned(node, *found))
    return planned


def _gradient_name(op: Operation, variable: Tensor) -> str | None:
    """Under which name an operation that updates this variable takes the gradient; None when it does not update it by one."""
    if not op.opdef.updates or op.inputs[0] is not variable:
        return None
    names = input_names(op)
    for name in _GRADIENTS:
        if name in names:
            return name
    for name in _STEPS:
        if name in names and _comes_from_a_gradient(op.inputs[names.index(name)].op):
            return name
    return None


def _comes_from_a_gradient(op: Operation) -> bool:
    return bool(gradient_nodes(_leading_to(op)))


def _leading_to(op: Operation) -> set[Operation]:
    """An operation and all that runs before it."""
    found: set[Operation] = set()
    stack = [op]
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack.extend(tensor.op for tensor in op.inputs)
            stack.extend(op.control_inputs)
    return found


def carried_out(planned: Iterable[Planned]) -> list[Update]:
    """The updates, with the values before and after."""
    xp = backend_named("numpy").xp
    updates = []
    for plan in planned:
        op, names = plan.op, input_names(plan.op)
        if any(name not in plan.values for name in names):
            continue
        copies = [plan.values[name].copy() for name in names]
        stored = op.opdef.kernel(xp, *op.opdef.arguments(copies, op.attrs))
        after = stored[0] if isinstance(stored, tuple) else stored  # the variable comes first of what the rule stores
        before = plan.values[names[0]]
        inputs = {name: plan.values[name] for name in names[1:]}
        updates.append(Update(plan.variable, op, inputs, before, np.asarray(after), plan.gradient_name))
    return updates


