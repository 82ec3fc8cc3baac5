"""`tf.contrib.legacy_seq2seq`: encoders and decoders unrolled over lists of steps."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api import nn
from autograd_lite.api.cond import cond
from autograd_lite.api.embedding import embedding_lookup
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import argmax
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.rnn.contrib_wrappers import EmbeddingWrapper, OutputProjectionWrapper
from autograd_lite.lib.rnn.static import static_rnn
from autograd_lite.lib.variable_scope import get_variable, get_variable_scope, variable_scope

Outputs = tuple[list[Any], Any]


def argmax_and_embed(embedding: Any, output_projection: Any = None, update_embedding: bool = True) -> Callable[[Any, int], Tensor]:
    """A loop function: the vector of the symbol that the previous output says is the most likely."""

    def loop_function(previous: Any, _: int) -> Tensor:
        if output_projection is not None:
            previous = nn.xw_plus_b(previous, output_projection[0], output_projection[1])
        embedded = embedding_lookup(embedding, argmax(previous, 1))
        return embedded if update_embedding else raw.StopGradient(embedded)

    return loop_function


def embeddings_of(num_symbols: int, size: int, inputs: Sequence[Any], output_projection: Any) -> tuple[Any, list[Tensor]]:
    """The variable `embedding` of the open scope, and the vectors of the inputs."""
    if output_projection is not None:
        dtype = get_variable_scope().dtype
        weights = convert_to_tensor(output_projection[0], dtype=dtype)
        weights.get_shape().assert_is_compatible_with([None, num_symbols])
        biases = convert_to_tensor(output_projection[1], dtype=dtype)
        biases.get_shape().assert_is_compatible_with([num_symbols])
    embedding = get_variable("embedding", [num_symbols, size])
    return embedding, [embedding_lookup(embedding, symbol) for symbol in inputs]


def one_of_two_decoders(feed_previous: Any, steps: int, structure: Any, decoder: Callable[[bool], Outputs]) -> Outputs:
    """Build a decoder that is fed its own outputs and one that is not, and choose between them as the graph runs."""

    def branch(fed: bool) -> list[Any]:
        with variable_scope(get_variable_scope(), reuse=None if fed else True):
            outputs, state = decoder(fed)
        return [*outputs, *nest.flatten(state)]

    results = cond(feed_previous, lambda: branch(True), lambda: branch(False))
    return list(results[:steps]), nest.pack_sequence_as(structure, results[steps:])


@export("contrib.legacy_seq2seq.rnn_decoder")
def rnn_decoder(
    decoder_inputs: Any, initial_state: Any, cell: Any, loop_function: Callable[[Any, int], Any] | None = None, scope: Any = None
) -> Outputs:
    """Unroll a cell over the inputs of a decoder.

    Args:
      decoder_inputs: a list of tensors [batch, size].
      initial_state: the state before the first step.
      cell: an RNNCell.
      loop_function: from (previous output, number of the step) to the next input, in place of all inputs but the first.
      scope: the variable scope; `rnn_decoder` if None.

    Returns:
      The outputs and the last state.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.GRUCell(4)
    >>> start = cell.zero_state(2, tf.float32)
    >>> outputs, state = tf.contrib.legacy_seq2seq.rnn_decoder([tf.ones([2, 4])] * 3, start, cell, lambda output, step: output)
    >>> len(outputs)
    3
    """
    with variable_scope(scope or "rnn_decoder"):
        state, outputs, previous = initial_state, [], None
        for step, given in enumerate(decoder_inputs):
            if loop_function is not None and previous is not None:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(previous, step)
            if step > 0:
                get_variable_scope().reuse_variables()
            previous, state = cell(given, state)
            outputs.append(previous)
    return outputs, state


@export("contrib.legacy_seq2seq.basic_rnn_seq2seq")
def basic_rnn_seq2seq(encoder_inputs: Any, decoder_inputs: Any, cell: Any, dtype: Any = dtypes.float32, scope: Any = None) -> Outputs:
    """An encoder whose last state is the first of a decoder; the two have variables of their own.

    Args:
      encoder_inputs, decoder_inputs: lists of tensors [batch, size].
      cell: an RNNCell. dtype: of the first state. scope: the variable scope; `basic_rnn_seq2seq` if None.

    Returns:
      The outputs of the decoder and its last state.

    >>> import autograd_lite as tf
    >>> steps = [tf.ones([2, 3])] * 4
    >>> outputs, state = tf.contrib.legacy_seq2seq.basic_rnn_seq2seq(steps, steps, tf.nn.rnn_cell.GRUCell(5))
    >>> outputs[0].shape.as_list(), len(tf.trainable_variables())
    ([2, 5], 8)
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


