"""Groups, tuples, no-ops and printing."""

from __future__ import annotations

import pytest

import autograd_lite as tf


def test_a_group_waits_for_its_members():
    a, b = tf.no_op("a"), tf.constant(1.0, name="b")
    both = tf.group(a, [b], name="both")
    assert (both.name, [op.name for op in both.control_inputs]) == ("both", ["a", "b"])


def test_an_empty_group_is_a_no_op():
    assert (tf.group().type, tf.group().control_inputs) == ("NoOp", [])


def test_a_group_of_several_devices_has_a_part_for_each():
    with tf.device("/cpu:0"):
        a = tf.no_op()
    with tf.device("/gpu:0"):
        b = tf.no_op()
    parts = tf.group(a, b, name="all").control_inputs
    assert [(part.name, part.device) for part in parts] == [("all/NoOp", "/device:CPU:0"), ("all/NoOp_1", "/device:GPU:0")]


def test_anything_else_cannot_be_grouped():
    with pytest.raises(TypeError, match="^'inputs' should be zero or more"):
        tf.group(3.0)
    with pytest.raises(ValueError, match="^Unknown keyword arguments: color"):
        tf.group(color="red")


def test_a_tuple_waits_for_all_its_tensors(nodes):
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    first, nothing, second = tf.tuple([a, None, b])
    assert nothing is None
    assert [name for name, _ in nodes(2)] == ["tuple/group_deps", "tuple/control_dependency", "tuple/control_dependency_1"]
    assert first.op.control_inputs == second.op.control_inputs
    assert [op.name for op in first.op.control_inputs[0].control_inputs] == ["a", "b"]


def test_a_tuple_needs_a_tensor():
    with pytest.raises(ValueError, match="^Must have at least one Tensor"):
        tf.tuple([None])


def test_slices_in_a_tuple_keep_their_indices():
    slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([3]))
    (gated,) = tf.tuple([slices])
    assert isinstance(gated, tf.IndexedSlices)
    assert gated.indices is slices.indices


def test_printing_passes_the_value_on(run, capfd):
    assert run(tf.Print(tf.constant(3.0), [tf.constant([1, 2, 3, 4])], message="values: ", summarize=2)) == 3.0
    assert "values: [1 2...]" in capfd.readouterr().err


def test_finite_values_pass_and_others_fail(run):
    x = tf.placeholder(tf.float32)
    checked = tf.verify_tensor_all_finite(x, "broken")
    assert run(checked, {x: 1.0}) == 1.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="broken : Tensor had NaN values"):
        run(checked, {x: float("nan")})


def test_checking_a_whole_graph_names_the_tensor(run):
    x = tf.placeholder(tf.float32, name="x")
    tf.log(x, name="lg")
    check = tf.add_check_numerics_ops()
    run(check, {x: 1.0})
    with pytest.raises(tf.errors.InvalidArgumentError, match="lg:0 : Tensor had NaN values"):
        run(check, {x: -1.0})


def test_init_scope_leaves_control_dependencies():
    with tf.control_dependencies([tf.no_op()]), tf.init_scope():
        assert tf.no_op().control_inputs == []
