"""Compiled local response normalisation of float32 images, and its gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import lrn_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.tier import Tiered

__all__ = ["respond"]

CHUNK = 1 << 14  # elements that one thread does at a time
MOST_CHANNELS = 4096  # of a pixel, which lies in memory of its own several times
SECONDS_PER_ELEMENT = 2e-8  # of NumPy


@compiled("LRN", "LRNGrad")
def respond(c: Inference) -> Tiered | None:
    """Forwards (the image), or backwards (dy, the image, and what became of it)."""
    is_gradient, shape, attrs = c.opdef.name == "LRNGrad", shape_of(c, 0), c.attrs
    if len(shape) != 4 or 0 in shape or shape[3] > MOST_CHANNELS or attrs["depth_radius"] < 0:
        return None
    if any(shape_of(c, index) != shape or c.dtype(index).name != "float32" for index in range(c.count)):
        return None
    bias, alpha, beta = attrs["bias"], attrs["alpha"], attrs["beta"]
    settings = np.array([bias, alpha, -beta, 2 * alpha * beta], np.float32)
    numbers = [math.prod(shape[:3]), max(CHUNK // shape[3], 1)]

    def prepare() -> Any:
        root = beta if beta in assembly.ROOTS and min(bias, alpha) >= 0 else None  # then no norm is negative
        text = assembly.module_text(is_gradient, assembly.Response(shape[3], attrs["depth_radius"], lanes_of_registers(), root))
        run = caller(text, "respond", [Given((4,)), *[Given(shape)] * c.count, Given(shape, is_output=True)], numbers)

        def normalise(xp: Any, *arguments: Any) -> Any:
            result = empty(shape)
            return result if run(settings, *arguments[: c.count], result) else c.opdef.kernel(xp, *arguments)

        return normalise

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, SECONDS_PER_ELEMENT * math.prod(shape))
