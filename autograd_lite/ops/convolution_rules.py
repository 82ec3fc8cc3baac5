"""What all convolutions share: checks of attributes, shapes of results, and the way from an op's attributes to a `Layout`."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import errors
from autograd_lite.core.shapes import Shape
from autograd_lite.graph import shape_rules as rules
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.windows import Layout, layout, spatial_axes


def window_attribute(c: Any, name: str, rank: int) -> list[int]:
    """An attribute with one number per axis, checked."""
    numbers = c.attrs[name]
    what = name.rstrip("s")
    if len(numbers) != rank:
        raise c.fail(f"{what.capitalize()} attribute should contain {rank} values, but got: {len(numbers)}")
    if any(number <= 0 for number in numbers):
        raise c.fail(f"{what.capitalize()} must be > 0, but got {next(number for number in numbers if number <= 0)}")
    return numbers


def result_size(c: Any, size: int | None, window: int | None, stride: int, dilation: int, padding: str, extra: int = 0) -> int | None:
    """The number of windows along one axis, None when it is not known."""
    if size is None or window is None:
        return None
    if padding == "SAME":
        return -(-size // stride)
    reach = (window - 1) * dilation + 1
    if size + extra < reach:
        raise c.fail(f"Negative dimension size caused by subtracting {reach} from {size + extra}")
    return (size + extra - reach) // stride + 1


def explicit_pairs(attrs: dict[str, Any], axes: tuple[int, ...]) -> list[tuple[int, int]]:
    """(before, after) of EXPLICIT padding for the spatial axes."""
    numbers = attrs.get("explicit_paddings") or []
    if attrs["padding"] != "EXPLICIT":
        return [(0, 0)] * len(axes)
    return [(numbers[2 * axis], numbers[2 * axis + 1]) for axis in axes]


def convolution_shape(c: Any, rank: int) -> Shape:
    """The shape that Conv2D and Conv3D give."""
    x, w = rules.with_rank(c, c.shape(0), rank), rules.with_rank(c, c.shape(1), rank)
    _check_explicit(c, rank)
    strides = window_attribute(c, "strides", rank)
    dilations = window_attribute(c, "dilations", rank)
    axes = spatial_axes(c.attrs["data_format"], rank)
    channel_axis = 1 if axes[0] == 2 else rank - 1
    depth, filter_depth = x[channel_axis], w[-2]
    if depth is not None and filter_depth and depth % filter_depth:
        raise c.fail(f"Depth of input ({depth}) is not a multiple of input depth of filter ({filter_depth})")
    result: list[int | None] = [x[0]] * rank
    result[channel_axis] = w[-1]
    pairs = explicit_pairs(c.attrs, axes)
    for number, axis in enumerate(axes):
        result[axis] = result_size(c, x[axis], w[number], strides[axis], dilations[axis], c.attrs["padding"], sum(pairs[number]))
    return tuple(result)


def _check_explicit(c: Any, rank: int) -> None:
    numbers = c.attrs.get("explicit_paddings") or []
    if c.attrs["padding"] != "EXPLICIT":
        if numbers:
            raise c.fail(
                f"explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT, but got {len(numbers)} values"
            )
    elif len(numbers) != 2 * rank:
        raise c.fail(f"explicit_paddings attribute must contain {2 * rank} values, but got: {len(numbers)}")
    elif any(number < 0 for number in numbers):
        raise c.fail("All elements of explicit_paddings must be nonnegative")


def channels_last(xp: Any, x: Any, data_format: str) -> Any:
    """`x` with its channels moved to the end."""
    return xp.moveaxis(x, 1, -1) if data_format.startswith("NC") else x


def channels_back(xp: Any, x: Any, data_format: str) -> Any:
    """The reverse of `channels_last`."""
    return xp.ascontiguousarray(xp.moveaxis(x, -1, 1)) if data_format.startswith("NC") else x


def layout_of(sizes: Any, window: Any, attrs: dict[str, Any], rank: int) -> Layout:
    """The layout of a convolution over an input of these spatial sizes.

    Raises:
      UnimplementedError: for strides or dilations along batch or channels.
    """
    axes = spatial_axes(attrs["data_format"], rank)
    strides, dilations = attrs["strides"], attrs["dilations"]
    others = [axis for axis in range(rank) if axis not in axes]
    if any(strides[axis] != 1 for axis in others):
        raise errors.UnimplementedError(
            None, None, "Current implementation does not yet support strides in the batch and depth dimensions."
        )
    if any(dilations[axis] != 1 for axis in others):
        raise errors.UnimplementedError(
            None, None, "Current implementation does not yet support dilations in the batch and depth dimensions."
        )
    pairs = explicit_pairs(attrs, axes)
    return layout(sizes, window, [strides[a] for a in axes], [dilations[a] for a in axes], attrs["padding"], pairs)


def check_depths(depth: int, filter_shape: tuple[int, ...]) -> int:
    """The number of groups into which channels and filters fall.

    Raises:
      InvalidArgumentError: when they do not.
    """
    filter_depth, filters = filter_shape[-2:]
    if 0 in filter_shape:
        raise invalid("filter must not have zero elements (i.e. all dimensions must be non-zero)")
    if depth % filter_depth:
        raise invalid(f"input depth must be evenly divisible by filter depth: {depth} vs {filter_depth}")
    groups = depth // filter_depth
    if groups and filters % groups:
        raise invalid(f"output depth must be evenly divisible by number of groups: {filters} vs {groups}")
    return groups


def check_results(where: Layout, actual: Any, op_name: str) -> None:
    """Make sure that a gradient has one entry per window.

    Raises:
      InvalidArgumentError: when it does not, naming the axis.
    """
    for axis, (found, wanted) in enumerate(zip(actual, where.results)):
        if found != wanted:
            raise invalid(
                f"{op_name}: Size of out_backprop doesn't match computed: actual = {found}, computed = {wanted} spatial_dim: {axis + 1} "
                f"input: {where.sizes[axis]} filter: {where.window[axis]} output: {found} stride: {where.strides[axis]} "
                f"dilation: {where.dilations[axis]}"
            )
