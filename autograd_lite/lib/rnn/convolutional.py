"""LSTMs whose products are convolutions: states are sequences, images or volumes with channels (Shi et al. 2015)."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, split
from autograd_lite.api.convolution import conv1d, conv2d, conv3d
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Constant
from autograd_lite.lib.rnn.cell import RNNCell
from autograd_lite.lib.rnn.cells import LSTMStateTuple
from autograd_lite.lib.variable_scope import get_variable


@export("contrib.rnn.ConvLSTMCell")
class ConvLSTMCell(RNNCell):
    """An LSTM with convolutions along 1, 2 or 3 axes.

    Args:
      conv_ndims: along how many axes.
      input_shape: the shape of an input, without the batch: sizes and channels.
      output_channels: how many channels `c` and `h` have.
      kernel_shape: the sizes of the window.
      use_bias: whether a bias is added. skip_connection: whether the input is put beside the output.
      forget_bias: added to the forget gate. initializers: unused, as in TensorFlow. name: of the cell.

    Raises:
      ValueError: `conv_ndims` and `input_shape` do not fit.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.ConvLSTMCell(2, [8, 8, 3], 4, [3, 3])
    >>> cell(tf.ones([2, 8, 8, 3]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 8, 8, 4]
    """

    def __init__(
        self,
        conv_ndims: int,
        input_shape: Any,
        output_channels: int,
        kernel_shape: Any,
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        self._conv_ndims = conv_ndims
        self._input_shape = list(input_shape)
        self._output_channels = output_channels
        self._kernel_shape = list(kernel_shape)
        self._use_bias = use_bias
        self._skip_connection = skip_connection
        self._forget_bias = forget_bias

    @property
    def state_size(self) -> Any:
        """The shapes of `c` and `h`."""
        shape = TensorShape([*self._input_shape[:-1], self._output_channels])
        return LSTMStateTuple(shape, shape)

    @property
    def output_size(self) -> Any:
        """The shape of the output."""
        channels = self._output_channels + (self._input_shape[-1] if self._skip_connection else 0)
        return TensorShape([*self._input_shape[:-1], channels])

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        c, h = state
        axis = self._conv_ndims + 1
        i, j, f, o = split(value=self._convolved(concat([inputs, h], axis)), num_or_size_splits=4, axis=axis)
        new_c = raw.Sigmoid(f + self._forget_bias) * c + raw.Sigmoid(i) * raw.Tanh(j)
        new_h = raw.Tanh(new_c) * raw.Sigmoid(o)
        output = concat([new_h, inputs], axis=-1) if self._skip_connection else new_h
        return output, LSTMStateTuple(new_c, new_h)

    def _convolved(self, given: Tensor) -> Tensor:
        channels = given.get_shape().as_list()[-1]
        kernel = get_variable("kernel", [*self._kernel_shape, channels, 4 * self._output_channels], dtype=given.dtype)
        if self._conv_ndims == 1:
            result = conv1d(given, kernel, stride=1, padding="SAME")
        elif self._conv_ndims == 2:
            result = conv2d(given, kernel, strides=[1] * 4, padding="SAME")
        else:
            result = conv3d(given, kernel, strides=[1] * 5, padding="SAME")
        if self._use_bias:
            result = result + get_variable("biases", [4 * self._output_channels], dtype=given.dtype, initializer=Constant(0.0))
        return result


@export("contrib.rnn.Conv1DLSTMCell")
class Conv1DLSTMCell(ConvLSTMCell):
    """A `ConvLSTMCell` along one axis.

    >>> import autograd_lite as tf
    >>> tf.contrib.rnn.Conv1DLSTMCell(input_shape=[8, 3], output_channels=4, kernel_shape=[3]).output_size.as_list()
    [8, 4]
    """

    def __init__(self, name: str = "conv_1d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=1, name=name, **kwargs)


@export("contrib.rnn.Conv2DLSTMCell")
class Conv2DLSTMCell(ConvLSTMCell):
    """A `ConvLSTMCell` along two axes.

    >>> import autograd_lite as tf
    >>> tf.contrib.rnn.Conv2DLSTMCell(input_shape=[8, 8, 3], output_channels=4, kernel_shape=[3, 3]).output_size.as_list()
    [8, 8, 4]
    """

    def __init__(self, name: str = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


@export("contrib.rnn.Conv3DLSTMCell")
class Conv3DLSTMCell(ConvLSTMCell):
    """A `ConvLSTMCell` along three axes.

    >>> import autograd_lite as tf
    >>> tf.contrib.rnn.Conv3DLSTMCell(input_shape=[4, 4, 4, 3], output_channels=2, kernel_shape=[3, 3, 3]).output_size.as_list()
    [4, 4, 4, 2]
    """

    def __init__(self, name: str = "conv_3d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=3, name=name, **kwargs)
