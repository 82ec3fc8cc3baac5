"""What a user reads when a run fails."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.graph.table import TABLE, by_python_name

KINDS = {
    "value": (ValueError("no good"), tf.errors.InvalidArgumentError, "no good"),
    "index": (IndexError("too far"), tf.errors.InvalidArgumentError, "too far"),
    "memory": (MemoryError("all gone"), tf.errors.ResourceExhaustedError, "OOM when allocating tensor: all gone"),
    "system": (OSError("disk"), tf.errors.InternalError, "OSError: disk"),
    "own": (tf.errors.OutOfRangeError(None, None, "the end"), tf.errors.OutOfRangeError, "the end"),
}


@pytest.fixture
def failing():
    """An op of this test's own that fails as it is told."""

    @op("FailsForTests(x: T, *, how: string) -> y: T", shape=rules.unchanged, stateful=True, samples="a test's own", no_gradient="it fails")
    def fails_for_tests(xp, x, how):
        """Fail."""
        raise KINDS[how][0]

    yield fails_for_tests
    del TABLE["FailsForTests"], by_python_name["fails_for_tests"]


@pytest.mark.parametrize("how", KINDS)
def test_every_failure_of_a_kernel_has_a_class_of_tf_errors_and_names_the_node(failing, how):
    x = tf.placeholder(tf.float32, [2], name="x")
    bad = failing(tf.exp(x, name="before"), how=how, name="bad")
    _, kind, text = KINDS[how]
    with tf.Session() as session, pytest.raises(kind) as caught:
        session.run(bad, {x: [1.0, 2.0]})
    lines = str(caught.value).splitlines()
    assert lines[0] == text and caught.value.op is bad.op and caught.value.message == str(caught.value)
    assert "[[node bad (defined at" in lines[1] and "test_failures.py" in lines[1]
    assert any("before:0 float32[2]" in line for line in lines)


def test_a_failure_in_a_piece_of_a_partial_run_names_the_node(failing):
    x = tf.placeholder(tf.float32, [2], name="x")
    bad = failing(x, how="own", name="bad")
    with tf.Session() as session:
        handle = session.partial_run_setup([bad], [x])
        with pytest.raises(tf.errors.OutOfRangeError, match="^the end\n.*node bad"):
            session.partial_run(handle, bad, {x: [1.0, 2.0]})


def test_what_is_not_an_error_of_a_kernel_passes_through(failing):
    x = tf.placeholder(tf.float32, [2])
    with tf.Session() as session, pytest.raises(ValueError, match="Cannot feed value"):
        session.run(x, {x: np.ones(3)})


def test_what_no_kernel_can_compute_is_told_before_anything_runs():
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(1.0, name="v")
        step = tf.train.GradientDescentOptimizer("fast").minimize(v * v)
        with pytest.raises(tf.errors.UnimplementedError, match="^Cast string to float is not supported\n") as caught:
            session.run(step)  # v has no value either
        assert caught.value.op.type == "Cast"
        assert "test_failures.py" in str(caught.value)
