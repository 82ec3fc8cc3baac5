"""Compiled changes of colours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.colors_assembly import CHANGES, colors_text
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.rows import seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["change"]

NUMPY_STEPS = 30  # elements that NumPy could move while it changes one
NOTHING = np.zeros((), np.float32)  # the amount of what has none


@compiled(*CHANGES)
def change(c: Inference) -> Tiered | None:
    """Of float32 pixels."""
    shape, has_amount = shape_of(c, 0), c.count == 2
    least_rank = 3 if has_amount else 1
    if c.dtype(0).name != "float32" or len(shape) < least_rank or shape[-1] != 3 or 0 in shape or (has_amount and shape_of(c, 1) != ()):
        return None

    def prepare() -> Any:
        text = colors_text(c.opdef.name, lanes_of_registers())
        run = caller(text, "colors", [Given(shape), Given(()), Given(shape, is_output=True)], [math.prod(shape[:-1])])

        def adjust(xp: Any, images: Any, *others: Any) -> Any:
            result = np.empty(shape, np.float32)
            amount = np.asarray(others[0], np.float32) if has_amount else NOTHING
            return result if run(images, amount, result) else c.opdef.kernel(xp, images, *others)

        return adjust

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * math.prod(shape)))
