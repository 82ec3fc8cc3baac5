"""CTC against a sum over all alignments, written out."""

import itertools

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.graph.table import TABLE

RANDOM = np.random.default_rng(4)
LOGITS = RANDOM.normal(size=(5, 3, 4))
LENGTHS = np.array([5, 3, 4], np.int32)
LABELS = [[0, 1], [2], [1, 1]]
BLANK = 3


def read(path, merged=True):
    """The labels of an alignment."""
    kept = [label for number, label in enumerate(path) if not (merged and number and path[number - 1] == label)]
    return [label for label in kept if label != BLANK]


def by_hand(row, labels, merged=True):
    logits = LOGITS[: LENGTHS[row], row]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    total = 0.0
    for path in itertools.product(range(4), repeat=int(LENGTHS[row])):
        if read(path, merged) == list(labels):
            total += np.prod(probabilities[np.arange(len(path)), path])
    return -np.log(total)


def sparse(rows):
    indices = [[row, place] for row, labels in enumerate(rows) for place in range(len(labels))]
    return np.array(indices, np.int64), np.array([label for labels in rows for label in labels], np.int32)


def node(logits, rows=LABELS, lengths=LENGTHS, **attrs):
    return TABLE["CTCLoss"](logits, *sparse(rows), lengths, **attrs)


def run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


@pytest.mark.parametrize("merged", [True, False])
def test_loss_sums_all_alignments(merged):
    got = run(node(tf.constant(LOGITS), ctc_merge_repeated=merged).loss)
    np.testing.assert_allclose(got, [by_hand(row, labels, merged) for row, labels in enumerate(LABELS)], rtol=1e-10)


def test_gradient_equals_the_numeric_one():
    with tf.Graph().as_default(), tf.Session():
        logits = tf.constant(LOGITS)
        assert tf.test.compute_gradient_error(logits, LOGITS.shape, node(logits).loss, [3], delta=1e-5) < 1e-8


def test_second_derivative_is_refused():
    logits = tf.constant(LOGITS)
    first = tf.gradients(node(logits).loss, logits)[0]
    with pytest.raises(LookupError, match="second derivative of ctc_loss"):
        tf.gradients(first, logits)


def test_too_many_labels_name_the_sequence_or_count_as_nothing():
    rows = [[0, 1], [2, 1, 0, 1], [1]]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"required: 4, available: 3\)1You can turn this error into a warning"):
        run(node(tf.constant(LOGITS), rows).loss)
    loss, gradient = run(list(node(tf.constant(LOGITS), rows, ignore_longer_outputs_than_inputs=True)))
    assert loss[1] == 0
    assert not gradient[:, 1].any()


@pytest.mark.parametrize(
    ("rows", "lengths", "message"),
    [
        ([[0], [1], []], LENGTHS, "Labels length is zero in batch 2"),
        ([[0], [-1], [1]], LENGTHS, "All labels must be nonnegative integers, batch: 1"),
        ([[0], [3, 1], [1]], LENGTHS, "Saw a non-null label .* following a null label, batch: 1"),
        ([[0], [1], [2], [1]], LENGTHS, "labels batch index must be between 0 and 3 but saw: 3"),
        (LABELS, np.array([5, 9, 4], np.int32), r"sequence_length\(1\) <= 5"),
    ],
)
def test_wrong_labels_and_lengths_are_named(rows, lengths, message):
    fed = tf.placeholder(tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(node(tf.constant(LOGITS), rows, fed).loss, {fed: lengths})


def test_greedy_decoder_reads_the_best_path():
    indices, labels, shape, score = run(list(TABLE["CTCGreedyDecoder"](tf.constant(LOGITS), LENGTHS, merge_repeated=True)))
    paths = [read(LOGITS[: LENGTHS[row], row].argmax(axis=1).tolist()) for row in range(3)]
    assert [labels[indices[:, 0] == row].tolist() for row in range(3)] == paths
    assert shape.tolist() == [3, max(map(len, paths))]
    np.testing.assert_allclose(score[:, 0], [-LOGITS[: LENGTHS[row], row].max(axis=1).sum() for row in range(3)])


def test_wide_beam_finds_the_most_probable_labels():
    results = run(TABLE["CTCBeamSearchDecoder"](tf.constant(LOGITS), LENGTHS, beam_width=400, top_paths=3, merge_repeated=False)[:])
    indices, labels, _, scores = results
    for row in range(3):
        found = {tuple(read(path)) for path in itertools.product(range(4), repeat=int(LENGTHS[row]))}
        best = sorted((by_hand(row, path), path) for path in found)[:3]
        np.testing.assert_allclose(scores[row], [-loss for loss, _ in best], rtol=1e-10)
        for number, (_, path) in enumerate(best):
            assert tuple(labels[number][indices[number][:, 0] == row].tolist()) == path


def test_narrow_beam_forgets_prefixes_as_tensorflow_does():
    logits = [
        [-1.181, -0.836, -0.403, 2.589], [-1.078, 1.256, -6.679, -0.899], [-1.936, 6.365, -0.167, 0.117], [-0.127, -2.721, 3.734, 0.12],
        [1.93, 4.544, 4.018, -2.063],
    ]  # fmt: skip
    inputs = tf.constant(np.array(logits, np.float32)[:, None])
    _, labels, _, scores = run(TABLE["CTCBeamSearchDecoder"](inputs, [5], beam_width=3, top_paths=2, merge_repeated=False)[:])
    np.testing.assert_allclose(scores, [[-0.71445394, -1.2101907]], rtol=1e-6)  # a search that forgets nothing finds -0.7158 first
    assert [found.tolist() for found in labels] == [[1, 2, 1], [1, 2]]


def test_decoders_refuse_lengths_beyond_the_time():
    for name, attrs in (("CTCGreedyDecoder", {}), ("CTCBeamSearchDecoder", {"beam_width": 2, "top_paths": 1})):
        with pytest.raises(tf.errors.FailedPreconditionError, match=r"sequence_length\(0\) <= 5"):
            run(TABLE[name](tf.constant(LOGITS), [9, 1, 1], **attrs)[-1])
