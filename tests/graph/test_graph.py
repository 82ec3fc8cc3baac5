"""Graphs: names, scopes, control dependencies, devices, collections, finding things."""

import threading

import pytest

from autograd_lite.api import constants as api
from autograd_lite.graph import default_graph as tf
from autograd_lite.graph.graph import Graph, get_default_graph, reset_default_graph
from autograd_lite.graph.table import TABLE

identity = TABLE["Identity"]


def no_op(name=None):
    return TABLE["NoOp"](name=name)


@pytest.fixture
def graph():
    with Graph().as_default() as g:
        yield g


def names(graph):
    return [op.name for op in graph.get_operations()]


def test_names_are_made_unique_without_regard_to_case(graph):
    for name in ("a", "a", "A", "a_1", "b", "a"):
        no_op(name=name)
    assert names(graph) == ["a", "a_1", "A_2", "a_1_1", "b", "a_3"]


def test_a_scope_name_is_made_unique_and_one_with_a_slash_is_entered_again(graph):
    with tf.name_scope("s") as first:
        no_op(name="k")
    with tf.name_scope("s"):
        no_op(name="k")
    with tf.name_scope(first):
        no_op(name="k")
    with tf.name_scope("s"), tf.name_scope("t"), tf.name_scope(None):
        no_op(name="k")
    assert names(graph) == ["s/k", "s_1/k", "s/k_1", "k"]


def test_op_and_scope_share_one_space_of_names(graph):
    no_op(name="x")
    with tf.name_scope("x"):
        no_op(name="y")
    assert names(graph) == ["x", "x_1/y"]


def test_constants_made_for_an_input_are_named_after_it(graph):
    TABLE["Mul"](api.constant(1.0), 2.0, name="m")
    assert names(graph) == ["Const", "m/y", "m"]


@pytest.mark.parametrize("name", ["bad scope$", "-x", "a b"])
def test_a_bad_scope_name_is_refused(graph, name):
    with pytest.raises(ValueError, match="is not a valid scope name"):
        with tf.name_scope(name):
            pass
    assert graph.get_name_scope() == ""


def test_control_dependencies_reach_only_nodes_that_do_not_follow_from_them_already(graph):
    a = no_op(name="a")
    with graph.control_dependencies([a]):
        x = api.constant(1.0)
        y = identity(x)
        with graph.control_dependencies(None):
            z = api.constant(2.0)
    assert [op.name for op in x.op.control_inputs] == ["a"] and y.op.control_inputs == [] and z.op.control_inputs == []
    assert a.control_outputs == [x.op]


def test_control_dependencies_take_tensors_and_operations_only(graph):
    with pytest.raises(TypeError, match=r"Can not convert a float into a Tensor or Operation\."):
        with tf.control_dependencies([3.0]):
            pass


def test_devices_nest_and_functions_are_asked_for_each_node(graph):
    with tf.device("/job:worker/task:1"), tf.device("/gpu:0"):
        a = no_op()
        with tf.device(lambda op: "/cpu:0" if op.type == "NoOp" else ""):
            b = no_op()
        with tf.device(None):
            c = no_op()
    assert (a.device, b.device, c.device) == ("/job:worker/task:1/device:GPU:0", "/job:worker/task:1/device:CPU:0", "")


def test_colocation_is_written_into_the_class_attribute(graph):
    a = api.constant(1.0, name="a")
    with tf.colocate_with(a):
        b = no_op()
        with tf.colocate_with(b, ignore_existing=True):
            c = no_op()
    assert b.attrs["_class"] == ["loc:@a"] == c.attrs["_class"] and a.op.colocation_groups() == [b"loc:@a"]


