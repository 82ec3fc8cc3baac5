"""Libraries of compiled ops, which cannot be loaded here."""

import pytest

import autograd_lite as tf


@pytest.mark.parametrize("load", [tf.load_op_library, tf.load_file_system_library, tf.load_library])
def test_a_library_is_refused_with_what_to_do_instead(load, tmp_path):
    path = tmp_path / "ops.so"
    path.write_bytes(b"\x7fELF")
    with pytest.raises(tf.errors.NotFoundError, match=r"tf\.py_func"):
        load(str(path))


def test_what_is_not_there_is_said_as_tensorflow_does(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="nowhere.so: cannot open shared object file: No such file or directory"):
        tf.load_op_library("nowhere.so")
    with pytest.raises(FileNotFoundError, match="The file or folder to load kernel libraries from does not exist."):
        tf.load_library("nowhere.so")
    assert tf.load_library(str(tmp_path)) is None
    (tmp_path / "ops.so").write_bytes(b"")
    with pytest.raises(tf.errors.NotFoundError, match="ops.so: not loaded"):
        tf.load_library(str(tmp_path))
