import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.autodiff.gradients import gradients


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def _lists(ragged):
    return tf.Session().run(ragged).to_list()


WANTED = [[1, 2], [], [3]]


def test_the_same_rows_are_made_in_every_way():
    make = tf.RaggedTensor
    values = [1, 2, 3]
    assert _lists(make.from_row_splits(values, [0, 2, 2, 3])) == WANTED
    assert _lists(make.from_row_lengths(values, [2, 0, 1])) == WANTED
    assert _lists(make.from_row_starts(values, [0, 2, 2])) == WANTED
    assert _lists(make.from_row_limits(values, [2, 2, 3])) == WANTED
    assert _lists(make.from_value_rowids(values, [0, 0, 2])) == WANTED
    assert _lists(make.from_value_rowids(values, [0, 0, 2], nrows=4)) == [*WANTED, []]
    assert _lists(make.from_tensor([[1, 2], [9, 9], [3, 9]], lengths=[2, 0, 1])) == WANTED
    assert _lists(make.from_tensor([[1, 2], [0, 0], [3, 0]], padding=0)) == WANTED
    assert _lists(make.from_tensor([[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
    assert _lists(make.from_sparse(tf.SparseTensor([[0, 0], [0, 1], [2, 0]], values, [3, 2]))) == WANTED
    assert _lists(tf.ragged.constant(WANTED)) == WANTED


def test_rows_nest():
    nested = [[[1], [2, 3]], [], [[]]]
    for ragged in (
        tf.ragged.constant(nested),
        tf.RaggedTensor.from_nested_row_splits([1, 2, 3], [[0, 2, 2, 3], [0, 1, 3, 3]]),
        tf.RaggedTensor.from_nested_row_lengths([1, 2, 3], [[2, 0, 1], [1, 2, 0]]),
        tf.RaggedTensor.from_nested_value_rowids([1, 2, 3], [[0, 0, 2], [0, 1, 1]], [3, 3]),
    ):
        assert ragged.ragged_rank == 2
        assert _lists(ragged) == nested
    assert tf.Session().run(ragged.to_tensor()).tolist() == [[[1, 0], [2, 3]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]
    assert [part.tolist() for part in tf.Session().run(ragged.nested_row_lengths())] == [[2, 0, 1], [1, 2, 0]]
    assert tf.Session().run(ragged.bounding_shape()).tolist() == [3, 2, 2]
    assert _lists(ragged.row_lengths(axis=2)) == [[1, 2], [], [0]]


def test_what_a_ragged_tensor_is_made_of():
    ragged = tf.RaggedTensor.from_row_splits([1.0, 2.0, 3.0], [0, 2, 2, 3])
    fetched = tf.Session().run(
        [ragged.row_lengths(), ragged.row_starts(), ragged.row_limits(), ragged.value_rowids(), ragged.nrows(), ragged.nrows(tf.int32)]
    )
    assert [np.asarray(part).tolist() for part in fetched] == [[2, 0, 1], [0, 2, 2], [2, 2, 3], [0, 0, 2], 3, 3]
    assert ragged.dtype == tf.float32 and ragged.shape.as_list() == [3, None]
    assert ragged.with_row_splits_dtype(tf.int32).row_splits.dtype == tf.int32
    assert _lists(ragged.with_values([7, 8, 9])) == [[7, 8], [], [9]]
    with pytest.raises(ValueError, match="only supported in eager mode"):
        ragged.to_list()
    with pytest.raises(ValueError, match="RaggedTensor constructor is private"):
        tf.RaggedTensor([1], [0, 1])


def test_values_may_have_inner_axes_and_other_forms_keep_them():
    ragged = tf.RaggedTensor.from_row_splits([[1, 2], [3, 4], [5, 6]], [0, 1, 3])
    assert ragged.shape.as_list() == [2, None, 2]
    assert tf.Session().run(ragged.to_tensor(9)).tolist() == [[[1, 2], [9, 9]], [[3, 4], [5, 6]]]
    sparse = tf.Session().run(ragged.to_sparse())
    assert sparse.dense_shape.tolist() == [2, 2, 2] and sparse.values.tolist() == [1, 2, 3, 4, 5, 6]
    assert sparse.indices[2].tolist() == [1, 0, 0]


def test_a_fetched_ragged_tensor_is_a_value():
    value = tf.Session().run({"x": tf.ragged.constant([["a"], ["b", "c"]])})["x"]
    assert isinstance(value, tf.ragged.RaggedTensorValue)
    assert value.to_list() == [[b"a"], [b"b", b"c"]]
    assert value.shape == (2, None) and value.ragged_rank == 1 and value.dtype == object
    assert value.row_splits.tolist() == [0, 1, 3] and value.values is value.flat_values


def test_gradients_reach_the_values():
    values = tf.constant([1.0, 2.0, 3.0])
    dense = tf.RaggedTensor.from_row_splits(values, [0, 2, 2, 3]).to_tensor()
    (found,) = gradients([dense], [values], [tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])])
    assert tf.Session().run(found).tolist() == [1, 2, 5]


@pytest.mark.parametrize(("splits", "text"), [
    ([1, 3], "First value of ragged splits must be 0, got 1"),
    ([0, 2, 1, 3], "Row splits must be sorted in ascending order"),
    ([0, 9], "Last value of ragged splits must be 3, the number of values, got 9"),
])  # fmt: skip
def test_wrong_splits_are_found_when_the_graph_runs(splits, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        tf.Session().run(tf.RaggedTensor.from_row_splits([1, 2, 3], tf.placeholder_with_default(np.array(splits), None)).to_tensor())


def test_lists_of_different_depths_are_refused():
    with pytest.raises(ValueError, match="must have the same nesting depth"):
        tf.ragged.constant([1, [2]])
