"""Kernels of steps whose shapes are not known before the arrays come."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.kernels import any_shapes, compiled, native, tier
from autograd_lite.kernels.tier import Tiered
from autograd_lite.runtime import by_shapes

pytestmark = pytest.mark.skipif(not native.installed(), reason="llvmlite is not installed")


@pytest.fixture(autouse=True)
def no_plans_for_shapes(monkeypatch):
    monkeypatch.setattr(by_shapes, "FIRST", 0)
    monkeypatch.setattr(by_shapes, "OFTEN", 1000)


def network(x):
    """Everything that has such kernels, with its gradient."""
    filters = tf.get_variable("filters", [3, 3, 4, 16], initializer=tf.random_normal_initializer(seed=1))
    depthwise = tf.get_variable("depthwise", [3, 3, 16, 1], initializer=tf.random_normal_initializer(seed=2))
    y = tf.nn.max_pool(tf.nn.conv2d(x, filters, [1, 1, 1, 1], "SAME"), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    y = tf.nn.fused_batch_norm(tf.nn.lrn(y, 2), tf.ones([16]), tf.zeros([16]))[0]
    y = tf.reduce_mean(tf.nn.depthwise_conv2d(y, depthwise, [1, 1, 1, 1], "SAME"), [1, 2])
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(y), logits=tf.sin(y)))
    return [loss, *tf.gradients(loss, [x, filters, depthwise])]


SIZES = [(1, 7, 9), (3, 8, 8), (2, 5, 5), (4, 9, 6), (1, 1, 1), (2, 12, 7), (5, 3, 4), (0, 4, 4), (2, 8, 8)]


def results():
    x = tf.placeholder(tf.float32, [None, None, None, 4])
    fetches, random = network(x), np.random.RandomState(0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(fetches, {x: random.randn(*size, 4).astype(np.float32)}) for size in SIZES for _ in range(2)]


def test_every_shape_gives_the_numbers_of_numpy(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "off")
    expected = results()
    tf.reset_default_graph()
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    for found, wanted in zip(results(), expected):
        for ours, theirs in zip(found, wanted):
            np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


def softmax_of_any_rows():
    x = tf.placeholder(tf.float32, [None, 5])
    opdef = tf.nn.softmax(x).op.opdef
    return any_shapes.kernel_for_any(opdef, any_shapes.Inference(opdef, "softmax", {}, [(None, 5)], [tf.float32]))


def rows(count):
    return np.arange(5.0 * count, dtype=np.float32).reshape(count, 5)


def test_a_step_keeps_the_kernels_of_few_shapes():
    kernel = softmax_of_any_rows()
    for count in range(1, 2 * any_shapes.MOST):
        assert kernel.now(np, rows(count)).shape == (count, 5)
    assert len(kernel._kernels) == any_shapes.MOST


def test_kernels_for_more_shapes_are_made_at_once_of_what_is_compiled():
    first = compiled.kernel_for(*_softmax_of(3))
    first.prepare()
    tier.finish()
    assert first.is_compiled
    kernel = softmax_of_any_rows()
    for count in range(1, any_shapes.FEW + 3):
        kernel.now(np, rows(count))
    made = list(kernel._kernels.values())
    assert [each.is_compiled for each in made] == [False] * any_shapes.FEW + [True] * 2


def _softmax_of(count):
    opdef = tf.nn.softmax(tf.zeros([1, 5])).op.opdef
    return opdef, any_shapes.Inference(opdef, "softmax", {}, [(count, 5)], [tf.float32])


def test_what_must_be_compiled_is_left_to_the_background(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    asked = []

    def prepare():
        asked.append(native._patience.waits)
        native.module("define i32 @seldom_said(i32 %x) { %y = mul i32 %x, 172839\n ret i32 %y }")
        return len

    kernel = Tiered("seldom", str, prepare)
    kernel.hurry()
    tier.finish()
    assert asked == [False, True] and kernel.now is len
    kernel.hurry()  # it is there
    assert kernel.is_compiled


def test_where_shapes_are_known_or_a_list_comes_there_is_none():
    assert any_shapes.kernel_for_any(*_softmax_of(3)) is None
    opdef = tf.add_n([tf.zeros([2])]).op.opdef
    assert any_shapes.kernel_for_any(opdef, any_shapes.Inference(opdef, "sum", {}, [None], [tf.float32])) is None
