"""Further cells of `tf.contrib.rnn`."""

from __future__ import annotations

from typing import Any

from autograd_lite.api import nn
from autograd_lite.api.arrays import concat, split
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.contrib.normalizers import layer_norm
from autograd_lite.lib.initializers import Constant, Zeros
from autograd_lite.lib.rnn.cell import LayerRNNCell, RNNCell, input_depth
from autograd_lite.lib.rnn.cells import GRUCell, LSTMCell, LSTMStateTuple, activation_or_tanh
from autograd_lite.lib.rnn.dynamic import dynamic_rnn
from autograd_lite.lib.rnn.linear import linear
from autograd_lite.lib.variable_scope import get_variable, get_variable_scope, variable_scope


@export("contrib.rnn.LayerNormBasicLSTMCell")
class LayerNormBasicLSTMCell(RNNCell):
    """An LSTM whose gates and memory are normalized over the units (Ba et al. 2016), with dropout of what is newly remembered.

    Args:
      num_units: the size of `c` and `h`.
      forget_bias: added to the forget gate.
      input_size: accepted for old programs.
      activation: in place of tanh.
      layer_norm: whether anything is normalized; without it there is a bias.
      norm_gain, norm_shift: where the variables `gamma` and `beta` of each normalization start.
      dropout_keep_prob: the probability of keeping a new value. dropout_prob_seed: makes the choice the same in every run.
      reuse: True to use variables that exist in its scope.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.LayerNormBasicLSTMCell(4)
    >>> output, state = cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))
    >>> [v.op.name for v in tf.global_variables()][1:3]
    ['layer_norm_basic_lstm_cell/input/gamma', 'layer_norm_basic_lstm_cell/input/beta']
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size: Any = None,
        activation: Any = raw.Tanh,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._activation = activation_or_tanh(activation)
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> Any:
        """The size of `h`."""
        return self._num_units

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        c, h = state
        inner = linear([concat([inputs, h], 1)], 4 * self._num_units, use_bias=not self._layer_norm)
        i, j, f, o = split(value=inner, num_or_size_splits=4, axis=1)
        if self._layer_norm:
            i, j, f, o = (self._normalized(part, scope) for part, scope in zip((i, j, f, o), ("input", "transform", "forget", "output")))
        new = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            new = nn.dropout(new, self._keep_prob, seed=self._seed)
        new_c = c * raw.Sigmoid(f + self._forget_bias) + raw.Sigmoid(i) * new
        if self._layer_norm:
            new_c = self._normalized(new_c, "state")
        new_h = self._activation(new_c) * raw.Sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)

    def _normalized(self, part: Tensor, scope: str) -> Tensor:
        size = [self._num_units]
        with variable_scope(scope):
            get_variable("gamma", size, initializer=Constant(self._norm_gain), dtype=part.dtype)
            get_variable("beta", size, initializer=Constant(self._norm_shift), dtype=part.dtype)
        return layer_norm(part, reuse=True, scope=scope)


@export("contrib.rnn.LSTMBlockCell")
class LSTMBlockCell(LSTMCell):
    """An LSTM under the name of TensorFlow's faster one: plans make both the same here.

    Args:
      num_units: the size of `c` and `h`. forget_bias: added to the forget gate.
      cell_clip: keeps `c` between -cell_clip and cell_clip. use_peephole: whether the gates see `c`.
      dtype, reuse, name: as of every layer.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.LSTMBlockCell(4)
    >>> output, state = cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))
    >>> [v.op.name for v in cell.variables]
    ['lstm_cell/kernel', 'lstm_cell/bias']
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: Any = None,
        name: str = "lstm_cell",
    ) -> None:
        clip = None if cell_clip is None or cell_clip <= 0 else cell_clip
        super().__init__(
            num_units, use_peepholes=use_peephole, cell_clip=clip, forget_bias=forget_bias, reuse=reuse, name=name, dtype=dtype
        )


