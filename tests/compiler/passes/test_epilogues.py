"""The pass `epilogues`: which steps become part of the kernel that they follow, and that plans still give what the interpreter gives."""

import gc
import warnings

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.compiler.program import FUSED, walk
from autograd_lite.kernels import native, pool
from autograd_lite.kernels.elementwise import Fused
from autograd_lite.kernels.epilogue import Follower
from autograd_lite.kernels.tier import finish
from autograd_lite.runtime.interpret import interpret
from autograd_lite.runtime.resources import Store
from tests.compiler.compiling import program_after

IMAGES, FILTERS, CHANNELS = [4, 40, 40, 16], [3, 3, 16, 32], [32]


def numbers(shape, seed=0):
    return np.random.default_rng((seed, *shape)).standard_normal(shape).astype(np.float32)


def placeholders(*shapes):
    return [tf.placeholder(tf.float32, shape) for shape in shapes]


def joined(fetches, feeds):
    """The ops in each step whose kernel goes on with its results."""
    program = program_after("memory", fetches, feeds, fused=True)
    return [[inner.opdef.name for inner in step.blocks[0].steps] for step in walk(program.steps)
            if step.kind == FUSED and isinstance(step.work, Follower)]  # fmt: skip


def check(fetches, feed, tolerance=2e-5):
    """NumPy, machine code and the interpreter agree; so does a traced run."""
    with tf.Session() as session:
        before = session.run(fetches, feed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a kernel that cannot be compiled
            finish(everything=True)
        kernels = [each for each in gc.get_objects() if isinstance(each, Fused)]
        assert all(each.ready for each in kernels)
        after = session.run(fetches, feed)
        traced = session.run(fetches, feed, options=tf.RunOptions(trace_level=3), run_metadata=tf.RunMetadata())
    wanted = interpret(Store(), fetches, feed)
    for each in (before, after, traced):
        for one, other in zip(each, wanted):
            assert one.dtype == other.dtype and one.shape == other.shape
            scale = np.abs(other[np.isfinite(other)]).max(initial=1.0)
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * scale)


def layer(x, w, b, **more):
    return tf.nn.conv2d(x, w, more.pop("strides", [1, 1, 1, 1]), more.pop("padding", "SAME"), **more) + b


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides", [[1, 1, 1, 1], [1, 2, 2, 1]])
def test_a_bias_and_an_activation_are_done_by_the_convolution(strides, padding):
    x, w, b = placeholders([8, 60, 60, 16], FILTERS, CHANNELS)
    y = tf.nn.relu(layer(x, w, b, strides=strides, padding=padding))
    assert joined([y], [x, w, b]) == [["Conv2D", "AddV2", "Relu"]]
    check([y], {each: numbers(each.shape.as_list()) for each in (x, w, b)})


@pytest.mark.parametrize("activation", [tf.nn.relu6, tf.nn.leaky_relu, tf.identity])
def test_other_activations_too(activation):
    x, w, b = placeholders(IMAGES, FILTERS, CHANNELS)
    y = activation(tf.nn.bias_add(tf.nn.conv2d(x, w, padding="SAME"), b))
    assert [names[:2] for names in joined([y], [x, w, b])] == [["Conv2D", "BiasAdd"]]
    check([y], {each: numbers(each.shape.as_list()) for each in (x, w, b)})


def test_what_is_wanted_on_the_way_is_there():
    x, w, b = placeholders(IMAGES, FILTERS, CHANNELS)
    convolved = tf.nn.conv2d(x, w, padding="SAME")
    y = tf.nn.relu(convolved + b)
    fetches = [y, convolved, tf.reduce_sum(y, [0, 1, 2]), tf.reduce_mean(y, [0, 1, 2], keepdims=True)]
    assert joined(fetches, [x, w, b]) == [["Conv2D", "AddV2", "Relu", "Sum", "Mean"]]
    check(fetches, {each: numbers(each.shape.as_list()) for each in (x, w, b)})


def test_the_gradient_of_an_activation_is_done_by_the_gradient_of_a_convolution():
    x, w = placeholders(IMAGES, [3, 3, 16, 16])
    hidden = tf.nn.relu(x * 0.5)
    (gradient,) = tf.gradients(tf.nn.conv2d(hidden, w, padding="SAME"), x)
    (names,) = joined([gradient], [x, w])
    assert names[0] == "Conv2DBackpropInput" and "ReluGrad" in names
    check([gradient], {x: numbers(IMAGES), w: numbers(w.shape.as_list())})


def test_a_shortcut_is_added_by_the_convolution():
    x, w, b = placeholders(IMAGES, [3, 3, 16, 16], [16])
    y = tf.nn.relu(x + layer(x, w, b))
    assert len(joined([y], [x, w, b])) == 1
    check([y], {each: numbers(each.shape.as_list()) for each in (x, w, b)})


