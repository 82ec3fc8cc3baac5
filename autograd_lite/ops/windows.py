"""Windows that slide over images: where they stand, and products of what they cover with filters.

Arrays are channels-last here, `[batch, *sizes, channels]`, with any number of spatial axes; callers move channels when an op says NCHW.
The loops run over the positions inside a window (9 for a 3x3 filter) or over parts of a batch, never over elements.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from autograd_lite.ops.checks import invalid

PART_BYTES = 1 << 19  # of gathered windows at a time: larger parts leave the cache, smaller ones make many small products
SCATTER_COST = 6  # of adding a number to where it belongs, against fetching one


class Layout(NamedTuple):
    """How a window moves along each spatial axis."""

    window: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]  # padding
    after: tuple[int, ...]
    sizes: tuple[int, ...]  # of the input
    results: tuple[int, ...]  # of the output

    @property
    def positions(self) -> int:
        """The number of places inside a window."""
        return math.prod(self.window)

    @property
    def padded(self) -> tuple[int, ...]:
        """The input's sizes with padding."""
        return tuple([size + low + high for size, low, high in zip(self.sizes, self.before, self.after)])


def spatial_axes(data_format: str, rank: int) -> tuple[int, ...]:
    """The axes of height and width (and depth)."""
    return tuple(range(2, rank)) if data_format.startswith("NC") else tuple(range(1, rank - 1))


