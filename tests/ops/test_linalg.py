"""Linear systems, their factors and functions of matrices."""

import numpy as np
import pytest

from autograd_lite.core.release import get_release, set_release
from tests.ops.kernels import complaint, fed, run, shape_complaint

RANDOM = np.random.default_rng(3)
BATCH = RANDOM.normal(size=(2, 5, 5)) + 4 * np.eye(5)
TALL = RANDOM.normal(size=(6, 3))


@pytest.fixture
def second_release():
    before = get_release()
    set_release("2.21")
    yield
    set_release(before)


def test_inverse_and_determinant_agree_with_their_definitions():
    np.testing.assert_allclose(run("MatrixInverse", BATCH) @ BATCH, np.stack([np.eye(5)] * 2), atol=1e-12)
    np.testing.assert_allclose(run("MatrixInverse", BATCH, adjoint=True) @ np.swapaxes(BATCH, 1, 2), np.stack([np.eye(5)] * 2), atol=1e-12)
    sign, logarithm = run("LogMatrixDeterminant", BATCH)
    np.testing.assert_allclose(sign * np.exp(logarithm), run("MatrixDeterminant", BATCH))


@pytest.mark.parametrize("name", ["MatrixInverse", "MatrixDeterminant", "Cholesky", "SelfAdjointEigV2", "MatrixSquareRoot", "Lu"])
def test_a_matrix_that_is_not_square_is_refused_while_building_and_while_running(name):
    assert shape_complaint(name, np.zeros((2, 3))) == "Dimensions must be equal, but are 2 and 3"
    assert complaint(fed, name, np.zeros((2, 3))) == "Input matrix must be square."
    assert complaint(fed, name, np.zeros(3)) == "Input tensor 0 must have rank >= 2, got 1"


def test_singular_matrices_are_told():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert complaint(fed, "MatrixInverse", singular) == "Input is not invertible."
    assert complaint(fed, "MatrixSolve", np.zeros((2, 2)), np.ones((2, 1))) == "Input matrix is not invertible."
    assert complaint(fed, "MatrixTriangularSolve", np.zeros((2, 2)), np.ones((2, 1))) == "Input matrix is not invertible."
    assert complaint(fed, "Lu", np.zeros((2, 2))) == "Input is not invertible."


def test_a_matrix_without_cholesky_factor_is_an_error_in_one_release_and_nan_in_the_other(second_release):
    batch = np.array([[[1.0, 2.0], [2.0, 1.0]], [[4.0, 0.0], [0.0, 9.0]]])
    factors = fed("Cholesky", batch)
    np.testing.assert_array_equal(np.isnan(factors), [[[True, False], [True, True]], [[False, False], [False, False]]])
    np.testing.assert_array_equal(factors[1], [[2, 0], [0, 3]])
    np.testing.assert_array_equal(fed("MatrixTriangularSolve", np.zeros((1, 1)), np.ones((1, 1))), [[np.inf]])
    set_release("1.15")
    assert complaint(fed, "Cholesky", batch) == "Cholesky decomposition was not successful. The input might not be valid."


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_large_triangular_systems_are_solved_in_blocks(lower, adjoint):
    matrix = RANDOM.normal(size=(200, 200)) / 20 + np.eye(200)
    rhs = RANDOM.normal(size=(3, 200, 2))
    triangle = np.tril(matrix) if lower else np.triu(matrix)
    solution = fed("MatrixTriangularSolve", matrix, rhs, lower=lower, adjoint=adjoint)
    np.testing.assert_allclose((triangle.T if adjoint else triangle) @ solution, rhs, atol=1e-9)


def test_least_squares_agree_with_lstsq_for_every_shape():
    for matrix in (TALL, TALL.T.copy()):
        rhs = RANDOM.normal(size=(matrix.shape[0], 2))
        wanted = np.linalg.lstsq(matrix, rhs, rcond=None)[0]
        for fast in (True, False):
            np.testing.assert_allclose(run("MatrixSolveLs", matrix, rhs, np.float64(0.0), fast=fast), wanted, atol=1e-10)


@pytest.mark.parametrize("full", [True, False])
def test_factors_multiply_to_the_matrix(full):
    for matrix in (TALL, TALL.T.copy(), BATCH):
        q, r = run("Qr", matrix, full_matrices=full)
        np.testing.assert_allclose(q @ r, matrix, atol=1e-12)
        s, u, v = run("Svd", matrix, full_matrices=full)
        size = s.shape[-1]
        rebuilt = (u[..., :size] * s[..., None, :]) @ np.swapaxes(v[..., :size], -1, -2)
        np.testing.assert_allclose(rebuilt, matrix, atol=1e-12)


