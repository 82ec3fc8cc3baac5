"""The update rules of `tf.contrib.opt` against their formulas in NumPy: dense gradients, and gradients of some rows."""

import math

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized

opt = tf.contrib.opt
START = np.array([[1.0, -2.0], [0.5, 3.0], [-1.5, 0.25]])
ROWS = [0, 2]
DENSE = [np.array([[0.5, -1.0], [2.0, 0.0], [0.25, -0.75]]), np.array([[-0.5, -1.5], [1.0, 1.0], [-0.25, 0.5]])]


def f32(value):
    return float(np.float32(value))


def adamw(s, v, g, t, rows):
    if rows is None:
        v = v * (1 - f32(0.1))
    else:
        v = np.where(rows, v * (1 - f32(0.1)), v)
    return adam_step(s, v, g, t)


def adam_step(s, v, g, t):
    b1, b2, eps = f32(0.9), f32(0.999), f32(1e-8)
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["v"] = b2 * s["v"] + (1 - b2) * g * g
    return v - f32(0.01) * math.sqrt(1 - b2**t) / (1 - b1**t) * s["m"] / (np.sqrt(s["v"]) + eps)


def momentumw(s, v, g, t, rows):
    shrunk = v * (1 - f32(0.1))
    v = shrunk if rows is None else np.where(rows, shrunk, v)
    a = f32(0.9) * s["m"] + g
    s["m"] = a if rows is None else np.where(rows, a, s["m"])
    return v - (f32(0.01) * s["m"] if rows is None else np.where(rows, f32(0.01) * s["m"], 0.0))


def adamax(s, v, g, t, rows):
    b1, b2 = f32(0.9), f32(0.999)
    m, big = b1 * s["m"] + (1 - b1) * g, np.maximum(b2 * s["v"], np.abs(g))
    moved = v - f32(0.01) / (1 - b1**t) * m / (big + f32(1e-8))
    if rows is None:
        s["m"], s["v"] = m, big
        return moved
    s["m"], s["v"] = np.where(rows, m, s["m"]), np.where(rows, big, s["v"])
    return np.where(rows, moved, v)


def nadam(s, v, g, t, rows):
    b1, b2, eps = f32(0.9), f32(0.999), f32(1e-8)
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["v"] = b2 * s["v"] + (1 - b2) * g * g
    ahead = b1 * s["m"] + (1 - b1) * g
    moved = v - f32(0.01) * math.sqrt(1 - b2**t) / (1 - b1**t) * ahead / (np.sqrt(s["v"]) + eps)
    return moved if rows is None else np.where(rows, moved, v)


def lazy_adam(s, v, g, t, rows):
    if rows is None:
        return adam_step(s, v, g, t)
    old = dict(s)
    moved = adam_step(s, v, g, t)
    s["m"], s["v"] = np.where(rows, s["m"], old["m"]), np.where(rows, s["v"], old["v"])
    return np.where(rows, moved, v)


def power_sign(s, v, g, t, rows):
    s["m"] = f32(0.9) * s["m"] + (1 - f32(0.9)) * g
    return v - f32(0.01) * np.exp(f32(math.log(2.0)) * np.sign(g) * np.sign(s["m"])) * g


def add_sign(s, v, g, t, rows):
    s["m"] = f32(0.9) * s["m"] + (1 - f32(0.9)) * g
    return v - f32(0.01) * (f32(1.5) + 0.5 * np.sign(g) * np.sign(s["m"])) * g


RULES = {
    "adamw": (lambda: opt.AdamWOptimizer(0.1, 0.01), adamw),
    "momentumw": (lambda: opt.MomentumWOptimizer(0.1, 0.01, 0.9), momentumw),
    "adamax": (lambda: opt.AdaMaxOptimizer(0.01), adamax),
    "nadam": (lambda: opt.NadamOptimizer(0.01), nadam),
    "lazy_adam": (lambda: opt.LazyAdamOptimizer(0.01), lazy_adam),
    "power_sign": (lambda: opt.PowerSignOptimizer(0.01, base=2.0), power_sign),
    "add_sign": (lambda: opt.AddSignOptimizer(0.01, alpha=1.5, sign_decay_fn=lambda step: 0.5), add_sign),
}


