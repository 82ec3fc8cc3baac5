"""Convolution to very few filters in LLVM's assembly: vectors run along the pixels under a row of a window; lanes are summed last.

So a vector is full although there are only one, two or three results for a pixel: the last layer of a decoder, or the gradient for images.
Pixels come in bands, as in `direct_assembly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd_lite.kernels.bands import band_room, copy_band, count_of, sizes_of
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.memory import allocated, entry
from autograd_lite.kernels.routine import Routine, Value, Variable, module, vector

__all__ = ["Code", "forward_text"]


class Code(NamedTuple):
    """What is fixed in a module."""

    step: int  # numbers from a pixel to the one under the next result: channels times stride
    lanes: int
    filters: int
    pixels: int  # in a tile
    is_masked: bool  # whether a run is no multiple of the lanes


def forward_text(code: Code) -> str:
    """The module of the convolution: `i32 @run(x, w, y, sizes)`.

    Its filters are [filter, row, piece, run], each run with as many zeros as make whole vectors.
    """

    def body(routine: Routine, index: Value) -> None:
        size = sizes_of(routine)
        image, first = index / size["bands"], index % size["bands"] * size["band"]
        count = routine.smaller(size["band"], size["result_height"] - first)
        with allocated(routine, band_room(size), routine["refused"]) as band:
            copy_band(routine, size, image, first, count, band, code.lanes)
            pitch = size["padded_width"] * size["channels"]
            with routine.loop(0, count) as row, routine.loop(0, size["result_width"], code.pixels) as column:
                column = routine.smaller(column, size["result_width"] - code.pixels)  # the last tile may see some pixels again
                sums = _sum_tile(routine, code, size, routine.at(band, row * size["row_stride"] * pitch + column * code.step, "float"))
                target = image * size["y_image"] + (first + row) * size["y_row"] + column * size["y_pixel"] + size["y_offset"]
                for pixel, line in enumerate(sums):
                    for number, value in enumerate(line):
                        routine.store(routine.folded("add", value.get()), routine["y"], target + size["y_pixel"] * pixel + number)

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "convolve", *(routine[name] for name in ("x", "w", "y")), refused, routine["sizes"])

    whole = chunked("convolve", dict.fromkeys(("x", "w", "y", "refused", "sizes"), "ptr"), count_of("images", "bands"), body)
    return module([*whole, entry(("x", "w", "y", "sizes"), steps)])


def _sum_tile(routine: Routine, code: Code, size: Mapping[str, Value], source: Value) -> list[list[Variable]]:
    """The sums of a tile, still spread over lanes: [pixel][filter]."""
    kind, run = vector("float", code.lanes), size["run"]
    padded = (run + (code.lanes - 1)) / code.lanes * code.lanes
    sums = [[routine.variable(routine.value(kind, 0.0)) for _ in range(code.filters)] for _ in range(code.pixels)]

    def add(pixels: Value, weights: Value, place: Value, masks: list[Value]) -> None:
        of_filter = size["window_rows"] * size["taps"] * padded
        line = [routine.load(kind, weights, of_filter * number + place) for number in range(code.filters)]
        for pixel, totals in enumerate(sums):
            at = place + pixel * code.step
            value = routine.load_masked(kind, pixels, at, masks[0], routine.value(kind, 0.0)) if masks else routine.load(kind, pixels, at)
            for weight, total in zip(line, totals):
                total.set(routine.fma(value, weight, total.get()))

    with routine.loop(0, size["window_rows"]) as row, routine.loop(0, size["taps"]) as tap:
        corner = row * size["row_step"] * size["padded_width"] * size["channels"] + tap * size["tap_step"]
        pixels = routine.at(source, corner, "float")
        weights = routine.at(routine["w"], (row * size["taps"] + tap) * padded, "float")
        rest = run % code.lanes
        with routine.loop(0, run - rest, code.lanes) as place:
            add(pixels, weights, place, [])
        if code.is_masked:
            add(pixels, weights, run - rest, [routine.first_lanes(rest, code.lanes)])
    return sums
