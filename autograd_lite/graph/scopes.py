"""What a graph keeps per thread while it is being built: name scope, control dependencies, devices, colocation."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from autograd_lite.core import device as devices

if TYPE_CHECKING:
    from autograd_lite.graph.operation import Operation


class ControlDependencies:
    """One `with control_dependencies(...)` block, and the operations made inside it."""

    __slots__ = ("clears", "inputs", "members", "outer", "outer_context")

    def __init__(self, inputs: list[Operation], clears: bool, outer: list[ControlDependencies], outer_context: Any) -> None:
        self.inputs = inputs
        self.clears = clears
        self.outer = outer
        self.outer_context = outer_context
        self.members: set[Operation] = set()


class Scopes(threading.local):
    """The scopes in force in this thread."""

    def __init__(self) -> None:
        self.name = ""
        self.controls: list[ControlDependencies] = []
        self.devices: list[Any] = []  # canonical names or functions from Operation to name, innermost last
        self.colocation: list[Operation] = []
        self.control_flow_context: Any = None
        self.attrs: dict[str, Any] = {}
        self.gradient_overrides: dict[str, str] = {}
        self.depth = 0  # of nested node creation, for undoing a failed call

    def control_inputs_for(self, input_ops: list[Operation]) -> list[Operation]:
        """The control inputs of a new node with these inputs; a block is skipped when an input was made inside it already."""
        found: list[Operation] = []
        for block in self.controls:
            if block.members and any(op in block.members for op in input_ops):
                continue
            for op in block.inputs:
                if op not in input_ops and op not in found:
                    found.append(op)
        return found

    def device_for(self, op: Operation) -> str:
        """The device of a new node, from the blocks in force."""
        name = op.device
        for device in reversed(self.devices):
            if device is None:
                break
            wanted = device(op) if callable(device) else device
            name = devices.merge(devices.canonical(wanted), name)
        return name
