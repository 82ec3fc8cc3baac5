"""Kernels on sparse tensors in LLVM's assembly: the product with a matrix, the sum of two, and the softmax of rows.

Indices are [count, rank]. The functions return a status as those on rows do.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd_lite.kernels.chunks import checked, chunks_of, refuse, span
from autograd_lite.kernels.float32_functions import FUNCTIONS
from autograd_lite.kernels.routine import Routine, Value, Variable, apply, module, vector
from autograd_lite.kernels.rows_assembly import GROUP, Rows, each_strip

__all__ = ["add_text", "product_text", "running_number", "softmax_text"]

CHUNK = 1 << 13  # elements that one thread takes at a time


def product_text(rows: Rows, adjoint: bool) -> str:
    """`product(indices, values, b, out, count, inner, rows)`: a sparse matrix times `b` [inner, width].

    Elements that stand side by side in one row are added up in registers.
    """
    parameters = {"indices": "ptr", "values": "ptr", "b": "ptr", "out": "ptr noalias", "count": "i64", "inner": "i64", "rows": "i64"}
    routine = Routine("product", parameters, "i32")
    count = routine["count"]
    routine.fill(routine.value(rows.element, 0.0), routine["out"], routine["rows"] * rows.width, rows.lanes)

    def index(at: Value, axis: int) -> Value:
        return routine.load(rows.place, routine["indices"], at * 2 + axis).to("i64")

    position = routine.variable(routine.integer(0))
    with routine.while_(lambda: position.get() < count):
        begin = position.get()
        row = index(begin, int(adjoint))
        with routine.when(row.below(routine["rows"]).equals(0)):
            routine.leave(1)
        if len(rows.strips) <= GROUP:
            _run_of_one_row(routine, rows, position, row, index, adjoint)
        else:
            column = index(begin, int(not adjoint))
            _check_column(routine, column)
            _add_scaled(routine, rows, row, column, begin)
            position.set(begin + 1)
    return module([routine])


def _check_column(routine: Routine, column: Value) -> None:
    with routine.when(column.below(routine["inner"]).equals(0)):
        routine.leave(1)


def _run_of_one_row(
    routine: Routine, rows: Rows, position: Variable, row: Value, index: Callable[[Value, int], Value], adjoint: bool
) -> None:
    """Add up all elements from `position` on that stand in this row."""
    places = [(vector(rows.element, lanes), row * rows.width + offset) for lanes, offset in rows.strips]
    held = [routine.variable(routine.load(kind, routine["out"], place)) for kind, place in places]
    go_on = routine.variable(routine.value("i1", 1))
    with routine.while_(go_on.get):
        at = position.get()
        column = index(at, int(not adjoint))
        _check_column(routine, column)
        factor = routine.load(rows.element, routine["values"], at)
        for variable, (lanes, offset) in zip(held, rows.strips):
            term = routine.load(variable.kind, routine["b"], column * rows.width + offset)
            variable.set(routine.fma(term, routine.spread(factor, lanes), variable.get()))
        position.set(at + 1)
        go_on.set(0)
        with routine.when(at + 1 < routine["count"]):
            go_on.set(index(at + 1, int(adjoint)).equals(row))
    for variable, (_, place) in zip(held, places):
        routine.store(variable.get(), routine["out"], place)


def _add_scaled(routine: Routine, rows: Rows, row: Value, column: Value, at: Value) -> None:
    """out[row] += values[at] * b[column]"""
    factor = routine.load(rows.element, routine["values"], at)

    def strip(lanes: int, offset: Value | int) -> None:
        kind, place = vector(rows.element, lanes), row * rows.width + offset
        term = routine.load(kind, routine["b"], column * rows.width + offset)
        routine.store(routine.fma(term, routine.spread(factor, lanes), routine.load(kind, routine["out"], place)), routine["out"], place)

    each_strip(routine, rows, strip)


def add_text(element: str, rank: int) -> str:
    """`add(a_indices, a_values, b_indices, b_values, indices, values, told, limit, a_count, b_count)`: the sum of two.

    The elements of both must be sorted, each position once. `told` holds a place for the number of elements of the sum, then the sizes. The
    rest of the outputs, which have room for both, is not touched. Elements that are smaller than `limit` (which points to a number) are
    dropped.
    """
    pointers = ("a_indices", "a_values", "b_indices", "b_values", "indices", "values", "told", "limit")
    routine = Routine("add", {**dict.fromkeys(pointers, "ptr"), "a_count": "i64", "b_count": "i64"}, "i32")
    for axis in range(rank):
        routine.arguments[f"size{axis}"] = routine.load("i64", routine["told"], 1 + axis)
    limit = routine.load(element, routine["limit"])
    sides = [_Side(routine, name, rank, element) for name in ("a", "b")]
    for side in sides:
        side.read()
    written = routine.variable(routine.integer(0))
    first, second = sides
    with routine.while_(lambda: first.is_left() | second.is_left()):
        from_first = first.number.get() <= second.number.get()
        from_second = second.number.get() <= first.number.get()
        total = routine.select(from_first, first.value.get(), 0.0) + routine.select(from_second, second.value.get(), 0.0)
        size = routine.intrinsic("fabs", total)
        with routine.when(size >= limit):
            at = written.get()
            for axis in range(rank):
                index = routine.select(from_first, first.indices[axis].get(), second.indices[axis].get())
                routine.store(index, routine["indices"], at * rank + axis)
            routine.store(total, routine["values"], at)
            written.set(at + 1)
        for side, used in ((first, from_first), (second, from_second)):
            with routine.when(used):
                side.read()
    routine.store(written.get(), routine["told"])
    return module([routine])


class _Side:
    """One of the two summands, and the element of it that comes next: its position, running number and value."""

    PAST = (1 << 63) - 1  # the running number after the last one

    def __init__(self, routine: Routine, name: str, rank: int, element: str) -> None:
        self.routine, self.name, self.rank, self.element = routine, name, rank, element
        self.next = routine.variable(routine.integer(0))  # the element to be read next
        self.number = routine.variable(routine.integer(-1))
        self.value = routine.variable(routine.value(element, 0.0))
        self.indices = [routine.variable(routine.integer(0)) for _ in range(rank)]

    def is_left(self) -> Value:
        """Whether there is an element."""
        return self.number.get() < self.PAST

    def read(self) -> None:
        """Go to the next element; leave the routine with status 1 if it is outside, or not after the last one."""
        routine, at = self.routine, self.next.get()

        def element() -> None:
            number = routine.integer(0)
            inside = None
            for axis, variable in enumerate(self.indices):
                index, size = routine.load("i64", routine[f"{self.name}_indices"], at * self.rank + axis), routine[f"size{axis}"]
                variable.set(index)
                number = number * size + index
                inside = index.below(size) if inside is None else inside & index.below(size)
            assert inside is not None
            with routine.when((inside & (number > self.number.get())).equals(0)):
                routine.leave(1)
            self.number.set(number)
            self.value.set(routine.load(self.element, routine[f"{self.name}_values"], at))

        def past() -> None:
            self.number.set(self.PAST)
            self.value.set(0.0)

        routine.either(at < routine[f"{self.name}_count"], element, past)
        self.next.set(at + 1)


def running_number(routine: Routine, place: str, rank: int, axes: int, at: Value) -> tuple[Value, Value]:
    """The running number of a position along its first axes, and whether it lies inside along all. Numbers of others may be anything.

    The routine has `indices` [count, rank] of type `place`, and `sizes` [rank].
    """
    number, inside = routine.integer(0), routine.value("i1", 1)
    for axis in range(rank):
        index, size = routine.load(place, routine["indices"], at * rank + axis).to("i64"), routine.load("i64", routine["sizes"], axis)
        if axis < axes:
            number = routine.emit("i64", f"add i64 {routine.emit('i64', f'mul i64 {number.name}, {size.name}').name}, {index.name}")
        inside = inside & index.below(size)
    return number, inside


def softmax_text(rank: int, lanes: int) -> str:
    """`i32 softmax(indices, values, sizes, out, count, values_count, out_count)`: softmax of float32 over the elements of each row.

    A row is what has the same indices but for the last. The status is 1 if rows do not come in order, or a position is outside.
    """

    def body(routine: Routine, chunk: Value) -> None:
        begin, end = span(routine, chunk, CHUNK, routine["count"])
        position, row = routine.variable(begin), routine.variable(routine.integer(-1))
        stop = routine.variable(begin)

        def find_end() -> None:
            """Go on to where the next row begins."""
            go_on = routine.variable(stop.get() < routine["count"])
            with routine.while_(go_on.get):
                number, inside = running_number(routine, "i64", rank, rank - 1, stop.get())
                with routine.when(inside.equals(0) | (number < row.get())):
                    refuse(routine)
                go_on.set(0)
                with routine.when(number.equals(row.get())):
                    stop.set(stop.get() + 1)
                    go_on.set(stop.get() < routine["count"])

        with routine.when(begin > 0):  # the row before goes on
            number, inside = running_number(routine, "i64", rank, rank - 1, begin - 1)
            with routine.when(inside.equals(0)):
                refuse(routine)
            row.set(number)
            find_end()
            position.set(stop.get())
        with routine.while_(lambda: position.get() < end):
            row.set(running_number(routine, "i64", rank, rank - 1, position.get())[0])
            find_end()
            with routine.when(stop.get().equals(position.get())):
                refuse(routine)
            _softmax_of(routine, lanes, position.get(), stop.get())
            position.set(stop.get())

    pointers, numbers = ("indices", "values", "sizes", "out"), ("count", "values_count", "out_count")
    parameters = {**dict.fromkeys(pointers, "ptr"), **dict.fromkeys(numbers, "i64")}
    return module(checked("softmax", parameters, lambda routine: chunks_of(routine, routine["count"], CHUNK), body))


def _softmax_of(routine: Routine, lanes: int, begin: Value, end: Value) -> None:
    """The softmax of elements that lie side by side."""
    kind = vector("float", lanes)
    largest, strange = routine.variable(routine.value(kind, -math.inf)), routine.variable(routine.value(vector("i1", lanes), 0))

    def each(otherwise: Value, array: str, body: Callable[[Value, Value, Value], None]) -> None:
        with routine.loop(begin, end, lanes) as at:
            mask = routine.first_lanes(end - at, lanes)
            body(at, mask, routine.load_masked(kind, routine[array], at, mask, otherwise))

    def take(at: Value, mask: Value, x: Value) -> None:
        strange.set(strange.get() | x.unordered())
        largest.set(routine.select(x > largest.get(), x, largest.get()))

    each(routine.value(kind, -math.inf), "values", take)
    most = routine.folded("max", largest.get())
    most = routine.spread(routine.select(routine.mask_bits(strange.get()).differs(0), math.nan, most), lanes)
    total = routine.variable(routine.value(vector("double", lanes), 0.0))

    def power(at: Value, mask: Value, x: Value) -> None:
        found = apply(routine, FUNCTIONS["exp"], x - most)  # beyond the end e^0, which is quick
        routine.store_masked(found, routine["out"], at, mask)
        total.set(total.get() + routine.select(mask, found, 0.0).to("double"))

    each(most, "values", power)
    whole = routine.spread(routine.folded("add", total.get()).to("float"), lanes)
    each(routine.value(kind, 0.0), "out", lambda at, mask, x: routine.store_masked(x / whole, routine["out"], at, mask))
