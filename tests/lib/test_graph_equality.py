"""Two graphs are equal when they hold the same nodes."""

import pytest

import autograd_lite as tf
from autograd_lite.lib.graph_equality import assert_equal_graph_def


def graph_def(*nodes):
    return tf.GraphDef(node=[tf.NodeDef(name=name, op=op, input=inputs) for name, op, inputs in nodes])


X, Y = ("x", "NoOp", []), ("y", "NoOp", ["^x"])


def test_the_order_of_nodes_does_not_count():
    assert_equal_graph_def(graph_def(X, Y), graph_def(Y, X))


@pytest.mark.parametrize(
    "actual, expected, told",
    [
        ([X, Y], [X], r"^Found unexpected node '\{\{node y\}\} = NoOp\(\^x\)'"),
        ([X], [X, Y], r"^Did not find expected node '\{\{node y\}\} = NoOp\(\^x\)'"),
        ([X, Y], [X, ("y", "NoOp", [])], r"y \(NoOp\): inputs: \['\^x'\] and \[\]"),
    ],
)
def test_a_difference_is_told(actual, expected, told):
    with pytest.raises(AssertionError, match=told):
        assert_equal_graph_def(graph_def(*actual), graph_def(*expected))


def test_what_is_no_graph_def_is_a_type_error():
    with pytest.raises(TypeError, match="^Expected tf.GraphDef for actual, got int"):
        assert_equal_graph_def(5, graph_def())


def test_savers_and_shared_names_may_be_left_out():
    save = ("save/SaveV2", "SaveV2", [])
    assert_equal_graph_def(graph_def(X, save), graph_def(X), checkpoint_v2=True)
    one, other = graph_def(("t", "HashTableV2", [])), graph_def(("t", "HashTableV2", []))
    one.node[0].attr["shared_name"].s = b"a"
    with pytest.raises(AssertionError):
        assert_equal_graph_def(one, other)
    assert_equal_graph_def(one, other, hash_table_shared_name=True)
