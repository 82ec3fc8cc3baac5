"""Put steps into a new order when some of them are to become one."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from autograd_lite.compiler.program import OP, READ, Program, Step


def in_order(steps: Sequence[Step], unit_of: Mapping[int, int]) -> list[list[Step]]:
    """The steps again, those of one unit together, everything else as early as it was where that is possible.

    Values are made before they are used, effects keep their order, and an update stays behind whatever was computed from what its variable
    held before.

    Args:
      unit_of: id of a step -> the unit that it belongs to; steps that are not there are units of their own.
    """
    units: list[list[Step]] = []
    place: dict[int, int] = {}  # id of a step -> index of its unit
    first: dict[int, int] = {}  # unit -> its index
    for step in steps:
        unit = unit_of.get(id(step))
        if unit is not None and unit in first:
            units[first[unit]].append(step)
            place[id(step)] = first[unit]
            continue
        if unit is not None:
            first[unit] = len(units)
        place[id(step)] = len(units)
        units.append([step])
    return [units[index] for index in _sorted(_needs(steps, place, len(units)))]


def stored_cells(step: Step) -> set[int]:
    """The variables that a step, or what is inside of it, stores into."""
    return {cell for each in (step, *step.inner()) if each.kind == OP for cell in each.cells.values()}


def used_outside(program: Program, steps: Sequence[Step]) -> list[int]:
    """The results of some steps that other steps use, or that are results of the program or of a block."""
    inside = {id(step) for step in steps}
    used: set[int | None] = set()
    for block in program.all_blocks():
        used.update(block.results)
        for step in block.steps:
            if id(step) not in inside:
                used.update(step.inputs)
    return [value for step in steps for value in step.outputs if value is not None and value in used]


def _needs(steps: Sequence[Step], place: Mapping[int, int], count: int) -> list[set[int]]:
    """For each unit, those that have to come before it."""
    needs: list[set[int]] = [set() for _ in range(count)]
    maker: dict[int, int] = {}
    content: dict[int, int] = {}  # value -> the cell that it was read from
    readers: dict[int, set[int]] = {}  # cell -> units that use what was read from it
    last_effect: int | None = None
    for step in steps:
        index = place[id(step)]
        inner = list(step.inner())
        for value in step.all_inputs():
            if value in maker:
                needs[index].add(maker[value])
            if value in content:
                readers.setdefault(content[value], set()).add(index)
        for made in (value for each in (step, *inner) for value in each.outputs if value is not None):
            maker[made] = index
        if step.kind == READ:
            content[step.outputs[0]] = step.cells[0]  # type: ignore[index]
        for cell in stored_cells(step):
            needs[index] |= readers.pop(cell, set())
        if not step.is_pure:
            if last_effect is not None:
                needs[index].add(last_effect)
            last_effect = index
        needs[index].discard(index)
    return needs


def _sorted(needs: list[set[int]]) -> list[int]:
    """The units in an order that keeps to `needs`, and otherwise to their numbers."""
    missing = [len(before) for before in needs]
    followers: list[list[int]] = [[] for _ in needs]
    for index, before in enumerate(needs):
        for need in before:
            followers[need].append(index)
    ready = [index for index, count in enumerate(missing) if not count]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for follower in followers[index]:
            missing[follower] -= 1
            if not missing[follower]:
                heapq.heappush(ready, follower)
    if len(order) != len(needs):
        raise AssertionError("steps that are to be joined wait for each other")
    return order
