import warnings

import pytest

import autograd_lite as tf
from autograd_lite.graph.undo import for_a_moment
from autograd_lite.runtime.growth import GraphGrowsWarning


@pytest.fixture
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_nodes_made_for_a_moment_are_gone_afterwards_and_their_names_are_free(graph):
    x = tf.constant(2.0, name="x")
    with tf.Session() as session:
        with for_a_moment(graph):
            y = tf.multiply(x, 3.0, name="y")
            assert session.run(y) == 6
        assert [op.name for op in graph.get_operations()] == ["x"] and not x.consumers()
        y = tf.add(x, 3.0, name="y")
        assert y.name == "y:0" and session.run(y) == 5 and session.run("y:0") == 5


def test_an_error_in_the_moment_leaves_nothing_either(graph):
    with pytest.raises(ValueError, match="enough"), for_a_moment(graph), tf.name_scope("inner"):
        tf.constant(1.0)
        raise ValueError("enough")
    assert graph.get_operations() == [] and tf.constant(1.0).name == "Const:0"


def test_the_seeds_of_later_nodes_do_not_notice(graph):
    tf.set_random_seed(5)
    with for_a_moment(graph):
        tf.random_uniform([2])
    tf.random_uniform([2])
    seeds = [node.attrs["seed2"] for node in graph.get_operations() if node.type == "RandomUniform"]
    with tf.Graph().as_default() as other:
        tf.set_random_seed(5)
        tf.random_uniform([2])
        assert [node.attrs["seed2"] for node in other.get_operations() if node.type == "RandomUniform"] == seeds


def test_a_finalized_graph_takes_them_and_stays_finalized(graph):
    x = tf.constant(2.0)
    graph.finalize()
    with for_a_moment(graph):
        tf.identity(x)
    assert graph.finalized and len(graph.get_operations()) == 1


def test_the_gradient_of_a_loop_made_for_a_moment_does_not_stand_in_the_way_of_a_later_one(graph):
    x = tf.constant(2.0, name="x")
    y = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [0, x])[1]
    with tf.Session() as session:
        with for_a_moment(graph):
            assert session.run(tf.gradients(y, x)) == [32]
        assert session.run(tf.gradients(y, x)) == [32]


def test_looking_often_is_not_taken_for_a_graph_that_grows(graph):
    x = tf.constant(2.0)
    with tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("error", GraphGrowsWarning)
        for _ in range(30):
            with for_a_moment(graph):
                assert session.run(tf.square(x)) == 4
