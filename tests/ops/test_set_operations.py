import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def _run(fetch):
    return tf.Session().run(fetch)


def _sparse():
    return tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1, 2, 3], [2, 2])


def _sets(value):
    """The sets of a sparse result as lists."""
    return [value.values[value.indices[:, 0] == row].tolist() for row in range(value.dense_shape[0])]


def test_dense_and_sparse_sets_combine_in_every_way():
    dense = [[1, 5], [3, 4]]
    assert _sets(_run(tf.sets.intersection(_sparse(), dense))) == [[1], [3]]
    assert _sets(_run(tf.sets.difference(dense, _sparse()))) == [[5], [4]]
    assert _sets(_run(tf.sets.difference(_sparse(), dense))) == [[2], []]
    assert _sets(_run(tf.sets.difference(dense, _sparse(), aminusb=False))) == [[2], []]
    assert _sets(_run(tf.sets.union(_sparse(), _sparse()))) == [[1, 2], [3]]
    assert _sets(_run(tf.sets.union([["b", "a"]], [["c", "a"]]))) == [[b"a", b"b", b"c"]]


def test_the_shape_ends_with_the_size_of_the_largest_set():
    result = _run(tf.sets.union([[[1, 1]], [[2, 3]]], [[[1]], [[4]]]))
    assert result.dense_shape.tolist() == [2, 1, 3]
    assert result.indices.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 1], [1, 0, 2]]


def test_equal_elements_count_once():
    sparse = tf.SparseTensor([[0, 0], [0, 1], [0, 2], [2, 0]], [1, 1, 2, 3], [3, 3])
    assert _run(tf.sets.size(sparse)).tolist() == [2, 0, 1]


def test_sets_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Dimension 0 in both shapes must be equal, but are 1 and 2"):
        tf.sets.union([[1, 2]], [[2], [3]])
    with pytest.raises(ValueError, match="Shape must be at least rank 2 but is rank 1"):
        tf.sets.union([1, 2], [2, 3])
    with pytest.raises(TypeError, match="Types don't match"):
        tf.sets.union([[1, 2]], [["a"]])
    with pytest.raises(TypeError, match="'a' has invalid dtype"):
        tf.sets.union([[1.5]], [[2.5]])
    with pytest.raises(TypeError, match="Expected `SparseTensor`"):
        tf.sets.size(tf.constant([1]))
    assert tf.get_default_graph().get_operations()[1:] == []


def test_shapes_and_order_are_checked_when_the_graph_runs():
    one, two = (tf.placeholder_with_default(np.array(rows, np.int32), None) for rows in ([[1, 2]], [[2], [3]]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Mismatched shapes \[1\] vs \[2\]"):
        _run(tf.sets.union(one, two))
    wrong = tf.SparseTensor([[0, 1], [0, 0]], [1, 2], [2, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[1\] = \[0,0\] is out of order"):
        _run(tf.sets.union(_sparse(), wrong))
    outside = tf.SparseTensor(tf.placeholder_with_default(np.array([[5, 0]]), [1, 2]), [1], [2, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="out of bounds"):
        _run(tf.sets.union(_sparse(), outside))


def test_huge_shapes_of_sparse_sets_cost_nothing():
    far = tf.SparseTensor([[2**40, 0]], tf.constant([1], tf.int64), [2**41, 2])
    assert _run(tf.sets.union(far, far)).indices.tolist() == [[2**40, 0]]
