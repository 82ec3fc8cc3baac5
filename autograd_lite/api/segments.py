"""Means over segments, and tables of counts."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, inner_shape, ones_like, rank, stack
from autograd_lite.api.asserts import assert_less, assert_non_negative
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import ones
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.math import truediv
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
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


@export("confusion_matrix", "math.confusion_matrix")
def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, dtype: Any = dtypes.int32, name: str | None = None, weights: Any = None
) -> Tensor:
    """Count how often each class (row) was predicted as each class (column).

    Args:
      labels, predictions: class numbers, from 0 on.
      num_classes: the size of the table (default: the greatest number plus one).
      weights: how much each prediction counts.

    Raises:
      ValueError: the shapes differ. At run time InvalidArgumentError for a number out of range.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.confusion_matrix([1, 2, 1], [1, 2, 2]))
    array([[0, 0, 0],
           [0, 1, 1],
           [0, 0, 1]], dtype=int32)
    """
    with building(name, "confusion_matrix", [predictions, labels, num_classes, weights]):
        predictions = convert_to_tensor(predictions, name="predictions")
        labels = convert_to_tensor(labels, name="labels")
        predictions, labels = _without_last_axis(predictions, labels)
        predictions, labels = cast(predictions, dtypes.int64), cast(labels, dtypes.int64)
        labels = with_dependencies([assert_non_negative(labels, message="`labels` contains negative values")], labels)
        predictions = with_dependencies([assert_non_negative(predictions, message="`predictions` contains negative values")], predictions)
        if num_classes is None:
            num_classes = raw.Maximum(reduce_max(predictions), reduce_max(labels)) + 1
        else:
            num_classes = cast(num_classes, dtypes.int64)
            labels = with_dependencies([assert_less(labels, num_classes, message="`labels` out of bound")], labels)
            check = assert_less(predictions, num_classes, message="`predictions` out of bound")
            predictions = with_dependencies([check], predictions)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = cast(weights, dtype)
        places = stack([labels, predictions], axis=1)
        values = ones_like(predictions, dtype) if weights is None else weights
        return raw.ScatterNd(places, values, cast(stack([num_classes, num_classes]), dtypes.int64))


def _without_last_axis(predictions: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Both with one rank: an axis of size 1 at the end of one of them is dropped."""
    have, want = predictions.static_shape, labels.static_shape
    if have is not None and want is not None:
        if len(have) == len(want) + 1:
            predictions = raw.Squeeze(predictions, squeeze_dims=[-1])
        elif len(want) == len(have) + 1:
            labels = raw.Squeeze(labels, squeeze_dims=[-1])
    predictions.shape.assert_is_compatible_with(labels.shape)
    return predictions, labels
