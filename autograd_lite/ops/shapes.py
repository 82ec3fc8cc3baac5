"""Ops about the shape of a tensor: asking for it, and giving the same elements another one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.shapes import is_defined
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, numbers
from autograd_lite.ops.samples import ints, sample, several, values
from autograd_lite.ops.type_lists import INDEX


def _shape_vector(c):
    return (rules.rank_of(c.shape(0)),)


_OUT: dict[str, Any] = {
    "types": {"out_type": INDEX},
    "type_defaults": {"out_type": "int32"},
    "no_gradient": "a shape does not depend on the values",
}


def _check_fits(shape, out_type):
    if out_type.size == 4:
        for axis, size in enumerate(shape):
            if size > 2**31 - 1:
                raise invalid(f"Shape output type is 32-bit  but dim {axis} is {size}")


@op(
    "Shape(input: T, *, out_type: type = int32) -> output: out_type",
    shape=_shape_vector,
    partial=lambda c: c.shape(0),
    samples=[sample(values((2, 3))), sample(values(()), out_type="int64")],
    **_OUT,
)
def shape(xp, input, out_type):
    """Give the shape of `input` as a vector of integers."""
    _check_fits(input.shape, out_type)
    return xp.asarray(input.shape, dtype=out_type.numpy)


@op(
    "ShapeN(input: N * T, *, out_type: type = int32) -> output: N * out_type",
    shape=lambda c: [(rules.rank_of(c.shape(i)),) for i in range(c.count)],
    samples=[sample(several(values((2, 3)), values((4,))))],
    **_OUT,
)
def shape_n(xp, input, out_type):
    """Give the shapes of several tensors."""
    return tuple([shape.kernel(xp, each, out_type) for each in input])


def _known_size(c):
    shape = c.shape(0)
    return None if shape is None else (rules.size_product(shape),)


@op(
    "Size(input: T, *, out_type: type = int32) -> output: out_type",
    shape=rules.scalar,
    partial=_known_size,
    samples=[sample(values((2, 3))), sample(values(()))],
    **_OUT,
)
def size(xp, input, out_type):
    """Count the elements of `input`."""
    return xp.asarray(math.prod(input.shape), dtype=out_type.numpy)


@op(
    "Rank(input: T) -> output: int32",
    shape=rules.scalar,
    samples=[sample(values((2, 3))), sample(values(()))],
    partial=lambda c: None if c.shape(0) is None else (len(c.shape(0)),),
    no_gradient="a rank does not depend on the values",
)
def rank(xp, input):
    """Count the axes of `input`."""
    return xp.asarray(len(input.shape), dtype=xp.int32)


def _prepared(shape_function, name):
    """How to print an op that only gives its input another shape, once both shapes are known."""

    def prepare(c):
        shape = shape_function(c) if is_defined(c.shape(0)) else None
        return (f"{{{name}}}.reshape({{sizes}})", {"sizes": shape}) if is_defined(shape) else None

    return prepare


def _reshape_shape(c):
    wanted, have = rules.shape_from_input(c, 1), c.shape(0)
    if wanted is None or have is None:
        return wanted
    total = rules.size_product(have)
    open_sizes = [axis for axis, size in enumerate(wanted) if size is None]
    known = rules.size_product([size for size in wanted if size is not None])
    if total is None:
        return wanted
    if not open_sizes:
        if total != known:
            raise c.fail(f"Cannot reshape a tensor with {total} elements to shape {rules.shape_text(wanted)} ({known} elements)")
        return wanted
    if len(open_sizes) > 1 or known == 0:
        return wanted
    axis = open_sizes[0]
    return (*wanted[:axis], rules.divided(c, total, known), *wanted[axis + 1 :])


def _prepared_reshape(c):
    """Sizes that only must be what they are, if all goes well, are checked when they come."""
    sizes = c.partial(1)
    return None if sizes is None or None in sizes else _prepared(_reshape_shape, "tensor")(c)


@op(
    "Reshape(tensor: T, shape: Tshape) -> output: T",
    formula="dx = dy in the shape of x",
    types={"Tshape": INDEX},
    type_defaults={"Tshape": "int32"},
    names=["reshape", "manip.reshape"],
    shape=_reshape_shape,
    partial=lambda c: c.partial(0) if c.shape(1) in ((), (0,), (1,)) else None,  # of vectors and scalars only
    prepare=_prepared_reshape,
    host=("shape",),
    view=("tensor",),
    samples=[
        sample(values((2, 3)), ints(3, 2)),
        sample(values((2, 3)), ints(-1)),
        sample(values((1, 1)), ints()),
        sample(values((0, 3)), ints(3, 0)),
    ],
)
def reshape(xp, tensor, shape):
    """Give the elements of `tensor` another shape; one size may be -1, and is then whatever is left.

    >>> tf.Session().run(tf.reshape([1, 2, 3, 4], [2, -1]))
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    sizes = np.asarray(shape).reshape(-1).tolist() if shape.ndim == 0 else numbers(shape, "sizes input must be 1-D, not ")
    unknown = [axis for axis, size in enumerate(sizes) if size == -1]
    if len(unknown) > 1:
        raise invalid(f"Only one input size may be -1, not both {unknown[0]} and {unknown[1]}")
    for axis, size in enumerate(sizes):
        if size < -1:
            raise invalid(f"Size {axis} must be non-negative, not {size}")
    total, known = math.prod(tensor.shape), math.prod([size for size in sizes if size != -1])
    if unknown:
        if known == 0:
            if total:
                raise invalid(
                    "reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are non-zero"
                )
            sizes[unknown[0]] = 0
        elif total % known:
            raise invalid(f"Input to reshape is a tensor with {total} values, but the requested shape requires a multiple of {known}")
        else:
            sizes[unknown[0]] = total // known
    elif known != total:
        raise invalid(f"Input to reshape is a tensor with {total} values, but the requested shape has {known}")
    return tensor.reshape(sizes)