@pytest.mark.parametrize("resource", [False, True], ids=["reference", "resource"])
@pytest.mark.parametrize("kind", ["dense", "rows"])
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_follows_its_formula(rule, kind, resource):
    make, formula = RULES[rule]
    w = tf.Variable(START, use_resource=resource)
    fed = tf.placeholder(tf.float64, [None, 2])
    gradient = fed if kind == "dense" else tf.IndexedSlices(fed, tf.constant(ROWS))
    gradient.set_shape([3, 2]) if kind == "dense" else None
    optimizer = make()
    step = optimizer.apply_gradients([(gradient, w)])
    expected, state = START, {name: np.zeros_like(START) for name in ("m", "v")}
    rows = None if kind == "dense" else np.isin(np.arange(3), ROWS)[:, None]
    with initialized() as session:
        for number, dense in enumerate([*DENSE, DENSE[0]], start=1):
            given = dense if kind == "dense" else np.where(rows, dense, 0.0)
            expected = formula(state, expected, given, number, rows)
            session.run(step, {fed: dense if kind == "dense" else dense[ROWS]})
            np.testing.assert_allclose(session.run(w), expected, rtol=1e-6, atol=1e-9)


def test_slots_and_powers_have_their_names():
    w = tf.Variable([1.0], name="w")
    adamax, adamw = opt.AdaMaxOptimizer(), opt.AdamWOptimizer(0.1)
    adamax.minimize(w * w)
    adamw.minimize(w * w)
    assert adamax.get_slot_names() == adamw.get_slot_names() == ["m", "v"]
    assert [variable.op.name for variable in adamax.variables()] == ["beta1_power", "w/AdaMax", "w/AdaMax_1"]
    assert adamw.get_slot(w, "m").op.name == "w/AdamW"


def test_only_chosen_variables_decay():
    a, b = tf.Variable(10.0), tf.Variable(10.0)
    extended = opt.extend_with_decoupled_weight_decay(tf.train.GradientDescentOptimizer)
    step = extended(weight_decay=0.5, learning_rate=1.0).minimize(a + b, decay_var_list=[a])
    with initialized() as session:
        session.run(step)
        assert session.run([a, b]) == [4.0, 9.0]


def test_the_decay_may_be_a_function_or_a_tensor():
    w, rate = tf.Variable(10.0), tf.placeholder(tf.float32, [])
    for decay, feeds in ((lambda: tf.constant(0.5), {}), (rate, {rate: 0.5})):
        step = opt.MomentumWOptimizer(decay, 1.0, 0.0).minimize(w)
        with initialized() as session:
            session.run(step, feeds)
            assert session.run(w) == 4.0


@pytest.mark.parametrize("resource", [False, True], ids=["reference", "resource"])
def test_lars_scales_the_rate_to_the_length_of_the_variable(resource):
    w = tf.Variable([3.0, 4.0], name="w", use_resource=resource)
    bias = tf.Variable([1.0], name="bias", use_resource=resource)
    optimizer = opt.LARSOptimizer(2.0, momentum=0.0, weight_decay=0.1, eeta=0.5, skip_list=["bias"])
    step = optimizer.apply_gradients([(tf.constant([0.0, 2.0]), w), (tf.constant([0.5]), bias)])
    with initialized() as session:
        session.run(step)
        rate = 2.0 * 0.5 * 5.0 / (2.0 + 0.1 * 5.0)
        np.testing.assert_allclose(session.run(w), np.array([3.0, 4.0]) - rate * np.array([0.3, 2.4]), rtol=1e-6)
        np.testing.assert_allclose(session.run(bias), [0.0])
    with pytest.raises(ValueError, match="momentum should be positive"):
        opt.LARSOptimizer(1.0, momentum=-1.0)


