"""Convolutions and pooling: what the recorded cases do not show."""

import numpy as np
import pytest

import autograd_lite as tf


def run(tensor, feed=None):
    with tf.Session(graph=tensor.graph) as session:
        return session.run(tensor, feed)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def test_a_large_batch_in_parts_gives_what_each_image_gives_alone():
    rng = np.random.default_rng(0)
    images, filters = rng.standard_normal((9, 40, 40, 8)).astype("f"), rng.standard_normal((5, 5, 8, 16)).astype("f")
    x = tf.placeholder(tf.float32, [None, 40, 40, 8])
    y = tf.nn.conv2d(x, filters, [1, 1, 1, 1], "SAME")
    with tf.Session() as session:
        whole = session.run(y, {x: images})
        alone = np.concatenate([session.run(y, {x: images[i : i + 1]}) for i in range(9)])
    np.testing.assert_allclose(whole, alone, rtol=1e-5, atol=1e-4)  # sums of 200 products, in another order


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides", [[1, 1], [2, 3]])
def test_channels_first_is_channels_last_moved(padding, strides):
    rng = np.random.default_rng(1)
    image, filters = rng.standard_normal((2, 7, 8, 3)), rng.standard_normal((3, 2, 3, 4))
    last = run(tf.nn.conv2d(image, filters, [1, *strides, 1], padding))
    first = run(tf.nn.conv2d(image.transpose(0, 3, 1, 2), filters, [1, 1, *strides], padding, data_format="NCHW"))
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-12)
    pooled = run(tf.nn.max_pool(image, [1, 2, 2, 1], [1, *strides, 1], padding))
    moved = run(tf.nn.max_pool(image.transpose(0, 3, 1, 2), [1, 1, 2, 2], [1, 1, *strides], padding, data_format="NCHW"))
    np.testing.assert_array_equal(moved.transpose(0, 2, 3, 1), pooled)


def test_the_transposed_convolution_is_the_adjoint_of_the_convolution():
    rng = np.random.default_rng(2)
    x, y, w = rng.standard_normal((2, 5, 5, 3)), rng.standard_normal((2, 3, 3, 4)), rng.standard_normal((3, 3, 3, 4))
    forward = run(tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME"))
    back = run(tf.nn.conv2d_transpose(y, w, [2, 5, 5, 3], [1, 2, 2, 1]))
    np.testing.assert_allclose((forward * y).sum(), (x * back).sum(), rtol=1e-12)


def test_max_pooling_lets_nan_through_and_sends_the_gradient_to_the_first_largest():
    image = np.array([[1.0, 3.0], [3.0, 2.0]]).reshape(1, 2, 2, 1)
    x = tf.placeholder(tf.float64, image.shape)
    y = tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    assert run(tf.gradients(y, x)[0], {x: image}).ravel().tolist() == [0, 1, 0, 0]
    image[0, 1, 1, 0] = np.nan
    assert np.isnan(run(y, {x: image})).all()


@pytest.mark.parametrize(
    ("shape", "text"),
    [((3, 3, 4, 8), "input depth must be evenly divisible by filter depth: 3 vs 4"), ((0, 3, 3, 8), "filter must not have zero elements")],
)
def test_filters_that_do_not_fit_are_explained_when_shapes_appear_only_in_the_run(shape, text):
    x, w = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    y = tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        run(y, {x: np.ones((1, 5, 5, 3)), w: np.ones(shape)})


def test_a_window_larger_than_the_image_is_refused_in_the_run():
    x = tf.placeholder(tf.float32)
    y = tf.nn.max_pool(x, [1, 3, 3, 1], [1, 1, 1, 1], "VALID")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Computed output size would be negative: -1"):
        run(y, {x: np.ones((1, 1, 1, 1))})


def test_gradient_sizes_that_lie_are_refused_before_memory_is_asked_for():
    sizes, w, dy = tf.placeholder(tf.int32), tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    y = tf.nn.conv2d_backprop_input(sizes, w, dy, strides=[1, 1, 1, 1], padding="SAME")
    for wrong in ([2**30, 2**30, 2**30, 1], [1, -4, 4, 1], [1, 9, 9, 1]):
        with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError)):
            run(y, {sizes: wrong, w: np.ones((2, 2, 1, 1)), dy: np.ones((1, 4, 4, 1))})
