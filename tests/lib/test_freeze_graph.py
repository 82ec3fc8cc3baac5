import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.lib.freeze_graph import freeze_graph, freeze_graph_with_def_protos


@pytest.fixture
def model(tmp_path):
    """A graph and its checkpoint on disk; the folder, and what it gives for ones."""
    x = tf.placeholder(tf.float32, [None, 3], name="input")
    with tf.device("/device:CPU:0"):
        weights = tf.get_variable("weights", [3, 2], initializer=tf.random_normal_initializer(seed=1))
    tf.get_variable("unused", [2])
    tf.nn.softmax(tf.matmul(x, weights), name="output")
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        saver.save(session, str(tmp_path / "model.ckpt"))
        tf.train.write_graph(session.graph_def, str(tmp_path), "graph.pbtxt")
        tf.saved_model.simple_save(session, str(tmp_path / "saved"), {"x": x}, {"y": session.graph.get_tensor_by_name("output:0")})
        wanted = session.run("output:0", {x: np.ones([1, 3])})
    tf.reset_default_graph()
    return tmp_path, wanted


def _result(graph_def):
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = tf.import_graph_def(graph_def, return_elements=["input:0", "output:0"], name="")
        return session.run(y, {x: np.ones([1, 3])})


def test_graph_and_checkpoint_become_one_file(model):
    folder, wanted = model
    graph = str(folder / "graph.pbtxt")
    frozen = freeze_graph(graph, "", False, str(folder / "model.ckpt"), "output", "save/restore_all", "save/Const:0",
                          str(folder / "frozen.pb"), True, "")  # fmt: skip
    written = tf.GraphDef.FromString((folder / "frozen.pb").read_bytes())
    assert written == frozen
    assert [node.op for node in written.node if "Variable" in node.op] == []
    assert {node.device for node in written.node} == {""}
    np.testing.assert_array_equal(_result(written), wanted)


def test_a_meta_graph_and_a_saved_model_are_frozen_too(model):
    folder, wanted = model
    meta = freeze_graph(None, None, True, str(folder / "model.ckpt"), "output", None, None, None, False, None,
                        input_meta_graph=str(folder / "model.ckpt.meta"))  # fmt: skip
    saved = freeze_graph(None, None, True, None, "output", None, None, None, False, None,
                         input_saved_model_dir=str(folder / "saved"))  # fmt: skip
    np.testing.assert_array_equal(_result(meta), wanted)
    np.testing.assert_array_equal(_result(saved), wanted)


def test_variables_may_be_left_as_they_are(model):
    folder, _ = model
    frozen = freeze_graph(str(folder / "graph.pbtxt"), None, False, str(folder / "model.ckpt"), "output", None, None, None, True, None,
                          variable_names_blacklist="weights")  # fmt: skip
    assert "weights" in [node.name for node in frozen.node if node.op == "VariableV2"]


def test_what_is_missing_is_told_as_tensorflow_tells_it(model, capsys):
    folder, _ = model
    graph = tf.GraphDef()
    assert freeze_graph_with_def_protos(graph, None, str(folder / "none.ckpt"), "output", None, None, None, True, None) == -1
    assert capsys.readouterr().out == f"Input checkpoint '{folder}/none.ckpt' doesn't exist!\n"
    assert freeze_graph_with_def_protos(graph, None, str(folder / "model.ckpt"), "", None, None, None, True, None) == -1
    assert capsys.readouterr().out == "You need to supply the name of a node to --output_node_names.\n"
