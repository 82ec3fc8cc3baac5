"""What is known of the elements of TensorArrays and stacks: what is put in tells what will come out.

A loop's gradient takes from a stack what the loop has pushed; the graph does not say which shape that has once a size was not known when
it was built. A plan made for particular shapes finds it here, and what follows in the loop's body is compiled for it. Shapes are pushed as
well, as values: one that is the same in every turn of the loop becomes a constant on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autograd_lite.compiler.program import IF, OP, WHILE, Contents, Program, Step, walk
from autograd_lite.core import shapes
from autograd_lite.graph.opdef import NOTHING

_UNKNOWN = Contents(None, None)


def contents(program: Program) -> dict[int, Contents]:
    """Handle -> what holds of every element that the object behind it will ever have, as far as this is certain.

    An object that a step touches which does not declare `puts` is not judged.
    """
    if not any(value.dtype.kind == "r" for value in program.values):
        return {}
    objects = _Objects(program)
    made: dict[int, Contents] = {}  # objects whose maker tells what they are for
    put: dict[int, set[Contents]] = {}
    for step in walk(program.steps):
        if step.kind != OP or step.passes_on:
            continue
        puts = step.opdef.puts
        taken, given = objects.handles(step.inputs), objects.handles(step.outputs)
        if puts is None:
            for handle in (*taken, *given):
                put.setdefault(objects.find(handle), set()).add(_UNKNOWN)
        elif puts is not NOTHING and given:
            made[objects.find(given[0])] = _told(program, step)
        elif puts is not NOTHING:
            put.setdefault(objects.find(taken[0]), set()).add(_told(program, step))
    known = {root: next(iter(found)) for root, found in put.items() if len(found) == 1} | made
    roots = {handle: objects.find(handle) for handle in objects.parent}
    return {handle: known[root] for handle, root in roots.items() if root in known and shapes.is_defined(known[root].shape)}


def _told(program: Program, step: Step) -> Contents:
    """What a step tells of the elements that it puts in."""
    puts = step.opdef.puts
    if callable(puts):
        return Contents(puts(program.inference(step)), None)
    value = step.inputs[[argument.name for argument in step.arguments()].index(puts)]  # type: ignore[arg-type]
    return _UNKNOWN if value is None else Contents(program.values[value].shape, program.partial(value))


class _Objects:
    """Handles, grouped by the object that they lead to."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.parent: dict[int, int] = {}
        for step in walk(program.steps):
            for group in self._same(step):
                for other in group:
                    self._join(group[0], other)

    def find(self, handle: int) -> int:
        """One handle that stands for all that lead to the same object."""
        while self.parent.setdefault(handle, handle) != handle:
            handle = self.parent[handle]
        return handle

    def handles(self, values: Iterable[int | None]) -> list[int]:
        """Those of some values that are handles."""
        return [value for value in values if value is not None and self.program.values[value].dtype.kind == "r"]

    def _same(self, step: Step) -> Iterator[list[int]]:
        """Groups of handles that lead to one object: a step that declares nothing may pass on what it takes."""
        rows: Iterable[Iterable[int | None]]
        if step.kind == IF:
            rows = zip(step.outputs, *(block.results for block in step.blocks))
        elif step.kind == WHILE:
            rows = zip(step.outputs, step.inputs, step.params, step.blocks[1].results)
        else:
            rows = [(*step.inputs, *step.outputs)] if step.opdef.puts is None else [(value,) for value in step.outputs]
        for row in rows:
            yield self.handles(row)

    def _join(self, one: int, other: int) -> None:
        self.parent[self.find(one)] = self.find(other)
