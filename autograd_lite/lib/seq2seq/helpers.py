"""What a decoder is fed in each step: the right symbols while it learns, its own ones afterwards, or a mixture of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import concat, shape as shape_of, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.embedding import embedding_lookup
from autograd_lite.api.random import multinomial, random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import argmax, reduce_all
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.rnn.dynamic import batch_and_time_swapped


def time_first(tensor: Any) -> Tensor:
    """[batch, time, ...] as [time, batch, ...]."""
    return batch_and_time_swapped(convert_to_tensor(tensor))


@export("contrib.seq2seq.Helper")
class Helper:
    """What `BasicDecoder` asks of a helper. Subclasses have `batch_size`, `initialize`, `sample` and `next_inputs`."""

    batch_size: Any

    @property
    def sample_ids_shape(self) -> Any:
        """The shape of what is chosen for one sequence."""
        return TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        """The type of what is chosen."""
        return dtypes.int32

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Which sequences are finished before the first step, and the first inputs."""
        raise NotImplementedError

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What is chosen, given the outputs of a step."""
        raise NotImplementedError

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished now, the next inputs, and the next state."""
        raise NotImplementedError


@export("contrib.seq2seq.CustomHelper")
class CustomHelper(Helper):
    """A helper made of three functions.

    Args:
      initialize_fn: () -> (finished, first inputs). sample_fn: (time, outputs, state) -> what is chosen.
      next_inputs_fn: (time, outputs, state, sample_ids) -> (finished, next inputs, next state).
      sample_ids_shape, sample_ids_dtype: of what is chosen for one sequence; scalars of int32 if None.
    """

    def __init__(
        self,
        initialize_fn: Callable[..., Any],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ) -> None:
        self._functions = initialize_fn, sample_fn, next_inputs_fn
        self._shape = TensorShape(sample_ids_shape or [])
        self._dtype = sample_ids_dtype or dtypes.int32
        self._batch_size: Any = None

    sample_ids_shape = property(lambda self: self._shape, doc="The shape of what is chosen for one sequence.")
    sample_ids_dtype = property(lambda self: self._dtype, doc="The type of what is chosen.")

    @property
    def batch_size(self) -> Any:
        """How many sequences there are.

        Raises:
          ValueError: before `initialize`.
        """
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Which sequences are finished before the first step, and the first inputs."""
        finished, inputs = self._functions[0]()
        if self._batch_size is None:
            self._batch_size = raw.Size(finished)
        return finished, inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What is chosen, given the outputs of a step."""
        return self._functions[1](time=time, outputs=outputs, state=state)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished now, the next inputs, and the next state."""
        return self._functions[2](time=time, outputs=outputs, state=state, sample_ids=sample_ids)


@export("contrib.seq2seq.TrainingHelper")
class TrainingHelper(Helper):
    """Feed the right inputs.

    Args:
      inputs: [batch, time, ...], or a structure of such tensors. sequence_length: [batch].
      time_major: whether inputs are [time, batch, ...].

    Raises:
      ValueError: `sequence_length` is no vector.
    """

    def __init__(self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None) -> None:
        inputs = nest.map_structure(convert_to_tensor if time_major else time_first, inputs)
        self._inputs = inputs
        self._arrays = nest.map_structure(_unstacked, inputs)
        self._sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
        if self._sequence_length.static_shape is not None and len(self._sequence_length.static_shape) != 1:
            raise ValueError(f"Expected sequence_length to be a vector, but received shape: {self._sequence_length.get_shape()}")
        self._zero_inputs = nest.map_structure(lambda tensor: zeros_like(tensor[0]), inputs)
        known = self._sequence_length.static_shape
        self.batch_size = known[0] if known and known[0] is not None else raw.Size(self._sequence_length)

    inputs = property(lambda self: self._inputs, doc="The inputs, time first.")
    sequence_length = property(lambda self: self._sequence_length, doc="How many steps each sequence has.")

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Which sequences are empty, and the first inputs."""
        finished = raw.Equal(self._sequence_length, convert_to_tensor(0, dtype=self._sequence_length.dtype))
        return finished, self._at(finished, 0)

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """The most likely symbols."""
        return cast(argmax(outputs, axis=-1), dtypes.int32)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished now, the next inputs, and the state."""
        following = time + 1
        finished = cast(following, self._sequence_length.dtype) >= self._sequence_length
        return finished, self._at(finished, following), state

    def _at(self, finished: Tensor, time: Any) -> Any:
        """The inputs of a step; zeros when all sequences are finished."""
        zero = nest.flatten(self._zero_inputs)
        arrays = nest.flatten(self._arrays)
        given = cond(reduce_all(finished), lambda: zero, lambda: [array.read(time) for array in arrays], strict=True)
        for tensor, like in zip(given, zero):
            tensor.set_shape(like.static_shape)
        return nest.pack_sequence_as(self._zero_inputs, given)


def _unstacked(tensor: Tensor) -> TensorArray:
    shape = None if tensor.static_shape is None else tensor.static_shape[1:]
    array = TensorArray(tensor.dtype, size=shape_of(tensor)[0], element_shape=shape, clear_after_read=False)
    return array.unstack(tensor)


class _Scheduled(TrainingHelper):
    """Feed the right inputs, or with a probability what the decoder itself put out."""

    def __init__(self, inputs: Any, sequence_length: Any, probability: Any, time_major: bool, seed: Any, scheduling_seed: Any) -> None:
        super().__init__(inputs, sequence_length, time_major)
        self._probability = convert_to_tensor(probability, name="sampling_probability")
        known = self._probability.static_shape
        if known is None or len(known) > 1:
            raise ValueError(f"sampling_probability must be either a scalar or a vector. saw shape: {self._probability.get_shape()}")
        self._seed = seed
        self._scheduling_seed = scheduling_seed

    def _own_are_fed(self) -> Tensor:
        """For each sequence whether what the decoder put out is fed."""
        return random_uniform([self.batch_size], seed=self._scheduling_seed) < self._probability


@export("contrib.seq2seq.ScheduledEmbeddingTrainingHelper")
class ScheduledEmbeddingTrainingHelper(_Scheduled):
    """Feed the right inputs, or with a probability the vector of a symbol drawn from the decoder's scores (Bengio et al. 2015).

    Args:
      inputs, sequence_length, time_major: as of `TrainingHelper`.
      embedding: the vectors of all symbols, or a function from symbols to vectors.
      sampling_probability: of feeding what was drawn, a scalar or [batch].
      seed, scheduling_seed: make what is drawn, and when it is fed, the same in every program run.

    Raises:
      ValueError: the probability is neither a scalar nor a vector.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        scheduling_seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(inputs, sequence_length, sampling_probability, time_major, seed, scheduling_seed)
        self._vectors = lookup_of(embedding)

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """A drawn symbol where it will be fed, elsewhere -1."""
        drawn = drawn_from(outputs, self._seed)
        return raw.Select(self._own_are_fed(), drawn, raw.Fill(shape_of(drawn), -1))

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished now, the next inputs, and the state."""
        finished, right, state = super().next_inputs(time, outputs, state, sample_ids)
        vectors = self._vectors(raw.Maximum(sample_ids, 0))
        return finished, raw.Select(sample_ids >= 0, vectors, right), state


@export("contrib.seq2seq.ScheduledOutputTrainingHelper")
class ScheduledOutputTrainingHelper(_Scheduled):
    """Feed the right inputs, or with a probability the decoder's own last outputs.

    Args:
      inputs, sequence_length, time_major: as of `TrainingHelper`.
      sampling_probability: of feeding the outputs, a scalar or [batch].
      auxiliary_inputs: [batch, time, ...], put beside the outputs that are fed, or None.
      next_inputs_fn: from outputs to inputs, or None.
      seed: makes when outputs are fed the same in every program run.

    Raises:
      ValueError: the probability is neither a scalar nor a vector.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        next_inputs_fn: Callable[[Any], Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ) -> None:
        beside = auxiliary_inputs
        if beside is not None:
            inputs = concat([inputs, beside], -1)
        super().__init__(inputs, sequence_length, sampling_probability, time_major, seed, seed)
        self._make_inputs = next_inputs_fn or (lambda outputs: outputs)
        self._beside = None if beside is None else _unstacked(convert_to_tensor(beside) if time_major else time_first(beside))

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """1 where the outputs will be fed, elsewhere 0."""
        return cast(self._own_are_fed(), dtypes.int32)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished now, the next inputs, and the state."""
        finished, right, state = super().next_inputs(time, outputs, state, sample_ids)

        def mixed() -> Tensor:
            own = self._make_inputs(outputs)
            if self._beside is not None:
                own = concat([own, self._beside.read(time + 1)], -1)
            return raw.Select(cast(sample_ids, dtypes.bool_), own, right)

        inputs = cond(reduce_all(finished), lambda: right, mixed)
        inputs.set_shape(right.static_shape)
        return finished, inputs, state


def lookup_of(embedding: Any) -> Callable[[Any], Any]:
    """The function from symbols to vectors that an embedding is, or that looks up its rows."""
    return embedding if callable(embedding) else lambda symbols: embedding_lookup(embedding, symbols)


def drawn_from(scores: Tensor, seed: int | None) -> Tensor:
    """A symbol for each row of scores [batch, symbols], drawn with probability softmax(scores)."""
    return raw.Reshape(cast(multinomial(scores, 1, seed=seed), dtypes.int32), [-1])


@export("contrib.seq2seq.GreedyEmbeddingHelper")
class GreedyEmbeddingHelper(Helper):
    """Feed the vector of the most likely symbol of the last step.

    Args:
      embedding: the vectors of all symbols, or a function from symbols to vectors.
      start_tokens: the symbol with which each sequence begins, [batch]. end_token: that which ends a sequence.

    Raises:
      ValueError: `start_tokens` is no vector or `end_token` no scalar.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._vectors = lookup_of(embedding)
        self._start_tokens = convert_to_tensor(start_tokens, dtype=dtypes.int32, name="start_tokens")
        self._end_token = convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._start_tokens.static_shape is not None and len(self._start_tokens.static_shape) != 1:
            raise ValueError("start_tokens must be a vector")
        if self._end_token.static_shape not in ((), None):
            raise ValueError("end_token must be a scalar")
        known = self._start_tokens.static_shape
        self.batch_size = known[0] if known and known[0] is not None else raw.Size(self._start_tokens)
        self._start_inputs = self._vectors(self._start_tokens)

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Nothing is finished; the vectors of the first symbols."""
        return zeros_like(self._start_tokens, dtype=dtypes.bool_), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """The most likely symbols."""
        return argmax(outputs, axis=-1, output_type=dtypes.int32)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished now, the next inputs, and the state."""
        finished = raw.Equal(sample_ids, self._end_token)
        inputs = cond(reduce_all(finished), lambda: self._start_inputs, lambda: self._vectors(sample_ids))
        return finished, inputs, state


