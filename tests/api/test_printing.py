"""`tf.print`; the text is that of TensorFlow 2.21."""

import sys

import pytest

import autograd_lite as tf


def run(op):
    with tf.Session() as session:
        session.run(op)


def test_values_and_python_objects_stand_in_one_text(capsys):
    numbers, inner = tf.constant([1, 2.5, 3, 4, 5, 6, 7, 8]), {"b": tf.constant(2), "a": [tf.constant("x")]}
    run(tf.print("hi", numbers, inner, sep="|", end="!\n", output_stream=sys.stdout))
    run(tf.print([tf.constant(1), tf.constant("s")], (1, "b"), None, output_stream=sys.stdout))
    run(tf.print(tf.SparseTensor([[0, 0]], [1.5], [1, 1]), output_stream=sys.stdout))
    assert capsys.readouterr().out.splitlines() == [
        "hi|[1 2.5 3 ... 6 7 8]|{'a': [\"x\"], 'b': 2}!",
        "[1, \"s\"] (1, 'b') None",
        "'SparseTensor(indices=[[0 0]], values=[1.5], shape=[1 1])'",
    ]


def test_text_goes_to_logs_and_files(capsys, tmp_path):
    run(tf.print("to the log", output_stream=tf.logging.info))
    assert "INFO:tensorflow:to the log\n" in capsys.readouterr().err
    for _ in range(2):
        run(tf.print(tf.constant(3), output_stream=f"file://{tmp_path}/out.txt"))
    assert (tmp_path / "out.txt").read_text() == "3\n3\n"


def test_imported_graph_writes_no_file(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.print("x", output_stream=f"file://{tmp_path}/out.txt", name="p")
    with tf.Graph().as_default():
        tf.import_graph_def(graph.as_graph_def(), name="")
        with pytest.raises(tf.errors.PermissionDeniedError):
            run("p")
    assert not (tmp_path / "out.txt").exists()


def test_name_is_that_of_the_printing_node():
    op = tf.print("a", tf.constant([1.0]), name="q")
    assert (op.name, op.inputs[0].op.name) == ("q", "q_format")


def test_unknown_keywords_and_streams_are_refused():
    with pytest.raises(ValueError, match="Unrecognized keyword arguments for tf.print"):
        tf.print("a", foo=1)
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print("a", output_stream=3)
