"""Put the steps into one line: data first, control edges kept, readers of a variable before its writers where no edge says otherwise."""

from __future__ import annotations

from autograd_lite.compiler.program import READ, Program, Step
from autograd_lite.compiler.schedule import COMPUTES, LATE, READS, WRITES, Work, schedule


def order(program: Program) -> Program:
    """Sort the steps; from here on the program is straight-line and control edges are forgotten."""
    position = {id(step): index for index, step in enumerate(program.steps)}
    maker = {value: index for index, step in enumerate(program.steps) for value in step.outputs if value is not None}
    work = [_work(step, position, maker) for step in program.steps]
    program.steps = [program.steps[index] for index in schedule(work)]
    for step in program.steps:
        step.after = []
    program.steps = [step for step in program.steps if step.outputs or step.has_effects or step.inputs]  # NoOps have done their part
    program.drop_unused()
    return program


def _work(step: Step, position: dict[int, int], maker: dict[int, int]) -> Work:
    needs = [position[id(other)] for other in step.after]
    needs.extend(maker[value] for value in step.inputs if value is not None and value in maker)
    cells = tuple(step.cells.values())
    if step.kind == READ:
        return Work(LATE if step.is_late else READS, step.node.id, needs, reads=cells, name=step.node.name)
    return Work(WRITES if step.opdef.updates else COMPUTES, step.node.id, needs, writes=cells, name=step.node.name)
