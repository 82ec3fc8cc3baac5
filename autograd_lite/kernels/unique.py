"""Compiled search for the different elements of a vector of integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.rows import INDICES, USUAL_ROWS, seconds
from autograd_lite.kernels.tier import Tiered
from autograd_lite.kernels.unique_assembly import unique_text

__all__ = ["unique"]

NUMPY_STEPS = 20  # elements that NumPy could move while it looks one up
MOST = 2**31 - 1  # elements: their numbers are noted in 32 bits


@compiled("Unique", "UniqueWithCounts")
def unique(c: Inference) -> Tiered | None:
    """Of int32 and int64."""
    element, place, shape = INDICES.get(c.dtype(0).name), c.attrs["out_idx"], c.shape(0)
    if element is None or place.name not in INDICES or shape is None or len(shape) != 1 or shape[0] == 0:
        return None
    counted = c.opdef.name == "UniqueWithCounts"

    def prepare() -> Any:
        outputs = [Given((None,), is_output=True)] * (3 if counted else 2)
        text = unique_text(element, INDICES[place.name], counted)
        run = caller(text, "unique", [Given((None,)), *outputs, Given((1,), is_output=True)], returns="i32")

        def find(xp: Any, x: Any, *others: Any) -> Any:
            if x.ndim == 1 and 0 < x.size <= MOST:
                y, told = np.empty(x.size, x.dtype), np.empty(1, np.int64)
                numbers = [np.empty(x.size, place.numpy) for _ in range(1 + counted)]
                if run(x, y, *numbers, told):
                    found = int(told[0])
                    return (y[:found], numbers[0], *[counts[:found] for counts in numbers[1:]])
            return c.opdef.kernel(xp, x, *others)

        return find

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * (shape[0] or USUAL_ROWS)))
