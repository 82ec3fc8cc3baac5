"""The verifier: after a pass, is the program still one, and does it still do the same things?"""

from __future__ import annotations

import os

from autograd_lite.compiler.program import FUSED, OP, Program, Step, walk

# Tests switch it on; AUTOGRAD_LITE_VERIFY=1 does so for any program.
enabled = [os.environ.get("AUTOGRAD_LITE_VERIFY", "") not in ("", "0")]


class InvalidProgram(AssertionError):
    """A pass has made a program that breaks the rules; the message names the pass and the step."""


def verify(program: Program, after: str, effects_before: list[str] | None = None, may_drop: bool = False) -> None:
    """Check the rules that hold after every pass.

    Raises:
      InvalidProgram: when a value is used before it is made or made twice, a cell or value does not exist, a type changed, or (when
        `effects_before` is given) the steps with effects are not the same in the same order; `may_drop`: some may be gone, with a
        branch that is never taken.
    """
    made = set(program.feeds) | set(program.constants)
    known = {program.feeds[position] for position, _ in program.fed.elements} if program.fed is not None else set()
    if set(program.feeds) & set(program.constants) - known:
        _fail(after, None, "a feed became a constant")
    _check_block(program, program.steps, made, after)
    for value in program.results:
        if value is not None and value not in made:
            _fail(after, None, f"result {value} is never made")
    if len(program.results) != len(program.fetches):
        _fail(after, None, f"{len(program.fetches)} fetches have {len(program.results)} results")
    if effects_before is None or effects(program) == effects_before:
        return
    before = iter(effects_before)
    if not may_drop or not all(name in before for name in effects(program)):
        _fail(after, None, f"the steps with effects were {effects_before} and are {effects(program)}")


def effects(program: Program) -> list[str]:
    """The names of the steps with effects, in order: no pass after `order` may change this list."""
    return [step.node.name for step in walk(program.steps) if step.has_effects and not step.blocks]


def _check_block(program: Program, steps: list[Step], made: set[int], after: str) -> None:
    ordered = program.is_ordered
    for step in steps:
        _check_step(program, step, made if ordered else None, after)
        made.update(step.params)
        for block in step.blocks:
            _check_block(program, block.steps, made, after)
            for value in block.results:
                if ordered and value is not None and value not in made:
                    _fail(after, step, f"value {value}, a result of a block, is not made")
        for value in step.outputs:
            if value is not None:
                if value in made and ordered and step.kind != FUSED:
                    _fail(after, step, f"value {value} is made twice")
                if value not in made and step.kind == FUSED:
                    _fail(after, step, f"its output {value} is made by none of its steps")
                made.add(value)


def _check_step(program: Program, step: Step, made: set[int] | None, after: str) -> None:
    if step.kind == OP and step.opdef is step.node.opdef and len(step.inputs) != len(step.node.inputs):
        _fail(after, step, "it has another number of inputs than its node")
    for index, value in enumerate(step.inputs):
        if value is None:
            continue
        if not 0 <= value < len(program.values):
            _fail(after, step, f"input {index} is value {value}, which does not exist")
        if made is not None and value not in made:
            _fail(after, step, f"input {index} is value {value}, which is not made yet")
        wanted = step.node.inputs[index].dtype.base_dtype if step.kind == OP and step.opdef is step.node.opdef else None
        if wanted is not None and wanted.kind != "r" and program.values[value].dtype != wanted:
            _fail(after, step, f"input {index} is of type {program.values[value].dtype.name}, its node takes {wanted.name}")
    for cell in step.cells.values():
        if not 0 <= cell < len(program.cells):
            _fail(after, step, f"cell {cell} does not exist")


def _fail(after: str, step: Step | None, text: str) -> None:
    raise InvalidProgram(f"after the pass {after}: {f'step {step.node.name}: ' if step is not None else ''}{text}")
