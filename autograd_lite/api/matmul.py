"""Products of matrices and tensors, and norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import concat, rank, shape, stack, transpose
from autograd_lite.api.constants import range as range_
from autograd_lite.api.math import conj
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max, reduce_prod, reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("matmul", "linalg.matmul")
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply matrices, or batches of matrices along all axes but the last two.

    Args:
      transpose_a, transpose_b: multiply by the transposed matrix.
      adjoint_a, adjoint_b: multiply by the transposed and conjugated matrix.
      a_is_sparse, b_is_sparse: hints that many elements are zero; the result is the same.

    Raises:
      ValueError: the inner sizes differ, or a matrix is to be transposed and adjoint at once.
      TypeError: the types differ.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.matmul([[1., 2.], [3., 4.]], [[1.], [10.]]))
    array([[21.],
           [43.]], dtype=float32)
    """
    for side, transposed, adjoint in (("a", transpose_a, adjoint_a), ("b", transpose_b, adjoint_b)):
        if transposed and adjoint:
            raise ValueError(
                f"Only one of `transpose_{side}` and `adjoint_{side}` can be True. "
                f"Received `transpose_{side}`={transposed}, `adjoint_{side}`={adjoint}."
            )
    with building(name, "MatMul", [a, b]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, preferred_dtype=a.dtype.base_dtype, name="b")
        sparse = a_is_sparse or b_is_sparse  # said of matrices only
        if not sparse and _may_be_batch(a) and _may_be_batch(b) or _is_batch(a) or _is_batch(b):
            a, adjoint_a = (conj(a), True) if transpose_a else (a, adjoint_a)
            b, adjoint_b = (conj(b), True) if transpose_b else (b, adjoint_b)
            return getattr(raw, _batch_type(a, b))(a, b, adj_x=adjoint_a, adj_y=adjoint_b, name=scope)
        a, transpose_a = (conj(a), True) if adjoint_a else (a, transpose_a)
        b, transpose_b = (conj(b), True) if adjoint_b else (b, transpose_b)
        if sparse and all(x.dtype.base_dtype in (dtypes.float32, dtypes.bfloat16) for x in (a, b)):
            return raw.SparseMatMul(a, b, transpose_a, transpose_b, a_is_sparse, b_is_sparse, name=scope)
        return raw.MatMul(a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=scope)


def _may_be_batch(x: Tensor) -> bool:
    return x.static_shape is None or len(x.static_shape) > 2


def _is_batch(x: Tensor) -> bool:
    return x.static_shape is not None and len(x.static_shape) > 2


def _batch_type(a: Tensor, b: Tensor) -> str:
    """BatchMatMul wants equal batch sizes; only BatchMatMulV2 broadcasts them."""
    same = a.static_shape is not None and b.static_shape is not None and len(a.static_shape) == len(b.static_shape)
    if same and shapes.compatible(a.static_shape[:-2], b.static_shape[:-2]):  # type: ignore[index]
        return release().batch_matmul_type
    return "BatchMatMulV2"


