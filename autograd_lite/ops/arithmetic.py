"""Arithmetic on two tensors, element by element, stretched to a common shape; and sums of many tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.graph.static_value import constant_value
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.complex_numbers import conjugate
from autograd_lite.ops.samples import int_pairs, pairs, sample, several, values
from autograd_lite.ops.type_lists import ARITHMETIC, FLOATS, FLOATS_AND_COMPLEX, NUMBERS

_HALF_FIRST_COMPLEX = "half float bfloat16 double complex64 complex128"
_WITHOUT_ZERO = [sample(values((2, 3)), values(shape, 0.5, 2.0)) for shape in [(2, 3), (3,), ()]]


def _pairwise(c):
    """What is known of an integer vector (or scalar) computed element by element from two others."""
    first, second = c.partial(0), c.partial(1)
    if first is None or second is None:
        return None
    width = max(len(first), len(second))
    if len(first) not in (1, width) or len(second) not in (1, width):
        return None
    first, second = first * (width // len(first) if first else 1), second * (width // len(second) if second else 1)
    combine = _COMBINE[c.opdef.name]
    return tuple([None if x is None or y is None else combine(x, y) for x, y in zip(first, second)])


_COMBINE: dict[str, Callable[[int, int], int | None]] = {
    "Add": lambda x, y: x + y,
    "AddV2": lambda x, y: x + y,
    "Sub": lambda x, y: x - y,
    "Mul": lambda x, y: x * y,
    "FloorDiv": lambda x, y: x // y if y else None,
    "FloorMod": lambda x, y: x % y if y else None,
    "Maximum": max,
    "Minimum": min,
}


def _broadcasting(x, y):
    """Fail as TensorFlow does when two arrays do not stretch to a common shape."""
    for a, b in zip(x.shape[::-1], y.shape[::-1]):
        if a != b and a != 1 and b != 1:
            raise invalid(f"Incompatible shapes: {rules.shape_text(x.shape)} vs. {rules.shape_text(y.shape)}")


def apply(function, x, y):
    """`function(x, y)`, with TensorFlow's error for shapes that do not fit together."""
    try:
        return function(x, y)
    except ValueError:
        _broadcasting(x, y)
        raise


@op(
    "Add(x: T, y: T) -> z: T",
    types={"T": "bfloat16 half float double uint8 int8 int16 int32 int64 complex64 complex128 string"},
    shape=rules.broadcast,
    partial=_pairwise,
    elementwise="x + y",
    samples=pairs(),
    formula="dz/dx = 1, dz/dy = 1",
)
def add(xp, x, y):
    """Add `x` and `y`, element by element."""
    return apply(xp.add, x, y)


@op(
    "AddV2(x: T, y: T) -> z: T",
    types={"T": "bfloat16 half float double uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128"},
    shape=rules.broadcast,
    partial=_pairwise,
    elementwise="x + y",
    commutative=True,
    samples=pairs(),
    formula="dz/dx = 1, dz/dy = 1",
)
def add_v2(xp, x, y):
    """Add `x` and `y`, element by element."""
    return apply(xp.add, x, y)


@add.gradient
@add_v2.gradient
def add_gradient(g, op, dz):
    return g.unbroadcast(op, dz, dz, dz)


@op(
    "Sub(x: T, y: T) -> z: T",
    types={"T": "bfloat16 half float double uint8 int8 uint16 int16 int32 int64 complex64 complex128 uint32 uint64"},
    shape=rules.broadcast,
    partial=_pairwise,
    elementwise="x - y",
    names=["subtract", "math.subtract"],
    samples=pairs(),
    formula="dz/dx = 1, dz/dy = -1",
)
def sub(xp, x, y):
    """Subtract `y` from `x`, element by element.

    >>> tf.Session().run(tf.subtract([5.0, 7.0], 2.0))
    array([3., 5.], dtype=float32)
    """
    return apply(xp.subtract, x, y)


@sub.gradient
def sub_gradient(g, op, dz):
    return g.unbroadcast(op, dz, dz, lambda: g.neg(dz))


@op(
    "Mul(x: T, y: T) -> z: T",
    types={"T": ARITHMETIC},
    shape=rules.broadcast,
    partial=_pairwise,
    elementwise="x * y",
    commutative=True,
    names=["multiply", "math.multiply"],
    samples=pairs(),
    formula="dz/dx = y, dz/dy = x",
)
def mul(xp, x, y):
    """Multiply `x` by `y`, element by element.

    >>> tf.Session().run(tf.multiply([2.0, 3.0], [[1.0], [10.0]]))
    array([[ 2.,  3.],
           [20., 30.]], dtype=float32)
    """
    return apply(xp.multiply, x, y)


