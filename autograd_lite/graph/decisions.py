"""Which decision a Merge takes back, read off the nodes alone: gradients of imported graphs, and of gradients, know no contexts."""

from __future__ import annotations

from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor

Decisions = tuple[tuple[Tensor, int], ...]  # (the tensor that really decides, which output of the Switch)
_KEY = "decisions"  # of Graph.properties


def decision_of(merge: Operation) -> tuple[Tensor, list[int]] | None:
    """The predicate of a Merge of two values, and for each input the value that it has when that input is alive; None if it is none."""
    if len(merge.inputs) != 2:
        return None
    one, two = (decisions(tensor) for tensor in merge.inputs)
    if one is None or two is None or abs(len(one) - len(two)) > 1 or not (one or two):
        return None
    deepest = one if len(one) >= len(two) else two
    around = deepest[:-1]
    if one[: len(around)] != around or two[: len(around)] != around:
        return None
    predicate, branch = deepest[-1]
    if len(one) == len(two) and (two[-1][0] is not predicate or two[-1][1] == branch):
        return None
    return predicate, ([branch, 1 - branch] if deepest is one else [1 - branch, branch])


def decisions(tensor: Tensor) -> Decisions | None:
    """The decisions under which a tensor is alive, the outermost first; None when they are unrelated."""
    known: dict[Operation, Decisions | None] = tensor.graph.properties.setdefault(_KEY, {})
    stack = [tensor.op]
    while stack:
        op = stack[-1]
        if op in known:
            stack.pop()
            continue
        waiting = [source for source in _sources(op) if source not in known]
        if len(stack) > len(tensor.graph._operations):
            return None  # nodes that wait for each other
        if waiting:
            stack.append(waiting[0])
        else:
            known[stack.pop()] = _joined_at(op, known)
    return _of_output(tensor, known)


def _sources(op: Operation) -> list[Operation]:
    if op.type in ("Merge", "RefMerge") and any(tensor.op.type in ("NextIteration", "RefNextIteration") for tensor in op.inputs):
        return [op.inputs[0].op]  # the head of a loop is alive when the loop is
    return [*(tensor.op for tensor in op.inputs), *op.control_inputs]


def _of_output(tensor: Tensor, known: dict[Operation, Decisions | None]) -> Decisions | None:
    place = known[tensor.op]
    if place is None or tensor.op.type not in ("Switch", "RefSwitch"):
        return place
    given = tensor.op.inputs[1]
    if given.op.type == "LoopCond":
        return place
    decision = (source_of(given), tensor.value_index)
    return place if decision in place else (*place, decision)


def source_of(predicate: Tensor) -> Tensor:
    """The tensor that really decides, behind the nodes that only pass it on: all that depends on it must be seen to depend on one thing."""
    while predicate.op.type in ("Identity", "Switch") and not predicate.op.inputs[0].dtype.is_ref:
        predicate = predicate.op.inputs[0]
    return predicate


def _joined_at(op: Operation, known: dict[Operation, Decisions | None]) -> Decisions | None:
    """The decisions under which a node runs: all of those of what it takes and waits for."""
    if op.type in ("Merge", "RefMerge") and len(_sources(op)) > 1:
        longest = max((_of_output(tensor, known) or () for tensor in op.inputs), key=len)
        return longest[:-1]
    longest = ()
    found = [_of_output(tensor, known) for tensor in op.inputs if tensor.op in known]
    for place in [*found, *(known[control] for control in op.control_inputs if control in known)]:
        if place is None:
            return None
        if len(place) > len(longest):
            longest, place = place, longest
        if longest[: len(place)] != place:
            return None
    return longest
