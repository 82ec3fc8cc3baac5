"""Pooling in one, two and three dimensions: the largest or the mean of each window."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import expand_dims, squeeze, transpose
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.layers.arguments import channels_place, layout, padding_name, per_axis
from autograd_lite.lib.layers.input_spec import InputSpec
from autograd_lite.lib.layers.with_config import LayerWithConfig


class Pooling(LayerWithConfig):
    """Reduce each window of the inputs to one number per channel.

    Args:
      pool_size: the size of the window, a number or one per axis.
      strides: how far the window moves.
      padding: `valid` (the window stays inside) or `same`.
      data_format: `channels_last` or `channels_first`.
      name: the name of the layer.

    Raises:
      ValueError: another rank than the layer's, or a window larger than the inputs.
    """

    axes = 0  # along which the window moves
    kind = ""  # "Max" or "Avg"

    def __init__(
        self, pool_size: Any, strides: Any, padding: str = "valid", data_format: str = "channels_last", name: str | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name=name, **kwargs)
        self._keep(locals())
        self.pool_size = per_axis(pool_size, self.axes, "pool_size")
        self.strides = self.pool_size if strides is None else per_axis(strides, self.axes, "strides")
        self.padding = padding_name(padding)
        self.data_format = channels_place(data_format)
        self.input_spec = InputSpec(ndim=self.axes + 2)

    def call(self, inputs: Any) -> Tensor:
        """The largest element, or the mean, of each window."""
        if self.axes == 1:
            return self._of_sequences(inputs)
        if self.axes == 3 and self.data_format == "channels_first":
            return self._channels_last_inside(inputs, self.pool_size, self.strides)
        return self._pool(inputs, self.pool_size, self.strides, self.data_format)

    def _of_sequences(self, inputs: Any) -> Tensor:
        """Sequences are images of width 1; with channels first they are turned around, as TensorFlow does without a GPU."""
        axis = 2 if self.data_format == "channels_last" else 3
        images = expand_dims(inputs, axis)
        window, strides = (*self.pool_size, 1), (*self.strides, 1)
        if axis == 2:
            pooled = self._pool(images, window, strides, "channels_last")
        else:
            pooled = self._channels_last_inside(images, window, strides)
        return squeeze(pooled, [axis])

    def _channels_last_inside(self, inputs: Any, window: tuple[int, ...], strides: tuple[int, ...]) -> Tensor:
        count = len(window)
        turned = transpose(inputs, [0, *range(2, count + 2), 1])
        pooled = self._pool(turned, window, strides, "channels_last")
        return transpose(pooled, [0, count + 1, *range(1, count + 1)])

    def _pool(self, inputs: Any, window: tuple[int, ...], strides: tuple[int, ...], data_format: str) -> Tensor:
        op = getattr(raw, f"{self.kind}Pool{'3D' if len(window) == 3 else ''}")
        first = data_format == "channels_first"
        ksize, steps = ([1, 1, *numbers] if first else [1, *numbers, 1] for numbers in (window, strides))
        return op(inputs, ksize=ksize, strides=steps, padding=self.padding.upper(), data_format=layout(data_format, len(window)))


@export("layers.MaxPooling1D")
class MaxPooling1D(Pooling):
    """The largest element of each stretch of sequences, [batch, steps, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.MaxPooling1D(2, 2)(tf.zeros([2, 8, 3])).shape.as_list()
    [2, 4, 3]
    """

    axes, kind = 1, "Max"


@export("layers.AveragePooling1D")
class AveragePooling1D(Pooling):
    """The mean of each stretch of sequences, [batch, steps, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.AveragePooling1D(2, 2)(tf.zeros([2, 8, 3])).shape.as_list()
    [2, 4, 3]
    """

    axes, kind = 1, "Avg"


@export("layers.MaxPooling2D")
class MaxPooling2D(Pooling):
    """The largest element of each window of images, [batch, height, width, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.MaxPooling2D(2, 2)(tf.zeros([2, 8, 8, 3])).shape.as_list()
    [2, 4, 4, 3]
    """

    axes, kind = 2, "Max"


@export("layers.AveragePooling2D")
class AveragePooling2D(Pooling):
    """The mean of each window of images, [batch, height, width, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.AveragePooling2D(2, 2)(tf.zeros([2, 8, 8, 3])).shape.as_list()
    [2, 4, 4, 3]
    """

    axes, kind = 2, "Avg"

    def call(self, inputs: Any) -> Tensor:
        """The mean of each window."""
        if release().averages_need_rank and inputs.static_shape is None:
            raise ValueError("Cannot take the length of shape with unknown rank.\n  Give the inputs a rank: tensor.set_shape says it.")
        return super().call(inputs)


@export("layers.MaxPooling3D")
class MaxPooling3D(Pooling):
    """The largest element of each window of volumes, [batch, depth, height, width, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.MaxPooling3D(2, 2)(tf.zeros([2, 4, 4, 4, 3])).shape.as_list()
    [2, 2, 2, 2, 3]
    """

    axes, kind = 3, "Max"


@export("layers.AveragePooling3D")
class AveragePooling3D(Pooling):
    """The mean of each window of volumes, [batch, depth, height, width, channels].

    >>> import autograd_lite as tf
    >>> tf.layers.AveragePooling3D(2, 2)(tf.zeros([2, 4, 4, 4, 3])).shape.as_list()
    [2, 2, 2, 2, 3]
    """

    axes, kind = 3, "Avg"
