"""`explain_none`: why a gradient is None or zero."""

from __future__ import annotations

import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def one(loss, x, **keywords):
    (reason,) = tf.explain_none(loss, x, **keywords).reasons
    return reason


def test_an_op_without_a_gradient_is_named_with_its_reason_and_line():
    x = tf.constant([1.0, 2.0], name="x")
    answer = tf.explain_none(tf.cast(tf.argmax(x, name="best"), tf.float32), x)
    (reason,) = answer.reasons
    assert reason.kind == "none" and [op.name for op in reason.ops] == ["best"]
    assert "It ends at best (op type ArgMax, made at" in str(answer) and "test_explain_none.py" in str(answer)


def test_stop_gradient_integers_and_missing_paths_are_told_apart():
    x, k = tf.constant(1.0, name="x"), tf.constant(1, name="k")
    assert "stops the gradient on purpose" in one(tf.stop_gradient(x) * 2.0, x).reasons[0]
    assert "has type int32" in one(x * tf.cast(k, tf.float32), k).reasons[0]
    assert "does not depend on it" in one(tf.constant(1.0), x).reasons[0]
    assert "its result is int32" in one(tf.cast(tf.cast(x, tf.int32), tf.float32), x).reasons[0]


def test_without_a_session_a_gradient_that_is_there_is_not_looked_at():
    x = tf.constant(1.0)
    assert one(x * x, x).kind == "there"


@pytest.mark.parametrize(
    ("build", "kind", "text"),
    [
        (lambda x: tf.nn.relu(-x), "Relu", "the units are dead"),
        (lambda x: tf.sigmoid(50.0 * x), "Sigmoid", "saturated"),
        (lambda x: tf.tanh(50.0 * x), "Tanh", "saturated"),
        (lambda x: x * 0.0, "Mul", "the other factor is zero"),
        (lambda x: tf.square(x - x), "Square", "its input is 0"),
        (lambda x: tf.maximum(x, 10.0), "Maximum", "the other input is at least as large"),
        (lambda x: tf.where(x > 0.0, tf.ones_like(x), x), "Select", "picks the other input"),
        (lambda x: tf.clip_by_value(x, 3.0, 4.0), None, ""),
    ],
)
def test_the_op_that_makes_a_gradient_zero_is_named(session, build, kind, text):
    x = tf.constant([1.0, 2.0], name="x")
    reason = one(tf.reduce_sum(build(x)), x)
    assert reason.kind == "zero"
    assert kind is None or [op.type for op in reason.ops] == [kind]
    assert text in reason.reasons[0]


def test_a_sum_that_cancels_is_told(session):
    x = tf.constant([1.0, 2.0])
    assert one(tf.reduce_sum(x - x), x).reasons == ["what comes back from its uses adds up to zero"]


def test_partly_zero_gradients_are_counted(session):
    x = tf.constant([1.0, -2.0, -3.0])
    reason = one(tf.reduce_sum(tf.nn.relu(x)), x)
    assert reason.kind == "partly zero" and reason.reasons == ["2 of its 3 elements are zero"]


def test_the_gradient_through_a_loop_and_a_branch_is_looked_at(session):
    w = tf.Variable([1.0, -2.0], name="w")
    session.run(w.initializer)
    _, out = tf.while_loop(lambda i, _: i < 3, lambda i, x: (i + 1, tf.nn.relu(-x * x)), (tf.constant(0), w))
    assert one(tf.reduce_sum(out), w).kind in ("zero", "partly zero")
    branch = tf.cond(w[0] > 0.0, lambda: tf.reduce_sum(w * 2.0), lambda: tf.reduce_sum(w))
    assert one(branch, w).kind == "not zero"


def test_the_graph_is_as_before(session, fresh_graph):
    w = tf.Variable([1.0, -2.0], name="w")
    loss = tf.reduce_sum(tf.square(w))
    session.run(w.initializer)
    before = fresh_graph.as_graph_def()
    fresh_graph.finalize()
    tf.explain_none(loss, w)
    assert fresh_graph.as_graph_def() == before and fresh_graph.finalized
    assert one(loss, w).kind == "not zero"


def test_wrong_questions_are_refused(session):
    x = tf.constant(1.0)
    with pytest.raises(TypeError, match="loss must be a tensor"):
        tf.explain_none(3.0, x)
    with pytest.raises(TypeError, match="loss must have a floating type"):
        tf.explain_none(tf.constant(1), x)
    with tf.Graph().as_default():
        stranger = tf.constant(1.0)
    with pytest.raises(ValueError, match="another graph"):
        tf.explain_none(x * x, stranger)
    with pytest.raises(ValueError, match="but the session runs"):
        tf.explain_none(stranger, stranger)
    with pytest.raises(TypeError, match="session must be a tf.Session"):
        tf.explain_none(x * x, x, session=3)


def test_two_thousand_nodes_are_no_trouble(session):
    x = tf.constant([1.0, 2.0])
    y = x
    for _ in range(1000):
        y = y * 0.999 + 0.001
    reason = one(tf.reduce_sum(tf.nn.relu(-y)), x)
    assert [op.type for op in reason.ops] == ["Relu"]
