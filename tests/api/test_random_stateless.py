import numpy as np
import pytest

import autograd_lite as tf


def test_the_seeds_alone_decide_about_the_numbers():
    first, same, other = (tf.random.stateless_normal([5], seed=seed) for seed in ([1, 2], [1, 2], [2, 1]))
    a, b, c = tf.Session().run([first, same, other])
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def test_integers_need_an_upper_end():
    with pytest.raises(ValueError, match="Must specify maxval for integer dtype"):
        tf.random.stateless_uniform([2], [1, 2], dtype=tf.int32)


def test_numbers_are_moved_and_stretched():
    drawn = tf.Session().run(tf.random.stateless_uniform([1000], [3, 4], 2.0, 5.0))
    assert 2.0 <= drawn.min() < 2.1 < 4.9 < drawn.max() < 5.0


def test_classes_come_with_their_probabilities():
    drawn = tf.Session().run(tf.random.stateless_multinomial(np.log([[0.2, 0.8]]), 5000, seed=[5, 6], output_dtype=tf.int32))
    assert drawn.dtype == np.int32
    assert abs(drawn.mean() - 0.8) < 0.02
