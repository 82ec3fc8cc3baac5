"""Ops that make tensors out of nothing: constants, placeholders, fills and ranges."""

from __future__ import annotations

import math

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, number, scalar_input, shape_tuple, single
from autograd_lite.ops.samples import ints, sample, unary, values
from autograd_lite.ops.type_lists import FLOATS, INDEX


@op(
    "Const(*, value: tensor, dtype: type) -> output: dtype",
    shape=lambda c: c.attrs["value"].shape,
    samples=[sample(value=ints(1, 2, 3), dtype="int32")],
    partial=lambda c: constant_elements(c.attrs["value"]),
    no_gradient="a constant has no inputs",
)
def const(xp, value):
    """Give a value that never changes."""
    return xp.asarray(value)


def constant_elements(value):
    """The elements of a small integer constant, from which shapes are inferred."""
    if value.dtype.kind not in "iu" or value.ndim > 1:
        return None
    return tuple(value.reshape(-1).tolist())


@op(
    "Placeholder(*, dtype: type, shape: shape = None) -> output: dtype",
    shape=lambda c: c.attrs["shape"],
    stateful=True,
    samples="its value is fed",
    no_gradient="a placeholder has no inputs",
)
def placeholder(xp, dtype, shape):
    """Stand for a value that is fed when the graph runs."""
    raise invalid(f"You must feed a value for placeholder tensor with dtype {dtype.cpp_name} and shape {rules.shape_text(shape)}")


@op(
    "PlaceholderWithDefault(input: dtype, *, shape: shape) -> output: dtype",
    shape=lambda c: c.attrs["shape"],
    elementwise="input",
    view=("input",),
    names=["placeholder_with_default"],
    samples=[sample(values((2, 3)), shape=(None, 3))],
)
def placeholder_with_default(xp, input):
    """Pass `input` on, unless another value is fed.

    >>> tf.Session().run(tf.placeholder_with_default([1, 2], [None]))
    array([1, 2], dtype=int32)
    """
    return input


@placeholder_with_default.gradient
def placeholder_with_default_gradient(g, op, dy):
    return dy


def _fill_shape(c):
    rules.with_rank(c, c.shape(1), 0)
    return rules.shape_from_input(c, 0)


@op(
    "Fill(dims: index_type, value: T) -> output: T",
    types={"index_type": INDEX},
    type_defaults={"index_type": "int32"},
    shape=_fill_shape,
    host=("dims",),
    names=["fill"],
    samples=[sample(ints(2, 3), 1.5), sample(ints(), 2.0), sample(ints(0, 2), 3)],
)
def fill(xp, dims, value):
    """Make a tensor of shape `dims` in which every element is `value`.

    >>> tf.Session().run(tf.fill([2, 3], 7))
    array([[7, 7, 7],
           [7, 7, 7]], dtype=int32)
    """
    shape = shape_tuple(dims, value.dtype.itemsize, "dims must represent a vector, got shape ")
    return xp.full(shape, single(value, "value must represent a scalar, got shape "), dtype=value.dtype)


@fill.gradient
def fill_gradient(g, op, dy):
    return None, g.reduce_sum(dy)


@op("ZerosLike(x: T) -> y: T", shape=rules.unchanged, samples=unary(), no_gradient="zeros do not depend on the input")
def zeros_like(xp, x, T):
    """Make zeros of the shape and type of `x`."""
    if T.name == "string":
        return xp.full(x.shape, b"", dtype=object)
    return xp.zeros(x.shape, dtype=x.dtype)


@op(
    "OnesLike(x: T) -> y: T",
    types={"T": "bfloat16 half float double int8 uint8 int16 uint16 int32 uint32 int64 uint64 complex64 complex128 bool"},
    shape=rules.unchanged,
    samples=unary(),
    no_gradient="ones do not depend on the input",
)
def ones_like(xp, x):
    """Make ones of the shape and type of `x`."""
    return xp.ones(x.shape, dtype=x.dtype)


_MOST = 2**63 - 1  # elements of a range


