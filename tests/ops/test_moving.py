import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run, shape_complaint

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_transpose_wants_a_permutation_of_all_axes():
    assert shape_complaint("Transpose", X, [0, 1, 2]) == "Dimension must be 2 but is 3"
    assert complaint(run, "Transpose", X, [0, 0]) == "1 is missing from {0,0}."
    assert complaint(fed, "Transpose", X, [0, 5]) == "5 is out of range [0 .. 2)"


def test_conjugate_transpose_changes_the_sign_of_imaginary_parts():
    z = np.array([[1 + 2j, 3j]], np.complex64)
    np.testing.assert_array_equal(run("ConjugateTranspose", z, [1, 0]), z.conj().T)


def test_invert_permutation_undoes_and_checks():
    np.testing.assert_array_equal(run("InvertPermutation", [2, 0, 1]), [1, 2, 0])
    assert complaint(run, "InvertPermutation", [0, 0]) == "0 is duplicated in the input."
    assert complaint(fed, "InvertPermutation", [0, 2]) == "2 is not between 0 and 2"


def test_reverse_refuses_an_axis_named_twice():
    np.testing.assert_array_equal(run("ReverseV2", X, [-1]), X[:, ::-1])
    assert shape_complaint("ReverseV2", X, [0, -2]) == "axis 0 specified more than once."
    assert complaint(fed, "ReverseV2", X, [0, 0]) == "axis 0 specified more than once."


def test_roll_may_shift_one_axis_twice():
    np.testing.assert_array_equal(run("Roll", np.arange(5), [1, 1], [0, 0]), [3, 4, 0, 1, 2])


@pytest.mark.parametrize("batch_dim", [0, 1])
def test_reverse_sequence_turns_the_beginning_of_each_row(batch_dim):
    rows = np.arange(8).reshape(2, 4)
    wanted = np.array([[1, 0, 2, 3], [6, 5, 4, 7]])
    if batch_dim:
        rows, wanted = rows.T.copy(), wanted.T
    np.testing.assert_array_equal(run("ReverseSequence", rows, [2, 3], seq_dim=1 - batch_dim, batch_dim=batch_dim), wanted)
    assert complaint(fed, "ReverseSequence", rows, [2, 9], seq_dim=1 - batch_dim, batch_dim=batch_dim) == (
        f"seq_lens(1) > input.dims({1 - batch_dim})"
    )
