"""Functions on sets that are held in the last axis of tensors and SparseTensors, and the difference of two lists."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor, SparseTensorValue
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_VALID = frozenset(["int8", "int16", "int32", "int64", "uint8", "uint16", "string"])


def _converted(value: Any, name: str) -> Any:
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    value = value if isinstance(value, SparseTensor) else convert_to_tensor(value, name=name)
    if value.dtype.base_dtype.name not in _VALID:
        raise TypeError(f"'{name}' has invalid dtype `{value.dtype}` not in supported dtypes: `{sorted(_VALID)}`.")
    return value


def _combine(a: Any, b: Any, kind: str, validate_indices: bool) -> SparseTensor:
    """The node that combines two tensors, the dense one first."""
    a, b = _converted(a, "a"), _converted(b, "b")
    if a.dtype.base_dtype != b.dtype.base_dtype:
        raise TypeError(f"Types don't match, {a.dtype} vs {b.dtype}.")
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        a, b = b, a
        kind = {"a-b": "b-a", "b-a": "a-b"}.get(kind, kind)
    attrs = {"set_operation": kind, "validate_indices": validate_indices}
    if not isinstance(b, SparseTensor):
        return SparseTensor(*raw.DenseToDenseSetOperation(a, b, **attrs))
    parts = (b.indices, b.values, b.dense_shape)
    if not isinstance(a, SparseTensor):
        return SparseTensor(*raw.DenseToSparseSetOperation(a, *parts, **attrs))
    return SparseTensor(*raw.SparseToSparseSetOperation(a.indices, a.values, a.dense_shape, *parts, **attrs))


@export("sets.size", "sets.set_size", "contrib.metrics.set_size")
def set_size(a: Any, validate_indices: bool = True) -> Tensor:
    """Count the different elements in every set: in the last axis of a SparseTensor.

    Args:
      a: a SparseTensor of integers or strings. validate_indices: check that its positions are in order.

    Raises:
      TypeError: `a` is not sparse, or its elements can be in no set.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sets.size(tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [7, 7, 3], [2, 2])))
    array([1, 1], dtype=int32)
    """
    a = SparseTensor.from_value(a) if isinstance(a, SparseTensorValue) else a
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a}.")
    _converted(a, "a")
    return raw.SetSize(a.indices, a.values, a.dense_shape, validate_indices=validate_indices)


@export("sets.intersection", "sets.set_intersection", "contrib.metrics.set_intersection")
@leaves_no_trace
def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in both of two sets; the last axis of `a` and `b` holds the sets, the others must agree.

    Args:
      a, b: tensors or SparseTensors of integers or strings. validate_indices: check that sparse positions are in order.

    Raises:
      TypeError: the types differ, or can be in no set.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sets.intersection([[1, 2, 3]], [[3, 4, 1]])).values
    array([1, 3], dtype=int32)
    """
    return _combine(a, b, "intersection", validate_indices)


@export("sets.difference", "sets.set_difference", "contrib.metrics.set_difference")
@leaves_no_trace
def set_difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """The elements of one set that are not in the other; the last axis of `a` and `b` holds the sets, the others must agree.

    Args:
      a, b: tensors or SparseTensors of integers or strings. aminusb: take those of `a`; False: those of `b`.
      validate_indices: check that sparse positions are in order.

    Raises:
      TypeError: the types differ, or can be in no set.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sets.difference([[1, 2, 3]], [[3, 4, 1]])).values
    array([2], dtype=int32)
    """
    return _combine(a, b, "a-b" if aminusb else "b-a", validate_indices)


@export("sets.union", "sets.set_union", "contrib.metrics.set_union")
@leaves_no_trace
def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in one of two sets at least; the last axis of `a` and `b` holds the sets, the others must agree.

    Args:
      a, b: tensors or SparseTensors of integers or strings. validate_indices: check that sparse positions are in order.

    Raises:
      TypeError: the types differ, or can be in no set.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sets.union([[1, 2]], [[2, 4]])).values
    array([1, 2, 4], dtype=int32)
    """
    return _combine(a, b, "union", validate_indices)


@export("setdiff1d")
def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> Any:
    """The elements of vector `x` that are not in `y`, in their order, and where they stand.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.setdiff1d([1, 2, 3, 2], [3]).out)
    array([1, 2, 2], dtype=int32)
    """
    return raw.ListDiff(x, y, out_idx=index_dtype, name=name)