# ---------------------------------------------------------------- around another optimizer


def test_averages_are_saved_in_place_of_the_variables(tmp_path):
    w = tf.Variable(0.0, name="w")
    optimizer = opt.MovingAverageOptimizer(tf.train.GradientDescentOptimizer(1.0), average_decay=0.5)
    with pytest.raises(RuntimeError, match="Must call apply_gradients or minimize before creating the swapping_saver"):
        optimizer.swapping_saver()
    step = optimizer.minimize(-4.0 * w)
    assert step.name == "train_with_avg"
    saver, plain = optimizer.swapping_saver(), tf.train.Saver([w])
    average = optimizer._ema.average(w)
    with pytest.raises(ValueError, match="Variable to swap w/ExponentialMovingAverage is not in variables to save"):
        optimizer.swapping_saver([w])
    with initialized() as session:
        session.run(step)
        assert session.run([w, average]) == [4.0, 2.0]
        path = saver.save(session, str(tmp_path / "model.ckpt"))
    with tf.Session() as session:
        plain.restore(session, path)
        assert session.run(w) == 2.0
        saver.restore(session, path)
        assert session.run([w, average]) == [4.0, 2.0]


@pytest.mark.parametrize("resource", [False, True], ids=["reference", "resource"])
def test_variables_stay_within_their_length(resource):
    w = tf.Variable([[3.0, 4.0], [0.3, 0.4], [30.0, 40.0]], use_resource=resource)
    optimizer = opt.VariableClippingOptimizer(tf.train.GradientDescentOptimizer(0.0), {w: [1]}, max_norm=1.0)
    rows = optimizer.apply_gradients([(tf.IndexedSlices(tf.zeros([2, 2]), tf.constant([0, 0])), w)])
    every = optimizer.apply_gradients([(tf.zeros([3, 2]), w)])
    with initialized() as session:
        session.run(rows)
        np.testing.assert_allclose(session.run(w), [[0.6, 0.8], [0.3, 0.4], [30.0, 40.0]], rtol=1e-6)
        session.run(every)
        np.testing.assert_allclose(session.run(w), [[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]], rtol=1e-6)


@pytest.mark.parametrize("resource", [False, True], ids=["reference", "resource"])
def test_a_task_that_did_not_occur_moves_nothing(resource):
    w, rows = tf.Variable([1.0], use_resource=resource), tf.Variable([[1.0], [2.0]], use_resource=resource)
    fed = tf.placeholder(tf.float32, [1])
    optimizer = opt.MultitaskOptimizerWrapper(tf.train.MomentumOptimizer(1.0, 0.5))
    step = optimizer.apply_gradients([(fed, w), (tf.IndexedSlices(tf.expand_dims(fed, 0), tf.constant([1])), rows)])
    with initialized() as session:
        session.run(step, {fed: [1.0]})
        for _ in range(3):
            session.run(step, {fed: [0.0]})
        np.testing.assert_array_equal(session.run(w), [0.0])
        np.testing.assert_array_equal(session.run(rows), [[1.0], [1.0]])
        session.run(step, {fed: [1.0]})
        np.testing.assert_array_equal(session.run(w), [-1.5])
    with pytest.raises(TypeError, match="Supplied optimizer must be an instance of tf.train.Optimizer"):
        opt.MultitaskOptimizerWrapper(3)


def test_gradients_are_clipped_together():
    w = tf.Variable([0.0])
    pairs = opt.clip_gradients_by_global_norm([(tf.constant([30.0]), w), (None, w), (tf.constant([40.0]), w)], clip_norm=5.0)
    assert pairs[1] == (None, w)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run([pairs[0][0], pairs[2][0]]), [[3.0], [4.0]], rtol=1e-6)
