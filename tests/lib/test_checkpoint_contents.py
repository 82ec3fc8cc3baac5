"""Looking into checkpoints, and waiting for them."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.lib import checkpoint_contents


@pytest.fixture
def path(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.Variable([1.0, 2.0], name="a")
        tf.Variable("text", name="b")
        session.run(tf.global_variables_initializer())
        return tf.train.Saver().save(session, str(tmp_path / "m"))


def test_a_reader_tells_names_shapes_types_and_values(path):
    reader = tf.train.NewCheckpointReader(path)
    assert reader.get_variable_to_shape_map() == {"a": [2], "b": []}
    assert reader.get_variable_to_dtype_map() == {"a": tf.float32, "b": tf.string}
    assert reader.has_tensor("a")
    assert not reader.has_tensor("c")
    assert reader.get_tensor("a").tolist() == [1.0, 2.0]
    assert reader.get_tensor(b"b") == b"text"
    assert reader.debug_string() == b"a (DT_FLOAT) [2]\nb (DT_STRING) []\n"
    assert tf.pywrap_tensorflow.NewCheckpointReader(path).has_tensor("a")


def test_a_folder_stands_for_its_newest_checkpoint(path, tmp_path):
    assert tf.train.list_variables(str(tmp_path)) == tf.train.list_variables(path) == [("a", [2]), ("b", [])]
    assert tf.train.load_variable(str(tmp_path), "a:0").dtype == np.float32
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file or checkpoints in given directory"):
        tf.train.load_checkpoint("/")


def test_what_is_missing_is_not_found(path, tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="Key zzz not found in checkpoint"):
        tf.train.NewCheckpointReader(path).get_tensor("zzz")
    with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files for"):
        tf.train.NewCheckpointReader(str(tmp_path / "absent"))


def test_new_checkpoints_come_one_by_one(path, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint_contents.time, "sleep", lambda seconds: None)
    seen = []
    for found in tf.train.checkpoints_iterator(str(tmp_path), timeout=0, timeout_fn=lambda: len(seen) >= 2):
        seen.append(found)
        tf.train.update_checkpoint_state(str(tmp_path), path if len(seen) > 1 else f"{tmp_path}/./m")
    assert seen[0] == path
    assert len(seen) == 2 + (seen[1] != path)


def test_without_a_new_checkpoint_the_iteration_ends(tmp_path):
    assert list(tf.train.checkpoints_iterator(str(tmp_path), timeout=0)) == []
