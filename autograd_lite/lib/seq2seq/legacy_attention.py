"""Decoders of `tf.contrib.legacy_seq2seq` that look at all states of the encoder, weighted by attention."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import concat, shape as shape_of, stack
from autograd_lite.api.constants import zeros
from autograd_lite.api.convolution import conv2d
from autograd_lite.api.logits import softmax
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.rnn.contrib_wrappers import EmbeddingWrapper, OutputProjectionWrapper
from autograd_lite.lib.rnn.linear import linear
from autograd_lite.lib.rnn.static import static_rnn
from autograd_lite.lib.seq2seq.legacy import Outputs, argmax_and_embed, embeddings_of, one_of_two_decoders
from autograd_lite.lib.variable_scope import get_variable, get_variable_scope, variable_scope


class _Attention:
    """What heads see of the states of an encoder, [batch, length, size], when they are asked with a query."""

    def __init__(self, states: Tensor, heads: int) -> None:
        known = states.get_shape().as_list()
        if known[2] is None:
            raise ValueError(f"Shape[2] of attention_states must be known: {states.get_shape()}")
        self.length = known[1] if known[1] is not None else shape_of(states)[1]
        self.size = known[2]
        self.hidden = raw.Reshape(states, [-1, self.length, 1, self.size])
        self.features, self.directions = [], []
        for head in range(heads):
            weight = get_variable(f"AttnW_{head}", [1, 1, self.size, self.size])
            self.features.append(conv2d(self.hidden, weight, [1, 1, 1, 1], "SAME"))
            self.directions.append(get_variable(f"AttnV_{head}", [self.size]))

    def __call__(self, query: Any) -> list[Tensor]:
        """What each head sees, [batch, size]."""
        query = concat(nest.flatten(query), 1) if nest.is_nested(query) else query
        seen = []
        for head, (features, direction) in enumerate(zip(self.features, self.directions)):
            with variable_scope(f"Attention_{head}"):
                asked = raw.Reshape(linear([query], self.size), [-1, 1, 1, self.size])
                weights = softmax(reduce_sum(direction * raw.Tanh(features + asked), [2, 3]))
                summed = reduce_sum(raw.Reshape(weights, [-1, self.length, 1, 1]) * self.hidden, [1, 2])
                seen.append(raw.Reshape(summed, [-1, self.size]))
        return seen


@export("contrib.legacy_seq2seq.attention_decoder")
def attention_decoder(
    decoder_inputs: Any,
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: Callable[[Any, int], Any] | None = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> Outputs:
    """Unroll a cell that sees, beside its inputs, the states of an encoder weighted by attention (Bahdanau et al. 2014).

    Args:
      decoder_inputs: a list of tensors [batch, size].
      initial_state: the state before the first step.
      attention_states: the states of the encoder, [batch, length, size].
      cell: an RNNCell.
      output_size: the size of the outputs; that of the cell's if None.
      num_heads: how many weighted sums are seen.
      loop_function: from (previous output, number of the step) to the next input, in place of all inputs but the first.
      dtype: of the variables. scope: the variable scope; `attention_decoder` if None.
      initial_state_attention: whether the first step sees what the first state asks for; otherwise zeros.

    Returns:
      The outputs and the last state.

    Raises:
      ValueError: no inputs, no heads, or the size of the states is unknown.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.GRUCell(4)
    >>> start = cell.zero_state(2, tf.float32)
    >>> decoder = tf.contrib.legacy_seq2seq.attention_decoder
    >>> outputs, _ = decoder([tf.ones([2, 3])] * 2, start, tf.ones([2, 6, 5]), cell, output_size=7)
    >>> outputs[1].shape.as_list()
    [2, 7]
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    output_size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as opened:
        attend = _Attention(attention_states, num_heads)
        if initial_state_attention:
            seen = attend(initial_state)
        else:
            shape = stack([shape_of(decoder_inputs[0])[0], attend.size])
            seen = [zeros(shape, dtype=opened.dtype) for _ in range(num_heads)]
            for part in seen:
                part.set_shape([None, attend.size])
        state, outputs, previous = initial_state, [], None
        for step, given in enumerate(decoder_inputs):
            if step > 0:
                get_variable_scope().reuse_variables()
            if loop_function is not None and previous is not None:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(previous, step)
            size = given.get_shape().with_rank(2).as_list()[1]
            output, state = cell(linear([given, *seen], size), state)
            with variable_scope(get_variable_scope(), reuse=True if step == 0 and initial_state_attention else None):
                seen = attend(state)
            with variable_scope("AttnOutputProjection"):
                previous = linear([output, *seen], output_size)
            outputs.append(previous)
    return outputs, state


