import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.graph.context_defs import from_proto
from autograd_lite.runtime.interpret import interpret


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def both(session, fetches, feeds):
    """What the plan gives; the interpreter must give the same."""
    planned = session.run(fetches, feeds)
    arrays = {key: np.asarray(value, key.dtype.as_numpy_dtype) for key, value in feeds.items()}
    for one, other in zip(planned, interpret(session._store, fetches, arrays)):
        np.testing.assert_array_equal(one, other)
    return planned


def test_only_the_branch_that_is_taken_runs(session):
    v = tf.Variable(1.0)
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(x > 0, lambda: tf.assign(v, 5.0), lambda: tf.identity(x))
    session.run(v.initializer)
    assert session.run(y, {x: -2.0}) == -2.0
    assert session.run(v) == 1.0
    assert session.run(y, {x: 2.0}) == 5.0
    assert session.run(v) == 5.0


def test_branches_may_be_nested_and_give_structures(session):
    x = tf.placeholder(tf.float32, [2])
    y = tf.cond(
        x[0] > 0,
        lambda: {"a": tf.cond(x[1] > 0, lambda: x * 2.0, lambda: x * 3.0), "b": x[0]},
        lambda: {"a": -x, "b": x[1]},
    )
    assert both(session, [y["a"], y["b"]], {x: [1.0, 2.0]})[0].tolist() == [2.0, 4.0]
    assert both(session, [y["a"], y["b"]], {x: [1.0, -2.0]})[0].tolist() == [3.0, -6.0]
    assert both(session, [y["a"], y["b"]], {x: [-1.0, 2.0]})[0].tolist() == [1.0, -2.0]


def test_gradients_flow_through_the_branch_that_is_taken(session):
    x = tf.placeholder(tf.float64, [2])
    y = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.reduce_sum(x**3), lambda: 5.0 * x[0])
    (g,) = tf.gradients(y, x)
    (h,) = tf.gradients(g[0], x)
    assert both(session, [g, h], {x: [1.0, 2.0]})[0].tolist() == [3.0, 12.0]
    assert both(session, [g, h], {x: [1.0, 2.0]})[1].tolist() == [6.0, 0.0]
    assert both(session, [g, h], {x: [-1.0, -2.0]})[0].tolist() == [5.0, 0.0]
    assert both(session, [g, h], {x: [-1.0, -2.0]})[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("resource", [False, True])
def test_rows_looked_up_in_a_branch_have_gradients_as_rows(session, resource):
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=resource)
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(x > 0, lambda: tf.reduce_sum(tf.gather(table, [1]) ** 2), lambda: x)
    (g,) = tf.gradients(y, table)
    session.run(table.initializer)
    assert isinstance(g, tf.IndexedSlices)
    assert session.run(g, {x: 1.0}).values.tolist() == [[6.0, 8.0]]
    assert session.run(g, {x: -1.0}).values.shape == (0, 2)


def test_what_belongs_to_a_branch_has_no_value_when_the_other_is_taken(session):
    inside = []

    def branch():
        inside.append(tf.constant(5.0) * 2.0)
        return inside[0]

    p = tf.placeholder(tf.bool, [])
    tf.cond(p, branch, lambda: tf.constant(1.0))
    outside = inside[0] + 1.0
    assert session.run(outside, {p: True}) == 11.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
        session.run(outside, {p: False})
    with pytest.raises(ValueError, match="not fetchable"):
        session.run(inside[0], {p: True})


def test_a_failed_branch_leaves_no_trace_and_the_next_call_works(session):
    p, x = tf.placeholder(tf.bool, []), tf.placeholder(tf.float32, [2])
    before = len(tf.get_default_graph().get_operations())

    def wrong():
        tf.identity(x)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        tf.cond(p, lambda: x, wrong)
    assert len(tf.get_default_graph().get_operations()) == before
    assert tf.get_default_graph()._get_control_flow_context() is None
    y = tf.cond(p, lambda: x, lambda: x * 2.0)
    assert y.op.name == "cond/Merge"
    assert session.run(y, {p: False, x: [1.0, 2.0]}).tolist() == [2.0, 4.0]


def test_smart_cond_builds_nothing_when_the_answer_is_known(session):
    assert tf.contrib.framework.smart_cond(tf.constant(False), lambda: 1, lambda: 2) == 2
    assert "Switch" not in [op.type for op in tf.get_default_graph().get_operations()]


def test_contexts_survive_being_written(session):
    x = tf.placeholder(tf.float32, [])
    tf.cond(x > 0, lambda: tf.cond(x > 1, lambda: x, lambda: -x), lambda: x * 2.0)
    context = tf.get_collection("cond_context")[0]
    proto = context.to_proto()

    assert from_proto(proto).to_proto().SerializeToString(deterministic=True) == proto.SerializeToString(deterministic=True)


def test_what_a_branch_computes_can_be_fed_but_not_fetched():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        y = tf.cond(x > 0, lambda: tf.square(x, name="squared") + 1.0, lambda: x)
        squared = graph.get_tensor_by_name("cond/squared:0")
        assert graph.is_feedable(squared)
        assert not graph.is_fetchable(squared)
        assert session.run(y, {x: 3.0, squared: 100.0}) == 101.0
        assert session.run(y, {x: -3.0, squared: 100.0}) == -3.0
