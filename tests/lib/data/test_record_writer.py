"""Datasets written into files."""

import os

import pytest

import autograd_lite as tf

writer = tf.data.experimental.TFRecordWriter


@pytest.mark.parametrize("compression", [None, "GZIP", "ZLIB"])
def test_what_is_written_is_read_again(tmp_path, compression):
    path = str(tmp_path / "words")
    words = tf.data.Dataset.from_tensor_slices(["one", "", "three"])
    again = tf.data.TFRecordDataset(path, compression).batch(3).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        session.run(writer(path, compression).write(words))
        assert session.run(again).tolist() == [b"one", b"", b"three"]


def test_a_failed_pass_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "words"
    path.write_bytes(b"old")
    words = tf.data.Dataset.from_tensor_slices(["1", "x"]).map(lambda text: tf.as_string(tf.string_to_number(text)))
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.Session().run(writer(str(path)).write(words))
    assert os.listdir(tmp_path) == ["words"]
    assert path.read_bytes() == b"old"


def test_only_datasets_of_texts_are_written():
    with pytest.raises(TypeError, match="produces scalar `tf.string` elements"):
        writer("nowhere").write(tf.data.Dataset.range(3))
    with pytest.raises(TypeError, match="Expected a `tf.data.Dataset` object"):
        writer("nowhere").write(["one"])
