"""Rules of shape inference that many ops share.

Each rule takes the `Inference` of a node being built (called `c` everywhere) and returns the static shape of its output, or
raises the error that `c.fail` makes. A static shape is a tuple of `int | None`, or None when not even the rank is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.shapes import Shape, ShapeMismatch, broadcast as broadcast_pair, merge as merge_pair, text


def unchanged(c: Any) -> Shape:
    """The shape of the first input."""
    return c.shape(0)


def scalar(c: Any) -> Shape:
    """A tensor of rank 0."""
    return ()


def unknown(c: Any) -> Shape:
    """Nothing is known before the graph runs."""
    return None


def vector(c: Any) -> Shape:
    """A tensor of rank 1 whose length is not known."""
    return (None,)


def broadcast(c: Any) -> Shape:
    """Two inputs stretched to a common shape."""
    return broadcast_shapes(c, c.shape(0), c.shape(1))


def broadcast_shapes(c: Any, first: Shape, second: Shape) -> Shape:
    """The common shape to which two shapes stretch."""
    try:
        return broadcast_pair(first, second)
    except ShapeMismatch as error:
        raise c.fail(str(error)) from None


def same_shape(c: Any) -> Shape:
    """All inputs have one shape."""
    shape = c.shape(0)
    for index in range(1, c.count):
        shape = merge(c, shape, c.shape(index))
    return shape


def merge(c: Any, first: Shape, second: Shape) -> Shape:
    """The most that is known of one shape described twice."""
    try:
        return merge_pair(first, second)
    except ShapeMismatch as error:
        raise c.fail(str(error)) from None


def merge_size(c: Any, first: int | None, second: int | None) -> int | None:
    """The most that is known of one size described twice."""
    if first is not None and second is not None and first != second:
        raise c.fail(f"Dimensions must be equal, but are {first} and {second}")
    return second if first is None else first


def merge_prefix(c: Any, shape: Shape, prefix: Shape) -> None:
    """Check that `shape` begins as `prefix`."""
    if shape is None or prefix is None:
        return
    with_rank_at_least(c, shape, len(prefix))
    for size, wanted in zip(shape, prefix):
        merge_size(c, size, wanted)


def with_rank(c: Any, shape: Shape, rank: int) -> tuple[int | None, ...]:
    """`shape`, which must have this rank."""
    if shape is None:
        return (None,) * rank
    if len(shape) != rank:
        raise c.fail(f"Shape must be rank {rank} but is rank {len(shape)}")
    return shape


def with_rank_at_least(c: Any, shape: Shape, rank: int) -> Shape:
    """`shape`, which must have at least this rank."""
    if shape is not None and len(shape) < rank:
        raise c.fail(f"Shape must be at least rank {rank} but is rank {len(shape)}")
    return shape


def with_rank_at_most(c: Any, shape: Shape, rank: int) -> Shape:
    """`shape`, which must have at most this rank."""
    if shape is not None and len(shape) > rank:
        raise c.fail(f"Shape must be at most rank {rank} but is rank {len(shape)}")
    return shape


def with_size(c: Any, size: int | None, wanted: int) -> int:
    """One size of a shape, which must be `wanted`."""
    if size is not None and size != wanted:
        raise c.fail(f"Dimension must be {wanted} but is {size}")
    return wanted


def rank_of(shape: Shape) -> int | None:
    """The rank of a static shape, or None."""
    return None if shape is None else len(shape)


def size_product(sizes: Sequence[int | None]) -> int | None:
    """The product of sizes; None when one is unknown (and none is 0)."""
    if 0 in sizes:
        return 0
    product = 1
    for size in sizes:
        if size is None:
            return None
        product *= size
    return product


def size_sum(sizes: Sequence[int | None]) -> int | None:
    """The sum of sizes; None when one is unknown."""
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def scalar_value(c: Any, index: int) -> int | None:
    """The number that constant input `index` holds, which must be a scalar; None when it is not known yet."""
    with_rank(c, c.shape(index), 0)
    value = c.value(index)
    return None if value is None else int(value)


def scalar_size(c: Any, index: int) -> int | None:
    """A size given by scalar input `index`."""
    size = scalar_value(c, index)
    if size is not None and size < 0:
        raise c.fail(f"Dimension size, given by scalar input {index}, must be non-negative but is {size}")
    return size


def shape_from_input(c: Any, index: int) -> Shape:
    """The shape that an integer vector input holds; -1 means unknown."""
    holder = with_rank(c, c.shape(index), 1)
    sizes = c.partial(index)
    if sizes is None:
        return None if holder[0] is None else (None,) * holder[0]
    for size in sizes:
        if size is not None and size < -1:
            raise c.fail(f"Invalid value in tensor used for shape: {size}")
    return tuple([None if size == -1 else size for size in sizes])


def axis_in_range(c: Any, axis: int, rank: int) -> int:
    """`axis` counted from the front; the error is TensorFlow's for an axis outside [-rank, rank)."""
    if not -rank <= axis < rank:
        need = axis + 1 if axis >= 0 else -axis
        raise c.fail(f"Shape must be at least rank {need} but is rank {rank}")
    return axis % rank if rank else 0