def _range_size(start, limit, delta) -> int:
    if isinstance(start, float):
        steps = abs((limit - start) / delta)
        return int(math.ceil(steps)) if steps < _MOST else _MOST + 1
    return max(0, -((start - limit) // delta))


def _range_complaint(start, limit, delta) -> str | None:
    if delta == 0:
        return "Requires delta != 0"
    if delta > 0 and not start <= limit:  # NaN is not, either
        return f"Requires start <= limit when delta > 0: {start}/{limit}"
    if not delta > 0 and not start >= limit:
        return f"Requires start >= limit when delta < 0: {start}/{limit}"
    if _range_size(start, limit, delta) > _MOST:
        return f"Requires ((limit - start) / delta) <= {_MOST}"
    return None


def _range_shape(c):
    for index in range(3):
        rules.with_rank(c, c.shape(index), 0)
    bounds = [c.value(index) for index in range(3)]
    if any(bound is None for bound in bounds):
        return (None,)
    start, limit, delta = (bound.item() for bound in bounds)
    complaint = _range_complaint(start, limit, delta)
    if complaint:
        raise c.fail(complaint)
    return (_range_size(start, limit, delta),)


@op(
    "Range(start: Tidx, limit: Tidx, delta: Tidx) -> output: Tidx",
    types={"Tidx": "bfloat16 half float double int8 int16 int32 int64 uint16 uint32 uint64"},
    type_defaults={"Tidx": "int32"},
    shape=_range_shape,
    host=("start", "limit", "delta"),
    no_gradient="the numbers of steps do not change smoothly",
    samples=[sample(0, 10, 3), sample(5, 0, -2), sample(0.0, 1.0, 0.3), sample(3, 3, 1)],
)
def range_(xp, start, limit, delta, Tidx):
    """Count from `start` up to (not including) `limit` in steps of `delta`."""
    named = {"start": start, "limit": limit, "delta": delta}
    start, limit, delta = (single(bound, f"{name} must be a scalar, not shape ").item() for name, bound in named.items())
    complaint = _range_complaint(start, limit, delta)
    if complaint:
        raise invalid(f"{complaint}: 0" if delta == 0 else complaint)
    size = _range_size(start, limit, delta)
    check_room((size,), Tidx.size)
    steps = xp.arange(size, dtype=Tidx.numpy)
    return steps * xp.asarray(delta, dtype=Tidx.numpy) + xp.asarray(start, dtype=Tidx.numpy)


def _line_shape(c):
    rules.with_rank(c, c.shape(0), 0)
    rules.with_rank(c, c.shape(1), 0)
    count = rules.scalar_value(c, 2)
    if count is not None and count <= 0:
        raise c.fail(f"Requires num > 0: {count}")
    return (count,)


@op(
    "LinSpace(start: T, stop: T, num: Tidx) -> output: T",
    types={"T": FLOATS, "Tidx": INDEX},
    type_defaults={"Tidx": "int32"},
    shape=_line_shape,
    host=("num",),
    samples=[sample(0.5, 2.0, 4), sample(1.0, 2.0, 1)],
)
def lin_space(xp, start, stop, num, T):
    """Make `num` evenly spaced numbers from `start` to `stop`, both included."""
    count = number(num, "num must be a scalar, not shape ")
    start, stop = scalar_input(start, "start must be a scalar, not shape "), scalar_input(stop, "stop must be a scalar, not shape ")
    if count <= 0:
        raise invalid(f"Requires num > 0: {count}")
    check_room((count,), T.size)
    if count == 1:
        return xp.array(start).reshape(1)
    steps = xp.arange(count, dtype=T.numpy)
    line = start + (stop - start) / T.numpy.type(count - 1) * steps
    return xp.where(steps == count - 1, stop, line)  # the end is met exactly


@lin_space.gradient
def lin_space_gradient(g, op, dy):
    start, stop, num = op.inputs
    last = g.maximum(g.cast(g.sub(num, g.ones_like(num)), dy.dtype), g.constant(1.0, dy.dtype))
    share = g.real_div(g.cast(g.range(g.zeros_like(num), num, g.ones_like(num)), dy.dtype), last)  # 0 ... 1
    to_stop = g.reduce_sum(g.mul(dy, share))
    return g.sub(g.reduce_sum(dy), to_stop), to_stop, None
