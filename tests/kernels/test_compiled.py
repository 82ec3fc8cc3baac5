"""A plan calls the compiled kernel of an op where there is one."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.kernels import batch_norm, compiled
from autograd_lite.kernels.tier import FEWEST_CALLS, Tiered, finish


@pytest.fixture(autouse=True)
def as_by_default(monkeypatch):
    """Whatever the environment says of kernels."""
    monkeypatch.delenv("AUTOGRAD_LITE_KERNELS", raising=False)


@pytest.fixture
def kernel_of_reverse(monkeypatch):
    """Stand-ins for a compiled kernel of ReverseV2: the shapes they were made for, and what runs."""
    made = []

    def maker(c):
        made.append(c.shape(0))
        return Tiered("ReverseV2", c.opdef.kernel, lambda: lambda xp, tensor, axis: xp.flip(tensor, axis) + 100, seconds=1)

    monkeypatch.setitem(compiled.MODULES, "ReverseV2", "none")
    monkeypatch.setitem(compiled._makers, "ReverseV2", maker)
    return made


def test_a_step_starts_with_the_ops_own_kernel_and_goes_on_with_the_compiled_one(kernel_of_reverse):
    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.reverse(x, [1])
    with tf.Session() as session:
        for _ in range(FEWEST_CALLS):
            assert session.run(y, {x: [[1, 2]]}).tolist() == [[2, 1]]
        finish()
        assert session.run(y, {x: [[1, 2]]}).tolist() == [[102, 101]]
    assert kernel_of_reverse == [(1, 2)]


def test_steps_of_unknown_shape_keep_the_ops_own_kernel(kernel_of_reverse):
    x = tf.placeholder(tf.float32, [None])
    unknown = tf.boolean_mask(x, x > 0)
    y = tf.reverse(unknown, [0])
    with tf.Session() as session:
        assert session.run(y, {x: np.array([1, -1, 2], np.float32)}).tolist() == [2, 1]
    assert kernel_of_reverse == []


def test_switched_off_there_are_none(kernel_of_reverse, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "off")
    with tf.Session() as session:
        assert session.run(tf.reverse(tf.placeholder_with_default([1.0, 2.0], [2]), [0])).tolist() == [2, 1]
    assert kernel_of_reverse == []


def test_batch_normalization_trains_with_machine_code(monkeypatch):
    asked = []
    assert compiled._makers["FusedBatchNormGradV3"] is batch_norm.backward
    monkeypatch.setitem(compiled._makers, "FusedBatchNormGradV3", lambda c: asked.append(c.shape(1)))
    x = tf.placeholder(tf.float32, [2, 4, 4, 3])
    y = tf.layers.batch_normalization(x, training=True)
    gradient, = tf.gradients(y * y, x)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(gradient, {x: np.ones((2, 4, 4, 3))})
    assert set(asked) == {(2, 4, 4, 3)}
