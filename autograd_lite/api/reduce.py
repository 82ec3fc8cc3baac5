"""Reductions: sums, means, maxima and their like over some axes or all."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import rank
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_, zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import constant_node, convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def all_axes(x: Any) -> Tensor:
    """A vector with the numbers of all axes of `x`."""
    known = x.static_shape if isinstance(x, Tensor) else _shape_of_object(x)
    if known is not None and (known or not release().reduces_scalars_by_range):
        return constant_node(np.arange(len(known), dtype=np.int32))
    return range_(0, rank(x))


def _shape_of_object(x: Any) -> tuple[Any, ...] | None:
    """The static shape of a variable; None for arrays, lists and numbers."""
    if release().reduces_variables_by_range:
        return None
    sizes = getattr(x, "shape", None)
    return sizes.dims_tuple if isinstance(sizes, TensorShape) else None


def _reduce(op: Any, x: Any, axis: Any, keepdims: Any, name: str | None, reduction_indices: Any, keep_dims: Any) -> Tensor:
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keep = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    if axis is not None:
        return op(x, axis, keep_dims=bool(keep), name=name)
    with in_current_scope([x]):
        result = op(x, all_axes(x), keep_dims=bool(keep), name=name)
    if not keep:
        result.set_shape(())  # all axes are gone, however many there were
    return result


@export("reduce_sum", "math.reduce_sum")
def reduce_sum(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Add up the elements along `axis` (a number or list; None: all axes).

    Args:
      keepdims: keep the reduced axes, with size 1.
      reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both names.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reduce_sum([[1, 2], [3, 4]], 1))
    array([3, 7], dtype=int32)
    """
    return _reduce(raw.Sum, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@export("reduce_mean", "math.reduce_mean")
def reduce_mean(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Average the elements along `axis` (a number or list; None: all axes).

    Args:
      keepdims: keep the reduced axes, with size 1.
      reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both names.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.reduce_mean([[1., 3.], [3., 5.]])))
    3.0
    """
    return _reduce(raw.Mean, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@export("reduce_max", "math.reduce_max")
def reduce_max(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Find the greatest element along `axis` (a number or list; None: all axes).

    Args:
      keepdims: keep the reduced axes, with size 1.
      reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both names.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reduce_max([[1, 5], [3, 4]], 0))
    array([3, 5], dtype=int32)
    """
    return _reduce(raw.Max, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@export("reduce_min", "math.reduce_min")
def reduce_min(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Find the least element along `axis` (a number or list; None: all axes).

    Args:
      keepdims: keep the reduced axes, with size 1.
      reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both names.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reduce_min([[1, 5], [3, 4]], 0))
    array([1, 4], dtype=int32)
    """
    return _reduce(raw.Min, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@export("reduce_prod", "math.reduce_prod")
def reduce_prod(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Multiply the elements along `axis` (a number or list; None: all axes).

    Args:
      keepdims: keep the reduced axes, with size 1.
      reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both names.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reduce_prod([[1, 5], [3, 4]], 1))
    array([ 5, 12], dtype=int32)
    """
    return _reduce(raw.Prod, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@export("reduce_all", "math.reduce_all")
def reduce_all(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Say whether all elements along `axis` are true (None: all axes).

    Args:
      keepdims: keep the reduced axes, with size 1.
      reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both names.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reduce_all([[True, False], [True, True]], 1))
    array([False,  True])
    """
    return _reduce(raw.All, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@export("reduce_any", "math.reduce_any")
def reduce_any(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Say whether any element along `axis` is true (None: all axes).

    Args:
      keepdims: keep the reduced axes, with size 1.
      reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both names.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.reduce_any([[True, False], [True, True]], 1))
    array([ True,  True])
    """
    return _reduce(raw.Any, input_tensor, axis, keepdims, name, reduction_indices, keep_dims)


@export("math.reduce_euclidean_norm")
def reduce_euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The square root of the sum of squares along `axis` (None: all axes).

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.math.reduce_euclidean_norm([3., 4.])))
    5.0
    """
    return _reduce(raw.EuclideanNorm, input_tensor, axis, keepdims, name, None, None)


@export("reduce_logsumexp", "math.reduce_logsumexp")
def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The logarithm of the sum of exponentials along `axis`, computed so that it can neither overflow nor underflow.

    log(sum(exp(x))) = m + log(sum(exp(x - m))) with m the greatest element.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.reduce_logsumexp([1000., 1000.])).round(3))
    1000.693
    """
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    with building(name, "ReduceLogSumExp", [input_tensor]) as scope:
        raw_max = reduce_max(input_tensor, axis=axis, keepdims=True)
        greatest = raw.StopGradient(_finite_or_zero(raw_max))
        result = raw.Log(reduce_sum(raw.Exp(raw.Sub(input_tensor, greatest, name="Sub")), axis=axis, keepdims=keep))
        if not keep:
            greatest = raw.Reshape(greatest, raw.Shape(result))
        return getattr(raw, release().add_type)(result, greatest, name=scope)


