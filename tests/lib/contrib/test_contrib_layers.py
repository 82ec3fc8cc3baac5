"""`tf.contrib.layers`: names of variables and nodes, collections, numbers, and what does not fit."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names, state

layers = tf.contrib.layers
ones = tf.ones_initializer


def variables():
    return {v.op.name: v.shape.as_list() for v in tf.model_variables()}


@pytest.mark.parametrize(
    ("build", "shape", "wanted", "result"),
    [
        (lambda x: layers.fully_connected(x, 4), [None, 3], {"fully_connected/weights": [3, 4], "fully_connected/biases": [4]}, [None, 4]),
        (lambda x: layers.conv2d(x, 4, 3), [None, 5, 5, 2], {"Conv/weights": [3, 3, 2, 4], "Conv/biases": [4]}, [None, 5, 5, 4]),
        (lambda x: layers.conv1d(x, 4, 3, stride=2), [None, 5, 2], {"Conv/weights": [3, 2, 4], "Conv/biases": [4]}, [None, 3, 4]),
        (lambda x: layers.conv3d(x, 4, 2), [None, 5, 5, 5, 2], {"Conv/weights": [2, 2, 2, 2, 4], "Conv/biases": [4]}, [None, 5, 5, 5, 4]),
        (lambda x: layers.conv2d(x, 4, 3, data_format="NCHW", rate=2, biases_initializer=None), [1, 2, 5, 5],
         {"Conv/weights": [3, 3, 2, 4]}, [1, 4, 5, 5]),
        (lambda x: layers.conv2d_transpose(x, 4, 3, 2), [1, 5, 5, 2],
         {"Conv2d_transpose/weights": [3, 3, 4, 2], "Conv2d_transpose/biases": [4]}, [1, 10, 10, 4]),
        (lambda x: layers.conv3d_transpose(x, 4, 2, 2), [1, 2, 2, 2, 2],
         {"Conv3d_transpose/weights": [2, 2, 2, 4, 2], "Conv3d_transpose/biases": [4]}, [1, 4, 4, 4, 4]),
        (lambda x: layers.separable_conv2d(x, 4, 3, 2), [1, 5, 5, 2],
         {"SeparableConv2d/depthwise_weights": [3, 3, 2, 2], "SeparableConv2d/pointwise_weights": [1, 1, 4, 4],
          "SeparableConv2d/biases": [4]}, [1, 5, 5, 4]),
        (lambda x: layers.separable_conv2d(x, None, 3, 2, stride=2), [1, 5, 5, 2],
         {"SeparableConv2d/depthwise_weights": [3, 3, 2, 2], "SeparableConv2d/biases": [4]}, [1, 3, 3, 4]),
        (lambda x: layers.conv2d_in_plane(x, 3), [1, 5, 5, 2],
         {"ConvInPlane/weights": [3, 3, 1, 1], "ConvInPlane/biases": [2]}, [1, 5, 5, 2]),
        (lambda x: layers.batch_norm(x, scale=True), [None, 3],
         {f"BatchNorm/{name}": [3] for name in ("gamma", "beta", "moving_mean", "moving_variance")}, [None, 3]),
        (lambda x: layers.layer_norm(x), [None, 4, 3], {"LayerNorm/beta": [3], "LayerNorm/gamma": [3]}, [None, 4, 3]),
        (lambda x: layers.group_norm(x, 2), [None, 4, 4, 6], {"GroupNorm/beta": [6], "GroupNorm/gamma": [6]}, [None, 4, 4, 6]),
        (lambda x: layers.instance_norm(x), [None, 4, 4, 3], {"InstanceNorm/beta": [3], "InstanceNorm/gamma": [3]}, [None, 4, 4, 3]),
        (lambda x: layers.bias_add(x), [None, 3], {"BiasAdd/biases": [3]}, [None, 3]),
        (lambda x: layers.embed_sequence(tf.cast(x, tf.int32), 5, 4), [2, 3], {"EmbedSequence/embeddings": [5, 4]}, [2, 3, 4]),
        (lambda x: layers.max_pool2d(x, 2), [None, 6, 6, 3], {}, [None, 3, 3, 3]),
        (lambda x: layers.avg_pool2d(x, 2, stride=1, padding="SAME"), [None, 6, 6, 3], {}, [None, 6, 6, 3]),
        (lambda x: layers.max_pool3d(x, 2), [None, 4, 4, 4, 3], {}, [None, 2, 2, 2, 3]),
        (lambda x: layers.avg_pool3d(x, 2), [None, 4, 4, 4, 3], {}, [None, 2, 2, 2, 3]),
        (lambda x: layers.spatial_softmax(x), [2, 4, 5, 3], {"spatial_softmax/temperature": []}, [2, 6]),
    ],
)  # fmt: skip
def test_variables_and_results_have_these_names_and_shapes(build, shape, wanted, result):
    y = build(tf.placeholder(tf.float32, shape))
    assert variables() == wanted and y.shape.as_list() == result


def test_nodes_are_named_as_in_tensorflow():
    x = tf.placeholder(tf.float32, [None, 8, 8, 2], name="x")
    y = layers.max_pool2d(layers.conv2d(x, 4, 3), 2)
    z = layers.dropout(layers.fully_connected(layers.flatten(y), 3), is_training=False)
    wanted = ["Conv/dilation_rate", "Conv/Conv2D", "Conv/BiasAdd", "Conv/Relu", "MaxPool2D/MaxPool", "fully_connected/MatMul",
              "fully_connected/BiasAdd", "fully_connected/Relu", "Dropout/Identity"]  # fmt: skip
    made = [name for name in names() if name != "x" and "weights" not in name and "biases" not in name and not name.startswith("Flatten")]
    assert made == wanted and z.name == "Dropout/Identity:0" and y.op.name == "MaxPool2D/MaxPool"
    assert names("Flatten")[-1] == "Flatten/flatten/Reshape"


def test_a_normalizer_takes_the_place_of_the_bias():
    y = layers.fully_connected(
        tf.ones([2, 3]), 4, normalizer_fn=layers.batch_norm, normalizer_params={"is_training": False, "scale": True}, scope="f"
    )
    assert set(variables()) == {"f/weights"} | {f"f/BatchNorm/{n}" for n in ("beta", "gamma", "moving_mean", "moving_variance")}
    assert y.op.name == "f/Relu"


def test_a_scope_can_be_used_again():
    x = tf.ones([2, 3])
    layers.fully_connected(x, 4, scope="f")
    before = state()
    with pytest.raises(ValueError, match="^Variable f/weights already exists"):
        layers.fully_connected(x, 4, scope="f")
    assert state() == before
    layers.fully_connected(x, 4, scope="f", reuse=True)
    assert len(tf.trainable_variables()) == 2
    assert [layers.fully_connected(x, 4).op.name for _ in range(2)] == ["fully_connected/Relu", "fully_connected_1/Relu"]


def test_variables_and_results_go_into_the_collections_named():
    wanted = {"weights": ["w"], "biases": ["b", "both"]}
    y = layers.fully_connected(tf.ones([2, 3]), 4, variables_collections=wanted, outputs_collections=["ends"], scope="f")
    weights, biases = tf.trainable_variables()
    assert [tf.get_collection(key) for key in ("w", "b", "both", "ends")] == [[weights], [biases], [biases], [y]]
    assert layers.utils.convert_collection_to_dict("ends") == {"f": y}
    layers.batch_norm(y, variables_collections=["all"], updates_collections=None)
    assert [v.op.name for v in tf.get_collection("all")] == ["BatchNorm/beta", "BatchNorm/moving_mean", "BatchNorm/moving_variance"]


DATA = np.random.RandomState(0).randn(6, 3, 3, 2).astype(np.float32)
MEAN, VARIANCE = DATA.mean((0, 1, 2)), DATA.var((0, 1, 2))


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("collections", [None, "mine", tf.GraphKeys.UPDATE_OPS])
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("training", ["yes", "no", "fed"])
@pytest.mark.parametrize("zero_debias", [False, True])
def test_batch_norm_moves_its_averages_where_it_is_told_to(data_format, collections, fused, training, zero_debias):
    data = DATA if data_format == "NHWC" else DATA.transpose(0, 3, 1, 2)
    x, fed = tf.placeholder(tf.float32, (None, *data.shape[1:])), tf.placeholder_with_default(True, [])
    is_training = {"yes": True, "no": False, "fed": fed}[training]
    y = layers.batch_norm(x, 0.5, fused=fused, updates_collections=collections, is_training=is_training, data_format=data_format,
                          zero_debias_moving_mean=zero_debias)  # fmt: skip
    session = initialized()
    got = session.run(y, {x: data})
    got = got if data_format == "NHWC" else got.transpose(0, 2, 3, 1)
    trains = training != "no"
    assert np.allclose(got, (DATA - MEAN) / np.sqrt(VARIANCE + 1e-3) if trains else DATA, rtol=1e-2, atol=1e-3)
    moving = session.graph.get_tensor_by_name("BatchNorm/moving_mean:0")
    if collections is not None:
        assert session.run(moving).tolist() == [0.0, 0.0]
        session.run(tf.get_collection(collections), {x: data})
    moved = MEAN if zero_debias else MEAN * 0.5
    assert np.allclose(session.run(moving), moved if trains else 0.0, atol=1e-5)


def test_batch_norm_of_vectors_and_weighted_examples():
    x = tf.constant([[1.0], [3.0], [100.0]])
    y = layers.batch_norm(x, epsilon=1e-8, updates_collections=None, batch_weights=[1.0, 1.0, 0.0])
    z = layers.batch_norm(x[:2], scale=True)
    a, b = initialized().run([y, z])
    assert np.allclose(a[:2], [[-1.0], [1.0]]) and np.allclose(b, [[-1.0], [1.0]], atol=1e-3)
    with pytest.raises(ValueError, match="renorm is not supported with batch_weights"):
        layers.batch_norm(x, renorm=True, updates_collections=None)
    with pytest.raises(ValueError, match="data_format has to be either NCHW or NHWC."):
        layers.batch_norm(x, data_format="CHW")


def test_normalizers_of_single_examples():
    x = tf.constant(DATA)
    layer, instance, group = layers.layer_norm(x), layers.instance_norm(x), layers.group_norm(x, groups=1)
    close = layers.group_norm(x, groups=2, mean_close_to_zero=True)
    a, b, c, d = initialized().run([layer, instance, group, close])
    whole = (DATA - DATA.mean((1, 2, 3), keepdims=True)) / DATA.std((1, 2, 3), keepdims=True)
    channel = (DATA - DATA.mean((1, 2), keepdims=True)) / DATA.std((1, 2), keepdims=True)
    for got, wanted in ((a, whole), (c, whole), (b, channel), (d, channel)):
        assert np.allclose(got, wanted, atol=1e-3)
    first = layers.instance_norm(tf.transpose(x, [0, 3, 1, 2]), data_format="NCHW")
    assert np.allclose(initialized().run(first).transpose(0, 2, 3, 1), channel, atol=1e-3)


def test_repeat_and_stack_number_their_scopes():
    x = tf.ones([1, 4, 4, 3])
    layers.repeat(x, 2, layers.conv2d, 3, [3, 3], scope="conv1")
    layers.stack(layers.flatten(x), layers.fully_connected, [5, 2], scope="fc")
    layers.stack(x, layers.conv2d, [(4, [3, 3]), (5, [1, 1])])
    assert [name for name in variables() if name.endswith("weights")] == [
        "conv1/conv1_1/weights", "conv1/conv1_2/weights", "fc/fc_1/weights", "fc/fc_2/weights",
        "Stack/convolution2d_1/weights", "Stack/convolution2d_2/weights",
    ]  # fmt: skip


def test_small_functions_give_their_numbers():
    rows = layers.embed_sequence([[1, 2], [2, 1]], 4, 3, initializer=ones(), scope="e")
    again = layers.embed_sequence([[1, 2], [2, 1]], 4, 3, unique=True, scope="e", reuse=True)
    x = tf.constant([[1.0, 4.0, 2.0, 3.0]])
    line = layers.linear(x, 1, weights_initializer=ones())
    ids = tf.SparseTensor([[0, 0]], tf.constant([1], tf.int64), [2, 1])
    peak = np.zeros((1, 3, 3, 1), np.float32)
    peak[0, 0, 2] = 100.0
    session = initialized()
    assert (session.run(rows) == session.run(again)).all() and again.shape.as_list() == [2, 2, 3]
    assert session.run(line).tolist() == [[10.0]] and session.run(layers.maxout(x, 2)).tolist() == [[4.0, 3.0]]
    assert session.run(layers.one_hot_encoding([2], 3, on_value=5.0)).tolist() == [[0.0, 0.0, 5.0]]
    assert np.allclose(session.run(layers.unit_norm(x, 1)) ** 2 * 30, [[1, 16, 4, 9]], rtol=1e-4)
    assert np.allclose(session.run(layers.softmax(tf.zeros([2, 2, 4]))), 0.25)
    assert np.allclose(session.run(layers.spatial_softmax(peak, temperature=1.0)), [[1.0, -1.0]])
    assert session.run(layers.safe_embedding_lookup_sparse(tf.ones([4, 3]), ids)).tolist() == [[1.0] * 3, [0.0] * 3]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: layers.fully_connected(tf.ones([2, 3]), 2.5), "num_outputs type should be one of"),
        (lambda: layers.conv2d(tf.ones([2, 3, 3]), 2, 3), "Convolution expects input with rank 4, got 3"),
        (lambda: layers.conv2d(tf.ones([2, 3, 3, 1]), 2, 3, data_format="CHWN"), "Invalid data_format: 'CHWN'"),
        (lambda: layers.layer_norm(tf.placeholder(tf.float32)), "has undefined rank."),
        (lambda: layers.layer_norm(tf.ones([2, 3]), begin_norm_axis=2), r"must be < rank\(inputs\)"),
        (lambda: layers.layer_norm(tf.placeholder(tf.float32, [2, None])), "is not fully defined"),
        (lambda: layers.group_norm(tf.ones([2, 3, 3, 6]), groups=4), "6 channels is not commensurate with 4 groups"),
        (lambda: layers.group_norm(tf.ones([2, 3, 3, 6]), groups=7), "Invalid groups 7 for 6 channels"),
        (lambda: layers.instance_norm(tf.ones([2, 3, 3, 6]), data_format="x"), "data_format has to be either NCHW or NHWC."),
        (lambda: layers.maxout(tf.ones([2, 3]), 2), "is not a multiple of num_units"),
        (lambda: layers.unit_norm(tf.ones([2, 3]), 2), "dim must be positive but smaller than the input rank."),
        (lambda: layers.bias_add(tf.ones([2, 3]), data_format="x"), "data_format has to be either NCHW or NHWC."),
        (lambda: layers.embed_sequence([1]), "Must specify vocab size and embedding dimension when not reusing"),
        (lambda: layers.utils.last_dimension(tf.TensorShape([None])), "last dimension shape must be known but is None"),
    ],
)
def test_what_does_not_fit_is_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_summaries_are_named_after_what_they_show():
    x = tf.nn.relu6(tf.constant([-1.0, 7.0]), name="r")
    tf.add_to_collection(tf.GraphKeys.ACTIVATIONS, x)
    w = tf.get_variable("w", [2])
    layers.summarize_activations()
    layers.summarize_variables()
    layers.summarize_tensors([tf.constant(1.0, name="c")])
    made = [summary.op.name for summary in tf.get_collection(tf.GraphKeys.SUMMARIES)]
    assert made == ["r/zeros", "r/sixes", "r/activation", "w_summary", "c_summary"] and w is not None
