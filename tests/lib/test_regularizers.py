"""Penalties on weights."""

import numpy as np
import pytest

import autograd_lite as tf

layers = tf.contrib.layers
WEIGHTS = np.array([[1.0, -2.0], [3.0, 0.0]], np.float32)


@pytest.mark.parametrize(
    ("regularizer", "wanted"),
    [
        (layers.l1_regularizer(0.5), 3.0),
        (layers.l2_regularizer(0.5), 3.5),
        (layers.l1_l2_regularizer(0.5, 0.5), 6.5),
        (layers.sum_regularizer([layers.l1_regularizer(0.5), None, layers.l2_regularizer(1.0)]), 10.0),
    ],
)
def test_a_penalty_follows_its_formula(regularizer, wanted):
    assert tf.Session().run(regularizer(tf.constant(WEIGHTS))) == wanted


def test_a_scale_of_zero_is_no_penalty():
    weights = tf.constant(WEIGHTS)
    assert layers.l1_regularizer(0.0)(weights) is layers.l2_regularizer(0.0)(weights) is layers.sum_regularizer([None])(weights) is None


def test_penalties_of_variables_are_collected():
    w = tf.get_variable("w", initializer=WEIGHTS, regularizer=layers.l2_regularizer(0.5))
    (loss,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    total = layers.apply_regularization(layers.l1_regularizer(1.0), [w, w])
    with tf.Session() as session:
        session.run(w.initializer)
        assert session.run([loss, total]) == [3.5, 12.0]
    assert tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES) == [loss, total]


def test_wrong_scales_and_losses_are_refused():
    w = tf.constant(WEIGHTS)
    for text, call in [
        ("scale cannot be an integer: 1", lambda: layers.l1_regularizer(1)),
        ("Setting a scale less than 0 on a regularizer: -0.5", lambda: layers.l2_regularizer(-0.5)),
        ("scale_l1 and scale_l2 cannot be integers: 1", lambda: layers.l1_l2_regularizer(1, 0.5)),
        ("No weights to regularize.", lambda: layers.apply_regularization(tf.nn.l2_loss)),
        ("regularizer must return a scalar Tensor", lambda: layers.apply_regularization(tf.identity, [w])),
    ]:
        with pytest.raises(ValueError, match=f"^{text}"):
            call()