@mul.gradient
def mul_gradient(g, op, dz):
    x, y = op.inputs
    return g.unbroadcast(op, dz, lambda: g.mul(dz, conjugate(g, y)), lambda: g.mul(conjugate(g, x), dz))


def _check_divisor(xp, x, y):
    if y.dtype.kind in "iu" and x.size and bool(xp.any(y == 0)):  # dividing nothing at all is allowed
        raise invalid("Integer division by zero")


def _truncated_quotient(xp, x, y):
    """Integer division that rounds towards 0, as processors divide."""
    _check_divisor(xp, x, y)
    quotient = apply(xp.floor_divide, x, y)
    return xp.where((quotient < 0) & (quotient * y != x), quotient + quotient.dtype.type(1), quotient)


@op(
    "RealDiv(x: T, y: T) -> z: T",
    types={"T": ARITHMETIC},
    shape=rules.broadcast,
    elementwise="x / y",
    names=["realdiv"],
    samples=_WITHOUT_ZERO,
    formula="dz/dx = 1 / y, dz/dy = -x / y^2",
)
def real_div(xp, x, y):
    """Divide `x` by `y`, element by element.

    >>> tf.Session().run(tf.realdiv([1.0, 2.0], 4.0))
    array([0.25, 0.5 ], dtype=float32)
    """
    return apply(xp.divide, x, y)


def _quotient_gradient(g, op, dz):
    """Use z = x / y itself: dz/dy = -z / y."""
    y, z = conjugate(g, op.inputs[1]), conjugate(g, op.outputs[0])
    return g.unbroadcast(op, dz, lambda: g.real_div(dz, y), lambda: g.mul(dz, g.real_div(g.neg(z), y)))


real_div.gradient(_quotient_gradient)


@op("Div(x: T, y: T) -> z: T", pointwise=True, types={"T": ARITHMETIC}, shape=rules.broadcast, samples=[*_WITHOUT_ZERO, *int_pairs(-9, -1)])
def div(xp, x, y):
    """Divide `x` by `y`, element by element; integers are rounded towards 0."""
    return _truncated_quotient(xp, x, y) if x.dtype.kind in "iu" else apply(xp.divide, x, y)


div.gradient(_quotient_gradient)


@op(
    "FloorDiv(x: T, y: T) -> z: T",
    types={"T": ARITHMETIC},
    shape=rules.broadcast,
    partial=_pairwise,
    names=["floor_div"],
    samples=[*_WITHOUT_ZERO, *int_pairs(-9, -1)],
    no_gradient="it is constant between jumps",
)
def floor_div(xp, x, y):
    """Divide `x` by `y` and round down, element by element.

    >>> tf.Session().run(tf.floor_div([7, -7], 2))
    array([ 3, -4], dtype=int32)
    """
    _check_divisor(xp, x, y)
    return apply(xp.floor_divide, x, y) if x.dtype.kind in "iu" else xp.floor(apply(xp.divide, x, y))


@op(
    "TruncateDiv(x: T, y: T) -> z: T",
    types={"T": ARITHMETIC},
    shape=rules.broadcast,
    names=["truncatediv"],
    samples=[*_WITHOUT_ZERO, *int_pairs(-9, -1)],
    no_gradient="it is constant between jumps",
)
def truncate_div(xp, x, y):
    """Divide `x` by `y` and round towards 0, element by element.

    >>> tf.Session().run(tf.truncatediv([7, -7], 2))
    array([ 3, -3], dtype=int32)
    """
    return _truncated_quotient(xp, x, y) if x.dtype.kind in "iu" else xp.trunc(apply(xp.divide, x, y))


_MOD = [sample(values((2, 3)), values(shape, 3.0, 4.0)) for shape in [(2, 3), (3,), ()]] + int_pairs()


@op(
    "FloorMod(x: T, y: T) -> z: T",
    types={"T": "int8 int16 int32 int64 uint8 uint16 uint32 uint64 bfloat16 half float double"},
    shape=rules.broadcast,
    partial=_pairwise,
    names=["floormod", "math.floormod", "mod", "math.mod"],
    samples=_MOD,
)
def floor_mod(xp, x, y):
    """Give what is left of `x` after dividing by `y` and rounding down: it has the sign of `y`.

    >>> tf.Session().run(tf.floormod([7, -7], 3))
    array([1, 2], dtype=int32)
    """
    _check_divisor(xp, x, y)
    return apply(xp.remainder, x, y)


