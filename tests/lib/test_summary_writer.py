"""Event files: what is in them, that nothing is lost, and that TensorFlow and TensorBoard read them."""

import errno
import gc
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as tf

ROOT = Path(__file__).parents[2]
POINT = tf.Summary.Value


def _point(tag, number):
    return tf.Summary(value=[POINT(tag=tag, simple_value=number)])


def _events(folder):
    return [event for path in sorted(Path(folder).glob("*tfevents*")) for event in tf.train.summary_iterator(str(path))]


def _kinds(folder):
    return [event.WhichOneof("what") for event in _events(folder)]


def test_a_file_says_its_version_first(tmp_path):
    with tf.summary.FileWriter(str(tmp_path / "made" / "here"), filename_suffix=".mine") as writer:
        writer.add_summary(_point("loss", 0.5), 3)
    (path,) = (tmp_path / "made" / "here").iterdir()
    assert re.fullmatch(r"events\.out\.tfevents\.\d{10}\..+\.mine", path.name)
    version, point = _events(path.parent)
    assert version.file_version == "brain.Event:2" and abs(version.wall_time - time.time()) < 60
    assert (point.step, point.summary.value[0].tag, point.summary.value[0].simple_value) == (3, "loss", 0.5)


def test_a_graph_is_written_with_shapes_and_as_a_meta_graph(tmp_path):
    tf.add_to_collection("kept", tf.constant([1.0, 2.0], name="c"))
    tf.summary.FileWriter(tmp_path, tf.get_default_graph()).close()
    _, graph, meta = _events(tmp_path)
    (node,) = tf.GraphDef.FromString(graph.graph_def).node
    assert node.name == "c" and node.attr["_output_shapes"].list.shape[0].dim[0].size == 2
    message = tf.MetaGraphDef.FromString(meta.meta_graph_def)
    assert message.graph_def.node[0].name == "c" and message.collection_def["kept"].node_list.value == ["c:0"]


def test_everything_else_that_can_be_written(tmp_path):
    metadata, options = tf.RunMetadata(), tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    summary = tf.summary.scalar("a", 1.0)
    with tf.Session() as session, tf.summary.FileWriter(str(tmp_path)) as writer:
        writer.add_summary(session.run(summary, options=options, run_metadata=metadata), np.int64(7))
        writer.add_run_metadata(metadata, "step7", 7)
        writer.add_graph(session.graph_def)
        writer.add_meta_graph(tf.MetaGraphDef())
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 8)
        writer.add_event(tf.Event(step=9, log_message=tf.LogMessage(message="hello")))
    kinds = ["summary", "tagged_run_metadata", "graph_def", "meta_graph_def", "session_log", "log_message"]
    assert _kinds(tmp_path) == ["file_version", *kinds]
    assert [event.step for event in _events(tmp_path)] == [0, 7, 7, 0, 0, 8, 9]
    tagged = _events(tmp_path)[2].tagged_run_metadata
    assert tagged.tag == "step7" and tf.RunMetadata.FromString(tagged.run_metadata) == metadata


def test_metadata_of_a_tag_are_written_once(tmp_path):
    value = POINT(tag="t", simple_value=1, metadata=tf.SummaryMetadata(display_name="d"))
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        for _ in range(2):
            writer.add_summary(tf.Summary(value=[value]).SerializeToString())
    assert [event.summary.value[0].HasField("metadata") for event in _events(tmp_path)[1:]] == [True, False]


def test_wrong_arguments_are_told(tmp_path):
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        with pytest.raises(ValueError, match="^Please pass only graph, or graph_def"):
            writer.add_graph(tf.get_default_graph(), graph_def=tf.GraphDef())
        with pytest.raises(TypeError, match="^The passed graph must be an instance of `Graph`"):
            writer.add_graph("graph")
        with pytest.raises(TypeError, match="^meta_graph_def must be type MetaGraphDef, saw type: <class 'int'>"):
            writer.add_meta_graph(5)
        with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'value'"):
            writer.add_summary(None, 1)
        writer.add_run_metadata(tf.RunMetadata(), "tag")
        with pytest.raises(ValueError, match="^The provided tag was already used for this event type"):
            writer.add_run_metadata(tf.RunMetadata(), "tag")
    with pytest.raises(tf.errors.NotFoundError, match="^/proc/nope; No such file or directory"):
        tf.summary.FileWriter("/proc/nope/logs")


