"""Ops that count: how often each number occurs, and how many values fall into each of equally wide bins."""

from __future__ import annotations

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX

_COUNTS = "counts do not change with small steps of the inputs"
_T = "int32 int64 float double"


def _count_of_bins(size):
    if np.ndim(size):
        raise invalid(f"Shape must be rank 0 but is rank {np.ndim(size)}")
    count = int(size)
    if count < 0:
        raise invalid(f"size ({count}) must be non-negative")
    return count


def _check_not_negative(xp, numbers):
    if numbers.size and int(numbers.min()) < 0:
        raise invalid("Input arr must be non-negative!")


def _totals(xp, numbers, count, weights, dtype):
    """How often each of 0 .. count - 1 occurs, or the sum of the weights that belong to it; larger numbers are left out."""
    if numbers.size and int(numbers.max()) >= count:
        kept = numbers < count
        numbers, weights = numbers[kept], weights[kept] if weights.size else weights
    if weights.size:
        totals = xp.zeros((count,), dtype=dtype)
        xp.add.at(totals, numbers, weights)
        return totals
    return xp.bincount(numbers, minlength=count).astype(dtype) if count else xp.zeros((0,), dtype=dtype)


def _counted_shape(c):
    return (rules.scalar_size(c, 1),)


@op(
    "Bincount(arr: int32, size: int32, weights: T) -> bins: T",
    types={"T": _T},
    shape=_counted_shape,
    host=("size",),
    no_gradient="the ids are integers, and TensorFlow gives the weights no gradient either",
    samples=[
        sample(ints(1, 1, 2, 5), 4, values((0,), dtype="float32")),
        sample(ints(1, 0, 1), 2, values((3,), dtype="float32")),
    ],
)
def bincount(xp, arr, size, weights, T):
    """Count how often each of the numbers 0 .. size - 1 occurs, or add up the weights that belong to it."""
    count = _count_of_bins(size)
    if weights.size and weights.size != arr.size:
        raise invalid("Input indices and weights must have the same size.")
    _check_not_negative(xp, arr)
    check_room((count,), T.size)
    return _totals(xp, arr.reshape(-1), count, weights.reshape(-1), T.numpy)


def _dense_bincount_shape(c):
    shape, count = rules.with_rank_at_most(c, c.shape(0), 2), rules.scalar_size(c, 1)
    if shape is None:
        return None
    return (count,) if len(shape) < 2 else (shape[0], count)


@op(
    "DenseBincount(input: Tidx, size: Tidx, weights: T, *, binary_output: bool = False) -> output: T",
    types={"Tidx": INDEX, "T": _T},
    shape=_dense_bincount_shape,
    host=("size",),
    no_gradient="the ids are integers, and TensorFlow gives the weights no gradient either",
    samples=[
        sample(ints(1, 1, 2, 5), 4, values((0,), dtype="float32")),
        sample([[1, 2], [7, 1]], 3, values((2, 2), dtype="float32")),
        sample([[1, 1], [7, 1]], 3, values((0,), dtype="float32"), binary_output=True),
    ],
)
def dense_bincount(xp, input, size, weights, T, binary_output):
    """Count, in a vector or in every row of a matrix, how often each of the numbers 0 .. size - 1 occurs, or add up weights."""
    count = _count_of_bins(size)
    if input.ndim > 2:
        raise invalid(f"Shape must be at most rank 2 but is rank {input.ndim}")
    if weights.size and weights.shape != input.shape:
        raise invalid(
            "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it acts as all weights equal to 1. Received "
            f"{rules.shape_text(weights.shape)}"
        )
    _check_not_negative(xp, input)
    rows = input.shape[0] if input.ndim == 2 else 1
    check_room((rows, count), T.size)
    numbers = input.reshape(-1)
    kept = numbers < count
    places = xp.where(kept, xp.repeat(xp.arange(rows), input.size // max(rows, 1)) * count + numbers, rows * count)
    no_weights = weights[:0].reshape(-1) if binary_output else weights.reshape(-1)
    totals = _totals(xp, places, rows * count, no_weights, T.numpy)
    if binary_output:
        totals = xp.minimum(totals, totals.dtype.type(1))
    return totals.reshape((rows, count) if input.ndim == 2 else (count,))


def _histogram_shape(c):
    count = rules.scalar_size(c, 2)
    if count == 0:
        raise c.fail("Requires nbins > 0")
    return (count,)


@op(
    "HistogramFixedWidth(values: T, value_range: T, nbins: int32, *, dtype: type = int32) -> out: dtype",
    types={"T": _T, "dtype": INDEX},
    shape=_histogram_shape,
    host=("value_range", "nbins"),
    no_gradient=_COUNTS,
    samples=[
        sample(values((6,), -3, 9, "float32"), np.array([0, 5], np.float32), 5),
        sample(values((2, 3), 0, 9, "int32"), ints(0, 5), 3, dtype="int64"),
    ],
)
def histogram_fixed_width(xp, values, value_range, nbins, dtype):
    """Count the values in each of `nbins` equally wide bins; what lies outside of the range counts in the first or the last one."""
    low, high, count = _checked_bins(value_range, nbins)
    check_room((count,), dtype.size)
    if values.dtype.kind == "f" and bool(xp.any(xp.isnan(values))):
        raise invalid("Histogram values must not contain NaN")
    step = (float(high) - float(low)) / count
    clipped = xp.minimum(xp.maximum(values.reshape(-1), low), high)
    places = xp.minimum(((clipped.astype(xp.float64) - float(low)) / step).astype(xp.int64), count - 1)
    return xp.bincount(places, minlength=count).astype(dtype.numpy)


def _checked_bins(value_range, nbins):
    """Both ends of the range, and the number of bins."""
    if np.shape(value_range) != (2,):
        raise invalid("value_range should be a vector of 2 elements.")
    if np.ndim(nbins):
        raise invalid("nbins should be a scalar.")
    count = int(nbins)
    if count <= 0:
        raise invalid(f"nbins should be a positive number, but got '{count}'")
    low, high = np.asarray(value_range)
    if not low < high:
        raise invalid(f"value_range should satisfy value_range[0] < value_range[1], but got '[{low:g}, {high:g}]'")
    return low, high, count
