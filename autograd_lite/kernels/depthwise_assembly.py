"""Depthwise convolution in LLVM's assembly: every channel has one filter of its own, so vectors run along the channels.

Pixels come in bands, as in `direct_assembly`. A tile of results keeps what it sums in registers, and a pixel that is loaded meets all
weights that see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd_lite.kernels.bands import band_room, copy_band, count_of, masks_of, sizes_of
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.memory import allocated, entry
from autograd_lite.kernels.routine import Routine, Value, Variable, module, strips, vector

__all__ = ["Code", "filter_gradient_text", "forward_text"]


class Code(NamedTuple):
    """What is fixed in a module."""

    rows: int  # of a window
    columns: int
    stride: int  # columns from one result to the next
    step: int  # columns from one place of a window to the next
    lanes: int
    pixels: int  # in a tile
    is_masked: bool  # whether the channels are no multiple of the lanes


def _load(routine: Routine, code: Code, pointer: Value, place: Value, masks: list[Value]) -> Value:
    """A vector of channels; 0 where there are none."""
    kind = vector("float", code.lanes)
    if code.is_masked:
        return routine.load_masked(kind, pointer, place, masks[0], routine.value(kind, 0.0))
    return routine.load(kind, pointer, place)


def _lines(routine: Routine, code: Code, size: Mapping[str, Value], band: Value, row: Value) -> list[Value]:
    """Where the rows of pixels begin that a row of windows covers."""
    pitch = size["padded_width"] * size["channels"]
    return [routine.at(band, (row * size["row_stride"] + size["row_step"] * line) * pitch, "float") for line in range(code.rows)]


def forward_text(code: Code) -> str:
    """The module of the convolution: `i32 @run(x, w, y, sizes)`. The channels of `w` are padded to `weights_row`."""

    def body(routine: Routine, index: Value) -> None:
        size = sizes_of(routine)
        image, first = index / size["bands"], index % size["bands"] * size["band"]
        count = routine.smaller(size["band"], size["result_height"] - first)
        with allocated(routine, band_room(size) + code.lanes, routine["refused"]) as band:
            copy_band(routine, size, image, first, count, band, code.lanes)
            with routine.loop(0, size["channels"], code.lanes) as channel:
                masks = masks_of(routine, code.lanes, int(code.is_masked), size["channels"] - channel)
                weights = [routine.load(vector("float", code.lanes), routine["w"], size["weights_row"] * number + channel)
                           for number in range(code.rows * code.columns)]  # fmt: skip
                with routine.loop(0, count) as row, routine.loop(0, size["result_width"], code.pixels) as column:
                    column = routine.smaller(column, size["result_width"] - code.pixels)  # the last tile may see some pixels again
                    sums = _sum_tile(routine, code, size, _lines(routine, code, size, band, row), column, channel, weights)
                    target = image * size["y_image"] + (first + row) * size["y_row"] + size["y_offset"] + channel
                    for pixel, value in enumerate(sums):
                        place = target + (column + pixel) * size["y_pixel"]
                        if code.is_masked:
                            routine.store_masked(value, routine["y"], place, masks[0])
                        else:
                            routine.store(value, routine["y"], place)

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "convolve", *(routine[name] for name in ("x", "w", "y")), refused, routine["sizes"])

    whole = chunked("convolve", dict.fromkeys(("x", "w", "y", "refused", "sizes"), "ptr"), count_of("images", "bands"), body)
    return module([*whole, entry(("x", "w", "y", "sizes"), steps)])


def _sum_tile(routine: Routine, code: Code, size: Mapping[str, Value], lines: list[Value], column: Value, channel: Value,
              weights: list[Value]) -> list[Value]:  # fmt: skip
    """The results of a tile."""
    kind, sums = vector("float", code.lanes), [routine.value(vector("float", code.lanes), 0.0)] * code.pixels
    for line, pointer in enumerate(lines):
        pixels: dict[int, Value] = {}
        for place in range(code.columns):
            for pixel in range(code.pixels):
                offset = pixel * code.stride + place * code.step
                if offset not in pixels:
                    pixels[offset] = routine.load(kind, pointer, (column * code.stride + offset) * size["channels"] + channel)
                sums[pixel] = routine.fma(pixels[offset], weights[line * code.columns + place], sums[pixel])
    return sums


def filter_gradient_text(code: Code) -> str:
    """The module of the gradient of filters: `i32 @run(x, dy, totals, dw, sizes)`.

    The images are summed in `chunks` chunks, each into a place of its own in `totals` [chunk, place of the window, weights_row].
    """
    places = code.rows * code.columns

    def body(routine: Routine, chunk: Value) -> None:
        size, kind = sizes_of(routine), vector("float", code.lanes)
        total = routine.at(routine["totals"], chunk * size["weights_row"] * places, "float")
        routine.fill(routine.value("float", 0.0), total, size["weights_row"] * places, code.lanes)
        start, stop = (size["images"] * number / size["chunks"] for number in (chunk, chunk + 1))
        with allocated(routine, band_room(size) + code.lanes, routine["refused"]) as band:
            with routine.loop(start, stop) as image, routine.loop(0, size["bands"]) as number:
                first = number * size["band"]
                count = routine.smaller(size["band"], size["result_height"] - first)
                copy_band(routine, size, image, first, count, band, code.lanes)
                gradient = routine.at(routine["dy"], image * size["y_image"] + first * size["y_row"], "float")
                with routine.loop(0, size["channels"], code.lanes) as channel:
                    masks = masks_of(routine, code.lanes, int(code.is_masked), size["channels"] - channel)
                    at = [size["weights_row"] * place + channel for place in range(places)]
                    sums = [routine.variable(routine.load(kind, total, place)) for place in at]
                    with routine.loop(0, count) as row:
                        _add_row(routine, code, size, _lines(routine, code, size, band, row), gradient, row, channel, masks, sums)
                    for place, each in zip(at, sums):
                        routine.store(each.get(), total, place)

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


def _add_row(routine: Routine, code: Code, size: Mapping[str, Value], lines: list[Value], gradient: Value, row: Value, channel: Value,
             masks: list[Value], sums: list[Variable]) -> None:  # fmt: skip
    """Add what a row of results gives to the weights of a vector of channels."""
    kind = vector("float", code.lanes)
    for count, column in strips(routine, size["result_width"], sorted({code.pixels, 1}, reverse=True)):
        given = [_load(routine, code, gradient, row * size["y_row"] + (column + pixel) * size["y_pixel"] + channel, masks)
                 for pixel in range(count)]  # fmt: skip
        for line, pointer in enumerate(lines):
            pixels: dict[int, Value] = {}
            for place in range(code.columns):
                total = sums[line * code.columns + place]
                for pixel, value in enumerate(given):
                    offset = pixel * code.stride + place * code.step
                    if offset not in pixels:
                        pixels[offset] = routine.load(kind, pointer, (column * code.stride + offset) * size["channels"] + channel)
                    total.set(routine.fma(pixels[offset], value, total.get()))
