"""Softmax and the losses on logits."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

LOGITS = np.array([[1.0, 2.0, 0.5], [-1.0, 0.0, 3.0]])
LABELS = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])


def log_softmax(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


@pytest.mark.parametrize("axis", [-1, 0, 1, -2])
def test_softmax_along_any_axis(axis, run):
    np.testing.assert_allclose(run(tf.nn.softmax(LOGITS, axis)), np.exp(log_softmax(LOGITS, axis)))
    np.testing.assert_allclose(run(tf.nn.log_softmax(LOGITS, axis)), log_softmax(LOGITS, axis))


def test_softmax_of_an_unknown_rank_goes_along_the_last_axis_only(run):
    x = tf.placeholder(tf.float64)
    batch = np.stack([LOGITS, LOGITS + 1.0])
    np.testing.assert_allclose(run(tf.nn.softmax(x), {x: batch}), np.exp(log_softmax(batch, -1)))
    with pytest.raises(TypeError, match="rank of .* is not known"):
        tf.nn.softmax(x, 1)


def test_an_axis_out_of_range_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Dimension \(5\) must be in the range"):
        tf.nn.softmax(LOGITS, 5)


def test_dense_cross_entropy(run):
    expected = -(LABELS * log_softmax(LOGITS)).sum(1)
    np.testing.assert_allclose(run(tf.nn.softmax_cross_entropy_with_logits(labels=LABELS, logits=LOGITS)), expected)
    np.testing.assert_allclose(run(tf.nn.softmax_cross_entropy_with_logits_v2(LABELS, LOGITS)), expected)
    np.testing.assert_allclose(run(tf.nn.softmax_cross_entropy_with_logits_v2(LABELS.T, LOGITS.T, axis=0)), expected)


def test_dense_cross_entropy_of_more_axes(run):
    batch, labels = np.stack([LOGITS, LOGITS - 1]), np.stack([LABELS, LABELS])
    x = tf.placeholder(tf.float64, [None, 2, 3])
    t = tf.placeholder(tf.float64, [None, 2, 3])
    loss = tf.nn.softmax_cross_entropy_with_logits_v2(t, x)
    assert loss.shape.as_list() == [None, 2]
    np.testing.assert_allclose(run(loss, {x: batch, t: labels}), -(labels * log_softmax(batch)).sum(-1))


def test_only_the_second_version_lets_gradients_into_the_labels():
    labels, logits = tf.constant(LABELS), tf.constant(LOGITS)
    first = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    second = tf.nn.softmax_cross_entropy_with_logits_v2(labels, logits)
    assert tf.gradients(first, labels) == [None]
    assert tf.gradients(second, labels)[0] is not None


@pytest.mark.parametrize(
    "function",
    [tf.nn.softmax_cross_entropy_with_logits, tf.nn.sparse_softmax_cross_entropy_with_logits, tf.nn.sigmoid_cross_entropy_with_logits],
)
def test_labels_and_logits_must_be_named(function, first_release):
    with pytest.raises(ValueError, match="^Only call `.*` with named arguments"):
        function(LABELS, LOGITS)
    with pytest.raises(ValueError, match="^Both `labels` and `logits` must be provided"):
        function(labels=LABELS)


def test_sparse_cross_entropy(run):
    expected = -log_softmax(LOGITS)[[0, 1], [2, 0]]
    np.testing.assert_allclose(run(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=LOGITS)), expected)
    batch = np.stack([LOGITS, LOGITS])
    loss = run(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[[2, 0], [2, 0]], logits=batch))
    np.testing.assert_allclose(loss, [expected, expected])


def test_sparse_cross_entropy_of_unknown_shapes(run):
    x, t = tf.placeholder(tf.float64), tf.placeholder(tf.int32)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=t, logits=x)
    np.testing.assert_allclose(run(loss, {x: LOGITS, t: [2, 0]}), -log_softmax(LOGITS)[[0, 1], [2, 0]])
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(loss, {x: LOGITS, t: [2, 0, 1]})


def test_labels_with_an_axis_too_many_get_advice():
    with pytest.raises(ValueError, match=r"^Rank mismatch: Rank of labels \(received 2\) should equal rank of logits minus 1") as caught:
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.zeros([2, 1], tf.int32), logits=tf.zeros([2, 3]))
    assert "one-hot rows" in str(caught.value)


def test_sigmoid_cross_entropy_cannot_overflow(run):
    x, z = np.array([-1000.0, 0.5, 1000.0]), np.array([0.0, 0.3, 1.0])
    expected = [0.0, np.log1p(np.exp(0.5)) - 0.15, 0.0]
    np.testing.assert_allclose(run(tf.nn.sigmoid_cross_entropy_with_logits(labels=z, logits=x)), expected, atol=1e-12)


def test_weighted_cross_entropy(run):
    x, z, weight = np.array([0.5, -2.0]), np.array([1.0, 0.0]), 3.0
    expected = weight * z * np.log1p(np.exp(-x)) + (1 - z) * np.log1p(np.exp(x))
    np.testing.assert_allclose(run(tf.nn.weighted_cross_entropy_with_logits(z, x, weight)), expected)
    np.testing.assert_allclose(run(tf.nn.weighted_cross_entropy_with_logits(targets=z, logits=x, pos_weight=weight)), expected)


def test_poisson_loss(run):
    counts, log_rates = np.array([2.0, 0.0, 5.0]), np.array([0.1, -1.0, 1.5])
    np.testing.assert_allclose(run(tf.nn.log_poisson_loss(counts, log_rates)), np.exp(log_rates) - log_rates * counts)
    full = run(tf.nn.log_poisson_loss(counts, log_rates, compute_full_loss=True))
    stirling = counts[2] * np.log(counts[2]) - counts[2] + 0.5 * np.log(2 * np.pi * counts[2])
    np.testing.assert_allclose(full[2], np.exp(1.5) - 7.5 + stirling)


def test_different_shapes_are_refused_and_leave_no_node(nodes):
    labels, logits = tf.zeros([2, 3]), tf.zeros([2])
    with pytest.raises(ValueError, match=r"^logits and labels must have the same shape \(\(2,\) vs \(2, 3\)\)"):
        tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    assert len(nodes()) == 2
