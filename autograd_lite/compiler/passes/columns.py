"""Work on the columns that somebody uses, and hand them on in the place where they are made.

A cell of a recurrent network multiplies its input and its state, side by side, by one matrix, and cuts the product into gates. So

- the gradient of a product is cut, too, and of the first layer nobody wants the columns that belong to the input: a product that is cut
  into parts of which one is used is made for that part only;
- a bias that is added before the cut is added after it: the gates take it in their own kernel, and no array of all gates is written again.

Every sum has the same terms as before.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.compiler.program import OP, Program, Step
from autograd_lite.core import shapes
from autograd_lite.graph.table import TABLE

_CUTS = {"Split": (1, 0), "SplitV": (0, 2)}  # ops that cut an array into parts -> which inputs are the array and the axis
_ADDS = frozenset(["BiasAdd", "AddV2", "Add"])


def columns(program: Program) -> Program:
    """Change products before cuts, and additions of biases before cuts."""
    uses = count_uses(program)
    for block in program.all_blocks():
        maker = {value: step for step in block.steps if step.kind == OP for value in step.outputs if value is not None}
        changes: dict[int, list[Step]] = {}  # id of a step -> what takes its place
        for step in block.steps:
            if step.kind != OP or step.opdef.name not in _CUTS or not _cuts_columns(program, step):
                continue
            source = step.inputs[_CUTS[step.opdef.name][0]]
            made = maker.get(source)  # type: ignore[arg-type]
            if made is None or uses.get(source, 0) != 1 or made.keep:  # type: ignore[arg-type]
                continue
            if made.opdef.name == "MatMul":
                _narrow(program, made, step, uses, changes)
            elif made.opdef.name in _ADDS:
                _add_later(program, made, step, uses, changes)
        if changes:
            block.steps = [new for step in block.steps for new in changes.get(id(step), [step])]
    return program


def count_uses(program: Program) -> dict[int, int]:
    """How often each value is used."""
    uses: dict[int, int] = {}
    for block in program.all_blocks():
        for value in (*(value for step in block.steps for value in step.inputs), *block.results):
            if value is not None:
                uses[value] = uses.get(value, 0) + 1
    return uses


def _cuts_columns(program: Program, step: Step) -> bool:
    """Whether a step cuts a matrix of known shape along its last axis, into parts of known shapes."""
    source, axis = (step.inputs[position] for position in _CUTS[step.opdef.name])
    shape, at = program.values[source].shape, program.constants.get(axis)  # type: ignore[index, arg-type]
    if shape is None or len(shape) != 2 or at is None or at.size != 1 or int(at.reshape(())) not in (1, -1):
        return False
    widths = [program.values[output].shape for output in step.outputs]  # type: ignore[index]
    if not shapes.is_defined(shape) or not all(shapes.is_defined(width) for width in widths):
        return False
    return sum(width[1] for width in widths) == shape[1]  # type: ignore[index, misc]


def _narrow(program: Program, product: Step, cut: Step, uses: dict[int, int], changes: dict[int, list[Step]]) -> None:
    """Multiply by those rows of a matrix, which is taken transposed, that belong to the one part that is used."""
    wanted = [index for index, output in enumerate(cut.outputs) if uses.get(output, 0)]  # type: ignore[arg-type]
    widths = [program.values[output].shape[1] for output in cut.outputs]  # type: ignore[index]
    factor = program.values[product.inputs[1]]  # type: ignore[index]
    fits = shapes.is_defined(factor.shape) and len(factor.shape) == 2 and factor.shape[0] == sum(widths)  # type: ignore[arg-type, index]
    if len(wanted) != 1 or not product.attrs["transpose_b"] or not fits:
        return
    begin, count, inner = sum(widths[: wanted[0]]), widths[wanted[0]], factor.shape[1]  # type: ignore[index, arg-type]
    rows = program.new_value(factor.dtype, (count, inner), f"{factor.name}/rows")
    places = [program.constant(np.array(numbers, np.int32), f"{factor.name}/{name}")
              for name, numbers in (("begin", [begin, 0]), ("size", [count, inner]))]  # fmt: skip
    taken = Step(OP, TABLE["Slice"], product.node, [product.inputs[1], *places], [rows])
    taken.attrs = {"T": factor.dtype, "Index": program.values[places[0]].dtype}
    product.inputs = [product.inputs[0], rows]
    product.outputs = [cut.outputs[wanted[0]]]
    changes[id(product)] = [taken, product]
    changes[id(cut)] = []


def _add_later(program: Program, addition: Step, cut: Step, uses: dict[int, int], changes: dict[int, list[Step]]) -> None:
    """Cut both a matrix and the bias that is added to its rows, and add the parts."""
    matrix, bias = addition.inputs
    if addition.opdef.name != "BiasAdd" and _rank(program, matrix) == 1:
        matrix, bias = bias, matrix
    if addition.attrs.get("data_format", "NHWC") != "NHWC" or _rank(program, bias) != 1:
        return
    whole = program.values[addition.outputs[0]]  # type: ignore[index]
    if program.values[matrix].shape != whole.shape or program.values[bias].shape != whole.shape[1:]:  # type: ignore[index]
        return
    widths = [program.values[output].shape[1] for output in cut.outputs]  # type: ignore[index]
    axis, sizes = program.constant(np.array(0, np.int32), f"{addition.node.name}/axis"), np.array(widths, np.int64)
    of_bias = [program.new_value(whole.dtype, (width,), f"{addition.node.name}/bias") for width in widths]
    of_matrix = [program.new_value(whole.dtype, program.values[output].shape, f"{cut.node.name}/part") for output in cut.outputs]  # type: ignore[index]
    given = program.constant(sizes, f"{cut.node.name}/sizes")
    cut_bias = Step(OP, TABLE["SplitV"], addition.node, [bias, given, axis], list(of_bias))
    cut_bias.attrs = {"num_split": len(widths), "T": whole.dtype, "Tlen": program.values[given].dtype}
    position = _CUTS[cut.opdef.name][0]
    steps = [cut_bias, cut]
    for part, added, output in zip(of_matrix, of_bias, cut.outputs):
        if uses.get(output, 0):  # type: ignore[arg-type]
            steps.append(Step(OP, addition.opdef, addition.node, [part, added], [output]))
            steps[-1].attrs = addition.attrs
    cut.inputs = [matrix if index == position else value for index, value in enumerate(cut.inputs)]
    cut.outputs = list(of_matrix)
    changes[id(addition)] = []
    changes[id(cut)] = steps


def _rank(program: Program, value: int | None) -> int | None:
    shape = program.values[value].shape  # type: ignore[index]
    return None if shape is None else len(shape)
