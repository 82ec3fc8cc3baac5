"""Rounding to levels while training; the numbers are those of TensorFlow 2.21."""

import numpy as np
import pytest

import autograd_lite as tf

X = np.array([-3, -1.01, -0.5, -0.003, 0, 0.2, 0.66, 1.7, 9], np.float32)


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({"min": -1.0, "max": 1.3}, [-1.0011765, -1.0011765, -0.49607843, 0, 0, 0.19843137, 0.65843135, 1.2988235, 1.2988235]),
        ({"min": -1.0, "max": 1.0, "num_bits": 4}, [-0.933333, -0.933333, -0.53333336, 0, 0, 0.26666668, 0.6666667, 1.0666667, 1.0666667]),
        ({"min": 0.3, "max": 5.0, "num_bits": 3, "narrow_range": True}, [0, 0, 0, 0, 0, 0, 0.7833333, 1.5666666, 4.7]),
        ({"min": -4.0, "max": -1.0}, [-3, -1.0117648, -0.49411765, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_levels_are_those_of_tensorflow_which_always_have_zero_among_them(options, numbers):
    assert np.allclose(run(tf.fake_quant_with_min_max_args(X, **options)), numbers, atol=1e-6)


def test_gradient_passes_inside_of_the_range_and_adds_up_outside_for_its_ends():
    x, low, high = tf.constant(X), tf.constant(-1.0), tf.constant(1.3)
    y = tf.fake_quant_with_min_max_vars(x, low, high)
    to_x, to_low, to_high = run(tf.gradients(y, [x, low, high], grad_ys=[2 * X]))
    assert np.allclose(to_x, [0, 0, -1, -0.006, 0, 0.4, 1.32, 0, 0])
    assert np.allclose([to_low, to_high], [-8.02, 21.4])


def test_every_channel_has_its_range_and_an_empty_one_gives_zeros():
    x, low, high = tf.constant(X.reshape(3, 3)), tf.constant([-1.0, 0, 0]), tf.constant([1.0, 2, 0])
    y = tf.fake_quant_with_min_max_vars_per_channel(x, low, high)
    assert np.allclose(run(y), [[-0.9960785, 0, 0], [0, 0, 0], [0.65882355, 1.7019609, 0]], atol=1e-6)
    assert np.allclose(run(tf.gradients(y, [low], grad_ys=[X.reshape(3, 3)])[0]), [-3, -1.01, 0])


def test_wrong_bits_and_crossed_ranges_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="num_bits must be between 2 and 16, inclusive"):
        run(tf.fake_quant_with_min_max_args(X, num_bits=1))
    with pytest.raises(tf.errors.InvalidArgumentError, match="min has to be smaller than max, was: 1 >= 0"):
        run(tf.fake_quant_with_min_max_args(X, min=1.0, max=0.0))
