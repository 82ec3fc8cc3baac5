import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.render.numbers import compute
from autograd_lite.teach.render.picture import describe
from autograd_lite.teach.render.selection import select


def shown(what, show=("values", "gradients"), **run):
    selection = select(what)
    picture = describe(selection, show=show, numbers=compute(selection, show, **run))
    return {box.name: (list(box.values), list(box.gradients)) for box in picture.boxes}


def test_values_and_gradients_of_one_run_stand_in_the_boxes():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        w = tf.Variable(3.0, name="w")
        y = tf.subtract(w * w, x * w, name="y")
        with tf.Session() as session:
            session.run(w.initializer)
            before = graph.as_graph_def(), graph.version
            boxes = shown(y, feed_dict={x: 2.0})
            assert (graph.as_graph_def(), graph.version) == before
    assert boxes == {
        "x": (["= 2"], ["gradient -3"]), "w": (["= 3"], ["gradient 4"]), "mul": (["= 9"], ["gradient 1"]),
        "mul_1": (["= 6"], ["gradient -1"]), "y": (["= 3"], ["gradient 1"]),
    }  # fmt: skip


def test_a_large_array_is_shown_by_its_mean_and_ends():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [100], name="x")
        y = tf.square(x, name="y")
        assert shown(y, ("values",), feed_dict={x: np.arange(100)})["y"] == (["= mean 3284, 0 to 9801"], [])


def test_what_is_not_fed_has_no_value():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        tf.square(x, name="y")
        tf.add(1.0, 2.0, name="z")
    boxes = shown(graph, ("values",))
    assert (boxes["x"], boxes["y"], boxes["z"]) == (([], []), ([], []), (["= 3"], []))


def test_drawing_values_updates_nothing():
    with tf.Graph().as_default() as graph:
        w = tf.Variable(1.0, name="w")
        queue = tf.FIFOQueue(3, tf.float32, shapes=[()], name="queue")
        enqueue = queue.enqueue(5.0)
        queue.dequeue(name="taken")
        tf.train.GradientDescentOptimizer(0.5).minimize(tf.square(w, name="loss"))
        tf.assign_add(w, 1.0, name="more")
        with tf.Session() as session:
            session.run([w.initializer, enqueue])
            boxes = shown(graph, ("values",))
            assert session.run([w, queue.size()]) == [1.0, 1]
    assert boxes["loss"] == (["= 1"], []) and boxes["w"] == (["= 1"], [])
    assert boxes["more"] == boxes["taken"] == ([], [])


def test_what_is_inside_of_a_loop_or_a_branch_has_no_value_but_what_comes_out_has():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [], name="x")
        total = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * x), [tf.constant(0), tf.constant(1.0)], name="loop")[1]
        y = tf.identity(tf.cond(x > 1.0, lambda: total * 2.0, lambda: total), name="y")
        boxes = shown(y, feed_dict={x: 2.0})
    assert boxes["y"] == (["= 16"], ["gradient 1"]) and boxes["x"] == (["= 2"], ["gradient 24"])
    assert boxes["loop/mul"] == ([], [])


def test_a_resource_variable_shows_what_is_read_from_it():
    with tf.Graph().as_default():
        v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=True)
        unused = tf.get_variable("unused", initializer=7.0, use_resource=True)
        y = tf.reduce_sum(tf.gather(v, [1, 1]), name="y")
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            assert shown(y)["v"] == (["= [1, 2]"], ["gradient [0, 2]"])
            assert shown([y, unused])["unused"][0] == ["= 7"]


def test_a_session_of_ones_own_serves_when_nothing_needs_to_be_kept():
    with tf.Graph().as_default():
        assert shown(tf.add(1, 2, name="y"), ("values",))["y"] == (["= 3"], [])


def test_a_variable_without_a_value_is_told_in_the_words_of_a_run():
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.square(tf.Variable(1.0, name="w"))
        with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value w"):
            shown(y, session=session)


def test_gradients_need_something_to_be_gradients_of():
    with tf.Graph().as_default() as graph:
        tf.constant(1.0)
    with pytest.raises(ValueError, match="draw a tensor, such as the loss"):
        shown(graph)


def test_a_session_of_another_graph_is_refused():
    with tf.Graph().as_default():
        y = tf.constant(1.0)
    with tf.Graph().as_default(), tf.Session() as other, pytest.raises(ValueError, match="The session runs .*, what is drawn is in"):
        shown(y, session=other)


def test_random_nodes_show_the_values_that_the_gradients_saw():
    with tf.Graph().as_default(), tf.Session():
        x = tf.Variable(2.0, name="x")
        r = tf.random_uniform([], seed=1, name="r")
        y = tf.multiply(x, r, name="y")
        x.initializer.run()
        boxes = shown(y)
    assert boxes["r"][0][0].removeprefix("= ") == boxes["x"][1][0].removeprefix("gradient ")


def test_a_node_with_many_outputs_tells_each():
    with tf.Graph().as_default():
        a, b = tf.split(tf.constant([1.0, 2.0], name="c"), 2, name="parts")
        y = tf.add(a, b * 3.0, name="y")
        assert shown(y)["parts"] == (["= :0 [1]", "= :1 [2]"], ["gradient :0 [1]", "gradient :1 [3]"])


def test_what_was_not_fed_is_said():
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.placeholder_with_default(1.0, [], name="y")
    loss = x * y + tf.square(y)
    numbers = compute(select(loss), ("values",), {y: 1.0})
    assert numbers.notes == ["Not computed, because it is not fed: x, and all that depends on it."]
    assert compute(select(loss), ("values",), {x: 1.0, y: 1.0}).notes == []
    assert describe(select(loss), show=("values",), numbers=numbers).notes == numbers.notes


def test_a_loss_behind_checks_and_orders_of_running_has_a_value():
    prediction = tf.placeholder(tf.float32, [None], name="prediction")
    weights = tf.placeholder(tf.float32, name="weights")  # of unknown rank: they are checked in the run
    loss = tf.losses.mean_squared_error([1.0, 2.0], prediction, weights)
    boxes = shown(loss, feed_dict={prediction: [2.0, 4.0], weights: 1.0})
    assert boxes[loss.op.name] == (["= 2.5"], ["gradient 1"])
    assert boxes["prediction"] == (["= [2, 4]"], ["gradient [1, 2]"])
    v = tf.Variable(1.0, name="v")
    with tf.control_dependencies([v.assign(2.0)]), tf.control_dependencies([tf.no_op("after")]):
        changed = tf.identity(loss, name="changed")
    with tf.Session() as session:
        session.run(v.initializer)
        assert shown(changed, feed_dict={prediction: [2.0, 4.0], weights: 1.0})["changed"] == ([], [])
        assert session.run(v) == 1.0
