"""Kernels on rows in LLVM's assembly: segments, scattered and gathered rows.

The width of a row is a constant in the code. Every function returns a status: 0, or 1 for an index that it does not accept, which the
op's own kernel then complains about. A function that changes an array looks at all indices first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import checked, chunked, chunks_of, refuse, span
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector

__all__ = [
    "COMBINATIONS", "GROUP", "Rows", "adagrad_text", "copy_row", "each_strip", "gather_text", "one_hot_text", "scatter_text",
    "segment_text", "unsorted_text",
]  # fmt: skip

COMBINATIONS = ("add", "sub", "mul", "max", "min", "update")
GROUP = 8  # strips of a row that are kept in registers together
LOOKED_AT = 8  # indices that are looked at together
CHUNK, FEWEST_ROWS = 1 << 14, 16  # elements, and at least so many rows, that one thread takes at a time
_LARGEST = {"float": float(np.finfo(np.float32).max), "double": float(np.finfo(np.float64).max)}


class Rows(NamedTuple):
    """What the code of a kernel on rows depends on.

    element: type of the elements, `float` or `double` (for copies: any). place: type of an index, `i32` or `i64`. width: elements of a row.
    lanes: elements that fit a register.
    """

    element: str
    place: str
    width: int
    lanes: int

    @property
    def strips(self) -> list[tuple[int, int]]:
        """The strips of a row: lanes and offset of each."""
        found, start, lanes = [], 0, self.lanes
        while start < self.width:
            while lanes > self.width - start:
                lanes //= 2
            found.append((lanes, start))
            start += lanes
        return found

    @property
    def per_chunk(self) -> int:
        """How many rows one thread takes at a time."""
        return max(CHUNK // max(self.width, 1), FEWEST_ROWS)

    @property
    def groups(self) -> list[list[tuple[int, int]]]:
        """Strips that are kept in registers together."""
        return [self.strips[start : start + GROUP] for start in range(0, len(self.strips), GROUP)]


def start_of(combination: str, element: str) -> float:
    """What a segment without rows holds, before rows are combined with it."""
    if combination in ("max", "min"):
        return -_LARGEST[element] if combination == "max" else _LARGEST[element]
    return 1.0 if combination == "mul" else 0.0


def combine(combination: str, held: Value, new: Value) -> Value:
    """One row's element combined with what is held; extremes are NaN where either is."""
    if combination == "update":
        return new
    if combination in ("add", "mean", "root"):
        return held + new
    if combination == "sub":
        return held - new
    if combination == "mul":
        return held * new
    better = new > held if combination == "max" else new < held
    return held.routine.select(better | new.unordered(), new, held)


def each_strip(routine: Routine, rows: Rows, body: Callable[[int, Value | int], None]) -> None:
    """Do `body(lanes, offset)` for every strip of a row: written out for short rows, in loops for long ones."""
    if len(rows.strips) <= GROUP:
        for lanes, offset in rows.strips:
            body(lanes, offset)
    else:
        for lanes, index in strips(routine, rows.width, (rows.lanes, 4, 1)):
            body(lanes, index)


# -------------------------------------------------------------------- segments


@remembered
def segment_text(combination: str, rows: Rows, chosen: str | None = None) -> str:
    """`segment(data, ids, out, count, segments)`: combine the rows of each segment, whose ids are sorted.

    Args:
      combination: `add`, `mean`, `root` (the sum divided by the root of the count), `mul`, `max` or `min`. Segments without rows get 0, and
        1 for products.
      chosen: the type of indices that say which rows there are: `segment(data, indices, ids, out, size0, count, ids_count, segments)`.
    """
    pointers = ("data", "indices", "ids", "out") if chosen else ("data", "ids", "out")
    numbers = ("size0", "count", "ids_count", "segments") if chosen else ("count", "segments")
    chunk = rows.per_chunk

    def body(routine: Routine, index: Value) -> None:
        if chosen:
            with routine.when(routine["count"].differs(routine["ids_count"])):
                refuse(routine)
        _combine_segments(routine, rows, combination, chosen, span(routine, index, chunk, routine["count"]))

    parameters = {**dict.fromkeys(pointers, "ptr"), **dict.fromkeys(numbers, "i64")}
    return module(checked("segment", parameters, lambda routine: chunks_of(routine, routine["count"], chunk), body))


