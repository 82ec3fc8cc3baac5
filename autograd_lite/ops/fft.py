"""Discrete Fourier transforms over the last one, two or three axes."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, numbers
from autograd_lite.ops.samples import ints, sample, values

_COMPLEX: dict[str, Any] = {"types": {"Tcomplex": "complex64 complex128"}, "type_defaults": {"Tcomplex": "complex64"}}
_REAL: dict[str, Any] = {
    "types": {"Treal": "float double", "Tcomplex": "complex64 complex128"},
    "type_defaults": {"Treal": "float"},
    "host": ("fft_length",),
}


def _axes(rank: int) -> tuple[int, ...]:
    return tuple(range(-rank, 0))


def _whole_shape(rank):
    def shape(c):
        return rules.with_rank_at_least(c, c.shape(0), rank)

    return shape


def _declared(name: str, rank: int) -> dict[str, Any]:
    shapes: list[tuple[int, ...]] = [(2,) * (rank - 1) + (5,), (2, *(3,) * rank)]
    return {
        **_COMPLEX,
        "shape": _whole_shape(rank),
        "cost": costs.transform(rank),
        "names": [name, f"signal.{name}", f"spectral.{name}"],
        "samples": [sample(values(shape, dtype="complex128")) for shape in shapes],
    }


def _transformed(xp: Any, input: Any, rank: int, transform: Any) -> Any:
    """The full transform, forth or back, in the precision of the input."""
    if input.ndim < rank:
        raise invalid(f"Input must have rank of at least {rank} but got: {rules.shape_text(input.shape)}")
    if 0 in input.shape:
        return xp.zeros(input.shape, dtype=input.dtype)
    return transform(input, axes=_axes(rank)).astype(input.dtype)


def _elements(g, x, rank):
    """How many elements one transform covers, as a number of the type of `x`."""
    shape = x.static_shape
    if shape is not None and None not in shape[-rank:]:
        return g.constant(math.prod(shape[-rank:]), x.dtype.base_dtype)
    return g.cast(g.reduce_prod(g.shape(x)[-rank:]), x.dtype.base_dtype)


@op("FFT(input: Tcomplex) -> output: Tcomplex", formula="n ifft(dy)", **_declared("fft", 1))
def fft(xp, input):
    """Transform the last axis: output[k] = sum of input[j] exp(-2 pi i j k / n).

    >>> tf.Session().run(tf.fft([1 + 0j, 0, 0, 0]))
    array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j], dtype=complex64)
    """
    return _transformed(xp, input, 1, xp.fft.fftn)


@fft.gradient
def fft_gradient(g, op, dy):
    return g.mul(g.ifft(dy), _elements(g, dy, 1))


@op("IFFT(input: Tcomplex) -> output: Tcomplex", formula="fft(dy) / n", **_declared("ifft", 1))
def ifft(xp, input):
    """Transform the last axis back: output[j] = sum of input[k] exp(2 pi i j k / n) / n.

    >>> tf.Session().run(tf.ifft([4 + 0j, 0, 0, 0]))
    array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j], dtype=complex64)
    """
    return _transformed(xp, input, 1, xp.fft.ifftn)


@ifft.gradient
def ifft_gradient(g, op, dy):
    return g.real_div(g.fft(dy), _elements(g, dy, 1))


@op("FFT2D(input: Tcomplex) -> output: Tcomplex", formula="n ifft2d(dy)", **_declared("fft2d", 2))
def fft2d(xp, input):
    """Transform the last two axes.

    >>> tf.Session().run(tf.fft2d([[1 + 0j, 1], [1, 1]]))
    array([[4.+0.j, 0.+0.j],
           [0.+0.j, 0.+0.j]], dtype=complex64)
    """
    return _transformed(xp, input, 2, xp.fft.fftn)


@fft2d.gradient
def fft2d_gradient(g, op, dy):
    return g.mul(g.ifft2d(dy), _elements(g, dy, 2))


@op("IFFT2D(input: Tcomplex) -> output: Tcomplex", formula="fft2d(dy) / n", **_declared("ifft2d", 2))
def ifft2d(xp, input):
    """Transform the last two axes back.

    >>> tf.Session().run(tf.ifft2d([[4 + 0j, 0], [0, 0]]))
    array([[1.+0.j, 1.+0.j],
           [1.+0.j, 1.+0.j]], dtype=complex64)
    """
    return _transformed(xp, input, 2, xp.fft.ifftn)


@ifft2d.gradient
def ifft2d_gradient(g, op, dy):
    return g.real_div(g.fft2d(dy), _elements(g, dy, 2))


@op("FFT3D(input: Tcomplex) -> output: Tcomplex", formula="n ifft3d(dy)", **_declared("fft3d", 3))
def fft3d(xp, input):
    """Transform the last three axes.

    >>> tf.Session().run(tf.fft3d([[[1 + 0j, 1]]]))
    array([[[2.+0.j, 0.+0.j]]], dtype=complex64)
    """
    return _transformed(xp, input, 3, xp.fft.fftn)


@fft3d.gradient
def fft3d_gradient(g, op, dy):
    return g.mul(g.ifft3d(dy), _elements(g, dy, 3))


@op("IFFT3D(input: Tcomplex) -> output: Tcomplex", formula="fft3d(dy) / n", **_declared("ifft3d", 3))
def ifft3d(xp, input):
    """Transform the last three axes back.

    >>> tf.Session().run(tf.ifft3d([[[2 + 0j, 0]]]))
    array([[[1.+0.j, 1.+0.j]]], dtype=complex64)
    """
    return _transformed(xp, input, 3, xp.fft.ifftn)


@ifft3d.gradient
def ifft3d_gradient(g, op, dy):
    return g.real_div(g.fft3d(dy), _elements(g, dy, 3))


def _real_shape(rank, forth):
    """The last axes get the lengths that the second input holds; forth, of the last one half and one are kept."""

    def shape(c):
        given = rules.with_rank_at_least(c, c.shape(0), rank)
        lengths = rules.with_rank(c, c.shape(1), 1)
        rules.with_size(c, lengths[0], rank)
        if given is None:
            return None
        wanted = c.value(1)
        if wanted is None:
            return (*given[:-rank], *(None,) * rank)
        sizes = [int(size) for size in wanted]
        if forth and sizes[-1]:
            sizes[-1] = sizes[-1] // 2 + 1
        return (*given[:-rank], *sizes)

    return shape


def _lengths(fft_length: Any, rank: int) -> list[int]:
    sizes = numbers(fft_length, "fft_length must be a vector, got shape ")
    if len(sizes) != rank:
        raise invalid(f"fft_length must have shape [{rank}]")
    for index, size in enumerate(sizes):
        if size < 0:
            raise invalid(f"fft_length[{index}] must >= 0, but got: {size}")
    return sizes


def _cropped(input: Any, sizes: list[int]) -> Any:
    """The first elements along the last axes, of which there must be enough."""
    rank = len(sizes)
    if input.ndim < rank:
        raise invalid(f"Input must have rank of at least {rank} but got: {rules.shape_text(input.shape)}")
    for axis, size in enumerate(sizes, start=input.ndim - rank):
        if input.shape[axis] and input.shape[axis] < size:  # an empty axis stands for zeros
            raise invalid(f"Input dimension {axis} must have length of at least {size} but got: {input.shape[axis]}")
    where = (Ellipsis, *[slice(None, size) for size in sizes])
    return input[where]


def _halves(sizes: list[int]) -> list[int]:
    return [*sizes[:-1], sizes[-1] // 2 + 1 if sizes[-1] else 0]


def _forth(xp: Any, input: Any, fft_length: Any, rank: int, Tcomplex: Any) -> Any:
    sizes = _lengths(fft_length, rank)
    part = _cropped(input, sizes)
    shape = (*input.shape[:-rank], *_halves(sizes))
    check_room(shape, Tcomplex.size)
    if 0 in shape or 0 in part.shape:
        return xp.zeros(shape, dtype=Tcomplex.numpy)
    return xp.fft.rfftn(part, axes=_axes(rank)).astype(Tcomplex.numpy)


def _back(xp: Any, input: Any, fft_length: Any, rank: int, Treal: Any) -> Any:
    sizes = _lengths(fft_length, rank)
    part = _cropped(input, _halves(sizes))
    shape = (*input.shape[:-rank], *sizes)
    check_room(shape, Treal.size)
    if 0 in shape or 0 in part.shape:
        return xp.zeros(shape, dtype=Treal.numpy)
    if rank > 1:
        part = xp.fft.ifftn(part, axes=_axes(rank)[:-1])
    return xp.fft.irfft(part, n=sizes[-1], axis=-1).astype(Treal.numpy)


def _padded(g, x, target, rank):
    """Zeros after the last axes, up to the shape of `target`."""
    known = x.static_shape is not None and target.static_shape is not None and None not in (*x.static_shape, *target.static_shape)
    if known and x.static_shape == target.static_shape:
        return x
    missing = g.sub(g.shape(target), g.shape(x))
    return g.pad(x, g.stack([g.zeros_like(missing), missing], 1))


def _forth_gradient(g, op, dy, rank, inverse):
    """The real part of the full transform of dy, zeros in place of the half that was not kept."""
    x, lengths = op.inputs
    batch = g.shape(dy)[:-rank]
    missing = g.sub(g.concat([batch, lengths], 0), g.shape(dy))
    whole = g.pad(dy, g.stack([g.zeros_like(missing), missing], 1))
    size = g.cast(g.reduce_prod(lengths), whole.dtype)
    gradient = g.real(g.mul(inverse(whole), size), Tout=x.dtype.base_dtype)
    gradient = _padded(g, gradient, x, rank)
    gradient.set_shape(x.static_shape)
    return gradient, None


def _back_gradient(g, op, dy, rank, forth):
    """The transform of dy; what the conjugate half repeats counts twice."""
    x, lengths = op.inputs
    half = forth(dy, lengths, Tcomplex=x.dtype.base_dtype)
    last = g.shape(half)[-1]
    places = g.range(0, last, 1)
    mirror = g.sub(lengths[-1], places)
    once = g.logical_or(g.equal(places, 0), g.equal(places, mirror))
    weights = g.sub(g.constant(2, dy.dtype.base_dtype), g.cast(once, dy.dtype))
    weights = g.real_div(weights, g.cast(g.reduce_prod(lengths), dy.dtype))
    gradient = _padded(g, g.mul(half, g.cast(weights, half.dtype)), x, rank)
    gradient.set_shape(x.static_shape)
    return gradient, None


def _forth_declared(rank: int) -> dict[str, Any]:
    edge = (4,) * (rank - 1)
    return {
        **_REAL,
        "shape": _real_shape(rank, True),
        "cost": costs.transform(rank),
        "samples": [
            sample(values((*edge, 5)), ints(*edge, 5), Tcomplex="complex128"),
            sample(values((2, *edge, 6)), ints(*(3,) * (rank - 1), 4), Tcomplex="complex128"),
        ],
        "formula": "real(n ifft(dy padded with zeros))",
    }


def _back_declared(rank: int) -> dict[str, Any]:
    edge = (4,) * (rank - 1)
    return {
        **_REAL,
        "type_defaults": {**_REAL["type_defaults"], "Tcomplex": "complex64"},
        "shape": _real_shape(rank, False),
        "cost": costs.transform(rank),
        "samples": [
            sample(values((*edge, 3), dtype="complex128"), ints(*edge, 5), Treal="float64"),
            sample(values((2, *edge, 4), dtype="complex128"), ints(*(3,) * (rank - 1), 4), Treal="float64"),
        ],
        "formula": "rfft(dy) / n, doubled but for the first and the middle element",
    }


_FORTH = "(input: Treal, fft_length: int32, *, Tcomplex: type = complex64) -> output: Tcomplex"
_BACK = "(input: Tcomplex, fft_length: int32, *, Treal: type = float) -> output: Treal"


@op(f"RFFT{_FORTH}", **_forth_declared(1))
def rfft(xp, input, fft_length, Tcomplex):
    """Transform the last axis of real numbers; only the first half of the result is kept, the other is its conjugate."""
    return _forth(xp, input, fft_length, 1, Tcomplex)


@rfft.gradient
def rfft_gradient(g, op, dy):
    return _forth_gradient(g, op, dy, 1, g.ifft)


@op(f"RFFT2D{_FORTH}", **_forth_declared(2))
def rfft2d(xp, input, fft_length, Tcomplex):
    """Transform the last two axes of real numbers; half of the last axis is kept."""
    return _forth(xp, input, fft_length, 2, Tcomplex)


@rfft2d.gradient
def rfft2d_gradient(g, op, dy):
    return _forth_gradient(g, op, dy, 2, g.ifft2d)


@op(f"RFFT3D{_FORTH}", **_forth_declared(3))
def rfft3d(xp, input, fft_length, Tcomplex):
    """Transform the last three axes of real numbers; half of the last axis is kept."""
    return _forth(xp, input, fft_length, 3, Tcomplex)


@rfft3d.gradient
def rfft3d_gradient(g, op, dy):
    return _forth_gradient(g, op, dy, 3, g.ifft3d)


@op(f"IRFFT{_BACK}", **_back_declared(1))
def irfft(xp, input, fft_length, Treal):
    """Transform the last axis back to real numbers from the half that `rfft` keeps."""
    return _back(xp, input, fft_length, 1, Treal)


@irfft.gradient
def irfft_gradient(g, op, dy):
    return _back_gradient(g, op, dy, 1, g.rfft)


@op(f"IRFFT2D{_BACK}", **_back_declared(2))
def irfft2d(xp, input, fft_length, Treal):
    """Transform the last two axes back to real numbers from the half that `rfft2d` keeps."""
    return _back(xp, input, fft_length, 2, Treal)


@irfft2d.gradient
def irfft2d_gradient(g, op, dy):
    return _back_gradient(g, op, dy, 2, g.rfft2d)


@op(f"IRFFT3D{_BACK}", **_back_declared(3))
def irfft3d(xp, input, fft_length, Treal):
    """Transform the last three axes back to real numbers from the half that `rfft3d` keeps."""
    return _back(xp, input, fft_length, 3, Treal)


@irfft3d.gradient
def irfft3d_gradient(g, op, dy):
    return _back_gradient(g, op, dy, 3, g.rfft3d)
