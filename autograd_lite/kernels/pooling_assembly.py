"""Pooling in LLVM's assembly: for images [batch, height, width, channels] and windows of any size and step.

The number of channels and the window are constants in the code; sizes and padding are arguments. Windows that lie inside the image are
unrolled, those that reach over its edge are looped.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.epilogue import IN_MEMORY, Columns, Epilogue, clear_totals, declare, finish_routine
from autograd_lite.kernels.routine import WIDE, Routine, Value, Variable, module, strips, vector
from autograd_lite.kernels.vectors import Text

__all__ = ["KINDS", "PARAMETERS", "Pool", "module_text"]

KINDS = ("max", "argmax", "average", "max_gradient", "average_gradient")
MOST_UNROLLED = 16  # places of a window; larger ones are looped
_SIZES = dict.fromkeys(("images", "height", "width", "rows", "columns", "top", "left"), "i64")
PARAMETERS = {
    "max": {"x": "ptr", "y": "ptr", **_SIZES},
    "argmax": {"x": "ptr", "y": "ptr", "places": "ptr", **_SIZES, "image_step": "i64"},  # from an image's places to those of the next
    "average": {"x": "ptr", "y": "ptr", **_SIZES},
    "max_gradient": {"x": "ptr", "y": "ptr", "dy": "ptr", "dx": "ptr", **_SIZES},
    "average_gradient": {"dy": "ptr", "dx": "ptr", **_SIZES},
}


class Pool(NamedTuple):
    """What the code of a pooling kernel depends on.

    element: `float` or `double`. tiled: windows lie side by side and cover the image exactly. place: the type of places (argmax).
    """

    element: str
    channels: int
    window: tuple[int, int]
    strides: tuple[int, int]
    padded: bool
    tiled: bool
    place: str = "i64"

    @property
    def places(self) -> list[tuple[int, int]]:
        """The places inside a window, in row-major order."""
        return [(i, j) for i in range(self.window[0]) for j in range(self.window[1])]


_Visits = Callable[[Callable[["Value | int", "Value | int"], None]], object]  # calls what it is given for places of a window


class _Window(NamedTuple):
    """A window of an image: where it starts, where its result lies, and the elements of the image around."""

    routine: Routine
    pool: Pool
    first: Value  # the row in which it starts, which may lie outside
    second: Value  # the column
    result: Value  # the first channel of its result, counted in elements
    image: Value  # the first element of its image
    number: Value  # of the image
    epilogue: Epilogue | None = None  # what is done with each number of the gradient
    text: Text | None = None  # the functions that it calls

    def place(self, i: Value | int, j: Value | int) -> Value:
        """The first channel of a place of the window, counted in elements."""
        pixel = (self.first + i) * self.routine["width"] + (self.second + j)
        return self.image + pixel * self.pool.channels

    def bounds(self) -> list[tuple[Value, Value]]:
        """The rows and columns of the window that lie inside the image."""
        sides = zip((self.first, self.second), self.pool.window, (self.routine["height"], self.routine["width"]))
        larger, smaller = self.routine.larger, self.routine.smaller
        return [(larger(0, 0 - start), smaller(extent, size - start)) for start, extent, size in sides]

    def is_inside(self) -> Value:
        """Whether all of it lies inside the image."""
        rows, columns = self.pool.window
        inside = (self.first >= 0) & (self.first + rows <= self.routine["height"])
        return inside & (self.second >= 0) & (self.second + columns <= self.routine["width"])


@remembered
def module_text(kind: str, pool: Pool, width: int, epilogue: Epilogue | None = None) -> str:
    """The module with the function `pool` of this kind; `width` floats fit a register.

    For the epilogue of a gradient, every image is a part of its own; its arrays come before the sizes.
    """
    lanes, more, text = width, [] if epilogue is None else epilogue.others, Text(is_wide=width == WIDE)
    at_once = epilogue is not None and kind == "max_gradient" and pool.tiled  # every number is made once, and can be gone on with at once
    width = width if pool.element == "float" else max(width // 2, 1)
    body = _BODIES[kind]

    def image(routine: Routine, index: Value) -> None:
        whole = routine["height"] * routine["width"] * pool.channels
        clear = _Cleared(routine, pool, index * whole, width) if kind.endswith("gradient") and not pool.tiled else None
        finishing = epilogue if at_once else None
        if finishing is not None:
            routine.arguments["result"] = routine["dx"]
            clear_totals(routine, finishing, index, routine.integer(pool.channels), width)
        _each_window(routine, pool, index, whole, lambda window: body(window._replace(epilogue=finishing, text=text), width), clear)
        declare(routine, text)
        if epilogue is not None and not at_once:
            pixels = routine["height"] * routine["width"]
            routine.call("void", "finish_pixels", *(routine[name] for name in ("dx", *more)), index * pixels, (index + 1) * pixels, index,
                         routine.integer(pool.channels))  # fmt: skip

    arrays = {name: kind for name, kind in PARAMETERS[kind].items() if kind == "ptr"}
    parameters = {**arrays, **dict.fromkeys(more, "ptr"), **PARAMETERS[kind]}
    finish, functions = ([], "") if epilogue is None or at_once else finish_routine(epilogue, lanes)
    whole = module([*finish, *chunked("pool", parameters, lambda routine: routine["images"], image)])
    return "\n".join([whole, functions, *text.functions.values()])


class _Cleared:
    """The rows of an image's gradient that hold numbers already: they are cleared just before something is added, while they are near."""

    def __init__(self, routine: Routine, pool: Pool, image: Value, width: int) -> None:
        self.routine, self.pool, self.image, self.width = routine, pool, image, width
        self.rows = routine.variable(routine.integer(0))

    def up_to(self, row: Value) -> None:
        """Clear the rows before this one that are not."""
        routine, element = self.routine, self.pool.element
        length, first, end = routine["width"] * self.pool.channels, self.rows.get(), routine.smaller(row, routine["height"])
        with routine.when(first < end):
            target = routine.at(routine["dx"], self.image + first * length, element)
            routine.fill(routine.value(element, 0.0), target, (end - first) * length, self.width)
            self.rows.set(end)


