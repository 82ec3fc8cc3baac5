"""Beam search: the decoder follows several continuations of each sequence at once and keeps the best."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from autograd_lite.api.arrays import expand_dims, ones_like, shape as shape_of, stack, transpose, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.constants import constant, one_hot, range as range_, zeros
from autograd_lite.api.logits import log_softmax
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all, reduce_max, reduce_mean, reduce_sum
from autograd_lite.api.slicing import gather, sequence_mask
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.logging import warn
from autograd_lite.lib.rnn.cell import check_is_cell
from autograd_lite.lib.seq2seq.attention import AttentionWrapperState
from autograd_lite.lib.seq2seq.decoder import Decoder
from autograd_lite.lib.seq2seq.helpers import lookup_of


class BeamSearchDecoderState(NamedTuple):
    """The state of a beam search."""

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any
    accumulated_attention_probs: Any = ()


class BeamSearchDecoderOutput(NamedTuple):
    """The output of a step of a beam search."""

    scores: Any
    predicted_ids: Any
    parent_ids: Any


class FinalBeamSearchDecoderOutput(NamedTuple):
    """What a beam search gives in the end."""

    predicted_ids: Any
    beam_search_decoder_output: Any


for _kind in (BeamSearchDecoderState, BeamSearchDecoderOutput, FinalBeamSearchDecoderOutput):
    export(f"contrib.seq2seq.{_kind.__name__}")(_kind)


@export("contrib.seq2seq.tile_batch")
def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Repeat each entry of a batch, as a beam search wants the states of an encoder: [batch, ...] to [batch * multiplier, ...].

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.contrib.seq2seq.tile_batch(tf.constant([1, 2]), 2))
    array([1, 1, 2, 2], dtype=int32)
    """
    with name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(lambda tensor: _repeated(convert_to_tensor(tensor, name="t"), multiplier), t)


def _repeated(tensor: Tensor, multiplier: int) -> Tensor:
    result = gather(tensor, raw.Reshape(raw.Tile(expand_dims(range_(shape_of(tensor)[0]), 1), [1, multiplier]), [-1]))
    known = tensor.static_shape
    if known is not None:
        result.set_shape([None if known[0] is None else known[0] * multiplier, *known[1:]])
    return result


