"""Products of a large matrix with a thin one, of a few columns: layers that end in ten classes or sixteen units, and their gradients.

General routines arrange blocks of both matrices for a product that reads every number many times. Here each number of the large matrix is
used for a few columns only, so reading it once is all that there is to do. Two forms: `a @ b`, where a few rows of the result are summed up
in registers while the columns of `a` go by, and `a.T @ b`, where all sums for a few neighbours in the rows of `a` are. While these are
used, memory is asked for what comes next: the processor does not guess by itself where so many short pieces go on.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

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
TURNED_ROWS = 256  # at most, the same for `a.T @ b`: the sums fit the nearest cache
TERMS = 256  # that are added up before they go to the total: sums of thousands stay as exact as those of general routines
NEAR_TERMS = 48  # the same of `a.T @ b`: what is read of `a` meanwhile stays in the nearest cache
REGISTERS = 8  # vectors of sums that are kept of `a @ b`: enough to keep two units busy that take four steps each
SUMS = {16: 24, 8: 12, 4: 24}  # lanes -> the same of `a.T @ b`
MOST_TOGETHER = {16: 8, 8: 6, 4: 8}  # columns of `b` whose sums these are
MOST_VECTORS = 4  # of neighbours in `a`
LINE_FLOATS = 16  # in a line of the cache
UNROLL = 2
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
    coming = routine.at(routine["a"], (first + count) * routine["inner"], "float")

    def step(at: Value, ahead: int) -> None:
        right = thin.load(routine, routine["b"], at + ahead)
        for start, row in zip(starts, sums):
            _add_scaled(routine, row, right, routine.load("float", start, at + ahead), thin.lanes)

    with routine.loop(0, routine["inner"], TERMS) as begin:
        for row in sums:
            for each in row:
                each.set(0.0)
        end = routine.smaller(begin + TERMS, routine["inner"])
        whole = end - (end - begin) % UNROLL
        with routine.loop(begin, whole, UNROLL) as at:
            for ahead in range(UNROLL):
                step(at, ahead)
            if count > 1:
                for line in range(0, UNROLL * count, LINE_FLOATS):
                    routine.prefetch(coming, at * count + line)
        with routine.loop(whole, end) as at:
            step(at, 0)
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
    groups = -(-columns // MOST_TOGETHER[lanes])
    firsts = [columns * number // groups for number in range(groups + 1)]
    vectors = min(MOST_VECTORS, SUMS[lanes] // -(-columns // groups))
    length = TURNED_ROWS // (vectors * lanes) * vectors * lanes

    def part(routine: Routine, index: Value) -> None:
        begin, end = span(routine, index, length, routine["rows"])
        totals = routine.room("float", length * columns)  # of each column of `b` one after the other
        routine.fill(routine.value("float", 0.0), totals, routine.integer(length * columns), lanes)
        whole = end - (end - begin) % (vectors * lanes)
        with routine.loop(0, routine["inner"], NEAR_TERMS) as first:
            terms = first, routine.smaller(first + NEAR_TERMS, routine["inner"])
            strips = [
                _Strip(routine, lanes, vectors, columns, terms, *pair, range(number * LINE_FLOATS, vectors * lanes, groups * LINE_FLOATS))
                for number, pair in enumerate(itertools.pairwise(firsts))
            ]
            with routine.loop(begin, whole, vectors * lanes) as row:
                ahead = routine.select((row + vectors * lanes) < end, vectors * lanes, begin - row + routine["rows"] * NEAR_TERMS)
                for strip in strips:
                    strip.add(row, ahead, None, routine.at(totals, row - begin, "float"), length)
            with routine.when(whole < end):
                masks = [routine.first_lanes(end - whole - v * lanes, lanes) for v in range(vectors)]
                ahead = begin - whole + routine["rows"] * NEAR_TERMS
                for strip in strips:
                    strip.add(whole, ahead, masks, routine.at(totals, whole - begin, "float"), length)
        with routine.loop(begin, end) as row:
            for column in range(columns):
                routine.store(routine.load("float", totals, row - begin + column * length), routine["out"], row * columns + column)

    return module(chunked("product", _PARAMETERS, lambda routine: chunks_of(routine, routine["rows"], length), part))


class _Strip(NamedTuple):
    """Some rows of `a.T @ b`, as many as a few vectors hold, by some of its columns. terms: the rows of `a` and `b` to sum up."""

    routine: Routine
    lanes: int
    vectors: int
    columns: int
    terms: tuple[Value, Value]
    first: int
    end: int
    asks_for: Sequence[int]  # which lines of what comes next it asks memory for

    def add(self, row: Value, ahead: Value, masks: list[Value] | None, totals: Value, length: int) -> None:
        """Add the sums to the totals, of which there are `length` for each column.

        Args:
          ahead: how far behind the numbers of a row those are that come next, for which memory is asked.
          masks: which of the rows are there; None for all.
        """
        routine, kind = self.routine, vector("float", self.lanes)
        zero = routine.value(kind, 0.0)
        sums = [[routine.variable(zero) for _ in range(self.vectors)] for _ in range(self.first, self.end)]
        places = range(0, self.vectors * self.lanes, self.lanes)
        with routine.loop(*self.terms) as term:
            left = routine.at(routine["a"], term * routine["rows"] + row, "float")
            if masks is None:
                values = [routine.load(kind, left, place) for place in places]
            else:
                values = [routine.load_masked(kind, left, place, mask, zero) for place, mask in zip(places, masks)]
            for line in self.asks_for:
                routine.prefetch(left, ahead + line)
            for column, own_sums in enumerate(sums, self.first):
                factor = routine.spread(routine.load("float", routine["b"], term * self.columns + column), self.lanes)
                for total, value in zip(own_sums, values):
                    total.set(routine.fma(factor, value, total.get()))
        for column, own_sums in enumerate(sums, self.first):
            for place, total in zip(places, own_sums):
                at = column * length + place
                routine.store(routine.load(kind, totals, at) + total.get(), totals, at)
