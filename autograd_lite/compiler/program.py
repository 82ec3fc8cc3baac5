"""The program: what the compiler's passes read and write.

A program starts as a request (which tensors are fed, what is fetched). `prune` fills in the steps, each with the steps it must come after;
`order` puts them into one line. From then on a program is straight-line: it means what its steps do one after the other, so a pass may
drop, replace or merge steps without looking at the graph's control edges again.

Values are small ints, the indices into `values`. Variables are not values but *cells*: a step that needs a variable's content gets it from
a `read` step of its own, and a step that changes one names the cell, so that every effect can be seen in the list of steps.

After `fuse` a step may stand for several: its only block holds them, and its outputs are those of their values that are used elsewhere.

After `raise_control` a step may be an `if` or a `while` with blocks of steps of its own. All blocks share the program's values: a step in a
block may use what was made before it in the blocks around, and what was made in an earlier branch that is taken together with its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.inference import Inference
from autograd_lite.graph.opdef import OpDef
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.signature import Argument
from autograd_lite.graph.static_value import variable_behind
from autograd_lite.graph.tensor import Tensor
from autograd_lite.kernels.elementwise import Work
from autograd_lite.kernels.epilogue import Follower
from autograd_lite.kernels.row_blocks import RowWork

OP, READ, HANDLE, IF, WHILE, FUSED = "op", "read", "handle", "if", "while", "fused"


class Value:
    """What is known of one value: its element type, static shape, and known elements if it is a shape-like vector."""

    __slots__ = ("dtype", "name", "partial", "shape")

    def __init__(self, dtype: dtypes.DType, shape: shapes.Shape, name: str) -> None:
        self.dtype = dtype.base_dtype
        self.shape = shape
        self.name = name
        self.partial: tuple[int | None, ...] | None = None


class Fed(NamedTuple):
    """What a plan is made for: the shape of each fed array; position and elements of each that is a shape itself."""

    shapes: tuple[shapes.Shape, ...]
    elements: tuple[tuple[int, tuple[int, ...]], ...] = ()


class Contents(NamedTuple):
    """What holds of every element of a TensorArray or stack: its shape and, if it is itself a shape-like vector, its known elements."""

    shape: shapes.Shape
    partial: tuple[int | None, ...] | None


class Block:
    """Steps that run one after the other: a branch, the condition or the body of a loop. A Program is the outermost one."""

    __slots__ = ("results", "steps")

    def __init__(self, steps: list[Step], results: list[int | None]) -> None:
        self.steps = steps
        self.results = results


class Step:
    """One line of a program.

    kind: `op` runs an op; `read` takes the array of a cell; `handle` gives the cell of a variable as a value; `if` runs one of two blocks
      (false, true) by its only input, and gives that block's results; `while` runs two blocks in turn, of which the first gives one
      result, the condition, and the second the next values of `params`, whose first values are the inputs and whose last are the outputs;
      `fused` does what the steps of its block do, in one kernel.
    inputs: value ids, flat; None where the op takes a cell instead.
    outputs: value ids, flat; None where the output is only the variable itself, passed on.
    cells: position in `inputs` -> cell id, for inputs whose content the op replaces.
    """

    __slots__ = (
        "after", "attrs", "blocks", "cells", "drops", "has_effects", "inputs", "into", "is_late", "is_pure", "keep", "kind",
        "may_be_empty", "node", "opdef", "outputs", "owned", "params", "passes_on", "reuses", "source", "work",
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
        self.blocks: tuple[Block, ...] = ()
        self.params: list[int] = []
        self.source: Tensor | None = None  # of a read, the reference or handle that leads to the variable
        self.after: list[Step] = []  # order until the pass `order` has run
        self.keep = False  # runs even if nobody uses its outputs
        self.may_be_empty = False  # a read that gives None for a variable without a value
        self.is_late = False  # a read that comes after all else: the fetch of a variable
        self.into: int | None = None  # value whose array the result may overwrite (memory)
        self.drops: list[int] = []  # values that nobody needs after this step (memory)
        self.work: Work | RowWork | Follower | None = None  # of a fused step or update, what its kernel does
        self.reuses: dict[int, int] = {}  # of a fused step: output -> the value whose array it takes (memory)
        self.owned = False  # what is stored into a cell belongs to nobody else (memory)

    def arguments(self) -> list[Argument]:
        """The declared input of each flat input."""
        return flat_arguments(self.opdef.inputs, self.attrs)

    def update_positions(self) -> list[int]:
        """The flat positions of `updates`, in their declared order."""
        position = {argument.name: index for index, argument in enumerate(self.arguments())}
        return [position[name] for name in self.opdef.updates]

    def inner(self) -> Iterator[Step]:
        """The steps in its blocks, those inside them included, in order."""
        for block in self.blocks:
            yield from walk(block.steps)

    def all_inputs(self) -> Iterator[int | None]:
        """The values that it, its blocks and the steps inside use."""
        yield from self.inputs
        for block in self.blocks:
            for step in block.steps:
                yield from step.all_inputs()
            yield from block.results

    def __repr__(self) -> str:
        return f"<step {self.kind} {self.node.name}>"


def walk(steps: Iterable[Step]) -> Iterator[Step]:
    """All steps, those inside of others after the one they are in."""
    for step in steps:
        yield step
        if step.blocks:
            yield from step.inner()


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

    def __init__(self, fetches: Sequence[Tensor | Operation], feeds: Sequence[Tensor], fed: Fed | None = None) -> None:
        self.fetches = list(fetches)
        self.feed_tensors = list(feeds)
        self.fed = fed  # for a plan made for particular feeds
        self.steps: list[Step] = []
        self.values: list[Value] = []
        self.constants: dict[int, np.ndarray] = {}
        self.contents: dict[int, Contents] = {}  # handle -> what is known of the elements of a TensorArray or stack
        self.cells: list[Operation] = []  # the node of each variable
        self.feeds: list[int] = []  # value ids, one per feed tensor
        self.results: list[int | None] = []  # value ids, one per fetch; None for an operation
        self.is_ordered = False  # whether the pass `order` has run
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
        for block in self.all_blocks():
            for step in block.steps:
                if not final.keys().isdisjoint(step.inputs):
                    step.inputs = [final.get(value, value) for value in step.inputs]  # type: ignore[arg-type]
            if not final.keys().isdisjoint(block.results):
                block.results = [final.get(value, value) for value in block.results]  # type: ignore[arg-type]

    def all_blocks(self) -> Iterator[Block | Program]:
        """The program itself and every block in it, an outer one before those inside."""
        stack: list[Block | Program] = [self]
        while stack:
            block = stack.pop()
            yield block
            for step in block.steps:
                stack.extend(step.blocks)

    def blocks_to_join_in(self) -> list[Block | Program]:
        """All blocks but those of fused steps, whose steps belong to a kernel already."""
        inside_fused = {id(block) for step in walk(self.steps) if step.kind == FUSED for block in step.blocks}
        return [block for block in self.all_blocks() if id(block) not in inside_fused]

    def drop_unused(self) -> None:
        """Remove the steps that have no effect and whose outputs nobody uses.

        Reads of variables stay: they are where an uninitialized variable is noticed, also if only its shape was wanted.
        """
        used: set[int | None] = set(self.results)
        _note_used(self, used)
        used.discard(None)
        for block in list(self.all_blocks()):
            block.steps = [step for step in block.steps if _is_needed(step, used)]
            for step in block.steps:
                if step.kind == IF:
                    _keep_results(step, [index for index, value in enumerate(step.outputs) if value in used])
                elif step.kind == WHILE:
                    pairs = enumerate(zip(step.outputs, step.params))
                    _keep_results(step, [index for index, (output, param) in pairs if output in used or param in used])


def _is_needed(step: Step, used: set[int | None]) -> bool:
    """Whether a step has to run: for what it does, or for what it makes; a branch also for what a later branch uses of it."""
    if step.has_effects or step.keep or step.kind == READ and not step.may_be_empty or not used.isdisjoint(step.outputs):
        return True
    return step.kind == IF and any(not used.isdisjoint(inner.outputs) for inner in step.inner())


def _note_used(block: Block | Program, used: set[int | None]) -> None:
    """Add to `used` the values that the steps of a block use, those of its steps that have to run."""
    for step in reversed(block.steps):
        if not _is_needed(step, used):
            continue
        if step.kind == IF:
            for index, output in enumerate(step.outputs):
                if output in used:
                    used.update(inner.results[index] for inner in step.blocks)
            for inner in reversed(step.blocks):  # the later in the text may use what the earlier made, never the other way round
                _note_used(inner, used)
            used.update(step.inputs)
        elif step.kind == WHILE:
            _note_used_by_loop(step, used)
        else:
            used.update(step.inputs)


def _note_used_by_loop(step: Step, used: set[int | None]) -> None:
    test, body = step.blocks
    used.update(test.results)
    size = -1
    while size < len(used):  # what one iteration uses, the one before must have made
        size = len(used)
        for index, param in enumerate(step.params):
            if param in used or step.outputs[index] in used:
                used.update((body.results[index], step.inputs[index]))
        _note_used(body, used)
        _note_used(test, used)


def _keep_results(step: Step, wanted: list[int]) -> None:
    """Keep only some of the results of an `if`, or of the variables of a loop."""
    step.outputs = [step.outputs[index] for index in wanted]
    results = step.blocks
    if step.kind == WHILE:
        step.inputs = [step.inputs[index] for index in wanted]
        step.params = [step.params[index] for index in wanted]
        results = step.blocks[1:]
    for block in results:
        block.results = [block.results[index] for index in wanted]


class StepInference(Inference):
    """The inference of a step: it knows what the plan knows, not only what the graph does."""

    __slots__ = ("program", "step")

    def __init__(self, program: Program, step: Step) -> None:
        if step.opdef is step.node.opdef:
            tensors = step.node.inputs
            known = [t.static_shape if value is None else program.values[value].shape for value, t in zip(step.inputs, tensors)]
            types = [tensor.dtype for tensor in tensors]
        else:  # a step that a pass made
            values = [program.values[value] for value in step.inputs]  # type: ignore[index]
            known, types = [value.shape for value in values], [value.dtype for value in values]
        super().__init__(step.opdef, step.node.name, step.attrs, known, types)
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

    def contents(self, index: int) -> shapes.Shape:
        """The shape of every element in the TensorArray or stack behind a resource input, when it is known."""
        found = self.program.contents.get(self.step.inputs[index])  # type: ignore[arg-type]
        return None if found is None else found.shape

    def partial_contents(self, index: int) -> tuple[int | None, ...] | None:
        """The same of what is known of the elements' own values."""
        found = self.program.contents.get(self.step.inputs[index])  # type: ignore[arg-type]
        return None if found is None else found.partial

    def input_names(self) -> list[str]:
        """The names of the inputs, for error messages."""
        return [tensor._as_node_def_input() for tensor in self.step.node.inputs]


def _end(replacements: dict[int, int], value: int) -> int:
    while value in replacements:
        value = replacements[value]
    return value
