"""Attention of `tf.contrib.seq2seq`: a decoder's cell sees a weighted sum of what an encoder put out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_lite.api.arrays import concat, expand_dims, shape as shape_of, squeeze
from autograd_lite.api.constants import zeros
from autograd_lite.api.logits import softmax
from autograd_lite.api.matmul import matmul
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.slicing import sequence_mask
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Constant, Ones, Zeros
from autograd_lite.lib.layers.core import Dense
from autograd_lite.lib.rnn.cell import RNNCell, check_is_cell
from autograd_lite.lib.rnn.sizes import joined, shape_after, zero_state_tensors
from autograd_lite.lib.variable_scope import get_variable, variable_scope


@export("contrib.seq2seq.AttentionMechanism")
class AttentionMechanism:
    """Weights of the places of a memory, asked for with a query. Subclasses have `scores`.

    Args:
      memory: what an encoder put out, [batch, time, size]. lengths: [batch]; places beyond get no weight.
      memory_layer: a layer applied to the memory, whose results are compared with queries; None: compared as they are.
      probability_fn: from scores to weights; softmax if None.
      score_mask_value: the score of places beyond the lengths; minus infinity if None.
    """

    def __init__(self, memory: Any, lengths: Any, memory_layer: Any, probability_fn: Any, score_mask_value: Any) -> None:
        memory = convert_to_tensor(memory, name="memory")
        self._lengths = None if lengths is None else convert_to_tensor(lengths, name="memory_sequence_length")
        self._mask_value = -math.inf if score_mask_value is None else score_mask_value
        self._probability_fn = probability_fn or softmax
        self.memory_layer = memory_layer
        self.values = memory if self._lengths is None else memory * expand_dims(self._mask(memory, memory.dtype), 2)
        self.keys = self.values if memory_layer is None else memory_layer(self.values)
        known = memory.static_shape
        self.batch_size = known[0] if known and known[0] is not None else shape_of(memory)[0]
        self.alignments_size = known[1] if known and known[1] is not None else shape_of(memory)[1]

    state_size = property(lambda self: self.alignments_size, doc="The size of the state: the weights of the last step.")

    def _mask(self, memory: Any, dtype: Any) -> Tensor:
        return sequence_mask(self._lengths, maxlen=shape_of(memory)[1], dtype=dtype)

    def scores(self, query: Any) -> Tensor:
        """How well each place fits the query, [batch, time]."""
        raise NotImplementedError

    def __call__(self, query: Any, state: Any) -> tuple[Tensor, Tensor]:
        """The weights, [batch, time], and the next state."""
        scores = self.scores(query)
        if self._lengths is not None:
            lowest = raw.Fill(shape_of(scores), convert_to_tensor(self._mask_value, dtype=scores.dtype))
            scores = raw.Select(self._mask(self.values, dtypes.bool_), scores, lowest)
        weights = self.weights(scores, state)
        return weights, weights

    def weights(self, scores: Tensor, state: Any) -> Tensor:
        """What the scores make of the state before, [batch, time]: here the scores alone count."""
        return self._probability_fn(scores)

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Tensor:
        """Weights of 0, before the first step."""
        made = zeros(joined(batch_size, self.alignments_size), dtype=dtype)
        made.set_shape([None, self.values.get_shape().as_list()[1]])
        return made

    def initial_state(self, batch_size: Any, dtype: Any) -> Tensor:
        """The state before the first step."""
        return self.initial_alignments(batch_size, dtype)


@export("contrib.seq2seq.LuongAttention")
class LuongAttention(AttentionMechanism):
    """Scores are products of query and memory (Luong et al. 2015).

    Args:
      num_units: the size of queries. memory: [batch, time, size]. memory_sequence_length: [batch] or None.
      scale: whether a variable scales the scores.
      probability_fn, score_mask_value: see `AttentionMechanism`. dtype: of the variables.

    >>> import autograd_lite as tf
    >>> weights, _ = tf.contrib.seq2seq.LuongAttention(4, tf.ones([2, 5, 3]))(tf.ones([2, 4]), None)
    >>> weights.shape.as_list()
    [2, 5]
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: Any = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        name: str = "LuongAttention",
    ) -> None:
        layer = Dense(num_units, name="memory_layer", use_bias=False, dtype=dtype)
        super().__init__(memory, memory_sequence_length, layer, probability_fn, score_mask_value)
        self._scale = scale

    def scores(self, query: Any) -> Tensor:
        """How well each place fits the query, [batch, time]."""
        with variable_scope(None, "luong_attention", [query]):
            return self.compared(query)

    def compared(self, query: Any) -> Tensor:
        """The products of query and keys."""
        scores = squeeze(matmul(expand_dims(query, 1), self.keys, transpose_b=True), [1])
        return scores * get_variable("attention_g", [], dtype=query.dtype, initializer=Ones()) if self._scale else scores


