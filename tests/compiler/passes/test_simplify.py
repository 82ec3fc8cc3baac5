"""Steps that do nothing are dropped, and nothing else is."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw
from tests.compiler.compiling import op_types, program_after


def left(build, shape=(2, 3)):
    x = tf.placeholder(tf.float32, shape)
    return op_types(program_after("simplify", [build(x)], [x]))


@pytest.mark.parametrize("build", [
    tf.identity, tf.stop_gradient, lambda x: x * 1.0, lambda x: 1.0 * x, lambda x: x / 1.0, lambda x: x - 0.0,
    lambda x: raw.Pow(x, np.float32(1)), lambda x: tf.reshape(x, [2, 3]), lambda x: tf.cast(x, tf.float32), lambda x: raw.AddN([x]),
    lambda x: tf.reshape(tf.identity(x), tf.shape(x)), lambda x: x * np.ones((2, 1), np.float32),
    lambda x: raw.Sum(x, np.zeros(0, np.int32)),
])  # fmt: skip
def test_what_keeps_every_bit_is_dropped(build):
    assert left(build) == []


@pytest.mark.parametrize("build, ops", [
    (lambda x: x + 0.0, ["Add"]),  # -0 + 0 is 0
    (lambda x: x - (-0.0), ["Sub"]),
    (lambda x: x * 0.0, ["Mul"]),  # NaN
    (lambda x: 1.0 / x, ["RealDiv"]),
    (lambda x: 0.0 - x, ["Sub"]),
    (lambda x: tf.reshape(x, [3, 2]), ["Reshape"]),
    (lambda x: tf.transpose(x), ["Transpose"]),
    (lambda x: x * np.ones((4, 2, 3), np.float32), ["Mul"]),  # it makes the result larger
    (lambda x: tf.cast(x, tf.float64), ["Cast"]),
    (lambda x: x / x, ["RealDiv"]),
])  # fmt: skip
def test_what_may_change_a_bit_stays(build, ops):
    assert [name.replace("AddV2", "Add") for name in left(build)] == ops


def test_a_square_transpose_is_not_taken_for_nothing():
    x = tf.placeholder(tf.float32, [3, 3])
    with tf.Session() as session:
        value = np.arange(9.0, dtype=np.float32).reshape(3, 3)
        assert np.array_equal(session.run(tf.transpose(x), {x: value}), value.T)


def test_nothing_is_dropped_when_the_shape_is_not_known():
    assert left(lambda x: x * 1.0, None) == ["Mul"]
