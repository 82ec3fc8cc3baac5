"""Read a variable once: a value that was read or stored before, with no update since, serves again."""

from __future__ import annotations

from autograd_lite.compiler.program import OP, READ, WHILE, Block, Program, Step

Content = dict[int, tuple[int, bool]]  # cell -> (value, whether it may be empty)


def reads(program: Program) -> Program:
    """Replace reads whose answer is known from an earlier step."""
    replacements: dict[int, int] = {}
    _look_at(program, {}, replacements)
    program.replace(replacements)
    return program


def _look_at(block: Block | Program, content: Content, replacements: dict[int, int]) -> None:
    kept: list[Step] = []
    for step in block.steps:
        if step.kind == READ and _serve(step, content, replacements):
            continue
        kept.append(step)
        if step.kind == OP and step.cells:
            _store(step, content)
        elif step.blocks:
            _look_inside(step, content, replacements)
    block.steps = kept


def _look_inside(step: Step, content: Content, replacements: dict[int, int]) -> None:
    """A block starts with what is known outside; nobody outside knows whether it ran. A loop may have stored in the iteration before."""
    stored = {cell for inner in step.inner() if inner.kind == OP for cell in inner.cells.values()}
    kept = {cell: known for cell, known in content.items() if cell not in stored}
    for block in step.blocks:
        _look_at(block, dict(kept if step.kind == WHILE else content), replacements)
    content.clear()
    content.update(kept)


def _serve(step: Step, content: Content, replacements: dict[int, int]) -> bool:
    cell, value = step.cells[0], step.outputs[0]
    known = content.get(cell)
    if known is not None and (step.may_be_empty or not known[1]):
        replacements[value] = known[0]  # type: ignore[index]
        return True
    content[cell] = (value, step.may_be_empty)  # type: ignore[assignment]
    return False


def _store(step: Step, content: Content) -> None:
    """What is known of the cells after an update."""
    for cell in step.cells.values():
        content.pop(cell, None)
    stored = step.outputs[0] if step.outputs and step.node.outputs[0].dtype.is_ref else None
    if stored is not None:
        content[step.cells[step.update_positions()[0]]] = (stored, False)
