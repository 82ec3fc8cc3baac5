"""Comparisons, logic on truth values, bits, and choosing between two tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.arithmetic import apply
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import int_pairs, pairs, sample, values
from autograd_lite.ops.shapes import sum_to
from autograd_lite.ops.type_lists import INTEGERS, NUMBERS, REALS

_TRUTH = "a truth value"
_COMPARED: dict[str, Any] = {"types": {"T": REALS}, "shape": rules.broadcast, "no_gradient": _TRUTH, "samples": pairs()}


def _equal_shape(c):
    return rules.broadcast(c) if c.attrs.get("incompatible_shape_error", True) else None


_EQUAL: dict[str, Any] = {
    "shape": _equal_shape,
    "commutative": True,
    "no_gradient": _TRUTH,
    "samples": [*pairs(), *int_pairs(0, 2)],
    "release_attrs": {"2.21": {"incompatible_shape_error": ("bool", True)}},
}


@op("Equal(x: T, y: T) -> z: bool", elementwise="x == y", names=["equal", "math.equal"], **_EQUAL)
def equal(xp, x, y):
    """Tell where `x` and `y` are equal.

    >>> tf.Session().run(tf.equal([1, 2], [1, 3]))
    array([ True, False])
    """
    return apply(xp.equal, x, y)


@op("NotEqual(x: T, y: T) -> z: bool", elementwise="x != y", names=["not_equal", "math.not_equal"], **_EQUAL)
def not_equal(xp, x, y):
    """Tell where `x` and `y` differ.

    >>> tf.Session().run(tf.not_equal([1, 2], [1, 3]))
    array([False,  True])
    """
    return apply(xp.not_equal, x, y)


@op("Less(x: T, y: T) -> z: bool", elementwise="x < y", names=["less", "math.less"], **_COMPARED)
def less(xp, x, y):
    """Tell where `x` is less than `y`.

    >>> tf.Session().run(tf.less([1, 2, 3], 2))
    array([ True, False, False])
    """
    return apply(xp.less, x, y)


@op("LessEqual(x: T, y: T) -> z: bool", elementwise="x <= y", names=["less_equal", "math.less_equal"], **_COMPARED)
def less_equal(xp, x, y):
    """Tell where `x` is at most `y`.

    >>> tf.Session().run(tf.less_equal([1, 2, 3], 2))
    array([ True,  True, False])
    """
    return apply(xp.less_equal, x, y)


@op("Greater(x: T, y: T) -> z: bool", elementwise="x > y", names=["greater", "math.greater"], **_COMPARED)
def greater(xp, x, y):
    """Tell where `x` is greater than `y`.

    >>> tf.Session().run(tf.greater([1, 2, 3], 2))
    array([False, False,  True])
    """
    return apply(xp.greater, x, y)


@op("GreaterEqual(x: T, y: T) -> z: bool", elementwise="x >= y", names=["greater_equal", "math.greater_equal"], **_COMPARED)
def greater_equal(xp, x, y):
    """Tell where `x` is at least `y`.

    >>> tf.Session().run(tf.greater_equal([1, 2, 3], 2))
    array([False,  True,  True])
    """
    return apply(xp.greater_equal, x, y)


@op(
    "ApproximateEqual(x: T, y: T, *, tolerance: float = 1e-05) -> z: bool",
    pointwise=True,
    types={"T": NUMBERS},
    shape=rules.same_shape,
    commutative=True,
    no_gradient=_TRUTH,
    samples=[sample(values((2, 3)), values((2, 3)))],
)
def approximate_equal(xp, x, y, tolerance):
    """Tell where `x` and `y` differ by less than `tolerance`."""
    if x.shape != y.shape:
        raise invalid(f"x and y must be of the same shape. x shape: {rules.shape_text(x.shape)}. y shape: {rules.shape_text(y.shape)}")
    return xp.absolute(x - y) < xp.float32(tolerance)


_TRUTHS = [sample([[True, False], [True, True]], [[True, True], [False, False]]), sample([[True, False]], [False, True])]


@op(
    "LogicalAnd(x: bool, y: bool) -> z: bool",
    elementwise="logical_and(x, y)",
    commutative=True,
    shape=rules.broadcast,
    no_gradient=_TRUTH,
    names=["logical_and", "math.logical_and"],
    samples=_TRUTHS,
)
def logical_and(xp, x, y):
    """Tell where both `x` and `y` are true.

    >>> tf.Session().run(tf.logical_and([True, True], [True, False]))
    array([ True, False])
    """
    return apply(xp.logical_and, x, y)


@op(
    "LogicalOr(x: bool, y: bool) -> z: bool",
    elementwise="logical_or(x, y)",
    commutative=True,
    shape=rules.broadcast,
    no_gradient=_TRUTH,
    names=["logical_or", "math.logical_or"],
    samples=_TRUTHS,
)
def logical_or(xp, x, y):
    """Tell where `x` or `y` (or both) are true.

    >>> tf.Session().run(tf.logical_or([True, False], [False, False]))
    array([ True, False])
    """
    return apply(xp.logical_or, x, y)


@op(
    "LogicalNot(x: bool) -> y: bool",
    elementwise="logical_not(x)",
    shape=rules.unchanged,
    no_gradient=_TRUTH,
    names=["logical_not", "math.logical_not"],
    samples=[sample([True, False])],
)
def logical_not(xp, x):
    """Tell where `x` is false.

    >>> tf.Session().run(tf.logical_not([True, False]))
    array([False,  True])
    """
    return xp.logical_not(x)


_BITS: dict[str, Any] = {"types": {"T": INTEGERS}, "shape": rules.broadcast, "no_gradient": "bits are not numbers", "samples": int_pairs()}


@op("BitwiseAnd(x: T, y: T) -> z: T", elementwise="x & y", commutative=True, names=["bitwise.bitwise_and"], **_BITS)
def bitwise_and(xp, x, y):
    """Keep the bits that are set in both `x` and `y`.

    >>> tf.Session().run(tf.bitwise.bitwise_and([12], [10]))
    array([8], dtype=int32)
    """
    return apply(xp.bitwise_and, x, y)


@op("BitwiseOr(x: T, y: T) -> z: T", elementwise="x | y", commutative=True, names=["bitwise.bitwise_or"], **_BITS)
def bitwise_or(xp, x, y):
    """Keep the bits that are set in `x` or `y`.

    >>> tf.Session().run(tf.bitwise.bitwise_or([12], [10]))
    array([14], dtype=int32)
    """
    return apply(xp.bitwise_or, x, y)


@op("BitwiseXor(x: T, y: T) -> z: T", elementwise="x ^ y", commutative=True, names=["bitwise.bitwise_xor"], **_BITS)
def bitwise_xor(xp, x, y):
    """Keep the bits that are set in `x` or `y` but not in both.

    >>> tf.Session().run(tf.bitwise.bitwise_xor([12], [10]))
    array([6], dtype=int32)
    """
    return apply(xp.bitwise_xor, x, y)


def _places(xp, x, y):
    """Shifts beyond the width of the type are taken as the largest that the type allows, and negative ones as 0."""
    return xp.clip(y, y.dtype.type(0), y.dtype.type(8 * x.dtype.itemsize - 1))


@op("LeftShift(x: T, y: T) -> z: T", names=["bitwise.left_shift"], **_BITS)
def left_shift(xp, x, y):
    """Move the bits of `x` by `y` places to the left.

    >>> tf.Session().run(tf.bitwise.left_shift([3], [2]))
    array([12], dtype=int32)
    """
    return apply(xp.left_shift, x, _places(xp, x, y))


@op("RightShift(x: T, y: T) -> z: T", names=["bitwise.right_shift"], **_BITS)
def right_shift(xp, x, y):
    """Move the bits of `x` by `y` places to the right.

    >>> tf.Session().run(tf.bitwise.right_shift([12], [2]))
    array([3], dtype=int32)
    """
    return apply(xp.right_shift, x, _places(xp, x, y))


def _select_shape(c):
    chosen = rules.merge(c, c.shape(1), c.shape(2))
    condition = c.shape(0)
    if condition is None or chosen is None or condition == ():
        return chosen
    if len(condition) == 1 and len(chosen) != 1:  # one truth value per row
        rules.with_rank_at_least(c, chosen, 1)
        rules.merge(c, condition, chosen[:1])
        return chosen
    return rules.merge(c, condition, chosen)


@op(
    "Select(condition: bool, t: T, e: T) -> output: T",
    formula="d t = dy where the condition holds; d e = dy elsewhere",
    pointwise=True,
    shape=_select_shape,
    samples=[
        sample([[True, False]], values((1, 2)), values((1, 2))),
        sample([True, False], values((2, 3)), values((2, 3))),
        sample(True, values((2,)), values((2,))),
    ],
)
def select(xp, condition, t, e):
    """Take elements of `t` where `condition` is true and of `e` where it is not; one truth value may stand for a row or for all."""
    if t.shape != e.shape:
        raise invalid(
            f"'then' and 'else' must have the same size.  but received: {rules.shape_text(t.shape)} vs. {rules.shape_text(e.shape)}"
        )
    if condition.shape not in ((), t.shape):
        if condition.ndim != 1 or not t.ndim or t.shape[0] != condition.shape[0]:
            shapes = f"Input 0: {rules.shape_text(condition.shape)} != input 1: {rules.shape_text(t.shape)}"
            raise invalid(f"Inputs to operation Select of type Select must have the same size and shape.  {shapes}")
        condition = condition.reshape((-1,) + (1,) * (t.ndim - 1))
    return xp.where(condition, t, e)


@select.gradient
def select_gradient(g, op, dy):
    condition = op.inputs[0]
    zeros = g.zeros_like(dy)
    return None, g.select(condition, dy, zeros) if g.needs(1) else None, g.select(condition, zeros, dy) if g.needs(2) else None


def _select_v2_shape(c):
    return rules.broadcast_shapes(c, c.shape(0), rules.broadcast_shapes(c, c.shape(1), c.shape(2)))


@op(
    "SelectV2(condition: bool, t: T, e: T) -> output: T",
    formula="d t = dy where the condition holds; d e = dy elsewhere",
    shape=_select_v2_shape,
    elementwise="where(condition, t, e)",
    samples=[
        sample([[True, False]], values((1, 2)), values((1, 2))),
        sample([True, False], values((3, 2)), 1.0),
        sample([[True], [False]], values((2, 1)), values((2,))),
    ],
)
def select_v2(xp, condition, t, e):
    """Take elements of `t` where `condition` is true and of `e` where it is not; all three stretch to a common shape."""
    try:
        return xp.where(condition, t, e)
    except ValueError:
        shapes = [rules.shape_text(array.shape) for array in (condition, t, e)]
        raise invalid(f"condition {shapes[0]}, then {shapes[1]}, and else {shapes[2]} must be broadcastable") from None


@select_v2.gradient
def select_v2_gradient(g, op, dy):
    condition, t, e = op.inputs
    zeros = g.constant(0, dy.dtype)
    to_t = sum_to(g, g.select_v2(condition, dy, zeros), t) if g.needs(1) else None
    to_e = sum_to(g, g.select_v2(condition, zeros, dy), e) if g.needs(2) else None
    return None, to_t, to_e


@op(
    "Where(input: T) -> index: int64",
    types={"T": f"{NUMBERS} bool"},
    type_defaults={"T": "bool"},
    shape=lambda c: (None, rules.rank_of(c.shape(0))),
    no_gradient="positions are integers",
    samples=[sample([[True, False], [True, True]]), sample([0.0, 2.0])],
)
def where_true(xp, input):
    """List the positions of all elements that are true (or not zero), in order."""
    if not input.ndim:
        raise invalid("WhereOp : Unhandled input dimensions: 0")
    return xp.argwhere(input).astype(np.int64)
