"""The code that is printed: one line per step, nothing from the graph in it but comments."""

import re

import numpy as np

import autograd_lite as tf
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.compiler.program import Fed


def code(fetches, feeds=(), shapes=None):
    return compile_plan(list(fetches), list(feeds), None if shapes is None else Fed(tuple(shapes))).source


def test_scalars_are_printed_as_operators_and_arrays_as_calls():
    x, v = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [3])
    assert re.search(r"t\d+ = f0 \* f0 +# square", code([tf.multiply(x, x, name="square")], [x]))
    assert re.search(r"t\d+ = multiply\(f0, f0\) +# squares", code([tf.multiply(v, v, name="squares")], [v]))


def test_every_line_knows_its_node():
    x = tf.placeholder(tf.float32, [3])
    plan = compile_plan([tf.exp(x, name="one") * tf.sin(x, name="two")], [x])
    found = {plan.step_at(number).node.name: line for number, line in enumerate(plan.source.splitlines(), 1) if plan.step_at(number)}
    assert "exp(" in found["one"] and "sin(" in found["two"]
    assert plan.step_at(0) is None and plan.step_at(10_000) is None


def test_names_of_nodes_stay_comments():
    graph = tf.get_default_graph()
    x = tf.placeholder(tf.float32, [3])
    y = tf.exp(x)
    y.op.name = "evil\n    import os  # \u202e"
    source = code([y], [x])
    assert "\n    import os" not in source and "\\n" in source and "\u202e" not in source
    assert graph is y.graph


def test_list_inputs_and_several_outputs_are_passed_as_such():
    a, b = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
    parts = tf.split(tf.concat([a, b], 0), 2)
    values, indices = tf.nn.top_k(a, 1)
    with tf.Session() as session:
        one, two, three, four = session.run([*parts, values, indices], {a: [1.0, 5.0], b: [3.0, 4.0]})
    assert one.tolist() == [1, 5] and two.tolist() == [3, 4] and three.tolist() == [5] and four.tolist() == [1]


def test_floating_point_warnings_are_silent_in_a_run_and_only_there():
    x = tf.placeholder(tf.float32, [])
    with tf.Session() as session, np.errstate(all="raise"):
        assert session.run(1.0 / x, {x: 0.0}) == np.inf
        assert np.isnan(session.run(tf.log(x), {x: -1.0}))
        assert np.geterr()["divide"] == "raise"


def test_updates_with_formulas_refuse_shapes_that_would_broadcast():
    w = tf.Variable(np.zeros((2, 3), np.float32))
    p = tf.placeholder(tf.float32)
    update = tf.assign_add(w, p)
    with tf.Session() as session:
        session.run(w.initializer)
        session.run(update, {p: np.ones((2, 3))})
        try:
            session.run(update, {p: np.ones(3)})
        except tf.errors.InvalidArgumentError:
            assert session.run(w).tolist() == [[1, 1, 1], [1, 1, 1]]
        else:
            raise AssertionError("a row was added to a matrix")


def test_a_first_value_of_another_shape_is_refused():
    p = tf.placeholder(tf.float32)
    w = tf.Variable(tf.zeros([2]), name="w")
    assign = w.assign(p)
    with tf.Session() as session:
        try:
            session.run(assign, {p: [1.0, 2.0, 3.0]})
        except tf.errors.InvalidArgumentError as error:
            assert str(error).startswith("Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= [3]")
        else:
            raise AssertionError("a variable took a value of another shape")


def test_a_variable_of_open_shape_may_change_it():
    w = tf.Variable(tf.zeros([2]), validate_shape=False)
    with tf.Session() as session:
        session.run(w.initializer)
        session.run(tf.assign(w, tf.ones([3]), validate_shape=False))
        assert session.run(w).tolist() == [1, 1, 1]
        session.run(tf.assign(w, 5.0, validate_shape=False))
        assert session.run(w) == 5.0


def test_counting_gives_the_old_value():
    n = tf.Variable(0)
    count = n.count_up_to(2)
    with tf.Session() as session:
        session.run(n.initializer)
        assert [session.run(count), session.run(count)] == [0, 1]
        try:
            session.run(count)
        except tf.errors.OutOfRangeError as error:
            assert str(error).startswith("Reached limit of 2")
        assert session.run(n) == 2
