"""Histories in files: JSON and back, CSV, and what event files hold."""

from __future__ import annotations

import csv
import json
import os
import subprocess

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def history():
    made = tf.TrainingHistory()
    for step, value in enumerate([0.1, 1e-300, np.nan, np.inf, -np.inf, -0.0, 1 / 3]):
        made.append(step * 10, {'loss "of"\n<script>': value})
    made.append(30, other=2.0)
    return made


def test_what_was_saved_is_loaded_to_the_last_bit(history, tmp_path):
    history.save(tmp_path / "history.json")
    loaded = tf.TrainingHistory.load(tmp_path / "history.json")
    assert loaded == history and list(loaded) == list(history)
    assert np.signbit(loaded['loss "of"\n<script>'][5])
    json.loads((tmp_path / "history.json").read_text(), parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_a_loaded_history_goes_on(history, tmp_path):
    history.save(tmp_path / "h.json")
    loaded = tf.TrainingHistory.load(tmp_path / "h.json")
    loaded.append(31, other=1.0)
    with pytest.raises(ValueError, match="steps must grow"):
        loaded.append(31, other=1.0)


def test_a_subclass_loads_itself(history, tmp_path):
    class History(tf.TrainingHistory):
        pass

    history.save(tmp_path / "h.json")
    assert type(History.load(tmp_path / "h.json")) is History


HEAD = '{"format": "autograd_lite training history", "version": 1, "series": '


@pytest.mark.parametrize(
    "content, said",
    [
        ("", "it is not JSON"),
        ("\x80\x04pickle", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[1, 2]", "it does not say"),
        ('{"loss": [1, 2]}', "it does not say"),
        ('{"format": "autograd_lite training history", "version": 2, "series": {}}', "its version is 2"),
        (HEAD + "[]}", 'it has no "series"'),
        (HEAD + '{"a": [1]}}', "'a' wants"),
        (HEAD + '{"a": {"steps": [1, 2], "values": [1]}}}', "lists of one length"),
        (HEAD + '{"a": {"steps": [], "values": []}}}', "not 0"),
        (HEAD + '{"a": {"steps": [2, 1], "values": [1, 2]}}}', "not whole numbers that grow: 1 after 2"),
        (HEAD + '{"a": {"steps": [1.5], "values": [1]}}}', "not whole numbers that grow"),
        (HEAD + '{"a": {"steps": [true], "values": [1]}}}', "not whole numbers that grow"),
        (HEAD + '{"a": {"steps": [1e400], "values": [1]}}}', "not whole numbers that grow"),
        (HEAD + '{"a": {"steps": [9223372036854775808], "values": [1]}}}', "not whole numbers that grow"),
        (HEAD + '{"a": {"steps": [1], "values": ["x"]}}}', "the value of 'a' at step 1 is no number: 'x'"),
        (HEAD + '{"a": {"steps": [1], "values": [null]}}}', "is no number: None"),
        (HEAD + '{"a": {"steps": [1], "values": [[1]]}}}', "is no number"),
    ],
)
def test_a_file_that_holds_no_history_is_refused_with_the_reason(tmp_path, content, said):
    (tmp_path / "bad.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match="bad.json' holds no training history") as caught:
        tf.TrainingHistory.load(tmp_path / "bad.json")
    assert said in str(caught.value)


def test_a_number_too_large_for_a_float_becomes_infinite(tmp_path):
    (tmp_path / "large.json").write_text(HEAD + '{"a": {"steps": [1, 2], "values": [-1' + "0" * 400 + ", 1e999]}}}")
    assert tf.TrainingHistory.load(tmp_path / "large.json")["a"].tolist() == [-np.inf, np.inf]


def test_a_place_that_cannot_be_written_or_read_is_named(history, tmp_path):
    nowhere = tmp_path / "no" / "where"
    for write in (history.save, history.to_csv):
        with pytest.raises(FileNotFoundError, match="No such file or directory: '.*/no/where'"):
            write(nowhere)
    with pytest.raises(FileNotFoundError):
        tf.TrainingHistory.load(nowhere)
    with pytest.raises(OSError):
        history.save(tmp_path)


def test_spreadsheets_get_a_row_for_each_step(history, tmp_path):
    history.to_csv(tmp_path / "h.csv")
    with open(tmp_path / "h.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["step", 'loss "of"\n<script>', "other"] and rows[1] == ["0", "0.1", ""] and rows[4] == ["30", "inf", "2.0"]
    assert len(rows) == 8 and float(rows[7][1]) == 1 / 3


def written(folder, *values, step=None):
    """An event file with one scalar called loss per (step, value)."""
    with tf.summary.FileWriter(str(folder), filename_suffix=step or "") as writer:
        for number, value in values:
            writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=value)]), number)


