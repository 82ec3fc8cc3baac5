"""Matrices that many products take transposed are turned once."""

import numpy as np

import autograd_lite as tf
from autograd_lite.compiler.program import WHILE
from tests.compiler.compiling import op_types, program_after

WIDE = 70  # columns: narrower rows go through kernels that take several steps at once


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def products(b, count, **how):
    xs = [tf.placeholder(tf.float32, [3, WIDE]) for _ in range(count)]
    return xs, [tf.matmul(x, b, transpose_b=True, **how) for x in xs]


def test_a_factor_of_many_products_is_turned_before_the_first():
    b = tf.placeholder(tf.float32, [5, WIDE])
    xs, fetches = products(b, 4)
    program = program_after("turn", fetches, [b, *xs])
    assert op_types(program) == ["TransposedCopy", *["MatMul"] * 4]
    assert not any(step.attrs["transpose_b"] for step in program.steps[1:])
    values = {b: random(5, WIDE), **{x: random(3, WIDE) + n for n, x in enumerate(xs)}}
    with tf.Session() as session:
        for got, x in zip(session.run(fetches, values), xs):
            assert np.allclose(got, values[x] @ values[b].T, rtol=1e-5)


def test_a_factor_of_few_products_stays_as_it_is():
    b = tf.placeholder(tf.float32, [5, WIDE])
    xs, fetches = products(b, 3)
    assert op_types(program_after("turn", fetches, [b, *xs])) == ["MatMul"] * 3


def test_shapes_that_do_not_fit_or_are_not_known_stay_for_the_kernel_to_see():
    b = tf.placeholder(tf.float32)
    xs, fetches = products(b, 4)
    assert "TransposedCopy" not in op_types(program_after("turn", fetches, [b, *xs]))
    assert "TransposedCopy" not in op_types(program_after("turn", fetches, [b, *xs], [(5, 3), *[(3, WIDE)] * 4]))


def test_a_factor_from_outside_of_a_loop_is_turned_before_the_loop():
    w, start = tf.placeholder(tf.float32, [WIDE, WIDE]), tf.placeholder(tf.float32, [2, WIDE])
    result = tf.while_loop(lambda i, h: i < 5, lambda i, h: (i + 1, tf.matmul(h, w, transpose_b=True)), [0, start])[1]
    program = program_after("turn", [result], [w, start])
    assert op_types(program) == ["TransposedCopy", WHILE]
    assert not any(step.attrs["transpose_b"] for step in program.steps[1].inner() if step.opdef.name == "MatMul")
    values = {w: abs(random(WIDE, WIDE)) / WIDE, start: random(2, WIDE) ** 2}  # of one sign: no sum cancels
    with tf.Session() as session:
        assert np.allclose(session.run(result, values), values[start] @ np.linalg.matrix_power(values[w].T, 5), rtol=1e-4)


def test_a_factor_that_the_loop_makes_is_turned_in_the_product():
    start = tf.placeholder(tf.float32, [WIDE, WIDE])
    result = tf.while_loop(lambda i, h: i < 5, lambda i, h: (i + 1, tf.matmul(h, h, transpose_b=True)), [0, start])[1]
    assert op_types(program_after("turn", [result], [start])) == [WHILE]


def test_a_factor_of_inner_loops_is_turned_where_it_is_made():
    w, start = tf.placeholder(tf.float32, [WIDE, WIDE]), tf.placeholder(tf.float32, [2, WIDE])

    def outer(i, h):
        scaled = w * tf.cast(i + 1, tf.float32)
        return i + 1, tf.while_loop(lambda j, g: j < 2, lambda j, g: (j + 1, tf.matmul(g, scaled, transpose_b=True)), [0, h])[1]

    result = tf.while_loop(lambda i, h: i < 3, outer, [0, start])[1]
    program = program_after("turn", [result], [w, start])
    (loop,) = program.steps
    assert [step.opdef.name for step in loop.blocks[1].steps if step.opdef.name in ("TransposedCopy", "MatMul")] == ["TransposedCopy"]
    values = {w: abs(random(WIDE, WIDE)) / WIDE, start: random(2, WIDE) ** 2}  # of one sign: no sum cancels
    wanted = values[start]
    for factor in (1, 1, 2, 2, 3, 3):
        wanted = wanted @ (values[w].T * factor)
    with tf.Session() as session:
        assert np.allclose(session.run(result, values), wanted, rtol=1e-4)