@export("contrib.seq2seq.SampleEmbeddingHelper")
class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Feed the vector of a symbol drawn from the scores of the last step.

    Args:
      embedding, start_tokens, end_token: as of `GreedyEmbeddingHelper`.
      softmax_temperature: scores are divided by it; low: mostly what is likely. seed: makes what is drawn the same in every run.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any, softmax_temperature: Any = None, seed: int | None = None) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._temperature = softmax_temperature
        self._seed = seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Symbols drawn from the scores."""
        return drawn_from(outputs if self._temperature is None else outputs / self._temperature, self._seed)


@export("contrib.seq2seq.InferenceHelper")
class InferenceHelper(Helper):
    """Feed what a function draws from the outputs.

    Args:
      sample_fn: from outputs to what is fed. sample_shape, sample_dtype: of that, for one sequence.
      start_inputs: the first inputs. end_fn: from what was drawn to which sequences are finished.
      next_inputs_fn: from what was drawn to inputs, or None.
    """

    def __init__(
        self,
        sample_fn: Callable[[Any], Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[[Any], Any],
        next_inputs_fn: Callable[[Any], Any] | None = None,
    ) -> None:
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._shape = TensorShape(sample_shape)
        self._dtype = sample_dtype
        self._make_inputs = next_inputs_fn or (lambda drawn: drawn)
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")
        known = self._start_inputs.static_shape
        self.batch_size = known[0] if known and known[0] is not None else shape_of(self._start_inputs)[0]

    sample_ids_shape = property(lambda self: self._shape, doc="The shape of what is drawn for one sequence.")
    sample_ids_dtype = property(lambda self: self._dtype, doc="The type of what is drawn.")

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Nothing is finished; the first inputs."""
        return raw.Fill([self.batch_size], False), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What is drawn from the outputs."""
        return self._sample_fn(outputs)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> tuple[Any, Any, Any]:
        """Which sequences are finished now, the next inputs, and the state."""
        return self._end_fn(sample_ids), self._make_inputs(sample_ids), state
