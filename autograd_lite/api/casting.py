"""Turning tensors from one element type into another."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import IndexedSlices, SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("cast", "dtypes.cast")
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Turn every element of `x` into another type; floats are cut off towards 0 on their way to ints.

    Raises:
      TypeError: there is no such conversion.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.cast([1.8, -2.2], tf.int32))
    array([ 1, -2], dtype=int32)
    """
    wanted = dtypes.as_dtype(dtype).base_dtype
    if isinstance(x, Tensor) and x.dtype == wanted:
        return x
    with building(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, _cast_values(x.values, wanted, scope), x.dense_shape)
        if isinstance(x, IndexedSlices):
            return IndexedSlices(_cast_values(x.values, wanted, scope), x.indices, x.dense_shape)
        return _cast_values(convert_to_tensor(x, name="x"), wanted, scope)


def _cast_values(x: Tensor, dtype: dtypes.DType, name: str) -> Tensor:
    return x if x.dtype.base_dtype == dtype else raw.Cast(x, DstT=dtype, name=name)


@export("saturate_cast", "dtypes.saturate_cast")
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Turn every element into another type; values that it cannot hold become the nearest it can.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.saturate_cast([-5., 300.], tf.uint8))
    array([  0, 255], dtype=uint8)
    """
    with building(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        wanted = dtypes.as_dtype(dtype).base_dtype
        have = value.dtype.base_dtype
        if release().saturates_by_clip:
            low, high = max(have.min, wanted.min), min(have.max, wanted.max)
            clipped = raw.ClipByValue(value, constant(low, dtype=have), constant(high, dtype=have), name="clamp")
            return cast(clipped, wanted, name=scope)
        if have.min < wanted.min:
            value = raw.Maximum(value, convert_to_tensor(wanted.min, dtype=have, name="min"))
        if have.max > wanted.max:
            value = raw.Minimum(value, convert_to_tensor(wanted.max, dtype=have, name="max"))
        return cast(value, wanted, name=scope)


@export("to_float")
def to_float(x: Any, name: str | None = "ToFloat") -> Any:
    """Turn every element of `x` into float32; an old way to write `tf.cast(x, tf.float32)`.

    >>> import autograd_lite as tf
    >>> tf.to_float([1, 2]).dtype.name
    'float32'
    """
    return cast(x, dtypes.float32, name=name)


@export("to_double")
def to_double(x: Any, name: str | None = "ToDouble") -> Any:
    """Turn every element of `x` into float64; an old way to write `tf.cast(x, tf.float64)`.

    >>> import autograd_lite as tf
    >>> tf.to_double([1, 2]).dtype.name
    'float64'
    """
    return cast(x, dtypes.float64, name=name)


@export("to_int32")
def to_int32(x: Any, name: str | None = "ToInt32") -> Any:
    """Turn every element of `x` into int32; an old way to write `tf.cast(x, tf.int32)`.

    >>> import autograd_lite as tf
    >>> tf.to_int32([1, 2]).dtype.name
    'int32'
    """
    return cast(x, dtypes.int32, name=name)


@export("to_int64")
def to_int64(x: Any, name: str | None = "ToInt64") -> Any:
    """Turn every element of `x` into int64; an old way to write `tf.cast(x, tf.int64)`.

    >>> import autograd_lite as tf
    >>> tf.to_int64([1, 2]).dtype.name
    'int64'
    """
    return cast(x, dtypes.int64, name=name)


@export("to_bfloat16")
def to_bfloat16(x: Any, name: str | None = "ToBFloat16") -> Any:
    """Turn every element of `x` into bfloat16; an old way to write `tf.cast(x, tf.bfloat16)`.

    >>> import autograd_lite as tf
    >>> tf.to_bfloat16([1, 2]).dtype.name
    'bfloat16'
    """
    return cast(x, dtypes.bfloat16, name=name)


@export("to_complex64")
def to_complex64(x: Any, name: str | None = "ToComplex64") -> Any:
    """Turn every element of `x` into complex64; an old way to write `tf.cast(x, tf.complex64)`.

    >>> import autograd_lite as tf
    >>> tf.to_complex64([1, 2]).dtype.name
    'complex64'
    """
    return cast(x, dtypes.complex64, name=name)


@export("to_complex128")
def to_complex128(x: Any, name: str | None = "ToComplex128") -> Any:
    """Turn every element of `x` into complex128; an old way to write `tf.cast(x, tf.complex128)`.

    >>> import autograd_lite as tf
    >>> tf.to_complex128([1, 2]).dtype.name
    'complex128'
    """
    return cast(x, dtypes.complex128, name=name)
