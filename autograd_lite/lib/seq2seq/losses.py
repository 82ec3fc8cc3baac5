"""Cross entropies of sequences of scores, weighted step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import shape as shape_of
from autograd_lite.api.casting import cast
from autograd_lite.api.logits import sparse_softmax_cross_entropy_with_logits
from autograd_lite.api.math import add_n, div_no_nan
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.variable_scope import get_variable_scope, variable_scope


@export("contrib.seq2seq.sequence_loss")
def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    sum_over_timesteps: bool = False,
    sum_over_batch: bool = False,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of sequences.

    Args:
      logits: scores, [batch, time, symbols]. targets: the right symbols, [batch, time]. weights: [batch, time], 0 where a sequence is over.
      average_across_timesteps, average_across_batch: whether the sum over this axis is divided by the sum of the weights.
      sum_over_timesteps, sum_over_batch: whether it is divided by the number of weights that are not 0.
      softmax_loss_function: from labels and logits (by name) to losses, in place of the cross entropy.

    Returns:
      A number; with an axis that is neither averaged nor summed over, a loss for each of its entries.

    Raises:
      ValueError: a shape has another rank than said above, or an axis is to be averaged and summed over.

    >>> import autograd_lite as tf
    >>> loss = tf.contrib.seq2seq.sequence_loss(tf.zeros([2, 3, 4]), tf.zeros([2, 3], tf.int32), tf.ones([2, 3]))
    >>> print(tf.Session().run(loss))
    1.3862944
    """
    for tensor, rank, what in (
        (logits, 3, "Logits must be a [batch_size x sequence_length x logits] tensor"),
        (targets, 2, "Targets must be a [batch_size x sequence_length] tensor"),
        (weights, 2, "Weights must be a [batch_size x sequence_length] tensor"),
    ):
        if len(tensor.get_shape()) != rank:
            raise ValueError(f"{what}\n  It has the shape {tensor.get_shape()}.")
    for average, total, axis in (
        (average_across_timesteps, sum_over_timesteps, "timesteps"),
        (average_across_batch, sum_over_batch, "batch"),
    ):
        if average and total:
            raise ValueError(f"average_across_{axis} and sum_over_{axis} cannot be set to True at same time.")
    with building(name, "sequence_loss", [logits, targets, weights]):
        symbols = shape_of(logits)[2]
        logits, flat = raw.Reshape(logits, [-1, symbols]), raw.Reshape(targets, [-1])
        losses = (softmax_loss_function or sparse_softmax_cross_entropy_with_logits)(labels=flat, logits=logits)
        losses = losses * raw.Reshape(weights, [-1])
        averaged, summed = (average_across_timesteps, average_across_batch), (sum_over_timesteps, sum_over_batch)
        if all(averaged) or all(summed):
            return _divided(reduce_sum(losses), weights, all(averaged), None)
        losses = raw.Reshape(losses, shape_of(targets))
        if any(averaged) or any(summed):
            axes = [0] if (averaged if any(averaged) else summed)[1] else [1]
            losses = _divided(reduce_sum(losses, axis=axes), weights, any(averaged), axes)
        return losses


def _divided(total: Tensor, weights: Tensor, averaged: bool, axes: list[int] | None) -> Tensor:
    """A sum of losses, divided by the sum of the weights, or by how many of them are not 0."""
    counted = weights if averaged else cast(cast(weights, dtypes.bool_), total.dtype)
    size = reduce_sum(counted) if axes is None else reduce_sum(counted, axis=axes)
    return div_no_nan(total, size)


