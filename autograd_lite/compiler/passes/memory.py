"""Decide who owns which array: what may be overwritten, what must be copied, and when a value is dropped.

Arrays that a run did not make itself (feeds, constants, variables) are never written to and never handed out. Two values share memory when
a step between them is declared a `view`; a group of such values is treated as one array.
"""

from __future__ import annotations

from autograd_lite.compiler.program import FUSED, IF, OP, WHILE, Block, Program, Step, walk
from autograd_lite.core import shapes
from autograd_lite.kernels.elementwise import Work

WORTH_OVERWRITING = 1000  # elements; below, allocating is quicker than passing out=
WORTH_DROPPING = (
    1000  # elements; smaller locals live until the run ends. Not more than the above: a variable held in a local is copied by its update
)
# Besides elementwise ops, whose results are fresh arrays that can be written to.
MAKES_FRESH_ARRAYS = frozenset(["MatMul", "BatchMatMul", "BatchMatMulV2", "Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"])


class Groups:
    """Values that may share memory (union-find)."""

    def __init__(self, program: Program) -> None:
        self.parent = list(range(len(program.values)))
        self.external = [False] * len(program.values)  # someone else holds the array: a feed, a constant, a variable
        self.size = [1] * len(program.values)

    def find(self, value: int) -> int:
        """The representative of a value's group."""
        parent = self.parent
        while parent[value] != value:
            parent[value] = parent[parent[value]]
            value = parent[value]
        return value

    def join(self, a: int, b: int) -> None:
        """Note that two values may share memory."""
        a, b = self.find(a), self.find(b)
        if a != b:
            self.parent[a] = b
            self.external[b] = self.external[a] or self.external[b]
            self.size[b] += self.size[a]

    def is_external(self, value: int) -> bool:
        """Whether someone besides this run may hold the array."""
        return self.external[self.find(value)]

    def set_external(self, value: int) -> None:
        """Note that someone besides this run may hold the array."""
        self.external[self.find(value)] = True


def memory(program: Program) -> Program:
    """Fill in `drops`, `into` and `owned` of the steps, and note which results must be copied."""
    groups = sharing(program)
    results = {value for value in program.results if value is not None}
    _plan_block(program, program, groups, results, {})
    program.copied = copied_results(program, groups)
    return program


def _plan_block(program: Program, block: Block | Program, groups: Groups, results: set[int], uses: dict[int, int]) -> None:
    """Decide for the steps of one block; values are dropped in the block in which they are made, and only if they are used nowhere else.

    uses: how often each value is used in the whole program.
    """
    if not uses:
        for used in [*(value for step in program.steps for value in step.all_inputs()), *program.results]:
            if used is not None:
                uses[used] = uses.get(used, 0) + 1
    last, here = _last_uses(block)
    results = {*results, *(value for value in block.results if value is not None)}
    maker: dict[int, Step] = {}
    for index, step in enumerate(block.steps):
        for inner in step.blocks:
            _plan_block(program, inner, groups, results, uses)
        for value in step.outputs:
            if value is not None:
                maker[value] = step
        candidates = dict.fromkeys([*step.all_inputs(), *step.outputs])
        dead = [value for value in candidates if value is not None and last.get(value, index) == index]
        dead = [value for value in dead if value not in results and value in maker and here.get(value, 0) == uses.get(value, 0)]
        step.into = None if step.blocks else _overwritable(program, step, dead, maker, groups)
        step.reuses = _reusable(program, step, dead, maker, groups) if step.kind == FUSED and isinstance(step.work, Work) else {}
        step.drops = [value for value in dead if value != step.into and _is_big(program, value)]


def sharing(program: Program) -> Groups:
    """Which values may share memory with which, and with arrays held elsewhere; marks the stores that need no copy."""
    groups = Groups(program)
    for held in [*program.feeds, *program.constants]:
        groups.set_external(held)
    for step in walk(program.steps):
        if step.kind in (IF, WHILE):
            _join_results(step, groups)
            continue
        if step.kind == FUSED:
            continue
        if step.kind != OP:
            for value in step.outputs:
                if value is not None:
                    groups.set_external(value)
            continue
        viewed = [value for value, argument in zip(step.inputs, step.arguments()) if value is not None and argument.name in step.opdef.view]
        if step.opdef.updates:
            step.owned = not any(groups.is_external(value) for value in viewed)
            for stored in [*viewed, *(output for output in step.outputs if output is not None)]:
                groups.set_external(stored)
        elif step.has_effects and any(tensor.dtype.kind == "r" for tensor in step.node.inputs):
            for kept in [*step.inputs, *step.outputs]:  # a stack, a TensorArray, a queue may hold what it was given and what it gave
                if kept is not None:
                    groups.set_external(kept)
        for value in viewed:
            for output in step.outputs:
                if output is not None:
                    groups.join(value, output)
    return groups


