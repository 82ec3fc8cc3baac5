"""The cells of `tf.nn.rnn_cell`: plain, gated (GRU) and long short-term memory (LSTM)."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_lite.api import nn
from autograd_lite.api.arrays import concat, split
from autograd_lite.api.clip import clip_by_value
from autograd_lite.api.constants import constant
from autograd_lite.api.math import add
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.lib import more_initializers
from autograd_lite.lib.initializers import Constant, Zeros
from autograd_lite.lib.layers.arguments import activation_of, name_of_activation
from autograd_lite.lib.layers.input_spec import InputSpec
from autograd_lite.lib.logging import warn
from autograd_lite.lib.partitioning import fixed_size_partitioner
from autograd_lite.lib.rnn.cell import LayerRNNCell, input_depth

KERNEL = "kernel"
BIAS = "bias"


class _LSTMState(NamedTuple):
    c: Any
    h: Any


@export("nn.rnn_cell.LSTMStateTuple", "contrib.rnn.LSTMStateTuple")
class LSTMStateTuple(_LSTMState):
    """The state of an LSTM: `c`, what it remembers, and `h`, what it put out.

    >>> import autograd_lite as tf
    >>> tf.nn.rnn_cell.LSTMStateTuple(c=tf.zeros([1, 2]), h=tf.ones([1, 2])).dtype
    tf.float32
    """

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The type of both.

        Raises:
          TypeError: they have two.
        """
        if self.c.dtype != self.h.dtype:
            raise TypeError(f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}")
        return self.c.dtype


def activation_or_tanh(activation: Any) -> Any:
    """The function that `activation` names; the hyperbolic tangent for None."""
    return activation_of(activation) if activation else raw.Tanh


class _CellWithUnits(LayerRNNCell):
    """A cell of `num_units` units with an activation."""

    def __init__(self, num_units: int, activation: Any, reuse: Any, name: str | None, dtype: Any, **kwargs: Any) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
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

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        own = {"num_units": self._num_units, "activation": name_of_activation(self._activation), "reuse": self._reuse}
        return {**super().get_config(), **own}


