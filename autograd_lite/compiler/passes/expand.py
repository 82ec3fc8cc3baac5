"""Take sums of several tensors apart into additions, which need no list of arrays and can be done in place.

The additions go from left to right, as the kernel does them, so every bit stays.
"""

from __future__ import annotations

from autograd_lite.compiler.program import OP, Program, Step
from autograd_lite.core import shapes
from autograd_lite.graph.table import TABLE

SUMS = frozenset(["AddN", "AccumulateNV2"])


def expand(program: Program) -> Program:
    """Replace sums whose terms are known to have one shape."""
    if "AddV2" not in TABLE:
        return program
    for block in program.all_blocks():
        if not any(step.opdef.name in SUMS for step in block.steps):
            continue
        steps: list[Step] = []
        for step in block.steps:
            if step.opdef.name in SUMS and step.kind == OP and len(step.inputs) > 1 and _have_one_shape(program, step):
                steps.extend(_additions(program, step))
            else:
                steps.append(step)
        block.steps = steps
    return program


def _have_one_shape(program: Program, step: Step) -> bool:
    known = {program.values[value].shape for value in step.inputs}  # type: ignore[index]
    return len(known) == 1 and shapes.is_defined(known.pop()) and step.node.outputs[0].dtype.kind in "fiuc"


def _additions(program: Program, step: Step) -> list[Step]:
    additions: list[Step] = []
    total = step.inputs[0]
    final = step.outputs[0]
    shape = program.values[total].shape  # type: ignore[index]
    for term in step.inputs[1:]:
        is_last = len(additions) == len(step.inputs) - 2
        output = final if is_last else program.new_value(program.values[final].dtype, shape, f"{step.node.name}/_sum")  # type: ignore[index]
        additions.append(Step(OP, TABLE["AddV2"], step.node, [total, term], [output]))
        total = output
    additions[-1].keep = step.keep
    return additions
