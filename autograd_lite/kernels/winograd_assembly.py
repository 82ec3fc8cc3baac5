"""Winograd's convolution written in LLVM's assembly: transforms that touch each pixel once, and a product of matrices between them.

The tiles of all images stand in one line, row of tiles after row of tiles. A block of such rows is transformed, multiplied and transformed
back before the next, so that everything between stays in the cache. Layouts, from the outside in, with `places` = tile + taps - 1:
  pixels     [group of tiles, slab of channels, places * places, tile in its group, channel in its slab]
  weights    [block of filters, places * places, channel, filter in its block]
  products   [group of tiles, block of filters, places * places, tile in its group, filter in its block]
Sizes of images are arguments: one module serves all images, batches and paddings.

With strides, the places of a window fall into phases, and so do the pixels: those in every second row and column from one of four on. Each
phase of places meets one phase of pixels only, without strides, so the phases are taken as further channels: [phase, channel]. In the
gradient for the images the results fall into phases instead, and phases are further filters.

A dilated window sees every n-th row and column only, so the pixels fall into n * n images that know nothing of each other, and are taken as
such. A window of several planes sees a plane of pixels for each of its own: they are further channels, as phases are. So what this module
calls a *slice* is a plane of results of an image, or the part of it whose rows and columns belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.epilogue import IN_MEMORY, Columns, Epilogue, clear_totals, declare
from autograd_lite.kernels.memory import allocated, entry
from autograd_lite.kernels.routine import WIDE, Routine, Value, Variable, module, vector
from autograd_lite.kernels.vectors import Text
from autograd_lite.ops.winograd import Transforms, transforms

__all__ = ["SIZES", "Code", "filter_gradient_text", "forward_text"]

# What a kernel is told, as 64-bit integers in this order. The last two count for gradients of filters alone.
SIZES = ("slices", "height", "width", "channels", "result_height", "result_width", "filters", "before_rows", "before_columns",
         "origin_rows", "origin_columns", "row_dilation", "column_dilation",
         "depth", "result_depth", "before_planes", "window_planes", "plane_step",
         "tile_rows", "tile_columns", "rows_per_block", "blocks", "chunks")  # fmt: skip


class Code(NamedTuple):
    """What is fixed in a module: the tile, and how channels and filters fall into vectors."""

    tile: int
    taps: int
    slab: int  # channels that lie side by side
    channel_lanes: int
    filter_lanes: int
    filter_vectors: int  # in a block of filters
    group: int  # tiles that are multiplied at once
    rows: int  # channels that are multiplied at once in the gradient of filters
    pixel_phases: int = 1  # along an axis
    result_phases: int = 1
    is_dilated: bool = False  # whether slices are less than planes
    is_odd: bool = False  # whether windows are, which move by two: every second row and column of them has a place less in its phase

    @property
    def kit(self) -> Transforms:
        """The matrices."""
        return transforms(self.tile, self.taps)

    @property
    def places(self) -> int:
        """Of a tile, along one axis."""
        return self.tile + self.taps - 1

    @property
    def squared(self) -> int:
        """Places of a tile."""
        return self.places * self.places

    @property
    def block(self) -> int:
        """Filters in a block."""
        return self.filter_lanes * self.filter_vectors


def _combination(routine: Routine, factors: Iterable[float], values: Iterable[Value]) -> Value:
    """The sum of values times constants; what is 0 is left out, what is 1 is not multiplied."""
    total: Value | None = None
    for factor, value in sorted(zip(map(float, factors), values), key=lambda pair: (pair[0] != 1, pair[0] != -1)):
        if factor == 0:
            continue
        if total is None:
            total = value if factor == 1 else value * factor
        elif abs(factor) == 1:
            total = total + value if factor == 1 else total - value
        else:
            total = routine.fma(value, factor, total)
    assert total is not None
    return total


def _both_ways(routine: Routine, matrix: np.ndarray, values: list[list[Value]]) -> list[Value]:
    """The product matrix @ values @ matrix.T, row after row."""
    half = [[_combination(routine, row, column) for row in matrix] for column in zip(*values)]  # [column][row of the result]
    return [_combination(routine, row, [column[index] for column in half]) for index in range(len(matrix)) for row in matrix]


def _sizes(routine: Routine, code: Code) -> dict[str, Value]:
    size = {name: routine.load("i64", routine["sizes"], index) for index, name in enumerate(SIZES)}
    return size if code.is_dilated else {**size, "row_dilation": routine.integer(1), "column_dilation": routine.integer(1)}


def _tile_place(routine: Routine, code: Code, number: Value) -> tuple[Value, Value]:
    """The group of a tile, and its place there."""
    return number / code.group, number % code.group


class Slice(NamedTuple):
    """Where a row of tiles stands."""

    image: Value
    plane: Value  # of results
    row: Value  # the first of the slice, and
    column: Value
    tile_row: Value


def _slice(size: dict[str, Value], number: Value) -> Slice:
    """The slice of a row of tiles."""
    rest, tile_row = number / size["tile_rows"], number % size["tile_rows"]
    rest, column = rest / size["column_dilation"], rest % size["column_dilation"]
    rest, row = rest / size["row_dilation"], rest % size["row_dilation"]
    return Slice(rest / size["result_depth"], rest % size["result_depth"], row, column, tile_row)


def _pixels_routine(code: Code) -> Routine:
    """Transform the pixels of `count` rows of tiles from `first` on. Outside the images stand zeros.

    columns: room for the columns of a row of tiles, half transformed, zero where there is padding. zeros: a line of them.
    """
    routine = Routine(
        "transform_pixels",
        {"x": "ptr noalias", "pixels": "ptr noalias", "columns": "ptr noalias", "zeros": "ptr noalias", "first": "i64", "count": "i64",
         "sizes": "ptr noalias"},
        public=False,
    )  # fmt: skip
    size, lanes, places, step = _sizes(routine, code), code.channel_lanes, code.places, code.pixel_phases
    kind, first, width, phases = vector("float", lanes), routine["first"], size["width"], size["window_planes"] * (step * step)
    channels, all_columns = size["channels"] / phases, size["tile_columns"] * code.tile + (code.taps - 1)
    slabs, down, right = channels / code.slab, size["row_dilation"] * step, size["column_dilation"] * step
    with routine.loop(first, first + routine["count"]) as row, routine.loop(0, phases) as phase:
        here = _slice(size, row)
        plane = here.plane + phase / (step * step) * size["plane_step"] - size["before_planes"]
        top = here.row + here.tile_row * down * code.tile + phase / step % step - size["before_rows"]
        lines = []
        for index in range(places):
            number = top + down * index
            line = routine.at(routine["x"], ((here.image * size["depth"] + plane) * size["height"] + number) * width * channels, "float")
            lines.append(routine.select(number.below(size["height"]) & plane.below(size["depth"]), line, routine["zeros"]))
        before = size["before_columns"] - here.column - phase % step
        start, stop = (before + (right - 1)) / right, routine.smaller((width + before + (right - 1)) / right, all_columns)
        for begin, end in ((routine.integer(0), start), (stop, all_columns)):  # padding is not the same for all phases and slices
            target = routine.at(routine["columns"], begin * (places * lanes), "float")
            routine.fill(routine.value("float", 0.0), target, (end - begin) * (places * lanes), lanes)
        with routine.loop(0, slabs) as slab, routine.loop(0, code.slab, lanes) as lane:
            with routine.loop(start, stop) as column:
                values = [routine.load(kind, line, (column * right - before) * channels + slab * code.slab + lane) for line in lines]
                target = column * (places * lanes)
                for index, factors in enumerate(code.kit.pixels):
                    routine.store(_combination(routine, factors, values), routine["columns"], target + index * lanes)
            with routine.loop(0, size["tile_columns"]) as tile:
                group, place = _tile_place(routine, code, (row - first) * size["tile_columns"] + tile)
                number = (group * phases + phase) * slabs + slab
                target = number * (code.squared * code.group * code.slab) + place * code.slab + lane
                for index in range(places):
                    source = tile * (code.tile * places * lanes) + index * lanes
                    values = [routine.load(kind, routine["columns"], source + j * places * lanes) for j in range(places)]
                    for j, factors in enumerate(code.kit.pixels):
                        at = target + (index * places + j) * (code.group * code.slab)
                        routine.store(_combination(routine, factors, values), routine["pixels"], at)
    return routine


def _multiply_routine(code: Code) -> Routine:
    """Multiply the pixels of all groups by the weights of a block of filters, place by place. phase: that of the results."""
    routine = Routine(
        "multiply",
        {"pixels": "ptr noalias", "weights": "ptr noalias", "products": "ptr noalias", "groups": "i64", "slabs": "i64",
         "phase": "i64"},
        public=False,
    )
    kind, vectors, slabs = vector("float", code.filter_lanes), range(code.filter_vectors), routine["slabs"]
    step = 4 if code.slab % 4 == 0 else 1
    with routine.loop(0, code.squared) as place, routine.loop(0, routine["groups"]) as group:
        sums = [[routine.variable(routine.value(kind, 0.0)) for _ in vectors] for _ in range(code.group)]
        for begin, end in _counting(routine, code, place, slabs):
            with routine.loop(begin, end) as slab:
                source = ((group * slabs + slab) * code.squared + place) * (code.group * code.slab)
                weights = (place * slabs + slab) * (code.slab * code.block)
                with routine.loop(0, code.slab, step) as channel:
                    for ahead in range(step):
                        _add_products(routine, code, source + channel + ahead, weights + (channel + ahead) * code.block, sums)
        target = (group * code.squared + place) * (code.group * code.block)
        for tile in range(code.group):
            for v in vectors:
                routine.store(sums[tile][v].get(), routine["products"], target + tile * code.block + v * code.filter_lanes)
    return routine


def _counting(routine: Routine, code: Code, place: Value, slabs: Value) -> Iterator[tuple[Value, Value]]:
    """The slabs whose weights at a place are not all 0.

    A phase that lacks the last place of its window has none at the last point, which is infinity. Where results have phases, the window is
    turned around; then it has none at the first point, which is 0.
    """
    step, at = code.pixel_phases, (place / code.places, place % code.places)
    if not code.is_odd:
        yield routine.integer(0), slabs
    elif step == 1:
        phase, end = routine["phase"], slabs
        for odd, number in zip((phase / code.result_phases, phase % code.result_phases), at):
            end = routine.select(odd.equals(1) & number.equals(0), 0, end)
        yield routine.integer(0), end
    else:
        with routine.loop(0, step * step) as phase:
            begin, end = (slabs * number / (step * step) for number in (phase, phase + 1))
            for odd, number in zip((phase / step, phase % step), at):
                end = routine.select(odd.equals(1) & number.equals(code.places - 1), begin, end)
            yield begin, end


def _add_products(routine: Routine, code: Code, source: Value, weights: Value, sums: list[list[Variable]]) -> None:
    """Add what one channel gives to the sums of a group of tiles: [tile][vector]."""
    kind = vector("float", code.filter_lanes)
    row = [routine.load(kind, routine["weights"], weights + v * code.filter_lanes) for v in range(code.filter_vectors)]
    for tile, line in enumerate(sums):
        pixel = routine.spread(routine.load("float", routine["pixels"], source + tile * code.slab), code.filter_lanes)
        for weight, total in zip(row, line):
            total.set(routine.fma(pixel, weight, total.get()))


def _results_routine(code: Code, epilogue: Epilogue | None, text: Text) -> Routine:
    """Transform products back, and write what lies inside the result: rows of tiles of one block of filters.

    An epilogue goes on with the numbers while they are in registers; `text` gets the functions that it calls.
    """
    more = [] if epilogue is None else epilogue.others
    routine = Routine(
        "transform_results",
        {"products": "ptr noalias", "y": "ptr", **dict.fromkeys(more, "ptr"),
         **dict.fromkeys(("first", "count", "filter", "part"), "i64"), "sizes": "ptr noalias"},
        public=False,
    )  # fmt: skip
    routine.arguments["result"] = routine["y"]
    size, places, step, phases = _sizes(routine, code), code.places, code.group * code.block, code.result_phases
    kind, first, height, width = vector("float", code.filter_lanes), routine["first"], size["result_height"], size["result_width"]
    filters = size["filters"] / (phases * phases)
    phase, down, right = routine["filter"] / filters, size["row_dilation"] * phases, size["column_dilation"] * phases
    with routine.loop(first, first + routine["count"]) as row, routine.loop(0, size["tile_columns"]) as tile:
        here = _slice(size, row)
        top = here.row + here.tile_row * down * code.tile + phase / phases - size["origin_rows"]
        left = here.column + tile * right * code.tile + phase % phases - size["origin_columns"]
        group, place = _tile_place(routine, code, (row - first) * size["tile_columns"] + tile)
        corner = (((here.image * size["result_depth"] + here.plane) * height + top) * width + left) * filters
        corner = corner + routine["filter"] % filters
        with routine.loop(0, code.block, code.filter_lanes) as lane:
            source = group * (code.squared * step) + place * code.block + lane
            products = [[routine.load(kind, routine["products"], source + (i * places + j) * step) for j in range(places)]
                        for i in range(places)]  # fmt: skip
            goes_on = None
            if epilogue is not None:
                channel = routine["filter"] % filters + lane
                goes_on = Columns(routine, text, epilogue, IN_MEMORY, code.filter_lanes, channel, None)
                goes_on.begin()
            for number, value in enumerate(_both_ways(routine, code.kit.results, products)):
                i, j = divmod(number, code.tile)
                with routine.when((top + down * i).below(height) & (left + right * j).below(width)):
                    at = corner + (width * down * i + right * j) * filters + lane
                    if goes_on is None:
                        routine.store(value, routine["y"], at)
                    else:
                        goes_on.element(at, value)
            if goes_on is not None:
                goes_on.add_totals(routine["part"], filters)
    declare(routine, text)
    return routine


def _weights_routine(code: Code) -> Routine:
    """Transform all filters."""
    routine = Routine("transform_weights", {"w": "ptr noalias", "weights": "ptr noalias", "sizes": "ptr noalias"}, public=False)
    size, kind = _sizes(routine, code), vector("float", code.filter_lanes)
    channels, filters, taps = size["channels"], size["filters"], range(code.taps)
    with (
        routine.loop(0, channels) as channel,
        routine.loop(0, filters / code.block) as block,
        routine.loop(0, code.block, code.filter_lanes) as lane,
    ):
        source = channel * filters + block * code.block + lane
        values = [[routine.load(kind, routine["w"], source + channels * filters * (i * code.taps + j)) for j in taps] for i in taps]
        target = (block * code.squared * channels + channel) * code.block + lane
        for number, value in enumerate(_both_ways(routine, code.kit.weights, values)):
            routine.store(value, routine["weights"], target + channels * (number * code.block))
    return routine


def _transform_block(routine: Routine, code: Code, size: dict[str, Value], index: Value, columns: Value, zeros: Value,
                     pixels: Value) -> tuple[Value, Value, Value]:  # fmt: skip
    """Transform the pixels of a block of rows of tiles; return its first row, how many there are, and their number of tiles."""
    first = index * size["rows_per_block"]
    count = routine.smaller(size["rows_per_block"], size["slices"] * size["tile_rows"] - first)
    routine.call("void", "transform_pixels", routine["x"], pixels, columns, zeros, first, count, routine["sizes"])
    return first, count, count * size["tile_columns"]


def _room(routine: Routine, code: Code, size: dict[str, Value]) -> tuple[Value, Value, Value]:
    """Numbers needed for the half-transformed columns, for a line of zeros, and for the pixels of a block."""
    columns = (size["tile_columns"] * code.tile + (code.taps - 1)) * (code.places * code.channel_lanes)
    groups = (size["rows_per_block"] * size["tile_columns"] + (code.group - 1)) / code.group
    channels = size["channels"] / (size["window_planes"] * (code.pixel_phases * code.pixel_phases))
    return columns, routine.larger(size["width"] * channels, size["result_width"] * size["filters"]), groups


def _number(name: str) -> Callable[[Routine], Value]:
    """How many parts the work has: one of the sizes."""
    return lambda routine: routine.load("i64", routine["sizes"], SIZES.index(name))


@remembered
def forward_text(code: Code, epilogue: Epilogue | None = None, lanes: int = 1) -> str:
    """The module of the convolution: `i32 @run(x, w, weights, y, *others of the epilogue, sizes)`.

    `weights` is room for the transformed filters. Every block is a part of its own for the epilogue. lanes: of the processor.
    """
    more, text = [] if epilogue is None else epilogue.others, Text(is_wide=lanes == WIDE)

    def body(routine: Routine, index: Value) -> None:
        size = _sizes(routine, code)
        columns, line, groups = _room(routine, code, size)
        per_group = code.squared * code.group
        in_pixels = groups * size["channels"] * per_group
        total = columns + line + in_pixels + groups * (per_group * code.block)
        with allocated(routine, total, routine["refused"]) as room:
            zeros, pixels = (routine.at(room, offset, "float") for offset in (columns, columns + line))
            products = routine.at(pixels, in_pixels, "float")
            routine.fill(routine.value("float", 0.0), room, columns + line, code.filter_lanes)
            first, count, tiles = _transform_block(routine, code, size, index, room, zeros, pixels)
            if epilogue is not None:
                filters = size["filters"] / (code.result_phases * code.result_phases)
                clear_totals(routine, epilogue, index, filters, code.filter_lanes)
            with routine.loop(0, size["filters"] / code.block) as block:
                weights = routine.at(routine["weights"], block * size["channels"] * (code.squared * code.block), "float")
                routine.call("void", "multiply", pixels, weights, products, (tiles + (code.group - 1)) / code.group,
                             size["channels"] / code.slab,
                             block * code.block * (code.result_phases * code.result_phases) / size["filters"])  # fmt: skip
                routine.call("void", "transform_results", products, *(routine[name] for name in ("y", *more)), first, count,
                             block * code.block, index, routine["sizes"])  # fmt: skip

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "transform_weights", *(routine[name] for name in ("w", "weights", "sizes")))
        routine.call("void", "convolve", *(routine[name] for name in ("x", "weights", "y", *more)), refused, routine["sizes"])

    whole = chunked("convolve", dict.fromkeys(("x", "weights", "y", *more, "refused", "sizes"), "ptr"), _number("blocks"), body)
    parts = [_pixels_routine(code), _multiply_routine(code), _results_routine(code, epilogue, text), _weights_routine(code)]
    return "\n".join([module([*parts, *whole, entry(("x", "w", "weights", "y", *more, "sizes"), steps)]), *text.functions.values()])


def _gradients_routine(code: Code) -> Routine:
    """Transform the gradient of the results under `count` rows of tiles: it takes the filter's part. Outside stand zeros."""
    routine = Routine(
        "transform_gradients",
        {"dy": "ptr noalias", "products": "ptr noalias", "zeros": "ptr noalias", "first": "i64", "count": "i64", "sizes": "ptr noalias"},
        public=False,
    )
    size, kind, step = _sizes(routine, code), vector("float", code.filter_lanes), code.group * code.block
    first, height, width, filters = routine["first"], size["result_height"], size["result_width"], size["filters"]
    matrix, tile_range = transforms(code.taps, code.tile).weights, range(code.tile)
    down, right = size["row_dilation"], size["column_dilation"]
    with routine.loop(first, first + routine["count"]) as row, routine.loop(0, size["tile_columns"]) as tile:
        here = _slice(size, row)
        top, left = here.row + here.tile_row * down * code.tile, here.column + tile * right * code.tile
        group, place = _tile_place(routine, code, (row - first) * size["tile_columns"] + tile)
        corner = (((here.image * size["result_depth"] + here.plane) * height + top) * width + left) * filters
        lines = [[routine.select(((top + down * i) < height) & ((left + right * j) < width),
                                 routine.at(routine["dy"], corner + (width * down * i + right * j) * filters, "float"), routine["zeros"])
                  for j in tile_range] for i in tile_range]  # fmt: skip
        blocks = filters / code.block
        with routine.loop(0, blocks) as block, routine.loop(0, code.block, code.filter_lanes) as lane:
            values = [[routine.load(kind, line, block * code.block + lane) for line in across] for across in lines]
            target = (group * blocks + block) * (code.squared * step) + place * code.block + lane
            for number, value in enumerate(_both_ways(routine, matrix, values)):
                routine.store(value, routine["products"], target + number * step)
    return routine


