"""Trigonometric and hyperbolic functions and their inverses, element by element."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.complex_numbers import conjugate
from autograd_lite.ops.samples import unary
from autograd_lite.ops.type_lists import FLOATS_AND_COMPLEX

_FLOATING: dict[str, Any] = {"types": {"T": FLOATS_AND_COMPLEX}, "shape": rules.unchanged}


def _input(g, op):
    return conjugate(g, op.inputs[0])


def _one(g, x):
    return g.constant(1, x.dtype)


@op("Sin(x: T) -> y: T", elementwise="sin(x)", names=["sin", "math.sin"], samples=unary(), formula="dy/dx = cos x", **_FLOATING)
def sin(xp, x):
    """Take the sine of every element.

    >>> tf.Session().run(tf.sin([0.0, 1.0]))
    array([0.      , 0.841471], dtype=float32)
    """
    return xp.sin(x)


@sin.gradient
def sin_gradient(g, op, dy):
    return g.mul(dy, g.cos(_input(g, op)))


@op("Cos(x: T) -> y: T", elementwise="cos(x)", names=["cos", "math.cos"], samples=unary(), formula="dy/dx = -sin x", **_FLOATING)
def cos(xp, x):
    """Take the cosine of every element.

    >>> tf.Session().run(tf.cos([0.0, 1.0]))
    array([1.       , 0.5403023], dtype=float32)
    """
    return xp.cos(x)


@cos.gradient
def cos_gradient(g, op, dy):
    return g.mul(g.neg(dy), g.sin(_input(g, op)))


@op(
    "Tan(x: T) -> y: T",
    elementwise="tan(x)",
    names=["tan", "math.tan"],
    samples=unary(-1.0, 1.0),
    formula="dy/dx = 1 / cos(x)^2",
    **_FLOATING,
)
def tan(xp, x):
    """Take the tangent of every element.

    >>> tf.Session().run(tf.tan([0.0, 1.0]))
    array([0.       , 1.5574077], dtype=float32)
    """
    return xp.tan(x)


@tan.gradient
def tan_gradient(g, op, dy):
    return g.mul(dy, g.square(g.reciprocal(g.cos(_input(g, op)))))


@op(
    "Asin(x: T) -> y: T",
    elementwise="asin(x)",
    names=["asin", "math.asin"],
    samples=unary(-0.9, 0.9),
    formula="dy/dx = 1 / sqrt(1 - x^2)",
    **_FLOATING,
)
def asin(xp, x):
    """Find the angle whose sine is each element.

    >>> tf.Session().run(tf.asin([0.0, 1.0]))
    array([0.       , 1.5707964], dtype=float32)
    """
    return xp.arcsin(x)


def _over_circle(g, op):
    """1 / sqrt(1 - x^2)."""
    x = _input(g, op)
    return g.reciprocal(g.sqrt(g.sub(_one(g, x), g.square(x))))


@asin.gradient
def asin_gradient(g, op, dy):
    return g.mul(dy, _over_circle(g, op))


@op(
    "Acos(x: T) -> y: T",
    elementwise="acos(x)",
    names=["acos", "math.acos"],
    samples=unary(-0.9, 0.9),
    formula="dy/dx = -1 / sqrt(1 - x^2)",
    **_FLOATING,
)
def acos(xp, x):
    """Find the angle whose cosine is each element.

    >>> tf.Session().run(tf.acos([0.0, 1.0]))
    array([1.5707964, 0.       ], dtype=float32)
    """
    return xp.arccos(x)


@acos.gradient
def acos_gradient(g, op, dy):
    return g.mul(g.neg(dy), _over_circle(g, op))


@op("Atan(x: T) -> y: T", elementwise="atan(x)", names=["atan", "math.atan"], samples=unary(), formula="dy/dx = 1 / (1 + x^2)", **_FLOATING)
def atan(xp, x):
    """Find the angle whose tangent is each element.

    >>> tf.Session().run(tf.atan([0.0, 1.0]))
    array([0.       , 0.7853982], dtype=float32)
    """
    return xp.arctan(x)


@atan.gradient
def atan_gradient(g, op, dy):
    x = _input(g, op)
    return g.mul(dy, g.reciprocal(g.add_v2(_one(g, x), g.square(x))))


@op("Sinh(x: T) -> y: T", elementwise="sinh(x)", names=["sinh", "math.sinh"], samples=unary(), formula="dy/dx = cosh x", **_FLOATING)
def sinh(xp, x):
    """Take the hyperbolic sine of every element.

    >>> tf.Session().run(tf.sinh([0.0, 1.0]))
    array([0.       , 1.1752012], dtype=float32)
    """
    return xp.sinh(x)


@sinh.gradient
def sinh_gradient(g, op, dy):
    return g.mul(dy, g.cosh(_input(g, op)))


@op("Cosh(x: T) -> y: T", elementwise="cosh(x)", names=["cosh", "math.cosh"], samples=unary(), formula="dy/dx = sinh x", **_FLOATING)
def cosh(xp, x):
    """Take the hyperbolic cosine of every element.

    >>> tf.Session().run(tf.cosh([0.0, 1.0]))
    array([1.       , 1.5430807], dtype=float32)
    """
    return xp.cosh(x)


@cosh.gradient
def cosh_gradient(g, op, dy):
    return g.mul(dy, g.sinh(_input(g, op)))


@op(
    "Asinh(x: T) -> y: T", elementwise="asinh(x)", names=["asinh", "math.asinh"], samples=unary(), formula="dy/dx = 1 / cosh y", **_FLOATING
)
def asinh(xp, x):
    """Find the number whose hyperbolic sine is each element.

    >>> tf.Session().run(tf.asinh([0.0, 1.0]))
    array([0.       , 0.8813736], dtype=float32)
    """
    return xp.arcsinh(x)


@asinh.gradient
def asinh_gradient(g, op, dy):
    return g.real_div(dy, g.cosh(conjugate(g, op.outputs[0])))


@op(
    "Acosh(x: T) -> y: T",
    elementwise="acosh(x)",
    names=["acosh", "math.acosh"],
    samples=unary(1.5, 3.0),
    formula="dy/dx = 1 / sinh y",
    **_FLOATING,
)
def acosh(xp, x):
    """Find the number whose hyperbolic cosine is each element.

    >>> tf.Session().run(tf.acosh([1.0, 2.0]))
    array([0.      , 1.316958], dtype=float32)
    """
    return xp.arccosh(x)


@acosh.gradient
def acosh_gradient(g, op, dy):
    return g.real_div(dy, g.sinh(conjugate(g, op.outputs[0])))


@op(
    "Atanh(x: T) -> y: T",
    elementwise="atanh(x)",
    names=["atanh", "math.atanh"],
    samples=unary(-0.9, 0.9),
    formula="dy/dx = 1 / (1 - x^2)",
    **_FLOATING,
)
def atanh(xp, x):
    """Find the number whose hyperbolic tangent is each element.

    >>> tf.Session().run(tf.atanh([0.0, 0.5]))
    array([0.        , 0.54930615], dtype=float32)
    """
    return xp.arctanh(x)


@atanh.gradient
def atanh_gradient(g, op, dy):
    x = _input(g, op)
    return g.mul(dy, g.reciprocal(g.sub(_one(g, x), g.square(x))))