@reshape.gradient
def reshape_gradient(g, op, dy):
    return g.reshape(dy, g.shape(op.inputs[0])), None


def _expand_shape(c):
    shape = c.shape(0)
    value = c.value(1)
    if value is not None and value.size != 1:
        raise c.fail("'dim' input must be a tensor with a single value")
    if shape is None:
        return None
    if value is None:
        return (None,) * (len(shape) + 1)
    axis, rank = int(value.reshape(-1)[0]), len(shape)
    if not -rank - 1 <= axis <= rank:
        raise c.fail(f"dim {axis} not in the interval [{-rank - 1}, {rank}].")
    axis %= rank + 1
    return shape[:axis] + (1,) + shape[axis:]


@op(
    "ExpandDims(input: T, dim: Tdim) -> output: T",
    formula="dx = dy in the shape of x",
    types={"Tdim": INDEX},
    type_defaults={"Tdim": "int32"},
    shape=_expand_shape,
    partial=lambda c: c.partial(0) if c.shape(0) == () else None,
    prepare=_prepared(_expand_shape, "input"),
    host=("dim",),
    view=("input",),
    samples=[sample(values((2, 3)), 0), sample(values((2, 3)), -1), sample(values(()), 0)],
)
def expand_dims(xp, input, dim):
    """Insert an axis of size 1 before axis `dim`."""
    dim = np.asarray(dim)
    if dim.size != 1:
        raise invalid("'dim' must be a tensor with a single value")
    axis, rank = dim.item(), len(input.shape)
    if not -rank - 1 <= axis <= rank:
        raise invalid(f"Tried to expand dim index {axis} for tensor with {rank} dimensions.")
    axis %= rank + 1
    return input.reshape(*input.shape[:axis], 1, *input.shape[axis:])


@expand_dims.gradient
def expand_dims_gradient(g, op, dy):
    return g.reshape(dy, g.shape(op.inputs[0])), None


def _squeeze_shape(c):
    shape, axes = c.shape(0), c.attrs["squeeze_dims"]
    if shape is None:
        return None
    rank = len(shape)
    for axis in axes:
        if not -rank <= axis < rank:
            raise c.fail(f"squeeze_dims[0] not in [{-rank},{rank}).")
    squeezed = {axis % rank for axis in axes}
    if not squeezed:
        return None if None in shape else tuple([size for size in shape if size != 1])
    for axis in sorted(squeezed):
        if shape[axis] not in (None, 1):
            raise c.fail(f"Can not squeeze dim[{axis}], expected a dimension of 1, got {shape[axis]}")
    return tuple([size for axis, size in enumerate(shape) if axis not in squeezed])


@op(
    "Squeeze(input: T, *, squeeze_dims: list(int) = []) -> output: T",
    formula="dx = dy in the shape of x",
    shape=_squeeze_shape,
    prepare=_prepared(_squeeze_shape, "input"),
    view=("input",),
    partial=lambda c: c.partial(0),
    samples=[sample(values((1, 3, 1))), sample(values((1, 3, 1)), squeeze_dims=[-1])],
)
def squeeze(xp, input, squeeze_dims):
    """Drop axes of size 1: those of `squeeze_dims`, or all."""
    shape, rank = input.shape, len(input.shape)
    for axis in squeeze_dims:
        if not -rank <= axis < rank:
            raise invalid(f"Tried to squeeze dim index {axis} for tensor with {rank} dimensions.")
        if shape[axis] != 1:
            raise invalid(f"Can not squeeze dim[{axis % rank}], expected a dimension of 1, got {shape[axis]}")
    dropped = {axis % rank for axis in squeeze_dims} or {axis for axis, size in enumerate(shape) if size == 1}
    return input.reshape([size for axis, size in enumerate(shape) if axis not in dropped])


@squeeze.gradient
def squeeze_gradient(g, op, dy):
    return g.reshape(dy, g.shape(op.inputs[0]))


