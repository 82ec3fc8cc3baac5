"""Of products that are cut into columns only what is used is made, and biases are added to the parts."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.compiler.compiling import op_types, program_after


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def product(turned=True):
    x, weights = tf.placeholder(tf.float32, [3, 4]), tf.placeholder(tf.float32, [9, 4] if turned else [4, 9])
    return x, weights, tf.matmul(x, weights, transpose_b=turned)


@pytest.mark.parametrize("wanted, begin, end", [(0, 0, 2), (1, 2, 5), (2, 5, 9)])
def test_a_product_is_made_for_the_part_that_is_used(wanted, begin, end):
    x, weights, made = product()
    part = tf.split(made, [2, 3, 4], 1)[wanted]
    program = program_after("columns", [part], [x, weights])
    assert op_types(program) == ["Slice", "MatMul"]
    assert program.values[program.steps[0].outputs[0]].shape == (end - begin, 4)
    values = {x: random(3, 4), weights: random(9, 4)}
    with tf.Session() as session:
        assert np.allclose(session.run(part, values), values[x] @ values[weights][begin:end].T, rtol=1e-5)


def test_products_by_one_matrix_share_its_part():
    weights = tf.placeholder(tf.float32, [9, 4])
    xs = [tf.placeholder(tf.float32, [3, 4]) for _ in range(3)]
    parts = [tf.split(tf.matmul(x, weights, transpose_b=True), 3, 1)[1] for x in xs]
    assert op_types(program_after("cse", parts, [weights, *xs])) == ["Slice", *["MatMul"] * 3]


def test_a_product_stays_whole_where_more_of_it_is_used():
    x, weights, made = product()
    assert "Slice" not in op_types(program_after("columns", tf.split(made, 3, 1)[:2], [x, weights]))
    assert "Slice" not in op_types(program_after("columns", [made, tf.split(made, 3, 1)[0]], [x, weights]))
    assert "Slice" not in op_types(program_after("columns", [tf.split(made, 3, 0)[0]], [x, weights]))
    x, weights, made = product(turned=False)  # its columns do not lie together
    assert "Slice" not in op_types(program_after("columns", [tf.split(made, 3, 1)[0]], [x, weights]))


@pytest.mark.parametrize("add", [tf.nn.bias_add, tf.add, lambda x, bias: bias + x])
def test_a_bias_is_added_to_the_parts(add):
    x, bias = tf.placeholder(tf.float32, [3, 8]), tf.placeholder(tf.float32, [8])
    parts = tf.split(add(x, bias), 4, 1)
    program = program_after("columns", parts, [x, bias])
    assert op_types(program)[:2] == ["SplitV", "Split"] and len(program.steps) == 6
    values = {x: random(3, 8), bias: random(8)}
    with tf.Session() as session:
        assert np.array_equal(np.concatenate(session.run(parts, values), 1), values[x] + values[bias])


def test_only_the_parts_that_are_used_get_their_bias():
    x, bias = tf.placeholder(tf.float32, [3, 8]), tf.placeholder(tf.float32, [8])
    program = program_after("columns", [tf.split(x + bias, 4, 1)[2]], [x, bias])
    assert op_types(program) == ["SplitV", "Split", "AddV2"]


def test_sums_that_are_used_themselves_or_have_no_bias_are_cut_as_they_are():
    x, bias = tf.placeholder(tf.float32, [3, 8]), tf.placeholder(tf.float32, [8])
    total = x + bias
    assert op_types(program_after("columns", [total, *tf.split(total, 2, 1)], [x, bias])) == ["AddV2", "Split"]
    y = tf.placeholder(tf.float32, [3, 8])
    assert op_types(program_after("columns", tf.split(x + y, 2, 1), [x, y])) == ["AddV2", "Split"]
    z = tf.placeholder(tf.float32, [1, 8])
    assert op_types(program_after("columns", tf.split(x + z, 2, 1), [x, z])) == ["AddV2", "Split"]


def test_shapes_that_are_not_known_are_left_alone():
    x, weights = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [9, 4])
    part = tf.split(tf.matmul(x, weights, transpose_b=True), 3, 1)[0]
    assert op_types(program_after("columns", [part], [x, weights])) == ["MatMul", "Split"]
