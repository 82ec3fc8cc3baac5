"""Elementwise arithmetic that is more than one op: the divisions of Python 2 and 3, sums of many tensors."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.api.arrays import ones_like, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import IndexedSlices, SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

# Integer types are divided as floats of this type; the others as they are.
_TRUEDIV_TYPE = {"uint8": "float32", "int8": "float32", "uint16": "float32", "int16": "float32", "int32": "float64", "int64": "float64"}


def _pair(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Two operands as tensors; a Python number takes the type of its partner.

    Raises:
      TypeError: the types differ.
    """
    if not isinstance(x, Tensor) and isinstance(y, Tensor):
        x = convert_to_tensor(x, preferred_dtype=y.dtype.base_dtype, name="x")
    x = convert_to_tensor(x, name="x")
    y = convert_to_tensor(y, preferred_dtype=x.dtype.base_dtype, name="y")
    if x.dtype.base_dtype != y.dtype.base_dtype:
        raise TypeError(f"`x` and `y` must have the same dtype, got {x.dtype.base_dtype!r} != {y.dtype.base_dtype!r}")
    return x, y


@export("add", "math.add")
def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Add `x` and `y`, element by element (strings are joined).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.add([1., 2.], 3.))
    array([4., 5.], dtype=float32)
    """
    with building(name, "Add", [x, y]) as scope:
        return getattr(raw, release().add_type)(x, y, name=scope)


@export("truediv", "math.truediv")
def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide as Python 3 does: integers give floats (float64 for int32 and int64).

    Raises:
      TypeError: the types differ or cannot be divided.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.truediv(1, 4)))
    0.25
    """
    with building(name, "truediv", [x, y]) as scope:
        x, y = _pair(x, y)
        wide = _TRUEDIV_TYPE.get(x.dtype.base_dtype.name)
        if wide is not None:
            x, y = cast(x, wide), cast(y, wide)
        elif not (x.dtype.is_floating or x.dtype.is_complex):
            raise TypeError(f"Invalid dtype {x.dtype!r} in __truediv__. Expected one of {{bfloat16, float16, float32, float64, ints}}.")
        return raw.RealDiv(x, y, name=scope)


@export("divide", "math.divide")
def divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide as Python 3 does, element by element.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.divide([3., 4.], 2.))
    array([1.5, 2. ], dtype=float32)
    """
    return truediv(x, y, name=name)


@export("div")
def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide as Python 2 does: integers are rounded down, floats divided.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run([tf.div(7, 2), tf.div(7., 2.)]))
    3 3.5
    """
    with building(name, "div", [x, y]) as scope:
        x, y = _pair(x, y)
        real = x.dtype.is_floating or x.dtype.is_complex
        return (raw.RealDiv if real else raw.FloorDiv)(x, y, name=scope)


@export("div_no_nan", "math.divide_no_nan")
def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide, but give 0 where `y` is 0.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.div_no_nan([1., 2.], [0., 4.]))
    array([0. , 0.5], dtype=float32)
    """
    with building(name, "div_no_nan", [x, y]) as scope:
        x, y = _pair(x, y)
        return raw.DivNoNan(x, y, name=scope)


@export("math.multiply_no_nan")
def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Multiply, but give 0 where `y` is 0, even if `x` is infinite or NaN.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.multiply_no_nan([float("inf")], [0.]))
    array([0.], dtype=float32)
    """
    with building(name, "multiply_no_nan", [x, y]) as scope:
        x, y = _pair(x, y)
        return raw.MulNoNan(x, y, name=scope)


@export("floordiv", "math.floordiv")
def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide and round down, as Python's `//`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.floordiv([-7, 7], 2))
    array([-4,  3], dtype=int32)
    """
    with building(name, "floordiv", [x, y]) as scope:
        return raw.FloorDiv(x, y, name=scope)


@export("pow", "math.pow")
def pow(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Raise `x` to the power `y`, element by element.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.pow([2, 3], 3))
    array([ 8, 27], dtype=int32)
    """
    with building(name, "Pow", [x]) as scope:
        return raw.Pow(x, y, name=scope)


@export("abs", "math.abs")
def abs(x: Any, name: str | None = None) -> Any:
    """The absolute value of every element; for complex numbers their length, as a float.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.abs([-2., 3.]))
    array([2., 3.], dtype=float32)
    """
    with building(name, "Abs", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, _magnitude(x.values, scope), x.dense_shape)
        return _magnitude(convert_to_tensor(x, name="x"), scope)


def _magnitude(x: Tensor, name: str) -> Tensor:
    return raw.ComplexAbs(x, Tout=x.dtype.real_dtype, name=name) if x.dtype.is_complex else raw.Abs(x, name=name)


@export("round", "math.round")
@leaves_no_trace
def round(x: Any, name: str | None = None) -> Tensor:
    """Round to the nearest integer; halves go to the even one.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.round([0.9, 2.5, -4.5]))
    array([ 1.,  2., -4.], dtype=float32)
    """
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else raw.Round(x, name=name)


