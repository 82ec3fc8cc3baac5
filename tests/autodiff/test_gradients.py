"""The backward walk: which gradients come out, under which names, and how failures look."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetches, feeds=None):
    with tf.Session() as session:
        return session.run(fetches, feeds)


def test_the_gradient_of_a_square_is_twice_its_argument():
    x = tf.constant(3.0)
    assert run(tf.gradients(x * x, x)) == [6.0]


def test_gradients_are_named_after_their_operations():
    a = tf.placeholder(tf.float32, [2, 3], name="a")
    (grad,) = tf.gradients(tf.multiply(a, 2.0, name="twice"), a)
    assert grad.op.name == "gradients/twice_grad/Mul"


def test_a_second_call_gets_a_scope_of_its_own():
    x = tf.constant(3.0)
    tf.gradients(x * x, x)
    assert tf.gradients(x * x, x)[0].op.name.startswith("gradients_1/")


def test_a_name_replaces_the_default_scope():
    x = tf.constant(3.0)
    assert tf.gradients(x * x, x, name="backward")[0].op.name.startswith("backward/")


def test_gradients_from_several_uses_are_added_by_add_n():
    x = tf.constant(2.0)
    (grad,) = tf.gradients(x * 3.0 + x * 4.0, x)
    assert (grad.op.type, grad.op.name) == ("AddN", "gradients/AddN")
    assert run(grad) == 7.0


def test_the_gradient_of_y_with_respect_to_itself_is_one():
    x = tf.constant([1.0, 2.0])
    np.testing.assert_array_equal(run(tf.gradients(x, x)[0]), [1.0, 1.0])


def test_several_ys_are_summed():
    x = tf.constant(2.0)
    assert run(tf.gradients([x * x, 3.0 * x], x)) == [7.0]


def test_several_xs_each_get_their_gradient():
    x, y = tf.constant(2.0), tf.constant(5.0)
    assert run(tf.gradients(x * y, [x, y])) == [5.0, 2.0]


def test_one_x_inside_another_xs_path_gets_both_gradients():
    x = tf.constant(2.0)
    y = x * x
    assert run(tf.gradients(y * 3.0, [x, y])) == [12.0, 3.0]


def test_grad_ys_weigh_the_elements():
    x = tf.constant([1.0, 2.0])
    np.testing.assert_array_equal(run(tf.gradients(x * x, x, grad_ys=[tf.constant([10.0, 100.0])])[0]), [20.0, 400.0])


def test_a_missing_grad_y_counts_as_ones():
    x = tf.constant(2.0)
    assert run(tf.gradients([x * x, x], x, grad_ys=[tf.constant(10.0), None])) == [41.0]


def test_second_and_third_derivatives_of_a_power():
    x = tf.constant(2.0, dtype=tf.float64)
    y = x**4
    first = tf.gradients(y, x)[0]
    second = tf.gradients(first, x)[0]
    third = tf.gradients(second, x)[0]
    assert run([first, second, third]) == [32.0, 48.0, 48.0]


def test_second_derivatives_of_sine_times_x():
    x = tf.placeholder(tf.float64, [3])
    y = tf.reduce_sum(tf.sin(x) * x)
    second = tf.gradients(tf.gradients(y, x)[0], x)[0]
    at = np.array([0.1, 1.0, 2.0])
    np.testing.assert_allclose(run(second, {x: at}), 2 * np.cos(at) - at * np.sin(at), rtol=1e-12)


def test_a_bias_gradient_is_summed_over_the_batch():
    x, b = tf.placeholder(tf.float32, [4, 3]), tf.placeholder(tf.float32, [3])
    (grad,) = tf.gradients(x + b, b)
    assert grad.shape.as_list() == [3]
    np.testing.assert_array_equal(run(grad, {x: np.zeros((4, 3)), b: np.zeros(3)}), [4.0, 4.0, 4.0])


def test_known_shapes_need_no_broadcast_gradient_args(fresh_graph):
    x, b = tf.placeholder(tf.float32, [4, 3]), tf.placeholder(tf.float32, [3])
    tf.gradients(x * b, [x, b])
    assert "BroadcastGradientArgs" not in {op.type for op in fresh_graph.get_operations()}


@pytest.mark.parametrize(("x_value", "y_value"), [((4, 3), (4, 3)), ((4, 3), (1, 3)), ((1, 3), (4, 3)), ((4, 1), (1, 3)), ((4, 3), (3,))])
def test_unknown_shapes_are_unbroadcast_when_the_graph_runs(x_value, y_value):
    x, y = tf.placeholder(tf.float64), tf.placeholder(tf.float64)
    feeds = {x: np.ones(x_value), y: np.full(y_value, 2.0)}
    grad_x, grad_y = run(tf.gradients(x * y, [x, y]), feeds)
    whole = np.broadcast_shapes(x_value, y_value)
    assert grad_x.shape == x_value
    assert grad_y.shape == y_value
    np.testing.assert_allclose(grad_x.sum(), 2.0 * np.prod(whole))
    np.testing.assert_allclose(grad_y.sum(), np.prod(whole))


def test_axes_of_size_one_keep_their_place():
    x, y = tf.placeholder(tf.float32, [2, 1, 3]), tf.placeholder(tf.float32, [4, 3])
    assert [grad.shape.as_list() for grad in tf.gradients(x - y, [x, y])] == [[2, 1, 3], [4, 3]]


def test_only_wanted_derivatives_are_built(fresh_graph):
    x, y = tf.placeholder(tf.float32, [2, 2], name="x"), tf.placeholder(tf.float32, [2, 2], name="y")
    product = tf.matmul(x, y)
    before = len(fresh_graph.get_operations())
    tf.gradients(product, x)
    added = [op.type for op in fresh_graph.get_operations()[before:]]
    assert added.count("MatMul") == 1


def test_no_path_gives_none():
    x, y = tf.constant(1.0), tf.constant(2.0)
    assert tf.gradients(y * 2.0, x) == [None]


def test_integers_end_the_path():
    x = tf.constant([1.0, 2.0])
    assert tf.gradients(tf.cast(tf.cast(x, tf.int32), tf.float32), x) == [None]


def test_ops_marked_without_gradient_end_the_path():
    x = tf.constant([1.0, 2.0])
    assert tf.gradients(tf.cast(tf.argmax(x), tf.float32), x) == [None]


def test_stop_gradient_ends_the_path():
    x = tf.constant(3.0)
    assert run(tf.gradients(tf.stop_gradient(x) * x, x)) == [3.0]


def test_stop_gradients_are_taken_as_constants():
    a = tf.constant(0.0)
    b = 2.0 * a
    assert run(tf.gradients(a + b, [a, b], stop_gradients=[a, b])) == [1.0, 1.0]


def test_unconnected_gradients_may_be_zeros():
    x, y = tf.ones([1, 2]), tf.ones([3, 1])
    (grad,) = tf.gradients(y, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    np.testing.assert_array_equal(run(grad), [[0.0, 0.0]])


def test_an_unknown_choice_for_unconnected_gradients_is_refused():
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients: 'nonsense'"):
        tf.gradients(tf.ones([1]), tf.ones([1]), unconnected_gradients="nonsense")


def test_gather_gives_indexed_slices():
    table = tf.placeholder(tf.float32, [4, 2])
    (grad,) = tf.gradients(tf.gather(table, [1, 3, 1]), table)
    assert isinstance(grad, tf.IndexedSlices)
    assert run(grad.indices).tolist() == [1, 3, 1]


def test_indexed_slices_from_two_uses_stand_one_after_the_other():
    table = tf.placeholder(tf.float32, [4, 2])
    (grad,) = tf.gradients(tf.reduce_sum(tf.gather(table, [1])) + tf.reduce_sum(tf.gather(table, [2, 3])), table)
    assert isinstance(grad, tf.IndexedSlices)
    assert sorted(run(grad.indices).tolist()) == [1, 2, 3]


def test_a_dense_and_a_sparse_gradient_add_up_to_a_dense_one():
    table = tf.constant(np.ones((3, 2), np.float32))
    (grad,) = tf.gradients(tf.reduce_sum(tf.gather(table, [1, 1])) + tf.reduce_sum(table), table)
    np.testing.assert_array_equal(run(grad), [[1, 1], [3, 3], [1, 1]])


def test_rows_that_are_looked_up_twice_count_twice():
    table = tf.constant(np.ones((3, 2), np.float32))
    (grad,) = tf.gradients(tf.gather(table, [1, 1]), table)
    np.testing.assert_array_equal(run(tf.convert_to_tensor(grad)), [[0, 0], [2, 2], [0, 0]])


def test_unused_outputs_of_an_op_count_as_zeros():
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(run(tf.gradients(tf.split(x, 2)[1], x)[0]), [0, 0, 1, 1])


def test_an_output_of_a_multi_output_op_can_be_an_x():
    first, second = tf.split(tf.constant([1.0, 2.0]), 2)
    grads = tf.gradients(first * second, [first, second])
    np.testing.assert_array_equal(run(grads), [[2.0], [1.0]])


def test_a_chain_of_twenty_thousand_nodes_is_walked():
    x = tf.constant(1.0)
    y = x
    for _ in range(20_000):
        y = tf.negative(y)
    (grad,) = tf.gradients(y, x)
    assert grad.op.type == "Neg"


def test_many_uses_of_one_tensor_are_summed_once(fresh_graph):
    x = tf.constant(1.0)
    (grad,) = tf.gradients(tf.add_n([x * float(i) for i in range(200)]), x)
    assert run(grad) == sum(range(200))
    assert sum(op.type == "AddN" for op in fresh_graph.get_operations()) == 2


def test_complex_ys_need_grad_ys():
    x = tf.constant(1.0 + 2.0j)
    with pytest.raises(TypeError, match="Gradients of complex tensors must set grad_ys"):
        tf.gradients(x * x, x)


def test_complex_gradients_are_conjugated():
    x = tf.constant(1.0 + 2.0j, dtype=tf.complex128)
    (grad,) = tf.gradients(x * x, x, grad_ys=tf.constant(1.0 + 0.0j, dtype=tf.complex128))
    assert run(grad) == np.conj(2 * (1 + 2j))


def test_a_complex_gradient_for_a_real_y_is_refused():
    x = tf.constant(1.0)
    with pytest.raises(TypeError, match="Gradient type complex128 generated for real or integer-valued tensor"):
        tf.gradients(x * x, x, grad_ys=tf.constant(1.0j, dtype=tf.complex128))


def test_the_number_of_grad_ys_must_be_that_of_the_ys():
    x = tf.constant(1.0)
    with pytest.raises(ValueError, match="^Length mismatch. Passed 2 grad_ys for 1 ys"):
        tf.gradients(x * x, x, grad_ys=[1.0, 2.0])


def test_a_grad_y_of_another_shape_names_the_operation():
    x = tf.ones([2, 3])
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 4 and 3"):
        tf.gradients(x * x, x, grad_ys=tf.ones([4]))


def test_none_as_y_is_refused():
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'op'"):
        tf.gradients(None, tf.constant(1.0))


def test_an_unknown_aggregation_method_is_refused():
    with pytest.raises(ValueError, match="Invalid aggregation_method specified 7"):
        tf.gradients(tf.ones([1]), tf.ones([1]), aggregation_method=7)


def test_a_failed_call_leaves_the_graph_as_it_was(fresh_graph):
    x = tf.ones([2, 3])
    y = x * x
    names = [op.name for op in fresh_graph.get_operations()]
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        tf.gradients(y, x, grad_ys=tf.ones([4]))
    assert [op.name for op in fresh_graph.get_operations()][: len(names)] == names
    assert tf.gradients(y, x)[0].op.name.startswith("gradients/")


def test_gradients_may_be_put_on_the_device_of_their_operations():
    with tf.device("/gpu:0"):
        x = tf.constant(2.0)
        y = x * x
    (grad,) = tf.gradients(y, x, colocate_gradients_with_ops=True)
    assert "/device:GPU:0" in grad.op.inputs[0].op.device


def test_gradients_of_a_variable_arrive_at_its_reference():
    v = tf.Variable(3.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(tf.gradients(v * v, v)) == [6.0]


def test_gradients_of_a_resource_variable_arrive_at_its_handle():
    v = tf.Variable(3.0, use_resource=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(tf.gradients(v * v, [v])) == [6.0]


def test_zeros_for_an_unconnected_resource_variable_have_its_shape():
    v = tf.Variable(np.ones((2, 3)), use_resource=True)
    (grad,) = tf.gradients(tf.constant(1.0), v, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert grad.dtype == tf.float64
    np.testing.assert_array_equal(run(grad), np.zeros((2, 3)))
