"""The base of layers: names, variables, losses, updates, reuse, and what a failed call leaves."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names, state


class Scale(tf.layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight("factor", input_shape[-1:], initializer=tf.ones_initializer(), regularizer=tf.reduce_sum)
        self.count = self.add_variable("count", [], initializer=tf.zeros_initializer(), trainable=False)
        super().build(input_shape)

    def call(self, inputs, fail=False):
        if fail:
            raise RuntimeError("no")
        self.add_update(self.count.assign_add(1.0))
        return inputs * self.factor


def test_a_layer_makes_its_variables_once_and_its_nodes_at_every_call():
    layer = Scale()
    x = tf.placeholder(tf.float32, [None, 3])
    y, z = layer(x), layer.apply(x)
    assert (y.name, z.name, layer.scope_name) == ("scale/mul:0", "scale/mul_1:0", "scale")
    assert layer.built and layer.dtype == "float32" and layer.count_params() == 4
    assert [v.name for v in layer.variables] == ["scale/factor:0", "scale/count:0"] == [v.name for v in layer.weights]
    assert layer.trainable_weights == tf.trainable_variables() == layer.trainable_variables
    assert layer.non_trainable_weights == layer.non_trainable_variables == [layer.count]
    assert layer.losses == tf.losses.get_regularization_losses() and len(layer.losses) == 1
    assert layer.updates == tf.get_collection(tf.GraphKeys.UPDATE_OPS) and len(layer.updates) == 2
    assert layer.get_losses_for(None) == layer.losses and layer.get_losses_for(x) == []


def test_layers_are_numbered_and_scopes_follow():
    x = tf.zeros([2, 3])
    first, second = Scale(), Scale()
    assert (first.name, second.name) == ("scale_1", "scale_2")  # as in TensorFlow, whose scopes are numbered from the second on
    second(x), first(x)
    assert (second.scope_name, first.scope_name) == ("scale", "scale_1")
    with tf.variable_scope("outer"):
        third = Scale(name="mine")
        third(x)
    assert [v.name for v in third.variables] == ["outer/mine/factor:0", "outer/mine/count:0"]


def test_a_name_used_twice_needs_reuse():
    x = tf.zeros([2, 3])
    one = tf.layers.dense(x, 4, name="fc")
    before = state()
    with pytest.raises(ValueError, match=r"^Variable fc/kernel already exists, disallowed. Did you mean to set reuse=True"):
        tf.layers.dense(x, 4, name="fc")
    assert state() == before
    two = tf.layers.dense(x, 4, name="fc", reuse=True)
    three = tf.layers.dense(x, 4, name="fc", reuse=tf.AUTO_REUSE)
    assert len(tf.trainable_variables()) == 2 and [t.name for t in (one, two, three)] == [
        "fc/BiasAdd:0", "fc_1/BiasAdd:0", "fc_2/BiasAdd:0",
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"^Variable other/kernel does not exist, or was not created with tf.get_variable"):
        tf.layers.dense(x, 4, name="other", reuse=True)


def test_a_failed_call_leaves_graph_and_layer_as_they_were():
    layer = Scale()
    x = tf.zeros([2, 3])
    before = state()
    with pytest.raises(RuntimeError):
        layer(x, fail=True)
    assert state() == before and not layer.built and layer.weights == [] and layer.losses == []
    assert layer(x).name == "scale/mul:0"


def test_layers_inside_layers_are_counted():
    class Two(tf.layers.Layer):
        def __init__(self):
            super().__init__()
            self.parts = [tf.layers.Dense(2), Scale()]

        def call(self, inputs):
            return self.parts[1](self.parts[0](inputs))

    layer = Two()
    layer(tf.zeros([2, 3]))
    assert [v.name for v in layer.trainable_weights] == ["two/dense/kernel:0", "two/dense/bias:0", "two/scale/factor:0"]
    assert len(layer.losses) == 1 and len(layer.updates) == 1 and layer.submodules == tuple(layer.parts)
    layer.trainable = False
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 4 and layer.updates == []


def test_a_layer_that_is_not_trainable_makes_variables_that_are_not():
    tf.layers.batch_normalization(tf.zeros([2, 3]), training=True, trainable=False)
    assert tf.trainable_variables() == [] and tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []


def test_inputs_and_outputs_are_remembered():
    layer = tf.layers.Dense(2)
    with pytest.raises(AttributeError, match=r"^Layer dense_1 is not connected, no input to return."):
        _ = layer.input
    with pytest.raises(ValueError, match=r'^No name available for layer scope because the layer "dense_1" has not been used yet.'):
        _ = layer.scope_name
    x, other = tf.placeholder(tf.float32, [None, 3]), tf.zeros([1, 3])
    y = layer(x)
    assert layer.input is x and layer.output is y and (layer.input_shape, layer.output_shape) == ((None, 3), (None, 2))
    z = layer(other)
    assert layer.get_input_at(1) is other and layer.get_output_at(1) is z and layer.get_output_shape_at(1) == (1, 2)
    with pytest.raises(AttributeError, match=r"^Layer dense_1 has multiple inbound nodes"):
        _ = layer.output


def test_weights_go_in_and_out_as_arrays():
    layer = tf.layers.Dense(2, use_bias=False)
    layer(tf.zeros([1, 3]))
    with initialized().as_default():
        layer.set_weights([np.arange(6.0).reshape(3, 2)])
        assert layer.get_weights()[0].tolist() == [[0, 1], [2, 3], [4, 5]]
        with pytest.raises(ValueError, match="not compatible with provided weight shape"):
            layer.set_weights([np.zeros([2, 2])])
    with pytest.raises(ValueError, match="wants a default session"):
        layer.get_weights()


def test_a_configuration_makes_an_equal_layer():
    layer = tf.layers.Conv2D(4, 3, activation="relu", kernel_regularizer=tf.keras.regularizers.l2(0.5), padding="same", name="c")
    config = layer.get_config()
    assert config["kernel_size"] == (3, 3) and config["activation"] == "relu" and config["strides"] == (1, 1)
    assert config["kernel_regularizer"] == {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.5}}
    assert tf.layers.Conv2D.from_config(config).get_config() == config
    assert layer.compute_output_shape([None, 5, 5, 2]).as_list() == [None, 5, 5, 4] and names() == []


def test_the_loss_of_an_activity_is_divided_by_the_batch():
    layer = tf.layers.Dense(2, kernel_initializer=tf.ones_initializer(), activity_regularizer=tf.nn.l2_loss)
    layer(tf.ones([4, 3]))
    (loss,) = tf.losses.get_regularization_losses()
    assert loss.name == "dense/ActivityRegularizer/truediv:0" and initialized().run(loss) == 9.0


def test_variables_follow_the_scope_around():
    with tf.variable_scope("s", initializer=tf.ones_initializer(), regularizer=tf.reduce_sum, use_resource=True):
        tf.layers.dense(tf.zeros([2, 3]), 2)
    assert [v.op.type for v in tf.trainable_variables()] == ["VarHandleOp", "VarHandleOp"]
    assert initialized().run(tf.trainable_variables()[0]).tolist() == [[1.0, 1.0]] * 3


def test_partitioned_variables_make_up_one_kernel():
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(2)):
        y = tf.layers.dense(tf.ones([2, 4]), 3, kernel_initializer=tf.ones_initializer(), use_bias=False)
    assert [v.name for v in tf.trainable_variables()] == ["s/dense/kernel/part_0:0", "s/dense/kernel/part_1:0"]
    assert initialized().run(y).tolist() == [[4.0] * 3] * 2


def test_unknown_keywords_and_metrics_are_refused():
    with pytest.raises(TypeError, match="Keyword argument not understood:"):
        tf.layers.Dense(3, foo=1)
    layer = Scale()
    layer.add_metric(tf.constant(1.0), aggregation="mean", name="m")
    assert len(layer.metrics) == 1
    with pytest.raises(ValueError, match="We currently support only `mean`"):
        layer.add_metric(tf.constant(1.0), aggregation="sum")
    with pytest.raises(TypeError, match="does not support masking"):
        layer.compute_mask(tf.zeros([1]), mask=tf.zeros([1]))


def test_a_specification_of_inputs_can_be_written_down():
    spec = tf.layers.InputSpec(dtype=tf.float32, min_ndim=2, axes={-1: 3})
    assert repr(tf.layers.InputSpec.from_config(spec.get_config())) == repr(spec) == "InputSpec(dtype=float32, min_ndim=2, axes={-1: 3})"
    with pytest.raises(ValueError, match="Axis 3 is greater than the maximum allowed value: 1"):
        tf.layers.InputSpec(ndim=2, axes={3: 1})
    with pytest.raises(TypeError, match="The keys in axes must be integers"):
        tf.layers.InputSpec(axes={"a": 1})
