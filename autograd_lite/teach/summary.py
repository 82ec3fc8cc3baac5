"""`autograd_lite.summary(graph)`: what a model is made of, scope by scope: nodes, shapes, parameters, and what running it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import TensorInference
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.render import scopes
from autograd_lite.teach.render.kinds import VARIABLES, Kind, initializing_nodes, kinds_of
from autograd_lite.teach.tables import Table, variables_of

_HEADER = ("scope", "nodes", "output", "parameters", "other state", "FLOPs", "bytes moved")
_NO_SCOPE = "(no scope)"


@export("summary.__call__")
def summary(graph: Graph | None = None, depth: int = 1, unknown: int = 1) -> Table:
    """A table of a graph's name scopes: nodes, shape of the output, parameters, operations on numbers (FLOPs), and bytes read and written.

    Parameters are the numbers in trainable variables; other state are those in the others, such as what optimizers remember. Initializers
    are not counted. FLOPs and bytes are those of one run of each node, worked out from the static shapes; a loop counts once.

    Args:
      graph: the default graph unless given.
      depth: how many levels of name scopes get rows of their own.
      unknown: what an unknown size, such as that of the batch, is taken to be.

    Raises:
      TypeError: `graph` is no graph.
      ValueError: `depth` is below 1, or `unknown` below 0.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default() as graph:
    ...     x = tf.placeholder(tf.float32, [None, 784], name="x")
    ...     y = tf.layers.dense(x, 10, name="output")
    >>> print(tf.summary(graph))
    scope       nodes  output   parameters  other state   FLOPs  bytes moved
    ----------  -----  -------  ----------  -----------  ------  -----------
    (no scope)      1  [?,784]           0            0       0            0
    output          6  [?,10]        7,850            0  15,730       34,656
    ----------  -----  -------  ----------  -----------  ------  -----------
    total           7                7,850            0  15,730       34,656
    <BLANKLINE>
    Unknown sizes (?) are taken as 1.
    """
    graph = get_default_graph() if graph is None else graph
    if not isinstance(graph, Graph):
        raise TypeError(f"A graph is wanted, not {graph!r} ({type(graph).__name__}); what TensorBoard shows is made by tf.summary.scalar.")
    if depth < 1 or unknown < 0:
        raise ValueError(f"depth must be at least 1 and unknown at least 0, received {depth!r} and {unknown!r}")
    operations = graph.get_operations()
    skipped = initializing_nodes(operations)
    operations = [op for op in operations if op not in skipped]
    groups = _groups(operations, depth)
    known = variables_of(graph)
    trainable = {variable.op for variable in known if variable.trainable} if known else set(operations)
    for group in groups.values():
        group.count(unknown, trainable)
    rows = [group.row() for group in groups.values()]
    total = ("total", sum(row[1] for row in rows), "", *(sum(row[column] for row in rows) for column in range(3, len(_HEADER))))
    return Table(_HEADER, rows, total, _notes(operations, groups.values(), unknown))


def _notes(operations: list[Operation], groups: Iterable[_Group], unknown: int) -> list[str]:
    notes = []
    if any(None in (tensor.static_shape or ()) for op in operations for tensor in op.outputs):
        notes.append(f"Unknown sizes (?) are taken as {unknown}.")
    uncounted = sum(group.uncounted for group in groups)
    if uncounted:
        notes.append(f"The cost of {uncounted:,} nodes is not known, because their shapes are not.")
    return notes


@dataclass
class _Group:
    """The nodes of one row."""

    name: str
    operations: list[Operation] = field(default_factory=list)
    parameters: int = 0
    other_state: int = 0
    flops: int = 0
    moved: int = 0
    uncounted: int = 0

    def count(self, unknown: int, trainable: set[Operation]) -> None:
        """Add up what the nodes hold and cost."""
        for op in self.operations:
            if op in trainable:
                self.parameters += _numbers_in(op)
            else:
                self.other_state += _numbers_in(op)
            if op.opdef.cost is None or _only_reads(op):
                continue
            cost = _cost(op, unknown)
            if cost is None:
                self.uncounted += 1
            else:
                self.flops += round(cost[0])
                self.moved += round(cost[1])

    def row(self) -> tuple[Any, ...]:
        """The cells of the table."""
        return self.name, len(self.operations), self._output(), self.parameters, self.other_state, self.flops, self.moved

    def _output(self) -> str:
        """The shape of the last thing that goes on from here to a forward node elsewhere, else of the last node."""
        inside = set(self.operations)
        kinds = kinds_of(self.operations)
        made = [op for op in self.operations if op.outputs and kinds[op] is not Kind.CONSTANT and op.type != "NoOp"]
        leaving = [op for op in made if any(user not in inside for tensor in op.outputs for user in tensor.consumers())]
        forward = [op for op in leaving if kinds[op] in (Kind.OPERATION, Kind.PLACEHOLDER) and not _only_reads(op)] or made
        return _shape_text(forward[-1].outputs[0]) if forward else ""


def _only_reads(op: Operation) -> bool:
    return op.type in ("Identity", "ReadVariableOp") and bool(op.inputs) and op.inputs[0].op.type in VARIABLES


def _shape_text(tensor: Tensor) -> str:
    return "?" if tensor.static_shape is None else shapes.text(tensor.static_shape)


def _groups(operations: list[Operation], depth: int) -> dict[str, _Group]:
    """Rows by scope, in the order of the first nodes; a scope that is called like a node (`w` around `w/read`) is no row."""
    names = {op.name for op in operations}
    found: dict[str, _Group] = {}
    for op in operations:
        own = [scope for scope in scopes.scopes_of(op.name)[:depth] if scope not in names]
        name = own[-1] if own else _NO_SCOPE
        found.setdefault(name, _Group(name)).operations.append(op)
    return found


def _numbers_in(op: Operation) -> int:
    """How many numbers a variable holds, as far as its shape is known."""
    shape = op.attrs.get("shape") if op.type in VARIABLES else None
    return 0 if shape is None or None in shape else shapes.num_elements(tuple(shape)) or 0


class _Sized(TensorInference):
    """An inference in which no size is unknown."""

    __slots__ = ()

    def __init__(self, op: Operation, unknown: int) -> None:
        super().__init__(op.opdef, op.name, op.attrs, op.inputs)
        self.shapes = [None if shape is None else tuple(unknown if size is None else size for size in shape) for shape in self.shapes]


def _cost(op: Operation, unknown: int) -> tuple[float, float] | None:
    """FLOPs and bytes of a node; None when its shapes do not tell."""
    assert op.opdef.cost is not None  # asked of nodes with a cost only
    try:
        return op.opdef.cost(_Sized(op, unknown))
    except (ValueError, TypeError, IndexError, ZeroDivisionError):
        return None  # sizes that were made up do not fit together
