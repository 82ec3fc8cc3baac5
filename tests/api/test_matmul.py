"""Products of matrices and tensors, and norms."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

A = np.arange(6, dtype=np.float64).reshape(2, 3) - 2.0
B = np.arange(12, dtype=np.float64).reshape(3, 4) / 3.0


def test_products_equal_numpys(run):
    np.testing.assert_allclose(run(tf.matmul(A, B)), A @ B)
    np.testing.assert_allclose(run(tf.matmul(A, A, transpose_b=True)), A @ A.T)
    np.testing.assert_allclose(run(tf.matmul(A, A, transpose_a=True)), A.T @ A)
    np.testing.assert_allclose(run(tf.matmul(A + 1j, A + 1j, adjoint_a=True)), (A + 1j).conj().T @ (A + 1j))


def test_batches_are_multiplied_along_their_last_axes(run):
    batch = np.stack([A, 2 * A])
    np.testing.assert_allclose(run(tf.matmul(batch, batch, transpose_b=True)), batch @ batch.transpose(0, 2, 1))
    np.testing.assert_allclose(run(tf.matmul(batch, B)), batch @ B)


def test_the_node_of_a_batch_product_depends_on_the_release(first_release):
    x = tf.zeros([2, 3, 4])
    assert tf.matmul(x, tf.zeros([2, 4, 5])).op.type == "BatchMatMul"
    assert tf.matmul(x, tf.zeros([4, 5])).op.type == "BatchMatMulV2"
    tf.set_release("2.21")
    assert tf.matmul(x, tf.zeros([2, 4, 5])).op.type == "BatchMatMulV2"


def test_transposed_and_adjoint_at_once_is_refused():
    with pytest.raises(ValueError, match="^Only one of `transpose_a` and `adjoint_a` can be True"):
        tf.matmul(A, B, transpose_a=True, adjoint_a=True)


def test_inner_sizes_must_agree():
    with pytest.raises(ValueError, match="^Dimensions must be equal, but are 3 and 2 for '{{node MatMul}}"):
        tf.matmul(A, A)


def test_types_must_agree():
    with pytest.raises(TypeError, match="^Input 'b' of 'MatMul' Op has type float64 that does not match type float32 of argument 'a'"):
        tf.matmul(tf.zeros([2, 2]), tf.zeros([2, 2], tf.float64))


def test_matrix_times_vector(run):
    np.testing.assert_allclose(run(tf.linalg.matvec(A, B[:, 0])), A @ B[:, 0])


@pytest.mark.parametrize("axes", [1, [[1], [0]], [[-1], [0]], 0], ids=str)
def test_tensor_products_equal_numpys(axes, run):
    np.testing.assert_allclose(run(tf.tensordot(A, B, axes)), np.tensordot(A, B, axes))


@pytest.mark.parametrize(("shape_a", "shape_b"), [([None, 3], [3, 4]), ([2, 3], [None, None]), (None, None)], ids=str)
def test_tensor_products_of_unknown_shapes(shape_a, shape_b, run):
    a, b = tf.placeholder(tf.float64, shape_a), tf.placeholder(tf.float64, shape_b)
    np.testing.assert_allclose(run(tf.tensordot(a, b, 1), {a: A, b: B}), A @ B)
    np.testing.assert_allclose(run(tf.tensordot(a, b, [[1], [0]]), {a: A, b: B}), A @ B)


def test_tensor_products_want_matching_axes():
    with pytest.raises(ValueError, match="Different number of contraction axes"):
        tf.tensordot(A, B, [[0, 1], [0]])
    with pytest.raises(ValueError, match="must not be larger than the number of dimensions"):
        tf.tensordot(A, B, 3)


@pytest.mark.parametrize("order", ["euclidean", 1, 2, 3, np.inf], ids=str)
def test_vector_norms_equal_numpys(order, run):
    np.testing.assert_allclose(run(tf.norm(A[0], ord=order)), np.linalg.norm(A[0], None if order == "euclidean" else order))
    np.testing.assert_allclose(run(tf.norm(A, ord=order, axis=1)), np.linalg.norm(A, None if order == "euclidean" else order, axis=1))


@pytest.mark.parametrize("order", ["fro", 1, np.inf], ids=str)
def test_matrix_norms_equal_numpys(order, run):
    np.testing.assert_allclose(run(tf.norm(A, ord=order, axis=[0, 1])), np.linalg.norm(A, order))


@pytest.mark.parametrize(("order", "axis"), [(-1, None), ("max", 0), (3, [0, 1])], ids=str)
def test_unknown_norms_are_refused(order, axis):
    with pytest.raises(ValueError, match="^'ord' must be a supported (vector|matrix) norm"):
        tf.norm(A, ord=order, axis=axis)


def test_dividing_by_the_norm(run):
    direction, length = run(tf.linalg.normalize([3.0, 4.0]))
    np.testing.assert_allclose(direction, [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(length, [5.0])