def _broadcast_to_shape(c):
    wanted, have = rules.shape_from_input(c, 1), c.shape(0)
    if wanted is None or have is None:
        return wanted
    if len(have) > len(wanted):
        raise c.fail(f"Shape must be at most rank {len(wanted)} but is rank {len(have)}")
    for size, want in zip(have[::-1], wanted[::-1]):
        if size not in (None, 1) and want not in (None, size):
            raise c.fail(f"Dimensions must be equal, but are {size} and {want}")
    return wanted


@op(
    "BroadcastTo(input: T, shape: Tidx) -> output: T",
    formula="dx = dy, summed over what was repeated",
    types={"Tidx": INDEX},
    type_defaults={"Tidx": "int32"},
    names=["broadcast_to"],
    shape=_broadcast_to_shape,
    host=("shape",),
    view=("input",),
    samples=[sample(values((3,)), ints(2, 3)), sample(values((2, 1)), ints(4, 2, 3)), sample(values(()), ints(2))],
)
def broadcast_to(xp, input, shape):
    """Stretch `input` to a larger shape, as NumPy broadcasts.

    >>> tf.Session().run(tf.broadcast_to([1, 2], [3, 2]))
    array([[1, 2],
           [1, 2],
           [1, 2]], dtype=int32)
    """
    wanted = tuple(numbers(shape, "shape must be a vector of {int32,int64}, got shape "))
    check_room(wanted, 1)
    have = input.shape
    fits = len(have) <= len(wanted) and all(size in (1, want) for size, want in zip(have[::-1], wanted[::-1]))
    if not fits or min(wanted, default=0) < 0:
        raise invalid(f"Incompatible shapes: {rules.shape_text(have)} vs. {rules.shape_text(wanted)}")
    return xp.broadcast_to(input, wanted)


def sum_to(g, dy, target):
    """Sum `dy` over the axes along which `target` was stretched, so that it gets the shape of `target`."""
    if dy.static_shape is not None and dy.static_shape == target.static_shape and None not in dy.static_shape:
        return dy
    shape = g.shape(target)
    axes, _ = g.broadcast_gradient_args(shape, g.shape(dy))
    return g.reshape(g.sum(dy, axes), shape)


@broadcast_to.gradient
def broadcast_to_gradient(g, op, dy):
    return sum_to(g, dy, op.inputs[0]), None


def broadcast_sizes(first, second):
    """The sizes to which two shapes stretch, or None when they do not."""
    first, second = (numbers(shape, f"In[{index}] must be a vector.") for index, shape in enumerate((first, second)))
    width = max(len(first), len(second))
    first, second = [1] * (width - len(first)) + first, [1] * (width - len(second)) + second
    if any(x != y and 1 not in (x, y) for x, y in zip(first, second)):
        return None
    return [y if x == 1 else x for x, y in zip(first, second)]


def _broadcast_args_shape(c):
    first, second = rules.with_rank(c, c.shape(0), 1)[0], rules.with_rank(c, c.shape(1), 1)[0]
    return (None if first is None or second is None else max(first, second),)


@op(
    "BroadcastArgs(s0: T, s1: T) -> r0: T",
    types={"T": INDEX},
    type_defaults={"T": "int32"},
    shape=_broadcast_args_shape,
    host=("s0", "s1"),
    samples=[sample(ints(2, 1), ints(3)), sample(ints(), ints(4))],
    no_gradient="shapes are integers",
)
def broadcast_args(xp, s0, s1, T):
    """Give the shape to which two shapes stretch."""
    sizes = broadcast_sizes(s0, s1)
    if sizes is None:
        raise invalid(f"Incompatible shapes: {rules.shape_text(s0.tolist())} vs. {rules.shape_text(s1.tolist())}")
    return xp.asarray(sizes, dtype=T.numpy)


def stretched_axes(first, second):
    """For each of two shapes, the axes of their common shape along which it was stretched (or had size 1)."""
    first, second = np.asarray(first).tolist(), np.asarray(second).tolist()
    if first == second:
        return [], []
    width = max(len(first), len(second))
    padded = [[None] * (width - len(shape)) + shape for shape in (first, second)]
    return tuple([[axis for axis, size in enumerate(sizes) if size in (None, 1)] for sizes in padded])


@op(
    "BroadcastGradientArgs(s0: T, s1: T) -> r0: T, r1: T",
    types={"T": INDEX},
    type_defaults={"T": "int32"},
    shape=lambda c: [(None,), (None,)],
    host=("s0", "s1"),
    no_gradient="shapes are integers",
    samples=[sample(ints(2, 3), ints(3)), sample(ints(2, 1), ints(1, 3)), sample(ints(2), ints(2))],
)
def broadcast_gradient_args(xp, s0, s1, T):
    """Give the axes over which the gradient of each of two broadcast inputs is summed."""
    if broadcast_sizes(s0, s1) is None:
        raise invalid(f"Incompatible shapes: {rules.shape_text(s0.tolist())} vs. {rules.shape_text(s1.tolist())}")
    return tuple([xp.asarray(axes, dtype=T.numpy) for axes in stretched_axes(s0, s1)])
