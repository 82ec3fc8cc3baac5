"""The nodes of conditionals and loops in TensorFlow 1: values that are alive only in one branch, and frames in which nodes run many times.

Plans raise them to `if` and `while` (compiler/passes/raise_control.py), and the reference interpreter follows the dead and the living
values one by one (runtime/dataflow.py). The kernels here are what both agree on: None is a dead value.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.core.errors import AbortedError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import scalar_input

_ONLY_IN_A_PROGRAM = "what it gives depends on which values are alive"


def _switch_shape(c):
    rank = None if c.shape(1) is None else len(c.shape(1))
    if rank:
        raise c.fail(f"Shape must be rank 0 but is rank {rank}")
    return [c.shape(0), c.shape(0)]


@op(
    "Switch(data: T, pred: bool) -> output_false: T, output_true: T",
    shape=_switch_shape,
    view=("data",),
    host=("pred",),
    samples=_ONLY_IN_A_PROGRAM,
)
def switch(xp, data, pred):
    """Pass `data` on to one of two outputs; the other is dead, and so is all that is computed from it."""
    taken = bool(scalar_input(pred, "The second input must be a scalar, but it has shape "))
    return (None, data) if taken else (data, None)


@switch.gradient
def switch_gradient(g, op, *dys):
    return [g.flow.switch_gradient(op, dys), None]


@op(
    "RefSwitch(data: Ref(T), pred: bool) -> output_false: Ref(T), output_true: Ref(T)",
    shape=_switch_shape,
    samples=_ONLY_IN_A_PROGRAM,
    no_gradient="references have no gradient",
)
def ref_switch(xp, data, pred):
    """Pass a reference on to one of two outputs; the other is dead."""
    return switch.kernel(xp, data, pred)


def _merge_shape(c):
    """What all inputs have in common; the input that comes round a loop is not there yet and counts as the first."""
    merged = c.shape(0)
    for index in range(1, c.count):
        other = c.shape(index)
        if merged is None or other is None or len(merged) != len(other):
            return [None, ()]
        merged = tuple([size if size == second else None for size, second in zip(merged, other)])
    return [merged, ()]


@op("Merge(inputs: N * T) -> output: T, value_index: int32", shape=_merge_shape, view=("inputs",), samples=_ONLY_IN_A_PROGRAM)
def merge(xp, inputs):
    """Pass on the one input that is alive, and its number."""
    index = next(i for i, value in enumerate(inputs) if value is not None)
    return inputs[index], np.int32(index)


@merge.gradient
def merge_gradient(g, op, dy, _):
    return g.flow.merge_gradient(op, dy)


@op(
    "RefMerge(inputs: N * Ref(T)) -> output: Ref(T), value_index: int32",
    shape=_merge_shape,
    samples=_ONLY_IN_A_PROGRAM,
    no_gradient="references have no gradient",
)
def ref_merge(xp, inputs):
    """Pass on the one reference that is alive, and its number."""
    return merge.kernel(xp, inputs)


@op(
    "Enter(data: T, *, frame_name: string, is_constant: bool = False, parallel_iterations: int = 10) -> output: T",
    shape=rules.unchanged,
    view=("data",),
    samples=_ONLY_IN_A_PROGRAM,
)
def enter(xp, data):
    """Pass a value into a loop: to its first iteration, or to all of them if it is constant there."""
    return data


@enter.gradient
def enter_gradient(g, op, dy):
    return g.flow.enter_gradient(op, dy)


@op(
    "RefEnter(data: Ref(T), *, frame_name: string, is_constant: bool = False, parallel_iterations: int = 10) -> output: Ref(T)",
    shape=rules.unchanged,
    samples=_ONLY_IN_A_PROGRAM,
    no_gradient="references have no gradient",
)
def ref_enter(xp, data):
    """Pass a reference into a loop."""
    return data


@op("Exit(data: T) -> output: T", shape=rules.unchanged, view=("data",), samples=_ONLY_IN_A_PROGRAM)
def exit_(xp, data):
    """Pass a value out of a loop when the loop is over."""
    return data


@exit_.gradient
def exit_gradient(g, op, dy):
    return g.flow.exit_gradient(op, dy)


@op("RefExit(data: Ref(T)) -> output: Ref(T)", shape=rules.unchanged, samples=_ONLY_IN_A_PROGRAM, no_gradient="references have no gradient")
def ref_exit(xp, data):
    """Pass a reference out of a loop when the loop is over."""
    return data


@op("NextIteration(data: T) -> output: T", shape=rules.unchanged, view=("data",), samples=_ONLY_IN_A_PROGRAM)
def next_iteration(xp, data):
    """Pass a value on to the next iteration of a loop."""
    return data


@next_iteration.gradient
def next_iteration_gradient(g, op, dy):
    return g.flow.next_iteration_gradient(op, dy)


@op(
    "RefNextIteration(data: Ref(T)) -> output: Ref(T)",
    shape=rules.unchanged,
    samples=_ONLY_IN_A_PROGRAM,
    no_gradient="references have no gradient",
)
def ref_next_iteration(xp, data):
    """Pass a reference on to the next iteration of a loop."""
    return data


def _scalar_shape(c):
    if c.shape(0):
        raise c.fail(f"Shape must be rank 0 but is rank {len(c.shape(0))}")
    return ()


@op(
    "LoopCond(input: bool) -> output: bool",
    shape=_scalar_shape,
    view=("input",),
    samples=_ONLY_IN_A_PROGRAM,
    no_gradient="it is a decision, not a number",
)
def loop_cond(xp, input):
    """Whether a loop goes on."""
    return input


@op("ControlTrigger()", samples=_ONLY_IN_A_PROGRAM, no_gradient="it has no outputs")
def control_trigger(xp):
    """Do nothing, even when what it waits for is dead."""
    return


@op(
    "Abort(*, error_msg: string = '', exit_without_error: bool = False)",
    stateful=True,
    samples="it ends the run",
    no_gradient="it has no outputs",
)
def abort(xp, error_msg):
    """End the run with an error. TensorFlow ends the whole process; a library does not."""
    raise AbortedError(None, None, error_msg or "Abort_op intentional failure.")
