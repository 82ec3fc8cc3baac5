"""`trace_nan`: who made the first NaN."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_finite_runs_say_so(session):
    trace = tf.trace_nan(tf.constant(1.0) * 2.0)
    assert not trace.found and trace.first is None and "are finite" in str(trace)


def test_the_operation_its_inputs_and_its_line_are_named(session):
    p = tf.placeholder(tf.float32, [2, 2], name="p")
    loss = tf.reduce_sum(tf.log(p, name="log_p"))
    trace = tf.trace_nan(loss, {p: [[1.0, 2.0], [0.0, 3.0]]})
    assert trace.first.op.name == "log_p" and trace.first.kind == "infinity" and trace.reaches == ["Sum:0"]
    text = str(trace)
    assert "made infinity (1 of its 4 values)" in text and "test_trace_nan.py" in text and "at [1,0]" in text
    assert "softmax_cross_entropy_with_logits" in text


def test_an_infinity_that_becomes_nan_is_told_in_two_steps(session):
    x = tf.constant([100.0, 1.0])
    e = tf.exp(x)
    trace = tf.trace_nan(e / tf.reduce_sum(e))
    assert [(step.op.type, step.kind) for step in trace.steps] == [("Exp", "infinity"), ("RealDiv", "NaN")]


def test_the_gradient_of_a_training_step_is_traced_to_the_forward_op(session):
    w = tf.Variable([0.0, 4.0], name="w")
    loss = tf.reduce_sum(tf.sqrt(w, name="root"))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    session.run(tf.global_variables_initializer())
    trace = tf.trace_nan(train)
    assert trace.reaches == ["w"] and "the gradient of root (op type Sqrt" in " ".join(str(trace).split())
    assert session.run(w).tolist() == [0.0, 4.0]


def test_loops_tell_the_iteration(session):
    _, x = tf.while_loop(lambda i, _: i < 100, lambda i, x: (i + 1, x * 10.0), (tf.constant(0), tf.constant(1.0)))
    trace = tf.trace_nan(x)
    assert trace.first.op.type == "Mul" and trace.first.run == 39  # 10^39 is above 3.4e38
    assert "run number 39" in str(trace)


def test_branches_are_followed(session):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.cond(x < 0.0, lambda: tf.sqrt(x, name="bad"), lambda: tf.sqrt(x))
    assert tf.trace_nan(y, {x: -1.0}).first.op.name == "cond/bad"
    assert not tf.trace_nan(y, {x: 1.0}).found


def test_what_is_bad_from_the_start_is_told(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    w = tf.Variable([np.nan, 1.0], name="w")
    v = tf.get_variable("v", initializer=[np.inf], use_resource=True)
    session.run([w.initializer, v.initializer])
    assert "What was fed to x:0 has NaN" in str(tf.trace_nan(x * 2.0, {x: [np.nan, 1.0]}))
    assert "The variable w holds NaN" in str(tf.trace_nan(w * 2.0))
    assert "The variable w holds NaN" in str(tf.trace_nan(w))
    assert "The variable v holds infinity" in str(tf.trace_nan(v * 2.0))
    assert "perhaps on purpose" in str(tf.trace_nan(tf.constant([-np.inf]) + 1.0))


def test_an_infinity_that_does_no_harm_is_told_as_such(session):
    x = tf.constant([0.0, 1.0])
    trace = tf.trace_nan(tf.where(x > 0.0, tf.log(x), x))
    assert trace.first.op.type == "Log" and trace.reaches == [] and "finite all the same" in str(trace)


def test_random_ops_draw_what_the_next_run_draws(session):
    x = tf.random_uniform([], -1.0, 0.0, seed=3)
    y = tf.sqrt(x)
    trace = tf.trace_nan([x, y])
    before = trace.first.inputs[0][1]
    assert before == session.run(x)


def test_wrong_questions_are_refused_as_a_run_refuses_them(session):
    x = tf.placeholder(tf.float32, [], name="x")
    with pytest.raises(tf.errors.InvalidArgumentError, match="feed a value for placeholder tensor 'x'"):
        tf.trace_nan(x + 1.0)
    with pytest.raises(TypeError, match="invalid type"):
        tf.trace_nan(None)
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.trace_nan(tf.Variable(1.0) + 1.0)


def test_a_session_is_needed():
    with pytest.raises(ValueError, match="A session is needed"):
        tf.trace_nan(tf.constant(1.0))
