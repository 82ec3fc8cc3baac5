"""Keep what the fetches need, cut at the feeds, and make reads of variables steps of their own."""

from __future__ import annotations

from collections.abc import Iterable

from autograd_lite.compiler.program import HANDLE, OP, READ, Program, Step, flat_arguments, place_of
from autograd_lite.core import dtypes
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.import_order import BACK_EDGES, MERGES
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.trust import check_trusted

# What only a feed can give a value to. A plan that needs one that is not fed fails before it has done anything.
FED_ONLY = ("Placeholder", "PlaceholderV2")


def prune(program: Program) -> Program:
    """Fill in the steps of a program from its request."""
    _Builder(program).build()
    return program


def needed_operations(fetches: list[Tensor | Operation], feeds: list[Tensor]) -> list[Operation]:
    """Every operation that must run for `fetches`, when `feeds` are given, in order of creation.

    Raises:
      PermissionDeniedError: when one came with an imported GraphDef and would touch files or call Python.
    """
    fed = set(feeds)
    stack = [item if isinstance(item, Operation) else item.op for item in fetches if item not in fed]
    found: set[Operation] = set(stack)
    while stack:
        op = stack.pop()
        sources = [tensor.op for tensor in op.inputs if tensor not in fed]
        sources.extend(control for control in op.control_inputs if not _is_fed_placeholder(control, fed))
        for source in sources:
            if source not in found:
                found.add(source)
                stack.append(source)
    needed = sorted(found, key=lambda op: op.id)
    if needed:
        check_trusted(needed[0].graph, needed)
    return needed


def _is_fed_placeholder(op: Operation, fed: set[Tensor]) -> bool:
    return op.type in FED_ONLY and op.outputs[0] in fed


def is_variable(op: Operation) -> bool:
    """Whether a node stands for a variable: nothing goes in, and a reference or a plain resource handle comes out."""
    if op.inputs or not op.outputs or op.opdef.state is not None or op.type in FED_ONLY:
        return False
    dtype = op.outputs[0].dtype
    return dtype.is_ref or dtype is dtypes.resource and op.opdef.stateful and "dtype" in op.attrs


def variable_of(tensor: Tensor) -> Operation | None:
    """The variable node behind a reference or a resource handle; None when it is only known while running."""
    for _ in range(100_000):
        if is_variable(tensor.op):
            return tensor.op
        source = _passed_on(tensor)
        if source is None:
            return None
        tensor = source
    return None


def _passed_on(tensor: Tensor) -> Tensor | None:
    """The input whose variable a reference or handle still refers to."""
    op = tensor.op
    if op.opdef.updates:
        names = [argument.name for argument in flat_arguments(op.opdef.inputs, op.attrs)]
        return op.inputs[names.index(op.opdef.updates[0])]
    passed = [source for source in op.inputs if source.dtype.is_ref or source.dtype is dtypes.resource]
    if op.opdef.state is not None or not passed:
        return None
    return passed[0] if len(passed) == 1 else passed[tensor.value_index] if len(passed) == len(op.outputs) else None


def after_updates(operations: Iterable[Operation]) -> set[Operation]:
    """Those of `operations` (in order) that come after the update of some variable, by data or by control dependencies."""
    found: set[Operation] = set()
    for op in operations:
        sources = [*(tensor.op for tensor in op.inputs), *op.control_inputs]
        if any(source in found or source.opdef.updates for source in sources):
            found.add(op)
    return found


def reference_behind(tensor: Tensor) -> Tensor | None:
    """The reference of which `tensor` is the plain reading (`w/read`), or None.

    In TF1 such a reading shares the variable's memory, so an operation that takes it after an update sees what the update stored.
    """
    op = tensor.op
    return op.inputs[0] if op.type == "Identity" and op.inputs[0].dtype.is_ref and not tensor.dtype.is_ref else None


