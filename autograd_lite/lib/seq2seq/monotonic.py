"""Monotonic attention: the place that a decoder looks at only moves forward, so that it can read as it writes.

C. Raffel, M. Luong, P. Liu, R. Weiss and D. Eck, "Online and linear-time attention by enforcing monotonic alignments", 2017.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, shape as shape_of, transpose
from autograd_lite.api.casting import cast
from autograd_lite.api.clip import clip_by_value
from autograd_lite.api.constants import one_hot, ones, zeros
from autograd_lite.api.functional import scan
from autograd_lite.api.random import random_normal
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import argmax, cumprod, cumsum
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Constant
from autograd_lite.lib.seq2seq.attention import BahdanauAttention, LuongAttention
from autograd_lite.lib.variable_scope import get_variable, variable_scope

_LEAST = 1e-10  # what a product of probabilities is divided by at least


@export("contrib.seq2seq.safe_cumprod")
def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Products of the first elements, by way of logarithms, so that gradients stay finite where an element is 0.

    Args:
      x: numbers from 0 to 1. *args, **kwargs: see `tf.cumprod`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.contrib.seq2seq.safe_cumprod([0.5, 0.5, 0.5]))
    array([0.5  , 0.25 , 0.125], dtype=float32)
    """
    with name_scope(None, "SafeCumprod", [x]):
        x = convert_to_tensor(x, name="x")
        least = np.finfo(x.dtype.as_numpy_dtype).tiny
        return raw.Exp(cumsum(raw.Log(clip_by_value(x, least, 1)), *args, **kwargs))


@export("contrib.seq2seq.hardmax")
def hardmax(logits: Any, name: str | None = None) -> Tensor:
    """A softmax that is sure: 1 for the largest number along the last axis, 0 for all others.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.contrib.seq2seq.hardmax([[1., 3., 2.]]))
    array([[0., 1., 0.]], dtype=float32)
    """
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        known = logits.get_shape()[-1].value
        return one_hot(argmax(logits, -1), shape_of(logits)[-1] if known is None else known, dtype=logits.dtype)


@export("contrib.seq2seq.monotonic_attention")
def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Tensor:
    """The weights of places, given those of the step before and how likely each place is to be stopped at.

    Args:
      p_choose_i: the probability of stopping at each place once it is reached, [batch, time]; 0 or 1 for "hard".
      previous_attention: the weights of the step before, [batch, time]; at first 1 at the first place.
      mode: "recursive": place by place, exact; "parallel": by cumulative sums and products, faster, not exact where probabilities are
        near 0 or 1; "hard": for choices that are certain.

    Raises:
      ValueError: for another mode.

    >>> import autograd_lite as tf
    >>> first = [[1.0, 0.0, 0.0]]
    >>> tf.Session().run(tf.contrib.seq2seq.monotonic_attention([[0.5, 0.5, 0.5]], first, "recursive"))
    array([[0.5  , 0.25 , 0.125]], dtype=float32)
    """
    chosen = convert_to_tensor(p_choose_i, name="p_choose_i")
    before = convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        return _place_by_place(chosen, before)
    if mode == "parallel":
        passed = safe_cumprod(1 - chosen, axis=1, exclusive=True)
        return chosen * passed * cumsum(before / clip_by_value(passed, _LEAST, 1.0), axis=1)
    if mode == "hard":
        reached = chosen * cumsum(before, axis=1)  # only places from that of the step before on
        return reached * cumprod(1 - reached, axis=1, exclusive=True)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def _place_by_place(chosen: Any, before: Tensor) -> Tensor:
    batch = chosen.get_shape()[0].value or shape_of(chosen)[0]
    passed_on = concat([ones([batch, 1], dtype=chosen.dtype), 1 - chosen[:, :-1]], 1)
    reached = scan(
        lambda x, place: place[0] * x + place[1], [transpose(passed_on), transpose(before)], zeros([batch], dtype=chosen.dtype)
    )
    return chosen * transpose(reached)


class _Monotonic:
    """What monotonic mechanisms add to others: a bias of the scores, perhaps noise, and weights that depend on those before."""

    _scope: str
    _noise: float
    _noise_seed: Any
    _bias: float
    _mode: str

    def _set(self, sigmoid_noise: float, sigmoid_noise_seed: Any, score_bias_init: float, mode: str) -> None:
        if mode not in ("recursive", "parallel", "hard"):
            raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")
        self._noise, self._noise_seed, self._bias, self._mode = sigmoid_noise, sigmoid_noise_seed, score_bias_init, mode

    def scores(self, query: Any) -> Tensor:
        """How well each place fits the query, [batch, time]."""
        with variable_scope(None, self._scope, [query]):
            scores = self.compared(query)  # type: ignore[attr-defined]
            return scores + get_variable("attention_score_bias", [], dtype=query.dtype, initializer=Constant(self._bias))

    def weights(self, scores: Tensor, state: Any) -> Tensor:
        """The weights, given those of the step before."""
        if self._noise > 0:
            scores = scores + self._noise * random_normal(shape_of(scores), dtype=scores.dtype, seed=self._noise_seed)
        chosen = cast(scores > 0, scores.dtype) if self._mode == "hard" else raw.Sigmoid(scores)
        return monotonic_attention(chosen, state, self._mode)

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Tensor:
        """All the weight at the first place."""
        return one_hot(zeros([batch_size], dtype=dtypes.int32), self.alignments_size, dtype=dtype)  # type: ignore[attr-defined]


@export("contrib.seq2seq.BahdanauMonotonicAttention")
class BahdanauMonotonicAttention(_Monotonic, BahdanauAttention):
    """`BahdanauAttention` that only moves forward.

    Args:
      num_units, memory, memory_sequence_length, normalize, score_mask_value, dtype: see `BahdanauAttention`.
      sigmoid_noise: how much noise is added to scores in training, which makes choices certain. sigmoid_noise_seed: its seed.
      score_bias_init: what is added to scores at first; negative for long memories.
      mode: see `monotonic_attention`.

    >>> import autograd_lite as tf
    >>> mechanism = tf.contrib.seq2seq.BahdanauMonotonicAttention(4, tf.ones([2, 5, 3]))
    >>> mechanism(tf.ones([2, 6]), mechanism.initial_state(2, tf.float32))[0].shape.as_list()
    [2, 5]
    """

    _scope = "bahdanau_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: Any = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "BahdanauMonotonicAttention",
    ) -> None:
        self._set(sigmoid_noise, sigmoid_noise_seed, score_bias_init, mode)
        super().__init__(num_units, memory, memory_sequence_length, normalize, None, score_mask_value, dtype, name)


@export("contrib.seq2seq.LuongMonotonicAttention")
class LuongMonotonicAttention(_Monotonic, LuongAttention):
    """`LuongAttention` that only moves forward; see `BahdanauMonotonicAttention` for the arguments.

    >>> import autograd_lite as tf
    >>> mechanism = tf.contrib.seq2seq.LuongMonotonicAttention(4, tf.ones([2, 5, 3]))
    >>> mechanism(tf.ones([2, 4]), mechanism.initial_state(2, tf.float32))[0].shape.as_list()
    [2, 5]
    """

    _scope = "luong_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: Any = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "LuongMonotonicAttention",
    ) -> None:
        self._set(sigmoid_noise, sigmoid_noise_seed, score_bias_init, mode)
        super().__init__(num_units, memory, memory_sequence_length, scale, None, score_mask_value, dtype, name)
