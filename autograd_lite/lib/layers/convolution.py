"""Convolutions in one, two and three dimensions, plain, transposed and separable.

They share one way of making variables and of adding the bias (`Convolution`); the classes differ by the number of axes along which
the window moves (`axes`), and by the nodes between inputs and bias (`_convolve`).
"""

from __future__ import annotations

import inspect
from typing import Any

from autograd_lite.api import nn
from autograd_lite.api.arrays import expand_dims, pad, shape, squeeze, stack, transpose
from autograd_lite.api.convolution import conv1d, conv2d_transpose, conv3d_transpose
from autograd_lite.api.convolution_blocks import convolution, separable_conv2d, with_space_to_batch
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.layers.arguments import channels_place, enlarged_size, layout, linear, padding_name, per_axis, static_dims
from autograd_lite.lib.layers.core import ZEROS
from autograd_lite.lib.layers.input_spec import InputSpec
from autograd_lite.lib.layers.with_config import LayerWithConfig


class Convolution(LayerWithConfig):
    """Slide filters over the inputs: each result is the sum of a window times the weights of a filter, plus a bias.

    Args:
      filters: the number of filters, which is the number of channels of the result.
      kernel_size: the size of the window, a number or one per axis.
      strides: how far the window moves.
      padding: `valid` (the window stays inside) or `same` (zeros around); `causal` in one dimension (zeros before only).
      data_format: `channels_last` or `channels_first`.
      dilation_rate: the distance between the places of the window; with strides of 1 only.
      activation: a function, the name of one, or None.
      use_bias: whether a bias is added.
      kernel_initializer, bias_initializer: how the variables start.
      kernel_regularizer, bias_regularizer, activity_regularizer: functions that return a loss.
      kernel_constraint, bias_constraint: functions that an optimizer applies to the variables after each step.
      trainable: whether optimizers change the variables.
      name: the name of the layer and of its variable scope.

    Raises:
      ValueError: another rank than the layer's, an unknown number of channels, or an argument that does not fit.
    """

    axes = 0  # along which the window moves
    filters: Any
    kernel_size: Any
    strides: Any
    padding: Any
    data_format: Any

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs)
        self._keep(locals())
        self._check_window()

    def __init_subclass__(cls) -> None:
        """Show help() and editors the defaults of two and three dimensions as TensorFlow writes them: `(1, 1)`."""
        super().__init_subclass__()
        shown = inspect.signature(cls.__init__)
        ones = 1 if cls.axes == 1 else (1,) * cls.axes
        parameters = [
            parameter.replace(default=ones) if name in ("strides", "dilation_rate") else parameter
            for name, parameter in list(shown.parameters.items())[1:]
        ]
        cls.__signature__ = shown.replace(parameters=parameters, return_annotation=cls)  # type: ignore[attr-defined]

    def _check_window(self) -> None:
        self.rank = self.axes
        self.filters = self.filters if self.filters is None or isinstance(self.filters, int) else int(self.filters)
        self.kernel_size = per_axis(self.kernel_size, self.axes, "kernel_size")
        self.strides = per_axis(self.strides, self.axes, "strides")
        self.dilation_rate = per_axis(getattr(self, "dilation_rate", 1), self.axes, "dilation_rate")
        self.padding = padding_name(self.padding)
        self.data_format = channels_place(self.data_format)
        if self.padding == "causal" and self.axes != 1:
            raise ValueError("Causal padding is only supported for `Conv1D` and `SeparableConv1D`.")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.input_spec = InputSpec(ndim=self.axes + 2) if release().older_error_texts else InputSpec(min_ndim=self.axes + 2)

    # ---------------------------------------------------------------- variables

    def build(self, input_shape: Any) -> None:
        """Make the variables: `kernel` [*kernel_size, channels, filters] and `bias` [filters]."""
        channels = self._channels(input_shape)
        self._add_kernels(channels)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", shape=(self.filters,), initializer=self.bias_initializer, regularizer=self.bias_regularizer,
                constraint=self.bias_constraint, trainable=True, dtype=self.dtype,
            )  # fmt: skip
        self.input_spec = InputSpec(ndim=self.axes + 2, axes={self._channel_axis(): channels})
        self.built = True

    def _channel_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else -1

    def _channels(self, input_shape: Any) -> int:
        known = static_dims(input_shape)
        if known is None:
            raise TypeError("'NoneType' object is not subscriptable\n  The rank of the inputs must be known: tensor.set_shape says it.")
        channels = known[self._channel_axis()]
        if channels is None:
            if release().older_error_texts:
                text = "The channel dimension of the inputs should be defined. Found `None`."
            else:
                of = f" to `{type(self).__name__}`" if isinstance(self, Transposed) else ""
                text = (
                    f"The channel dimension of the inputs{of} should be defined. The input_shape received is {input_shape}, where axis "
                    f"{self._channel_axis()} (0-based) is the channel dimension, which found to be `None`."
                )
            raise ValueError(text)
        return channels

    def _kernel_shape(self, channels: int) -> tuple[int, ...]:
        return (*self.kernel_size, channels, self.filters)

    def _add_kernels(self, channels: int) -> None:
        self.kernel = self.add_weight(
            "kernel", shape=self._kernel_shape(channels), initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint, trainable=True, dtype=self.dtype,
        )  # fmt: skip

    # ---------------------------------------------------------------- nodes

    def call(self, inputs: Any) -> Tensor:
        """The results, with `filters` channels."""
        outputs = self._convolve(inputs)
        if self.use_bias:
            outputs = self._add_bias(outputs)
        return outputs if self.activation is linear else self.activation(outputs)

    def _convolve(self, inputs: Any) -> Tensor:
        if self.padding == "causal":
            inputs = pad(inputs, self._causal_paddings())
        padding = "VALID" if self.padding == "causal" else self.padding.upper()
        form = layout(self.data_format, self.axes)
        if not release().convolution_keeps_rate:
            return convolution(
                inputs, convert_to_tensor(self.kernel), padding, strides=self.strides, dilation_rate=self.dilation_rate, data_format=form,
                name=type(self).__name__,
            )  # fmt: skip
        window = list(self.kernel.shape.as_list()[: self.axes]) if max(self.dilation_rate) > 1 else None
        return with_space_to_batch(inputs, self.dilation_rate, padding, self._plain, filter_shape=window, data_format=form)

    def _plain(self, inputs: Any, _: int, padding: str) -> Tensor:
        """A convolution without gaps, as release 1.15 builds it: its node is named after the op."""
        form = layout(self.data_format, self.axes)
        if self.axes == 1:
            return conv1d(inputs, self.kernel, self.strides[0], padding, data_format=form)
        strides = [1, 1, *self.strides] if self.data_format == "channels_first" else [1, *self.strides, 1]
        op = raw.Conv2D if self.axes == 2 else raw.Conv3D
        return op(inputs, self.kernel, strides=strides, padding=padding, data_format=form)

    def _causal_paddings(self) -> list[list[int]]:
        before = [self.dilation_rate[0] * (self.kernel_size[0] - 1), 0]
        return [[0, 0], before, [0, 0]] if self.data_format == "channels_last" else [[0, 0], [0, 0], before]

    def _add_bias(self, outputs: Tensor) -> Tensor:
        if self.data_format == "channels_first" and self.axes == 1:
            return outputs + raw.Reshape(self.bias, (1, self.filters, 1))
        return nn.bias_add(outputs, self.bias, data_format="NCHW" if self.data_format == "channels_first" else "NHWC")


