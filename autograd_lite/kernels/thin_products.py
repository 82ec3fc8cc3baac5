"""Products of a large matrix with a thin one, of a few columns: layers that end in ten classes or sixteen units, and their gradients.

General routines arrange blocks of both matrices for a product that reads every number many times. Here each number of the large matrix is
used for a few columns only, so reading it once is all that there is to do. Two forms: `a @ b`, where a few rows of the result are summed up
in registers while the columns of `a` go by, and `a.T @ b`, where eight rows of both are taken at a time.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.routine import Routine, Value, Variable, module, vector
from autograd_lite.kernels.tier import Tiered

__all__ = ["thin_product"]

MOST_COLUMNS = 32
LEAST_INNER = 100
LEAST_WORK = 250_000  # multiplications; below, a call of the general routine is as quick
ROWS = 64  # of the result that one thread works on at a time
TURNED_ROWS = 256  # the same for `a.T @ b`: as many neighbours of `a` are read together, and the sums fit the nearest cache
TERMS = 256  # that are added up before they go to the total: sums of thousands stay as exact as those of general routines
REGISTERS = 8  # vectors of sums that are kept: enough to keep two units busy that take four steps each
SECONDS_PER_MULTIPLICATION = 4e-11


def thin_product(c: Inference, rows: int, columns: int, inner: int) -> Tiered | None:
    """Return the kernel of the op MatMul that makes `rows` times `columns` sums of `inner` terms, if it multiplies by a thin matrix."""
    turned_a, turned_b = c.attrs["transpose_a"], c.attrs["transpose_b"]
    work = rows * inner * columns
    if not 0 < columns <= MOST_COLUMNS or inner < LEAST_INNER or rows < ROWS or work < LEAST_WORK:
        return None

    def prepare() -> Any:
        lanes = lanes_of_registers()
        text = turned_text(columns, lanes) if turned_a else rows_text(columns, lanes)
        arrays = [Given(shape_of(c, 0)), Given((inner, columns)), Given((rows, columns), is_output=True)]
        run = caller(text, "product", arrays, [rows, inner])

        def multiply(xp: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
            out = empty((rows, columns))
            done = run(a, np.ascontiguousarray(b.T) if turned_b else b, out)
            return out if done else c.opdef.kernel(xp, a, b, transpose_a, transpose_b)

        return multiply

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, work * SECONDS_PER_MULTIPLICATION)


class _Columns:
    """The vectors that make up a row of the thin matrices, the last of them perhaps filled only in part."""

    def __init__(self, columns: int, lanes: int) -> None:
        self.columns = columns
        self.lanes = lanes
        self.kind = vector("float", lanes)
        self.starts = range(0, columns, lanes)

    def load(self, routine: Routine, pointer: Value, row: Value) -> list[Value]:
        """A row."""
        return [self._load(routine, pointer, row * self.columns + start, start) for start in self.starts]

    def _load(self, routine: Routine, pointer: Value, place: Value, start: int) -> Value:
        if start + self.lanes <= self.columns:
            return routine.load(self.kind, pointer, place)
        return routine.load_masked(self.kind, pointer, place, self._mask(routine, start), routine.value(self.kind, 0.0))

    def store(self, routine: Routine, values: list[Value], pointer: Value, row: Value) -> None:
        """Put a row into its place."""
        for start, value in zip(self.starts, values):
            place = row * self.columns + start
            if start + self.lanes <= self.columns:
                routine.store(value, pointer, place)
            else:
                routine.store_masked(value, pointer, place, self._mask(routine, start))

    def _mask(self, routine: Routine, start: int) -> Value:
        return routine.first_lanes(routine.integer(self.columns - start), self.lanes)


@remembered
def rows_text(columns: int, lanes: int) -> str:
    """`product(a, b, out, rows, inner)`: `a` [rows, inner] times `b` [inner, columns]."""
    thin = _Columns(columns, lanes)
    tile = max(1, REGISTERS // len(thin.starts))

    def part(routine: Routine, index: Value) -> None:
        begin, end = span(routine, index, ROWS, routine["rows"])
        whole = begin + (end - begin) / tile * tile
        with routine.loop(begin, whole, tile) as row:
            _some_rows(routine, thin, row, tile)
        with routine.loop(whole, end) as row:
            _some_rows(routine, thin, row, 1)

    return module(chunked("product", _PARAMETERS, lambda routine: chunks_of(routine, routine["rows"], ROWS), part))


_PARAMETERS = {"a": "ptr", "b": "ptr", "out": "ptr", "rows": "i64", "inner": "i64"}


def _some_rows(routine: Routine, thin: _Columns, first: Value, count: int) -> None:
    """Sum up `count` rows of the result in registers."""
    zero = routine.value(thin.kind, 0.0)
    sums = [[routine.variable(zero) for _ in thin.starts] for _ in range(count)]
    starts = [routine.at(routine["a"], (first + index) * routine["inner"], "float") for index in range(count)]
    totals = [[routine.variable(zero) for _ in thin.starts] for _ in range(count)]
    with routine.loop(0, routine["inner"], TERMS) as begin:
        for row in sums:
            for each in row:
                each.set(0.0)
        with routine.loop(begin, routine.smaller(begin + TERMS, routine["inner"])) as at:
            right = thin.load(routine, routine["b"], at)
            for start, row in zip(starts, sums):
                _add_scaled(routine, row, right, routine.load("float", start, at), thin.lanes)
        for total, row in zip(totals, sums):
            for each, part in zip(total, row):
                each.set(each.get() + part.get())
    for index, row in enumerate(totals):
        thin.store(routine, [each.get() for each in row], routine["out"], first + index)


def _add_scaled(routine: Routine, sums: list[Variable], right: list[Value], factor: Value, lanes: int) -> None:
    scaled = routine.spread(factor, lanes)
    for total, value in zip(sums, right):
        total.set(routine.fma(scaled, value, total.get()))


@remembered
def turned_text(columns: int, lanes: int) -> str:
    """`product(a, b, out, rows, inner)`: the transpose of `a` [inner, rows] times `b` [inner, columns]."""
    thin = _Columns(columns, lanes)
    filled = len(thin.starts) * lanes

    def part(routine: Routine, index: Value) -> None:
        begin, end = span(routine, index, TURNED_ROWS, routine["rows"])
        sums = routine.room("float", TURNED_ROWS * filled)
        routine.fill(routine.value("float", 0.0), sums, (end - begin) * filled, lanes)
        whole = routine["inner"] / 8 * 8
        with routine.loop(0, whole, 8) as at:
            _some_terms(routine, thin, sums, (begin, end), at, 8)
        with routine.loop(whole, routine["inner"]) as at:
            _some_terms(routine, thin, sums, (begin, end), at, 1)
        with routine.loop(begin, end) as row:
            values = [routine.load(thin.kind, sums, (row - begin) * filled + start) for start in thin.starts]
            thin.store(routine, values, routine["out"], row)

    return module(chunked("product", _PARAMETERS, lambda routine: chunks_of(routine, routine["rows"], TURNED_ROWS), part))


def _some_terms(routine: Routine, thin: _Columns, sums: Value, rows: tuple[Value, Value], first: Value, count: int) -> None:
    """Add to some rows of the result what `count` rows of both matrices give."""
    filled = len(thin.starts) * thin.lanes
    rights = [thin.load(routine, routine["b"], first + index) for index in range(count)]
    lefts = [routine.at(routine["a"], (first + index) * routine["rows"], "float") for index in range(count)]
    with routine.loop(*rows) as row:
        base = (row - rows[0]) * filled
        terms: list[Value | None] = [None] * len(thin.starts)
        for left, right in zip(lefts, rights):
            scaled = routine.spread(routine.load("float", left, row), thin.lanes)
            terms = [scaled * value if term is None else routine.fma(scaled, value, term) for value, term in zip(right, terms)]
        for start, term in zip(thin.starts, cast("list[Value]", terms)):
            place = base + start
            routine.store(routine.load(thin.kind, sums, place) + term, sums, place)
