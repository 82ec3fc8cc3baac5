"""Lists that contain tensors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


def test_a_list_with_a_tensor_is_packed(nodes, run):
    x = tf.placeholder(tf.float32, [], name="x")
    packed = tf.convert_to_tensor([x, 2.0, [x, 1.0][1]])
    assert nodes(1) == [("packed/1", "Const"), ("packed/2", "Const"), ("packed", "Pack")]
    assert run(packed, {x: 3.0}).tolist() == [3.0, 2.0, 1.0]


def test_nested_lists_are_packed_from_inside(run):
    x = tf.constant(3.0)
    assert run(tf.convert_to_tensor([[x, 1.0], [2.0, x]])).tolist() == [[3.0, 1.0], [2.0, 3.0]]


def test_lists_of_variables_are_packed(run):
    v = tf.Variable(1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(tf.stack([v, 2.0])).tolist() == [1.0, 2.0]


def test_plain_lists_are_constants():
    assert tf.convert_to_tensor([[1, 2], [3, 4]]).op.type == "Const"


def test_two_types_in_one_list_are_refused_and_leave_no_node(nodes):
    a, b = tf.constant(1.0), tf.constant(1)
    with pytest.raises(TypeError, match="^Cannot convert a list containing a tensor of dtype"):
        tf.convert_to_tensor([a, b])
    assert len(nodes()) == 2


def test_a_wanted_type_casts_the_tensors(run):
    assert run(tf.convert_to_tensor([tf.constant(1.5), 2], tf.int32)).tolist() == [1, 2]


def test_arrays_beside_tensors(run):
    assert run(tf.convert_to_tensor([tf.constant([1.0, 2.0]), np.zeros(2, np.float32)])).tolist() == [[1.0, 2.0], [0.0, 0.0]]
