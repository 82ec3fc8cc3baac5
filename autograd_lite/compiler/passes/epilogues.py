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
from autograd_lite.kernels.elementwise import Operand, Output, Work
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
            if maker is None or not _may_wait(maker, step, block.steps[at + 1 : index], content):
                continue
            joined = _joined(program, maker, step, uses)
            if joined is not None:
                steps[at], steps[index] = None, joined
                break
    block.steps = [step for step in steps if step is not None]


def _may_wait(maker: Step, follower: Step, between: list[Step], content: dict[int | None, int]) -> bool:
    """Whether a step can run as late as the one that follows it: nothing between needs it or changes what it reads."""
    made = set(maker.outputs)
    cells = {content.get(value) for value in maker.inputs}
    for step in between:
        if not made.isdisjoint(step.all_inputs()):
            return False
        stored = units.stored_cells(step)
        if stored and (None in cells or not stored.isdisjoint(cells)):
            return False
    return bool(follower.inputs)


def _joined(program: Program, maker: Step, follower: Step, uses: dict[int, int]) -> Step | None:
    """One step for both; None where the kernel cannot do that."""
    work: Work = follower.work  # type: ignore[assignment]
    result = maker.outputs[0]
    epilogue = epilogue_of(work, follower.inputs.index(result))
    producer = None if epilogue is None or None in maker.inputs or maker.keep else compiled.producer_for(maker.opdef, program.inference(maker))
    if epilogue is None or producer is None:
        return None
    shape = work.domain
    outputs, results = list(follower.outputs), list(work.outputs)
    is_wanted = uses.get(result, 0) > sum(step.inputs.count(result) for step in follower.blocks[0].steps) + follower.inputs.count(result)
    if is_wanted:
        outputs.append(result)
        results.append(Output(-1))
    if not is_wanted and not epilogue.stored:
        return None
    taken = [maker.inputs[position] for position in producer.inputs]
    more = [(value, operand) for value, operand in zip(follower.inputs, work.operands) if value != result]
    operands = [Operand(program.values[value].dtype.name, program.values[value].shape) for value in taken]  # type: ignore[index, arg-type]
    made = Step(FUSED, follower.opdef, follower.node, [*taken, *[value for value, _ in more]], outputs)
    made.blocks = (Block([maker, *follower.blocks[0].steps], list(outputs)),)
    made.work = Follower(producer, epilogue, shape, (*operands, *[operand for _, operand in more]), tuple(results),
                         len(results) - 1 if is_wanted else None)  # fmt: skip
    return made
