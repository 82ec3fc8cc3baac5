"""Compiled solution of triangular systems: many small ones, or one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.chunks import checked, chunks_of, refuse, span
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector
from autograd_lite.kernels.rows import seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["triangular_solve"]

LARGEST = 64  # rows of a matrix; in larger ones most of the work is products of matrices
CHUNK = 1 << 15  # multiplications that a thread does at a time
NUMPY_STEPS = 4  # elements that NumPy could move in the time of a multiplication


@compiled("MatrixTriangularSolve")
def triangular_solve(c: Inference) -> Tiered | None:
    """Of float32; what has a zero on the diagonal, or a result that is not finite, is left to NumPy."""
    shape, given = shape_of(c, 0), shape_of(c, 1)
    if c.dtype(0).name != "float32" or len(shape) < 2 or shape[:-1] != given[:-1] or 0 in given or not 0 < shape[-1] <= LARGEST:
        return None
    *batch, size, columns = given
    per_chunk = max(CHUNK // (size * size * columns), 1)
    is_turned, starts_above = c.attrs["adjoint"], c.attrs["lower"] != c.attrs["adjoint"]

    def prepare() -> Any:
        widths = [lanes for lanes in (16, 8, 4, 2, 1) if lanes <= lanes_of_registers()]
        text = _text(starts_above, is_turned, columns, tuple(widths))
        arrays = [Given(shape), Given(given), Given(given, is_output=True)]
        run = caller(text, "solve", arrays, [math.prod(batch), size, per_chunk], returns="i32", short=False)

        def solve(xp: Any, matrix: Any, rhs: Any, *attrs: Any) -> Any:
            result = np.empty(given, np.float32)
            return result if run(matrix, rhs, result) else c.opdef.kernel(xp, matrix, rhs, *attrs)

        return solve

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * size * math.prod(given)))


def _text(starts_above: bool, is_turned: bool, columns: int, widths: tuple[int, ...]) -> str:
    """`i32 solve(matrices, rhs, results, count, size, per_chunk)`: substitution, row after row, from the first or from the last one.

    is_turned: matrices are taken transposed. The status is 1 if a diagonal has a zero, or a result is not finite.
    """

    def body(part: Routine, index: Value) -> None:
        size = part["size"]
        with part.loop(*span(part, index, part["per_chunk"], part["count"])) as each:
            matrix = part.at(part["matrices"], each * size * size, "float")
            rhs, result = (part.at(part[name], each * size * columns, "float") for name in ("rhs", "results"))
            with part.loop(0, size) as step:
                row = step if starts_above else size - 1 - step
                _solve_row(part, matrix, rhs, result, row, step)

    def _solve_row(part: Routine, matrix: Value, rhs: Value, result: Value, row: Value, step: Value) -> None:
        size = part["size"]
        diagonal = part.load("float", matrix, row * size + row)
        with part.when(diagonal.equals(0.0)):
            refuse(part)
        for lanes, column in strips(part, columns, widths):
            left = part.variable(part.load(vector("float", lanes), rhs, row * columns + column))
            with part.loop(0, step) as before:
                other = before if starts_above else size - 1 - before
                place = other * size + row if is_turned else row * size + other
                factor = part.load("float", matrix, place) * -1.0
                known = part.load(vector("float", lanes), result, other * columns + column)
                left.set(part.fma(part.spread(factor, lanes), known, left.get()))
            found = left.get() / part.spread(diagonal, lanes)
            is_wrong = (found - found).unordered()
            with part.when(is_wrong if lanes == 1 else part.mask_bits(is_wrong).differs(0)):
                refuse(part)
            part.store(found, result, row * columns + column)

    parameters = {**dict.fromkeys(("matrices", "rhs", "results"), "ptr"), **dict.fromkeys(("count", "size", "per_chunk"), "i64")}
    return module(checked("solve", parameters, lambda routine: chunks_of(routine, routine["count"], routine["per_chunk"]), body))
