"""Fourier transforms of real numbers, cosine transforms, and shifts of the spectrum."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, pad, rank, shape, stack, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as number_range, zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import gather
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def _forth(name: str | None, axes: int, x: Any, fft_length: Any) -> Tensor:
    """A transform of real numbers, cut or filled with zeros to `fft_length` along the last axes."""
    suffix = "" if axes == 1 else f"{axes}d"
    with building(name, f"rfft{suffix}", [x, fft_length]) as scope:
        x = convert_to_tensor(x, preferred_dtype=dtypes.float32, name="input_tensor")
        if x.dtype.base_dtype not in (dtypes.float32, dtypes.float64):
            raise TypeError(f"RFFT requires tf.float32 or tf.float64 inputs, got: {x!r}")
        _check_rank(x, axes)
        lengths = _lengths(x, axes, fft_length, 1, 0)
        x = _filled(x, axes, lengths, False)
        op = getattr(raw, f"RFFT{suffix.upper()}")
        kind = dtypes.complex64 if x.dtype.base_dtype == dtypes.float32 else dtypes.complex128
        return op(x, _static(lengths), Tcomplex=kind, name=scope)


def _back(name: str | None, axes: int, x: Any, fft_length: Any) -> Tensor:
    suffix = "" if axes == 1 else f"{axes}d"
    with building(name, f"irfft{suffix}", [x, fft_length]) as scope:
        x = convert_to_tensor(x, preferred_dtype=dtypes.complex64, name="input_tensor")
        if not x.dtype.is_complex:
            raise TypeError(f"IRFFT requires tf.complex64 or tf.complex128 inputs, got: {x!r}")
        _check_rank(x, axes)
        lengths = _lengths(x, axes, fft_length, 2, 1)
        x = _filled(x, axes, lengths, True)
        op = getattr(raw, f"IRFFT{suffix.upper()}")
        return op(x, _static(lengths), Treal=x.dtype.base_dtype.real_dtype, name=scope)


def _check_rank(x: Tensor, axes: int) -> None:
    if x.static_shape is not None and len(x.static_shape) < axes:
        raise ValueError(f"Shape {x.shape} must have rank at least {axes}")


def _static(lengths: Tensor) -> Any:
    """The numbers themselves, when they are known: the op then gets a constant of its own."""
    known = constant_value(lengths)
    return lengths if known is None else known


def _lengths(x: Tensor, axes: int, fft_length: Any, factor: int, less: int) -> Tensor:
    """The lengths of the transform; when they are not given, the last is factor * (size - less), not below 0."""
    if fft_length is not None:
        return convert_to_tensor(fft_length, dtype=dtypes.int32)
    known = None if x.static_shape is None else x.static_shape[-axes:]
    if known is not None and None not in known:
        sizes: Any = list(known)
        sizes[-1] = max(0, factor * (sizes[-1] - less))
        return constant(sizes, dtypes.int32)
    sizes = shape(x)[-axes:]
    if factor == 1:
        return sizes
    if x.static_shape is None:
        raise ValueError(
            "Cannot infer argument `num` from shape (?,)\n  How many axes there are is not known, so give `fft_length`, or set_shape first."
        )
    return concat([sizes[:-1], raw.Maximum(0, factor * (sizes[-1:] - less))], 0)


def _filled(x: Tensor, axes: int, lengths: Tensor, halved: bool) -> Tensor:
    """Zeros after the last axes where they are shorter than the transform needs."""
    if x.static_shape is not None and 0 in x.static_shape:
        return x
    known = constant_value(lengths)
    if known is not None and x.static_shape is not None and None not in x.static_shape[-axes:]:
        wanted = known.tolist()
        if halved:
            wanted[-1] = wanted[-1] // 2 + 1
        missing = [max(size - have, 0) for size, have in zip(wanted, x.static_shape[-axes:])]
        if not any(missing):
            return x
        outer = [[0, 0]] * (len(x.static_shape) - axes)
        return pad(x, outer + [[0, count] for count in missing])
    if halved:
        lengths = concat([lengths[:-1], raw.FloorDiv(lengths[-1:], 2) + 1], 0)
    inner = raw.Maximum(0, lengths - shape(x)[-axes:])
    counts = concat([zeros(stack([raw.Maximum(0, rank(x) - axes)]), dtypes.int32), inner], 0)
    return pad(x, stack([zeros_like(counts), counts], axis=1))


@export("signal.rfft", "spectral.rfft")
def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last axis of real numbers; the first n / 2 + 1 numbers of the result are given, the others are their conjugates.

    Args:
      fft_length: [n], to which the axis is cut or filled with zeros; by default its size.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.rfft([1., 0., 0., 0.]))
    array([1.+0.j, 1.+0.j, 1.+0.j], dtype=complex64)
    """
    return _forth(name, 1, input_tensor, fft_length)


