"""Products that are only added up are one step."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.compiler.compiling import op_types, program_after


def products(count, rows=64, inner=80, columns=60, **how):
    xs = [tf.placeholder(tf.float32, [rows, inner]) for _ in range(count)]
    ys = [tf.placeholder(tf.float32, [inner, columns]) for _ in range(count)]
    return [*xs, *ys], [tf.matmul(x, y, **how) for x, y in zip(xs, ys)]


def test_a_sum_of_products_is_one_step():
    fed, made = products(5)
    total = tf.add_n(made)
    program = program_after("sums", [total], fed)
    assert op_types(program) == ["SumOfProducts"]
    random = np.random.default_rng(0)
    values = {each: random.normal(size=each.shape.as_list()).astype(np.float32) for each in fed}
    with tf.Session() as session:
        assert np.allclose(session.run(total, values), sum(values[x] @ values[y] for x, y in zip(fed[:5], fed[5:])), atol=1e-3)


def test_a_cell_that_adds_what_it_makes_of_input_and_state_does_so_in_one_step():
    x, state = tf.placeholder(tf.float32, [64, 28]), tf.placeholder(tf.float32, [64, 128])
    w, u = tf.placeholder(tf.float32, [28, 128]), tf.placeholder(tf.float32, [128, 128])
    made = tf.tanh(tf.matmul(x, w) + tf.matmul(state, u))
    assert op_types(program_after("sums", [made], [x, state, w, u])) == ["SumOfProducts", "Tanh"]


def test_products_that_somebody_else_uses_stay():
    fed, made = products(3)
    assert op_types(program_after("sums", [tf.add_n(made), made[0]], fed)) == ["MatMul"] * 3 + ["AddV2"] * 2
    assert op_types(program_after("sums", [tf.add_n(made), made[2]], fed)).count("SumOfProducts") == 1


def test_sums_that_hold_something_else_are_taken_apart():
    fed, made = products(3)
    other = tf.placeholder(tf.float32, [64, 60])
    assert op_types(program_after("sums", [tf.add_n([*made, other])], [*fed, other])) == ["SumOfProducts", "AddV2"]


@pytest.mark.parametrize("sizes", [{"rows": 8}, {"columns": 8}, {"inner": 20, "rows": 20}, {"columns": 20, "rows": 400}, {"inner": 600}])
def test_small_and_long_products_stay(sizes):
    fed, made = products(2, **sizes)
    assert "SumOfProducts" not in op_types(program_after("sums", [tf.add_n(made)], fed))


def test_products_that_lie_differently_stay():
    fed, made = products(1)
    x, y = tf.placeholder(tf.float32, [80, 64]), tf.placeholder(tf.float32, [80, 60])
    assert "SumOfProducts" not in op_types(program_after("sums", [made[0] + tf.matmul(x, y, transpose_a=True)], [*fed, x, y]))


def test_the_gradient_of_shared_weights_is_one_step():
    w = tf.placeholder(tf.float32, [100, 64])
    xs = [tf.placeholder(tf.float32, [128, 100]) for _ in range(3)]
    loss = tf.add_n([tf.reduce_sum(tf.square(tf.matmul(x, w))) for x in xs])
    assert op_types(program_after("sums", tf.gradients(loss, w), [w, *xs])).count("SumOfProducts") == 1


def layers(count):
    """The gradients of weights and a bias that are used several times."""
    w, bias = tf.placeholder(tf.float32, [100, 64]), tf.placeholder(tf.float32, [64])
    xs = [tf.placeholder(tf.float32, [128, 100]) for _ in range(count)]
    loss = tf.add_n([tf.reduce_sum(tf.tanh(tf.nn.bias_add(tf.matmul(x, w), bias))) for x in xs])
    return [w, bias, *xs], tf.gradients(loss, [w, bias])


def test_the_gradient_of_a_bias_comes_with_that_of_its_weights():
    fed, gradients = layers(3)
    types = op_types(program_after("sums", gradients, fed))
    assert types.count("SumOfTurnedProducts") == 1 and not {"SumOfProducts", "BiasAddGrad"} & set(types)
    random = np.random.default_rng(0)
    values = {each: random.normal(size=each.shape.as_list()).astype(np.float32) * 0.1 for each in fed}
    with tf.Session() as session:
        of_weights, of_bias = session.run(gradients, values)
    w, bias, *xs = (values[each].astype(np.float64) for each in fed)
    slopes = [1 - np.tanh(x @ w + bias) ** 2 for x in xs]
    np.testing.assert_allclose(of_weights, sum(x.T @ slope for x, slope in zip(xs, slopes)), atol=1e-4)
    np.testing.assert_allclose(of_bias, sum(slope.sum(0) for slope in slopes), rtol=1e-5)


def test_the_gradient_of_a_bias_alone_is_added_up_as_it_was():
    fed, gradients = layers(3)
    types = op_types(program_after("sums", gradients[1:], fed))
    assert types.count("BiasAddGrad") == 3 and not {"SumOfProducts", "SumOfTurnedProducts"} & set(types)
