"""Compiled search for the largest elements of rows, and so all that sorts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import ranking_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.rows import INDICES, seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["largest"]

ELEMENTS = {"float32": "float", "int32": "i32"}
CHUNK = 1 << 14  # elements that one thread does at a time, if that is several rows
MOST = 2**31 - 1  # elements of a row
NUMPY_STEPS = 20  # elements that NumPy could move while it finds the place of one


@compiled("TopK", "TopKV2")
def largest(c: Inference) -> Tiered | None:
    """Of the last axis, largest first; of equal ones the first."""
    element, shape = ELEMENTS.get(c.dtype(0).name), shape_of(c, 0)
    given, place = c.attrs.get("k"), c.attrs.get("index_type")
    if c.opdef.name == "TopKV2":
        wanted = c.value(1)
        given = None if wanted is None or wanted.ndim else int(wanted)
    index, numbers = ("int32", np.int32) if place is None else (place.name, place.numpy)
    if element is None or index not in INDICES or not shape or 0 in shape or given is None or not 0 < given <= shape[-1] <= MOST:
        return None
    rows, result = math.prod(shape[:-1]), (*shape[:-1], given)
    together = assembly.TOGETHER if shape[-1] <= assembly.MOST_SORTED else 1
    per_chunk = max(CHUNK // shape[-1] // together, 1) * together

    def prepare() -> Any:
        ranking = assembly.Ranking(element, INDICES[index], shape[-1], given, per_chunk)
        arrays = [Given(shape), Given(result, is_output=True), Given(result, is_output=True)]
        run = caller(assembly.module_text(ranking), "rank", arrays, [rows], returns="i32")

        def find(xp: Any, x: Any, *others: Any) -> Any:
            found, places = np.empty(result, x.dtype), np.empty(result, numbers)
            return (found, places) if run(x, found, places) else c.opdef.kernel(xp, x, *others)

        return find

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * math.prod(shape)))
