"""Special functions that TensorFlow builds out of others, or puts into a scope of their own."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.math import div_no_nan
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("math.xdivy")
def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """X / y, and 0 where x is 0.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.xdivy([0., 1.], [0., 2.]))
    array([0. , 0.5], dtype=float32)
    """
    return _in_scope(raw.Xdivy, "xdivy", x, y, name)


@export("math.xlog1py")
def xlog1py(x: Any, y: Any, name: str | None = None) -> Tensor:
    """X * log(1 + y), and 0 where x is 0.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.xlog1py([0.], [-1.]))
    array([0.], dtype=float32)
    """
    return _in_scope(raw.Xlog1py, "xlog1py", x, y, name)


def _in_scope(op: Any, default_name: str, x: Any, y: Any, name: str | None) -> Tensor:
    if not release().scopes_special_functions:
        return op(x, y, name=name)
    with building(name, default_name, [x]):
        return op(x, y)


@export("math.reciprocal_no_nan")
def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """1 / x, and 0 where x is 0.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.reciprocal_no_nan([2., 0.]))
    array([0.5, 0. ], dtype=float32)
    """
    with building(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return div_no_nan(convert_to_tensor(1, dtype=x.dtype.base_dtype, name="one"), x, name=scope)


@export("math.erfinv")
def erfinv(x: Any, name: str | None = None) -> Tensor:
    """The inverse of the error function.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.erfinv([0.0]))
    array([0.], dtype=float32)
    """
    with building(name, "erfinv", [x]):
        return raw.Erfinv(x)


@export("math.ndtri")
def ndtri(x: Any, name: str | None = None) -> Tensor:
    """The quantile function of the normal distribution: the number below which a share x of it lies.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.ndtri([0.5]))
    array([0.], dtype=float32)
    """
    with building(name, "ndtri", [x]):
        return raw.Ndtri(x)


@export("math.erfcinv")
def erfcinv(x: Any, name: str | None = None) -> Tensor:
    """The inverse of the complementary error function: -ndtri(x / 2) / sqrt(2).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.erfcinv([1.0]))
    array([-0.], dtype=float32)
    """
    with building(name, "erfcinv", [x]):
        x = convert_to_tensor(x, name="start")
        return -ndtri(0.5 * x) * 0.5**0.5


@export("math.polyval")
def polyval(coeffs: Any, x: Any, name: str | None = None) -> Tensor:
    """The polynomial with these coefficients, highest power first, by Horner's rule.

    Raises:
      ValueError: `coeffs` is no list.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.math.polyval([1., 0., -1.], 3.)))
    8.0
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    with building(name, "polyval", [*coeffs, x]) as scope:
        x = convert_to_tensor(x, name="x")
        if not coeffs:
            return raw.ZerosLike(x, name=scope)
        coeffs = [convert_to_tensor(coeff, name=f"coeff{index}") for index, coeff in enumerate(coeffs)]
        value = coeffs[0]
        for coeff in coeffs[1:]:
            value = coeff + value * x
        return value


@export("lbeta", "math.lbeta")
def lbeta(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of the beta function of several arguments, along the last axis: sum(lgamma(x)) - lgamma(sum(x)).

    >>> import autograd_lite as tf
    >>> abs(tf.Session().run(tf.lbeta([[1., 1.]]))) < 1e-6
    array([ True])
    """
    with building(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        empty = x.static_shape is not None and x.static_shape[-1] == 0
        if empty and x.static_shape == (0,):
            return convert_to_tensor(0.0, dtype=x.dtype.base_dtype)
        return raw.Sub(raw.Sum(raw.Lgamma(x), [-1]), raw.Lgamma(raw.Sum(x, [-1])), name="sub")


@export("math.bessel_i0e")
def bessel_i0e(x: Any, name: str | None = None) -> Tensor:
    """The modified Bessel function I0 times exp(-|x|), which cannot overflow.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.bessel_i0e([0.0]))
    array([1.], dtype=float32)
    """
    return _unary_in_scope(raw.BesselI0e, "bessel_i0e", x, name)


@export("math.bessel_i1e")
def bessel_i1e(x: Any, name: str | None = None) -> Tensor:
    """The modified Bessel function I1 times exp(-|x|), which cannot overflow.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.bessel_i1e([0.0]))
    array([0.], dtype=float32)
    """
    return _unary_in_scope(raw.BesselI1e, "bessel_i1e", x, name)


def _unary_in_scope(op: Any, default_name: str, x: Any, name: str | None) -> Tensor:
    if not release().scopes_special_functions:
        return op(x, name=name)
    with building(name, default_name, [x]):
        return op(x)


@export("math.bessel_i0")
def bessel_i0(x: Any, name: str | None = None) -> Tensor:
    """The modified Bessel function of order 0.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.bessel_i0([0.0]))
    array([1.], dtype=float32)
    """
    with building(name, "bessel_i0", [x]):
        x = convert_to_tensor(x, name="x")
        if release().scopes_special_functions:
            return raw.BesselI0(x)
        return raw.Exp(raw.Abs(x)) * raw.BesselI0e(x)


@export("math.bessel_i1")
def bessel_i1(x: Any, name: str | None = None) -> Tensor:
    """The modified Bessel function of order 1.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.math.bessel_i1([0.0]))
    array([0.], dtype=float32)
    """
    with building(name, "bessel_i1", [x]):
        x = convert_to_tensor(x, name="x")
        if release().scopes_special_functions:
            return raw.BesselI1(x)
        return raw.Exp(raw.Abs(x)) * raw.BesselI1e(x)
