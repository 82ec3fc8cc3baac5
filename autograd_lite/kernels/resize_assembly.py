"""Resizing images [batch, height, width, channels] in LLVM's assembly: sums of a few columns, then of a few rows, and the way back.

Which columns and rows, and with which weights, stands in tables (`ops.resize` works them out). The number of channels is a constant in the
code. What is between the two steps, an image as high as one side and as wide as the other, lies in memory of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.kernels.chunks import checked
from autograd_lite.kernels.memory import allocated
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector

__all__ = ["Resize", "back_text", "resize_text"]

# heights and widths: of the images, then of the resized ones; the tables hold `row_taps` and `column_taps` entries for each of the latter
_TABLES = ("row_places", "row_weights", "column_places", "column_weights")
_SIZES = dict.fromkeys(("images", "height", "width", "rows", "columns"), "i64")


class Resize(NamedTuple):
    """What the code depends on.

    element: of the images, `float` or `i8`, which is unsigned. row_taps, column_taps: how many are added up.
    """

    element: str
    channels: int
    row_taps: int
    column_taps: int
    lanes: int


def resize_text(resize: Resize) -> str:
    """`i32 resize(x, row_places, row_weights, column_places, column_weights, used, out, ...)`: the resized images.

    used: for each row of an image, whether any row of the result needs it. The status is 1 if there was no memory.
    """
    channels = resize.channels

    def body(routine: Routine, image: Value) -> None:
        length = routine["columns"] * channels
        x = routine.at(routine["x"], image * routine["height"] * routine["width"] * channels, resize.element)
        out = routine.at(routine["out"], image * routine["rows"] * length, "float")
        with allocated(routine, routine["height"] * length, routine["wrong"]) as between:
            with routine.loop(0, routine["height"]) as row:
                with routine.when(routine.load("i64", routine["used"], row).differs(0)):
                    _combine_columns(routine, resize, (x, row * routine["width"]), (between, row * routine["columns"]))
            with routine.loop(0, routine["rows"]) as row:
                taps = _taps(routine, "row", resize.row_taps, row)
                for lanes, at in strips(routine, length, (2 * resize.lanes, resize.lanes, 1)):
                    terms = [_scaled(routine, between, place * length + at, weight, lanes) for place, weight in taps]
                    routine.store(_sum(terms), out, row * length + at)

    pointers = ("x", *_TABLES, "used", "out")
    return module(checked("resize", {**dict.fromkeys(pointers, "ptr"), **_SIZES}, lambda routine: routine["images"], body))


def back_text(resize: Resize) -> str:
    """`i32 back(dy, row_places, row_weights, column_places, column_weights, dx, ...)`: gradients sent to the pixels that they came from."""
    channels = resize.channels

    def body(routine: Routine, image: Value) -> None:
        length, width = routine["columns"] * channels, routine["width"] * channels
        dy = routine.at(routine["dy"], image * routine["rows"] * length, "float")
        dx = routine.at(routine["dx"], image * routine["height"] * width, "float")
        with allocated(routine, routine["height"] * length, routine["wrong"]) as between:
            routine.fill(routine.value("float", 0.0), between, routine["height"] * length, resize.lanes)
            with routine.loop(0, routine["rows"]) as row:
                for place, weight in _taps(routine, "row", resize.row_taps, row):
                    for lanes, at in strips(routine, length, (2 * resize.lanes, resize.lanes, 1)):
                        _add(routine, _scaled(routine, dy, row * length + at, weight, lanes), between, place * length + at)
            with routine.loop(0, routine["height"]) as row:
                routine.fill(routine.value("float", 0.0), routine.at(dx, row * width, "float"), width, resize.lanes)
                with routine.loop(0, routine["columns"]) as column:
                    for place, weight in _taps(routine, "column", resize.column_taps, column):
                        for lanes, channel in strips(routine, channels, (resize.lanes, 4, 1)):
                            term = _scaled(routine, between, row * length + column * channels + channel, weight, lanes)
                            _add(routine, term, dx, row * width + place * channels + channel)

    pointers = ("dy", *_TABLES, "dx")
    return module(checked("back", {**dict.fromkeys(pointers, "ptr"), **_SIZES}, lambda routine: routine["images"], body))


def _taps(routine: Routine, side: str, count: int, at: Value) -> list[tuple[Value, Value]]:
    """Places and weights of what is added up for a row or column of the resized image."""
    places, weights = routine[f"{side}_places"], routine[f"{side}_weights"]
    return [(routine.load("i64", places, at * count + tap), routine.load("float", weights, at * count + tap)) for tap in range(count)]


def _combine_columns(routine: Routine, resize: Resize, source: tuple[Value, Value], to: tuple[Value, Value]) -> None:
    """Make a row as wide as the resized image; both are an array and the number of the row's first pixel."""
    with routine.loop(0, routine["columns"]) as column:
        taps = _taps(routine, "column", resize.column_taps, column)
        for lanes, channel in strips(routine, resize.channels, (resize.lanes, 4, 1)):
            terms = [_scaled(routine, source[0], (source[1] + place) * resize.channels + channel, weight, lanes, resize.element)
                     for place, weight in taps]  # fmt: skip
            routine.store(_sum(terms), to[0], (to[1] + column) * resize.channels + channel)


def _scaled(routine: Routine, array: Value, at: Value, weight: Value, lanes: int, element: str = "float") -> Value:
    loaded = routine.load(vector(element, lanes), array, at)
    if element == "i8":
        loaded = routine.emit(vector("float", lanes), f"uitofp {loaded.kind} {loaded.name} to {vector('float', lanes)}")
    return loaded * routine.spread(weight, lanes)


def _sum(terms: Sequence[Value]) -> Value:
    return sum(terms[1:], terms[0])


def _add(routine: Routine, term: Value, array: Value, at: Value) -> None:
    routine.store(routine.load(term.kind, array, at) + term, array, at)
