"""Losses over very many classes that look at a few drawn ones only.

Sources: M. Gutmann, A. Hyvaerinen, "Noise-contrastive estimation", 2010; S. Jean and others, "On using very large target vocabulary for
neural machine translation", 2014.
"""

from __future__ import annotations

from typing import Any

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and added)
from autograd_lite.api.arrays import concat, expand_dims, ones_like, shape, stack, zeros_like
from autograd_lite.api.candidate_sampling import compute_accidental_hits, log_uniform_candidate_sampler
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import ones
from autograd_lite.api.embedding import embedding_lookup
from autograd_lite.api.logits import sigmoid_cross_entropy_with_logits, softmax_cross_entropy_with_logits_v2
from autograd_lite.api.matmul import matmul
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def _sum_rows(x: Tensor) -> Tensor:
    """The sum of each row, as a product with ones."""
    columns = shape(x)[1]
    return raw.Reshape(matmul(x, ones(stack([columns, 1]), x.dtype)), [-1])


def _split(every: Tensor, labels: Tensor, rest: list[int]) -> tuple[Tensor, Tensor]:
    """The rows of the true classes (as many as there are labels), and those of the drawn ones."""
    if rest:
        return (
            raw.Slice(every, [0, 0], stack([shape(labels)[0], -1])),
            raw.Slice(every, stack([shape(labels)[0], 0]), [-1, -1]),
        )
    return raw.Slice(every, [0], shape(labels)), raw.Slice(every, shape(labels), [-1])


def _sampled_logits(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int, sampled_values: Any,
    remove_accidental_hits: bool, partition_strategy: str, name: str, seed: int | None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Logits and labels, [batch, num_true + num_sampled], of the true classes and the drawn ones."""
    weights = weights if isinstance(weights, list) else [weights]
    with building(name, "compute_sampled_logits", [*weights, biases, inputs, labels]):
        labels = convert_to_tensor(labels, name="labels")
        if labels.dtype != dtypes.int64:
            labels = cast(labels, dtypes.int64)
        inputs = convert_to_tensor(inputs, name="inputs")
        flat = raw.Reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = log_uniform_candidate_sampler(labels, num_true, num_sampled, True, num_classes, seed=seed)
        drawn, true_count, drawn_count = (raw.StopGradient(value) for value in sampled_values)
        drawn = drawn if drawn.dtype == dtypes.int64 else cast(drawn, dtypes.int64)
        every = concat([flat, drawn], 0)
        rows = _lookup(weights, every, partition_strategy, inputs)
        true_rows, drawn_rows = _split(rows, flat, [0])
        drawn_logits = matmul(inputs, drawn_rows, transpose_b=True)
        shifts = _lookup(biases, every, partition_strategy, inputs)
        true_shifts, drawn_shifts = _split(shifts, flat, [])
        width = shape(true_rows)[1:2]
        sizes = concat([[-1, num_true], width], 0)
        products = raw.Mul(expand_dims(inputs, 1), raw.Reshape(true_rows, sizes))
        sums = _sum_rows(raw.Reshape(products, concat([[-1], width], 0)))
        true_logits = raw.Reshape(sums, [-1, num_true]) + raw.Reshape(true_shifts, [-1, num_true])
        drawn_logits = drawn_logits + drawn_shifts
        if remove_accidental_hits:
            drawn_logits = drawn_logits + _cancelled(labels, drawn, num_true, num_sampled, drawn_logits.dtype)
        true_logits = true_logits - cast(raw.Log(true_count), true_logits.dtype)
        drawn_logits = drawn_logits - cast(raw.Log(drawn_count), drawn_logits.dtype)
        logits = concat([true_logits, drawn_logits], 1)
        return logits, concat([ones_like(true_logits) / num_true, zeros_like(drawn_logits)], 1)


def _lookup(parts: Any, ids: Tensor, strategy: str, inputs: Tensor) -> Tensor:
    rows = embedding_lookup(parts, ids, partition_strategy=strategy)
    return rows if rows.dtype == inputs.dtype else cast(rows, inputs.dtype)


def _cancelled(labels: Tensor, drawn: Tensor, num_true: int, num_sampled: int, dtype: Any) -> Tensor:
    """What must be added to logits of drawn classes so that those which are true classes do not count."""
    hit_rows, hit_places, hit_weights = compute_accidental_hits(labels, drawn, num_true)
    places = raw.Reshape(cast(hit_places, dtypes.int32), [-1, 1])
    where = concat([raw.Reshape(hit_rows, [-1, 1]), places], 1, name="sparse_indices")
    sizes = concat([shape(labels)[:1], expand_dims(num_sampled, 0)], 0)
    hit_weights = hit_weights if hit_weights.dtype == dtype else cast(hit_weights, dtype)
    return raw.SparseToDense(where, sizes, hit_weights, convert_to_tensor(0.0, dtype=dtype), validate_indices=False)


@export("nn.nce_loss")
def nce_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int = 1, sampled_values: Any = None,
    remove_accidental_hits: bool = False, partition_strategy: str = "mod", name: str = "nce_loss",
) -> Tensor:  # fmt: skip
    """Noise-contrastive estimation: tell the true classes from drawn ones (Gutmann and Hyvaerinen 2010).

    Args:
      weights: [num_classes, width], or a list of its parts.
      biases: [num_classes].
      labels: the true classes, [batch, num_true], int64.
      inputs: [batch, width].
      num_sampled: how many classes are drawn for the batch.
      sampled_values: what a candidate sampler gives; None draws with `tf.nn.log_uniform_candidate_sampler`.
      remove_accidental_hits: whether drawn classes that are true ones do not count.

    Returns:
      One loss per row, [batch].

    >>> import autograd_lite as tf
    >>> weights, biases, inputs = tf.zeros([9, 3]), tf.zeros([9]), tf.zeros([2, 3])
    >>> tf.nn.nce_loss(weights, biases, tf.constant([[0], [2]], tf.int64), inputs, 4, 9).shape.as_list()
    [2]
    """
    logits, labels = _sampled_logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
                                     remove_accidental_hits, partition_strategy, name, None)  # fmt: skip
    return _sum_rows(sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="sampled_losses"))


@export("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int = 1, sampled_values: Any = None,
    remove_accidental_hits: bool = True, partition_strategy: str = "mod", name: str = "sampled_softmax_loss", seed: int | None = None,
) -> Tensor:  # fmt: skip
    """The softmax cross entropy over the true classes and drawn ones, for training with very many classes (Jean et al. 2014).

    Args:
      weights, biases, labels, inputs, num_sampled, sampled_values: as for `tf.nn.nce_loss`.
      seed: of the sampler.

    Returns:
      One loss per row, [batch].

    >>> import autograd_lite as tf
    >>> weights, biases, inputs = tf.zeros([9, 3]), tf.zeros([9]), tf.zeros([2, 3])
    >>> tf.nn.sampled_softmax_loss(weights, biases, tf.constant([[0], [2]], tf.int64), inputs, 4, 9, seed=1).shape.as_list()
    [2]
    """
    logits, labels = _sampled_logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
                                     remove_accidental_hits, partition_strategy, name, seed)  # fmt: skip
    labels = raw.StopGradient(labels, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
