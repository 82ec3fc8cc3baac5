"""Cells around cells, of `tf.contrib.rnn`: projections, embeddings, attention to the cell's own past, highways."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.api import nn
from autograd_lite.api.arrays import concat, expand_dims
from autograd_lite.api.convolution import conv2d
from autograd_lite.api.embedding import embedding_lookup
from autograd_lite.api.logits import softmax
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph import default_graph
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Constant, RandomUniform
from autograd_lite.lib.logging import warn
from autograd_lite.lib.rnn.cell import RNNCell, check_is_cell
from autograd_lite.lib.rnn.linear import linear
from autograd_lite.lib.rnn.wrappers import CellWrapper
from autograd_lite.lib.variable_scope import get_variable, get_variable_scope, variable_scope


class _Around(RNNCell):
    """A cell around another, with a variable scope of its own in which that of the other lies."""

    def __init__(self, cell: Any, reuse: Any) -> None:
        super().__init__(_reuse=reuse)
        check_is_cell("cell", cell)
        self._cell = cell

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The first state of the cell inside."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)


@export("contrib.rnn.OutputProjectionWrapper")
class OutputProjectionWrapper(_Around):
    """Weighted sums of a cell's outputs, as many as asked for. Projecting all outputs at once, after the loop, is faster.

    Args:
      cell: the cell. output_size: the size of the new output. activation: of it, or None.
      reuse: True to use variables that exist in its scope.

    Raises:
      ValueError: `output_size` is less than 1.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.OutputProjectionWrapper(tf.nn.rnn_cell.GRUCell(4), 2)
    >>> cell(tf.ones([3, 5]), cell.zero_state(3, tf.float32))[0].shape.as_list()
    [3, 2]
    """

    def __init__(self, cell: Any, output_size: int, activation: Any = None, reuse: Any = None) -> None:
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size = output_size
        self._activation = activation

    @property
    def output_size(self) -> Any:
        """The size of the projected output."""
        return self._output_size

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        output, new_state = self._cell(inputs, state)
        projected = linear([output], self._output_size)
        return projected if not self._activation else self._activation(projected), new_state


@export("contrib.rnn.InputProjectionWrapper")
class InputProjectionWrapper(_Around):
    """Weighted sums of the inputs go into a cell. Projecting all inputs at once, before the loop, is faster.

    Args:
      cell: the cell. num_proj: how many sums. activation: of them, or None. input_size: accepted for old programs.
      reuse: True to use variables that exist in its scope.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.InputProjectionWrapper(tf.nn.rnn_cell.GRUCell(4), 2)
    >>> output, state = cell(tf.ones([3, 5]), cell.zero_state(3, tf.float32))
    >>> tf.trainable_variables()[0].shape.as_list()
    [5, 2]
    """

    def __init__(self, cell: Any, num_proj: int, activation: Any = None, input_size: Any = None, reuse: Any = None) -> None:
        super().__init__(cell, reuse)
        if input_size is not None:
            warn("%s: The input_size parameter is deprecated.", self)
        self._num_proj = num_proj
        self._activation = activation

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        projected = linear([inputs], self._num_proj)
        return self._cell(self._activation(projected) if self._activation else projected, state)


@export("contrib.rnn.EmbeddingWrapper")
class EmbeddingWrapper(_Around):
    """The inputs are numbers of symbols; a vector for each goes into the cell.

    Args:
      cell: the cell. embedding_classes: how many symbols there are. embedding_size: the size of a vector.
      initializer: of the variable `embedding`; that of the scope, else uniform between -sqrt(3) and sqrt(3), if None.
      reuse: True to use variables that exist in its scope.

    Raises:
      ValueError: a size is less than 1.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.EmbeddingWrapper(tf.nn.rnn_cell.GRUCell(4), embedding_classes=10, embedding_size=3)
    >>> cell(tf.constant([[1], [7]]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 4]
    """

    def __init__(self, cell: Any, embedding_classes: int, embedding_size: int, initializer: Any = None, reuse: Any = None) -> None:
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(f"Both embedding_classes and embedding_size must be > 0: {embedding_classes}, {embedding_size}.")
        self._embedding_classes = embedding_classes
        self._embedding_size = embedding_size
        self._initializer = initializer

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        with default_graph.device("/cpu:0"):
            root = math.sqrt(3)  # then the variance is 1
            start = self._initializer or get_variable_scope().initializer or RandomUniform(-root, root)
            dtype = nest.flatten(state)[0].dtype
            embedding = get_variable("embedding", [self._embedding_classes, self._embedding_size], initializer=start, dtype=dtype)
            embedded = embedding_lookup(embedding, raw.Reshape(inputs, [-1]))
        return self._cell(embedded, state)


@export("contrib.rnn.HighwayWrapper")
class HighwayWrapper(CellWrapper):
    """A gated shortcut around a cell: a learned part of the input is carried past it (Srivastava et al. 2015).

    The part is sigmoid(input * carry weight + carry bias); the rest of the output is the cell's.

    Args:
      cell: the cell. couple_carry_transform_gates: whether the cell's part is what the carried part leaves.
      carry_bias_init: where the bias starts; 1.0: carry much at first.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.HighwayWrapper(tf.nn.rnn_cell.GRUCell(3))
    >>> cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 3]
    """

    def __init__(self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0) -> None:
        super().__init__(cell)
        self._couple_carry_transform_gates = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        outputs, new_state = step(inputs, state, **kwargs)
        return nest.map_structure(self._highway, inputs, outputs), new_state

    def _highway(self, given: Tensor, made: Tensor) -> Tensor:
        carry = self._gate(given, "carry", self._carry_bias_init)
        if self._couple_carry_transform_gates:
            transform = 1 - carry
        else:
            transform = self._gate(given, "transform", -self._carry_bias_init)
        return given * carry + made * transform

    def _gate(self, given: Tensor, name: str, bias: float) -> Tensor:
        size = given.get_shape().as_list()[-1]
        with variable_scope(name):
            weight = get_variable(f"{name}_w", [size, size])
            start = get_variable(f"{name}_b", [size], initializer=Constant(bias))
        return raw.Sigmoid(nn.xw_plus_b(given, weight, start))


@export("contrib.rnn.AttentionCellWrapper")
class AttentionCellWrapper(_Around):
    """A cell that looks at its own last outputs, weighted by attention (Bahdanau et al. 2014).

    Args:
      cell: the cell. attn_length: how many outputs it sees. attn_size: their size. attn_vec_size: the size in which they are compared.
      input_size: to which input and attention are projected; that of the inputs if None.
      state_is_tuple: whether the state is (the cell's, the attention, the outputs it sees); otherwise side by side in one tensor.
      reuse: True to use variables that exist in its scope.

    Raises:
      ValueError: `attn_length` is less than 1, or the cell's state is a tuple although `state_is_tuple` is false.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.rnn.AttentionCellWrapper(tf.nn.rnn_cell.GRUCell(4), attn_length=5)
    >>> cell.state_size
    (4, 4, 20)
    """

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(cell, reuse)
        if nest.is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(f"Cell returns tuple of states, but the flag state_is_tuple is not set. State size is: {cell.state_size}")
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        if not state_is_tuple:
            warn("%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", self)
        self._attn_size = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = self._attn_size if attn_vec_size is None else attn_vec_size
        self._state_is_tuple = state_is_tuple
        self._attn_length = attn_length
        self._input_size = input_size

    @property
    def state_size(self) -> Any:
        """The sizes of the cell's state, the attention, and the outputs it sees."""
        sizes = (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of the attention."""
        return self._attn_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros in the structure of the state."""
        return RNNCell.zero_state(self, batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        state, attention, past = state if self._state_is_tuple else self._parts(state)
        past = raw.Reshape(past, [-1, self._attn_length, self._attn_size])
        size = inputs.get_shape().as_list()[1] if self._input_size is None else self._input_size
        output, new_state = self._cell(linear([inputs, attention], size), state)
        query = concat(nest.flatten(new_state), 1) if self._state_is_tuple else new_state
        new_attention, past = self._attend(query, past)
        with variable_scope("attn_output_projection"):
            output = linear([output, new_attention], self._attn_size)
        past = concat([past, expand_dims(output, 1)], 1)
        past = raw.Reshape(past, [-1, self._attn_length * self._attn_size])
        states = (new_state, new_attention, past)
        return output, states if self._state_is_tuple else concat(list(states), 1)

    def _parts(self, state: Tensor) -> list[Tensor]:
        sizes = (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        starts = (0, sizes[0], sizes[0] + sizes[1])
        return [raw.Slice(state, [0, start], [-1, size]) for start, size in zip(starts, sizes)]

    def _attend(self, query: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The past outputs, weighted by how well they fit `query`, and the past without its oldest output."""
        with variable_scope("attention"):
            weight = get_variable("attn_w", [1, 1, self._attn_size, self._attn_vec_size])
            direction = get_variable("attn_v", [self._attn_vec_size])
            hidden = raw.Reshape(past, [-1, self._attn_length, 1, self._attn_size])
            features = conv2d(hidden, weight, [1, 1, 1, 1], "SAME")
            asked = raw.Reshape(linear([query], self._attn_vec_size), [-1, 1, 1, self._attn_vec_size])
            scores = softmax(reduce_sum(direction * raw.Tanh(features + asked), [2, 3]))
            seen = reduce_sum(raw.Reshape(scores, [-1, self._attn_length, 1, 1]) * hidden, [1, 2])
            return raw.Reshape(seen, [-1, self._attn_size]), raw.Slice(past, [0, 1, 0], [-1, -1, -1])
