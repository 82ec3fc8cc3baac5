"""Control flow as TensorFlow's own executor sees it: values that may be dead, and frames in which a node runs once per iteration.

The reference interpreter uses it for graphs with Switch, Merge or Enter. It is slow and obvious: what plans are compared with, and what
runs the graphs whose control flow no plan can express. A node runs when everything it takes and waits for has arrived. If any of that is
dead, the node does not run and what it gives is dead too; only Merge passes on the first living value it gets.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.compiler.passes.raise_control import ENTERS, EXITS, SWITCHES
from autograd_lite.core import deadline
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.import_order import BACK_EDGES, MERGES
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor

DEAD: Any = type("Dead", (), {"__repr__": lambda self: "<dead>"})()

Run = Callable[[Operation, list[Any]], list[Any]]


class _Frame:
    """One run of a loop: its iterations share what is constant in it."""

    def __init__(self, around: _Iteration | None, name: str) -> None:
        self.around = around
        self.name = name
        self.iterations: list[_Iteration] = []
        self.constants: list[tuple[Operation, Any]] = []  # Enter nodes whose value every iteration gets
        self.exits: dict[Operation, bool] = {}  # whether an Exit has let a living value out
        self.iteration(0)

    def inside(self) -> list[_Frame]:
        """The runs of the loops inside."""
        return [inner for iteration in self.iterations for inner in iteration.frames.values()]

    def is_over(self) -> bool:
        """Whether no node of this run of the loop waits for anything any more."""
        frames = [self]
        for frame in frames:  # grows
            if not all(state.started for iteration in frame.iterations for state in iteration.waiting.values()):
                return False
            if frame is not self and not all(frame.exits.values()):
                return False
            frames.extend(frame.inside())
        return True

    def iteration(self, number: int) -> _Iteration:
        while len(self.iterations) <= number:
            self.iterations.append(_Iteration(self, len(self.iterations)))
        return self.iterations[number]


class _Iteration:
    """One iteration of a frame: what has arrived at each node."""

    def __init__(self, frame: _Frame, number: int) -> None:
        self.frame = frame
        self.number = number
        self.waiting: dict[Operation, _Waiting] = {}
        self.frames: dict[str, _Frame] = {}  # the loops inside


class _Waiting:
    """What has arrived at one node in one iteration."""

    __slots__ = ("dead_control", "missing", "missing_controls", "started", "values")

    def __init__(self, inputs: int, controls: int) -> None:
        self.values: list[Any] = [None] * inputs
        self.missing = inputs
        self.missing_controls = controls
        self.dead_control = False
        self.started = False


class Dataflow:
    """One run of a graph with control flow.

    Args:
      nodes: what must run. given: tensors that have a value already (they were fed, or computed by an earlier piece of a run).
      run: computes one node: `run(op, input values) -> output values`. priority: which of the nodes that are ready runs first.
    """

    def __init__(self, nodes: Sequence[Operation], given: dict[Tensor, Any], run: Run, priority: Callable[[Operation], int]) -> None:
        self._given = given
        self._run = run
        self._priority = priority
        self._nodes = dict.fromkeys(nodes)
        self._users: dict[Operation, list[tuple[Operation, int, int]]] = {op: [] for op in nodes}  # (user, its input or -1, my output)
        self._counts: dict[Operation, tuple[int, int]] = {}
        for op in nodes:
            self._note_uses(op)
        self._root = _Frame(None, "").iteration(0)
        self._ready: list[tuple[int, int, int, Operation, _Iteration]] = []
        self._number = 0
        self.results: dict[Tensor, Any] = {}  # of the nodes outside all loops

    def _note_uses(self, op: Operation) -> None:
        inputs = 0
        for index, tensor in enumerate(op.inputs):
            if tensor not in self._given and tensor.op in self._users:
                self._users[tensor.op].append((op, index, tensor.value_index))
                inputs += 1
        controls = [control for control in dict.fromkeys(op.control_inputs) if control in self._users]
        for control in controls:
            self._users[control].append((op, -1, -1))
        self._counts[op] = inputs, len(controls)

    # ------------------------------------------------------------ the run

    def run(self) -> dict[Tensor, Any]:
        """Run everything; the values (possibly DEAD) of the tensors outside all loops."""
        for op in self._nodes:
            if self._counts[op] == (0, 0):
                self._start(op, self._root)
        while self._ready or self._end_loops():
            deadline.check()
            if not self._ready:
                continue
            *_, op, iteration = heapq.heappop(self._ready)
            self._execute(op, iteration)
        return self.results

    def _start(self, op: Operation, iteration: _Iteration) -> None:
        state = self._state(op, iteration)
        if not state.started:
            state.started = True
            self._number += 1
            heapq.heappush(self._ready, (self._priority(op), op.id, self._number, op, iteration))

    def _state(self, op: Operation, iteration: _Iteration) -> _Waiting:
        state = iteration.waiting.get(op)
        if state is None:
            state = iteration.waiting[op] = _Waiting(len(op.inputs), self._counts[op][1])
            state.missing = self._counts[op][0]
            for index, tensor in enumerate(op.inputs):
                if tensor in self._given:
                    state.values[index] = self._given[tensor]
        return state

    def _execute(self, op: Operation, iteration: _Iteration) -> None:
        state = iteration.waiting[op]
        values = state.values
        state.values = []  # an iteration that is over keeps nothing
        if op.type in MERGES:
            index = next((i for i, value in enumerate(values) if value is not None and value is not DEAD), None)
            outputs = [DEAD, DEAD] if index is None else self._run(op, [values[index] if i == index else None for i in range(len(values))])
        elif op.type != "ControlTrigger" and (state.dead_control or any(value is DEAD for value in values)):
            outputs = [DEAD] * len(op.outputs)
        elif op.type in SWITCHES:
            outputs = [DEAD if value is None else value for value in self._run(op, values)]
        else:
            outputs = self._run(op, values)
        is_dead = state.dead_control and op.type != "ControlTrigger" if not outputs else all(value is DEAD for value in outputs)
        self._pass_on(op, iteration, outputs, is_dead or any(value is DEAD for value in values) and op.type not in MERGES)

    def _pass_on(self, op: Operation, iteration: _Iteration, outputs: list[Any], is_dead: bool) -> None:
        """Hand the outputs to the users, in the frame and iteration to which they go."""
        frame = iteration.frame
        if op.type in ENTERS:
            inner = iteration.frames.get(op.attrs["frame_name"])
            if inner is None:
                inner = iteration.frames[op.attrs["frame_name"]] = _Frame(iteration, op.attrs["frame_name"])
            if op.attrs["is_constant"]:
                inner.constants.append((op, outputs[0]))
                targets = list(inner.iterations)
            else:
                targets = [inner.iteration(0)]
        elif op.type in EXITS:
            if is_dead:
                frame.exits.setdefault(op, False)
                return
            frame.exits[op] = True
            targets = [frame.around]  # type: ignore[list-item]
        elif op.type in BACK_EDGES:
            if is_dead:
                return
            targets = [self._next(iteration)]
        else:
            targets = [iteration]
        for target in targets:
            self._deliver(op, target, outputs, is_dead)

    def _next(self, iteration: _Iteration) -> _Iteration:
        frame = iteration.frame
        is_new = len(frame.iterations) == iteration.number + 1
        following = frame.iteration(iteration.number + 1)
        if is_new:
            for op, value in frame.constants:
                self._deliver(op, following, [value], value is DEAD)
        return following

    def _deliver(self, op: Operation, target: _Iteration, outputs: list[Any], is_dead: bool) -> None:
        if target is self._root:
            self.results.update(zip(op.outputs, outputs))
        for user, index, output in self._users[op]:
            state = self._state(user, target)
            if state.started:
                continue  # a Merge that has passed on what came first
            if index < 0:
                state.missing_controls -= 1
                state.dead_control = state.dead_control or is_dead
            else:
                state.values[index] = outputs[output]
                state.missing -= 1
            if self._is_ready(user, state):
                self._start(user, target)

    def _is_ready(self, op: Operation, state: _Waiting) -> bool:
        if state.missing_controls:
            return False
        if op.type not in MERGES:
            return not state.missing
        if any(value is not None and value is not DEAD for value in state.values):
            return True
        back = sum(tensor.op.type in BACK_EDGES for tensor in op.inputs)  # comes only in later iterations, and then nothing else does
        return state.missing <= back

    def _end_loops(self) -> bool:
        """When nothing can run any more, the loops that are over give dead values for the Exits that let nothing out."""
        frames, found = [self._root.frame], []
        for frame in frames:  # grows
            found += [(frame, op) for op, alive in frame.exits.items() if not alive and frame.is_over()]
            frames.extend(frame.inside())
        for frame, op in found:
            frame.exits[op] = True
            self._deliver(op, frame.around, [DEAD], True)  # type: ignore[arg-type]
        return bool(found)


def check_alive(fetches: Sequence[Tensor | Operation], values: dict[Tensor, Any]) -> None:
    """Refuse to give what was not computed.

    Raises:
      InvalidArgumentError: a fetch is dead, or never became ready.
    """
    for index, fetch in enumerate(fetches):
        if isinstance(fetch, Tensor) and values.get(fetch, DEAD) is DEAD:
            raise InvalidArgumentError(
                None, fetch.op,
                f"Retval[{index}] does not have value\n  {fetch.name} belongs to a branch that was not taken, or to a loop. It was made at "
                f"{fetch.op.where}: fetch what tf.cond or tf.while_loop returned.",
            )  # fmt: skip
