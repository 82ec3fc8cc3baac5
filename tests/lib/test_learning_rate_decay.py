"""Schedules against their formulas, step by step."""

import math

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import names


def rates(make, steps=range(12), dtype=tf.int32):
    step = tf.placeholder(dtype, [])
    rate = make(step)
    session = tf.Session()
    return [float(session.run(rate, {step: n})) for n in steps]


def cosine(x):
    return 0.5 * (1 + math.cos(math.pi * x))


def restarts(n):
    length, start = 3.0, 0.0
    while n >= start + length:
        start, length = start + length, length * 2
    return 0.1 * cosine((n - start) / length)


CASES = {
    "exponential": (lambda s: tf.train.exponential_decay(0.1, s, 3, 0.9), lambda n: 0.1 * 0.9 ** (n / 3)),
    "staircase": (lambda s: tf.train.exponential_decay(0.1, s, 3, 0.9, staircase=True), lambda n: 0.1 * 0.9 ** (n // 3)),
    "natural": (lambda s: tf.train.natural_exp_decay(0.1, s, 3, 0.5), lambda n: 0.1 * math.exp(-0.5 * n / 3)),
    "natural staircase": (lambda s: tf.train.natural_exp_decay(0.1, s, 3, 0.5, True), lambda n: 0.1 * math.exp(-0.5 * (n // 3))),
    "inverse": (lambda s: tf.train.inverse_time_decay(0.1, s, 3, 0.5), lambda n: 0.1 / (1 + 0.5 * n / 3)),
    "inverse staircase": (lambda s: tf.train.inverse_time_decay(0.1, s, 3, 0.5, True), lambda n: 0.1 / (1 + 0.5 * (n // 3))),
    "polynomial": (lambda s: tf.train.polynomial_decay(0.1, s, 5, 0.01, power=2.0), lambda n: 0.09 * (1 - min(n, 5) / 5) ** 2 + 0.01),
    "cycle": (
        lambda s: tf.train.polynomial_decay(0.1, s, 5, 0.01, cycle=True),
        lambda n: 0.09 * (1 - n / (5 * max(1, math.ceil(n / 5)))) + 0.01,
    ),
    "piecewise": (lambda s: tf.train.piecewise_constant(s, [3, 6], [1.0, 0.5, 0.1]), lambda n: 1.0 if n <= 3 else 0.5 if n <= 6 else 0.1),
    "cosine": (lambda s: tf.train.cosine_decay(0.1, s, 8, alpha=0.05), lambda n: 0.1 * (0.95 * cosine(min(n, 8) / 8) + 0.05)),
    "restarts": (lambda s: tf.train.cosine_decay_restarts(0.1, s, 3), restarts),
    "restarts of one length": (
        lambda s: tf.train.cosine_decay_restarts(0.1, s, 3, t_mul=1.0, m_mul=0.5),
        lambda n: 0.1 * 0.5 ** (n // 3) * cosine(n % 3 / 3),
    ),
    "linear cosine": (
        lambda s: tf.train.linear_cosine_decay(0.1, s, 8),
        lambda n: 0.1 * ((8 - min(n, 8)) / 8 * cosine(min(n, 8) / 8) + 0.001),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_a_schedule_follows_its_formula(name, dtype):
    make, formula = CASES[name]
    assert rates(make, dtype=dtype) == pytest.approx([formula(n) for n in range(12)], rel=2e-5, abs=1e-7)


def test_noise_is_added_to_the_line_only():
    noisy = rates(lambda s: tf.train.noisy_linear_cosine_decay(0.1, s, 8, initial_variance=1e-12), range(9))
    assert noisy == pytest.approx(rates(lambda s: tf.train.linear_cosine_decay(0.1, s, 8), range(9)), abs=1e-6)
    tf.set_random_seed(1)
    wild = rates(lambda s: tf.train.noisy_linear_cosine_decay(0.1, s, 8), [1] * 4)
    assert len(set(wild)) == 4


def test_the_type_of_the_first_rate_decides():
    step = tf.constant(3)
    assert tf.train.exponential_decay(tf.constant(0.1, tf.float64), step, 3, 0.9).dtype == tf.float64


def test_nodes_are_named_as_in_tensorflow():
    step = tf.Variable(0, trainable=False, name="gs")
    tf.train.exponential_decay(0.1, step, 3, 0.9, staircase=True, name="lr")
    assert names("lr") == [
        "lr/initial_learning_rate",
        "lr/Cast/x",
        "lr/Cast",
        "lr/Cast_1/x",
        "lr/Cast_2",
        "lr/truediv",
        "lr/Floor",
        "lr/Pow",
        "lr",
    ]


def test_the_rate_follows_the_step_counter_of_training():
    w = tf.Variable(1.0)
    count = tf.train.create_global_step()
    rate = tf.train.exponential_decay(1.0, count, 1, 0.5)
    step = tf.train.GradientDescentOptimizer(rate).minimize(w * 1.0, global_step=count)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        seen = []
        for _ in range(3):
            session.run(step)
            seen.append(float(session.run(w)))
    assert seen == [0.0, -0.5, -0.75]


@pytest.mark.parametrize(
    "schedule", ["exponential_decay", "natural_exp_decay", "inverse_time_decay", "cosine_decay", "polynomial_decay", "linear_cosine_decay"]
)  # fmt: skip
def test_a_step_is_needed(schedule):
    with pytest.raises(ValueError, match="^None values not supported."):
        getattr(tf.train, schedule)(0.1, None, 10, *([0.9] if "exp" in schedule or "inverse" in schedule else []))


def test_boundaries_and_values_must_go_together():
    x = tf.constant(1)
    for text, call in [
        (
            "The length of boundaries should be 1 less than the length of values",
            lambda: tf.train.piecewise_constant(x, [5, 10], [1.0, 2.0]),
        ),
        ("Values must have elements all with the same dtype", lambda: tf.train.piecewise_constant(x, [5], [1.0, np.float64(2.0)])),
        ("Boundaries", lambda: tf.train.piecewise_constant(x, [5.0], [1.0, 2.0])),
    ]:
        with pytest.raises(ValueError, match=f"^{text}"):
            call()
