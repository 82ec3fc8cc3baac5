"""Tensors made out of nothing: constants, placeholders, fills, ranges, and one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import check_axes, constant_node, convert_to_tensor, fill_shape, make_array
from autograd_lite.graph.tensor import Tensor

# Above this many elements zeros and ones are filled when the graph runs, so that GraphDefs stay small.
_SMALL = 1000


@export("constant")
def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = "Const", verify_shape: bool = False) -> Tensor:
    """Make a tensor with a fixed value.

    Args:
      value: a number, string, nested list of them, or array.
      dtype: its type (default: what the value suggests; Python floats are float32, ints int32).
      shape: the shape to give it; the last element is repeated when `value` has too few.
      verify_shape: raise TypeError instead when `value` does not have this shape.

    Raises:
      TypeError: the value does not fit the dtype, or (with `verify_shape`) the shape.
      ValueError: the value is None, ragged, larger than 2 GB, or has more elements than `shape`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.constant(7, shape=[2, 2]))
    array([[7, 7],
           [7, 7]], dtype=int32)
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    array = make_array(value, wanted)
    if shape is not None:
        sizes = shapes.as_shape(shape)
        if verify_shape and array.shape != sizes:
            raise TypeError(f"Expected Tensor's shape: {sizes}, got {array.shape}.")
        check_axes(sizes)
        array = np.empty(sizes, array.dtype) if shapes.num_elements(sizes) == 0 else fill_shape(array, sizes)  # type: ignore[arg-type]
    return constant_node(array, name, wanted)


@export("placeholder")
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """Make a tensor whose value is given each time the graph runs, through `feed_dict`.

    Args:
      shape: what is known of the shape: a list with None for sizes that may vary, or None for anything.

    Raises:
      TypeError: `dtype` is no type. At run time InvalidArgumentError when no value is fed.

    >>> import autograd_lite as tf
    >>> x = tf.placeholder(tf.float32, [None, 2])
    >>> tf.Session().run(2.0 * x, {x: [[1, 2]]})
    array([[2., 4.]], dtype=float32)
    """
    return raw.Placeholder(dtype=dtype, shape=shape, name=name)


@export("zeros")
def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Make a tensor of zeros (False, or empty strings) of a given shape.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.zeros([2], tf.int32))
    array([0, 0], dtype=int32)
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    zero: Any = False if dtype.is_bool else "" if dtype.name == "string" else 0
    return _filled(shape, zero, dtype, name, "zeros")


@export("ones")
def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Make a tensor of ones (True) of a given shape.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ones([2]))
    array([1., 1.], dtype=float32)
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    return _filled(shape, True if dtype.is_bool else 1, dtype, name, "ones")


def _filled(shape: Any, value: Any, dtype: dtypes.DType, name: str | None, default_name: str) -> Tensor:
    """A constant when it is small, otherwise a Fill node."""
    with building(name, default_name, [shape]) as scope:
        sizes = shape if isinstance(shape, Tensor) else _known_sizes(shape)
        if isinstance(sizes, tuple):
            if shapes.num_elements(sizes) < _SMALL:  # type: ignore[operator]
                return constant(value, dtype, sizes, name=scope)
            wide = any(size > 2**31 - 1 for size in sizes)
            sizes = constant(np.array(sizes, np.int64 if wide else np.int32), name="shape_as_tensor")
        elif sizes is None:
            sizes = convert_to_tensor(shape, dtype=dtypes.int32)
        if sizes.static_shape == ():
            sizes = raw.Reshape(sizes, np.array([-1], np.int32))
        return raw.Fill(sizes, constant(value, dtype=dtype), name=scope)


def _known_sizes(shape: Any) -> tuple[int, ...] | None:
    """The sizes when `shape` is written with Python numbers only."""
    if isinstance(shape, np.ndarray):
        shape = shape.reshape(-1).tolist()
    try:
        sizes = shapes.as_shape(shape)
    except (TypeError, ValueError):
        return None
    return sizes if shapes.is_defined(sizes) else None  # type: ignore[return-value]


@export("range")
def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = "range") -> Tensor:
    """Count from `start` up to (not including) `limit` in steps of `delta`; with one number, from 0 up to it.

    Raises:
      ValueError: `delta` is 0, or leads away from `limit`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.range(3, 18, 5))
    array([ 3,  8, 13], dtype=int32)
    """
    if limit is None:
        start, limit = 0, start
    with building(name, "Range", [start, limit, delta]) as scope:
        named = (("start", start), ("limit", limit), ("delta", delta))
        numbers = [x if isinstance(x, Tensor) else convert_to_tensor(x, dtype=dtype, name=role) for role, x in named]
        wanted = max((x.dtype for x in numbers), key=_range_rank) if dtype is None else dtypes.as_dtype(dtype)
        return raw.Range(*(x if x.dtype.base_dtype == wanted.base_dtype else raw.Cast(x, DstT=wanted) for x in numbers), name=scope)


def _range_rank(dtype: dtypes.DType) -> int:
    order = ("int32", "int64", "float32", "float64")
    return order.index(dtype.base_dtype.name) if dtype.base_dtype.name in order else -1


@export("one_hot")
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """Turn every index into a row of length `depth` that is `on_value` (1) at that place and `off_value` (0) elsewhere.

    Indices outside [0, depth) give rows without `on_value`. The new axis is the last one, or `axis`.

    Raises:
      TypeError: `on_value`, `off_value` and `dtype` do not have one type.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.one_hot([1, 0], 3))
    array([[0., 1., 0.],
           [1., 0., 0.]], dtype=float32)
    """
    with building(name, "one_hot", [indices, depth, on_value, off_value, axis]) as scope:
        wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        on = None if on_value is None else convert_to_tensor(on_value, preferred_dtype=wanted)
        off = None if off_value is None else convert_to_tensor(off_value, preferred_dtype=wanted)
        for role, tensor in (("on_value", on), ("off_value", off)):
            if tensor is not None and wanted is not None and tensor.dtype.base_dtype != wanted:
                raise TypeError(f"dtype {tensor.dtype.base_dtype!r} of {role} does not match dtype parameter {wanted!r}")
        given = next((tensor.dtype.base_dtype for tensor in (on, off) if tensor is not None), dtypes.float32)
        wanted = wanted or given
        on = convert_to_tensor(1, wanted, name="on_value") if on is None else on
        off = convert_to_tensor(0, wanted, name="off_value") if off is None else off
        if on.dtype.base_dtype != off.dtype.base_dtype:
            raise TypeError(f"dtype {on.dtype.base_dtype!r} of on_value does not match dtype {off.dtype.base_dtype!r} of off_value")
        return raw.OneHot(indices, depth, on, off, axis=-1 if axis is None else axis, name=scope)
