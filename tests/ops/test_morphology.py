"""Grey-scale dilation and erosion against plain loops."""

import numpy as np
import pytest

import autograd_lite as tf

RANDOM = np.random.default_rng(11)
IMAGE, FILTER = RANDOM.normal(size=(1, 5, 4, 2)), RANDOM.normal(size=(2, 3, 2))


def test_dilation_is_the_largest_sum_inside_the_image():
    with tf.Session() as session:
        got = session.run(tf.nn.dilation2d(IMAGE, FILTER, [1, 1, 1, 1], [1, 1, 1, 1], "SAME"))
    for i, j, c in np.ndindex(5, 4, 2):
        sums = [IMAGE[0, i + a, j + b - 1, c] + FILTER[a, b, c] for a in range(2) for b in range(3) if i + a < 5 and 0 <= j + b - 1 < 4]
        assert got[0, i, j, c] == max(sums)


def test_erosion_is_a_dilation_of_the_negative_by_the_reflected_kernel():
    eroded = tf.nn.erosion2d(IMAGE, FILTER, [1, 1, 1, 1], [1, 2, 1, 1], "VALID")
    dilated = -tf.nn.dilation2d(-IMAGE, FILTER[::-1, ::-1].copy(), [1, 1, 1, 1], [1, 2, 1, 1], "VALID")
    with tf.Session() as session:
        np.testing.assert_array_equal(*session.run([eroded, dilated]))


def test_integers_near_the_lowest_do_not_wrap_around():
    image = np.full((1, 2, 2, 1), -128, np.int8)
    with tf.Session() as session:
        got = session.run(tf.nn.dilation2d(image, np.full((2, 2, 1), 1, np.int8), [1, 1, 1, 1], [1, 1, 1, 1], "SAME"))
    assert (got == -127).all()


def test_depths_that_differ_are_refused():
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 2 and 3"):
        tf.nn.dilation2d(IMAGE, np.zeros((2, 2, 3)), [1, 1, 1, 1], [1, 1, 1, 1], "SAME")
