"""Which operations lie between the xs and the ys of a gradient: those that the backward walk visits."""

from __future__ import annotations

from collections import deque
from typing import Any

from autograd_lite.graph.tensor import Tensor

# Gradients flow only through these types; anything else is a constant to calculus.
_TRAINABLE = frozenset(["bfloat16", "float16", "float32", "float64", "complex64", "complex128", "resource", "variant"])


def is_trainable(tensor: Tensor) -> bool:
    """Whether gradients flow through tensors of this type."""
    return tensor.dtype.base_dtype.name in _TRAINABLE


class Reach:
    """The part of the graph that matters for one call of `tf.gradients`.

    `between`: operations that have an input depending on an x and that a y depends on; `pending`: for each of them and each x's operation,
    how many of its uses inside `between` have not been visited.
    """

    def __init__(self, ys: list[Tensor], xs: list[Tensor], stopped: list[Tensor]) -> None:
        self._xs = {id(x): x for x in xs}
        closed = {tensor.op for tensor in stopped}
        self._reached = _consumers_of(xs, closed)
        self.between = self._ancestors(ys)
        self.pending = self._count_uses(xs)

    def is_wanted(self, tensor: Tensor) -> bool:
        """Whether the gradient of `tensor` leads to one of the xs."""
        return tensor.op in self._reached and is_trainable(tensor) or id(tensor) in self._xs

    def add_exit(self, op: Any) -> bool:
        """Include the Exit of a loop variable through which the walk goes, though no y depends on its final value; whether it is one."""
        switch = op.inputs[0].op
        if op in self.between or switch not in self.between:
            return False
        self.between[op] = None
        self.pending.setdefault(op, 0)
        self.pending[switch] += 1
        return True

    def _ancestors(self, ys: list[Tensor]) -> dict[Any, None]:
        """The reached operations from which a y can be reached, in the order found."""
        found: dict[Any, None] = {}
        queue = deque(y.op for y in ys)
        reached = self._reached
        while queue:
            op = queue.popleft()
            if op in found or op not in reached:
                continue
            found[op] = None
            queue.extend(tensor.op for tensor in op.inputs)
        return found

    def _count_uses(self, xs: list[Tensor]) -> dict[Any, int]:
        pending: dict[Any, int] = dict.fromkeys(self.between, 0)
        pending.update((x.op, 0) for x in xs if x.op not in pending)
        for op in self.between:
            for tensor in op.inputs:
                if tensor.op in pending:
                    pending[tensor.op] += 1
        return pending


def _consumers_of(xs: list[Tensor], closed: set[Any]) -> set[Any]:
    """The operations with an input that depends on an x through trainable tensors, `closed` operations excepted."""
    reached: set[Any] = set()
    stack = [x for x in xs if is_trainable(x)]
    while stack:
        for op in stack.pop()._consumers:
            if op not in reached and op not in closed:
                reached.add(op)
                stack.extend(tensor for tensor in op.outputs if is_trainable(tensor))
    return reached
