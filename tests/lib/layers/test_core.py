"""Dense, Dropout and Flatten: nodes, and the errors of inputs that do not fit."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names


def test_the_last_axis_must_be_known():
    with pytest.raises(ValueError, match=r"^The last dimension of the inputs to `Dense` should be defined. Found `None`."):
        tf.layers.dense(tf.placeholder(tf.float32, [None, None]), 3)
    with pytest.raises(ValueError, match=r"^Input 0 of layer dense_1 is incompatible with the layer: : expected min_ndim=2, found ndim=0."):
        tf.layers.dense(tf.zeros([]), 3)
    with pytest.raises(ValueError, match=r"its rank is undefined, but the layer requires a defined rank"):
        tf.layers.dense(tf.placeholder(tf.float32), 3)
    with pytest.raises(TypeError, match=r"^Unable to build `Dense` layer with non-floating point dtype"):
        tf.layers.dense(tf.zeros([2, 3], tf.int32), 3)
    with pytest.raises(ValueError, match="expected a positive integer"):
        tf.layers.dense(tf.zeros([2, 3]), -1)
    layer = tf.layers.Dense(2)
    layer(tf.zeros([2, 4]))
    with pytest.raises(ValueError, match=r"expected axis -1 of input shape to have value 4 but received input with shape \[2, 9\]"):
        layer(tf.zeros([2, 9]))


def test_more_axes_are_multiplied_along_the_last():
    y = tf.layers.dense(tf.ones([2, 3, 4]), 5, kernel_initializer=tf.ones_initializer(), activation="relu")
    assert y.name == "dense/Relu:0" and (initialized().run(y) == np.full([2, 3, 5], 4.0)).all()


def test_sparse_inputs_are_multiplied_as_they_are():
    x = tf.SparseTensor([[0, 1]], [2.0], [2, 3])
    y = tf.layers.dense(x, 2, kernel_initializer=tf.ones_initializer())
    assert initialized().run(y).tolist() == [[2.0, 2.0], [0.0, 0.0]]


def test_arrays_are_converted():
    y = tf.layers.dense(np.ones([2, 3], np.float32), 1, kernel_initializer=tf.ones_initializer())
    assert initialized().run(y).tolist() == [[3.0], [3.0]]


def test_dropout_drops_only_while_training():
    x = tf.ones([4, 3])
    assert tf.layers.dropout(x).name == "dropout/Identity:0"
    y = tf.layers.dropout(x, 0.5, noise_shape=[None, 1], seed=7, training=True)
    values = tf.Session().run(y)
    assert set(np.unique(values)) <= {0.0, 2.0} and (values == values[:, :1]).all()
    with pytest.raises(ValueError, match=r"^Invalid value 1.5 received for `rate`, expected a value between 0 and 1."):
        tf.layers.dropout(x, 1.5)
    with pytest.raises(TypeError, match="`pred` must be a Tensor, or a Python bool"):
        tf.layers.dropout(x, 0.5, training="yes")


@pytest.mark.parametrize(
    ("shape", "flat"),
    [([2, 3], [2, 3]), ([None, 2, 2], [None, 4]), ([2, None, 3], [2, None]), ([5], [5, 1]), ([None, 2, None], [None, None])],
)
@pytest.mark.parametrize("release", ["1.15", "2.21"])
def test_flatten_keeps_the_batch(shape, flat, release):
    before = tf.get_release()
    tf.set_release(release)
    try:
        x = tf.placeholder(tf.float32, shape)
        y = tf.layers.flatten(x)
    finally:
        tf.set_release(before)
    fed = np.zeros([size or 4 for size in shape])
    assert y.shape.as_list() == flat and tf.Session().run(y, {x: fed}).shape == fed.reshape(len(fed), -1).shape


def test_flatten_builds_the_nodes_of_its_release(release_2_21):
    tf.layers.flatten(tf.placeholder(tf.float32, [None, 2, 2], name="x"))
    assert names("flatten") == ["flatten/Const", "flatten/Reshape"]
    tf.set_release("1.15")
    tf.layers.flatten(tf.placeholder(tf.float32, [None, 2, 2], name="x"))
    assert names("flatten_1") == [
        "flatten_1/Shape", "flatten_1/strided_slice/stack", "flatten_1/strided_slice/stack_1", "flatten_1/strided_slice/stack_2",
        "flatten_1/strided_slice", "flatten_1/Reshape/shape/1", "flatten_1/Reshape/shape", "flatten_1/Reshape",
    ]  # fmt: skip


def test_an_activation_is_found_by_name_and_named_again():
    layer = tf.layers.Dense(2, activation="tanh")
    assert layer.activation is not None and layer.get_config()["activation"] == "tanh"
    with pytest.raises(ValueError, match=r"^Unknown activation function:foo"):
        tf.layers.dense(tf.zeros([2, 3]), 2, activation="foo")
    with pytest.raises(TypeError, match="Could not interpret activation function identifier: 3"):
        tf.layers.dense(tf.zeros([2, 3]), 2, activation=3)
    with tf.Session() as session:
        x = tf.constant([[-3.0, 0.0, 1.0]])
        assert np.allclose(session.run(tf.layers.Dense(1, activation="hard_sigmoid").activation(x)), [[0.0, 0.5, 0.7]])


def test_a_fed_boolean_switches_dropout():
    training = tf.placeholder_with_default(False, [])
    y = tf.layers.dropout(tf.ones([100]), 0.5, training=training)
    with tf.Session() as session:
        assert session.run(y).tolist() == [1.0] * 100
        assert set(session.run(y, {training: True}).tolist()) == {0.0, 2.0}
