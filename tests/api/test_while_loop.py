import time

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.graph.context_defs import from_proto
from autograd_lite.runtime.interpret import interpret

V = np.array([1.0, 0.5, -2.0])


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def powers(x, steps):
    return tf.while_loop(lambda i, a: i < steps, lambda i, a: (i + 1, a * x), [0, tf.ones_like(x)])[1]


def nested(x):
    def body(i, a):
        return i + 1, a + tf.while_loop(lambda j, b: j < i + 1, lambda j, b: (j + 1, tf.sin(b) * x * tf.cos(a)), [0, a])[1]

    return tf.while_loop(lambda i, a: i < 3, body, [0, x])[1]


def with_branches(x):
    def body(i, a):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a * x, lambda: tf.cond(x[0] > 0, lambda: a + x, lambda: tf.sin(a)))

    return tf.while_loop(lambda i, a: i < 4, body, [0, x])[1]


def with_array(x):
    array = tf.TensorArray(x.dtype, 4)
    return tf.while_loop(lambda i, a, t: i < 4, lambda i, a, t: (i + 1, a * x, t.write(i, a)), [0, x, array])[2].stack()


def swapping(x):
    return tf.while_loop(lambda i, a, b: i < 4, lambda i, a, b: (i + 1, b * x, tf.sin(a)), [0, x, x * 2.0])[1]


def in_a_branch(x):
    return tf.cond(x[0] > 0, lambda: powers(x, 3), lambda: x)


def data_dependent(x):
    return tf.while_loop(lambda a: tf.reduce_sum(tf.abs(a)) < 50.0, lambda a: a * 1.5, [x])


LOOPS = [lambda x: powers(x, 4), nested, with_branches, with_array, swapping, in_a_branch, data_dependent]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("static", [True, False])
def test_plans_interpreter_and_differences_agree_on_loops_and_their_gradients(session, loop, static):
    x = tf.placeholder(tf.float64, [3] if static else [None])
    y = loop(x)
    (g,) = tf.gradients(y, x)
    compile_plan([y, g], [x])  # would raise if it was no nesting of loops and branches
    for values in (V, -V):
        got = session.run([y, g], {x: values})
        for one, other in zip(got, interpret(session._store, [y, g], {x: values})):
            np.testing.assert_array_equal(one, other)
        steps = np.eye(3) * 1e-6
        numeric = [(session.run(y, {x: values + step}).sum() - session.run(y, {x: values - step}).sum()) / 2e-6 for step in steps]
        np.testing.assert_allclose(got[1], numeric, rtol=1e-5, atol=1e-7)


def test_variables_change_in_every_iteration_in_order(session):
    v = tf.Variable(1.0)

    def body(i):
        with tf.control_dependencies([tf.assign(v, v * 2.0)]):
            return i + 1

    loop = tf.while_loop(lambda i: i < 3, body, [0])
    session.run(v.initializer)
    assert session.run(loop) == 3
    r = tf.Variable(1.0, use_resource=True)

    def doubling(i):
        with tf.control_dependencies([r.assign(r.read_value() * 2.0)]):
            return i + 1

    loop = tf.while_loop(lambda i: i < 5, doubling, [0])
    session.run(r.initializer)
    session.run(loop)
    assert session.run(r) == 32.0


@pytest.mark.parametrize("resource", [False, True])
def test_the_gradient_of_a_variable_used_in_a_loop_is_the_sum_over_the_iterations(session, resource):
    w = tf.Variable([[2.0, 0.0], [0.0, 3.0]], use_resource=resource)
    x = tf.constant([[1.0, 1.0]])
    y = tf.while_loop(lambda i, h: i < 2, lambda i, h: (i + 1, tf.matmul(h, w)), [0, x])[1]
    (g,) = tf.gradients(y, w)
    session.run(w.initializer)
    np.testing.assert_allclose(session.run(g), [[4.0, 5.0], [5.0, 6.0]])


def test_rows_looked_up_in_a_loop_have_gradients_as_rows(session):
    table = tf.Variable(np.ones((4, 2), np.float32))
    total = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + tf.reduce_sum(tf.gather(table, [i]) ** 2)), [0, 0.0])[1]
    (g,) = tf.gradients(total, table)
    session.run(table.initializer)
    rows = session.run(g)
    assert sorted(rows.indices.tolist()) == [0, 1, 2]
    np.testing.assert_array_equal(rows.values, np.full((3, 2), 2.0, np.float32))


def test_gradients_do_not_flow_when_told_not_to(session):
    x = tf.constant(2.0)
    y = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [0, x], back_prop=False)[1]
    assert tf.gradients(y, x) == [None]


def test_a_branch_inside_a_branch_takes_back_only_what_it_saved(session):
    x, w = tf.placeholder(tf.float64, [3]), tf.placeholder(tf.float64, [])

    def step(total, e):  # the inner condition holds for 0.9, too, for which the outer branch is not taken
        return tf.cond(e > 0.5, lambda: total * e, lambda: tf.cond(e > 0.0, lambda: total + e * w, lambda: total - e))

    y = tf.foldl(step, x, initializer=tf.constant(1.0, tf.float64))
    dx, dw = session.run(tf.gradients(y, [x, w]), {x: [0.3, -0.4, 0.9], w: 0.7})
    np.testing.assert_allclose(dx, [0.63, -0.9, 1.61])  # recorded
    np.testing.assert_allclose(dw, 0.27)


