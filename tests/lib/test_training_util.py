"""The global step."""

import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names, state


def test_the_global_step_is_an_integer_variable_at_the_root():
    with tf.name_scope("a"), tf.variable_scope("s"):
        pass
    with tf.name_scope("a"):
        step = tf.train.create_global_step()
    assert step.name == "global_step:0" and step.dtype.base_dtype == tf.int64 and step not in tf.trainable_variables()
    assert tf.train.get_global_step() is tf.train.get_or_create_global_step() is step
    assert names("global_step")[0] == "global_step/Initializer/zeros"
    assert tf.train.global_step(initialized(), step) == 0


def test_there_is_none_unless_it_was_made():
    assert tf.train.get_global_step() is None
    tensor = tf.constant(3, name="global_step")
    assert tf.train.get_global_step() is tensor.graph.get_tensor_by_name("global_step:0")


def test_another_graph_has_its_own():
    other = tf.Graph()
    step = tf.train.create_global_step(other)
    assert step.graph is other and names() == [] and tf.train.get_global_step(other) is step


def test_a_second_global_step_is_refused():
    tf.train.create_global_step()
    before = state()
    with pytest.raises(ValueError, match='^"global_step" already exists.'):
        tf.train.create_global_step()
    assert state() == before


def test_only_an_integer_scalar_can_count_steps():
    for text, thing in [
        ("Existing \"global_step\" does not have integer type: <dtype: 'float32_ref'>", tf.Variable(1.0)),
        ('Existing "global_step" is not scalar: (2,)', tf.Variable([1, 2])),
        ('Existing "global_step" must be a Variable or Tensor: 3.', 3),
    ]:
        with pytest.raises(TypeError) as caught:
            tf.train.assert_global_step(thing)
        assert str(caught.value).startswith(text)
