import re
from xml.etree import ElementTree

import pytest

import autograd_lite as tf
from autograd_lite.teach.tables import Table


def html(table):
    return ElementTree.fromstring(f"<div>{table._repr_html_()}</div>")


def test_a_table_of_variables_tells_their_sizes_in_the_order_in_which_they_were_made():
    with tf.Graph().as_default() as graph:
        tf.get_variable("w", [1000, 20])
        tf.Variable(tf.zeros([3], tf.int64), trainable=False, name="counts")
        tf.get_variable("open", initializer=tf.placeholder(tf.float32), validate_shape=False)
        tf.Variable(1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False, name="local", use_resource=True)
    table = tf.variable_table(graph)
    assert table.rows == [
        ("w", "[1000,20]", "float32", 20_000, 80_000, True),
        ("counts", "[3]", "int64", 3, 24, False),
        ("open", "?", "float32", None, None, True),
        ("local", "[]", "float32", 1, 4, False),
    ]
    assert table.total == ("total", "", "", 20_004, 80_028, "")
    lines = str(table).splitlines()
    assert lines[2] == "w       [1000,20]  float32   20,000  80,000  yes"
    assert lines[4] == "open    ?          float32        ?       ?  yes"
    assert repr(table) == str(table)
    assert [cell.text for cell in html(table).iter("td")][:6] == ["w", "[1000,20]", "float32", "20,000", "80,000", "yes"]


def test_a_list_or_one_variable_can_be_shown():
    with tf.Graph().as_default():
        a, b = tf.Variable(1.0, name="a"), tf.Variable([1.0, 2.0], name="b")
    assert [row[0] for row in tf.variable_table([b]).rows] == ["b"]
    assert [row[0] for row in tf.variable_table(a).rows] == ["a"]


def test_something_else_than_variables_is_refused():
    with tf.Graph().as_default(), pytest.raises(TypeError, match="A table of variables cannot show <tf.Tensor 'Const:0'"):
        tf.variable_table([tf.constant(1)])


def test_words_in_a_table_are_only_words():
    table = Table(("<b>", "n"), [('<script>alert("1")</script>\n&', 3)], notes=["</p><script>"])
    for told in (table._repr_html_(), re.sub(r"\\<", "", table.markdown())):
        assert "<script>" not in told
    assert next(html(table).iter("td")).text == '<script>alert("1")</script> &'
    assert str(table).splitlines()[2:] == ['<script>alert("1")</script> &  3', "", "</p><script>"]


def test_a_table_is_saved_as_a_page_or_text(tmp_path):
    with tf.Graph().as_default():
        tf.Variable([1.0, 2.0], name="w")
        table = tf.variable_table()
    table.save(tmp_path / "variables.html")
    table.save(tmp_path / "variables.txt")
    assert "<td" in (tmp_path / "variables.html").read_text() and (tmp_path / "variables.txt").read_text() == str(table)


def test_a_summary_counts_parameters_operations_and_bytes_by_scope():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 784], name="x")
        hidden = tf.layers.dense(x, 256, tf.nn.relu, name="hidden")
        logits = tf.layers.dense(hidden, 10, name="logits")
        tf.train.AdamOptimizer().minimize(tf.reduce_mean(logits, name="loss"))
    table = tf.summary(graph, unknown=32)
    rows = {row[0]: dict(zip(table.header, row)) for row in table.rows}
    assert rows["hidden"]["parameters"] == 784 * 256 + 256 and rows["logits"]["parameters"] == 2570
    assert rows["hidden"]["other state"] == 2 * rows["hidden"]["parameters"]
    assert (rows["hidden"]["output"], rows["logits"]["output"]) == ("[?,256]", "[?,10]")
    product = 2 * 32 * 784 * 256  # multiplications and additions; the bias and the ReLU add few
    assert product < rows["hidden"]["FLOPs"] < 1.01 * product
    assert rows["gradients"]["FLOPs"] > rows["hidden"]["FLOPs"]
    assert dict(zip(table.header, table.total))["parameters"] == 203_530
    assert table.notes == ["Unknown sizes (?) are taken as 32."]
    assert [cell.text for cell in html(table).iter("th")][:3] == ["scope", "nodes", "output"]


def test_a_deeper_summary_has_rows_for_inner_scopes():
    with tf.Graph().as_default() as graph:
        with tf.name_scope("outer"), tf.name_scope("inner"):
            tf.add(tf.zeros([3]), 1.0)
    assert [row[0] for row in tf.summary(graph).rows] == ["outer"]
    assert [row[0] for row in tf.summary(graph, depth=2).rows] == ["outer/inner"]


def test_the_module_of_summaries_is_still_there():
    assert tf.summary.scalar.__name__ == "scalar" and callable(tf.summary)
    with tf.Graph().as_default():
        assert tf.summary().rows == []


def test_a_summary_of_an_imported_graph_counts_all_variables_as_parameters():
    with tf.Graph().as_default() as graph:
        tf.Variable(tf.zeros([5]), name="w")
    with tf.Graph().as_default() as imported:
        tf.import_graph_def(graph.as_graph_def(), name="")
    assert tf.summary(imported).total[3:5] == (5, 0)


@pytest.mark.parametrize("arguments, error", [({"depth": 0}, ValueError), ({"unknown": -1}, ValueError), ({"graph": "x"}, TypeError)])
def test_a_wrong_argument_of_a_summary_is_told(arguments, error):
    with pytest.raises(error):
        tf.summary(**arguments)
