"""Compiled segment ops: sums, means, products and extremes of the rows that share an id."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import rows_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.rows import ELEMENTS, INDICES, USUAL_ROWS, has_room, seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["chosen", "sorted_segments", "unsorted_segments"]

COMBINATIONS = {"Sum": "add", "Mean": "mean", "SqrtN": "root", "Prod": "mul", "Max": "max", "Min": "min"}


def _rows(c: Inference, ids: int) -> assembly.Rows | None:
    """How rows of the data (input 0) look, seen per id; None for what NumPy has to do. `ids` is the number of that input."""
    data, places = shape_of(c, 0), shape_of(c, ids)
    element, index = ELEMENTS.get(c.dtype(0).name), INDICES.get(c.dtype(ids).name)
    if element is None or index is None or not data or not places or 0 in data or data[: len(places)] != places:
        return None
    return assembly.Rows(element, index, math.prod(data[len(places) :]), 0)


def _combination(c: Inference) -> str:
    name = c.opdef.name.removeprefix("Unsorted").removeprefix("Sparse").removeprefix("Segment").removesuffix("WithNumSegments")
    return COMBINATIONS[name]


def _count(given: Any) -> int:
    """How many segments there are, as told; -1 for what the op's kernel will complain about."""
    array = np.asarray(given)
    return int(array) if not array.ndim else -1


@compiled(*[f"Segment{kind}" for kind in ("Sum", "Mean", "Prod", "Max", "Min")])
def sorted_segments(c: Inference) -> Tiered | None:
    """Ids are sorted; the last one says how many segments there are."""
    rows, shape = _rows(c, 1), shape_of(c, 0)
    if rows is None or len(shape_of(c, 1)) != 1:
        return None

    def prepare() -> Any:
        text = assembly.segment_text(_combination(c), rows._replace(lanes=lanes_of_registers(rows.element)))
        run = _into_segments(text, "segment", [Given(shape), Given(shape[:1])], shape[1:], [shape[0]])

        def combine(xp: Any, data: Any, ids: Any, *attrs: Any) -> Any:
            result = run(int(ids[-1]) + 1, data.dtype, data, ids)
            return c.opdef.kernel(xp, data, ids, *attrs) if result is None else result

        return combine

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(3 * math.prod(shape)))


@compiled(*[f"UnsortedSegment{kind}" for kind in ("Sum", "Prod", "Max", "Min")])
def unsorted_segments(c: Inference) -> Tiered | None:
    """Ids come in any order."""
    rows, shape, places = _rows(c, 1), shape_of(c, 0), shape_of(c, 1)
    if rows is None:
        return None

    def prepare() -> Any:
        text = assembly.unsorted_text(_combination(c), rows._replace(lanes=lanes_of_registers(rows.element)))
        inner, count = shape[len(places) :], math.prod(places)
        run = _into_segments(text, "unsorted", [Given(shape), Given(places)], inner, [count])

        def combine(xp: Any, data: Any, ids: Any, segments: Any, *attrs: Any) -> Any:
            result = run(_count(segments), data.dtype, data, ids)
            return c.opdef.kernel(xp, data, ids, segments, *attrs) if result is None else result

        return combine

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(7 * math.prod(shape)))


@compiled(*[f"SparseSegment{kind}{more}" for kind in ("Sum", "Mean", "SqrtN") for more in ("", "WithNumSegments")])
def chosen(c: Inference) -> Tiered | None:
    """Rows are named by indices; how many there are of either may become known only when it runs."""
    shape, index = shape_of(c, 0), INDICES.get(c.dtype(1).name)
    element, ids_index = ELEMENTS.get(c.dtype(0).name), INDICES.get(c.dtype(2).name)
    if element is None or index is None or ids_index is None or not shape or None in shape[1:] or 0 in shape:
        return None
    if any(places is None or len(places) != 1 for places in (c.shape(1), c.shape(2))):
        return None
    inner, is_told = shape[1:], c.count == 4
    rows = assembly.Rows(element, ids_index, math.prod(inner), 0)

    def prepare() -> Any:
        text = assembly.segment_text(_combination(c), rows._replace(lanes=lanes_of_registers(rows.element)), chosen=index)
        run = _into_segments(text, "segment", [Given((None, *inner)), Given((None,)), Given((None,))], inner, [])

        def combine(xp: Any, data: Any, indices: Any, ids: Any, *others: Any) -> Any:
            result = None
            if ids.size and ids.shape == indices.shape:
                result = run(_count(others[0]) if is_told else int(ids[-1]) + 1, data.dtype, data, indices, ids)
            return c.opdef.kernel(xp, data, indices, ids, *others) if result is None else result

        return combine

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(4 * (shape_of(c, 1)[0] or USUAL_ROWS) * rows.width))


def _into_segments(text: str, routine: str, given: list[Given], inner: tuple[int, ...], numbers: list[int]) -> Any:
    """A function `run(segments, dtype, *arrays)` that gives the result [segments, *inner], or None where the op's kernel has to look."""
    run = caller(text, routine, [*given, Given((None, *inner), is_output=True)], numbers, returns="i32", short=False)

    def combine(segments: int, dtype: Any, *arrays: Any) -> Any:
        if segments < 0 or not has_room((segments, *inner), dtype.itemsize):
            return None
        result = empty((segments, *inner), dtype)
        return result if run(*arrays, result) else None

    return combine
