"""`check_gradients`: gradients beside differences."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


@tf.RegisterGradient("test_check_gradients/OneAndAHalf")
def one_and_a_half(op, dy):
    return 1.5 * dy * 2.0 * op.inputs[0]


@tf.RegisterGradient("test_check_gradients/Turned")
def turned(op, dy):
    return -dy * 2.0 * op.inputs[0]


def overridden(w, name):
    with tf.get_default_graph().gradient_override_map({"Square": f"test_check_gradients/{name}"}):
        return tf.reduce_sum(tf.square(w))


def test_a_network_with_dropout_and_relu_is_right_in_float64(session):
    x, y = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.int64, [None])
    hidden = tf.nn.dropout(tf.layers.dense(x, 12, tf.nn.relu), 0.5)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=tf.layers.dense(hidden, 3)))
    session.run(tf.global_variables_initializer())
    numbers = np.random.RandomState(0)
    check = tf.check_gradients(loss, {x: numbers.randn(9, 6), y: numbers.randint(0, 3, 9)}, samples=20)
    assert check and check.is_exact and len(check.variables) == 4
    assert all(variable.ratio < 1e-8 for variable in check.variables)
    assert [len(variable.elements) for variable in check.variables] == [20, 12, 20, 3]
    assert "All gradients are right (4 variables)." in str(check) and "random_uniform" in str(check)


def test_a_wrong_factor_and_a_turned_sign_are_recognised(session):
    w = tf.Variable([1.0, -2.0, 3.0], name="w")
    session.run(w.initializer)
    check = tf.check_gradients(overridden(w, "OneAndAHalf"), variables=w)
    assert not check.ok and check.variables[0].verdict == "wrong" and "1.5 times the right one" in str(check)
    assert check.variables[0].ratio == pytest.approx(0.2, abs=1e-6)
    assert check.variables[0].worst.at == (2,)
    assert "the sign is turned" in str(tf.check_gradients(overridden(w, "Turned"), variables=w))


def test_a_kink_is_recognised_and_left_out(session):
    w = tf.Variable([0.0, 1.0, -1.0], name="w")
    session.run(w.initializer)
    (variable,) = tf.check_gradients(tf.reduce_sum(tf.nn.relu(w) + tf.abs(w)), variables=w).variables
    assert variable.verdict == "right" and [element.is_kink for element in variable.elements] == [True, False, False]


def test_a_kink_inside_the_step_is_stepped_around(session):
    w = tf.Variable([3e-6], name="w")
    session.run(w.initializer)
    (variable,) = tf.check_gradients(tf.reduce_sum(tf.nn.relu(w)), variables=w).variables
    assert variable.verdict == "right" and not variable.elements[0].is_kink


def test_a_stopped_part_is_named(session):
    w = tf.Variable([1.0, 2.0], name="w")
    session.run(w.initializer)
    check = tf.check_gradients(tf.reduce_sum(tf.stop_gradient(w, name="wall") * w))
    assert check.variables[0].verdict == "wrong" and "wall (op type StopGradient" in str(check)
    none = tf.check_gradients(tf.reduce_sum(tf.stop_gradient(w) * 2.0))
    assert none.variables[0].verdict == "no gradient" and "changes with it all the same (2)" in str(none)


def test_rows_of_an_embedding_loops_and_fed_tensors_are_checked(session):
    table = tf.get_variable("table", [7, 2], use_resource=True)
    x = tf.placeholder(tf.float32, [2], name="x")
    session.run(table.initializer)
    rows = tf.nn.embedding_lookup(table, [1, 1, 4])
    _, power = tf.while_loop(lambda i, _: i < 4, lambda i, v: (i + 1, v * x), (tf.constant(0), x))
    loss = tf.reduce_sum(tf.square(rows)) + tf.reduce_sum(power)
    check = tf.check_gradients(loss, {x: [0.5, -1.5]}, variables=[table, x])
    assert check and [variable.size for variable in check.variables] == [14, 2]


def test_an_op_without_float64_is_checked_in_float32(session):
    x = tf.placeholder(tf.float32, [4, 3, 3, 2])
    normal = tf.layers.batch_normalization(x, training=True, fused=True)
    loss = tf.reduce_sum(normal**3)
    session.run(tf.global_variables_initializer())
    check = tf.check_gradients(loss, {x: np.random.RandomState(1).randn(4, 3, 3, 2)})
    assert check and not check.is_exact and "float32, because" in str(check)


def test_elements_of_an_iterator_are_taken_once_and_held(session):
    numbers = tf.data.Dataset.from_tensor_slices(np.arange(12, dtype=np.float32).reshape(6, 2)).make_one_shot_iterator().get_next()
    w = tf.Variable([1.0, 2.0], name="fed")  # the name that the copy would use, too
    session.run(w.initializer)
    check = tf.check_gradients(tf.reduce_sum(tf.square(w * numbers)))
    assert check and "IteratorGetNext" in str(check)


def test_a_large_variable_is_sampled_with_its_largest_gradients(session):
    w = tf.Variable(np.linspace(0.0, 1.0, 500).astype(np.float32), name="w")
    session.run(w.initializer)
    (variable,) = tf.check_gradients(tf.reduce_sum(w**2), samples=10).variables
    assert len(variable.elements) == 10 and (499,) in [element.at for element in variable.elements]
    assert "10 of 500" in str(tf.check_gradients(tf.reduce_sum(w**2), samples=10))


def test_session_and_graph_are_as_before(session, fresh_graph):
    w = tf.Variable([1.0, 2.0], name="w")
    loss = tf.reduce_sum(w * tf.random_uniform([2], seed=5))
    session.run(w.initializer)
    before = fresh_graph.as_graph_def()
    tf.check_gradients(loss)
    assert fresh_graph.as_graph_def() == before and session.run(w).tolist() == [1.0, 2.0]
    first = session.run(loss)
    with tf.Session() as other:
        other.run(w.initializer)
        assert other.run(loss) == first  # the first numbers of the stream were still there


def test_wrong_questions_are_refused(session):
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="feed a value"):
        tf.check_gradients(x * w, variables=w)
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.check_gradients(w * 2.0)
    with pytest.raises(TypeError, match="floating type"):
        tf.check_gradients(tf.constant(1.0), variables=tf.constant(1))
    with pytest.raises(ValueError, match="samples must be at least 1"):
        tf.check_gradients(w * 2.0, samples=0)
    with tf.Graph().as_default(), tf.Session(), pytest.raises(ValueError, match="no trainable variables"):
        tf.check_gradients(tf.constant(1.0))


def test_a_recurrent_network_is_checked_in_float64(session):
    x = tf.placeholder(tf.float32, [2, 5, 3])
    _, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(4), x, dtype=tf.float32)
    loss = tf.reduce_sum(tf.square(state.h))
    session.run(tf.global_variables_initializer())
    check = tf.check_gradients(loss, {x: np.random.RandomState(0).randn(2, 5, 3)}, samples=6)
    assert check and check.is_exact and all(variable.ratio < 1e-8 for variable in check.variables)
