"""Helpers for label sequences: repeated labels taken together, and the different labels of each sequence."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, expand_dims, ones_like, pad, shape as shape_of
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_
from autograd_lite.api.functional import map_fn
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max, reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import boolean_mask, sequence_mask
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


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

        def different(row: Tensor) -> list[Tensor]:
            found, numbers = raw.Unique(row)
            return [pad(found, [[0, _size(labels, 1) - shape_of(found)[0]]]), numbers]

        found, numbers = map_fn(different, labels, dtype=[labels.dtype, dtypes.int32])
        return found, numbers
