"""Reductions."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

X = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]], np.float64)
PAIRS = [
    (tf.reduce_sum, np.sum), (tf.reduce_mean, np.mean), (tf.reduce_max, np.max), (tf.reduce_min, np.min), (tf.reduce_prod, np.prod),
    (tf.math.reduce_variance, np.var), (tf.math.reduce_std, np.std),
]  # fmt: skip


@pytest.mark.parametrize("axis", [None, 0, 1, -1, [0, 1], []], ids=str)
@pytest.mark.parametrize(("ours", "numpys"), PAIRS)
def test_reductions_equal_numpys(ours, numpys, axis, run):
    expected = numpys(X, axis=tuple(axis) if isinstance(axis, list) else axis)
    np.testing.assert_allclose(run(ours(X, axis)), expected, rtol=1e-12)


@pytest.mark.parametrize(("ours", "numpys"), PAIRS)
def test_kept_axes_have_size_one(ours, numpys, run):
    assert run(ours(X, 1, keepdims=True)).shape == (2, 1)


def test_logsumexp_cannot_overflow(run):
    np.testing.assert_allclose(run(tf.reduce_logsumexp([1000.0, 1000.0])), 1000.0 + np.log(2.0))
    np.testing.assert_allclose(run(tf.reduce_logsumexp(X, 1)), np.log(np.exp(X).sum(1)))
    assert run(tf.reduce_logsumexp([-np.inf, -np.inf])) == -np.inf


def test_booleans(run):
    x = [[True, False], [True, True]]
    assert run([tf.reduce_all(x), tf.reduce_any(x)]) == [False, True]
    assert run(tf.reduce_all(x, 1)).tolist() == [False, True]


def test_all_axes_of_an_unknown_rank(run):
    x = tf.placeholder(tf.float64)
    assert run(tf.reduce_sum(x), {x: X}) == X.sum()


def test_a_reduction_over_all_axes_names_its_axes(nodes):
    tf.reduce_mean(tf.placeholder(tf.float32, [2, 3], name="x"))
    assert nodes(1) == [("Const", "Const"), ("Mean", "Mean")]


def test_a_scalar_is_reduced_as_the_release_does(nodes, first_release):
    tf.reduce_mean(tf.placeholder(tf.float32, [], name="x"))
    assert nodes(1) == [("Const", "Const"), ("Mean", "Mean")]
    tf.set_release("2.21")
    tf.reduce_mean(tf.placeholder(tf.float32, [], name="x"))
    assert [kind for _, kind in nodes(4)] == ["Const", "Const", "Const", "Range", "Mean"]


def test_old_argument_names(run):
    assert run(tf.reduce_sum(X, reduction_indices=[1], keep_dims=True)).shape == (2, 1)
    assert run(tf.argmax(X, dimension=1)).tolist() == [0, 1]


def test_an_argument_under_both_names_is_refused():
    with pytest.raises(ValueError, match="^Cannot specify both 'reduction_indices' and 'axis'"):
        tf.reduce_sum(X, axis=0, reduction_indices=0)


def test_an_axis_out_of_range_is_refused_and_leaves_no_node(nodes):
    x = tf.zeros([2, 3])
    with pytest.raises(ValueError, match="^Invalid reduction dimension 2 for input with 2 dimensions"):
        tf.reduce_sum(x, axis=2)
    assert len(nodes()) == 1


def test_positions_of_extremes(run):
    assert run(tf.argmax(X, 1)).tolist() == [0, 1]
    assert run(tf.argmin(X)).tolist() == [1, 0, 1]
    assert tf.argmax(X, 1, output_type=tf.int32).dtype == tf.int32


def test_counting_nonzeros(run):
    assert run(tf.count_nonzero([[0, 1, 2], [0, 0, 3]])) == 3
    assert run(tf.count_nonzero([[0, 1, 2], [0, 0, 3]], axis=1, dtype=tf.int32)).tolist() == [2, 1]


def test_running_sums_and_products(run):
    np.testing.assert_allclose(run(tf.cumsum(X, axis=1)), np.cumsum(X, 1))
    np.testing.assert_allclose(run(tf.cumprod(X, axis=0)), np.cumprod(X, 0))
    np.testing.assert_allclose(run(tf.cumsum([1.0, 2.0, 3.0], exclusive=True, reverse=True)), [5.0, 3.0, 0.0])


def test_a_variable_is_reduced_as_the_release_does(nodes, first_release):
    v = tf.Variable([1.0, 2.0])
    mark = len(nodes())
    tf.reduce_mean(v)
    assert [kind for _, kind in nodes(mark)] == ["Const", "Const", "Const", "Range", "Mean"]
    tf.set_release("2.21")
    tf.reduce_mean(v)
    assert [kind for _, kind in nodes(mark + 5)] == ["Const", "Mean"]