def _finite_or_zero(x: Tensor) -> Tensor:
    if release().select_type == "SelectV2":
        return raw.SelectV2(raw.IsFinite(x), x, 0)
    return raw.Select(raw.IsFinite(x), x, raw.ZerosLike(x, name="zeros_like"))


@export("math.reduce_variance")
def reduce_variance(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The mean squared distance from the mean along `axis` (None: all axes).

    Raises:
      TypeError: the input is of an integer type.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.math.reduce_variance([1., 2., 3., 4.])))
    1.25
    """
    with building(name, "reduce_variance"):
        x = convert_to_tensor(input_tensor)
        means = reduce_mean(x, axis=axis, keepdims=True)
        if means.dtype.is_integer:
            raise TypeError(f"Input must be either real or complex. Received integer type {means.dtype}.")
        difference = raw.Sub(x, means, name="sub")
        squared = raw.Real(raw.Mul(raw.Conj(difference), difference)) if x.dtype.is_complex else raw.Square(difference)
        return reduce_mean(squared, axis=axis, keepdims=keepdims)


@export("math.reduce_std")
def reduce_std(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The standard deviation along `axis` (None: all axes).

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.math.reduce_std([1., 3.])))
    1.0
    """
    with building(name, "reduce_std"):
        return raw.Sqrt(reduce_variance(convert_to_tensor(input_tensor), axis=axis, keepdims=keepdims))


@export("count_nonzero", "math.count_nonzero")
def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """Count the elements that are not zero (or empty strings) along `axis` (None: all axes).

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.count_nonzero([[0, 1, 0], [1, 1, 0]])))
    3
    """
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    x = renamed("input", input, "input_tensor", input_tensor)
    with building(name, "count_nonzero", [x]):
        x = convert_to_tensor(x, name="input")
        counted = cast(raw.NotEqual(x, zeros([], dtype=x.dtype)), dtypes.int64)
        return cast(reduce_sum(counted, axis=axis, keepdims=keep), dtype)


@export("argmax", "math.argmax")
def argmax(input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = dtypes.int64) -> Tensor:
    """The index of the greatest element along `axis` (default 0); the first one when several are equal.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.argmax([[1, 9], [8, 2]], 1))
    array([1, 0])
    """
    axis = renamed("axis", axis, "dimension", dimension)
    return raw.ArgMax(input, 0 if axis is None else axis, output_type=output_type, name=name)


@export("argmin", "math.argmin")
def argmin(input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = dtypes.int64) -> Tensor:
    """The index of the least element along `axis` (default 0); the first one when several are equal.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.argmin([[1, 9], [8, 2]], 1))
    array([0, 1])
    """
    axis = renamed("axis", axis, "dimension", dimension)
    return raw.ArgMin(input, 0 if axis is None else axis, output_type=output_type, name=name)


@export("arg_max")
def arg_max(input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None) -> Tensor:
    """The index of the greatest element along `dimension`: an old form of `tf.argmax`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.arg_max([[1, 9], [8, 2]], 1))
    array([1, 0])
    """
    return raw.ArgMax(input, dimension, output_type=output_type, name=name)


@export("arg_min")
def arg_min(input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None) -> Tensor:
    """The index of the least element along `dimension`: an old form of `tf.argmin`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.arg_min([[1, 9], [8, 2]], 1))
    array([0, 1])
    """
    return raw.ArgMin(input, dimension, output_type=output_type, name=name)


@export("cumsum", "math.cumsum")
def cumsum(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Tensor:
    """Running sums along `axis`.

    Args:
      exclusive: leave each element out of its own sum (the first is 0).
      reverse: start from the end.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.cumsum([1, 2, 3]))
    array([1, 3, 6], dtype=int32)
    """
    with building(name, "Cumsum", [x]) as scope:
        return raw.Cumsum(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)


@export("cumprod", "math.cumprod")
def cumprod(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Tensor:
    """Running products along `axis`.

    Args:
      exclusive: leave each element out of its own product (the first is 1).
      reverse: start from the end.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.cumprod([1, 2, 3]))
    array([1, 2, 6], dtype=int32)
    """
    with building(name, "Cumprod", [x]) as scope:
        return raw.Cumprod(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)


@export("math.cumulative_logsumexp")
def cumulative_logsumexp(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Tensor:
    """Running log-sum-exp along `axis`, computed so that it cannot overflow.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.cumulative_logsumexp([0., 0.]))
    array([0.        , 0.6931472], dtype=float32)
    """
    with building(name, "CumulativeLogsumexp", [x]) as scope:
        return raw.CumulativeLogsumexp(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)