def _combine_segments(routine: Routine, rows: Rows, combination: str, chosen: str | None, part: tuple[Value, Value]) -> None:
    """Combine the rows of all segments that begin in this part of the rows; what lies between them is filled."""
    out, count, segments, element = routine["out"], routine["count"], routine["segments"], rows.element
    (begin, end), empty = part, routine.value(element, 1.0 if combination == "mul" else 0.0)
    position, next_segment = routine.variable(begin), routine.variable(routine.integer(0))

    def id_at(at: Value) -> Value:
        return routine.load(rows.place, routine["ids"], at).to("i64")

    with routine.when(begin > 0):
        before = id_at(begin - 1)
        with routine.when(before.below(segments).equals(0)):
            refuse(routine)
        next_segment.set(before + 1)
        position.set(_end_of_run(routine, begin, end, id_at, before))
    with routine.while_(lambda: position.get() < end):
        start, first = position.get(), next_segment.get()
        segment = id_at(start)
        with routine.when((segment < first) | (segment >= segments)):
            refuse(routine)
        routine.fill(empty, routine.at(out, first * rows.width, element), (segment - first) * rows.width, rows.lanes)
        stop = _end_of_run(routine, start + 1, count, id_at, segment)
        for group in rows.groups:
            _fold_run(routine, rows, combination, group, (start, stop), segment, chosen)
        position.set(stop)
        next_segment.set(segment + 1)
    with routine.when(end.equals(count)):
        rest = next_segment.get()
        routine.fill(empty, routine.at(out, rest * rows.width, element), (segments - rest) * rows.width, rows.lanes)


def _end_of_run(routine: Routine, start: Value, count: Value, key_at: Callable[[Value], Value], key: Value) -> Value:
    """The first place from `start` on whose key is another, or `count`."""
    end, go_on = routine.variable(start), routine.variable(start < count)
    with routine.while_(go_on.get):
        routine.either(
            key_at(end.get()).equals(key),
            lambda: (end.set(end.get() + 1), go_on.set(end.get() < count)),  # type: ignore[func-returns-value]
            lambda: go_on.set(0),
        )
    return end.get()


def _fold_run(
    routine: Routine, rows: Rows, combination: str, group: Sequence[tuple[int, int]], run: tuple[Value, Value], segment: Value,
    chosen: str | None,
) -> None:  # fmt: skip
    """Fold the rows of a run, these strips of them, into the row of their segment."""
    begin, end = run
    start = start_of(combination, rows.element)
    held = [routine.variable(routine.value(vector(rows.element, lanes), start)) for lanes, _ in group]
    with routine.loop(begin, end) as at:
        row = routine.load(chosen, routine["indices"], at).to("i64") if chosen else at
        if chosen:
            with routine.when(row.below(routine["size0"]).equals(0)):
                refuse(routine)
        for variable, (_, offset) in zip(held, group):
            new = routine.load(variable.kind, routine["data"], row * rows.width + offset)
            variable.set(combine(combination, variable.get(), new))
    for variable, (lanes, offset) in zip(held, group):
        folded = variable.get()
        if combination in ("mean", "root"):
            number = (end - begin).to("double")
            number = routine.intrinsic("sqrt", number) if combination == "root" else number
            folded = folded / routine.spread(number.to(rows.element), lanes)
        routine.store(folded, routine["out"], segment * rows.width + offset)


def copy_row(routine: Routine, rows: Rows, to: tuple[Value, Value], source: tuple[Value, Value]) -> None:
    """Copy a row; both are an array and the number of the row in it."""
    _combine_row(routine, rows, "update", to, source)


@remembered
def unsorted_text(combination: str, rows: Rows) -> str:
    """`unsorted(data, ids, out, count, segments)`: combine the rows of each segment; negative ids drop their row."""
    routine = Routine("unsorted", {"data": "ptr", "ids": "ptr", "out": "ptr noalias", "count": "i64", "segments": "i64"}, "i32")
    start = routine.value(rows.element, start_of(combination, rows.element))
    routine.fill(start, routine["out"], routine["segments"] * rows.width, rows.lanes)
    with routine.loop(0, routine["count"]) as at:
        segment = routine.load(rows.place, routine["ids"], at).to("i64")
        with routine.when(segment >= routine["segments"]):
            routine.leave(1)
        with routine.when(segment >= 0):
            _combine_row(routine, rows, combination, (routine["out"], segment), (routine["data"], at))
    return module([routine])


def _combine_row(routine: Routine, rows: Rows, combination: str, held: tuple[Value, Value], new: tuple[Value, Value]) -> None:
    """Combine a row of one array with a row of another, in place."""

    def strip(lanes: int, offset: Value | int) -> None:
        kind = vector(rows.element, lanes)
        update = routine.load(kind, new[0], new[1] * rows.width + offset)
        if combination != "update":
            before = routine.load(kind, held[0], held[1] * rows.width + offset)
            is_whole = combination == "add" and rows.element in ("i32", "i64")  # whole numbers begin again at the other end
            update = routine.emit(kind, f"add {kind} {before.name}, {update.name}") if is_whole else combine(combination, before, update)
        routine.store(update, held[0], held[1] * rows.width + offset)

    each_strip(routine, rows, strip)


# -------------------------------------------------------------------- rows by position


def _row_at(routine: Routine, rows: Rows, depth: int, at: Value) -> tuple[Value, Value]:
    """The row that position `at` of the indices names, and whether it is inside. A position has `depth` numbers, each below its size."""
    number, inside = routine.integer(0), None
    for axis in range(depth):
        index, size = routine.load(rows.place, routine["indices"], at * depth + axis).to("i64"), routine[f"size{axis}"]
        number = index if axis == 0 else number * size + index
        fits = index.below(size)
        inside = fits if inside is None else inside & fits
    return number, inside if inside is not None else routine.value("i1", 1)


