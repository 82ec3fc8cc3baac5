"""`explain`: the backward pass as a derivation."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


@pytest.fixture
def quadratic(session):
    w = tf.Variable(0.0, name="w")
    cost = w**2 - 10 * w + 25
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
    session.run(tf.global_variables_initializer())
    return w, cost, train


def test_the_quadratic_is_derived_step_by_step(quadratic):
    text = str(tf.explain(quadratic[1]))
    for line in (
        "w       variable  w     0",
        "v2      10 · w    mul   0",
        "    ∂L/∂v4 = 1",
        "    ∂L/∂v2 = ∂L/∂v3 · ∂v3/∂v2\n           = ∂L/∂v3 · (-1)\n           = 1 · (-1) = -1",
        "    ∂L/∂w = ∂L/∂v2 · ∂v2/∂w + ∂L/∂v1 · ∂v1/∂w\n          = ∂L/∂v2 · 10 + ∂L/∂v1 · 2 · w^(2-1)\n          = (-1) · 10 + 1 · 0\n"
        "          = -10 + 0 = -10",
        "w → w - 0.01 · ∂L/∂w = 0 - 0.01 · (-10) = 0.1",
    ):
        assert line in text


def test_markdown_and_latex_say_the_same_in_mathematics(quadratic):
    explanation = tf.explain(quadratic[1])
    for text in (explanation.markdown(), explanation.latex(), explanation._repr_markdown_()):
        assert r"\begin{aligned} \frac{\partial L}{\partial v_{2}} &= \frac{\partial L}{\partial v_{3}} \cdot" in text
        assert text.count("{") == text.count("}")
        assert r"w \to w - 0.01 \cdot \frac{\partial L}{\partial w}" in text


def test_logistic_regression_sums_over_what_was_broadcast(session):
    x, y = tf.placeholder(tf.float32, [None, 2], name="x"), tf.placeholder(tf.float32, [None, 1], name="y")
    weights, b = tf.Variable([[1.0], [-1.0]], name="weights"), tf.Variable(0.5, name="b")
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=tf.matmul(x, weights) + b))
    session.run(tf.global_variables_initializer())
    explanation = tf.explain(loss, feed_dict={x: [[1, 2], [0, 1]], y: [[1], [0]]})
    text = str(explanation)
    assert "= x^T ∂L/∂v1" in text and "∂L/∂b = ∂L/∂v2 · ∂v2/∂b\n          = Σ (∂L/∂v2)" in text
    by_name = {result.name: result.gradient for result in explanation.story.leaves}
    exact = session.run(tf.gradients(loss, [weights, b]), {x: [[1, 2], [0, 1]], y: [[1], [0]]})
    assert np.allclose(by_name["weights"], exact[0]) and np.allclose(by_name["b"], exact[1])


def test_wrt_picks_the_ends(session):
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(2.0, name="w")
    session.run(w.initializer)
    text = str(tf.explain(w * x, x, {x: 3.0}))
    assert "∂L/∂x" in text and "∂L/∂w" not in text


def test_loops_and_conditionals_are_told_as_one_step(session):
    w = tf.Variable([1.0, 2.0], name="w")
    _, z = tf.while_loop(lambda i, _: i < 5, lambda i, x: (i + 1, x * w), (tf.constant(0), w))
    loss = tf.reduce_sum(tf.cond(z[0] > 0.0, lambda: z * 2.0, lambda: z))
    session.run(w.initializer)
    text = str(tf.explain(loss))
    assert "a loop of" in text and "what the conditional passes back" in text and "= [12, 384]" in text


def test_a_large_graph_says_what_it_left_out(session):
    v = tf.Variable([1.0, 2.0], name="v")
    z = v
    for _ in range(1000):
        z = z * 0.999 + 0.001
    session.run(v.initializer)
    text = str(tf.explain(tf.reduce_sum(z), most=10))
    assert "Left out here: 1991 values; explain(..., most=2001) shows them all." in text
    assert re.search(r"Left out here: 199\d gradients", text) and len(text.splitlines()) < 120


def test_the_graph_and_the_session_are_as_before(session, fresh_graph):
    w = tf.Variable(1.0, name="w")
    loss = w * tf.random_uniform([], seed=4)
    session.run(w.initializer)
    before = fresh_graph.as_graph_def()
    tf.explain(loss)
    assert fresh_graph.as_graph_def() == before
    first = session.run(loss)
    with tf.Session() as other:
        other.run(w.initializer)
        assert other.run(loss) == first


def test_names_that_could_be_symbols_or_markup_do_no_harm(session):
    v1 = tf.Variable(1.0, name="v1")
    session.run(v1.initializer)
    text = str(tf.explain(tf.square(tf.square(v1))))
    assert "v1      variable  v1" in text  # the variable named v1 is numbered like the others
    long = tf.Variable(1.0, name="under_score/a.b-c")
    session.run(long.initializer)
    assert r"\text{under\_score/a.b-c}" in tf.explain(long * 2.0).latex()


def test_wrong_questions_are_refused(session):
    w = tf.Variable(1.0)
    x = tf.placeholder(tf.float32, [], name="x")
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.explain(w * 2.0)
    session.run(w.initializer)
    with pytest.raises(tf.errors.InvalidArgumentError, match="feed a value"):
        tf.explain(w * x)
    with pytest.raises(ValueError, match="does not depend on"):
        tf.explain(w * 2.0, tf.constant(1.0))
    with pytest.raises(ValueError, match="most must be"):
        tf.explain(w * 2.0, most=0)
    with pytest.raises(TypeError, match="wrt must be a tensor"):
        tf.explain(w * 2.0, 3)
    with pytest.raises(ValueError, match="there is no tensor 'nobody'"):
        tf.explain(w * 2.0, "nobody")


def test_a_recurrent_network_a_name_and_a_monitored_session_will_do(fresh_graph):
    x = tf.placeholder(tf.float32, [2, 4, 3], name="x")
    _, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, dtype=tf.float32)
    tf.reduce_sum(state, name="loss")
    feed = {x: np.ones((2, 4, 3), np.float32)}
    with tf.train.MonitoredTrainingSession() as session:
        text = str(tf.explain("loss", feed_dict=feed, session=session))
        assert "a loop of" in text and "NO" not in text.split("Check by differences")[1]
        assert not tf.trace_nan("loss:0", feed, session).found
        assert tf.check_gradients("loss", feed, session, samples=3)
        assert tf.explain_none("loss", tf.trainable_variables(), feed, session).reasons[0].kind != "none"
