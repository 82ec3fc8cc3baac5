"""Windows with gaps ("a trous"), and the functions of TensorFlow 1 that are built with them.

The input is divided into interleaved images, an ordinary window slides over each, and the results are woven together again
(Chen et al. 2014).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and added)
from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import concat, shape, stack
from autograd_lite.api.batch_blocks import batch_to_space, required_space_to_batch_paddings, space_to_batch
from autograd_lite.api.convolution import channel_axis, conv1d, conv2d_transpose, padding_attributes, per_axis
from autograd_lite.api.pooling import avg_pool1d, max_pool1d
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor

WindowOp = Callable[[Any, int, str], Tensor]  # (input, number of spatial axes, padding) -> result


# -------------------------------------------------------------------- the general way


@export("nn.with_space_to_batch")
def with_space_to_batch(
    input: Any, dilation_rate: Any, padding: str, op: WindowOp, filter_shape: Any = None, spatial_dims: Any = None,
    data_format: str | None = None,
) -> Tensor:  # fmt: skip
    """Apply `op` as if its window had gaps: `dilation_rate` pixels from one of its places to the next.

    Args:
      input: [batch, *sizes, channels], or channels second when `data_format` starts with "NC".
      dilation_rate: one number per spatial axis.
      padding: "SAME" or "VALID".
      op: `op(input, number_of_spatial_axes, padding)`, a window without gaps.
      filter_shape: the sizes of the window; wanted for "SAME".
      spatial_dims: the axes along which the window moves.

    Raises:
      ValueError: a rate below 1, a rate of unknown length, or no `filter_shape` for "SAME".

    >>> import autograd_lite as tf
    >>> pool = lambda x, axes, padding: tf.nn.max_pool(x, [1, 2, 2, 1], [1, 1, 1, 1], padding)
    >>> tf.nn.with_space_to_batch(tf.zeros([1, 6, 6, 1]), [2, 2], "VALID", pool).shape.as_list()
    [1, 4, 4, 1]
    """
    input = convert_to_tensor(input, name="input")
    rate = convert_to_tensor(dilation_rate, dtype=dtypes.int32, name="dilation_rate")
    if rate.static_shape is None or len(rate.static_shape) != 1 or rate.static_shape[0] is None:
        raise ValueError(f"`dilation_rate.shape` must be fully defined and of rank 1. Received: dilation_rate={rate}")
    axes = _checked_axes(spatial_dims, rate.static_shape[0], data_format)
    count = rate.static_shape[0]
    input.shape.with_rank_at_least(axes[-1] + 1)
    known_rate = constant_value(rate)
    if known_rate is not None:
        if (known_rate < 1).any():
            raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={known_rate}")
        if (known_rate == 1).all():
            return op(input, count, padding)
    base = _base_paddings(padding.upper(), filter_shape, count, rate if known_rate is None else known_rate)
    divided_input, block, crops = _divide(input, rate, base, axes)
    result = op(divided_input, count, "VALID")
    woven = raw.BatchToSpaceND(result, block, crops)
    if data_format is not None and data_format.startswith("NC") and woven.static_shape is not None and result.static_shape is not None:
        woven.set_shape([woven.static_shape[0], result.static_shape[1], *woven.static_shape[2:]])
    return woven


def _checked_axes(spatial_dims: Any, count: int, data_format: str | None) -> list[int]:
    if spatial_dims is None:
        first = 2 if data_format is not None and data_format.startswith("NC") else 1
        return list(range(first, first + count))
    axes = [int(axis) for axis in spatial_dims]
    if axes != sorted(set(axes)) or any(axis < 1 for axis in axes):
        raise ValueError(
            f"`spatial_dims` must be a monotonically increasing sequence of positive integers. Received: spatial_dims={spatial_dims}"
        )
    return axes


def _base_paddings(padding: str, filter_shape: Any, count: int, rate: Any) -> Any:
    """The zeros (before, after) that the padding asks for along each spatial axis."""
    if padding == "VALID":
        return np.zeros([count, 2], np.int32)
    if padding != "SAME":
        raise ValueError(f"`padding` must be one of 'SAME' or 'VALID'. Received: padding={padding}")
    if filter_shape is None:
        raise ValueError(
            f"`filter_shape` must be specified for `padding='SAME'`. Received: filter_shape={filter_shape} and padding={padding}"
        )
    filter_shape = convert_to_tensor(filter_shape, name="filter_shape")
    known = constant_value(filter_shape)
    window = (filter_shape if known is None else known)[:count]
    total = (window - 1) * rate
    before = total // 2
    after = total - before
    return stack([[before[axis], after[axis]] for axis in range(count)])


def _divide(input: Tensor, rate: Tensor, base: Any, axes: list[int]) -> tuple[Tensor, Any, Any]:
    """The interleaved images, and the blocks and crops with which they are woven together again."""
    sizes: Any = None if input.static_shape is None else [input.static_shape[axis] for axis in axes]
    if sizes is None or None in sizes:
        found = shape(input)
        sizes = stack([found[axis] for axis in axes])
    paddings, crops = required_space_to_batch_paddings(input_shape=sizes, base_paddings=base, block_shape=rate)
    block = _for_all_axes(rate, 1, axes)
    paddings, crops = _for_all_axes(paddings, 0, axes), _for_all_axes(crops, 0, axes)
    return raw.SpaceToBatchND(input, block, paddings), block, crops


def _for_all_axes(rows: Tensor, filler: int, axes: list[int]) -> Any:
    """A row for each axis up to the last spatial one: those of the others hold `filler`."""
    known = constant_value(rows)
    if known is not None:
        full = np.full([axes[-1], *known.shape[1:]], filler, dtype=np.int32)
        full[[axis - 1 for axis in axes]] = known
        return full
    width = list(rows.static_shape[1:]) if rows.static_shape is not None else []
    parts: list[Any] = []
    covered = 0
    start = 0
    while start < len(axes):
        if axes[start] - 1 > covered:
            parts.append(np.full([axes[start] - 1 - covered, *width], filler, dtype=np.int32))
        end = start + 1
        while end < len(axes) and axes[end] == axes[end - 1] + 1:
            end += 1
        parts.append(rows[start:end, :] if width else rows[start:end])
        covered, start = axes[end - 1], end
    return concat(parts, 0)


def _strides_and_rate(count: int, strides: Any, dilation_rate: Any) -> tuple[list[int], list[int]]:
    """Strides and dilations, one number per spatial axis; only one of them may differ from 1."""
    found = []
    for name, value in (("dilation_rate", dilation_rate), ("strides", strides)):
        numbers = [1] * count if value is None else [int(number) for number in value]
        if len(numbers) != count:
            raise ValueError(f"`len({name})` should be {count}. Received: {name}={value} of length {len(numbers)}")
        if any(number < 1 for number in numbers):
            raise ValueError(f"all elements of `{name}` must be positive. Received: {name}={value}")
        found.append(numbers)
    rate, steps = found
    if any(step > 1 for step in steps) and any(number > 1 for number in rate):
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={np.array(steps)} and dilation_rate={np.array(rate)}"
        )
    return steps, rate


# -------------------------------------------------------------------- convolutions


def _spatial(numbers: list[int], channels_first: bool) -> list[int]:
    return numbers[2:] if channels_first else numbers[1:-1]


@export("nn.convolution")
def convolution(
    input: Any, filter: Any = None, padding: Any = None, strides: Any = None, dilation_rate: Any = None, name: str | None = None,
    data_format: str | None = None, filters: Any = None, dilations: Any = None,
) -> Tensor:  # fmt: skip
    """A convolution in one, two or three dimensions, by the rank of its input, with strides or dilation.

    Args:
      input: [batch, *sizes, channels], or channels second when `data_format` starts with "NC".
      filter: [*window, channels, results].
      padding: "SAME" or "VALID".
      strides: how far the window moves, one number per spatial axis.
      dilation_rate: from one place of the window to the next, one number per spatial axis.
      data_format: as for `tf.nn.conv1d`, `tf.nn.conv2d` and `tf.nn.conv3d`.

    Raises:
      ValueError: for both strides and dilations, or when no rank is known.

    >>> import autograd_lite as tf
    >>> tf.nn.convolution(tf.zeros([1, 6, 1]), tf.zeros([2, 1, 2]), "VALID", dilation_rate=[2]).shape.as_list()
    [1, 4, 2]
    """
    filter = renamed("filters", filters, "filter", filter)
    rate: Any = renamed("dilations", dilations, "dilation_rate", dilation_rate)
    with building(name, "convolution", [input, filter]) as scope:
        input = convert_to_tensor(input, name="input")
        filter = convert_to_tensor(filter, name="filter")
        count = _number_of_axes(input, filter)
        channels_first = data_format is not None and data_format.startswith("NC")
        axis = 1 if channels_first else count + 1
        all_strides = per_axis(strides, count + 2, axis, "strides")
        all_rates = per_axis(rate, count + 2, axis, "dilations")
        steps, gaps = _strides_and_rate(count, _spatial(all_strides, channels_first), _spatial(all_rates, channels_first))

        def plain(image: Any, _: int, kind: str) -> Tensor:
            return _plain_convolution(image, filter, count, steps, kind, data_format, scope)

        if not release().convolution_keeps_rate and all(gap == 1 for gap in gaps):
            return plain(input, count, padding)
        window = filter.static_shape[:count] if filter.static_shape is not None else None
        known_window: Any = window if window is not None and None not in window else None
        if known_window is None and _is_dilated_same(padding, gaps):
            known_window = shape(filter)
        return with_space_to_batch(input, gaps, padding, plain, filter_shape=known_window, spatial_dims=None, data_format=data_format)


def _is_dilated_same(padding: Any, gaps: list[int]) -> bool:
    return isinstance(padding, str) and padding.upper() == "SAME" and any(gap > 1 for gap in gaps)


def _number_of_axes(input: Tensor, filter: Tensor) -> int:
    """The number of spatial axes, by the rank of the filters or the images."""
    for tensor in (filter, input):
        if tensor.static_shape is not None:
            count = len(tensor.static_shape) - 2
            if not 1 <= count <= 3:
                raise ValueError(f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={count}.")
            return count
    raise ValueError(
        "When `num_spatial_dims` is not set, one of `input.shape.rank` or `filters.shape.rank` must be known.\n"
        "  Give one of the two a shape, e.g. with set_shape."
    )


def _plain_convolution(
    input: Any, filter: Tensor, count: int, steps: list[int], padding: Any, data_format: str | None, scope: str
) -> Tensor:
    """A convolution without gaps, named like the scope around it."""
    channels_first = data_format is not None and data_format.startswith("NC")
    if count == 1:
        return conv1d(input, filter, steps[0], padding, data_format=data_format or "NWC", name=scope)
    strides = [1, 1, *steps] if channels_first else [1, *steps, 1]
    if count == 2:
        kind, explicit = padding_attributes(padding, 4)
        return raw.Conv2D(
            input, filter, strides=strides, padding=kind, explicit_paddings=explicit, data_format=data_format or "NHWC", name=scope
        )
    return raw.Conv3D(input, filter, strides=strides, padding=padding, data_format=data_format or "NDHWC", name=scope)


@export("nn.atrous_conv2d")
def atrous_conv2d(value: Any, filters: Any, rate: int, padding: str, name: str | None = None) -> Tensor:
    """A two-dimensional convolution whose filters have gaps: `rate` pixels from one weight to the next.

    >>> import autograd_lite as tf
    >>> tf.nn.atrous_conv2d(tf.zeros([1, 6, 6, 1]), tf.zeros([2, 2, 1, 1]), 2, "VALID").shape.as_list()
    [1, 4, 4, 1]
    """
    rates = [int(number) for number in np.broadcast_to(rate, (2,))]
    return convolution(input=value, filter=filters, padding=padding, dilation_rate=rates, name=name)


@export("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(value: Any, filters: Any, output_shape: Any, rate: int, padding: str, name: str | None = None) -> Tensor:
    """The transpose of `tf.nn.atrous_conv2d`, which enlarges images.

    Args:
      value: [batch, height, width, channels].
      filters: [height, width, results, channels].
      output_shape: the shape of the result, four numbers.
      rate: pixels from one weight to the next.
      padding: "SAME" or "VALID".

    >>> import autograd_lite as tf
    >>> tf.nn.atrous_conv2d_transpose(tf.zeros([1, 4, 4, 2]), tf.zeros([2, 2, 1, 2]), [1, 6, 6, 1], 2, "VALID").shape.as_list()
    [1, 6, 6, 1]
    """
    with building(name, "atrous_conv2d_transpose", [value, filters, output_shape]):
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        if rate < 1:
            raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
        if rate == 1:
            return conv2d_transpose(value, filters, output_shape, strides=[1, 1, 1, 1], padding=padding, data_format="NHWC")
        if value.static_shape is None:
            raise TypeError("'NoneType' object is not subscriptable\n  The rank of `value` must be known: give it a shape with set_shape.")
        wanted = convert_to_tensor(output_shape, name="output_shape")
        if not wanted.shape.is_compatible_with([4]):
            raise ValueError(f"`output_shape` must have shape (4,). Received: output_shape={output_shape} with shape={wanted.shape}")
        sizes = output_shape if isinstance(output_shape, list | tuple) else wanted
        before, after = _transpose_paddings(filters, rate, padding)
        whole = [sizes[axis + 1] + before[axis] + after[axis] for axis in range(2)]
        extra = [(rate - size % rate) % rate for size in whole]
        divided = space_to_batch(input=value, paddings=[[0, extra[0]], [0, extra[1]]], block_size=rate)
        input_sizes = [rate * rate * sizes[0], *[(size + more) // rate for size, more in zip(whole, extra)], sizes[3]]
        spread = raw.Conv2DBackpropInput(input_sizes, filters, divided, strides=[1, 1, 1, 1], padding="VALID", data_format="NHWC")
        crops = [[before[axis], after[axis] + extra[axis]] for axis in range(2)]
        return batch_to_space(input=spread, crops=crops, block_size=rate)


def _transpose_paddings(filters: Tensor, rate: int, padding: str) -> tuple[list[Any], list[Any]]:
    """Pixels before and after, for height and width."""
    if padding == "VALID":
        return [0, 0], [0, 0]
    if padding != "SAME":
        raise ValueError(f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}")
    known = filters.static_shape
    window: Any = known if known is not None and None not in known else shape(filters)
    totals = [window[axis] + (window[axis] - 1) * (rate - 1) - 1 for axis in range(2)]
    before = [total // 2 for total in totals]
    return before, [total - low for total, low in zip(totals, before)]


@export("nn.depthwise_conv2d")
def depthwise_conv2d(
    input: Any, filter: Any, strides: Any, padding: Any, rate: Any = None, name: str | None = None, data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:  # fmt: skip
    """Convolve each channel with its own filters; the results of all channels stand side by side.

    Args:
      input: [batch, height, width, channels] (or [batch, channels, height, width] for "NCHW").
      filter: [height, width, channels, results per channel].
      strides: four numbers.
      padding: "SAME", "VALID", or a pair of numbers per axis.
      rate: from one weight to the next, for height and width.
      data_format: "NHWC" or "NCHW".

    >>> import autograd_lite as tf
    >>> tf.nn.depthwise_conv2d(tf.zeros([1, 4, 4, 2]), tf.zeros([2, 2, 2, 3]), [1, 1, 1, 1], "SAME").shape.as_list()
    [1, 4, 4, 6]
    """
    rate = renamed("dilations", dilations, "rate", rate)
    with building(name, "depthwise", [input, filter]) as scope:
        return _depthwise(input, filter, strides, padding, rate, data_format, scope)


def _depthwise(input: Any, filter: Any, strides: Any, padding: Any, rate: Any, data_format: str | None, node_name: str) -> Tensor:
    """A depthwise convolution, perhaps with gaps; its node is called `node_name`."""
    input = convert_to_tensor(input, name="tensor_in")
    filter = convert_to_tensor(filter, name="filter_in")
    kind, explicit = padding_attributes(padding, 4)

    def plain(image: Any, _: int, kind: str) -> Tensor:
        return raw.DepthwiseConv2dNative(
            image, filter, strides=strides, padding=kind, explicit_paddings=explicit, data_format=data_format or "NHWC", name=node_name
        )

    return with_space_to_batch(input, [1, 1] if rate is None else rate, kind, plain, filter_shape=shape(filter), data_format=data_format)


@export("nn.separable_conv2d")
def separable_conv2d(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any, padding: Any, rate: Any = None, name: str | None = None,
    data_format: str | None = None, dilations: Any = None,
) -> Tensor:  # fmt: skip
    """A depthwise convolution, then a mixture of its channels pixel by pixel (Sifre 2014; Chollet 2016).

    Args:
      input: images, as for `tf.nn.depthwise_conv2d`.
      depthwise_filter: [height, width, channels, results per channel].
      pointwise_filter: [1, 1, channels * results per channel, results].

    Raises:
      ValueError: when `pointwise_filter` is wider than a pixel or does not fit the depthwise filters.

    >>> import autograd_lite as tf
    >>> image, across, along = tf.zeros([1, 4, 4, 2]), tf.zeros([2, 2, 2, 2]), tf.zeros([1, 1, 4, 3])
    >>> tf.nn.separable_conv2d(image, across, along, [1, 1, 1, 1], "SAME").shape.as_list()
    [1, 4, 4, 3]
    """
    rate = renamed("dilations", dilations, "rate", rate)
    with building(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        pointwise = pointwise_filter.shape.with_rank(4).as_list()
        if any(size not in (None, 1) for size in pointwise[:2]):
            raise ValueError(f"`pointwise_filter` must be 1 x 1. Received: pointwise_filter.shape={pointwise_filter.shape}")
        across = _depthwise(input, depthwise_filter, strides, padding, rate, data_format, "depthwise")
        return raw.Conv2D(across, pointwise_filter, strides=[1, 1, 1, 1], padding="VALID", data_format=data_format or "NHWC", name=scope)


# -------------------------------------------------------------------- pooling


@export("nn.pool")
def pool(
    input: Any, window_shape: Any, pooling_type: str, padding: str, dilation_rate: Any = None, strides: Any = None,
    name: str | None = None, data_format: str | None = None, dilations: Any = None,
) -> Tensor:  # fmt: skip
    """Pooling in one, two or three dimensions: the largest element or the mean of every window.

    Args:
      input: [batch, *sizes, channels], or channels second when `data_format` starts with "NC".
      window_shape: one number per spatial axis.
      pooling_type: "MAX" or "AVG".
      padding: "SAME" or "VALID".
      dilation_rate: from one place of the window to the next; with it, padding must be "VALID".
      strides: how far the window moves.

    >>> import autograd_lite as tf
    >>> tf.nn.pool(tf.zeros([1, 5, 5, 1]), [2, 2], "MAX", "SAME", strides=[2, 2]).shape.as_list()
    [1, 3, 3, 1]
    """
    dilation_rate = renamed("dilations", dilations, "dilation_rate", dilation_rate)
    with building(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        window = [int(size) for size in window_shape]
        count = len(window)
        input.set_shape([None] * (count + 2))
        if count not in (1, 2, 3):
            raise ValueError(f"`input.shape.rank` must be 3, 4 or 5. Received: input.shape={input.shape} of rank {count + 2}.")
        steps, gaps = _strides_and_rate(count, strides, dilation_rate)
        if padding == "SAME" and any(gap > 1 for gap in gaps):
            raise ValueError(
                "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
                f"Received: padding={padding} and dilation_rate={np.array(gaps)}"
            )
        if pooling_type not in ("MAX", "AVG"):
            raise ValueError(f"{count}-D {pooling_type} pooling is not supported.")

        def plain(image: Any, _: int, kind: str) -> Tensor:
            return _plain_pool(image, window, pooling_type, kind, steps, data_format, scope)

        return with_space_to_batch(input, gaps, padding, plain, filter_shape=window, data_format=data_format)


def _plain_pool(
    input: Any, window: list[int], pooling_type: str, padding: str, steps: list[int], data_format: str | None, scope: str
) -> Tensor:
    """Pooling without gaps, named like the scope around it."""
    count = len(window)
    if count == 1:
        along = max_pool1d if pooling_type == "MAX" else avg_pool1d
        return along(input, window, steps, padding, data_format=data_format or "NWC", name=scope)
    axis = channel_axis(data_format, count + 2)
    op = {("MAX", 2): raw.MaxPool, ("AVG", 2): raw.AvgPool, ("MAX", 3): raw.MaxPool3D, ("AVG", 3): raw.AvgPool3D}[pooling_type, count]
    return op(
        input,
        ksize=per_axis(window, count + 2, axis, "ksize"),
        strides=per_axis(steps, count + 2, axis, "strides"),
        padding=padding,
        data_format=data_format or ("NHWC" if count == 2 else "NDHWC"),
        name=scope,
    )
