"""Sums of the gradients that arrive at one tensor from all its uses."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value


@export("AggregationMethod")
class AggregationMethod:
    """How gradients from several uses of a tensor are summed. All give the same numbers; a plan frees what it no longer needs.

    >>> AggregationMethod.DEFAULT == AggregationMethod.ADD_N
    True
    """

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def check_method(method: int | None) -> None:
    """Raise ValueError unless `method` is one of AggregationMethod, or None."""
    if method not in (None, AggregationMethod.ADD_N, AggregationMethod.EXPERIMENTAL_TREE, AggregationMethod.EXPERIMENTAL_ACCUMULATE_N):
        raise ValueError(f"Invalid aggregation_method specified {method}.")


def add_up(grads: list[Any]) -> Any:
    """The sum of gradients: None of none, the only one of one, AddN of tensors, all rows one after the other of IndexedSlices."""
    if len(grads) < 2:
        return grads[0] if grads else None
    if all(isinstance(grad, IndexedSlices) for grad in grads):
        return _join(grads)
    return raw.AddN([_dense(grad) for grad in grads])


def _dense(grad: Any) -> Any:
    """A tensor; the rows of IndexedSlices are added into zeros."""
    shape = constant_value(grad.dense_shape) if isinstance(grad, IndexedSlices) and grad.dense_shape is not None else None
    return convert_to_tensor(grad) if shape is None else raw.UnsortedSegmentSum(grad.values, grad.indices, np.int32(shape[0]))


def _join(slices: list[IndexedSlices]) -> IndexedSlices:
    """IndexedSlices add up by standing one after the other: rows with the same index are summed by whoever uses them."""
    wide = any(item.indices.dtype.name == "int64" for item in slices)
    indices = [raw.Cast(item.indices, DstT="int64") if wide and item.indices.dtype.name != "int64" else item.indices for item in slices]
    dense_shape = next((item.dense_shape for item in slices if item.dense_shape is not None), None)
    return IndexedSlices(raw.ConcatV2([item.values for item in slices], 0), raw.ConcatV2(indices, 0), dense_shape)