def _each_window(
    routine: Routine, pool: Pool, index: Value, whole: Value, body: Callable[[_Window], None], cleared: _Cleared | None
) -> None:
    """Do `body` for every window of the image with this number."""
    results = index * routine["rows"] * routine["columns"] * pool.channels
    with routine.loop(0, routine["rows"]) as row:
        first = row * pool.strides[0] - routine["top"]
        if cleared:
            cleared.up_to(first + pool.window[0])
        with routine.loop(0, routine["columns"]) as column:
            second = column * pool.strides[1] - routine["left"]
            result = results + (row * routine["columns"] + column) * pool.channels
            body(_Window(routine, pool, first, second, result, index * whole, index))
    if cleared:
        cleared.up_to(routine["height"])


def _inside_or_clipped(window: _Window, inside: Callable[[], None], clipped: Callable[[], None]) -> None:
    """The unrolled code for a window inside the image, the loop for one at its edge; only one of them where the other cannot be needed."""
    if math.prod(window.pool.window) > MOST_UNROLLED:
        clipped()
    elif not window.pool.padded:
        inside()
    else:
        window.routine.either(window.is_inside(), inside, clipped)


# -------------------------------------------------------------------- the largest


def _max(window: _Window, width: int) -> None:
    routine, pool = window.routine, window.pool
    rows, columns = window.bounds()

    def inside() -> None:
        starts = [window.place(i, j) for i, j in pool.places]
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            seen = [routine.load(vector(pool.element, lanes), routine["x"], start + channel) for start in starts]
            best, strange = seen[0], seen[0].unordered(seen[-1])
            for number, each in enumerate(seen[1:]):
                best = routine.select(each > best, each, best)
                strange = strange | each.unordered(seen[number]) if number % 2 else strange
            routine.store(routine.select(strange, math.nan, best), routine["y"], window.result + channel)

    def clipped() -> None:
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            best = routine.variable(routine.value(vector(pool.element, lanes), -math.inf))
            with routine.loop(*rows) as i, routine.loop(*columns) as j:
                each, so_far = routine.load(best.kind, routine["x"], window.place(i, j) + channel), best.get()
                best.set(routine.select((each > so_far) | each.unordered(), each, so_far))
            routine.store(best.get(), routine["y"], window.result + channel)

    _inside_or_clipped(window, inside, clipped)


def _argmax(window: _Window, width: int) -> None:
    """The largest, and where it stands: its first place, or that of the first NaN."""
    routine, pool = window.routine, window.pool
    rows, columns = window.bounds()

    def strip(lanes: int, channel: Value, first: tuple[Value | int, Value | int], each: _Visits) -> None:
        start = window.place(*first)
        best = routine.variable(routine.load(vector(pool.element, lanes), routine["x"], start + channel))
        found = routine.variable(routine.spread((start - window.image).to("i32"), lanes))

        def visit(i: Value | int, j: Value | int) -> None:
            place, so_far = window.place(i, j), best.get()
            seen = routine.load(best.kind, routine["x"], place + channel)
            is_better = (seen > so_far) | (seen.unordered() & so_far.equals(so_far))
            best.set(routine.select(is_better, seen, so_far))
            found.set(routine.select(is_better, routine.spread((place - window.image).to("i32"), lanes), found.get()))

        each(visit)
        offset = routine.spread((window.number * routine["image_step"] + channel).to(pool.place), lanes)
        lane = routine.each(pool.place, range(lanes)) if lanes > 1 else 0
        routine.store(best.get(), routine["y"], window.result + channel)
        routine.store(found.get().to(pool.place) + offset + lane, routine["places"], window.result + channel)

    def unrolled(visit: Callable[[Value | int, Value | int], None]) -> None:
        for i, j in pool.places[1:]:
            visit(i, j)

    def looped(visit: Callable[[Value | int, Value | int], None]) -> None:
        with routine.loop(*rows) as i, routine.loop(*columns) as j:
            visit(i, j)

    def each_strip(first: tuple[Value | int, Value | int], each: _Visits) -> None:
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            strip(lanes, channel, first, each)

    _inside_or_clipped(window, lambda: each_strip((0, 0), unrolled), lambda: each_strip((rows[0], columns[0]), looped))