@export("contrib.legacy_seq2seq.embedding_attention_decoder")
def embedding_attention_decoder(
    decoder_inputs: Any,
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> Outputs:
    """An `attention_decoder` whose inputs are numbers of symbols.

    Args:
      decoder_inputs: a list of integer tensors [batch].
      num_symbols, embedding_size, output_projection, feed_previous, update_embedding_for_previous: as of `embedding_rnn_decoder`.
      initial_state, attention_states, cell, num_heads, output_size, dtype, initial_state_attention: as of `attention_decoder`.
      scope: the variable scope; `embedding_attention_decoder` if None.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.GRUCell(4)
    >>> start, symbols = cell.zero_state(2, tf.float32), [tf.constant([0, 1])] * 3
    >>> decoder = tf.contrib.legacy_seq2seq.embedding_attention_decoder
    >>> outputs, _ = decoder(symbols, start, tf.ones([2, 6, 5]), cell, 7, 3, output_size=7, feed_previous=True)
    >>> outputs[1].shape.as_list()
    [2, 7]
    """
    output_size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding, inputs = embeddings_of(num_symbols, embedding_size, decoder_inputs, output_projection)
        loop_function = argmax_and_embed(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        return attention_decoder(
            inputs, initial_state, attention_states, cell, output_size=output_size, num_heads=num_heads, loop_function=loop_function,
            initial_state_attention=initial_state_attention,
        )  # fmt: skip


@export("contrib.legacy_seq2seq.embedding_attention_seq2seq")
def embedding_attention_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> Outputs:
    """An encoder and a decoder that looks at all its states; the inputs of both are numbers of symbols.

    Args:
      encoder_inputs, decoder_inputs, cell, num_encoder_symbols, num_decoder_symbols, embedding_size, output_projection, feed_previous,
        dtype: as of `embedding_rnn_seq2seq`.
      num_heads, initial_state_attention: as of `attention_decoder`.
      scope: the variable scope; `embedding_attention_seq2seq` if None.

    Returns:
      The outputs of the decoder and its last state.

    >>> import autograd_lite as tf
    >>> symbols = [tf.constant([0, 1])] * 3
    >>> seq2seq = tf.contrib.legacy_seq2seq.embedding_attention_seq2seq
    >>> outputs, _ = seq2seq(symbols, symbols, tf.nn.rnn_cell.GRUCell(5), 9, 7, embedding_size=4)
    >>> outputs[0].shape.as_list()
    [2, 7]
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as opened:
        encoder_cell = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        encoder_outputs, encoded = static_rnn(encoder_cell, encoder_inputs, dtype=opened.dtype)
        states = concat([raw.Reshape(output, [-1, 1, cell.output_size]) for output in encoder_outputs], 1)
        output_size = None
        if output_projection is None:
            cell, output_size = OutputProjectionWrapper(cell, num_decoder_symbols), num_decoder_symbols

        def decoder(fed: bool, update: bool = False) -> Outputs:
            return embedding_attention_decoder(
                decoder_inputs, encoded, states, cell, num_decoder_symbols, embedding_size, num_heads, output_size, output_projection,
                fed, update, initial_state_attention=initial_state_attention,
            )  # fmt: skip

        if isinstance(feed_previous, bool):
            return decoder(feed_previous, update=True)
        return one_of_two_decoders(feed_previous, len(decoder_inputs), encoded, decoder)
