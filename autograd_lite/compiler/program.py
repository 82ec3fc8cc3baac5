"""The program: what the compiler's passes read and write.

A program starts as a request (which tensors are fed, what is fetched). `prune` fills in the steps, each with the steps it must come after;
`order` puts them into one line. From then on a program is straight-line: it means what its steps do one after the other, so a pass may
drop, replace or merge steps without looking at the graph's control edges again.

Values are small ints, the indices into `values`. Variables are not values but *cells*: a step that needs a variable's content gets it from
a `read` step of its own, and a step that changes one names the cell, so that every effect can be seen in the list of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.inference import Inference
from autograd_lite.graph.opdef import OpDef
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.signature import Argument
from autograd_lite.graph.static_value import variable_behind
from autograd_lite.graph.tensor import Tensor

OP, READ, HANDLE = "op", "read", "handle"


class Value:
    """What is known of one value: its element type, static shape, and known elements if it is a shape-like vector."""

    __slots__ = ("dtype", "name", "partial", "shape")

    def __init__(self, dtype: dtypes.DType, shape: shapes.Shape, name: str) -> None:
        self.dtype = dtype.base_dtype
        self.shape = shape
        self.name = name
        self.partial: tuple[int | None, ...] | None = None


class Step:
    """One line of a program.

    kind: `op` runs an op; `read` takes the array of a cell; `handle` gives the cell of a variable as a value.
    inputs: value ids, flat; None where the op takes a cell instead.
    outputs: value ids, flat; None where the output is only the variable itself, passed on.
    cells: position in `inputs` -> cell id, for inputs whose content the op replaces.
    """

    __slots__ = (
        "after", "attrs", "cells", "drops", "has_effects", "inputs", "into", "is_late", "is_pure", "keep", "kind", "may_be_empty", "node",
        "opdef", "outputs", "owned", "passes_on",
    )  # fmt: skip

    def __init__(self, kind: str, opdef: OpDef, node: Operation, inputs: list[int | None], outputs: list[int | None]) -> None:
        self.kind = kind
        self.opdef = opdef
        self.node = node
        self.attrs = node.attrs
        self.inputs = inputs
        self.outputs = outputs
        self.cells: dict[int, int] = {}
        formula = opdef.elementwise
        # the op gives an input as it is (its formula is only a name); so does reading a resource variable, once it is read
        self.passes_on = kind == OP and formula is not None and formula.isidentifier()
        # the step can be told from its absence by more than its outputs
        self.has_effects = kind == OP and opdef.has_effects and not self.passes_on
        # the step is a function of its inputs
        self.is_pure = kind == OP and not self.has_effects
        self.after: list[Step] = []  # order until the pass `order` has run
        self.keep = False  # runs even if nobody uses its outputs
        self.may_be_empty = False  # a read that gives None for a variable without a value
        self.is_late = False  # a read that comes after all else: the fetch of a variable
        self.into: int | None = None  # value whose array the result may overwrite (memory)
        self.drops: list[int] = []  # values that nobody needs after this step (memory)
        self.owned = False  # what is stored into a cell belongs to nobody else (memory)

    def arguments(self) -> list[Argument]:
        """The declared input of each flat input."""
        return flat_arguments(self.opdef.inputs, self.attrs)

    def update_positions(self) -> list[int]:
        """The flat positions of `updates`, in their declared order."""
        position = {argument.name: index for index, argument in enumerate(self.arguments())}
        return [position[name] for name in self.opdef.updates]

    def __repr__(self) -> str:
        return f"<step {self.kind} {self.node.name}>"


DEFAULT_CONTAINER = "localhost"


def place_of(node: Operation) -> tuple[str, str]:
    """Container and name under which the variable, queue or other resource of a node is known: nodes with one place share it."""
    attrs = node.attrs
    return attrs.get("container") or DEFAULT_CONTAINER, attrs.get("shared_name") or node.name


def flat_arguments(arguments: Sequence[Argument], attrs: dict[str, Any]) -> list[Argument]:
    """One declared argument per flat tensor: lists are spread out."""
    flat: list[Argument] = []
    for argument in arguments:
        if argument.number is not None:
            flat.extend([argument] * attrs[argument.number])
        elif argument.type_list is not None:
            flat.extend([argument] * len(attrs[argument.type_list]))
        else:
            flat.append(argument)
    return flat


class Program:
    """Steps, and what is known of the values that flow between them."""

    def __init__(
        self, fetches: Sequence[Tensor | Operation], feeds: Sequence[Tensor], feed_shapes: Sequence[shapes.Shape] | None = None
    ) -> None:
        self.fetches = list(fetches)
        self.feed_tensors = list(feeds)
        self.feed_shapes = feed_shapes  # as fed, for a specialised plan
        self.steps: list[Step] = []
        self.values: list[Value] = []
        self.constants: dict[int, np.ndarray] = {}
        self.cells: list[Operation] = []  # the node of each variable
        self.feeds: list[int] = []  # value ids, one per feed tensor
        self.results: list[int | None] = []  # value ids, one per fetch; None for an operation
        self.unfed: list[Operation] = []  # placeholders that the fetches need and nobody feeds
        self.copied: list[bool] = []  # per result, whether the caller gets a copy (memory)

    def new_value(self, dtype: dtypes.DType, shape: shapes.Shape, name: str) -> int:
        """A new value id."""
        self.values.append(Value(dtype, shape, name))
        return len(self.values) - 1

    def constant(self, value: np.ndarray, name: str) -> int:
        """A new value that is always `value`."""
        new = self.new_value(dtypes.as_dtype(value.dtype), value.shape, name)
        self.constants[new] = value
        return new

    def set_constant(self, value_id: int, value: np.ndarray) -> None:
        """Note that a value is always `value`."""
        frozen = value.view()
        frozen.flags.writeable = False  # a pass or kernel that writes into a constant fails at once
        self.constants[value_id] = frozen
        self.values[value_id].shape = value.shape

    def partial(self, value_id: int | None) -> tuple[int | None, ...] | None:
        """The known elements of a shape-like value."""
        if value_id is None:
            return None
        constant = self.constants.get(value_id)
        if constant is not None:
            return tuple(constant.ravel().tolist()) if constant.ndim <= 1 and constant.dtype.kind in "iu" else None
        value = self.values[value_id]
        if (
            value.partial is None
            and value.dtype.is_integer
            and value.shape is not None
            and len(value.shape) == 1
            and value.shape[0] is not None
        ):
            return (None,) * value.shape[0] if value.shape[0] <= 64 else None
        return value.partial

    def inference(self, step: Step) -> Inference:
        """The question to a shape function: which shapes do the outputs of `step` have?"""
        return StepInference(self, step)

    def replace(self, replacements: dict[int, int]) -> None:
        """Use other values in place of some; chains of replacements are followed."""
        if not replacements:
            return
        final = {old: _end(replacements, new) for old, new in replacements.items()}
        for step in self.steps:
            if not final.keys().isdisjoint(step.inputs):
                step.inputs = [final.get(value, value) for value in step.inputs]  # type: ignore[arg-type]
        self.results = [final.get(value, value) for value in self.results]  # type: ignore[arg-type]

    def drop_unused(self) -> None:
        """Remove the steps that have no effect and whose outputs nobody uses.

        Reads of variables stay: they are where an uninitialized variable is noticed, also if only its shape was wanted.
        """
        used: set[int | None] = set(self.results)
        used.discard(None)
        kept: list[Step] = []
        for step in reversed(self.steps):
            if step.has_effects or step.keep or step.kind == READ and not step.may_be_empty or not used.isdisjoint(step.outputs):
                kept.append(step)
                used.update(step.inputs)
                used.discard(None)
        kept.reverse()
        self.steps = kept


class StepInference(Inference):
    """The inference of a step: it knows what the plan knows, not only what the graph does."""

    __slots__ = ("program", "step")

    def __init__(self, program: Program, step: Step) -> None:
        tensors = step.node.inputs
        known = [t.static_shape if value is None else program.values[value].shape for value, t in zip(step.inputs, tensors)]
        super().__init__(step.opdef, step.node.name, step.attrs, known, [tensor.dtype for tensor in tensors])
        self.program = program
        self.step = step

    def value(self, index: int) -> np.ndarray | None:
        """The value of an input when it is the same in every run of the plan, else None."""
        value = self.step.inputs[index]
        return None if value is None else self.program.constants.get(value)

    def partial(self, index: int) -> tuple[int | None, ...] | None:
        """The elements of an integer input as far as they are known."""
        return self.program.partial(self.step.inputs[index])

    def handle(self, index: int) -> tuple[dtypes.DType, shapes.Shape] | None:
        """Element type and shape of the variable behind a resource input, when they are known."""
        return variable_behind(self.step.node.inputs[index])

    def input_names(self) -> list[str]:
        """The names of the inputs, for error messages."""
        return [tensor._as_node_def_input() for tensor in self.step.node.inputs]


def _end(replacements: dict[int, int], value: int) -> int:
    while value in replacements:
        value = replacements[value]
    return value
