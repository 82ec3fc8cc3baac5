"""The largest elements of rows in LLVM's assembly.

An element becomes a number of 64 bits: above, 32 bits that are the smaller the larger the element is (NaN comes last, zeros of both signs
are equal); below, its position. So all numbers of a row differ, and their order is the one that a stable sort gives.

Short rows go through a sorting network, several at a time. Of longer ones either the few best are kept while the others pass by, or all are
sorted by one byte after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autograd_lite.kernels.chunks import checked, chunks_of, span
from autograd_lite.kernels.memory import allocated
from autograd_lite.kernels.routine import Routine, Value, Variable, lanes_of, module, vector

__all__ = ["MOST_KEPT", "MOST_SORTED", "Ranking", "module_text", "network"]

TOGETHER = 8  # rows that go through a network side by side
MOST_SORTED = 16  # elements of a row that goes through a network
MOST_KEPT = 32  # elements that are kept while others pass by
SEEN = 16  # elements that are looked at together
DIGITS, DIGIT_VALUES = 4, 256


class Ranking(NamedTuple):
    """What the code depends on.

    element: `float` or `i32`. place: the type of positions. size: elements of a row. kept: how many of them are wanted. per_chunk: rows
    that one thread does at a time.
    """

    element: str
    place: str
    size: int
    kept: int
    per_chunk: int


def network(size: int) -> Iterator[tuple[int, int]]:
    """The comparisons of Batcher's network, which sorts so many elements: pairs of places, the smaller element goes to the first.

    >>> list(network(3))
    [(0, 1), (0, 2), (1, 2)]
    """
    whole, width = 1 << (size - 1).bit_length(), 1
    while width < whole:
        step = width
        while step:
            for start in range(step % width, whole - step, 2 * step):
                for low in range(start, min(start + step, size - step)):
                    if low // (2 * width) == (low + step) // (2 * width):
                        yield low, low + step
            step //= 2
        width *= 2


def module_text(ranking: Ranking) -> str:
    """`i32 rank(x, values, places, rows)`: the largest elements of each row, largest first, and where they stood.

    The status is 1 if there was no memory to sort in.
    """
    size, kept = ranking.size, ranking.kept

    def body(routine: Routine, index: Value) -> None:
        rows = span(routine, index, ranking.per_chunk, routine["rows"])
        if size <= MOST_SORTED:
            with routine.loop(*rows, TOGETHER) as row:
                _through_network(routine, ranking, row, rows[1])
        elif kept <= MOST_KEPT:
            best = routine.room("i64", kept + 1)
            with routine.loop(*rows) as row:
                _keep_best(routine, ranking, row, best)
        else:
            _sort(routine, ranking, rows)

    parameters = {"x": "ptr", "values": "ptr", "places": "ptr", "rows": "i64"}
    return module(checked("rank", parameters, lambda routine: chunks_of(routine, routine["rows"], ranking.per_chunk), body))


def _key(routine: Routine, elements: Value) -> Value:
    """The upper half of the numbers, as unsigned i32."""
    lanes = lanes_of(elements.kind)
    kind = vector("i32", lanes)
    if not elements.kind.endswith(("float", "float>")):
        return _xor(routine, elements, 0x7FFFFFFF)  # the order turned round, and then counted from 0
    bits = (elements + 0.0).bits_as("i32")  # -0 + 0 is +0
    ordered = _xor(routine, bits, bits.shifted("ashr", 31) & 0x7FFFFFFF)
    return routine.select(elements.unordered(), routine.value(kind, -1), _xor(routine, ordered, 0x7FFFFFFF))


def _xor(routine: Routine, left: Value, right: Value | int) -> Value:
    return routine.emit(left.kind, f"xor {left.kind} {left.name}, {routine.value(left.kind, right).name}")


def _joined(routine: Routine, key: Value, position: Value) -> Value:
    """Key and position as one number. position: i64 or a vector of them."""
    wide = vector("i64", lanes_of(key.kind))
    return routine.emit(wide, f"zext {key.kind} {key.name} to {wide}").shifted("shl", 32) | position


def _store(routine: Routine, ranking: Ranking, row: Value, which: Value | int, number: Value) -> None:
    """Write the element that a number stands for, and its position, as the row's result `which`."""
    position = number & 0xFFFFFFFF
    at = row * ranking.kept + which
    routine.store(routine.load(ranking.element, routine["x"], row * ranking.size + position), routine["values"], at)
    routine.store(position.to(ranking.place), routine["places"], at)


# -------------------------------------------------------------------- short rows


def _through_network(routine: Routine, ranking: Ranking, row: Value, end: Value) -> None:
    """Sort several rows at once, from this one on (the last one several times if there are no more)."""
    size, kind = ranking.size, vector(ranking.element, TOGETHER)
    rows = [routine.smaller(row + number, end - 1) for number in range(TOGETHER)]
    columns = []
    for column in range(size):
        held = routine.value(kind, 0)
        for number, each in enumerate(rows):
            element = routine.load(ranking.element, routine["x"], each * size + column)
            held = routine.emit(kind, f"insertelement {kind} {held.name}, {ranking.element} {element.name}, i32 {number}")
        columns.append(_joined(routine, _key(routine, held), routine.value(vector("i64", TOGETHER), column)))
    for low, high in network(size):
        left, right = columns[low], columns[high]
        is_right = left._compare(right, "ult", "")
        columns[low], columns[high] = routine.select(is_right, left, right), routine.select(is_right, right, left)
    for number, each in enumerate(rows):
        for which in range(ranking.kept):
            text = f"extractelement {columns[which].kind} {columns[which].name}, i32 {number}"
            _store(routine, ranking, each, which, routine.emit("i64", text))


