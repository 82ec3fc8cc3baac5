"""What convolutions by their definition share: the sizes that they are told, and bands of pixels with zeros around them.

A band is the pixels under some rows of results, copied to a place where padding stands as zeros, so that no loop has to ask where it is.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple

from autograd_lite.kernels.routine import Routine, Value, strips, vector

__all__ = ["PARTS", "SIZES", "Part", "band_room", "copy_band", "count_of", "masks_of", "part_number", "part_of", "plane_room", "sizes_of"]

# What a kernel is told, as 64-bit integers in this order. Distances are in numbers. Images have one plane, volumes several.
SIZES = (
    "images", "depth", "height", "width", "x_pixel",  # from one pixel to the next, of all groups
    "groups", "channels", "filters",  # of a group
    "result_depth", "result_height", "result_width",
    "before_planes", "before_rows", "before_columns",  # of padding; negative where the first rows are not used
    "window_planes", "window_rows", "taps", "run",  # of a window; of each row the pieces that lie apart, and numbers in a piece
    "plane_stride", "row_stride",  # planes and rows from one result to the next
    "plane_step", "row_step", "tap_step",  # from one plane or row of a window to the next, and numbers from piece to piece
    "padded_width",  # columns that a band needs
    "band", "bands",  # rows of results in a band, and bands in a plane
    "weights_row",  # from the weights of one pixel to those of the next: the filters, rounded up to vectors
    "y_image", "y_plane", "y_row", "y_pixel", "y_offset",  # where results go
    "chunks", "parts",  # of a filter gradient: sums with a place of their own, and parts into which the filters fall
)  # fmt: skip


class Part(NamedTuple):
    """A part of the work: a band of rows of results, of one group."""

    group: Value
    image: Value
    plane: Value  # of results
    first: Value  # row of results
    rows: Value

    def result(self, size: Mapping[str, Value]) -> Value:
        """Where its first result goes."""
        corner = self.image * size["y_image"] + self.plane * size["y_plane"] + self.first * size["y_row"]
        return corner + size["y_offset"] + self.group * size["filters"]


def sizes_of(routine: Routine) -> dict[str, Value]:
    """What the kernel was told."""
    return {name: routine.load("i64", routine["sizes"], index) for index, name in enumerate(SIZES)}


def part_of(routine: Routine, size: Mapping[str, Value], group: Value, image: Value, plane: Value, band: Value) -> Part:
    """The band with this number."""
    first = band * size["band"]
    return Part(group, image, plane, first, routine.smaller(size["band"], size["result_height"] - first))


def part_number(routine: Routine, size: Mapping[str, Value], index: Value) -> Part:
    """The part with this number among those of all images; those of a pixel's groups follow each other."""
    rest, group = index / size["groups"], index % size["groups"]
    rest, band = rest / size["bands"], rest % size["bands"]
    return part_of(routine, size, group, rest / size["result_depth"], rest % size["result_depth"], band)


def plane_room(size: Mapping[str, Value]) -> Value:
    """Numbers of a plane of a whole band."""
    return _band_rows(size, size["band"]) * size["padded_width"] * size["channels"]


def band_room(size: Mapping[str, Value]) -> Value:
    """Numbers of a whole band."""
    return plane_room(size) * size["window_planes"]


def _band_rows(size: Mapping[str, Value], count: Value) -> Value:
    """Rows of pixels under so many rows of results."""
    return (count - 1) * size["row_stride"] + (size["window_rows"] - 1) * size["row_step"] + 1


def copy_band(routine: Routine, size: Mapping[str, Value], part: Part, band: Value, lanes: int) -> None:
    """Copy the pixels under a part's results, with zeros where there is padding: [plane, row, column, channel of the group]."""
    channels, before = size["channels"], size["before_columns"]
    left, skipped = routine.larger(before, 0), routine.larger(before * -1, 0)
    inside = routine.larger(routine.smaller(size["width"] - skipped, size["padded_width"] - left), 0)
    pitch, zero = size["padded_width"] * channels, routine.value("float", 0.0)
    with routine.loop(0, size["window_planes"]) as plane, routine.loop(0, _band_rows(size, part.rows)) as row:
        source_plane = part.plane * size["plane_stride"] + plane * size["plane_step"] - size["before_planes"]
        source_row = part.first * size["row_stride"] - size["before_rows"] + row
        target = routine.at(band, plane * plane_room(size) + row * pitch, "float")

        def copy(source_plane: Value = source_plane, source_row: Value = source_row, target: Value = target) -> None:
            line = ((part.image * size["depth"] + source_plane) * size["height"] + source_row) * size["width"] + skipped
            source = routine.at(routine["x"], line * size["x_pixel"] + part.group * channels, "float")
            middle = routine.at(target, left * channels, "float")
            routine.fill(zero, target, left * channels, lanes)
            is_whole = size["x_pixel"].equals(channels)
            # Pixels that lie together are copied as one.
            length, count = routine.select(is_whole, inside * channels, channels), routine.select(is_whole, 1, inside)
            with routine.loop(0, count) as pixel:
                source, place = routine.at(source, pixel * size["x_pixel"], "float"), routine.at(middle, pixel * channels, "float")
                for width, index in strips(routine, length, (lanes, 1)):
                    routine.store(routine.load(vector("float", width), source, index), place, index)
            end = routine.at(middle, inside * channels, "float")
            routine.fill(zero, end, (size["padded_width"] - left - inside) * channels, lanes)

        def clear(target: Value = target) -> None:
            routine.fill(zero, target, pitch, lanes)

        routine.either(source_plane.below(size["depth"]) & source_row.below(size["height"]), copy, clear)


def masks_of(routine: Routine, lanes: int, vectors: int, left: Value) -> list[Value]:
    """Which lanes of so many vectors are among those that are left."""
    return [routine.first_lanes(routine.larger(left - number * lanes, 0), lanes) for number in range(vectors)]


def count_of(*names: str) -> Callable[[Routine], Value]:
    """The number of parts of the work: a product of sizes."""

    def count(routine: Routine) -> Value:
        size = sizes_of(routine)
        return functools.reduce(operator.mul, [size[name] for name in names])

    return count


PARTS = ("images", "result_depth", "bands", "groups")
