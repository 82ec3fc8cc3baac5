"""Loops: `tf.while_loop` builds one body that runs as often as the condition holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api import composites
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import nest, shapes
from autograd_lite.core.export import export
from autograd_lite.graph import context_defs  # noqa: F401  (contexts can be written to a MetaGraphDef)
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.contexts import WhileContext, is_constant_enter, switch_or_ref
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor


@export("while_loop")
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeat `body` while `cond` is true.

    Both are called once, now, with the loop variables, to build the loop. The variables keep their types, and their shapes too unless
    `shape_invariants` says otherwise. Gradients flow through the loop; what they need of each iteration is kept when they are asked for.

    Args:
      cond: from the loop variables to a scalar bool tensor. body: from the loop variables to their next values, in the same structure.
      loop_vars: the first values: a list or tuple of tensors, arrays, TensorArrays, or structures of them.
      shape_invariants: in the structure of `loop_vars`, the shape that each variable has in every iteration (None: of any size).
      parallel_iterations, swap_memory: accepted for TensorFlow's sake; a plan runs one iteration after the other.
      back_prop: whether gradients may flow through it.
      maximum_iterations: stop after so many iterations in any case.
      return_same_structure: give a list of one variable as a list, instead of unpacking it.

    Returns:
      The loop variables when `cond` became false.

    Raises:
      TypeError: when `cond` or `body` cannot be called, or `parallel_iterations` is no positive number.
      ValueError: when there are no loop variables, or a variable changes its shape or the structure changes.

    >>> import autograd_lite as tf
    >>> i, power = tf.while_loop(lambda i, p: i < 5, lambda i, p: (i + 1, p * 2), [0, 1])
    >>> print(tf.Session().run(power))
    32
    """
    if not loop_vars:
        raise ValueError("'loop_vars' must be provided.\n  A loop needs at least one variable: what its condition looks at.")
    for label, function in (("cond", cond), ("body", body)):
        if not callable(function):
            raise TypeError(f"'{label}' must be callable.\n  It is {function!r}.")
    if parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    with building(name, "while", composites.flatten(loop_vars)):
        is_single = len(loop_vars) == 1 and not return_same_structure
        counter = None
        if maximum_iterations is not None:
            maximum_iterations, counter = _counter(maximum_iterations)
            cond, body = _counted(cond, body, maximum_iterations, is_single)
            loop_vars = (counter, loop_vars[0] if is_single else loop_vars)
        if shape_invariants is not None:
            if counter is not None:
                shape_invariants = (shapes.TensorShape([]), shape_invariants[0] if is_single else shape_invariants)
            _check_invariants_structure(loop_vars, shape_invariants)
        context = WhileContext(get_default_graph(), maximum_iterations, parallel_iterations, back_prop, swap_memory)
        if context.outer_context is None:
            get_default_graph().add_to_collection(GraphKeys.WHILE_CONTEXT, context)
        try:
            result = _Loop(context, cond, body, loop_vars, shape_invariants).build()
        except BaseException:
            get_default_graph().remove_from_collection(GraphKeys.WHILE_CONTEXT, context)
            raise
        if counter is not None:
            return result[1]
        return result if return_same_structure or len(nest.flatten(result)) != 1 or len(result) != 1 else result[0]


def _counter(limit: Any) -> tuple[Tensor, Tensor]:
    limit = convert_to_tensor(limit, name="maximum_iterations")
    if limit.static_shape is not None and limit.static_shape != ():
        raise ValueError(f"'maximum_iterations' must be a scalar. Received shape: {shapes.python_text(limit.static_shape)}")
    return limit, constant(0, limit.dtype, name="iteration_counter")


def _counted(cond: Any, body: Any, limit: Tensor, is_single: bool) -> tuple[Any, Any]:
    """The condition and body of a loop that also counts its iterations."""
    if is_single:
        return lambda i, v: raw.LogicalAnd(i < limit, cond(v)), lambda i, v: (i + 1, body(v))
    return lambda i, v: raw.LogicalAnd(i < limit, cond(*v)), lambda i, v: (i + 1, body(*v))


