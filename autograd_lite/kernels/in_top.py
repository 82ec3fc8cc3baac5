"""Compiled answer to whether classes are among those with the highest scores."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector
from autograd_lite.kernels.rows import INDICES, seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["in_top"]

CHUNK = 1 << 15  # scores that a thread looks at at a time
NUMPY_STEPS = 3  # elements that NumPy could move while it looks at one


@compiled("InTopK", "InTopKV2")
def in_top(c: Inference) -> Tiered | None:
    """One pass over the scores of each row, which counts those that are higher."""
    shape, place = shape_of(c, 0), INDICES.get(c.dtype(1).name)
    has_input = c.opdef.name == "InTopKV2"
    if place is None or len(shape) != 2 or 0 in shape or shape_of(c, 1) != shape[:1] or (has_input and shape_of(c, 2) != ()):
        return None
    rows, classes = shape

    def prepare() -> Any:
        arrays = [Given(shape), Given((rows,)), Given((1,)), Given((rows,), is_output=True)]
        run = caller(_text(place, lanes_of_registers()), "look", arrays, [rows, classes, max(CHUNK // classes, 1)])

        def look(xp: Any, scores: Any, targets: Any, k: Any, *others: Any) -> Any:
            is_found = np.empty(rows, bool)
            return is_found if run(scores, targets, np.array([k], np.int64), is_found) else c.opdef.kernel(xp, scores, targets, k, *others)

        return look

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * math.prod(shape)))


def _text(place: str, lanes: int) -> str:
    """`look(scores, targets, k, found, rows, classes, per_chunk)`: a row with a number that is not finite has no highest scores."""

    def body(part: Routine, index: Value) -> None:
        classes, k = part["classes"], part.load("i64", part["k"])
        with part.loop(*span(part, index, part["per_chunk"], part["rows"])) as row:
            scores = part.at(part["scores"], row * classes, "float")
            target = part.load(place, part["targets"], row).to("i64")
            is_class = target.below(classes)
            chosen = part.load("float", scores, part.select(is_class, target, 0))
            higher, is_strange = part.variable(part.integer(0)), part.variable(part.value("i1", 0))
            for width, at in strips(part, classes, (lanes, 1)):
                each = part.load(vector("float", width), scores, at)
                above, wrong = each > part.spread(chosen, width), (each - each).unordered()
                if width > 1:
                    higher.set(higher.get() + part.call("i64", "llvm.ctpop.i64", part.mask_bits(above)))
                    is_strange.set(is_strange.get() | part.mask_bits(wrong).differs(0))
                else:
                    higher.set(higher.get() + above.to("i64"))
                    is_strange.set(is_strange.get() | wrong)
            is_found = part.select(is_strange.get(), part.value("i1", 0), is_class & (higher.get() < k))
            part.store(is_found.to("i8"), part["found"], row)

    parameters = {**dict.fromkeys(("scores", "targets", "k", "found"), "ptr"), **dict.fromkeys(("rows", "classes", "per_chunk"), "i64")}
    return module(chunked("look", parameters, lambda routine: chunks_of(routine, routine["rows"], routine["per_chunk"]), body))