@export("contrib.seq2seq.BeamSearchDecoder")
class BeamSearchDecoder(Decoder):
    """A decoder that keeps, for each sequence, the `beam_width` most likely continuations.

    Args:
      cell: an RNNCell. embedding: the vectors of all symbols, or a function from symbols to vectors.
      start_tokens: the symbol with which each sequence begins, [batch]. end_token: that which ends a sequence.
      initial_state: the first state, of batch * beam_width sequences: see `tile_batch`.
      beam_width: how many continuations are kept.
      output_layer: a layer that makes scores of symbols out of outputs, or None.
      length_penalty_weight: longer sequences are preferred with more (Wu et al. 2016); 0: by probability alone.
      coverage_penalty_weight: sequences are preferred that looked at all places of the memory (same paper); the cell must be an
        `AttentionWrapper`.
      reorder_tensor_arrays: whether TensorArrays in the final state (histories of weights) become tensors that follow each beam back from
        its end to its beginning.

    Raises:
      ValueError: `start_tokens` is no vector or `end_token` no scalar, or coverage is asked for without attention.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.GRUCell(4)
    >>> start = tf.contrib.seq2seq.tile_batch(tf.ones([2, 4]), 3)
    >>> decoder = tf.contrib.seq2seq.BeamSearchDecoder(cell, tf.ones([5, 4]), [0, 0], 1, start, 3, tf.layers.Dense(5))
    >>> outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=6)
    >>> outputs.predicted_ids.shape.as_list()
    [2, None, 3]
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: float = 0.0,
        coverage_penalty_weight: float = 0.0,
        reorder_tensor_arrays: bool = True,
    ) -> None:
        check_is_cell("cell", cell)
        self._cell = cell
        self._vectors = lookup_of(embedding)
        self._start_tokens = convert_to_tensor(start_tokens, dtype=dtypes.int32, name="start_tokens")
        self._end_token = convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._start_tokens.static_shape is not None and len(self._start_tokens.static_shape) != 1:
            raise ValueError("start_tokens must be a vector")
        if self._end_token.static_shape not in ((), None):
            raise ValueError("end_token must be a scalar")
        known = self._start_tokens.static_shape
        self._known_batch = known[0] if known else None
        self.batch_size = self._known_batch if self._known_batch is not None else raw.Size(self._start_tokens)
        self._beam_width = beam_width
        self._initial_cell_state = nest.map_structure(self._split, initial_state)
        self._output_layer = output_layer
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._reorder_tensor_arrays = reorder_tensor_arrays
        tiled = raw.Tile(expand_dims(self._start_tokens, 1), [1, beam_width])
        self._start_inputs = self._vectors(tiled)

    @property
    def tracks_own_finished(self) -> bool:
        """True: beams change their places, and so does what is finished."""
        return True

    @property
    def output_size(self) -> Any:
        """One number for each beam."""
        each = TensorShape([self._beam_width])
        return BeamSearchDecoderOutput(each, each, each)

    @property
    def output_dtype(self) -> Any:
        """Scores are floats, symbols and parents integers."""
        return BeamSearchDecoderOutput(nest.flatten(self._initial_cell_state)[0].dtype, dtypes.int32, dtypes.int32)

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """All beams begin alike, so that only the first counts in the first step."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        first = zeros([self.batch_size], dtype=dtypes.int32)
        finished = one_hot(first, self._beam_width, on_value=False, off_value=True, dtype=dtypes.bool_)
        log_probs = one_hot(first, self._beam_width, on_value=0.0, off_value=-math.inf, dtype=dtype)
        lengths = zeros([self.batch_size, self._beam_width], dtype=dtypes.int64)
        looked = self._attention_of(self._initial_cell_state)
        state = BeamSearchDecoderState(self._initial_cell_state, log_probs, finished, lengths, () if looked is None else looked)
        return finished, self._start_inputs, state

    # ---------------------------------------------------------------- shapes

    def _split(self, tensor: Any) -> Any:
        """[batch * beams, ...] as [batch, beams, ...]; what has no batch stays."""
        if isinstance(tensor, TensorArray) or tensor.static_shape == ():
            return tensor
        rest = tensor.get_shape().as_list()[1:]
        return self._as_shape(tensor, [self.batch_size, self._beam_width, *rest], [self._known_batch, self._beam_width, *rest])

    def _merge(self, tensor: Any) -> Any:
        """[batch, beams, ...] as [batch * beams, ...]."""
        if isinstance(tensor, TensorArray) or tensor.static_shape == ():
            return tensor
        rest = tensor.get_shape().as_list()[2:]
        total = None if self._known_batch is None else self._known_batch * self._beam_width
        return self._as_shape(tensor, [self.batch_size * self._beam_width, *rest], [total, *rest])

    @staticmethod
    def _as_shape(tensor: Tensor, shape: list[Any], known: list[Any]) -> Tensor:
        result = raw.Reshape(tensor, shape)
        result.set_shape(known)
        return result

    def _of_parents(self, tensor: Any, parents: Tensor) -> Any:
        """For each beam what its parent has, [batch, beams, ...]."""
        if isinstance(tensor, TensorArray) or tensor.static_shape == ():
            return tensor
        places = raw.Reshape(parents + expand_dims(range_(self.batch_size) * self._beam_width, 1), [-1])
        return self._split(gather(self._merge(tensor), places))

    # ---------------------------------------------------------------- steps

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> tuple[Any, Any, Any, Any]:
        """One step of all beams, and the choice of the best continuations."""
        with name_scope(name, "BeamSearchDecoderStep", [time, inputs]):
            given = nest.map_structure(self._merge, inputs)
            output, cell_state = self._cell(given, nest.map_structure(self._merge, state.cell_state))
            if self._output_layer is not None:
                output = self._output_layer(output)
            chosen, next_state = self._choose(self._split(output), state._replace(cell_state=nest.map_structure(self._split, cell_state)))
            symbols = chosen.predicted_ids
            next_inputs = cond(reduce_all(next_state.finished), lambda: self._start_inputs, lambda: self._vectors(symbols))
        return chosen, next_state, next_inputs, next_state.finished

    def _choose(self, logits: Tensor, state: BeamSearchDecoderState) -> tuple[Any, Any]:
        count = logits.get_shape().as_list()[-1] or shape_of(logits)[2]
        unfinished = raw.LogicalNot(state.finished)
        probabilities = expand_dims(state.log_probs, 2) + self._only_the_end_when_finished(log_softmax(logits), state.finished, count)
        longer = one_hot(self._end_token, count, on_value=0, off_value=1, dtype=dtypes.int64)
        added = expand_dims(cast(unfinished, dtypes.int64), 2) * raw.Reshape(longer, [1, 1, -1])
        scores = probabilities / self._penalty(expand_dims(state.lengths, 2) + added, probabilities.dtype)
        looked = self._attention_of(state.cell_state)
        if looked is not None:
            looked = state.accumulated_attention_probs + looked * expand_dims(cast(unfinished, looked.dtype), 2)
            scores = scores + expand_dims(self._coverage(looked, state.finished), 2)
        flat = [self.batch_size, self._beam_width * count]
        best, places = raw.TopKV2(raw.Reshape(scores, flat), self._beam_width)
        best.set_shape([self._known_batch, self._beam_width])
        places.set_shape([self._known_batch, self._beam_width])
        rows = expand_dims(range_(self.batch_size) * flat[1], 1)
        kept = gather(raw.Reshape(probabilities, [-1]), places + rows)
        symbols, parents = raw.FloorMod(places, count), raw.FloorDiv(places, count)
        over = self._of_parents(state.finished, parents)
        lengths = self._of_parents(state.lengths, parents) + cast(raw.LogicalNot(over), dtypes.int64)
        cell_state = nest.map_structure(lambda tensor: self._of_parents(tensor, parents), state.cell_state)
        finished = raw.LogicalOr(over, raw.Equal(symbols, self._end_token))
        looked = () if looked is None else self._of_parents(looked, parents)
        return BeamSearchDecoderOutput(best, symbols, parents), BeamSearchDecoderState(cell_state, kept, finished, lengths, looked)

    def _only_the_end_when_finished(self, logs: Tensor, finished: Tensor, count: Any) -> Tensor:
        """Logarithms of probabilities in which a finished sequence goes on with the end token alone."""
        end = one_hot(self._end_token, count, on_value=0.0, off_value=float(dtypes.as_dtype(logs.dtype).min), dtype=logs.dtype)
        there = raw.Tile(expand_dims(finished, 2), [1, 1, count])
        return raw.Select(there, zeros_like(logs) + end, logs)

    def _penalty(self, lengths: Tensor, dtype: Any) -> Any:
        if self._length_penalty_weight == 0:
            return constant(1.0, dtype=dtype)
        return raw.Pow((5.0 + cast(lengths, dtype)) / 6.0, constant(self._length_penalty_weight, dtype=dtype))

    def _attention_of(self, cell_state: Any) -> Any:
        """The weights of the places of the memory in this step, [batch, beams, time]; None when coverage does not count."""
        if self._coverage_penalty_weight == 0:
            return None
        parts = cell_state if isinstance(cell_state, tuple) and not isinstance(cell_state, AttentionWrapperState) else (cell_state,)
        weights = [tensor for part in parts if isinstance(part, AttentionWrapperState) for tensor in nest.flatten(part.alignments)]
        if not weights:
            raise ValueError(
                "coverage_penalty_weight must be 0 for a cell without attention\n  Wrap the cell: tf.contrib.seq2seq.AttentionWrapper."
            )
        return weights[0] if len(weights) == 1 else reduce_mean(stack(weights), axis=0)

    def _coverage(self, looked: Any, finished: Any) -> Any:
        """What is added to the scores of sequences that are over: nothing if every place got a weight of 1 in all, else less."""
        looked = raw.Select(raw.Equal(looked, constant(0.0, looked.dtype)), ones_like(looked), looked)
        missed = reduce_sum(raw.Log(raw.Minimum(looked, constant(1.0, looked.dtype))), 2)
        return missed * cast(reduce_all(finished, axis=1, keepdims=True), looked.dtype) * self._coverage_penalty_weight

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> tuple[Any, Any]:
        """The sequences of symbols that the beams followed from the end back to the beginning."""
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        ids = raw.GatherTree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        if self._reorder_tensor_arrays:
            lengths = final_state.lengths
            cell_state = nest.map_structure(lambda part: self._in_order(part, outputs.parent_ids, lengths), final_state.cell_state)
            final_state = final_state._replace(cell_state=cell_state)
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state


    def _in_order(self, part: Any, parents: Tensor, lengths: Tensor) -> Any:
        """A history as a tensor whose beams are followed from the end to the beginning; anything else as it is."""
        if not isinstance(part, TensorArray):
            return part
        known = part._element_shape[0]
        if not part._infer_shape or known is None or not known or known[0] is None:
            warn(
                "The TensorArray %s in the cell state is not amenable to sorting based on the beam search result: its elements must have a "
                "known shape that begins with the batch.", part.handle.name,
            )  # fmt: skip
            return part
        return gather_tree_from_array(part.stack(), parents, lengths)


