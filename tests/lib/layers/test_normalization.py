"""Batch normalization: its variables, when they move, and the arguments that contradict each other."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names

DATA = np.array([[1.0, 10.0], [3.0, 30.0]], np.float32)


def test_training_normalizes_by_the_batch_and_moves_the_averages():
    x = tf.placeholder(tf.float32, [None, 2])
    layer = tf.layers.BatchNormalization(momentum=0.9, epsilon=0.0)
    y, z = layer(x, training=True), layer(x, training=False)
    assert [v.op.name for v in layer.variables] == [
        f"batch_normalization/{name}" for name in ("gamma", "beta", "moving_mean", "moving_variance")
    ]
    session = initialized()
    assert session.run(y, {x: DATA}).tolist() == [[-1.0, -1.0], [1.0, 1.0]]
    assert np.allclose(session.run(z, {x: DATA}), DATA)  # the averages have not moved
    session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS), {x: DATA})
    mean, variance = session.run([layer.moving_mean, layer.moving_variance])
    assert np.allclose(mean, [0.2, 2.0]) and np.allclose(variance, [1.0, 10.9])


@pytest.mark.parametrize(("fused", "type_"), [(None, "FusedBatchNormV3"), (False, "AddV2")])
@pytest.mark.parametrize("axis", [1, 3, -1])
def test_images_are_normalized_in_one_op_when_they_can_be(fused, type_, axis):
    y = tf.layers.batch_normalization(tf.zeros([2, 3, 3, 3]), axis=axis, training=True, fused=fused)
    assert y.op.type == type_ and tf.get_collection(tf.GraphKeys.UPDATE_OPS)[0].name == "batch_normalization/AssignMovingAvg"


def test_both_ways_agree():
    x = tf.random_normal([4, 3, 3, 2], seed=3)
    one = tf.layers.batch_normalization(x, training=True)
    other = tf.layers.batch_normalization(x, training=True, fused=False)
    a, b = initialized().run([one, other])
    assert abs(a - b).max() < 1e-5


def test_virtual_batches_are_normalized_by_themselves():
    x = tf.constant([[1.0], [100.0], [3.0], [300.0]])
    y = tf.layers.batch_normalization(x, training=True, virtual_batch_size=2, epsilon=0.0)
    assert np.allclose(initialized().run(y), [[-1.0], [-1.0], [1.0], [1.0]])


def test_an_adjustment_is_applied_before_scale_and_offset():
    y = tf.layers.batch_normalization(
        tf.constant(DATA), training=True, epsilon=0.0, adjustment=lambda shape: (tf.fill([1, 2], 2.0), tf.fill([1, 2], 1.0))
    )
    assert np.allclose(initialized().run(y), [[-1.0, -1.0], [3.0, 3.0]])


def test_the_first_release_gives_the_fused_op_no_averages_while_training(release_2_21):
    x = tf.placeholder(tf.float32, [None, 4, 4, 3])
    second = tf.layers.batch_normalization(x, training=True)
    tf.set_release("1.15")
    first = tf.layers.batch_normalization(x, training=True)
    assert second.op.inputs[3].name == "batch_normalization/moving_mean/read:0"
    assert [t.name for t in first.op.inputs[3:]] == ["batch_normalization_1/Const:0", "batch_normalization_1/Const_1:0"]


@pytest.mark.parametrize(
    ("shape", "arguments", "text"),
    [
        ([None, 4, None], {}, "Input has undefined `axis` dimension."),
        (None, {}, "Input has undefined rank."),
        ([None, 4], {"axis": 3}, "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank"),
        ([None, 4], {"axis": [1, 1]}, "Duplicate axis: (1, 1)"),
        ([None, 4], {"renorm": True, "renorm_clipping": {"foo": 1}}, "Received invalid keys for `renorm_clipping` argument: {'foo': 1}."),
        ([None, 4], {"virtual_batch_size": 0}, "`virtual_batch_size` must be a positive integer"),
        ([None, 4], {"virtual_batch_size": 2, "axis": 0}, "When using `virtual_batch_size`, the batch dimension must be 0"),
        ([None, 4], {"virtual_batch_size": 2, "adjustment": len}, "When using `virtual_batch_size`, adjustment cannot be specified"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(shape, arguments, text):
    x = tf.placeholder(tf.float32, shape)
    with pytest.raises(ValueError) as failure:
        tf.layers.batch_normalization(x, training=True, **arguments)
    assert str(failure.value).startswith(text) and names("batch") == []


def test_an_axis_is_a_number():
    with pytest.raises(TypeError, match="Expected an int or a list/tuple of ints for the argument 'axis'"):
        tf.layers.batch_normalization(tf.zeros([2, 3]), axis="a")


@pytest.mark.parametrize("arguments", [{}, {"fused": False}, {"renorm": True}])
def test_a_fed_boolean_chooses_between_training_and_inference(arguments):
    x, training = tf.placeholder(tf.float32, [None, 3, 3, 2]), tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(x, training=training, momentum=0.5, **arguments)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    data = np.arange(36, dtype=np.float32).reshape(2, 3, 3, 2)
    session = initialized()
    assert abs(session.run(y, {x: data, training: True}).mean()) < 1e-5 or arguments.get("renorm")
    assert np.allclose(session.run(y, {x: data, training: False}), data, rtol=1e-2) or arguments.get("renorm")
    mean = tf.global_variables()[2]
    session.run(updates, {x: data, training: False})
    assert session.run(mean).tolist() == [0.0, 0.0]
    session.run(updates, {x: data, training: True})
    assert np.allclose(session.run(mean), [8.5, 9.0])
