"""Conditionals: `tf.cond`, `tf.case`, `tf.switch_case`. Only the branch that is taken runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api import composites
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph import context_defs  # noqa: F401  (contexts can be written to a MetaGraphDef)
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.contexts import CondContext
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor

Branch = Callable[[], Any]


@export("cond")
def cond(
    pred: Any,
    true_fn: Branch | None = None,
    false_fn: Branch | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Branch | None = None,
    fn2: Branch | None = None,
) -> Any:
    """Run one of two branches: what `true_fn` builds if `pred` is true, else what `false_fn` builds.

    Both functions are called once, now, to build their branches. A branch may use tensors from outside; those are computed in any case.
    What a branch computes with nodes of its own, it computes only when it is taken.

    Args:
      pred: scalar bool tensor.
      true_fn, false_fn: functions without arguments; both return tensors (or operations) of the same types in the same structure.
      strict: keep a list of one result as a list, instead of unpacking it.
      fn1, fn2: older names of `true_fn`, `false_fn`.

    Returns:
      The structure that the branches return.

    Raises:
      TypeError: when `pred` is a Python bool, or a branch cannot be called.
      ValueError: when the branches return nothing, or different structures or types.

    >>> import autograd_lite as tf
    >>> x = tf.constant(3.0)
    >>> print(tf.Session().run(tf.cond(x > 0, lambda: x * 2, lambda: -x)))
    6.0
    """
    true_fn = _one_of("true_fn", true_fn, "fn1", fn1)
    false_fn = _one_of("false_fn", false_fn, "fn2", fn2)
    for label, branch in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(branch):
            raise TypeError(
                f"'{label}' must be callable.\n  It is {branch!r}: pass a function without arguments, for example lambda: x * 2."
            )
    if isinstance(pred, bool):
        raise TypeError(
            "'pred' must not be a Python bool.\n  A bool is known while the graph is built: use `if`, or "
            "tf.contrib.framework.smart_cond, which takes both."
        )
    with building(name, "cond", [pred]):
        return _build(pred, true_fn, false_fn, strict)


def _one_of(new_name: str, new: Any, old_name: str, old: Any) -> Any:
    if old is None:
        if new is None:
            raise TypeError(f"cond(): '{new_name}' argument required")
        return new
    if new is not None:
        raise TypeError(f"cond(): '{new_name}' and '{old_name}' may not be set simultaneously.")
    return old


def _build(pred: Any, true_fn: Branch, false_fn: Branch, strict: bool) -> Any:
    off, on = raw.Switch(pred, pred)
    pivots = raw.Identity(on, name="switch_t"), raw.Identity(off, name="switch_f")
    pred = raw.Identity(pred, name="pred_id")
    graph = pred.graph
    for tensor in (off, on, *pivots, pred):
        graph.prevent_fetching(tensor.op)
    on_context, on_result, on_tensors = _branch(pred, pivots[0], 1, true_fn, "true_fn", strict)
    off_context, off_result, off_tensors = _branch(pred, pivots[1], 0, false_fn, "false_fn", strict)
    _check_structures(on_result, off_result)
    for true_tensor, false_tensor in zip(on_tensors, off_tensors):
        if true_tensor.dtype.base_dtype != false_tensor.dtype.base_dtype:
            raise ValueError(
                "Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received "
                f"{true_tensor.dtype.name} from 'true_fn' and {false_tensor.dtype.name} from 'false_fn'.\n"
                f"  They are {true_tensor!r} and {false_tensor!r}; tf.cast makes them equal."
            )
    merged = [raw.Merge([false_tensor, true_tensor])[0] for true_tensor, false_tensor in zip(on_tensors, off_tensors)]
    if on_context.outer_context is None:
        graph.add_to_collection(GraphKeys.COND_CONTEXT, on_context)
        graph.add_to_collection(GraphKeys.COND_CONTEXT, off_context)
    result = composites.pack(on_result, merged)
    return result if strict else _unpacked(result)


def _branch(pred: Tensor, pivot: Tensor, branch: int, function: Branch, label: str, strict: bool) -> tuple[CondContext, Any, list[Tensor]]:
    """Build one branch: its context, what the function returned, and the tensors in that as they are alive in the branch only."""
    context = CondContext(pred, pivot, branch)
    with context:
        result = function()
        if result is None:
            raise ValueError(
                f"'{label}' must have a return value.\n  A branch that has effects only can return tf.no_op()."
            )
        leaves = [_leaf(item, context) for item in nest.flatten(result)]
        result = nest.pack_sequence_as(result, leaves)
        tensors = composites.flatten(result)
        context.ExitResult(tensors)
    if not strict:
        result = _unpacked(result)
    return context, result, tensors


def _leaf(value: Any, context: CondContext) -> Any:
    if isinstance(value, Operation):
        return with_dependencies([value], context.pivot)
    if not composites.is_composite(value):
        value = convert_to_tensor(value)
    return composites.map_parts(context.result, value)


def _unpacked(result: Any) -> Any:
    return result[0] if isinstance(result, list | tuple) and len(result) == 1 else result


def _check_structures(one: Any, other: Any) -> None:
    """Both branches must return the same structure.

    Raises:
      ValueError: they do not.
    """
    try:
        nest.assert_same_structure(one, other, check_types=False)
        if [type(leaf) for leaf in nest.flatten(one)] == [type(leaf) for leaf in nest.flatten(other)]:
            return
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"The two structures don't have the same nested structure.\n  'true_fn' returned {one}\n  'false_fn' returned {other}\n"
        "  Both branches must return tensors in the same structure: which one is taken is known only when the graph runs."
    )


@export("contrib.framework.smart_cond")
def smart_cond(pred: Any, fn1: Branch, fn2: Branch, name: str | None = None) -> Any:
    """Choose a branch while the graph is built if `pred` is known then; otherwise build `tf.cond`.

    Args:
      pred: a Python bool, 0 or 1, or a bool tensor. fn1: called when it is true. fn2: when it is false.

    Raises:
      TypeError: when `pred` is none of these, or a branch cannot be called.

    >>> import autograd_lite as tf
    >>> tf.contrib.framework.smart_cond(True, lambda: "training", lambda: "testing")
    'training'
    """
    for label, branch in (("`fn1`", fn1), ("`fn2`", fn2)):
        if not callable(branch):
            raise TypeError(f"{label} must be callable.")
    value = smart_constant_value(pred)
    if value is not None:
        return fn1() if value else fn2()
    return cond(pred, true_fn=fn1, false_fn=fn2, name=name)


def smart_constant_value(pred: Any) -> bool | None:
    """The truth of a Python bool, of 0 or 1, or of a constant tensor; None when it is known only as the graph runs.

    Raises:
      TypeError: when `pred` is none of these.
    """
    if isinstance(pred, bool) or type(pred) is int and pred in (0, 1):
        return bool(pred)
    if hasattr(pred, "_as_graph_element"):
        pred = pred._as_graph_element()
    if not isinstance(pred, Tensor):
        raise TypeError(f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: {type(pred)}")
    value = constant_value(pred)
    return None if value is None else bool(value)