@floor_mod.gradient
def floor_mod_gradient(g, op, dz):
    x, y = op.inputs
    return g.unbroadcast(op, dz, dz, lambda: g.mul(dz, g.neg(g.floor_div(x, y))))


@op("Mod(x: T, y: T) -> z: T", types={"T": "int32 int64 half half bfloat16 float double"}, shape=rules.broadcast, samples=_MOD)
def mod(xp, x, y):
    """Give what is left of `x` after dividing by `y` and rounding towards 0: it has the sign of `x`."""
    return _truncated_rest(xp, x, y)


@op(
    "TruncateMod(x: T, y: T) -> z: T",
    types={"T": "int32 int64 bfloat16 half float double"},
    shape=rules.broadcast,
    names=["truncatemod"],
    samples=_MOD,
)
def truncate_mod(xp, x, y):
    """Give what is left of `x` after dividing by `y` and rounding towards 0: it has the sign of `x`.

    >>> tf.Session().run(tf.truncatemod([7, -7], 3))
    array([ 1, -1], dtype=int32)
    """
    return _truncated_rest(xp, x, y)


def _truncated_rest(xp, x, y):
    _check_divisor(xp, x, y)
    return apply(xp.fmod, x, y)


@mod.gradient
@truncate_mod.gradient
def truncate_mod_gradient(g, op, dz):
    x, y = op.inputs
    return g.unbroadcast(op, dz, dz, lambda: g.mul(dz, g.neg(g.truncate_div(x, y))))


_POSITIVE = [sample(values((2, 3), 0.5, 2.0), values(shape)) for shape in [(2, 3), (3,), ()]]


@op(
    "Pow(x: T, y: T) -> z: T",
    types={"T": "bfloat16 float half double int8 int16 int32 int64 complex64 complex128"},
    shape=rules.broadcast,
    elementwise="x ** y",
    samples=[*_POSITIVE, *int_pairs(0, 4)],
    formula="dz/dx = y x^(y-1), dz/dy = z log x (0 where x <= 0)",
)
def pow_(xp, x, y):
    """Raise `x` to the power `y`, element by element."""
    if y.dtype.kind in "iu" and bool(xp.any(y < 0)):
        raise invalid("Integers to negative integer powers are not allowed")
    return apply(xp.power, x, y)


@pow_.gradient
def pow_gradient(g, op, dz):
    x, y, z = (conjugate(g, tensor) for tensor in (*op.inputs, *op.outputs))
    return g.unbroadcast(
        op, dz, lambda: g.mul(g.mul(dz, y), _one_power_less(g, x, y)), lambda: g.mul(dz, g.mul(z, _log_where_positive(g, x)))
    )


def _one_power_less(g, x, y):
    exponent = constant_value(y)
    if exponent is None or exponent.ndim:
        return g.pow(x, g.sub(y, g.ones_like(y)))
    return g.pow(x, g.constant(exponent - exponent.dtype.type(1)))  # x^1 too: so that x^2 has a third derivative, of zeros


def _log_where_positive(g, x):
    zeros = g.zeros_like(x)
    positive = g.not_equal(x, zeros) if x.dtype.is_complex else g.greater(x, zeros)
    return g.select(positive, g.log(g.select(positive, x, g.ones_like(x))), zeros)


_COMPARABLE = "bfloat16 half float double int8 uint8 int16 uint16 int32 uint32 int64 uint64"


@op(
    "Maximum(x: T, y: T) -> z: T",
    types={"T": _COMPARABLE},
    shape=rules.broadcast,
    partial=_pairwise,
    elementwise="maximum(x, y)",
    names=["maximum", "math.maximum"],
    samples=pairs(),
    formula="dz/dx = 1 where x >= y, dz/dy = 1 where x < y",
)
def maximum(xp, x, y):
    """Take the larger of `x` and `y`, element by element.

    >>> tf.Session().run(tf.maximum([1.0, 5.0], 3.0))
    array([3., 5.], dtype=float32)
    """
    return apply(xp.maximum, x, y)


@op(
    "Minimum(x: T, y: T) -> z: T",
    types={"T": _COMPARABLE},
    shape=rules.broadcast,
    partial=_pairwise,
    elementwise="minimum(x, y)",
    names=["minimum", "math.minimum"],
    samples=pairs(),
    formula="dz/dx = 1 where x <= y, dz/dy = 1 where x > y",
)
def minimum(xp, x, y):
    """Take the smaller of `x` and `y`, element by element.

    >>> tf.Session().run(tf.minimum([1.0, 5.0], 3.0))
    array([1., 3.], dtype=float32)
    """
    return apply(xp.minimum, x, y)


