import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run, shape_complaint

A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("turn_a", [False, True])
@pytest.mark.parametrize("turn_b", [False, True])
def test_either_matrix_may_be_transposed_first(turn_a, turn_b):
    product = run("MatMul", A.T.copy() if turn_a else A, B.T.copy() if turn_b else B, transpose_a=turn_a, transpose_b=turn_b)
    np.testing.assert_array_equal(product, A @ B)


def test_sizes_and_ranks_that_do_not_fit_are_told():
    assert shape_complaint("MatMul", A, A) == "Dimensions must be equal, but are 3 and 2"
    assert complaint(fed, "MatMul", A, A) == "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]"
    assert shape_complaint("MatMul", A[0], A[0]) == "Shape must be rank 2 but is rank 1"
    assert complaint(fed, "MatMul", A[0], A[0]) == "In[0] ndims must be >= 2: 1"


def test_a_stretched_operand_gives_the_same_product():
    stretched = np.broadcast_to(np.float64(2.0), (2, 3))
    np.testing.assert_array_equal(fed("MatMul", stretched, B), np.full((2, 3), 2.0) @ B)


def test_batches_stretch_in_the_second_form_only():
    x, y = np.ones((2, 3, 4), np.float32), np.ones((5, 4, 6), np.float32)
    assert shape_complaint("BatchMatMulV2", x, y) == "Dimensions must be equal, but are 2 and 5"
    assert complaint(fed, "BatchMatMulV2", x, y) == "In[0] and In[1] must have compatible batch dimensions: [2,3,4] vs. [5,4,6]"
    assert run("BatchMatMulV2", x, y[:1]).shape == (2, 3, 6)
    assert complaint(fed, "BatchMatMul", x, y[:1]).startswith("In[0] and In[1] must have compatible batch dimensions")


def test_adjoint_takes_the_conjugate_too():
    z = np.array([[[1j, 2.0], [0.0, 1 - 1j]]])
    np.testing.assert_array_equal(run("BatchMatMulV2", z, z, adj_x=True), np.swapaxes(z, 1, 2).conj() @ z)


def test_band_part_keeps_the_diagonals_that_are_asked_for():
    ones = np.ones((3, 4), np.float32)
    np.testing.assert_array_equal(run("MatrixBandPart", ones, 1, 0), np.tril(np.triu(ones, -1)))
    np.testing.assert_array_equal(run("MatrixBandPart", ones, -1, 1), np.tril(ones, 1))
    assert complaint(run, "MatrixBandPart", ones, 9, 0).startswith(
        "num_lower must be negative or less or equal to number of rows (3) got: 9"
    )


def test_diagonals_are_made_taken_and_replaced():
    made = run("MatrixDiag", [[1.0, 2.0]])
    np.testing.assert_array_equal(made, [[[1, 0], [0, 2]]])
    np.testing.assert_array_equal(run("MatrixDiagPart", made), [[1, 2]])
    np.testing.assert_array_equal(run("MatrixSetDiag", made, [[8.0, 9.0]]), [[[8, 0], [0, 9]]])
    np.testing.assert_array_equal(run("DiagPart", run("Diag", [3.0, 4.0])), [3, 4])
