"""Compiled resizing of images, bilinear, bicubic and by area, and the gradients of that and of the nearest neighbour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import resize_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.resize import Taps, area_taps, cubic_taps, linear_taps, nearest

__all__ = ["resize", "resize_gradient"]

ELEMENTS = {"float32": "float", "uint8": "i8"}
MOST_TAPS = 16  # their sums are written out
SECONDS_PER_TERM = 2e-9  # of NumPy


def _nearest_taps(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool) -> Taps:
    rows = nearest(size, wanted, align_corners, half_pixel_centers)[:, None]
    return rows, np.ones(rows.shape, np.float32)


TAPS = {"Bilinear": linear_taps, "Bicubic": cubic_taps, "Area": area_taps, "NearestNeighbor": _nearest_taps}


def _tables(c: Inference, images: tuple[int, ...], resized: tuple[int, ...]) -> tuple[Taps, Taps] | None:
    """The taps along height and width; None for what the op's own kernel has to look at."""
    flags = c.attrs["align_corners"], c.attrs.get("half_pixel_centers", False)
    if len(images) != 4 or len(resized) != 4 or min(*images, *resized) <= 0 or all(flags):
        return None
    taps = TAPS[c.opdef.name.removeprefix("Resize").removesuffix("Grad")]
    rows, columns = (taps(images[axis], resized[axis], *flags) for axis in (1, 2))
    return (rows, columns) if max(rows[0].shape[1], columns[0].shape[1]) <= MOST_TAPS else None


def _arrays(rows: Taps, columns: Taps) -> list[np.ndarray]:
    """The tables as the code wants them."""
    return [np.ascontiguousarray(part, kind) for taps in (rows, columns) for part, kind in zip(taps, (np.int64, np.float32))]


def _seconds(rows: Taps, columns: Taps, resized: tuple[int, ...]) -> float:
    return SECONDS_PER_TERM * math.prod(resized) * (rows[0].shape[1] + columns[0].shape[1])


@compiled("ResizeBilinear", "ResizeBicubic", "ResizeArea")
def resize(c: Inference) -> Tiered | None:
    """To a size that is known."""
    shape, wanted, element = shape_of(c, 0), c.value(1), ELEMENTS.get(c.dtype(0).name)
    if element is None or wanted is None or wanted.shape != (2,) or len(shape) != 4:
        return None
    result = (shape[0], *wanted.tolist(), shape[3])
    tables = _tables(c, shape, result)
    if tables is None:
        return None
    rows, columns = tables

    def prepare() -> Any:
        text = assembly.resize_text(assembly.Resize(element, shape[3], rows[0].shape[1], columns[0].shape[1], lanes_of_registers()))
        used = np.zeros(shape[1], np.int64)
        used[rows[0].reshape(-1)] = 1
        return _kernel(c, text, "resize", [*_arrays(rows, columns), used], shape, result, [*shape[:3], *result[1:3]])

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(rows, columns, result))


@compiled("ResizeBilinearGrad", "ResizeBicubicGrad", "ResizeNearestNeighborGrad")
def resize_gradient(c: Inference) -> Tiered | None:
    """Back to a size that is known."""
    resized = shape_of(c, 0)
    is_told = c.opdef.name == "ResizeNearestNeighborGrad"  # else the image itself tells the size
    if len(resized) != 4 or any(c.dtype(index).name != "float32" for index in range(1 if is_told else 2)):
        return None
    if is_told:
        wanted = c.value(1)
        shape = () if wanted is None or wanted.shape != (2,) else (resized[0], *wanted.tolist(), resized[3])
    else:
        shape = shape_of(c, 1)
    tables = _tables(c, shape, resized)
    if tables is None or (shape[0], shape[3]) != (resized[0], resized[3]):
        return None
    rows, columns = tables

    def prepare() -> Any:
        text = assembly.back_text(assembly.Resize("float", shape[3], rows[0].shape[1], columns[0].shape[1], lanes_of_registers()))
        return _kernel(c, text, "back", _arrays(rows, columns), resized, shape, [*shape[:3], *resized[1:3]])

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(rows, columns, resized))


def _kernel(c: Inference, text: str, routine: str, tables: Sequence[np.ndarray], source: tuple[int, ...], result: tuple[int, ...],
            sizes: Sequence[int]) -> Any:  # fmt: skip
    """The kernel that makes an array of the shape `result` from one of the shape `source` and from tables."""
    arrays = [Given(source), *[Given(table.shape) for table in tables], Given(result, is_output=True)]
    run = caller(text, routine, arrays, sizes, returns="i32")

    def make(xp: Any, images: Any, *others: Any) -> Any:
        made = empty(result)
        return made if run(images, *tables, made) else c.opdef.kernel(xp, images, *others)

    return make
