"""Convolutions as TensorFlow 1 calls them: one, two and three dimensions, depthwise, separable, transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import concat, expand_dims, squeeze
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor

_ONES_5 = [1, 1, 1, 1, 1]
Numbers = Any  # an int, or a sequence of ints


def per_axis(value: Numbers, rank: int, channel_axis: int, name: str) -> list[int]:
    """One number per axis, from one number, one per spatial axis, or all of them."""
    if value is None:
        value = [1]
    numbers = [int(number) for number in value] if isinstance(value, Sequence) or hasattr(value, "__iter__") else [int(value)]
    spatial = rank - 2
    if len(numbers) == 1:
        numbers *= spatial
    if len(numbers) == spatial:
        return [1, 1, *numbers] if channel_axis == 1 else [1, *numbers, 1]
    if len(numbers) != rank:
        raise ValueError(f"{name} should be of length 1, {spatial} or {rank}. Received: {name}={value} of length {len(numbers)}")
    return numbers


def padding_attributes(padding: Any, rank: int) -> tuple[str, list[int]]:
    """TF's padding argument as the attributes `padding` and `explicit_paddings`."""
    if isinstance(padding, str):
        return padding, []
    pairs = [list(pair) for pair in padding]
    if len(pairs) != rank or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"If `padding` is a list, it should have {rank} pairs of numbers. Received: padding={padding}")
    return "EXPLICIT", [int(number) for pair in pairs for number in pair]


def channel_axis(data_format: str | None, rank: int) -> int:
    """The number of the axis that holds the channels: 1 in `NCHW` and its kin, otherwise the last."""
    return 1 if data_format is not None and data_format.startswith("NC") else rank - 1


@export("nn.conv2d")
def conv2d(input: Any, filter: Any = None, strides: Any = None, padding: Any = None, use_cudnn_on_gpu: bool = True,
           data_format: str = "NHWC", dilations: Any = [1, 1, 1, 1], name: str | None = None, filters: Any = None) -> Tensor:  # noqa: B006  # fmt: skip
    """Slide filters over images: each result is the sum of a window's pixels times the filter's weights.

    Args:
      input: images, [batch, height, width, channels] (or [batch, channels, height, width] for "NCHW").
      filter: weights, [height, width, channels, results].
      strides: how far the window moves, per axis (or one number, or one each for height and width).
      padding: "SAME" (zeros around the image, so that stride 1 keeps its size), "VALID" (none), or a pair of numbers per axis.
      use_cudnn_on_gpu: accepted; it changes nothing.
      data_format: "NHWC" or "NCHW".
      dilations: the distance between neighbouring weights, per axis.
      name: the name of the node.
      filters: the newer name of `filter`.

    Raises:
      ValueError: when the channels of images and filters do not fit together.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.conv2d(np.ones((1, 3, 3, 1), "float32"), np.ones((2, 2, 1, 1), "float32"), strides=[1, 1, 1, 1], padding="VALID").shape
    TensorShape([Dimension(1), Dimension(2), Dimension(2), Dimension(1)])
    """
    kind, explicit = padding_attributes(padding, 4)
    axis = channel_axis(data_format, 4)
    return raw.Conv2D(
        input,
        renamed("filters", filters, "filter", filter),
        strides=per_axis(strides, 4, axis, "strides"),
        padding=kind,
        explicit_paddings=explicit,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        data_format=data_format or "NHWC",
        dilations=per_axis(dilations, 4, axis, "dilations"),
        name=name,
    )