@export("contrib.legacy_seq2seq.tied_rnn_seq2seq")
def tied_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, loop_function: Any = None, dtype: Any = dtypes.float32, scope: Any = None
) -> Outputs:
    """As `basic_rnn_seq2seq`, with one set of variables for encoder and decoder.

    >>> import autograd_lite as tf
    >>> steps = [tf.ones([2, 3])] * 4
    >>> outputs, state = tf.contrib.legacy_seq2seq.tied_rnn_seq2seq(steps, steps, tf.nn.rnn_cell.GRUCell(5))
    >>> len(tf.trainable_variables())
    4
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=scope)


@export("contrib.legacy_seq2seq.embedding_rnn_decoder")
def embedding_rnn_decoder(
    decoder_inputs: Any,
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> Outputs:
    """A decoder whose inputs are numbers of symbols.

    Args:
      decoder_inputs: a list of integer tensors [batch].
      initial_state, cell: as of `rnn_decoder`.
      num_symbols, embedding_size: how many symbols there are, and the size of the vector of each.
      output_projection: (weights, biases) that make scores of symbols out of outputs; None: the outputs are scores.
      feed_previous: whether the most likely symbol of each step is the input of the next; only the first input is used then.
      update_embedding_for_previous: whether gradients flow into the vectors of symbols chosen so.
      scope: the variable scope; `embedding_rnn_decoder` if None.

    Returns:
      The outputs and the last state.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.GRUCell(7)
    >>> symbols = [tf.constant([0, 1])] * 3
    >>> decoder = tf.contrib.legacy_seq2seq.embedding_rnn_decoder
    >>> outputs, _ = decoder(symbols, cell.zero_state(2, tf.float32), cell, 7, 4, feed_previous=True)
    >>> outputs[2].shape.as_list()
    [2, 7]
    """
    with variable_scope(scope or "embedding_rnn_decoder"):
        embedding, inputs = embeddings_of(num_symbols, embedding_size, decoder_inputs, output_projection)
        loop_function = argmax_and_embed(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        return rnn_decoder(inputs, initial_state, cell, loop_function=loop_function)


@export("contrib.legacy_seq2seq.embedding_rnn_seq2seq")
def embedding_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> Outputs:
    """An encoder and a decoder whose inputs are numbers of symbols.

    Args:
      encoder_inputs, decoder_inputs: lists of integer tensors [batch].
      cell: an RNNCell; encoder and decoder each have variables for it.
      num_encoder_symbols, num_decoder_symbols, embedding_size: how many symbols there are, and the size of the vector of each.
      output_projection: (weights, biases) that make scores of symbols out of outputs; None: the cell is wrapped so that it gives scores.
      feed_previous: a bool, or a boolean tensor: whether the most likely symbol of each step is the input of the next.
      dtype: of the first state. scope: the variable scope; `embedding_rnn_seq2seq` if None.

    Returns:
      The outputs of the decoder and its last state.

    >>> import autograd_lite as tf
    >>> symbols = [tf.constant([0, 1])] * 3
    >>> seq2seq = tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq
    >>> outputs, _ = seq2seq(symbols, symbols, tf.nn.rnn_cell.GRUCell(5), 9, 7, embedding_size=4)
    >>> outputs[0].shape.as_list()
    [2, 7]
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as opened:
        dtype = _dtype_of(opened, dtype)
        encoder_cell = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder_cell, encoder_inputs, dtype=dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decoder(fed: bool, update: bool = False) -> Outputs:
            return embedding_rnn_decoder(decoder_inputs, encoded, cell, num_decoder_symbols, embedding_size, output_projection, fed, update)

        if isinstance(feed_previous, bool):
            return decoder(feed_previous, update=True)
        return one_of_two_decoders(feed_previous, len(decoder_inputs), encoded, decoder)