def test_factors_of_empty_matrices_are_empty_or_the_identity():
    s, u, v = fed("Svd", np.zeros((0, 3)), full_matrices=True)
    assert s.shape == (0,) and u.shape == (0, 0)
    np.testing.assert_array_equal(v, np.eye(3))
    q, r = fed("Qr", np.zeros((0, 3)))
    assert q.shape == (0, 0) and r.shape == (0, 3)
    assert fed("MatrixInverse", np.zeros((0, 0))).shape == (0, 0)


def test_singular_values_of_a_matrix_with_nan_are_nan_and_the_others_are_not():
    batch = np.stack([np.diag([np.nan, 1.0]), np.diag([2.0, 1.0])])
    s, _, _ = fed("Svd", batch)
    np.testing.assert_array_equal(s, [[np.nan, np.nan], [2.0, 1.0]])
    assert complaint(fed, "SelfAdjointEigV2", batch).startswith("Self-adjoint eigen decomposition was not successful.")


def test_lu_factors_multiply_to_the_permuted_matrix():
    factors, order = fed("Lu", BATCH)
    product = (np.tril(factors, -1) + np.eye(5)) @ np.triu(factors)
    np.testing.assert_allclose(product, np.take_along_axis(BATCH, order[..., None], 1), atol=1e-12)
    assert fed("Lu", np.zeros((0, 3, 3)))[0].shape == (0, 3, 3)


def test_square_roots_of_matrices_with_a_poor_basis_of_eigenvectors():
    jordan = np.array([[4.0, 1.0], [0.0, 4.0]])
    np.testing.assert_allclose(run("MatrixSquareRoot", jordan), [[2.0, 0.25], [0.0, 2.0]], atol=1e-12)
    assert np.isnan(run("MatrixSquareRoot", -np.eye(2))).all()
    np.testing.assert_allclose(run("MatrixSquareRoot", -np.eye(2) + 0j), 1j * np.eye(2), atol=1e-12)


def test_logarithm_undoes_the_exponential():
    a = RANDOM.normal(size=(3, 4, 4)) / 2
    np.testing.assert_allclose(run("MatrixLogarithm", run("MatrixExponential", a) + 0j), a, atol=1e-9)
    np.testing.assert_allclose(run("MatrixLogarithm", np.array([[2, 1], [0, 2]]) + 0j), [[np.log(2), 0.5], [0, np.log(2)]], atol=1e-10)


def test_exponentials_of_large_and_broken_matrices():
    a = np.array([[[0.0, 40.0], [-40.0, 0.0]], [[np.nan, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]])
    found = run("MatrixExponential", a)
    np.testing.assert_allclose(found[0], [[np.cos(40), np.sin(40)], [-np.sin(40), np.cos(40)]], atol=1e-11)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[2], [[1.0, 1.0], [0.0, 1.0]], atol=1e-14)


@pytest.mark.parametrize("pivoting", [True, False])
def test_tridiagonal_systems(pivoting):
    diagonals = RANDOM.normal(size=(2, 3, 6)) + [[[0.0]], [[5.0]]][1]
    dense = np.stack([np.diag(m) + np.diag(a[:-1], 1) + np.diag(b[1:], -1) for a, m, b in diagonals])
    rhs = RANDOM.normal(size=(2, 6, 3))
    solution = fed("TridiagonalSolve", diagonals, rhs, partial_pivoting=pivoting)
    np.testing.assert_allclose(dense @ solution, rhs, atol=1e-9)
    parts = [diagonals[:, row : row + 1] for row in range(3)]
    np.testing.assert_allclose(fed("TridiagonalMatMul", *parts, rhs), dense @ rhs, atol=1e-12)


def test_a_zero_on_the_diagonal_needs_pivots():
    diagonals = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0], [0.0, 3.0, 4.0]])
    dense = np.diag([0.0, 0.0, 1.0]) + np.diag([1.0, 2.0], 1) + np.diag([3.0, 4.0], -1)
    rhs = np.array([[1.0], [2.0], [3.0]])
    np.testing.assert_allclose(run("TridiagonalSolve", diagonals, rhs), np.linalg.solve(dense, rhs), atol=1e-12)