@export("contrib.seq2seq.BahdanauAttention")
class BahdanauAttention(AttentionMechanism):
    """Scores come from a small network of query and memory (Bahdanau et al. 2014).

    Args:
      num_units: the size in which they are compared. memory: [batch, time, size]. memory_sequence_length: [batch] or None.
      normalize: whether the weights of the last layer are normalized and scaled (Salimans and Kingma 2016).
      probability_fn, score_mask_value: see `AttentionMechanism`. dtype: of the variables.

    >>> import autograd_lite as tf
    >>> weights, _ = tf.contrib.seq2seq.BahdanauAttention(4, tf.ones([2, 5, 3]))(tf.ones([2, 6]), None)
    >>> weights.shape.as_list()
    [2, 5]
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: Any = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        name: str = "BahdanauAttention",
    ) -> None:
        layer = Dense(num_units, name="memory_layer", use_bias=False, dtype=dtype)
        super().__init__(memory, memory_sequence_length, layer, probability_fn, score_mask_value)
        self.query_layer = Dense(num_units, name="query_layer", use_bias=False, dtype=dtype)
        self._num_units = num_units
        self._normalize = normalize

    def scores(self, query: Any) -> Tensor:
        """How well each place fits the query, [batch, time]."""
        with variable_scope(None, "bahdanau_attention", [query]):
            return self.compared(query)

    def compared(self, query: Any) -> Tensor:
        """What the small network says of query and keys."""
        inner = self.keys + expand_dims(self.query_layer(query), 1)
        direction = get_variable("attention_v", [self._num_units], dtype=query.dtype)
        if self._normalize:
            start = Constant(math.sqrt(1.0 / self._num_units))
            scale = get_variable("attention_g", [], dtype=query.dtype, initializer=start)
            inner = inner + get_variable("attention_b", [self._num_units], dtype=query.dtype, initializer=Zeros())
            direction = scale * direction * raw.Rsqrt(reduce_sum(raw.Square(direction)))
        return reduce_sum(direction * raw.Tanh(inner), [2])


class _AttentionState(NamedTuple):
    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any


@export("contrib.seq2seq.AttentionWrapperState")
class AttentionWrapperState(_AttentionState):
    """The state of an `AttentionWrapper`."""

    __slots__ = ()

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """The same with some parts replaced, as for the state that comes from an encoder: `clone(cell_state=encoded)`."""
        return self._replace(**kwargs)


@export("contrib.seq2seq.AttentionWrapper")
class AttentionWrapper(RNNCell):
    """A cell that sees, beside its inputs, what attention gave after the step before.

    Args:
      cell: the cell. attention_mechanism: an `AttentionMechanism`, or a list of them.
      attention_layer_size: to which output and context are projected, by a layer without bias and activation; None: the context alone.
      alignment_history: whether the weights of all steps are kept in the state.
      cell_input_fn: from (inputs, attention) to the inputs of the cell; side by side if None.
      output_attention: whether the attention is put out; otherwise the output of the cell.
      initial_cell_state: used by `zero_state` in place of the cell's zeros.
      attention_layer: a layer, or a list of them, in place of those made from `attention_layer_size`.

    Raises:
      ValueError: lists have different lengths.

    >>> import autograd_lite as tf
    >>> mechanism = tf.contrib.seq2seq.LuongAttention(4, tf.ones([2, 5, 3]))
    >>> cell = tf.contrib.seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), mechanism, attention_layer_size=6)
    >>> output, state = cell(tf.ones([2, 7]), cell.zero_state(2, tf.float32))
    >>> output.shape.as_list(), state.alignments.shape.as_list()
    ([2, 6], [2, 5])
    """

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
    ) -> None:
        super().__init__(name=name)
        check_is_cell("cell", cell)
        self._several = isinstance(attention_mechanism, list | tuple)
        self._mechanisms = list(attention_mechanism) if self._several else [attention_mechanism]
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        if attention_layer_size is not None:
            sizes = attention_layer_size if isinstance(attention_layer_size, list | tuple) else [attention_layer_size]
            attention_layer = [Dense(size, name="attention_layer", use_bias=False) for size in sizes]
        layers = attention_layer if attention_layer is None or isinstance(attention_layer, list | tuple) else [attention_layer]
        if layers is not None and len(layers) != len(self._mechanisms):
            raise ValueError(
                "If provided, attention_layer_size must contain exactly one integer per attention_mechanism, "
                f"saw: {len(layers)} vs {len(self._mechanisms)}"
            )
        self._attention_layers = layers
        self._cell = cell
        self._cell_input_fn = cell_input_fn or (lambda inputs, attention: concat([inputs, attention], -1))
        self._output_attention = output_attention
        self._alignment_history = alignment_history
        self._initial_cell_state = initial_cell_state

    def _attention_size(self) -> int:
        total = 0
        for number, mechanism in enumerate(self._mechanisms):
            size = mechanism.values.get_shape().as_list()[-1]
            if self._attention_layers is not None:
                width = self._cell.output_size + size
                size = self._attention_layers[number].compute_output_shape([None, width]).as_list()[-1]
            total += size
        return total

    def _one_or_all(self, items: Any) -> Any:
        items = tuple(items)
        return items if self._several else items[0]

    @property
    def output_size(self) -> Any:
        """The size of the attention, or of the cell's output."""
        return self._attention_size() if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> Any:
        """The sizes of the parts of the state."""
        sizes = self._one_or_all(mechanism.alignments_size for mechanism in self._mechanisms)
        history = self._one_or_all(m.alignments_size if self._alignment_history else () for m in self._mechanisms)
        return AttentionWrapperState(self._cell.state_size, self._attention_size(), (), sizes, history, sizes)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            state = self._initial_cell_state
            if state is None:
                state = self._cell.zero_state(batch_size, dtype)
            weights = self._one_or_all(mechanism.initial_alignments(batch_size, dtype) for mechanism in self._mechanisms)
            history = self._one_or_all(self._empty_history(mechanism, dtype) for mechanism in self._mechanisms)
            attention = zero_state_tensors(self._attention_size(), batch_size, dtype)
            return AttentionWrapperState(state, attention, zeros([], dtypes.int32), weights, history, weights)

    def _empty_history(self, mechanism: AttentionMechanism, dtype: Any) -> Any:
        if not self._alignment_history:
            return ()
        known = mechanism.values.get_shape().as_list()[:2]
        return TensorArray(dtype, size=0, dynamic_size=True, element_shape=shape_after(known[0], [known[1]]))

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        output, cell_state = self._cell(self._cell_input_fn(inputs, state.attention), state.cell_state)
        before = state.attention_state if self._several else (state.attention_state,)
        histories = state.alignment_history if self._several else (state.alignment_history,)
        contexts, weights, states, kept = [], [], [], []
        for number, mechanism in enumerate(self._mechanisms):
            alignment, attention_state = mechanism(output, before[number])
            context = squeeze(matmul(expand_dims(alignment, 1), mechanism.values), [1])
            if self._attention_layers is not None:
                context = self._attention_layers[number](concat([output, context], 1))
            contexts.append(context)
            weights.append(alignment)
            states.append(attention_state)
            kept.append(histories[number].write(state.time, alignment) if self._alignment_history else ())
        attention = contexts[0] if len(contexts) == 1 else concat(contexts, 1)
        new_state = AttentionWrapperState(
            cell_state, attention, state.time + 1, self._one_or_all(weights), self._one_or_all(kept), self._one_or_all(states)
        )
        return attention if self._output_attention else output, new_state
