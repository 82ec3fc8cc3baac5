"""A fed vector that is a shape is known in the plan: what depends on it is compiled for the sizes that are fed."""

import numpy as np

import autograd_lite as tf
from autograd_lite.runtime import by_shapes, fed


def sparse(rows, columns):
    return tf.SparseTensorValue([[0, 0], [rows - 1, columns - 1]], np.array([1.0, 2.0], np.float32), [rows, columns])


def test_the_last_part_of_a_sparse_placeholder_is_a_shape():
    x = tf.sparse_placeholder(tf.float32)
    tf.sparse_tensor_dense_matmul(x, tf.zeros([3, 2]))
    assert [fed.is_shape_like(part) for part in (x.indices, x.values, x.dense_shape)] == [False, False, True]


def test_a_vector_that_is_no_shape_is_not_looked_into():
    x = tf.placeholder(tf.int32, [2])
    y = tf.gather([1.0, 2.0, 3.0], x) + tf.cast(x, tf.float32)
    assert not fed.is_shape_like(x)
    with tf.Session() as session:
        assert session.run(y, {x: [0, 2]}).tolist() == [1, 5]


def test_sizes_that_follow_from_a_fed_shape_are_known():
    x = tf.sparse_placeholder(tf.float32)
    y = tf.nn.relu(tf.sparse_tensor_dense_matmul(x, tf.ones([3, 2])))
    with tf.Session() as session:
        session.run(y, {x: sparse(4, 3)})
        text = str(session.plan(y, {x: sparse(4, 3)}))
    assert "[4,2]" in text or "(4, 2)" in text


def test_every_shape_gets_its_right_answer_also_when_there_are_many():
    x = tf.sparse_placeholder(tf.float32)
    y = tf.sparse_tensor_dense_matmul(x, tf.ones([3, 2]))
    with tf.Session() as session:
        for rows in range(2, 2 + 2 * by_shapes.FIRST):
            value = session.run(y, {x: sparse(rows, 3)})
            assert value.shape == (rows, 2) and value[0, 0] == 1 and value[-1, 0] == 2


def test_a_fed_shape_given_as_a_fetch_comes_back():
    shape = tf.placeholder(tf.int64, [2])
    y = tf.fill(tf.cast(shape, tf.int32), 1.0)
    z = tf.sparse_to_dense(tf.constant([[0, 0]], tf.int64), shape, [5.0])
    with tf.Session() as session:
        got, filled, dense = session.run([shape, y, z], {shape: [2, 3]})
        assert got.tolist() == [2, 3] and filled.shape == (2, 3) and dense.shape == (2, 3)
        got[0] = 7  # it is the caller's own
        assert session.run(shape, {shape: [2, 3]}).tolist() == [2, 3]
