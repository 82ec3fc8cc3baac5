"""Max pooling with indices, dilation and fractional pooling against plain loops."""

import itertools

import numpy as np
import pytest

import autograd_lite as tf

RANDOM = np.random.default_rng(11)
IMAGE = RANDOM.normal(size=(2, 5, 6, 3))


def run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


@pytest.mark.parametrize(("padding", "whole_batch"), list(itertools.product(["SAME", "VALID"], [False, True])))
def test_index_leads_to_the_largest_element(padding, whole_batch):
    kinds = {"ksize": [1, 2, 3, 1], "strides": [1, 2, 1, 1], "padding": padding}
    largest, index = run(tf.nn.max_pool_with_argmax(IMAGE, include_batch_in_index=whole_batch, **kinds))
    flat = IMAGE.reshape(-1) if whole_batch else IMAGE.reshape(2, -1)
    found = flat[index] if whole_batch else np.stack([image[places] for image, places in zip(flat, index)])
    np.testing.assert_array_equal(found, largest)
    np.testing.assert_array_equal(largest, run(tf.nn.max_pool(IMAGE, **kinds)))


def test_padding_is_never_the_largest_element():
    lowest = np.full((1, 3, 3, 1), -np.inf)
    _, index = run(tf.nn.max_pool_with_argmax(lowest, [1, 3, 3, 1], [1, 1, 1, 1], "SAME"))
    assert index.ravel().tolist() == [0, 0, 1, 0, 0, 1, 3, 3, 4]


def test_its_gradient_is_that_of_max_pooling_to_second_order():
    image, weights = tf.constant(IMAGE), tf.constant(RANDOM.normal(size=IMAGE.shape))
    kinds = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
    results = []
    for pooled in (tf.nn.max_pool_with_argmax(image, **kinds)[0], tf.nn.max_pool(image, **kinds)):
        dy = tf.ones_like(pooled)
        dx = tf.gradients(pooled, image, grad_ys=dy)[0]
        results.append(run([dx, tf.gradients(dx, dy, grad_ys=weights)[0]]))
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_index_outside_the_image_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid input index 999"):
        run(tf.raw_ops.MaxPoolGradWithArgmax(
            input=np.zeros((1, 2, 2, 1)), grad=np.zeros((1, 1, 1, 1)), argmax=np.full((1, 1, 1, 1), 999),
            ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID",
        ))  # fmt: skip
