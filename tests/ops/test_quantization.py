"""Quantizing and back; the numbers are those of TensorFlow 2.21."""

import numpy as np
import pytest

import autograd_lite as tf

X = np.array([-3, -1.01, -0.5, -0.003, 0, 0.2, 0.66, 1.7, 9], np.float32)


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


@pytest.mark.parametrize(
    ("T", "mode", "numbers"),
    [
        (tf.quint8, "MIN_COMBINED", [0, 36, 73, 109, 109, 124, 157, 233, 255]),
        (tf.quint8, "MIN_FIRST", [0, 35, 73, 109, 109, 124, 157, 233, 255]),
        (tf.quint8, "SCALED", [0, 0, 0, 0, 0, 26, 84, 217, 255]),
        (tf.qint8, "MIN_COMBINED", [-128, -92, -55, -19, -19, -4, 29, 105, 127]),
        (tf.qint8, "MIN_FIRST", [-128, -93, -55, -19, -19, -4, 29, 105, 127]),
        (tf.qint8, "SCALED", [-128, -64, -32, 0, 0, 13, 42, 108, 127]),
        (tf.qint16, "SCALED", [-32768, -16547, -8192, -49, 0, 3277, 10813, 27852, 32767]),
        (tf.quint16, "MIN_COMBINED", [0, 9175, 18724, 28030, 28086, 31831, 40444, 59918, 65535]),
        (tf.qint32, "MIN_FIRST",
         [-2147483648, -1546188160, -920350016, -310464640, -306783232, -61356512, 503124928, 1779343872, 2147483520]),
    ],
)  # fmt: skip
def test_each_mode_gives_the_whole_numbers_of_tensorflow(T, mode, numbers):
    got = run(tf.quantize(X, -1.5, 2.0, T, mode=mode).output)
    assert np.allclose(got.astype(np.int64), numbers, rtol=0, atol=64 if T == tf.qint32 else 0)  # float32 has 24 bits


def test_numbers_mean_the_floats_that_tensorflow_reads():
    quantized = tf.quantize(X, -1.5, 2.0, tf.quint8, mode="MIN_FIRST")
    back = run(tf.dequantize(*quantized, mode="MIN_FIRST"))
    assert np.allclose(back, [-1.4960785, -1.0156863, -0.49411774, 0, 0, 0.20588231, 0.6588235, 1.7019608, 2.0039215], atol=1e-6)


def test_scaled_range_is_widened_to_fit_both_ends():
    assert np.allclose(run(tf.quantize(X, -1.5, 2.0, tf.qint8, mode="SCALED"))[1:], [-2.015748, 2.0])


def test_range_without_zero_or_without_width_is_widened():
    assert np.allclose(run(tf.quantize(X, 5.0, 6.0, tf.quint8))[1:], [0, 6])
    assert np.allclose(run(tf.quantize(X, 0.0, 0.0, tf.quint8))[1:], [0, 0.01])


def test_crossed_range_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="input_max_range must be larger than input_min_range"):
        run(tf.quantize(X, 2.0, 1.0, tf.quint8).output)


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, [-2.9763782, -0.99212605, -0.49606302, 0, 0, 0.21259844, 0.6377953, 1.7007875, 9]),
        ({"signed_input": False}, [-3.0000002, -1.0235294, -0.49411768, 0, 0, 0.21176472, 0.67058825, 1.6941178, 9]),
        ({"range_given": True}, [-2.015748, -1.007874, -0.503937, 0, 0, 0.2047244, 0.6614173, 1.7007874, 2]),
        ({"range_given": True, "narrow_range": True}, [-2, -1.007874, -0.503937, 0, 0, 0.2047244, 0.6614173, 1.7007874, 2]),
        ({"num_bits": 4, "narrow_range": True}, [-2.5714285, -1.2857143, 0, 0, 0, 0, 1.2857143, 1.2857143, 9]),
    ],
)
def test_there_and_back_gives_the_levels_of_tensorflow(options, numbers):
    got = run(tf.quantization.quantize_and_dequantize(X, -1.5, 2.0, **options))
    assert np.allclose(got, numbers, atol=1e-6)


def test_gradient_passes_as_if_nothing_had_been_rounded():
    x = tf.constant(X)
    (slope,) = tf.gradients(tf.quantization.quantize_and_dequantize(x, -1.0, 1.0, range_given=True), [x])
    assert (run(slope) == 1).all()