class _Builder:
    """Turns the needed part of a graph into steps."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.values: dict[Tensor, int] = {}
        self.steps: dict[Operation, Step] = {}
        self.cell_ids: dict[tuple[str, str, bool], int] = {}
        self.fed = set(program.feed_tensors)
        self.reads_of: dict[Operation, list[Step]] = {}  # the reads made for each operation: they wait for its control inputs too
        self.ahead: dict[Tensor, int] = {}  # what comes round a loop and was used before it was made
        self.late: set[Operation] = set()  # the operations that come after an update

    def build(self) -> None:
        program = self.program
        for tensor in program.feed_tensors:
            value = program.new_value(tensor.dtype, tensor.static_shape, tensor.name)
            self.values[tensor] = value
            program.feeds.append(value)
        operations = needed_operations(program.fetches, program.feed_tensors)
        ordered = _by_dependency(operations, self.fed)
        self.late = after_updates(ordered)
        for op in ordered:
            if op.type in FED_ONLY:
                program.unfed.append(op)
            self._add(op)
        for op in operations:  # control edges may point at any operation, so they come when all steps are there
            for control in op.control_inputs:
                if control in self.steps:
                    self._after(op, self.steps[control])
                    self.steps[control].keep = True
        for fetch in program.fetches:
            program.results.append(self._result(fetch))

    def _add(self, op: Operation) -> None:
        if is_variable(op):
            outputs: list[int | None] = [self._new(op.outputs[0]) if op.outputs[0].dtype is dtypes.resource else None]
            step = Step(HANDLE, op.opdef, op, [], outputs)
            step.cells[0] = self.cell(op)
        else:
            step = Step(OP, op.opdef, op, [], [])
            reads: dict[tuple[int, bool], int] = {}
            arguments = flat_arguments(op.opdef.inputs, op.attrs)
            step.inputs = [self._input(step, i, tensor, arguments[i], reads) for i, tensor in enumerate(op.inputs)]
            step.outputs = [self._output(op, tensor) for tensor in op.outputs]
        self.steps[op] = step
        self.program.steps.append(step)

    def _new(self, tensor: Tensor) -> int:
        value = self.program.new_value(tensor.dtype, tensor.static_shape, tensor.name)
        return self.values.setdefault(tensor, value)

    def _output(self, op: Operation, tensor: Tensor) -> int | None:
        """An output that is a variable passed on has no value of its own, unless the step has just stored one."""
        if tensor.dtype.is_ref and not op.opdef.updates and op.opdef.state is None:
            return None
        value = self.ahead.pop(tensor, None)
        if value is None:
            value = self.program.new_value(tensor.dtype, tensor.static_shape, tensor.name)
        self.values.setdefault(tensor, value)  # a fed output keeps the fed value
        return value

    def _ahead(self, tensor: Tensor) -> int:
        """The value that comes round a loop, before the step that makes it is there."""
        value = self.values[tensor] = self.ahead[tensor] = self.program.new_value(tensor.dtype, tensor.static_shape, tensor.name)
        return value

    def _input(self, step: Step, index: int, tensor: Tensor, argument: object, reads: dict[tuple[int, bool], int]) -> int | None:
        opdef, name = step.opdef, argument.name  # type: ignore[attr-defined]
        is_fed = tensor in self.fed
        takes_variable = argument.is_ref or argument.dtype is dtypes.resource  # type: ignore[attr-defined]
        if name in opdef.updates:
            if is_fed:
                raise InvalidArgumentError(
                    None, step.node, f"{step.node.name} changes the variable behind {tensor.name}, which is fed: feed a value"
                )
            step.cells[index] = self._cell_of(tensor)
            self._follow(step, tensor)
            return None
        if is_fed or not (tensor.dtype.is_ref or takes_variable):
            behind = None if is_fed or step.node not in self.late else reference_behind(tensor)
            if behind is None or behind in self.fed:
                return self._ahead(tensor) if tensor not in self.values and tensor.op.type in BACK_EDGES else self.values[tensor]
            return self._read(step, behind, False, reads)
        if tensor.dtype.is_ref and tensor.op.opdef.state is not None:
            return self.values[tensor]  # an accumulator that is known by a reference: the object itself
        if argument.is_ref and any(output.dtype.is_ref for output in step.node.outputs):  # type: ignore[attr-defined]
            self._follow(step, tensor)  # passes the variable on
            return None
        if not tensor.dtype.is_ref and (variable_of(tensor) is None):
            return self.values[tensor]  # a queue, a table: the handle itself
        return self._read(step, tensor, name in opdef.initializes, reads)

    def _read(self, step: Step, tensor: Tensor, may_be_empty: bool, reads: dict[tuple[int, bool], int]) -> int:
        """The content of a variable at the time when `step` runs."""
        cell = self._cell_of(tensor)
        if (cell, may_be_empty) in reads and step.node.type not in MERGES:  # of which one input lives, in a branch of its own
            return reads[cell, may_be_empty]
        value = self._add_read(cell, tensor, step.node, may_be_empty)
        reads[cell, may_be_empty] = value
        return value

    def _add_read(self, cell: int, tensor: Tensor, reader: Operation, may_be_empty: bool) -> int:
        program = self.program
        variable = program.cells[cell]
        dtype = tensor.dtype if tensor.dtype.is_ref else variable.attrs["dtype"]
        shape = tensor.static_shape if tensor.dtype.is_ref else variable.attrs["shape"]
        value = program.new_value(dtype, shape, tensor.name)
        read = Step(READ, reader.opdef, reader, [], [value])
        read.cells[0] = cell
        read.may_be_empty = may_be_empty
        read.source = tensor
        self._follow(read, tensor)
        for source in () if reader.type in MERGES else reader.inputs:  # the reader looks at the variable when all its inputs are there
            if source is not tensor and source not in self.fed:
                self._follow(read, source)
        self.reads_of.setdefault(reader, []).append(read)
        program.steps.append(read)
        return value

    def _follow(self, step: Step, tensor: Tensor) -> None:
        source = self.steps.get(tensor.op)
        if source is not None and source.kind == OP:
            step.after.append(source)

    def _after(self, op: Operation, control: Step) -> None:
        for step in (self.steps[op], *self.reads_of.get(op, ())):
            step.after.append(control)

    def _cell_of(self, tensor: Tensor) -> int:
        variable = variable_of(tensor)
        if variable is None:
            raise InvalidArgumentError(None, tensor.op, f"{tensor.name} is changed or read as a variable, but leads to none")
        return self.cell(variable)

    def cell(self, variable: Operation) -> int:
        """The id of a variable's cell; nodes that share a name share it."""
        key = (*place_of(variable), variable.outputs[0].dtype.is_ref)
        if key not in self.cell_ids:
            self.cell_ids[key] = len(self.program.cells)
            self.program.cells.append(variable)
        return self.cell_ids[key]

    def _result(self, fetch: Tensor | Operation) -> int | None:
        if isinstance(fetch, Operation):
            self.steps[fetch].keep = True
            return None
        if fetch in self.fed or not fetch.dtype.is_ref:
            return self.values[fetch]
        value = self._add_read(self._cell_of(fetch), fetch, fetch.op, may_be_empty=False)
        self.program.steps[-1].is_late = True  # TF1 delivers what is in the variable when the run is over
        return value


def _by_dependency(operations: list[Operation], fed: set[Tensor]) -> list[Operation]:
    """`operations` such that data comes before its users; creation order already is that, except where an input was replaced later.

    The edges that close loops do not count.
    """
    if all(tensor.op.id < op.id for op in operations for tensor in op.inputs if tensor not in fed):
        return operations
    needed, done, order, opened = set(operations), set(), [], set()
    for root in operations:
        stack = [root]
        while stack:
            op = stack[-1]
            if op in done:
                stack.pop()
                continue
            opened.add(op)
            waiting = [t.op for t in op.inputs if t not in fed and t.op in needed and t.op not in done and t.op.type not in BACK_EDGES]
            if not waiting:
                stack.pop()
                done.add(op)
                order.append(op)
            elif waiting[0] in opened:
                raise InvalidArgumentError(None, op, f"Graph is invalid, contains a cycle through {op.name}")
            else:
                stack.append(waiting[0])
    return order
