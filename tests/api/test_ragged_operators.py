"""Arithmetic, comparisons and rows of ragged tensors; the numbers are TensorFlow's."""

import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def lists(session, tensor):
    return session.run(tensor).to_list()


def r(rows=((1, 2), (3,), ())):
    return tf.ragged.constant([list(row) for row in rows])


def test_numbers_go_with_every_value(session):
    assert lists(session, r() + 1) == [[2, 3], [4], []]
    assert lists(session, 1 - r()) == [[0, -1], [-2], []]
    assert lists(session, tf.constant(2) * r()) == [[2, 4], [6], []]
    assert lists(session, r() / 2) == [[0.5, 1.0], [1.5], []]
    assert lists(session, r() // 2) == [[0, 1], [1], []]
    assert lists(session, r() % 2) == [[1, 0], [1], []]
    assert lists(session, r() ** 2) == [[1, 4], [9], []]
    assert lists(session, 2 ** r()) == [[2, 4], [8], []]
    assert lists(session, abs(-r())) == [[1, 2], [3], []]


def test_rows_of_the_same_lengths_go_together(session):
    other = r([[10, 20], [30], []])
    assert lists(session, r() * other) == [[10, 40], [90], []]
    assert lists(session, r() < other) == [[True, True], [True], []]
    assert lists(session, (r() > 1) & (other >= 30)) == [[False, False], [True], []]
    assert lists(session, ~(r() > 1) | (other > 10)) == [[True, True], [True], []]
    deep = tf.ragged.constant([[[1, 2], []], [[3]]])
    assert lists(session, deep + deep) == [[[2, 4], []], [[6]]]
    assert lists(session, r() + r()) == [[2, 4], [6], []]


def test_a_column_has_a_number_for_each_row(session):
    assert lists(session, r() + tf.constant([[10], [20], [30]])) == [[11, 12], [23], []]
    assert lists(session, r() + [[10]]) == [[11, 12], [13], []]
    with pytest.raises(tf.errors.InvalidArgumentError, match="There must be a row for each row"):
        session.run(r() + tf.constant([[10], [20]]))


def test_what_does_not_fit_is_refused(session):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Ragged tensors have rows of different lengths"):
        session.run(r() + r([[1], [2, 3], []]))
    with pytest.raises(ValueError, match="cannot be combined with a tensor of shape"):
        r() + tf.constant([1, 2])
    with pytest.raises(ValueError, match="with 1 and 2 ragged axes"):
        r() + tf.ragged.constant([[[1]]])


def test_rows_are_taken_one_by_one_or_several(session):
    assert session.run([r()[0], r()[-1]])[0].tolist() == [1, 2]
    assert session.run(r()[-1]).tolist() == []
    assert lists(session, r()[1:]) == [[3], []]
    assert lists(session, r()[:0]) == []
    assert lists(session, r()[:-1]) == [[1, 2], [3]]
    deep = tf.ragged.constant([[[1, 2], []], [[3]]])
    assert lists(session, deep[0]) == [[1, 2], []]
    assert lists(session, deep[1:]) == [[[3]]]
    with pytest.raises(ValueError, match="row by row"):
        r()[0, 1]
    with pytest.raises(ValueError, match="step of 1"):
        r()[::2]


def test_gradients_flow_through(session):
    x = tf.constant([1.0, 2.0, 3.0])
    ragged = tf.RaggedTensor.from_row_lengths(x, [2, 0, 1])
    assert session.run(tf.gradients((ragged * ragged + 1.0).flat_values, x))[0].tolist() == [2.0, 4.0, 6.0]
