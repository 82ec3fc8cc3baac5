"""Ops that cut parts out of a tensor: Slice, StridedSlice and the op of its gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.shapes import is_defined
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, shape_tuple
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX, SMALL_INDEX


def _slice_shape(c):
    begin, size = rules.with_rank(c, c.shape(1), 1), rules.with_rank(c, c.shape(2), 1)
    rank = rules.merge_size(c, begin[0], size[0])
    shape = c.shape(0)
    if shape is not None:
        rank = rules.merge_size(c, len(shape), rank)
    if rank is None:
        return None
    shape = shape or (None,) * rank
    starts, sizes = c.partial(1) or (None,) * rank, c.partial(2) or (None,) * rank
    return tuple([_slice_size(c, *parts) for parts in zip(shape, starts, sizes)])


def _slice_size(c, have, start, size):
    if size == -1:
        if have is None or start is None:
            return None
        if start > have:
            raise c.fail(f"Negative dimension size caused by subtracting {start} from {have}")
        return have - start
    return size


def _prepared_slice(c):
    begin, size = c.value(1), c.value(2)
    shape = _slice_shape(c) if begin is not None and size is not None and is_defined(c.shape(0)) else None
    if not is_defined(shape) or any(start < 0 or start + count > have for start, count, have in zip(begin, shape, c.shape(0))):
        return None
    return "{input}[{where}]", {"where": tuple([slice(start, start + count) for start, count in zip(begin.tolist(), shape)])}


@op(
    "Slice(input: T, begin: Index, size: Index) -> output: T",
    formula="dx = dy where x was taken, 0 elsewhere",
    types={"Index": INDEX},
    shape=_slice_shape,
    partial=lambda c: _slice_elements(c),
    prepare=_prepared_slice,
    host=("begin", "size"),
    view=("input",),
    samples=[sample(values((3, 4)), ints(1, 0), ints(2, -1)), sample(values((5,)), ints(2), ints(2))],
)
def slice_(xp, input, begin, size):
    """Cut out the block that starts at `begin` and has shape `size` (-1: up to the end)."""
    if np.shape(begin) != (input.ndim,) or np.shape(size) != (input.ndim,):
        shapes = f"{rules.shape_text(np.shape(begin))} and {rules.shape_text(np.shape(size))}"
        raise invalid(f"Expected begin and size arguments to be 1-D tensors of size {input.ndim}, but got shapes {shapes} instead.")
    begin, size = np.asarray(begin).tolist(), np.asarray(size).tolist()
    for axis, (have, start, count) in enumerate(zip(input.shape, begin, size)):
        if not 0 <= start <= have:
            raise invalid(f"Expected begin[{axis}] in [0, {have}], but got {start}")
        if count != -1 and not 0 <= count <= have - start:
            raise invalid(f"Expected size[{axis}] in [0, {have - start}], but got {count}")
    return input[tuple([slice(start, None if count == -1 else start + count) for start, count in zip(begin, size)])]


def _slice_elements(c):
    elements, begin, size = c.partial(0), c.partial(1), c.partial(2)
    if elements is None or begin is None or size is None or c.shape(0) in (None, ()) or None in (begin[0], size[0]):
        return None
    return elements[begin[0] :] if size[0] == -1 else elements[begin[0] : begin[0] + size[0]]


@slice_.gradient
def slice_gradient(g, op, dy):
    """Put the gradient back where the block was cut, between zeros."""
    x, begin, _ = op.inputs
    after = g.sub(g.sub(g.cast(g.shape(x), begin.dtype), begin), g.cast(g.shape(dy), begin.dtype))
    return g.pad(dy, g.stack([begin, after], axis=1)), None, None


class Cut(NamedTuple):
    """A strided slice worked out for one shape."""

    where: tuple[Any, ...]  # what NumPy is indexed with: slices, integers and None for new axes
    shape: tuple[int | None, ...]  # of the result
    sizes: tuple[int | None, ...]  # of the result before integers drop their axes and new ones come in


class SliceSpec(NamedTuple):
    """The inputs and masks of a StridedSlice; bits of a mask belong to the entries of begin, end and strides."""

    begin: Any
    end: Any
    strides: Any
    begin_mask: int
    end_mask: int
    ellipsis_mask: int
    new_axis_mask: int
    shrink_axis_mask: int


def _bit(mask: int, position: int) -> bool:
    return bool(mask >> position & 1)


def cut(shape: tuple[int | None, ...], spec: SliceSpec, fail: Any) -> Cut:
    """Work out a strided slice of a tensor of this shape. Unknown sizes, begins and ends stay unknown.

    `fail(text)` makes the exception for a slice that cannot be taken.
    """
    count = len(spec.strides)
    is_ellipsis = [_bit(spec.ellipsis_mask, i) for i in range(count)]
    if sum(is_ellipsis) > 1:
        raise fail("Multiple ellipses in slice spec not allowed")
    is_new = [_bit(spec.new_axis_mask, i) and not is_ellipsis[i] for i in range(count)]
    taken = sum(not (new or dots) for new, dots in zip(is_new, is_ellipsis))
    if taken > len(shape):
        raise fail(f"Index out of range using input dim {len(shape)}; input has only {len(shape)} dims")
    index: list[Any] = []
    result: list[int | None] = []
    sizes: list[int | None] = []
    axis = 0
    for i in range(count):
        if is_ellipsis[i]:
            rest = len(shape) - taken
            index += [slice(None)] * rest
            result += shape[axis : axis + rest]
            sizes += shape[axis : axis + rest]
            axis += rest
        elif is_new[i]:
            index.append(None)
            result.append(1)
        elif _bit(spec.shrink_axis_mask, i):
            index.append(_single(shape[axis], spec, i, axis, fail))
            sizes.append(1)
            axis += 1
        else:
            part, size = _part(shape[axis], spec, i, fail)
            index.append(part)
            result.append(size)
            sizes.append(size)
            axis += 1
    index += [slice(None)] * (len(shape) - axis)
    return Cut(tuple(index), tuple(result) + tuple(shape[axis:]), tuple(sizes) + tuple(shape[axis:]))


def _single(size, spec, i, axis, fail):
    """One position along an axis, which the result does not have."""
    start, stride = spec.begin[i], spec.strides[i]
    if stride is not None and stride <= 0:
        raise fail("only stride 1 allowed on non-range indexing.")
    if start is None or size is None:
        return start
    if not -size <= start < size:
        raise fail(f"slice index {start} of dimension {axis} out of bounds.")
    return start % size


def _part(size, spec, i, fail):
    """A range along an axis: the Python slice, and how many positions it takes."""
    stride = spec.strides[i]
    if stride == 0:
        raise fail(f"strides[{i}] must be non-zero")
    start = None if _bit(spec.begin_mask, i) else spec.begin[i]
    stop = None if _bit(spec.end_mask, i) else spec.end[i]
    start_known = _bit(spec.begin_mask, i) or start is not None
    stop_known = _bit(spec.end_mask, i) or stop is not None
    part = slice(start, stop, stride)
    if size is None or stride is None or not (start_known and stop_known):
        return part, None
    return part, len(range(*part.indices(size)))


def slice_bounds(begin, end, strides):
    """The three vectors of a strided slice as lists of one length."""
    parts = [np.asarray(part) for part in (begin, end, strides)]
    if parts[0].ndim != 1 or not parts[0].shape == parts[1].shape == parts[2].shape:
        first, second, third = (rules.shape_text(part.shape) for part in parts)
        raise invalid(
            f"Expected begin, end, and strides to be 1D equal size tensors, but got shapes {first}, {second}, and {third} instead."
        )
    return [part.tolist() for part in parts]


def _spec_of(begin, end, strides, attrs) -> SliceSpec:
    masks = [attrs[name] for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")]
    return SliceSpec(begin, end, strides, *masks)


def _strided_shape(c):
    lengths = [rules.with_rank(c, c.shape(i), 1)[0] for i in (1, 2, 3)]
    count = rules.merge_size(c, rules.merge_size(c, lengths[0], lengths[1]), lengths[2])
    shape, strides = c.shape(0), c.partial(3)
    if shape is None or strides is None or count is None:
        return None
    begin, end = (c.partial(i) or (None,) * count for i in (1, 2))
    return cut(shape, _spec_of(begin, end, strides, c.attrs), c.fail).shape


def _strided_elements(c):
    elements, begin, end, strides = (c.partial(i) for i in range(4))
    if elements is None or begin is None or end is None or strides is None or None in begin + end + strides or c.shape(0) in (None, ()):
        return None
    taken = cut((len(elements),), _spec_of(begin, end, strides, c.attrs), c.fail)
    if None in taken.where:
        return None
    part = elements[taken.where[0]]
    return part if isinstance(part, tuple) else (part,)


def _prepared_strided_slice(c):
    parts = [c.value(i) for i in (1, 2, 3)]
    if any(part is None for part in parts) or not is_defined(c.shape(0)):
        return None
    begin, end, strides = [part.tolist() for part in parts]
    spec = _spec_of(begin, end, strides, c.attrs)
    return "{input}[{where}]", {"where": cut(c.shape(0), spec, c.fail).where}


MASKS = "begin_mask: int = 0, end_mask: int = 0, ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0"


@op(
    f"StridedSlice(input: T, begin: Index, end: Index, strides: Index, *, {MASKS}) -> output: T",
    formula="dx = dy where x was taken, 0 elsewhere",
    types={"Index": SMALL_INDEX},
    shape=_strided_shape,
    partial=_strided_elements,
    prepare=_prepared_strided_slice,
    host=("begin", "end", "strides"),
    view=("input",),
    samples=[
        sample(values((4, 3)), ints(1, 0), ints(3, 2), ints(1, 1)),
        sample(values((4, 3)), ints(-1), ints(-4), ints(-2)),
        sample(values((4, 3)), ints(1, 0), ints(2, 0), ints(1, 1), shrink_axis_mask=1, end_mask=2),
        sample(values((4, 3)), ints(0, 0, 1), ints(0, 0, 3), ints(1, 1, 1), ellipsis_mask=1, new_axis_mask=2),
    ],
)
def strided_slice(xp, input, begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask):
    """Cut out what `input[begin:end:strides, ...]` means in Python."""
    begin, end, strides = slice_bounds(begin, end, strides)
    spec = SliceSpec(begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return input[cut(input.shape, spec, invalid).where]


@strided_slice.gradient
def strided_slice_gradient(g, op, dy):
    x, begin, end, strides = op.inputs
    masks = {name: op.attrs[name] for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}
    return g.strided_slice_grad(g.cast(g.shape(x), begin.dtype), begin, end, strides, dy, **masks), None, None, None


@op(
    f"StridedSliceGrad(shape: Index, begin: Index, end: Index, strides: Index, dy: T, *, {MASKS}) -> output: T",
    types={"Index": INDEX},
    shape=lambda c: rules.shape_from_input(c, 0),
    host=("shape", "begin", "end", "strides"),
    samples=[
        sample(ints(4, 3), ints(1, 0), ints(3, 2), ints(1, 1), values((2, 2))),
        sample(ints(4, 3), ints(1, 0), ints(2, 0), ints(1, 1), values((3,)), shrink_axis_mask=1, end_mask=2),
    ],
)
def strided_slice_grad(xp, shape, begin, end, strides, dy, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask):
    """Put `dy` where a strided slice of a tensor of this shape came from, between zeros."""
    begin, end, strides = slice_bounds(begin, end, strides)
    spec = SliceSpec(begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    if np.ndim(shape) != 1:
        raise invalid(f"shape must be 1-D, got shape.shape = {rules.shape_text(np.shape(shape))}")
    whole = xp.zeros(shape_tuple(shape, dy.dtype.itemsize), dtype=dy.dtype)
    taken = cut(whole.shape, spec, invalid)
    if taken.shape != dy.shape:
        raise invalid(f"shape of dy was {rules.shape_text(dy.shape)} instead of {rules.shape_text(taken.shape)}")
    whole[taken.where] = dy
    return whole


@strided_slice_grad.gradient
def strided_slice_grad_gradient(g, op, dy):
    masks = {name: op.attrs[name] for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}
    return None, None, None, None, g.strided_slice(dy, *op.inputs[1:4], **masks)
