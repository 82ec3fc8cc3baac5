"""Positions of rows in every entry of a batch, in the form that ScatterNd ops take."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, expand_dims, ones_like, shape
from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def batch_positions(indices: Any) -> Tensor:
    """For `indices` of shape [b1, ..., bn, k]: positions of shape [b1, ..., bn, k, n + 1], each a batch entry and a row in it.

    Raises:
      ValueError: when the rank of `indices` is not known.
    """
    indices = convert_to_tensor(indices, name="indices")
    sizes = shape(indices)
    if indices.static_shape is None:
        raise ValueError("batch_gather does not allow indices with unknown shape.")
    rank = len(indices.static_shape)
    rows = expand_dims(indices, -1)
    parts: list[Any] = []
    for axis in range(rank - 1):
        size = raw.GatherV2(sizes, axis, 0)
        numbers = raw.Reshape(raw.Range(0, size, 1), [1] * axis + [-1] + [1] * (rank - axis))
        numbers = numbers if numbers.dtype.base_dtype == rows.dtype.base_dtype else cast(numbers, rows.dtype.base_dtype)
        parts.append(numbers * ones_like(rows))
    return concat([*parts, rows], axis=-1)
