"""Means over segments."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, inner_shape, rank
from autograd_lite.api.constants import ones
from autograd_lite.api.math import truediv
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("unsorted_segment_mean", "math.unsorted_segment_mean")
def unsorted_segment_mean(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Tensor:
    """The mean of the rows with each segment number; 0 for segments without rows. Negative numbers are left out.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.unsorted_segment_mean([1., 3., 5.], [0, 0, 2], 3))
    array([2., 0., 5.], dtype=float32)
    """
    with building(name, "UnsortedSegmentMean"):
        data = convert_to_tensor(data)
        segment_ids = convert_to_tensor(segment_ids)
        count = _rows_in_segments(data, segment_ids, num_segments)
        return truediv(raw.UnsortedSegmentSum(data, segment_ids, num_segments), count)


@export("unsorted_segment_sqrt_n", "math.unsorted_segment_sqrt_n")
def unsorted_segment_sqrt_n(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Tensor:
    """The sum of the rows with each segment number, divided by the root of their count.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.unsorted_segment_sqrt_n([1., 1., 1., 1., 5.], [0, 0, 0, 0, 1], 2))
    array([2., 5.], dtype=float32)
    """
    with building(name, "UnsortedSegmentSqrtN"):
        data = convert_to_tensor(data)
        segment_ids = convert_to_tensor(segment_ids)
        count = _rows_in_segments(data, segment_ids, num_segments)
        total = raw.UnsortedSegmentSum(data, segment_ids, num_segments)
        return truediv(total, raw.Sqrt(count))


def _rows_in_segments(data: Tensor, segment_ids: Tensor, num_segments: Any) -> Tensor:
    """How many rows each segment has, at least 1, in a shape that broadcasts against the sums."""
    segments: Any = convert_to_tensor(num_segments)
    each = raw.UnsortedSegmentSum(ones(inner_shape(segment_ids), dtype=data.dtype.base_dtype), segment_ids, segments)
    outer = segments[None]
    inner = ones([_difference(rank(data), rank(segment_ids))], dtype=segments.dtype.base_dtype)
    return raw.Maximum(raw.Reshape(each, concat([outer, inner], 0)), 1)


def _difference(x: Any, y: Any) -> Any:
    return x - y
