"""Ops that move blocks of pixels into the batch or into the channels, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.errors import UnimplementedError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX

_FORMATS = "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'"


# -------------------------------------------------------------------- into the batch


def _block_of(c: Any, block_index: int | None) -> Any:
    """The block's sizes as far as they are known, or None when not even their number is."""
    if block_index is None:
        return [c.attrs["block_size"]] * 2
    holder = rules.with_rank(c, c.shape(block_index), 1)
    value = c.value(block_index)
    if value is not None:
        return [int(size) for size in value]
    return None if holder[0] is None else [None] * holder[0]


def _amounts_of(c: Any, index: int, count: int) -> list[Any]:
    """The (before, after) pairs of an input, with None for what is not known."""
    holder = rules.with_rank(c, c.shape(index), 2)
    rules.merge_size(c, holder[0], count)
    rules.with_size(c, holder[1], 2)
    value = c.value(index)
    return [(None, None)] * count if value is None else [(int(low), int(high)) for low, high in value]


def _checked_block(c: Any, block: list[Any]) -> int | None:
    """The number of places in a block."""
    for number, size in enumerate(block):
        if size is not None and size < 1:
            raise c.fail(f"block_shape[{number}] must be >= 1 but is {size}")
    return rules.size_product(block)


def _to_batch_shape(c: Any, block_index: int | None, amounts_index: int) -> Any:
    shape = c.shape(0) if block_index is not None else rules.with_rank(c, c.shape(0), 4)
    block = _block_of(c, block_index)
    if shape is None or block is None:
        return None
    rules.with_rank_at_least(c, shape, len(block) + 1)
    places = _checked_block(c, block)
    result = [None if shape[0] is None or places is None else shape[0] * places]
    for size, step, (low, high) in zip(shape[1:], block, _amounts_of(c, amounts_index, len(block))):
        if low is not None and (low < 0 or high < 0):
            raise c.fail(f"paddings cannot be negative, but are {low} and {high}")
        known = None not in (size, step, low)
        result.append(rules.divided(c, size + low + high, step) if known else None)
    return (*result, *shape[len(block) + 1 :])


def _from_batch_shape(c: Any, block_index: int | None, amounts_index: int) -> Any:
    shape = c.shape(0) if block_index is not None else rules.with_rank(c, c.shape(0), 4)
    block = _block_of(c, block_index)
    if shape is None or block is None:
        return None
    rules.with_rank_at_least(c, shape, len(block) + 1)
    places = _checked_block(c, block)
    result = [None if places is None else rules.divided(c, shape[0], places)]
    for size, step, (low, high) in zip(shape[1:], block, _amounts_of(c, amounts_index, len(block))):
        if low is not None and (low < 0 or high < 0):
            raise c.fail(f"crops cannot be negative, but are {low} and {high}")
        known = None not in (size, step, low)
        if known and size * step - low - high < 0:
            raise c.fail(f"Negative dimension size caused by subtracting {low + high} from {size * step}")
        result.append(size * step - low - high if known else None)
    return (*result, *shape[len(block) + 1 :])


def _checked_sizes(x: Any, block_shape: Any, amounts: Any, name: str) -> tuple[list[int], list[list[int]]]:
    """Block and amounts as Python numbers, checked."""
    block, pairs = np.asarray(block_shape), np.asarray(amounts)
    if block.ndim != 1:
        raise invalid(f"block_shape must be one-dimensional instead of {rules.shape_text(block.shape)}")
    if x.ndim < len(block) + 1:
        raise invalid(f"input rank should be >= {len(block) + 1} instead of {x.ndim}")
    if pairs.shape != (len(block), 2):
        raise invalid(f"{name} should have shape [{len(block)}, 2] instead of {rules.shape_text(pairs.shape)}")
    if (block < 1).any():
        raise invalid("All values in block_shape must be positive, got value, " + str(block[block < 1][0]) + f" at index {block.argmin()}.")
    if (pairs < 0).any():
        raise invalid(f"{name.capitalize()} must be non-negative")
    return block.tolist(), pairs.tolist()


