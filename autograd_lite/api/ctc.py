"""Connectionist temporal classification as TensorFlow 1 calls it."""

from __future__ import annotations

from typing import Any

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and added)
from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import concat, transpose
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("nn.ctc_loss")
def ctc_loss(
    labels: Any, inputs: Any = None, sequence_length: Any = None, preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True, ignore_longer_outputs_than_inputs: bool = False, time_major: bool = True, logits: Any = None,
) -> Tensor:  # fmt: skip
    """The negative log-probability of label sequences, all alignments in time together (Graves and others 2006).

    Args:
      labels: a SparseTensor of int32, one row per sequence.
      inputs: logits, [time, batch, classes] (or [batch, time, classes]); the last class is the blank.
      sequence_length: [batch], the times that count.
      preprocess_collapse_repeated: whether equal neighbours among the labels count once.
      ctc_merge_repeated: whether equal neighbours among the classes are one label.
      ignore_longer_outputs_than_inputs: whether sequences with more labels than times have loss 0 instead of being an error.
      time_major: whether time is the first axis.
      logits: the newer name of `inputs`.

    Returns:
      One loss per sequence, [batch].

    >>> import autograd_lite as tf
    >>> labels = tf.SparseTensor([[0, 0]], tf.constant([1]), [1, 1])
    >>> tf.Session().run(tf.nn.ctc_loss(labels, tf.zeros([1, 1, 4]), [1])).round(4)
    array([1.3863], dtype=float32)
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError(f"Expected argument `labels` to be a SparseTensor. Received labels={labels} of type {type(labels).__name__}")
    inputs = renamed("logits", logits, "inputs", inputs)
    with in_current_scope():
        inputs = convert_to_tensor(inputs, name="logits")
        if not time_major:
            inputs = transpose(inputs, [1, 0, 2])
        return raw.CTCLoss(
            inputs,
            labels.indices,
            labels.values,
            sequence_length,
            preprocess_collapse_repeated=preprocess_collapse_repeated,
            ctc_merge_repeated=ctc_merge_repeated,
            ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
        )[0]


@export("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(inputs: Any, sequence_length: Any, merge_repeated: bool = True) -> tuple[list[SparseTensor], Tensor]:
    """Read the best class at each time, blanks (the last class) left out.

    Returns:
      A list with one SparseTensor of labels, and minus the sum of the best logits, [batch, 1].

    >>> import autograd_lite as tf
    >>> decoded, _ = tf.nn.ctc_greedy_decoder(tf.constant([[[0., 5., 1.]], [[0., 5., 1.]]]), [2])
    >>> tf.Session().run(decoded[0].values)
    array([1])
    """
    indices, found, sizes, log_probability = raw.CTCGreedyDecoder(inputs, sequence_length, merge_repeated=merge_repeated)
    return [SparseTensor(indices, found, sizes)], log_probability


@export("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Tensor]:
    """Search for the most probable label sequences.

    Args:
      inputs: logits, [time, batch, classes]; the last class is the blank.
      beam_width: how many prefixes are kept at each time.
      top_paths: how many sequences are given back.
      merge_repeated: whether equal neighbours in the result count once.

    Returns:
      A list of `top_paths` SparseTensors of labels, and their log-probabilities, [batch, top_paths].

    >>> import autograd_lite as tf
    >>> decoded, _ = tf.nn.ctc_beam_search_decoder(tf.constant([[[0., 5., 1.]], [[0., 5., 1.]]]), [2])
    >>> tf.Session().run(decoded[0].values)
    array([1])
    """
    indices, found, sizes, log_probability = raw.CTCBeamSearchDecoder(
        inputs, sequence_length, beam_width=beam_width, top_paths=top_paths, merge_repeated=merge_repeated
    )
    return [SparseTensor(*parts) for parts in zip(indices, found, sizes)], log_probability


@export("nn.ctc_beam_search_decoder_v2")
def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Tensor]:
    """`tf.nn.ctc_beam_search_decoder` that keeps equal neighbours.

    >>> import autograd_lite as tf
    >>> tf.nn.ctc_beam_search_decoder_v2(tf.zeros([2, 3, 4]), [2, 2, 1], top_paths=2)[1].shape.as_list()
    [3, 2]
    """
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, merge_repeated=False)


def _blank_last(logits: Tensor, blank: int) -> Tensor:
    """The logits with the blank moved behind all other classes."""
    return concat([logits[:, :, :blank], logits[:, :, blank + 1 :], logits[:, :, blank : blank + 1]], axis=2)


def _known_blank(logits: Tensor, blank_index: int | None) -> tuple[int, int]:
    """The number of classes, and which is the blank."""
    classes = logits.static_shape[2] if logits.static_shape is not None and len(logits.static_shape) == 3 else None
    if classes is None:
        raise ValueError("The number of classes must be known: give `logits` a last axis of known size, e.g. with set_shape")
    blank = 0 if blank_index is None else blank_index + classes if blank_index < 0 else blank_index
    if not 0 <= blank < classes:
        raise ValueError(f"Argument `blank_index` must be in range [-{classes}, {classes}). Received: blank_index={blank_index}")
    return classes, blank


@export("nn.ctc_loss_v2")
def ctc_loss_v2(
    labels: Any, logits: Any, label_length: Any, logit_length: Any, logits_time_major: bool = True, unique: Any = None,
    blank_index: int | None = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The negative log-probability of label sequences, dense or sparse, with any class as the blank.

    Args:
      labels: [batch, longest] integers, or a SparseTensor.
      logits: [time, batch, classes] (or [batch, time, classes]).
      label_length: [batch], the labels that count (None for sparse labels).
      logit_length: [batch], the times that count.
      unique: what `tf.nn.ctc_unique_labels` gives; accepted, and not needed here.
      blank_index: which class is the blank: 0 by default; wanted for sparse labels; negative numbers count from the end.

    Returns:
      One loss per sequence, [batch]; infinite where the labels do not fit the time.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.ctc_loss_v2(tf.constant([[1]]), tf.zeros([1, 1, 4]), tf.constant([1]), tf.constant([1]))).round(4)
    array([1.3863], dtype=float32)
    """
    if isinstance(labels, SparseTensor):
        if blank_index is None:
            raise ValueError("Argument `blank_index` must be provided when labels is a SparseTensor.")
        with in_current_scope():
            logits = convert_to_tensor(logits, name="logits")
            classes, blank = _known_blank(logits, blank_index)
            if blank != classes - 1:
                logits = _blank_last(logits, blank)
                moved = raw.Select(raw.Less(labels.values, blank), labels.values, raw.Sub(labels.values, 1))
                labels = SparseTensor(labels.indices, moved, labels.dense_shape)
            return ctc_loss(labels=labels, inputs=logits, sequence_length=logit_length, time_major=logits_time_major)
    with building(name, "ctc_loss_dense", [labels, logits, label_length, logit_length]):
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels", preferred_dtype=dtypes.int32)
        label_length = raw.Cast(convert_to_tensor(label_length, name="label_length"), DstT=dtypes.int32)
        logit_length = raw.Cast(convert_to_tensor(logit_length, name="logit_length"), DstT=dtypes.int32)
        if not logits_time_major:
            logits = transpose(logits, [1, 0, 2])
        _, blank = _known_blank(logits, blank_index)
        labels = raw.Cast(labels, DstT=dtypes.int32)
        columns = raw.Range(0, raw.Shape(labels)[1], 1)
        where = raw.Where(raw.Less(raw.ExpandDims(columns, 0), raw.ExpandDims(label_length, 1)))
        found = raw.GatherNd(labels, where)
        found = raw.Sub(found, raw.Cast(raw.Greater(found, blank), DstT=dtypes.int32))
        loss = raw.CTCLoss(_blank_last(logits, blank), where, found, logit_length, ignore_longer_outputs_than_inputs=True)[0]
        never = raw.Fill(raw.Shape(loss), raw.Cast(float("inf"), DstT=loss.dtype))
        return raw.Select(raw.Greater(label_length, logit_length), never, loss)
