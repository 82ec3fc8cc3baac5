"""Every layer, trained for three steps: loss and variables as TensorFlow's (recorded with its release 2.21)."""

import numpy as np
import pytest

import autograd_lite as tf

layers = tf.layers


def waves(shape, dtype=tf.float32, partition_info=None):
    """A start value that needs no random numbers: 0.3 sin(1), 0.3 sin(2), ..."""
    sizes = [int(size) for size in shape]
    return tf.constant((0.3 * np.sin(1 + np.arange(int(np.prod(sizes))))).reshape(sizes), dtype)


def normalized(**arguments):
    return lambda x: layers.batch_normalization(x, training=True, beta_initializer=waves, gamma_initializer=waves, **arguments)


# name -> (the layer, the shape of its inputs)
LAYERS = {
    "dense": (lambda x: layers.dense(x, 3, tf.nn.tanh), (4, 5)),
    "dense3d": (lambda x: layers.dense(x, 3, tf.nn.tanh), (2, 3, 5)),
    "dense_nobias": (lambda x: layers.dense(x, 3, use_bias=False), (4, 5)),
    "conv1d": (lambda x: layers.conv1d(x, 3, 2, activation=tf.nn.relu), (2, 5, 2)),
    "conv1d_causal": (lambda x: layers.conv1d(x, 3, 2, padding="causal", dilation_rate=2), (2, 5, 2)),
    "conv1d_same_s2": (lambda x: layers.conv1d(x, 3, 2, 2, padding="same"), (2, 5, 2)),
    "conv2d": (lambda x: layers.conv2d(x, 3, (2, 3), padding="same", activation=tf.nn.relu), (2, 4, 4, 2)),
    "conv2d_dil": (lambda x: layers.conv2d(x, 3, 2, dilation_rate=2), (2, 5, 5, 2)),
    "conv2d_dil_same": (lambda x: layers.conv2d(x, 3, 2, dilation_rate=(2, 1), padding="same"), (2, 5, 5, 2)),
    "conv3d": (lambda x: layers.conv3d(x, 2, 2, padding="same"), (1, 3, 3, 3, 2)),
    "conv2d_t": (lambda x: layers.conv2d_transpose(x, 2, 3, 2, padding="same"), (1, 3, 3, 2)),
    "conv2d_t_valid": (lambda x: layers.conv2d_transpose(x, 2, (2, 3), (1, 2)), (1, 3, 3, 2)),
    "conv2d_t_cf": (lambda x: layers.conv2d_transpose(x, 2, 3, 2, data_format="channels_first"), (1, 2, 3, 3)),
    "conv3d_t": (lambda x: layers.conv3d_transpose(x, 2, 2, 2), (1, 2, 2, 2, 2)),
    "sep1d": (lambda x: layers.separable_conv1d(x, 3, 2, depth_multiplier=2), (2, 5, 2)),
    "sep2d": (lambda x: layers.separable_conv2d(x, 3, 2, strides=2, depth_multiplier=2), (2, 5, 5, 2)),
    "bn": (normalized(), (4, 3)),
    "bn4_fused": (normalized(), (2, 3, 3, 3)),
    "bn4": (normalized(fused=False), (2, 3, 3, 3)),
    "bn4_cf": (normalized(axis=1, fused=False), (2, 3, 3, 3)),
    "bn_renorm": (
        lambda x: layers.batch_normalization(
            x, training=True, renorm=True, renorm_momentum=0.7, momentum=0.8, renorm_clipping={"rmax": 1.5, "rmin": 0.5, "dmax": 0.3}
        ),
        (4, 3),
    ),
    "bn_noscale_fused": (lambda x: layers.batch_normalization(x, training=True, scale=False, momentum=0.5), (2, 3, 3, 3)),
    "bn_multi": (lambda x: layers.batch_normalization(x, axis=[1, 3], training=True), (4, 3, 2, 2)),
    "bn_eval": (lambda x: layers.batch_normalization(x, beta_initializer=waves), (4, 3)),
    "maxpool1": (lambda x: layers.max_pooling1d(layers.conv1d(x, 2, 1), 2, 2), (2, 5, 2)),
    "avgpool1": (lambda x: layers.average_pooling1d(layers.conv1d(x, 2, 1), 2, 1, "same"), (2, 5, 2)),
    "maxpool3": (lambda x: layers.max_pooling3d(layers.conv3d(x, 2, 1), 2, 1), (1, 3, 3, 3, 2)),
    "avgpool3": (lambda x: layers.average_pooling3d(layers.conv3d(x, 2, 1), 2, 1, "same"), (1, 3, 3, 3, 2)),
    "avgpool2": (lambda x: layers.average_pooling2d(layers.conv2d(x, 2, 1), 2, 1, "same"), (1, 3, 3, 2)),
    "flat": (lambda x: layers.dense(layers.flatten(x, data_format="channels_first"), 2), (2, 3, 4)),
    "reg": (lambda x: layers.dense(x, 2, kernel_constraint=tf.keras.constraints.MaxNorm(0.5)), (3, 4)),
}

