"""What convolutions by their definition share: the sizes that they are told, and bands of pixels with zeros around them.

A band is the pixels under some rows of results, copied to a place where padding stands as zeros, so that no loop has to ask where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autograd_lite.kernels.routine import Routine, Value, strips, vector

__all__ = ["SIZES", "band_room", "copy_band", "count_of", "masks_of", "sizes_of"]

# What a kernel is told, as 64-bit integers in this order. Distances are in numbers.
SIZES = (
    "images", "height", "width", "channels",
    "result_height", "result_width", "filters",
    "before_rows", "before_columns",  # of padding; negative where the first rows are not used
    "window_rows", "taps", "run",  # a window's rows; of each row the pieces that lie apart, and numbers in a piece
    "row_stride",  # rows from one result to the next
    "row_step", "tap_step",  # rows from one row of a window to the next, and numbers from piece to piece
    "padded_width",  # columns that a band needs
    "band", "bands",  # rows of results in a band, and bands in an image
    "weights_row",  # from the weights of one pixel to those of the next: the filters, rounded up to vectors
    "y_image", "y_row", "y_pixel", "y_offset",  # where results go
    "chunks", "parts",  # of a filter gradient: sums with a place of their own, and parts into which the filters fall
)  # fmt: skip


def sizes_of(routine: Routine) -> dict[str, Value]:
    """What the kernel was told."""
    return {name: routine.load("i64", routine["sizes"], index) for index, name in enumerate(SIZES)}


def _band_rows(size: Mapping[str, Value], count: Value) -> Value:
    """Rows of pixels under so many rows of results."""
    return (count - 1) * size["row_stride"] + (size["window_rows"] - 1) * size["row_step"] + 1


def band_room(size: Mapping[str, Value]) -> Value:
    """Numbers of a whole band."""
    return _band_rows(size, size["band"]) * size["padded_width"] * size["channels"]


def copy_band(routine: Routine, size: Mapping[str, Value], image: Value, first: Value, count: Value, band: Value, lanes: int) -> None:
    """Copy the rows of pixels under `count` rows of results from `first` on, with zeros where there is padding."""
    channels, before = size["channels"], size["before_columns"]
    left, skipped = routine.larger(before, 0), routine.larger(before * -1, 0)
    inside = routine.larger(routine.smaller(size["width"] - skipped, size["padded_width"] - left), 0)
    pitch, zero = size["padded_width"] * channels, routine.value("float", 0.0)
    with routine.loop(0, _band_rows(size, count)) as row:
        source_row, target = first * size["row_stride"] - size["before_rows"] + row, routine.at(band, row * pitch, "float")

        def copy(source_row: Value = source_row, target: Value = target) -> None:
            source = routine.at(routine["x"], ((image * size["height"] + source_row) * size["width"] + skipped) * channels, "float")
            middle = routine.at(target, left * channels, "float")
            routine.fill(zero, target, left * channels, lanes)
            for width, index in strips(routine, inside * channels, (lanes, 1)):
                routine.store(routine.load(vector("float", width), source, index), middle, index)
            end = routine.at(middle, inside * channels, "float")
            routine.fill(zero, end, (size["padded_width"] - left - inside) * channels, lanes)

        def clear(target: Value = target) -> None:
            routine.fill(zero, target, pitch, lanes)

        routine.either(source_row.below(size["height"]), copy, clear)


def masks_of(routine: Routine, lanes: int, vectors: int, left: Value) -> list[Value]:
    """Which lanes of so many vectors are among those that are left."""
    return [routine.first_lanes(routine.larger(left - number * lanes, 0), lanes) for number in range(vectors)]


def count_of(left: str, right: str) -> Callable[[Routine], Value]:
    """The number of parts of the work: a product of two sizes."""

    def count(routine: Routine) -> Value:
        size = sizes_of(routine)
        return size[left] * size[right]

    return count