# -------------------------------------------------------------------- the best of long rows


def _keep_best(routine: Routine, ranking: Ranking, row: Value, best: Value) -> None:
    """Go through a row; what is better than the worst that is kept takes its place. best: room for one more than are kept."""
    size, kept = ranking.size, ranking.kept
    routine.fill(routine.integer(-1), best, routine.integer(kept), 1)
    start = row * size
    worst = routine.variable(routine.value("i32", -1))  # of those kept, the upper half
    is_full = routine.variable(routine.value("i1", 0))

    def consider(key: Value, position: Value) -> None:
        number = _joined(routine, key, position)
        with routine.when(_below(routine, number, routine.load("i64", best, kept - 1))):
            at, go_on = routine.variable(routine.integer(kept - 1)), routine.variable(routine.value("i1", 1))
            go_on.set(at.get() > 0)
            with routine.while_(go_on.get):
                other = routine.load("i64", best, at.get() - 1)

                def move(at: Variable = at, go_on: Variable = go_on, other: Value = other) -> None:
                    routine.store(other, best, at.get())
                    at.set(at.get() - 1)
                    go_on.set(at.get() > 0)

                routine.either(_below(routine, number, other), move, lambda go_on=go_on: go_on.set(0))  # type: ignore[misc]
            routine.store(number, best, at.get())
            last = routine.load("i64", best, kept - 1)
            worst.set(last.shifted("lshr", 32).to("i32"))
            is_full.set(last.differs(-1))

    whole = size // SEEN * SEEN
    with routine.loop(0, whole, SEEN) as column:
        keys = _key(routine, routine.load(vector(ranking.element, SEEN), routine["x"], start + column))
        better = keys._compare(routine.spread(worst.get(), SEEN), "ult", "")
        bits = routine.variable(routine.select(is_full.get(), routine.mask_bits(better), routine.integer((1 << SEEN) - 1)))
        with routine.while_(lambda: bits.get().differs(0)):
            lane = routine.lowest_bit(bits.get())
            position = column + lane
            consider(_key(routine, routine.load(ranking.element, routine["x"], start + position)), position)
            bits.set(bits.get() & (bits.get() - 1))
    with routine.loop(whole, size) as column:
        consider(_key(routine, routine.load(ranking.element, routine["x"], start + column)), column)
    with routine.loop(0, kept) as which:
        _store(routine, ranking, row, which, routine.load("i64", best, which))


def _below(routine: Routine, left: Value, right: Value) -> Value:
    return left._compare(right, "ult", "")


# -------------------------------------------------------------------- whole rows


def _sort(routine: Routine, ranking: Ranking, rows: tuple[Value, Value]) -> None:
    """Sort each row by the bytes of its keys, lowest first, from one array into another and back."""
    size = ranking.size
    counts = routine.room("i64", DIGITS * DIGIT_VALUES)
    with allocated(routine, 4 * size, routine["wrong"]) as memory:
        here, there = memory, routine.at(memory, size, "i64")
        with routine.loop(*rows) as row:
            routine.fill(routine.integer(0), counts, routine.integer(DIGITS * DIGIT_VALUES), 8)
            with routine.loop(0, size) as column:
                number = _joined(routine, _key(routine, routine.load(ranking.element, routine["x"], row * size + column)), column)
                routine.store(number, here, column)
                for digit in range(DIGITS):
                    place = _digit(number, digit) + digit * DIGIT_VALUES
                    routine.store(routine.load("i64", counts, place) + 1, counts, place)
            for digit in range(DIGITS):
                _move_by(routine, size, digit, counts, (here, there) if digit % 2 == 0 else (there, here))
            with routine.loop(0, ranking.kept) as which:
                _store(routine, ranking, row, which, routine.load("i64", here, which))


def _digit(number: Value, digit: int) -> Value:
    return number.shifted("lshr", 32 + 8 * digit) & (DIGIT_VALUES - 1)


def _move_by(routine: Routine, size: int, digit: int, counts: Value, arrays: tuple[Value, Value]) -> None:
    """Move all numbers to where this digit wants them; those that agree in it keep their order."""
    first, reached = digit * DIGIT_VALUES, routine.variable(routine.integer(0))
    with routine.loop(first, first + DIGIT_VALUES) as value:
        found = routine.load("i64", counts, value)
        routine.store(reached.get(), counts, value)
        reached.set(reached.get() + found)
    with routine.loop(0, size) as at:
        number = routine.load("i64", arrays[0], at)
        value = _digit(number, digit) + first
        place = routine.load("i64", counts, value)
        routine.store(place + 1, counts, value)
        routine.store(number, arrays[1], place)
