"""Reductions in LLVM's assembly: float32 arrays [outer, count, inner] are folded along `count`, which is at least 1.

Sums and products are kept in double precision, so they are more accurate than sums by halves in single precision, and do not depend on
how the array is cut into chunks beyond that. Sizes are arguments: the code is the same for all shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked, span
from autograd_lite.kernels.routine import Routine, Value, Variable, combined, lanes_of, module, vector

__all__ = ["FOLDS", "PARAMETERS", "POSITION_PARAMETERS", "module_text", "positions_text"]

SHORT, TOGETHER = 63, 8  # rows of up to so many elements are folded several at once
FOLDS = ("sum", "mean", "prod", "max", "min")
_STARTS = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf}
_NAMES = {"sum": "add", "mean": "add", "prod": "mul", "max": "max", "min": "min"}
# out: the result, or doubles [outer, parts, inner] that `finish` folds.
# rows_per_chunk: how many of `outer` one chunk does. part: how many of `count` make a part. columns: how many of `inner` a chunk does.
_SIZES = dict.fromkeys(("outer", "count", "inner", "rows_per_chunk", "part", "columns"), "i64")
PARAMETERS = {
    "reduce": {"x": "ptr", "out": "ptr", **_SIZES},
    "reduce_parts": {"x": "ptr", "out": "ptr", **_SIZES},
    "reduce_long": {"x": "ptr", "parts": "ptr", "out": "ptr", **_SIZES},
    "finish": {"parts": "ptr", "out": "ptr", **dict.fromkeys(("outer", "count", "inner", "part"), "i64")},
}
POSITION_PARAMETERS = {"x": "ptr", "out": "ptr", **dict.fromkeys(("outer", "count", "inner", "rows_per_chunk"), "i64")}


class _Fold:
    """One way of folding, for vectors of so many lanes: what is held while elements come, and what it makes in the end."""

    def __init__(self, routine: Routine, kind: str, lanes: int) -> None:
        self.routine, self.kind, self.lanes = routine, kind, lanes
        self.in_double = kind in ("sum", "mean", "prod")
        self.start = routine.value(vector("double" if self.in_double else "float", lanes), _STARTS[kind])

    @property
    def nothing(self) -> Value:
        """Elements that change nothing."""
        return self.routine.value(vector("float", self.lanes), _STARTS[self.kind])

    def held(self) -> _Held:
        """Variables for what is folded so far."""
        none = self.routine.value(vector("i1", self.lanes), 0)
        return _Held(self, self.routine.variable(self.start), self.routine.variable(none))


class _Held(NamedTuple):
    """What is folded so far, in each lane. Extremes pass over NaN, so that is noted beside them."""

    fold: _Fold
    value: Variable
    strange: Variable

    def take(self, new: Value) -> None:
        """Fold a vector of floats in."""
        if self.fold.in_double:
            new = new.to("double")
        else:
            self.strange.set(self.strange.get() | new.unordered())
        self.value.set(combined(_NAMES[self.fold.kind], self.value.get(), new))

    def join(self, other: _Held) -> None:
        """Fold in what another holds."""
        self.value.set(combined(_NAMES[self.fold.kind], self.value.get(), other.value.get()))
        self.strange.set(self.strange.get() | other.strange.get())

    def result(self) -> Value:
        """The fold in each lane, in double precision."""
        value = self.value.get()
        return value if self.fold.in_double else self.fold.routine.select(self.strange.get(), math.nan, value).to("double")

    def whole(self) -> Value:
        """The fold over all lanes, in double precision."""
        routine = self.fold.routine
        folded = routine.folded(_NAMES[self.fold.kind], self.value.get())
        if self.fold.in_double:
            return folded
        return routine.select(routine.mask_bits(self.strange.get()).differs(0), math.nan, folded).to("double")


@remembered
def module_text(kind: str, lanes: int) -> str:
    """The module of a fold: `reduce` for many results, `reduce_long` for long folds with few results."""
    routines = []
    for name, store in (("reduce", _store_result), ("reduce_parts", _store_part)):

        def body(routine: Routine, index: Value, store: Callable[..., None] = store) -> None:
            _reduce_chunk(routine, kind, lanes, index, lambda *what: store(routine, kind, *what))

        routines += chunked(name, PARAMETERS[name], _chunks, body)
    return module([*routines, _finish(kind), _reduce_long()])


def _reduce_long() -> Routine:
    """`reduce_parts`, then `finish`."""
    routine = Routine("reduce_long", PARAMETERS["reduce_long"])
    routine.call("void", "reduce_parts", routine["x"], routine["parts"], *[routine[name] for name in _SIZES])
    routine.call("void", "finish", routine["parts"], routine["out"], *[routine[name] for name in ("outer", "count", "inner", "part")])
    return routine


def _ceiling(routine: Routine, total: str, part: str) -> Value:
    return (routine[total] + routine[part] - 1) / routine[part]


def _chunks(routine: Routine) -> Value:
    return _ceiling(routine, "outer", "rows_per_chunk") * _ceiling(routine, "count", "part") * _ceiling(routine, "inner", "columns")


def _reduce_chunk(routine: Routine, kind: str, lanes: int, index: Value, store: Callable[[Value, Value, Value], None]) -> None:
    """Fold the chunk with this number; `store(folded, place, parts)` gets each fold, place counted in results."""
    column_chunks, parts = _ceiling(routine, "inner", "columns"), _ceiling(routine, "count", "part")
    columns = span(routine, index % column_chunks, routine["columns"], routine["inner"])
    number = index / column_chunks
    part = number % parts
    steps = span(routine, part, routine["part"], routine["count"])
    rows = span(routine, number / parts, routine["rows_per_chunk"], routine["outer"])

    def each_row() -> None:
        with routine.loop(*rows) as row:
            first, result = row * routine["count"] * routine["inner"], (row * parts + part) * routine["inner"]
            routine.either(
                routine["inner"].equals(1),
                lambda: store(_along(routine, kind, lanes, first, steps), result, parts),
                lambda: _across(routine, kind, lanes, first, steps, columns, lambda folded, column: store(folded, result + column, parts)),
            )

    def short_rows() -> None:
        with routine.loop(*rows, TOGETHER) as row:
            _together(routine, kind, row, rows[1], lambda folded, place: store(folded, place, parts))

    routine.either(routine["inner"].equals(1) & (routine["count"] <= SHORT), short_rows, each_row)


def _together(routine: Routine, kind: str, row: Value, end: Value, store: Callable[[Value, Value], None]) -> None:
    """Fold several short rows at once, from this one on (the last one several times if there are no more)."""
    fold, count = _Fold(routine, kind, TOGETHER), routine["count"]
    starts = [routine.smaller(row + number, end - 1) * count for number in range(TOGETHER)]
    held, whole = [fold.held() for _ in starts], count - count % TOGETHER
    elements = vector("float", TOGETHER)
    with routine.loop(0, whole, TOGETHER) as at:
        for each, start in zip(held, starts):
            each.take(routine.load(elements, routine["x"], start + at))
    with routine.when(whole < count):
        mask = routine.first_lanes(count - whole, TOGETHER)
        for each, start in zip(held, starts):
            each.take(routine.load_masked(elements, routine["x"], start + whole, mask, fold.nothing))
    folded = _folded_rows(_NAMES[kind], [each.result() for each in held])

    def store_some() -> None:
        found = routine.room("double", TOGETHER)
        routine.store(folded, found)
        with routine.loop(0, end - row) as number:
            store(routine.load("double", found, number), row + number)

    routine.either(row + TOGETHER <= end, lambda: store(folded, row), store_some)


def _folded_rows(name: str, rows: list[Value]) -> Value:
    """The lanes of each of these vectors folded: one number for each, side by side. There are as many vectors as lanes."""
    lanes, width = len(rows), 1
    while len(rows) > 1:
        order = [lane for first in range(0, lanes, 2 * width) for vector_start in (0, lanes) for lane in
                 range(vector_start + first, vector_start + first + width)]  # fmt: skip
        parts = (order, [lane + width for lane in order])
        pairs = zip(rows[::2], rows[1::2])
        rows = [_either_or_nan(name, *[left.routine.shuffle(left, right, part) for part in parts]) for left, right in pairs]
        width *= 2
    return rows[0]


def _either_or_nan(name: str, left: Value, right: Value) -> Value:
    """Two values combined, where extremes are NaN if one is."""
    folded = combined(name, left, right)
    return folded if name in ("add", "mul") else left.routine.select(right.unordered(), right, folded)


def _along(routine: Routine, kind: str, lanes: int, first: Value, steps: tuple[Value, Value]) -> Value:
    """Fold elements that lie side by side."""
    fold = _Fold(routine, kind, lanes)
    held = [fold.held() for _ in range(4)]
    x, (begin, end) = routine["x"], (first + steps[0], first + steps[1])
    whole = begin + (end - begin) / (4 * lanes) * (4 * lanes)
    with routine.loop(begin, whole, 4 * lanes) as at:
        for number, each in enumerate(held):
            each.take(routine.load(vector("float", lanes), x, at + number * lanes))
    with routine.loop(whole, end, lanes) as at:
        mask = routine.first_lanes(end - at, lanes)
        held[0].take(routine.load_masked(vector("float", lanes), x, at, mask, fold.nothing))
    for left, right in ((0, 1), (2, 3), (0, 2)):
        held[left].join(held[right])
    return held[0].whole()


def _across(
    routine: Routine, kind: str, lanes: int, first: Value, steps: tuple[Value, Value], columns: tuple[Value, Value],
    store: Callable[[Value, Value], None],
) -> None:  # fmt: skip
    """Fold rows, several columns side by side."""
    begin, end = columns
    start: Value = begin
    for group in (4, 1):
        stop = begin + (end - begin) / (group * lanes) * (group * lanes)
        with routine.loop(start, stop, group * lanes) as column:
            held = [_Fold(routine, kind, lanes).held() for _ in range(group)]
            with routine.loop(*steps) as step:
                place = first + step * routine["inner"] + column
                for number, each in enumerate(held):
                    each.take(routine.load(vector("float", lanes), routine["x"], place + number * lanes))
            for number, each in enumerate(held):
                store(each.result(), column + number * lanes)
        start = stop
    with routine.when(start < end):
        fold = _Fold(routine, kind, lanes)
        last, mask = fold.held(), routine.first_lanes(end - start, lanes)
        with routine.loop(*steps) as step:
            place = first + step * routine["inner"] + start
            last.take(routine.load_masked(vector("float", lanes), routine["x"], place, mask, fold.nothing))
        folded = routine.room(vector("double", lanes))
        routine.store(last.result(), folded)
        with routine.loop(0, end - start) as lane:
            store(routine.load("double", folded, lane), start + lane)


def _store_part(routine: Routine, kind: str, folded: Value, place: Value, parts: Value) -> None:
    routine.store(folded, routine["out"], place)


def _store_result(routine: Routine, kind: str, folded: Value, place: Value, parts: Value) -> None:
    routine.store(_final(routine, kind, folded), routine["out"], place)


def _final(routine: Routine, kind: str, folded: Value) -> Value:
    """The result in single precision."""
    result = folded.to("float")
    if kind == "mean":
        count = routine["count"].to("float")
        result = result / (count if result.kind == "float" else routine.spread(count, lanes_of(result.kind)))
    return result


def _finish(kind: str) -> Routine:
    """Fold the parts, which are few."""
    routine = Routine("finish", PARAMETERS["finish"])
    parts = _ceiling(routine, "count", "part")
    with routine.loop(0, routine["outer"]) as row, routine.loop(0, routine["inner"]) as column:
        held = routine.variable(routine.value("double", _STARTS[kind]))
        with routine.loop(0, parts) as part:
            new, so_far = routine.load("double", routine["parts"], (row * parts + part) * routine["inner"] + column), held.get()
            both = combined(_NAMES[kind], so_far, new)
            held.set(both if kind in ("sum", "mean", "prod") else routine.select(new.unordered(), new, both))
        routine.store(_final(routine, kind, held.get()), routine["out"], row * routine["inner"] + column)
    return routine


# -------------------------------------------------------------------- positions


def positions_text(largest: bool, lanes: int, result: str) -> str:
    """`positions`: where the (first) largest or smallest along `count` stands, as `i32` or `i64`; NaN is passed over."""

    def body(routine: Routine, index: Value) -> None:
        with routine.loop(*span(routine, index, routine["rows_per_chunk"], routine["outer"])) as row:
            first = row * routine["count"] * routine["inner"]
            routine.either(
                routine["inner"].equals(1),
                lambda: routine.store(_position_along(routine, largest, lanes, first).to(result), routine["out"], row),
                lambda: _positions_across(routine, largest, lanes, result, first, row),
            )

    return module(chunked("positions", POSITION_PARAMETERS, lambda routine: _ceiling(routine, "outer", "rows_per_chunk"), body))


def _position_along(routine: Routine, largest: bool, lanes: int, first: Value) -> Value:
    """Find the extreme of a row, then the first place that holds it."""
    name, nothing = ("max", -math.inf) if largest else ("min", math.inf)
    kind, x, count = vector("float", lanes), routine["x"], routine["count"]
    best = routine.variable(routine.value(kind, nothing))
    with routine.loop(0, count, lanes) as at:
        new = routine.load_masked(kind, x, first + at, routine.first_lanes(count - at, lanes), routine.value(kind, nothing))
        best.set(combined(name, best.get(), new))
    extreme = routine.folded(name, best.get())
    found, start = routine.variable(routine.integer(0)), routine.variable(routine.integer(0))
    go_on = routine.variable(extreme.differs(nothing))  # otherwise there is nothing but NaN and this: the first place
    with routine.while_(go_on.get):
        at = start.get()
        new = routine.load_masked(kind, x, first + at, routine.first_lanes(count - at, lanes), routine.value(kind, nothing))
        hits = routine.mask_bits(new.equals(routine.spread(extreme, lanes)))
        found.set(at + routine.lowest_bit(hits))
        start.set(at + lanes)
        go_on.set(hits.equals(0))
    return found.get()


def _positions_across(routine: Routine, largest: bool, lanes: int, result: str, first: Value, row: Value) -> None:
    """Several columns side by side."""
    kind, inner = vector("float", lanes), routine["inner"]
    nothing = -math.inf if largest else math.inf
    with routine.loop(0, inner, lanes) as column:
        mask = routine.first_lanes(inner - column, lanes)
        best = routine.variable(routine.value(kind, nothing))
        found = routine.variable(routine.value(vector("i32", lanes), 0))
        with routine.loop(0, routine["count"]) as step:
            new = routine.load_masked(kind, routine["x"], first + step * inner + column, mask, routine.value(kind, nothing))
            better = new > best.get() if largest else new < best.get()
            best.set(routine.select(better, new, best.get()))
            found.set(routine.select(better, routine.spread(step.to("i32"), lanes), found.get()))
        routine.store_masked(found.get().to(result), routine["out"], row * inner + column, mask)
