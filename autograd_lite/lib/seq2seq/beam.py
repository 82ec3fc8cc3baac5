"""Beam search: the decoder follows several continuations of each sequence at once and keeps the best."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from autograd_lite.api.arrays import expand_dims, shape as shape_of, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.constants import constant, one_hot, range as range_, zeros
from autograd_lite.api.logits import log_softmax
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all, reduce_max
from autograd_lite.api.slicing import gather
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.rnn.cell import check_is_cell
from autograd_lite.lib.seq2seq.decoder import Decoder
from autograd_lite.lib.seq2seq.helpers import lookup_of


class BeamSearchDecoderState(NamedTuple):
    """The state of a beam search."""

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any


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

    Raises:
      ValueError: `start_tokens` is no vector or `end_token` no scalar.

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
        return finished, self._start_inputs, BeamSearchDecoderState(self._initial_cell_state, log_probs, finished, lengths)

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
        return BeamSearchDecoderOutput(best, symbols, parents), BeamSearchDecoderState(cell_state, kept, finished, lengths)

    def _only_the_end_when_finished(self, logs: Tensor, finished: Tensor, count: Any) -> Tensor:
        """Logarithms of probabilities in which a finished sequence goes on with the end token alone."""
        end = one_hot(self._end_token, count, on_value=0.0, off_value=float(dtypes.as_dtype(logs.dtype).min), dtype=logs.dtype)
        there = raw.Tile(expand_dims(finished, 2), [1, 1, count])
        return raw.Select(there, zeros_like(logs) + end, logs)

    def _penalty(self, lengths: Tensor, dtype: Any) -> Any:
        if self._length_penalty_weight == 0:
            return constant(1.0, dtype=dtype)
        return raw.Pow((5.0 + cast(lengths, dtype)) / 6.0, constant(self._length_penalty_weight, dtype=dtype))

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> tuple[Any, Any]:
        """The sequences of symbols that the beams followed from the end back to the beginning."""
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        ids = raw.GatherTree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state


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
