"""Convolution as its definition says it, written in LLVM's assembly: for windows, strides and channels of any number.

A band of rows of an image is copied to a place where zeros stand around it. Then a tile of results, some pixels times some filters, is
summed in registers: each weight that is loaded meets all pixels of the tile, each pixel all filters. The pixels under a row of a window lie
side by side in memory, channels and columns alike, so the innermost loop runs over a `run` of them (over the channels of one column where
columns are dilated).

The gradient for the images is such a convolution too, of the results' gradient with the filter turned around; with strides it is one for
each phase (`ConvolutionSizes` can say where results go). The gradient for the filters sums, for a tile of weights, over all pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.bands import PARTS, band_room, copy_band, count_of, masks_of, part_number, part_of, plane_room, sizes_of
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.epilogue import Epilogue, finish_routine
from autograd_lite.kernels.memory import allocated, entry
from autograd_lite.kernels.routine import Routine, Value, Variable, module, vector

__all__ = ["FilterCode", "ForwardCode", "filter_gradient_text", "forward_text"]

class ForwardCode(NamedTuple):
    """What is fixed in the module of a convolution."""

    step: int  # numbers from a pixel to the one under the next result: channels times stride
    unroll: int  # of the innermost loop; it divides a run
    lanes: int
    vectors: int  # of filters in a tile
    pixels: int  # in a tile
    is_masked: bool  # whether the filters are no multiple of the lanes

    @property
    def block(self) -> int:
        """Filters in a tile."""
        return self.lanes * self.vectors


class FilterCode(NamedTuple):
    """What is fixed in the module of the gradient of filters."""

    step: int  # numbers from a pixel to the one under the next result: channels times stride
    lines: int  # rows of the window in a tile
    rows: int  # of a run, in a tile
    lanes: int
    vectors: int  # of filters in a tile
    is_masked: bool  # whether the filters are no multiple of the lanes

    @property
    def block(self) -> int:
        """Filters in a tile."""
        return self.lanes * self.vectors


def _sum_tile(routine: Routine, code: ForwardCode, size: Mapping[str, Value], source: Value, weights: Value) -> list[list[Value]]:
    """The results of a tile whose first pixel stands at `source`: [pixel][vector]."""
    kind, vectors, pixels = vector("float", code.lanes), range(code.vectors), range(code.pixels)
    sums = [[routine.variable(routine.value(kind, 0.0)) for _ in vectors] for _ in pixels]
    with routine.loop(0, size["window_planes"]) as plane, routine.loop(0, size["window_rows"]) as row, routine.loop(0, size["taps"]) as tap:
        corner = plane * plane_room(size) + row * size["row_step"] * size["padded_width"] * size["channels"]
        run = routine.at(source, corner + tap * size["tap_step"], "float")
        number = (plane * size["window_rows"] + row) * size["taps"] + tap
        part = routine.at(weights, number * size["run"] * size["weights_row"], "float")
        with routine.loop(0, size["run"], code.unroll) as place:
            for ahead in range(code.unroll):
                line = [routine.load(kind, part, (place + ahead) * size["weights_row"] + v * code.lanes) for v in vectors]
                for pixel in pixels:
                    spread = routine.spread(routine.load("float", run, place + (pixel * code.step + ahead)), code.lanes)
                    for v in vectors:
                        sums[pixel][v].set(routine.fma(spread, line[v], sums[pixel][v].get()))
    return [[each.get() for each in line] for line in sums]


def _store_tile(routine: Routine, code: ForwardCode, tile: list[list[Value]], target: Value, step: Value, filters: Value) -> None:
    masks = masks_of(routine, code.lanes, code.vectors * code.is_masked, filters)
    for pixel, line in enumerate(tile):
        for v, value in enumerate(line):
            place = target + step * pixel + v * code.lanes
            if code.is_masked:
                routine.store_masked(value, routine["y"], place, masks[v])
            else:
                routine.store(value, routine["y"], place)


def _window(size: Mapping[str, Value]) -> Value:
    """Numbers under a window."""
    return size["window_planes"] * size["window_rows"] * size["taps"] * size["run"]


@remembered
def forward_text(code: ForwardCode, epilogue: Epilogue | None = None, lanes: int = 1) -> str:
    """The module of the convolution: `i32 @run(x, w, y, *others of the epilogue, sizes)`.

    The filters of `w` come group after group, each with as many as make `weights_row`. Every band is a part of its own for the epilogue,
    whose vectors have `lanes` lanes; it counts on one group, and on results that stand one after the other.
    """
    more = [] if epilogue is None else epilogue.others

    def body(routine: Routine, index: Value) -> None:
        size = sizes_of(routine)
        here = part_number(routine, size, index)
        with allocated(routine, band_room(size), routine["refused"]) as band:
            copy_band(routine, size, here, band, code.lanes)
            pitch = size["padded_width"] * size["channels"]
            weights = routine.at(routine["w"], here.group * _window(size) * size["weights_row"], "float")
            with (
                routine.loop(0, size["weights_row"], code.block) as block,
                routine.loop(0, here.rows) as row,
                routine.loop(0, size["result_width"], code.pixels) as column,
            ):
                column = routine.smaller(column, size["result_width"] - code.pixels)  # the last tile may see some pixels again
                source = routine.at(band, row * size["row_stride"] * pitch + column * code.step, "float")
                tile = _sum_tile(routine, code, size, source, routine.at(weights, block, "float"))
                target = here.result(size) + row * size["y_row"] + column * size["y_pixel"] + block
                _store_tile(routine, code, tile, target, size["y_pixel"], size["filters"] - block)
        if epilogue is not None:
            begin = here.result(size) / size["filters"]
            end = begin + here.rows * size["result_width"]
            routine.call("void", "finish_pixels", *(routine[name] for name in ("y", *more)), begin, end, index, size["filters"])

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "convolve", *(routine[name] for name in ("x", "w", "y", *more)), refused, routine["sizes"])

    whole = chunked("convolve", dict.fromkeys(("x", "w", "y", *more, "refused", "sizes"), "ptr"), count_of(*PARTS), body)
    finish, functions = ([], "") if epilogue is None else finish_routine(epilogue, lanes)
    return "\n".join([module([*finish, *whole, entry(("x", "w", "y", *more, "sizes"), steps)]), functions])


def _sum_weights(routine: Routine, code: FilterCode, size: Mapping[str, Value], source: Value, gradient: Value, count: Value,
                 masks: list[Value], sums: list[list[Variable]]) -> None:  # fmt: skip
    """Add what `count` rows of results give to a tile of weights: [line and row of the tile][vector]."""
    kind, vectors, pitch = vector("float", code.lanes), range(code.vectors), size["padded_width"] * size["channels"]
    zero = routine.value(kind, 0.0)
    with routine.loop(0, count) as row:
        pixels = [routine.at(source, (row * size["row_stride"] + size["row_step"] * line) * pitch, "float") for line in range(code.lines)]
        given = routine.at(gradient, row * size["y_row"], "float")
        with routine.loop(0, size["result_width"]) as column:
            places = [column * size["y_pixel"] + v * code.lanes for v in vectors]
            loaded = [routine.load_masked(kind, given, place, masks[v], zero) if code.is_masked else routine.load(kind, given, place)
                      for v, place in enumerate(places)]  # fmt: skip
            for number, line in enumerate(sums):
                pixel = routine.load("float", pixels[number // code.rows], column * code.step + number % code.rows)
                spread = routine.spread(pixel, code.lanes)
                for v in vectors:
                    line[v].set(routine.fma(spread, loaded[v], line[v].get()))


def _add_band(routine: Routine, code: FilterCode, size: Mapping[str, Value], band: Value, gradient: Value, count: Value, total: Value,
              block: Value) -> None:  # fmt: skip
    """Add what a band gives to all weights of a block of filters."""
    kind, vectors, run = vector("float", code.lanes), range(code.vectors), size["run"]
    masks = masks_of(routine, code.lanes, code.vectors * code.is_masked, size["filters"] - block)
    with (
        routine.loop(0, size["window_planes"]) as plane,
        routine.loop(0, size["window_rows"], code.lines) as line,
        routine.loop(0, size["taps"]) as tap,
        routine.loop(0, run, code.rows) as start,
    ):
        place = routine.smaller(start, run - code.rows)  # the last tile overlaps the one before, and stores what is new
        corner = plane * plane_room(size) + line * size["row_step"] * size["padded_width"] * size["channels"]
        source = routine.at(band, corner + tap * size["tap_step"] + place, "float")
        first = plane * size["window_rows"] + line
        weights = [(((first + number // code.rows) * size["taps"] + tap) * run + place + number % code.rows) * size["weights_row"] + block
                   for number in range(code.lines * code.rows)]  # fmt: skip
        sums = [[routine.variable(routine.load(kind, total, weight + v * code.lanes)) for v in vectors] for weight in weights]
        _sum_weights(routine, code, size, source, routine.at(gradient, block, "float"), count, masks, sums)
        for number, weight in enumerate(weights):
            with routine.when((place + number % code.rows) >= start):
                for v in vectors:
                    routine.store(sums[number][v].get(), total, weight + v * code.lanes)


@remembered
def filter_gradient_text(code: FilterCode) -> str:
    """The module of the gradient of filters: `i32 @run(x, dy, totals, dw, sizes)`.

    Planes of results are summed in `chunks` chunks, each into a place of its own in `totals` [chunk, group, weights of a window,
    weights_row].
    """

    def body(routine: Routine, index: Value) -> None:
        size = sizes_of(routine)
        rest, part = index / size["parts"], index % size["parts"]
        chunk, group, window, row = rest / size["groups"], rest % size["groups"], _window(size), size["weights_row"]
        total, blocks = routine.at(routine["totals"], rest * window * row, "float"), row / code.block
        begin, end = (blocks * number / size["parts"] * code.block for number in (part, part + 1))
        with routine.loop(0, window) as weight:
            routine.fill(routine.value("float", 0.0), routine.at(total, weight * row + begin, "float"), end - begin, code.lanes)
        start, stop = (size["images"] * size["result_depth"] * number / size["chunks"] for number in (chunk, chunk + 1))
        with allocated(routine, band_room(size), routine["refused"]) as band:
            with routine.loop(start, stop) as plane, routine.loop(0, size["bands"]) as number:
                here = part_of(routine, size, group, plane / size["result_depth"], plane % size["result_depth"], number)
                copy_band(routine, size, here, band, code.lanes)
                gradient = routine.at(routine["dy"], here.result(size), "float")
                with routine.loop(begin, end, code.block) as block:
                    _add_band(routine, code, size, band, gradient, here.rows, total, block)

    def collected(routine: Routine, weight: Value) -> None:
        size, kind = sizes_of(routine), vector("float", code.lanes)
        with routine.loop(0, size["groups"]) as group, routine.loop(0, size["filters"], code.lanes) as lane:
            total = routine.variable(routine.value(kind, 0.0))
            with routine.loop(0, size["chunks"]) as chunk:
                place = ((chunk * size["groups"] + group) * _window(size) + weight) * size["weights_row"] + lane
                total.set(total.get() + routine.load(kind, routine["totals"], place))
            target = (weight * size["groups"] + group) * size["filters"] + lane
            if code.is_masked:
                routine.store_masked(total.get(), routine["dw"], target, routine.first_lanes(size["filters"] - lane, code.lanes))
            else:
                routine.store(total.get(), routine["dw"], target)

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "correlate", *(routine[name] for name in ("x", "dy", "totals")), refused, routine["sizes"])
        routine.call("void", "collect", *(routine[name] for name in ("totals", "dw", "sizes")))

    correlate = chunked("correlate", dict.fromkeys(("x", "dy", "totals", "refused", "sizes"), "ptr"), count_of("chunks", "groups", "parts"),
                        body)  # fmt: skip
    weights = count_of("window_planes", "window_rows", "taps", "run")
    collect = chunked("collect", dict.fromkeys(("totals", "dw", "sizes"), "ptr"), weights, collected)
    return module([*correlate, *collect, entry(("x", "dy", "totals", "dw", "sizes"), steps)])
