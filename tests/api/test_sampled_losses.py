"""Losses over drawn classes."""

import numpy as np

import autograd_lite as tf
from autograd_lite.api import candidate_sampling, sampled_losses

RANDOM = np.random.default_rng(8)
WEIGHTS, BIASES = RANDOM.normal(size=(6, 3)).astype(np.float32), RANDOM.normal(size=6).astype(np.float32)
INPUTS, LABELS = RANDOM.normal(size=(4, 3)).astype(np.float32), np.array([[0], [2], [5], [2]], np.int64)


def every_class():
    return candidate_sampling.all_candidate_sampler(tf.constant(LABELS), 1, 6, True)


def test_sampled_softmax_over_all_classes_is_the_softmax():
    loss = sampled_losses.sampled_softmax_loss(WEIGHTS, BIASES, LABELS, INPUTS, 6, 6, sampled_values=every_class())
    with tf.Session() as session:
        got = session.run(loss)
    logits = INPUTS @ WEIGHTS.T + BIASES
    wanted = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(4), LABELS[:, 0]]
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_nce_over_all_classes_is_a_sum_of_logistic_losses():
    loss = sampled_losses.nce_loss(WEIGHTS, BIASES, LABELS, INPUTS, 6, 6, sampled_values=every_class())
    with tf.Session() as session:
        got = session.run(loss)
    logits = INPUTS @ WEIGHTS.T + BIASES
    wanted = np.log1p(np.exp(logits)).sum(axis=1) + np.log1p(np.exp(-logits[np.arange(4), LABELS[:, 0]]))
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_gradient_reaches_only_the_rows_that_were_looked_at():
    with tf.Graph().as_default(), tf.Session() as session:
        weights = tf.constant(WEIGHTS)
        drawn = (tf.constant([4], tf.int64), tf.ones([4, 1]), tf.ones([1]))
        loss = sampled_losses.nce_loss(weights, BIASES, LABELS, INPUTS, 1, 6, sampled_values=drawn)
        slices = tf.gradients(loss, weights)[0]
        assert sorted(set(session.run(slices.indices).tolist())) == [0, 2, 4, 5]
