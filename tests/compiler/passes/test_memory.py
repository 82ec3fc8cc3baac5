"""Who owns what, and when it goes."""

import numpy as np

import autograd_lite as tf
from autograd_lite.compiler.passes.memory import peak_bytes
from tests.compiler.compiling import program_after


def overwriting(program):
    return [step.node.name for step in program.steps if step.into is not None]


def test_large_results_go_into_arrays_that_are_done_with():
    x = tf.placeholder(tf.float32, [2000])
    y = tf.negative(tf.exp(tf.sin(x, name="a"), name="b"), name="c")
    program = program_after("memory", [y], [x])
    assert overwriting(program) == ["b", "c"]
    small = tf.placeholder(tf.float32, [10])
    assert overwriting(program_after("memory", [tf.negative(tf.exp(small))], [small])) == []


def test_feeds_constants_variables_and_results_are_never_overwritten():
    x, w = tf.placeholder(tf.float32, [2000]), tf.Variable(np.ones(2000, np.float32))
    c = tf.constant(np.ones(2000, np.float32))
    kept = tf.exp(x, name="kept")
    out = [kept, tf.negative(kept), tf.negative(x), tf.negative(w.value()), tf.negative(c)]
    program = program_after("memory", out, [x])
    assert overwriting(program) == []


def test_views_protect_the_array_behind_them():
    x = tf.placeholder(tf.float32, [2000])
    a = tf.exp(x)
    rows = tf.reshape(a, [2, 1000])
    out = [tf.negative(a), rows]
    assert overwriting(program_after("memory", out, [x])) == []


def test_values_of_another_type_or_shape_are_not_overwritten():
    x = tf.placeholder(tf.float32, [2000])
    test = tf.greater(tf.exp(x), 0.5)
    grown = tf.exp(x) * np.ones((2, 1), np.float32)
    assert overwriting(program_after("memory", [test, grown], [x])) == []


def test_results_that_others_hold_are_copied():
    x, w = tf.placeholder(tf.float32, [3]), tf.Variable([1.0, 2.0, 3.0])
    own = tf.exp(x)
    flat = tf.reshape(own, [3, 1])
    program = program_after("memory", [x, tf.reshape(x, [3, 1]), w._ref(), w.value(), tf.constant([1.0]), tf.sin(x), own, flat], [x])
    assert program.copied == [True, True, True, True, True, False, False, True]


def test_dead_values_are_dropped_and_the_peak_is_known():
    x = tf.placeholder(tf.float32, [1000, 1000])
    y = x
    for _ in range(10):
        y = tf.matmul(y, y)
    program = program_after("memory", [y], [x])
    assert sum(len(step.drops) for step in program.steps) == 9
    assert peak_bytes(program) == (2 * 4_000_000, 0)
