"""Arithmetic on sparse tensors: sums, products, extremes, reductions, sums over chosen rows, and Python's operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import rank
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as range_
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.sparse import as_sparse, parts
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices, SparseTensor, SparseTensorValue
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_SPARSE = (SparseTensor, SparseTensorValue)


@export("sparse.add", "sparse_add")
def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """Add two tensors of which at least one is sparse; the sum of two sparse ones is sparse.

    Args:
      threshold: drop sums whose magnitude is smaller (default 0).

    Raises:
      TypeError: both are dense.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1]], [3.0], [1, 2])
    >>> tf.Session().run(tf.sparse_add(s, tf.ones([1, 2])))
    array([[1., 4.]], dtype=float32)
    """
    threshold = renamed("threshold", threshold, "thresh", thresh)
    if not isinstance(a, _SPARSE) and not isinstance(b, _SPARSE):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if isinstance(a, _SPARSE) and isinstance(b, _SPARSE):
        a, b = as_sparse(a), as_sparse(b)
        limit = convert_to_tensor(0 if threshold is None else threshold, dtype=a.values.dtype.real_dtype.base_dtype, name="threshold")
        return SparseTensor(*raw.SparseAdd(*parts(a), *parts(b), limit))
    if isinstance(b, _SPARSE):
        a, b = b, a
    return raw.SparseTensorDenseAdd(*parts(as_sparse(a)), b)


@export("sparse.matmul", "sparse.sparse_dense_matmul", "sparse_tensor_dense_matmul")
def sparse_tensor_dense_matmul(sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None) -> Tensor:
    """Multiply a sparse matrix by a dense one; each may be conjugated and transposed first.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1]], [3.0], [2, 2])
    >>> tf.Session().run(tf.sparse_tensor_dense_matmul(s, [[1.0], [2.0]]))
    array([[6.],
           [0.]], dtype=float32)
    """
    sp_a = as_sparse(sp_a)
    with building(name, "SparseTensorDenseMatMul", [sp_a.values, b]):
        b = convert_to_tensor(b, name="b")
        return raw.SparseTensorDenseMatMul(*parts(sp_a), b, adjoint_a=adjoint_a, adjoint_b=adjoint_b)


@export("sparse.softmax", "sparse_softmax")
def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Softmax over the stored elements of each row (the last axis).

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 0], [0, 1]], [1.0, 1.0], [1, 3])
    >>> tf.Session().run(tf.sparse_softmax(s)).values
    array([0.5, 0.5], dtype=float32)
    """
    with building(name, "SparseSoftmax", [sp_input.values]):
        return SparseTensor(sp_input.indices, raw.SparseSoftmax(*parts(sp_input)), sp_input.dense_shape)


@export("sparse.maximum", "sparse_maximum")
def sparse_maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The larger of two sparse tensors, element by element; what is not stored is 0.

    >>> import autograd_lite as tf
    >>> a, b = tf.SparseTensor([[0]], [1], [2]), tf.SparseTensor([[0]], [5], [2])
    >>> tf.Session().run(tf.sparse_maximum(a, b)).values
    array([5], dtype=int32)
    """
    with building(name, "SparseSparseMaximum", [sp_a.values, sp_b.values]) as scope:
        indices, stored = raw.SparseSparseMaximum(*parts(sp_a), *parts(sp_b), name=scope)
        return SparseTensor(indices, stored, sp_a.dense_shape)


@export("sparse.minimum", "sparse_minimum")
def sparse_minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The smaller of two sparse tensors, element by element; what is not stored is 0.

    >>> import autograd_lite as tf
    >>> a, b = tf.SparseTensor([[0]], [1], [2]), tf.SparseTensor([[0]], [5], [2])
    >>> tf.Session().run(tf.sparse_minimum(a, b)).values
    array([1], dtype=int32)
    """
    with building(name, "SparseSparseMinimum", [sp_a.values, sp_b.values]) as scope:
        indices, stored = raw.SparseSparseMinimum(*parts(sp_a), *parts(sp_b), name=scope)
        return SparseTensor(indices, stored, sp_a.dense_shape)


def _all_axes(sp_input: SparseTensor) -> Tensor:
    sizes = sp_input.dense_shape.static_shape
    if sizes is not None and sizes[0] is not None:
        return constant(np.arange(sizes[0], dtype=np.int32))
    return range_(0, rank(sp_input))


def _reduction(op: Any, sp_input: Any, axis: Any, keepdims: Any, reduction_axes: Any, keep_dims: Any) -> Any:
    axis = renamed("axis", axis, "reduction_axes", reduction_axes)
    keep = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    sp_input = as_sparse(sp_input)
    return op(*parts(sp_input), _all_axes(sp_input) if axis is None else axis, keep_dims=bool(keep))


@export("sparse.reduce_sum", "sparse_reduce_sum")
def sparse_reduce_sum(
    sp_input: Any, axis: Any = None, keepdims: bool | None = None, reduction_axes: Any = None, keep_dims: bool | None = None
) -> Tensor:
    """Add the elements of a sparse tensor up along `axis` (None: all axes); the result is dense.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 0]], [3, 4], [2, 2])
    >>> tf.Session().run(tf.sparse_reduce_sum(s, 0))
    array([4, 3], dtype=int32)
    """
    return _reduction(raw.SparseReduceSum, sp_input, axis, keepdims, reduction_axes, keep_dims)


