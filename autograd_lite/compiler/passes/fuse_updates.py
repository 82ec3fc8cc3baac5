"""Let updates of variables be computed by one kernel each, in the variables' own arrays."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.compiler import formulas
from autograd_lite.compiler.passes.fuse import WORTH_ALONE, number_everywhere
from autograd_lite.compiler.program import OP, Program, Step, walk
from autograd_lite.core import shapes
from autograd_lite.kernels.body import TYPES, Body, Traced, Unsupported, lower, trace
from autograd_lite.kernels.elementwise import Operand, Output, Work

WORTH_CALLS = 2  # NumPy calls that a kernel replaces
WORTH_SCALARS = 6  # the same for variables of rank 0


def fuse_updates(program: Program) -> Program:
    """Note for each update that is arithmetic on elements what its kernel does."""
    for step in walk(program.steps):
        if step.kind == OP and step.cells and step.opdef.updates and (step.opdef.pointwise or step.opdef.elementwise):
            step.work = _work(program, step)
    return program


def _work(program: Program, step: Step) -> Work | None:
    if step.opdef.in_place or step.opdef.initializes or any(not tensor.dtype.is_ref for tensor in step.node.outputs):
        return None
    known = [formulas.input_shape(program, step, index) for index in range(len(step.inputs))]
    if not all(shapes.is_defined(shape) and 0 not in shape for shape in known):  # type: ignore[operator]
        return None
    domain: tuple[int, ...] = known[step.update_positions()[0]]  # type: ignore[assignment]
    body = Body()
    operands: list[Operand] = []
    inputs: list[Traced] = []
    try:
        for index, shape in enumerate(known):
            inputs.append(_input(program, step, body, index, shape, operands))  # type: ignore[arg-type]
        results = _results(program, step, body, inputs)
    except Unsupported:
        return None
    wanted = [inputs[position].dtype for position in step.update_positions()]
    if [result.dtype for result in results] != wanted or any(result.shape != domain for result in results):
        return None
    calls = sum(node.function not in ("input", "number") for node in body.nodes)
    if calls < (WORTH_CALLS if domain else WORTH_SCALARS) and math.prod(domain) < WORTH_ALONE:
        return None
    return Work(domain, tuple(operands), body, tuple([Output(result.node) for result in results]))


def _input(program: Program, step: Step, body: Body, index: int, shape: tuple[int, ...], operands: list[Operand]) -> Traced:
    """An input as a stand-in. Every input is an operand of the kernel, so that the call need not tell them apart."""
    dtype = formulas.input_dtype(program, step, index)
    if dtype.name not in TYPES:
        raise Unsupported(dtype.name)
    operands.append(Operand(dtype.name, shape, is_scalar=shape == ()))
    number = number_everywhere(program.constants.get(step.inputs[index]))  # type: ignore[arg-type]
    node = body.input(len(operands) - 1, dtype.numpy) if number is None else body.number(number, number.dtype)
    return Traced(body, node, shape)


def _results(program: Program, step: Step, body: Body, inputs: list[Traced]) -> tuple[Traced, ...]:
    formula = formulas.formula_of(program, step)
    if formula is None:
        if not step.opdef.pointwise:
            raise Unsupported(step.opdef.name)
        return trace(body, step.opdef.kernel, step.opdef.arguments(inputs, step.attrs))
    names = {argument.name: each.node for argument, each in zip(step.opdef.inputs, inputs)}
    node = lower(body, formula, names, formulas.literal_dtype(program, step).numpy)
    return (Traced(body, node, np.broadcast_shapes(*[each.shape for each in inputs])),)
