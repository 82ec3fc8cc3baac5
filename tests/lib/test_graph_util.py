"""GraphDefs taken apart, stripped and frozen."""

from pathlib import Path

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core.release import get_release, set_release
from autograd_lite.wire.compare import graph_differences

GRAPHS = Path(__file__).parents[1] / "golden" / "data" / "graphs"


@pytest.fixture
def graph():
    with tf.Graph().as_default() as g:
        yield g


@pytest.fixture
def newer_release():
    before = get_release()
    set_release("2.21")
    yield
    set_release(before)


def names(graph_def):
    return [node.name for node in graph_def.node]


def inputs(graph_def, name):
    return next(list(node.input) for node in graph_def.node if node.name == name)


# -------------------------------------------------------------------- extract_sub_graph


def test_only_what_a_node_needs_is_kept_in_the_old_order(graph):
    x = tf.placeholder(tf.float32, name="x")
    tf.square(x, name="unneeded")
    with tf.control_dependencies([tf.no_op(name="first")]):
        tf.add(x, 1.0, name="y")
    original = graph.as_graph_def()
    part = tf.graph_util.extract_sub_graph(original, ["y"])
    assert names(part) == ["x", "first", "y/y", "y"]
    assert part.versions == original.versions
    assert len(original.node) == 5


def test_a_node_that_is_not_there_is_an_assertion_error(graph):
    tf.no_op(name="a")
    graph_def = graph.as_graph_def()
    for name in ("zzz", "a:0"):
        with pytest.raises(AssertionError, match=f"^{name} is not in graph"):
            tf.graph_util.extract_sub_graph(graph_def, [name])
    with pytest.raises(TypeError, match="^dest_nodes must be an iterable of strings, but got type <class 'str'>"):
        tf.graph_util.extract_sub_graph(graph_def, "a")
    with pytest.raises(TypeError, match="^graph_def must be a graph_pb2.GraphDef proto"):
        tf.graph_util.extract_sub_graph("a", ["a"])


def test_an_input_that_is_missing_is_an_assertion_error():
    graph_def = tf.GraphDef(node=[tf.NodeDef(name="x", op="Identity", input=["ghost:1"])])
    with pytest.raises(AssertionError, match="^ghost is not in graph"):
        tf.graph_util.extract_sub_graph(graph_def, ["x"])


def test_a_deep_graph_is_taken_apart():
    nodes = [tf.NodeDef(name=f"n{i}", op="Identity", input=[f"n{i - 1}"] if i else []) for i in range(50_000)]
    assert len(tf.graph_util.extract_sub_graph(tf.GraphDef(node=nodes), ["n49999"]).node) == 50_000


# -------------------------------------------------------------------- remove_training_nodes


def test_identities_and_checks_are_taken_out(graph):
    x = tf.placeholder(tf.float32, name="x")
    checked = tf.check_numerics(tf.identity(x, name="i"), "message", name="check")
    tf.add(checked, 1.0, name="y")
    part = tf.graph_util.remove_training_nodes(graph.as_graph_def())
    assert names(part) == ["x", "y/y", "y"]
    assert inputs(part, "y") == ["x", "y/y"]


def test_protected_nodes_and_those_that_wait_or_are_waited_for_stay(graph):
    x = tf.placeholder(tf.float32, name="x")
    waited_for = tf.identity(x, name="waited_for")
    with tf.control_dependencies([waited_for]):
        waits = tf.identity(x, name="waits")
    tf.add(tf.identity(waits, name="protected"), tf.identity(x, name="goes"), name="y")
    part = tf.graph_util.remove_training_nodes(graph.as_graph_def(), ["protected"])
    assert names(part) == ["x", "waited_for", "waits", "protected", "y"]
    assert inputs(part, "y") == ["protected", "x"]


# -------------------------------------------------------------------- convert_variables_to_constants


def test_freezing_gives_the_graph_that_tensorflow_gives(graph, newer_release):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.Variable(tf.constant(np.linspace(-1, 1, 6).reshape(3, 2), tf.float32))
    b = tf.Variable([0.1, 0.2])
    tf.nn.softmax(tf.matmul(x, w) + b, name="y")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["y"])
    golden = tf.GraphDef.FromString((GRAPHS / "frozen_mlp.pb").read_bytes())
    assert graph_differences(golden, frozen, in_order=True) == []


def test_a_frozen_graph_computes_the_same_without_variables(graph):
    x = tf.placeholder(tf.int32, [2], name="x")
    table = tf.get_variable("table", [3, 2], use_resource=True, initializer=tf.ones_initializer())
    scale = tf.Variable(3.0, name="scale")
    y = tf.identity(tf.gather(table, x) * scale + table[0], name="y")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(tf.assign_add(scale, 1.0))
        before = session.run(y, {x: [0, 2]})
        frozen = tf.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["y"])
    assert not {node.op for node in frozen.node} & {"VariableV2", "VarHandleOp", "ReadVariableOp", "ResourceGather"}
    with tf.Graph().as_default(), tf.Session() as session:
        feed, result = tf.import_graph_def(frozen, return_elements=["x:0", "y:0"])
        assert session.run(result, {feed: [0, 2]}).tolist() == before.tolist()


def test_variables_can_be_chosen(graph):
    a, b = tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b")
    tf.add(a, b, name="y")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        convert = tf.graph_util.convert_variables_to_constants
        only = convert(session, graph.as_graph_def(), ["y"], variable_names_whitelist=["a"])
        rest = convert(session, graph.as_graph_def(), ["y"], variable_names_blacklist=["a"])
    assert [node.name for node in only.node if node.op == "VariableV2"] == ["b"]
    assert [node.name for node in rest.node if node.op == "VariableV2"] == ["a"]


def test_a_missing_output_is_an_assertion_error(graph):
    tf.constant(1.0, name="a")
    with tf.Session() as session, pytest.raises(AssertionError, match="^zzz is not in graph"):
        tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["zzz"])


def test_a_variable_that_is_written_to_cannot_be_frozen(graph):
    v = tf.get_variable("v", [], use_resource=True)
    update = v.assign_add(1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(ValueError, match="only reading and gathering can be frozen"):
            tf.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), [update.op.name])


# -------------------------------------------------------------------- small ones


def test_text_and_int32_constants_must_run_on_the_cpu(graph):
    must = tf.graph_util.must_run_on_cpu
    assert must(tf.constant("a").op) and must(tf.constant(1).op) and must(tf.cast(tf.constant(1), tf.float32).op)
    assert not must(tf.constant(1.0).op) and not must(tf.placeholder(tf.int32).op.node_def)
    v = tf.Variable(1.0)
    assert must(v.op, pin_variables_on_cpu=True) and not must(v.op)


def test_the_shape_of_a_tensor_is_found_by_its_name_in_a_node_definition(graph):
    tf.placeholder(tf.float32, [2, None], name="x")
    tf.split([1.0, 2.0, 3.0, 4.0], 2, name="parts")
    shape = tf.graph_util.tensor_shape_from_node_def_name
    assert shape(graph, "x").as_list() == [2, None] == shape(graph, "x:0").as_list()
    assert shape(graph, "parts:1").as_list() == [2]
