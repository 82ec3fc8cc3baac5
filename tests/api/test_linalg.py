"""Linear algebra built out of ops, and linear operators."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

RANDOM = np.random.default_rng(2)
A = RANDOM.normal(size=(2, 3, 3)) + 3 * np.eye(3)
SPD = A @ np.swapaxes(A, 1, 2)


def types():
    return [node.type for node in tf.get_default_graph().get_operations()]


def test_values_agree_with_numpy(run):
    np.testing.assert_allclose(run(tf.linalg.logdet(SPD)), np.linalg.slogdet(SPD)[1])
    np.testing.assert_allclose(run(tf.linalg.pinv(A[:, :, :2])), np.linalg.pinv(A[:, :, :2]), atol=1e-12)
    np.testing.assert_allclose(run(tf.self_adjoint_eigvals(SPD)), np.linalg.eigvalsh(SPD))
    np.testing.assert_allclose(run(tf.svd(A, compute_uv=False)), np.linalg.svd(A, compute_uv=False))
    assert run(tf.linalg.matrix_rank([[1.0, 1.0], [1.0, 1.0]])) == 1
    rhs = RANDOM.normal(size=(2, 3, 1))
    np.testing.assert_allclose(run(tf.cholesky_solve(tf.cholesky(SPD), rhs)), np.linalg.solve(SPD, rhs))
    factors, order = tf.linalg.lu(A)
    np.testing.assert_allclose(run(tf.linalg.lu_solve(factors, order, rhs)), np.linalg.solve(A, rhs))


def test_shapes_that_come_when_running_give_the_same(run):
    x = tf.placeholder(tf.float64)
    np.testing.assert_allclose(run(tf.linalg.pinv(x), {x: A[0, :, :2]}), np.linalg.pinv(A[0, :, :2]), atol=1e-12)
    assert run(tf.linalg.matrix_rank(x), {x: A[0]}) == 3
    found = run(tf.matrix_solve_ls(x, np.ones((3, 1)), l2_regularizer=0.5), {x: A[0, :, :2]})
    a = A[0, :, :2]
    np.testing.assert_allclose(found, np.linalg.solve(a.T @ a + 0.5 * np.eye(2), a.T @ np.ones((3, 1))))


@pytest.mark.parametrize("form", ["compact", "sequence", "matrix"])
def test_tridiagonal_systems_in_every_form(run, form):
    above, main, below = RANDOM.normal(size=4), RANDOM.normal(size=4) + 4, RANDOM.normal(size=4)
    dense = np.diag(main) + np.diag(above[:-1], 1) + np.diag(below[1:], -1)
    given = {"compact": np.stack([above, main, below]), "sequence": (above[:-1], main, below[1:]), "matrix": dense}[form]
    np.testing.assert_allclose(run(tf.linalg.tridiagonal_solve(given, np.ones(4), form)), np.linalg.solve(dense, np.ones(4)))
    np.testing.assert_allclose(run(tf.linalg.tridiagonal_matmul(given, np.eye(4), form)), dense, atol=1e-12)
    transposed = tf.linalg.tridiagonal_solve(given, dense.T.copy(), form, transpose_rhs=True)
    np.testing.assert_allclose(run(transposed), np.eye(4), atol=1e-12)


def test_systems_of_the_wrong_size_leave_no_nodes_behind():
    with pytest.raises(ValueError, match="Expected 3 diagonals got 2"):
        tf.linalg.tridiagonal_solve(tf.ones([2, 3]), tf.ones([3]))
    with pytest.raises(ValueError, match="Unrecognized diagonals_format"):
        tf.linalg.tridiagonal_solve(tf.ones([3, 3]), tf.ones([3]), "rows")


def test_eigenvalues_of_tridiagonal_matrices(run):
    alpha, beta = RANDOM.normal(size=5), RANDOM.normal(size=4)
    dense = np.diag(alpha) + np.diag(beta, 1) + np.diag(beta, -1)
    e, v = run(tf.linalg.eigh_tridiagonal(alpha, beta, eigvals_only=False))
    np.testing.assert_allclose(e, np.linalg.eigvalsh(dense), atol=1e-12)
    np.testing.assert_allclose(dense @ v, v * e, atol=1e-12)
    np.testing.assert_allclose(run(tf.linalg.eigh_tridiagonal(alpha, beta, select="i", select_range=(1, 2))), e[1:3])


def test_einsum_builds_one_op_or_its_parts_as_the_release_says(run):
    before = tf.get_release()
    x, y, z = RANDOM.normal(size=(2, 3)), RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(4, 2))
    try:
        for name, wanted in (("1.15", 0), ("2.21", 2)):
            tf.set_release(name)
            result = tf.einsum("ij,jk,kl->il", x, y, z)
            assert types().count("Einsum") == wanted
            np.testing.assert_allclose(run(result), x @ y @ z)
    finally:
        tf.set_release(before)


def test_operators_do_what_their_matrices_do(run):
    operators = [
        tf.linalg.LinearOperatorDiag(np.array([1.0, -2.0, 3.0])),
        tf.linalg.LinearOperatorFullMatrix(A[0]),
        tf.linalg.LinearOperatorFullMatrix(SPD[0], is_self_adjoint=True, is_positive_definite=True),
        tf.linalg.LinearOperatorLowerTriangular(A[0]),
        tf.linalg.LinearOperatorScaledIdentity(3, np.float64(-2.0)),
        tf.linalg.LinearOperatorIdentity(3, dtype=tf.float64),
    ]
    x = RANDOM.normal(size=(3, 2))
    for operator in operators:
        dense = run(operator.to_dense())
        assert operator.shape.as_list() == [3, 3] and operator.is_square
        for turned in (False, True):
            matrix = dense.T if turned else dense
            np.testing.assert_allclose(run(operator.matmul(x, adjoint=turned)), matrix @ x, atol=1e-12)
            np.testing.assert_allclose(run(operator.solve(x, adjoint=turned)), np.linalg.solve(matrix, x), atol=1e-10)
        np.testing.assert_allclose(run(operator.matmul(x.T.copy(), adjoint_arg=True)), dense @ x, atol=1e-12)
        np.testing.assert_allclose(run(operator.matvec(x[:, 0])), dense @ x[:, 0], atol=1e-12)
        np.testing.assert_allclose(run(operator.determinant()), np.linalg.det(dense))
        np.testing.assert_allclose(run(operator.log_abs_determinant()), np.linalg.slogdet(dense)[1], atol=1e-12)
        np.testing.assert_allclose(run(operator.diag_part()), np.diag(dense))
        np.testing.assert_allclose(run(operator.trace()), np.trace(dense))
        np.testing.assert_allclose(run(operator.add_to_tensor(np.ones((3, 3)))), dense + 1, atol=1e-12)


def test_operators_refuse_what_cannot_be():
    with pytest.raises(NotImplementedError, match="expected to not be square"):
        tf.linalg.LinearOperatorFullMatrix(np.ones((2, 3))).solve(np.ones((2, 1)))
    with pytest.raises(NotImplementedError, match="expected to be singular"):
        tf.linalg.LinearOperatorDiag([1.0, 0.0], is_non_singular=False).solve([[1.0], [1.0]])
    with pytest.raises(TypeError, match="must have the type of the operator"):
        tf.linalg.LinearOperatorDiag([1.0]).matvec(tf.ones([1], tf.float64))


def test_operators_check_themselves_and_give_their_inverse(run):
    operator = tf.linalg.LinearOperatorFullMatrix(SPD)
    np.testing.assert_allclose(run(operator.inverse().to_dense()), np.linalg.inv(SPD))
    np.testing.assert_array_equal(run(tf.linalg.LinearOperatorFullMatrix(A).adjoint().to_dense()), np.swapaxes(A, 1, 2))
    assert run(operator.batch_shape_tensor()).tolist() == [2]
    assert run([operator.range_dimension_tensor(), operator.domain_dimension_tensor(), operator.tensor_rank_tensor()]) == [3, 3, 3]
    run([operator.assert_non_singular(), operator.assert_positive_definite()])
    x = tf.placeholder(tf.float64, [2, 2])
    broken = tf.linalg.LinearOperatorFullMatrix(x)
    for check in (broken.assert_non_singular(), broken.assert_positive_definite()):
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(check, {x: np.ones((2, 2)) * -1.0})
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(broken.assert_self_adjoint(), {x: [[1.0, 2.0], [3.0, 4.0]]})
