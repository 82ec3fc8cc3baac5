"""Infer shapes again with what this plan knows: the shapes that are fed, and the elements of shape-like vectors."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite.compiler.program import OP, Program, Step
from autograd_lite.core import shapes


def specialise(program: Program) -> Program:
    """Let the ops' shape functions run from the feeds forward; nothing is asked again that cannot have changed."""
    news: set[int] = set()  # values of which more is known than the graph knew
    if program.feed_shapes is not None:
        for value, shape in zip(program.feeds, program.feed_shapes):
            if program.values[value].shape != shape:
                program.values[value].shape = shape
                news.add(value)
    for step in program.steps:
        opdef = step.opdef
        asks = any(value in news for value in step.inputs if value is not None)
        # random numbers have shapes too; a step that changes a variable passes the variable on
        if step.kind == OP and not step.cells and opdef.shape is not None and (asks or opdef.partial is not None):
            _infer(program, step, news, asks)
    return program


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