@export("contrib.seq2seq.gather_tree_from_array")
def gather_tree_from_array(t: Any, parent_ids: Any, sequence_length: Any) -> Tensor:
    """Follow each beam back from its end, in a tensor of what all beams had in all steps.

    Args:
      t: [time, batch, beams, ...] or [time, batch * beams, ...]. parent_ids: [time, batch, beams]. sequence_length: [batch, beams].

    >>> import autograd_lite as tf
    >>> values, parents = [[[1, 2]], [[3, 4]]], [[[0, 1]], [[1, 0]]]
    >>> tf.Session().run(tf.contrib.seq2seq.gather_tree_from_array(tf.constant(values), parents, [[2, 2]]))
    array([[[2, 1]],
    <BLANKLINE>
           [[3, 4]]], dtype=int32)
    """
    t, parents, lengths = convert_to_tensor(t), convert_to_tensor(parent_ids), convert_to_tensor(sequence_length)
    known, sizes = parents.static_shape or (None, None, None), shape_of(parents)
    steps, batch, beams = (sizes[axis] if size is None else size for axis, size in enumerate(known))
    each = raw.Tile(raw.Reshape(range_(beams), [1, 1, -1]), [steps, batch, 1])
    longest = cast(reduce_max(lengths, axis=1), dtypes.int32)
    followed = raw.GatherTree(each, parents, longest, beams + 1)
    within = transpose(sequence_mask(lengths, maxlen=steps), [2, 0, 1])
    followed = raw.Select(within, followed, each)  # after its end a beam stays where it is
    times = raw.Tile(raw.Reshape(range_(steps), [-1, 1, 1]), [1, batch, beams])
    rows = raw.Tile(raw.Reshape(range_(batch), [1, -1, 1]), [steps, 1, beams])
    spread = raw.Reshape(t, [steps, batch, beams, -1])
    ordered = raw.Reshape(raw.GatherNd(spread, stack([times, rows, followed], axis=-1)), shape_of(t))
    ordered.set_shape(t.shape)
    return ordered


@export("contrib.seq2seq.gather_tree")
def gather_tree(step_ids: Any, parent_ids: Any, max_sequence_lengths: Any, end_token: Any, name: str | None = None) -> Tensor:
    """Follow each beam from its last symbol back to its first; see `tf.raw_ops.GatherTree`.

    >>> import autograd_lite as tf
    >>> ids, parents = [[[1, 2]], [[3, 4]]], [[[0, 0]], [[1, 0]]]  # [time, batch, beams]
    >>> tf.Session().run(tf.contrib.seq2seq.gather_tree(ids, parents, [2], 0))
    array([[[2, 1]],
    <BLANKLINE>
           [[3, 4]]], dtype=int32)
    """
    return raw.GatherTree(step_ids, parent_ids, max_sequence_lengths, end_token, name=name)
