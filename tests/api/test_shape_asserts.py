"""Shapes of several tensors, asserted together."""

import numpy as np
import pytest

import autograd_lite as tf


def test_sizes_of_one_name_must_be_equal(run):
    x, labels = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.float32, [None], name="labels")
    check = tf.debugging.assert_shapes([(x, ("N", 3)), (labels, ("N",))])
    run(check, {x: np.zeros((2, 3)), labels: np.zeros(2)})
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Specified by tensor x:0 dimension 0\] \[Tensor labels:0 dimension\] \[0\]"):
        run(check, {x: np.zeros((2, 3)), labels: np.zeros(3)})
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Specified explicitly\] \[Tensor x:0 dimension\] \[1\] \[must have"):
        run(check, {x: np.zeros((2, 4)), labels: np.zeros(2)})


@pytest.mark.parametrize(("wanted", "message"), [
    ((1, "N", "N", "N"), r"tensor x:0 dimension 1.  Tensor x:0 dimension 3 must have size 4.  Received size 2, shape \(1, 4, 4, 2\)"),
    ((1, "N", "N"), r"Tensor x:0 must have rank 3.  Received rank 4, shape \(1, 4, 4, 2\)"),
    ((2, 4, 4, 2), "Specified explicitly.  Tensor x:0 dimension 0 must have size 2.  Received size 1"),
    (("*", 3), "Specified explicitly.  Tensor x:0 dimension -1 must have size 3.  Received size 2"),
    (3, "Tensor x:0.  Specified shape must be an iterable"),
])  # fmt: skip
def test_known_shapes_fail_at_once_and_leave_nothing(wanted, message):
    x = tf.placeholder(tf.float32, [1, 4, 4, 2], name="x")
    with pytest.raises(ValueError, match=message):
        tf.debugging.assert_shapes([(x, wanted)])
    assert len(tf.get_default_graph().get_operations()) == 1


def test_what_is_left_open_passes(run):
    x = tf.placeholder(tf.float32, [None, 4, 4, 2])
    check = tf.debugging.assert_shapes({x: (None, "side", "4", 2.0)}, message="images")
    run(check, {x: np.zeros((3, 4, 4, 2))})
    tf.debugging.assert_shapes([(x, ("*", "side", 2)), (x, None), (tf.constant(1.0), ("N",)), (tf.constant(2.0), ()), (x, (Ellipsis, 2))])


def test_data_of_the_user_are_shown_instead(run):
    x, told = tf.placeholder(tf.float32, [None]), tf.constant([7, 8])
    check = tf.debugging.assert_shapes([(x, (2,))], data=[told])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"assertion failed: \[7 8\]"):
        run(check, {x: np.zeros(3)})
