"""The op Einsum."""

import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run, shape_complaint

RANDOM = np.random.default_rng(5)


CASES = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ii->i", [(3, 3)]),
    ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]),
    ("ijk,kl,lm->im", [(2, 3, 4), (4, 5), (5, 2)]),
]


@pytest.mark.parametrize(("equation", "shapes"), CASES)
def test_agrees_with_numpy(equation, shapes):
    arrays = tuple(RANDOM.normal(size=shape) for shape in shapes)
    np.testing.assert_allclose(run("Einsum", arrays, equation=equation), np.einsum(equation, *arrays), atol=1e-12)


def test_a_letter_twice_in_the_result_makes_a_diagonal():
    np.testing.assert_array_equal(run("Einsum", (np.array([1.0, 2.0]),), equation="i->ii"), [[1, 0], [0, 2]])


def test_axes_of_an_ellipsis_may_be_summed():
    x = RANDOM.normal(size=(2, 3, 4))
    np.testing.assert_allclose(run("Einsum", (x,), equation="...j->j"), x.sum((0, 1)))


def test_ranks_and_sizes_that_do_not_fit_are_told():
    x = np.zeros((2, 3))
    assert shape_complaint("Einsum", (x, x), equation="ij,jk->ik") == "Dimensions must be equal, but are 3 and 2"
    assert shape_complaint("Einsum", (x, x[0]), equation="ij,jk->ik") == "Shape must be rank 2 but is rank 1"
    assert complaint(fed, "Einsum", (x[0], x), equation="ij,jk->ik") == "Expected input 0 to have rank 2 but got: 1"
    assert complaint(fed, "Einsum", (x, x), equation="ij,jk->ik").startswith("Expected dimension 3 at axis 0")
