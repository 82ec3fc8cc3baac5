"""Gradients through loops and branches that came with a GraphDef, a MetaGraphDef or a wrapped function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import autograd_lite as tf

X, W = np.array([0.3, -0.4, 0.9]), np.array([0.7, -0.3, 1.1])
GOLDEN = Path(__file__).parents[1] / "golden" / "data" / "graphs"


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default() as graph:
        yield graph


def nested(x, w):
    def outer(i, a):
        def inner(j, b):
            return j + 1, tf.cond(b[0] > 0.2, lambda: tf.sin(b) * w, lambda: b * b + w)

        return i + 1, tf.while_loop(lambda j, b: j < i + 1, inner, [0, a])[1] + a

    return tf.while_loop(lambda i, a: i < 3, outer, [0, x])[1]


def loop_in_branch(x, w):
    def loop():
        return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * w + x), [0, x])[1]

    return tf.cond(x[0] > 0.0, loop, lambda: x * w)


def case_in_fold(x, w):
    def step(a, e):
        return tf.case([(e > 0.5, lambda: a * e), (e > 0.0, lambda: a + e * w[0])], default=lambda: a - e)

    return tf.foldl(step, x, initializer=tf.constant(1.0, tf.float64))


def mapped(x, w):
    return tf.map_fn(lambda e: tf.sin(e * w), x)


def rows(x, w):
    return tf.scan(lambda a, i: a + tf.gather(w, i) * x[0], tf.constant([2, 0, 2]), initializer=tf.constant(0.5, tf.float64))


def recurrent(x, w):
    kernel = np.linspace(-1, 1, 24).reshape(3, 8)
    cell = tf.nn.rnn_cell.BasicLSTMCell(2, dtype=tf.float64)
    with tf.variable_scope("rnn", custom_getter=lambda getter, name, **_: tf.constant(kernel if "kernel" in name else np.zeros(8))):
        return tf.nn.dynamic_rnn(cell, tf.reshape(x * w, [1, 3, 1]), dtype=tf.float64, sequence_length=[2])[0]


PROGRAMS = [nested, loop_in_branch, case_in_fold, mapped, rows, recurrent]


def built(program):
    """The graph of a program, and its value and gradients where it was built."""
    with tf.Graph().as_default() as graph:
        x, w = tf.placeholder(tf.float64, [3], name="x"), tf.placeholder(tf.float64, [3], name="w")
        y = tf.identity(program(x, w), name="y")
        graph_def, meta_graph = graph.as_graph_def(), tf.train.export_meta_graph()
        with tf.Session() as session:
            return graph_def, meta_graph, session.run(derived(y, x, w), {x: X, w: W})


def derived(y, x, w):
    return [y, *(tf.convert_to_tensor(grad) for grad in tf.gradients(y, [x, w]) if grad is not None)]


def check(prefix, expected, inside=()):
    """The imported copy gives what the original gave, and its nodes are left as they were."""
    graph = tf.get_default_graph()
    before = [op._get_control_flow_context() for op in graph.get_operations()]
    y, x, w = (graph.get_tensor_by_name(f"{prefix}{name}:0") for name in ("y", "x", "w"))
    wanted = derived(y, x, w)
    with tf.Session() as session:
        for got, value in zip(session.run(wanted, {x: X, w: W}), expected, strict=True):
            np.testing.assert_allclose(got, value, rtol=1e-12)
    if not inside:
        assert [op._get_control_flow_context() for op in graph.get_operations()][: len(before)] == before


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_imported_graph_is_differentiated_as_the_original(program):
    graph_def, _, expected = built(program)
    tf.import_graph_def(graph_def, name="copy")
    check("copy/", expected)


@pytest.mark.parametrize("program", PROGRAMS)
def test_two_copies_of_one_graph_are_differentiated_each(program):
    graph_def, _, expected = built(program)
    tf.import_graph_def(graph_def, name="first")
    tf.import_graph_def(graph_def, name="second")
    check("first/", expected)
    check("second/", expected)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("scope", ["", "deep/er"])
def test_a_metagraph_brings_its_loops_and_branches(program, scope):
    _, meta_graph, expected = built(program)
    tf.train.import_meta_graph(meta_graph, import_scope=scope or None)
    check(f"{scope}/" if scope else "", expected, inside=True)


def test_the_frame_of_a_loop_imported_into_a_scope_is_called_after_it():
    _, meta_graph, _ = built(mapped)
    tf.train.import_meta_graph(meta_graph, import_scope="deep")
    enters = [op for op in tf.get_default_graph().get_operations() if op.type == "Enter"]
    assert {op.get_attr("frame_name") for op in enters} == {b"deep/map/while/while_context"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_variables_whose_last_value_was_cut_off_still_carry_gradients(program):
    graph_def, _, expected = built(program)
    tf.import_graph_def(tf.graph_util.extract_sub_graph(graph_def, ["y", "x", "w"]), name="")
    check("", expected)


def test_a_variable_that_only_works_on_others_carries_gradients_though_nobody_takes_it_out():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float64, [], name="x")
        _, _, total = tf.while_loop(lambda i, a, t: i < 3, lambda i, a, t: (i + 1, a * x, t + a), [0, x, 0.0 * x])
        tf.identity(total, name="y")
        graph_def = tf.graph_util.extract_sub_graph(graph.as_graph_def(), ["y"])
    assert sum(node.op == "Exit" for node in graph_def.node) == 1
    x, y = tf.import_graph_def(graph_def, return_elements=["x:0", "y:0"])
    with tf.Session() as session:
        assert session.run(tf.gradients(y, x)[0], {x: 2.0}) == 1 + 2 * 2 + 3 * 4  # of x + x^2 + x^3


def test_a_frozen_loop_with_a_branch_has_the_slope_of_its_three_steps():
    graph_def = tf.GraphDef.FromString((GOLDEN / "frozen_loop.pb").read_bytes())
    x, y = tf.import_graph_def(graph_def, return_elements=["x:0", "y:0"])
    with tf.Session() as session:  # twice a * 2, then a + 1
        np.testing.assert_array_equal(session.run(tf.gradients(y, x)[0], {x: [1.0, -2.0]}), [4.0, 4.0])


def test_a_frozen_lstm_agrees_with_differences():
    graph_def = tf.GraphDef.FromString((GOLDEN / "frozen_lstm.pb").read_bytes())
    x, y = tf.import_graph_def(graph_def, return_elements=["x:0", "y:0"])
    value = np.load(GOLDEN / "frozen.npz", allow_pickle=False)["frozen_lstm_x"]
    with tf.Session() as session:
        (slope,) = session.run(tf.gradients(tf.reduce_sum(y * y), x), {x: value})
        moved = value + 1e-3 * slope
        before, after = (np.square(session.run(y, {x: at}).astype(float)).sum() for at in (value, moved))
    np.testing.assert_allclose(after - before, 1e-3 * np.square(slope).sum(), rtol=0.02)


def test_the_gradient_of_an_imported_gradient_of_a_loop_is_refused_as_in_place():
    with tf.Graph().as_default() as graph:
        x, w = tf.placeholder(tf.float64, [3], name="x"), tf.placeholder(tf.float64, [3], name="w")
        power = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * a * w), [0, x])[1]
        tf.identity(tf.gradients(power, x)[0], name="slope")
        graph_def = graph.as_graph_def()
    w, slope = tf.import_graph_def(graph_def, return_elements=["w:0", "slope:0"])
    before = tf.get_default_graph().as_graph_def()
    with pytest.raises(TypeError, match="^Second-order gradient for while loops not supported."):
        tf.gradients(slope, w)
    assert tf.get_default_graph().as_graph_def() == before


def test_a_wrapped_function_with_a_loop_is_differentiated():
    def power(x, w):
        return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * w), [0, x])[1]

    wrapped = tf.wrap_function(power, [tf.TensorSpec([3], tf.float64), tf.TensorSpec([3], tf.float64)])
    x, w = tf.placeholder(tf.float64, [3]), tf.placeholder(tf.float64, [3])
    with tf.Session() as session:
        dx, dw = session.run(tf.gradients(wrapped(x, w), [x, w]), {x: X, w: W})
    np.testing.assert_allclose(dx, W**3)
    np.testing.assert_allclose(dw, 3 * X * W**2)


def imported(program):
    """A function that puts a copy of a program of one number where it is called."""
    with tf.Graph().as_default() as graph:
        tf.identity(program(tf.placeholder(tf.float64, [], name="x")), name="y")
    return lambda x: tf.import_graph_def(graph.as_graph_def(), {"x:0": x}, ["y:0"], name="copy")[0]


def loop_with_branch(x):
    return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.cond(a > 5.0, lambda: a + x, lambda: a * x)), [0, 1.0 * x])[1]


def square_or_next(x):
    return tf.cond(x > 1.0, lambda: x * x, lambda: x + 1.0)


def twice(step, x):
    return tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, tf.ensure_shape(step(a), [])), [0, x])[1]


@pytest.mark.parametrize(
    ("build", "slopes"),
    [
        (lambda x: tf.cond(x > 1.0, lambda: imported(loop_with_branch)(x), lambda: x), [1.0, 13.0]),
        (lambda x: tf.cond(x > 1.0, lambda: imported(square_or_next)(x), lambda: x), [1.0, 4.0]),
        (lambda x: twice(imported(square_or_next), x), [3.0, 32.0]),
        (lambda x: twice(lambda a: imported(loop_with_branch)(a) * 0.1, x), [4.8828125e-09, 0.52]),
        (lambda x: twice(lambda a: tf.cond(a > 1.0, lambda: imported(square_or_next)(a), lambda: a), x), [1.0, 32.0]),
    ],
)
def test_what_is_imported_inside_a_branch_or_loop_is_differentiated(build, slopes):
    x = tf.placeholder(tf.float64, [])
    (slope,) = tf.gradients(build(x), x)
    with tf.Session() as session:
        np.testing.assert_allclose([session.run(slope, {x: value}) for value in (0.5, 2.0)], slopes, rtol=1e-9)


def test_a_wrapped_loop_has_its_shape_inside_a_loop():
    wrapped = tf.wrap_function(loop_with_branch, [tf.TensorSpec([], tf.float64)])
    x = tf.placeholder(tf.float64, [])
    y = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, wrapped(a) * 0.1), [0, x])[1]
    with tf.Session() as session:
        np.testing.assert_allclose(session.run([y, tf.gradients(y, x)[0]], {x: 2.0}), [0.1, 0.52])  # recorded
