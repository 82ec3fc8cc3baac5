"""Compute now what is the same in every run: constants, and shapes that are known."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.backends.registry import backend_named
from autograd_lite.compiler.program import IF, OP, Program, Step
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.errors import UnimplementedError

MAX_ELEMENTS = 1 << 16  # a larger result is computed in the run: it would only occupy memory between runs


def fold(program: Program) -> Program:
    """Turn pure steps on constants, and the known elements of shape-like vectors, into constants."""
    with np.errstate(all="ignore"):
        for block in program.all_blocks():
            block.steps = [step for step in block.steps if not _is_known(program, step)]
    _take_known_branches(program)
    _know_what_stays(program)
    return program


def _know_what_stays(program: Program) -> None:
    """Use constants in place of known results of steps that run all the same, because of what else they do."""
    replacements: dict[int, int] = {}
    for block in program.all_blocks():
        for step in block.steps:
            known = None if step.is_pure or step.kind != OP else _known_elements(program, step)
            if known is not None:
                replacements[step.outputs[0]] = program.constant(known, step.node.name)  # type: ignore[index]
    program.replace(replacements)


def _take_known_branches(program: Program) -> None:
    """Put the branch that is always taken in the place of its `if`."""
    replacements: dict[int, int] = {}
    for block in program.all_blocks():
        if not any(step.kind == IF and step.inputs[0] in program.constants for step in block.steps):
            continue
        steps: list[Step] = []
        for step in block.steps:
            predicate = program.constants.get(step.inputs[0]) if step.kind == IF else None  # type: ignore[arg-type]
            if predicate is None or predicate.size != 1:
                steps.append(step)
                continue
            taken = step.blocks[int(predicate.item())]
            steps.extend(taken.steps)
            pairs = zip(step.outputs, taken.results)
            replacements.update((output, result) for output, result in pairs if output is not None and result is not None)
        block.steps = steps
    program.replace(replacements)


def _is_known(program: Program, step: Step) -> bool:
    """Whether the outputs of a step are constants now."""
    return step.is_pure and bool(step.outputs) and (_from_shapes(program, step) or _from_constants(program, step))


def _from_shapes(program: Program, step: Step) -> bool:
    """Shape, Size, Rank and what is computed from them are known when the shapes are."""
    known = _known_elements(program, step)
    if known is not None:
        program.set_constant(step.outputs[0], known)  # type: ignore[arg-type]
    return known is not None


def _known_elements(program: Program, step: Step) -> np.ndarray | None:
    """The elements of a shape-like result, when all are known."""
    if step.opdef.partial is None or len(step.outputs) != 1 or step.outputs[0] is None:
        return None
    value = program.values[step.outputs[0]]
    known = value.partial
    if known is None or None in known or value.shape is None or not value.dtype.is_integer:
        return None
    if len(value.shape) > 1 or len(known) != math.prod(size or 0 for size in value.shape) and None not in value.shape:
        return None
    limits = np.iinfo(value.dtype.numpy)
    if any(not limits.min <= element <= limits.max for element in known):  # type: ignore[operator]
        return None  # the kernel says that the type is too small
    array = np.array(known, dtype=value.dtype.numpy)
    return array.reshape(()) if value.shape == () else array


def _from_constants(program: Program, step: Step) -> bool:
    if any(value not in program.constants for value in step.inputs):
        return False
    if step.inputs and not _is_small(program, step):
        return False
    if any(value is None or program.values[value].dtype in (dtypes.resource, dtypes.variant) for value in step.outputs):
        return False
    try:
        results = step.opdef.compute(_xp(), [program.constants[value] for value in step.inputs], step.attrs)  # type: ignore[index]
    except UnimplementedError as error:  # said before anything runs: TensorFlow makes all kernels first
        raise UnimplementedError(None, step.node, error.message) from None
    except Exception:  # it fails in the run, with the node's name
        return False
    for value, result in zip(step.outputs, results):
        program.set_constant(value, _as_array(result, program.values[value].dtype))  # type: ignore[arg-type, index]
    return True


def _xp() -> object:
    return backend_named("numpy").xp


def _as_array(result: object, dtype: dtypes.DType) -> np.ndarray:
    if isinstance(result, np.ndarray):
        return result
    array = np.empty((), dtype.numpy)
    array[()] = result
    return array


def _is_small(program: Program, step: Step) -> bool:
    """Whether the results are small; of a size that no shape tells (axes, positions) they are no larger than the inputs."""
    for value in step.outputs:
        count = shapes.num_elements(program.values[value].shape)  # type: ignore[index]
        if count is None:
            count = sum([program.constants[source].size for source in step.inputs if source is not None])
        if count > MAX_ELEMENTS:
            return False
    return True
