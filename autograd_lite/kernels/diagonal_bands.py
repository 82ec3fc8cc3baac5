"""Compiled copies of matrices of which only a band along the diagonal is kept."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector
from autograd_lite.kernels.rows import COPIED, seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["band_part"]

CHUNK = 1 << 16  # elements that a thread copies at a time
NUMPY_STEPS = 2  # elements that NumPy could move while it decides about one


@compiled("MatrixBandPart")
def band_part(c: Inference) -> Tiered | None:
    """Row by row: zeros, what is kept, zeros."""
    shape, lower, upper = shape_of(c, 0), c.value(1), c.value(2)
    element = COPIED.get(c.dtype(0).numpy.itemsize) if c.dtype(0).kind in "fiubc" else None
    if element is None or len(shape) < 2 or 0 in shape or lower is None or upper is None or lower.ndim or upper.ndim:
        return None
    rows, columns = shape[-2:]
    if int(lower) > rows or int(upper) > columns:
        return None
    below, above = (size if int(number) < 0 else int(number) for number, size in ((lower, rows), (upper, columns)))

    def prepare() -> Any:
        numbers = [math.prod(shape[:-1]), rows, columns, below, above, max(CHUNK // columns, 1)]
        run = caller(_text(element, lanes_of_registers(element)), "keep", [Given(shape), Given(shape, is_output=True)], numbers)

        def keep(xp: Any, x: Any, *others: Any) -> Any:
            result = empty(shape, x.dtype)
            return result if run(x, result) else c.opdef.kernel(xp, x, *others)

        return keep

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * math.prod(shape)))


def _text(element: str, lanes: int) -> str:
    """`keep(x, y, count, rows, columns, below, above, per_chunk)`: `count` rows of all matrices; how many diagonals stay."""

    def body(part: Routine, index: Value) -> None:
        columns, zero = part["columns"], part.value(element, 0)
        with part.loop(*span(part, index, part["per_chunk"], part["count"])) as number:
            row = number % part["rows"]
            first = part.smaller(part.larger(row - part["below"], 0), columns)
            end = part.larger(part.smaller(row + part["above"] + 1, columns), first)
            x, y = (part.at(part[name], number * columns, element) for name in ("x", "y"))
            part.fill(zero, y, first, lanes)
            source, target = part.at(x, first, element), part.at(y, first, element)
            for width, at in strips(part, end - first, (lanes, 1)):
                part.store(part.load(vector(element, width), source, at), target, at)
            part.fill(zero, part.at(y, end, element), columns - end, lanes)

    sizes = ("count", "rows", "columns", "below", "above", "per_chunk")
    parameters = {"x": "ptr noalias", "y": "ptr noalias", **dict.fromkeys(sizes, "i64")}
    return module(chunked("keep", parameters, lambda routine: chunks_of(routine, routine["count"], routine["per_chunk"]), body))
