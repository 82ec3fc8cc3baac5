"""What the nodes of a graph are to a reader: inputs, variables, constants, arithmetic, the backward pass, updates; and their colours."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from autograd_lite.graph.operation import Operation

_GRADIENT_SCOPE = re.compile(r"((?:.*?/)?gradients(?:_\d+)?/)")
_FIRST_GRADIENT = re.compile(r"(.+?/)grad_ys_\d+")  # `tf.gradients(..., name="slopes")` begins with slopes/grad_ys_0
VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
_READS = ("Identity", "ReadVariableOp")


class Kind(enum.Enum):
    """What a box stands for; the value is the word in the legend."""

    PLACEHOLDER = "placeholder"
    VARIABLE = "variable"
    CONSTANT = "constant"
    OPERATION = "operation"
    GRADIENT = "gradient"
    UPDATE = "update"
    SCOPE = "folded scope"
    OUTSIDE = "from outside"


class Colours(NamedTuple):
    """The colours of one kind of box."""

    fill: str
    line: str


# Light enough for black text, and different in grey as well: the line tells what the fill cannot on paper.
COLOURS = {
    Kind.PLACEHOLDER: Colours("#dbeafe", "#2563eb"),
    Kind.VARIABLE: Colours("#dcfce7", "#15803d"),
    Kind.CONSTANT: Colours("#f3f4f6", "#9ca3af"),
    Kind.OPERATION: Colours("#ffffff", "#374151"),
    Kind.GRADIENT: Colours("#fee2e2", "#dc2626"),
    Kind.UPDATE: Colours("#fef3c7", "#d97706"),
    Kind.SCOPE: Colours("#ede9fe", "#7c3aed"),
    Kind.OUTSIDE: Colours("#ffffff", "#9ca3af"),
}


def gradient_scopes(operations: Iterable[Operation]) -> list[str]:
    """The name scopes (each with its final "/") into which `tf.gradients` put the backward pass, in order of appearance."""
    found: dict[str, None] = {}
    for op in operations:
        match = _GRADIENT_SCOPE.match(op.name) or _FIRST_GRADIENT.fullmatch(op.name)
        if match:
            found[match[1]] = None
    return list(found)


def gradient_nodes(operations: Iterable[Operation]) -> set[Operation]:
    """Those of `operations` that belong to a backward pass."""
    operations = list(operations)
    prefixes = tuple(gradient_scopes(operations))
    return {op for op in operations if op.name.startswith(prefixes)} if prefixes else set()


def kinds_of(operations: Iterable[Operation]) -> dict[Operation, Kind]:
    """The kind of each of `operations`.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default() as graph:
    ...     y = tf.square(tf.placeholder(tf.float32, name="x"), name="y")
    >>> [kind.value for kind in kinds_of(graph.get_operations()).values()]
    ['placeholder', 'operation']
    """
    operations = list(operations)
    backward = gradient_nodes(operations)
    kinds: dict[Operation, Kind] = {}
    for op in operations:
        kinds[op] = _kind(op, op in backward, kinds)
    return kinds


def _kind(op: Operation, backward: bool, before: Mapping[Operation, Kind]) -> Kind:
    if op.type.startswith("Placeholder"):
        return Kind.PLACEHOLDER
    if op.type in VARIABLES:
        return Kind.VARIABLE
    if backward:
        return Kind.GRADIENT
    if op.opdef.updates or op.type == "NoOp" and any(before.get(other) is Kind.UPDATE for other in op.control_inputs):
        return Kind.UPDATE  # or a group of updates, such as `train`
    return Kind.CONSTANT if op.type == "Const" else Kind.OPERATION


def kind_of_group(kinds: Iterable[Kind]) -> Kind:
    """The kind of a box that stands for many nodes: theirs when the backward pass or updates are all that is in it."""
    inside = set(kinds) - {Kind.CONSTANT}
    for kind in (Kind.GRADIENT, Kind.UPDATE):
        if inside == {kind}:
            return kind
    return Kind.SCOPE


def reads_of_variables(operations: Iterable[Operation]) -> dict[Operation, Operation]:
    """Nodes that only read a variable -> the variable, which a picture shows in their place."""
    return {op: op.inputs[0].op for op in operations if op.type in _READS and op.inputs and op.inputs[0].op.type in VARIABLES}


def initializing_nodes(operations: Iterable[Operation]) -> set[Operation]:
    """Nodes that only give variables their first values."""
    operations = list(operations)
    hidden: set[Operation] = set()
    for op in reversed(operations):
        consumers = [*op.control_outputs, *(consumer for tensor in op.outputs for consumer in tensor.consumers())]
        starts_a_variable = bool(op.opdef.initializes) and op.name.endswith("/Assign") or op.type == "VarIsInitializedOp"
        if starts_a_variable or (consumers and op.type not in VARIABLES and all(consumer in hidden for consumer in consumers)):
            hidden.add(op)
    for op in operations:  # groups of initializers, such as the node `init`
        if op.type == "NoOp" and op.control_inputs and all(other in hidden for other in op.control_inputs):
            hidden.add(op)
    return hidden
