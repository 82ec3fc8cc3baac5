"""The gradients of Switch, Merge, Enter, Exit and NextIteration: those of conditionals, and those of loops."""

from __future__ import annotations

from typing import Any

from autograd_lite.autodiff import conditionals
from autograd_lite.autodiff.loops import Loops
from autograd_lite.graph.import_order import BACK_EDGES
from autograd_lite.graph.operation import Operation


class Flow:
    """What the gradient functions of these ops call: `g.flow`."""

    def __init__(self, loops: Loops) -> None:
        self._loops = loops

    def switch_gradient(self, op: Operation, grads: tuple[Any, ...]) -> Any:
        """The gradient of the data of a Switch."""
        if op.inputs[1].op.type == "LoopCond":
            return self._loops.switch_gradient(op, grads)
        return conditionals.switch_gradient(op, grads)

    def merge_gradient(self, op: Operation, grad: Any) -> list[Any]:
        """The gradients of the inputs of a Merge."""
        if any(tensor.op.type in BACK_EDGES for tensor in op.inputs):
            return self._loops.head_gradient(op, grad)
        return conditionals.merge_gradient(op, grad)

    def enter_gradient(self, op: Operation, grad: Any) -> Any:
        """The gradient of what enters a loop."""
        return self._loops.enter_gradient(op, grad)

    def exit_gradient(self, op: Operation, grad: Any) -> Any:
        """The gradient of what a variable was before it left its loop."""
        return self._loops.exit_gradient(op, grad)

    def next_iteration_gradient(self, op: Operation, grad: Any) -> Any:
        """The gradient of what goes on to the next iteration."""
        return grad