def _is_shape(value: Any) -> bool:
    return value is None or isinstance(value, shapes.TensorShape)


def _invariant_leaves(loop_vars: Any, invariants: Any) -> list[Any]:
    """The shape that belongs to each leaf of `loop_vars`."""
    if isinstance(invariants, shapes.TensorShape) or invariants is None or not nest.is_nested(loop_vars):
        return [invariants]
    mine, theirs = nest.children(loop_vars), nest.children(invariants)
    if len(mine) != len(theirs):
        raise ValueError(
            f"The two structures don't have the same nested structure.\n  loop_vars: {loop_vars}\n  shape_invariants: {invariants}"
        )
    return [leaf for (_, part), (_, shape) in zip(mine, theirs) for leaf in _invariant_leaves(part, shape)]


def _check_invariants_structure(loop_vars: Any, invariants: Any) -> None:
    if len(_invariant_leaves(loop_vars, invariants)) != len(nest.flatten(loop_vars)):
        raise ValueError(
            f"The two structures don't have the same nested structure.\n  loop_vars: {loop_vars}\n  shape_invariants: {invariants}"
        )


class _Loop:
    """The making of one loop."""

    def __init__(self, context: WhileContext, cond: Any, body: Any, loop_vars: Any, invariants: Any) -> None:
        self.context = context
        self.cond = cond
        self.body = body
        self.structure = loop_vars
        self.invariants = None if invariants is None else _invariant_leaves(loop_vars, invariants)

    def build(self) -> Any:
        """Build the loop; the loop variables after it, in the structure that the body returned."""
        context = self.context
        leaves = [_converted(leaf) for leaf in nest.flatten(self.structure)]
        self.structure = nest.pack_sequence_as(self.structure, leaves)
        with context:
            starts = composites.flatten(self.structure)
            context.set_values(starts)
            if context.outer_context is not None:
                starts = [context.outer_context.AddValue(start) for start in starts]
            merges = self._heads(starts)
            decision = self._decide(merges)
            switches = [switch_or_ref(merge, decision) for merge in merges]
            result, exits = self._repeat(starts, merges, switches)
        return composites.pack(result, exits)

    def _heads(self, starts: Sequence[Tensor]) -> list[Tensor]:
        """Lead the first values in, to Merge nodes that later get the next ones too."""
        context = self.context
        with get_default_graph().control_dependencies(None):
            enters = [context.enter(start, is_constant=False) for start in starts]
        self._wait_for_outer_pivot(enters)
        self._set_invariants(starts, enters)
        context.fix_context(enters)
        context.set_values(enters)
        context.loop_enters = enters
        with get_default_graph().control_dependencies(None), context:
            merges = [raw.RefMerge([x, x])[0] if x.dtype.is_ref else raw.Merge([x, x])[0] for x in enters]
        context.pivot_for_pred = merges[0]
        return merges

    def _wait_for_outer_pivot(self, enters: Sequence[Tensor]) -> None:
        """A loop inside a branch or loop must not start with constants alone before that branch or iteration does."""
        outer, pivot = self.context.outer_context, None
        while outer is not None and pivot is None:
            pivot, outer = outer.GetControlPivot(), outer.outer_context
        if pivot is not None:
            for tensor in enters:
                if is_constant_enter(tensor.op.inputs[0].op):
                    tensor.op._add_control_input(pivot.op)

    def _set_invariants(self, starts: Sequence[Tensor], enters: Sequence[Tensor]) -> None:
        if self.invariants is None:
            return
        position = 0
        for leaf, invariant in zip(nest.flatten(self.structure), self.invariants):
            wanted = composites.invariant_shapes(leaf, invariant)
            for shape in wanted:
                start, enter = starts[position], enters[position]
                if shape is not composites.AS_IT_IS:
                    if not _is_narrower(start.static_shape, shape):
                        raise ValueError(
                            f"The shape invariant specified for {start.name} is not compatible with the initial shape of the loop "
                            f"variable. It enters the loop with shape {shapes.python_text(start.static_shape)}, but the specified shape "
                            f"invariant is {shapes.python_text(shape)}."
                        )
                    enter.static_shape = shape
                position += 1

    def _decide(self, merges: Sequence[Tensor]) -> Tensor:
        arguments = composites.pack(self.structure, merges)
        answer = convert_to_tensor(self.cond(*_arguments(arguments)))
        self.context.pivot = raw.LoopCond(answer, name="LoopCond")
        return self.context.pivot

    def _repeat(self, starts: Sequence[Tensor], merges: Sequence[Tensor], switches: Sequence[Any]) -> tuple[Any, list[Tensor]]:
        context = self.context
        inside = [raw.RefIdentity(pair[1]) if pair[1].dtype.is_ref else raw.Identity(pair[1]) for pair in switches]
        context.pivot_for_body = inside[0]
        arguments = composites.pack(self.structure, inside)
        result = self.body(*_arguments(arguments))
        if not nest.is_nested(result):
            result = [result]
        _check_result_structure(arguments, result)
        result = nest.pack_sequence_as(result, [_converted(leaf) for leaf in nest.flatten(result)])
        again = composites.flatten(result)
        if len(again) != len(merges):
            raise ValueError(f"Number of inputs and outputs of 'body' must match 'loop_vars'. Got {len(again)} and {len(merges)}.")
        for start, merge, value in zip(starts, merges, again):
            following = raw.NextIteration(value)
            _check_shape(start, merge, following)
            merge.op._update_input(1, following)
        exits = [raw.RefExit(pair[0]) if pair[0].dtype.is_ref else raw.Exit(pair[0]) for pair in switches]
        context.loop_exits = exits
        context.ExitResult(exits)
        return result, exits