# (layer, type) -> the loss after three steps, then the sum of magnitudes of each variable
NUMBERS = {
    ("dense", "float32"): [0.157692, 3.02526, 0.0223594],
    ("dense", "float64"): [0.157692, 3.02526, 0.0223594],
    ("dense3d", "float32"): [0.204944, 3.02454, 0.0327372],
    ("dense3d", "float64"): [0.204944, 3.02454, 0.0327372],
    ("dense_nobias", "float32"): [0.175981, 3.02524],
    ("dense_nobias", "float64"): [0.175981, 3.02524],
    ("conv1d", "float32"): [0.218222, 2.3975, 0.0133946],
    ("conv1d", "float64"): [0.218222, 2.3975, 0.0133946],
    ("conv1d_causal", "float32"): [0.206482, 2.40357, 0.0327339],
    ("conv1d_causal", "float64"): [0.206482, 2.40357, 0.0327339],
    ("conv1d_same_s2", "float32"): [0.540964, 2.37278, 0.0299318],
    ("conv1d_same_s2", "float64"): [0.540964, 2.37278, 0.0299318],
    ("conv2d", "float32"): [0.93111, 6.94713, 0.0484822],
    ("conv2d", "float64"): [0.931109, 6.94713, 0.0484822],
    ("conv2d_dil", "float32"): [0.323218, 4.71566, 0.0869876],
    ("conv2d_dil", "float64"): [0.323218, 4.71566, 0.0869876],
    ("conv2d_dil_same", "float32"): [1.45676, 4.45245, 0.202845],
    ("conv2d_dil_same", "float64"): [1.45676, 4.45245, 0.202845],
    ("conv3d", "float32"): [0.487093, 6.10514, 0.0774901],
    ("conv3d", "float64"): [0.487093, 6.10514, 0.0774901],
    ("conv2d_t", "float32"): [5.09018, 6.5759, 0.102696],
    ("conv2d_t", "float64"): [5.09018, 6.5759, 0.102696],
    ("conv2d_t_valid", "float32"): [3.90406, 4.40525, 0.0848152],
    ("conv2d_t_valid", "float64"): [3.90406, 4.40525, 0.0848152],
    ("conv2d_t_cf", "float32"): [6.43491, 6.43904, 0.129577],
    ("conv2d_t_cf", "float64"): [6.43491, 6.43904, 0.129577],
    ("conv3d_t", "float32"): [6.63898, 5.54061, 0.154095],
    ("conv3d_t", "float64"): [6.63898, 5.54061, 0.154095],
    ("sep1d", "float32"): [0.213095, 1.6566, 2.40508, 0.0420863],
    ("sep1d", "float64"): [0.213095, 1.6566, 2.40508, 0.0420863],
    ("sep2d", "float32"): [0.205325, 3.11413, 2.40545, 0.0406499],
    ("sep2d", "float64"): [0.205325, 3.11413, 2.40545, 0.0406499],
    ("bn", "float32"): [0.678082, 0.527752, 0.54876, 0.0143325, 2.9532],
    ("bn", "float64"): [0.678082, 0.527752, 0.54876, 0.0143325, 2.9532],
    ("bn4_fused", "float32"): [1.77963, 0.403112, 0.489901, 0.000231833, 2.95818],
    ("bn4_fused", "float64"): [1.77963, 0.403112, 0.489901, 0.000231833, 2.95555],
    ("bn4", "float32"): [1.77963, 0.403112, 0.489901, 0.000231833, 2.95555],
    ("bn4", "float64"): [1.77963, 0.403112, 0.489901, 0.000231833, 2.95555],
    ("bn4_cf", "float32"): [1.77963, 0.403112, 0.489901, 0.000231833, 2.95555],
    ("bn4_cf", "float64"): [1.77963, 0.403112, 0.489901, 0.000231833, 2.95555],
    ("bn_renorm", "float32"): [8.24481, 2.87629, 0.0144822, 0.235489, 2.15422, 2.54272, 0.317041, 2.38436],
    ("bn_noscale_fused", "float32"): [54.1645, 0.0870803, 0.00682987, 1.76801],
    ("bn_noscale_fused", "float64"): [54.1645, 0.0870803, 0.00682988, 1.69062],
    ("bn_multi", "float32"): [36.0381, 5.17843, 0.0823192, 0.023101, 5.90753],
    ("bn_multi", "float64"): [36.0381, 5.17843, 0.0823192, 0.0231011, 5.90753],
    ("bn_eval", "float32"): [6.22522, 2.88706, 0.515349, 0.0, 3.0],
    ("bn_eval", "float64"): [6.22522, 2.88706, 0.515349, 0.0, 3.0],
    ("maxpool1", "float32"): [0.161911, 0.782533, 0.00495417],
    ("maxpool1", "float64"): [0.161911, 0.782533, 0.00495417],
    ("avgpool1", "float32"): [0.428665, 0.757662, 0.0286192],
    ("avgpool1", "float64"): [0.428665, 0.757662, 0.0286192],
    ("maxpool3", "float32"): [0.113046, 0.755348, 0.0256909],
    ("avgpool3", "float32"): [0.602039, 0.747109, 0.0898015],
    ("avgpool2", "float32"): [0.299833, 0.778372, 0.0338795],
    ("avgpool2", "float64"): [0.299833, 0.778372, 0.0338795],
    ("flat", "float32"): [0.895708, 4.63229, 0.00858996],
    ("flat", "float64"): [0.895708, 4.63229, 0.00858996],
    ("reg", "float32"): [0.0792164, 1.65353, 0.00985276],
    ("reg", "float64"): [0.0792164, 1.65353, 0.00985276],
}


