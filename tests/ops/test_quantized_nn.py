"""Layers on quantized tensors; the numbers are those of TensorFlow 2.21."""

import numpy as np

import autograd_lite as tf

X = np.linspace(-2, 3, 16).astype(np.float32)


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


def image(values=X, low=-2.0, high=3.0):
    return tf.quantize(np.asarray(values, np.float32).reshape(1, 4, 4, 1), low, high, tf.quint8, mode="MIN_FIRST")


def test_windows_are_averaged_downwards_and_maxima_kept():
    x, low, high = image()
    averages = run(tf.nn.quantized_avg_pool(x, low, high, [1, 2, 3, 1], [1, 2, 2, 1], "SAME"))
    assert averages[0].ravel().tolist() == [51, 76, 187, 212]
    largest = run(tf.nn.quantized_max_pool(x, low, high, [1, 2, 3, 1], [1, 2, 2, 1], "SAME"))
    assert largest[0].ravel().tolist() == [102, 119, 238, 255]
    assert largest[1:] == (-2, 3)


def test_convolution_sums_products_of_whole_numbers():
    x, low, high = image()
    w, w_low, w_high = tf.quantize(np.linspace(-1, 1, 8).reshape(2, 2, 1, 2), -1.0, 1.0, tf.quint8, mode="MIN_FIRST")
    result = run(tf.nn.quantized_conv2d(x, w, low, high, w_low, w_high, [1, 1, 1, 1], "SAME"))
    assert result[0][0, 0].tolist() == [[15572, 6783], [14314, 8024], [13056, 9265], [6834, 5576]]
    assert result[0][0, 3].tolist() == [[-19601, -11424], [-22712, -13277], [-25823, -15130], [-19584, -13923]]
    assert np.allclose(result[1:], [-330255.12, 330255.12])


def test_joined_tensors_are_rounded_to_a_common_range():
    x = tf.quantize(X, -2.0, 3.0, tf.quint8, mode="MIN_FIRST")
    y = tf.quantize(X, -1.0, 5.0, tf.quint8, mode="MIN_FIRST")
    result, low, high = run(tf.quantized_concat(0, [x[0], y[0]], [x[1], y[1]], [x[2], y[2]]))
    assert result[:16].tolist() == [0, 12, 24, 37, 49, 61, 73, 85, 97, 109, 122, 134, 146, 158, 170, 182]
    assert result[16:].tolist() == [36, 36, 36, 36, 49, 61, 73, 85, 97, 110, 122, 134, 146, 158, 170, 183]
    assert (low, high) == (-2, 5)
