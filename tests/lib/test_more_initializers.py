"""Initializers of tf.keras and tf.contrib.layers."""

import numpy as np
import pytest

import autograd_lite as tf

keras, layers = tf.keras.initializers, tf.contrib.layers


@pytest.mark.parametrize(
    "name", ["zeros", "Ones", "glorot_uniform", "he_normal", "normal", "RandomUniform", "truncated_normal", "VarianceScaling"]
)
def test_an_initializer_is_found_by_name_and_goes_through_its_description(name):
    found = keras.get(name)
    again = keras.deserialize(keras.serialize(found))
    assert type(again) is type(found) and again.get_config() == found.get_config()


def test_identifiers_of_every_kind():
    one = tf.ones_initializer()
    assert keras.get(None) is None and keras.get(one) is one and type(keras.get(tf.ones_initializer)) is type(one)
    assert keras.get({"class_name": "constant", "config": {"value": 3.0}}).value == 3.0

    class Mine(keras.Initializer):
        pass

    assert type(keras.deserialize({"class_name": "Mine"}, {"Mine": Mine})) is Mine


def test_unknown_names_and_things_are_refused():
    with pytest.raises(ValueError, match="^Unknown initializer: nothing"):
        keras.get("nothing")
    with pytest.raises(ValueError, match="^Could not interpret initializer identifier: 3"):
        keras.get(3)


def test_keras_draws_small_numbers():
    draw = lambda initializer: tf.Session().run(initializer([200, 300]))
    assert draw(keras.RandomNormal(seed=1)).std() == pytest.approx(0.05, rel=0.02)
    assert abs(draw(keras.TruncatedNormal(seed=1))).max() <= 0.1
    assert abs(draw(keras.RandomUniform(seed=1))).max() <= 0.05


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (layers.xavier_initializer(seed=1), 2 / 500),
        (layers.xavier_initializer(uniform=False, seed=1), 2 / 500),
        (layers.variance_scaling_initializer(seed=1), 2 / 200),
        (layers.variance_scaling_initializer(1.0, "FAN_OUT", uniform=True, seed=1), 1 / 300),
    ],
)
def test_contrib_scales_to_the_size_of_a_layer(initializer, variance):
    drawn = tf.Session().run(initializer([200, 300]))
    assert drawn.var() == pytest.approx(variance, rel=0.03) and drawn.dtype == np.float32


def test_xavier_nodes_are_those_of_a_uniform_draw():
    tf.get_variable("w", [3, 4], initializer=layers.xavier_initializer())
    bound = tf.get_default_graph().get_tensor_by_name("w/Initializer/random_uniform/max:0").op.attrs["value"]
    assert bound == pytest.approx((6 / 7) ** 0.5)


def test_contrib_refuses_other_types_and_modes():
    for call in (lambda: layers.xavier_initializer(dtype=tf.int32), lambda: layers.variance_scaling_initializer(mode="FAN"),
                 lambda: layers.xavier_initializer()([2], dtype=tf.int32)):  # fmt: skip
        with pytest.raises(TypeError, match="Cannot create initializer for non-floating|Unknown mode"):
            call()


def test_the_seeds_of_a_well_known_course_give_its_printed_weights():
    tf.set_random_seed(1)
    first = tf.get_variable("W1", [4, 4, 3, 8], initializer=layers.xavier_initializer(seed=0))
    second = tf.get_variable("W2", [2, 2, 8, 16], initializer=layers.xavier_initializer(seed=0))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        shown = [*session.run(first)[1, 1, 1], *session.run(second)[1, 1, 1, :4]]
    first_filters = "0.00131723 0.1417614 -0.04434952 0.09197326 0.14984085 -0.03514394 -0.06847463 0.05245192"
    second_filters = "-0.08566415 0.17750949 0.11974221 0.16773748"
    printed = np.float32(f"{first_filters} {second_filters}".split())
    assert np.allclose(shown, printed, rtol=1e-5, atol=5e-9)
