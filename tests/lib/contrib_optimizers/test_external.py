"""Optimizers that live outside the graph, on problems whose solution is known."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names

pytest.importorskip("scipy")

KINDS = pytest.mark.parametrize("resource", [False, True], ids=["reference", "resource"])


def rosenbrock(w):
    return 100.0 * tf.square(w[1] - tf.square(w[0])) + tf.square(1.0 - w[0])


@KINDS
@pytest.mark.parametrize("method", ["L-BFGS-B", "CG", "BFGS", "TNC"])
def test_scipys_optimizers_find_the_minimum(method, resource):
    w = tf.Variable([-1.2, 1.0], dtype=tf.float64, use_resource=resource)
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(rosenbrock(w), var_list=[w], method=method, tol=1e-9)
    with initialized() as session:
        optimizer.minimize(session)
        np.testing.assert_allclose(session.run(w), [1.0, 1.0], atol=2e-3)


def test_several_variables_of_any_shape_and_type_are_one_vector():
    a = tf.Variable(tf.zeros([2, 3]))
    b = tf.Variable(0.0)
    loss = tf.reduce_sum(tf.square(a - [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])) + tf.square(b - 7.0)
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(loss)
    with initialized() as session:
        optimizer.minimize(session)
        np.testing.assert_allclose(session.run(a), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], rtol=1e-4)
        np.testing.assert_allclose(session.run(b), 7.0, rtol=1e-4)


def test_constraints_hold_at_the_end():
    w = tf.Variable([7.0, 7.0], dtype=tf.float64)
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(
        tf.reduce_sum(tf.square(w)), equalities=[w[0] - 1.0], inequalities=[w[1] - 2.0], method="SLSQP"
    )
    with initialized() as session:
        optimizer.minimize(session)
        np.testing.assert_allclose(session.run(w), [1.0, 2.0], atol=1e-6)


def test_bounds_hold_at_the_end():
    w = tf.Variable([7.0, 7.0])
    free = tf.Variable(3.0)
    loss = tf.reduce_sum(tf.square(w)) + tf.square(free + 5.0)
    bounds = {w: ([1.0, -np.inf], np.inf)}
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(loss, var_to_bounds=bounds)
    with initialized() as session:
        optimizer.minimize(session)
        np.testing.assert_allclose(session.run(w), [1.0, 0.0], atol=1e-4)
        np.testing.assert_allclose(session.run(free), -5.0, rtol=1e-4)


def test_callbacks_see_the_fetches_and_the_vector():
    w = tf.Variable([3.0, 4.0])
    scale = tf.placeholder(tf.float32, [])
    loss = scale * tf.reduce_sum(tf.square(w))
    losses, steps = [], []
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(loss)
    with initialized() as session:
        optimizer.minimize(
            session, feed_dict={scale: 2.0}, fetches=[loss, w], loss_callback=lambda value, at: losses.append((value, at.tolist())),
            step_callback=lambda x: steps.append(x.shape),
        )  # fmt: skip
    assert losses[0] == (50.0, [3.0, 4.0])
    assert losses[-1][0] < 1e-3
    assert steps
    assert set(steps) == {(2,)}


def test_how_it_ended_is_logged_as_tensorflow_does(caplog):
    w = tf.Variable([7.0, 7.0])
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(tf.reduce_sum(tf.square(w)), options={"maxiter": 100})
    tf.logging.set_verbosity(tf.logging.INFO)
    try:
        with caplog.at_level("INFO", logger="tensorflow"), initialized() as session:
            optimizer.minimize(session)
    finally:
        tf.logging.set_verbosity(tf.logging.WARN)
    lines = caplog.records[-1].getMessage().splitlines()
    assert lines[0] == "Optimization terminated with:"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  Message", "  Objective function value", "  Number of iterations", "  Number of functions evaluations",
    ]  # fmt: skip
    assert lines[2] == "  Objective function value: 0.000000"


def test_what_is_set_by_the_interface_cannot_be_set_again():
    w = tf.Variable([7.0, 7.0])
    for argument, message in (("bounds", "var_to_bounds"), ("jac", "'jac' is set automatically")):
        optimizer = tf.contrib.opt.ScipyOptimizerInterface(tf.reduce_sum(tf.square(w)), **{argument: None})
        with initialized() as session, pytest.raises(ValueError, match=message):
            optimizer.minimize(session)


@KINDS
def test_a_failure_leaves_the_variables_as_they_were(resource):
    w = tf.Variable([3.0, 4.0], use_resource=resource)
    calls = []

    def fail(x):
        calls.append(x)
        raise KeyError("enough")

    optimizer = tf.contrib.opt.ScipyOptimizerInterface(rosenbrock(w))
    with initialized() as session:
        with pytest.raises(KeyError, match="enough"):
            optimizer.minimize(session, step_callback=fail)
        np.testing.assert_array_equal(session.run(w), [3.0, 4.0])
    assert len(calls) == 1


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg"])
def test_newtons_method_finds_the_minimum_with_few_steps(method):
    w = tf.Variable([-1.2, 1.0], dtype=tf.float64)
    steps = []
    optimizer = tf.contrib.opt.NewtonCGOptimizerInterface(rosenbrock(w), method=method, tol=1e-10)
    with initialized() as session:
        optimizer.minimize(session, step_callback=lambda x: steps.append(np.array(x)))
        np.testing.assert_allclose(session.run(w), [1.0, 1.0], atol=1e-7)
    assert 5 < len(steps) < 100


def test_the_product_with_the_hessian_is_that_of_the_hessian():
    w = tf.Variable([-1.2, 1.0], dtype=tf.float64)
    loss = rosenbrock(w)
    optimizer = tf.contrib.opt.NewtonCGOptimizerInterface(loss)
    (hessian,) = tf.hessians(loss, [w])
    with initialized() as session:
        vector = np.array([0.5, -2.0])
        product = session.run(optimizer._product, {optimizer._vector: vector})
        np.testing.assert_allclose(product, session.run(hessian) @ vector)


def test_a_quadratic_takes_newton_few_steps():
    rng = np.random.RandomState(0)
    matrix = rng.standard_normal((6, 6))
    matrix = matrix @ matrix.T + np.eye(6)
    target = rng.standard_normal(6)
    w = tf.Variable(np.zeros(6))
    away = tf.expand_dims(w - target, 1)
    loss = tf.reduce_sum(away * tf.matmul(tf.constant(matrix), away))
    steps = []
    optimizer = tf.contrib.opt.NewtonCGOptimizerInterface(loss, tol=1e-10)
    with initialized() as session:
        optimizer.minimize(session, step_callback=lambda x: steps.append(1))
        np.testing.assert_allclose(session.run(w), target, atol=1e-6)
    assert len(steps) <= 10


def test_wrong_arguments_leave_nothing_in_the_graph():
    w = tf.Variable([1.0, 2.0])
    loss = tf.reduce_sum(w)
    before = names()
    with pytest.raises(ValueError, match="method must be one of Newton-CG"):
        tf.contrib.opt.NewtonCGOptimizerInterface(loss, method="BFGS")
    with pytest.raises(TypeError):
        tf.contrib.opt.ScipyOptimizerInterface(loss, equalities=[object()])
    assert names() == before


def test_there_must_be_variables_and_a_session():
    c = tf.constant(1.0)
    with pytest.raises(ValueError, match="No variables to optimize"):
        tf.contrib.opt.ScipyOptimizerInterface(c)
    w = tf.Variable(1.0)
    with pytest.raises(ValueError, match="minimize needs a session"):
        tf.contrib.opt.ScipyOptimizerInterface(tf.square(w)).minimize()
