"""Python functions that become graphs."""

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_effects_happen_in_the_order_in_which_they_are_written(session):
    v = tf.Variable(1.0, use_resource=True)

    @tf.function
    def update(x):
        v.assign_add(x)
        first = v.read_value()
        v.assign(v * 10.0)
        return first, {"last": v.read_value(), "nothing": None}

    first, rest = update(tf.constant(2.0))
    session.run(v.initializer)
    assert session.run([first, rest["last"]]) == [3.0, 30.0]
    assert rest["nothing"] is None


def test_branches_and_loops_take_their_place_in_that_order(session):
    v = tf.Variable(1.0, use_resource=True)

    @tf.function
    def branching(x):
        v.assign(1.0)
        tf.cond(x > 0.0, lambda: v.assign_add(x), lambda: v.assign_sub(x))
        v.assign(v * 100.0)
        return v.read_value()

    @tf.function
    def looping(n):
        v.assign(1.0)
        tf.while_loop(lambda i, _: i < n, lambda i, _: (i + 1, v.assign_add(1.0)), [0, 0.0])
        return v * 2.0

    assert session.run(branching(tf.constant(2.0))) == 300.0
    assert session.run(branching(tf.constant(-3.0))) == 400.0
    assert session.run(looping(tf.constant(4))) == 10.0


def test_a_function_of_effects_alone_gives_an_operation_that_has_run_them(session):
    v = tf.Variable(1.0, use_resource=True)

    @tf.function
    def doubled():
        v.assign(v * 2.0)

    session.run(v.initializer)
    session.run(doubled())
    assert session.run(v) == 2.0


def test_gradients_flow_through_a_function_to_arguments_and_variables(session):
    class Scale:
        w = None

        @tf.function
        def __call__(self, x):
            if self.w is None:
                self.w = tf.Variable(3.0)
            return self.w * x * x

    scale, x = Scale(), tf.constant(2.0)
    first, second = scale(x), scale(5.0)
    session.run(tf.global_variables_initializer())
    assert session.run([first, second]) == [12.0, 75.0]
    assert session.run(tf.gradients(second + first, [scale.w, x])) == [29.0, 12.0]


def test_a_second_call_makes_no_variables_and_leaves_nothing_behind(session):
    @tf.function
    def forgetful(x):
        return tf.Variable(1.0) * x

    forgetful(1.0)
    count = len(tf.get_default_graph().get_operations())
    with pytest.raises(ValueError, match="tf.function-decorated function tried to create variables on non-first call"):
        forgetful(1.0)
    assert len(tf.get_default_graph().get_operations()) == count


def test_a_signature_makes_tensors_of_arguments_or_refuses_them(session):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def kept(a):
        return a

    assert kept([1, 2]).dtype == tf.float32
    with pytest.raises(ValueError, match="Python inputs incompatible with input_signature"):
        kept(1.0)
    with pytest.raises(ValueError, match="all inputs to the Python function must be convertible to tensors"):
        kept("text")
    with pytest.raises(TypeError, match="input_signature must be either a tuple or a list"):
        tf.function(lambda a: a, input_signature=3)
    with pytest.raises(ValueError, match="Structure of Python function inputs does not match input_signature"):
        tf.function(lambda a, b: a, input_signature=[tf.TensorSpec([])])(1.0, 2.0)


def test_a_concrete_function_has_a_graph_of_its_own_and_can_be_called(session):
    v = tf.Variable(2.0, use_resource=True)

    @tf.function
    def times(x, factor):
        v.assign_add(1.0)
        return {"y": x * v * factor}

    concrete = times.get_concrete_function(tf.TensorSpec([2], tf.float32), 10.0)
    assert [x.shape.as_list() for x in concrete.inputs] == [[2]]
    assert concrete.outputs[0].graph is concrete.graph is not tf.get_default_graph()
    session.run(v.initializer)
    np.testing.assert_array_equal(session.run(concrete(tf.constant([1.0, 2.0]))["y"]), [30.0, 60.0])
    with pytest.raises(TypeError, match="takes 1 tensors, not 2"):
        concrete(1.0, 2.0)


def test_a_wrapped_function_holds_loops_and_lets_gradients_through(session):
    v = tf.Variable(2.0, use_resource=True)
    power = tf.wrap_function(
        lambda x, n: tf.while_loop(lambda i, _: i < n, lambda i, t: (i + 1, t * x), [0, 1.0])[1],
        [tf.TensorSpec([]), tf.TensorSpec([], tf.int32)],
    )
    square = tf.wrap_function(lambda x: x * x * v, [tf.TensorSpec([])])
    x = tf.constant(3.0)
    session.run(v.initializer)
    assert session.run(power(x, 4)) == 81.0
    assert session.run(tf.gradients(square(x), [x, v])) == [12.0, 9.0]


def test_a_part_of_a_wrapped_function_is_one_too(session):
    both = tf.wrap_function(lambda x, y: (x + 1.0, x * y), [tf.TensorSpec([]), tf.TensorSpec([])])
    x, y = both.inputs
    assert session.run(both.prune(x, both.outputs[0])(tf.constant(4.0))) == 5.0
    with pytest.raises(ValueError, match="depend on arguments that are not fed"):
        both.prune(x, both.outputs[1])