@pytest.mark.parametrize("kind", [tf.nn.max_pool, tf.nn.avg_pool])
@pytest.mark.parametrize("extent, stride", [(2, 2), (3, 2), (3, 1)])
def test_the_gradients_of_an_activation_and_of_its_bias_are_done_by_that_of_pooling(kind, extent, stride):
    x, b = placeholders([3, 31, 40, 24], [24])
    pooled = kind(tf.nn.relu(tf.nn.bias_add(x, b)), [1, extent, extent, 1], [1, stride, stride, 1], "SAME")
    gradients = tf.gradients(tf.reduce_sum(tf.square(pooled)), [x, b])
    (names,) = joined(gradients, [x, b])
    assert names[0] in ("MaxPoolGrad", "AvgPoolGrad") and "ReluGrad" in names and "BiasAddGrad" in names
    check(gradients, {x: numbers(x.shape.as_list()), b: numbers([24])})


@pytest.mark.parametrize("is_training", [True, False])
def test_an_activation_is_done_by_batch_normalisation(is_training):
    x, scale, offset, mean, spread = placeholders(IMAGES, *[[16]] * 4)
    given = [] if is_training else [mean, spread]
    y, *statistics = tf.nn.fused_batch_norm(x, scale, offset, *given, is_training=is_training)
    z = tf.nn.relu(y + 0.5 * x)
    feed = {x: numbers(IMAGES), scale: numbers([16], 1), offset: numbers([16], 2)}
    feed.update({mean: numbers([16], 3), spread: numbers([16], 4) ** 2} if given else {})
    for fetches in ([z, *statistics], [z, y, tf.reduce_sum(z, [0, 1, 2])]):
        (names,) = joined(fetches, list(feed))
        assert names[0] == "FusedBatchNormV3" and "Relu" in names
        check(fetches, feed)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("activation", [tf.nn.relu, None])
def test_statistics_are_gathered_by_the_convolution(activation, stride):
    x, w, scale, offset = placeholders([8, 40, 40, 16], [3, 3, 16, 24], [24], [24])
    y, *statistics = tf.nn.fused_batch_norm(tf.nn.conv2d(x, w, [1, stride, stride, 1], "SAME"), scale, offset)
    fetches = [y if activation is None else activation(y), *statistics]
    feed = {each: numbers(each.shape.as_list()) for each in (x, w, scale, offset)}
    (names,) = joined(fetches, list(feed))
    assert names == ["Conv2D", "FusedBatchNormV3", *["Relu"] * (activation is not None)]
    check(fetches, feed)
    check([y, y.op.inputs[0], fetches[0]], feed)
    feed[x][1, 2, 3, 4] = np.nan
    check(fetches, feed)


def test_a_step_that_needs_the_statistics_too_follows_nobody():
    x, scale, offset = placeholders(IMAGES, [16], [16])
    y, mean, _ = tf.nn.fused_batch_norm(x, scale, offset)
    z = tf.nn.relu(y - mean)
    assert joined([z], [x, scale, offset]) == []
    check([z, *tf.gradients(z * z, x)], {x: numbers(IMAGES), scale: numbers([16], 1), offset: numbers([16], 2)})


@pytest.mark.parametrize("has_shortcut, has_activation", [(False, True), (True, True), (False, False)])
def test_sums_for_the_gradient_of_batch_normalisation_are_gathered_where_its_gradient_is_made(has_shortcut, has_activation):
    x, w, scale, offset = placeholders(IMAGES, [3, 3, 16, 16], [16], [16])
    y, *_ = tf.nn.fused_batch_norm(x, scale, offset)
    y = tf.nn.relu(y) if has_activation else y
    z = tf.nn.conv2d(y, w, padding="SAME")
    gradients = tf.gradients(tf.square(z + y if has_shortcut else z), [x, scale, offset])
    feed = {each: numbers(each.shape.as_list()) for each in (x, w, scale, offset)}
    last = joined(gradients, list(feed))[-1]
    assert (last[0], last[-1]) == ("Conv2DBackpropInput", "FusedBatchNormGradV3")
    check(gradients, feed, 1e-4)
    check([*gradients, *tf.gradients(tf.square(z), [y])], feed, 1e-4)


def test_what_is_done_with_the_gradient_of_batch_normalisation_is_a_step_of_its_own():
    x, scale, offset = placeholders(IMAGES, [16], [16])
    y, *_ = tf.nn.fused_batch_norm(x, scale, offset)
    gradients = tf.gradients(tf.square(tf.nn.relu(y + 0.5 * x)), [x])
    assert all("FusedBatchNormGradV3" not in names for names in joined(gradients, [x, scale, offset]))
    check(gradients, {x: numbers(IMAGES), scale: numbers([16], 1), offset: numbers([16], 2)}, 1e-4)