def test_things_are_found_by_name(graph):
    t = api.constant(1.0, name="a")
    assert graph.get_tensor_by_name("a:0") is t and graph.get_operation_by_name("a") is t.op
    assert graph.as_graph_element("a") is t.op and graph.as_graph_element("a:0") is t


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda g: g.get_tensor_by_name("ghost:0"), KeyError, "The operation, 'ghost', does not exist in the graph."),
        (lambda g: g.get_tensor_by_name("a:3"), KeyError, "The operation, 'a', exists but only has 1 outputs."),
        (lambda g: g.get_tensor_by_name("a"), ValueError, "The name 'a' refers to an Operation, not a Tensor"),
        (lambda g: g.get_operation_by_name("a:0"), ValueError, "Name 'a:0' appears to refer to a Tensor, not a Operation."),
        (lambda g: g.get_operation_by_name("ghost"), KeyError, "The name 'ghost' refers to an Operation not in the graph."),
        (lambda g: g.as_graph_element(object()), TypeError, "Can not convert a object into a Tensor or Operation."),
        (lambda g: g.get_tensor_by_name("a:b:c"), ValueError, "looks a like a Tensor name, but is not a valid one"),
    ],
)
def test_what_is_not_in_the_graph_is_named(graph, call, error, text):
    api.constant(1.0, name="a")
    with pytest.raises(error, match=text):
        call(graph)


def test_an_element_of_another_graph_is_refused(graph):
    with Graph().as_default():
        far = api.constant(1.0, name="far")
    with pytest.raises(ValueError, match=r'Tensor Tensor\("far:0", shape=\(\), dtype=float32\) is not an element of this graph\.'):
        graph.as_graph_element(far)


def test_collections_keep_what_is_added_and_filter_by_scope(graph):
    a = api.constant(1.0, name="s/a")
    for item in (a, api.constant(2.0, name="b")):
        tf.add_to_collection("losses", item)
    assert tf.get_collection("losses", "s") == [a] and len(tf.get_collection("losses")) == 2
    tf.get_collection("losses").clear()
    assert len(tf.get_collection_ref("losses")) == 2 and tf.get_collection("none") == []
    graph.clear_collection("losses")
    assert tf.get_collection("losses") == []


def test_a_finalized_graph_refuses_nodes(graph):
    graph.finalize()
    with pytest.raises(RuntimeError, match=r"Graph is finalized and cannot be modified\."):
        api.constant(1.0)
    assert names(graph) == [] and graph.unique_name("Const", mark_as_used=False) == "Const"


def test_default_graphs_nest_and_belong_to_their_thread(graph):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(get_default_graph()))
    thread.start()
    thread.join()
    assert get_default_graph() is graph and seen[0] is not graph


def test_scopes_belong_to_their_thread(graph):
    seen = []

    def build():
        with graph.as_default():
            seen.append(no_op(name="x").name)

    with tf.name_scope("s"):
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()
    assert seen == ["x"]


def test_resetting_inside_a_nested_graph_is_refused(graph):
    with pytest.raises(AssertionError, match=r"Do not use tf\.reset_default_graph\(\) to clear nested graphs"):
        reset_default_graph()


def test_entering_default_graphs_out_of_order_is_noticed():
    one, two = Graph().as_default(), Graph().as_default()
    one.__enter__(), two.__enter__()
    try:
        with pytest.raises(AssertionError, match="Nesting violated for default stack"):
            one.__exit__(None, None, None)
    finally:
        two.__exit__(None, None, None)
        one.__exit__(None, None, None)


def test_a_failed_call_leaves_no_trace(graph):
    a = api.constant([1.0, 2.0])
    before = names(graph), dict(graph._names_in_use), graph._next_id, list(a.consumers())
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 2 and 3"):
        TABLE["Mul"](a, [1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="has type int32 that does not match type float32 of argument 'x'"):
        TABLE["Mul"](a, api.constant(1, name="kept"))
    assert (names(graph)[:1], a.consumers()) == (before[0], before[3])
    assert names(graph) == ["Const", "kept"]
    assert TABLE["Mul"](a, a).op.name == "Mul"


def test_a_long_chain_builds_without_recursion(graph):
    x = api.constant(1.0)
    for _ in range(20_000):
        x = identity(x)
    assert len(graph.get_operations()) == 20_001 and x.op.name == "Identity_19999"
