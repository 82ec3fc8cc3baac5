"""Let a kernel go on with its results while they are in the cache: a convolution with its bias and activation, for example.

A fused step that follows a convolution (or another kernel that writes its result part by part) becomes one step with it: the kernel does
the fused step's work on each part as soon as it is complete (`kernels/epilogue.py`). Nothing else changes: every operation is the same,
what others use is still there, and before machine code is ready the plan runs the same lines as without.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd_lite.compiler.passes import units
from autograd_lite.compiler.passes.columns import count_uses
from autograd_lite.compiler.program import FUSED, OP, READ, Block, Program, Step
from autograd_lite.kernels import compiled
from autograd_lite.kernels.elementwise import Operand, Work
from autograd_lite.kernels.epilogue import NOTHING, Follower, Producer, epilogue_of

FARTHEST = 200  # steps between a kernel and what follows it: so long its inputs have to stay


def epilogues(program: Program) -> Program:
    """Join kernels with the fused steps that follow them."""
    uses = count_uses(program)
    for block in program.blocks_to_join_in():
        _join_in(program, block, uses)
    return program


def _join_in(program: Program, block: Block | Program, uses: dict[int, int]) -> None:
    """Join steps of one block: a kernel with one that needs its moments, with what is done with its results, and with one that needs sums
    of these.
    """
    if not any(step.kind == OP and step.opdef.name in compiled.PRODUCERS for step in block.steps):
        return
    content = {step.outputs[0]: step.cells[0] for step in block.steps if step.kind == READ}
    for wanted, join in ((_is_op, _with_moments), (_is_fused, _with_epilogue), (_is_op, _with_sums)):
        steps: list[Step | None] = list(block.steps)
        makers = {value: index for index, step in enumerate(block.steps) if _is_op(step) or isinstance(step.work, Follower)
                  for value in step.outputs}  # fmt: skip
        for index, step in enumerate(block.steps):
            candidates = [value for value in step.inputs if value in makers and index - makers[value] <= FARTHEST] if wanted(step) else []
            for value in sorted(candidates, key=lambda value: -makers[value]):
                at = makers[value]
                maker = steps[at]
                place = None if maker is None else _place(maker, step, at, index, steps, content)
                joined = None if maker is None or place is None else join(program, maker, step, uses)
                if joined is not None:
                    steps[at] = steps[index] = None
                    steps[place] = joined  # type: ignore[index]
                    if wanted is _is_op:
                        makers[step.outputs[0]] = place  # type: ignore[assignment]
                    break
        block.steps = [step for step in steps if step is not None]


def _is_op(step: Step) -> bool:
    return step.kind == OP and step.opdef.name in compiled.PRODUCERS


def _is_fused(step: Step) -> bool:
    return step.kind == FUSED and isinstance(step.work, Work)


def _place(maker: Step, follower: Step, at: int, index: int, steps: list[Step | None], content: dict[int | None, int]) -> int | None:
    """Where both can run together: at the first, if all that the other needs is there; at the second, if nothing between needs the first
    or changes what it reads. None if nowhere.
    """
    made = set(maker.outputs)
    if len(made.intersection(follower.inputs)) > 1:  # it is not done with the first result alone
        return None
    between = [step for step in steps[at + 1 : index] if step is not None]
    if {value for step in between for each in (step, *step.inner()) for value in each.outputs}.isdisjoint(follower.inputs):
        return at
    cells = {content.get(value) for value in maker.inputs}
    for step in between:
        stored = units.stored_cells(step)
        if not made.isdisjoint(step.all_inputs()) or stored and (None in cells or not stored.isdisjoint(cells)):
            return None
    return index


class _Maker(NamedTuple):
    """A step as a kernel that can go on with its result."""

    producer: Producer
    taken: list[int]  # the values that the kernel takes
    more: list[int | None]  # those that it makes besides
    steps: list[Step]  # that it does


def _maker(program: Program, step: Step) -> _Maker | None:
    """What is known of such a step, if it is one and does nothing more with its result yet."""
    if isinstance(step.work, Follower):
        is_free = step.work.epilogue is NOTHING
        return _Maker(step.work.producer, step.inputs, step.outputs[1:], step.blocks[0].steps) if is_free else None  # type: ignore[arg-type]
    producer = None if None in step.inputs or step.keep else compiled.producer_for(step.opdef, program.inference(step))
    if producer is None:
        return None
    return _Maker(producer, [step.inputs[position] for position in producer.inputs], step.outputs[1:], [step])  # type: ignore[misc]


def _with_moments(program: Program, first: Step, second: Step, uses: dict[int, int]) -> Step | None:
    """One step for a kernel and one that wants to know the moments of its result; None if the second is not of that kind."""
    then = _maker(program, second) if second.inputs[0] == first.outputs[0] else None
    maker = _maker(program, first) if then is not None and then.producer.behind is not None else None
    if maker is None or maker.producer.make is None or then is None or then.producer.behind is None:
        return None
    producer = then.producer.behind(maker.producer)
    taken, outputs = [*maker.taken, *then.taken[1:]], [second.outputs[0], first.outputs[0], *then.more]
    made = Follower(producer, NOTHING, producer.more[0], (), ())
    return _step(program, second, [*maker.steps, *then.steps], taken, outputs, made)


def _with_epilogue(program: Program, first: Step, follower: Step, uses: dict[int, int]) -> Step | None:
    """One step for a kernel and a fused step behind it; None where the kernel cannot do that."""
    work: Work = follower.work  # type: ignore[assignment]
    result: int = first.outputs[0]  # type: ignore[assignment]
    if result not in follower.inputs:
        return None
    inside = sum(step.inputs.count(result) for step in follower.blocks[0].steps) + follower.inputs.count(result)
    is_wanted = uses.get(result, 0) > inside
    epilogue = epilogue_of(work, follower.inputs.index(result), is_wanted)
    maker = None if epilogue is None or not is_wanted and not epilogue.stored else _maker(program, first)
    if epilogue is None or maker is None or maker.producer.make is None:
        return None
    others: list[int] = [value for value in follower.inputs if value != result]  # type: ignore[misc]
    outputs = [*follower.outputs, *[result] * is_wanted, *maker.more]
    made = Follower(maker.producer, epilogue, work.domain, (), work.outputs)
    return _step(program, follower, [*maker.steps, *follower.blocks[0].steps], [*maker.taken, *others], outputs, made)


def _with_sums(program: Program, first: Step, second: Step, uses: dict[int, int]) -> Step | None:
    """One step for a kernel that makes a gradient and one that wants to know sums of it; None if the second is not of that kind."""
    then = _maker(program, second)
    if then is None or then.producer.after is None:
        return None
    maker = _maker(program, first)
    done = Follower(maker.producer, NOTHING, (), (), ()) if maker is not None else first.work
    if not isinstance(done, Follower) or done.producer.make is None:
        return None
    if second.inputs[0] not in first.outputs[: len(done.outputs) + done.epilogue.keeps_result]:
        return None
    at = first.outputs.index(second.inputs[0])
    if at < len(done.outputs) and done.outputs[at].reduced:
        return None
    stored = None if at == len(done.outputs) else sum(not output.reduced for output in done.outputs[:at])
    known: list[int] = first.inputs if maker is None else maker.taken  # type: ignore[assignment]
    count = len(done.producer.inputs)
    producer = then.producer.after(done.producer, stored)
    domain = program.values[first.outputs[at]].shape  # type: ignore[index]
    work = Follower(producer, done.epilogue, domain, (), done.outputs)  # type: ignore[arg-type]
    before = list(first.blocks[0].steps) if maker is None else maker.steps
    return _step(program, second, [*before, *then.steps], [*known[:count], *then.taken[1:], *known[count:]],
                 [*first.outputs, *second.outputs], work)  # fmt: skip


def _step(program: Program, last: Step, steps: list[Step], taken: list[int], outputs: list[int | None], work: Follower) -> Step:
    """The step that stands for others, of which this is the last."""
    known = [program.values[value] for value in taken]
    made = Step(FUSED, last.opdef, last.node, list(taken), list(outputs))
    made.blocks = (Block(steps, list(outputs)),)
    made.work = work._replace(operands=tuple([Operand(value.dtype.name, value.shape) for value in known]))  # type: ignore[arg-type]
    return made