def _sizes(depth: int) -> dict[str, str]:
    return {f"size{axis}": "i64" for axis in range(depth)}


@remembered
def gather_text(rows: Rows, depth: int) -> str:
    """`gather(params, indices, out, size0, ..., count, made)`: copy the named rows; `out` has place for `made`, as many as are named."""

    def body(routine: Routine, index: Value) -> None:
        with routine.loop(*span(routine, index, rows.per_chunk, routine["count"])) as at:
            row, inside = _row_at(routine, rows, depth, at)
            with routine.when(inside.equals(0)):
                refuse(routine)
            copy_row(routine, rows, (routine["out"], at), (routine["params"], row))

    parameters = {"params": "ptr", "indices": "ptr", "out": "ptr", **_sizes(depth), "count": "i64", "made": "i64"}
    return module(checked("gather", parameters, lambda routine: chunks_of(routine, routine["count"], rows.per_chunk), body))


def one_hot_text(rows: Rows) -> str:
    """`one_hot(values, indices, out, count, depth)`: rows of the second value, with the first at their index."""

    def body(routine: Routine, index: Value) -> None:
        out, depth = routine["out"], routine["depth"]
        on, off = (routine.load(rows.element, routine["values"], at) for at in (0, 1))
        begin, end = span(routine, index, rows.per_chunk, routine["count"])
        routine.fill(off, routine.at(out, begin * depth, rows.element), (end - begin) * depth, rows.lanes)
        with routine.loop(begin, end) as at:
            hot = routine.load(rows.place, routine["indices"], at).to("i64")
            with routine.when(hot.below(depth)):
                routine.store(on, out, at * depth + hot)

    parameters = {"values": "ptr", "indices": "ptr", "out": "ptr", "count": "i64", "depth": "i64"}
    return module(chunked("one_hot", parameters, lambda routine: chunks_of(routine, routine["count"], rows.per_chunk), body))


@remembered
def scatter_text(combination: str, rows: Rows, depth: int) -> str:
    """`scatter(held, indices, updates, count, size0, ...)`: combine the named rows with updates, one after the other, in place."""
    parameters = {"held": "ptr", "indices": "ptr", "updates": "ptr", "count": "i64", **_sizes(depth)}
    routine = Routine("scatter", parameters, "i32")
    check_rows(routine, rows, depth)
    with routine.loop(0, routine["count"]) as at:
        row, _ = _row_at(routine, rows, depth, at)
        _combine_row(routine, rows, combination, (routine["held"], row), (routine["updates"], at))
    return module([routine])


def check_rows(routine: Routine, rows: Rows, depth: int) -> None:
    """Leave with status 1 if any index is outside."""
    lanes = 1 if depth > 1 else LOOKED_AT
    inside = routine.variable(routine.value(vector("i1", lanes), 1))
    if depth == 1:
        size = routine.spread(routine["size0"], lanes)
        with routine.loop(0, routine["count"] - (lanes - 1), lanes) as at:
            indices = routine.load(vector(rows.place, lanes), routine["indices"], at).to("i64")
            inside.set(inside.get() & indices.below(size))
    all_inside = routine.variable(inside.get() if lanes == 1 else routine.mask_bits(inside.get()).equals((1 << lanes) - 1))
    start = routine["count"] - routine["count"] % lanes
    with routine.loop(0 if lanes == 1 else start, routine["count"]) as at:
        all_inside.set(all_inside.get() & _row_at(routine, rows, depth, at)[1])
    with routine.when(all_inside.get().equals(0)):
        routine.leave(1)


# -------------------------------------------------------------------- rows of variables that an optimizer changes


def adagrad_text(rows: Rows, update_slots: bool) -> str:
    """`adagrad(var, accum, indices, grad, rate, count, size0)`: the rule of Adagrad for the named rows; `rate` points to a number."""
    parameters = {"var": "ptr", "accum": "ptr", "indices": "ptr", "grad": "ptr", "rate": "ptr", "count": "i64", **_sizes(1)}
    routine = Routine("adagrad", parameters, "i32")
    check_rows(routine, rows, 1)
    rate = routine.load(rows.element, routine["rate"])
    with routine.loop(0, routine["count"]) as at:
        row, _ = _row_at(routine, rows, 1, at)

        def strip(lanes: int, offset: Value | int, row: Value = row, at: Value = at) -> None:
            kind, place = vector(rows.element, lanes), row * rows.width + offset
            gradient, squares = routine.load(kind, routine["grad"], at * rows.width + offset), routine.load(kind, routine["accum"], place)
            if update_slots:
                squares = squares + gradient * gradient
                routine.store(squares, routine["accum"], place)
            step = gradient * routine.spread(rate, lanes) * (1.0 / routine.intrinsic("sqrt", squares))
            routine.store(routine.load(kind, routine["var"], place) - step, routine["var"], place)

        each_strip(routine, rows, strip)
    return module([routine])
