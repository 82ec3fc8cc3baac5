"""Einstein's summation."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

SIZES = {"a": 2, "b": 3, "c": 4, "d": 2, "e": 3, "i": 3, "j": 4, "k": 2, "n": 2}
EQUATIONS = [
    "ij,jk->ik", "ij,jk", "ij,ij->", "ij->ji", "ij->", "ij->j", "ij", "i,j->ij", "ij,ij->ij", "ij,j->i", "nij,njk->nik", "nij,jk->nik",
    "abc,cde->abde", "abcd,abce->abde", "ii->i", "ii", "iij->j", "ij,jk,kn->in", "ijk,kji->", "abc,abd->bcd", "a,b,c->abc", "i->i",
    "ab,cd->", "abij,nij->nab",
]  # fmt: skip


def arrays(equation):
    random = np.random.RandomState(0)
    terms = equation.partition("->")[0].split(",")
    return [random.standard_normal([SIZES[letter] for letter in term]) for term in terms]


@pytest.mark.parametrize("equation", EQUATIONS)
def test_an_equation_means_what_it_means_for_arrays(equation, run):
    values = arrays(equation)
    result = tf.einsum(equation, *values)
    expected = np.einsum(equation, *values)
    assert result.shape.as_list() == list(expected.shape)
    np.testing.assert_allclose(run(result), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_sizes_may_be_unknown(equation, run):
    values = arrays(equation)
    placeholders = [tf.placeholder(tf.float64, [None] * value.ndim) for value in values]
    result = run(tf.einsum(equation, *placeholders), dict(zip(placeholders, values)))
    np.testing.assert_allclose(result, np.einsum(equation, *values), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [("...ij,...jk->...ik", [(5, 2, 3), (5, 3, 4)]), ("...i,i->...", [(2, 3), (3,)]), ("i...->...", [(3, 2)]),
     ("...ij,jk->...ik", [(5, 2, 3), (3, 4)]), ("...,...->...", [(4, 1), (3,)])],
)  # fmt: skip
def test_an_ellipsis_stands_for_any_axes(equation, shapes, run):
    values = [np.random.RandomState(0).standard_normal(shape) for shape in shapes]
    np.testing.assert_allclose(run(tf.einsum(equation, *values)), np.einsum(equation, *values))


def test_gradients_flow_through_every_operand(run):
    values = arrays("ij,jk->ik")
    a, b = tf.constant(values[0]), tf.constant(values[1])
    grad_a, grad_b = run(tf.gradients(tf.einsum("ij,jk->ik", a, b), [a, b]))
    np.testing.assert_allclose(grad_a, np.ones((3, 2)) @ values[1].T)
    np.testing.assert_allclose(grad_b, values[0].T @ np.ones((3, 2)))


def test_the_number_of_inputs_must_be_that_of_the_terms():
    with pytest.raises(ValueError, match='^Got 1 inputs for equation "ij,jk", expecting 2'):
        tf.einsum("ij,jk", tf.zeros([2, 2]))


@pytest.mark.parametrize("equation", ["i1->i", "i.j->ij", "ij->ik", "ij->ii", "i..->i"])
def test_malformed_equations_are_refused(equation):
    with pytest.raises(ValueError, match="Indices have incorrect format|Unknown or repeated output label"):
        tf.einsum(equation, tf.zeros([2, 2]))


def test_sizes_that_differ_are_refused_and_leave_no_node(nodes):
    a, b = tf.zeros([2, 3]), tf.zeros([4, 5])
    with pytest.raises(ValueError, match="^Dimensions must be equal, but are 3 and 4"):
        tf.einsum("ij,jk->ik", a, b)
    assert len(nodes()) == 2


def test_a_rank_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="^Shape must be rank 2 but is rank 3"):
        tf.einsum("ij->ji", tf.zeros([2, 2, 2]))


def test_a_rank_that_is_known_late_is_checked_when_the_graph_runs(run):
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    product = tf.einsum("ij,jk->ik", a, b)
    assert run(product, {a: [[2.0]], b: [[3.0]]}).tolist() == [[6.0]]
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(product, {a: [1.0], b: [1.0]})
