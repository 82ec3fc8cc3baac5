"""Powers, roots, exponentials, logarithms, signs and rounding of one tensor, element by element.

The ops whose names end in Grad compute the derivative of another op out of what that op has already computed.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import alike, invalid
from autograd_lite.ops.complex_numbers import conjugate
from autograd_lite.ops.samples import sample, unary, values
from autograd_lite.ops.shapes import sum_to
from autograd_lite.ops.type_lists import FLOATS, FLOATS_AND_COMPLEX, INTEGERS, NUMBERS, SIGNED, SIGNED_REALS

_FLOATING: dict[str, Any] = {"types": {"T": FLOATS_AND_COMPLEX}, "shape": rules.unchanged}
_REAL: dict[str, Any] = {"types": {"T": FLOATS}, "shape": rules.unchanged}
_GRADS: dict[str, Any] = {
    "pointwise": True,
    "types": {"T": FLOATS_AND_COMPLEX},
    "shape": rules.same_shape,
    "samples": [sample(values((2, 3), 0.5, 1.5), values((2, 3)))],
}
_FLAT = "it is constant between jumps"


def conjugated(y):
    """The conjugate of an array; the array itself when it is real."""
    return y.conj() if y.dtype.kind == "c" else y


@op(
    "Neg(x: T) -> y: T",
    types={"T": SIGNED},
    shape=rules.unchanged,
    elementwise="-x",
    names=["negative", "math.negative"],
    samples=unary(),
    formula="dy/dx = -1",
)
def neg(xp, x):
    """Change the sign of every element.

    >>> tf.Session().run(tf.negative([1.0, -2.0]))
    array([-1.,  2.], dtype=float32)
    """
    return xp.negative(x)


@neg.gradient
def neg_gradient(g, op, dy):
    return g.neg(dy)


@op(
    "Abs(x: T) -> y: T",
    types={"T": SIGNED_REALS},
    shape=rules.unchanged,
    elementwise="abs(x)",
    samples=unary(0.5, 2.0),
    formula="dy/dx = sign(x)",
)
def abs_(xp, x):
    """Take the absolute value of every element."""
    return xp.absolute(x)


@abs_.gradient
def abs_gradient(g, op, dy):
    return g.mul(dy, g.sign(op.inputs[0]))


@op(
    "Sign(x: T) -> y: T",
    pointwise=True,
    types={"T": SIGNED},
    shape=rules.unchanged,
    names=["sign", "math.sign"],
    samples=unary(0.5, 2.0),
    formula="dy/dx = 0",
)
def sign(xp, x):
    """Give -1, 0 or 1: the sign of every element.

    >>> tf.Session().run(tf.sign([-3.0, 0.0, 5.0]))
    array([-1.,  0.,  1.], dtype=float32)
    """
    return xp.sign(x)


@sign.gradient
def sign_gradient(g, op, dy):
    return g.zeros_like(op.inputs[0])


@op(
    "Square(x: T) -> y: T",
    types={"T": "bfloat16 half float double int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128"},
    shape=rules.unchanged,
    elementwise="square(x)",
    names=["square", "math.square"],
    samples=unary(),
    formula="dy/dx = 2 x",
)
def square(xp, x):
    """Multiply every element by itself.

    >>> tf.Session().run(tf.square([2.0, -3.0]))
    array([4., 9.], dtype=float32)
    """
    return xp.square(x)


@square.gradient
def square_gradient(g, op, dy):
    x = conjugate(g, op.inputs[0])
    return g.mul(dy, g.mul(x, g.constant(2, x.dtype)))


@op(
    "Sqrt(x: T) -> y: T",
    elementwise="sqrt(x)",
    names=["sqrt", "math.sqrt"],
    samples=unary(0.5, 2.0),
    formula="dy/dx = 1 / (2 y)",
    **_FLOATING,
)
def sqrt(xp, x):
    """Take the square root of every element.

    >>> tf.Session().run(tf.sqrt([4.0, 9.0]))
    array([2., 3.], dtype=float32)
    """
    return xp.sqrt(x)


@sqrt.gradient
def sqrt_gradient(g, op, dy):
    return g.sqrt_grad(op.outputs[0], dy)


@op("SqrtGrad(y: T, dy: T) -> z: T", **_GRADS)
def sqrt_grad(xp, y, dy):
    """Give the gradient of a square root `y`: dy / (2 y), and 0 where `dy` is 0, even at the root of 0."""
    dy = alike(y, dy)
    return xp.where(dy == 0, dy.dtype.type(0), dy * dy.dtype.type(0.5) / conjugated(y))


@sqrt_grad.gradient
def sqrt_grad_gradient(g, op, dz):
    share = g.real_div(dz, op.inputs[0])
    return g.neg(g.mul(conjugate(g, share), op.outputs[0])), g.mul(g.constant(0.5, dz.dtype), share)


@op(
    "Rsqrt(x: T) -> y: T",
    names=["rsqrt", "math.rsqrt"],
    elementwise="1 / sqrt(x)",
    samples=unary(0.5, 2.0),
    formula="dy/dx = -y^3 / 2",
    **_FLOATING,
)
def rsqrt(xp, x):
    """Take 1 over the square root of every element.

    >>> tf.Session().run(tf.rsqrt([4.0, 16.0]))
    array([0.5 , 0.25], dtype=float32)
    """
    return xp.divide(x.dtype.type(1), xp.sqrt(x))


@rsqrt.gradient
def rsqrt_gradient(g, op, dy):
    return g.rsqrt_grad(op.outputs[0], dy)


@op("RsqrtGrad(y: T, dy: T) -> z: T", **_GRADS)
def rsqrt_grad(xp, y, dy):
    """Give the gradient of an inverse square root `y`: -dy y^3 / 2."""
    dy = alike(y, dy)
    y = conjugated(y)
    return dy.dtype.type(-0.5) * (dy * y) * (y * y)


@rsqrt_grad.gradient
def rsqrt_grad_gradient(g, op, dz):
    y = conjugate(g, op.inputs[0])
    dy = conjugate(g, op.inputs[1])
    return g.mul(g.mul(g.mul(g.constant(-1.5, dz.dtype), dz), dy), g.square(y)), g.rsqrt_grad(y, dz)


def _reciprocal_gradient(g, op, dy):
    return g.reciprocal_grad(op.outputs[0], dy)


def _reciprocal_grad_gradient(g, op, dz):
    y, dy = conjugate(g, op.inputs[0]), conjugate(g, op.inputs[1])
    return g.mul(g.mul(g.mul(g.constant(-2, dz.dtype), dz), dy), y), g.reciprocal_grad(y, dz)


@op(
    "Reciprocal(x: T) -> y: T",
    pointwise=True,
    types={"T": SIGNED},
    shape=rules.unchanged,
    names=["reciprocal", "math.reciprocal"],
    samples=unary(0.5, 2.0),
    formula="dy/dx = -y^2",
)
def reciprocal(xp, x):
    """Take 1 over every element.

    >>> tf.Session().run(tf.reciprocal([2.0, 4.0]))
    array([0.5 , 0.25], dtype=float32)
    """
    return _inverse(xp, x)


@op("Inv(x: T) -> y: T", pointwise=True, types={"T": SIGNED}, shape=rules.unchanged, samples=unary(0.5, 2.0), formula="dy/dx = -y^2")
def inv(xp, x):
    """Take 1 over every element (the first name of Reciprocal)."""
    return _inverse(xp, x)


def _inverse(xp, x):
    if x.dtype.kind in "iu":
        return xp.where(xp.abs(x) == 1, x, x.dtype.type(0))
    return xp.divide(x.dtype.type(1), x)


@op("ReciprocalGrad(y: T, dy: T) -> z: T", **_GRADS)
def reciprocal_grad(xp, y, dy):
    """Give the gradient of an inverse `y`: -dy y^2."""
    dy = alike(y, dy)
    y = conjugated(y)
    return -y * dy * y


@op("InvGrad(y: T, dy: T) -> z: T", **_GRADS)
def inv_grad(xp, y, dy):
    """Give the gradient of an inverse `y`: -dy y^2 (the first name of ReciprocalGrad)."""
    dy = alike(y, dy)
    y = conjugated(y)
    return -y * dy * y


for _opdef in (reciprocal, inv):
    _opdef.gradient(_reciprocal_gradient)
for _opdef in (reciprocal_grad, inv_grad):
    _opdef.gradient(_reciprocal_grad_gradient)


@op("Exp(x: T) -> y: T", elementwise="exp(x)", names=["exp", "math.exp"], samples=unary(), formula="dy/dx = y", **_FLOATING)
def exp(xp, x):
    """Raise e to the power of every element.

    >>> tf.Session().run(tf.exp([0.0, 1.0]))
    array([1.      , 2.718282], dtype=float32)
    """
    return xp.exp(x)


@exp.gradient
def exp_gradient(g, op, dy):
    return g.mul(dy, conjugate(g, op.outputs[0]))


@op("Expm1(x: T) -> y: T", elementwise="expm1(x)", names=["expm1", "math.expm1"], samples=unary(), formula="dy/dx = e^x", **_FLOATING)
def expm1(xp, x):
    """Give e to the power of every element, minus 1; exact for small elements too.

    >>> tf.Session().run(tf.expm1([0.0, 1.0]))
    array([0.       , 1.7182819], dtype=float32)
    """
    return xp.expm1(x)


@expm1.gradient
def expm1_gradient(g, op, dy):
    return g.mul(dy, g.exp(conjugate(g, op.inputs[0])))


@op("Log(x: T) -> y: T", elementwise="log(x)", names=["log", "math.log"], samples=unary(0.5, 2.0), formula="dy/dx = 1 / x", **_FLOATING)
def log(xp, x):
    """Take the natural logarithm of every element.

    >>> tf.Session().run(tf.log([1.0, 10.0]))
    array([0.       , 2.3025851], dtype=float32)
    """
    return xp.log(x)


@log.gradient
def log_gradient(g, op, dy):
    return g.mul(dy, g.reciprocal(conjugate(g, op.inputs[0])))


@op(
    "Log1p(x: T) -> y: T",
    elementwise="log1p(x)",
    names=["log1p", "math.log1p"],
    samples=unary(-0.5, 2.0),
    formula="dy/dx = 1 / (1 + x)",
    **_FLOATING,
)
def log1p(xp, x):
    """Take the natural logarithm of 1 plus every element; exact for small elements too.

    >>> tf.Session().run(tf.log1p([0.0, 1.0]))
    array([0.       , 0.6931472], dtype=float32)
    """
    return xp.log1p(x)


@log1p.gradient
def log1p_gradient(g, op, dy):
    x = conjugate(g, op.inputs[0])
    return g.mul(dy, g.reciprocal(g.add_v2(g.constant(1, x.dtype), x)))


@op(
    "Sigmoid(x: T) -> y: T",
    elementwise="1 / (1 + exp(-x))",
    names=["sigmoid", "math.sigmoid", "nn.sigmoid"],
    samples=unary(),
    formula="dy/dx = y (1 - y)",
    **_FLOATING,
)
def sigmoid(xp, x):
    """Squeeze every element into (0, 1): 1 / (1 + e^-x).

    >>> tf.Session().run(tf.sigmoid([-2.0, 0.0, 2.0]))
    array([0.11920293, 0.5       , 0.880797  ], dtype=float32)
    """
    one = x.dtype.type(1)
    return one / (one + xp.exp(-x))


@sigmoid.gradient
def sigmoid_gradient(g, op, dy):
    return g.sigmoid_grad(op.outputs[0], dy)


@op("SigmoidGrad(y: T, dy: T) -> z: T", **_GRADS)
def sigmoid_grad(xp, y, dy):
    """Give the gradient of a sigmoid `y`: dy y (1 - y)."""
    dy = alike(y, dy)
    y = conjugated(y)
    return dy * (y * (y.dtype.type(1) - y))


@sigmoid_grad.gradient
def sigmoid_grad_gradient(g, op, dz):
    y = conjugate(g, op.inputs[0])
    both = g.mul(dz, conjugate(g, op.inputs[1]))
    return g.sub(both, g.mul(g.mul(g.constant(2, dz.dtype), both), y)), g.sigmoid_grad(y, dz)


@op(
    "Tanh(x: T) -> y: T",
    elementwise="tanh(x)",
    names=["tanh", "math.tanh", "nn.tanh"],
    samples=unary(),
    formula="dy/dx = 1 - y^2",
    **_FLOATING,
)
def tanh(xp, x):
    """Squeeze every element into (-1, 1) with the hyperbolic tangent.

    >>> tf.Session().run(tf.tanh([-1.0, 0.0, 1.0]))
    array([-0.7615942,  0.       ,  0.7615942], dtype=float32)
    """
    return xp.tanh(x)


@tanh.gradient
def tanh_gradient(g, op, dy):
    return g.tanh_grad(op.outputs[0], dy)


@op("TanhGrad(y: T, dy: T) -> z: T", **_GRADS)
def tanh_grad(xp, y, dy):
    """Give the gradient of a hyperbolic tangent `y`: dy (1 - y^2)."""
    dy = alike(y, dy)
    y = conjugated(y)
    return dy * (y.dtype.type(1) - y * y)


@tanh_grad.gradient
def tanh_grad_gradient(g, op, dz):
    y, dy = conjugate(g, op.inputs[0]), conjugate(g, op.inputs[1])
    return g.mul(g.mul(g.mul(g.constant(-2, dz.dtype), dz), dy), y), g.tanh_grad(y, dz)


@op("Floor(x: T) -> y: T", elementwise="floor(x)", names=["floor", "math.floor"], samples=unary(), no_gradient=_FLAT, **_REAL)
def floor(xp, x):
    """Round every element down to a whole number.

    >>> tf.Session().run(tf.floor([1.7, -1.2]))
    array([ 1., -2.], dtype=float32)
    """
    return xp.floor(x)


@op("Ceil(x: T) -> y: T", elementwise="ceil(x)", names=["ceil", "math.ceil"], samples=unary(), no_gradient=_FLAT, **_REAL)
def ceil(xp, x):
    """Round every element up to a whole number.

    >>> tf.Session().run(tf.ceil([1.2, -1.7]))
    array([ 2., -1.], dtype=float32)
    """
    return xp.ceil(x)


@op("Rint(x: T) -> y: T", elementwise="rint(x)", names=["rint", "math.rint"], samples=unary(), no_gradient=_FLAT, **_REAL)
def rint(xp, x):
    """Round every element to the nearest whole number; halves go to the even one.

    >>> tf.Session().run(tf.rint([0.5, 1.5, 2.7]))
    array([0., 2., 3.], dtype=float32)
    """
    return xp.rint(x)


@op("Round(x: T) -> y: T", pointwise=True, types={"T": SIGNED}, shape=rules.unchanged, samples=unary(), no_gradient=_FLAT)
def round_(xp, x):
    """Round every element to the nearest whole number; halves go to the even one."""
    return x if x.dtype.kind in "iu" else xp.rint(x)


@op(
    "IsNan(x: T) -> y: bool",
    elementwise="isnan(x)",
    names=["is_nan", "math.is_nan", "debugging.is_nan"],
    samples=unary(),
    no_gradient="a truth value",
    **_REAL,
)
def is_nan(xp, x):
    """Tell which elements are NaN ("not a number").

    >>> tf.Session().run(tf.is_nan([1.0, float("nan")]))
    array([False,  True])
    """
    return xp.isnan(x)


@op(
    "IsInf(x: T) -> y: bool",
    elementwise="isinf(x)",
    names=["is_inf", "math.is_inf", "debugging.is_inf"],
    samples=unary(),
    no_gradient="a truth value",
    **_REAL,
)
def is_inf(xp, x):
    """Tell which elements are infinite.

    >>> tf.Session().run(tf.is_inf([1.0, float("inf")]))
    array([False,  True])
    """
    return xp.isinf(x)


@op(
    "IsFinite(x: T) -> y: bool",
    elementwise="isfinite(x)",
    names=["is_finite", "math.is_finite", "debugging.is_finite"],
    samples=unary(),
    no_gradient="a truth value",
    **_REAL,
)
def is_finite(xp, x):
    """Tell which elements are neither infinite nor NaN.

    >>> tf.Session().run(tf.is_finite([1.0, float("inf")]))
    array([ True, False])
    """
    return xp.isfinite(x)


@op(
    "Invert(x: T) -> y: T",
    types={"T": INTEGERS},
    shape=rules.unchanged,
    elementwise="~x",
    names=["bitwise.invert"],
    samples=[sample(values((2, 3), -9, 9, "int32"))],
    no_gradient="bits are not numbers",
)
def invert(xp, x):
    """Flip every bit of every element.

    >>> tf.Session().run(tf.bitwise.invert([0, 5]))
    array([-1, -6], dtype=int32)
    """
    return xp.invert(x)


@op(
    "ClipByValue(t: T, clip_value_min: T, clip_value_max: T) -> output: T",
    pointwise=True,
    types={"T": NUMBERS},
    shape=rules.unchanged,
    samples=[sample(values((2, 3)), -1.0, 1.0)],
)
def clip_by_value(xp, t, clip_value_min, clip_value_max):
    """Move every element into the range from `clip_value_min` to `clip_value_max`."""
    if any(limit.ndim and limit.shape != t.shape for limit in (clip_value_min, clip_value_max)):
        shapes = [rules.shape_text(array.shape) for array in (t, clip_value_min, clip_value_max)]
        raise invalid(
            f"clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. input shape: {shapes[0]}"
            f"clip_value_min shape: {shapes[1]}clip_value_max shape: {shapes[2]}"
        )
    return xp.minimum(xp.maximum(t, clip_value_min), clip_value_max)


@clip_by_value.gradient
def clip_by_value_gradient(g, op, dy):
    t, low, high = op.inputs
    zeros = g.zeros_like(dy)
    below, above = g.less(t, low), g.greater(t, high)
    inside = g.select_v2(g.logical_or(below, above), zeros, dy)
    to_low = sum_to(g, g.select_v2(below, dy, zeros), low) if g.needs(1) else None
    to_high = sum_to(g, g.select_v2(above, dy, zeros), high) if g.needs(2) else None
    return inside, to_low, to_high