def test_so_are_those_behind_pooling():
    x, scale, offset = placeholders(IMAGES, [16], [16])
    y, *_ = tf.nn.fused_batch_norm(x, scale, offset)
    gradients = tf.gradients(tf.square(tf.nn.max_pool(tf.nn.relu(y), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")), [x, scale, offset])
    last = joined(gradients, [x, scale, offset])[-1]
    assert (last[0], last[-1]) == ("MaxPoolGrad", "FusedBatchNormGradV3")
    check(gradients, {x: numbers(IMAGES), scale: numbers([16], 1), offset: numbers([16], 2)}, 1e-4)


def test_a_network_with_batch_normalisation_trains_as_before():
    losses = []
    for everything in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(1)
            value = tf.constant(numbers([8, 32, 32, 16]))
            for _ in range(2):
                value = tf.layers.conv2d(value, 16, 3, padding="same", use_bias=False)
                value = tf.nn.relu(tf.layers.batch_normalization(value, training=True))
            loss = tf.reduce_mean(tf.square(value - 1.0))
            with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
                train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
            session.run(tf.global_variables_initializer())
            for _ in range(4):
                session.run(train)
                if everything:
                    finish(everything=True)
            moving = session.run(tf.moving_average_variables()) if tf.moving_average_variables() else []
            losses.append([session.run(loss), *moving])
    for one, other in zip(*losses):
        np.testing.assert_allclose(one, other, rtol=2e-4)


@pytest.mark.parametrize("processor", [None, "haswell"])
def test_the_number_of_threads_does_not_change_a_bit(processor, monkeypatch):
    if processor is not None:
        if not {"+avx2", "+fma"} <= set(native.target().features.split(",")):
            pytest.skip("this processor has no AVX2")
        monkeypatch.setattr(native, "target", lambda: native.Target("haswell", "+avx2,+fma"))
    x, w, scale, offset = placeholders([8, 40, 40, 16], [3, 3, 16, 20], [20], [20])
    y = tf.nn.relu(tf.nn.fused_batch_norm(tf.nn.conv2d(x, w, padding="SAME"), scale, offset)[0])
    fetches = [y, *tf.gradients(tf.square(tf.nn.avg_pool(y, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")), [x, w, scale, offset])]
    feed = {each: numbers(each.shape.as_list()) for each in (x, w, scale, offset)}
    assert len(joined(fetches, list(feed))) == 2
    check(fetches, feed, 2e-4)
    before, found = pool.threads(), []
    try:
        with tf.Session() as session:
            session.run(fetches, feed)
            finish(everything=True)
            for count in (1, 2, 3):
                pool.set_threads(count)
                found.append([each.tobytes() for each in session.run(fetches, feed)])
    finally:
        pool.set_threads(before)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_handled_as_the_single_steps_do(value):
    x, w, b = placeholders(IMAGES, [3, 3, 16, 32], CHANNELS)
    y = tf.nn.relu(layer(x, w, b, strides=[1, 3, 3, 1]))  # by the definition, so that nothing else is touched
    feed = {each: numbers(each.shape.as_list()) for each in (x, w, b)}
    feed[x][0, 3, 4, 5] = value
    feed[b][7] = value
    check([y], feed)


def test_filters_that_do_not_lie_in_order_are_put_in_order():
    x, w, b = placeholders(IMAGES, FILTERS, CHANNELS)
    y = tf.nn.relu(layer(tf.transpose(x, [0, 2, 1, 3]), tf.transpose(w, [1, 0, 2, 3]), b))
    assert len(joined([y], [x, w, b])) == 1
    check([y], {each: numbers(each.shape.as_list()) for each in (x, w, b)})


def test_an_update_of_the_filters_waits():
    w = tf.Variable(numbers(FILTERS))
    x, b = placeholders(IMAGES, CHANNELS)
    convolved = tf.nn.conv2d(x, w.read_value(), padding="SAME")
    with tf.control_dependencies([convolved]):
        update = tf.assign_add(w, tf.ones(FILTERS))
    with tf.control_dependencies([update]):
        y = tf.nn.relu(convolved + tf.identity(b))
    feed, found = {x: numbers(IMAGES), b: numbers(CHANNELS)}, []
    with tf.Session() as session:
        for _ in range(2):
            session.run(tf.global_variables_initializer())
            found.append(session.run([y, update], feed)[0])
            finish(everything=True)
    np.testing.assert_allclose(*found, atol=1e-4)


def test_what_kernels_do_not_do_stays_as_it_was():
    x, w, b = placeholders(IMAGES, FILTERS, CHANNELS)
    point, few = placeholders([1, 1, 16, 32], [3, 3, 16, 3])
    long = layer(x, w, b)
    for _ in range(4):
        long = tf.tanh(long) * 1.5
    moved = tf.transpose(x, [0, 3, 1, 2])
    by_channels = tf.nn.relu(tf.nn.conv2d(moved, w, [1, 1, 1, 1], "SAME", data_format="NCHW"))
    pixels = tf.nn.relu(layer(x, point, b))
    colours = tf.nn.relu(tf.nn.conv2d(x, few, padding="SAME"))
    for fetch in (long, by_channels, pixels, colours):
        assert joined([fetch], [x, w, b, point, few]) == []


def test_a_step_that_needs_something_made_of_the_result_follows_nobody():
    x, w = placeholders(IMAGES, [3, 3, 16, 16])
    convolved = tf.nn.conv2d(x, w, padding="SAME")
    y = tf.nn.relu(convolved + tf.nn.max_pool(convolved, [1, 3, 3, 1], [1, 1, 1, 1], "SAME"))
    assert joined([y], [x, w]) == []
    check([y], {x: numbers(IMAGES), w: numbers(w.shape.as_list())})
