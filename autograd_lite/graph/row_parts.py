"""What an op does with the rows of a matrix, one block of rows at a time.

An op says it with `by_rows=f`, where `f(c)` gives one of these for what its inputs are, or None. Numbers are positions of inputs and
outputs. From chains of such ops the compiler makes kernels that take a few rows through all of them before it takes the next.
"""

from __future__ import annotations

from typing import NamedTuple, Union

__all__ = ["Columns", "ColumnSum", "Outer", "Product", "RowPart", "Total"]


class Product(NamedTuple):
    """The matrix `rows` times the small matrix `weights`, which is transposed first if `turned`."""

    rows: int
    weights: int
    turned: bool


class Outer(NamedTuple):
    """The transpose of the matrix `left` times the matrix `right`: a sum over all rows."""

    left: int
    right: int


class ColumnSum(NamedTuple):
    """The sum of all rows."""

    rows: int


class Total(NamedTuple):
    """The sum of all elements of `rows`, divided by a number."""

    rows: int
    divisor: int


class Columns(NamedTuple):
    """Columns copied from inputs to outputs: (input, first column there, output, first column there, number of columns)."""

    copies: tuple[tuple[int, int, int, int, int], ...]


RowPart = Union[Product, Outer, ColumnSum, Total, Columns]
