"""Why a gradient is None."""

from __future__ import annotations

import pytest

import autograd_lite as tf
from autograd_lite.autodiff.explain_none import explain_missing_gradients


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_nothing_is_said_where_a_gradient_exists():
    x = tf.constant(1.0)
    assert explain_missing_gradients(x * x, [x]) == ""


def test_a_variable_that_the_loss_does_not_use_is_named():
    x, y = tf.constant(1.0, name="weight"), tf.constant(2.0)
    assert explain_missing_gradients(y * 2.0, [x]) == "weight: the loss mul does not depend on it. Nothing uses it."


def test_what_uses_the_variable_instead_is_named():
    x, y = tf.constant(1.0, name="weight"), tf.constant(2.0)
    tf.exp(x, name="elsewhere")
    assert "It is used by elsewhere (op type Exp" in explain_missing_gradients(y * 2.0, [x])


def test_the_op_that_stops_the_gradient_is_named_with_its_line():
    x = tf.constant(1.0, name="weight")
    text = explain_missing_gradients(tf.stop_gradient(x, name="wall") * 2.0, [x])
    assert "ends at wall (op type StopGradient" in text
    assert "test_explain_none.py" in text
    assert "it stops the gradient on purpose" in text


def test_the_op_that_gives_integers_is_named():
    x = tf.constant([1.0, 2.0], name="weight")
    text = explain_missing_gradients(tf.cast(tf.cast(x, tf.int32, name="whole"), tf.float32), [x])
    assert "ends at whole (op type Cast" in text
    assert "its result is int32" in text


def test_an_op_without_a_gradient_is_named():
    x = tf.constant([1.0, 2.0], name="weight")
    assert "ends at best (op type ArgMax" in explain_missing_gradients(tf.cast(tf.argmax(x, name="best"), tf.float32), [x])


def test_an_integer_variable_has_no_gradient_by_its_type():
    x = tf.constant(1, name="count")
    assert "count has type int32" in explain_missing_gradients(x * 2, [x])


def test_a_long_list_is_cut():
    xs = [tf.constant(float(i)) for i in range(20)]
    assert explain_missing_gradients(tf.constant(1.0), xs).splitlines()[-1] == "... and 14 more."


def test_reading_a_variable_is_no_use_of_it():
    v = tf.Variable(1.0, name="v")
    assert explain_missing_gradients(tf.constant(1.0, name="loss"), [v]) == "v: the loss loss does not depend on it. Nothing uses it."
    tf.exp(v, name="elsewhere")
    assert "It is used by elsewhere (op type Exp" in explain_missing_gradients(tf.constant(1.0), [v])


def test_a_resource_variable_is_explained_by_its_handle():
    v = tf.Variable(1.0, name="v", use_resource=True)
    assert "Nothing uses it." in explain_missing_gradients(tf.constant(1.0), [v])
    text = explain_missing_gradients(tf.stop_gradient(v * 2.0, name="wall"), [v])
    assert "ends at wall (op type StopGradient" in text
