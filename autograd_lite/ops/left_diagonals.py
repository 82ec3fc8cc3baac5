"""The second versions of MatrixDiag and its kin, met in graphs of TensorFlow 2.0: short diagonals begin at the left of their row."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph.opdef import OpDef, op
from autograd_lite.ops.diagonals import matrix_diag_part_v3, matrix_diag_v3, matrix_set_diag_v3

_LEFT = "LEFT_LEFT"


def _like(third: OpDef) -> dict[str, Any]:
    """What the second version shares with the third, whose samples it shows without their alignment."""
    return {"shape": third.shape, "host": third.host, "samples": [{**each, "attrs": {}} for each in third.samples]}


def _rest(g, dy, taken, index):
    """What of dy went to the padding value."""
    return g.sub(g.reduce_sum(dy), g.reduce_sum(taken)) if g.needs(index) else None


def _zero(g, dy):
    return g.constant(0, dy.dtype.base_dtype)


@op(
    "MatrixDiagPartV2(input: T, k: int32, padding_value: T) -> diagonal: T",
    **_like(matrix_diag_part_v3),
)
def matrix_diag_part_v2(xp, input, k, padding_value):
    """Take diagonals out of every matrix; those that are shorter are filled up with `padding_value` at the right."""
    return matrix_diag_part_v3.kernel(xp, input, k, padding_value, _LEFT)


@matrix_diag_part_v2.gradient
def matrix_diag_part_v2_gradient(g, op, dy):
    back = g.matrix_set_diag_v2(g.zeros_like(op.inputs[0]), dy, op.inputs[1])
    return back, None, _rest(g, dy, back, 2)


@op(
    "MatrixDiagV2(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T",
    **_like(matrix_diag_v3),
)
def matrix_diag_v2(xp, diagonal, k, num_rows, num_cols, padding_value):
    """Make matrices with the given diagonals, and `padding_value` elsewhere."""
    return matrix_diag_v3.kernel(xp, diagonal, k, num_rows, num_cols, padding_value, _LEFT)


@matrix_diag_v2.gradient
def matrix_diag_v2_gradient(g, op, dy):
    part = g.matrix_diag_part_v2(dy, op.inputs[1], _zero(g, dy))
    return part, None, None, None, _rest(g, dy, part, 4)


@op("MatrixSetDiagV2(input: T, diagonal: T, k: int32) -> output: T", **_like(matrix_set_diag_v3))
def matrix_set_diag_v2(xp, input, diagonal, k):
    """Replace diagonals of every matrix."""
    return matrix_set_diag_v3.kernel(xp, input, diagonal, k, _LEFT)


@matrix_set_diag_v2.gradient
def matrix_set_diag_v2_gradient(g, op, dy):
    diagonal, k = op.inputs[1:]
    return g.matrix_set_diag_v2(dy, g.zeros_like(diagonal), k), g.matrix_diag_part_v2(dy, k, _zero(g, dy)), None
