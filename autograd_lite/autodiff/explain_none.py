"""Why a gradient is None: the operation at which the way from a variable to the loss ends, and the reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from autograd_lite.autodiff import registry
from autograd_lite.autodiff.gradients import source_tensor
from autograd_lite.autodiff.reach import is_trainable
from autograd_lite.graph.tensor import Tensor

_MOST_LINES = 6  # more would hide the first


class Missing(NamedTuple):
    """One reason for which a tensor has no gradient.

    op: the operation that lets none through, or that uses the tensor and does not lead to the loss; None when there is none.
    is_end: whether `op` stands on a way to the loss.
    """

    x: Tensor
    op: Any
    is_end: bool
    reason: str

    def text(self) -> str:
        """The reason as a line."""
        name = self.x.op.name
        if self.is_end:
            return f"{name}: the way to the loss ends at {described(self.op)}, because {self.reason}."
        if self.op is not None:
            return f"{name}: {self.reason}. It is used by {described(self.op)}, which does not lead to the loss."
        return f"{name}{self.reason}."


def explain_missing_gradients(loss: Any, variables: Iterable[Any]) -> str:
    """Say, one line for each variable and reason, why `tf.gradients(loss, variable)` is None.

    Either the loss does not depend on the variable at all, or every way between them passes an operation through which no gradient flows.
    Empty when every variable has a gradient.
    """
    lines = [missing.text() for missing in missing_gradients(loss, variables)]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"... and {len(lines) - _MOST_LINES} more."]
    return "\n".join(lines)


def missing_gradients(loss: Any, variables: Iterable[Any]) -> list[Missing]:
    """The reasons for which `tf.gradients(loss, variable)` is None, for each variable in turn; none for one that has a gradient."""
    ys = [source_tensor(y) for y in (loss if isinstance(loss, list | tuple) else [loss])]
    behind = _ancestors(ys)
    return [missing for variable in variables for missing in _explain(source_tensor(variable), ys, behind)]


def _ancestors(ys: list[Tensor]) -> set[Any]:
    """The operations on which the ys depend."""
    found: set[Any] = set()
    stack = [y.op for y in ys]
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack.extend(tensor.op for tensor in op.inputs)
    return found


def _explain(x: Tensor, ys: list[Tensor], behind: set[Any]) -> list[Missing]:
    if any(x is y for y in ys):
        return []
    if not is_trainable(x):
        kind = x.dtype.base_dtype.name
        return [Missing(x, None, False, f" has type {kind}: gradients flow only through floating point and complex numbers")]
    if x.op not in behind:
        user = _used_by(x)
        independent = f"the loss {ys[0].op.name} does not depend on it"
        return [Missing(x, user, False, independent if user else f": {independent}. Nothing uses it")]
    ends, is_open = _ends(x, ys, behind)
    return [] if is_open else [Missing(x, op, True, reason) for op, reason in ends]


def closed_ways(loss: Any, x: Any) -> list[Missing]:
    """The operations on ways from x to the loss that let no gradient through, also when another way is open."""
    ys = [source_tensor(loss)]
    tensor = source_tensor(x)
    return [Missing(tensor, op, True, reason) for op, reason in _ends(tensor, ys, _ancestors(ys))[0]]


_UPKEEP = ("Assign", "AssignVariableOp", "IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp")


def _used_by(x: Tensor) -> Any:
    """What uses x instead; nodes that only keep or read a variable do not count."""
    uses: list[Any] = []
    for op in x._consumers:
        reads = op.type == "ReadVariableOp" or op.type == "Identity" and op.name == f"{x.op.name}/read"
        uses += [user for output in op.outputs for user in output._consumers] if reads else [op] * (op.type not in _UPKEEP)
    return uses[0] if uses else None


def described(op: Any) -> str:
    """An operation with its type and the line that made it."""
    return f"{op.name} (op type {op.type}, made at {op.where})"


def _ends(x: Tensor, ys: list[Tensor], behind: set[Any]) -> tuple[list[tuple[Any, str]], bool]:
    """The operations between x and a y that let no gradient through, with reasons; and whether some way is open."""
    targets = {y.op for y in ys}
    ends: dict[Any, str] = {}
    is_open = False
    seen: set[Any] = set()
    stack = [x]
    while stack:
        tensor = stack.pop()
        for op in tensor._consumers:
            if op not in behind or op in seen:
                continue
            seen.add(op)
            reason = _closed(op)
            if reason:
                ends[op] = reason
                continue
            is_open = is_open or op in targets
            stack.extend(output for output in op.outputs if is_trainable(output))
    return [(op, ends[op]) for op in sorted(ends, key=lambda op: op.id)], is_open


def _closed(op: Any) -> str:
    """Why no gradient flows through this operation; empty when it does."""
    rule = registry.find_rule(op)
    if rule is None:
        return f"no gradient is registered for {op.type} (@tf.RegisterGradient would add one)"
    if rule.function is None:
        return rule.reason
    if not any(is_trainable(output) for output in op.outputs):
        return f"its result is {op.outputs[0].dtype.base_dtype.name}, and gradients flow only through floating point and complex numbers"
    return ""