@export("layers.Conv1D")
class Conv1D(Convolution):
    """Slide filters along sequences, [batch, steps, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.Conv1D(4, 3)(tf.zeros([2, 8, 3])).shape.as_list()
    [2, 6, 4]
    """

    axes = 1


@export("layers.Conv2D")
class Conv2D(Convolution):
    """Slide filters over images, [batch, height, width, channels].

    >>> import autograd_lite as tf
    >>> layer = tf.layers.Conv2D(4, 3, padding="same")
    >>> layer(tf.zeros([2, 8, 8, 3])).shape.as_list(), layer.kernel.shape.as_list()
    ([2, 8, 8, 4], [3, 3, 3, 4])
    """

    axes = 2


@export("layers.Conv3D")
class Conv3D(Convolution):
    """Slide filters over volumes, [batch, depth, height, width, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.Conv3D(4, 3)(tf.zeros([2, 8, 8, 8, 3])).shape.as_list()
    [2, 6, 6, 6, 4]
    """

    axes = 3


# -------------------------------------------------------------------- transposed


class Transposed(Convolution):
    """The transpose of a convolution: each input is spread by a filter over a window of the result; strides enlarge.

    Arguments as of `Convolution`, without dilation.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{name: value for name, value in locals().items() if name not in ("self", "kwargs", "__class__")}, **kwargs)

    def _kernel_shape(self, channels: int) -> tuple[int, ...]:
        return (*self.kernel_size, self.filters, channels)

    def _convolve(self, inputs: Any) -> Tensor:
        known = inputs.static_shape
        sizes = shape(inputs)
        first = 2 if self.data_format == "channels_first" else 1
        batch = sizes[0]
        enlarge = range(first, first + self.axes)
        given = [self._size(sizes, known, axis) for axis in enlarge]
        spatial = [enlarged_size(size, window, self.padding, stride) for size, window, stride in zip(given, self.kernel_size, self.strides)]
        wanted = [batch, self.filters, *spatial] if first == 2 else [batch, *spatial, self.filters]
        outputs = self._spread(inputs, stack(wanted))
        outputs.set_shape(self._static_result(known))
        return outputs

    def _size(self, sizes: Tensor, known: Any, axis: int) -> Any:
        """The size of the inputs along an axis: a number where the layer of this rank uses what is known."""
        return known[axis] if self.axes == 2 and known[axis] is not None else sizes[axis]

    def _static_result(self, known: Any) -> list[int | None]:
        first = 2 if self.data_format == "channels_first" else 1
        spatial = [
            enlarged_size(known[first + i], self.kernel_size[i], self.padding, self.strides[i]) for i in range(self.axes)
        ]  # fmt: skip
        return [known[0], self.filters, *spatial] if first == 2 else [known[0], *spatial, self.filters]

    def _channels(self, input_shape: Any) -> int:
        if static_dims(input_shape) is None:
            raise ValueError("Cannot take the length of shape with unknown rank.\n  Give the inputs a rank: tensor.set_shape says it.")
        return super()._channels(input_shape)

    def _spread(self, inputs: Any, wanted: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} says in _spread which op it is made of")


@export("layers.Conv2DTranspose")
class Conv2DTranspose(Transposed):
    """The transpose of a two-dimensional convolution, which enlarges images.

    >>> import autograd_lite as tf
    >>> tf.layers.Conv2DTranspose(4, 3, strides=2, padding="same")(tf.zeros([2, 8, 8, 3])).shape.as_list()
    [2, 16, 16, 4]
    """

    axes = 2

    def _spread(self, inputs: Any, wanted: Tensor) -> Tensor:
        """By way of `channels_last`, which is what processors without a GPU can do in TensorFlow."""
        strides = [1, *self.strides, 1]
        padding = self.padding.upper()
        if self.data_format == "channels_last":
            _ = wanted[0]  # TensorFlow looks at the batch, and leaves the node behind
            return conv2d_transpose(inputs, self.kernel, wanted, strides, padding=padding)
        inputs = transpose(inputs, [0, 2, 3, 1])
        wanted = stack([wanted[axis] for axis in (0, 2, 3, 1)])
        return transpose(conv2d_transpose(inputs, self.kernel, wanted, strides, padding=padding), [0, 3, 1, 2])


@export("layers.Conv3DTranspose")
class Conv3DTranspose(Transposed):
    """The transpose of a three-dimensional convolution, which enlarges volumes.

    >>> import autograd_lite as tf
    >>> tf.layers.Conv3DTranspose(4, 3, strides=2, padding="same")(tf.zeros([2, 4, 4, 4, 3])).shape.as_list()
    [2, 8, 8, 8, 4]
    """

    axes = 3

    def _spread(self, inputs: Any, wanted: Tensor) -> Tensor:
        form = layout(self.data_format, 3)
        strides = [1, 1, *self.strides] if self.data_format == "channels_first" else [1, *self.strides, 1]
        return conv3d_transpose(inputs, self.kernel, wanted, strides, padding=self.padding.upper(), data_format=form)


# -------------------------------------------------------------------- separable


class Separable(Convolution):
    """A convolution of each channel with filters of its own, then a mixture of the channels, place by place: far fewer weights.

    Args:
      depth_multiplier: the number of filters per channel.
      depthwise_initializer, pointwise_initializer, bias_initializer: how the variables start.
      depthwise_regularizer, pointwise_regularizer, bias_regularizer: functions that return a loss.
      depthwise_constraint, pointwise_constraint, bias_constraint: functions that an optimizer applies after each step.

    The other arguments are those of `Convolution`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        LayerWithConfig.__init__(self, trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs)
        self._keep(locals())
        self._check_window()

    def _add_kernels(self, channels: int) -> None:
        mixed = (*[1] * self.axes, self.depth_multiplier * channels, self.filters)
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", shape=(*self.kernel_size, channels, self.depth_multiplier), initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer, constraint=self.depthwise_constraint, trainable=True, dtype=self.dtype,
        )  # fmt: skip
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel", shape=mixed, initializer=self.pointwise_initializer, regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint, trainable=True, dtype=self.dtype,
        )  # fmt: skip


