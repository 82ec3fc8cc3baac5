"""Ops that lay out every patch of images or volumes as the channels of one pixel."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.core.errors import OutOfRangeError, UnimplementedError
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.windows import layout, pad, windows


def _across_space(name: str, numbers: Any) -> list[int]:
    """The numbers of an attribute for the spatial axes; those for batch and channels must be 1."""
    if numbers[0] != 1 or numbers[-1] != 1:
        raise UnimplementedError(None, None, f"Only support {name} across space.")
    if min(numbers) < 1:
        raise OutOfRangeError(None, None, f"{name} is out of range.")
    return list(numbers[1:-1])


def _counts(sizes: Any, window: Any, strides: Any, rates: Any, padding: str) -> list[int | None]:
    """How many patches stand along each axis, as far as it is known."""
    results: list[int | None] = []
    for size, extent, stride, rate in zip(sizes, window, strides, rates):
        reach = 1 if padding == "SAME" else (extent - 1) * rate + 1
        results.append(None if size is None or stride < 1 else max(-(-(size - reach + 1) // stride), 0))
    return results


def _patches_shape(c):
    rank = len(c.attrs["ksizes"])
    known = rules.with_rank(c, c.shape(0), rank)
    window = c.attrs["ksizes"][1:-1]
    rates = c.attrs.get("rates", (1,) * rank)[1:-1]
    counts = _counts(known[1:-1], window, c.attrs["strides"][1:-1], rates, c.attrs["padding"])
    depth = None if known[-1] is None else known[-1] * math.prod(window)
    return (known[0], *counts, depth)


def _patches(xp: Any, images: Any, ksizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    rank = len(ksizes)
    window, steps, gaps = _across_space("ksizes", ksizes), _across_space("strides", strides), _across_space("rates", rates)
    if images.ndim != rank:
        raise invalid(f"input must be {rank}-dimensional{text(images.shape)}")
    where = layout(images.shape[1:-1], window, steps, gaps, padding)
    shape = (images.shape[0], *where.results, images.shape[-1] * where.positions)
    check_room(shape, images.dtype.itemsize)
    if not math.prod(shape):
        return xp.zeros(shape, dtype=images.dtype)
    return xp.ascontiguousarray(windows(xp, xp.ascontiguousarray(pad(xp, images, where)), where)).reshape(shape)


def _patches_gradient(g: Any, op: Any, dy: Any, patches: Any) -> Any:
    """Add the gradients of all copies of a pixel up.

    The same patches are taken of an image of numbers, 1, 2, 3 ...: so it is known, whatever the shapes, which pixel each element copies
    (0: none, it is padding).
    """
    images = op.inputs[0]
    shape = g.shape(images)
    sizes, depth = shape[1:-1], shape[-1:]
    count = g.reshape(g.prod(sizes, g.constant([0], "int32")), [])
    numbers = g.reshape(g.range(1, g.add_v2(count, 1), 1), g.concat([[1], sizes, [1]], 0))
    sources = g.sub(g.reshape(patches(numbers), [-1]), 1)  # [elements of all patches of one image without channels]
    rows = g.reshape(dy, g.concat([shape[:1], [-1], depth], 0))  # [batch, elements, channels]
    moved = g.transpose(rows, [1, 0, 2])
    total = g.unsorted_segment_sum(moved, sources, count)  # [pixels, batch, channels]
    return g.reshape(g.transpose(total, [1, 0, 2]), shape)


def _cost(c):
    shape = _patches_shape(c)
    elements = rules.size_product([1 if size is None else size for size in shape]) or 0
    return 0.0, 2.0 * elements * c.dtype(0).size


@op(
    "ExtractImagePatches(images: T, *, ksizes: list(int) >= 4, strides: list(int) >= 4, rates: list(int) >= 4, "
    "padding: {'SAME', 'VALID'}) -> patches: T",
    types={
        "T": "bfloat16 half float double int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128 bool",
    },
    shape=_patches_shape,
    cost=_cost,
    samples=[
        sample(values((2, 4, 3, 2)), ksizes=[1, 2, 2, 1], strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="VALID"),
        sample(values((1, 4, 5, 1)), ksizes=[1, 3, 2, 1], strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding="SAME"),
    ],
)
def extract_image_patches(xp, images, ksizes, strides, rates, padding):
    """Lay out every patch of images as the channels of one pixel."""
    return _patches(xp, images, ksizes, strides, rates, padding)


@extract_image_patches.gradient
def extract_image_patches_gradient(g, op, dy):
    return [_patches_gradient(g, op, dy, lambda images: g.extract_image_patches(images, **_attributes(op, "rates")))]


@op(
    "ExtractVolumePatches(input: T, *, ksizes: list(int) >= 5, strides: list(int) >= 5, padding: {'SAME', 'VALID'}) -> patches: T",
    types={"T": "float double int32 uint8 int16 int8 int64 bfloat16 uint16 half uint32 uint64"},
    names=["extract_volume_patches"],
    shape=_patches_shape,
    cost=_cost,
    samples=[
        sample(values((2, 3, 4, 3, 2)), ksizes=[1, 2, 2, 2, 1], strides=[1, 1, 2, 1, 1], padding="VALID"),
        sample(values((1, 3, 2, 3, 1)), ksizes=[1, 2, 2, 2, 1], strides=[1, 1, 1, 2, 1], padding="SAME"),
    ],
)
def extract_volume_patches(xp, input, ksizes, strides, padding):
    """Lay out every patch of volumes [batch, planes, rows, columns, channels] as the channels of one place.

    >>> tf.extract_volume_patches(tf.zeros([1, 4, 4, 4, 2]), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID").shape.as_list()
    [1, 2, 2, 2, 16]
    """
    return _patches(xp, input, ksizes, strides, (1,) * len(ksizes), padding)


@extract_volume_patches.gradient
def extract_volume_patches_gradient(g, op, dy):
    return [_patches_gradient(g, op, dy, lambda volumes: g.extract_volume_patches(volumes, **_attributes(op)))]


def _attributes(op: Any, *more: str) -> dict[str, Any]:
    return {name: op.attrs[name] for name in ("ksizes", "strides", "padding", *more)}
