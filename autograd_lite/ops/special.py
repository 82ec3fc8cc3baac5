"""Special functions, element by element: error function, gamma function and its kin."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.arithmetic import apply
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import pairs, sample, unary, values
from autograd_lite.ops.shapes import sum_to
from autograd_lite.ops.type_lists import FLOATS

_REAL: dict[str, Any] = {"types": {"T": FLOATS}, "shape": rules.unchanged}
_TWO: dict[str, Any] = {"types": {"T": "float double"}, "shape": rules.broadcast}
_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def _in_its_type(xp, function, x):
    """A special function, which computes in single precision at least, of numbers of any type."""
    return function(x) if x.dtype.itemsize > 2 else function(x.astype(xp.float32)).astype(x.dtype)


def _bell(g, x, dy, scale):
    """Multiply dy by the bell curve: scale e^(-x^2) dy."""
    return g.mul(g.mul(g.constant(scale, x.dtype), dy), g.exp(g.neg(g.square(x))))


@op("Erf(x: T) -> y: T", pointwise=True, names=["erf", "math.erf"], samples=unary(), formula="dy/dx = 2 e^(-x^2) / sqrt(pi)", **_REAL)
def erf(xp, x):
    """Take the error function of every element.

    >>> tf.Session().run(tf.erf([0.0, 1.0]))
    array([0.       , 0.8427008], dtype=float32)
    """
    return _in_its_type(xp, xp.special.erf, x)


@erf.gradient
def erf_gradient(g, op, dy):
    return _bell(g, op.inputs[0], dy, _TWO_OVER_ROOT_PI)


@op("Erfc(x: T) -> y: T", names=["erfc", "math.erfc"], samples=unary(), formula="dy/dx = -2 e^(-x^2) / sqrt(pi)", **_REAL)
def erfc(xp, x):
    """Take 1 minus the error function of every element; exact for large elements too.

    >>> tf.Session().run(tf.erfc([0.0, 1.0]))
    array([1.       , 0.1572992], dtype=float32)
    """
    return _in_its_type(xp, xp.special.erfc, x)


@erfc.gradient
def erfc_gradient(g, op, dy):
    return _bell(g, op.inputs[0], dy, -_TWO_OVER_ROOT_PI)


@op("Erfinv(x: T) -> y: T", samples=unary(-0.9, 0.9), formula="dy/dx = sqrt(pi) e^(y^2) / 2", **_REAL)
def erfinv(xp, x):
    """Find the number whose error function is each element."""
    return _in_its_type(xp, xp.special.erfinv, x)


@erfinv.gradient
def erfinv_gradient(g, op, dy):
    y = op.outputs[0]
    return g.mul(dy, g.mul(g.constant(math.sqrt(math.pi) / 2, y.dtype), g.exp(g.square(y))))


@op("Ndtri(x: T) -> y: T", samples=unary(0.1, 0.9), formula="dy/dx = sqrt(2 pi) e^(y^2 / 2)", **_REAL)
def ndtri(xp, x):
    """Find the point below which a normal variable falls with each probability."""
    return _in_its_type(xp, xp.special.ndtri, x)


@ndtri.gradient
def ndtri_gradient(g, op, dy):
    y = op.outputs[0]
    return g.mul(dy, g.mul(g.constant(math.sqrt(2 * math.pi), y.dtype), g.exp(g.mul(g.square(y), g.constant(0.5, y.dtype)))))


@op("Lgamma(x: T) -> y: T", names=["lgamma", "math.lgamma"], samples=unary(0.5, 4.0), formula="dy/dx = digamma x", **_REAL)
def lgamma(xp, x):
    """Take the logarithm of the absolute value of the gamma function of every element.

    >>> tf.Session().run(tf.lgamma([1.0, 5.0]))
    array([0.       , 3.1780539], dtype=float32)
    """
    return xp.where(xp.isinf(x), x.dtype.type(math.inf), _in_its_type(xp, xp.special.gammaln, x))


@lgamma.gradient
def lgamma_gradient(g, op, dy):
    return g.mul(dy, g.digamma(op.inputs[0]))


@op("Digamma(x: T) -> y: T", names=["digamma", "math.digamma"], samples=unary(0.5, 4.0), formula="dy/dx = polygamma(1, x)", **_REAL)
def digamma(xp, x):
    """Take the derivative of Lgamma at every element.

    >>> tf.Session().run(tf.digamma([1.0, 2.0]))
    array([-0.5772157 ,  0.42278433], dtype=float32)
    """
    return xp.where((x == xp.floor(x)) & (x <= 0), x.dtype.type(math.nan), _in_its_type(xp, xp.special.digamma, x))


@digamma.gradient
def digamma_gradient(g, op, dy):
    x = op.inputs[0]
    return g.mul(dy, g.polygamma(g.constant(1, x.dtype), x))


@op(
    "Polygamma(a: T, x: T) -> z: T",
    names=["polygamma", "math.polygamma"],
    samples=[sample([1.0, 2.0, 3.0], values((2, 3), 0.5, 4.0))],
    **_TWO,
)
def polygamma(xp, a, x):
    """Take the derivative of order `a` of Digamma at every element of `x`.

    >>> tf.Session().run(tf.polygamma([1.0], [1.0]))
    array([1.644934], dtype=float32)
    """
    return apply(_polygamma_of(xp), a, x)


def _polygamma_of(xp):
    def function(a, x):
        whole = (a == xp.floor(a)) & (a >= 0)
        order = xp.where(whole, a, x.dtype.type(0))
        return xp.where(whole, xp.special.polygamma(order.astype(xp.int64), x), x.dtype.type(math.nan)).astype(x.dtype)

    return function


@polygamma.gradient
def polygamma_gradient(g, op, dz):
    """There is no derivative with respect to the order."""
    a, x = op.inputs
    next_order = g.polygamma(g.add_v2(a, g.constant(1, a.dtype)), x)
    return None, sum_to(g, g.mul(dz, next_order), x)


@op("Zeta(x: T, q: T) -> z: T", names=["zeta", "math.zeta"], samples=pairs(1.5, 4.0), **_TWO)
def zeta(xp, x, q):
    """Take the Hurwitz zeta function: the sum of (q + n)^-x over n = 0, 1, 2 ...

    >>> tf.Session().run(tf.zeta([2.0], [1.0]))
    array([1.644934], dtype=float32)
    """
    return apply(xp.special.zeta, x, q)


@zeta.gradient
def zeta_gradient(g, op, dz):
    """There is no derivative with respect to `x`."""
    x, q = op.inputs
    slope = g.mul(g.neg(x), g.zeta(g.add_v2(x, g.constant(1, x.dtype)), q))
    return None, sum_to(g, g.mul(slope, dz), q)


@op("Igammac(a: T, x: T) -> z: T", names=["igammac", "math.igammac"], samples=pairs(0.5, 4.0), **_TWO)
def igammac(xp, a, x):
    """Take the upper incomplete gamma function, divided by the gamma function of `a`.

    >>> tf.Session().run(tf.igammac([1.0], [2.0]))
    array([0.13533528], dtype=float32)
    """
    return apply(xp.special.gammaincc, a, x)


@op("Igamma(a: T, x: T) -> z: T", names=["igamma", "math.igamma"], samples=pairs(0.5, 4.0), **_TWO)
def igamma(xp, a, x):
    """Take the lower incomplete gamma function, divided by the gamma function of `a`.

    >>> tf.Session().run(tf.igamma([1.0], [2.0]))
    array([0.86466473], dtype=float32)
    """
    return apply(xp.special.gammainc, a, x)


def _slope_in_order(xp, a, x):
    """d/da of the lower incomplete gamma function, in double precision: the derivative of its power series, term by term.

    P(a, x) = x^a e^-x / Gamma(a + 1) (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...)
    """
    kind = x.dtype
    a, x = a.astype(xp.float64), x.astype(xp.float64)
    inside = (a > 0) & (x > 0) & xp.isfinite(a) & xp.isfinite(x)
    at_zero = x == 0
    far = x > 2 * a + 200  # where P is 1 to more digits than there are
    a, x = xp.where(inside & ~far, a, 1.0), xp.where(inside & ~far, x, 1.0)
    term, slope = xp.ones_like(x), xp.zeros_like(x)
    total, slopes = term, slope
    order = a
    growing = True
    while growing:
        order = order + 1
        slope = (slope - term / order) * x / order
        term = term * x / order
        total, slopes = total + term, slopes + slope
        growing = bool(xp.any(xp.abs(slope) > 1e-17 * xp.abs(slopes))) and bool(xp.any(term > 1e-300))
    front = xp.exp(a * xp.log(x) - x - xp.special.gammaln(a + 1))
    result = front * (total * (xp.log(x) - xp.special.digamma(a + 1)) + slopes)
    return xp.where(inside, xp.where(far, 0.0, result), xp.where(at_zero, 0.0, xp.nan)).astype(kind)


@op("IgammaGradA(a: T, x: T) -> z: T", samples=pairs(0.5, 4.0), no_gradient="TensorFlow has none", **_TWO)
def igamma_grad_a(xp, a, x):
    """Give the slope of the lower incomplete gamma function in its order `a`."""
    return apply(lambda order, at: _slope_in_order(xp, *xp.broadcast_arrays(order, at)), a, x)


def _incomplete_slopes(g, op, dz):
    """The slopes of the lower incomplete gamma function in `a` and `x`, times dz."""
    a, x = op.inputs
    density = g.exp(g.sub(g.add_v2(g.neg(x), g.mul(g.sub(a, g.constant(1, a.dtype)), g.log(x))), g.lgamma(a)))
    return g.unbroadcast(op, dz, lambda: g.mul(dz, g.igamma_grad_a(a, x)), lambda: g.mul(dz, density))


@igamma.gradient
def igamma_gradient(g, op, dz):
    return _incomplete_slopes(g, op, dz)


@igammac.gradient
def igammac_gradient(g, op, dz):
    return _incomplete_slopes(g, op, g.neg(dz))


def _beta_shape(c):
    """Scalars stretch; all others have one shape."""
    shape: rules.Shape = ()
    for index in range(3):
        if c.shape(index) != ():
            shape = c.shape(index) if shape == () else rules.merge(c, shape, c.shape(index))
    return shape


@op(
    "Betainc(a: T, b: T, x: T) -> z: T",
    types={"T": "float double"},
    shape=_beta_shape,
    names=["betainc", "math.betainc"],
    samples=[
        sample(values((2, 3), 0.5, 4.0), values((2, 3), 0.5, 4.0), values((2, 3), 0.1, 0.9)),
        sample(1.5, 2.5, values((3,), 0.1, 0.9)),
    ],
)
def betainc(xp, a, b, x):
    """Take the incomplete beta function, divided by the beta function of `a` and `b`.

    >>> tf.Session().run(tf.betainc([2.0], [3.0], [0.5]))
    array([0.6875], dtype=float32)
    """
    shapes = {array.shape for array in (a, b, x)} - {()}
    if len(shapes) > 1:
        raise invalid(f"Shapes of a, b and x are inconsistent: {', '.join(rules.shape_text(array.shape) for array in (a, b, x))}")
    return xp.special.betainc(a, b, x)


@betainc.gradient
def betainc_gradient(g, op, dz):
    """There is no derivative with respect to `a` and `b`."""
    a, b, x = op.inputs
    one = g.constant(1, x.dtype)
    log_beta = g.sub(g.add_v2(g.lgamma(a), g.lgamma(b)), g.lgamma(g.add_v2(a, b)))
    powers = g.add_v2(g.mul(g.sub(b, one), g.log1p(g.neg(x))), g.mul(g.sub(a, one), g.log(x)))
    return None, None, sum_to(g, g.mul(dz, g.exp(g.sub(powers, log_beta))), x)


_BESSEL: dict[str, Any] = {"types": {"T": FLOATS}, "shape": rules.unchanged, "samples": unary(0.5, 3.0)}


@op("BesselI0e(x: T) -> y: T", **_BESSEL)
def bessel_i0e(xp, x):
    """Take the modified Bessel function of order 0 of every element, times e^-|x|.

    >>> tf.Session().run(tf.math.bessel_i0e([0.0, 1.0]))
    array([1.       , 0.4657596], dtype=float32)
    """
    return _in_its_type(xp, xp.special.i0e, x)


@bessel_i0e.gradient
def bessel_i0e_gradient(g, op, dy):
    x = op.inputs[0]
    return g.mul(dy, g.sub(g.bessel_i1e(x), g.mul(g.sign(x), op.outputs[0])))


@op("BesselI1e(x: T) -> y: T", **_BESSEL)
def bessel_i1e(xp, x):
    """Take the modified Bessel function of order 1 of every element, times e^-|x|.

    >>> tf.Session().run(tf.math.bessel_i1e([0.0, 1.0]))
    array([0.        , 0.20791042], dtype=float32)
    """
    return _in_its_type(xp, xp.special.i1e, x)


@bessel_i1e.gradient
def bessel_i1e_gradient(g, op, dy):
    """d(i1e)/dx = i0e(x) - i1e(x) (sign(x) + 1/x), which is 1/2 at 0."""
    x, y = op.inputs[0], op.outputs[0]
    at_zero = g.equal(x, g.zeros_like(x))
    safe = g.select_v2(at_zero, g.ones_like(x), x)
    slope = g.sub(g.bessel_i0e(safe), g.mul(y, g.add_v2(g.sign(safe), g.reciprocal(safe))))
    return g.mul(dy, g.select_v2(at_zero, g.constant(0.5, x.dtype), slope))


@op("BesselI0(x: T) -> y: T", **_BESSEL)
def bessel_i0(xp, x):
    """Take the modified Bessel function of order 0 of every element."""
    return _in_its_type(xp, xp.special.i0, x)


@bessel_i0.gradient
def bessel_i0_gradient(g, op, dy):
    return g.mul(dy, g.bessel_i1(op.inputs[0]))


@op("BesselI1(x: T) -> y: T", **_BESSEL)
def bessel_i1(xp, x):
    """Take the modified Bessel function of order 1 of every element."""
    return _in_its_type(xp, xp.special.i1, x)


@bessel_i1.gradient
def bessel_i1_gradient(g, op, dy):
    """d(i1)/dx = i0(x) - i1(x) / x. At 0 that is 1/2, but TensorFlow gives 1, and so do we."""
    x, y = op.inputs[0], op.outputs[0]
    zero = g.equal(x, g.zeros_like(x))
    safe = g.select_v2(zero, g.ones_like(x), x)
    slope = g.sub(g.bessel_i0(safe), g.real_div(y, safe))
    return g.mul(dy, g.select_v2(zero, g.ones_like(x), slope))
