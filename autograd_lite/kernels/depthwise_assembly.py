"""Depthwise convolution in LLVM's assembly: every channel has one filter of its own, so vectors run along the channels.

A tile of results keeps what it sums in registers, and a pixel that is loaded meets all weights that see it. There is so little to compute
that pixels are read where they are: a row outside an image is a line of zeros, and only tiles at the edge ask where each column is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.bands import count_of, masks_of, sizes_of
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.memory import allocated, entry
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector

__all__ = ["Code", "filter_gradient_text", "forward_text"]

Pixel = Callable[[int, int], Value]  # (line of the window, columns from the tile's first) -> a vector of channels


class Code(NamedTuple):
    """What is fixed in a module."""

    rows: int  # of a window
    columns: int
    stride: int  # columns from one result to the next
    step: int  # columns from one place of a window to the next
    lanes: int
    pixels: int  # in a tile
    is_masked: bool  # whether the channels are no multiple of the lanes

    def reach(self, pixels: int) -> int:
        """Columns that the windows of a tile cover."""
        return (pixels - 1) * self.stride + (self.columns - 1) * self.step + 1


def _load(routine: Routine, code: Code, pointer: Value, place: Value | int, masks: list[Value]) -> Value:
    """A vector of channels; 0 where there are none."""
    kind = vector("float", code.lanes)
    if code.is_masked:
        return routine.load_masked(kind, pointer, place, masks[0], routine.value(kind, 0.0))
    return routine.load(kind, pointer, place)


def _lines(routine: Routine, code: Code, size: Mapping[str, Value], image: Value, row: Value, zeros: Value) -> list[Value]:
    """Where the rows of pixels begin that a row of windows covers; outside the image it is a line of zeros."""
    lines = []
    for line in range(code.rows):
        number = row * size["row_stride"] + size["row_step"] * line - size["before_rows"]
        pointer = routine.at(routine["x"], (image * size["height"] + number) * size["width"] * size["channels"], "float")
        lines.append(routine.select(number.below(size["height"]), pointer, zeros))
    return lines


def _at_tile(routine: Routine, code: Code, size: Mapping[str, Value], lines: list[Value], column: Value, pixels: int, zeros: Value,
             work: Callable[[Value, list[Value], Pixel], None]) -> None:  # fmt: skip
    """Do the work for a tile of so many results from `column` on: `work(channel, masks, pixel)` for each vector of channels.

    There is a quick way to get at pixels where all of the tile are inside the image.
    """
    first = column * code.stride - size["before_columns"]

    def each(is_inside: bool) -> None:
        with routine.loop(0, size["channels"], code.lanes) as channel:
            masks = masks_of(routine, code.lanes, int(code.is_masked), size["channels"] - channel)

            def pixel(line: int, offset: int) -> Value:
                pointer = routine.at(lines[line], (first + offset) * size["channels"] + channel, "float")
                if not is_inside:
                    pointer = routine.select((first + offset).below(size["width"]), pointer, zeros)
                return _load(routine, code, pointer, 0, masks)

            work(channel, masks, _remembered(pixel))

    is_inside = (first >= 0) & ((first + code.reach(pixels)) <= size["width"])
    routine.either(is_inside, lambda: each(True), lambda: each(False))


def _remembered(pixel: Pixel) -> Pixel:
    """The same, loading each vector once."""
    loaded: dict[tuple[int, int], Value] = {}

    def get(line: int, offset: int) -> Value:
        if (line, offset) not in loaded:
            loaded[line, offset] = pixel(line, offset)
        return loaded[line, offset]

    return get


@remembered
def forward_text(code: Code) -> str:
    """The module of the convolution: `i32 @run(x, w, y, sizes)`. The channels of `w` are padded to `weights_row`."""

    def body(routine: Routine, index: Value) -> None:
        size = sizes_of(routine)
        image, first = index / size["bands"], index % size["bands"] * size["band"]
        last = routine.smaller(first + size["band"], size["result_height"])
        with allocated(routine, size["width"] * size["channels"], routine["refused"]) as zeros:
            routine.fill(routine.value("float", 0.0), zeros, size["width"] * size["channels"], code.lanes)
            with routine.loop(first, last) as row:
                _convolve_row(routine, code, size, _lines(routine, code, size, image, row, zeros), zeros,
                              image * size["y_image"] + row * size["y_row"] + size["y_offset"])  # fmt: skip

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "convolve", *(routine[name] for name in ("x", "w", "y")), refused, routine["sizes"])

    whole = chunked("convolve", dict.fromkeys(("x", "w", "y", "refused", "sizes"), "ptr"), count_of("images", "bands"), body)
    return module([*whole, entry(("x", "w", "y", "sizes"), steps)])


def _convolve_row(routine: Routine, code: Code, size: Mapping[str, Value], lines: list[Value], zeros: Value, target: Value) -> None:
    """A row of results."""
    kind = vector("float", code.lanes)
    with routine.loop(0, size["result_width"], code.pixels) as start:
        column = routine.smaller(start, size["result_width"] - code.pixels)  # the last tile may see some pixels again

        def work(channel: Value, masks: list[Value], pixel: Pixel) -> None:
            sums = [routine.value(kind, 0.0)] * code.pixels
            for number in range(code.rows * code.columns):
                line, place = divmod(number, code.columns)
                weight = routine.load(kind, routine["w"], size["weights_row"] * number + channel)
                for index in range(code.pixels):
                    sums[index] = routine.fma(pixel(line, index * code.stride + place * code.step), weight, sums[index])
            for index, value in enumerate(sums):
                at = target + (column + index) * size["y_pixel"] + channel
                if code.is_masked:
                    routine.store_masked(value, routine["y"], at, masks[0])
                else:
                    routine.store(value, routine["y"], at)

        _at_tile(routine, code, size, lines, column, code.pixels, zeros, work)


@remembered
def filter_gradient_text(code: Code) -> str:
    """The module of the gradient of filters: `i32 @run(x, dy, totals, dw, sizes)`.

    The images are summed in `chunks` chunks, each into a place of its own in `totals` [chunk, place of the window, weights_row].
    """
    places = code.rows * code.columns

    def body(routine: Routine, chunk: Value) -> None:
        size = sizes_of(routine)
        total = routine.at(routine["totals"], chunk * size["weights_row"] * places, "float")
        routine.fill(routine.value("float", 0.0), total, size["weights_row"] * places, code.lanes)
        start, stop = (size["images"] * number / size["chunks"] for number in (chunk, chunk + 1))
        with allocated(routine, size["width"] * size["channels"], routine["refused"]) as zeros:
            routine.fill(routine.value("float", 0.0), zeros, size["width"] * size["channels"], code.lanes)
            with routine.loop(start, stop) as image, routine.loop(0, size["result_height"]) as row:
                lines = _lines(routine, code, size, image, row, zeros)
                _correlate_row(routine, code, size, lines, zeros, image * size["y_image"] + row * size["y_row"], total)

    def collected(routine: Routine, place: Value) -> None:
        size, kind = sizes_of(routine), vector("float", code.lanes)
        with routine.loop(0, size["channels"], code.lanes) as channel:
            total = routine.variable(routine.value(kind, 0.0))
            with routine.loop(0, size["chunks"]) as chunk:
                total.set(total.get() + routine.load(kind, routine["totals"], (chunk * places + place) * size["weights_row"] + channel))
            target = place * size["channels"] + channel
            if code.is_masked:
                masks = masks_of(routine, code.lanes, 1, size["channels"] - channel)
                routine.store_masked(total.get(), routine["dw"], target, masks[0])
            else:
                routine.store(total.get(), routine["dw"], target)

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "correlate", *(routine[name] for name in ("x", "dy", "totals")), refused, routine["sizes"])
        routine.call("void", "collect", *(routine[name] for name in ("totals", "dw", "sizes")))

    correlate = chunked("correlate", dict.fromkeys(("x", "dy", "totals", "refused", "sizes"), "ptr"), count_of("chunks", "parts"), body)
    collect = chunked("collect", dict.fromkeys(("totals", "dw", "sizes"), "ptr"), lambda routine: routine.integer(places), collected)
    return module([*correlate, *collect, entry(("x", "dy", "totals", "dw", "sizes"), steps)])


def _correlate_row(routine: Routine, code: Code, size: Mapping[str, Value], lines: list[Value], zeros: Value, gradient: Value,
                   total: Value) -> None:  # fmt: skip
    """Add what a row of results gives to all weights."""
    kind = vector("float", code.lanes)
    for count, column in strips(routine, size["result_width"], sorted({code.pixels, 1}, reverse=True)):

        def work(channel: Value, masks: list[Value], pixel: Pixel, count: int = count, column: Value = column) -> None:
            places = [gradient + (column + index) * size["y_pixel"] + channel for index in range(count)]
            given = [_load(routine, code, routine["dy"], place, masks) for place in places]
            for number in range(code.rows * code.columns):
                line, place = divmod(number, code.columns)
                at = size["weights_row"] * number + channel
                value = routine.load(kind, total, at)
                for index, each in enumerate(given):
                    value = routine.fma(pixel(line, index * code.stride + place * code.step), each, value)
                routine.store(value, total, at)

        _at_tile(routine, code, size, lines, column, count, zeros, work)