@export("contrib.rnn.GRUBlockCellV2")
class GRUBlockCellV2(GRUCell):
    """A gated recurrent unit under the name of TensorFlow's faster one: plans make both the same here.

    Args:
      num_units: how many numbers the state has. cell_size: its older name.
      reuse, name: as of every layer.

    Raises:
      ValueError: neither or both sizes are given.

    >>> import autograd_lite as tf
    >>> tf.contrib.rnn.GRUBlockCellV2(4).output_size
    4
    """

    def __init__(self, num_units: int | None = None, cell_size: int | None = None, reuse: Any = None, name: str = "gru_cell") -> None:
        if (num_units is None) == (cell_size is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        super().__init__(num_units or cell_size or 0, reuse=reuse, name=name)


@export("contrib.rnn.GRUBlockCell")
class GRUBlockCell(GRUBlockCellV2):
    """A gated recurrent unit under the older name of TensorFlow's faster one.

    >>> import autograd_lite as tf
    >>> tf.contrib.rnn.GRUBlockCell(cell_size=4).output_size
    4
    """


@export("contrib.rnn.LSTMBlockFusedCell")
class LSTMBlockFusedCell(LSTMBlockCell):
    """An LSTM that takes all steps at once: inputs and outputs are [time, batch, size].

    Args:
      num_units, forget_bias, cell_clip, use_peephole, reuse, dtype, name: as of `LSTMBlockCell`.

    >>> import autograd_lite as tf
    >>> outputs, (c, h) = tf.contrib.rnn.LSTMBlockFusedCell(4)(tf.ones([5, 2, 3]), dtype=tf.float32)
    >>> outputs.shape.as_list(), h.shape.as_list()
    ([5, 2, 4], [2, 4])
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: Any = None,
        dtype: Any = None,
        name: str = "lstm_fused_cell",
    ) -> None:
        super().__init__(num_units, forget_bias, cell_clip, use_peephole, dtype, reuse, name)
        self.input_spec = None

    def __call__(  # type: ignore[override]
        self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None
    ) -> Any:
        """All steps: the outputs [time, batch, units], and the last state.

        Args:
          inputs: [time, batch, input size].
          initial_state: the state before the first step; zeros of type `dtype` if None.
          sequence_length: [batch], how many steps each sequence has.
        """
        return super().__call__(inputs, initial_state, scope, dtype=dtype, sequence_length=sequence_length)

    def call(self, inputs: Any, state: Any = None, dtype: Any = None, sequence_length: Any = None) -> Any:
        """All steps: the outputs and the last state."""
        steps = _Steps(super().call, self.state_size, self.output_size)
        return dynamic_rnn(steps, inputs, sequence_length, state, dtype=dtype or inputs.dtype, time_major=True)


class _Steps(RNNCell):
    """A cell without variables whose step is a function."""

    def __init__(self, step: Any, state_size: Any, output_size: Any) -> None:
        super().__init__()
        self._step = step
        self._sizes = state_size, output_size

    state_size = property(lambda self: self._sizes[0], doc="The size of the state.")
    output_size = property(lambda self: self._sizes[1], doc="The size of the output.")

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        return self._step(inputs, state)


@export("contrib.rnn.NASCell")
class NASCell(LayerRNNCell):
    """The cell that a search over architectures found (Zoph and Le 2016).

    Args:
      num_units: the size of what it remembers. num_proj: the size of its output, projected; None: not projected.
      use_bias: whether biases are added.
      reuse: True to use variables that exist in its scope.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.NASCell(4)
    >>> cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 4]
    """

    def __init__(self, num_units: int, num_proj: int | None = None, use_bias: bool = False, reuse: Any = None, **kwargs: Any) -> None:
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias

    @property
    def state_size(self) -> Any:
        """The sizes of what it remembers and of its output."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> Any:
        """The size of its output."""
        return self._num_proj or self._num_units

    def build(self, inputs_shape: Any) -> None:
        """Make the variables."""
        depth, size = input_depth(inputs_shape), 8 * self._num_units
        self._recurrent_kernel = self.add_variable("recurrent_kernel", [self.output_size, size])
        self._kernel = self.add_variable("kernel", [depth, size])
        if self._use_bias:
            self._bias = self.add_variable("bias", [size], initializer=Zeros(dtype=self.dtype))
        if self._num_proj is not None:
            self._projection_weights = self.add_variable("projection_weights", [self._num_units, self._num_proj])
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        c, h = state
        from_state = raw.MatMul(h, self._recurrent_kernel)
        if self._use_bias:
            from_state = nn.bias_add(from_state, self._bias)
        given = split(value=raw.MatMul(inputs, self._kernel), num_or_size_splits=8, axis=1)
        kept = split(value=from_state, num_or_size_splits=8, axis=1)
        functions = (raw.Sigmoid, raw.Relu, raw.Sigmoid, raw.Relu, raw.Tanh, raw.Sigmoid, raw.Tanh, raw.Sigmoid)
        first = [f(given[n] * kept[n] if n == 3 else given[n] + kept[n]) for n, f in enumerate(functions)]
        second = (
            raw.Tanh(first[0] * first[1]),
            raw.Tanh(first[2] + first[3]),
            raw.Tanh(first[4] * first[5]),
            raw.Sigmoid(first[6] + first[7]),
        )
        new_c = raw.Tanh(second[0] + c) * second[1]
        new_h = raw.Tanh(new_c * raw.Tanh(second[2] + second[3]))
        if self._num_proj is not None:
            new_h = raw.MatMul(new_h, self._projection_weights)
        return new_h, LSTMStateTuple(new_c, new_h)


