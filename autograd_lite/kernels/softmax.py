"""Compiled softmax, its logarithm, and the cross-entropy losses with their gradients, for float32 rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import softmax_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.tier import Tiered

__all__ = ["cross_entropy", "softmax"]

CHUNK = 1 << 14  # elements that one thread does at a time
SECONDS_PER_ELEMENT = 4e-9  # of NumPy
LEAST_SECONDS = 1.5e-5
KINDS = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "SoftmaxCrossEntropyWithLogits": "cross_entropy",
         "SparseSoftmaxCrossEntropyWithLogits": "sparse_cross_entropy"}  # fmt: skip


def _run(c: Inference, shape: tuple[int, ...], arrays: list[Given], label: str = "i32") -> Any:
    lanes, width = lanes_of_registers(), shape[-1]
    text = assembly.module_text(KINDS[c.opdef.name], lanes, width <= lanes, label)
    return caller(text, "rows", arrays, [math.prod(shape[:-1]), width, max(CHUNK // width, 1)], returns="i32")


def _seconds(shape: tuple[int, ...]) -> float:
    return LEAST_SECONDS + SECONDS_PER_ELEMENT * math.prod(shape)


@compiled("Softmax", "LogSoftmax")
def softmax(c: Inference) -> Tiered | None:
    """Along the last axis."""
    shape = shape_of(c, 0)
    if not shape or 0 in shape or c.dtype(0).name != "float32":
        return None

    def prepare() -> Any:
        run = _run(c, shape, [Given(shape), Given(shape, is_output=True)])

        def rows(xp: Any, logits: Any) -> Any:
            result = empty(shape)
            return result if run(logits, result) else c.opdef.kernel(xp, logits)

        return rows

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(shape))


@compiled("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits")
def cross_entropy(c: Inference) -> Tiered | None:
    """The loss of each row, and its gradient for the logits."""
    shape, labels = shape_of(c, 0), shape_of(c, 1)
    is_sparse = c.opdef.name.startswith("Sparse")
    fits = labels == (shape[:1] if is_sparse else shape)
    if len(shape) != 2 or 0 in shape or not fits or c.dtype(0).name != "float32":
        return None

    def prepare() -> Any:
        arrays = [Given(shape), Given(labels), Given(shape[:1], is_output=True), Given(shape, is_output=True)]
        run = _run(c, shape, arrays, "i64" if c.dtype(1).name == "int64" else "i32")

        def rows(xp: Any, features: Any, given: Any) -> Any:
            loss, backprop = np.empty(shape[0], np.float32), empty(shape)
            return (loss, backprop) if run(features, given, loss, backprop) else c.opdef.kernel(xp, features, given)

        return rows

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(shape))
