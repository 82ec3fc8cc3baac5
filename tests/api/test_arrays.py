"""Shapes and arrangement."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_a_known_shape_is_a_constant_and_an_unknown_one_is_not(nodes):
    tf.shape(tf.placeholder(tf.float32, [2, 3], name="x"))
    tf.shape(tf.placeholder(tf.float32, [None, 3], name="y"))
    assert nodes() == [("x", "Placeholder"), ("Shape", "Const"), ("y", "Placeholder"), ("Shape_1", "Shape")]


def test_size_and_rank(run):
    x = tf.placeholder(tf.float32)
    assert run([tf.size(X), tf.rank(X), tf.size(x), tf.rank(x)], {x: X}) == [6, 2, 6, 2]
    assert tf.size(X, out_type=tf.int64).dtype == tf.int64


def test_the_parts_of_a_sparse_tensor_give_its_shape(run):
    sparse = tf.SparseTensor([[0, 0]], [1.0], [4, 5])
    assert run(tf.shape(sparse)).tolist() == [4, 5]
    assert run([tf.size(sparse), tf.rank(sparse)]) == [20, 2]


def test_known_sizes_travel_through_a_reshape():
    x = tf.placeholder(tf.float32, [None, 4, 2])
    assert tf.reshape(x, [tf.shape(x)[0], 8]).shape.as_list() == [None, 8]


def test_expanding_and_squeezing():
    assert tf.expand_dims(X, 1).shape.as_list() == [2, 1, 3]
    assert tf.expand_dims(X, dim=-1).shape.as_list() == [2, 3, 1]
    assert tf.squeeze(tf.zeros([1, 3, 1])).shape.as_list() == [3]
    assert tf.squeeze(tf.zeros([1, 3, 1]), 0).shape.as_list() == [3, 1]


def test_expand_dims_needs_an_axis():
    with pytest.raises(ValueError, match="^Must specify an axis argument"):
        tf.expand_dims(X)


def test_joining(run):
    np.testing.assert_array_equal(run(tf.concat([X, X], 1)), np.concatenate([X, X], 1))
    np.testing.assert_array_equal(run(tf.stack([X, X], axis=2)), np.stack([X, X], 2))
    assert [part.shape.as_list() for part in tf.unstack(tf.constant(X), axis=1)] == [[2]] * 3


def test_one_tensor_is_joined_by_an_identity(nodes):
    tf.concat([tf.placeholder(tf.float32, [2], name="x")], 0)
    assert nodes(1) == [("concat/concat_dim", "Const"), ("concat/concat", "Identity")]


def test_swapped_arguments_of_concat_are_noticed():
    with pytest.raises(ValueError, match=r"^Shape \(2, 2\) must have rank 0"):
        tf.concat(0, [tf.zeros([2]), tf.zeros([2])])


def test_stacking_constants_and_tensors(nodes, run):
    x = tf.placeholder(tf.int32, [], name="x")
    packed = tf.stack([x, -1])
    assert nodes(1) == [("stack/1", "Const"), ("stack", "Pack")]
    assert run(packed, {x: 5}).tolist() == [5, -1]


def test_stacking_different_shapes_is_refused_and_leaves_no_node(nodes):
    a, b = tf.zeros([2]), tf.zeros([3])
    with pytest.raises(ValueError, match="^Dimension 0 in both shapes must be equal, but are 2 and 3"):
        tf.stack([a, b])
    assert len(nodes()) == 2


def test_an_unknown_size_cannot_be_unstacked():
    with pytest.raises(ValueError, match=r"^Cannot infer argument `num` from shape \(\?, 2\)"):
        tf.unstack(tf.placeholder(tf.float32, [None, 2]))


def test_splitting(run):
    np.testing.assert_array_equal(run(tf.split(X, 3, axis=1)[2]), X[:, 2:])
    np.testing.assert_array_equal(run(tf.split(X, [1, 2], axis=1)[1]), X[:, 1:])


def test_uneven_splits_are_refused():
    with pytest.raises(ValueError, match="^Dimension size must be evenly divisible by 2 but is 5"):
        tf.split(tf.zeros([5]), 2)


def test_transposing(run):
    np.testing.assert_array_equal(run(tf.transpose(X)), X.T)
    y = tf.placeholder(tf.float32)
    np.testing.assert_array_equal(run(tf.transpose(y), {y: X}), X.T)
    assert run(tf.transpose([[1j]], conjugate=True)) == [[-1j]]
    assert tf.matrix_transpose(tf.zeros([5, 2, 3])).shape.as_list() == [5, 3, 2]
    np.testing.assert_array_equal(run(tf.matrix_transpose(y), {y: X[None]}), X.T[None])


@pytest.mark.parametrize(("mode", "numpys"), [("CONSTANT", "constant"), ("REFLECT", "reflect"), ("symmetric", "symmetric")])
def test_padding_equals_numpys(mode, numpys, run):
    np.testing.assert_array_equal(run(tf.pad(X, [[1, 0], [1, 2]], mode)), np.pad(X, [[1, 0], [1, 2]], numpys))


def test_padding_with_another_value(run):
    assert run(tf.pad([1.0], [[1, 1]], constant_values=9.0)).tolist() == [9.0, 1.0, 9.0]


def test_another_padding_mode_is_refused():
    with pytest.raises(ValueError, match="^Value of argument `mode` expected to be one of"):
        tf.pad(X, [[1, 0], [1, 2]], "WRAP")


@pytest.mark.parametrize("indexing", ["xy", "ij"])
def test_grids_equal_numpys(indexing, run):
    for ours, numpys in zip(run(tf.meshgrid([1, 2, 3], [4, 5], indexing=indexing)), np.meshgrid([1, 2, 3], [4, 5], indexing=indexing)):
        np.testing.assert_array_equal(ours, numpys)


def test_a_grid_of_another_indexing_is_refused():
    with pytest.raises(ValueError, match="`indexing` parameter must be either 'xy' or 'ij'"):
        tf.meshgrid([1], [2], indexing="zz")


def test_broadcast_shapes(run):
    assert tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([1, 3])).as_list() == [2, 3]
    assert run(tf.broadcast_dynamic_shape([2, 1], [3])).tolist() == [2, 3]
    with pytest.raises(ValueError, match="^Incompatible shapes for broadcasting"):
        tf.broadcast_static_shape(tf.TensorShape([2]), tf.TensorShape([3]))


def test_ensure_shape_adds_knowledge_and_checks_it(run):
    x = tf.placeholder(tf.float32)
    y = tf.ensure_shape(x, [None, 3])
    assert y.shape.as_list() == [None, 3]
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not compatible with expected shape"):
        run(y, {x: np.zeros((2, 2))})


def test_the_first_release_makes_a_constant_of_the_number_of_parts(nodes, first_release):
    tf.split(tf.placeholder(tf.float32, [4], name="x"), 2)
    assert nodes(1) == [("Const", "Const"), ("split/split_dim", "Const"), ("split", "Split")]
    tf.set_release("2.21")
    tf.split(tf.placeholder(tf.float32, [4]), 2)
    assert nodes(5) == [("split_1/split_dim", "Const"), ("split_1", "Split")]


def test_a_wrong_shape_is_told_with_the_name_of_the_tensor():
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.float32, name="a")
        for tensor, name in ((x, "_arg_x_0_1"), (x * 2, "mul"), (tf.split(x + y, 3)[1], "split:1")):  # recorded
            with pytest.raises(tf.errors.InvalidArgumentError, match=rf"^Shape of tensor {name} \[.,3\] is not compatible"):
                session.run([tf.ensure_shape(tensor, [2, None]), y], {x: np.ones((3, 3)), y: 1.0})
