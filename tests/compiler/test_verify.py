"""The verifier finds what a broken pass would do."""

import pytest

import autograd_lite as tf
from autograd_lite.compiler.verify import InvalidProgram, effects, verify
from tests.compiler.compiling import program_after


@pytest.fixture
def program():
    x, w = tf.placeholder(tf.float32, [2]), tf.Variable([1.0, 2.0])
    loss = tf.exp(x) * w
    return program_after("order", [loss, tf.assign_add(w, x).op, tf.assign(w, x).op], [x])


def test_a_sound_program_passes(program):
    verify(program, "test", effects(program))


def swap_steps(program):
    program.steps.reverse()


def make_a_value_twice(program):
    program.steps.append(program.steps[0])


def use_a_value_that_is_not_there(program):
    step = next(step for step in program.steps if step.inputs)
    step.inputs[0] = 999


def take_another_type(program):
    program.values[program.feeds[0]].dtype = tf.int32


def forget_a_result(program):
    program.results.pop()


def fold_a_feed(program):
    program.constants[program.feeds[0]] = None


def lose_an_effect(program):
    program.steps = [step for step in program.steps if step.opdef.name != "Assign"]


@pytest.mark.parametrize("breaks", [
    swap_steps, make_a_value_twice, use_a_value_that_is_not_there, take_another_type, forget_a_result, fold_a_feed, lose_an_effect,
])  # fmt: skip
def test_a_broken_program_is_named(program, breaks):
    before = effects(program)
    breaks(program)
    with pytest.raises(InvalidProgram, match="after the pass test"):
        verify(program, "test", before)
