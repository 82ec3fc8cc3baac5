import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_the_first_condition_that_holds_decides(session):
    x = tf.placeholder(tf.float32, [])
    y = tf.case([(x < 0, lambda: tf.constant(1)), (x < 10, lambda: tf.constant(2))], default=lambda: tf.constant(3))
    assert [session.run(y, {x: value}) for value in (-1.0, 5.0, 20.0)] == [1, 2, 3]


def test_without_a_default_one_must_hold(session):
    x = tf.placeholder(tf.float32, [])
    y = tf.case([(x < 0, lambda: x * 2), (x > 1, lambda: x * 3)])
    assert session.run(y, {x: -1.0}) == -2.0
    assert session.run(y, {x: 2.0}) == 6.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="None of conditions evaluated as True"):
        session.run(y, {x: 0.5})


def test_exclusive_conditions_are_checked(session):
    x = tf.placeholder(tf.int32, [])
    y = tf.case({x > 0: lambda: tf.constant(1), x > 1: lambda: tf.constant(2)}, default=lambda: tf.constant(3), exclusive=True)
    assert session.run(y, {x: 1}) == 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 1 conditions"):
        session.run(y, {x: 5})


def test_branches_are_chosen_by_number_and_the_last_is_the_default(session):
    x = tf.placeholder(tf.int32, [])
    y = tf.switch_case(x, {0: lambda: tf.constant(10), 1: lambda: tf.constant(20)})
    assert [session.run(y, {x: value}) for value in (0, 1, 7, -1)] == [10, 20, 20, 20]
    z = tf.switch_case(x, [lambda: tf.constant(10)], default=lambda: tf.constant(0))
    assert [session.run(z, {x: value}) for value in (0, 3)] == [10, 0]


@pytest.mark.parametrize(
    "call, kind, text",
    [
        (lambda p: tf.case(3), TypeError, "must be a list, tuple, or dict"),
        (lambda p: tf.case([p]), TypeError, "must be a 2-tuple"),
        (lambda p: tf.case([(True, lambda: 1)]), TypeError, "pred must be a Tensor"),
        (lambda p: tf.case([(p, 3)]), TypeError, "must be callable"),
        (lambda p: tf.switch_case(1, [lambda: 1]), TypeError, "'branch_index' must be a Tensor"),
        (lambda p: tf.switch_case(tf.constant(1), []), ValueError, "at least one item"),
        (lambda p: tf.switch_case(tf.constant(1), {1: lambda: 1}), ValueError, "contiguous range"),
    ],
)
def test_wrong_arguments_are_refused(session, call, kind, text):
    with pytest.raises(kind, match=text):
        call(tf.constant(True))


def test_a_hundred_branches_run_too(session):
    x = tf.placeholder(tf.int32, [])
    pairs = [(tf.equal(x, number), lambda number=number: tf.constant(number * number)) for number in range(100)]
    y = tf.case(pairs, default=lambda: tf.constant(-1))
    assert [session.run(y, {x: value}) for value in (0, 99, 500)] == [0, 9801, -1]


@pytest.mark.parametrize("release", ["1.15", "2.21"])
def test_a_switch_chooses_by_number_and_is_differentiated(release):
    tf.set_release(release)
    try:
        with tf.Graph().as_default() as graph, tf.Session() as session:
            x, y = tf.placeholder_with_default([1.0, 2.0], [2]), tf.placeholder_with_default(3.0, [])
            index = tf.placeholder(tf.int32, [])
            out = tf.switch_case(index, [lambda: {"a": x * y}, lambda: {"a": x * x}], default=lambda: {"a": -x})["a"]
            grads = tf.gradients(out, [x, y], unconnected_gradients=tf.UnconnectedGradients.ZERO)
            found = [session.run([out, *grads], {index: number}) for number in (0, 1, 7)]
            kinds = {op.type for op in graph.get_operations()}
    finally:
        tf.set_release("1.15")
    assert ("StatelessCase" in kinds) == (release == "2.21")
    assert [[np.ravel(part).tolist() for part in parts] for parts in found] == [
        [[3.0, 6.0], [3.0, 3.0], [3.0]], [[1.0, 4.0], [2.0, 4.0], [0.0]], [[-1.0, -2.0], [-1.0, -1.0], [0.0]],
    ]  # fmt: skip


def test_gradients_reach_a_constant_outside_of_the_branches():
    tf.set_release("2.21")
    try:
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.constant(3.0)
            out = tf.switch_case(tf.constant(1), [lambda: x, lambda: x * x])
            assert session.run(tf.gradients(out, x)) == [6.0]
    finally:
        tf.set_release("1.15")


def test_a_branch_with_a_variable_can_be_differentiated_by_it_in_both_releases():
    tf.set_release("2.21")
    try:
        with tf.Graph().as_default(), tf.Session() as session:
            v = tf.Variable(2.0, use_resource=True)
            out = tf.switch_case(tf.constant(0), [lambda: v * 3.0, lambda: v * v])
            session.run(v.initializer)
            assert session.run([out, *tf.gradients(out, v)]) == [6.0, 3.0]
    finally:
        tf.set_release("1.15")
