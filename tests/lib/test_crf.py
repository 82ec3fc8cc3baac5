"""Conditional random fields, against a sum and a search over all sequences of tags."""

import itertools

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized

RANDOM = np.random.RandomState(1)
SCORES, PAIRS = RANDOM.randn(4, 5, 3), RANDOM.randn(3, 3)  # [batch, time, tags]
LENGTHS = np.array([5, 3, 1, 0])
TAGS = RANDOM.randint(0, 3, [4, 5])


def score(scores, tags):
    return sum(scores[place, tag] for place, tag in enumerate(tags)) + sum(PAIRS[a, b] for a, b in zip(tags, tags[1:]))


def all_scores(row, allowed=lambda place, tag: True):
    scores = SCORES[row, : LENGTHS[row]]
    ways = itertools.product(range(3), repeat=LENGTHS[row])
    return {way: score(scores, way) for way in ways if all(allowed(place, tag) for place, tag in enumerate(way))}


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_likelihoods_are_those_of_all_sequences(dtype):
    scores = tf.placeholder_with_default(tf.constant(SCORES, dtype), [None, None, 3])
    likelihood, pairs = tf.contrib.crf.crf_log_likelihood(scores, TAGS, LENGTHS, tf.constant(PAIRS, dtype))
    wanted = []
    for row, length in enumerate(LENGTHS):
        ways = all_scores(row)
        wanted.append(ways[tuple(TAGS[row, :length])] - np.log(np.sum(np.exp(list(ways.values())))))
    np.testing.assert_allclose(tf.Session().run(likelihood), wanted, rtol=1e-4, atol=1e-5)
    assert pairs.shape.as_list() == [3, 3]


def test_the_best_sequence_is_found():
    tags, best = tf.Session().run(tf.contrib.crf.crf_decode(tf.constant(SCORES), tf.constant(PAIRS), LENGTHS))
    for row in range(3):
        ways = all_scores(row)
        wanted = max(ways, key=ways.get)
        assert tuple(tags[row, : LENGTHS[row]]) == wanted and best[row] == pytest.approx(ways[wanted])
        found, found_score = tf.contrib.crf.viterbi_decode(SCORES[row, : LENGTHS[row]], PAIRS)
        assert tuple(found) == wanted and found_score == pytest.approx(ways[wanted])


def test_sequences_of_one_step():
    tags, best = tf.Session().run(tf.contrib.crf.crf_decode(tf.constant(SCORES[:, :1]), tf.constant(PAIRS), [1, 1, 1, 1]))
    np.testing.assert_array_equal(tags[:, 0], SCORES[:, 0].argmax(1))
    np.testing.assert_array_equal(best, SCORES[:, 0].max(1))


def test_sequences_of_allowed_tags():
    allowed = RANDOM.rand(4, 5, 3) > 0.3
    got = tf.Session().run(tf.contrib.crf.crf_multitag_sequence_score(tf.constant(SCORES), allowed, LENGTHS, tf.constant(PAIRS)))
    for row in range(3):
        ways = all_scores(row, lambda place, tag: allowed[row, place, tag])
        if ways:
            assert got[row] == pytest.approx(np.log(np.sum(np.exp(list(ways.values())))))


def test_training_makes_the_right_tags_the_best():
    likelihood, pairs = tf.contrib.crf.crf_log_likelihood(tf.get_variable("scores", [4, 5, 3]), TAGS, LENGTHS)
    assert pairs.op.name == "transitions"
    step = tf.train.GradientDescentOptimizer(1.0).minimize(-tf.reduce_sum(likelihood))
    session = initialized()
    before = session.run(likelihood).sum()
    for _ in range(30):
        session.run(step)
    assert session.run(likelihood).sum() > before / 10
