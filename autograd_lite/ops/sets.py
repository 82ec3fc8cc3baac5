"""Ops that treat a vector as a collection: its different elements, and those that another one does not have."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import ints, sample
from autograd_lite.ops.type_lists import INDEX


def _different(xp, x):
    """The different elements in the order in which they first come, which of them each element is, and how often each comes."""
    if x.ndim != 1:
        raise invalid("unique expects a 1D vector.")
    if x.dtype.kind in "iu" and x.size:
        low, high = int(x.min()), int(x.max())
        if high - low < 4 * x.size and high <= np.iinfo(np.int64).max:
            return _different_in_range(xp, x, low, high - low + 1)
    elements, firsts, which, counts = xp.unique(x, return_index=True, return_inverse=True, return_counts=True)
    order = xp.argsort(firsts)
    place = xp.empty_like(order)
    place[order] = xp.arange(len(order))
    return elements[order], place[which.reshape(-1)], counts[order]


def _different_in_range(xp, x, low, size):
    """The same for integers of a range that is not much larger than their number: with a place for each, nothing need be sorted."""
    shifted = x.astype(xp.int64) - low
    counts = xp.bincount(shifted, minlength=size)
    firsts = xp.empty(size, dtype=xp.int64)
    firsts[shifted[::-1]] = xp.arange(x.size - 1, -1, -1)  # the last to be written is the first to come
    present = xp.flatnonzero(counts)
    order = present[xp.argsort(firsts[present])]
    place = xp.empty(size, dtype=xp.int64)
    place[order] = xp.arange(len(order))
    return (order + low).astype(x.dtype), place[shifted], counts[order]


def _unique_shape(c):
    rules.with_rank(c, c.shape(0), 1)
    return [(None,), c.shape(0), (None,)][: len(c.opdef.outputs)]


_DIFFERENT: dict[str, Any] = {
    "types": {"out_idx": INDEX},
    "type_defaults": {"out_idx": "int32"},
    "shape": _unique_shape,
    "no_gradient": "which elements there are does not change smoothly",
    "samples": [sample(ints(3, 1, 3, 3, 2)), sample([0.5, 0.5, -1.0], out_idx="int64")],
}


@op("Unique(x: T, *, out_idx: type = int32) -> y: T, idx: out_idx", names=["unique"], **_DIFFERENT)
def unique(xp, x, out_idx):
    """List the different elements of a vector, and tell for every element which of them it is.

    >>> tf.Session().run(tf.unique([7, 5, 7]))
    Unique(y=array([7, 5], dtype=int32), idx=array([0, 1, 0], dtype=int32))
    """
    elements, which, _ = _different(xp, x)
    return elements, which.astype(out_idx.numpy)


@op("UniqueWithCounts(x: T, *, out_idx: type = int32) -> y: T, idx: out_idx, count: out_idx", names=["unique_with_counts"], **_DIFFERENT)
def unique_with_counts(xp, x, out_idx):
    """List the different elements of a vector, tell for every element which of them it is, and how often each comes.

    >>> tf.Session().run(tf.unique_with_counts([7, 5, 7]))
    UniqueWithCounts(y=array([7, 5], dtype=int32), idx=array([0, 1, 0], dtype=int32), count=array([2, 1], dtype=int32))
    """
    elements, which, counts = _different(xp, x)
    return elements, which.astype(out_idx.numpy), counts.astype(out_idx.numpy)


def _difference_shape(c):
    rules.with_rank(c, c.shape(0), 1)
    rules.with_rank(c, c.shape(1), 1)
    return [(None,), (None,)]


@op(
    "ListDiff(x: T, y: T, *, out_idx: type = int32) -> out: T, idx: out_idx",
    types={"out_idx": INDEX},
    type_defaults={"out_idx": "int32"},
    shape=_difference_shape,
    no_gradient="which elements there are does not change smoothly",
    samples=[sample(ints(1, 2, 3, 4, 3), ints(4, 2)), sample(ints(), ints(1))],
)
def list_diff(xp, x, y, out_idx):
    """List the elements of `x` that are not in `y`, and where they stand."""
    if x.ndim != 1 or y.ndim != 1:
        raise invalid("x and y should be 1D vectors.")
    known = xp.sort(y)
    if len(known):
        found = known[xp.minimum(xp.searchsorted(known, x), len(known) - 1)] == x
    else:
        found = xp.zeros(x.shape, dtype=bool)
    places = xp.flatnonzero(~found)
    return x[places], places.astype(out_idx.numpy)