@export("nn.rnn_cell.BasicRNNCell", "contrib.rnn.BasicRNNCell")
class BasicRNNCell(_CellWithUnits):
    """The plainest cell: its output and its next state are activation([inputs, state] * kernel + bias).

    Args:
      num_units: how many numbers the state has.
      activation: a function or its name; tanh if None.
      reuse: True to use variables that exist in its scope.
      name, dtype: as of every layer.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.BasicRNNCell(4)
    >>> outputs, state = tf.nn.dynamic_rnn(cell, tf.zeros([2, 5, 3]), dtype=tf.float32)
    >>> outputs.shape.as_list(), [v.name for v in cell.variables]
    ([2, 5, 4], ['rnn/basic_rnn_cell/kernel:0', 'rnn/basic_rnn_cell/bias:0'])
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)

    def build(self, inputs_shape: Any) -> None:
        """Make the variables."""
        depth = input_depth(inputs_shape)
        self._kernel = self.add_variable(KERNEL, shape=[depth + self._num_units, self._num_units])
        self._bias = self.add_variable(BIAS, shape=[self._num_units], initializer=Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        inner = nn.bias_add(raw.MatMul(concat([inputs, state], 1), self._kernel), self._bias)
        output = self._activation(inner)
        return output, output


@export("nn.rnn_cell.GRUCell", "contrib.rnn.GRUCell")
class GRUCell(_CellWithUnits):
    """The gated recurrent unit: it keeps a part u of its state and replaces the rest: u * state + (1 - u) * candidate.

    Args:
      num_units: how many numbers the state has.
      activation: of the candidate; tanh if None.
      reuse: True to use variables that exist in its scope.
      kernel_initializer, bias_initializer: how the variables start; the gates' bias starts with 1, so that much is kept.
      name, dtype: as of every layer.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.GRUCell(4)
    >>> output, state = cell(tf.zeros([2, 3]), cell.zero_state(2, tf.float32))
    >>> [v.name for v in cell.variables][:2]
    ['gru_cell/gates/kernel:0', 'gru_cell/gates/bias:0']
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._kernel_initializer = more_initializers.get(kernel_initializer)
        self._bias_initializer = more_initializers.get(bias_initializer)

    def build(self, inputs_shape: Any) -> None:
        """Make the variables."""
        depth, units = input_depth(inputs_shape), self._num_units
        self._gate_kernel = self.add_variable("gates/kernel", shape=[depth + units, 2 * units], initializer=self._kernel_initializer)
        self._gate_bias = self.add_variable(
            "gates/bias", shape=[2 * units], initializer=self._bias_initializer or Constant(1.0, dtype=self.dtype)
        )
        self._candidate_kernel = self.add_variable("candidate/kernel", shape=[depth + units, units], initializer=self._kernel_initializer)
        self._candidate_bias = self.add_variable(
            "candidate/bias", shape=[units], initializer=self._bias_initializer or Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        gates = nn.bias_add(raw.MatMul(concat([inputs, state], 1), self._gate_kernel), self._gate_bias)
        reset, update = split(value=raw.Sigmoid(gates), num_or_size_splits=2, axis=1)
        kept = reset * state
        candidate = nn.bias_add(raw.MatMul(concat([inputs, kept], 1), self._candidate_kernel), self._candidate_bias)
        candidate = self._activation(candidate)
        new_state = update * state + (1 - update) * candidate
        return new_state, new_state

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        named = {"kernel_initializer": self._kernel_initializer, "bias_initializer": self._bias_initializer}
        return {**super().get_config(), **{key: value and more_initializers.serialize(value) for key, value in named.items()}}


class _LSTMLike(_CellWithUnits):
    """An LSTM's state: `c` and `h`, as a tuple or side by side in one tensor."""

    _state_is_tuple: bool

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`, or their sum."""
        return LSTMStateTuple(self._num_units, self._num_units) if self._state_is_tuple else 2 * self._num_units

    def _warn_of_flat_state(self) -> None:
        if not self._state_is_tuple:
            warn("%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", self)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        return {**super().get_config(), "forget_bias": self._forget_bias, "state_is_tuple": self._state_is_tuple}

    _forget_bias: float


@export("nn.rnn_cell.BasicLSTMCell", "contrib.rnn.BasicLSTMCell")
class BasicLSTMCell(_LSTMLike):
    """Long short-term memory: gates decide what it remembers (`c`), what of that it forgets, and what it puts out (`h`).

    c' = c * sigmoid(f + forget_bias) + sigmoid(i) * tanh(j) and h' = tanh(c') * sigmoid(o), where i, j, f, o are the four parts of
    [inputs, h] * kernel + bias.

    Args:
      num_units: the size of `c` and of `h`.
      forget_bias: added to f, so that it forgets little at first.
      state_is_tuple: whether the state is an `LSTMStateTuple`; otherwise [c, h] side by side.
      activation: in place of tanh.
      reuse: True to use variables that exist in its scope.
      name, dtype: as of every layer.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.BasicLSTMCell(4)
    >>> output, state = cell(tf.zeros([2, 3]), cell.zero_state(2, tf.float32))
    >>> state.h is output, cell.variables[0].shape.as_list()
    (True, [7, 16])
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._warn_of_flat_state()

    def build(self, inputs_shape: Any) -> None:
        """Make the variables."""
        depth = input_depth(inputs_shape)
        self._kernel = self.add_variable(KERNEL, shape=[depth + self._num_units, 4 * self._num_units])
        self._bias = self.add_variable(BIAS, shape=[4 * self._num_units], initializer=Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        axis = constant(1, dtype=dtypes.int32)
        c, h = state if self._state_is_tuple else split(value=state, num_or_size_splits=2, axis=axis)
        inner = nn.bias_add(raw.MatMul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(value=inner, num_or_size_splits=4, axis=axis)  # input gate, new value, forget gate, output gate
        forget_bias = constant(self._forget_bias, dtype=f.dtype)
        kept = raw.Mul(c, raw.Sigmoid(add(f, forget_bias)))
        new_c = add(kept, raw.Mul(raw.Sigmoid(i), self._activation(j)))
        new_h = raw.Mul(self._activation(new_c), raw.Sigmoid(o))
        return new_h, LSTMStateTuple(new_c, new_h) if self._state_is_tuple else concat([new_c, new_h], 1)


@export("nn.rnn_cell.LSTMCell", "contrib.rnn.LSTMCell")
class LSTMCell(_LSTMLike):
    """Long short-term memory with peepholes (gates that look at `c`), clipping and a projection of the output, each if asked for.

    Args:
      num_units: the size of `c`.
      use_peepholes: whether the gates see `c`, weighted by the variables `w_f_diag`, `w_i_diag` and `w_o_diag`.
      cell_clip: keeps `c` between -cell_clip and cell_clip.
      initializer: how the kernels start.
      num_proj: the size of `h`, which then is the output times the variable `projection/kernel`; `num_units` if None.
      proj_clip: keeps the projected output between -proj_clip and proj_clip.
      num_unit_shards, num_proj_shards: how many parts the kernels are stored in; a partitioner in the scope says it better.
      forget_bias, state_is_tuple, activation, reuse, name, dtype: as of `BasicLSTMCell`.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.LSTMCell(4, num_proj=2)
    >>> cell.state_size, cell.output_size
    (LSTMStateTuple(c=4, h=2), 2)
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = more_initializers.get(initializer)
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._warn_of_flat_state()

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`, or their sum."""
        sizes = LSTMStateTuple(self._num_units, self.output_size)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of `h`."""
        return self._num_proj or self._num_units

    def build(self, inputs_shape: Any) -> None:
        """Make the variables."""
        depth, units = input_depth(inputs_shape), self._num_units
        self._kernel = self.add_variable(
            KERNEL, shape=[depth + self.output_size, 4 * units], initializer=self._initializer,
            partitioner=fixed_size_partitioner(self._num_unit_shards) if self._num_unit_shards is not None else None,
        )  # fmt: skip
        dtype = self.dtype or dtypes.float32.name
        self._bias = self.add_variable(BIAS, shape=[4 * units], initializer=Zeros(dtype=dtype))
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_variable(f"w_{gate}_diag", shape=[units], initializer=self._initializer) for gate in "fio"
            )
        if self._num_proj is not None:
            self._proj_kernel = self.add_variable(
                f"projection/{KERNEL}", shape=[units, self._num_proj], initializer=self._initializer,
                partitioner=fixed_size_partitioner(self._num_proj_shards) if self._num_proj_shards is not None else None,
            )  # fmt: skip
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        if self._state_is_tuple:
            c, h = state
        else:
            c = raw.Slice(state, [0, 0], [-1, self._num_units])
            h = raw.Slice(state, [0, self._num_units], [-1, self.output_size])
        inner = nn.bias_add(raw.MatMul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(value=inner, num_or_size_splits=4, axis=1)  # input gate, new value, forget gate, output gate
        new_c = self._remembered(c, i, j, f)
        if self._cell_clip is not None:
            new_c = clip_by_value(new_c, -self._cell_clip, self._cell_clip)
        gate = raw.Sigmoid(o + self._w_o_diag * new_c) if self._use_peepholes else raw.Sigmoid(o)
        new_h = gate * self._activation(new_c)
        if self._num_proj is not None:
            new_h = raw.MatMul(new_h, self._proj_kernel)
            if self._proj_clip is not None:
                new_h = clip_by_value(new_h, -self._proj_clip, self._proj_clip)
        return new_h, LSTMStateTuple(new_c, new_h) if self._state_is_tuple else concat([new_c, new_h], 1)

    def _remembered(self, c: Any, i: Any, j: Any, f: Any) -> Any:
        if self._use_peepholes:
            kept = raw.Sigmoid(f + self._forget_bias + self._w_f_diag * c) * c
            return kept + raw.Sigmoid(i + self._w_i_diag * c) * self._activation(j)
        return raw.Sigmoid(f + self._forget_bias) * c + raw.Sigmoid(i) * self._activation(j)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        names = ("use_peepholes", "cell_clip", "num_proj", "proj_clip", "num_unit_shards", "num_proj_shards")
        own = {name: getattr(self, f"_{name}") for name in names}
        return {**super().get_config(), **own, "initializer": self._initializer and more_initializers.serialize(self._initializer)}
