"""Reading variables that may be uninitialized."""

import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
def test_the_start_value_stands_in_until_the_variable_holds_one(resource):
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(1.0, use_resource=resource)
        start = tf.constant(5.0)
        value = raw.ResourceOrStart(v.handle, start) if resource else raw.VariableOrStart(v._ref(), start)
        assert session.run(value) == 5.0
        assert session.run(tf.is_variable_initialized(v)) == False  # noqa: E712  (a NumPy bool)
        session.run(v.initializer)
        assert session.run(value) == 1.0
