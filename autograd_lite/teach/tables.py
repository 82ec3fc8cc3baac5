"""Tables that read well in a terminal and in a notebook, and the table of variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.core import report, shapes
from autograd_lite.core.export import export
from autograd_lite.core.report import Paragraph, Report, Reported
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.lib.variable import Variable
from autograd_lite.teach.render.words import clean

_LONGEST_CELL = 60


@dataclass(frozen=True, repr=False)
class Table(Reported):
    """Rows of words and numbers under a header.

    `print` shows it as text, a notebook as a table, `save` writes it to a file; `rows` and `total` are there to work with.
    """

    header: Sequence[str]
    rows: list[tuple[Any, ...]]
    total: tuple[Any, ...] | None = None
    notes: list[str] = field(default_factory=list)

    def report(self) -> Report:
        """The table as a report without a title, the notes below it."""
        rows = [[cell_text(cell) for cell in row] for row in self.rows]
        total = None if self.total is None else [cell_text(cell) for cell in self.total]
        numeric = frozenset(column for column in range(len(self.header)) if self._is_number(column))
        return Report("", [report.Table(self.header, rows, numeric, total), *map(Paragraph, self.notes)])

    def _is_number(self, column: int) -> bool:
        return any(isinstance(row[column], (int, float)) and not isinstance(row[column], bool) for row in self.rows)

    def _repr_html_(self) -> str:
        return self.report().html(alone=True)


def cell_text(cell: Any) -> str:
    """What stands in a cell: numbers with separators of thousands, yes and no, and words made harmless."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.0f}"
    text = clean(str(cell)) if cell is not None else "?"
    return text if len(text) <= _LONGEST_CELL else "\u2026" + text[-_LONGEST_CELL + 1 :]


@export("variable_table")
def variable_table(variables: Any = None) -> Table:
    """A table of variables: name, shape, dtype, how many numbers, bytes, and whether optimizers change them.

    Args:
      variables: a list of variables, or a graph for all of its variables; the default graph unless given.

    Raises:
      TypeError: there is something else than variables in the list.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(tf.zeros([3, 2]), name="w")
    ...     step = tf.Variable(0, trainable=False, name="step")
    ...     print(tf.variable_table())
    name   shape  dtype    numbers  bytes  trainable
    -----  -----  -------  -------  -----  ---------
    w      [3,2]  float32        6     24  yes
    step   []     int32          1      4  no
    -----  -----  -------  -------  -----  ---------
    total                        7     28
    """
    rows: list[tuple[Any, ...]] = []
    if variables is None or isinstance(variables, Graph):
        variables = variables_of(get_default_graph() if variables is None else variables)
    for variable in [variables] if isinstance(variables, Variable) else variables:
        if not isinstance(variable, Variable):
            raise TypeError(f"A table of variables cannot show {variable!r} ({type(variable).__name__}): variables or a graph are wanted.")
        shape, dtype = variable.shape.as_list() if variable.shape.dims is not None else None, variable.dtype.base_dtype
        count = None if shape is None else shapes.num_elements(tuple(shape))
        size = None if count is None else count * dtype.size
        words = "?" if shape is None else shapes.text(tuple(shape))
        rows.append((variable.op.name, words, dtype.name, count, size, bool(variable.trainable)))
    numbers, sizes = (sum(row[column] or 0 for row in rows) for column in (3, 4))
    total = ("total", "", "", numbers, sizes, "") if len(rows) != 1 else None
    return Table(("name", "shape", "dtype", "numbers", "bytes", "trainable"), rows, total)


def variables_of(graph: Graph) -> list[Variable]:
    """All variables that the collections of a graph know, in the order in which they were made."""
    keys = (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES, GraphKeys.MODEL_VARIABLES)
    found: dict[int, Variable] = {}
    for key in keys:
        for variable in graph.get_collection(key):
            if isinstance(variable, Variable):
                found.setdefault(variable.op.id, variable)
    return [found[number] for number in sorted(found)]
