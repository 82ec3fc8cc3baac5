"""Gradients of loops: another loop, which goes through the iterations backwards.

Beside the loop variables the forward loop gets a counter, and the backward loop counts down from what it reached. A value of the forward
loop that a gradient function takes is pushed on a stack in every iteration and popped in the backward loop; constants, and what is the same
in every iteration, simply enter it. What flows back to such an invariant is summed up over the iterations.

This is how TensorFlow 1 does it, with its names, so that what it builds can be saved, imported and run like any other loop. The backward
walk (gradients.py) enters the context of a backward loop whenever it builds the gradient of an operation of the forward loop; the context
asks `real_value` for each tensor of the forward loop that is used there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_lite.api.arrays import zeros_like
from autograd_lite.api.constants import constant, zeros
from autograd_lite.api.raw import raw
from autograd_lite.autodiff.reach import Reach, is_trainable
from autograd_lite.core import shapes
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.contexts import (
    CondContext,
    WhileContext,
    Within,
    is_constant_enter,
    is_loop_exit,
    output_context,
    switch_or_ref,
)  # fmt: skip
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.decisions import source_of
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.imported_contexts import ImportedContexts
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value, variable_behind
from autograd_lite.graph.tensor import Tensor

_NO_SECOND_ORDER = (
    "Second-order gradient for while loops not supported.\n"
    "  The gradient of a loop is a loop with stacks; TensorFlow 1 does not differentiate that. If the number of steps is known while the "
    "graph is built, unroll the loop in Python."
)
_IRREGULAR = (
    "There is no gradient through the loop that {!r} ends: it was imported, and is not built as tf.while_loop builds loops.\n"
    "  A GraphDef does not tell which node is in which loop, and here the nodes do not show it. Differentiate before exporting."
)


class LoopGradient:
    """The backward loop of one forward loop.

    Args:
      forward: the context of the loop. outer: the gradient of the loop around it, if that is differentiated too.
      calling: the context in which tf.gradients was called.
    """

    def __init__(self, forward: WhileContext, outer: LoopGradient | None, calling: Any) -> None:
        self.forward_context = forward
        self.outer = outer
        self.calling = calling
        self.context: WhileContext
        self.forward_index: Tensor  # NextIteration of the counter
        self.merges: dict[Operation, Tensor] = {}  # Switch of a forward variable -> Merge of its gradient
        self._history: dict[str, Tensor] = {}  # name of a forward tensor -> what stands for it here
        self._forward_sync: Operation | None = None
        self._backward_sync: Operation | None = None
        around = outer.forward_context if outer is not None else forward.outer_context
        with Within(around):
            count = self._add_forward_counter()
        graph = get_default_graph()
        with Within(outer.context if outer is not None else around):
            self.context = WhileContext(
                graph, forward.maximum_iterations, forward.parallel_iterations, forward.back_prop, forward.swap_memory, forward.name, self
            )
        if outer is not None:
            outer.forward_context.AddName(count.name)
            count = outer.popped(outer.pushed(count), count)
        with Within(outer.context if outer is not None else around):
            self._add_backward_counter(count)

    # ------------------------------------------------------------ counters

    def _add_forward_counter(self) -> Tensor:
        """Count the iterations of the forward loop; the number of them all."""
        forward = self.forward_context
        start = constant(0, "int32", name="f_count")
        if self.outer is not None:  # what one run of an inner loop pushes comes before what the next one pushes
            start.op._add_control_input(self.outer.forward_index.op.inputs[0].op)
        with forward:
            forward.AddName(start.name)
            enter = forward.enter(start, is_constant=False, name="f_count")
            forward.fix_context([enter])
            forward.loop_enters.append(enter)
            merge = raw.Merge([enter, enter])[0]
            switch = raw.Switch(merge, forward.pivot)
            self.forward_index = raw.NextIteration(raw.AddV2(switch[1], 1, name="Add"))
            merge.op._update_input(1, self.forward_index)
            total = raw.Exit(switch[0], name="f_count")
            forward.loop_exits.append(total)
            forward.ExitResult([total])
        return total

    def _add_backward_counter(self, count: Tensor) -> None:
        context = self.context
        one = constant(1, "int32", name="b_count")
        with context:
            context.AddName(count.name)
            enter = context.enter(count, is_constant=False, name="b_count")
            context.fix_context([enter])
            context.loop_enters.append(enter)
            merge = raw.Merge([enter, enter])[0]
            context.pivot_for_pred = merge
            context.pivot = raw.LoopCond(raw.GreaterEqual(merge, one), name="b_count")
            switch = raw.Switch(merge, context.pivot)
            index = raw.Sub(switch[1], one)
            context.pivot_for_body = index
            self._backward_index = raw.NextIteration(index)
            merge.op._update_input(1, self._backward_index)
            end = raw.Exit(switch[0], name="b_count")
            context.loop_exits.append(end)
            if self.outer is not None:  # what one run of an inner loop pops comes before what the next one pops
                self.outer.backward_sync._add_control_input(end.op)
            context.ExitResult([end])

    def _sync(self, context: WhileContext, index: Tensor, name: str) -> Operation:
        """A node that an iteration waits for before it is over."""
        with get_default_graph().control_dependencies(None):
            trigger = raw.ControlTrigger(name=name)
        trigger._set_control_flow_context(context)
        index.op._add_control_input(trigger)
        if context.outer_context is not None:
            context.outer_context.AddInnerOp(trigger)
        return trigger

    @property
    def forward_sync(self) -> Operation:
        """What waits for all that is pushed in branches of the forward loop."""
        if self._forward_sync is None:
            self._forward_sync = self._sync(self.forward_context, self.forward_index, "f_sync")
        return self._forward_sync

    @property
    def backward_sync(self) -> Operation:
        """What waits for all that is popped."""
        if self._backward_sync is None:
            self._backward_sync = self._sync(self.context, self._backward_index, "b_sync")
        return self._backward_sync

    # ------------------------------------------------------------ values of the forward loop

    def real_value(self, value: Tensor) -> Tensor:
        """What stands in the backward loop for a tensor of the forward loop: its value in the iteration at hand."""
        found = self._history.get(value.name)
        if found is None:
            found = self._history[value.name] = self._bring(value)
        return found

    def _bring(self, value: Tensor) -> Tensor:
        state: LoopGradient = self
        current = value
        while True:
            entered = _invariant(current)
            if entered is None:
                break
            current = entered.inputs[0]
            if state.outer is None:  # outside of all loops that are differentiated
                return self.context.AddValue(current)
            state = state.outer
        known = constant_value(current) if current.op.type == "Const" else None
        if known is not None:
            with get_default_graph().control_dependencies(None), Within(self.context):
                return constant(known, current.dtype)
        popped = state.popped(state.pushed(current), current)
        return popped if state is self else self.context.AddValue(popped)

    def pushed(self, value: Tensor) -> Tensor:
        """A stack on which the forward loop pushes `value` in each iteration."""
        forward = self.forward_context
        graph = value.graph
        with graph.control_dependencies(None):
            with Within(self.calling), graph.colocate_with(value.op, ignore_existing=True):
                stack = raw.StackV2(constant(-1, "int32"), elem_type=value.dtype.base_dtype, name="f_acc")
            place = output_context(value.op)
            with Within(forward):
                entered = forward.AddValue(stack)
            with Within(place):
                push = raw.StackPushV2(entered, value, swap_memory=forward.swap_memory)
            if place is forward:
                self.forward_index.op._add_control_input(push.op)
            else:  # a branch inside the loop
                self.forward_sync._add_control_input(push.op)
            push.op._add_control_input(self.forward_index.op.inputs[0].op)
        return stack

    def popped(self, stack: Tensor, value: Tensor) -> Tensor:
        """The value on top of a stack, taken off in each iteration of the backward loop; in a branch if it was pushed in one."""
        branches = _branches_inside(value.op, self.forward_context)
        with value.graph.control_dependencies(None):
            with Within(self.context):
                for branch in branches:
                    stack = switch_or_ref(stack, self.real_value(source_of(branch.pred)))[branch.branch]
                pop = raw.StackPopV2(stack, elem_type=value.dtype.base_dtype)
            pop.set_shape(value.static_shape)
        self.backward_sync._add_control_input(pop.op)
        return pop

    # ------------------------------------------------------------ gradients that cross the border of the loop

    def enter(self, grad: Any) -> Any:
        """Lead the gradient of a final value into the backward loop: it starts with the last iteration."""
        grad = convert_to_tensor(grad)
        context = self.context
        context.AddName(grad.name)
        with context:
            entered = context.enter(grad, is_constant=False, name="b_exit")
            context.fix_context([entered])
            context.loop_enters.append(entered)
        context.AddName(entered.name)
        return entered

    def leave(self, grad: Any) -> Any:
        """Lead the gradient of a first value out of the backward loop."""
        result = raw.Exit(convert_to_tensor(grad))
        self.context.loop_exits.append(result)
        self.context.ExitResult([result])
        return result

    def summed(self, op: Operation, grad: Any) -> Any:
        """The sum over all iterations of what flows back to an invariant of the loop, which `op` (an Enter) led in."""
        if isinstance(grad, IndexedSlices):
            return self._collected(op, grad)
        grad = convert_to_tensor(grad)
        with self._outside():
            start = self._zeros(op, grad)
        return self._accumulated(start, lambda so_far: raw.AddV2(so_far, grad, name="Add"))

    def _outside(self) -> Within:
        return Within(self.context.outer_context)

    def _zeros(self, op: Operation, grad: Tensor) -> Tensor:
        """Zeros of the shape of an invariant, outside the backward loop."""
        dtype = grad.dtype.base_dtype
        if shapes.is_defined(grad.static_shape):
            return constant(0, dtype, shape=list(grad.static_shape), name="b_acc")  # type: ignore[arg-type]
        return zeros(self._outer_value(self._shape_of_invariant(op)), dtype)

    def _shape_of_invariant(self, op: Operation) -> Tensor:
        value = op.inputs[0]
        with Within(self.forward_context.outer_context):
            return raw.VariableShape(value) if value.dtype.base_dtype.name == "resource" else raw.Shape(value)

    def _outer_value(self, value: Tensor) -> Tensor:
        """What stands for a value of the loop around the forward loop, around the backward loop."""
        return value if self.outer is None else self.outer.real_value(value)

    def _accumulated(self, start: Tensor, step: Any, shape: Any = None) -> Tensor:
        """A variable of the backward loop that changes by `step` in each iteration; its last value."""
        context = self.context
        with context:
            context.AddName(start.name)
            enter = context.enter(start, is_constant=False, name="b_acc")
            if shape is not None:
                enter.static_shape = shape
            context.fix_context([enter])
            context.AddName(enter.name)
            context.loop_enters.append(enter)
            merge = raw.Merge([enter, enter], name="b_acc")[0]
            switch = raw.Switch(merge, context.pivot)
            merge.op._update_input(1, raw.NextIteration(step(switch[1])))
            result = raw.Exit(switch[0], name="b_acc")
            context.loop_exits.append(result)
            context.ExitResult([result])
        return result

    def _collected(self, op: Operation, grad: IndexedSlices) -> IndexedSlices:
        """All rows of all iterations, one after the other."""
        rest = grad.values.static_shape
        if not shapes.is_defined(rest[1:] if rest is not None else None):
            return self.summed(op, convert_to_tensor(grad))
        with self._outside():
            values = constant(0, grad.values.dtype.base_dtype, shape=[0, *rest[1:]], name="b_acc")  # type: ignore[index]
            indices = constant(0, grad.indices.dtype.base_dtype, shape=[0], name="b_acc")
            data = op.inputs[0]
            found = variable_behind(data) if data.dtype.base_dtype.name == "resource" else (data.dtype, data.static_shape)
            known = found[1] if found is not None else None
            shape = constant(list(known), "int32") if shapes.is_defined(known) else self._outer_value(self._shape_of_invariant(op))  # type: ignore[arg-type]
        rows = self._accumulated(values, lambda so_far: raw.ConcatV2([so_far, grad.values], 0), (None, *rest[1:]))  # type: ignore[index]
        places = self._accumulated(indices, lambda so_far: raw.ConcatV2([so_far, grad.indices], 0), (None,))
        return IndexedSlices(rows, places, shape)

    def close(self) -> None:
        """Give the gradients of variables that one iteration does not hand on to the next: zeros, but for the last iteration."""
        for merge in self.merges.values():
            enter = merge.op.inputs[0]
            if merge.op.inputs[1] is not enter:
                continue
            with Within(self.context):
                if shapes.is_defined(enter.static_shape):
                    value = zeros(list(enter.static_shape), enter.dtype.base_dtype)  # type: ignore[arg-type]
                else:
                    with self._outside():
                        value = raw.ZerosLike(enter.op.inputs[0])
                following = raw.NextIteration(value)
            merge.op._update_input(1, following)


def _invariant(value: Tensor) -> Operation | None:
    """The Enter node through which a value came that is the same in every iteration."""
    op = value.op
    while op.type in ("Switch", "RefSwitch", "Identity", "RefIdentity"):
        if op.type in ("Switch", "RefSwitch") and op.inputs[1].op.type != "LoopCond":
            return None  # alive only in a branch
        op = op.inputs[0].op
    return op if is_constant_enter(op) else None


def _branches_inside(op: Operation, loop: WhileContext) -> list[CondContext]:
    """The branches of a node inside a loop, the outermost first."""
    context = output_context(op)
    branches: list[CondContext] = []
    while context is not None and context is not loop:
        if context.IsCondContext():
            branches.append(context)
        context = context.outer_context
    return branches[::-1]


class Loops:
    """The loops through which one backward walk goes, and the order in which it enters them."""

    def __init__(self, reach: Reach) -> None:
        self._calling = get_default_graph()._get_control_flow_context()
        self._gradients: dict[WhileContext, LoopGradient] = {}
        self._waiting: dict[WhileContext, int] = {}  # how many exits are not ready yet
        self._ready: dict[WhileContext, list[Operation]] = {}
        self._imported: ImportedContexts | None = None
        try:
            self._add_loops(reach)
        except BaseException:
            self.leave_imported()
            raise

    def _add_loops(self, reach: Reach) -> None:
        ends = [op for op in reach.between if is_loop_exit(op)]
        if any(op._get_control_flow_context() is None for op in ends):
            graph = get_default_graph()
            self._imported = ImportedContexts(graph, [op for op in graph._operations if op._get_control_flow_context() is None])
            self._imported.give()
        for op in ends:
            context = op._get_control_flow_context()
            if context is None:
                raise TypeError(_NO_SECOND_ORDER) if self._imported.is_backward(op) else ValueError(_IRREGULAR.format(op.name))  # type: ignore[union-attr]
            self._add(context)
        for context in self._gradients:
            if self._imported is not None:
                self._imported.add_missing_exits(context, reach.between)
            exits = [tensor.op for tensor in context.loop_exits if tensor.op in reach.between or reach.add_exit(tensor.op)]
            self._waiting[context] = len(exits)
            self._ready[context] = []

    def __bool__(self) -> bool:
        return bool(self._gradients)

    def _add(self, context: WhileContext) -> LoopGradient:
        """The gradient of a loop, that of the loop around it made first."""
        missing = [context]
        while (around := _loop_around(missing[-1])) is not None and around not in self._gradients:
            missing.append(around)
        for loop in reversed(missing):
            if loop not in self._gradients:
                if loop.grad_state is not None:
                    raise TypeError(_NO_SECOND_ORDER)
                outer = _loop_around(loop)
                self._gradients[loop] = LoopGradient(loop, self._gradients.get(outer) if outer is not None else None, self._calling)
        return self._gradients[context]

    def gradient_of(self, op: Operation) -> LoopGradient | None:
        """The backward loop in which the gradient of an operation is built."""
        context = op._get_control_flow_context()
        loop = None if context is None else context.GetWhileContext()
        return None if loop is None else self._gradients.get(loop)

    def inside(self, op: Operation) -> Any:
        """The context in which the gradients of the inputs of an operation are built."""
        return self._within(self.gradient_of(op))

    def before(self, op: Operation) -> Any:
        """The context in which the gradients of its outputs are added up: for an Exit, that around the loop."""
        if not is_loop_exit(op):
            return self.inside(op)
        context = op._get_control_flow_context()
        loop = _loop_around(context) if context is not None else None
        return self._within(None if loop is None else self._gradients.get(loop))

    def _within(self, gradient: LoopGradient | None) -> Within:
        return Within(self._calling if gradient is None else gradient.context)

    def exits_ready(self, op: Operation) -> list[Operation]:
        """Note that an Exit is ready; all exits of its loop, when it was the last."""
        context = op._get_control_flow_context()
        if context not in self._gradients:
            return [op]
        self._ready[context].append(op)
        self._waiting[context] -= 1
        return self._ready[context] if not self._waiting[context] else []

    def zeros_for(self, tensor: Tensor) -> Tensor | None:
        """The gradient of a final value that nobody uses."""
        if not is_trainable(tensor):
            return None
        with self.before(tensor.op):
            if shapes.is_defined(tensor.static_shape):
                return zeros(list(tensor.static_shape), tensor.dtype.base_dtype)  # type: ignore[arg-type]
            return zeros_like(tensor)

    def close(self) -> None:
        """Complete the backward loops when the walk is over."""
        for gradient in self._gradients.values():
            gradient.close()

    def leave_imported(self) -> None:
        """Forget what was read off an imported graph."""
        if self._imported is not None:
            self._imported.take_back()

    # ------------------------------------------------------------ gradients of the nodes of loops

    def exit_gradient(self, op: Operation, grad: Any) -> Any:
        gradient = self.gradient_of(op)
        if gradient is None or not gradient.context.back_prop:
            return None
        return gradient.enter(grad)

    def enter_gradient(self, op: Operation, grad: Any) -> Any:
        gradient = self.gradient_of(op)
        if gradient is None or not gradient.context.back_prop:
            return grad
        return gradient.summed(op, grad) if op.attrs["is_constant"] else gradient.leave(grad)

    def head_gradient(self, op: Operation, grad: Any) -> list[Any]:
        """The gradients of the two inputs of the Merge at the head of a loop: where it starts, and what comes round."""
        gradient = self.gradient_of(op)
        if gradient is None:
            return [None, None]
        return list(switch_or_ref(convert_to_tensor(grad), gradient.context.pivot))

    def switch_gradient(self, op: Operation, grads: Iterable[Any]) -> Any:
        """The gradient of a loop variable, in two visits: first what comes from after the loop, then what comes from the iteration."""
        gradient = self.gradient_of(op)
        if gradient is None:
            return None
        after, inside = grads
        merge = gradient.merges.get(op)
        if merge is not None:
            if inside is not None:
                merge.op._update_input(1, raw.NextIteration(convert_to_tensor(inside)))
            return None
        if after is None:
            return None
        merge = gradient.merges[op] = raw.Merge([after, after], name="b_switch")[0]
        return merge


def _loop_around(context: WhileContext) -> WhileContext | None:
    return context.outer_context.GetWhileContext() if context.outer_context is not None else None
