"""Scaling the loss: fixed and dynamic scales, and the optimizer around another one."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized

scaling = tf.train.experimental


def test_a_fixed_scale_changes_nothing_but_the_way():
    w = tf.Variable([1.0, -2.0], dtype=tf.float64)
    loss = tf.reduce_sum(w * w)
    optimizer = scaling.MixedPrecisionLossScaleOptimizer(tf.train.MomentumOptimizer(0.1, 0.9), 1024)
    plain = tf.train.MomentumOptimizer(0.1, 0.9).compute_gradients(loss, [w])
    pairs = optimizer.compute_gradients(loss, [w])
    step = optimizer.apply_gradients(pairs)
    with initialized() as session:
        np.testing.assert_array_equal(session.run(pairs[0][0]), session.run(plain[0][0]))
        session.run(step)
        np.testing.assert_allclose(session.run(w), [0.8, -1.6])
    assert optimizer.get_slot_names() == ["momentum"]


def test_a_dynamic_scale_grows_after_good_steps_and_shrinks_after_bad_ones():
    scale = scaling.DynamicLossScale(initial_loss_scale=4.0, increment_period=2, multiplier=2.0)
    fed = tf.placeholder(tf.float32, [])
    update, is_good = scale.update([fed, None])
    seen = []
    with initialized() as session:
        for value in (1.0, 1.0, np.inf, np.nan, np.inf, np.inf, np.inf, 1.0, 1.0):
            good = session.run([update, is_good], {fed: value})[1]
            seen.append((bool(good), float(session.run(scale()))))
    assert seen == [
        (True, 4.0), (True, 8.0), (False, 4.0), (False, 2.0), (False, 1.0), (False, 1.0), (False, 1.0), (True, 1.0), (True, 2.0),
    ]  # fmt: skip


def test_a_step_that_is_not_finite_is_left_out():
    w, slope = tf.Variable(1.0), tf.placeholder(tf.float32, [])
    step = tf.train.get_or_create_global_step()
    optimizer = scaling.MixedPrecisionLossScaleOptimizer(tf.train.MomentumOptimizer(0.5, 0.9), "dynamic")
    op = optimizer.minimize(w * slope, global_step=step)
    with initialized() as session:
        session.run(op, {slope: np.inf})
        assert session.run([w, step]) == [1.0, 0]
        session.run(op, {slope: 1.0})
        assert session.run([w, step]) == [0.5, 1]
        assert session.run(optimizer._loss_scale()) == 2.0**14


def test_scales_are_made_from_their_arguments_again():
    for scale in (scaling.FixedLossScale(8), scaling.DynamicLossScale(4.0, 3, 5.0)):
        assert type(scale).from_config(scale.get_config()).get_config() == scale.get_config()
    for wrong in (0.5, "8"):
        with pytest.raises(ValueError, match="loss_scale_value must be"):
            scaling.FixedLossScale(wrong)
    with pytest.raises(ValueError, match="must be an instance of Optimizer"):
        scaling.MixedPrecisionLossScaleOptimizer(3, 8)
    with pytest.raises(ValueError, match="loss_scale must be"):
        scaling.MixedPrecisionLossScaleOptimizer(tf.train.GradientDescentOptimizer(1.0), "fast")


def test_a_dynamic_scale_tells_how_it_changes():
    scale = scaling.DynamicLossScale(8, 5, 3)
    assert (scale.initial_loss_scale, scale.increment_period, scale.multiplier) == (8.0, 5, 3.0)


def test_enabling_mixed_precision_wraps_an_optimizer_once(caplog):
    w = tf.Variable(1.0)
    inside = tf.train.GradientDescentOptimizer(0.25)
    optimizer = scaling.enable_mixed_precision_graph_rewrite(inside, loss_scale=64.0)
    step = optimizer.minimize(w * w)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        assert session.run(w) == 0.5
    with pytest.raises(ValueError, match='"opt" must not already be an instance of a MixedPrecisionLossScaleOptimizer.'):
        scaling.enable_mixed_precision_graph_rewrite(optimizer)
    with pytest.raises(ValueError, match='"opt" must be an instance of a tf.train.Optimizer'):
        scaling.enable_mixed_precision_graph_rewrite(3)
    scaling.disable_mixed_precision_graph_rewrite()
    assert "already disabled" not in caplog.text
    scaling.disable_mixed_precision_graph_rewrite()
    assert "called when mixed precision is already disabled" in caplog.text
