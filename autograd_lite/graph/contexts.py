"""Control flow contexts: what a graph knows, while it is built, of the branch of `tf.cond` or the loop in which nodes are made.

A context sees every node made in it. A tensor from outside that such a node takes is led in: through a Switch into a branch, so that it is
alive only when the branch is taken; through an Enter into the frame of a loop. A node without inputs waits for the context's pivot.

Contexts exist on the Python side only, and only while building and for gradients; plans work from the nodes alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.table import TABLE
from autograd_lite.graph.tensor import Tensor

_to_proto: list[Any] = []  # graph.context_defs puts its function here


def is_loop_exit(op: Operation) -> bool:
    """Whether a node passes a value out of a loop."""
    return op.type in ("Exit", "RefExit")


def is_loop_enter(op: Operation) -> bool:
    """Whether a node passes a value into a loop."""
    return op.type in ("Enter", "RefEnter")


def is_constant_enter(op: Operation) -> bool:
    """Whether a node passes a value into a loop that is the same in every iteration."""
    return is_loop_enter(op) and bool(op.attrs["is_constant"])


def output_context(op: Operation) -> Any:
    """The context in which the outputs of a node are known: for an Exit, the one around the loop."""
    context = op._get_control_flow_context()
    return context.outer_context if context is not None and is_loop_exit(op) else context


def while_context_of(op: Operation) -> Any:
    """The innermost loop in which the outputs of a node are known, or None."""
    context = output_context(op)
    return None if context is None else context.GetWhileContext()


def is_within(context: Any, other: Any) -> bool:
    """Whether `context` is `other` or lies inside it."""
    while context is not None:
        if context is other:
            return True
        context = context.outer_context
    return False


def check_input(op: Operation, source: Operation) -> None:
    """Refuse an input that exists only inside a loop in which the node that takes it is not.

    Branches are not checked: what takes a value of a branch runs if that branch is taken.

    Raises:
      ValueError: when there is no such value where the node is.
    """
    theirs, mine = while_context_of(source), op._get_control_flow_context()
    if theirs is None or is_loop_enter(op) or op.type in ("Switch", "RefSwitch"):
        return
    mine = mine.GetWhileContext() if mine is not None else None
    if mine is not None:
        forward = mine.grad_state.forward_context if mine.grad_state is not None else None
        if is_within(mine, theirs) or is_within(forward, theirs) or forward is not None and forward is theirs.outer_context:
            return
        if theirs.grad_state is not None and theirs.grad_state.forward_context is mine:
            return
    where = "they are in different while loops" if mine is not None else f"'{source.name}' is in a while loop"
    raise ValueError(
        f"Cannot use '{source.name}' as input to '{op.name}' because {where}. See info log for more details.\n"
        f"  '{source.name}' was made at {source.where}: it has another value in every iteration. Make it a loop variable, and use what "
        "tf.while_loop returns."
    )


def switch_or_ref(data: Tensor, pred: Tensor, name: str = "Switch") -> Any:
    """A Switch on the device of `data`: its two outputs, of which the one is alive that `pred` says."""
    kind = "RefSwitch" if data.dtype.is_ref else "Switch"
    with data.graph.colocate_with(data.op, ignore_existing=True):
        return TABLE[kind](data, pred, name=name)


class Within:
    """Make nodes in a control flow context, or in none, for a while."""

    __slots__ = ("_before", "_context")

    def __init__(self, context: Any) -> None:
        self._context = context

    def __enter__(self) -> None:
        graph = get_default_graph()
        self._before = graph._get_control_flow_context()
        graph._set_control_flow_context(self._context)

    def __exit__(self, *error: Any) -> None:
        get_default_graph()._set_control_flow_context(self._before)


class ControlFlowContext:
    """What branches and loops have in common. The methods are spelled as in TensorFlow, whose users meet them in collections."""

    def __init__(self) -> None:
        self._outer_context: Any = get_default_graph()._get_control_flow_context()
        self._nested_contexts: list[Any] = []
        if self._outer_context is not None:
            self._outer_context._nested_contexts.append(self)
        self._left: list[Any] = []  # the contexts to go back to
        self._name = ""
        self._values: set[str] = set()  # the names of tensors known here
        self._external_values: dict[str, Tensor] = {}  # name of a tensor outside -> what stands for it here

    @property
    def name(self) -> str:
        """The unique name."""
        return self._name

    @property
    def outer_context(self) -> Any:
        """The context around this one, or None."""
        return self._outer_context

    @property
    def grad_state(self) -> Any:
        """What the gradient of a loop knows, in the contexts that it makes."""
        return None

    @property
    def back_prop(self) -> bool:
        """Whether gradients flow through the innermost loop."""
        return True

    def Enter(self) -> None:
        """Make nodes in this context from now on."""
        graph = get_default_graph()
        self._left.append(graph._get_control_flow_context())
        graph._set_control_flow_context(self)

    def Exit(self) -> None:
        """Go back to the context from which this one was entered."""
        get_default_graph()._set_control_flow_context(self._left.pop())

    def __enter__(self) -> Any:
        self.Enter()
        return self

    def __exit__(self, *error: Any) -> None:
        self.Exit()

    def ExitResult(self, result: Iterable[Tensor]) -> None:
        """Make tensors that leave this context known to the one around it."""
        if self._outer_context is not None:
            for tensor in result:
                self._outer_context.AddName(tensor.name)

    def GetWhileContext(self) -> Any:
        """The innermost loop that this context is or lies in, or None."""
        return self._outer_context.GetWhileContext() if self._outer_context is not None else None

    def IsCondContext(self) -> bool:
        """Whether this is a branch."""
        return False

    def IsWhileContext(self) -> bool:
        """Whether this is a loop."""
        return False

    def AddName(self, name: str) -> None:
        """Make a tensor known here by its name."""
        self._values.add(name)

    def AddInnerOp(self, op: Operation) -> None:
        """Take note of a node made in a context inside this one."""
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def AddOp(self, op: Operation) -> None:
        """Take in a node that was made in this context: lead its inputs in, tie it to the pivot if it has none."""
        raise NotImplementedError

    def AddValue(self, value: Tensor) -> Tensor:
        """What stands for `value` in this context; a tensor from outside is led in when it is used first."""
        raise NotImplementedError

    def GetControlPivot(self) -> Any:
        """The tensor that is alive whenever a node of this context should run."""
        return None

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This context as a message for a MetaGraphDef; None when it lies outside of `export_scope`."""
        return _to_proto[0](self, export_scope)

    def state(self) -> tuple[Any, ...]:
        """What is known here now, for `go_back_to`."""
        return set(self._values), dict(self._external_values), list(self._nested_contexts)

    def go_back_to(self, state: tuple[Any, ...]) -> None:
        """Forget what was made known here since `state` was asked for: the nodes are being taken back."""
        self._values, self._external_values, self._nested_contexts = state[:3]

    def _known(self, name: str) -> Tensor | None:
        """What stands for the named tensor here, unless a failed call took it back."""
        found = self._external_values.get(name)
        if found is None or found.graph._by_name.get(found.op.name) is found.op:
            return found
        del self._external_values[name]
        return None

    def _lead_inputs_in(self, op: Operation) -> None:
        for index, tensor in enumerate(op.inputs):
            led = self.AddValue(tensor)
            if led is not tensor:
                op._update_input(index, led)

    def _drop_outer_controls(self, op: Operation) -> tuple[list[Operation], list[Operation]]:
        """Remove the control inputs that lie outside the loop around this context; the kept ones and the removed ones."""
        loop = self.GetWhileContext()
        if loop is None:
            return op.control_inputs, []
        kept: list[Operation] = []
        removed: list[Operation] = []
        for control in op.control_inputs:
            (kept if while_context_of(control) is loop else removed).append(control)
        if removed:
            op._remove_all_control_inputs()
            op._add_control_inputs(kept)
        return kept, removed

    def _hide(self, op: Operation) -> None:
        """Refuse to fetch what exists only inside, and to feed what is different in every iteration; tell the contexts around."""
        if self._outer_context is not None or not is_loop_exit(op):
            op.graph.prevent_fetching(op)
            for tensor in op.outputs if self.IsWhileContext() else ():
                op.graph.prevent_feeding(tensor)
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"


