"""What a picture of a graph shows: boxes, the arrows between them and the frames of name scopes, without saying how they are drawn."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autograd_lite.core import shapes
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.render import scopes
from autograd_lite.teach.render.kinds import (
    VARIABLES,
    Kind,
    gradient_nodes,
    gradient_scopes,
    initializing_nodes,
    kind_of_group,
    kinds_of,
    reads_of_variables,
)
from autograd_lite.teach.render.selection import Selection, select
from autograd_lite.teach.render.words import LONGEST_NAME, clean, number, shortened, summarized

_STRETCHES = 40  # boxes for what name scopes cannot fold
MOST_BOXES = 500  # more than these are folded by name scope unless a depth is given
GRADIENTS = ("show", "fold", "hide")
SHOW = ("shapes", "dtypes", "values", "gradients")
_LONGEST_VALUE = 4  # numbers of a constant that are written out


class Style(enum.Enum):
    """How a line of text in a box is written."""

    TITLE = "title"
    NAME = "name"
    VALUE = "value"
    GRADIENT = "gradient"


class Line(NamedTuple):
    """One line of text in a box."""

    text: str
    style: Style


@dataclass(frozen=True)
class Box:
    """One node, or a folded scope: the op type, its name, a line about its value or shape, and what was computed.

    `scope` is the frame in which it stands, `count` how many nodes it stands for.
    """

    id: int
    kind: Kind
    title: str
    name: str
    detail: str = ""
    scope: str = ""
    count: int = 1
    values: tuple[str, ...] = ()
    gradients: tuple[str, ...] = ()

    @property
    def lines(self) -> list[Line]:
        """The text in the box, without lines that say the same twice; a name without the scope that the frame says."""
        name = shortened(self.name[len(self.scope) + 1 :] if self.scope else self.name)
        words = dict.fromkeys(clean(line) for line in (self.title, name, self.detail) if line)
        lines = [Line(text, Style.NAME if i else Style.TITLE) for i, text in enumerate(words)]
        return [*lines, *(Line(text, Style.VALUE) for text in self.values), *(Line(text, Style.GRADIENT) for text in self.gradients)]


@dataclass(frozen=True)
class Arrow:
    """A tensor on its way (or, if `control`, only an order of running) between the boxes with these ids.

    Arrows of one `tensor` leave a box at one place, where `label` stands.
    """

    source: int
    target: int
    control: bool = False
    label: str = ""
    tensor: str = ""


@dataclass(frozen=True)
class Frame:
    """An open name scope; `outer` is the name of the frame around it, or ""."""

    name: str
    outer: str = ""

    @property
    def label(self) -> str:
        """The name without that of the frame around it."""
        return shortened(clean(self.name[len(self.outer) + 1 :] if self.outer else self.name), LONGEST_NAME * 2)


@dataclass(frozen=True)
class Picture:
    """Boxes in the order in which the nodes were made, arrows, frames (outer ones first), and notes about what is not shown."""

    boxes: list[Box]
    arrows: list[Arrow]
    frames: list[Frame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Numbers(NamedTuple):
    """What was computed for a picture: arrays by tensor, and how the first thing drawn changes with each tensor."""

    values: Mapping[Tensor, Any]
    gradients: Mapping[Tensor, Any]
    notes: Sequence[str] = ()  # what has no value, and why


def describe(what: Any, everything: bool = False, depth: int | None = None, gradients: str = "show",
             show: Collection[str] = ("shapes",), numbers: Numbers | None = None) -> Picture:  # fmt: skip
    """What to show of a graph.

    Args:
      what: a Selection, or what `selection.select` takes.
      everything: show the initializers of variables too, and each reading of a variable as a box of its own.
      depth: how many levels of name scopes are open; deeper ones are folded into a box each. None opens all, or, above 500 boxes, as many
        levels as keep within that.
      gradients: "show" them, "fold" each backward pass into one box, or "hide" them and all that is computed from them.
      show: of "shapes" and "dtypes", what arrows say; "values" and "gradients": what boxes say, from `numbers`.
      numbers: what was computed.
    """
    selection = what if isinstance(what, Selection) else select(what)
    graph_operations = selection.graph.get_operations()
    hidden = set() if everything or selection.targets else initializing_nodes(graph_operations)
    reads = {} if everything else reads_of_variables(graph_operations)
    notes = []
    if gradients == "hide":
        backward = _with_their_own(_downstream(gradient_nodes(graph_operations)), hidden, graph_operations) & set(selection.operations)
        hidden |= backward
        notes += [f"Not shown: gradients and what is computed from them ({len(backward):,} nodes)."] if backward else []
    shown = [op for op in selection.operations if op not in hidden and op not in reads]
    if not shown:
        notes.append("There is nothing to show: no node is left.")
    notes += numbers.notes if numbers else ()
    backward_scopes = [scope[:-1] for scope in gradient_scopes(graph_operations)] if gradients == "fold" else []
    folded = _folded([op.name for op in shown], depth, backward_scopes, notes)
    maker = _Maker(kinds_of(graph_operations), reads, folded, frozenset(show), numbers or Numbers({}, {}), everything)
    maker.add(shown, within_scope=selection.scope is not None)
    return Picture(maker.boxes(), maker.arrows(), maker.frames(), notes)


def _downstream(operations: Iterable[Operation]) -> set[Operation]:
    """These nodes and all that depends on them."""
    found: set[Operation] = set()
    waiting = list(operations)
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting += _users(op)
    return found


def _users(op: Operation) -> list[Operation]:
    return [*op.control_outputs, *(user for tensor in op.outputs for user in tensor.consumers())]


def _with_their_own(operations: set[Operation], hidden: Collection[Operation], every: list[Operation]) -> set[Operation]:
    """These nodes, and the constants and variables that only they use, such as what an optimizer remembers."""
    found = set(operations)
    reads = reads_of_variables(every)
    for op in reversed(every):
        if op.type == "Const" or op.type in VARIABLES or op in reads:
            users = [user for user in _users(op) if user not in reads or _users(user)]
            if any(user in found for user in users) and all(user in found or user in hidden for user in users):
                found.add(op)
    return found


def _folded(names: list[str], depth: int | None, always: list[str], notes: list[str]) -> dict[str, str]:
    """Node -> the scope that is shown in its place; says in `notes` what is folded."""
    first = scopes.fold(names, always)
    as_needed = depth is None
    if depth is None:
        depth = scopes.depth_for([name for name in names if name not in first], MOST_BOXES)
    closed = set(always) | (scopes.closed_at(names, depth) if depth is not None else set())
    folded = scopes.fold(names, closed)
    if as_needed and scopes.box_count(names, folded) > MOST_BOXES:
        return _by_stretches(names, folded, notes)
    if folded:
        boxes = len(set(folded.values()))
        more = f"; depth={depth + 1} opens one level more" if depth is not None else '; gradients="show" opens them'
        notes.append(f"Folded: {len(folded):,} of {len(names):,} nodes into {boxes:,} name {'scopes' if boxes > 1 else 'scope'}{more}.")
    return folded


def _by_stretches(names: list[str], folded: dict[str, str], notes: list[str]) -> dict[str, str]:
    """Node -> the scope or stretch that is shown in its place, where folding scopes leaves too many boxes."""
    shown = {name: folded.get(name, name) for name in names}
    found = scopes.stretches(shown.values(), _STRETCHES)
    together = {name: found.get(box, box) for name, box in shown.items() if box in found or name in folded}
    count, alone = len(set(together.values())), len(set(shown.values()))
    notes.append(
        f"Folded: {len(together):,} of {len(names):,} nodes into {count:,} boxes, most of them stretches of neighbours: name scopes alone "
        f"leave {alone:,} boxes. depth=99 shows every node; most often a part says more."
    )
    return together


class _Maker:
    """Collects boxes and arrows; a box is known by the name of its node or folded scope."""

    def __init__(self, kinds: dict[Operation, Kind], reads: dict[Operation, Operation], folded: dict[str, str],
                 show: frozenset[str], numbers: Numbers, everything: bool) -> None:  # fmt: skip
        self._kinds, self._reads, self._folded, self._show, self._numbers = kinds, reads, folded, show, numbers
        self._everything = everything
        self._members: dict[str, list[Operation]] = {}
        self._outside: set[str] = set()
        self._tensors: dict[tuple[str, str, bool], dict[str, Tensor | None]] = {}  # (from, to, control) -> tensors by name
        self._frames: dict[str, Frame] = {}

    def add(self, operations: list[Operation], within_scope: bool) -> None:
        """Take nodes in; `within_scope`: with the nodes outside whose tensors they take."""
        taken = set(operations)
        for op in operations:
            self._members.setdefault(self._box_name(op), []).append(op)
        for op in operations:
            sources = [(tensor, tensor.op) for tensor in op.inputs] + [(None, other) for other in op.control_inputs]
            for tensor, source in sources:
                shown = self._reads.get(source, source)
                if shown not in taken and within_scope and tensor is not None:
                    self._outside.add(self._box_name(shown))
                    self._members.setdefault(self._box_name(shown), [shown])
                elif shown not in taken:
                    continue
                if shown is not op and (self._box_name(shown) != self._box_name(op) or shown.name not in self._folded):
                    key = (self._box_name(shown), self._box_name(op), tensor is None)
                    if shown is not source and tensor is not None:
                        tensor = shown.outputs[0]
                    self._tensors.setdefault(key, {})[tensor.name if tensor is not None else ""] = tensor
        self._frames = _frames([name for name in self._members if name not in self._outside])

    def _box_name(self, op: Operation) -> str:
        return self._folded.get(op.name, op.name)

    def boxes(self) -> list[Box]:
        """The boxes, by the first node in each."""
        says_shape = {source for (source, _, control), _ in self._tensors.items() if not control}
        made = [self._box(name, members, name not in says_shape) for name, members in self._members.items()]
        return sorted(made, key=lambda box: box.id)

    def _box(self, name: str, members: list[Operation], is_last: bool) -> Box:
        op, scope = members[0], self._scope(name)
        if name in self._outside:
            return Box(op.id, Kind.OUTSIDE, op.type, name, self._own_shape(op, True))
        if len(members) > 1:
            kind = kind_of_group(self._kinds[member] for member in members)
            return Box(op.id, kind, name[len(scope) + 1 :] if scope else name, name, f"{len(members):,} nodes", scope, len(members))
        kind = self._kinds[op]
        values = tuple(self._computed(op, self._numbers.values, "=")) if "values" in self._show else ()
        slopes = tuple(self._computed(op, self._numbers.gradients, "gradient")) if "gradients" in self._show else ()
        if op.type == "Const":
            value = _constant_text(op.outputs[0]) or self._own_shape(op, True)
            if kind is Kind.CONSTANT and not self._everything:
                return Box(op.id, kind, value, name, "", scope, 1, (), slopes)
            return Box(op.id, kind, op.type, name, value, scope, 1, (), slopes)
        return Box(op.id, kind, op.type, name, self._own_shape(op, is_last), scope, 1, values, slopes)

    def _own_shape(self, op: Operation, is_last: bool) -> str:
        """What a box says about its first output: inputs and variables always do, others when no arrow can."""
        if op.type.startswith("Placeholder") or op.type in VARIABLES:
            return _shape(_content(op), True, True)
        return _shape(op.outputs[0], "shapes" in self._show, True) if op.outputs and is_last and self._show & {"shapes", "dtypes"} else ""

    def _computed(self, op: Operation, arrays: Mapping[Tensor, Any], word: str) -> Iterable[str]:
        """Lines with what was computed for the outputs of a node; a variable has the value that is read from it."""
        outputs = [tensor for tensor in op.outputs if tensor in arrays]
        for tensor in outputs:
            mark = f" :{tensor.value_index}" if len(op.outputs) > 1 else ""
            yield f"{word}{mark} {summarized(arrays[tensor])}"

    def _scope(self, name: str) -> str:
        if name in self._outside:
            return ""
        return next((scope for scope in reversed(scopes.scopes_of(name)) if scope in self._frames), "")

    def arrows(self) -> list[Arrow]:
        """One arrow for each tensor between two boxes; between folded scopes one for all."""
        made = []
        for (source, target, control), tensors in self._tensors.items():
            ends = (self._members[source][0].id, self._members[target][0].id)
            whole = len(self._members[source]) == 1 and len(self._members[target]) == 1
            if control:
                made.append(Arrow(*ends, True))
            elif whole or len(tensors) == 1:
                made += [Arrow(*ends, False, self._label(source, tensor), name) for name, tensor in tensors.items() if tensor is not None]
            else:
                made.append(Arrow(*ends, False, f"{len(tensors)} tensors", f"{len(tensors)} tensors"))
        return list(dict.fromkeys(made))

    def _label(self, source: str, tensor: Tensor) -> str:
        op = self._members[source][0]
        says_it = op.type.startswith("Placeholder") or op.type in (*VARIABLES, "Const") or source in self._outside
        if says_it and len(self._members[source]) == 1:
            return ""
        return _shape(tensor, "shapes" in self._show, "dtypes" in self._show)

    def frames(self) -> list[Frame]:
        """The frames, outer ones first."""
        return list(self._frames.values())


def _frames(names: list[str]) -> dict[str, Frame]:
    """The scopes that get a frame: with two boxes or more, and not called like a box, as `pow` around the constant `pow/y`."""
    boxes = set(names)
    wanted = {scope for scope, count in scopes.counts(names).items() if count > 1 and scope not in boxes}
    made: dict[str, Frame] = {}
    for scope in sorted(wanted, key=lambda scope: (scope.count("/"), scope)):
        made[scope] = Frame(scope, next((outer for outer in reversed(scopes.scopes_of(scope)) if outer in wanted), ""))
    return made


def _content(op: Operation) -> Tensor:
    """The tensor whose type and shape a reader wants to see: of a resource variable, the one that is read."""
    readers = (reader for reader in op.outputs[0].consumers() if reader.type == "ReadVariableOp")
    return next((reader.outputs[0] for reader in readers), op.outputs[0])


def _constant_text(tensor: Tensor) -> str:
    """The value of a small constant."""
    value = constant_value(tensor)
    if value is None or value.size > _LONGEST_VALUE:
        return ""
    if value.ndim == 0:
        return number(value[()])
    return "[" + ", ".join(number(item) for item in value.ravel()) + "]"


def _shape(tensor: Tensor, shape: bool, dtype: bool) -> str:
    words = [tensor.dtype.base_dtype.name] if dtype else []
    return " ".join([*words, *([shapes.text(tensor.static_shape)] if shape else [])])
