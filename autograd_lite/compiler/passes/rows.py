"""Join the steps of narrow networks: products with small weights and all that is between, one kernel for a block of rows.

A step belongs to *stage* p if what it needs beside the rows of its own stage is there once the kernels of the stages before p are done:
weights, for example, must be there in full before the first block of rows goes through. All steps of one stage become one step. So a
training step of a physics-informed network is one kernel for the network and its derivatives, and one update.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autograd_lite.compiler.passes import units
from autograd_lite.compiler.passes.fuse import Group, may_fuse, work_of
from autograd_lite.compiler.program import FUSED, OP, READ, Block, Program, Step
from autograd_lite.core import shapes
from autograd_lite.graph.row_parts import Columns, ColumnSum, Outer, Product, RowPart, Total
from autograd_lite.kernels.body import Unsupported
from autograd_lite.kernels.row_blocks import (
    CopyPart,
    OuterPart,
    Part,
    PointwisePart,
    ProductPart,
    RowWork,
    SumPart,
    TotalPart,
    Value,
    buffers,
    made_by,
    renumbered,
    values_of,
)

MOST_COLUMNS = 64
FEW_ROWS = 128  # of which one product is worth a kernel: calls take longer than the work
LEAST_PRODUCTS = 2  # in one kernel of more rows; below, the steps are as quick on their own
MOST_STEPS = 1000
MOST_TOGETHER = 24  # elementwise steps in one loop: their values must find room in registers
MOST_RESULTS = 8  # of one loop


def rows(program: Program) -> Program:
    """Make groups of steps that work on the rows of narrow matrices."""
    for block in list(program.all_blocks()):
        count = _row_count(program, block)
        if count:
            _Rows(program, block, count).join()
    return program


def _row_count(program: Program, block: Block | Program) -> int:
    """The number of rows that most products of a block have."""
    counts: Counter[int] = Counter()
    for step in block.steps:
        part = _part(program, step)
        if isinstance(part, (Product, Outer)):
            value: int = step.inputs[part.rows if isinstance(part, Product) else part.left]  # type: ignore[assignment]
            counts[program.values[value].shape[0]] += 1  # type: ignore[index]
    common = [(number, size) for size, number in counts.items() if number >= _least_products(size)]
    return max(common)[1] if common else 0


def _least_products(rows: int) -> int:
    return 1 if rows <= FEW_ROWS else LEAST_PRODUCTS


def _part(program: Program, step: Step) -> RowPart | None:
    """What a step does with rows, if all its arrays are matrices of single precision."""
    if step.kind != OP or not step.is_pure or step.opdef.by_rows is None or None in step.outputs or None in step.inputs:
        return None
    part = step.opdef.by_rows(program.inference(step))
    for value in (*_touched(step, part), *step.outputs):
        known = program.values[value]  # type: ignore[index]
        if known.dtype.name != "float32" or not shapes.is_defined(known.shape) or 0 in known.shape:  # type: ignore[operator]
            return None
    return part


def _touched(step: Step, part: RowPart | None) -> list[int]:
    """The inputs that a part names."""
    return [step.inputs[index] for index in (*_row_inputs(part), *_whole_inputs(part))]  # type: ignore[misc]


def _row_inputs(part: RowPart | None) -> tuple[int, ...]:
    """The positions of inputs that are looked at row by row."""
    if isinstance(part, Outer):
        return part.left, part.right
    if isinstance(part, Columns):
        return tuple(dict.fromkeys(source for source, *_ in part.copies))
    return () if part is None else (part.rows,)


def _whole_inputs(part: RowPart | None) -> tuple[int, ...]:
    """The positions of inputs that are needed in full for every row."""
    return (part.weights,) if isinstance(part, Product) else ()


class _Rows:
    """Sorts the steps of one block into stages, and makes one step of each stage that is worth it."""

    def __init__(self, program: Program, block: Block | Program, count: int) -> None:
        self.program = program
        self.block = block
        self.count = count
        self.made: dict[int, int] = {}  # value of a step in a stage -> the stage
        self.sums: set[int] = set()  # those of these values that need all rows, whatever their shape
        self.after: dict[int, int] = {}  # other value -> the first stage that can use it
        self.effects = 0  # the first stage after the last effect
        self.content: dict[int, int] = {}  # value -> the cell that it was read from
        self.readers: dict[int, int] = {}  # cell -> the first stage that comes after all its readers
        self.stages: dict[int, list[tuple[Step, RowPart | None]]] = {}

    def join(self) -> None:
        """Change the steps of the block."""
        for step in self.block.steps:
            if not self._place(step):
                self._pass(step)
        joined: dict[int, list[Step]] = {}
        works: dict[int, tuple[RowWork, list[int]]] = {}
        for stage, members in self.stages.items():
            products = sum(isinstance(part, (Product, Outer)) for _, part in members)
            if products < _least_products(self.count) or len(members) > MOST_STEPS:
                continue
            work = _Writer(self.program, members, self.count).work()
            if work is not None:
                joined[stage] = [step for step, _ in members]
                works[stage] = work
        if joined:
            of_step = {id(step): stage for stage, steps in joined.items() for step in steps}
            self.block.steps = [self._joined(unit, works[of_step[id(unit[0])]]) if id(unit[0]) in of_step else unit[0]
                                for unit in units.in_order(self.block.steps, of_step)]

    def _joined(self, steps: list[Step], work: tuple[RowWork, list[int]]) -> Step:
        """The step that stands for a stage."""
        taken = work[1][: work[0].inputs]
        outputs = [work[1][output] for output in work[0].outputs]
        made = Step(FUSED, steps[-1].opdef, steps[-1].node, list(taken), list(outputs))
        made.blocks = (Block(steps, list(outputs)),)
        made.work = work[0]
        return made

    # ------------------------------------------------------------ stages

    def _place(self, step: Step) -> bool:
        """Put a step into a stage, if it works on rows."""
        part = _part(self.program, step)
        if part is None:
            if not self._is_pointwise(step):
                return False
            by_row = [index for index, value in enumerate(step.inputs) if self._is_row(value)]
        else:
            by_row = list(_row_inputs(part))
            if not all(self._is_row(step.inputs[index]) for index in by_row) or not self._fits(step, part):
                return False
        stage = 0
        for index, value in enumerate(step.inputs):
            stage = max(stage, self._ready(value, index in by_row))  # type: ignore[arg-type]
        for value in step.outputs:
            self.made[value] = stage  # type: ignore[index]
            if isinstance(part, (Outer, ColumnSum, Total)):
                self.sums.add(value)  # type: ignore[arg-type]
        self.stages.setdefault(stage, []).append((step, part))
        self._note_reader(step, stage + 1)
        return True

    def _ready(self, value: int, by_row: bool) -> int:
        """The first stage that can use a value."""
        if value in self.made:
            is_same_stage = by_row and self._is_row(value) and value not in self.sums
            return self.made[value] + (not is_same_stage)
        return self.after.get(value, 0)

    def _pass(self, step: Step) -> None:
        """A step that is in no stage."""
        stage = max([self._ready(value, False) for value in step.all_inputs() if value is not None], default=0)
        if not step.is_pure or step.blocks:
            stage = max(stage, self.effects)
        stage = max([stage, *(self.readers.get(cell, 0) for cell in units.stored_cells(step))])
        if not step.is_pure or step.blocks:
            self.effects = stage
        for value in (*step.outputs, *(value for inner in step.inner() for value in inner.outputs)):
            if value is not None:
                self.after[value] = stage
        if step.kind == READ:
            self.content[step.outputs[0]] = step.cells[0]  # type: ignore[index]
        self._note_reader(step, stage)

    def _note_reader(self, step: Step, stage: int) -> None:
        for value in step.inputs:
            cell = self.content.get(value)  # type: ignore[arg-type]
            if cell is not None:
                self.readers[cell] = max(self.readers.get(cell, 0), stage)

    # ------------------------------------------------------------ what fits

    def _is_row(self, value: int | None) -> bool:
        """Whether a value has a row, not too long, for each row."""
        shape = self.program.values[value].shape  # type: ignore[index]
        return shape is not None and len(shape) == 2 and shape[0] == self.count and shape[1] is not None and 0 < shape[1] <= MOST_COLUMNS

    def _is_pointwise(self, step: Step) -> bool:
        """Whether a step computes rows out of rows, and of what is the same for all rows."""
        if not may_fuse(self.program, step) or not self._is_row(step.outputs[0]):
            return False
        width = self.program.values[step.outputs[0]].shape[1]  # type: ignore[index]
        known = [self.program.values[value].shape for value in step.inputs]  # type: ignore[index]
        alike = {(self.count, width), (self.count, 1), (1, width), (width,), (1, 1), (1,), ()}
        if not all(shape in alike for shape in known):
            return False
        try:
            Group(0, (self.count, width)).take(self.program, step)  # type: ignore[arg-type]
        except Unsupported:
            return False
        return any(self._is_row(value) for value in step.inputs)

    def _fits(self, step: Step, part: RowPart) -> bool:
        """Whether the sizes are small enough."""
        known = [self.program.values[value].shape for value in (*_touched(step, part), *step.outputs)]  # type: ignore[index]
        return all(shape[-1] <= MOST_COLUMNS for shape in known if shape)  # type: ignore[operator]


class _Writer:
    """Writes what a kernel has to do for one stage. Until the end, its values go by their numbers in the program."""

    def __init__(self, program: Program, members: list[tuple[Step, RowPart | None]], count: int) -> None:
        self.program = program
        self.count = count
        self.members = members
        self.outputs = units.used_outside(program, [step for step, _ in members])

    def work(self) -> tuple[RowWork, list[int]] | None:
        """The work, and the value of the program behind each of the kernel's; None if a block would not fit."""
        parts: list[Part] = []
        pending: list[Step] = []
        for step, part in self.members:
            if part is None and self._goes_with(pending, step):
                pending.append(step)
                continue
            parts += self._pointwise(pending)
            pending = [step] if part is None else []
            if part is not None:
                parts += self._of(step, part)
        parts += self._pointwise(pending)
        made = {value for part in parts for value in made_by(part)}
        sums = {part.output for part in parts if isinstance(part, (OuterPart, SumPart, TotalPart))}
        taken = dict.fromkeys(value for part in parts for value in values_of(part) if value not in made)
        order = [*taken, *dict.fromkeys(value for part in parts for value in made_by(part))]
        numbers = {value: number for number, value in enumerate(order)}
        numbered = tuple([renumbered(part, numbers) for part in parts])
        outputs = tuple([numbers[value] for value in self.outputs])
        work = RowWork(self.count, tuple([self._value(value, value not in sums) for value in order]), len(taken), numbered, outputs)
        return None if buffers(work) is None else (work, order)

    def _value(self, value: int, may_be_row: bool) -> Value:
        known = self.program.values[value]
        shape: tuple[int, ...] = known.shape  # type: ignore[assignment]
        return Value(known.dtype.name, shape, may_be_row and len(shape) == 2 and shape[0] == self.count)

    def _goes_with(self, pending: list[Step], step: Step) -> bool:
        """Whether a step can be computed in one loop with those before it."""
        if not pending:
            return False
        shape = self.program.values[step.outputs[0]].shape  # type: ignore[index]
        if len(pending) >= MOST_TOGETHER or shape != self.program.values[pending[0].outputs[0]].shape:  # type: ignore[index]
            return False
        inside = {each.outputs[0] for each in pending}
        return not any(value in inside and self.program.values[value].shape != shape for value in step.inputs)  # type: ignore[index]

    def _pointwise(self, steps: list[Step]) -> list[Part]:
        """One loop for some elementwise steps; several if they have too many results."""
        if not steps:
            return []
        wanted = self._wanted(steps)
        if len(wanted) > MOST_RESULTS and len(steps) > 1:
            half = len(steps) // 2
            return [*self._pointwise(steps[:half]), *self._pointwise(steps[half:])]
        group = Group(0, self.program.values[steps[0].outputs[0]].shape)  # type: ignore[index, arg-type]
        for step in steps:
            group.take(self.program, step)
        work, taken = work_of(self.program, group, wanted)
        return [PointwisePart(work, tuple(taken), tuple(wanted))]

    def _wanted(self, steps: list[Step]) -> list[int]:
        """The results of some steps that others use."""
        inside = {id(step) for step in steps}
        used = {value for step, _ in self.members if id(step) not in inside for value in step.inputs} | set(self.outputs)
        found = [step.outputs[0] for step in steps if step.outputs[0] in used]
        return found or [steps[-1].outputs[0]]  # type: ignore[return-value]

    def _of(self, step: Step, part: RowPart) -> Iterable[Part]:
        inputs: list[int] = step.inputs  # type: ignore[assignment]
        outputs: list[int] = step.outputs  # type: ignore[assignment]
        if isinstance(part, Product):
            return [ProductPart(inputs[part.rows], inputs[part.weights], part.turned, outputs[0])]
        if isinstance(part, Outer):
            return [OuterPart(inputs[part.left], inputs[part.right], outputs[0])]
        if isinstance(part, ColumnSum):
            return [SumPart(inputs[part.rows], outputs[0])]
        if isinstance(part, Total):
            return [TotalPart(inputs[part.rows], outputs[0], part.divisor)]
        return [CopyPart(inputs[source], begin, outputs[target], at, count) for source, begin, target, at, count in part.copies]
