"""`tf.raw_ops` has every op, by keyword, under the argument names of TensorFlow."""

from __future__ import annotations

import inspect

import pytest

import autograd_lite as tf


def test_an_op_is_called_by_keyword() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        assert session.run(tf.raw_ops.Add(x=1, y=2)) == 3


def test_an_argument_has_the_name_that_tensorflow_shows() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        total = tf.raw_ops.Sum(input=[[1, 2], [3, 4]], axis=0)
        assert total.op.inputs[1].op.name == "Sum/reduction_indices"
        assert session.run(total).tolist() == [4, 6]
    assert list(inspect.signature(tf.raw_ops.Sum).parameters) == ["input", "axis", "keep_dims", "name"]


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Add only takes keyword args \(possible keys: \['x', 'y', 'name'\]\)"):
        tf.raw_ops.Add(1, 2)


def test_an_argument_nobody_knows_is_named() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        tf.raw_ops.Add(x=1, y=2, z=3)


def test_an_op_nobody_knows_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'tensorflow.raw_ops' has no attribute 'Ad'"):
        tf.raw_ops.Ad


def test_completion_lists_the_op_table() -> None:
    assert {"Add", "MatMul", "Sum"} <= set(dir(tf.raw_ops))
