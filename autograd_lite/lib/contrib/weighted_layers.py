"""`tf.contrib.layers` with weights: fully connected, convolutions, transposed and separable convolutions, biases."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.api import nn
from autograd_lite.api.convolution_blocks import depthwise_conv2d
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export, export_constant, record_public_names
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.contrib.arg_scope import add_arg_scope
from autograd_lite.lib.contrib.around_layers import SEPARABLE, XAVIER, ZEROS, around_layer, keras_format
from autograd_lite.lib.contrib.model_variables import collections_for, model_variable, renaming_getter
from autograd_lite.lib.contrib.outputs import named
from autograd_lite.lib.layers.arguments import per_axis
from autograd_lite.lib.layers.convolution import Conv1D, Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose, SeparableConv2D
from autograd_lite.lib.layers.core import Dense
from autograd_lite.lib.variable_scope import variable_scope


@export("contrib.layers.fully_connected", "contrib.slim.fully_connected")
@add_arg_scope
@around_layer("fully_connected")
def fully_connected(
    inputs: Any,
    num_outputs: int,
    activation_fn: Any = raw.Relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """Each result is a weighted sum of all inputs, plus a bias, through an activation.

    Args:
      inputs: [batch, ..., size].
      num_outputs: the number of results.
      activation_fn: `tf.nn.relu`, or None for none.
      normalizer_fn, normalizer_params: a function used instead of the bias, such as `batch_norm`, and its arguments.
      weights_initializer, weights_regularizer, biases_initializer, biases_regularizer: of the variables; no bias if None.
      reuse: whether the variables exist; then `scope` must be given.
      variables_collections: collections for the variables, a list or a dict by `weights` and `biases`.
      outputs_collections: collections for the result.
      trainable: whether optimizers change the variables.
      scope: the variable scope; `fully_connected` if None.

    Raises:
      ValueError: `num_outputs` is no integer, or the last size of the inputs is unknown.

    >>> import autograd_lite as tf
    >>> y = tf.contrib.layers.fully_connected(tf.zeros([2, 3]), 4)
    >>> y.name, [v.op.name for v in tf.trainable_variables()]
    ('fully_connected/Relu:0', ['fully_connected/weights', 'fully_connected/biases'])
    """
    if not isinstance(num_outputs, int):
        raise ValueError(f"num_outputs type should be one of (<class 'int'>,), got {type(num_outputs)}.")
    return functools.partial(Dense, num_outputs, kernel_initializer=weights_initializer, kernel_regularizer=weights_regularizer)


linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=raw.Relu)
relu6 = functools.partial(fully_connected, activation_fn=raw.Relu6)
elu = functools.partial(fully_connected, activation_fn=raw.Elu)

for _name in ("linear", "relu", "relu6", "elu"):
    export_constant(__name__, _name, f"contrib.layers.{_name}")


@export("contrib.layers.convolution")
@add_arg_scope
@around_layer("Conv")
def convolution(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Any = 1,
    activation_fn: Any = raw.Relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    conv_dims: int | None = None,
) -> Any:
    """Slide filters along one, two or three axes, by the rank of the inputs; other arguments as of `fully_connected`.

    Args:
      inputs: [batch, *sizes, channels], or channels second when `data_format` starts with "NC".
      num_outputs: the number of filters.
      kernel_size: the size of the window.
      stride: how far it moves.
      padding: "SAME" or "VALID".
      rate: from one place of the window to the next.
      conv_dims: the number of axes that is wanted.

    Raises:
      ValueError: another rank, or an unknown format.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.convolution(tf.zeros([2, 8, 8, 3]), 4, 3).name
    'Conv/Relu:0'
    """
    form = keras_format(data_format)
    rank = inputs.get_shape().ndims if hasattr(inputs, "get_shape") else np.ndim(inputs)
    if conv_dims is not None and conv_dims + 2 != rank:
        raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
    kinds = {3: Conv1D, 4: Conv2D, 5: Conv3D}
    if rank not in kinds:
        raise ValueError("Convolution not supported for input with rank", rank)
    return functools.partial(
        kinds[rank], num_outputs, kernel_size, strides=stride, padding=padding, data_format=form, dilation_rate=rate,
        kernel_initializer=weights_initializer, kernel_regularizer=weights_regularizer,
    )  # fmt: skip


def _convolution_of(axes: int, *names: str) -> Callable[..., Tensor]:
    """`convolution` of inputs of one rank, under public names."""

    def convolution_of_rank(inputs: Any, *args: Any, **kwargs: Any) -> Tensor:
        return convolution(inputs, *args, **{**kwargs, "conv_dims": axes})

    shown = inspect.signature(convolution)
    convolution_of_rank.__signature__ = shown.replace(parameters=list(shown.parameters.values())[:-1])  # type: ignore[attr-defined]
    convolution_of_rank.__name__ = f"convolution{axes}d"
    convolution_of_rank.__qualname__ = convolution_of_rank.__name__
    convolution_of_rank.__doc__ = f"`convolution` of inputs of rank {axes + 2}."
    public = [f"contrib.{module}.{name}" for module in ("layers", "slim") for name in names]
    scoped = add_arg_scope(convolution_of_rank)
    record_public_names(scoped, __name__, convolution_of_rank.__name__, public)
    return scoped


convolution1d = _convolution_of(1, "conv1d", "convolution1d")
convolution2d = _convolution_of(2, "conv2d", "convolution2d")
convolution3d = _convolution_of(3, "conv3d", "convolution3d")


# -------------------------------------------------------------------- transposed and separable


@export("contrib.layers.conv2d_transpose", "contrib.layers.convolution2d_transpose", "contrib.slim.conv2d_transpose",
        "contrib.slim.convolution2d_transpose")  # fmt: skip
@add_arg_scope
@around_layer("Conv2d_transpose")
def convolution2d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    activation_fn: Any = raw.Relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """The transpose of a two-dimensional convolution, which enlarges images by `stride`; other arguments as of `convolution`.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.conv2d_transpose(tf.zeros([2, 4, 4, 3]), 5, 3, stride=2).shape.as_list()
    [2, 8, 8, 5]
    """
    return functools.partial(
        Conv2DTranspose, num_outputs, kernel_size, strides=stride, padding=padding, data_format=keras_format(data_format),
        kernel_initializer=weights_initializer, kernel_regularizer=weights_regularizer,
    )  # fmt: skip


@export("contrib.layers.conv3d_transpose", "contrib.layers.convolution3d_transpose", "contrib.slim.conv3d_transpose",
        "contrib.slim.convolution3d_transpose")  # fmt: skip
@add_arg_scope
@around_layer("Conv3d_transpose")
def convolution3d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NDHWC",
    activation_fn: Any = raw.Relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """The transpose of a three-dimensional convolution, which enlarges volumes by `stride`; other arguments as of `convolution`.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.conv3d_transpose(tf.zeros([2, 2, 2, 2, 3]), 5, 3, stride=2).shape.as_list()
    [2, 4, 4, 4, 5]
    """
    return functools.partial(
        Conv3DTranspose, num_outputs, kernel_size, strides=stride, padding=padding, data_format=keras_format(data_format),
        kernel_initializer=weights_initializer, kernel_regularizer=weights_regularizer,
    )  # fmt: skip


@export("contrib.layers.separable_conv2d", "contrib.layers.separable_convolution2d", "contrib.slim.separable_conv2d",
        "contrib.slim.separable_convolution2d")  # fmt: skip
@add_arg_scope
@around_layer("SeparableConv2d", rename=SEPARABLE)
def separable_convolution2d(
    inputs: Any,
    num_outputs: int | None,
    kernel_size: Any,
    depth_multiplier: int = 1,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Any = 1,
    activation_fn: Any = raw.Relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """A convolution of each channel by itself, then a mixture of the channels; without the mixture when `num_outputs` is None.

    Args:
      depth_multiplier: the number of filters per channel.
      pointwise_initializer: of the mixture; `weights_initializer` if None.

    Other arguments as of `convolution`.

    >>> import autograd_lite as tf
    >>> y = tf.contrib.layers.separable_conv2d(tf.zeros([2, 4, 4, 3]), 5, 3)
    >>> [v.op.name for v in tf.trainable_variables()][:2]
    ['SeparableConv2d/depthwise_weights', 'SeparableConv2d/pointwise_weights']
    """
    if num_outputs is None:
        with variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=renaming_getter({})) as opened:
            inputs = convert_to_tensor(inputs)
            channels = inputs.shape.with_rank(4).as_list()[1 if data_format == "NCHW" else 3]
            weights = model_variable(
                "depthwise_weights", shape=[*per_axis(kernel_size, 2, "kernel_size"), channels, depth_multiplier],
                dtype=inputs.dtype.base_dtype, initializer=weights_initializer, regularizer=weights_regularizer, trainable=trainable,
                collections=collections_for(variables_collections, "weights"),
            )  # fmt: skip
            steps, gaps = per_axis(stride, 2, "stride"), per_axis(rate, 2, "rate")
            strides = [1, 1, *steps] if data_format == "NCHW" else [1, *steps, 1]
            outputs = depthwise_conv2d(inputs, weights, strides, padding, rate=gaps, data_format=data_format)
            outputs = _normalized_or_biased(
                outputs, depth_multiplier * channels, data_format, normalizer_fn, normalizer_params, biases_initializer,
                biases_regularizer, variables_collections, trainable,
            )  # fmt: skip
            return named(outputs, activation_fn, outputs_collections, opened.name)
    return functools.partial(
        SeparableConv2D, num_outputs, kernel_size, strides=stride, padding=padding, data_format=keras_format(data_format),
        dilation_rate=per_axis(rate, 2, "rate"), depth_multiplier=depth_multiplier, depthwise_initializer=weights_initializer,
        pointwise_initializer=pointwise_initializer or weights_initializer, depthwise_regularizer=weights_regularizer,
        pointwise_regularizer=weights_regularizer,
    )  # fmt: skip


@export("contrib.layers.conv2d_in_plane", "contrib.layers.convolution2d_in_plane", "contrib.slim.conv2d_in_plane",
        "contrib.slim.convolution2d_in_plane")  # fmt: skip
@add_arg_scope
def convolution2d_in_plane(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    activation_fn: Any = raw.Relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Tensor:
    """One filter slides over every channel by itself; arguments as of `convolution`.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.conv2d_in_plane(tf.zeros([2, 4, 4, 3]), 3).shape.as_list()
    [2, 4, 4, 3]
    """
    with variable_scope(scope, "ConvInPlane", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        channels = inputs.shape.with_rank(4).as_list()[3]
        weights = model_variable(
            "weights", shape=[*per_axis(kernel_size, 2, "kernel_size"), 1, 1], dtype=inputs.dtype.base_dtype,
            initializer=weights_initializer, regularizer=weights_regularizer, trainable=trainable,
            collections=collections_for(variables_collections, "weights"),
        )  # fmt: skip
        every = raw.Tile(weights, [1, 1, channels, 1])
        outputs = depthwise_conv2d(inputs, every, [1, *per_axis(stride, 2, "stride"), 1], padding)
        outputs = _normalized_or_biased(
            outputs, channels, "NHWC", normalizer_fn, normalizer_params, biases_initializer, biases_regularizer, variables_collections,
            trainable,
        )  # fmt: skip
        return named(outputs, activation_fn, outputs_collections, opened.name)


def _normalized_or_biased(
    outputs: Tensor, channels: int, data_format: str, normalizer_fn: Any, normalizer_params: Any, initializer: Any, regularizer: Any,
    variables_collections: Any, trainable: bool,
) -> Tensor:  # fmt: skip
    """The result of a convolution through the normalizer if there is one, else with a bias if one is wanted."""
    if normalizer_fn is not None:
        return normalizer_fn(outputs, **(normalizer_params or {}))
    if initializer is None:
        return outputs
    biases = model_variable(
        "biases", shape=[channels], dtype=outputs.dtype.base_dtype, initializer=initializer, regularizer=regularizer,
        trainable=trainable, collections=collections_for(variables_collections, "biases"),
    )  # fmt: skip
    return nn.bias_add(outputs, biases, data_format=data_format)


@export("contrib.layers.bias_add", "contrib.slim.bias_add")
@add_arg_scope
def bias_add(
    inputs: Any,
    activation_fn: Any = None,
    initializer: Any = ZEROS,
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Add a variable `biases` to the channels of the inputs.

    Raises:
      ValueError: an unknown format or an unknown number of channels.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.bias_add(tf.zeros([2, 3])).name
    'BiasAdd/BiasAdd:0'
    """
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        sizes = inputs.shape.as_list()
        channels = sizes[1] if data_format == "NCHW" and len(sizes) > 2 else sizes[-1]
        if channels is None:
            raise ValueError("`C` dimension must be known but is None")
        biases = model_variable(
            "biases", shape=[channels], dtype=inputs.dtype.base_dtype, initializer=initializer, regularizer=regularizer,
            collections=collections_for(variables_collections, "biases"), trainable=trainable,
        )  # fmt: skip
        return named(nn.bias_add(inputs, biases, data_format=data_format), activation_fn, outputs_collections, opened.name)