def layout(sizes: Any, window: Any, strides: Any, dilations: Any, padding: str, explicit: Any = ()) -> Layout:
    """Where the windows stand.

    Args:
      explicit: for EXPLICIT padding, (before, after) per spatial axis.

    Raises:
      InvalidArgumentError: when a window does not fit into an input without padding.
    """
    before, after, results = [], [], []
    for axis, (size, extent, stride, dilation) in enumerate(zip(sizes, window, strides, dilations)):
        reach = (extent - 1) * dilation + 1
        if padding == "SAME":
            count = -(-size // stride)
            missing = max((count - 1) * stride + reach - size, 0)
            low, high = missing // 2, missing - missing // 2
        else:
            low, high = explicit[axis] if padding == "EXPLICIT" else (0, 0)
            room = size + low + high - reach + stride
            if room < 0:
                raise invalid(
                    f"Computed output size would be negative: {room // stride} [input_size: {size}, "
                    f"effective_filter_size: {reach}, stride: {stride}]"
                )
            count = room // stride
        before.append(low)
        after.append(high)
        results.append(count)
    return Layout(tuple(window), tuple(strides), tuple(dilations), tuple(before), tuple(after), tuple(sizes), tuple(results))


def pad(xp: Any, x: Any, where: Layout, value: Any = 0) -> Any:
    """`x` with the layout's padding; `x` itself when there is none."""
    if not any(where.before) and not any(where.after):
        return x
    padded = xp.full((x.shape[0], *where.padded, x.shape[-1]), value, dtype=x.dtype)
    padded[inner(where)] = x
    return padded


def inner(where: Layout) -> tuple[slice, ...]:
    """The part of a padded array that is the input."""
    return (slice(None), *(slice(low, low + size) for low, size in zip(where.before, where.sizes)))


def offsets(where: Layout) -> list[tuple[int, ...]]:
    """The places inside a window, in row-major order."""
    places: list[tuple[int, ...]] = [()]
    for extent in where.window:
        places = [(*place, index) for place in places for index in range(extent)]
    return places


def covered(where: Layout, place: tuple[int, ...]) -> tuple[slice, ...]:
    """The part of a padded array that all windows cover with one of their places: one element per window."""
    return (
        slice(None),
        *(
            slice(index * dilation, index * dilation + (count - 1) * stride + 1, stride) if count else slice(0, 0)
            for index, dilation, count, stride in zip(place, where.dilations, where.results, where.strides)
        ),
    )


def windows(xp: Any, padded: Any, where: Layout) -> Any:
    """A view [batch, *results, *window, channels] of all windows."""
    batch_stride, *steps, channel_stride = padded.strides
    return xp.lib.stride_tricks.as_strided(
        padded,
        (padded.shape[0], *where.results, *where.window, padded.shape[-1]),
        (
            batch_stride,
            *(step * stride for step, stride in zip(steps, where.strides)),
            *(step * dilation for step, dilation in zip(steps, where.dilations)),
            channel_stride,
        ),
    )


def parts(where: Layout, batch: int, row_bytes: int) -> list[slice]:
    """A batch in parts whose gathered windows stay small; `row_bytes` are those of one window."""
    per_image = max(math.prod(where.results) * row_bytes, 1)
    count = max(1, PART_BYTES // per_image)
    return [slice(start, min(start + count, batch)) for start in range(0, batch, count)]


def _is_plain(where: Layout) -> bool:
    """Whether a window is one pixel and every pixel has one: then there is nothing to gather."""
    return where.positions == 1 and where.results == where.sizes == where.padded


def convolve(xp: Any, x: Any, w: Any, where: Layout) -> Any:
    """Slide filters over images.

    Args:
      x: [batch, *sizes, channels].
      w: [*window, channels, filters].

    Returns:
      [batch, *results, filters].
    """
    filters = w.shape[-1]
    out_shape = (x.shape[0], *where.results, filters)
    if _is_plain(where):
        return xp.matmul(x.reshape(-1, x.shape[-1]), w.reshape(-1, filters)).reshape(out_shape)
    padded = pad(xp, x, where)
    matrix = w.reshape(-1, filters)
    result = xp.empty(out_shape, dtype=x.dtype)
    for part in parts(where, x.shape[0], matrix.shape[0] * x.dtype.itemsize):
        rows = windows(xp, padded[part], where).reshape(-1, matrix.shape[0])
        result[part] = xp.matmul(rows, matrix).reshape(result[part].shape)
    return result


def spread(xp: Any, dy: Any, w: Any, where: Layout) -> Any:
    """The transpose of `convolve` with respect to the images: what each result sends back to the pixels its window covered.

    Args:
      dy: [batch, *results, filters].
      w: [*window, channels, filters].

    Returns:
      [batch, *sizes, channels].
    """
    channels, filters = w.shape[-2:]
    if _turns(where) and filters <= SCATTER_COST * channels and not _is_plain(where):
        return convolve(xp, dy, turned(xp, w), mirrored(where))
    if _is_plain(where):
        return xp.matmul(dy.reshape(-1, filters), w.reshape(channels, filters).T).reshape(dy.shape[0], *where.sizes, channels)
    matrix = w.reshape(-1, filters).T  # [filters, positions * channels]
    padded = xp.zeros((dy.shape[0], *where.padded, channels), dtype=dy.dtype)
    for part in parts(where, dy.shape[0], matrix.shape[1] * dy.dtype.itemsize):
        share = dy[part]
        columns = xp.matmul(share.reshape(-1, filters), matrix).reshape(*share.shape[:-1], where.positions, channels)
        for number, place in enumerate(offsets(where)):
            padded[part][covered(where, place)] += columns[..., number, :]
    return padded[inner(where)]


def mirrored(where: Layout) -> Layout:
    """Return the layout of the convolution that carries gradients back to images, with the filter turned around. Strides must be 1."""
    before, after = (tuple((extent - 1) * step - number for extent, step, number in zip(where.window, where.dilations, numbers))
                     for numbers in (where.before, where.after))  # fmt: skip
    return where._replace(before=before, after=after, sizes=where.results, results=where.sizes)


def turned(xp: Any, w: Any) -> Any:
    """The filters of that convolution: windows backwards, channels and filters in each other's place."""
    return xp.ascontiguousarray(xp.swapaxes(w[(slice(None, None, -1),) * (w.ndim - 2)], -1, -2))


def _turns(where: Layout) -> bool:
    """Whether the gradient for images is a convolution with the filter turned around."""
    return set(where.strides) == {1} and all(number >= 0 for number in mirrored(where).before + mirrored(where).after)


def correlate(xp: Any, x: Any, dy: Any, where: Layout) -> Any:
    """The transpose of `convolve` with respect to the filters: the sum over all windows of pixel times result.

    Args:
      x: [batch, *sizes, channels].
      dy: [batch, *results, filters].

    Returns:
      [*window, channels, filters].
    """
    channels, filters = x.shape[-1], dy.shape[-1]
    rows = where.positions * channels
    total = xp.zeros((rows, filters), dtype=x.dtype)
    padded = pad(xp, x, where)
    for part in parts(where, x.shape[0], rows * x.dtype.itemsize):
        gathered = windows(xp, padded[part], where).reshape(-1, rows)
        total += xp.matmul(gathered.T, dy[part].reshape(-1, filters))
    return total.reshape(*where.window, channels, filters)
