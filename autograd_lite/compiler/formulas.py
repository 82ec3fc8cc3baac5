"""Which steps are computed by the formula of their op, and what is known of their inputs."""

from __future__ import annotations

import functools

from autograd_lite.backends import expression as ex
from autograd_lite.compiler.program import Program, Step
from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.shape_rules import same_shape

# Functions that mean the same for integers as the kernels do: no division, no power.
_INTEGER_FUNCTIONS = ex.COMPARISONS | {
    "add", "subtract", "multiply", "negative", "abs", "maximum", "minimum", "square", "where", "bitwise_and", "bitwise_or", "bitwise_xor",
    "invert",
}  # fmt: skip
_BOOLEAN_FUNCTIONS = frozenset(["logical_and", "logical_or", "logical_not", "logical_xor", "equal", "not_equal", "where"])


def formula_of(program: Program, step: Step) -> ex.Expression | None:
    """The formula to print for a step; None when its kernel is to be called."""
    opdef = step.opdef
    if opdef.elementwise is None or len(step.inputs) != len(opdef.inputs):
        return None
    formula = ex.parse(opdef.elementwise)
    if step.cells and not _shapes_were_checked(program, step):
        return None
    if opdef.shape is same_shape and not shapes_are_equal(program, step):
        return None
    kinds = {input_dtype(program, step, index).kind for index in range(len(step.inputs))}
    used = functions(formula)
    if kinds & set("iu") and not used <= _INTEGER_FUNCTIONS or "b" in kinds and not used <= _BOOLEAN_FUNCTIONS or kinds & set("sqrv"):
        return None
    return formula if isinstance(formula, ex.Call) else None


@functools.lru_cache(maxsize=1024)
def functions(formula: ex.Expression) -> frozenset[str]:
    """The functions that a formula calls."""
    return frozenset(part.function for part in ex.walk(formula) if isinstance(part, ex.Call))


def literal_dtype(program: Program, step: Step) -> dtypes.DType:
    """The type of the numbers in a step's formula."""
    known = [input_dtype(program, step, index) for index in range(len(step.inputs))]
    return next((dtype for dtype in known if dtype.kind != "b"), dtypes.bool_)


def _shapes_were_checked(program: Program, step: Step) -> bool:
    """Whether the shape function has seen all shapes of an update: a formula would broadcast where the kernel complains."""
    known = [variable_shape(program, step, i) if i in step.cells else tensor.static_shape for i, tensor in enumerate(step.node.inputs)]
    return all(shapes.is_defined(shape) for shape in known)


def shapes_are_equal(program: Program, step: Step) -> bool:
    """Whether all inputs are known to have one shape, as an op demands that does not broadcast."""
    known = {input_shape(program, step, index) for index in range(len(step.inputs))}
    return len(known) == 1 and shapes.is_defined(next(iter(known)))


def input_dtype(program: Program, step: Step, index: int) -> dtypes.DType:
    """The type of an input; of a resource handle, the type of the variable behind it."""
    dtype = step.node.inputs[index].dtype.base_dtype
    if index in step.cells and dtype is dtypes.resource:
        return program.cells[step.cells[index]].attrs["dtype"]
    return dtype


def input_shape(program: Program, step: Step, index: int) -> shapes.Shape:
    """The static shape of an input; of a cell, that of its variable."""
    value = step.inputs[index]
    return variable_shape(program, step, index) if value is None else program.values[value].shape


def variable_shape(program: Program, step: Step, position: int) -> shapes.Shape:
    """The static shape of the variable at an input."""
    return program.cells[step.cells[position]].attrs.get("shape")
