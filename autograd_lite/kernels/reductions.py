"""Compiled reductions of float32 arrays along axes that lie side by side: sums, means, products, extremes and their positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import reductions_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.tier import Tiered

__all__ = ["bias_gradient", "fold", "position"]

CHUNK = 1 << 16  # elements that one thread folds at a time
COLUMNS = 64  # columns that are folded side by side; chunks are multiples
LEAST_SECONDS = 3e-6  # of a call of NumPy
SECONDS_PER_ELEMENT = 5e-10
FOLDS = {"Sum": "sum", "Mean": "mean", "Prod": "prod", "Max": "max", "Min": "min"}


class Sides(NamedTuple):
    """An array as [outer, length, inner], to be folded along `length`."""

    outer: int
    length: int
    inner: int

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.outer * self.length * self.inner


def sides(shape: Sequence[int], axes: Sequence[int]) -> Sides | None:
    """The array seen as [outer, length, inner] when these axes lie side by side (axes of size 1 do not count), else None."""
    axes = [axis % len(shape) for axis in axes if shape[axis] != 1]
    first, last = min(axes, default=len(shape)), max(axes, default=len(shape) - 1)
    if any(shape[axis] != 1 and axis not in axes for axis in range(first, last + 1)):
        return None
    return Sides(math.prod(shape[:first]), math.prod(shape[first : last + 1]), math.prod(shape[last + 1 :]))


def _folded(c: Inference, kind: str, shape: tuple[int, ...], axes: Sequence[int], result: tuple[int, ...]) -> Tiered | None:
    """The kernel that folds the first input, of this shape, along these axes."""
    seen = sides(shape, axes) if c.dtype(0).name == "float32" else None
    if seen is None or not seen.size:
        return None
    columns = seen.inner
    is_long = seen.size > CHUNK and seen.outer * seen.inner <= CHUNK // 8
    if is_long:
        rows, part = 1, max(CHUNK // seen.inner, 1)
    else:
        rows, part = max(CHUNK // (seen.length * seen.inner), 1), seen.length
        columns = min(max(CHUNK // seen.length // COLUMNS * COLUMNS, COLUMNS), seen.inner)
    numbers = [*seen, rows, part, columns]
    parts = (seen.outer * -(-seen.length // part) * seen.inner,)

    def prepare() -> Any:
        text = assembly.module_text(kind, lanes_of_registers())
        arrays = [Given(shape), *[Given(parts, is_output=True)] * is_long, Given(result, is_output=True)]
        run = caller(text, "reduce_long" if is_long else "reduce", arrays, numbers)

        def fold_array(xp: Any, x: Any, *others: Any) -> Any:
            folded = np.empty(result, np.float32)
            done = run(x, np.empty(parts), folded) if is_long else run(x, folded)
            return folded[()] if done else c.opdef.kernel(xp, x, *others)  # [()]: rank 0 is a NumPy scalar

        return fold_array

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, LEAST_SECONDS + SECONDS_PER_ELEMENT * seen.size)


@compiled("Sum", "Mean", "Prod", "Max", "Min")
def fold(c: Inference) -> Tiered | None:
    """Fold along constant axes."""
    shape, given = shape_of(c, 0), c.value(1)
    if not shape or given is None:  # of rank 0 is a NumPy scalar, which is no array
        return None
    axes = given.reshape(-1).tolist()
    if any(not -len(shape) <= axis < len(shape) for axis in axes) or len({axis % len(shape) for axis in axes}) < len(axes):
        return None  # the kernel will complain
    axes = [axis % len(shape) for axis in axes]
    kept = c.attrs["keep_dims"]
    result = tuple([1 if axis in axes else size for axis, size in enumerate(shape) if kept or axis not in axes])
    return _folded(c, FOLDS[c.opdef.name], shape, axes, result)


@compiled("BiasAddGrad")
def bias_gradient(c: Inference) -> Tiered | None:
    """Add up all but the last axis."""
    shape = shape_of(c, 0)
    if shape is None or len(shape) < 2 or c.attrs["data_format"] != "NHWC":
        return None
    return _folded(c, "sum", shape, range(len(shape) - 1), shape[-1:])


@compiled("ArgMax", "ArgMin")
def position(c: Inference) -> Tiered | None:
    """Where along a constant axis the first largest or smallest element stands."""
    shape, axis, wanted = shape_of(c, 0), c.value(1), c.attrs["output_type"]
    if not shape or axis is None or axis.ndim or c.dtype(0).name != "float32" or wanted.name not in ("int32", "int64"):
        return None
    at = int(axis)
    if not -len(shape) <= at < len(shape) or 0 in shape or shape[at] >= 1 << 31:
        return None
    at %= len(shape)
    result: tuple[int, ...] = shape[:at] + shape[at + 1 :]
    seen = Sides(math.prod(shape[:at]), shape[at], math.prod(shape[at + 1 :]))
    numbers = [*seen, max(CHUNK // (seen.length * seen.inner), 1)]

    def prepare() -> Any:
        text = assembly.positions_text(c.opdef.name == "ArgMax", lanes_of_registers(), "i32" if wanted.name == "int32" else "i64")
        run = caller(text, "positions", [Given(shape), Given(result, is_output=True)], numbers, short=False)

        def find(xp: Any, x: Any, *others: Any) -> Any:
            found = np.empty(result, wanted.numpy)
            return found[()] if run(x, found) else c.opdef.kernel(xp, x, *others)

        return find

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, LEAST_SECONDS + 4 * SECONDS_PER_ELEMENT * seen.size)
