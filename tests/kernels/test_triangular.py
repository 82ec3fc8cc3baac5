"""Compiled solution of triangular systems gives what the op's own kernel gives."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import both, check, same_bits_for_any_threads

RANDOM = np.random.default_rng(6)


def systems(*shape):
    """Matrices whose both triangles are well-conditioned."""
    return (RANDOM.uniform(-0.5, 0.5, shape) / shape[-1] + np.eye(shape[-1])).astype(np.float32)


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("adjoint", [False, True])
def test_one_triangle_is_read_as_it_is_or_turned(lower, adjoint):
    for batch, size, columns in (((3, 2), 7, 29), ((), 33, 2), ((40,), 1, 1)):
        check("MatrixTriangularSolve", systems(*batch, size, size), numbers(*batch, size, columns), lower=lower, adjoint=adjoint,
              tolerance=1e-5)  # fmt: skip


def test_the_other_triangle_is_not_read():
    matrix = systems(5, 5)
    other = np.where(np.tri(5) > 0, matrix, np.float32(np.nan))
    right = numbers(5, 3)
    np.testing.assert_array_equal(both("MatrixTriangularSolve", matrix, right).fast, both("MatrixTriangularSolve", other, right).fast)


def test_what_is_singular_or_not_finite_is_left_to_the_ops_own_kernel():
    matrices, right = systems(4, 3, 3), numbers(4, 3, 2)
    right[2, 1, 0] = np.inf
    result = both("MatrixTriangularSolve", matrices, right)
    assert not result.is_compiled
    np.testing.assert_array_equal(result.slow, result.fast)


def test_a_matrix_in_another_order():
    matrices, right = systems(6, 6, 6), numbers(6, 6, 2)
    check("MatrixTriangularSolve", matrices, right, given=[np.asfortranarray(matrices), right], tolerance=1e-5)


def test_any_number_of_threads_gives_the_same_bits():
    same_bits_for_any_threads("MatrixTriangularSolve", systems(500, 8, 8), numbers(500, 8, 2))
