"""Which nodes a story has: what leads to the loss, a variable together with its readings, a loop or a conditional as one node."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable

from autograd_lite.autodiff.reach import is_trainable
from autograd_lite.compiler.program import flat_arguments
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.render.kinds import VARIABLES
from autograd_lite.teach.story.model import Argument, Kind, Node, Result

_READS = ("Identity", "ReadVariableOp")
_PLACEHOLDERS = ("Placeholder", "PlaceholderV2")
_ABOUT_SHAPES = ("Shape", "ShapeN", "Size", "Rank")  # what these give does not depend on the values
_LONGEST_PARAMETER = 16  # elements of a constant of integers that is told with the node that takes it


class Structure:
    """The nodes of a story before anything is known of their values."""

    def __init__(self, loss: Tensor, fed: Iterable[Tensor]) -> None:
        self._fed = set(fed)
        self.nodes: list[Node] = []
        self._result_of: dict[Tensor, Result] = {}
        operations = self._ancestors(loss.op)
        groups = _groups(operations)
        self._group_of = {op: group for group in groups for op in group}
        self._node_of: dict[Operation, Node] = {}
        self._parameters: set[Operation] = set()
        for op in operations:
            if self._is_parameter(op) and op is not loss.op:
                self._parameters.add(op)
            elif op not in self._node_of and self._read_from(op) is None:
                self._add(op)
        self._connect(operations)
        self.loss = self.result(loss)
        self.nodes = _in_order(self.nodes)

    def result(self, tensor: Tensor) -> Result:
        """The result that holds this tensor's value; it is noted as one that matters."""
        source = None if tensor in self._fed else self._read_from(tensor.op)
        node = self._node_of[tensor.op if source is None else source]
        key = tensor if source is None else source.outputs[0]
        found = self._result_of.get(key)
        if found is None:
            found = self._result_of[key] = Result(node, tensor)
            node.results.append(found)
        if tensor not in found.same:
            found.same.append(tensor)
        return found

    def known(self, tensor: Tensor) -> Result | None:
        """The result that holds this tensor's value, if the story has it."""
        source = None if tensor in self._fed else self._read_from(tensor.op)
        return self._result_of.get(tensor if source is None else source.outputs[0])

    def node_of(self, op: Operation) -> Node | None:
        """The node that stands for an operation."""
        return self._node_of.get(op)

    def is_read(self, op: Operation) -> bool:
        """Whether an operation only reads a variable."""
        return self._read_from(op) is not None

    def _ancestors(self, last: Operation) -> list[Operation]:
        """The operations on which the loss depends, in the order in which they were made; fed tensors are not looked behind."""
        found: set[Operation] = set()
        stack = [last]
        while stack:
            op = stack.pop()
            if op not in found:
                found.add(op)
                if not self._is_fed(op):
                    stack.extend(tensor.op for tensor in op.inputs)
        return sorted(found, key=lambda op: op.id)

    def _is_fed(self, op: Operation) -> bool:
        return any(tensor in self._fed for tensor in op.outputs)

    def _read_from(self, op: Operation) -> Operation | None:
        """The variable that an operation reads, if that is all it does."""
        if op.type not in _READS or self._is_fed(op):
            return None
        source = op.inputs[0].op
        return source if source.type in VARIABLES else None

    def _is_parameter(self, op: Operation) -> bool:
        """Whether an operation says how to compute, not what: axes, shapes, permutations, and what is worked out of them."""
        if op in self._group_of or self._is_fed(op) or any(tensor.dtype.is_ref or is_trainable(tensor) for tensor in op.outputs):
            return False
        if op.type == "Const":
            return op.attrs["value"].size <= _LONGEST_PARAMETER
        if op.type in _ABOUT_SHAPES:
            return True
        return bool(op.inputs) and not op.opdef.has_effects and all(tensor.op in self._parameters for tensor in op.inputs)

    def _add(self, op: Operation) -> None:
        group = self._group_of.get(op)
        if group is not None:
            loop = any(member.type in ("Enter", "RefEnter") for member in group)
            name = os.path.commonprefix([f"{member.name}/".split("/")[:-1] for member in group])
            node = Node(0, "/".join(name) or op.name, Kind.LOOP if loop else Kind.BRANCHES, group[0], members=len(group))
            self._node_of.update(dict.fromkeys(group, node))
        else:
            node = self._node_of[op] = Node(0, op.name, self._kind(op), op)
        self.nodes.append(node)

    def _kind(self, op: Operation) -> Kind:
        if self._is_fed(op) or op.type in _PLACEHOLDERS:
            return Kind.PLACEHOLDER
        if op.type in VARIABLES:
            return Kind.VARIABLE
        return Kind.CONSTANT if op.type == "Const" else Kind.OPERATION

    def _connect(self, operations: list[Operation]) -> None:
        """Give every node its arguments and parameters."""
        for op in operations:
            node = self._node_of.get(op)
            if node is None or self._is_fed(op):
                continue
            names = input_names(op)
            for name, tensor in zip(names, op.inputs):
                if tensor.op in self._parameters:
                    if node.kind is Kind.OPERATION:
                        node.parameters[name] = tensor
                elif self._node_of.get(tensor.op) is not node:
                    self._take(node, name, self.result(tensor))

    @staticmethod
    def _take(node: Node, name: str, result: Result) -> None:
        if node.kind is Kind.OPERATION:
            node.arguments.append(Argument(name, result))
        elif all(argument.result is not result for argument in node.arguments):  # a loop or conditional takes a value once
            node.arguments.append(Argument(result.name.rpartition("/")[2], result))


