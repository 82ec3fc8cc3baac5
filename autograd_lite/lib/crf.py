"""Linear-chain conditional random fields: how likely a sequence of tags is, given scores of each tag and of each pair of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, expand_dims, shape as shape_of, squeeze, stack, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import argmax, reduce_logsumexp, reduce_max, reduce_sum
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.api.slicing import gather, gather_nd, sequence_mask
from autograd_lite.api.sorting import reverse_sequence
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.rnn.cell import RNNCell
from autograd_lite.lib.rnn.dynamic import dynamic_rnn
from autograd_lite.lib.variable_scope import get_variable

_MINUS_INFINITY = float(np.finfo(np.float32).min)


@export("contrib.crf.crf_log_likelihood")
def crf_log_likelihood(inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None) -> tuple[Tensor, Any]:
    """The logarithm of the probability of tags under a conditional random field (Lafferty et al. 2001).

    Args:
      inputs: a score of each tag at each place, [batch, time, tags].
      tag_indices: the tags, [batch, time]. sequence_lengths: [batch].
      transition_params: a score of each pair of neighbours, [tags, tags]; a variable `transitions` if None.

    Returns:
      The logarithms, [batch], and the scores of pairs.

    >>> import autograd_lite as tf
    >>> scores = tf.constant([[[1.0, 0.0], [0.0, 1.0]]])
    >>> likelihood, _ = tf.contrib.crf.crf_log_likelihood(scores, [[0, 1]], [2], tf.zeros([2, 2]))
    >>> print(tf.Session().run(likelihood).round(4))
    [-0.6265]
    """
    inputs = convert_to_tensor(inputs)
    tags = inputs.get_shape().as_list()[2]
    if transition_params is None:
        transition_params = get_variable("transitions", [tags, tags])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


@export("contrib.crf.crf_sequence_score")
def crf_sequence_score(inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The sum of the scores of the tags and of the pairs of neighbours, [batch]; see `crf_log_likelihood`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.crf.crf_sequence_score(tf.ones([1, 3, 2]), [[0, 1, 0]], [2], tf.ones([2, 2]))))
    [3.]
    """
    unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
    return unary + crf_binary_score(tag_indices, sequence_lengths, transition_params)