def test_scalars_are_read_from_what_summaries_wrote(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session, tf.summary.FileWriter(str(tmp_path), tf.get_default_graph()) as writer:
        x = tf.placeholder(tf.float32)
        tf.summary.scalar("loss", x)
        tf.summary.histogram("spread", [x])
        merged = tf.summary.merge_all()
        for step in (1, 2, 5):
            writer.add_summary(session.run(merged, {x: step / 4}), step)
    history = tf.TrainingHistory.from_events(tmp_path)
    assert history.history == {"loss": [0.25, 0.5, 1.25]} and history.epoch == [1, 2, 5]


def test_scalars_in_the_form_of_release_2_are_read(tmp_path):
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        for value in (0.5, [1.0, 2.0], "text", True):
            tensor = tf.make_tensor_proto(value)
            writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag=f"{type(value).__name__}", tensor=tensor)]), 3)
    assert tf.TrainingHistory.from_events(tmp_path).history == {"float": [0.5]}


def test_folders_below_give_names_of_their_own(tmp_path):
    written(tmp_path / "train", (1, 0.5))
    written(tmp_path / "test" / "fold1", (1, 0.75))
    assert tf.TrainingHistory.from_events(tmp_path).history == {"test/fold1/loss": [0.75], "train/loss": [0.5]}
    (file,) = (tmp_path / "train").iterdir()
    assert tf.TrainingHistory.from_events(file).history == {"loss": [0.5]}


def test_training_that_went_on_from_a_checkpoint_counts_as_it_was_written_last(tmp_path):
    written(tmp_path, (1, 5.0), (2, 4.0), (3, 3.0), step=".a")
    written(tmp_path, (2, 2.0), (3, 1.0), step=".b")
    history = tf.TrainingHistory.from_events(tmp_path)
    assert history.epoch == [1, 2, 3] and history.history == {"loss": [5.0, 2.0, 1.0]}


def test_a_file_that_is_still_being_written_is_read_up_to_there(tmp_path):
    written(tmp_path, (1, 0.5), (2, 0.25))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    assert tf.TrainingHistory.from_events(tmp_path).history == {"loss": [0.5]}


def test_damaged_and_missing_event_files_are_told(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="nowhere; No such file or directory"):
        tf.TrainingHistory.from_events(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no event file"):
        tf.TrainingHistory.from_events(tmp_path)
    written(tmp_path, (1, 0.5), (2, 0.25))
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[-10] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(tf.errors.DataLossError, match="corrupted record"):
        tf.TrainingHistory.from_events(tmp_path)


BY_TENSORFLOW = """
import sys, tensorflow, tensorflow.compat.v1 as tf
with tensorflow.summary.create_file_writer(sys.argv[1] + "/newer").as_default():
    for step in range(3):
        tensorflow.summary.scalar("loss", 1.0 / (step + 1), step=step)
        tensorflow.summary.histogram("spread", [1.0, 2.0], step=step)
with tf.Graph().as_default(), tf.Session() as session, tf.summary.FileWriter(sys.argv[1] + "/older") as writer:
    x = tf.placeholder(tf.float32)
    merged = tf.summary.merge([tf.summary.scalar("accuracy", x), tf.summary.image("image", tf.zeros([1, 4, 4, 3]))])
    for step in range(2):
        writer.add_summary(session.run(merged, {x: step / 4}), step)
"""


@pytest.mark.oracle
def test_what_tensorflow_wrote_is_read(tmp_path):
    python = os.environ.get("AUTOGRAD_LITE_ORACLE")
    if not python:
        pytest.skip("AUTOGRAD_LITE_ORACLE names no Python with TensorFlow")
    done = subprocess.run([python, "-c", BY_TENSORFLOW, str(tmp_path)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    history = tf.TrainingHistory.from_events(tmp_path)
    assert history.history == {"newer/loss": [1.0, 0.5, float(np.float32(1 / 3))], "older/accuracy": [0.0, 0.25]}
