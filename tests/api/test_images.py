import numpy as np
import pytest

import autograd_lite as tf

IMAGE = np.arange(24, dtype=np.float32).reshape(3, 4, 2)
BATCH = np.stack([IMAGE, -IMAGE])


def _run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (tf.image.flip_left_right, lambda image: image[:, ::-1]),
        (tf.image.flip_up_down, lambda image: image[::-1]),
        (tf.image.transpose, lambda image: image.swapaxes(0, 1)),
        (tf.image.rot90, lambda image: np.rot90(image)),
    ],
)
def test_images_and_batches_are_told_apart_when_the_graph_runs(function, wanted):
    any_rank = tf.placeholder(tf.float32)
    moved = function(any_rank)
    np.testing.assert_array_equal(_run(moved, {any_rank: IMAGE}), wanted(IMAGE))
    np.testing.assert_array_equal(_run(moved, {any_rank: BATCH}), [wanted(image) for image in BATCH])
    for wrong in (np.zeros((3, 4)), np.zeros((3, 0, 2))):
        with pytest.raises(tf.errors.InvalidArgumentError):
            _run(moved, {any_rank: wrong})


@pytest.mark.parametrize("turns", range(-1, 5))
def test_the_number_of_turns_may_be_computed(turns):
    k = tf.placeholder(tf.int32, [])
    turned = tf.image.rot90(IMAGE, k)
    assert turned.shape.as_list() == [None, None, 2]
    np.testing.assert_array_equal(_run(turned, {k: turns}), np.rot90(IMAGE, turns))


def test_what_is_no_image_is_refused_at_once():
    for shape, words in (([3, 4], "at least three-dimensional"), ([1] * 5, "3 or 4 dimensions"), ([3, 4, 0], "must be > 0")):
        with pytest.raises(ValueError, match=words):
            tf.image.flip_left_right(tf.zeros(shape))


@pytest.mark.parametrize("size", [(2, 3), (8, 3), (2, 9), (7, 8)])
def test_sizes_may_be_known_only_when_the_graph_runs(size):
    any_size = tf.placeholder(tf.float32, [None, None, 2])
    for function in (tf.image.resize_image_with_crop_or_pad, tf.image.resize_image_with_pad):
        late = function(any_size, *size)
        assert late.shape.as_list() == [*size, 2]
        np.testing.assert_allclose(_run(late, {any_size: IMAGE}), _run(function(IMAGE, *size)), rtol=1e-6)


def test_a_box_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="width must be >= target"):
        tf.image.crop_to_bounding_box(IMAGE, 0, 3, 2, 2)
    with pytest.raises(ValueError, match="height must be <= target"):
        tf.image.pad_to_bounding_box(IMAGE, 3, 0, 5, 8)
    offset = tf.placeholder(tf.int32, [])
    late = tf.image.crop_to_bounding_box(IMAGE, 0, offset, 2, 2)
    assert _run(late, {offset: 2}).shape == (2, 2, 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="width must be >= target"):
        _run(late, {offset: 3})


def test_the_middle_is_kept_whatever_is_known():
    any_size = tf.placeholder(tf.float32, [None, None, 2])
    late = tf.image.central_crop(any_size, 0.5)
    np.testing.assert_array_equal(_run(late, {any_size: IMAGE}), _run(tf.image.central_crop(IMAGE, 0.5)))
    with pytest.raises(ValueError, match="rank = 3 or rank = 4"):
        tf.image.central_crop(tf.placeholder(tf.float32), 0.5)


def test_one_random_number_decides_about_an_image_and_one_about_each_of_a_batch():
    flipped = tf.image.random_flip_left_right(IMAGE, seed=5)
    many = tf.image.random_flip_left_right(np.stack([IMAGE] * 8), seed=5)
    with tf.Session() as session:
        runs = [session.run(flipped)[0, 0, 0] for _ in range(8)]
        batch = session.run(many)[:, 0, 0, 0]
    assert set(runs) == set(batch.tolist()) == {0.0, 6.0}


def test_gradients_pass_the_branch_that_is_taken():
    any_rank = tf.placeholder(tf.float32)
    weights = tf.constant(IMAGE)
    (gradient,) = tf.gradients(weights * tf.image.flip_up_down(any_rank), any_rank)
    np.testing.assert_array_equal(_run(gradient, {any_rank: IMAGE}), IMAGE[::-1])
