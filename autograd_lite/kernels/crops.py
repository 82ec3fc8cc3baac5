"""Compiled cutting of boxes out of images, each brought to one size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector
from autograd_lite.kernels.rows import USUAL_ROWS, seconds
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.crops import Crops, crops_of, cut

__all__ = ["crop_and_resize"]

NUMPY_STEPS = 20  # elements that NumPy could move while it makes one
_POINTERS = ("x", "images", "top", "bottom", "down", "left", "right", "across", "inside_rows", "inside_columns", "beyond", "out")
_SIZES = ("height", "width", "rows", "columns")


@compiled("CropAndResize")
def crop_and_resize(c: Inference) -> Tiered | None:
    """Bilinear, out of float32 images; how many boxes there are may become known only when it runs."""
    shape, boxes, wanted = c.shape(0), c.shape(1), c.value(3)
    if c.dtype(0).name != "float32" or c.attrs["method"] != "bilinear" or shape is None or None in shape or len(shape) != 4 or 0 in shape:
        return None
    if boxes is None or len(boxes) != 2 or wanted is None or wanted.shape != (2,) or min(wanted.tolist()) <= 0:
        return None
    images, (rows, columns), depth = shape_of(c, 0), wanted.tolist(), shape_of(c, 0)[3]

    def prepare() -> Any:
        along = [*[Given((None, rows))] * 3, *[Given((None, columns))] * 3, Given((None, rows)), Given((None, columns))]
        arrays = [Given((math.prod(images[:3]), depth)), Given((None,)), *along, Given(()), Given((None, rows, columns, depth), True)]
        run = caller(_crops_text(depth, lanes_of_registers()), "crop", arrays, [*images[1:3], rows, columns])

        def cut_out(xp: Any, pixels: Any, crops: Crops, method: str, beyond: Any) -> Any:
            down, across = crops.rows, crops.columns
            made = np.empty((len(crops.images), rows, columns, depth), np.float32)
            tables = (down.first, down.second, down.part, across.first, across.second, across.part, down.inside, across.inside)
            done = len(made) and run(pixels, crops.images, *tables, np.asarray(beyond), made)
            return made if done else cut(xp, pixels, crops, method, beyond)

        def crop(xp: Any, image: Any, boxes: Any, box_ind: Any, size: Any, method: str, beyond: float) -> Any:
            return crops_of(xp, image, boxes, box_ind, size, method, beyond, cut_out)

        return crop

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * (boxes[0] or USUAL_ROWS) * rows * columns * depth))


def _crops_text(depth: int, lanes: int) -> str:
    """`crop(...)`: every box is a chunk. The sizes that may be any are the numbers of boxes, the same for all arrays."""

    def body(routine: Routine, box: Value) -> None:
        first_row = routine.load("i64", routine["images"], box) * routine["height"]
        with routine.loop(0, routine["rows"]) as row, routine.loop(0, routine["columns"]) as column:
            at_row, at_column = box * routine["rows"] + row, box * routine["columns"] + column
            to = (at_row * routine["columns"] + column) * depth
            inside = routine.load("i8", routine["inside_rows"], at_row) & routine.load("i8", routine["inside_columns"], at_column)

            def fill(to: Value = to) -> None:
                beyond = routine.load("float", routine["beyond"])
                routine.fill(beyond, routine.at(routine["out"], to, "float"), routine.integer(depth), lanes)

            def mix(at_row: Value = at_row, at_column: Value = at_column, to: Value = to) -> None:
                starts = [
                    ((first_row + routine.load("i64", routine[down], at_row)) * routine["width"]
                     + routine.load("i64", routine[across], at_column)) * depth
                    for down in ("top", "bottom") for across in ("left", "right")
                ]  # fmt: skip
                parts = routine.load("float", routine["down"], at_row), routine.load("float", routine["across"], at_column)
                for count, channel in strips(routine, depth, (lanes, 4, 1)):
                    down, across = (routine.spread(part, count) for part in parts)
                    one, two, three, four = (routine.load(vector("float", count), routine["x"], start + channel) for start in starts)
                    above, below = one + (two - one) * across, three + (four - three) * across
                    routine.store(above + (below - above) * down, routine["out"], to + channel)

            routine.either(inside.differs(0), mix, fill)

    counts = [f"count{number}" for number in range(10)]
    parameters = {**dict.fromkeys(_POINTERS, "ptr"), **dict.fromkeys((*_SIZES, *counts), "i64")}
    return module(chunked("crop", parameters, lambda routine: routine["count0"], body))