def _max_gradient(window: _Window, width: int) -> None:
    """The first place of the window that holds its largest element, or NaN, gets its gradient."""
    routine, pool = window.routine, window.pool
    rows, columns = window.bounds()

    def pass_on(start: Value, best: Value, back: Value, free: Variable, goes_on: Columns | None) -> None:
        seen = routine.load(best.kind, routine["x"], start)
        here = free.get() & (seen.equals(best) | seen.unordered())
        free.set(routine.select(here, 0, free.get()))
        share = routine.select(here, back, 0.0)
        if goes_on is not None:
            goes_on.element(start, share)
            return
        routine.store(share if pool.tiled else routine.load(best.kind, routine["dx"], start) + share, routine["dx"], start)

    def strip(lanes: int, channel: Value, places: Callable[[Callable[[Value | int, Value | int], None]], None]) -> None:
        kind = vector(pool.element, lanes)
        best, back = (routine.load(kind, routine[name], window.result + channel) for name in ("y", "dy"))
        free = routine.variable(routine.value(vector("i1", lanes), 1))
        goes_on = None
        if window.epilogue is not None and window.text is not None:
            goes_on = Columns(routine, window.text, window.epilogue, IN_MEMORY, lanes, channel, None)
            goes_on.begin()
        places(lambda i, j: pass_on(window.place(i, j) + channel, best, back, free, goes_on))
        if goes_on is not None:
            goes_on.add_totals(window.number, routine.integer(pool.channels))

    def each_strip(places: Callable[[Callable[[Value | int, Value | int], None]], None]) -> None:
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            strip(lanes, channel, places)

    def unrolled(visit: Callable[[Value | int, Value | int], None]) -> None:
        for i, j in pool.places:
            visit(i, j)

    def looped(visit: Callable[[Value | int, Value | int], None]) -> None:
        with routine.loop(*rows) as i, routine.loop(*columns) as j:
            visit(i, j)

    _inside_or_clipped(window, lambda: each_strip(unrolled), lambda: each_strip(looped))


# -------------------------------------------------------------------- the mean


def _average(window: _Window, width: int) -> None:
    routine, pool = window.routine, window.pool
    rows, columns = window.bounds()

    def inside() -> None:
        starts = [window.place(i, j) for i, j in pool.places]
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            first, *others = [routine.load(vector(pool.element, lanes), routine["x"], start + channel) for start in starts]
            routine.store(sum(others, first) / len(starts), routine["y"], window.result + channel)

    def clipped() -> None:
        count = _count(rows, columns).to(pool.element)
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            total = routine.variable(routine.value(vector(pool.element, lanes), 0.0))
            with routine.loop(*rows) as i, routine.loop(*columns) as j:
                total.set(total.get() + routine.load(total.kind, routine["x"], window.place(i, j) + channel))
            routine.store(total.get() / routine.spread(count, lanes), routine["y"], window.result + channel)

    _inside_or_clipped(window, inside, clipped)


def _count(rows: tuple[Value, Value], columns: tuple[Value, Value]) -> Value:
    return (rows[1] - rows[0]) * (columns[1] - columns[0])


def _average_gradient(window: _Window, width: int) -> None:
    """Every place of the window gets an equal share."""
    routine, pool = window.routine, window.pool
    rows, columns = window.bounds()

    def add(start: Value, share: Value) -> None:
        routine.store(share if pool.tiled else routine.load(share.kind, routine["dx"], start) + share, routine["dx"], start)

    def inside() -> None:
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            share = routine.load(vector(pool.element, lanes), routine["dy"], window.result + channel) / len(pool.places)
            for i, j in pool.places:
                add(window.place(i, j) + channel, share)

    def clipped() -> None:
        count = _count(rows, columns).to(pool.element)
        for lanes, channel in strips(routine, pool.channels, (width, 4, 1)):
            share = routine.load(vector(pool.element, lanes), routine["dy"], window.result + channel) / routine.spread(count, lanes)
            with routine.loop(*rows) as i, routine.loop(*columns) as j:
                add(window.place(i, j) + channel, share)

    _inside_or_clipped(window, inside, clipped)


_BODIES = {"max": _max, "argmax": _argmax, "average": _average, "max_gradient": _max_gradient, "average_gradient": _average_gradient}
