"""Compiled copies of turned matrices: an array whose axes were put in another order, written out in that order.

A transposed array is a view, which costs nothing until somebody wants its elements side by side. Where the order of the axes comes down to
many matrices that are turned (images with channels first or last), square tiles are turned in registers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.kernels import native
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.routine import Routine, Value, module, strips, turned, vector
from autograd_lite.kernels.rows import seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["Turned", "copier", "turned_matrices"]

LEAST = 1 << 15  # elements; fewer are copied before it counts
CHUNK = 1 << 16  # elements that a thread copies at a time
NUMPY_STEPS = 2  # elements side by side that NumPy could copy in the time of one that is not
ELEMENT, ITEM_BYTES = "i32", 4


class Turned(NamedTuple):
    """So many matrices of rows and columns, each of which is turned."""

    matrices: int
    rows: int
    columns: int


def turned_matrices(shape: Sequence[int], perm: Sequence[int]) -> Turned | None:
    """What it means for an array of this shape to have its axes in this order, if it means to turn matrices.

    >>> turned_matrices((8, 5, 6, 3), (0, 3, 1, 2))
    Turned(matrices=8, rows=30, columns=3)
    >>> turned_matrices((4, 5, 6), (0, 1, 2)) is None
    True
    """
    axes = [axis for axis in perm if shape[axis] != 1]
    runs: list[list[int]] = []  # axes that stay neighbours
    for axis in axes:
        before = [other for other in range(axis) if shape[other] != 1]
        if runs and before and runs[-1][-1] == before[-1]:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    order = [sorted(runs).index(run) for run in runs]
    sizes = [math.prod(shape[axis] for axis in run) for run in sorted(runs)]
    if order == [1, 0]:
        return Turned(1, *sizes)
    return Turned(*sizes) if order == [0, 2, 1] else None


def copier(shape: Sequence[int], perm: Sequence[int], dtype: np.dtype) -> Tiered | None:
    """A function that copies an array of this shape whose axes were put in this order, in two tiers; None where NumPy does that well."""
    turned = turned_matrices(shape, perm)
    if turned is None or math.prod(shape) < LEAST or dtype.itemsize != ITEM_BYTES or dtype.hasobject or not native.installed():
        return None
    if min(turned.rows, turned.columns) < lanes_of_registers():
        return None
    result_shape, inverse = tuple([shape[axis] for axis in perm]), np.argsort(perm).tolist()
    source, target = (turned.matrices, turned.rows, turned.columns), (turned.matrices, turned.columns, turned.rows)

    def prepare() -> Any:
        lanes = lanes_of_registers()
        per_chunk = max(CHUNK // turned.columns // lanes, 1) * lanes
        arrays = [Given(source), Given(target, is_output=True)]
        run = caller(_text(lanes), "turn", arrays, [*source, per_chunk])

        def copy(array: Any) -> Any:
            before = array.transpose(inverse)
            if array.shape == result_shape and before.flags.c_contiguous:
                result = empty(result_shape, array.dtype)
                if run(before.reshape(source), result.reshape(target)):
                    return result
            return array.copy()

        return copy

    return Tiered("Transpose", np.ndarray.copy, prepare, seconds(NUMPY_STEPS * math.prod(shape)))


def _text(lanes: int) -> str:
    """`turn(x, y, count, rows, columns, per_chunk)`: y gets the columns of each matrix as rows."""

    def parts(routine: Routine) -> Value:
        return chunks_of(routine, routine["rows"], routine["per_chunk"])

    def body(part: Routine, index: Value) -> None:
        rows, columns = part["rows"], part["columns"]
        matrix = index / parts(part)
        begin, end = span(part, index % parts(part), part["per_chunk"], rows)
        x, y = (part.at(part[name], matrix * rows * columns, ELEMENT) for name in ("x", "y"))
        for width, column in strips(part, columns, (lanes, 1)):
            for height, row in strips(part, end - begin, (lanes, 1)):
                row = begin + row
                if width == height == lanes:
                    tile = [part.load(vector(ELEMENT, lanes), x, (row + each) * columns + column) for each in range(lanes)]
                    for each, line in enumerate(turned(part, tile)):
                        part.store(line, y, (column + each) * rows + row)
                else:
                    with part.loop(0, width) as across, part.loop(0, height) as down:
                        element = part.load(ELEMENT, x, (row + down) * columns + column + across)
                        part.store(element, y, (column + across) * rows + row + down)

    parameters = {"x": "ptr noalias", "y": "ptr noalias", **dict.fromkeys(("count", "rows", "columns", "per_chunk"), "i64")}
    return module(chunked("turn", parameters, lambda routine: routine["count"] * parts(routine), body))
