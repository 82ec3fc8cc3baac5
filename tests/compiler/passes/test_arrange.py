"""Matrices that many products share are arranged once."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.compiler.program import WHILE
from autograd_lite.kernels import tier
from tests.compiler.compiling import op_types, program_after

pytest.importorskip("llvmlite")


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def products(count, turned=False, rows=64, inner=100, columns=90):
    b = tf.placeholder(tf.float32, [columns, inner] if turned else [inner, columns])
    xs = [tf.placeholder(tf.float32, [rows, inner]) for _ in range(count)]
    return b, xs, [tf.matmul(x, b, transpose_b=turned) for x in xs]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("sizes", [{}, {"inner": 700}, {"rows": 131, "columns": 257}])
def test_a_matrix_of_many_products_is_arranged_before_the_first(turned, sizes):
    b, xs, fetches = products(4, turned, **sizes)
    program = program_after("arrange", fetches, [b, *xs])
    assert op_types(program) == ["ArrangedMatrix", *["ArrangedMatMul"] * 4]
    values = {each: random(*each.shape.as_list()) for each in [b, *xs]}
    with tf.Session() as session:
        before = session.run(fetches, values)
        tier.finish(everything=True)
        for got, slow, x in zip(session.run(fetches, values), before, xs):
            exact = values[x].astype(np.float64) @ (values[b].T if turned else values[b])
            np.testing.assert_allclose(got, exact, atol=5e-4)
            np.testing.assert_allclose(slow, exact, atol=5e-4)


def test_a_product_that_has_its_kernel_before_its_matrix_is_arranged_is_left_to_numpy():
    b, xs, fetches = products(4)
    values = {each: random(*each.shape.as_list()) for each in [b, *xs]}
    with tf.Session() as session:
        before = session.run(fetches, values)
        for kernel in [each for each in tier._not_ready if each.name == "ArrangedMatMul"]:
            kernel.prepare()
        for got, slow in zip(session.run(fetches, values), before):
            assert np.array_equal(got, slow)


def test_the_two_ways_in_which_a_matrix_is_used_have_an_arrangement_each():
    b = tf.placeholder(tf.float32, [90, 90])
    xs = [tf.placeholder(tf.float32, [64, 90]) for _ in range(4)]
    fetches = [tf.matmul(x, b, transpose_b=index % 2 == 1) for index, x in enumerate(xs)]
    types = op_types(program_after("arrange", fetches, [b, *xs]))
    assert types.count("ArrangedMatrix") == 2 and types.count("ArrangedMatMul") == 4


def test_few_small_and_thin_products_stay_as_they_are():
    for count, sizes in ((3, {}), (4, {"rows": 8}), (4, {"columns": 20, "rows": 400}), (4, {"inner": 3000, "columns": 1000})):
        b, xs, fetches = products(count, **sizes)
        assert op_types(program_after("arrange", fetches, [b, *xs])) == ["MatMul"] * count


def test_the_weights_of_a_loop_are_arranged_before_it():
    w, start = tf.placeholder(tf.float32, [120, 120]), tf.placeholder(tf.float32, [64, 120])
    result = tf.while_loop(lambda i, h: i < 5, lambda i, h: (i + 1, tf.matmul(h, w)), [0, start])[1]
    program = program_after("arrange", [result], [w, start])
    assert op_types(program) == ["ArrangedMatrix", WHILE]
    values = {w: random(120, 120) * 0.1, start: random(64, 120)}
    with tf.Session() as session:
        for _ in range(2):
            np.testing.assert_allclose(session.run(result, values), values[start] @ np.linalg.matrix_power(values[w], 5), atol=1e-4)
            tier.finish(everything=True)
