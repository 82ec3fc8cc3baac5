"""Ops on complex numbers."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import dtypes
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.samples import pairs, sample, values
from autograd_lite.ops.type_lists import COMPLEX


def conjugate(g, x):
    """The conjugate of a tensor; the tensor itself when it is real."""
    return g.conj(x) if x.dtype.is_complex else x


def _complex_samples():
    return [sample(values((2, 3), dtype="complex128"), Tout="float64")]


_PART: dict[str, Any] = {
    "types": {"T": COMPLEX, "Tout": "float double"},
    "type_defaults": {"T": "complex64"},
    "shape": rules.unchanged,
    "samples": _complex_samples(),
}


@op("Real(input: T, *, Tout: type = float) -> output: Tout", view=("input",), **_PART)
def real(xp, input):
    """Take the real part."""
    return input.real


@real.gradient
def real_gradient(g, op, dy):
    return g.complex(dy, g.zeros_like(dy), Tout=op.inputs[0].dtype)


@op("Imag(input: T, *, Tout: type = float) -> output: Tout", view=("input",), **_PART)
def imag(xp, input):
    """Take the imaginary part."""
    return input.imag


@imag.gradient
def imag_gradient(g, op, dy):
    return g.complex(g.zeros_like(dy), dy, Tout=op.inputs[0].dtype)


@op("Angle(input: T, *, Tout: type = float) -> output: Tout", **_PART)
def angle(xp, input):
    """Find the angle of each number in the complex plane, in radians."""
    return xp.angle(input)


@angle.gradient
def angle_gradient(g, op, dy):
    """From d angle = Im(dx / x): the gradient is -dy / (i x), conjugated twice as TensorFlow's convention has it."""
    x = op.inputs[0]
    re, im = g.imag(x, Tout=dy.dtype), g.real(x, Tout=dy.dtype)
    inverse = g.reciprocal(g.complex(re, im, Tout=x.dtype))  # 1 / (i conj(x))
    return g.mul(g.neg(inverse), g.complex(dy, g.zeros_like(dy), Tout=x.dtype))


@op("ComplexAbs(x: T, *, Tout: type = float) -> y: Tout", **_PART)
def complex_abs(xp, x):
    """Find the distance of each number from 0 in the complex plane."""
    return xp.absolute(x)


@complex_abs.gradient
def complex_abs_gradient(g, op, dy):
    zeros = g.zeros_like(dy)
    target = op.inputs[0].dtype
    return g.div_no_nan(g.mul(g.complex(dy, zeros, Tout=target), op.inputs[0]), g.complex(op.outputs[0], zeros, Tout=target))


@op(
    "Conj(input: T) -> output: T",
    types={"T": f"{COMPLEX} variant"},
    type_defaults={"T": "complex64"},
    shape=rules.unchanged,
    elementwise="conj(input)",
    samples=[sample(values((2, 3), dtype="complex128"))],
)
def conj(xp, input):
    """Change the sign of the imaginary part."""
    return xp.conjugate(input)


@conj.gradient
def conj_gradient(g, op, dy):
    return g.conj(dy)


@op(
    "Complex(real: T, imag: T, *, Tout: type = complex64) -> out: Tout",
    types={"T": "float double", "Tout": COMPLEX},
    type_defaults={"T": "float"},
    shape=rules.broadcast,
    samples=[dict(s, attrs={"Tout": "complex128"}) for s in pairs()],
)
def complex_(xp, real, imag, Tout):
    """Make complex numbers of their real and imaginary parts."""
    if Tout != (dtypes.complex64 if real.dtype == xp.float32 else dtypes.complex128):
        raise TypeError(f"Complex of {real.dtype} cannot be {Tout.name}")
    return xp.asarray(real + xp.asarray(1j, dtype=Tout.numpy) * imag)


@complex_.gradient
def complex_gradient(g, op, dy):
    real_type = op.inputs[0].dtype
    return g.unbroadcast(op, dy, lambda: g.real(dy, Tout=real_type), lambda: g.imag(dy, Tout=real_type))
