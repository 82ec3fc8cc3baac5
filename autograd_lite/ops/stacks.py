"""Stacks: where the gradient of a loop keeps what the iterations of the loop computed."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph.opdef import NOTHING, op
from autograd_lite.ops.checks import invalid

_IN_A_PROGRAM = "it needs a stack that another node has made in the same run"


class _Stack:
    """The elements, the last one on top."""

    __slots__ = ("closed", "elements", "limit", "push")

    def __init__(self, limit):
        self.elements: list[Any] = []
        self.limit = limit
        self.closed = False
        self.push = self.elements.append


@op(
    "StackV2(max_size: int32, *, elem_type: type, stack_name: string = '') -> handle: resource",
    shape=lambda c: (2,),
    host=("max_size",),
    stateful=True,
    puts=NOTHING,
    samples="it makes an object",
    no_gradient="a stack is no number",
)
def stack_v2(xp, max_size):
    """Make a stack that lives as long as the run; a negative size means without a limit."""
    return _Stack(int(max_size))


@op(
    "StackPushV2(handle: resource, elem: T, *, swap_memory: bool = False) -> output: T",
    shape=lambda c: c.shape(1),
    view=("elem",),
    stateful=True,
    puts="elem",
    samples=_IN_A_PROGRAM,
    no_gradient="what is pushed comes back through a pop",
)
def stack_push_v2(xp, handle, elem):
    """Put `elem` on top, and pass it on."""
    if handle.closed:
        raise invalid("Stack[] has already been closed.")
    if 0 <= handle.limit <= len(handle.elements):
        raise invalid(f"Stack[] overflowed its max_size ({handle.limit})")
    handle.push(elem)
    return elem


@op(
    "StackPopV2(handle: resource, *, elem_type: type) -> elem: elem_type",
    shape=lambda c: c.contents(0),
    partial=lambda c: c.partial_contents(0),
    stateful=True,
    puts=NOTHING,
    samples=_IN_A_PROGRAM,
    no_gradient="a loop's gradient has no gradient of its own",
)
def stack_pop_v2(xp, handle):
    """Take the element on top away, and give it."""
    if handle.closed:
        raise invalid("Stack[] has already been closed.")
    if not handle.elements:
        raise invalid("Stack[] is empty when calling Pop().")
    return handle.elements.pop()


@op("StackCloseV2(handle: resource)", stateful=True, puts=NOTHING, samples=_IN_A_PROGRAM, no_gradient="it has no outputs")
def stack_close_v2(xp, handle):
    """Forget all elements."""
    handle.closed = True
    handle.elements.clear()
