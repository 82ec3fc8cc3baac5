"""Let a kernel go on with its results while they are in the cache: a convolution with its bias and activation, for example.

A fused step that follows a convolution (or another kernel that writes its result part by part) becomes one step with it: the kernel does
the fused step's work on each part as soon as it is complete (`kernels/epilogue.py`). Nothing else changes: every operation is the same,
what others use is still there, and before machine code is ready the plan runs the same lines as without.
"""

from __future__ import annotations

from autograd_lite.compiler.passes import units
from autograd_lite.compiler.passes.columns import count_uses
from autograd_lite.compiler.program import FUSED, OP, READ, Block, Program, Step, walk
from autograd_lite.kernels import compiled
from autograd_lite.kernels.elementwise import Operand, Work
from autograd_lite.kernels.epilogue import Follower, epilogue_of

FARTHEST = 200  # steps between a kernel and what follows it: so long its inputs have to stay


def epilogues(program: Program) -> Program:
    """Join kernels with the fused steps that follow them."""
    uses = count_uses(program)
    inside_fused = {id(block) for step in walk(program.steps) if step.kind == FUSED for block in step.blocks}
    for block in list(program.all_blocks()):
        if id(block) not in inside_fused:
            _join_in(program, block, uses)
    return program


def _join_in(program: Program, block: Block | Program, uses: dict[int, int]) -> None:
    """Join steps of one block."""
    steps: list[Step | None] = list(block.steps)
    makers = {step.outputs[0]: index for index, step in enumerate(block.steps) if step.kind == OP and step.opdef.name in compiled.PRODUCERS}
    content = {step.outputs[0]: step.cells[0] for step in block.steps if step.kind == READ}
    if not makers:
        return
    for index, step in enumerate(block.steps):
        if step.kind != FUSED or not isinstance(step.work, Work):
            continue
        candidates = [value for value in step.inputs if value in makers and index - makers[value] <= FARTHEST]
        for value in sorted(candidates, key=lambda value: -makers[value]):
            at = makers[value]
            maker = steps[at]
            place = None if maker is None else _place(maker, step, at, index, steps, content)
            joined = None if maker is None or place is None else _joined(program, maker, step, uses)
            if joined is not None:
                steps[at] = steps[index] = None
                steps[place] = joined  # type: ignore[index]
                break
    block.steps = [step for step in steps if step is not None]


def _place(maker: Step, follower: Step, at: int, index: int, steps: list[Step | None], content: dict[int | None, int]) -> int | None:
    """Where both can run together: at the first, if all that the other needs is there; at the second, if nothing between needs the first
    or changes what it reads. None if nowhere.
    """
    between = [step for step in steps[at + 1 : index] if step is not None]
    if {value for step in between for each in (step, *step.inner()) for value in each.outputs}.isdisjoint(follower.inputs):
        return at
    made, cells = set(maker.outputs), {content.get(value) for value in maker.inputs}
    for step in between:
        stored = units.stored_cells(step)
        if not made.isdisjoint(step.all_inputs()) or stored and (None in cells or not stored.isdisjoint(cells)):
            return None
    return index


def _joined(program: Program, maker: Step, follower: Step, uses: dict[int, int]) -> Step | None:
    """One step for both; None where the kernel cannot do that."""
    work: Work = follower.work  # type: ignore[assignment]
    result = maker.outputs[0]
    inside = sum(step.inputs.count(result) for step in follower.blocks[0].steps) + follower.inputs.count(result)
    is_wanted = uses.get(result, 0) > inside  # type: ignore[arg-type]
    epilogue = epilogue_of(work, follower.inputs.index(result), is_wanted)
    if epilogue is None or None in maker.inputs or maker.keep or not is_wanted and not epilogue.stored:
        return None
    producer = compiled.producer_for(maker.opdef, program.inference(maker))
    if producer is None:
        return None
    outputs = [*follower.outputs, *[result] * is_wanted, *maker.outputs[1:]]
    taken = [maker.inputs[position] for position in producer.inputs]
    more = [(value, operand) for value, operand in zip(follower.inputs, work.operands) if value != result]
    operands = [Operand(program.values[value].dtype.name, program.values[value].shape) for value in taken]  # type: ignore[index, arg-type]
    made = Step(FUSED, follower.opdef, follower.node, [*taken, *[value for value, _ in more]], outputs)
    made.blocks = (Block([maker, *follower.blocks[0].steps], list(outputs)),)
    made.work = Follower(producer, epilogue, work.domain, (*operands, *[operand for _, operand in more]), work.outputs)
    return made
