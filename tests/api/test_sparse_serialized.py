"""Sparse tensors as strings and back, and crosses of features."""

import numpy as np
import pytest

import autograd_lite as tf


def _sparse():
    return tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [5.0, 6.0, 7.0], [2, 3])


@pytest.mark.parametrize("out_type", [tf.string, tf.variant])
def test_rows_come_back(out_type, run):
    rows = tf.serialize_many_sparse(_sparse(), out_type=out_type)
    assert rows.shape.as_list() == [2, 3]
    if out_type == tf.string:
        back = run(tf.deserialize_many_sparse(rows, tf.float32))
        assert back.indices.tolist() == [[0, 1], [1, 0], [1, 2]]
        assert back.values.tolist() == [5.0, 6.0, 7.0]
        assert back.dense_shape.tolist() == [2, 3]


def test_several_sparse_tensors_become_one_of_the_largest_shape(run):
    other = tf.SparseTensor([[4, 0]], [1.0], [5, 1])
    both = tf.io.deserialize_many_sparse(tf.stack([tf.serialize_sparse(_sparse()), tf.serialize_sparse(other)]), tf.float32, rank=2)
    assert both.dense_shape.shape.as_list() == [3]
    assert run(both).dense_shape.tolist() == [2, 5, 3]


def test_another_type_is_told(run):
    rows = tf.serialize_many_sparse(_sparse())
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tf.deserialize_many_sparse(rows, tf.int32))
    with pytest.raises(TypeError):
        tf.serialize_sparse([1, 2])


def test_features_are_crossed_in_words_and_in_buckets(run):
    words = tf.SparseTensor([[0, 0], [1, 0], [1, 1]], ["a", "b", "c"], [2, 2])
    numbers = tf.constant([[1], [2]])
    assert run(tf.sparse.cross([words, numbers])).values.tolist() == [b"a_X_1", b"b_X_2", b"c_X_2"]
    hashed = run(tf.sparse.cross_hashed([words, numbers], num_buckets=100))
    assert hashed.values.tolist() == [85, 57, 23]
    for wrong in (words, [np.array([["a"]])]):
        with pytest.raises(TypeError):
            tf.sparse.cross(wrong)
