"""Compiled parts of random ops that do one thing after the other: shuffled orders, and the search for drawn classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, shape_of
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.routine import Routine, Value, module
from autograd_lite.kernels.rows import seconds
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.random_ops import changed_order, classes_of, draw_classes, places_behind, shuffled

__all__ = ["multinomial", "random_shuffle"]

NUMPY_SWAPS = 200  # elements that NumPy could move while Python lets two rows change places
NUMPY_SEARCHES = 500  # and while one number is searched for
CHUNK = 1 << 10  # numbers that one thread searches for
ROWS = 1 << 7  # that one thread adds up
TOGETHER = 8  # rows that are added up side by side


@compiled("RandomShuffle")
def random_shuffle(c: Inference) -> Tiered | None:
    """The order is made in machine code; the numbers that are drawn for it are the op's own."""
    shape = shape_of(c, 0)
    if not shape or shape[0] < 2:
        return None

    def prepare() -> Any:
        run = caller(_order_text(), "change", [Given((shape[0] - 1,)), Given((shape[0],), is_output=True)], [shape[0] - 1])

        def order_after(others: np.ndarray) -> Any:
            order = np.arange(len(others) + 1)
            return order if run(others, order) else changed_order(others)

        def shuffle(xp: Any, value: Any, *attrs: Any) -> Any:
            return shuffled(xp, value, attrs[-1], order_after) if value.shape == shape else c.opdef.kernel(xp, value, *attrs)

        return shuffle

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_SWAPS * shape[0] + math.prod(shape)))


def _order_text() -> str:
    """`change(others, order, count)`: each element of `order` in turn changes places with another."""
    routine = Routine("change", {"others": "ptr", "order": "ptr", "count": "i64"})
    with routine.loop(0, routine["count"]) as at:
        other = routine.load("i64", routine["others"], at)
        here, there = routine.load("i64", routine["order"], at), routine.load("i64", routine["order"], other)
        routine.store(here, routine["order"], other)
        routine.store(there, routine["order"], at)
    return module([routine])


@compiled("Multinomial")
def multinomial(c: Inference) -> Tiered | None:
    """The class of each number is searched for in machine code."""
    logits, wanted = shape_of(c, 0), c.value(1)
    if len(logits) != 2 or 0 in logits or wanted is None or wanted.ndim or int(wanted) < 1:
        return None
    (rows, classes), count = logits, int(wanted)

    def prepare() -> Any:
        arrays = [Given((rows, classes)), Given((rows, count)), Given((rows, count), is_output=True)]
        run = caller(_search_text(), "search", arrays, [rows, classes, count])
        add_up = caller(_sums_text(), "add_up", [Given((rows, classes), is_output=True)], [rows, classes])

        def search(weights: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
            places = np.empty((rows, count), np.int64)
            if not add_up(weights):
                return classes_of(weights, uniforms)
            numbers = weights[:, -1:] * uniforms
            return places if run(weights, numbers, places) else places_behind(weights, numbers)

        def draw(xp: Any, given: Any, number: Any, output_dtype: Any, state: Any) -> Any:
            return draw_classes(xp, given, number, output_dtype, state, search)

        return draw

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_SEARCHES * rows * count))


def _sums_text() -> str:
    """`add_up(x, rows, classes)`: each element becomes the sum of its row up to there. An addition waits for the one before, so several
    rows are added up side by side.
    """

    def body(routine: Routine, index: Value) -> None:
        classes = routine["classes"]
        begin, end = span(routine, index, ROWS, routine["rows"])
        whole = end - (end - begin) % TOGETHER
        for first, last, count in ((begin, whole, TOGETHER), (whole, end, 1)):
            with routine.loop(first, last, count) as row:
                sums = [routine.variable(routine.value("double", 0.0)) for _ in range(count)]
                with routine.loop(0, classes) as at:
                    for number, each in enumerate(sums):
                        place = (row + number) * classes + at
                        each.set(each.get() + routine.load("double", routine["x"], place))
                        routine.store(each.get(), routine["x"], place)

    parameters = {"x": "ptr", "rows": "i64", "classes": "i64"}
    return module(chunked("add_up", parameters, lambda routine: chunks_of(routine, routine["rows"], ROWS), body))


def _search_text() -> str:
    """`search(sums, numbers, places, rows, classes, count)`: how many elements of its sorted row are not larger than each number."""

    def body(routine: Routine, index: Value) -> None:
        classes = routine["classes"]
        with routine.loop(*span(routine, index, CHUNK, routine["rows"] * routine["count"])) as at:
            number, start = routine.load("double", routine["numbers"], at), at / routine["count"] * classes
            low, left = routine.variable(start), routine.variable(classes)
            with routine.while_(lambda: left.get() > 0):
                half = left.get() / 2
                middle = low.get() + half
                behind = routine.load("double", routine["sums"], middle) <= number
                low.set(routine.select(behind, middle + 1, low.get()))
                left.set(routine.select(behind, left.get() - half - 1, half))
            routine.store(low.get() - start, routine["places"], at)

    parameters = {**dict.fromkeys(("sums", "numbers", "places"), "ptr"), **dict.fromkeys(("rows", "classes", "count"), "i64")}
    return module(chunked("search", parameters, lambda routine: chunks_of(routine, routine["rows"] * routine["count"], CHUNK), body))