@export("log_sigmoid", "math.log_sigmoid")
def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the sigmoid, computed as -softplus(-x), which cannot underflow.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.log_sigmoid([-1000.0]))
    array([-1000.], dtype=float32)
    """
    with building(name, "LogSigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return raw.Neg(raw.Softplus(raw.Neg(x)), name=scope)


@export("logical_xor", "math.logical_xor")
@leaves_no_trace
def logical_xor(x: Any, y: Any, name: str = "LogicalXor") -> Tensor:
    """Whether exactly one of `x` and `y` is true, element by element.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.logical_xor([True, False], [True, True]))
    array([False,  True])
    """
    return raw.LogicalAnd(raw.LogicalOr(x, y), raw.LogicalNot(raw.LogicalAnd(x, y)), name=name)


@export("scalar_mul", "math.scalar_mul")
@leaves_no_trace
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Multiply a tensor, or the values of IndexedSlices, by one number.

    Raises:
      ValueError: `scalar` is no scalar.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.scalar_mul(2.0, tf.constant([1., 2.])))
    array([2., 4.], dtype=float32)
    """
    scalar = convert_to_tensor(scalar, dtype=x.dtype.base_dtype, name="scalar")
    if scalar.static_shape != ():
        raise ValueError(f"Only scalar multiply works, got shape {shapes.python_text(scalar.static_shape)}")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(raw.Mul(scalar, x.values, name=name), x.indices, x.dense_shape)
    return raw.Mul(scalar, x, name=name)


@export("add_n", "math.add_n")
@leaves_no_trace
def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """Add any number of tensors of one shape and type.

    Raises:
      ValueError: `inputs` is no list, or empty, or the shapes differ.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.add_n([tf.constant(1), tf.constant(2), tf.constant(3)])))
    6
    """
    if not isinstance(inputs, list | tuple) or not inputs:
        raise ValueError("Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape.")
    tensors = [convert_to_tensor(value) for value in inputs]
    if len(tensors) == 1:
        return raw.Identity(tensors[0], name=name) if name else tensors[0]
    return raw.AddN(tensors, name=name)


@export("accumulate_n", "math.accumulate_n")
@leaves_no_trace
def accumulate_n(inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None) -> Tensor:
    """Add any number of tensors of one shape and type; the same numbers as `tf.add_n`.

    Args:
      shape, tensor_dtype: what the inputs are expected to have.

    Raises:
      ValueError: an input does not fit them, or `inputs` is no list of tensors.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.accumulate_n([tf.constant(1.0), tf.constant(2.0)])))
    3.0
    """
    complaint = "inputs must be a list of at least one Tensor with the same dtype and shape"
    if not isinstance(inputs, list | tuple) or not inputs:
        raise ValueError(complaint)
    tensors = [convert_to_tensor(value) for value in inputs]
    wanted = shapes.as_shape(shape)
    first = tensors[0].dtype.base_dtype
    if any(tensor.dtype.base_dtype != first or not shapes.compatible(tensor.static_shape, wanted) for tensor in tensors):
        raise ValueError(complaint)
    if tensor_dtype is not None and dtypes.as_dtype(tensor_dtype) != first:
        raise TypeError(f"tensor_dtype is {dtypes.as_dtype(tensor_dtype)}, but input is of type {first}")
    return add_n(tensors, name)


@export("complex", "dtypes.complex")
@leaves_no_trace
def complex(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """Make complex numbers from real and imaginary parts.

    Raises:
      TypeError: the parts are not both float32 or both float64.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.complex(2.25, 4.75)))
    (2.25+4.75j)
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with building(name, "Complex", [real, imag]) as scope:
        pair = (real.dtype.base_dtype.name, imag.dtype.base_dtype.name)
        if pair not in (("float32", "float32"), ("float64", "float64")):
            raise TypeError(f"real and imag have incorrect types: {pair[0]} {pair[1]}")
        return raw.Complex(real, imag, Tout="complex64" if pair[0] == "float32" else "complex128", name=scope)


@export("real", "math.real")
def real(input: Any, name: str | None = None) -> Tensor:
    """The real part of complex numbers; real numbers as they are.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.real(tf.complex(2.0, 3.0))))
    2.0
    """
    with building(name, "Real", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        return raw.Real(input, Tout=input.dtype.real_dtype, name=scope) if input.dtype.is_complex else input


@export("imag", "math.imag")
def imag(input: Any, name: str | None = None) -> Tensor:
    """The imaginary part of complex numbers; zeros for real ones.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.imag(tf.complex(2.0, 3.0))))
    3.0
    """
    with building(name, "Imag", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        return raw.Imag(input, Tout=input.dtype.real_dtype, name=scope) if input.dtype.is_complex else zeros_like(input)


@export("angle", "math.angle")
def angle(input: Any, name: str | None = None) -> Tensor:
    """The angle of complex numbers, in radians.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.angle(tf.complex(0.0, 2.0))))
    1.5707964
    """
    with building(name, "Angle", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw.Angle(input, Tout=input.dtype.real_dtype, name=scope)
        negative = raw.Less(input, 0)
        return raw.Select(negative, raw.Mul(math.pi, ones_like(input), name="mul"), zeros_like(input))


@export("conj", "math.conj")
def conj(x: Any, name: str | None = None) -> Any:
    """The complex conjugate; real numbers as they are.

    Raises:
      TypeError: `x` is not numeric.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.conj(tf.complex(2.0, 3.0))))
    (2-3j)
    """
    if isinstance(x, Tensor) and (x.dtype.is_floating or x.dtype.is_integer):
        return x
    with building(name, "Conj", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return raw.Conj(x, name=scope)
        if x.dtype.is_floating or x.dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}")
