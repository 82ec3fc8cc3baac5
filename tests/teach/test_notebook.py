from xml.etree import ElementTree

import pytest

import autograd_lite as tf


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        v = tf.Variable(tf.zeros([3, 2]), name="v")
        tf.matmul(x, v, name="y")
    return made


def test_the_text_of_tensors_operations_and_variables_is_that_of_tensorflow():
    # as TensorFlow 2.21 (compat.v1) prints them
    with tf.Graph().as_default():
        x, u = tf.placeholder(tf.float32, [None, 3], name="x"), tf.placeholder(tf.float32, name="u")
        v, r = tf.Variable(1.0, name="v"), tf.Variable(tf.zeros([2, 3]), use_resource=True, name="rv")
        assert repr(x) == "<tf.Tensor 'x:0' shape=(?, 3) dtype=float32>"
        assert str(x) == 'Tensor("x:0", shape=(?, 3), dtype=float32)'
        assert (repr(u), str(u)) == ("<tf.Tensor 'u:0' shape=<unknown> dtype=float32>", 'Tensor("u:0", dtype=float32)')
        assert repr(x.op) == "<tf.Operation 'x' type=Placeholder>"
        assert repr(v) == str(v) == "<tf.Variable 'v:0' shape=() dtype=float32_ref>"
        assert repr(r) == str(r) == "<tf.Variable 'rv:0' shape=(2, 3) dtype=float32>"
        assert repr(v.value()) == "<tf.Tensor 'v/read:0' shape=() dtype=float32>"
        assert repr(r.handle) == "<tf.Tensor 'rv:0' shape=() dtype=resource>"


def test_a_notebook_shows_a_graph_as_a_picture(graph):
    bundle = graph._repr_mimebundle_()
    assert bundle["text/plain"] == repr(graph) == f"<autograd_lite Graph: {len(graph.get_operations())} operations>"
    assert ElementTree.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")
    assert set(tf.Graph()._repr_mimebundle_(include=None, exclude=None)) == {"text/plain"}


def test_a_large_graph_without_name_scopes_is_shown_in_stretches():
    with tf.Graph().as_default() as graph:
        x = tf.constant(1.0)
        for _ in range(1600):
            x = tf.negative(x)
    shown = graph._repr_mimebundle_()["image/svg+xml"]
    assert "Neg_40 … Neg_80" in shown and "Folded: 1,601 of 1,601 nodes into 40 boxes" in shown and len(shown) < 50_000


def facts(thing):
    root = ElementTree.fromstring(f"<div>{thing._repr_html_()}</div>")
    return {row[0].text: row[1].text for row in root.iter("tr")}


def test_a_notebook_shows_what_is_known_of_a_tensor_and_an_operation(graph):
    y = graph.get_tensor_by_name("y:0")
    shown = facts(y)
    assert (shown["shape"], shown["dtype"], shown["made by"], shown["used by"]) == ("[?,2]", "float32", "MatMul(x:0, v/read:0)", "nothing")
    assert __file__ in shown["line"]
    shown = facts(y.op)
    assert (shown["type"], shown["takes"], shown["gives"]) == ("MatMul", "x:0, v/read:0", "y:0 float32 [?,2]")


def test_a_notebook_shows_variables_and_sessions_as_tables(graph):
    (variable,) = graph.get_collection("variables")
    assert "<td" in variable._repr_html_() and "24" in variable._repr_html_()
    session = tf.Session(graph=graph)
    assert repr(session) == f"<autograd_lite Session: graph of {len(graph.get_operations())} operations>"
    assert facts(session)["state"] == "open"
    session.close()
    assert facts(session)["state"] == "closed" and repr(session).endswith("operations, closed>")


def test_many_users_of_a_tensor_are_counted():
    with tf.Graph().as_default():
        x = tf.constant(1.0)
        for _ in range(12):
            tf.negative(x)
    assert facts(x)["used by"].endswith("Neg_7, and 4 more")


def test_names_from_a_file_are_only_words_in_a_notebook(graph):
    y = graph.get_tensor_by_name("y:0")
    y.op.name = '<script>alert("1")</script>'  # what a graph of another program might bring
    for shown in (y._repr_html_(), y.op._repr_html_(), graph._repr_mimebundle_()["image/svg+xml"]):
        assert "<script" not in shown and "&lt;script&gt;" in shown
