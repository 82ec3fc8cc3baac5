"""What a user reads when a run fails: the kernel's words first, then the node, its inputs, the line that made it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

import numpy as np

from autograd_lite.compiler.plan import Plan
from autograd_lite.compiler.program import Step
from autograd_lite.core import shapes
from autograd_lite.core.errors import FailedPreconditionError, InternalError, InvalidArgumentError, OpError, ResourceExhaustedError
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.ops.checks import INPUT
from autograd_lite.ops.mutexes import Held
from autograd_lite.runtime.helpers import UninitializedError, uninitialized_text
from autograd_lite.runtime.resources import Store

_MISSING = object()


def unfed(node: Operation) -> InvalidArgumentError:
    """The error of a placeholder that was not fed."""
    dtype, shape = node.attrs["dtype"], node.attrs.get("shape")
    text = f"You must feed a value for placeholder tensor '{node.name}' with dtype {dtype.cpp_name}"
    if shape:  # unknown ranks and scalars are not mentioned
        text += f" and shape {shapes.text(shape)}"
    hint = f"What you fetch depends on it. Give its value: session.run(..., feed_dict={{{node.name}: ...}})."
    return InvalidArgumentError(None, node, described(text, node, hint=hint))


def described(text: str, node: Operation, inputs: list[str] | None = None, hint: str = "") -> str:
    """A message in three parts: what TensorFlow says, where it happened, what to do."""
    lines = [
        text,
        f"\t [[node {node.name} (defined at {node.where}) ]]",
        f"  Node '{node.name}' (op {node.type}) was made at {node.where}, in {node.where.function}.",
    ]
    if inputs:
        lines.append(f"  It got {', '.join(inputs)}.")
    if hint:
        lines.append(f"  {hint}")
    return "\n".join(lines)


def with_name_of_input(text: str, node: Operation, feeds: Iterable[Tensor]) -> str:
    """A message of a kernel that speaks of its first input, with the input's name; what is fed is called as TensorFlow calls it."""
    if INPUT not in text or not node.inputs:
        return text
    tensor = node.inputs[0]
    fed = sorted(feed.name for feed in feeds)
    if tensor.name in fed:
        return text.replace(INPUT, f"_arg_{tensor.op.name}_{tensor.value_index}_{fed.index(tensor.name)}")
    return text.replace(INPUT, tensor._as_node_def_input())


def translate(error: Exception, plan: Plan, store: Store) -> Exception:
    """The error to raise instead of one that came out of a plan's code; `error` itself when it did not come from a step."""
    found = _failing_step(error.__traceback__, plan)
    if found is None:
        return error
    step, local_values = found
    for value in local_values.values():
        if isinstance(value, Held):  # the frame, and with it the lock, lives as long as somebody looks at the error
            value.give_back()
    if isinstance(error, UninitializedError):
        return _uninitialized(error, plan, step, store)
    if isinstance(error, OpError) and error.op is not None:
        return error  # it knows its node already, for example a run inside a run
    values = [_value(plan, local_values, value) for value in step.inputs]
    inputs = [f"{name} {_described_value(value)}" for name, value in zip(_input_names(step), values)]
    kind, text, hint = _classified(error, step, values)
    text = with_name_of_input(text, step.node, plan.program.feed_tensors)
    return kind(None, step.node, described(text, step.node, inputs, hint))


def _failing_step(traceback: TracebackType | None, plan: Plan) -> tuple[Step, dict[str, Any]] | None:
    while traceback is not None:
        if traceback.tb_frame.f_code is plan.function_code:
            step = plan.step_at(traceback.tb_lineno)
            return (step, traceback.tb_frame.f_locals) if step is not None else None
        traceback = traceback.tb_next
    return None


def _value(plan: Plan, local_values: dict[str, Any], value: int | None) -> Any:
    if value is None:
        return _MISSING
    if value in plan.program.constants:
        return plan.program.constants[value]
    return local_values.get(plan.codes.get(value, ""), _MISSING)


def _input_names(step: Step) -> list[str]:
    return [tensor.name for tensor in step.node.inputs]


def _is_array(value: Any) -> bool:
    """Whether this is an array, of whatever backend."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def _described_value(value: Any) -> str:
    if value is _MISSING:
        return "(a variable)"
    if _is_array(value):
        return f"{value.dtype}{shapes.text(value.shape)}"
    return type(value).__name__


def _classified(error: Exception, step: Step, values: list[Any]) -> tuple[type[OpError], str, str]:
    """Class, first line and advice for an error from a kernel."""
    text = str(error)
    if isinstance(error, OpError):
        return type(error), error.message, ""
    known = [value for value in values if _is_array(value)]
    if isinstance(error, ValueError) and len(known) == len(values) and _do_not_broadcast(known) and step.opdef.elementwise is not None:
        listed = " vs. ".join(shapes.text(value.shape) for value in known)
        return InvalidArgumentError, f"Incompatible shapes: {listed}", "Sizes must be equal, or one of them 1, counted from the last axis."
    if isinstance(error, MemoryError):
        return ResourceExhaustedError, f"OOM when allocating tensor: {text}", "Use smaller batches, or a machine with more memory."
    if isinstance(error, ValueError | IndexError | TypeError | ArithmeticError | np.linalg.LinAlgError):
        return InvalidArgumentError, text or type(error).__name__, f"({type(error).__name__} in the kernel of {step.opdef.name})"
    return InternalError, f"{type(error).__name__}: {text}", ""


def _do_not_broadcast(values: list[Any]) -> bool:
    try:
        np.broadcast_shapes(*(value.shape for value in values))
    except ValueError:
        return True
    return False


def _uninitialized(error: UninitializedError, plan: Plan, step: Step, store: Store) -> Exception:
    cells = [plan.program.cells[cell] for cell in step.cells.values()]
    node = next((cell for cell in cells if store.cell(cell).name == error.message), step.node)
    return uninitialized(node, step.node, store)


def uninitialized(variable: Operation, reader: Operation, store: Store) -> FailedPreconditionError:
    """The error of a node that reads a variable without a value."""
    text = uninitialized_text(store.cell(variable), store.has_content())
    local = any(each.op is variable for each in variable.graph.get_collection(GraphKeys.LOCAL_VARIABLES))
    hint = (
        f"Variable '{variable.name}' was made at {variable.where} and has no value in this session yet. "
        f"Run its initializer first: session.run(tf.{'local' if local else 'global'}_variables_initializer())."
    )
    return FailedPreconditionError(None, reader, described(text, reader, hint=hint))