def _accumulate_routine(code: Code) -> Routine:
    """Add the products of pixels and gradients of `tiles` tiles, summed over the tiles, to `total` [place, channel, filter]."""
    routine = Routine(
        "accumulate",
        {"pixels": "ptr noalias", "products": "ptr noalias", "total": "ptr noalias", "tiles": "i64", "sizes": "ptr noalias"},
        public=False,
    )
    size, kind, vectors = _sizes(routine, code), vector("float", code.filter_lanes), range(code.filter_vectors)
    channels, filters, tiles = size["channels"], size["filters"], routine["tiles"]
    slabs, blocks, groups = channels / code.slab, filters / code.block, (tiles + (code.group - 1)) / code.group
    pixel_step, product_step = code.group * code.slab, code.group * code.block
    with (
        routine.loop(0, code.squared) as square,
        routine.loop(0, slabs) as slab,
        routine.loop(0, code.slab, code.rows) as row,
        routine.loop(0, blocks) as block,
    ):
        target = (square * channels + slab * code.slab + row) * filters + block * code.block
        places = [[target + filters * index + v * code.filter_lanes for v in vectors] for index in range(code.rows)]
        sums = [[routine.variable(routine.load(kind, routine["total"], place)) for place in line] for line in places]
        with routine.loop(0, groups) as group:
            pixels = ((group * slabs + slab) * code.squared + square) * pixel_step + row
            products = ((group * blocks + block) * code.squared + square) * product_step
            with routine.loop(0, routine.smaller(tiles - group * code.group, code.group)) as tile:
                line = [routine.load(kind, routine["products"], products + tile * code.block + v * code.filter_lanes) for v in vectors]
                for index in range(code.rows):
                    pixel = routine.load("float", routine["pixels"], pixels + tile * code.slab + index)
                    spread = routine.spread(pixel, code.filter_lanes)
                    for v in vectors:
                        sums[index][v].set(routine.fma(spread, line[v], sums[index][v].get()))
        for index, line in enumerate(places):
            for v, place in enumerate(line):
                routine.store(sums[index][v].get(), routine["total"], place)
    return routine