def _arguments(structure: Any) -> Sequence[Any]:
    return list(structure.values()) if isinstance(structure, dict) else structure


def _converted(leaf: Any) -> Any:
    return leaf if composites.is_composite(leaf) else convert_to_tensor(leaf)


def _check_result_structure(arguments: Any, result: Any) -> None:
    one, other = list(_arguments(arguments)), list(_arguments(result))
    try:
        nest.assert_same_structure(one, other, check_types=False)
        kinds = [type(leaf) if composites.is_composite(leaf) else None for leaf in nest.flatten(one)]
        if kinds == [type(leaf) if composites.is_composite(leaf) else None for leaf in nest.flatten(other)]:
            return
    except (TypeError, ValueError):
        pass
    raise ValueError(
        "The two structures don't have the same nested structure.\n"
        f"  The loop variables are {one}\n  'body' returned {other}\n  It must return the next value of every loop variable."
    )


def _is_narrower(shape: shapes.Shape, invariant: shapes.Shape) -> bool:
    """Whether every shape that `shape` allows is allowed by `invariant` too."""
    if invariant is None:
        return True
    if shape is None or len(shape) != len(invariant):
        return False
    return all(wanted is None or size == wanted for size, wanted in zip(shape, invariant))


def _check_shape(start: Tensor, merge: Tensor, following: Tensor) -> None:
    """Refuse a variable whose shape is not the same, or not known to be, in the next iteration."""
    if _is_narrower(following.static_shape, merge.static_shape):
        return
    entered = merge.op.inputs[0].static_shape
    raise ValueError(
        f"Input tensor '{start.name}' enters the loop with shape {shapes.python_text(entered)}, but has shape "
        f"{shapes.python_text(following.static_shape)} after one iteration. To allow the shape to vary across iterations, use the "
        "`shape_invariants` argument of tf.while_loop to specify a less-specific shape."
    )