def argument_number(node: Node, op: Operation, index: int, result: Result) -> int:
    """Which argument of its node input `index` of an operation is."""
    if node.kind is not Kind.OPERATION:
        return next(number for number, argument in enumerate(node.arguments) if argument.result is result)
    return sum(name not in node.parameters for name in input_names(op)[:index])


def input_names(op: Operation) -> list[str]:
    """A name for each input: those of the declaration; the parts of a list are numbered."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for argument in flat_arguments(op.opdef.inputs, op.attrs):
        counts[argument.name] = counts.get(argument.name, 0) + 1
        names.append(f"{argument.name}[{counts[argument.name] - 1}]" if argument.is_list else argument.name)
    return names


def _groups(operations: list[Operation]) -> list[list[Operation]]:
    """The operations of each loop and conditional; what is nested belongs to the outermost."""
    inside = _inside(operations)
    leader = {op: op for op in inside}

    def find(op: Operation) -> Operation:
        while leader[op] is not op:
            leader[op] = leader[leader[op]]
            op = leader[op]
        return op

    for op in inside:
        sources = [] if op.type in ("Enter", "RefEnter") and inside[op] == 1 else [*(tensor.op for tensor in op.inputs), *op.control_inputs]
        for source in sources:
            if source in inside and not _is_way_out(source, inside):
                leader[find(op)] = find(source)
    groups: dict[Operation, list[Operation]] = {}
    for op in inside:
        groups.setdefault(find(op), []).append(op)
    return list(groups.values())


def _is_way_out(op: Operation, inside: dict[Operation, int]) -> bool:
    """Whether what an operation gives exists outside of every loop and conditional."""
    return inside[op] == 1 and (op.type in ("Exit", "RefExit") or op.type in ("Merge", "RefMerge") and not _joins_iterations(op))


def _inside(operations: list[Operation]) -> dict[Operation, int]:
    """How deep in loops and conditionals each operation is that is in one; their entrances and exits count as inside."""
    depth_of_output: dict[Operation, int] = {}
    inside: dict[Operation, int] = {}
    for op in operations:
        sources = [tensor.op for tensor in op.inputs if tensor.op.type not in ("NextIteration", "RefNextIteration")]
        depth = max((depth_of_output.get(source, 0) for source in (*sources, *op.control_inputs)), default=0)
        if op._get_control_flow_context() is not None or op.outputs and not op.graph.is_fetchable(op):
            depth = max(depth, 1)
        enters = op.type in ("Enter", "RefEnter") or op.type in ("Switch", "RefSwitch") and not _ends_a_loop(op)
        leaves = op.type in ("Exit", "RefExit") or op.type in ("Merge", "RefMerge") and not _joins_iterations(op)
        if enters:
            depth = max((depth_of_output.get(source, 0) for source in sources), default=0) + 1
        depth_of_output[op] = max(depth - 1, 0) if leaves else depth
        if depth:
            inside[op] = depth
    return inside


def _ends_a_loop(switch: Operation) -> bool:
    return switch.inputs[1].op.type == "LoopCond"


def _joins_iterations(merge: Operation) -> bool:
    return any(tensor.op.type in ("Enter", "RefEnter", "NextIteration", "RefNextIteration") for tensor in merge.inputs)


def _in_order(nodes: list[Node]) -> list[Node]:
    """Nodes numbered in an order of computation: after what they take, otherwise as they were made."""
    waiting = {node: len({id(argument.result.node) for argument in node.arguments}) for node in nodes}
    users: dict[Node, list[Node]] = {}
    for node in nodes:
        for source in {id(argument.result.node): argument.result.node for argument in node.arguments}.values():
            users.setdefault(source, []).append(node)
    made = {node: number for number, node in enumerate(nodes)}
    ready = [(made[node], node) for node in nodes if not waiting[node]]
    heapq.heapify(ready)
    order: list[Node] = []
    while ready:
        _, node = heapq.heappop(ready)
        node.id = len(order)
        order.append(node)
        for user in users.get(node, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, (made[user], user))
    return order