@pytest.mark.parametrize("release", ["1.15", "2.21"])
@pytest.mark.parametrize(("name", "dtype"), NUMBERS)
def test_a_layer_trains_to_the_numbers_of_tensorflow(name, dtype, release):
    before = tf.get_release()
    tf.set_release(release)
    try:
        got = _trained(*LAYERS[name], tf.as_dtype(dtype))
    finally:
        tf.set_release(before)
    np.testing.assert_allclose(got, NUMBERS[name, dtype], rtol=2e-5 if dtype == "float32" else 5e-6)


def _trained(layer, shape, dtype):
    x = tf.placeholder(dtype, [None, *shape[1:]])
    with tf.variable_scope("model", initializer=waves):
        y = layer(x)
    loss = tf.reduce_sum(tf.square(y - tf.cast(0.1, dtype)))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.GradientDescentOptimizer(tf.constant(0.003, dtype)).minimize(loss)
    feed = {x: np.cos(np.arange(int(np.prod(shape))) * 0.7).reshape(shape)}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(step, feed)
        held = session.run(tf.global_variables())
        return [session.run(loss, feed), *(np.abs(value.astype("float64")).sum() for value in held)]


def test_half_precision_is_normalized_in_single_precision():
    x = tf.constant([[1.0, 5.0], [3.0, 5.0]], tf.float16)
    y = layers.batch_normalization(x, training=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert y.dtype == tf.float16 and session.run(y).tolist() == [[-0.99951171875, 0.0], [0.99951171875, 0.0]]
    assert {variable.dtype.base_dtype for variable in tf.global_variables()} == {tf.float32}
    z = layers.dense(x, 2)
    assert z.dtype == tf.float16 and tf.trainable_variables()[-1].dtype.base_dtype == tf.float16