@export("layers.SeparableConv2D")
class SeparableConv2D(Separable):
    """A separable convolution of images: each channel by itself, then a mixture of the channels.

    >>> import autograd_lite as tf
    >>> tf.layers.SeparableConv2D(4, 3)(tf.zeros([2, 8, 8, 3])).shape.as_list()
    [2, 6, 6, 4]
    """

    axes = 2

    def _convolve(self, inputs: Any) -> Tensor:
        strides = [1, *self.strides, 1] if self.data_format == "channels_last" else [1, 1, *self.strides]
        return separable_conv2d(
            inputs, self.depthwise_kernel, self.pointwise_kernel, strides=strides, padding=self.padding.upper(), rate=self.dilation_rate,
            data_format=layout(self.data_format, 2),
        )  # fmt: skip


@export("layers.SeparableConv1D")
class SeparableConv1D(Separable):
    """A separable convolution of sequences: each channel by itself, then a mixture of the channels.

    >>> import autograd_lite as tf
    >>> tf.layers.SeparableConv1D(4, 3)(tf.zeros([2, 8, 3])).shape.as_list()
    [2, 6, 4]
    """

    axes = 1

    def call(self, inputs: Any) -> Tensor:
        """The results, with `filters` channels: those of images of height 1."""
        if self.padding == "causal":
            inputs = pad(inputs, self._causal_paddings())
        axis = 1 if self.data_format == "channels_last" else 2
        strides = [1, *self.strides * 2, 1] if axis == 1 else [1, 1, *self.strides * 2]
        flat = expand_dims(inputs, axis)
        depthwise, pointwise = expand_dims(self.depthwise_kernel, 0), expand_dims(self.pointwise_kernel, 0)
        outputs = separable_conv2d(
            flat, depthwise, pointwise, strides=strides, padding="VALID" if self.padding == "causal" else self.padding.upper(),
            rate=(1, *self.dilation_rate), data_format=layout(self.data_format, 2),
        )  # fmt: skip
        if self.use_bias:
            outputs = nn.bias_add(outputs, self.bias, data_format=layout(self.data_format, 2))
        outputs = squeeze(outputs, [axis])
        return outputs if self.activation is linear else self.activation(outputs)
