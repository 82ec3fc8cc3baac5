"""Gradients through the nodes of conditionals: what comes back to a branch is switched, what comes back from the branches is merged.

The Merge that ends `tf.cond` sends its gradient into both branches through a Switch; so each branch is differentiated under the condition
under which it ran. The Switch that led a tensor into one branch merges that branch's gradient with zeros made in the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import shape
from autograd_lite.api.constants import constant, zeros
from autograd_lite.api.raw import raw
from autograd_lite.core import shapes
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.contexts import switch_or_ref
from autograd_lite.graph.decisions import decision_of, decisions, source_of
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import variable_behind
from autograd_lite.graph.tensor import Tensor


def merge_gradient(op: Operation, grad: Any) -> list[Any]:
    """The gradients of the inputs of a Merge: its own, alive only for the input that was."""
    found = decision_of(op)
    if found is not None:
        pred, alive_when = found
        switched = _switched(grad, pred, "cond_grad")
        return [switched[branch] for branch in alive_when]
    return [_switched(grad, raw.Equal(op.outputs[1], np.int32(index)), "cond_grad")[1] for index in range(len(op.inputs))]


def _switched(grad: Any, pred: Tensor, name: str) -> tuple[Any, Any]:
    if not isinstance(grad, IndexedSlices):
        return tuple(switch_or_ref(grad, pred, name))
    parts = [switch_or_ref(part, pred, name) for part in (grad.values, grad.indices)]
    sizes = [None, None] if grad.dense_shape is None else switch_or_ref(grad.dense_shape, pred, name)
    off, on = [IndexedSlices(parts[0][branch], parts[1][branch], sizes[branch]) for branch in (0, 1)]
    return off, on


def switch_gradient(op: Operation, grads: tuple[Any, ...]) -> Any:
    """The gradient of the data of a Switch: that of the output that was alive."""
    data, pred = op.inputs[0], source_of(op.inputs[1])
    if all(grad is None for grad in grads):
        return None
    if any(isinstance(grad, IndexedSlices) for grad in grads):
        return _merged_slices(data, pred, grads)
    whole = [_zeros_in_branch(data, pred, branch) if grad is None else _tied(grad, pred, branch) for branch, grad in enumerate(grads)]
    return raw.Merge(whole, name="cond_grad")[0]


def _tied(grad: Tensor, pred: Tensor, branch: int) -> Tensor:
    """A gradient that is alive only in its branch: one that takes nothing from there is tied to it."""
    place = decisions(grad)
    if place is None or (_here(pred), branch) in place:
        return grad
    return raw.Switch(grad, pred)[branch]


def _here(pred: Tensor) -> Tensor:
    """What decides where nodes are made now: in the gradient of a loop, the value that a predicate of the loop had."""
    context = pred.graph._get_control_flow_context()
    return pred if context is None else source_of(context.AddValue(pred))


def _zeros_in_branch(data: Tensor, pred: Tensor, branch: int) -> Tensor:
    """Zeros of the shape of `data`, alive in this branch."""
    if shapes.is_defined(data.static_shape) and data.dtype.base_dtype.name != "resource":
        return raw.Switch(zeros(list(data.static_shape), data.dtype.base_dtype), pred)[branch]  # type: ignore[arg-type]
    if data.dtype.base_dtype.name != "resource":
        return raw.ZerosLike(switch_or_ref(data, pred)[branch])
    found = variable_behind(data)
    if found is None:
        raise ValueError(f"The variable behind {data!r} is not known, so there are no zeros of its shape.")
    dtype, sizes = found
    if shapes.is_defined(sizes):
        return raw.Switch(zeros(list(sizes), dtype), pred)[branch]  # type: ignore[arg-type]
    return zeros(raw.VariableShape(switch_or_ref(data, pred)[branch]), dtype)


def _merged_slices(data: Tensor, pred: Tensor, grads: tuple[Any, ...]) -> IndexedSlices:
    """Some rows if one branch was taken; if the other was, its rows, or none at all."""
    given = next(grad for grad in grads if isinstance(grad, IndexedSlices))
    parts = []
    for branch, grad in enumerate(grads):
        if isinstance(grad, IndexedSlices):
            parts.append((_tied(grad.values, pred, branch), _tied(grad.indices, pred, branch)))
            continue
        rows = raw.Identity(_zeros_in_branch(data, pred, branch) if grad is None else grad)
        indices = raw.Range(0, raw.Shape(rows)[0], 1)
        if grad is None:
            rows, indices = rows[:0], indices[:0]
        parts.append((rows, raw.Cast(indices, DstT=given.indices.dtype)))
    values, indices = (raw.Merge([parts[0][k], parts[1][k]], name="cond_grad")[0] for k in (0, 1))
    return IndexedSlices(values, indices, None if given.dense_shape is None else _whole_shape(data))


def _whole_shape(data: Tensor) -> Any:
    """The shape of `data`, or of the variable behind it, as a tensor that is alive whatever branch is taken."""
    if data.dtype.base_dtype.name != "resource":
        return shape(data)
    found = variable_behind(data)
    return constant(list(found[1]), "int32") if found and shapes.is_defined(found[1]) else raw.VariableShape(data)  # type: ignore[arg-type]
