import numpy as np

from tests.ops.kernels import complaint, fed, run

RANDOM = np.random.default_rng(3)


def _sparse(rows, columns, count):
    chosen = np.sort(RANDOM.choice(rows * columns, count, replace=False))
    places = np.stack([chosen // columns, chosen % columns], axis=1).astype(np.int64)
    stored = RANDOM.uniform(0.5, 1.5, count)
    dense = np.zeros((rows, columns))
    dense[tuple(places.T)] = stored
    return (places, stored, np.array([rows, columns], np.int64)), dense


def _dense(places, stored, shape):
    whole = np.zeros(shape)
    whole[tuple(places.T)] = stored
    return whole


def test_sparse_results_are_those_of_dense_arithmetic():
    a, dense_a = _sparse(7, 5, 12)
    b, dense_b = _sparse(7, 5, 9)
    places, stored, shape = run("SparseAdd", *a, *b, np.array(0.0))
    np.testing.assert_allclose(_dense(places, stored, shape), dense_a + dense_b)
    places, stored = run("SparseSparseMaximum", *a, *b)
    np.testing.assert_allclose(_dense(places, stored, (7, 5)), np.maximum(dense_a, dense_b))
    np.testing.assert_allclose(run("SparseTensorDenseAdd", *a, dense_b), dense_a + dense_b)
    right = RANDOM.normal(size=(5, 3))
    np.testing.assert_allclose(run("SparseTensorDenseMatMul", *a, right), dense_a @ right)
    left = RANDOM.normal(size=(4, 7))
    np.testing.assert_allclose(run("SparseTensorDenseMatMul", *a, left, adjoint_a=True, adjoint_b=True), dense_a.T @ left.T)
    np.testing.assert_allclose(run("SparseReduceSum", *a, np.array([0], np.int32)), dense_a.sum(0))
    np.testing.assert_allclose(run("SparseReduceMax", *a, np.array([-1], np.int32), keep_dims=True), dense_a.max(1, keepdims=True))


def test_sums_below_the_threshold_are_dropped():
    one = np.array([[0]], np.int64), np.array([1.0]), np.array([2], np.int64)
    other = np.array([[0]], np.int64), np.array([-1.0]), np.array([2], np.int64)
    assert run("SparseAdd", *one, *other, np.array(0.1))[1].size == 0
    assert run("SparseAdd", *one, *other, np.array(0.0))[1].tolist() == [0.0]


def test_softmax_of_a_row_adds_up_to_one():
    a, dense = _sparse(6, 5, 14)
    shares = run("SparseSoftmax", *a)
    for row in range(6):
        mine = a[0][:, 0] == row
        if mine.any():
            np.testing.assert_allclose(shares[mine], np.exp(a[1][mine]) / np.exp(a[1][mine]).sum())


def test_an_axis_that_is_not_there_is_named():
    a, _ = _sparse(2, 2, 1)
    text = "Invalid reduction dimension 5, for input with 2 dimensions."
    assert complaint(fed, "SparseReduceSum", *a, np.array(5, np.int32)) == text
