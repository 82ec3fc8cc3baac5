"""What a picture of a graph shows: boxes of six kinds and the arrows between them, without saying how they are drawn."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor

_GRADIENT_SCOPE = re.compile(r"(^|/)gradients(_\d+)?/")
_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
_READS = ("Identity", "ReadVariableOp")
_LONGEST_NAME = 28
_LONGEST_VALUE = 4  # numbers of a constant that are written out


class Kind(enum.Enum):
    """What a box stands for; the value is the word in the legend."""

    PLACEHOLDER = "placeholder"
    VARIABLE = "variable"
    CONSTANT = "constant"
    OPERATION = "operation"
    GRADIENT = "gradient"
    UPDATE = "update"


class Colours(NamedTuple):
    """The colours of one kind of box."""

    fill: str
    line: str


COLOURS = {
    Kind.PLACEHOLDER: Colours("#dbeafe", "#2563eb"),
    Kind.VARIABLE: Colours("#dcfce7", "#15803d"),
    Kind.CONSTANT: Colours("#f3f4f6", "#9ca3af"),
    Kind.OPERATION: Colours("#ffffff", "#374151"),
    Kind.GRADIENT: Colours("#fee2e2", "#dc2626"),
    Kind.UPDATE: Colours("#fef3c7", "#d97706"),
}


class Box(NamedTuple):
    """One node: the op type, its name, and a line about its value or shape."""

    id: int
    kind: Kind
    title: str
    name: str
    detail: str

    @property
    def lines(self) -> list[str]:
        """The text in the box, without lines that say the same twice; a long name only by its end."""
        return list(dict.fromkeys(line for line in (self.title, _shortened(self.name), self.detail) if line))


class Arrow(NamedTuple):
    """A tensor on its way (or, if `control`, only an order of running) between the boxes with these ids."""

    source: int
    target: int
    control: bool


class Picture(NamedTuple):
    """Boxes in the order in which the nodes were made, and arrows."""

    boxes: list[Box]
    arrows: list[Arrow]


def describe(graph: Graph, everything: bool = False) -> Picture:
    """What to show of a graph.

    Unless `everything` is wanted, the initializers of variables are left out and reading a variable is not a box of its own.
    """
    operations = graph.get_operations()
    hidden = set() if everything else _initializers(operations)
    shown_as = {} if everything else _reads(operations)
    boxes = [_box(op, everything) for op in operations if op not in hidden and op not in shown_as]
    arrows: dict[Arrow, None] = {}  # a set that keeps its order
    for op in operations:
        if op in hidden or op in shown_as:
            continue
        sources = [(tensor.op, False) for tensor in op.inputs] + [(other, True) for other in op.control_inputs]
        for source, control in sources:
            source = shown_as.get(source, source)
            if source not in hidden and source is not op:
                arrows[Arrow(source.id, op.id, control)] = None
    return Picture(boxes, list(arrows))


def _initializers(operations: list[Operation]) -> set[Operation]:
    """Nodes that only give variables their first values."""
    hidden: set[Operation] = set()
    for op in reversed(operations):
        consumers = [*op.control_outputs, *(consumer for tensor in op.outputs for consumer in tensor.consumers())]
        starts_a_variable = bool(op.opdef.initializes) and op.name.endswith("/Assign") or op.type == "VarIsInitializedOp"
        if starts_a_variable or (consumers and op.type not in _VARIABLES and all(consumer in hidden for consumer in consumers)):
            hidden.add(op)
    for op in operations:  # groups of initializers, such as the node `init`
        if op.type == "NoOp" and op.control_inputs and all(other in hidden for other in op.control_inputs):
            hidden.add(op)
    return hidden


def _reads(operations: list[Operation]) -> dict[Operation, Operation]:
    """Nodes that read a variable -> the variable."""
    return {op: op.inputs[0].op for op in operations if op.type in _READS and op.inputs and op.inputs[0].op.type in _VARIABLES}


def _kind(op: Operation) -> Kind:
    if op.type.startswith("Placeholder"):
        return Kind.PLACEHOLDER
    if op.type in _VARIABLES:
        return Kind.VARIABLE
    if _GRADIENT_SCOPE.search(op.name):
        return Kind.GRADIENT
    if op.opdef.updates or op.type == "NoOp":
        return Kind.UPDATE
    return Kind.CONSTANT if op.type == "Const" else Kind.OPERATION


def _box(op: Operation, everything: bool) -> Box:
    kind = _kind(op)
    detail = _value(op.outputs[0]) if op.type == "Const" else _shape(op.outputs[0]) if op.outputs else ""
    if op.type == "Const" and not everything and kind is Kind.CONSTANT:
        return Box(op.id, kind, detail, op.name, "")
    return Box(op.id, kind, op.type, op.name, detail)


def _shortened(name: str) -> str:
    """The end of a long name, from the start of one of its parts if possible."""
    if len(name) <= _LONGEST_NAME:
        return name
    end = name[-_LONGEST_NAME:]
    return "\u2026" + (end[end.index("/") :] if "/" in end else end)


def _value(tensor: Tensor) -> str:
    value = constant_value(tensor)
    if value is None or value.size > _LONGEST_VALUE:
        return _shape(tensor)
    if value.ndim == 0:
        return _number(value[()])
    return "[" + ", ".join(_number(item) for item in np.ravel(value)) + "]"


def _number(item: object) -> str:
    return f"{item:.6g}" if isinstance(item, (float, np.floating)) else _shortened(str(item))


def _shape(tensor: Tensor) -> str:
    return f"{tensor.dtype.base_dtype.name} {shapes.text(tensor.static_shape)}"
