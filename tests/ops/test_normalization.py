"""Batch normalisation and local response normalisation against their formulas written out."""

import numpy as np
import pytest

import autograd_lite as tf

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(3, 2, 2, 4)).astype(np.float32)
SCALE, OFFSET, MEAN = RANDOM.normal(size=(3, 4)).astype(np.float32)
VARIANCE = RANDOM.uniform(0.5, 2, 4).astype(np.float32)
WEIGHTS = RANDOM.normal(size=(2, *X.shape)).astype(np.float32)


def written_out(x, scale, offset, training):
    mean, variance = tf.constant(MEAN, x.dtype), tf.constant(VARIANCE, x.dtype)
    if training:
        mean = tf.reduce_mean(x, [0, 1, 2])
        variance = tf.reduce_mean((x - mean) ** 2, [0, 1, 2])  # tf.nn.moments stops a gradient, which second derivatives would miss
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 0.01)


def fused(x, scale, offset, training):
    rest = [] if training else [MEAN, VARIANCE]
    return tf.nn.fused_batch_norm(x, scale, offset, *rest, epsilon=0.01, is_training=training)[0]


def derivatives(function, dtype, training):
    """The function, its gradients, and the gradients of their weighted sum."""
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = [tf.constant(value, dtype) for value in (X, SCALE, OFFSET)]
        y = function(*inputs, training)
        dy = tf.constant(WEIGHTS[0], dtype)
        first = tf.gradients(y, inputs, grad_ys=dy)
        total = tf.reduce_sum(first[0] * tf.constant(WEIGHTS[1], dtype)) + 3 * tf.reduce_sum(first[1]) + tf.reduce_sum(first[2])
        second = tf.gradients(total, [inputs[0], inputs[1], dy])
        return session.run([y, *first, *second])


@pytest.mark.parametrize("training", [True, False])
def test_fused_batch_norm_and_its_derivatives_equal_the_formula(training):
    for got, wanted in zip(derivatives(fused, tf.float32, training), derivatives(written_out, tf.float64, training), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=2e-5)


def test_channels_first_gives_the_same_numbers():
    with tf.Session() as session:
        last = tf.nn.fused_batch_norm(X, SCALE, OFFSET)
        first = tf.nn.fused_batch_norm(np.moveaxis(X, 3, 1), SCALE, OFFSET, data_format="NCHW")
        for a, b in zip(*session.run([last, first]), strict=True):
            np.testing.assert_allclose(a, np.moveaxis(b, 1, 3) if b.ndim == 4 else b, rtol=1e-5, atol=1e-6)


def test_variance_is_unbiased_and_the_average_moves_by_the_factor():
    with tf.Session() as session:
        _, mean, variance = session.run(tf.nn.fused_batch_norm(X, SCALE, OFFSET, MEAN, VARIANCE, exponential_avg_factor=0.25))
    np.testing.assert_allclose(mean, 0.75 * MEAN + 0.25 * X.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.75 * VARIANCE + 0.25 * X.var((0, 1, 2), ddof=1), rtol=1e-5)


def test_inference_without_statistics_is_refused_and_leaves_no_nodes():
    with tf.Graph().as_default() as graph:
        with pytest.raises(ValueError, match="Both `mean` and `variance` must be a 1D tensor"):
            tf.nn.fused_batch_norm(X, SCALE, OFFSET, is_training=False)
        assert not graph.get_operations()


def test_channels_that_do_not_fit_are_named_when_the_graph_runs():
    image = tf.placeholder(tf.float32)
    y = tf.nn.fused_batch_norm(image, SCALE, OFFSET)[0]
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="same number of elements"):
        session.run(y, {image: X[..., :3]})


def lrn_written_out(x):
    squares = np.pad(x * x, [(0, 0)] * 3 + [(2, 2)])
    total = sum(squares[..., shift : shift + x.shape[-1]] for shift in range(5))
    return x / (1.5 + 0.3 * total) ** 0.75


def test_lrn_divides_by_the_power_of_its_neighbours():
    with tf.Session() as session:
        y = session.run(tf.nn.lrn(X, 2, 1.5, 0.3, 0.75))
    np.testing.assert_allclose(y, lrn_written_out(X.astype(np.float64)), rtol=1e-5)


def test_second_derivative_of_lrn_equals_that_of_its_formula():
    def formula(x):
        squares = tf.pad(x * x, [[0, 0]] * 3 + [[2, 2]])
        return x / (1.5 + 0.3 * tf.add_n([squares[..., shift : shift + 4] for shift in range(5)])) ** 0.75

    results = []
    for function, dtype in ((lambda x: tf.nn.lrn(x, 2, 1.5, 0.3, 0.75), tf.float32), (formula, tf.float64)):
        x, dy = tf.constant(X, dtype), tf.constant(WEIGHTS[0], dtype)
        dx = tf.gradients(function(x), x, grad_ys=dy)[0]
        results.append(tf.Session().run([dx, *tf.gradients(dx, [x, dy], grad_ys=tf.constant(WEIGHTS[1], dtype))]))
    for got, wanted in zip(*results, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=1e-5)