class CondContext(ControlFlowContext):
    """One branch of a conditional.

    Args:
      pred: the condition. pivot: the Switch output that is alive in this branch. branch: 1 for true, 0 for false.
      name: the final name, of a context that was written to a file; a new one gets its own.
    """

    def __init__(self, pred: Tensor, pivot: Tensor, branch: int, name: str | None = None) -> None:
        super().__init__()
        self._name = name or pred.graph.unique_name("cond_text")
        self.pred = pred
        self.pivot = pivot
        self.branch = branch
        for tensor in (pred, pivot):
            self._values.add(tensor.name)
        self._external_values[pred.name] = pred  # a pred computed in the context around is used here as it is

    def IsCondContext(self) -> bool:
        """Whether this is a branch."""
        return True

    @property
    def grad_state(self) -> Any:
        """What the gradient of the loop around knows."""
        loop = self.GetWhileContext()
        return None if loop is None else loop.grad_state

    @property
    def back_prop(self) -> bool:
        """Whether gradients flow through the loop around."""
        loop = self.GetWhileContext()
        return loop is None or loop.back_prop

    def GetControlPivot(self) -> Any:
        """The Switch output that is alive in this branch."""
        return self.pivot

    def AddValue(self, value: Tensor) -> Tensor:
        """What stands for `value` in this branch."""
        known = self._known(value.name)
        if known is not None or value.name in self._values:
            return value if known is None else known
        self._values.add(value.name)
        inner = value
        if self._outer_context is not None:
            inner = self._outer_context.AddValue(value)
            self._values.add(inner.name)
            self._external_values[inner.name] = inner
        with value.graph.control_dependencies(None):
            inner = switch_or_ref(inner, self.pred)[self.branch]
            if self._outer_context is not None:
                self._outer_context.AddInnerOp(inner.op)
        inner.graph.prevent_fetching(inner.op)
        inner.op._set_control_flow_context(self)
        self._note(inner.name)
        self._external_values[value.name] = inner
        return inner

    def _note(self, name: str) -> None:
        """Make a name known here and in all contexts around."""
        context: Any = self
        while context is not None:
            context._values.add(name)
            context = context.outer_context

    def AddOp(self, op: Operation) -> None:
        """Take in a node that was made in this branch."""
        if not op.inputs:
            self._drop_outer_controls(op)
            if not any(is_within(control._get_control_flow_context(), self) for control in op.control_inputs):
                op._add_control_input(self.pivot.op)
        else:
            for index, tensor in enumerate(op.inputs):
                if op.type == "Merge" and tensor.op.type == "NextIteration":
                    continue  # the edge that closes a loop inside
                led = self.AddValue(tensor)
                if led is not tensor:
                    op._update_input(index, led)
            self._drop_outer_controls(op)
        for tensor in op.outputs:
            self._note(tensor.name)
        self._hide(op)

    def result(self, tensor: Tensor) -> Tensor:
        """A tensor that the branch gives, led in if it comes from outside: a branch may give what exists already."""
        if tensor.name in self._values:
            known = self._known(tensor.name)
            return tensor if known is None else known
        self._values.add(tensor.name)
        inner = tensor
        if self._outer_context is not None:
            inner = self._outer_context.AddValue(tensor)
            self._values.add(inner.name)
            self._external_values[inner.name] = inner
        inner = switch_or_ref(inner, self.pred)[self.branch]
        self._external_values[tensor.name] = inner
        return inner


