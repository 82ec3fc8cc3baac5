"""Initializers: values, seeds, nodes, configurations, errors."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import names


def start(initializer, shape, **keywords):
    return tf.Session().run(initializer(shape, **keywords))


def test_constants_fill_the_shape_and_repeat_their_last_element():
    assert start(tf.zeros_initializer(), [2]).tolist() == [0, 0] and start(tf.ones_initializer(), [2], dtype=tf.int32).tolist() == [1, 1]
    assert start(tf.constant_initializer([1.0, 2.0]), [2, 2]).tolist() == [[1, 2], [2, 2]]
    assert start(tf.constant_initializer(True), [1], dtype=tf.bool).tolist() == [True]
    with pytest.raises(TypeError, match="Expected Tensor's shape"):
        tf.constant_initializer([1.0, 2.0], verify_shape=True)([3])


def test_large_zeros_are_filled_when_the_graph_runs():
    tf.get_variable("v", [2000], initializer=tf.zeros_initializer())
    assert names("v/Init") == ["v/Initializer/zeros/shape_as_tensor", "v/Initializer/zeros/Const", "v/Initializer/zeros"]


@pytest.mark.parametrize(
    ("initializer", "low", "high", "variance"),
    [
        (tf.random_uniform_initializer(-1.0, 3.0, seed=1), -1, 3, 16 / 12),
        (tf.uniform_unit_scaling_initializer(factor=2.0, seed=1), -(3 / 200) ** 0.5 * 2, (3 / 200) ** 0.5 * 2, 4 / 200),
        (tf.glorot_uniform_initializer(seed=1), -(6 / 500) ** 0.5, (6 / 500) ** 0.5, 2 / 500),
        (tf.glorot_normal_initializer(seed=1), -1, 1, 2 / 500),
        (tf.initializers.he_normal(seed=1), -1, 1, 2 / 200),
        (tf.initializers.he_uniform(seed=1), -(6 / 200) ** 0.5, (6 / 200) ** 0.5, 2 / 200),
        (tf.initializers.lecun_normal(seed=1), -1, 1, 1 / 200),
        (tf.initializers.lecun_uniform(seed=1), -(3 / 200) ** 0.5, (3 / 200) ** 0.5, 1 / 200),
        (tf.variance_scaling_initializer(3.0, "fan_out", "untruncated_normal", seed=1), -2, 2, 3 / 300),
        (tf.truncated_normal_initializer(stddev=0.5, seed=1), -1, 1, 0.25 * 0.8796**2),
        (tf.random_normal_initializer(stddev=0.5, seed=1), -9, 9, 0.25),
    ],
    ids=lambda value: type(value).__name__ if callable(value) else "",
)  # fmt: skip
def test_random_starts_have_the_bounds_and_variance_of_their_formula(initializer, low, high, variance):
    drawn = start(initializer, [200, 300])
    assert low <= drawn.min() and drawn.max() < high and drawn.var() == pytest.approx(variance, rel=0.03)
    assert np.array_equal(drawn, start(initializer, [200, 300]))  # the seed decides


def test_convolution_weights_count_the_window():
    drawn = start(tf.variance_scaling_initializer(1.0, "fan_in", "uniform", seed=3), [5, 5, 8, 16])
    assert abs(drawn).max() == pytest.approx((3 / 200) ** 0.5, rel=1e-2)


def test_scalars_and_vectors_count_as_layers_of_their_own_size():
    for shape, units in (([], 1), ([7], 7)):
        bound = (3.0 / units) ** 0.5
        assert abs(start(tf.glorot_uniform_initializer(seed=2), shape)).max() <= bound


def test_the_identity_matrix_times_a_gain():
    assert start(tf.initializers.identity(gain=2.0), [2, 2]).tolist() == [[2, 0], [0, 2]]
    for wrong in ([2], [2, 2, 2]):
        with pytest.raises(ValueError, match="two-dimensional|2D matrices"):
            tf.initializers.identity()(wrong)


def test_an_integer_range_starts_at_zero_by_default():
    drawn = start(tf.random_uniform_initializer(maxval=3, seed=1, dtype=tf.int32), [100])
    assert drawn.dtype == np.int32 and set(drawn.tolist()) == {0, 1, 2}


@pytest.mark.parametrize(
    "initializer",
    [
        tf.zeros_initializer(tf.float64), tf.ones_initializer(), tf.constant_initializer([1.0, 2]), tf.random_uniform_initializer(-1, 2, 3),
        tf.random_normal_initializer(1.0, 2.0, 3), tf.truncated_normal_initializer(1.0, 2.0, 3, tf.float64),
        tf.uniform_unit_scaling_initializer(2.0, 3), tf.variance_scaling_initializer(2.0, "fan_avg", "uniform", 3),
        tf.glorot_uniform_initializer(3), tf.glorot_normal_initializer(3), tf.orthogonal_initializer(2.0, 3), tf.initializers.identity(2.0),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_an_initializer_can_be_made_again_from_its_configuration(initializer):
    config = initializer.get_config()
    again = type(initializer).from_config(config)
    assert again.get_config() == config and type(again) is type(initializer)


def test_wrong_arguments_are_refused():
    for error, text, call in [
        (ValueError, "Argument `dtype` is expected to be floating point.", lambda: tf.random_normal_initializer(dtype=tf.int32)),
        (ValueError, "Argument `scale` must be a positive float.", lambda: tf.variance_scaling_initializer(scale=-1.0)),
        (ValueError, "Argument `mode` should be one of", lambda: tf.variance_scaling_initializer(mode="x")),
        (ValueError, "Argument `distribution` should be one of", lambda: tf.variance_scaling_initializer(distribution="x")),
        (TypeError, "Invalid type for initial value", lambda: tf.constant_initializer(object())),
        (ValueError, "The tensor to initialize", lambda: tf.orthogonal_initializer()([3])),
        (NotImplementedError, "Initializer does not say how", lambda: tf.keras.initializers.Initializer()([3])),
    ]:
        with pytest.raises(error, match=text):
            call()
