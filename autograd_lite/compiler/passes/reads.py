"""Read a variable once: a value that was read or stored before, with no update since, serves again."""

from __future__ import annotations

from autograd_lite.compiler.program import OP, READ, Program, Step


def reads(program: Program) -> Program:
    """Replace reads whose answer is known from an earlier step."""
    content: dict[int, tuple[int, bool]] = {}  # cell -> (value, whether it may be empty)
    replacements: dict[int, int] = {}
    kept: list[Step] = []
    for step in program.steps:
        if step.kind == READ and _serve(step, content, replacements):
            continue
        kept.append(step)
        if step.kind == OP and step.cells:
            _store(step, content)
    program.steps = kept
    program.replace(replacements)
    return program


def _serve(step: Step, content: dict[int, tuple[int, bool]], replacements: dict[int, int]) -> bool:
    cell, value = step.cells[0], step.outputs[0]
    known = content.get(cell)
    if known is not None and (step.may_be_empty or not known[1]):
        replacements[value] = known[0]  # type: ignore[index]
        return True
    content[cell] = (value, step.may_be_empty)  # type: ignore[assignment]
    return False


def _store(step: Step, content: dict[int, tuple[int, bool]]) -> None:
    """What is known of the cells after an update."""
    for cell in step.cells.values():
        content.pop(cell, None)
    stored = step.outputs[0] if step.outputs and step.node.outputs[0].dtype.is_ref else None
    if stored is not None:
        content[step.cells[step.update_positions()[0]]] = (stored, False)
