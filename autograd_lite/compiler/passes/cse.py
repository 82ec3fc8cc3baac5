"""Compute the same thing once: of two pure steps with equal op, attributes and inputs the first serves for both."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from autograd_lite.compiler.program import Block, Program, Step

SMALL = 256  # constants up to this many elements are compared by content


def cse(program: Program) -> Program:
    """Replace repeated steps, and drop what nobody uses any more."""
    names = _equal_constants(program)
    replacements: dict[int, int] = {}
    _share(program, [], names, replacements)
    program.replace(replacements)
    program.drop_unused()
    return program


def _share(block: Block | Program, around: list[dict[Hashable, Step]], names: dict[int, int], replacements: dict[int, int]) -> None:
    """Look through one block; what the blocks around have computed before serves here too, but not the other way round."""
    seen: dict[Hashable, Step] = {}
    kept: list[Step] = []
    for step in block.steps:
        for inner in step.blocks:
            _share(inner, [*around, seen], names, replacements)
        if not step.is_pure or None in step.outputs:
            kept.append(step)
            continue
        inputs: list[Any] = [names.get(replacements.get(value, value), replacements.get(value, value)) for value in step.inputs]  # type: ignore[arg-type]
        key = (step.opdef.name, tuple(sorted(inputs) if step.opdef.commutative and len(inputs) == 2 else inputs), _attributes(step))
        first = next((outer[key] for outer in around if key in outer), None) or seen.setdefault(key, step)
        if first is step:
            kept.append(step)
        else:
            first.keep = first.keep or step.keep
            replacements.update(zip(step.outputs, first.outputs))  # type: ignore[arg-type]
    block.steps = kept


def _equal_constants(program: Program) -> dict[int, int]:
    """For each small constant, the first one with the same content."""
    first: dict[Hashable, int] = {}
    same: dict[int, int] = {}
    for value, array in program.constants.items():
        if array.size <= SMALL and array.dtype != object:
            same[value] = first.setdefault((array.dtype, array.shape, array.tobytes()), value)
    return same


def _attributes(step: Step) -> Hashable:
    return tuple([(key, _hashable(value)) for key, value in sorted(step.attrs.items()) if not key.startswith("_")])


def _hashable(value: Any) -> Hashable:
    if isinstance(value, list | tuple):
        return tuple([_hashable(item) for item in value])
    if isinstance(value, np.ndarray):
        return (value.dtype, value.shape, value.tobytes()) if value.dtype != object and value.size <= SMALL else id(value)
    return (type(value).__name__, repr(value)) if isinstance(value, float) else value  # so that 0.0 and -0.0 differ