def test_rows_taken_in_branches_of_a_loop_get_their_gradient(session):
    table, x = tf.placeholder(tf.float64, [3, 2]), tf.placeholder(tf.float64, [2])

    def row(number):
        return tf.gather(table, [number])[0]

    def step(i, a):
        inner = lambda: tf.cond(x[0] > 0, lambda: a * row(1), lambda: a)
        return i + 1, tf.cond(tf.equal(i, 1), inner, lambda: a * row(2))

    y = tf.while_loop(lambda i, a: i < 3, step, [0, x])[1]
    (rows,) = tf.gradients(y, table)
    assert isinstance(rows, tf.IndexedSlices)
    feeds = {table: [[0.1, 0.9], [-0.5, 0.4], [0.6, -0.2]], x: [0.3, -0.4]}
    got = session.run(tf.convert_to_tensor(rows), feeds)
    np.testing.assert_allclose(got, [[0, 0], [0.108, -0.016], [-0.18, 0.064]])  # x row(2) row(1) row(2), by hand
    feeds[x] = [-0.3, -0.4]
    got = session.run(tf.convert_to_tensor(rows), feeds)
    np.testing.assert_allclose(got, [[0, 0], [0, 0], [-0.36, 0.16]])


def test_second_derivatives_of_loops_are_refused_as_in_tensorflow(session):
    x = tf.placeholder(tf.float64, [3])
    (g,) = tf.gradients(powers(x, 3), x)
    with pytest.raises(TypeError, match="Second-order gradient for while loops not supported"):
        tf.gradients(g, x)


def test_shapes_may_grow_when_an_invariant_says_so(session):
    x = tf.constant([1.0, 2.0])
    invariants = [tf.TensorShape([]), tf.TensorShape([None])]
    grown = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, tf.concat([a, x], 0)), [0, x], shape_invariants=invariants)[1]
    assert grown.shape.as_list() == [None]
    assert session.run(grown).tolist() == [1, 2, 1, 2, 1, 2]


def test_structures_keep_their_form(session):
    i, d = tf.while_loop(lambda i, d: i < 2, lambda i, d: (i + 1, {"a": d["a"] * 2, "b": (d["b"][0] + d["a"],)}), (0, {"a": 1, "b": (0,)}))
    assert session.run(d) == {"a": 4, "b": (3,)}
    assert session.run(tf.while_loop(lambda i: i < 4, lambda i: i + 1, [0], return_same_structure=True)) == [4]
    assert session.run(tf.while_loop(lambda i: True, lambda i: i + 1, [0], maximum_iterations=7)) == 7


def test_a_loop_without_end_obeys_the_time_limit_of_the_run(session):
    loop = tf.while_loop(lambda i: i < 2, lambda i: i * 1, [0])
    begin = time.monotonic()
    with pytest.raises(tf.errors.DeadlineExceededError):
        session.run(loop, options=tf.RunOptions(timeout_in_ms=100))
    assert time.monotonic() - begin < 20


def test_a_variable_of_another_type_in_the_next_iteration_is_an_error_of_the_run(session):
    loop = tf.while_loop(lambda i: i < 9, lambda i: tf.cast(i, tf.float32), [0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="passed float from while/NextIteration:0 incompatible with expected int32"):
        session.run(loop)


def test_a_failed_loop_leaves_nothing(session):
    graph = tf.get_default_graph()
    with pytest.raises(ValueError, match="after one iteration"):
        tf.while_loop(lambda a: True, lambda a: tf.concat([a, a], 0), [tf.zeros([1])])
    assert [op.name for op in graph.get_operations()] == ["zeros"]
    assert graph.get_collection("while_context") == []
    assert graph._get_control_flow_context() is None


def test_contexts_of_loops_survive_being_written(session):
    powers(tf.constant([1.0]), 2)
    (context,) = tf.get_collection("while_context")
    proto = context.to_proto()
    assert from_proto(proto).to_proto().SerializeToString(deterministic=True) == proto.SerializeToString(deterministic=True)


def test_an_imported_loop_runs_as_a_loop_of_the_plan(session):
    x = tf.placeholder(tf.float64, [3], name="x")
    y = with_branches(x)
    definition = tf.get_default_graph().as_graph_def()
    expected = session.run(y, {x: V})
    with tf.Graph().as_default(), tf.Session() as other:
        a, b = tf.import_graph_def(definition, return_elements=["x:0", y.name], name="")
        compile_plan([b], [a])
        np.testing.assert_array_equal(other.run(b, {a: V}), expected)


def test_a_tensor_of_a_loop_cannot_be_used_outside(session):
    inside = []

    def body(i):
        inside.append(i * 2)
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])
    with pytest.raises(ValueError, match="Cannot use 'while/mul' as input to 'add' because 'while/mul' is in a while loop"):
        inside[0] + 1
    with pytest.raises(ValueError, match="because they are in different while loops"):
        tf.while_loop(lambda i: i < 3, lambda i: i + inside[0], [0])
    with pytest.raises(ValueError, match="not fetchable"):
        session.run(inside[0])
    with pytest.raises(ValueError, match="may not be fed"):
        session.run(tf.constant(1), {inside[0]: 1})


@pytest.mark.parametrize("how", [{"swap_memory": True}, {"parallel_iterations": 1}, {"parallel_iterations": 3, "swap_memory": True}])
def test_how_a_loop_is_carried_out_changes_nothing_it_computes(how):
    x = tf.constant([1.0, 2.0])
    _, y = tf.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * x), [0, x], **how)
    with tf.Session() as session:
        values = session.run([y, tf.gradients(y, x)[0]])
    np.testing.assert_array_equal(values[0], [1.0, 64.0])
    np.testing.assert_array_equal(values[1], [6.0, 192.0])  # of x**6
