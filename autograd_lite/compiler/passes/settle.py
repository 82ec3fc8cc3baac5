"""Specialise, fold and simplify again while shapes are not known: in the gradient of a loop, shapes of shapes come from stacks."""

from __future__ import annotations

from autograd_lite.compiler.passes.fold import fold
from autograd_lite.compiler.passes.simplify import simplify
from autograd_lite.compiler.passes.specialise import is_vague, specialise
from autograd_lite.compiler.program import OP, Program, walk


def settle(program: Program) -> Program:
    """Repeat the three passes as long as some shape is not known and they find one."""
    unknown = _vague_steps(program)
    while unknown:
        program = simplify(fold(specialise(program)))
        left = _vague_steps(program)
        if left >= unknown:
            break
        unknown = left
    return program


def _vague_steps(program: Program) -> int:
    return sum(step.kind == OP and is_vague(program, step) for step in walk(program.steps))
