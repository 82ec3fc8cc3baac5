"""The parts of a story: nodes with their results, the terms of which each gradient is the sum, and what the optimizer makes of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


class Kind(enum.Enum):
    """What a node of a story is; the value is the word for readers."""

    PLACEHOLDER = "placeholder"
    VARIABLE = "variable"
    CONSTANT = "constant"
    OPERATION = "operation"
    LOOP = "loop"
    BRANCHES = "conditional"

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is computed here: the value comes from outside."""
        return self in (Kind.PLACEHOLDER, Kind.VARIABLE, Kind.CONSTANT)


class LocalKind(enum.Enum):
    """How a local derivative takes the upstream gradient to a term."""

    ELEMENTWISE = "elementwise"  # value has the output's shape: multiply, then sum over what was broadcast
    WHOLE = "whole"  # the output is one number, value has the input's shape: multiply
    JACOBIAN = "jacobian"  # value[i, j] = d output[i] / d input[j], both flat: vector times matrix


@dataclass(frozen=True)
class Local:
    """The local derivative of one operation with respect to one of its inputs, at the values of this run."""

    kind: LocalKind
    value: np.ndarray


@dataclass(eq=False)
class Term:
    """What one consumer contributes to the gradient of a result: its own gradient times its local derivative."""

    consumer: Node
    argument: int  # which of the consumer's arguments
    value: np.ndarray
    local: Local | None = None  # None where it would be a large matrix; `value` was computed without writing that down


@dataclass(eq=False)
class Result:
    """One output of a node."""

    node: Node
    tensor: Tensor  # the one whose value is shown; a variable's is what its reading gave
    same: list[Tensor] = field(default_factory=list)  # all tensors that hold this value: readings of a variable
    value: Any = None  # an array; None when a run cannot give it
    gradient: np.ndarray | None = None  # d loss / d result
    terms: list[Term] = field(default_factory=list)  # in the order in which the backward pass adds them
    why: str = ""  # why there is no gradient

    @property
    def name(self) -> str:
        """The name to show: of a variable its own, otherwise the tensor's, without `:0`."""
        return self.node.name if self.node.kind is Kind.VARIABLE else self.tensor.name.removesuffix(":0")


@dataclass(eq=False)
class Argument:
    """What a node takes: a result of another node, under the name that the op gives to this input."""

    name: str
    result: Result


@dataclass(eq=False)
class Node:
    """One node of a story: an operation, a variable together with its readings, or a whole loop or conditional."""

    id: int  # its place in Story.nodes
    name: str
    kind: Kind
    op: Operation  # of a loop or conditional, the first of its operations
    arguments: list[Argument] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)  # small arrays of integers that say how to compute: axes, shapes
    results: list[Result] = field(default_factory=list)
    members: int = 1  # how many operations this stands for

    @property
    def type(self) -> str:
        """The op type; of a loop or conditional, that word."""
        return self.kind.value if self.kind in (Kind.LOOP, Kind.BRANCHES) else self.op.type


@dataclass(eq=False)
class Update:
    """What the training operation would do to one variable: its rule, what goes into it, and the value after it."""

    variable: Node
    op: Operation
    inputs: dict[str, np.ndarray]  # by the names of the rule, the gradient it takes included
    before: np.ndarray
    after: np.ndarray
    gradient_name: str  # which of the inputs is the gradient (or the step, for `assign_sub`)


@dataclass(eq=False)
class Difference:
    """The gradient of one element of a leaf, once more: (loss(x + step) - loss(x - step)) / (2 step)."""

    result: Result
    index: tuple[int, ...]
    analytic: float
    numeric: float
    below: float  # the same with one of the two values at x itself: (loss(x) - loss(x - step)) / step
    above: float
    rounding: float  # how far these may be off because the loss is a rounded number

    @property
    def agrees(self) -> bool:
        """Whether both ways give the same, as far as differences can tell."""
        return self._is_near(self.numeric) or self.has_kink

    @property
    def has_kink(self) -> bool:
        """Whether the loss bends within the step (a ReLU switches there), so that only the difference on one side says anything."""
        return not self._is_near(self.numeric) and (self._is_near(self.below) or self._is_near(self.above))

    def _is_near(self, slope: float) -> bool:
        return abs(self.analytic - slope) <= 2 * self.rounding + 0.02 * max(abs(self.analytic), abs(slope))


@dataclass(eq=False)
class Story:
    """One run of a graph forwards to the loss and backwards to the leaves.

    `nodes` come in the order of computation, so every argument is a result of an earlier node. `backward` are the nodes that pass a
    gradient on, in the order in which the backward pass visits them: all terms of a node's gradients are there before its turn.
    """

    loss: Result
    nodes: list[Node]
    backward: list[Node]
    updates: list[Update]
    differences: list[Difference]
    notes: list[str]  # what the story leaves out, in sentences

    @property
    def leaves(self) -> list[Result]:
        """The results at which the backward pass ends: variables and placeholders that have a gradient."""
        return [result for node in self.nodes if node.kind.is_leaf for result in node.results if result.gradient is not None]

    def node(self, name: str) -> Node:
        """The node of this name.

        Raises:
          KeyError: when the loss does not depend on such a node.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(f"no node {name!r} leads to {self.loss.name!r}; there are {', '.join(node.name for node in self.nodes[:20])}")
