"""Putting effects in the order in which they were written: what `tf.function` promises, and a plain graph does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.core import dtypes
from autograd_lite.graph.operation import Operation

_LED_IN = ("Switch", "RefSwitch", "Enter", "RefEnter")
_LED_OUT = ("Merge", "RefMerge", "Exit", "RefExit")


def put_effects_in_order(operations: Sequence[Operation], outside: Any) -> list[Operation]:
    """Let each operation that reads or changes something wait for those before it; returns what must have run in the end.

    A branch or a loop waits as a whole. What happens inside it is its own affair: an effect there runs if the branch returns it.

    Args:
      operations: new operations, in order of creation. outside: the control flow context in which they were made.
    """
    before: list[Operation] = []
    effects: list[Operation] = []
    for block in _blocks(operations, outside):
        if not any(_looks_or_changes(op) for op in block):
            continue
        is_plain = block[0]._get_control_flow_context() is outside
        for op in block if is_plain else _entries(block):
            op._add_control_inputs([other for other in before if other not in op.control_inputs])
        leaves = block if is_plain else _leaves(block, operations)
        if leaves:
            before = leaves
            effects.extend(leaves if not is_plain or block[0].opdef.has_effects else ())
    return effects


def _entries(block: Sequence[Operation]) -> list[Operation]:
    """The operations at which a branch or loop begins: what leads values in, and what tells the rest that it is alive."""
    contexts = {id(op._get_control_flow_context()): op._get_control_flow_context() for op in block}
    pivots = [context.pivot.op for context in contexts.values() if hasattr(context, "pred")]
    return list(dict.fromkeys([*pivots, *(op for op in block if op.type in _LED_IN)]))


def _leaves(block: Sequence[Operation], operations: Sequence[Operation]) -> list[Operation]:
    """The operations at which a branch or loop has ended."""
    inside = set(block)
    return [op for op in operations if op.type in _LED_OUT and (op in inside or any(tensor.op in inside for tensor in op.inputs))
            and (op.type.endswith("Exit") or op not in inside)]  # fmt: skip


def _blocks(operations: Sequence[Operation], outside: Any) -> list[list[Operation]]:
    """Operations of the outside each for itself; those of one branch or loop together, where its first one stands."""
    blocks: dict[Any, list[Operation]] = {}
    for op in operations:
        context = op._get_control_flow_context()
        while context is not None and context is not outside and context.outer_context is not outside:
            context = context.outer_context
        blocks.setdefault(op if context is outside or context is None else _pivot(context), []).append(op)
    return list(blocks.values())


def _pivot(context: Any) -> Any:
    """What both branches of one decision have in common; a loop itself."""
    return getattr(context, "pred", context)


def _looks_or_changes(op: Operation) -> bool:
    """Whether it matters when an operation runs: it has effects, or looks at an object that others may change."""
    gives = [output.dtype for output in op.outputs]
    if gives == [dtypes.resource] or not op.opdef.updates and any(dtype.is_ref for dtype in gives):  # it only names something
        return False
    return op.opdef.has_effects or any(tensor.dtype is dtypes.resource for tensor in op.inputs)
