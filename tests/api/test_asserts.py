"""Assertions while the graph is built and while it runs."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

InvalidArgument = tf.errors.InvalidArgumentError
HOLD = [
    (tf.assert_equal, [1, 2], [1, 2]), (tf.assert_none_equal, [1, 2], [3, 4]), (tf.assert_less, [1], [2]),
    (tf.assert_less_equal, [1, 2], [2, 2]), (tf.assert_greater, [3], [2]), (tf.assert_greater_equal, [2, 3], [2, 2]),
]  # fmt: skip
FAIL = [
    (tf.assert_equal, [1, 2], [1, 3], "=="), (tf.assert_none_equal, [1, 2], [1, 4], "!="), (tf.assert_less, [1], [1], "<"),
    (tf.assert_less_equal, [3], [2], "<="), (tf.assert_greater, [2], [2], ">"), (tf.assert_greater_equal, [1], [2], ">="),
]  # fmt: skip


@pytest.mark.parametrize(("check", "x", "y"), HOLD)
def test_what_holds_passes(check, x, y, run):
    p = tf.placeholder(tf.int32)
    run([check(x, y), check(p, y)], {p: x})


@pytest.mark.parametrize(("check", "x", "y", "symbol"), FAIL)
def test_known_values_fail_at_once(check, x, y, symbol, nodes):
    with pytest.raises(InvalidArgument, match=f"^why\nCondition x {symbol} y did not hold element-wise:"):
        check(x, y, message="why")
    assert nodes() == []


@pytest.mark.parametrize(("check", "x", "y", "symbol"), FAIL)
def test_other_values_fail_when_the_graph_runs(check, x, y, symbol, run):
    p = tf.placeholder(tf.int32, name="p")
    with tf.control_dependencies([check(p, y, message="why")]):
        t = tf.identity(p)
    with pytest.raises(InvalidArgument, match=rf"assertion failed: \[why\] \[Condition x {symbol} y did not hold element-wise:\]"):
        run(t, {p: x})


def test_a_tensor_equals_itself(nodes):
    x = tf.placeholder(tf.float32, name="x")
    tf.assert_equal(x, x)
    assert nodes(1) == [("assert_equal/NoOp", "NoOp")]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [(tf.assert_positive, 1, 0), (tf.assert_negative, -1, 0), (tf.assert_non_negative, 0, -1), (tf.assert_non_positive, 0, 1)],
)
def test_signs(check, good, bad, run):
    p = tf.placeholder(tf.float32)
    assertion = check(p)
    run([check([good]), assertion], {p: [good]})
    with pytest.raises(InvalidArgument, match="0 did not hold element-wise"):
        run(assertion, {p: [good, bad]})
    with pytest.raises(InvalidArgument, match="0 did not hold element-wise"):
        check([bad])


def test_nearness_depends_on_the_tolerances(run):
    p = tf.placeholder(tf.float64)
    near = tf.assert_near(p, [1.0], rtol=0.0, atol=0.1)
    run(near, {p: [1.05]})
    with pytest.raises(InvalidArgument, match="x and y not equal to tolerance"):
        run(near, {p: [1.2]})


def test_ranks():
    x = tf.zeros([2, 2])
    assert tf.assert_rank(x, 2).type == tf.assert_rank_at_least(x, 1).type == tf.assert_rank_in(x, (1, 2)).type == "NoOp"
    with pytest.raises(ValueError, match=r"^Tensor zeros:0 must have rank 3.  Received rank 2, shape \(2, 2\)"):
        tf.assert_rank(x, 3)
    with pytest.raises(ValueError, match=r"must have rank at least 3"):
        tf.assert_rank_at_least(x, 3)
    with pytest.raises(ValueError, match=r"must have rank in \(0, 1\)"):
        tf.assert_rank_in(x, (0, 1))
    with pytest.raises(ValueError, match=r"^Rank must be a scalar."):
        tf.assert_rank(x, [2])


def test_unknown_ranks_are_checked_when_the_graph_runs(run):
    p = tf.placeholder(tf.float32)
    checks = [tf.assert_rank(p, 1), tf.assert_rank_at_least(p, 1), tf.assert_rank_in(p, (1, 2))]
    run(checks, {p: [1.0]})
    for check in checks:
        with pytest.raises(InvalidArgument, match="must have rank"):
            run(check, {p: 1.0})


def test_types():
    x = tf.zeros([1])
    assert tf.assert_type(x, tf.float32).type == "NoOp"
    with pytest.raises(TypeError, match="must be of type tf.int32; got tf.float32"):
        tf.assert_type(x, tf.int32)
    with pytest.raises(TypeError, match='Expected "x" to be integer type'):
        tf.assert_integer(x)
    assert tf.assert_same_float_dtype([x, None, x]) == tf.float32
    with pytest.raises(ValueError, match="has type float64"):
        tf.assert_same_float_dtype([x, tf.zeros([1], tf.float64)])


def test_scalars_and_iterables():
    assert tf.assert_scalar(3.0).shape.as_list() == []
    with pytest.raises(ValueError, match="Expected scalar shape"):
        tf.assert_scalar([3.0])
    tf.assert_proper_iterable([1])
    for wrong in (tf.zeros([1]), np.zeros(1), "text", 3):
        with pytest.raises(TypeError, match="^Expected argument 'values' to be"):
            tf.assert_proper_iterable(wrong)


def test_an_assertion_shows_its_data(run):
    p = tf.placeholder(tf.float32, [])
    with pytest.raises(InvalidArgument, match=r"assertion failed: \[p must be positive\] \[-5\]"):
        run(tf.Assert(p > 0, ["p must be positive", p]), {p: -5.0})


def test_numeric_tensors():
    assert tf.is_numeric_tensor(tf.constant(1))
    assert not tf.is_numeric_tensor(tf.constant("a"))
    assert not tf.is_numeric_tensor(3)
