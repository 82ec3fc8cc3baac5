"""Evenly spaced numbers: one op in release 1.15; in 2.21 a composition that also takes tensors as ends, along any axis."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, expand_dims, shape, zeros_like
from autograd_lite.api.constants import range as range_
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("linspace", "lin_space")
def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Tensor:
    """Make `num` evenly spaced numbers from `start` to `stop`, both included.

    Args:
      axis: where the new axis goes when `start` and `stop` are tensors (release 2.21 only: 1.15 takes scalars).

    Raises:
      ValueError: `num` is not positive (release 1.15) or negative (2.21), or an axis was asked of 1.15.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linspace(0.0, 1.0, 3))
    array([0. , 0.5, 1. ], dtype=float32)
    """
    if release().linspace_takes_tensors:
        return _between_tensors(start, stop, num, name, axis)
    if axis != 0:
        raise ValueError(f"tf.linspace of release 1.15 makes vectors only: axis must be 0, not {axis}")
    return raw.LinSpace(start, stop, num, name=name)


def _between_tensors(start: Any, stop: Any, num: Any, name: str | None, axis: int) -> Tensor:
    """The first, those between, and the last, joined; then the first `num` of them, as there may be fewer than two."""
    with building(name, "linspace", [start, stop]):
        start = convert_to_tensor(start, name="start")
        stop = convert_to_tensor(stop, start.dtype.base_dtype, "stop")
        count: Any = raw.Cast(convert_to_tensor(num, name="num"), DstT=dtypes.int32)
        raw.Cast(count, DstT=start.dtype)
        together = raw.BroadcastArgs(shape(start), shape(stop))
        start, stop = raw.BroadcastTo(start, together), raw.BroadcastTo(stop, together)
        first, last = expand_dims(start, axis), expand_dims(stop, axis)
        sizes: Any = shape(first)
        rank: Any = shape(sizes)[0]
        place: Any = raw.SelectV2(axis >= 0, axis, rank + axis)
        between = raw.Maximum(count - 2, 0)
        steps: Any = raw.Maximum(count - 1, 1)
        step: Any = (last - first) / raw.Cast(steps, DstT=first.dtype)
        end = raw.SelectV2(count >= 0, steps, -1)
        numbers = raw.Cast(range_(1, end, dtype=dtypes.int64), DstT=step.dtype)
        along = raw.SelectV2(raw.Equal(place, range_(rank)), between, 1)
        middle = first + step * raw.Reshape(numbers, along)
        everything = concat((first, middle, last), axis=place)
        begin = zeros_like(sizes)
        wanted = concat((sizes[0:place], raw.Reshape(count, [1]), sizes[place + 1 :]), axis=0)
        return raw.Slice(everything, begin, wanted)
