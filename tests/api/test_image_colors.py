import numpy as np
import pytest

import autograd_lite as tf


def _run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


def test_conversions_between_colour_spaces_undo_each_other():
    colours = np.random.default_rng(1).uniform(size=(2, 3, 3)).astype(np.float32)
    for there, back in (
        (tf.image.rgb_to_yuv, tf.image.yuv_to_rgb),
        (tf.image.rgb_to_yiq, tf.image.yiq_to_rgb),
        (tf.image.rgb_to_hsv, tf.image.hsv_to_rgb),
    ):
        np.testing.assert_allclose(_run(back(there(colours))), colours, atol=1e-3)
    with pytest.raises(TypeError):
        tf.image.rgb_to_yuv(tf.placeholder(tf.float32))


def test_an_image_of_one_colour_is_standardised_to_zero_and_its_slopes_are_numbers():
    flat = tf.placeholder(tf.float32, [2, 2, 1])
    standard = tf.image.per_image_standardization(flat)
    values, slopes = _run([standard, tf.gradients(standard * [[[1.0], [2.0]]], flat)[0]], {flat: np.ones((2, 2, 1))})
    assert not values.any() and slopes.ravel().tolist() == [-1, 1, -1, 1]


def test_gray_images_are_checked_as_early_as_possible():
    with pytest.raises(ValueError, match="should be size 1"):
        tf.image.grayscale_to_rgb(tf.zeros([2, 2, 3]))
    image = tf.placeholder(tf.float32)
    colour = tf.image.grayscale_to_rgb(image)
    assert _run(colour, {image: np.ones((2, 2, 1))}).shape == (2, 2, 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        _run(colour, {image: np.ones((2, 2, 3))})


def test_full_saturation_has_no_slope_for_the_least_channel_as_in_tensorflow():
    colour = tf.constant([[1.0, 0.0, 0.0], [1.0, 0.2, 0.2]])
    slopes = _run(tf.gradients(tf.image.rgb_to_hsv(colour)[:, 1], colour)[0])
    np.testing.assert_allclose(slopes, [[0, 0, 0], [0.2, 0, -1]], atol=1e-6)
