"""Windows: weights that let the ends of a frame fade."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, ones, range as number_range
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.special import bessel_i0e
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


@export("signal.hann_window")
def hann_window(window_length: Any, periodic: Any = True, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """The window 0.5 - 0.5 cos(2 pi k / n) of J. von Hann.

    Args:
      periodic: n is the length (for spectra); otherwise the length - 1 (for filters, symmetric).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.hann_window(4))
    array([0. , 0.5, 1. , 0.5], dtype=float32)
    """
    return _raised_cosine(name, "hann_window", window_length, periodic, dtype, 0.5, 0.5)


@export("signal.hamming_window")
def hamming_window(window_length: Any, periodic: Any = True, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """The window 0.54 - 0.46 cos(2 pi k / n) of R. Hamming.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.hamming_window(2)).round(2)
    array([0.08, 1.  ], dtype=float32)
    """
    return _raised_cosine(name, "hamming_window", window_length, periodic, dtype, 0.54, 0.46)


def _check_type(dtype: Any) -> Any:
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {dtype}")
    return dtype


def _raised_cosine(name: str | None, default_name: str, window_length: Any, periodic: Any, dtype: Any, a: float, b: float) -> Tensor:
    dtype = _check_type(dtype)
    with building(name, default_name, [window_length, periodic]):
        length: Any = convert_to_tensor(window_length, dtype=dtypes.int32, name="window_length")
        _check_scalar(length)
        if _is_one(length):
            return ones([1], dtype=dtype)
        whole = cast(convert_to_tensor(periodic, dtype=dtypes.bool_, name="periodic"), dtypes.int32)
        even = 1 - raw.FloorMod(length, 2, name="mod")
        period = cast(length + whole * even - 1, dtype)
        places = cast(number_range(length), dtype)
        angles = constant(2 * np.pi, dtype) * places / period
        return a - b * raw.Cos(angles)


def _check_scalar(length: Tensor) -> None:
    if length.static_shape is not None and length.static_shape:
        raise ValueError(f"Shape {length.shape} must have rank 0")


def _is_one(length: Tensor) -> bool:
    known = constant_value(length)
    return known is not None and int(known) == 1


@export("signal.kaiser_window")
def kaiser_window(window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """The window of J. Kaiser, whose parameter `beta` trades the width of the peak of its spectrum for the height of its sides.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.kaiser_window(3, beta=0.))
    array([1., 1., 1.], dtype=float32)
    """
    dtype = _check_type(dtype)
    with building(name, "kaiser_window", [window_length]):
        length = convert_to_tensor(window_length, dtype=dtypes.int32)
        _check_scalar(length)
        if _is_one(length):
            return ones([1], dtype=dtype)
        half: Any = (cast(length, dtype) - 1.0) / 2.0
        places = number_range(raw.Neg(half), half + 0.1, dtype=dtype)
        beta = cast(beta, dtype)
        one = cast(1.0, dtype)
        root = beta * raw.Sqrt(raw.Relu(one - raw.Square(places / half)))
        return raw.Exp(root - beta) * (bessel_i0e(root) / bessel_i0e(beta))


@export("signal.kaiser_bessel_derived_window")
def kaiser_bessel_derived_window(window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """A window made of sums of the Kaiser window, for which `mdct` can be undone.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.kaiser_bessel_derived_window(2)).round(4)
    array([0.7071, 0.7071], dtype=float32)
    """
    with building(name, "kaiser_bessel_derived_window", [window_length]):
        length = convert_to_tensor(window_length, dtype=dtypes.int32)
        window: Any = kaiser_window(raw.FloorDiv(length, 2) + 1, beta=beta, dtype=dtype)
        sums: Any = raw.Cumsum(window, 0)
        rising = raw.Sqrt(sums[:-1] / sums[-1])
        return concat((rising, raw.ReverseV2(rising, [0])), 0)


@export("signal.vorbis_window")
def vorbis_window(window_length: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """The window sin(pi / 2 sin^2(pi (k + 1/2) / n)) of the Vorbis format, for which `mdct` can be undone.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.vorbis_window(2)).round(4)
    array([0.7071, 0.7071], dtype=float32)
    """
    dtype = _check_type(dtype)
    with building(name, "vorbis_window", [window_length]):
        length = convert_to_tensor(window_length, dtype=dtypes.int32)
        places: Any = cast(number_range(length), dtype)
        sine: Any = raw.Sin(math.pi / cast(length, dtype) * (places + 0.5))
        return raw.Sin(math.pi / 2.0 * raw.Pow(sine, 2.0))