@export("signal.rfft2d", "spectral.rfft2d")
def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last two axes of real numbers; half of the last axis is given.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.rfft2d([[1., 1.]]))
    array([[2.+0.j, 0.+0.j]], dtype=complex64)
    """
    return _forth(name, 2, input_tensor, fft_length)


@export("signal.rfft3d", "spectral.rfft3d")
def rfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last three axes of real numbers; half of the last axis is given.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.rfft3d([[[1., 1.]]]))
    array([[[2.+0.j, 0.+0.j]]], dtype=complex64)
    """
    return _forth(name, 3, input_tensor, fft_length)


@export("signal.irfft", "spectral.irfft")
def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Undo `rfft`: real numbers from the first half of their transform.

    Args:
      fft_length: [n], the number of real numbers; by default 2 (size - 1).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.irfft(tf.signal.rfft([1., 2., 3., 4.])))
    array([1., 2., 3., 4.], dtype=float32)
    """
    return _back(name, 1, input_tensor, fft_length)


@export("signal.irfft2d", "spectral.irfft2d")
def irfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Undo `rfft2d`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.irfft2d(tf.signal.rfft2d([[1., 2.]])))
    array([[1., 2.]], dtype=float32)
    """
    return _back(name, 2, input_tensor, fft_length)


@export("signal.irfft3d", "spectral.irfft3d")
def irfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Undo `rfft3d`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.irfft3d(tf.signal.rfft3d([[[1., 2.]]])))
    array([[[1., 2.]]], dtype=float32)
    """
    return _back(name, 3, input_tensor, fft_length)


def _check_cosine(x: Tensor, kind: Any, axis: int, norm: Any, n: Any) -> None:
    if axis != -1:
        raise NotImplementedError("axis must be -1. Got: %s" % axis)
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    if kind not in (1, 2, 3, 4):
        raise ValueError("Types I, II, III and IV (I)DCT are supported.")
    if kind == 1 and norm == "ortho":
        raise ValueError("Normalization is not supported for the Type-I DCT.")
    if kind == 1 and x.static_shape is not None and x.static_shape[-1] is not None and x.static_shape[-1] < 2:
        raise ValueError("Type-I DCT requires the dimension to be greater than one.")
    if norm not in (None, "ortho"):
        raise ValueError("Unknown normalization. Expected None or 'ortho', got: %s" % norm)


@export("signal.dct", "spectral.dct")
def dct(input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None) -> Tensor:
    """The discrete cosine transform of the last axis.

    Args:
      type: 1 to 4; type 2: result[k] = 2 sum of input[j] cos(pi k (2 j + 1) / (2 N)).
      n: the axis is cut or filled with zeros to this length first. axis: only -1. norm: None, or "ortho" for an orthonormal transform.

    Raises:
      ValueError: another type or norm. NotImplementedError: another axis.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.dct([1., 1.])).round(6)
    array([4., 0.], dtype=float32)
    """
    with building(name, "dct", [input]):
        x = convert_to_tensor(input)
        _check_cosine(x, type, axis, norm, n)
        zero = constant(0.0, x.dtype.base_dtype)
        if n is not None:
            x = _resized(x, n)
        size: Any = x.static_shape[-1] if x.static_shape is not None and x.static_shape[-1] is not None else shape(x)[-1]
        count = cast(size, x.dtype.base_dtype)
        if type == 1:
            mirrored = concat([x, x[..., -2:0:-1]], -1)
            return _real(rfft(mirrored))
        if type == 2:
            return _second_cosine(x, size, count, zero, norm)
        if type == 3:
            return _third_cosine(x, size, count, zero, norm)
        doubled = dct(x, type=2, n=2 * size)
        odd = doubled[..., 1::2]
        return odd * (math.sqrt(0.5) * raw.Rsqrt(count)) if norm == "ortho" else odd


def _real(x: Tensor) -> Tensor:
    return raw.Real(x, Tout=x.dtype.real_dtype)


def _resized(x: Tensor, n: Any) -> Tensor:
    """The last axis cut or filled with zeros."""
    size = None if x.static_shape is None else x.static_shape[-1]
    if size is not None and isinstance(n, int):
        if n <= size:
            return x[..., :n]
        return pad(x, convert_to_tensor([[0, 0]] * (len(x.static_shape or ()) - 1) + [[0, n - size]]))
    x = x[..., :n]
    missing = raw.Maximum(0, n - shape(x)[-1])
    before = zeros(stack([rank(x) - 1, 2]), dtypes.int32)
    return pad(x, concat([before, stack([[0, missing]])], 0))


def _turns(count: Tensor, zero: Tensor, backwards: bool) -> Tensor:
    """2 exp(+- pi i k / (2 N)) for each k of the axis."""
    places: Any = number_range(count)
    if backwards:
        places = raw.Neg(places)
    angles = places * math.pi * 0.5 / count
    kind = dtypes.complex64 if count.dtype.base_dtype == dtypes.float32 else dtypes.complex128
    return 2.0 * raw.Exp(raw.Complex(zero, angles, Tout=kind))


def _weights(first: Any, other: Any, size: Any) -> Tensor:
    """One weight for the first element and another for the others."""
    return pad(raw.ExpandDims(first, 0), [[0, size - 1]], constant_values=other)


def _second_cosine(x: Tensor, size: Any, count: Any, zero: Tensor, norm: str | None) -> Tensor:
    scale = _turns(count, zero, True)
    half: Any = rfft(x, fft_length=[2 * size])
    transformed = _real(half[..., :size] * scale)
    if norm == "ortho":
        first = 0.5 * raw.Rsqrt(count)
        transformed = transformed * _weights(first, first * math.sqrt(2.0), size)
    return transformed


def _third_cosine(x: Any, size: Any, count: Any, zero: Tensor, norm: str | None) -> Tensor:
    if norm == "ortho":
        first = raw.Sqrt(count)
        x = x * _weights(first, first * math.sqrt(0.5), size)
    else:
        x = x * count
    scale = _turns(count, zero, False)
    whole: Any = irfft(scale * raw.Complex(x, zero, Tout=scale.dtype.base_dtype), fft_length=[2 * size])
    return whole[..., :size]


@export("signal.idct", "spectral.idct")
def idct(input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None) -> Tensor:
    """Undo `dct` of the same type; without norm="ortho", up to the factor 2 N.

    >>> import autograd_lite as tf
    >>> x = tf.constant([1., 2., 4.])
    >>> tf.Session().run(tf.signal.idct(tf.signal.dct(x, norm="ortho"), norm="ortho")).round(5)
    array([1., 2., 4.], dtype=float32)
    """
    return dct(input, type={2: 3, 3: 2}.get(type, type), n=n, axis=axis, norm=norm, name=name)


@export("signal.fftshift")
def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Move the frequency 0 to the middle of each axis.

    Args:
      axes: one axis, several, or None for all.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.fftshift([0., 1., 2., -2., -1.]))
    array([-2., -1.,  0.,  1.,  2.], dtype=float32)
    """
    with building(name, "fftshift", [x]) as scope:
        return _shifted(convert_to_tensor(x), axes, False, scope)


@export("signal.ifftshift")
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Undo `fftshift`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.ifftshift([-2., -1., 0., 1., 2.]))
    array([ 0.,  1.,  2., -2., -1.], dtype=float32)
    """
    with building(name, "ifftshift", [x]) as scope:
        return _shifted(convert_to_tensor(x), axes, True, scope)


def _shifted(x: Tensor, axes: Any, back: bool, scope: str) -> Tensor:
    sizes = shape(x)
    if axes is None:
        if x.static_shape is None:
            raise TypeError(
                "'NoneType' object cannot be interpreted as an integer\n  A shift over all axes needs a tensor of known rank, or axes."
            )
        axes = np.arange(len(x.static_shape), dtype=np.int32)
    else:
        sizes = gather(sizes, axes)
    shift: Any = sizes // 2
    return raw.Roll(x, raw.Neg(shift) if back else shift, axes, name=scope)