@remembered
def filter_gradient_text(code: Code) -> str:
    """The module of the gradient of filters: `i32 @run(x, dy, totals, dw, sizes)`.

    The blocks are summed in `chunks` chunks, each into a place of its own in `totals` [chunk, place, channel, filter].
    """

    def body(routine: Routine, index: Value) -> None:
        size = _sizes(routine, code)
        columns, line, groups = _room(routine, code, size)
        per_group = code.squared * code.group
        in_pixels = groups * size["channels"] * per_group
        in_total = size["channels"] * size["filters"] * code.squared
        total = routine.at(routine["totals"], index * in_total, "float")
        routine.fill(routine.value("float", 0.0), total, in_total, code.filter_lanes)
        with allocated(routine, columns + line + in_pixels + groups * size["filters"] * per_group, routine["refused"]) as room:
            zeros, pixels = (routine.at(room, offset, "float") for offset in (columns, columns + line))
            products = routine.at(pixels, in_pixels, "float")
            routine.fill(routine.value("float", 0.0), room, columns + line, code.filter_lanes)
            start, stop = (size["blocks"] * number / size["chunks"] for number in (index, index + 1))
            with routine.loop(start, stop) as block:
                first, count, tiles = _transform_block(routine, code, size, block, room, zeros, pixels)
                routine.call("void", "transform_gradients", routine["dy"], products, zeros, first, count, routine["sizes"])
                routine.call("void", "accumulate", pixels, products, total, tiles, routine["sizes"])

    def collected(routine: Routine, channel: Value) -> None:
        size, kind = _sizes(routine, code), vector("float", code.filter_lanes)
        channels, filters = size["channels"], size["filters"]
        with routine.loop(0, filters, code.filter_lanes) as lane:
            sums = [routine.variable(routine.value(kind, 0.0)) for _ in range(code.squared)]
            with routine.loop(0, size["chunks"]) as chunk:
                for square, total in enumerate(sums):
                    place = ((chunk * code.squared + square) * channels + channel) * filters + lane
                    total.set(total.get() + routine.load(kind, routine["totals"], place))
            values = [total.get() for total in sums]
            lines = [values[start : start + code.places] for start in range(0, code.squared, code.places)]
            for number, value in enumerate(_both_ways(routine, transforms(code.taps, code.tile).results, lines)):
                routine.store(value, routine["dw"], (channels * number + channel) * filters + lane)

    def steps(routine: Routine, refused: Value) -> None:
        routine.call("void", "correlate", *(routine[name] for name in ("x", "dy", "totals")), refused, routine["sizes"])
        routine.call("void", "collect", *(routine[name] for name in ("totals", "dw", "sizes")))

    correlate = chunked("correlate", dict.fromkeys(("x", "dy", "totals", "refused", "sizes"), "ptr"), _number("chunks"), body)
    collect = chunked("collect", dict.fromkeys(("totals", "dw", "sizes"), "ptr"), _number("channels"), collected)
    parts = [_pixels_routine(code), _gradients_routine(code), _accumulate_routine(code)]
    return module([*parts, *correlate, *collect, entry(("x", "dy", "totals", "dw", "sizes"), steps)])
