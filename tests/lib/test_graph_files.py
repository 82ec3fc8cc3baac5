"""Graphs written to files, events read from them."""

import json
import os
from pathlib import Path

import pytest

import autograd_lite as tf
from autograd_lite.wire.text_format import read_message

RECORDS = Path(__file__).parents[1] / "golden" / "data" / "records"


@pytest.fixture
def graph():
    with tf.Graph().as_default() as g:
        tf.constant([1.0, 2.0], name="c")
        yield g


def test_a_graph_is_written_as_text_or_binary_and_read_back(graph, tmp_path):
    text = tf.train.write_graph(graph, str(tmp_path / "made" / "here"), "g.pbtxt")
    binary = tf.io.write_graph(graph.as_graph_def(), tmp_path, "g.pb", as_text=False)
    assert text == str(tmp_path / "made" / "here" / "g.pbtxt")
    assert read_message(text, tf.GraphDef()) == read_message(binary, tf.GraphDef()) == graph.as_graph_def()
    assert Path(binary).read_bytes() == graph.as_graph_def().SerializeToString(deterministic=True)


def test_a_write_that_fails_leaves_the_old_file(graph, tmp_path, monkeypatch):
    path = tf.train.write_graph(graph, str(tmp_path), "g.pb", as_text=False)
    old = Path(path).read_bytes()
    tf.constant(3.0)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(tf.errors.ResourceExhaustedError, match="g.pb; No space left on device"):
        tf.train.write_graph(graph, str(tmp_path), "g.pb", as_text=False)
    assert Path(path).read_bytes() == old and os.listdir(tmp_path) == ["g.pb"]


def test_a_folder_that_cannot_be_made_is_told(graph, tmp_path):
    path = tf.train.write_graph(graph, str(tmp_path), "g.pb")
    with pytest.raises(tf.errors.FailedPreconditionError, match="g.pb is not a directory"):
        tf.train.write_graph(graph, path, "h.pb")
    with pytest.raises(tf.errors.NotFoundError, match="^/proc/nope; No such file or directory"):
        tf.train.write_graph(graph, "/proc/nope/dir", "g.pb")
    with pytest.raises(TypeError, match="Expected a tf.Graph or a GraphDef, got int"):
        tf.train.write_graph(5, str(tmp_path), "g.pb")


def test_the_events_of_a_file_are_read():
    wanted = json.loads((RECORDS / "events.json").read_text())["events"]
    (path,) = (RECORDS / "events").iterdir()
    found = list(tf.train.summary_iterator(str(path)))
    assert [(event.step, event.WhichOneof("what")) for event in found] == [(entry["step"], entry["what"]) for entry in wanted]


def test_events_of_a_missing_file_are_not_found(tmp_path):
    with pytest.raises(tf.errors.NotFoundError):
        next(tf.train.summary_iterator(str(tmp_path / "none")))
