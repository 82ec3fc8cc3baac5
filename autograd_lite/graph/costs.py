"""What running a node costs, worked out from shapes: operations on numbers, and bytes read and written.

A cost is an estimate to compare nodes by, not a promise: bytes are counted as if everything were of the first input's type, and nothing is
said about caches. Each rule gives None where a shape is not known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from autograd_lite.core.shapes import Shape, is_defined, num_elements

Cost = tuple[float, float]
Rule = Callable[[Any], "Cost | None"]

_OPERATION = re.compile(r"\w+\(|<=|>=|==|!=|\*\*|//|[-+*/%<>&|^~]")


def _size(shape: Shape) -> int:
    """The number of elements; 0 when it is not known."""
    return num_elements(shape) or 0


def _results(c: Any) -> list[Shape]:
    """The shapes of the outputs."""
    shapes = c.opdef.shape(c)
    return list(shapes) if isinstance(shapes, list) else [shapes]


def _counted(c: Any, operations: Callable[[], float]) -> Cost | None:
    """So many operations, and all inputs and outputs (but those whose size only the data decides) once through memory."""
    inputs, outputs = [c.shape(index) for index in range(c.count)], _results(c)
    if not all(is_defined(shape) for shape in inputs):
        return None
    known = inputs + [shape for shape in outputs if is_defined(shape)]
    return float(operations()), float(c.dtype(0).size * sum(_size(shape) for shape in known))


def counted(operations: Callable[[Any], float]) -> Rule:
    """As many operations as the function says, when all shapes of the inputs are known."""
    return lambda c: _counted(c, lambda: operations(c))


def once_per_element_of(index: int) -> Rule:
    """One operation for each element of this input."""
    return counted(lambda c: _size(c.shape(index)))


def once_per_window_of(index: int) -> Rule:
    """One operation for each place of each window, of which this input has one element each: gradients of pooling."""
    return counted(lambda c: _size(c.shape(index)) * math.prod(c.attrs["ksize"]))


def formula(text: str) -> Rule:
    """The cost of an elementwise op: the operations of its formula, once for each element of the result."""
    count = max(len(_OPERATION.findall(text)), 1)
    return lambda c: _counted(c, lambda: count * _size(_results(c)[0]))


def once_per_element(c: Any) -> Cost | None:
    """One operation for each element of the first input: reductions, scans, sums by segment."""
    return _counted(c, lambda: _size(c.shape(0)))


def few_per_element(c: Any) -> Cost | None:
    """Five operations for each element of the first input: what an exponential and two passes over a row take."""
    return _counted(c, lambda: 5 * _size(c.shape(0)))


def once_per_window(c: Any) -> Cost | None:
    """One operation for each place of each window: pooling."""
    return _counted(c, lambda: _size(_results(c)[0]) * math.prod(c.attrs["ksize"]))


def cubic(factor: float) -> Rule:
    """`factor` m n min(m, n) operations for each m by n matrix of the first input: factors, inverses, solutions."""

    def rule(c: Any) -> Cost | None:
        def operations() -> float:
            *batch, rows, columns = c.shape(0) or (1, 1)
            return factor * math.prod(batch) * rows * columns * min(rows, columns)

        return _counted(c, operations)

    return rule


def transform(axes: int) -> Rule:
    """5 n log2(n) operations for each Fourier transform over n elements."""

    def rule(c: Any) -> Cost | None:
        def operations() -> float:
            shape = max((each for each in (c.shape(0), *_results(c)) if each is not None), key=_size)
            size = math.prod(shape[len(shape) - axes :])
            return 5 * _size(shape) * math.log2(max(size, 2))

        return _counted(c, operations)

    return rule
