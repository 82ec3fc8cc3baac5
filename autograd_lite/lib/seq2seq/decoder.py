"""`tf.contrib.seq2seq.dynamic_decode`: a decoder that runs, step by step, until all sequences of a batch are finished."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_lite.api.arrays import shape as shape_of, zeros_like
from autograd_lite.api.constants import constant, zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.api.while_loop import while_loop
from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.static_value import constant_value
from autograd_lite.lib.layers.layer import as_before_on_error
from autograd_lite.lib.rnn.cell import check_is_cell
from autograd_lite.lib.rnn.dynamic import batch_and_time_swapped
from autograd_lite.lib.rnn.masked import row_by_row
from autograd_lite.lib.rnn.sizes import joined, shape_after
from autograd_lite.lib.rnn.static import cache_on_own_device
from autograd_lite.lib.seq2seq.helpers import Helper
from autograd_lite.lib.variable_scope import variable_scope


@export("contrib.seq2seq.Decoder")
class Decoder:
    """What `dynamic_decode` asks of a decoder. Subclasses have `batch_size`, `output_size`, `output_dtype`, `initialize` and `step`."""

    batch_size: Any
    output_size: Any
    output_dtype: Any

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished before the first step, the first inputs, the first state."""
        raise NotImplementedError

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> tuple[Any, Any, Any, Any]:
        """One step: its outputs, the next state, the next inputs, and which sequences are finished."""
        raise NotImplementedError

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> tuple[Any, Any]:
        """What is made of all outputs and the last state in the end."""
        return outputs, final_state

    @property
    def tracks_own_finished(self) -> bool:
        """Whether a sequence that is finished may go on later, as the beams of a search do."""
        return False


class BasicDecoderOutput(NamedTuple):
    """The output of a step of `BasicDecoder`."""

    rnn_output: Any
    sample_id: Any


export("contrib.seq2seq.BasicDecoderOutput")(BasicDecoderOutput)


