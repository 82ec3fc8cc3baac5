"""Put the steps into one line: data first, control edges kept, readers of a variable before its writers where no edge says otherwise."""

from __future__ import annotations

from autograd_lite.compiler.program import OP, READ, Program, Step
from autograd_lite.compiler.schedule import COMPUTES, LATE, READS, WRITES, Work, schedule
from autograd_lite.graph.operation import Operation


def order(program: Program) -> Program:
    """Sort the steps; from here on the program is straight-line and control edges are forgotten."""
    groups = _groups(program.steps)
    position = {id(step): index for index, group in enumerate(groups) for step in group}
    maker = {value: index for index, group in enumerate(groups) for step in group for value in step.outputs if value is not None}
    work = [_work(group, index, position, maker) for index, group in enumerate(groups)]
    program.steps = [step for index in schedule(work) for step in groups[index]]
    for step in program.steps:
        step.after = []
    program.steps = [step for step in program.steps if step.outputs or step.has_effects or step.inputs]  # NoOps have done their part
    program.drop_unused()
    return program


def _groups(steps: list[Step]) -> list[list[Step]]:
    """Steps that are done in one piece, the main one last: an update looks at variables at the moment at which it stores."""
    updates = {step.node for step in steps if step.kind == OP and step.opdef.updates}
    looks: dict[Operation, list[Step]] = {}
    for step in steps:
        if step.kind == READ and step.node in updates and not step.is_late:
            looks.setdefault(step.node, []).append(step)
    groups: list[list[Step]] = []
    for step in steps:
        if step.kind == OP:
            groups.append([*looks.get(step.node, ()), step])
        elif step.kind != READ or step.is_late or step.node not in looks:
            groups.append([step])
    return groups


def _work(group: list[Step], index: int, position: dict[int, int], maker: dict[int, int]) -> Work:
    main = group[-1]
    needs = [position[id(other)] for step in group for other in step.after]
    needs.extend(maker[value] for step in group for value in step.inputs if value is not None and value in maker)
    needs = [need for need in needs if need != index]
    cells = tuple(main.cells.values())
    if main.kind == READ:
        return Work(LATE if main.is_late else READS, main.node.id, needs, reads=cells, name=main.node.name)
    looked_at = tuple([step.cells[0] for step in group[:-1]])
    if main.kind == OP and main.opdef.updates:
        return Work(WRITES, main.node.id, needs, looked_at, cells, main.node.name)
    return Work(COMPUTES, main.node.id, needs, name=main.node.name)
