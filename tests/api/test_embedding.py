"""Looking up rows."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

TABLE = np.arange(14, dtype=np.float32).reshape(7, 2)


def test_rows_of_one_matrix(run):
    np.testing.assert_array_equal(run(tf.nn.embedding_lookup(TABLE, [[3, 0], [6, 6]])), TABLE[[[3, 0], [6, 6]]])


@pytest.mark.parametrize("strategy", ["mod", "div"])
def test_rows_of_a_matrix_in_parts(strategy, run):
    parts = [TABLE[i::3] for i in range(3)] if strategy == "mod" else np.split(TABLE, [3, 5])
    ids = np.array([[6, 0], [3, 5]])
    tensors = [tf.constant(part) for part in parts]
    rows = tf.nn.embedding_lookup(tensors, ids, partition_strategy=strategy)
    assert rows.shape.as_list() == [2, 2, 2]
    np.testing.assert_array_equal(run(rows), TABLE[ids])


def test_rows_are_cut_to_a_length(run):
    (row,) = run(tf.nn.embedding_lookup(tf.constant([[3.0, 4.0]]), [0], max_norm=1.0))
    np.testing.assert_allclose(row, [0.6, 0.8], rtol=1e-6)


def test_gradients_of_looked_up_rows_are_slices():
    table = tf.constant(TABLE)
    assert isinstance(tf.gradients(tf.nn.embedding_lookup(table, [1, 2]), table)[0], tf.IndexedSlices)


def test_no_parts_are_refused():
    with pytest.raises(ValueError, match="^params must be specified"):
        tf.nn.embedding_lookup([], [1])


def test_another_strategy_is_refused():
    with pytest.raises(ValueError, match="^Unrecognized partition strategy: odd"):
        tf.nn.embedding_lookup(TABLE, [1], partition_strategy="odd")


def test_floating_ids_are_refused():
    with pytest.raises(TypeError, match="^Value passed to parameter 'indices' has DataType float32 not in list of allowed values"):
        tf.nn.embedding_lookup(TABLE, tf.constant([1.0]))


def test_gradients_of_combined_rows_hold_the_rows_that_were_taken(run):
    tf.set_release("2.21")
    try:
        matrix = tf.constant(np.arange(10.0).reshape(5, 2))
        ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 0]], tf.constant([1, 3, 0, 1], tf.int64), [3, 2])
        (gradient,) = tf.gradients(tf.nn.embedding_lookup_sparse(matrix, ids, None, combiner="sqrtn"), matrix)
    finally:
        tf.set_release("1.15")
    values, rows = run([gradient.values, gradient.indices])
    assert rows.tolist() == [0, 1, 3]
    np.testing.assert_allclose(values, [[1.0, 1.0], [1.70710678, 1.70710678], [0.70710678, 0.70710678]])
