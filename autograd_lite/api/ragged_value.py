"""What a fetched ragged tensor is: arrays of values, and where the rows begin and end in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core.export import export


@export("ragged.RaggedTensorValue")
class RaggedTensorValue:
    """What a fetched ragged tensor is: arrays.

    Args:
      values: an array, or another RaggedTensorValue. row_splits: where the rows begin and end in it.

    >>> RaggedTensorValue(np.array([1, 2, 3]), np.array([0, 2, 3])).to_list()
    [[1, 2], [3]]
    """

    def __init__(self, values: Any, row_splits: Any) -> None:
        self._values = values
        self._row_splits = row_splits

    values = property(lambda self: self._values, doc="The rows, one behind the other.")
    row_splits = property(lambda self: self._row_splits, doc="Where the rows begin and end.")

    @property
    def flat_values(self) -> Any:
        """The innermost values: an array."""
        inner = self._values
        while isinstance(inner, RaggedTensorValue):
            inner = inner._values
        return inner

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The row splits of all ragged axes, the outermost first."""
        found, inner = [], self
        while isinstance(inner, RaggedTensorValue):
            found.append(inner._row_splits)
            inner = inner._values
        return tuple(found)

    @property
    def ragged_rank(self) -> int:
        """How many axes are ragged."""
        return len(self.nested_row_splits)

    @property
    def dtype(self) -> Any:
        """The element type."""
        return self.flat_values.dtype

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, None for ragged axes."""
        return (len(self._row_splits) - 1, *[None] * self.ragged_rank, *self.flat_values.shape[1:])

    def to_list(self) -> list[Any]:
        """Nested lists."""
        rows = list(self.flat_values) if self.flat_values.dtype == object else self.flat_values.tolist()
        for splits in reversed(self.nested_row_splits):
            edges = np.asarray(splits).tolist()
            rows = [rows[start:end] for start, end in zip(edges, edges[1:])]
        return rows

    def __repr__(self) -> str:
        return f"tf.RaggedTensorValue(values={self._values!r}, row_splits={self._row_splits!r})"

    __str__ = __repr__


def value_of_parts(parts: Sequence[Any]) -> Any:
    """The arrays of a ragged tensor (values, then the row splits) as a RaggedTensorValue."""
    result = parts[0]
    for splits in reversed(parts[1:]):
        result = RaggedTensorValue(result, splits)
    return result