def test_flush_makes_events_visible_while_the_file_is_open(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path), max_queue=1)
    for step in range(20):
        writer.add_summary(_point("loss", step), step)
    writer.flush()
    assert [event.step for event in _events(tmp_path)[1:]] == list(range(20))
    writer.close()


def test_events_appear_by_themselves_after_flush_secs(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path), flush_secs=0)
    writer.add_summary(_point("loss", 1))
    for _ in range(500):
        if len(_events(tmp_path)) == 2:
            break
        time.sleep(0.01)
    assert _kinds(tmp_path) == ["file_version", "summary"]
    writer.close()


def test_a_closed_writer_drops_events_until_it_is_reopened(tmp_path, caplog):
    writer = tf.summary.FileWriter(str(tmp_path))
    writer.close()
    writer.close()
    writer.add_summary(_point("lost", 1))
    assert "Attempting to use a closed FileWriter" in caplog.text
    writer.flush()
    writer.reopen()
    writer.reopen()
    writer.add_summary(_point("kept", 1))
    writer.close()
    assert [event.summary.value[0].tag for event in _events(tmp_path) if event.summary.value] == ["kept"]
    assert len(list(tmp_path.iterdir())) == 2


def test_writers_of_one_folder_have_files_of_their_own(tmp_path):
    writers = [tf.summary.FileWriter(str(tmp_path)) for _ in range(3)]
    for number, writer in enumerate(writers):
        writer.add_summary(_point("n", number))
        writer.close()
    assert sorted(event.summary.value[0].simple_value for event in _events(tmp_path) if event.summary.value) == [0, 1, 2]


