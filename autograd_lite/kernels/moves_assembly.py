"""Kernels that put rows somewhere else, in LLVM's assembly: reversed sequences, partitions, and sparse tensors written out.

Elements are copied as integers of their size. Every function is `checked`: its status is 1 for an input that the op's own kernel has to
complain about.
"""

from __future__ import annotations

from autograd_lite.kernels.chunks import checked, chunks_of, refuse, span
from autograd_lite.kernels.routine import Routine, Value, module
from autograd_lite.kernels.rows_assembly import Rows, copy_row
from autograd_lite.kernels.sparse_assembly import running_number

__all__ = ["dense_text", "partition_text", "reverse_text"]

BLOCK = 1 << 13  # elements of a dense tensor that are written while they are in the innermost cache


# -------------------------------------------------------------------- sequences


def reverse_text(rows: Rows, batch_first: bool) -> str:
    """`reverse(x, lengths, out, outer, first, inner, second)`: reverse the beginnings of sequences.

    x: [outer, first, inner, second, row]. batch_first: the entries, each with a length of its own, lie along `first`, and the sequences
    along `second`; else the other way round.
    """
    names = ("outer", "first", "inner", "second")

    def body(routine: Routine, index: Value) -> None:
        first, inner, second = (routine[name] for name in names[1:])
        size = second if batch_first else first
        number, block = index % first, (index - index % first) * inner * second  # the first row of this entry of `outer`

        def length(entry: Value) -> Value:
            found = routine.load(rows.place, routine["lengths"], entry).to("i64")
            with routine.when((found < 0) | (found > size)):
                refuse(routine)
            return found

        def turned(at: Value, found: Value) -> Value:
            return routine.select(at < found, found - 1 - at, at)

        fixed = length(number) if batch_first else None
        with routine.loop(0, inner) as middle, routine.loop(0, second) as last:
            here = number, last
            there = (number, turned(last, fixed)) if fixed is not None else (turned(number, length(last)), last)
            to, source = (block + (major * inner + middle) * second + minor for major, minor in (here, there))
            copy_row(routine, rows, (routine["out"], to), (routine["x"], source))

    parameters = {"x": "ptr", "lengths": "ptr", "out": "ptr", **dict.fromkeys(names, "i64")}
    return module(checked("reverse", parameters, lambda routine: routine["outer"] * routine["first"], body))


# -------------------------------------------------------------------- partitions


def partition_text(rows: Rows, partitions: int) -> str:
    """`partition(data, numbers, out, ends, table, count, chunks)`: sort rows by the number of their partition.

    ends: [partitions], gets where each ends in `out`. table: [chunks, partitions] of room; a chunk is `per_chunk` rows.
    """
    chunk = rows.per_chunk
    parameters = {**dict.fromkeys(("data", "numbers", "out", "ends", "table"), "ptr"), "count": "i64", "chunks": "i64"}

    def number_at(routine: Routine, at: Value) -> Value:
        return routine.load("i32", routine["numbers"], at).to("i64")

    def count_chunk(routine: Routine, index: Value) -> None:
        counts = routine.at(routine["table"], index * partitions, "i64")
        routine.fill(routine.integer(0), counts, routine.integer(partitions), 1)
        with routine.loop(*span(routine, index, chunk, routine["count"])) as at:
            number = number_at(routine, at)
            with routine.when(number.below(partitions).equals(0)):
                refuse(routine)
            routine.store(routine.load("i64", counts, number) + 1, counts, number)

    def move_chunk(routine: Routine, index: Value) -> None:
        places = routine.at(routine["table"], index * partitions, "i64")
        with routine.loop(*span(routine, index, chunk, routine["count"])) as at:
            number = number_at(routine, at)
            place = routine.load("i64", places, number)
            routine.store(place + 1, places, number)
            copy_row(routine, rows, (routine["out"], place), (routine["data"], at))

    def chunks(routine: Routine) -> Value:
        return routine["chunks"]

    routine = Routine("partition", parameters, returns="i32")
    given = [routine[each] for each in parameters]
    with routine.when(routine.call("i32", "count", *given).differs(0)):
        routine.leave(1)
    reached = routine.variable(routine.integer(0))
    with routine.loop(0, partitions) as number:
        with routine.loop(0, routine["chunks"]) as index:
            place = index * partitions + number
            found = routine.load("i64", routine["table"], place)
            routine.store(reached.get(), routine["table"], place)
            reached.set(reached.get() + found)
        routine.store(reached.get(), routine["ends"], number)
    routine.leave(routine.call("i32", "move", *given))
    return module([*checked("count", parameters, chunks, count_chunk), *checked("move", parameters, chunks, move_chunk), routine])


# -------------------------------------------------------------------- dense tensors


def dense_text(element: str, place: str, rank: int, lanes: int) -> str:
    """`dense(indices, sizes, values, default, out, count, given, size)`: values at sorted positions of a tensor, the default elsewhere.

    Args:
      indices: [count, rank] of type `place`. sizes: [rank]. given: how many values there are, 1 or `count`. size: the product of `sizes`.

    Each block looks for the positions that belong to it and goes through them. That it ends where the next block begins shows that none was
    passed over, so together the blocks have seen that all positions are in order and inside.
    """
    pointers, numbers = ("indices", "sizes", "values", "default", "out"), ("count", "given", "size")
    parameters = {**dict.fromkeys(pointers, "ptr"), **dict.fromkeys(numbers, "i64")}

    def first_from(routine: Routine, limit: Value) -> Value:
        """Which position is the first whose number is `limit` or more, by halving."""
        low, high = routine.variable(routine.integer(0)), routine.variable(routine["count"])
        with routine.while_(lambda: low.get() < high.get()):
            middle = (low.get() + high.get()) / 2
            is_before = running_number(routine, place, rank, rank, middle)[0] < limit
            low.set(routine.select(is_before, middle + 1, low.get()))
            high.set(routine.select(is_before, high.get(), middle))
        return low.get()

    def body(routine: Routine, index: Value) -> None:
        begin, end = span(routine, index, BLOCK, routine["size"])
        out = routine["out"]
        first, last = first_from(routine, begin), first_from(routine, end)
        with routine.when((begin.equals(0) & first.differs(0)) | (end.equals(routine["size"]) & last.differs(routine["count"]))):
            refuse(routine)
        routine.fill(routine.load(element, routine["default"]), routine.at(out, begin, element), end - begin, lanes)
        before, step = routine.variable(begin - 1), routine.select(routine["given"].equals(1), routine.integer(0), routine.integer(1))
        with routine.loop(first, last) as at:
            number, inside = running_number(routine, place, rank, rank, at)
            with routine.when((inside & (number > before.get()) & (number < end)).equals(0)):
                refuse(routine)
            before.set(number)
            routine.store(routine.load(element, routine["values"], at * step), out, number)

    return module(checked("dense", parameters, lambda routine: chunks_of(routine, routine["size"], BLOCK), body))
