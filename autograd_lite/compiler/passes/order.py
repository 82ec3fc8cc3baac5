"""Put the steps into one line: data first, control edges kept, readers of a variable before its writers where no edge says otherwise."""

from __future__ import annotations

from autograd_lite.compiler.program import OP, READ, Program, Step, place_of, walk
from autograd_lite.compiler.schedule import COMPUTES, EFFECTS, LATE, READS, WRITES, Work, schedule
from autograd_lite.graph.operation import Operation


def order(program: Program) -> Program:
    """Sort the steps of every block; from here on the program is straight-line and control edges are forgotten."""
    for block in program.all_blocks():
        block.steps = _sorted(block.steps)
    nothing: list[Step] = []  # one for all: there are hundreds of thousands
    for block in program.all_blocks():
        for step in block.steps:
            step.after = nothing
        # NoOps have done their part
        block.steps = [step for step in block.steps if step.outputs or step.has_effects or step.inputs or step.keep and step.blocks]
    program.is_ordered = True
    program.drop_unused()
    return program


def _sorted(steps: list[Step]) -> list[Step]:
    groups = _groups(steps)
    position: dict[int, int] = {}
    maker: dict[int, int] = {}
    for index, group in enumerate(groups):
        for step in walk(group):
            position[id(step)] = index
            maker.update((value, index) for value in step.outputs if value is not None)
    work = [_work(group, index, position, maker) for index, group in enumerate(groups)]
    return [step for index in schedule(work) for step in groups[index]]


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
    needs = [position[id(other)] for step in walk(group) for other in step.after if id(other) in position]
    needs.extend(maker[value] for step in group for value in step.all_inputs() if value is not None and value in maker)
    needs = [need for need in needs if need != index]
    if main.blocks:
        return _work_of_blocks(main, needs)
    cells = tuple(main.cells.values())
    if main.kind == READ:
        return Work(LATE if main.is_late else READS, main.node.id, needs, reads=cells, name=main.node.name)
    looked_at = tuple([step.cells[0] for step in group[:-1]])
    if main.kind == OP and main.opdef.updates:
        return Work(WRITES, main.node.id, needs, looked_at, cells, main.node.name)
    begins, ends = sections(main.node)
    return Work(EFFECTS if acts(main.node) else COMPUTES, main.node.id, needs, name=main.node.name, begins=begins, ends=ends)


def acts(node: Operation) -> bool:
    """Whether a node does something to an object that others use too, or to the world outside, and does not only look at it."""
    return node.opdef.has_effects and not node.opdef.updates and not node.opdef.only_looks and node.type != "Assert"


def sections(node: Operation) -> tuple[object, object]:
    """The mutex whose section a node begins, and that whose section it ends."""
    if node.opdef.section == "begins":
        return place_of(node.inputs[0].op), None
    begun = node.inputs[0].op if node.opdef.section == "ends" else None
    if begun is not None and begun.opdef.section == "begins":
        return None, place_of(begun.inputs[0].op)
    return None, None


def _work_of_blocks(main: Step, needs: list[int]) -> Work:
    """A conditional or a loop is one piece of work: it reads and writes all that its blocks read and write."""
    reads = [step.cells[0] for step in main.inner() if step.kind == READ]
    writes = [cell for step in main.inner() if step.kind == OP for cell in step.cells.values()]
    kind = WRITES if writes else READS if reads else COMPUTES
    return Work(kind, main.node.id, needs, tuple(dict.fromkeys(reads)), tuple(dict.fromkeys(writes)), main.node.name)
