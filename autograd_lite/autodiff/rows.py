"""Differentiating every element of a tensor: one gradient for each, stacked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import stack
from autograd_lite.api.constants import constant
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.api.while_loop import while_loop
from autograd_lite.graph.tensor import Tensor

FEW = 64  # rows that are built one by one, so that the result can be differentiated again


def stacked_rows(count: Any, one_row: Callable[[Any], Tensor], dtype: Any, parallel_iterations: int = 10) -> Tensor:
    """`one_row(0)`, `one_row(1)`, ... along a new first axis; by a loop when there are many, or nobody knows how many.

    Args:
      count: how many rows: a number, or an int32 tensor.
      one_row: builds the row with this number (an int, or a tensor inside a loop).
      dtype: the element type of the rows.
    """
    if isinstance(count, int) and 0 < count <= FEW:
        return stack([one_row(index) for index in range(count)])
    return looped_rows(count, one_row, dtype, parallel_iterations).stack()


def looped_rows(count: Any, one_row: Callable[[Any], Tensor], dtype: Any, parallel_iterations: int = 10) -> TensorArray:
    """As `stacked_rows`, always by a loop, not yet stacked."""
    start = constant(0, "int32")
    rows = TensorArray(dtype, count)

    def step(index: Tensor, rows: TensorArray) -> tuple[Tensor, TensorArray]:
        return index + 1, rows.write(index, one_row(index))

    _, rows = while_loop(lambda index, _: index < count, step, [start, rows], parallel_iterations=parallel_iterations)
    return rows