def _one_of_two_gradient(g, dz, op, first):
    zeros = g.zeros_like(dz)
    return g.unbroadcast(op, dz, lambda: g.select_v2(first, dz, zeros), lambda: g.select_v2(first, zeros, dz))


@maximum.gradient
def maximum_gradient(g, op, dz):
    return _one_of_two_gradient(g, dz, op, g.greater_equal(*op.inputs))


@minimum.gradient
def minimum_gradient(g, op, dz):
    return _one_of_two_gradient(g, dz, op, g.less_equal(*op.inputs))


@op(
    "SquaredDifference(x: T, y: T) -> z: T",
    pointwise=True,
    types={"T": "bfloat16 half float double int32 int64 complex64 complex128"},
    shape=rules.broadcast,
    commutative=True,
    names=["squared_difference", "math.squared_difference"],
    samples=pairs(),
    formula="dz/dx = 2 (x - y), dz/dy = -2 (x - y)",
)
def squared_difference(xp, x, y):
    """Square the difference of `x` and `y`, element by element.

    >>> tf.Session().run(tf.squared_difference([1.0, 5.0], 3.0))
    array([4., 4.], dtype=float32)
    """
    difference = apply(xp.subtract, x, y)
    return xp.conjugate(difference) * difference if difference.dtype.kind == "c" else xp.square(difference)


@squared_difference.gradient
def squared_difference_gradient(g, op, dz):
    x, y = op.inputs
    change = g.mul(g.mul(g.constant(2, dz.dtype), dz), g.sub(x, y))
    return g.unbroadcast(op, dz, change, lambda: g.neg(change))


def _where_not(xp, zero_at, function, x, y):
    """`function(x, y)`, but exactly 0 where `zero_at` is 0."""
    result = apply(function, x, y)
    return xp.where(zero_at == 0, result.dtype.type(0), result)


@op("DivNoNan(x: T, y: T) -> z: T", pointwise=True, types={"T": _HALF_FIRST_COMPLEX}, shape=rules.broadcast, samples=_WITHOUT_ZERO)
def div_no_nan(xp, x, y):
    """Divide `x` by `y`, element by element; dividing by 0 gives 0."""
    return _where_not(xp, y, xp.divide, x, y)


@div_no_nan.gradient
def div_no_nan_gradient(g, op, dz):
    y, z = conjugate(g, op.inputs[1]), conjugate(g, op.outputs[0])
    return g.unbroadcast(op, dz, lambda: g.div_no_nan(dz, y), lambda: g.mul(dz, g.div_no_nan(g.neg(z), y)))


@op("MulNoNan(x: T, y: T) -> z: T", pointwise=True, types={"T": FLOATS_AND_COMPLEX}, shape=rules.broadcast, samples=pairs(0.5, 2.0))
def mul_no_nan(xp, x, y):
    """Multiply `x` by `y`, element by element; where `y` is 0 the product is 0 even if `x` is infinite or NaN."""
    return _where_not(xp, y, xp.multiply, x, y)


@mul_no_nan.gradient
def mul_no_nan_gradient(g, op, dz):
    x, y = op.inputs
    return g.unbroadcast(op, dz, lambda: g.mul_no_nan(dz, y), lambda: g.mul_no_nan(x, dz))


_X_LIST: dict[str, Any] = {"pointwise": True,
    "types": {"T": "half bfloat16 float double complex64 complex128"},
    "shape": rules.broadcast,
    "samples": pairs(0.5, 2.0),
}


@op("Xdivy(x: T, y: T) -> z: T", **_X_LIST)
def xdivy(xp, x, y):
    """Divide `x` by `y`, element by element; 0 where `x` is 0."""
    return _where_not(xp, x, xp.divide, x, y)


def _is_not_zero(g, x):
    return g.cast(g.not_equal(x, g.zeros_like(x)), x.dtype)


@xdivy.gradient
def xdivy_gradient(g, op, dz):
    x, y = op.inputs
    return g.unbroadcast(op, dz, lambda: g.mul(dz, g.xdivy(_is_not_zero(g, x), y)), lambda: g.mul(dz, g.xdivy(g.neg(x), g.square(y))))


@op("Xlogy(x: T, y: T) -> z: T", names=["math.xlogy"], **_X_LIST)
def xlogy(xp, x, y):
    """Give `x` times the logarithm of `y`, element by element; 0 where `x` is 0.

    >>> tf.Session().run(tf.math.xlogy([0.0, 2.0], [0.0, 1.0]))
    array([0., 0.], dtype=float32)
    """
    return _where_not(xp, x, lambda a, b: apply(xp.multiply, a, xp.log(b)), x, y)