class WhileContext(ControlFlowContext):
    """A loop: the frame in which its nodes run once in every iteration.

    The loop itself is built by `api.while_loop`; the gradient of a loop is another loop, whose context has a `grad_state`.
    """

    def __init__(self, graph: Graph, maximum_iterations: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
                 swap_memory: bool = False, name: str = "while_context", grad_state: Any = None, final_name: str = "") -> None:  # fmt: skip
        super().__init__()
        self._name = final_name or graph.unique_name(name)
        self.maximum_iterations = maximum_iterations
        self.parallel_iterations = parallel_iterations
        self.swap_memory = swap_memory
        self._back_prop = back_prop
        self._grad_state = grad_state
        self.pivot_for_pred: Any = None  # alive in every evaluation of the condition
        self.pivot_for_body: Any = None  # alive in every iteration of the body
        self.pivot: Any = None  # the LoopCond
        self.loop_enters: list[Tensor] = []
        self.loop_exits: list[Tensor] = []

    def state(self) -> tuple[Any, ...]:
        """What is known here now, and what enters and leaves the loop."""
        return *super().state(), list(self.loop_enters), list(self.loop_exits)

    def go_back_to(self, state: tuple[Any, ...]) -> None:
        """Forget what was made known here since `state` was asked for."""
        super().go_back_to(state)
        self.loop_enters, self.loop_exits = state[3:]

    def IsWhileContext(self) -> bool:
        """Whether this is a loop."""
        return True

    @property
    def grad_state(self) -> Any:
        """What the gradient knows, if this loop computes one."""
        return self._grad_state

    @property
    def back_prop(self) -> bool:
        """Whether gradients flow through this loop."""
        return self._back_prop

    def GetWhileContext(self) -> Any:
        """This loop."""
        return self

    def GetControlPivot(self) -> Any:
        """The tensor that nodes without inputs wait for: in the body once it is begun, else in the condition."""
        return self.pivot_for_pred if self.pivot_for_body is None else self.pivot_for_body

    def enter(self, data: Tensor, is_constant: bool, name: str | None = None) -> Tensor:
        """An Enter node into the frame of this loop; it cannot be fed."""
        kind = "RefEnter" if data.dtype.is_ref else "Enter"
        entered = TABLE[kind](
            data, frame_name=self._name, is_constant=is_constant, parallel_iterations=self.parallel_iterations, name=name or kind
        )
        entered.graph.prevent_feeding(entered)
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(entered.op)
        return entered

    def AddValue(self, value: Tensor) -> Tensor:
        """What stands for `value` in this loop."""
        known = self._known(value.name)
        if known is not None:
            return known
        if value.name in self._values or is_within(value.op._get_control_flow_context(), self) and not self._leaves(value.op):
            return value
        self._values.add(value.name)
        saved = self._saved_by_forward_loop(value)
        if saved is not None:
            self._external_values[value.name] = saved
            return saved
        outside = value if self._outer_context is None else self._outer_context.AddValue(value)
        with value.graph.control_dependencies(None):
            entered = self.enter(outside, is_constant=True)
        self.fix_context([entered])
        self._values.add(entered.name)
        self._external_values[value.name] = entered
        return entered

    def _leaves(self, op: Operation) -> bool:
        return op._get_control_flow_context() is self and is_loop_exit(op)

    def _saved_by_forward_loop(self, value: Tensor) -> Tensor | None:
        """In the gradient of a loop, the value that a tensor of the forward loop had in the iteration at hand."""
        if self._grad_state is None or while_context_of(value.op) is not self._grad_state.forward_context:
            return None
        return self._grad_state.real_value(value)

    def fix_context(self, entered: Iterable[Tensor]) -> None:
        """Put Enter nodes into this loop, and free them of control inputs inside it."""
        for tensor in entered:
            op = tensor.op
            op._set_control_flow_context(self)
            outer = [control for control in op.control_inputs if output_context(control) is not self]
            if len(outer) != len(op.control_inputs):
                op._remove_all_control_inputs()
                op._add_control_inputs(outer)

    def set_values(self, values: Iterable[Tensor]) -> None:
        """The tensors known in this loop, afresh."""
        self._values = {tensor.name for tensor in values}

    def AddOp(self, op: Operation) -> None:
        """Take in a node that was made in this loop."""
        if self._grad_state is not None and op.type in _TO_FORWARD_LOOP and self._belongs_to_forward_loop(op):
            forward = output_context(op.inputs[0].op)
            op._set_control_flow_context(forward)
            forward.AddOp(op)
            return
        if not op.inputs:
            kept, removed = self._drop_outer_controls(op)
            if not kept:
                op._add_control_input(self.GetControlPivot().op)
        else:
            self._lead_inputs_in(op)
            _, removed = self._drop_outer_controls(op)
            if not op.control_inputs and all(is_constant_enter(tensor.op) for tensor in op.inputs):
                op._add_control_input(self.GetControlPivot().op)  # else what never changes would run in no particular iteration
        self._values.update([tensor.name for tensor in op.outputs])
        self._wait_for_outer(op, removed)
        self._hide(op)

    def _belongs_to_forward_loop(self, op: Operation) -> bool:
        """Whether the gradient makes a node on a tensor of the forward loop: then it is computed there, and only its result kept."""
        return bool(op.inputs) and while_context_of(op.inputs[0].op) is self._grad_state.forward_context

    def _wait_for_outer(self, op: Operation, removed: list[Operation]) -> None:
        """Wait for nodes outside the loop through a value that enters it."""
        removed = [control for control in removed if control.outputs]
        if not removed:
            return
        with op.graph.control_dependencies(None), self:
            copies = [TABLE["Identity"](control.outputs[0]).op for control in removed]
        op._add_control_inputs(copies)


_TO_FORWARD_LOOP = frozenset(["Shape", "Size", "Rank"])
