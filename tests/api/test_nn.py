"""Activations, biases, dropout, embeddings, normalisation."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


def test_dropout_builds_the_nodes_of_the_first_release(nodes, first_release):
    tf.nn.dropout(tf.placeholder(tf.float32, [2, 3], name="x"), rate=0.25)
    assert [name.removeprefix("dropout/") for name, _ in nodes(1)] == [
        "rate", "Shape", "random_uniform/min", "random_uniform/max", "random_uniform/RandomUniform", "random_uniform/sub",
        "random_uniform/mul", "random_uniform", "sub/x", "sub", "truediv/x", "truediv", "GreaterEqual", "mul", "Cast", "mul_1",
    ]  # fmt: skip


def test_dropout_builds_the_nodes_of_the_second_release(nodes, second_release):
    tf.nn.dropout(tf.placeholder(tf.float32, [2, 3], name="x"), rate=0.25)
    assert [name.removeprefix("dropout/") for name, _ in nodes(1)] == [
        "Const", "Mul", "Shape", "random_uniform/RandomUniform", "GreaterEqual/y", "GreaterEqual", "Const_1", "SelectV2",
    ]  # fmt: skip


@pytest.mark.parametrize("release", ["1.15", "2.21"])
def test_dropped_elements_are_zero_and_the_others_are_scaled_up(release, run, first_release):
    tf.set_release(release)
    keep = tf.placeholder(tf.float32, [])
    for dropped in (tf.nn.dropout(tf.ones([5000]), keep, seed=1), tf.nn.dropout(tf.ones([5000]), rate=0.2, seed=1)):
        values = run(dropped, {keep: 0.8})
        assert set(np.unique(values)) == {np.float32(0.0), np.float32(1.25)}
        assert 0.17 < (values == 0).mean() < 0.23


def test_the_noise_shape_ties_elements_together(run):
    values = run(tf.nn.dropout(tf.ones([100, 3]), rate=0.5, noise_shape=[None, 1], seed=1))
    assert all(len(set(row)) == 1 for row in values.tolist())


def test_nothing_is_dropped_at_rate_zero():
    x = tf.ones([3])
    assert tf.nn.dropout(x, keep_prob=1.0) is x


@pytest.mark.parametrize("arguments", [{"keep_prob": 1.5}, {"rate": 1.0}, {"keep_prob": 0.0}], ids=str)
def test_a_rate_outside_its_range_is_refused(arguments):
    with pytest.raises(ValueError, match=r"^`rate` must be a scalar tensor or a float in the range \[0, 1\)"):
        tf.nn.dropout(tf.ones([3]), **arguments)


def test_dropout_wants_one_rate():
    with pytest.raises(ValueError, match="^`rate` must be provided"):
        tf.nn.dropout(tf.ones([3]))
    with pytest.raises(ValueError, match="^Cannot specify both 'keep_prob' and 'rate'"):
        tf.nn.dropout(tf.ones([3]), 0.5, rate=0.5)


def test_integers_cannot_be_dropped():
    with pytest.raises(ValueError, match="must be a floating point tensor"):
        tf.nn.dropout(tf.constant([1, 2]), rate=0.5)


def test_activations(run):
    np.testing.assert_allclose(run(tf.nn.leaky_relu([-1.0, 2.0], 0.1)), [-0.1, 2.0], rtol=1e-6)
    np.testing.assert_allclose(run(tf.nn.crelu([-1.0, 2.0])), [0.0, 2.0, 1.0, 0.0])
    np.testing.assert_allclose(run(tf.nn.swish([0.0, 1.0])), [0.0, 1 / (1 + np.exp(-1))], rtol=1e-6)


def test_a_slope_may_be_a_tensor(run):
    np.testing.assert_allclose(run(tf.nn.leaky_relu([-1.0, 2.0], tf.constant(0.5))), [-0.5, 2.0])


def test_biases_are_added_to_the_channels(run):
    assert run(tf.nn.bias_add([[1.0, 2.0]], [10.0, 20.0])).tolist() == [[11.0, 22.0]]
    assert run(tf.nn.bias_add(np.zeros((1, 2, 1, 1), np.float32), [1.0, 2.0], data_format="NCHW")).ravel().tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="^data_format must be of the form"):
        tf.nn.bias_add([[1.0]], [1.0], data_format="XYZ")


def test_a_linear_layer(nodes):
    tf.nn.xw_plus_b(tf.placeholder(tf.float32, [2, 3], name="x"), tf.zeros([3, 4]), tf.zeros([4]))
    assert nodes(3) == [("xw_plus_b/MatMul", "MatMul"), ("xw_plus_b", "BiasAdd")]


def test_a_layer_that_fails_half_way_leaves_no_node(nodes):
    x, w, b = tf.zeros([2, 3]), tf.zeros([3, 4]), tf.zeros([5])
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 4 and 5"):
        tf.nn.xw_plus_b(x, w, b)
    assert len(nodes()) == 3
    assert tf.nn.xw_plus_b(x, w, tf.zeros([4])).op.name == "xw_plus_b"


def test_unit_length(run):
    np.testing.assert_allclose(run(tf.nn.l2_normalize([[3.0, 4.0], [0.0, 0.0]], 1)), [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)


def test_the_best_k(run):
    values, indices = run(tf.nn.top_k([1.0, 3.0, 2.0, 3.0], 3))
    assert values.tolist() == [3.0, 3.0, 2.0]
    assert indices.tolist() == [1, 3, 2]
    assert run(tf.nn.in_top_k([[0.1, 0.7, 0.2]], [2], 1)).tolist() == [False]


def test_moments(run):
    x = np.array([[1.0, 2.0], [3.0, 6.0]])
    mean, variance = run(tf.nn.moments(tf.constant(x), [0]))
    np.testing.assert_allclose(mean, x.mean(0))
    np.testing.assert_allclose(variance, x.var(0))
    assert tf.nn.moments(tf.constant(x), [0], keep_dims=True)[0].shape.as_list() == [1, 2]


def test_moments_with_weights(run):
    x, weights = np.array([1.0, 2.0, 6.0]), np.array([1.0, 2.0, 1.0])
    mean, variance = run(tf.nn.weighted_moments(tf.constant(x), [0], tf.constant(weights)))
    np.testing.assert_allclose(mean, np.average(x, weights=weights))
    np.testing.assert_allclose(variance, np.average((x - mean) ** 2, weights=weights))


def test_moments_from_sufficient_statistics(run):
    x = np.array([1.0, 2.0, 6.0])
    for shift in (None, 2.0):
        statistics = tf.nn.sufficient_statistics(tf.constant(x), [0], shift)
        mean, variance = run(tf.nn.normalize_moments(*statistics))
        np.testing.assert_allclose([mean, variance], [x.mean(), x.var()])


def test_batch_normalization(run):
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    result = run(tf.nn.batch_normalization(tf.constant(x), x.mean(0), x.var(0), [1.0, 1.0], [2.0, 2.0], 1e-3))
    np.testing.assert_allclose(result, 2 * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) + 1)


def test_the_share_of_zeros(run):
    assert run(tf.nn.zero_fraction([0.0, 1.0, 0.0, 2.0])) == 0.5
