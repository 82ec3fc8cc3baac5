"""All or nothing: a failed call leaves nodes and names as they were."""

from __future__ import annotations

import pytest

import autograd_lite as tf
from autograd_lite.api.scope import building, in_current_scope


def test_a_failure_takes_back_nodes_and_names(graph):
    with pytest.raises(RuntimeError), building(None, "work", []):
        tf.constant(1.0)
        raise RuntimeError
    assert graph.get_operations() == []
    with building(None, "work", []) as scope:
        assert scope == "work/"
        assert tf.constant(1.0).op.name == "work/Const"


def test_an_inner_failure_that_is_caught_keeps_what_was_before(graph):
    with building(None, "outer", []):
        tf.constant(1.0)
        with pytest.raises(ValueError, match="inner"), building(None, "inner", []):
            tf.constant(2.0)
            raise ValueError("inner")
        tf.constant(3.0)
    assert [op.name for op in graph.get_operations()] == ["outer/Const", "outer/Const_1"]


def test_the_scope_before_is_back_afterwards():
    with tf.name_scope("user"):
        with pytest.raises(RuntimeError), building("inner", None, []):
            raise RuntimeError
        assert tf.constant(1.0).op.name == "user/Const"


def test_the_graph_of_the_values_is_used():
    with tf.Graph().as_default() as other:
        x = tf.constant(1.0)
    with building(None, "work", [x]):
        assert tf.get_default_graph() is other
    assert tf.get_default_graph() is not other


def test_without_a_scope_of_its_own_names_stay_as_they_are(graph):
    with tf.name_scope("user"), in_current_scope():
        assert tf.constant(1.0).op.name == "user/Const"
    with in_current_scope():
        assert tf.constant(1.0).op.name == "Const"


def test_functions_build_in_the_graph_of_their_inputs(graph):
    with tf.Graph().as_default() as other:
        x = tf.constant([[1.0, 2.0]])
    results = [tf.reduce_sum(x), tf.split(x, 2, axis=1)[0], tf.repeat(x, 2), x + 1.0, tf.nn.softmax(x, axis=0), x[0]]
    assert all(result.graph is other for result in results)
    assert tf.gradients(results[0], x)[0].graph is other
    assert graph.get_operations() == []