@export("contrib.legacy_seq2seq.sequence_loss_by_example")
def sequence_loss_by_example(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of each sequence of a batch, [batch].

    Args:
      logits, targets, weights: lists with the scores [batch, symbols], the right symbols [batch] and the weights [batch] of each step.
      average_across_timesteps: whether the sum over the steps is divided by the sum of the weights.
      softmax_loss_function: from labels and logits (by name) to losses, in place of the cross entropy.

    Raises:
      ValueError: the lists have different lengths.

    >>> import autograd_lite as tf
    >>> loss = tf.contrib.legacy_seq2seq.sequence_loss_by_example([tf.zeros([2, 4])] * 3, [tf.zeros([2], tf.int32)] * 3, [tf.ones([2])] * 3)
    >>> print(tf.Session().run(loss))
    [1.3862944 1.3862944]
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(f"Lengths of logits, weights, and targets must be the same {len(logits)}, {len(weights)}, {len(targets)}.")
    with building(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        losses = []
        for logit, target, weight in zip(logits, targets, weights):
            if softmax_loss_function is None:
                loss = sparse_softmax_cross_entropy_with_logits(labels=raw.Reshape(target, [-1]), logits=logit)
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            losses.append(loss * weight)
        total = add_n(losses)
        if average_across_timesteps:
            total = total / (add_n(weights) + 1e-12)  # a sequence without weight has the loss 0
        return total


@export("contrib.legacy_seq2seq.sequence_loss")
def legacy_sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of the sequences of a batch: `sequence_loss_by_example`, summed or averaged.

    Args:
      average_across_batch: whether the sum over the sequences is divided by their number.

    >>> import autograd_lite as tf
    >>> loss = tf.contrib.legacy_seq2seq.sequence_loss([tf.zeros([2, 4])] * 3, [tf.zeros([2], tf.int32)] * 3, [tf.ones([2])] * 3)
    >>> print(tf.Session().run(loss))
    1.3862944
    """
    with building(name, "sequence_loss", [*logits, *targets, *weights]):
        losses = sequence_loss_by_example(logits, targets, weights, average_across_timesteps, softmax_loss_function)
        total = reduce_sum(losses)
        return total / cast(shape_of(targets[0])[0], total.dtype) if average_across_batch else total


@export("contrib.legacy_seq2seq.model_with_buckets")
def model_with_buckets(
    encoder_inputs: Any,
    decoder_inputs: Any,
    targets: Any,
    weights: Any,
    buckets: Any,
    seq2seq: Callable[[Any, Any], Any],
    softmax_loss_function: Callable[..., Any] | None = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[Any], list[Tensor]]:
    """A model for each of several lengths; they share their variables.

    Args:
      encoder_inputs, decoder_inputs, targets, weights: lists of tensors, one for each step, as long as the longest bucket.
      buckets: pairs (length of the input, length of the output), the shortest first.
      seq2seq: from the inputs of encoder and decoder to (outputs, state).
      softmax_loss_function: as of `sequence_loss`. per_example_loss: whether each sequence has a loss of its own.

    Returns:
      For each bucket the outputs, and the loss.

    Raises:
      ValueError: a list is shorter than the longest bucket.

    >>> import autograd_lite as tf
    >>> steps, symbols, ones = [tf.ones([2, 5])] * 4, [tf.zeros([2], tf.int32)] * 4, [tf.ones([2])] * 4
    >>> model = lambda x, y: tf.contrib.legacy_seq2seq.basic_rnn_seq2seq(x, y, tf.nn.rnn_cell.GRUCell(5))
    >>> outputs, losses = tf.contrib.legacy_seq2seq.model_with_buckets(steps, steps, symbols, ones, [(2, 2), (4, 3)], model)
    >>> [len(one) for one in outputs], len(losses)
    ([2, 3], 2)
    """
    for given, wanted, what in (
        (encoder_inputs, buckets[-1][0], "encoder_inputs"),
        (targets, buckets[-1][1], "targets"),
        (weights, buckets[-1][1], "weights"),
    ):
        if len(given) < wanted:
            raise ValueError(f"Length of {what} ({len(given)}) must be at least that of last bucket ({wanted}).")
    losses, outputs = [], []
    with building(name, "model_with_buckets", [*encoder_inputs, *decoder_inputs, *targets, *weights]):
        for number, (inputs, steps) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if number > 0 else None):
                made, _ = seq2seq(encoder_inputs[:inputs], decoder_inputs[:steps])
                outputs.append(made)
                loss = sequence_loss_by_example if per_example_loss else legacy_sequence_loss
                losses.append(loss(made, targets[:steps], weights[:steps], softmax_loss_function=softmax_loss_function))
    return outputs, losses
