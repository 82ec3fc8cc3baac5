"""Convolutions and pooling: names and shapes of variables, node names of both releases, and the errors of what does not fit."""

import pytest

import autograd_lite as tf
from tests.lib.building import names


@pytest.mark.parametrize(
    ("layer", "shape", "kernels", "result"),
    [
        (tf.layers.Conv1D(4, 3, strides=2), [None, 9, 2], {"kernel": [3, 2, 4], "bias": [4]}, [None, 4, 4]),
        (tf.layers.Conv2D(4, (3, 2), padding="same"), [None, 9, 8, 2], {"kernel": [3, 2, 2, 4], "bias": [4]}, [None, 9, 8, 4]),
        (tf.layers.Conv2D(4, 3, data_format="channels_first"), [None, 2, 9, None],
         {"kernel": [3, 3, 2, 4], "bias": [4]}, [None, 4, 7, None]),
        (tf.layers.Conv3D(4, 3), [None, 5, 5, 5, 2], {"kernel": [3, 3, 3, 2, 4], "bias": [4]}, [None, 3, 3, 3, 4]),
        (tf.layers.Conv2DTranspose(4, 3, 2), [None, 5, None, 2], {"kernel": [3, 3, 4, 2], "bias": [4]}, [None, 11, None, 4]),
        (tf.layers.Conv3DTranspose(4, 3, 2, padding="same"), [None, 2, 2, 2, 3],
         {"kernel": [3, 3, 3, 4, 3], "bias": [4]}, [None, 4, 4, 4, 4]),
        (tf.layers.SeparableConv1D(4, 3, depth_multiplier=2), [None, 5, 3],
         {"depthwise_kernel": [3, 3, 2], "pointwise_kernel": [1, 6, 4], "bias": [4]}, [None, 3, 4]),
        (tf.layers.SeparableConv2D(4, 3, padding="same", use_bias=False), [None, 5, 5, 3],
         {"depthwise_kernel": [3, 3, 3, 1], "pointwise_kernel": [1, 1, 3, 4]}, [None, 5, 5, 4]),
    ],
)  # fmt: skip
def test_variables_and_results_have_these_shapes(layer, shape, kernels, result):
    fresh = type(layer).from_config(layer.get_config() | {"name": "l"})
    y = fresh(tf.placeholder(tf.float32, shape))
    assert {v.op.name: v.shape.as_list() for v in fresh.variables} == {f"l/{name}": size for name, size in kernels.items()}
    assert y.shape.as_list() == result


def test_a_convolution_is_named_after_its_op():
    x = tf.placeholder(tf.float32, [None, 8, 8, 3])
    tf.layers.conv2d(x, 4, 3, activation=tf.nn.relu)
    assert [name for name in names("conv2d/") if "/kernel" not in name and "/bias" not in name] == [
        "conv2d/dilation_rate", "conv2d/Conv2D", "conv2d/BiasAdd", "conv2d/Relu",
    ]  # fmt: skip


def test_channels_first_and_last_agree():
    x = tf.random_normal([1, 5, 5, 2], seed=1)
    turned = tf.transpose(x, [0, 3, 1, 2])
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
        last = [tf.layers.conv2d(x, 3, 2, name="c"), tf.layers.conv2d_transpose(x, 3, 2, 2, name="t"), tf.layers.max_pooling2d(x, 2, 2),
                tf.layers.separable_conv2d(x, 3, 2, name="p")]  # fmt: skip
        first = [
            tf.layers.conv2d(turned, 3, 2, data_format="channels_first", name="c"),
            tf.layers.conv2d_transpose(turned, 3, 2, 2, data_format="channels_first", name="t"),
            tf.layers.max_pooling2d(turned, 2, 2, data_format="channels_first"),
            tf.layers.separable_conv2d(turned, 3, 2, data_format="channels_first", name="p"),
        ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for one, other in zip(*session.run([last, first])):
            assert abs(one - other.transpose(0, 2, 3, 1)).max() < 1e-5


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tf.layers.Conv2D(3, [2, 2, 2]), "The `kernel_size` argument must be a tuple of 2 integers. Received: [2, 2, 2]"),
        (lambda: tf.layers.Conv2D(3, "a"), "The `kernel_size` argument must be a tuple of 2 integers. Received: a"),
        (lambda: tf.layers.Conv2D(3, 2, padding="foo"), "The `padding` argument must be a list/tuple or one of"),
        (lambda: tf.layers.Conv2D(3, 2, padding="causal"), "Causal padding is only supported for `Conv1D`"),
        (lambda: tf.layers.Conv2D(3, 2, data_format="foo"), 'The `data_format` argument must be one of "channels_first"'),
        (lambda: tf.layers.Conv2D(3, 2, 2, dilation_rate=2), "`strides > 1` not supported in conjunction with `dilation_rate > 1`"),
        (
            lambda: tf.layers.conv2d(tf.placeholder(tf.float32, [None, 4, 4, None]), 3, 2),
            "The channel dimension of the inputs should be defined",
        ),
        (lambda: tf.layers.conv2d(tf.zeros([2, 5, 5]), 3, 3), "is incompatible with the layer: expected ndim=4, found ndim=3"),
        (lambda: tf.layers.conv2d(tf.zeros([1, 4, 4, 2]), 3, 7), "Negative dimension size caused by subtracting 7 from 4"),
        (lambda: tf.layers.max_pooling2d(tf.zeros([1, 4, 4]), 2, 2), "expected ndim=4, found ndim=3"),
        (lambda: tf.layers.MaxPooling2D([1, 2, 3], 1), "The `pool_size` argument must be a tuple of 2 integers. Received: [1, 2, 3]"),
    ],
)
def test_what_does_not_fit_is_refused(call, text):
    with pytest.raises(ValueError) as failure:
        call()
    assert text in str(failure.value).split("\n")[0] and names("conv2d") == []
