"""Edit distances."""

import numpy as np
import pytest

import autograd_lite as tf


def distance(hypothesis, truth, **options):
    with tf.Session() as session:
        return session.run(tf.edit_distance(tf.SparseTensor(*hypothesis), tf.SparseTensor(*truth), **options)).tolist()


def test_distances_count_edits_divided_by_the_true_length():
    first = ([[0, 0], [0, 1], [1, 0]], [1, 2, 3], [2, 2])
    assert distance(first, ([[0, 0], [1, 0], [1, 1]], [1, 3, 4], [2, 2])) == [1, 0.5]


def test_nothing_instead_of_something_is_infinitely_far_and_nothing_from_nothing_not_at_all():
    first = ([[0, 0], [0, 1], [1, 0]], [1, 2, 3], [3, 2])
    assert distance(first, ([[0, 0]], [1], [3, 2])) == [1, np.inf, 0]


def test_words_are_compared_letter_by_letter():
    said, meant = "sitting", "kitten"
    spell = lambda word: ([[0, place] for place in range(len(word))], list(word), [1, len(word)])
    assert distance(spell(said), spell(meant), normalize=False) == [3]


def test_ranks_must_agree():
    with pytest.raises(tf.errors.InvalidArgumentError, match="matching ranks"):
        distance(([[0, 0]], [1], [1, 1]), ([[0, 0, 0]], [1], [1, 1, 1]))
