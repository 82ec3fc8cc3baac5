"""What is always the same is computed once."""

import numpy as np

import autograd_lite as tf
from tests.compiler.compiling import op_types, program_after


def test_constants_are_computed_when_the_plan_is_made():
    program = program_after("fold", [tf.exp(tf.constant(0.0)) + 1.0])
    assert op_types(program) == [] and program.constants[program.results[0]] == 2.0


def test_large_results_are_left_to_the_run():
    program = program_after("fold", [tf.fill([1000, 1000], 1.0)])
    assert op_types(program) == ["Fill"]


def test_what_has_effects_is_never_folded():
    program = program_after("fold", [tf.random_uniform([2], seed=1), tf.check_numerics(tf.constant(1.0), "m")])
    assert "RandomUniform" in op_types(program) and "CheckNumerics" in op_types(program)


def test_a_constant_that_fails_is_left_to_the_run():
    x = tf.placeholder(tf.int32, [])
    bad = tf.gather(tf.constant([1, 2]), tf.constant(7)) + x
    program_after("fold", [bad], [x])


def test_constants_cannot_be_written_to():
    program = program_after("fold", [tf.constant(np.ones(3, np.float32))])
    (constant,) = program.constants.values()
    assert not constant.flags.writeable
