"""Values that stay in a session between runs."""

import gc

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.ops.session_handles import _keepers


def test_handle_is_fed_for_its_value_or_for_its_name():
    x = tf.placeholder(tf.float32)
    with tf.Session() as session:
        handle = session.run(tf.get_session_handle(tf.constant([1.0, 2.0])))
        assert session.run(x * 2, {x: handle}).tolist() == [2, 4]
        name, value = tf.get_session_tensor(handle.handle, tf.float32)
        assert session.run(value, {name: handle.handle}).tolist() == [1, 2]
        assert handle.eval().tolist() == [1, 2]


def test_handles_come_in_structures():
    with tf.Session() as session:
        got = session.run({"a": [tf.get_session_handle(tf.constant(3)), tf.constant(4)]})
    assert got["a"][0].eval() == 3
    assert got["a"][1] == 4


def test_deleted_value_is_not_found():
    with tf.Session() as session:
        handle = session.run(tf.get_session_handle(tf.constant([1.0])))
        name, delete = tf.delete_session_tensor(handle.handle)
        session.run(delete, {name: handle.handle})
        with pytest.raises(tf.errors.InvalidArgumentError, match="is not in the session store"):
            handle.eval()


def test_value_goes_with_its_handle():
    with tf.Session() as session:
        handle = session.run(tf.get_session_handle(tf.constant(np.ones(3))))
        name = handle.handle
        assert name in _keepers
        del handle
        gc.collect()
        assert name not in _keepers


def test_only_tensors_are_kept():
    with pytest.raises(TypeError, match="must be of type Tensor"):
        tf.get_session_handle(3)
