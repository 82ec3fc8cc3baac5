"""Windows with gaps against windows whose filters hold zeros in the gaps."""

import numpy as np
import pytest

import autograd_lite as tf

RANDOM = np.random.default_rng(5)
IMAGE = RANDOM.normal(size=(2, 7, 6, 2))
FILTER = RANDOM.normal(size=(2, 3, 2, 3))


def run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


def with_gaps(weights, rate):
    """Filters with zeros between the weights."""
    spread = np.zeros(((weights.shape[0] - 1) * rate + 1, (weights.shape[1] - 1) * rate + 1, *weights.shape[2:]))
    spread[::rate, ::rate] = weights
    return spread


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_dilation_is_a_filter_with_zeros_in_its_gaps(padding):
    wanted = tf.nn.conv2d(IMAGE, with_gaps(FILTER, 2), [1, 1, 1, 1], padding)
    for got in (tf.nn.convolution(IMAGE, FILTER, padding, dilation_rate=[2, 2]), tf.nn.atrous_conv2d(IMAGE, FILTER, 2, padding)):
        np.testing.assert_allclose(*run([got, wanted]), atol=1e-12)


def test_dilation_of_an_image_of_unknown_size():
    image = tf.placeholder(tf.float64, [None, None, None, 2])
    got = tf.nn.convolution(image, FILTER, "SAME", dilation_rate=[2, 2])
    np.testing.assert_allclose(run(got, {image: IMAGE}), run(tf.nn.atrous_conv2d(IMAGE, FILTER, 2, "SAME")), atol=1e-12)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_transpose_of_dilation_is_its_gradient(padding):
    image = tf.constant(IMAGE)
    forward = tf.nn.atrous_conv2d(image, FILTER, 2, padding)
    back = tf.ones_like(forward)
    wanted = tf.gradients(forward, image, grad_ys=back)[0]
    got = tf.nn.atrous_conv2d_transpose(back, FILTER, list(IMAGE.shape), 2, padding)
    np.testing.assert_allclose(*run([got, wanted]), atol=1e-12)


def test_separable_is_depthwise_then_one_by_one():
    across, along = RANDOM.normal(size=(2, 2, 2, 2)), RANDOM.normal(size=(1, 1, 4, 3))
    depthwise = tf.nn.depthwise_conv2d(IMAGE, across, [1, 1, 1, 1], "SAME")
    got = tf.nn.separable_conv2d(IMAGE, across, along, [1, 1, 1, 1], "SAME")
    np.testing.assert_allclose(*run([got, tf.nn.conv2d(depthwise, along, [1, 1, 1, 1], "SAME")]), atol=1e-12)


def test_dilated_pooling_sees_every_second_pixel():
    got = run(tf.nn.pool(IMAGE, [2, 2], "MAX", "VALID", dilation_rate=[2, 2]))
    wanted = np.maximum.reduce([IMAGE[:, a : a + 5, b : b + 4] for a in (0, 2) for b in (0, 2)])
    np.testing.assert_array_equal(got, wanted)


def test_dilated_pooling_with_channels_first():
    got = run(tf.nn.pool(np.moveaxis(IMAGE, 3, 1), [2, 2], "MAX", "VALID", dilation_rate=[2, 2], data_format="NCHW"))
    np.testing.assert_array_equal(np.moveaxis(got, 1, 3), run(tf.nn.pool(IMAGE, [2, 2], "MAX", "VALID", dilation_rate=[2, 2])))


def test_strides_and_dilation_together_are_refused_and_leave_no_nodes():
    with tf.Graph().as_default() as graph:
        with pytest.raises(ValueError, match="`strides > 1` not supported in conjunction with `dilation_rate > 1`"):
            tf.nn.convolution(IMAGE, FILTER, "SAME", strides=[2, 2], dilation_rate=[2, 2])
        assert not graph.get_operations()


def test_convolution_of_unknown_rank_is_refused():
    with pytest.raises(ValueError, match="must be known"):
        tf.nn.convolution(tf.placeholder(tf.float32), tf.placeholder(tf.float32), "SAME")


@pytest.mark.parametrize(("release", "keeps"), [("1.15", True), ("2.21", False)])
def test_only_the_first_release_keeps_the_rate_of_a_plain_convolution(release, keeps):
    before = tf.get_release() if hasattr(tf, "get_release") else None
    tf.set_release(release)
    try:
        with tf.Graph().as_default() as graph:
            tf.nn.convolution(IMAGE, FILTER, "SAME")
            assert ("convolution/dilation_rate" in [op.name for op in graph.get_operations()]) == keeps
    finally:
        tf.set_release(before or "1.15")