def test_many_threads_may_add_events(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path), max_queue=2)
    threads = [threading.Thread(target=lambda: [writer.add_summary(_point("n", 1)) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert len(_events(tmp_path)) == 201


def _writing_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("events of")]


def test_a_forgotten_writer_is_closed(tmp_path):
    before = len(_writing_threads())
    writer = tf.summary.FileWriter(str(tmp_path))
    writer.add_summary(_point("n", 1))
    assert len(_writing_threads()) == before + 1
    del writer
    gc.collect()
    assert len(_writing_threads()) == before and len(_events(tmp_path)) == 2


def test_a_program_that_ends_without_closing_loses_nothing(tmp_path):
    program = f"""
import autograd_lite as tf
writer = tf.summary.FileWriter({str(tmp_path)!r}, tf.get_default_graph())
for step in range(100): writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="n", simple_value=step)]), step)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    assert len(_events(tmp_path)) == 103


def test_a_full_disk_is_told_and_blocks_nobody(tmp_path, monkeypatch):
    writer = tf.summary.FileWriter(str(tmp_path), max_queue=1)
    records = writer.event_writer._file._records

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(records, "write", full)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="tfevents.*; No space left on device"):
        for _ in range(50):
            writer.add_summary(_point("n", 1))
        writer.flush()
    monkeypatch.undo()
    writer.add_summary(_point("after", 1))
    writer.close()
    assert [event.summary.value[0].tag for event in _events(tmp_path) if event.summary.value][-1] == "after"


def test_the_cache_keeps_one_writer_for_each_folder(tmp_path):
    first = tf.summary.FileWriterCache.get(str(tmp_path / "a"))
    assert tf.summary.FileWriterCache.get(str(tmp_path / "a")) is first
    assert tf.summary.FileWriterCache.get(str(tmp_path / "b")) is not first
    tf.summary.FileWriterCache.clear()
    assert first.event_writer.closed and tf.summary.FileWriterCache.get(str(tmp_path / "a")) is not first
    tf.summary.FileWriterCache.clear()


def test_the_projector_finds_its_configuration_beside_the_events(tmp_path):
    projector = tf.contrib.tensorboard.plugins.projector
    config = projector.ProjectorConfig()
    config.embeddings.add().tensor_name = "words"
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        projector.visualize_embeddings(writer, config)
    assert 'tensor_name: "words"' in (tmp_path / "projector_config.pbtxt").read_text()


# ---------------------------------------------------------------- other programs


def _write_a_bit_of_everything(folder):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.matmul(x, tf.ones([4, 2]), name="product")
    loss = tf.reduce_mean(y)
    tf.summary.scalar("loss", loss)
    tf.summary.histogram("outputs", y)
    tf.summary.image("picture", tf.reshape(x, [-1, 2, 2, 1]), max_outputs=1)
    tf.summary.audio("tone", tf.reshape(x, [1, -1, 1]), 8000, max_outputs=1)
    tf.summary.text("note", tf.constant("*well*"))
    merged = tf.summary.merge_all()
    with tf.Session() as session, tf.summary.FileWriter(str(folder), session.graph) as writer:
        for step in range(3):
            metadata = tf.RunMetadata()
            options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
            summary = session.run(merged, {x: np.full([2, 4], step + 0.5)}, options=options, run_metadata=metadata)
            writer.add_summary(summary, step)
            writer.add_run_metadata(metadata, f"step{step}", step)


READ = """
import json, sys, glob, tensorflow.compat.v1 as tf
(path,) = glob.glob(sys.argv[1] + '/*tfevents*')
found = []
for event in tf.train.summary_iterator(path):
    kind = event.WhichOneof('what')
    values = [(v.tag, v.WhichOneof('value'), v.simple_value) for v in event.summary.value]
    if kind == 'graph_def': values = [n.name for n in tf.GraphDef.FromString(event.graph_def).node]
    for v in event.summary.value:
        if v.HasField('image'):
            with tf.Graph().as_default(), tf.Session() as s:
                values.append(s.run(tf.image.decode_png(v.image.encoded_image_string)).tolist())
    found.append([event.step, kind, values])
json.dump(found, sys.stdout)
"""


@pytest.mark.oracle
def test_tensorflow_reads_our_event_files(tmp_path):
    _write_a_bit_of_everything(tmp_path)
    python = os.environ["AUTOGRAD_LITE_ORACLE"]
    result = subprocess.run([python, "-c", READ, str(tmp_path)], capture_output=True, check=True)
    found = json.loads(result.stdout)
    assert [kind for _, kind, _ in found] == ["file_version", "graph_def", "meta_graph_def", *["summary", "tagged_run_metadata"] * 3]
    assert found[1][2] == [op.name for op in tf.get_default_graph().get_operations()]
    step, _, values = found[5]
    assert step == 1 and values[0] == ["loss", "simple_value", 6.0]
    assert [value[1] for value in values[:5]] == ["simple_value", "histo", "image", "audio", "tensor"]
    assert values[5] == [[[255], [255]], [[255], [255]]]


class _Server:
    """A TensorBoard server on this machine; it ends with the block."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1", "--port", "0"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def __enter__(self):
        for line in self._process.stderr:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.address = found.group()
                threading.Thread(target=self._process.stderr.read, daemon=True).start()  # it must never wait for a full pipe
                return self
        raise AssertionError("TensorBoard did not start")

    def __exit__(self, *unused):
        self._process.kill()
        self._process.wait()

    def get(self, path, query):
        """The answer to one request, asked again until the server has read the files."""
        address = f"{self.address}/data/plugin/{path}?{query if isinstance(query, str) else urllib.parse.urlencode(query)}"
        for _ in range(100):
            try:
                with urllib.request.urlopen(address, timeout=10) as answer:
                    content = answer.read()
                    if content not in (b"{}", b"[]"):
                        return content
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"{address} has no content")


@pytest.mark.tensorboard
def test_tensorboard_shows_our_event_files(tmp_path):
    pytest.importorskip("tensorboard")
    _write_a_bit_of_everything(tmp_path / "run")
    with _Server(tmp_path) as server:
        points = json.loads(server.get("scalars/scalars", {"run": "run", "tag": "loss"}))
        assert [(step, value) for _, step, value in points] == [(0, 2.0), (1, 6.0), (2, 10.0)]
        histograms = json.loads(server.get("histograms/histograms", {"run": "run", "tag": "outputs"}))
        assert [(step, sum(count for _, _, count in buckets)) for _, step, buckets in histograms] == [(0, 4), (1, 4), (2, 4)]
        (picture,) = json.loads(server.get("images/images", {"run": "run", "tag": "picture/image", "sample": 0}))[-1:]
        assert picture["step"] == 2
        assert server.get("images/individualImage", picture["query"])[:4] == b"\x89PNG"
        graph = server.get("graphs/graph", {"run": "run", "conceptual": "false"}).decode()
        assert 'name: "product"' in graph and 'op: "MatMul"' in graph and 'key: "_output_shapes"' in graph
        assert "step_stats" in server.get("graphs/run_metadata", {"run": "run", "tag": "step1"}).decode()
        assert "<em>well</em>" in json.loads(server.get("text/text", {"run": "run", "tag": "note"}))[0]["text"]
        sound = json.loads(server.get("audio/audio", {"run": "run", "tag": "tone/audio", "sample": 0}))[-1]
        assert server.get("audio/individualAudio", sound["query"])[:4] == b"RIFF"
