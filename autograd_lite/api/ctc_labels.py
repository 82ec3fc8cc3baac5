"""Helpers for label sequences: repeated labels taken together, and the different labels of each sequence."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, expand_dims, ones_like, shape as shape_of
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max, reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import boolean_mask, sequence_mask
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def _sizes(labels: Tensor) -> tuple[Tensor, Tensor]:
    """The number of rows and of columns."""
    batch, columns = raw.Split(0, raw.Shape(labels), num_split=2)
    return raw.Squeeze(batch), raw.Squeeze(columns)


def _size(labels: Tensor, axis: int) -> Any:
    """The size of one axis: a number if known, else a tensor."""
    known = None if labels.static_shape is None else labels.static_shape[axis]
    return shape_of(labels)[axis] if known is None else known


@export("nn.collapse_repeated")
def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Keep one of equal neighbours in each row, and close the gaps.

    Args:
      labels: [batch, longest].
      seq_length: [batch], the labels that count.

    Returns:
      The labels, [batch, longest of the new lengths], filled with 0, and the new lengths.

    >>> import autograd_lite as tf
    >>> labels, lengths = tf.nn.collapse_repeated(tf.constant([[1, 1, 2, 2, 1], [3, 4, 4, 0, 0]]), tf.constant([5, 3]))
    >>> tf.Session().run([labels, lengths])
    [array([[1, 2, 1],
           [3, 4, 0]], dtype=int32), array([3, 2], dtype=int32)]
    """
    with building(name, "collapse_repeated_labels", [labels, seq_length]):
        labels = convert_to_tensor(labels, name="labels")
        seq_length = convert_to_tensor(seq_length, name="seq_length")
        kept = concat([ones_like(labels[:, :1], dtypes.bool_), raw.NotEqual(labels[:, 1:], labels[:, :-1])], 1)
        kept = raw.LogicalAnd(kept, sequence_mask(seq_length, maxlen=_size(labels, 1)))
        counts = reduce_sum(cast(kept, dtypes.int32), axis=1)
        longest = reduce_max(counts)
        filled = sequence_mask(counts, maxlen=longest)  # the places of the result that hold labels
        flat, kept, filled = raw.Reshape(labels, [-1]), raw.Reshape(kept, [-1]), raw.Reshape(filled, [-1])
        places = range_(shape_of(filled)[0])
        target = expand_dims(boolean_mask(places, filled), 1)
        collapsed = raw.ScatterNd(target, boolean_mask(flat, kept), shape_of(filled))
        return raw.Reshape(collapsed, [_size(labels, 0), longest]), cast(counts, seq_length.dtype.base_dtype)


@export("nn.ctc_unique_labels")
def ctc_unique_labels(labels: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The different labels of each row in the order of their first places, and for each label which of them it is.

    Args:
      labels: [batch, longest].

    Returns:
      The different labels, [batch, longest], filled with 0, and their numbers, [batch, longest] int32.

    >>> import autograd_lite as tf
    >>> found, numbers = tf.nn.ctc_unique_labels(tf.constant([[5, 3, 5]]))
    >>> tf.Session().run([found, numbers])
    [array([[5, 3, 0]], dtype=int32), array([[0, 1, 0]], dtype=int32)]
    """
    with building(name, "ctc_unique_labels", [labels]):
        labels = convert_to_tensor(labels, name="labels")
        equal = raw.Equal(raw.ExpandDims(labels, 2), raw.ExpandDims(labels, 1))  # [batch, longest, longest]
        first = raw.ArgMax(raw.Cast(equal, DstT=dtypes.int32), 2, output_type=dtypes.int32)  # the first place with this label
        columns = raw.Range(0, _sizes(labels)[1], 1)
        is_new = raw.Equal(first, raw.ExpandDims(columns, 0))
        order = raw.Cumsum(raw.Cast(is_new, DstT=dtypes.int32), 1, exclusive=True)  # how many came before
        here = raw.Equal(raw.ExpandDims(first, 2), raw.Reshape(columns, [1, 1, -1]))
        numbers = raw.Sum(raw.Mul(raw.Cast(here, DstT=dtypes.int32), raw.ExpandDims(order, 1)), 2)
        where = raw.Where(is_new)
        rows = raw.Slice(where, [0, 0], [-1, 1])
        target = raw.ConcatV2([rows, raw.ExpandDims(raw.Cast(raw.GatherNd(order, where), DstT=dtypes.int64), 1)], 1)
        found = raw.ScatterNd(target, raw.GatherNd(labels, where), raw.Shape(labels, out_type=dtypes.int64))
        return found, numbers
