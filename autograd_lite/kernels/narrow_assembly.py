"""Convolution to very few filters in LLVM's assembly: vectors run along the pixels under a row of a window; lanes are summed last.

So a vector is full although there are only one, two or three results for a pixel: the last layer of a decoder, or the gradient for images.
Pixels come in bands, as in `direct_assembly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.bands import PARTS, band_room, copy_band, count_of, part_number, plane_room, sizes_of
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


@remembered
def forward_text(code: Code) -> str:
    """The module of the convolution: `i32 @run(x, w, y, sizes)`.

    Its filters are [group, filter, plane, row, piece, run], each run with as many zeros as make whole vectors.
    """

    def body(routine: Routine, index: Value) -> None:
        size = sizes_of(routine)
        here = part_number(routine, size, index)
        with allocated(routine, band_room(size), routine["refused"]) as band:
            copy_band(routine, size, here, band, code.lanes)
            pitch = size["padded_width"] * size["channels"]
            weights = routine.at(routine["w"], here.group * _filter_room(code, size) * code.filters, "float")
            with routine.loop(0, here.rows) as row, routine.loop(0, size["result_width"], code.pixels) as column:
                column = routine.smaller(column, size["result_width"] - code.pixels)  # the last tile may see some pixels again
                source = routine.at(band, row * size["row_stride"] * pitch + column * code.step, "float")
                sums = _sum_tile(routine, code, size, source, weights)
                target = here.result(size) + row * size["y_row"] + column * size["y_pixel"]
                for pixel, line in enumerate(sums):
                    for number, value in enumerate(line):
                        routine.store(routine.folded("add", value.get()), routine["y"], target + size["y_pixel"] * pixel + number)

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "convolve", *(routine[name] for name in ("x", "w", "y")), refused, routine["sizes"])

    whole = chunked("convolve", dict.fromkeys(("x", "w", "y", "refused", "sizes"), "ptr"), count_of(*PARTS), body)
    return module([*whole, entry(("x", "w", "y", "sizes"), steps)])


def _padded_run(code: Code, size: Mapping[str, Value]) -> Value:
    return (size["run"] + (code.lanes - 1)) / code.lanes * code.lanes


def _filter_room(code: Code, size: Mapping[str, Value]) -> Value:
    """Numbers of a filter."""
    return size["window_planes"] * size["window_rows"] * size["taps"] * _padded_run(code, size)


def _sum_tile(routine: Routine, code: Code, size: Mapping[str, Value], source: Value, filters: Value) -> list[list[Variable]]:
    """The sums of a tile, still spread over lanes: [pixel][filter]."""
    kind, run, padded = vector("float", code.lanes), size["run"], _padded_run(code, size)
    sums = [[routine.variable(routine.value(kind, 0.0)) for _ in range(code.filters)] for _ in range(code.pixels)]

    def add(pixels: Value, weights: Value, place: Value, masks: list[Value]) -> None:
        line = [routine.load(kind, weights, _filter_room(code, size) * number + place) for number in range(code.filters)]
        for pixel, totals in enumerate(sums):
            at = place + pixel * code.step
            value = routine.load_masked(kind, pixels, at, masks[0], routine.value(kind, 0.0)) if masks else routine.load(kind, pixels, at)
            for weight, total in zip(line, totals):
                total.set(routine.fma(value, weight, total.get()))

    with routine.loop(0, size["window_planes"]) as plane, routine.loop(0, size["window_rows"]) as row, routine.loop(0, size["taps"]) as tap:
        line = row * size["row_step"] * size["padded_width"] * size["channels"]
        pixels = routine.at(source, plane * plane_room(size) + line + tap * size["tap_step"], "float")
        weights = routine.at(filters, ((plane * size["window_rows"] + row) * size["taps"] + tap) * padded, "float")
        rest = run % code.lanes
        with routine.loop(0, run - rest, code.lanes) as place:
            add(pixels, weights, place, [])
        if code.is_masked:
            add(pixels, weights, run - rest, [routine.first_lanes(rest, code.lanes)])
    return sums