@export("contrib.crf.crf_multitag_sequence_score")
def crf_multitag_sequence_score(inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The logarithm of the sum of exp(score) over all sequences of allowed tags, [batch].

    Args:
      tag_bitmap: which tags are allowed at each place, boolean [batch, time, tags].

    >>> import autograd_lite as tf
    >>> allowed = tf.ones([1, 2, 2], tf.bool)
    >>> print(tf.Session().run(tf.contrib.crf.crf_multitag_sequence_score(tf.zeros([1, 2, 2]), allowed, [2], tf.zeros([2, 2]))))
    [1.3862944]
    """
    inputs = convert_to_tensor(inputs)
    lowest = raw.Fill(shape_of(inputs), convert_to_tensor(_MINUS_INFINITY, dtype=inputs.dtype))
    return crf_log_norm(raw.Select(cast(tag_bitmap, dtypes.bool_), inputs, lowest), sequence_lengths, transition_params)


@export("contrib.crf.crf_log_norm")
@leaves_no_trace
def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The logarithm of the sum of exp(score) over all sequences of tags, [batch]; see `crf_log_likelihood`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.crf.crf_log_norm(tf.zeros([1, 3, 2]), [3], tf.zeros([2, 2]))))
    [2.0794415]
    """
    inputs, lengths = convert_to_tensor(inputs), convert_to_tensor(sequence_lengths)
    cell = CrfForwardRnnCell(transition_params)
    _, alphas = dynamic_rnn(cell, inputs[:, 1:], _one_less(lengths), initial_state=inputs[:, 0], dtype=inputs.dtype)
    norm = reduce_logsumexp(alphas, [1])
    return raw.Select(lengths <= 0, zeros_like(norm), norm)  # an empty sequence has one way to be


def _one_less(lengths: Tensor) -> Tensor:
    return raw.Maximum(convert_to_tensor(0, dtype=lengths.dtype), lengths - 1)


@export("contrib.crf.crf_unary_score")
def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Tensor:
    """The sum of the scores of the tags, [batch]; see `crf_log_likelihood`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.crf.crf_unary_score([[0, 1]], [2], tf.constant([[[1.0, 2.0], [3.0, 5.0]]]))))
    [6.]
    """
    inputs, tags = convert_to_tensor(inputs), cast(tag_indices, dtypes.int32)
    batch, time, count = (shape_of(inputs)[axis] for axis in range(3))
    starts = expand_dims(range_(batch) * time * count, 1) + expand_dims(range_(time) * count, 0)
    chosen = gather(raw.Reshape(inputs, [-1]), starts + tags)
    return reduce_sum(chosen * sequence_mask(sequence_lengths, maxlen=shape_of(tags)[1], dtype=inputs.dtype), 1)


@export("contrib.crf.crf_binary_score")
def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The sum of the scores of the pairs of neighbours, [batch]; see `crf_log_likelihood`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.crf.crf_binary_score([[0, 1, 1]], [3], tf.constant([[1.0, 2.0], [3.0, 5.0]]))))
    [7.]
    """
    transitions, tags = convert_to_tensor(transition_params), cast(tag_indices, dtypes.int32)
    count = shape_of(transitions)[0]
    chosen = gather(raw.Reshape(transitions, [-1]), tags[:, :-1] * count + tags[:, 1:])
    mask = sequence_mask(sequence_lengths, maxlen=shape_of(tags)[1], dtype=transitions.dtype)
    return reduce_sum(chosen * mask[:, 1:], 1)


@export("contrib.crf.CrfForwardRnnCell")
class CrfForwardRnnCell(RNNCell):
    """One step of the sum over all sequences: its state holds, for each last tag, the logarithm of the sum so far.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.crf.CrfForwardRnnCell(tf.zeros([3, 3]))
    >>> cell(tf.zeros([2, 3]), tf.zeros([2, 3]))[0].shape.as_list()
    [2, 3]
    """

    def __init__(self, transition_params: Any) -> None:
        super().__init__()
        self._transition_params = expand_dims(transition_params, 0)
        self._num_tags = self._transition_params.get_shape().as_list()[2]

    @property
    def state_size(self) -> Any:
        """The number of tags."""
        return self._num_tags

    @property
    def output_size(self) -> Any:
        """The number of tags."""
        return self._num_tags

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        alphas = inputs + reduce_logsumexp(expand_dims(state, 2) + self._transition_params, [1])
        return alphas, alphas


@export("contrib.crf.viterbi_decode")
def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], Any]:
    """The best sequence of tags and its score, of arrays: nothing is built.

    Args:
      score: [time, tags]. transition_params: [tags, tags].

    >>> import autograd_lite as tf
    >>> tags, best = tf.contrib.crf.viterbi_decode(np.array([[1.0, 0.0], [0.0, 3.0]]), np.zeros([2, 2]))
    >>> tags, float(best)
    ([0, 1], 4.0)
    """
    best = np.zeros_like(score)
    came_from = np.zeros(np.shape(score), np.int32)
    best[0] = score[0]
    for place in range(1, len(score)):
        ways = best[place - 1][:, None] + transition_params
        best[place] = score[place] + ways.max(0)
        came_from[place] = ways.argmax(0)
    tags = [int(np.argmax(best[-1]))]
    for place in range(len(score) - 1, 0, -1):
        tags.append(int(came_from[place][tags[-1]]))
    return tags[::-1], np.max(best[-1])


@export("contrib.crf.CrfDecodeForwardRnnCell")
class CrfDecodeForwardRnnCell(RNNCell):
    """One step of the search for the best sequence: its state holds, for each last tag, the best score; its output, where that came from.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.crf.CrfDecodeForwardRnnCell(tf.zeros([3, 3]))
    >>> cell(tf.zeros([2, 3]), tf.zeros([2, 3]))[0].dtype
    tf.int32
    """

    def __init__(self, transition_params: Any) -> None:
        super().__init__()
        self._transition_params = expand_dims(transition_params, 0)
        self._num_tags = self._transition_params.get_shape().as_list()[2]

    @property
    def state_size(self) -> Any:
        """The number of tags."""
        return self._num_tags

    @property
    def output_size(self) -> Any:
        """The number of tags."""
        return self._num_tags

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        ways = expand_dims(state, 2) + self._transition_params
        return cast(argmax(ways, 1), dtypes.int32), inputs + reduce_max(ways, [1])


@export("contrib.crf.CrfDecodeBackwardRnnCell")
class CrfDecodeBackwardRnnCell(RNNCell):
    """One step back along the best sequence: from a tag to the one before it.

    >>> import autograd_lite as tf
    >>> cell = tf.contrib.crf.CrfDecodeBackwardRnnCell(3)
    >>> print(tf.Session().run(cell(tf.constant([[2, 0, 1]]), tf.constant([[1]]))[0]))
    [[0]]
    """

    def __init__(self, num_tags: int) -> None:
        super().__init__()
        self._num_tags = num_tags

    @property
    def state_size(self) -> Any:
        """One tag."""
        return 1

    @property
    def output_size(self) -> Any:
        """One tag."""
        return 1

    def call(self, inputs: Any, state: Any) -> Any:
        """One step."""
        places = stack([range_(shape_of(inputs)[0]), squeeze(state, [1])], axis=1)
        tags = expand_dims(gather_nd(inputs, places), -1)
        return tags, tags


@export("contrib.crf.crf_decode")
@leaves_no_trace
def crf_decode(potentials: Any, transition_params: Any, sequence_length: Any) -> tuple[Tensor, Tensor]:
    """The best sequence of tags, [batch, time], and its score, [batch].

    Args:
      potentials: a score of each tag at each place, [batch, time, tags].
      transition_params: a score of each pair of neighbours, [tags, tags]. sequence_length: [batch].

    >>> import autograd_lite as tf
    >>> tags, score = tf.contrib.crf.crf_decode(tf.constant([[[1.0, 0.0], [0.0, 3.0]]]), tf.zeros([2, 2]), [2])
    >>> tf.Session().run([tags, score])
    [array([[0, 1]], dtype=int32), array([4.], dtype=float32)]
    """
    potentials, lengths = convert_to_tensor(potentials), convert_to_tensor(sequence_length)
    one_less = _one_less(lengths)
    forward = CrfDecodeForwardRnnCell(transition_params)
    came_from, scores = dynamic_rnn(forward, potentials[:, 1:], one_less, initial_state=potentials[:, 0], dtype=dtypes.int32)
    came_from = reverse_sequence(came_from, one_less, seq_axis=1)
    last = expand_dims(cast(argmax(scores, 1), dtypes.int32), -1)
    backward = CrfDecodeBackwardRnnCell(forward.output_size)
    tags, _ = dynamic_rnn(backward, came_from, one_less, initial_state=last, dtype=dtypes.int32, scope="rnn_1")
    tags = concat([last, squeeze(tags, [2])], 1)
    return reverse_sequence(tags, lengths, seq_axis=1), reduce_max(scores, 1)