@export("nn.conv2d_backprop_filter")
def conv2d_backprop_filter(input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, padding: Any, use_cudnn_on_gpu: bool = True,
                           data_format: str = "NHWC", dilations: Any = [1, 1, 1, 1], name: str | None = None) -> Tensor:  # noqa: B006  # fmt: skip
    """The gradient of a two-dimensional convolution with respect to its filters.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> image = np.ones((1, 3, 3, 1), "float32")
    >>> tf.nn.conv2d_backprop_filter(image, [2, 2, 1, 1], np.ones((1, 2, 2, 1), "float32"), [1, 1, 1, 1], "VALID").shape.as_list()
    [2, 2, 1, 1]
    """
    kind, explicit = padding_attributes(padding, 4)
    return raw.Conv2DBackpropFilter(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=kind,
        explicit_paddings=explicit,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@export("nn.conv2d_backprop_input")
def conv2d_backprop_input(input_sizes: Any, filter: Any = None, out_backprop: Any = None, strides: Any = None, padding: Any = None,
                          use_cudnn_on_gpu: bool = True, data_format: str = "NHWC", dilations: Any = [1, 1, 1, 1],  # noqa: B006
                          name: str | None = None, filters: Any = None) -> Tensor:  # fmt: skip
    """The gradient of a two-dimensional convolution with respect to its images.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> weights, back = np.ones((2, 2, 1, 1), "float32"), np.ones((1, 2, 2, 1), "float32")
    >>> tf.nn.conv2d_backprop_input([1, 3, 3, 1], weights, back, [1, 1, 1, 1], "VALID").shape.as_list()
    [1, 3, 3, 1]
    """
    kind, explicit = padding_attributes(padding, 4)
    return raw.Conv2DBackpropInput(
        input_sizes,
        renamed("filters", filters, "filter", filter),
        out_backprop,
        strides=strides,
        padding=kind,
        explicit_paddings=explicit,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@export("nn.conv2d_transpose", "nn.deconv2d")
def conv2d_transpose(value: Any = None, filter: Any = None, output_shape: Any = None, strides: Any = None, padding: str = "SAME",
                     data_format: str = "NHWC", name: str | None = None, input: Any = None, filters: Any = None,
                     dilations: Any = None) -> Tensor:  # fmt: skip
    """The transpose of a convolution, which enlarges images: every pixel is spread by the filter over a window of the result.

    Args:
      value: images, [batch, height, width, channels].
      filter: weights, [height, width, results, channels].
      output_shape: the shape of the result, which strides leave open.
      strides: how far apart the pixels of `value` come to stand, per axis.
      padding: that of the convolution of which this is the transpose.
      data_format: "NHWC" or "NCHW".
      name: the name of the node.
      input: the newer name of `value`.
      filters: the newer name of `filter`.
      dilations: the distance between neighbouring weights.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> weights = np.ones((2, 2, 3, 1), "float32")
    >>> tf.nn.conv2d_transpose(np.ones((1, 2, 2, 1), "float32"), weights, [1, 4, 4, 3], [1, 2, 2, 1]).shape.as_list()
    [1, 4, 4, 3]
    """
    value = renamed("input", input, "value", value)
    weights = renamed("filters", filters, "filter", filter)
    with building(name, "conv2d_transpose", [value, weights, output_shape]) as scope:
        axis = channel_axis(data_format, 4)
        return raw.Conv2DBackpropInput(
            output_shape,
            weights,
            value,
            strides=per_axis(strides, 4, axis, "strides"),
            padding=padding,
            data_format=data_format or "NHWC",
            dilations=per_axis(dilations, 4, axis, "dilations"),
            name=scope,
        )


@export("nn.conv3d")
def conv3d(input: Any, filter: Any = None, strides: Any = None, padding: Any = None, data_format: str = "NDHWC",
           dilations: Any = [1, 1, 1, 1, 1], name: str | None = None, filters: Any = None) -> Tensor:  # noqa: B006  # fmt: skip
    """Slide filters over volumes (or films).

    Args:
      input: [batch, depth, height, width, channels].
      filter: [depth, height, width, channels, results].

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> weights = np.ones((2, 2, 2, 1, 4), "float32")
    >>> tf.nn.conv3d(np.ones((1, 3, 3, 3, 1), "float32"), weights, [1, 1, 1, 1, 1], "SAME").shape.as_list()
    [1, 3, 3, 3, 4]
    """
    weights = renamed("filters", filters, "filter", filter)
    return raw.Conv3D(
        input, weights, strides=strides, padding=padding, data_format=data_format, dilations=list(dilations or _ONES_5), name=name
    )


@export("nn.conv3d_backprop_filter", "nn.conv3d_backprop_filter_v2")
def conv3d_backprop_filter(input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, padding: str, data_format: str = "NDHWC",
                           dilations: Any = [1, 1, 1, 1, 1], name: str | None = None) -> Tensor:  # noqa: B006  # fmt: skip
    """The gradient of a three-dimensional convolution with respect to its filters.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> volume = np.ones((1, 2, 2, 2, 1), "float32")
    >>> tf.nn.conv3d_backprop_filter(volume, [1, 1, 1, 1, 3], np.ones((1, 2, 2, 2, 3), "float32"), [1] * 5, "SAME").shape.as_list()
    [1, 1, 1, 1, 3]
    """
    return raw.Conv3DBackpropFilterV2(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@export("nn.conv3d_transpose")
def conv3d_transpose(value: Any, filter: Any = None, output_shape: Any = None, strides: Any = None, padding: str = "SAME",
                     data_format: str = "NDHWC", name: str | None = None, input: Any = None, filters: Any = None,
                     dilations: Any = None) -> Tensor:  # fmt: skip
    """The transpose of a three-dimensional convolution, which enlarges volumes.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> volume, weights = np.ones((1, 2, 2, 2, 1), "float32"), np.ones((2, 2, 2, 3, 1), "float32")
    >>> tf.nn.conv3d_transpose(volume, weights, [1, 4, 4, 4, 3], [1, 2, 2, 2, 1]).shape.as_list()
    [1, 4, 4, 4, 3]
    """
    value = renamed("input", input, "value", value)
    weights = renamed("filters", filters, "filter", filter)
    with building(name, "conv3d_transpose", [value, weights, output_shape]) as scope:
        axis = channel_axis(data_format, 5)
        return raw.Conv3DBackpropInputV2(
            output_shape,
            weights,
            value,
            strides=per_axis(strides, 5, axis, "strides"),
            padding=padding,
            data_format=data_format or "NDHWC",
            dilations=per_axis(dilations, 5, axis, "dilations"),
            name=scope,
        )


@export("nn.conv1d")
def conv1d(value: Any = None, filters: Any = None, stride: Any = None, padding: Any = None, use_cudnn_on_gpu: Any = None,
           data_format: str | None = None, name: str | None = None, input: Any = None, dilations: Any = None) -> Tensor:  # fmt: skip
    """Slide filters along sequences.

    Args:
      value: [batch, steps, channels] (or [batch, channels, steps] for "NCW").
      filters: [width, channels, results].
      stride: how far the window moves.
      padding: "SAME" or "VALID".
      use_cudnn_on_gpu: accepted; it changes nothing.
      data_format: "NWC" (also "NHWC") or "NCW" (also "NCHW").
      name: the name of the nodes.
      input: the newer name of `value`.
      dilations: the distance between neighbouring weights.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.conv1d(np.ones((2, 5, 2), "float32"), np.ones((3, 2, 4), "float32"), stride=1, padding="SAME").shape.as_list()
    [2, 5, 4]
    """
    value = renamed("input", input, "value", value)
    with building(name, "conv1d", [value, filters]) as scope:
        channels_first = data_format in ("NCW", "NCHW")
        if data_format not in (None, "NWC", "NHWC", "NCW", "NCHW"):
            raise ValueError('`data_format` must be "NWC" or "NCW". Received: data_format=' + str(data_format))
        axis = 2 if channels_first else 1
        flat = raw.Conv2D(
            expand_dims(value, axis),
            expand_dims(filters, 0),
            strides=_flat(stride, channels_first),
            padding=padding,
            data_format="NCHW" if channels_first else "NHWC",
            dilations=_flat(dilations, channels_first),
            name=scope,
        )
        return squeeze(flat, [axis])


def _flat(value: Any, channels_first: bool) -> list[int]:
    """The numbers of a one-dimensional window as those of a two-dimensional one of height 1."""
    along = per_axis(value, 3, 1 if channels_first else 2, "stride")
    return [along[0], along[1], 1, along[2]] if channels_first else [along[0], 1, along[1], along[2]]


@export("nn.conv1d_transpose")
def conv1d_transpose(input: Any, filters: Any, output_shape: Any, strides: Any, padding: str = "SAME", data_format: str = "NWC",
                     dilations: Any = None, name: str | None = None) -> Tensor:  # fmt: skip
    """The transpose of a one-dimensional convolution, which lengthens sequences.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.conv1d_transpose(np.ones((1, 3, 2), "float32"), np.ones((2, 1, 2), "float32"), [1, 6, 1], strides=2).shape.as_list()
    [1, 6, 1]
    """
    with building(name, "conv1d_transpose", [input, filters, output_shape]) as scope:
        channels_first = data_format == "NCW"
        axis = 2 if channels_first else 1
        value, weights = expand_dims(input, axis), expand_dims(filters, 0)
        sizes = output_shape if isinstance(output_shape, Tensor) else list(output_shape)
        flat_shape = concat([sizes[:axis], [1], sizes[axis:]], axis=0)
        flat = raw.Conv2DBackpropInput(
            flat_shape,
            weights,
            value,
            strides=_flat(strides, channels_first),
            padding=padding,
            data_format="NCHW" if channels_first else "NHWC",
            dilations=_flat(dilations, channels_first),
            name=scope,
        )
        return squeeze(flat, [axis])


@export("nn.conv_transpose")
def conv_transpose(input: Any, filters: Any, output_shape: Any, strides: Any, padding: str = "SAME", data_format: str | None = None,
                   dilations: Any = None, name: str | None = None) -> Tensor:  # fmt: skip
    """The transpose of a convolution in one, two or three dimensions, by the length of `output_shape`.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.conv_transpose(np.ones((1, 3, 2), "float32"), np.ones((2, 1, 2), "float32"), [1, 6, 1], strides=2).shape.as_list()
    [1, 6, 1]
    """
    with building(name, "conv_transpose", [input, filters, output_shape]) as scope:
        known = output_shape.static_shape if isinstance(output_shape, Tensor) else (len(output_shape),)
        length = known[0] if known else None
        by_rank: dict[Any, tuple[Any, str]] = {
            3: (conv1d_transpose, "NWC"),
            4: (conv2d_transpose, "NHWC"),
            5: (conv3d_transpose, "NDHWC"),
        }
        if length not in by_rank:
            raise ValueError(f"output_shape must be of length 3, 4 or 5, got {length}")
        function, default = by_rank[length]
        return function(
            input=input,
            filters=filters,
            output_shape=output_shape,
            strides=strides,
            padding=padding,
            data_format=data_format or default,
            dilations=dilations,
            name=scope,
        )


# -------------------------------------------------------------------- depthwise


@export("nn.depthwise_conv2d_native")
def depthwise_conv2d_native(input: Any, filter: Any, strides: Any, padding: Any, data_format: str = "NHWC",
                            dilations: Any = [1, 1, 1, 1], name: str | None = None) -> Tensor:  # noqa: B006  # fmt: skip
    """Convolve each channel with its own filters: one DepthwiseConv2dNative node.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> image, weights = np.ones((1, 4, 4, 2), "float32"), np.ones((2, 2, 2, 3), "float32")
    >>> tf.nn.depthwise_conv2d_native(image, weights, [1, 1, 1, 1], "SAME").shape.as_list()
    [1, 4, 4, 6]
    """
    kind, explicit = padding_attributes(padding, 4)
    return raw.DepthwiseConv2dNative(
        input, filter, strides=strides, padding=kind, explicit_paddings=explicit, data_format=data_format, dilations=dilations, name=name
    )


@export("nn.depthwise_conv2d_native_backprop_input", "nn.depthwise_conv2d_backprop_input")
def depthwise_conv2d_backprop_input(input_sizes: Any, filter: Any, out_backprop: Any, strides: Any, padding: Any,
                                    data_format: str = "NHWC", dilations: Any = [1, 1, 1, 1], name: str | None = None) -> Tensor:  # noqa: B006  # fmt: skip
    """The gradient of a depthwise convolution with respect to its images.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> weights, back = np.ones((2, 2, 2, 1), "float32"), np.ones((1, 4, 4, 2), "float32")
    >>> tf.nn.depthwise_conv2d_backprop_input([1, 4, 4, 2], weights, back, [1, 1, 1, 1], "SAME").shape.as_list()
    [1, 4, 4, 2]
    """
    kind, explicit = padding_attributes(padding, 4)
    return raw.DepthwiseConv2dNativeBackpropInput(
        input_sizes, filter, out_backprop, strides=strides, padding=kind, explicit_paddings=explicit, data_format=data_format,
        dilations=dilations, name=name,
    )  # fmt: skip


@export("nn.depthwise_conv2d_native_backprop_filter", "nn.depthwise_conv2d_backprop_filter")
def depthwise_conv2d_backprop_filter(input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, padding: Any,
                                     data_format: str = "NHWC", dilations: Any = [1, 1, 1, 1], name: str | None = None) -> Tensor:  # noqa: B006  # fmt: skip
    """The gradient of a depthwise convolution with respect to its filters.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> image, back = np.ones((1, 4, 4, 2), "float32"), np.ones((1, 4, 4, 2), "float32")
    >>> tf.nn.depthwise_conv2d_backprop_filter(image, [2, 2, 2, 1], back, [1, 1, 1, 1], "SAME").shape.as_list()
    [2, 2, 2, 1]
    """
    kind, explicit = padding_attributes(padding, 4)
    return raw.DepthwiseConv2dNativeBackpropFilter(
        input, filter_sizes, out_backprop, strides=strides, padding=kind, explicit_paddings=explicit, data_format=data_format,
        dilations=dilations, name=name,
    )  # fmt: skip
