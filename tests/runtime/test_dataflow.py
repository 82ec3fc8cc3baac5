"""What no plan can express runs node by node, with dead values and frames as TensorFlow has them."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw
from autograd_lite.compiler.passes.raise_control import Irregular
from autograd_lite.compiler.pipeline import compile_plan


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def test_a_merge_of_two_decisions_passes_on_what_is_alive():
    a, b = tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, [])
    one, two = raw.Switch(1.0, a), raw.Switch(2.0, b)
    merged = raw.Merge([one.output_true, two.output_true])
    with pytest.raises(Irregular):
        compile_plan([merged.output], [a, b])
    with tf.Session() as session:
        assert session.run([merged.output, merged.value_index], {a: True, b: False}) == [1.0, 0]
        assert session.run([merged.output, merged.value_index], {a: False, b: True}) == [2.0, 1]
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
            session.run(merged.output, {a: False, b: False})


def test_what_takes_values_of_two_decisions_runs_when_both_are_alive():
    a, b = tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, [])
    total = raw.AddV2(raw.Switch(1.0, a).output_true, raw.Switch(2.0, b).output_false)
    with tf.Session() as session:
        assert session.run(total, {a: True, b: False}) == 3.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
            session.run(total, {a: True, b: True})


def test_an_update_in_a_dead_branch_does_not_happen():
    v = tf.Variable(1.0)
    a = tf.placeholder(tf.bool, [])
    update = tf.assign(v, raw.Switch(5.0, a).output_true)
    with tf.Session() as session:
        session.run(v.initializer)
        session.run(update.op, {a: False})
        assert session.run(v) == 1.0
        session.run(update.op, {a: True})
        assert session.run(v) == 5.0


def test_a_loop_written_by_hand_is_raised_like_one_of_while_loop():
    start = raw.Enter(0, frame_name="by_hand")
    merge = raw.Merge([start, start])
    again = raw.LoopCond(raw.Less(merge.output, raw.Enter(5, frame_name="by_hand", is_constant=True)))
    switch = raw.Switch(merge.output, again)
    one = raw.Enter(1, frame_name="by_hand", is_constant=True)
    merge.output.op._update_input(1, raw.NextIteration(raw.AddV2(switch.output_true, one)))
    result = raw.Exit(switch.output_false)
    assert "while True" in compile_plan([result], []).source
    with tf.Session() as session:
        assert session.run(result) == 5


def test_an_assertion_in_a_branch_fails_only_there():
    x = tf.placeholder(tf.float32, [])

    def checked():
        with tf.control_dependencies([tf.assert_less(x, 10.0)]):
            return tf.identity(x)

    y = tf.cond(x > 0, checked, lambda: x)
    with tf.Session() as session:
        assert session.run(y, {x: -50.0}) == -50.0
        assert session.run(y, {x: 5.0}) == 5.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="did not hold"):
            session.run(y, {x: 50.0})


def test_python_called_in_a_branch_is_called_only_there():
    calls = []

    def note(value):
        calls.append(float(value))
        return np.float32(value * 2)

    x = tf.placeholder(tf.float32, [])
    y = tf.cond(x > 0, lambda: tf.py_func(note, [x], tf.float32), lambda: x)
    with tf.Session() as session:
        assert session.run(y, {x: -1.0}) == -1.0
        assert session.run(y, {x: 3.0}) == 6.0
    assert calls == [3.0]


def test_runs_with_branches_and_loops_can_be_traced_and_explained():
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(x > 0, lambda: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [0, x])[1], lambda: -x)
    irregular = raw.Merge([raw.Switch(1.0, x > 0).output_true, raw.Switch(2.0, x > 1).output_true]).output
    options, metadata = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True), tf.RunMetadata()
    with tf.Session() as session:
        assert session.run(y, {x: 2.0}, options=options, run_metadata=metadata) == 16.0
        assert metadata.step_stats.dev_stats[0].node_stats
        assert any(node.op == "Mul" for node in metadata.partition_graphs[0].node)
        assert "while True" in session.explain(y, {x: 2.0})
        assert session.run(irregular, {x: 0.5}, options=options, run_metadata=metadata) == 1.0
        assert "There is no plan" in session.explain(irregular, {x: 0.5})
