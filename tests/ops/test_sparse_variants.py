"""Sparse tensors as single values, and back."""

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def sparse():
    return tf.SparseTensor([[0, 1], [2, 0], [2, 3]], [1.5, 2.5, 3.5], [3, 4])


def test_a_sparse_tensor_is_serialized_and_read_again(sparse):
    for kind in (tf.string, tf.variant):
        parts = tf.raw_ops.SerializeSparse(
            sparse_indices=sparse.indices, sparse_values=sparse.values, sparse_shape=sparse.dense_shape, out_type=kind
        )
        again = tf.raw_ops.DeserializeSparse(serialized_sparse=parts, dtype=tf.float32)
        assert parts.shape.as_list() == [3]
        indices, values, shape = tf.Session().run(again)
        assert indices.tolist() == [[0, 1], [2, 0], [2, 3]]
        assert values.tolist() == [1.5, 2.5, 3.5]
        assert shape.tolist() == [3, 4]


def test_rows_are_serialized_one_by_one_and_stacked_again(sparse):
    rows = tf.serialize_many_sparse(sparse)
    again = tf.deserialize_many_sparse(rows, tf.float32)
    some = tf.deserialize_many_sparse(tf.gather(rows, [2, 2]), tf.float32, rank=2)
    with tf.Session() as session:
        assert session.run(tf.shape(rows)).tolist() == [3, 3]
        assert np.array_equal(*session.run([tf.sparse_tensor_to_dense(sparse), tf.sparse_tensor_to_dense(again)]))
        assert session.run(tf.sparse_tensor_to_dense(some)).tolist() == [[2.5, 0, 0, 3.5]] * 2


def test_what_is_no_serialized_sparse_tensor_is_refused(sparse):
    session = tf.Session()
    with pytest.raises(tf.errors.InvalidArgumentError, match="is of type"):
        session.run(tf.deserialize_many_sparse(tf.serialize_many_sparse(sparse), tf.int32))
    fed = tf.placeholder(tf.string)
    read = tf.raw_ops.DeserializeSparse(serialized_sparse=fed, dtype=tf.float32)
    for wrong in ([b"a", b"b"], [b"a", b"b", b"c"], np.empty((0, 3), object)):
        with pytest.raises(tf.errors.OpError):
            session.run(read, {fed: wrong})
    vector = tf.SparseTensor([[1]], [1.0], [3])
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match="[Rr]ank"):
        session.run(tf.raw_ops.SerializeManySparse(
            sparse_indices=vector.indices, sparse_values=vector.values, sparse_shape=vector.dense_shape))  # fmt: skip


def test_a_dataset_carries_sparse_elements(sparse):
    dataset = tf.data.Dataset.from_tensor_slices(sparse).map(lambda row: row).batch(2)
    batch = tf.sparse_tensor_to_dense(dataset.make_one_shot_iterator().get_next())
    with tf.Session() as session:
        assert session.run(batch).tolist() == [[0, 1.5, 0, 0], [0, 0, 0, 0]]
        assert session.run(batch).tolist() == [[2.5, 0, 0, 3.5]]
