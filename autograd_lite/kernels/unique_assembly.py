"""The different elements of a vector in LLVM's assembly: each element is looked up in a table of those that came before."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.kernels.memory import allocated
from autograd_lite.kernels.routine import Routine, Value, module, vector

__all__ = ["unique_text"]

LANES = 8
SPREAD = 4  # integers of a range up to so many times their number have a place of their own each; others are hashed
MIXER = -7046029254386353131  # 2^64 divided by the golden ratio, odd
FARTHEST = 1 << 61  # from 0: differences of such numbers fit 64 bits


def unique_text(element: str, place: str, counted: bool) -> str:
    """`i32 unique(x, y, which, [counts,] told, count, ...)`: x holds `count` integers, at least one and fewer than 2^31.

    y gets the different elements in the order in which they first come, `which` the number of each, `counts` how often each comes; all have
    room for `count`, which is said once more for each. `told` gets how many there are. The status is 1 if the table got no memory.
    """
    outputs = ("y", "which", "counts") if counted else ("y", "which")
    pointers, numbers = ("x", *outputs, "told"), ("count", *[f"{name}_count" for name in outputs])
    routine = Routine("unique", {**dict.fromkeys(pointers, "ptr"), **dict.fromkeys(numbers, "i64")}, returns="i32")
    count = routine["count"]
    low, high = _extremes(routine, element)
    is_near = (low > -FARTHEST) & (high < FARTHEST)
    width = routine.select(is_near, high, 0) - routine.select(is_near, low, 0) + 1
    is_dense = is_near & (width <= count * SPREAD)
    unused = routine.call("i64", "llvm.ctlz.i64", count * 2 - 1, routine.value("i1", 0))  # the table has a power of two of slots
    slots = routine.emit("i64", f"lshr i64 -1, {unused.name}")  # one less than that
    lookup = Routine("lookup", {**routine.parameters, "table": "ptr", "start": "i64", "unused": "i64"}, public=False)
    hashed = Routine("hashed", lookup.parameters, public=False)
    _number(lookup, element, place, lambda each, _: each - lookup["start"])
    _number(hashed, element, place, lambda each, found: _slot_of(hashed, element, each, found))
    size = routine.select(is_dense, width, slots + 1)
    with allocated(routine, size) as table:
        routine.fill(routine.value("i32", -1), table, size, 2 * LANES)
        given = [*(routine[each] for each in routine.parameters), table, low, unused]
        routine.either(is_dense, lambda: routine.call("void", "lookup", *given), lambda: routine.call("void", "hashed", *given))
    return module([lookup, hashed, routine])


def _extremes(routine: Routine, element: str) -> tuple[Value, Value]:
    """The smallest and the largest element."""
    x, count = routine["x"], routine["count"]
    first = routine.load(element, x)
    lows, highs = (routine.variable(routine.spread(first, LANES)) for _ in range(2))
    low, high = (routine.variable(first) for _ in range(2))
    with routine.loop(0, count - (LANES - 1), LANES) as at:
        each = routine.load(vector(element, LANES), x, at)
        lows.set(routine.select(each < lows.get(), each, lows.get()))
        highs.set(routine.select(each > highs.get(), each, highs.get()))
    low.set(routine.folded("min", lows.get()))
    high.set(routine.folded("max", highs.get()))
    with routine.loop(count - count % LANES, count) as at:
        one = routine.load(element, x, at)
        low.set(routine.select(one < low.get(), one, low.get()))
        high.set(routine.select(one > high.get(), one, high.get()))
    return low.get().to("i64"), high.get().to("i64")


def _number(routine: Routine, element: str, place: str, slot_of: Callable[[Value, Value], Value]) -> None:
    """Give each element the number that stands in its slot of the table, or the next one. Nothing branches on what is found."""
    found = routine.variable(routine.integer(0))
    with routine.loop(0, routine["count"]) as at:
        each, next_number = routine.load(element, routine["x"], at), found.get()
        slot = slot_of(each.to("i64"), each)
        held = routine.load("i32", routine["table"], slot)
        is_new = held < 0
        number = routine.select(is_new, next_number.to("i32"), held)
        routine.store(number, routine["table"], slot)
        routine.store(each, routine["y"], next_number)  # overwritten where it is not new
        routine.store(number.to(place), routine["which"], at)
        found.set(next_number + is_new.to("i64"))
        if "counts" in routine.parameters:
            before = routine.select(is_new, 0, routine.load(place, routine["counts"], number.to("i64")))
            routine.store(before + 1, routine["counts"], number.to("i64"))
    routine.store(found.get(), routine["told"])


def _slot_of(routine: Routine, element: str, key: Value, each: Value) -> Value:
    """The slot that holds this element, or the free one where it belongs."""
    table, mask = routine["table"], routine.emit("i64", f"lshr i64 -1, {routine['unused'].name}")
    mixed = routine.emit("i64", f"mul i64 {key.name}, {MIXER}")
    slot = routine.variable(routine.emit("i64", f"lshr i64 {mixed.name}, {routine['unused'].name}"))
    go_on = routine.variable(routine.value("i1", 1))
    with routine.while_(go_on.get):
        held = routine.load("i32", table, slot.get())
        go_on.set(0)
        with routine.when(held >= 0):
            other = routine.load(element, routine["y"], held.to("i64"))
            with routine.when(other.differs(each)):
                slot.set((slot.get() + 1) & mask)
                go_on.set(1)
    return slot.get()
