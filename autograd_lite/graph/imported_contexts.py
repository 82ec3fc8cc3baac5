"""The loops and branches of an imported graph, read off its nodes: a GraphDef does not say which node is in which.

Loops and their gradients ask the context of every node. So what is imported inside a branch or a loop gets contexts at once, and other
imported nodes get theirs for the time of one backward walk (autodiff/loops.py); in both cases those that they would have if the graph had
been built here. A node is in the *frame* of the loop into which an Enter led what it takes; the decisions under which it is alive
(decisions.py) are the branches, inside its frame or around the loop.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from autograd_lite.graph.contexts import CondContext, WhileContext, Within, is_constant_enter, is_loop_enter, is_loop_exit
from autograd_lite.graph.decisions import Decisions, decisions
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_order import BACK_EDGES
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.table import TABLE
from autograd_lite.graph.tensor import Tensor

_POPS = frozenset(["StackPop", "StackPopV2"])
_SWITCHES = frozenset(["Switch", "RefSwitch"])


class _Frame:
    """One loop. Frames that turn out to be the same are joined: `real` is the one that counts."""

    def __init__(self, name: str, parent: _Frame | None) -> None:
        self.name = name
        self.parent = parent
        self.depth: int = 1 if parent is None else parent.depth + 1
        self.joined_to: _Frame | None = None
        self.operations: list[Operation] = []
        self.around: Decisions = ()  # the branches around the loop
        self.context: WhileContext | None = None

    @property
    def real(self) -> _Frame:
        frame = self
        while frame.joined_to is not None:
            frame = frame.joined_to
        return frame


class ImportedContexts:
    """The contexts of imported nodes.

    A loop that the gradient of another loop is gets no context: there is no second one.

    Args:
      nodes: the nodes, in order of creation. root: the context in which they were imported, or None.
    """

    def __init__(self, graph: Graph, nodes: Sequence[Operation], root: Any = None) -> None:
        self._graph = graph
        self._nodes = nodes
        self._root = root
        self._around: Decisions = () if root is None else decisions(root.pivot) or ()
        self._frames: list[_Frame] = []
        self._frame_of: dict[Operation, _Frame] = {}  # that in which a node runs
        self._frame_behind: dict[Operation, _Frame | None] = {}  # that of its outputs
        self._branches: dict[tuple[_Frame | None, Decisions], CondContext] = {}
        self._switches: dict[tuple[Tensor, int], Tensor] = {}  # decision -> the output of a Switch that takes it
        self._alive: dict[tuple[_Frame | None, Decisions], Tensor] = {}  # place -> what is alive in it

    def give(self) -> None:
        """Give each node in a loop, or in a branch around one, its context."""
        for op in self._nodes:
            self._place(op)
        for op, frame in self._frame_of.items():
            frame.real.operations.append(op)
        self._note_places()
        for frame in sorted({id(frame.real): frame.real for frame in self._frames}.values(), key=lambda frame: frame.depth):
            self._make_loop(frame)
        for op in self._nodes:
            context = self._context_of(op)
            if context is not None:
                _claim(op, context)

    def take_back(self) -> None:
        """Leave the nodes as they were, and what the gradient added to the loops with them."""
        mine = {id(frame.context) for frame in self._frames} | {id(context) for context in self._branches.values()}
        for op in self._graph._operations:
            context = op._get_control_flow_context()
            if context is not None and id(context) in mine:
                op._set_control_flow_context(self._root)

    def is_backward(self, end: Operation) -> bool:
        """Whether the loop that an Exit ends is the gradient of another loop."""
        frame = self._frame(end)
        return frame is not None and any(op.type in _POPS for op in frame.operations)

    def add_missing_exits(self, loop: WhileContext, between: Container[Operation]) -> None:
        """Let all variables leave a loop through which gradients flow: of an exported graph, what nobody took was cut off."""
        if all(frame.context is not loop for frame in self._frames):
            return
        ended = {tensor.op.inputs[0].op for tensor in loop.loop_exits}
        for switch in [op for op in loop.pivot._consumers if op in between and op not in ended]:
            with Within(loop):
                loop.loop_exits.append(TABLE["Exit"](switch.outputs[0]))

    # ------------------------------------------------------------ frames

    def _place(self, op: Operation) -> None:
        frame: _Frame | None = None
        for source in (*(tensor.op for tensor in op.inputs if tensor.op.type not in BACK_EDGES), *op.control_inputs):
            frame = _deeper(frame, self._frame_behind.get(source))
        if is_loop_enter(op):
            frame = _Frame(op.attrs["frame_name"], frame)
            self._frames.append(frame)
        if frame is not None:
            self._frame_of[op] = frame
            self._frame_behind[op] = frame.real.parent if is_loop_exit(op) else frame

    def _frame(self, op: Operation) -> _Frame | None:
        frame = self._frame_of.get(op)
        return None if frame is None else frame.real

    # ------------------------------------------------------------ branches

    def _note_places(self) -> None:
        """For each decision a Switch that takes it, for each place in the graph a tensor that is alive there."""
        for op in self._nodes:
            if op.type in _SWITCHES:
                for output in op.outputs:
                    place = decisions(output)
                    if place and op.inputs[1].op.type != "LoopCond":
                        self._switches.setdefault(place[-1], output)
            elif op.outputs and not is_loop_exit(op):
                self._alive.setdefault((self._frame(op), decisions(op.outputs[0]) or ()), op.outputs[0])

    def _branch(self, frame: _Frame | None, place: Decisions) -> Any:
        """The context of what is alive under these decisions."""
        around = self._around if frame is None else frame.around
        context: Any = self._root if frame is None else frame.context
        for depth in range(len(around) + 1, len(place) + 1):
            key = frame, place[:depth]
            if key not in self._branches:
                switch, branch = self._switches[place[depth - 1]], place[depth - 1][1]
                pivot = self._alive.get(key, switch)
                with Within(context):
                    self._branches[key] = CondContext(switch.op.inputs[1], pivot, branch, f"{switch.op.name}/{branch}")
            context = self._branches[key]
        return context

    # ------------------------------------------------------------ contexts

    def _make_loop(self, frame: _Frame) -> None:
        """The context of a loop, unless the loop is not of the form that TensorFlow builds, or the gradient of another one."""
        parent = None if frame.parent is None else frame.parent.real
        ends = [op for op in frame.operations if op.type == "LoopCond"]
        heads = [op for op in frame.operations if any(tensor.op.type in BACK_EDGES for tensor in op.inputs)]
        if parent is not None and parent.context is None or len(ends) != 1 or not heads:
            return
        if any(op.type in _POPS for op in frame.operations):
            return
        enters = [op for op in frame.operations if is_loop_enter(op)]
        frame.around = max((decisions(op.outputs[0]) or () for op in enters), key=len)
        self._graph.unique_name(frame.name)  # the loop of the gradient must not be called the same
        with Within(self._branch(parent, frame.around)):
            context = WhileContext(self._graph, parallel_iterations=enters[0].attrs["parallel_iterations"], final_name=frame.name)
        context.pivot = ends[0].outputs[0]
        context.pivot_for_pred = heads[0].outputs[0]
        context.pivot_for_body = _begin_of_body(context.pivot)
        context.loop_enters = [op.outputs[0] for op in enters if not is_constant_enter(op)]
        context.loop_exits = [op.outputs[0] for op in frame.operations if is_loop_exit(op)]
        context._external_values = {op.inputs[0].name: op.outputs[0] for op in enters if is_constant_enter(op)}
        frame.context = context

    def _context_of(self, op: Operation) -> Any:
        frame = self._frame(op)
        if not op.outputs or frame is not None and frame.context is None:
            return None
        if frame is not None and (is_loop_enter(op) or is_loop_exit(op)):
            return frame.context
        place = decisions(_used_output(op)) or ()
        if frame is not None or self._root is not None:
            return self._branch(frame, place)
        while place and (None, place) not in self._branches:  # branches without a loop inside need no context
            place = place[:-1]
        return self._branches[None, place] if place else None


def _deeper(one: _Frame | None, other: _Frame | None) -> _Frame | None:
    """The inner one of two frames; one must lie in the other, so what is as deep in both is the same."""
    if one is None or other is None:
        return one or other
    inner, outer = (one.real, other.real) if one.depth >= other.depth else (other.real, one.real)
    around: _Frame | None = inner
    while around is not None and around.depth > outer.depth:
        around = None if around.parent is None else around.parent.real
    _join(around, outer)
    return inner.real


def _join(one: _Frame | None, other: _Frame | None) -> None:
    while one is not None and other is not None and one.real is not other.real:
        one, other = one.real, other.real
        other.joined_to = one
        one, other = one.parent, other.parent


def _used_output(op: Operation) -> Tensor:
    """The output that tells where a node is: of a Switch that leads into one branch, that of the branch."""
    used = [output for output in op.outputs if output._consumers]
    return used[0] if op.type in _SWITCHES and len(used) == 1 else op.outputs[0] if op.type not in _SWITCHES else op.inputs[0]


def _begin_of_body(pivot: Tensor) -> Tensor | None:
    """A tensor that is alive in every iteration of the body."""
    for switch in pivot._consumers:
        if switch.type in _SWITCHES:
            for op in switch.outputs[1]._consumers:
                if op.outputs and op.type not in _SWITCHES and op.type not in BACK_EDGES:
                    return op.outputs[0]
    return None


def _claim(op: Operation, context: Any) -> None:
    """Put a node into a context; its outputs are known there and in the contexts around."""
    op._set_control_flow_context(context)
    while context is not None:
        context._values.update([output.name for output in op.outputs])
        context = context.outer_context