class _GatedCell(RNNCell):
    """A cell of `num_units` units whose variables have an initializer of their own."""

    def __init__(self, num_units: int, initializer: Any, forget_bias: float, reuse: Any) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias

    @property
    def state_size(self) -> Any:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The number of units."""
        return self._num_units


@export("contrib.rnn.UGRNNCell")
class UGRNNCell(_GatedCell):
    """The update-gate network: one gate decides what part of the state is replaced (Collins et al. 2016).

    Args:
      num_units: how many numbers the state has. initializer: of the variables. forget_bias: added to the gate.
      activation: of the new part. reuse: True to use variables that exist in its scope.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.UGRNNCell(4)
    >>> cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 4]
    """

    def __init__(
        self, num_units: int, initializer: Any = None, forget_bias: float = 1.0, activation: Any = raw.Tanh, reuse: Any = None
    ) -> None:
        super().__init__(num_units, initializer, forget_bias, reuse)
        self._activation = activation_or_tanh(activation)

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            both = linear([concat([inputs, state], 1)], 2 * self._num_units)
        gate, new = split(value=both, num_or_size_splits=2, axis=1)
        gate = raw.Sigmoid(gate + self._forget_bias)
        new_state = gate * state + (1.0 - gate) * self._activation(new)
        return new_state, new_state


@export("contrib.rnn.IntersectionRNNCell")
class IntersectionRNNCell(_GatedCell):
    """Two gated paths that cross: one through time, one through the layers (Collins et al. 2016).

    Args:
      num_units: how many numbers state and output have. num_in_proj: the size to which inputs of another size are projected.
      initializer: of the variables. forget_bias: added to both gates. y_activation: of what goes up.
      reuse: True to use variables that exist in its scope.

    Raises:
      ValueError: when it is called: the inputs have another size than the output.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.IntersectionRNNCell(3)
    >>> cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 3]
    """

    def __init__(
        self,
        num_units: int,
        num_in_proj: int | None = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Any = raw.Relu,
        reuse: Any = None,
    ) -> None:
        super().__init__(num_units, initializer, forget_bias, reuse)
        self._num_input_proj = num_in_proj
        self._y_activation = y_activation

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            if inputs.static_shape[1] != self._num_units:
                if not self._num_input_proj:
                    raise ValueError(
                        "Must have input size == output size for Intersection RNN. "
                        "To fix, num_in_proj should be set to num_units at cell init."
                    )
                with variable_scope("in_projection"):
                    inputs = linear([inputs], self._num_input_proj)
            inner = linear([concat([inputs, state], 1)], 4 * self._num_units)
        gate_h, h, gate_y, y = split(value=inner, num_or_size_splits=4, axis=1)
        gate_h, gate_y = raw.Sigmoid(gate_h + self._forget_bias), raw.Sigmoid(gate_y + self._forget_bias)
        new_state = gate_h * state + (1.0 - gate_h) * raw.Tanh(h)
        output = gate_y * inputs + (1.0 - gate_y) * self._y_activation(y)
        return output, new_state


@export("contrib.rnn.SRUCell")
class SRUCell(LayerRNNCell):
    """The simple recurrent unit: its gates look at the input only (Lei et al. 2017).

    Args:
      num_units: how many numbers the state has; that of the inputs too. activation: tanh if None.
      reuse, name: as of every layer.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.SRUCell(4)
    >>> cell(tf.ones([2, 4]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 4]
    """

    def __init__(self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self._num_units = num_units
        self._activation = activation_or_tanh(activation)

    @property
    def state_size(self) -> Any:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The number of units."""
        return self._num_units

    def build(self, inputs_shape: Any) -> None:
        """Make the variables."""
        depth = input_depth(inputs_shape)
        self._kernel = self.add_variable("kernel", shape=[depth, 4 * self._num_units])
        self._bias = self.add_variable("bias", shape=[2 * self._num_units], initializer=Zeros(dtype=self.dtype or dtypes.float32))
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        new, f, r, shortcut = split(value=raw.MatMul(inputs, self._kernel), num_or_size_splits=4, axis=1)
        gates = raw.Sigmoid(nn.bias_add(concat([f, r], 1), self._bias))
        f, r = split(value=gates, num_or_size_splits=2, axis=1)
        c = f * state + (1.0 - f) * new
        return r * self._activation(c) + (1.0 - r) * shortcut, c
