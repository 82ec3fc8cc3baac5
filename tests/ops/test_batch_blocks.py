"""Blocks moved into the batch and the channels."""

import numpy as np
import pytest

import autograd_lite as tf


def run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


def test_pixels_of_one_place_in_their_block_share_an_image():
    image = np.arange(16).reshape(1, 4, 4, 1)
    divided = run(tf.space_to_batch(image, [[0, 0], [0, 0]], 2))
    for number, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        np.testing.assert_array_equal(divided[number, ..., 0], image[0, row::2, column::2, 0])


def test_batch_to_space_undoes_space_to_batch_with_paddings_as_crops():
    image = np.random.default_rng(0).normal(size=(2, 5, 4, 3))
    paddings = [[1, 0], [2, 3]]
    divided = tf.space_to_batch_nd(image, [3, 3], paddings)
    np.testing.assert_array_equal(run(tf.batch_to_space_nd(divided, [3, 3], paddings)), image)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_depth_to_space_undoes_space_to_depth(data_format):
    image = np.random.default_rng(0).normal(size=(2, 4, 6, 2) if data_format == "NHWC" else (2, 2, 4, 6))
    there = tf.space_to_depth(image, 2, data_format=data_format)
    np.testing.assert_array_equal(run(tf.depth_to_space(there, 2, data_format=data_format)), image)


def test_a_size_that_is_no_multiple_is_refused_while_building():
    with pytest.raises(ValueError, match="Dimension size must be evenly divisible by 2 but is 3"):
        tf.space_to_depth(tf.zeros([1, 3, 3, 1]), 2)


def test_a_size_that_is_no_multiple_is_refused_when_fed():
    image = tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not divisible by block_shape"):
        run(tf.space_to_batch_nd(image, [2], [[0, 0]]), {image: np.zeros((1, 3), "float32")})


def test_a_huge_padding_is_refused_before_memory_is_asked_for():
    paddings = tf.placeholder(tf.int64)
    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError)):
        run(tf.space_to_batch_nd(tf.zeros([1, 2]), [2], paddings), {paddings: [[1 << 60, 0]]})


def test_required_paddings_agree_whether_known_early_or_late():
    sizes = tf.placeholder(tf.int32, [2])
    late = tf.required_space_to_batch_paddings(sizes, [2, 3], [[1, 1], [0, 2]])
    early = tf.required_space_to_batch_paddings([5, 4], [2, 3], [[1, 1], [0, 2]])
    for a, b in zip(run(late, {sizes: [5, 4]}), run(early), strict=True):
        np.testing.assert_array_equal(a, b)
