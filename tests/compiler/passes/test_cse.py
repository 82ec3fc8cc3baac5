"""The same thing is computed once."""

import numpy as np

import autograd_lite as tf
from tests.compiler.compiling import op_types, program_after


def test_equal_steps_are_merged_also_with_swapped_inputs():
    x, y = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.float32, [3])
    program = program_after("cse", [tf.exp(x * y) + tf.exp(y * x)], [x, y])
    assert op_types(program).count("Mul") == 1 and op_types(program).count("Exp") == 1


def test_sums_of_three_in_another_order_are_not_the_same():
    x, y, z = (tf.placeholder(tf.float32, [None]) for _ in range(3))
    program = program_after("cse", [tf.add_n([x, y, z]), tf.add_n([y, z, x])], [x, y, z])
    assert op_types(program).count("AddN") == 2


def test_attributes_and_constants_count():
    x = tf.placeholder(tf.float32, [3, 3])
    out = [
        tf.matmul(x, x),
        tf.matmul(x, x, transpose_b=True),
        tf.reduce_sum(x, 0),
        tf.reduce_sum(x, 1),
        tf.reduce_sum(x, 0),
        x / 0.5,
        x / -0.5,
    ]
    program = program_after("cse", out, [x])
    assert op_types(program).count("MatMul") == 2 and op_types(program).count("Sum") == 2 and op_types(program).count("RealDiv") == 2


def test_what_has_effects_is_never_merged():
    draws = [tf.random_uniform([4], seed=1), tf.random_uniform([4], seed=1)]
    w = tf.Variable(0.0)
    counted = [tf.assign_add(w, 1.0).op, tf.assign_add(w, 1.0).op]
    with tf.Session() as session:
        session.run(w.initializer)
        one, two, *_ = session.run([*draws, *counted])
        assert session.run(w) == 2.0
    assert np.array_equal(one, two)  # two streams with one seed, not one stream read once
    assert op_types(program_after("cse", draws)).count("RandomUniform") == 2