@xlogy.gradient
def xlogy_gradient(g, op, dz):
    x, y = op.inputs
    return g.unbroadcast(op, dz, lambda: g.mul(dz, g.xlogy(_is_not_zero(g, x), y)), lambda: g.mul(dz, g.xdivy(x, y)))


@op("Xlog1py(x: T, y: T) -> z: T", **_X_LIST)
def xlog1py(xp, x, y):
    """Give `x` times the logarithm of `1 + y`, element by element; 0 where `x` is 0."""
    return _where_not(xp, x, lambda a, b: apply(xp.multiply, a, xp.log1p(b)), x, y)


@xlog1py.gradient
def xlog1py_gradient(g, op, dz):
    x, y = op.inputs
    return g.unbroadcast(
        op, dz, lambda: g.mul(dz, g.xlog1py(_is_not_zero(g, x), y)), lambda: g.mul(dz, g.xdivy(x, g.add_v2(y, g.ones_like(y))))
    )


@op(
    "Atan2(y: T, x: T) -> z: T",
    types={"T": FLOATS},
    shape=rules.broadcast,
    elementwise="atan2(y, x)",
    names=["atan2", "math.atan2"],
    samples=pairs(0.5, 2.0),
    formula="dz/dy = x / (x^2 + y^2), dz/dx = -y / (x^2 + y^2)",
)
def atan2(xp, y, x):
    """Find the angle between the positive x axis and the point (x, y).

    >>> tf.Session().run(tf.atan2([1.0, -1.0], [1.0, 1.0]))
    array([ 0.7853981, -0.7853981], dtype=float32)
    """
    return apply(xp.arctan2, y, x)


@atan2.gradient
def atan2_gradient(g, op, dz):
    y, x = op.inputs
    share = g.real_div(dz, g.add_v2(g.square(x), g.square(y)))
    return g.unbroadcast(op, dz, lambda: g.mul(x, share), lambda: g.mul(g.neg(y), share))


@op(
    "NextAfter(x1: T, x2: T) -> output: T",
    types={"T": "double float"},
    type_defaults={"T": "float"},
    shape=rules.broadcast,
    elementwise="nextafter(x1, x2)",
    names=["math.nextafter"],
    samples=pairs(),
)
def next_after(xp, x1, x2):
    """Give the number next to `x1` in the direction of `x2`.

    >>> tf.Session().run(tf.math.nextafter([1.0, 1.0], [2.0, 0.0]))
    array([1.0000001 , 0.99999994], dtype=float32)
    """
    return apply(xp.nextafter, x1, x2)


@next_after.gradient
def next_after_gradient(g, op, dz):
    return g.unbroadcast(op, dz, dz, lambda: g.zeros_like(dz))


_SUMMED: dict[str, Any] = {
    "types": {"T": f"{NUMBERS} variant"},
    "shape": rules.same_shape,
    "samples": [sample(several(values((2, 3)))), sample(several(values((2, 3)), values((2, 3)), values((2, 3))))],
}


@op("AddN(inputs: N * T) -> sum: T", commutative=True, formula="dy/dx = 1 for each of the inputs", **_SUMMED)
def add_n(xp, inputs):
    """Add tensors of one shape."""
    return _summed(xp, inputs)


@op(
    "AccumulateNV2(inputs: N * T, *, shape: shape) -> sum: T",
    commutative=True,
    types={"T": NUMBERS},
    shape=lambda c: rules.merge(c, rules.same_shape(c), c.attrs["shape"]),
    samples=[sample(several(values((2, 3)), values((2, 3))), shape=(2, 3))],
)
def accumulate_nv2(xp, inputs):
    """Add tensors of one shape as they become ready."""
    return _summed(xp, inputs)


def _summed(xp, inputs):
    first = inputs[0].shape
    for index, each in enumerate(inputs):
        if each.shape != first:
            raise invalid(
                f"Inputs to operation AddN of type AddN must have the same size and shape.  Input 0: {rules.shape_text(first)} != input "
                f"{index}: {rules.shape_text(each.shape)}"
            )
    total = inputs[0] if len(inputs) > 1 else xp.array(inputs[0])
    for each in inputs[1:]:
        total = xp.add(total, each)
    return total


@add_n.gradient
@accumulate_nv2.gradient
def sum_gradient(g, op, dy):
    return [dy] * len(op.inputs)