@export("contrib.seq2seq.BasicDecoder")
class BasicDecoder(Decoder):
    """A cell whose next input a helper chooses.

    Args:
      cell: an RNNCell. helper: a `Helper`. initial_state: the state before the first step.
      output_layer: a layer that is applied to the outputs of the cell, or None.

    Raises:
      TypeError: an argument is of another kind.

    >>> import autograd_lite as tf
    >>> helper = tf.contrib.seq2seq.TrainingHelper(tf.ones([2, 5, 3]), [5, 4])
    >>> cell = tf.nn.rnn_cell.GRUCell(4)
    >>> decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(2, tf.float32), tf.layers.Dense(7))
    >>> outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder)
    >>> outputs.rnn_output.shape.as_list()
    [2, None, 7]
    """

    def __init__(self, cell: Any, helper: Helper, initial_state: Any, output_layer: Any = None) -> None:
        check_is_cell("cell", cell)
        if not isinstance(helper, Helper):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        if output_layer is not None and not hasattr(output_layer, "compute_output_shape"):
            raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self) -> Any:
        """How many sequences there are."""
        return self._helper.batch_size

    @property
    def output_size(self) -> Any:
        """The sizes of an output and of a chosen symbol."""
        return BasicDecoderOutput(output_size_of(self._cell.output_size, self._output_layer), self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> Any:
        """The types of an output and of a chosen symbol."""
        dtype = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(nest.map_structure(lambda _: dtype, self._cell.output_size), self._helper.sample_ids_dtype)

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished before the first step, the first inputs, the first state."""
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> tuple[Any, Any, Any, Any]:
        """One step of the cell."""
        with name_scope(name, "BasicDecoderStep", [time, inputs]):
            outputs, state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            chosen = self._helper.sample(time=time, outputs=outputs, state=state)
            finished, inputs, state = self._helper.next_inputs(time=time, outputs=outputs, state=state, sample_ids=chosen)
        return BasicDecoderOutput(outputs, chosen), state, inputs, finished


def output_size_of(size: Any, layer: Any) -> Any:
    """The size of a cell's output after a layer, without the batch."""
    if layer is None:
        return size

    def after_layer(one: Any) -> shapes.TensorShape:
        with_batch = shapes.TensorShape(shape_after(None, one))
        return shapes.TensorShape(layer.compute_output_shape(with_batch))[1:]

    return nest.map_structure(after_layer, size)


@export("contrib.seq2seq.dynamic_decode")
def dynamic_decode(
    decoder: Decoder,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run a decoder until all sequences are finished.

    Args:
      decoder: a `Decoder`.
      output_time_major: whether outputs are [time, batch, ...].
      impute_finished: whether sequences that are finished keep their state and put out zeros.
      maximum_iterations: stop after so many steps in any case.
      parallel_iterations, swap_memory: accepted for TensorFlow's sake.
      scope: the variable scope; `decoder` if None.

    Returns:
      The outputs of all steps, the last state, and how long each sequence is.

    Raises:
      TypeError: `decoder` is no decoder.
      ValueError: `maximum_iterations` is no scalar.

    >>> import autograd_lite as tf
    >>> table, cell = tf.constant([[0.0, 1.0], [1.0, 0.0]]), tf.nn.rnn_cell.GRUCell(2)
    >>> helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(table, tf.constant([0, 0, 0]), end_token=1)
    >>> decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
    >>> outputs, _, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=4)
    >>> outputs.sample_id.shape.as_list(), lengths.shape.as_list()
    ([3, None], [3])
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    graph = get_default_graph()
    with as_before_on_error(graph), variable_scope(scope, "decoder") as opened:
        cache_on_own_device(opened)
        loop = _Decoding(decoder, impute_finished, maximum_iterations)
        outputs, state, lengths = loop.build(parallel_iterations, swap_memory)
        outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = nest.map_structure(batch_and_time_swapped, outputs)
    return outputs, state, lengths


class _Decoding:
    """The making of the loop of `dynamic_decode`."""

    def __init__(self, decoder: Decoder, impute_finished: bool, limit: Any) -> None:
        self.decoder = decoder
        self.impute_finished = impute_finished
        self.limit = None
        if limit is not None:
            self.limit = convert_to_tensor(limit, dtype=dtypes.int32, name="maximum_iterations")
            if self.limit.static_shape != ():
                raise ValueError("maximum_iterations must be a scalar")

    def build(self, parallel_iterations: int, swap_memory: bool) -> tuple[Any, Any, Any]:
        """Build the loop: the outputs, time first, the last state, and the lengths."""
        decoder = self.decoder
        finished, inputs, state = decoder.initialize()
        batch, sizes, kinds = decoder.batch_size, decoder.output_size, decoder.output_dtype
        flat = list(zip(nest.flatten(sizes), nest.flatten(kinds)))
        self.zeros = [zeros(joined(batch, size), dtype=kind) for size, kind in flat]
        if self.limit is not None:
            finished = raw.LogicalOr(finished, raw.LessEqual(self.limit, 0))
        lengths = zeros_like(finished, dtype=dtypes.int32)
        known = batch if isinstance(batch, int) else constant_value(batch)
        first = None if known is None else int(known)
        arrays = tuple(TensorArray(kind, size=0, dynamic_size=True, element_shape=shape_after(first, size)) for size, kind in flat)
        results = while_loop(
            lambda time, arrays, state, inputs, finished, lengths: raw.LogicalNot(reduce_all(finished)),
            self._step,
            loop_vars=(constant(0, dtype=dtypes.int32), arrays, state, inputs, finished, lengths),
            parallel_iterations=parallel_iterations,
            swap_memory=swap_memory,
        )
        outputs = nest.pack_sequence_as(sizes, [array.stack() for array in results[1]])
        return outputs, results[2], results[5]

    def _step(self, time: Any, arrays: Any, state: Any, inputs: Any, finished: Any, lengths: Any) -> Any:
        outputs, next_state, next_inputs, newly_finished = self.decoder.step(time, inputs, state)
        next_finished = newly_finished if self.decoder.tracks_own_finished else raw.LogicalOr(newly_finished, finished)
        nest.assert_same_structure(state, next_state)
        nest.assert_same_structure(inputs, next_inputs)
        if self.limit is not None:
            next_finished = raw.LogicalOr(next_finished, time + 1 >= self.limit)
        lengths = raw.Select(raw.LogicalNot(finished), raw.Fill(shape_of(lengths), time + 1), lengths)
        emitted = nest.flatten(outputs)
        if self.impute_finished:
            emitted = [row_by_row(finished, zero, value) for zero, value in zip(self.zeros, emitted)]
            next_state = nest.map_structure(lambda old, new: row_by_row(finished, old, new), state, next_state)
        arrays = tuple(array.write(time, value) for array, value in zip(arrays, emitted))
        return time + 1, arrays, next_state, next_inputs, next_finished, lengths