@export("linalg.matvec")
def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply a matrix by a vector, or batches of them.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.matvec([[1., 2.], [3., 4.]], [1., 10.]))
    array([21., 43.], dtype=float32)
    """
    with building(name, "MatVec", [a, b]):
        column = raw.ExpandDims(b, -1)
        product = matmul(a, column, transpose_a=transpose_a, adjoint_a=adjoint_a, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse)
        return raw.Squeeze(product, squeeze_dims=[-1])


@export("tensordot", "linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """Sum products over some axes of both tensors: `axes` is a number n (the last n of `a`, the first n of `b`) or two lists of axes.

    Raises:
      ValueError: the axes do not pair up.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.tensordot([[1., 2.], [3., 4.]], [[1., 0.], [0., 1.]], axes=2)))
    5.0
    """
    with building(name, "Tensordot", [a, b]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        axes_a, axes_b = _contracted(a, axes)
        flat_a, free_a, known_a = _as_matrix(a, axes_a, last=True)
        flat_b, free_b, known_b = _as_matrix(b, axes_b, last=False)
        product = matmul(flat_a, flat_b)
        if isinstance(free_a, list) and isinstance(free_b, list):
            if product.static_shape == tuple(free_a + free_b):
                return product
            return raw.Reshape(product, free_a + free_b, name=scope)
        free_a = convert_to_tensor(free_a, dtype=dtypes.int32)
        free_b = convert_to_tensor(free_b, dtype=dtypes.int32)
        result = raw.Reshape(product, concat([free_a, free_b], 0), name=scope)
        if known_a is not None and known_b is not None:
            result.set_shape(known_a + known_b)
        return result


def _contracted(a: Tensor, axes: Any) -> tuple[Any, Any]:
    """The axes of `a` and of `b` over which the products are summed."""
    if isinstance(axes, int | np.integer):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        if a.static_shape is None:
            count: Any = rank(a)
            return range_(count - int(axes), count), range_(int(axes))
        size = len(a.static_shape)
        if axes > size:
            raise ValueError(
                f"`axes` must not be larger than the number of dimensions of tensor {a}.  Received {axes}, vs tensor dimensions {size}."
            )
        return list(np.arange(size - axes, size)), list(np.arange(axes))
    if isinstance(axes, list | tuple):
        if len(axes) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        first, second = ([part] if isinstance(part, int | np.integer) else part for part in axes)
        if not isinstance(first, Tensor) and not isinstance(second, Tensor) and len(first) != len(second):
            raise ValueError(f"Different number of contraction axes `a` and `b`, {len(first)} != {len(second)}.")
        return first, second
    axes = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
    return axes[0], axes[1]


def _as_matrix(x: Tensor, axes: Any, last: bool) -> tuple[Tensor, Any, Any]:
    """`x` as a matrix with the summed axes last (or first); the sizes of its other axes; and what is known of these."""
    if isinstance(axes, Tensor) or x.static_shape is None:
        return _unknown_matrix(x, axes, last)
    count = len(x.static_shape)
    summed = [int(axis) % count if count else 0 for axis in axes]
    free = [axis for axis in range(count) if axis not in summed]
    if shapes.is_defined(x.static_shape):
        return _known_matrix(x, free, summed, free + summed if last else summed + free, last)
    summed_axes = convert_to_tensor(summed, dtype=dtypes.int32, name="axes")
    free_axes = convert_to_tensor(free, dtype=dtypes.int32, name="free")
    matrix, free_sizes = _reshaped(x, shape(x), free_axes, summed_axes, last)
    return matrix, free_sizes, tuple(x.static_shape[axis] for axis in free)


def _unknown_matrix(x: Tensor, axes: Any, last: bool) -> tuple[Tensor, Any, Any]:
    sizes, count = shape(x), rank(x)
    summed = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
    summed = raw.Select(raw.GreaterEqual(summed, 0), summed, raw.AddV2(summed, count, name="add"))
    free = raw.ListDiff(range_(count), summed)[0]
    matrix, free_sizes = _reshaped(x, sizes, free, summed, last)
    return matrix, free_sizes, None


def _reshaped(x: Tensor, sizes: Tensor, free: Tensor, summed: Tensor, last: bool) -> tuple[Tensor, Tensor]:
    """The matrix, and the sizes of the free axes, for axes that are tensors."""
    free_sizes, summed_sizes = raw.GatherV2(sizes, free, 0), raw.GatherV2(sizes, summed, 0)
    product_free, product_summed = reduce_prod(free_sizes), reduce_prod(summed_sizes)
    order = concat([free, summed] if last else [summed, free], 0)
    matrix_shape = stack([product_free, product_summed] if last else [product_summed, product_free])
    return raw.Reshape(transpose(x, order), matrix_shape), free_sizes


def _known_matrix(x: Tensor, free: list[int], summed: list[int], perm: list[int], last: bool) -> tuple[Tensor, list[int], tuple[int, ...]]:
    sizes: Any = x.static_shape
    rows, columns = (int(np.prod([sizes[axis] for axis in part], dtype=np.int64)) for part in ((free, summed) if last else (summed, free)))
    if perm != list(range(len(perm))):
        x = transpose(x, perm)
    if x.static_shape != (rows, columns):
        x = raw.Reshape(x, np.array([rows, columns], np.int32))
    known = [sizes[axis] for axis in free]
    return x, known, tuple(known)


@export("norm", "linalg.norm")
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The size of a vector or matrix.

    Args:
      ord: "euclidean" (root of the sum of squares; for matrices also "fro"), 1, 2, infinity, or any positive number (vectors).
      axis: None (all elements as one vector), one axis (vectors), or two (matrices).

    Raises:
      ValueError: `ord` is not known for vectors or matrices.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.norm([3., 4.])))
    5.0
    """
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    axes = tuple(axis) if isinstance(axis, list | tuple) else axis
    is_matrix = isinstance(axes, tuple) and len(axes) == 2
    if isinstance(axes, tuple) and not is_matrix:
        raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
    _check_order(ord, is_matrix)
    with building(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        result = _norm(tensor, ord, axes, is_matrix)
        if keep:
            return result
        squeezed = [] if axes is None else list(axes) if isinstance(axes, tuple) else [axes]
        return raw.Squeeze(result, squeeze_dims=squeezed)


def _check_order(order: Any, is_matrix: bool) -> None:
    if is_matrix:
        if order not in ("euclidean", "fro", 1, 2, np.inf):
            raise ValueError(f"'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got {order}")
    elif order not in ("euclidean", np.inf) and (isinstance(order, str) or not order > 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {order}")


def _norm(x: Tensor, order: Any, axes: Any, is_matrix: bool) -> Tensor:
    """The norm with the reduced axes kept."""
    if order in ("fro", "euclidean") or order == 2 and not is_matrix:
        squares = raw.Mul(x, conj(x), name="mul")
        return raw.Sqrt(reduce_sum(squares, axes, keepdims=True))  # complex for complex x, as in TF
    if order == 2:
        return _spectral_norm(x, axes)
    size = raw.ComplexAbs(x, Tout=x.dtype.real_dtype) if x.dtype.is_complex else raw.Abs(x)
    if order == 1:
        total = reduce_sum(size, axes if not is_matrix else axes[0], keepdims=True)
        return reduce_max(total, axes[-1], keepdims=True) if is_matrix else total
    if order == np.inf:
        if not is_matrix:
            return reduce_max(size, axes, keepdims=True)
        return reduce_max(reduce_sum(size, axes[1], keepdims=True), axes[0], keepdims=True)
    return raw.Pow(reduce_sum(raw.Pow(size, order), axes, keepdims=True), 1.0 / order)


def _spectral_norm(x: Tensor, axes: tuple[int, int]) -> Tensor:
    """The greatest singular value."""
    count = len(x.static_shape) if x.static_shape is not None else None
    if count is None:
        raise ValueError("the 2-norm of matrices needs a tensor of known rank")
    first, second = (axis % count for axis in axes)
    rest = [axis for axis in range(count) if axis not in (first, second)]
    singular = raw.Svd(transpose(x, [*rest, first, second]), compute_uv=False)
    largest = reduce_max(singular[0] if isinstance(singular, tuple) else singular, -1, keepdims=True)
    back = np.argsort([*rest, first, second])
    return transpose(raw.ExpandDims(largest, -1), list(back))
