"""The reference interpreter: walks the graph node by node, slowly and plainly. Tests compare plans with it; partial runs use it.

It knows TensorFlow's rules and nothing of the compiler but the order in which things are done where the graph leaves it open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.backends.registry import backend_named
from autograd_lite.compiler.passes.order import acts, sections
from autograd_lite.compiler.passes.prune import (
    FED_ONLY,
    after_updates,
    is_variable,
    needed_operations,
    reference_behind,
    variable_of,
)
from autograd_lite.compiler.passes.raise_control import CONTROL_FLOW
from autograd_lite.compiler.program import flat_arguments, place_of
from autograd_lite.compiler.schedule import COMPUTES, EFFECTS, READS, WRITES, Work, schedule
from autograd_lite.core import dtypes
from autograd_lite.core.errors import InvalidArgumentError, OpError
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.dataflow import Dataflow, check_alive
from autograd_lite.runtime.failures import described, unfed, uninitialized, with_name_of_input
from autograd_lite.runtime.helpers import give_copy, mismatch, settle
from autograd_lite.runtime.resources import Store

_REFERENCE = object()  # what flows where a variable itself is passed on


class Interpreter:
    """One run, possibly in several pieces: a node that has run does not run again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: dict[Tensor, Any] = {}
        self._done: set[Operation] = set()
        self._fed: dict[Tensor, Any] = {}
        self._late: set[Operation] = set()  # the operations that come after an update

    def run(self, fetches: Sequence[Tensor | Operation], feeds: dict[Tensor, Any]) -> list[Any]:
        """The values of `fetches`; None for operations."""
        self._fed.update(feeds)
        nodes = [op for op in needed_operations(list(fetches), list(self._fed)) if op not in self._done]
        for op in nodes:
            if op.type in FED_ONLY and op.outputs[0] not in self._fed:
                raise unfed(op)
        self._late = after_updates(nodes)
        if any(op.type in CONTROL_FLOW for op in nodes):
            self._follow(nodes, fetches)
        else:
            for index in schedule(self._work(nodes)):
                self._checked_run(nodes[index])
        self._done.update(nodes)
        return [None if isinstance(fetch, Operation) else give_copy(self._fetched(fetch)) for fetch in fetches]

    def known(self, tensor: Tensor) -> Any:
        """The array that a tensor outside of loops had in this run; None for what was not computed, or is a variable or an object."""
        value = self._fed[tensor] if tensor in self._fed else self._values.get(tensor)
        return value if isinstance(value, np.ndarray | np.generic) else None

    def _checked_run(self, op: Operation) -> None:
        try:
            with np.errstate(all="ignore"):
                self._run_node(op)
        except OpError as error:
            if error.op is not None:
                raise
            raise type(error)(None, op, described(with_name_of_input(error.message, op, self._fed), op)) from None

    def _follow(self, nodes: list[Operation], fetches: Sequence[Tensor | Operation]) -> None:
        """Run nodes of which some are alive only in branches or loops."""
        before = {**self._values, **self._fed}

        def run(op: Operation, values: list[Any]) -> list[Any]:
            if op.type in CONTROL_FLOW:
                return list(op.opdef.compute(None, values, op.attrs))
            self._values = dict(zip(op.inputs, values))
            self._checked_run(op)
            return [self._values.get(tensor, _REFERENCE) for tensor in op.outputs]

        found = Dataflow(nodes, before, run, self._priority).run()
        self._values = {**before, **found}
        check_alive(fetches, {**{tensor: _REFERENCE for op in nodes if is_variable(op) for tensor in op.outputs}, **self._values})

    def _priority(self, op: Operation) -> int:
        if op.opdef.updates:
            return WRITES
        return READS if self._cells_of(op)[0] else COMPUTES

    def _work(self, nodes: list[Operation]) -> list[Work]:
        position = {op: index for index, op in enumerate(nodes)}
        numbers: dict[Any, int] = {}
        work = []
        for op in nodes:
            sources = [tensor.op for tensor in op.inputs if tensor not in self._fed] + op.control_inputs
            reads, writes = self._cells_of(op)
            kind = WRITES if op.opdef.updates else READS if reads else EFFECTS if acts(op) else COMPUTES
            touched = [[numbers.setdefault(place_of(variable), len(numbers)) for variable in variables] for variables in (reads, writes)]
            needs = [position[source] for source in sources if source in position]
            work.append(Work(kind, op.id, needs, touched[0], touched[1], op.name, *sections(op)))
        return work

    def _cells_of(self, op: Operation) -> tuple[list[Operation], list[Operation]]:
        """The variables that a node reads and those that it changes."""
        reads, writes = [], []
        for argument, tensor in zip(flat_arguments(op.opdef.inputs, op.attrs), self._looked_at(op)):
            if tensor in self._fed or not (tensor.dtype.is_ref or tensor.dtype is dtypes.resource):
                continue
            variable = variable_of(tensor)
            if variable is None:
                continue
            if argument.name in op.opdef.updates:
                writes.append(variable)
            elif not argument.is_ref or argument.name in op.opdef.initializes:
                reads.append(variable)
        return reads, writes

    def _looked_at(self, op: Operation) -> list[Tensor]:
        """The inputs of a node; after an update, a variable itself in place of what was read from it before."""
        if op not in self._late:
            return list(op.inputs)
        behind = [None if tensor in self._fed else reference_behind(tensor) for tensor in op.inputs]
        return [tensor if source is None or source in self._fed else source for tensor, source in zip(op.inputs, behind)]

    def _run_node(self, op: Operation) -> None:
        opdef = op.opdef
        if is_variable(op) or not opdef.outputs and not opdef.has_effects or op.type in FED_ONLY:
            return
        arguments = flat_arguments(opdef.inputs, op.attrs)
        if any(argument.is_ref for argument in arguments) and not opdef.updates and any(output.dtype.is_ref for output in op.outputs):
            return  # passes a variable on
        values = [self._input(op, argument, tensor) for argument, tensor in zip(arguments, self._looked_at(op))]
        positions = {argument.name: index for index, argument in enumerate(arguments)}
        updated = [(self._store.cell(_variable(op.inputs[positions[name]])), positions[name]) for name in opdef.updates]
        self._check_first_value(op, updated, values)
        call = [*opdef.arguments(values, op.attrs), *([self._store.state(op)] if opdef.needs_state else [])]
        result = opdef.kernel(backend_named("numpy").xp, *call)
        if not opdef.updates:
            self._note_outputs(op, opdef.flat_results(result))
            return
        given = [tensor for tensor in op.outputs if not tensor.dtype.is_ref]  # what the kernel returns after the new arrays
        new = list(result) if len(updated) + len(given) > 1 else [result]
        for (cell, _), array in zip(updated, new):
            cell.value = self._store.backend.to_device(settle(np.array(array))) if array is not None else None
        rest = iter(new[len(updated) :])
        self._note_outputs(
            op, [self._store.backend.to_host(updated[0][0].value) if tensor.dtype.is_ref else next(rest) for tensor in op.outputs]
        )

    def _note_outputs(self, op: Operation, results: Sequence[Any]) -> None:
        for tensor, value in zip(op.outputs, results):
            self._values.setdefault(tensor, value)

    def _input(self, op: Operation, argument: Any, tensor: Tensor) -> Any:
        if tensor in self._fed:
            return self._fed[tensor]
        if tensor.dtype.is_ref and tensor.op.opdef.state is not None:
            return self._values[tensor]  # an object that is known by a reference
        handle = tensor.dtype is dtypes.resource
        if tensor.dtype.is_ref or handle and (variable_of(tensor) is not None):
            variable = _variable(tensor)
            cell = self._store.cell(variable)
            if handle and argument.dtype is not dtypes.resource:
                return cell  # passes the handle on
            if cell.value is None and argument.name not in op.opdef.initializes:
                raise uninitialized(variable, op, self._store)
            value = self._store.backend.to_host(cell.value) if cell.value is not None else None
            return np.array(value) if op.opdef.in_place else value
        return self._values[tensor]

    @staticmethod
    def _check_first_value(op: Operation, updated: list[Any], values: list[Any]) -> None:
        if not op.opdef.initializes or not op.opdef.updates or not op.attrs.get("validate_shape", True):
            return
        cell, position = updated[0]
        shape = _variable(op.inputs[position]).attrs.get("shape")
        value = next((value for index, value in enumerate(values) if index != position), None)
        if shape is not None and None not in shape and value is not None and value.shape != shape:
            mismatch(cell, shape, value.shape)

    def _fetched(self, tensor: Tensor) -> Any:
        if tensor in self._fed:
            return self._fed[tensor]
        if not tensor.dtype.is_ref:
            return self._values[tensor]
        variable = _variable(tensor)
        value = self._store.cell(variable).value
        if value is None:
            raise uninitialized(variable, tensor.op, self._store)
        return self._store.backend.to_host(value)


def _variable(tensor: Tensor) -> Operation:
    """The variable node behind a reference or handle that is known to be one."""
    found = variable_of(tensor)
    if found is None:
        raise InvalidArgumentError(None, tensor.op, f"{tensor.name} does not stand for a variable")
    return found


def interpret(store: Store, fetches: Sequence[Tensor | Operation], feeds: dict[Tensor, Any]) -> list[Any]:
    """Run `fetches` once, node by node."""
    return Interpreter(store).run(fetches, feeds)
