"""Any diagonals of matrices, one or a band of them: the third versions of MatrixDiag and its kin."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, values

_ALIGN = "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'"


class _Band(NamedTuple):
    """The diagonals from `lower` to `upper` (0 the main one, above it positive) of a matrix of `rows` x `columns`."""

    lower: int
    upper: int
    rows: int
    columns: int

    @property
    def longest(self) -> int:
        """The length of the longest of these diagonals."""
        return min(self.rows + min(self.upper, 0), self.columns + min(-self.lower, 0))

    def packed_shape(self) -> tuple[int, ...]:
        """The shape in which the diagonals stand below each other; one alone is a vector."""
        count = self.upper - self.lower + 1
        return (self.longest,) if count == 1 else (count, self.longest)


def _bounds(k: Any, fail: Any = invalid) -> tuple[int, int]:
    """The lowest and the highest diagonal that `k` (a number or a pair) means."""
    numbers = np.asarray(k).reshape(-1).tolist()
    if not 1 <= len(numbers) <= 2:
        raise fail(f"diag_index must have one or two elements, received {len(numbers)} elements.")
    if numbers[0] > numbers[-1]:
        raise fail(f"lower_diag_index must not be larger than upper_diag_index: {numbers[0]} > {numbers[-1]}")
    return numbers[0], numbers[-1]


def _checked_band(k: Any, rows: int, columns: int, fail: Any = invalid) -> _Band:
    """The band of a matrix of this size, which must have these diagonals."""
    lower, upper = _bounds(k, fail)
    for name, number in (("lower", lower), ("upper", upper)):
        if not -rows < number < columns and number != 0:
            raise fail(f"{name}_diag_index is out of bound: {number}. It must be between {-rows} and {columns}")
    return _Band(lower, upper, rows, columns)


def _places(xp: Any, band: _Band, align: str) -> tuple[Any, ...]:
    """For every element of the band: its line and position among the packed diagonals, and its row and column in the matrix."""
    above, below = align.split("_")  # how diagonals above and below the main one are shifted
    parts = []
    for line, number in enumerate(range(band.upper, band.lower - 1, -1)):
        length = min(band.rows + min(number, 0), band.columns - max(number, 0))
        at_left = number >= 0 and above == "LEFT" or number <= 0 and below == "LEFT"
        steps = np.arange(max(length, 0))
        start = 0 if at_left else band.longest - length
        parts.append((np.full(steps.size, line), steps + start, steps + max(-number, 0), steps + max(number, 0)))
    return tuple([xp.asarray(np.concatenate(part)) for part in zip(*parts)])


def _part_shape(c: Any) -> Any:
    shape, k = rules.with_rank_at_least(c, c.shape(0), 2), c.value(1)
    if shape is None or k is None:
        return None
    lower, upper = _bounds(k, c.fail)
    rows, columns = shape[-2:]
    longest = None if rows is None or columns is None else _checked_band(k, rows, columns, c.fail).longest
    return (*shape[:-2], longest) if lower == upper else (*shape[:-2], upper - lower + 1, longest)


@op(
    f"MatrixDiagPartV3(input: T, k: int32, padding_value: T, *, {_ALIGN}) -> diagonal: T",
    shape=_part_shape,
    host=("k",),
    samples=[
        sample(values((2, 3, 4)), 0, 0.0),
        sample(values((3, 4)), ints(-1, 2), 0.5),
        sample(values((4, 3)), -2, 0.0),
        sample(values((3, 3)), ints(-1, 1), 0.0, align="LEFT_RIGHT"),
    ],
)
def matrix_diag_part_v3(xp, input, k, padding_value, align):
    """Take diagonals out of every matrix; those that are shorter are filled up with `padding_value`."""
    band = _checked_band(k, *input.shape[-2:])
    line, position, row, column = _places(xp, band, align)
    packed = xp.full((*input.shape[:-2], band.upper - band.lower + 1, band.longest), padding_value, dtype=input.dtype)
    packed[..., line, position] = input[..., row, column]
    return packed.reshape(*input.shape[:-2], *band.packed_shape())


@matrix_diag_part_v3.gradient
def matrix_diag_part_v3_gradient(g, op, dy):
    x, k = op.inputs[:2]
    align = op.attrs["align"]
    known = x.static_shape
    if known is not None and None not in known[-2:]:
        back = g.matrix_diag_v3(dy, k, known[-2], known[-1], g.constant(0, dy.dtype), align=align)
    else:
        back = g.matrix_set_diag_v3(g.zeros_like(x), dy, k, align=align)
    return back, None, _rest(g, dy, back, 2)


def _rest(g, dy, taken, index):
    """What of dy went to the padding value: everything that the other input did not take."""
    return g.sub(g.reduce_sum(dy), g.reduce_sum(taken)) if g.needs(index) else None


def _matrix_band(k: Any, longest: int, num_rows: int, num_cols: int, fail: Any = invalid) -> _Band:
    """The band of the smallest matrix that holds the diagonals, unless its sizes are given (not -1)."""
    lower, upper = _bounds(k, fail)
    least_rows, least_columns = longest - min(upper, 0), longest + max(lower, 0)
    if num_rows != -1 and num_rows < least_rows:
        raise fail("The number of rows is too small.")
    if num_cols != -1 and num_cols < least_columns:
        raise fail("The number of columns is too small.")
    if num_rows == num_cols == -1:
        num_rows = num_cols = max(least_rows, least_columns)
    elif num_rows == -1:
        num_rows = least_rows
    elif num_cols == -1:
        num_cols = least_columns
    band = _Band(lower, upper, num_rows, num_cols)
    if band.longest != longest:
        raise fail("The number of rows or columns is not consistent with the specified d_lower, d_upper, and diagonal.")
    return band


def _diag_shape(c: Any) -> Any:
    shape = rules.with_rank_at_least(c, c.shape(0), 1)
    k, num_rows, num_cols = c.value(1), c.value(2), c.value(3)
    if shape is None or k is None:
        return None
    lower, upper = _bounds(k, c.fail)
    rules.with_rank_at_least(c, shape, 1 if lower == upper else 2)
    outer = shape[:-1] if lower == upper else shape[:-2]
    if shape[-1] is None or num_rows is None or num_cols is None:
        return (*outer, None, None)
    band = _matrix_band(k, shape[-1], int(num_rows), int(num_cols), c.fail)
    return (*outer, band.rows, band.columns)


@op(
    f"MatrixDiagV3(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T, *, {_ALIGN}) -> output: T",
    shape=_diag_shape,
    host=("k", "num_rows", "num_cols"),
    samples=[
        sample(values((2, 3)), 0, -1, -1, 0.0),
        sample(values((3,)), 1, -1, -1, 0.5),
        sample(values((2, 3)), ints(-1, 0), 3, 4, 0.0),
    ],
)
def matrix_diag_v3(xp, diagonal, k, num_rows, num_cols, padding_value, align):
    """Make matrices with the given diagonals, and `padding_value` elsewhere."""
    lower, upper = _bounds(k)
    band = _matrix_band(k, diagonal.shape[-1], int(num_rows), int(num_cols))
    outer = diagonal.shape[:-1] if lower == upper else diagonal.shape[:-2]
    if lower != upper and (diagonal.ndim < 2 or diagonal.shape[-2] != upper - lower + 1):
        raise invalid("The number of diagonals provided in the input does not match the lower_diag_index and upper_diag_index range.")
    check_room((*outer, band.rows, band.columns), diagonal.dtype.itemsize)
    line, position, row, column = _places(xp, band, align)
    packed = diagonal.reshape(*outer, upper - lower + 1, diagonal.shape[-1])
    matrices = xp.full((*outer, band.rows, band.columns), padding_value, dtype=diagonal.dtype)
    matrices[..., row, column] = packed[..., line, position]
    return matrices


@matrix_diag_v3.gradient
def matrix_diag_v3_gradient(g, op, dy):
    part = g.matrix_diag_part_v3(dy, op.inputs[1], g.constant(0, dy.dtype), align=op.attrs["align"])
    return part, None, None, None, _rest(g, dy, part, 4)


def _set_shape(c: Any) -> Any:
    rules.with_rank_at_least(c, c.shape(1), 1)
    return rules.with_rank_at_least(c, c.shape(0), 2)


@op(
    f"MatrixSetDiagV3(input: T, diagonal: T, k: int32, *, {_ALIGN}) -> output: T",
    shape=_set_shape,
    host=("k",),
    samples=[
        sample(values((2, 3, 3)), values((2, 3)), 0),
        sample(values((3, 4)), values((2, 3)), ints(0, 1)),
        sample(values((4, 3)), values((3,)), -1),
    ],
)
def matrix_set_diag_v3(xp, input, diagonal, k, align):
    """Replace diagonals of every matrix."""
    band = _checked_band(k, *input.shape[-2:])
    if diagonal.shape != (*input.shape[:-2], *band.packed_shape()):
        raise invalid(
            "Either first dimensions of diagonal don't match input.shape[:-2], or diagonal.shape[:-1] is not equal to the longests "
            f"diagonal in range [lower_diag_index:upper_diag_index].\nInput shape: {rules.shape_text(input.shape)}\n"
            f"Diagonal shape: {rules.shape_text(diagonal.shape)}\nExpected diagonal shape: "
            f"{rules.shape_text((*input.shape[:-2], *band.packed_shape()))}"
        )
    line, position, row, column = _places(xp, band, align)
    packed = diagonal.reshape(*input.shape[:-2], band.upper - band.lower + 1, band.longest)
    matrices = xp.array(input)
    matrices[..., row, column] = packed[..., line, position]
    return matrices


@matrix_set_diag_v3.gradient
def matrix_set_diag_v3_gradient(g, op, dy):
    diagonal, k = op.inputs[1:]
    align = op.attrs["align"]
    cleared = g.matrix_set_diag_v3(dy, g.zeros_like(diagonal), k, align=align) if g.needs(0) else None
    part = g.matrix_diag_part_v3(dy, k, g.constant(0, dy.dtype), align=align) if g.needs(1) else None
    return cleared, part, None