def _dtype_of(scope: Any, dtype: Any) -> Any:
    """The type of the variables of a scope, after `dtype` was set, if it was given."""
    if dtype is not None:
        scope.set_dtype(dtype)
    return scope.dtype


@export("contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq")
def embedding_tied_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> Outputs:
    """As `embedding_rnn_seq2seq`, with one set of variables and of vectors for encoder and decoder.

    Args:
      num_decoder_symbols: how many symbols the decoder scores; `num_symbols` if None.

    >>> import autograd_lite as tf
    >>> symbols = [tf.constant([0, 1])] * 3
    >>> seq2seq = tf.contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq
    >>> outputs, _ = seq2seq(symbols, symbols, tf.nn.rnn_cell.GRUCell(5), 9, embedding_size=4)
    >>> outputs[0].shape.as_list(), len(tf.trainable_variables())
    ([2, 9], 7)
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq") as opened:
        dtype = _dtype_of(opened, dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        encoder_vectors = [embedding_lookup(embedding, symbol) for symbol in encoder_inputs]
        decoder_vectors = [embedding_lookup(embedding, symbol) for symbol in decoder_inputs]
        inner = cell
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_symbols if num_decoder_symbols is None else num_decoder_symbols)

        def decoder(fed: bool, update: bool = False) -> Outputs:
            loop_function = argmax_and_embed(embedding, output_projection, update) if fed else None
            return tied_rnn_seq2seq(encoder_vectors, decoder_vectors, cell, loop_function=loop_function, dtype=dtype)

        if isinstance(feed_previous, bool):
            return decoder(feed_previous, update=True)
        return one_of_two_decoders(feed_previous, len(decoder_inputs), inner.state_size, decoder)


@export("contrib.legacy_seq2seq.one2many_rnn_seq2seq")
def one2many_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs_dict: dict[str, Any],
    enc_cell: Any,
    dec_cells_dict: dict[str, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: dict[str, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One encoder and several decoders by name.

    Args:
      decoder_inputs_dict, dec_cells_dict, num_decoder_symbols_dict: the inputs, the cell and the number of symbols of each decoder.

    Returns:
      The outputs and the last state of each decoder.

    >>> import autograd_lite as tf
    >>> symbols = [tf.constant([0, 1])] * 3
    >>> cells = {"de": tf.nn.rnn_cell.GRUCell(5), "fr": tf.nn.rnn_cell.GRUCell(5)}
    >>> seq2seq = tf.contrib.legacy_seq2seq.one2many_rnn_seq2seq
    >>> inputs, counts = {"de": symbols, "fr": symbols}, {"de": 7, "fr": 8}
    >>> outputs, _ = seq2seq(symbols, inputs, tf.nn.rnn_cell.GRUCell(5), cells, 9, counts, embedding_size=4)
    >>> outputs["fr"][0].shape.as_list()
    [2, 8]
    """
    all_outputs, all_states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq") as opened:
        dtype = _dtype_of(opened, dtype)
        encoder_cell = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder_cell, encoder_inputs, dtype=dtype)
        for name, inputs in decoder_inputs_dict.items():
            count = num_decoder_symbols_dict[name]
            with variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], count)

                def decoder(fed: bool, update: bool = False, inputs: Any = inputs, cell: Any = cell, count: int = count) -> Outputs:
                    return embedding_rnn_decoder(
                        inputs, encoded, cell, count, embedding_size, feed_previous=fed, update_embedding_for_previous=update
                    )

                if isinstance(feed_previous, bool):
                    all_outputs[name], all_states[name] = decoder(feed_previous, update=True)
                else:
                    all_outputs[name], all_states[name] = one_of_two_decoders(feed_previous, len(inputs), encoded, decoder)
    return all_outputs, all_states
