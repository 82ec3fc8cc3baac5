"""The state file of a folder of checkpoints."""

import os

import pytest

import autograd_lite as tf

CHECKPOINTS = os.path.join(os.path.dirname(__file__), os.pardir, "golden", "data", "checkpoints")


def test_the_newest_checkpoint_of_a_folder_of_tensorflow_is_found():
    folder = os.path.join(CHECKPOINTS, "rotation")
    assert tf.train.latest_checkpoint(folder) == os.path.join(folder, "m-3")
    assert list(tf.train.get_checkpoint_state(folder).all_model_checkpoint_paths) == [os.path.join(folder, name) for name in ("m-2", "m-3")]


def test_a_folder_without_a_state_file_has_no_newest(tmp_path):
    assert tf.train.latest_checkpoint(str(tmp_path)) is None
    assert tf.train.get_checkpoint_state(str(tmp_path)) is None


def test_a_state_file_that_names_a_missing_checkpoint_finds_none(tmp_path):
    tf.train.update_checkpoint_state(str(tmp_path), str(tmp_path / "gone"))
    assert tf.train.latest_checkpoint(str(tmp_path)) is None


@pytest.mark.parametrize("content", [b"", b"model_checkpoint_path: 7", b"\xff\xfe", b"nonsense {"])
def test_a_damaged_state_file_is_ignored_or_refused(content, tmp_path):
    (tmp_path / "checkpoint").write_bytes(content)
    try:
        assert tf.train.get_checkpoint_state(str(tmp_path)) is None
    except ValueError as error:
        assert "Invalid checkpoint state" in str(error)


def test_paths_are_written_relative_to_a_relative_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("logs")
    tf.train.update_checkpoint_state("logs", "logs/m-2", ["logs/m-1", "logs/m-2"])
    assert (tmp_path / "logs/checkpoint").read_text() == (
        'model_checkpoint_path: "m-2"\nall_model_checkpoint_paths: "m-1"\nall_model_checkpoint_paths: "m-2"\n'
    )
    assert tf.train.get_checkpoint_state("logs").model_checkpoint_path == "logs/m-2"


def test_times_are_written_with_the_paths():
    state = tf.train.generate_checkpoint_state_proto("/d", "/d/b", ["/d/a"], [1.0, 2.0], 0.5)
    assert list(state.all_model_checkpoint_paths) == ["/d/a", "/d/b"]
    assert list(state.all_model_checkpoint_timestamps) == [1.0, 2.0]
    assert state.last_preserved_timestamp == 0.5
    with pytest.raises(ValueError, match="Checkpoint timestamps, if provided, must match checkpoint paths"):
        tf.train.generate_checkpoint_state_proto("/d", "/d/b", ["/d/a"], [1.0])


def test_a_checkpoint_cannot_have_the_name_of_the_state_file(tmp_path):
    with pytest.raises(RuntimeError, match="conflicts with path used for checkpoint state"):
        tf.train.update_checkpoint_state(str(tmp_path), str(tmp_path / "checkpoint"))


def test_both_formats_exist_until_they_are_removed(tmp_path):
    for name, version in (("old", tf.train.SaverDef.V1), ("new", tf.train.SaverDef.V2)):
        with tf.Graph().as_default(), tf.Session() as session:
            session.run(tf.Variable(1.0).initializer)
            path = tf.train.Saver(write_version=version).save(session, str(tmp_path / name), write_state=False)
        assert tf.train.checkpoint_exists(path)
        assert len(tf.train.get_checkpoint_mtimes([path, str(tmp_path / "gone")])) == 1
        tf.train.remove_checkpoint(path, version)
        assert not tf.train.checkpoint_exists(path)
    assert os.listdir(tmp_path) == []
