"""Compiled counting: how often whole numbers occur, and how many numbers fall into each bin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.routine import Routine, Value, module, strips, vector
from autograd_lite.kernels.rows import seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["bincount", "histogram"]

MOST_BINS = 1 << 20
NUMPY_STEPS = 5  # elements that NumPy could move while it counts one


@compiled("Bincount")
def bincount(c: Inference) -> Tiered | None:
    """Without weights."""
    shape, dtype = shape_of(c, 0), c.attrs["T"].numpy
    if 0 in shape or not shape or shape_of(c, 2) != (0,) or shape_of(c, 1) != ():
        return None

    def prepare() -> Any:
        run = caller(_bins_text(), "count", [Given(shape), Given((None,), is_output=True)], [math.prod(shape)], returns="i32")

        def count(xp: Any, numbers: Any, size: Any, *others: Any) -> Any:
            bins = int(size)
            if 0 < bins <= MOST_BINS:
                found = np.zeros(bins, np.int64)
                if run(numbers, found):
                    return found.astype(dtype)
            return c.opdef.kernel(xp, numbers, size, *others)

        return count

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * math.prod(shape)))


@compiled("HistogramFixedWidth")
def histogram(c: Inference) -> Tiered | None:
    """Of float32."""
    shape, ends, wanted = shape_of(c, 0), c.value(1), c.value(2)
    if c.dtype(0).name != "float32" or not shape or 0 in shape or ends is None or ends.shape != (2,) or not ends[0] < ends[1]:
        return None
    if wanted is None or wanted.ndim or not 0 < int(wanted) <= MOST_BINS:
        return None
    bins, (low, high), dtype = int(wanted), ends.astype(np.float64).tolist(), c.attrs["dtype"].numpy
    settings = np.array([low, high, (high - low) / bins])
    if not np.isfinite(settings).all():
        return None

    def prepare() -> Any:
        arrays = [Given(shape), Given((3,)), Given((bins,), is_output=True)]
        run = caller(_histogram_text(lanes_of_registers()), "count", arrays, [math.prod(shape), bins], returns="i32")

        def count(xp: Any, values: Any, *others: Any) -> Any:
            found = np.zeros(bins, np.int64)
            return found.astype(dtype) if run(values, settings, found) else c.opdef.kernel(xp, values, *others)

        return count

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(3 * NUMPY_STEPS * math.prod(shape)))


def _add_one(routine: Routine, bin_number: Value) -> None:
    routine.store(routine.load("i64", routine["found"], bin_number) + 1, routine["found"], bin_number)


def _bins_text() -> str:
    """`count(numbers, found, size, bins)`: numbers that are too large do not count; the status is 1 for a negative one."""
    routine = Routine("count", {"numbers": "ptr", "found": "ptr", "size": "i64", "bins": "i64"}, returns="i32")
    with routine.loop(0, routine["size"]) as at:
        number = routine.load("i32", routine["numbers"], at).to("i64")
        with routine.when(number < routine["bins"]):
            with routine.when(number < 0):
                routine.leave(1)
            _add_one(routine, number)
    return module([routine])


def _histogram_text(lanes: int) -> str:
    """`count(values, settings, found, size, bins)`. settings: both ends, and the width of a bin. The status is 1 for NaN."""
    pointers = ("values", "settings", "found")
    routine = Routine("count", {**dict.fromkeys(pointers, "ptr"), "size": "i64", "bins": "i64"}, returns="i32")
    ends = [routine.load("double", routine["settings"], number) for number in range(3)]
    places = routine.room("i64", lanes)
    for width, at in strips(routine, routine["size"], (lanes, 1)):
        value = routine.load(vector("float", width), routine["values"], at).to("double")
        is_wrong = value.unordered()
        with routine.when(is_wrong if width == 1 else routine.mask_bits(is_wrong).differs(0)):
            routine.leave(1)
        low, high, step, last = (routine.spread(each, width) for each in (*ends, routine["bins"] - 1))
        value = routine.select(value < low, low, value)
        value = routine.select(value > high, high, value)
        number = ((value - low) / step).to("i64")
        routine.store(routine.select(number < last, number, last), places)
        for lane in range(width):
            _add_one(routine, routine.load("i64", places, lane))
    return module([routine])