@export("sparse.reduce_max", "sparse_reduce_max")
def sparse_reduce_max(
    sp_input: Any, axis: Any = None, keepdims: bool | None = None, reduction_axes: Any = None, keep_dims: bool | None = None
) -> Tensor:
    """Find the largest stored element along `axis` (None: all axes); the result is dense, 0 where nothing is stored.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 1]], [3, 4], [2, 2])
    >>> tf.Session().run(tf.sparse_reduce_max(s, 0))
    array([0, 4], dtype=int32)
    """
    return _reduction(raw.SparseReduceMax, sp_input, axis, keepdims, reduction_axes, keep_dims)


@export("sparse.reduce_sum_sparse", "sparse_reduce_sum_sparse")
def sparse_reduce_sum_sparse(
    sp_input: Any, axis: Any = None, keepdims: bool | None = None, reduction_axes: Any = None, keep_dims: bool | None = None
) -> SparseTensor:
    """Add the elements of a sparse tensor up along `axis` (None: all axes); the result is sparse.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 1]], [3, 4], [2, 2])
    >>> tf.Session().run(tf.sparse_reduce_sum_sparse(s, 0)).values
    array([7], dtype=int32)
    """
    return SparseTensor(*_reduction(raw.SparseReduceSumSparse, sp_input, axis, keepdims, reduction_axes, keep_dims))


@export("sparse.reduce_max_sparse", "sparse_reduce_max_sparse")
def sparse_reduce_max_sparse(
    sp_input: Any, axis: Any = None, keepdims: bool | None = None, reduction_axes: Any = None, keep_dims: bool | None = None
) -> SparseTensor:
    """Find the largest stored element along `axis` (None: all axes); the result is sparse.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 1]], [3, 4], [2, 2])
    >>> tf.Session().run(tf.sparse_reduce_max_sparse(s, 0)).values
    array([4], dtype=int32)
    """
    return SparseTensor(*_reduction(raw.SparseReduceMaxSparse, sp_input, axis, keepdims, reduction_axes, keep_dims))


def _by_segment(kind: str, data: Any, indices: Any, segment_ids: Any, name: str | None, num_segments: Any) -> Tensor:
    if num_segments is None:
        return getattr(raw, f"SparseSegment{kind}")(data, indices, segment_ids, name=name)
    return getattr(raw, f"SparseSegment{kind}WithNumSegments")(data, indices, segment_ids, num_segments, name=name)


@export("sparse.segment_sum", "sparse_segment_sum")
def sparse_segment_sum(data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None) -> Tensor:
    """Add up rows `data[indices]` that share a segment.

    Args:
      indices: [n], the rows to take. segment_ids: [n], sorted: the segment of each.
      num_segments: how many segments there are (default: the last id and one).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sparse_segment_sum([1, 2, 4], [0, 2], [0, 0]))
    array([5], dtype=int32)
    """
    return _by_segment("Sum", data, indices, segment_ids, name, num_segments)


@export("sparse.segment_mean", "sparse_segment_mean")
def sparse_segment_mean(data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None) -> Tensor:
    """Average rows `data[indices]` that share a segment; arguments as in `tf.sparse.segment_sum`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sparse_segment_mean([1.0, 2.0, 4.0], [0, 2], [0, 0]))
    array([2.5], dtype=float32)
    """
    return _by_segment("Mean", data, indices, segment_ids, name, num_segments)


@export("sparse.segment_sqrt_n", "sparse_segment_sqrt_n")
def sparse_segment_sqrt_n(data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None) -> Tensor:
    """Add up rows `data[indices]` that share a segment and divide by the root of their number; arguments as in `tf.sparse.segment_sum`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sparse_segment_sqrt_n([1.0, 2.0, 4.0, 1.0], [0, 1, 2, 3], [0, 0, 0, 0]))
    array([4.], dtype=float32)
    """
    return _by_segment("SqrtN", data, indices, segment_ids, name, num_segments)


@export("sparse.mask", "sparse_mask")
def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """An IndexedSlices without the rows that `mask_indices` number.

    >>> import autograd_lite as tf
    >>> rows = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([4, 7]))
    >>> tf.Session().run(tf.sparse_mask(rows, [4]).indices)
    array([7], dtype=int32)
    """
    with building(name, "sparse_mask", [a.values, mask_indices]) as scope:
        kept, where = raw.ListDiff(a.indices, mask_indices)
        return IndexedSlices(raw.GatherV2(a.values, where, 0, name=scope), kept, a.dense_shape)


# ------------------------------------------------------------------ operators


def _elementwise(op: Any, x: SparseTensor, y: Any, name: str) -> SparseTensor:
    with building(None, name, [x.values]) as scope:
        y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y")
        return SparseTensor(x.indices, op(*parts(x), y, name=scope), x.dense_shape)


def _multiply(x: SparseTensor, y: Any) -> SparseTensor:
    return _elementwise(raw.SparseDenseCwiseMul, x, y, "mul")


def _divide(x: SparseTensor, y: Any) -> SparseTensor:
    return _elementwise(raw.SparseDenseCwiseDiv, x, y, "div")


def _true_divide(x: SparseTensor, y: Any) -> SparseTensor:
    if not x.dtype.is_integer:
        return _elementwise(raw.SparseDenseCwiseDiv, x, y, "truediv")
    wide = dtypes.float32 if x.dtype.size <= 2 else dtypes.float64
    as_float = SparseTensor(x.indices, cast(x.values, wide), x.dense_shape)
    return _elementwise(raw.SparseDenseCwiseDiv, as_float, cast(y, wide), "truediv")


for _name, _operator in (("__mul__", _multiply), ("__rmul__", _multiply), ("__div__", _divide), ("__truediv__", _true_divide)):
    setattr(SparseTensor, _name, _operator)