def reduction_axes(c: Any, rank: int, axes: Sequence[int]) -> tuple[int, ...]:
    """The reduced axes counted from the front, ascending, each once."""
    found = set()
    for axis in axes:
        if not -rank <= axis < rank:
            raise c.fail(f"Invalid reduction dimension {axis} for input with {rank} dimensions.")
        found.add(axis % rank)
    return tuple(sorted(found))


def reduction(c: Any) -> Shape:
    """Input 0 reduced over the axes that input 1 holds, with attribute `keep_dims`."""
    shape, keep = c.shape(0), c.attrs["keep_dims"]
    with_rank_at_most(c, c.shape(1), 1)
    axes = c.value(1)
    if shape is None:
        return None
    if axes is None:
        if keep:
            return (None,) * len(shape)
        held = c.shape(1)
        # The number of axes says how many are left, if they are all different; TensorFlow does not rely on that either.
        return shape if held == (0,) else None
    reduced = reduction_axes(c, len(shape), [int(axis) for axis in axes.reshape(-1)])
    if keep:
        return tuple([1 if index in reduced else size for index, size in enumerate(shape)])
    return tuple([size for index, size in enumerate(shape) if index not in reduced])


def concatenated(c: Any, shapes: Sequence[Shape], axis: int | None) -> Shape:
    """Shapes joined along an axis; None when the axis is not known."""
    if axis is None:
        rank = next((len(shape) for shape in shapes if shape is not None), None)
        if rank is None:
            return None
        for shape in shapes:
            if shape is not None and len(shape) != rank:
                raise c.fail(f"Shapes must be equal rank, but are {rank} and {len(shape)}")
        return (None,) * rank
    if all(shape is None for shape in shapes):
        return None
    need = axis + 1 if axis >= 0 else -axis
    rest: Shape = None
    sizes: list[int | None] = []
    for shape in shapes:
        if shape is None:
            sizes.append(None)
            continue
        with_rank_at_least(c, shape, need)
        at = axis % len(shape)
        sizes.append(shape[at])
        rest = merge(c, rest, shape[:at] + shape[at + 1 :])
    if rest is None:
        return None
    at = axis % (len(rest) + 1)
    return rest[:at] + (size_sum(sizes),) + rest[at:]


def divided(c: Any, size: int | None, divisor: int) -> int | None:
    """`size / divisor`, which must leave no rest."""
    if size is None:
        return None
    if size % divisor:
        raise c.fail(f"Dimension size must be evenly divisible by {divisor} but is {size}")
    return size // divisor


def matrix_product(c: Any) -> Shape:
    """MatMul: [m, k] x [k, n] -> [m, n], with attributes `transpose_a` and `transpose_b`."""
    a, b = with_rank(c, c.shape(0), 2), with_rank(c, c.shape(1), 2)
    rows, inner = a[::-1] if c.attrs["transpose_a"] else a
    inner_b, columns = b[::-1] if c.attrs["transpose_b"] else b
    merge_size(c, inner, inner_b)
    return (rows, columns)


def sparse_rows(c: Any, rows: Shape, indices: Shape, updates: Shape) -> None:
    """Check that `updates` has one slice per index, each with the shape of one row of `rows`."""
    if indices is None or rows is None or updates is None:
        return
    with_rank_at_least(c, rows, 1)
    if len(updates):  # a scalar update is stretched over all rows
        merge(c, updates, indices + rows[1:])


def shape_text(shape: Shape) -> str:
    """`[2,?]`, as kernels print shapes."""
    return text(shape)
