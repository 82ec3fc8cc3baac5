"""Keeping values and gradients within bounds."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


def test_values_between_bounds(run):
    np.testing.assert_array_equal(run(tf.clip_by_value([-2.0, 0.5, 2.0], -1.0, 1.0)), [-1.0, 0.5, 1.0])


def test_bounds_must_not_stretch_the_tensor(nodes):
    x, low, high = tf.zeros([2]), tf.zeros([3, 2]), tf.ones([2])
    with pytest.raises(ValueError, match="are incompatible"):
        tf.clip_by_value(x, low, high)
    assert len(nodes()) == 3


def test_a_long_vector_is_scaled_down_and_a_short_one_is_not(run):
    np.testing.assert_allclose(run(tf.clip_by_norm([3.0, 4.0], 1.0)), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(run(tf.clip_by_norm([0.3, 0.4], 1.0)), [0.3, 0.4])
    np.testing.assert_allclose(run(tf.clip_by_norm([[3.0, 4.0], [0.3, 0.4]], 1.0, axes=[1])), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)


def test_the_gradient_of_a_clipped_zero_is_finite(run):
    x = tf.constant([0.0, 0.0])
    assert np.isfinite(run(tf.gradients(tf.clip_by_norm(x, 1.0), x)[0])).all()


def test_several_tensors_share_one_norm(run):
    tensors = [tf.constant([3.0]), None, tf.constant([[4.0]])]
    assert run(tf.global_norm(tensors)) == 5.0
    clipped, norm = tf.clip_by_global_norm(tensors, 1.0)
    assert clipped[1] is None
    np.testing.assert_allclose(run(clipped[0]), [0.6], rtol=1e-6)
    assert run(norm) == 5.0


def test_a_norm_that_is_not_finite_makes_everything_nan(run):
    clipped, _ = tf.clip_by_global_norm([tf.constant([np.inf]), tf.constant([1.0])], 1.0)
    assert np.isnan(run(clipped[1])).all()


def test_slices_stay_slices(run):
    slices = tf.IndexedSlices(tf.constant([[3.0, 4.0]]), tf.constant([7]))
    for clipped in (tf.clip_by_norm(slices, 1.0), tf.clip_by_global_norm([slices], 1.0)[0][0], tf.clip_by_value(slices, -0.6, 0.8)):
        assert isinstance(clipped, tf.IndexedSlices)
        assert clipped.indices is slices.indices


def test_one_tensor_is_no_list():
    with pytest.raises(TypeError, match="^`t_list` should be a sequence of tensors"):
        tf.clip_by_global_norm(tf.constant([1.0]), 1.0)


def test_the_average_norm(run):
    np.testing.assert_allclose(run(tf.clip_by_average_norm([3.0, 4.0], 1.0)), [1.2, 1.6], rtol=1e-6)
