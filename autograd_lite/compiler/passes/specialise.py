"""Infer shapes again with what this plan knows: the shapes that are fed, and the elements of shape-like vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd_lite.compiler.passes.contents import contents
from autograd_lite.compiler.program import IF, OP, WHILE, Block, Program, Step
from autograd_lite.core import shapes


def specialise(program: Program) -> Program:
    """Let the ops' shape functions run from the feeds forward; nothing is asked again that cannot have changed."""
    news: set[int] = set()  # values of which more is known than the graph knew
    if program.fed is not None:
        for value, shape in zip(program.feeds, program.fed.shapes):
            if program.values[value].shape != shape:
                program.values[value].shape = shape
                news.add(value)
        for position, elements in program.fed.elements:
            value = program.feeds[position]
            if value not in program.constants:
                program.set_constant(value, np.array(elements, program.values[value].dtype.numpy))
                news.add(value)
    _infer_block(program, program, news)
    while (found := contents(program)) != program.contents:  # what a loop stacks up is taken off by a later one, and so on
        program.contents = found
        _infer_block(program, program, set())
    return program


def _infer_block(program: Program, block: Block | Program, news: set[int]) -> None:
    for step in block.steps:
        opdef = step.opdef
        if step.kind == IF:
            _infer_branches(program, step, news)
            continue
        if step.kind == WHILE:
            _infer_loop(program, step, news)
            continue
        asks = any(value in news for value in step.inputs if value is not None) or is_vague(program, step)
        # random numbers have shapes too; a step that changes a variable passes the variable on
        if step.kind == OP and not step.cells and opdef.shape is not None and (asks or opdef.partial is not None):
            _infer(program, step, news, asks)


def is_vague(program: Program, step: Step) -> bool:
    """Whether an output's shape is not known in full: what was folded since may tell it."""
    return any(value is not None and not shapes.is_defined(program.values[value].shape) for value in step.outputs)


def _infer_branches(program: Program, step: Step, news: set[int]) -> None:
    """A result of an `if` has the shape that its branches have in common."""
    for block in step.blocks:
        _infer_block(program, block, news)
    for index, output in enumerate(step.outputs):
        found = [program.values[block.results[index]].shape for block in step.blocks]  # type: ignore[index]
        if output is not None:
            _note_shapes(program, step, [None] * index + [_in_common(*found)], news)


def _infer_loop(program: Program, step: Step, news: set[int]) -> None:
    """Assume that the variables of a loop keep the shapes with which they start; assume less until an iteration keeps what is assumed."""
    test, body = step.blocks
    values = program.values
    made = [*step.params, *(value for inner in step.inner() for value in inner.outputs if value is not None)]
    before = [(value, values[value].shape, values[value].partial) for value in made]
    static = [values[param].shape for param in step.params]
    assumed = [_merged(known, values[start].shape) for known, start in zip(static, step.inputs)]  # type: ignore[index]
    while True:
        inside = set(news)
        for value, shape, partial in before:
            values[value].shape, values[value].partial = shape, partial
        for param, known, shape in zip(step.params, static, assumed):
            values[param].shape = shape
            if shape != known:
                inside.add(param)
        _infer_block(program, test, inside)
        _infer_block(program, body, inside)
        again = [
            _merged(known, _in_common(shape, values[value].shape))  # type: ignore[index]
            for known, shape, value in zip(static, assumed, body.results)
        ]
        if again == assumed:
            break
        assumed = again
    news |= inside
    _note_shapes(program, step, assumed, news)


def _in_common(one: shapes.Shape, other: shapes.Shape) -> shapes.Shape:
    """What two shapes have in common."""
    if one is None or other is None or len(one) != len(other):
        return None
    return tuple([size if size == second else None for size, second in zip(one, other)])


def _merged(static: shapes.Shape, found: shapes.Shape) -> shapes.Shape:
    """Both together; the static shape where they contradict each other."""
    return shapes.merge(static, found) if shapes.compatible(static, found) else static


def _infer(program: Program, step: Step, news: set[int], asks: bool) -> None:
    question = program.inference(step)
    try:
        if asks:
            _note_shapes(program, step, _as_list(step.opdef.shape(question), len(step.outputs)), news)  # type: ignore[misc]
        if step.opdef.partial is not None and step.outputs[0] is not None:
            known = step.opdef.partial(question)
            if known is not None:
                program.values[step.outputs[0]].partial = tuple(known)
                if None not in known:
                    news.add(step.outputs[0])
    except (ValueError, TypeError, IndexError, KeyError):
        return  # the shapes do not fit: the kernel will say so, with the node's name, when the plan runs


def _as_list(found: object, count: int) -> Sequence[shapes.Shape]:
    if isinstance(found, list):
        return found
    return [found] * count if count != 1 else [found]  # type: ignore[list-item]


def _note_shapes(program: Program, step: Step, found: Sequence[shapes.Shape], news: set[int]) -> None:
    for value, shape in zip(step.outputs, found):
        if value is None or shape is None:
            continue
        merged = shapes.merge(program.values[value].shape, tuple(shape))
        if merged != program.values[value].shape:
            program.values[value].shape = merged
            news.add(value)
