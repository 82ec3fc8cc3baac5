"""The objects that `tf.train.Checkpoint` saves: which belong to which, under what names, and the message that tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from autograd_lite.lib.optimizer import Optimizer
from autograd_lite.lib.partitioning import PartitionedVariable
from autograd_lite.lib.variable import Variable
from autograd_lite.wire import messages

_ATTRIBUTE = "VARIABLE_VALUE"
_SLOTS = ".OPTIMIZER_SLOT"


class Trackable:
    """Something whose variables `tf.train.Checkpoint` finds: `_checkpoint_dependencies` gives its parts by name."""

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        raise NotImplementedError


def dependencies(thing: Any) -> list[tuple[str, Any]]:
    """The parts of an object that have state, each with its name; none for a variable."""
    if isinstance(thing, Variable):
        return []
    if isinstance(thing, Optimizer):
        named = [(variable.op.name.rpartition("/")[2], variable) for variable in thing._non_slot_variables()]
        return sorted(named, key=lambda pair: pair[0])
    if isinstance(thing, dict):
        return [(str(key), value) for key, value in thing.items() if is_trackable(value)]
    if isinstance(thing, list | tuple):
        return [(str(number), value) for number, value in enumerate(thing) if is_trackable(value)]
    if isinstance(thing, Trackable):
        return thing._checkpoint_dependencies
    return [(name, value) for name, value in getattr(thing, "__dict__", {}).items() if isinstance(value, Variable)]


def is_trackable(thing: Any) -> bool:
    """Whether an object can be part of a checkpoint: variables, optimizers, other checkpoints, lists and dictionaries, layers."""
    if isinstance(thing, Variable | Optimizer | Trackable | dict | list | tuple):
        return True
    return not isinstance(thing, type | PartitionedVariable) and (hasattr(thing, "trainable_variables") or bool(dependencies(thing)))


class Node(NamedTuple):
    """One object, and where it is found first."""

    thing: Any
    path: str
    children: list[tuple[str, int]]


class Slot(NamedTuple):
    """A variable that an optimizer keeps for another."""

    optimizer: int  # the numbers of their nodes
    original: int
    name: str
    variable: Variable


def nodes_of(root: Any) -> list[Node]:
    """All objects that belong to `root`, itself first, each once, those that are nearer before those that are farther."""
    nodes = [Node(root, "", [])]
    number_of = {id(root): 0}
    for node in nodes:  # grows meanwhile
        for name, child in dependencies(node.thing):
            if id(child) not in number_of:
                number_of[id(child)] = len(nodes)
                local = _escaped(name)
                nodes.append(Node(child, f"{node.path}/{local}" if node.path else local, []))
            node.children.append((name, number_of[id(child)]))
    return nodes


def slots_of(nodes: list[Node]) -> Iterator[Slot]:
    """The variables that the optimizers among these objects keep for the variables among them."""
    for number, node in enumerate(nodes):
        if not isinstance(node.thing, Optimizer):
            continue
        for name in node.thing.get_slot_names():
            for original, other in enumerate(nodes):
                slot = node.thing.get_slot(other.thing, name) if isinstance(other.thing, Variable) else None
                if slot is not None:
                    yield Slot(number, original, name, slot)


def _escaped(name: str) -> str:
    return name.replace(".", "..").replace("/", ".S")


def _attribute_key(path: str) -> str:
    return f"{path}/.ATTRIBUTES/{_ATTRIBUTE}"


def described(root: Any) -> tuple[Any, list[tuple[str, Variable]]]:
    """The objects of `root` as a TrackableObjectGraph message, and their variables, each with its key in a checkpoint."""
    nodes = nodes_of(root)
    graph = messages.TrackableObjectGraph()
    variables: list[tuple[str, Variable]] = []
    for node in nodes:
        message = graph.nodes.add()
        for name, number in node.children:
            message.children.add(node_id=number, local_name=name)
        if isinstance(node.thing, Variable):
            _describe(message, node.thing, _attribute_key(node.path), variables)
    for slot in slots_of(nodes):
        path = f"{nodes[slot.original].path}/{_SLOTS}/{nodes[slot.optimizer].path}/{_escaped(slot.name)}"
        graph.nodes[slot.optimizer].slot_variables.add(
            original_variable_node_id=slot.original, slot_name=slot.name, slot_variable_node_id=len(graph.nodes)
        )
        _describe(graph.nodes.add(), slot.variable, _attribute_key(path), variables)
    for message in graph.nodes:
        message.has_checkpoint_values.value = True
    return graph, variables


def _describe(message: Any, variable: Variable, key: str, variables: list[tuple[str, Variable]]) -> None:
    message.attributes.add(name=_ATTRIBUTE, full_name=variable._shared_name, checkpoint_key=key)
    variables.append((key, variable))


class Match(NamedTuple):
    """Which objects are those of a checkpoint."""

    found: dict[int, Any]  # number of a node of the checkpoint -> object
    keys: list[tuple[str, Variable]]  # variables with their keys in the checkpoint
    unmatched: list[Any]  # objects that the checkpoint does not have


def matched(root: Any, graph: Any) -> Match:
    """Find the objects of `root` in the TrackableObjectGraph message of a checkpoint, by the names of the ways that lead to them."""
    found: dict[int, Any] = {0: root} if graph.nodes else {}
    waiting = list(found)
    while waiting:
        number = waiting.pop()
        parts = dict(dependencies(found[number]))
        for child in graph.nodes[number].children:
            if child.local_name in parts and child.node_id not in found and 0 <= child.node_id < len(graph.nodes):
                found[child.node_id] = parts[child.local_name]
                waiting.append(child.node_id)
    for number, thing in list(found.items()):
        for slot in graph.nodes[number].slot_variables if isinstance(thing, Optimizer) else ():
            original = found.get(slot.original_variable_node_id)
            variable = thing.get_slot(original, slot.slot_name) if isinstance(original, Variable) else None
            if variable is not None and 0 <= slot.slot_variable_node_id < len(graph.nodes):
                found[slot.slot_variable_node_id] = variable
    keys = [(attribute.checkpoint_key, thing) for number, thing in sorted(found.items(), key=lambda pair: pair[0])
            if isinstance(thing, Variable) for attribute in graph.nodes[number].attributes if attribute.name == _ATTRIBUTE]  # fmt: skip
    known = {id(thing) for thing in found.values()}
    everything = nodes_of(root)
    all_things = [node.thing for node in everything] + [slot.variable for slot in slots_of(everything)]
    return Match(found, keys, [thing for thing in all_things if id(thing) not in known])


def way_to(graph: Any, wanted: int) -> str:
    """How a node of a checkpoint is reached from its root, for messages."""
    names = {0: "(root)"}
    waiting = [0] if graph.nodes else []
    for number in waiting:  # grows meanwhile
        for child in graph.nodes[number].children:
            if child.node_id not in names and 0 <= child.node_id < len(graph.nodes):
                names[child.node_id] = f"{names[number]}.{child.local_name}"
                waiting.append(child.node_id)
    return names.get(wanted, "(a slot of an optimizer)")