def _join_results(step: Step, groups: Groups) -> None:
    """A result of a branch is what either branch made; a variable of a loop is now this array, now that."""
    for index, output in enumerate(step.outputs):
        same = [block.results[index] for block in step.blocks] if step.kind == IF else [step.inputs[index], step.blocks[1].results[index]]
        if step.kind == WHILE:
            groups.set_external(step.params[index])
            same.append(step.params[index])
        for value in same:
            if value is not None and output is not None:
                groups.join(value, output)


def copied_results(program: Program, groups: Groups) -> list[bool]:
    """For each result, whether the caller must get a copy: others hold the array, or another result shares it."""
    copied: list[bool] = []
    given: set[int] = set()
    for value in program.results:
        if value is None:
            copied.append(False)
            continue
        group = groups.find(value)
        copied.append(groups.external[group] or group in given)
        given.add(group)
    return copied


def _last_uses(block: Block | Program) -> tuple[dict[int, int], dict[int, int]]:
    """Where in a block each value is used last, and how often it is used there."""
    last: dict[int, int] = {}
    here: dict[int, int] = {}
    for index, step in enumerate(block.steps):
        for value in step.all_inputs():
            if value is not None:
                last[value] = index
                here[value] = here.get(value, 0) + 1
    for value in block.results:
        if value is not None:
            here[value] = here.get(value, 0) + 1
    return last, here


def _is_big(program: Program, value: int) -> bool:
    count = shapes.num_elements(program.values[value].shape)
    return count is None or count >= WORTH_DROPPING


def _overwritable(program: Program, step: Step, dead: list[int], maker: dict[int, Step], groups: Groups) -> int | None:
    """An input that this run made, that nobody needs any more, and that has the form of the result."""
    if not step.is_pure or step.opdef.elementwise is None or len(step.outputs) != 1 or step.outputs[0] is None:
        return None
    result = program.values[step.outputs[0]]
    count = shapes.num_elements(result.shape)
    if count is None or count < WORTH_OVERWRITING:
        return None
    for value in step.inputs:
        if value not in dead or groups.is_external(value) or groups.size[groups.find(value)] > 1:
            continue
        if _is_fresh(maker[value]) and program.values[value].shape == result.shape and program.values[value].dtype == result.dtype:
            return value
    return None


def _is_fresh(made: Step) -> bool:
    """Whether what a step made are arrays of its own."""
    if made.kind == FUSED:
        return True
    return made.is_pure and len(made.outputs) == 1 and (made.opdef.elementwise is not None or made.opdef.name in MAKES_FRESH_ARRAYS)


def _reusable(program: Program, step: Step, dead: list[int], maker: dict[int, Step], groups: Groups) -> dict[int, int]:
    """For outputs of a fused step: an input of that form that this run made and that nobody needs any more."""
    found: dict[int, int] = {}
    inputs = set(step.inputs)
    for output in step.outputs:
        result = program.values[output]  # type: ignore[index]
        is_reduced = result.shape != step.work.domain  # type: ignore[union-attr]  # it may be written while inputs are still read
        if is_reduced or (shapes.num_elements(result.shape) or 0) < WORTH_OVERWRITING:
            continue
        for value in dead:
            if value not in inputs or value in found.values() or groups.is_external(value) or groups.size[groups.find(value)] > 1:
                continue
            if _is_fresh(maker[value]) and program.values[value].shape == result.shape and program.values[value].dtype == result.dtype:
                found[output] = value  # type: ignore[index]
                break
    return found


def peak_bytes(program: Program) -> tuple[int, int]:
    """The most bytes of known values alive at once, and the number of values whose size is not known."""
    last, _ = _last_uses(program)
    results = {value for value in program.results if value is not None}
    alive = peak = unknown = 0
    overwritten: set[int] = set()
    sizes: dict[int, int] = {}
    for index, step in enumerate(program.steps):
        for value in step.outputs:
            if value is None or step.kind not in (OP, FUSED) or step.opdef.view:
                continue
            count = shapes.num_elements(program.values[value].shape)
            unknown += count is None
            sizes[value] = 0 if step.into is not None or value in step.reuses else (count or 0) * program.values[value].dtype.size
            alive += sizes[value]
        peak = max(peak, alive)
        if step.into is not None and step.outputs[0] is not None:
            sizes[step.outputs[0]] = sizes.get(step.into, 0)
            overwritten.add(step.into)
        for output, old in step.reuses.items():
            sizes[output] = sizes.get(old, 0)
            overwritten.add(old)
        for value in dict.fromkeys([*step.inputs, *step.outputs]):
            if (
                value is not None
                and value in sizes
                and last.get(value, index) == index
                and value not in results
                and value not in overwritten
            ):
                alive -= sizes.pop(value)
    return peak, unknown