def _to_batch(xp: Any, x: Any, block: list[int], pairs: list[list[int]]) -> Any:
    """Pixels at the same place of their blocks become images of their own.

    x: [batch, *sizes, *rest] -> [places * batch, *sizes / block, *rest]
    """
    count = len(block)
    rest = x.shape[count + 1 :]
    padded_sizes = [size + low + high for size, (low, high) in zip(x.shape[1:], pairs)]
    check_room((x.shape[0], *padded_sizes, *rest), x.dtype.itemsize)
    for number, (size, step) in enumerate(zip(padded_sizes, block)):
        if size % step:
            raise invalid(f"padded_shape[{number}]={size} is not divisible by block_shape[{number}]={step}")
    if any(low or high for low, high in pairs):
        filler = b"" if x.dtype == object else 0
        padded = xp.full((x.shape[0], *padded_sizes, *rest), filler, dtype=x.dtype)
        inner = (slice(None), *(slice(low, low + size) for size, (low, _) in zip(x.shape[1:], pairs)))
        padded[inner] = x
    else:
        padded = x
    split = [part for size, step in zip(padded_sizes, block) for part in (size // step, step)]
    apart = padded.reshape(x.shape[0], *split, *rest)  # [batch, tiles, step, tiles, step, ..., *rest]
    steps, tiles = range(2, 2 * count + 1, 2), range(1, 2 * count, 2)
    order = (*steps, 0, *tiles, *range(2 * count + 1, apart.ndim))
    results = [size // step for size, step in zip(padded_sizes, block)]
    return apart.transpose(order).copy().reshape(x.shape[0] * math.prod(block), *results, *rest)


def _from_batch(xp: Any, x: Any, block: list[int], pairs: list[list[int]]) -> Any:
    """The reverse of `_to_batch`: images become pixels at one place of each block, then the edges are cut off."""
    count = len(block)
    places = math.prod(block)
    if x.shape[0] % places:
        raise invalid(f"Input batch dimension ({x.shape[0]}) is not divisible by product of block sizes ({places})")
    sizes = [size * step for size, step in zip(x.shape[1:], block)]
    for number, (size, (low, high)) in enumerate(zip(sizes, pairs)):
        if size - low - high < 0:
            raise invalid(f"cropped_shape[{number}]={size - low - high} must be non-negative")
    batch, rest = x.shape[0] // places, x.shape[count + 1 :]
    apart = x.reshape(*block, batch, *x.shape[1 : count + 1], *rest)
    order = [count]
    for number in range(count):
        order += [count + 1 + number, number]  # tiles along one axis, then the place in the tile
    whole = apart.transpose(*order, *range(2 * count + 1, apart.ndim))
    if not any(low or high for low, high in pairs):
        return whole.copy().reshape(batch, *sizes, *rest)
    cut = (slice(None), *(slice(low, size - high) for size, (low, high) in zip(sizes, pairs)))
    return whole.reshape(batch, *sizes, *rest)[cut].copy()


@op(
    "SpaceToBatchND(input: T, block_shape: Tblock_shape, paddings: Tpaddings) -> output: T",
    types={"Tblock_shape": INDEX, "Tpaddings": INDEX},
    type_defaults={"Tblock_shape": "int32", "Tpaddings": "int32"},
    shape=lambda c: _to_batch_shape(c, 1, 2),
    names=["space_to_batch_nd", "manip.space_to_batch_nd"],
    host=("block_shape", "paddings"),
    samples=[
        sample(values((2, 4, 3, 1)), ints(2, 3), [[1, 1], [0, 0]]),
        sample(values((1, 4, 2)), ints(2), [[0, 0]]),
        sample(values((1, 4, 2)), ints(1), [[0, 0]]),
        sample(values((0, 4, 2)), ints(2), [[0, 2]]),
    ],
)
def space_to_batch_nd(xp, input, block_shape, paddings):
    """Divide padded images into blocks; the pixels at one place of all blocks become an image of their own in the batch.

    >>> tf.Session().run(tf.space_to_batch_nd([[1, 2, 3, 4]], [2], [[0, 0]]))
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    return _to_batch(xp, input, *_checked_sizes(input, block_shape, paddings, "paddings"))


@space_to_batch_nd.gradient
def space_to_batch_nd_gradient(g, op, dy):
    return g.batch_to_space_nd(dy, op.inputs[1], op.inputs[2]), None, None


@op(
    "BatchToSpaceND(input: T, block_shape: Tblock_shape, crops: Tcrops) -> output: T",
    types={"Tblock_shape": INDEX, "Tcrops": INDEX},
    type_defaults={"Tblock_shape": "int32", "Tcrops": "int32"},
    shape=lambda c: _from_batch_shape(c, 1, 2),
    names=["batch_to_space_nd", "manip.batch_to_space_nd"],
    host=("block_shape", "crops"),
    samples=[
        sample(values((6, 2, 2, 1)), ints(2, 3), [[1, 0], [0, 1]]),
        sample(values((2, 2, 2)), ints(2), [[0, 0]]),
        sample(values((2, 2, 2)), ints(1), [[0, 0]]),
        sample(values((0, 2)), ints(2), [[0, 1]]),
    ],
)
def batch_to_space_nd(xp, input, block_shape, crops):
    """Put the images of a batch together as the places of blocks, then cut off the edges: the reverse of SpaceToBatchND.

    >>> tf.Session().run(tf.batch_to_space_nd([[1, 3], [2, 4]], [2], [[0, 0]]))
    array([[1, 2, 3, 4]], dtype=int32)
    """
    return _from_batch(xp, input, *_checked_sizes(input, block_shape, crops, "crops"))


@batch_to_space_nd.gradient
def batch_to_space_nd_gradient(g, op, dy):
    return g.space_to_batch_nd(dy, op.inputs[1], op.inputs[2]), None, None


@op(
    "SpaceToBatch(input: T, paddings: Tpaddings, *, block_size: int >= 2) -> output: T",
    types={"Tpaddings": INDEX},
    type_defaults={"Tpaddings": "int32"},
    shape=lambda c: _to_batch_shape(c, None, 1),
    host=("paddings",),
    samples=[sample(values((1, 4, 2, 1)), [[0, 0], [1, 1]], block_size=2), sample(values((1, 2, 2, 1)), [[0, 0], [0, 0]], block_size=2)],
)
def space_to_batch_square(xp, input, paddings, block_size):
    """SpaceToBatchND for images and square blocks."""
    return _to_batch(xp, input, *_checked_sizes(input, [block_size] * 2, paddings, "paddings"))


@space_to_batch_square.gradient
def space_to_batch_square_gradient(g, op, dy):
    return g.batch_to_space_square(dy, op.inputs[1], block_size=op.attrs["block_size"]), None


@op(
    "BatchToSpace(input: T, crops: Tidx, *, block_size: int >= 2) -> output: T",
    types={"Tidx": INDEX},
    type_defaults={"Tidx": "int32"},
    shape=lambda c: _from_batch_shape(c, None, 1),
    host=("crops",),
    samples=[sample(values((4, 2, 2, 1)), [[0, 1], [0, 0]], block_size=2), sample(values((4, 1, 1, 1)), [[0, 0], [0, 0]], block_size=2)],
)
def batch_to_space_square(xp, input, crops, block_size):
    """BatchToSpaceND for images and square blocks."""
    return _from_batch(xp, input, *_checked_sizes(input, [block_size] * 2, crops, "crops"))


@batch_to_space_square.gradient
def batch_to_space_square_gradient(g, op, dy):
    return g.space_to_batch_square(dy, op.inputs[1], block_size=op.attrs["block_size"]), None


# -------------------------------------------------------------------- into the channels


def _image_axes(data_format: str) -> tuple[int, int, int]:
    """Where height, width and channels are."""
    return (1, 2, 3) if data_format == "NHWC" else (2, 3, 1)


def _to_depth_shape(c: Any) -> Any:
    return _depth_shape(c, lambda size, step: rules.divided(c, size, step), lambda depth, places: None if depth is None else depth * places)


def _from_depth_shape(c: Any) -> Any:
    return _depth_shape(c, lambda size, step: None if size is None else size * step, lambda depth, places: rules.divided(c, depth, places))


def _depth_shape(c: Any, along: Any, across: Any) -> Any:
    vectors = c.attrs["data_format"] == "NCHW_VECT_C"
    shape = list(rules.with_rank(c, c.shape(0), 5 if vectors else 4))
    height, width, depth = _image_axes(c.attrs["data_format"])
    step = c.attrs["block_size"]
    shape[height], shape[width], shape[depth] = along(shape[height], step), along(shape[width], step), across(shape[depth], step * step)
    return tuple(shape)


def _check_image(x: Any, data_format: str) -> None:
    if data_format == "NCHW_VECT_C":
        raise UnimplementedError(None, None, "The NCHW_VECT_C data format is only supported on GPU.")
    if x.ndim != 4:
        raise invalid(f"Input rank should be: 4 instead of: {x.ndim}")


@op(
    f"SpaceToDepth(input: T, *, block_size: int >= 2, {_FORMATS}) -> output: T",
    shape=_to_depth_shape,
    samples=[
        sample(values((1, 4, 2, 2)), block_size=2),
        sample(values((1, 2, 2, 1)), block_size=2),
        sample(values((2, 1, 2, 4)), block_size=2, data_format="NCHW"),
    ],
)
def space_to_depth(xp, input, block_size, data_format):
    """Make each block of pixels one pixel with all their channels side by side."""
    _check_image(input, data_format)
    height, width, depth = [input.shape[axis] for axis in _image_axes(data_format)]
    if height % block_size or width % block_size:
        raise invalid(f"Image width {width} and height {height} should be divisible by block_size: {block_size}")
    tall, wide = height // block_size, width // block_size
    batch, channels = input.shape[0], depth * block_size * block_size
    if data_format == "NHWC":
        apart = input.reshape(batch, tall, block_size, wide, block_size, depth)
        return apart.transpose(0, 1, 3, 2, 4, 5).copy().reshape(batch, tall, wide, channels)
    apart = input.reshape(batch, depth, tall, block_size, wide, block_size)
    return apart.transpose(0, 3, 5, 1, 2, 4).copy().reshape(batch, channels, tall, wide)


@space_to_depth.gradient
def space_to_depth_gradient(g, op, dy):
    return [g.depth_to_space(dy, block_size=op.attrs["block_size"], data_format=op.attrs["data_format"])]


@op(
    f"DepthToSpace(input: T, *, block_size: int >= 2, {_FORMATS}) -> output: T",
    shape=_from_depth_shape,
    samples=[
        sample(values((1, 2, 1, 8)), block_size=2),
        sample(values((1, 1, 1, 4)), block_size=2),
        sample(values((2, 4, 2, 1)), block_size=2, data_format="NCHW"),
    ],
)
def depth_to_space(xp, input, block_size, data_format):
    """Spread the channels of each pixel over a block of pixels: the reverse of SpaceToDepth."""
    _check_image(input, data_format)
    height, width, depth = [input.shape[axis] for axis in _image_axes(data_format)]
    if depth % (block_size * block_size):
        raise invalid(f"Input depth dimension {depth} should be divisible by: {block_size * block_size}")
    batch, channels = input.shape[0], depth // (block_size * block_size)
    tall, wide = height * block_size, width * block_size
    if data_format == "NHWC":
        apart = input.reshape(batch, height, width, block_size, block_size, channels)
        return apart.transpose(0, 1, 3, 2, 4, 5).copy().reshape(batch, tall, wide, channels)
    apart = input.reshape(batch, block_size, block_size, channels, height, width)
    return apart.transpose(0, 3, 4, 1, 5, 2).copy().reshape(batch, channels, tall, wide)


@depth_to_space.gradient
def depth_to_space_gradient(g, op, dy):
    return [g.space_to_depth(dy, block_size=op.attrs["block_size"], data_format=op.attrs["data_format"])]
