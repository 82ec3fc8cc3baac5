import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw


def test_what_is_pushed_last_is_popped_first():
    with tf.Graph().as_default(), tf.Session() as session:
        stack = raw.StackV2(-1, elem_type="float32")
        with tf.control_dependencies([raw.StackPushV2(stack, 1.0)]):
            second = raw.StackPushV2(stack, 2.0)
        with tf.control_dependencies([second]):
            popped = raw.StackPopV2(stack, elem_type="float32")
        assert session.run(popped) == 2.0
        assert session.run(popped) == 2.0  # each run has a stack of its own


def test_an_empty_or_a_full_stack_is_an_error_of_the_run():
    with tf.Graph().as_default(), tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="is empty"):
            session.run(raw.StackPopV2(raw.StackV2(-1, elem_type="float32"), elem_type="float32"))
        with pytest.raises(tf.errors.InvalidArgumentError, match="overflowed its max_size"):
            session.run(raw.StackPushV2(raw.StackV2(0, elem_type="float32"), 1.0))
