"""Sums and means of embedding rows, one for each row of a sparse tensor of ids."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, expand_dims, rank, shape, stack, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import ones
from autograd_lite.api.embedding import embedding_lookup
from autograd_lite.api.math import div_no_nan, pow as power
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_prod
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import gather, slice_
from autograd_lite.api.sparse import as_sparse, sparse_fill_empty_rows, sparse_reshape, sparse_retain
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.tensor import Tensor

_KINDS = {"sum": "Sum", "mean": "Mean", "sqrtn": "SqrtN"}


@export("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: float | None = None,
) -> Tensor:
    """Look up embedding rows for each row of ids and combine them into one.

    Args:
      params: an embedding matrix, or a list of its parts.
      sp_ids: [n, any] sparse tensor of row numbers; every row needs one.
      sp_weights: a weight for each id, at the same positions; None: all 1.
      combiner: "mean" (default; divided by the sum of weights), "sum", or "sqrtn" (divided by the root of the sum of their squares).
      max_norm: scale embedding rows down to this length at most.

    Raises:
      ValueError: another combiner. TypeError: ids or weights that are not sparse.

    >>> import autograd_lite as tf
    >>> ids = tf.SparseTensor([[0, 0], [0, 1]], tf.constant([1, 0]), [1, 2])
    >>> tf.Session().run(tf.nn.embedding_lookup_sparse(tf.constant([[1.0], [4.0]]), ids, None, combiner="sum"))
    array([[5.]], dtype=float32)
    """
    combiner = "mean" if combiner is None else combiner
    if combiner not in _KINDS:
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError("sp_weights must be either None or SparseTensor")
    parts = list(params) if isinstance(params, list | tuple) else [params]
    with building(name, "embedding_lookup_sparse", [sp_ids.values]) as scope:
        segments = sp_ids.indices[:, 0]
        if sp_weights is None and len(parts) == 1 and max_norm is None and not release().lookups_are_unique:
            combined = getattr(raw, f"SparseSegment{_KINDS[combiner]}")(parts[0], sp_ids.values, segments, name=scope)
            combined.op.attrs["sparse_gradient"] = True  # the gradient has the rows that were taken, not the whole matrix
            return combined
        ids, places = raw.Unique(sp_ids.values)
        rows = embedding_lookup(parts, ids, partition_strategy=partition_strategy, max_norm=max_norm)
        segments = cast(segments, dtypes.int32)
        if sp_weights is None:
            return getattr(raw, f"SparseSegment{_KINDS[combiner]}")(rows, places, segments, name=scope)
        return _weighted(rows, places, segments, sp_weights.values, combiner, scope)


def _weighted(rows: Tensor, places: Tensor, segments: Tensor, weights: Tensor, combiner: str, scope: str) -> Tensor:
    """Weight the rows, add those of each segment up, and divide by what the combiner says."""
    if weights.dtype != rows.dtype:
        weights = cast(weights, rows.dtype)
    rows = gather(rows, places)
    known = rows.static_shape
    inner, length = expand_dims(rank(rows) - 1, 0), shape(weights)
    weights = raw.Reshape(weights, concat([length, ones(inner, dtype=dtypes.int32)], 0))
    if known is not None:
        weights.set_shape([None] + [1] * (len(known) - 1))
    rows = rows * weights
    if combiner == "sum":
        return raw.SegmentSum(rows, segments, name=scope)
    total = raw.SegmentSum(rows, segments)
    if combiner == "mean":
        return div_no_nan(total, raw.SegmentSum(weights, segments), name=scope)
    return div_no_nan(total, raw.Sqrt(raw.SegmentSum(power(weights, 2), segments)), name=scope)


@export("nn.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: Any = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Tensor:
    """`embedding_lookup_sparse` that leaves out ids below 0 and weights of 0, and gives 0 (or row `default_id`) where nothing is left.

    Args:
      sparse_ids: [..., any] sparse tensor of row numbers; all axes but the last are kept.

    Raises:
      ValueError: no embedding weights.

    >>> import autograd_lite as tf
    >>> ids = tf.SparseTensor([[0, 0], [1, 0]], tf.constant([1, -1], tf.int64), [2, 1])
    >>> tf.Session().run(tf.nn.safe_embedding_lookup_sparse([tf.constant([[1.0], [4.0]])], ids))
    array([[4.],
           [0.]], dtype=float32)
    """
    if embedding_weights is None:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    matrices = list(embedding_weights) if isinstance(embedding_weights, list | tuple) else [embedding_weights]
    if not matrices:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    sparse_ids = as_sparse(sparse_ids)
    tensors = [sparse_ids.values] if sparse_weights is None else [sparse_ids.values, sparse_weights.values]
    with building(name, "embedding_lookup", tensors) as scope:
        given = sparse_ids.dense_shape
        known = sparse_ids.dense_shape.static_shape
        last: Any = (known[0] - 1) if known is not None and known[0] is not None else rank(sparse_ids) - 1
        flat_shape = [reduce_prod(slice_(given, [0], [last])), gather(given, last)]
        sparse_ids = sparse_reshape(sparse_ids, flat_shape)
        if sparse_weights is not None:
            sparse_weights = SparseTensor(sparse_ids.indices, sparse_weights.values, sparse_ids.dense_shape)
        sparse_ids, sparse_weights = _valid(sparse_ids, sparse_weights, combiner)
        sparse_ids, empty = sparse_fill_empty_rows(sparse_ids, default_id or 0)
        if sparse_weights is not None:
            sparse_weights, _ = sparse_fill_empty_rows(sparse_weights, 1.0)
        options: dict[str, Any] = {"combiner": combiner, "partition_strategy": partition_strategy, "max_norm": max_norm}
        result = embedding_lookup_sparse(matrices, sparse_ids, sparse_weights, name=None if default_id is None else scope, **options)
        if default_id is None:
            is_empty = raw.Tile(raw.Reshape(empty, [-1, 1]), stack([1, shape(result)[1]]))
            result = raw.Select(is_empty, zeros_like(result), result, name=scope)
        outer = slice_(cast(given, dtypes.int32), [0], [last])
        return raw.Reshape(result, concat([outer, slice_(shape(result), [1], [-1])], 0))


def _valid(ids: SparseTensor, weights: SparseTensor | None, combiner: str) -> tuple[SparseTensor, SparseTensor | None]:
    """Without ids below 0 and, unless they are only added up, weights that are not above 0."""
    kept = raw.GreaterEqual(ids.values, 0)
    if weights is None:
        return sparse_retain(ids, kept), None
    if combiner != "sum":
        kept = raw.LogicalAnd(kept, raw.Greater(weights.values, np.zeros((), weights.values.dtype.as_numpy_dtype)))
    return sparse_retain(ids, kept), sparse_retain(weights, kept)
