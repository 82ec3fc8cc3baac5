"""`tf.vectorized_map` gives what the function gives element by element."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api.vectorized_rules import RULES

X = np.linspace(-1, 1, 3 * 4 * 2).reshape(3, 4, 2)
Y = np.cos(np.arange(12.0)).reshape(3, 4)


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


FUNCTIONS = {
    "products": lambda x, y: tf.matmul(x, x, transpose_b=True) + tf.matmul(tf.ones([1, 4], tf.float64), x)[0, 0],
    "product with a matrix": lambda x, y: tf.matmul(x, tf.constant([[1.0, 2.0], [3.0, 4.0]], tf.float64), transpose_b=True),
    "batched products": lambda x, y: tf.matmul(tf.reshape(x, [2, 2, 2]), tf.reshape(x, [2, 2, 2])),
    "broadcasting from the right": lambda x, y: x * tf.reduce_mean(y) + y[:, tf.newaxis] - tf.constant([1.0, 2.0], tf.float64),
    "sums": lambda x, y: (tf.reduce_sum(x, 0), tf.reduce_max(x, [-1]), tf.reduce_prod(x, keepdims=True), tf.argmax(y)),
    "shapes": lambda x, y: tf.squeeze(tf.expand_dims(tf.transpose(tf.reshape(x, [2, -1])), 0), [0]),
    "squeezing everything": lambda x, y: tf.squeeze(x[:1, :1]),
    "slices": lambda x, y: (x[1:3, 0], y[::-2], x[..., 1], tf.slice(x, [1, 0], [2, -1])),
    "joining": lambda x, y: tf.concat([x, tf.ones([4, 1], tf.float64), tf.expand_dims(y, 1)], -1),
    "packing": lambda x, y: tf.stack([y, y * 2, tf.zeros([4], tf.float64)], axis=1),
    "parting": lambda x, y: tf.add_n([*tf.unstack(x, axis=1), tf.split(y, [4], 0)[0], y]),
    "halves": lambda x, y: tf.split(x, 2, axis=0),
    "choosing": lambda x, y: (tf.where(y > 0, y, tf.zeros_like(y)), tf.gather(y, [2, 0]), tf.gather([5.0, 6.0], tf.argmax(x[0]))),
    "repeating": lambda x, y: tf.tile(x, [2, 1]) + tf.pad(x, [[0, 4], [0, 0]]),
    "softmax": lambda x, y: tf.nn.softmax(x) + tf.nn.log_softmax(y)[:, tf.newaxis],
    "types": lambda x, y: tf.one_hot(tf.cast(y * 2, tf.int32), 3) + tf.cast(tf.cumsum(y), tf.float32)[:, tf.newaxis],
    "a layer": lambda x, y: tf.nn.bias_add(tf.nn.relu(x), tf.constant([0.1, 0.2], tf.float64)),
    "losses": lambda x, y: tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(x), logits=x * 2),
    "nothing of the element": lambda x, y: (tf.constant([1.0, 2.0]), x[0]),
    "its shape": lambda x, y: tf.ones(tf.shape(x), tf.float64) * x,
    "matrices": lambda x, y: tf.matrix_inverse(tf.matmul(x, x, transpose_a=True) + tf.eye(2, dtype=tf.float64)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("known", [True, False])
def test_all_elements_at_once_give_what_one_after_the_other_gives(name, known):
    function = FUNCTIONS[name]
    x = tf.placeholder(tf.float64, X.shape if known else [None, 4, 2])
    y = tf.placeholder(tf.float64, Y.shape if known else [None, 4])
    result = tf.vectorized_map(lambda pair: function(*pair), (x, y))
    single = [function(x[index], y[index]) for index in range(3)]
    with tf.Session() as session:
        got, singles = session.run([result, single], {x: X, y: Y})
    assert known or name == "losses" or not any(op.type == "Enter" for op in x.graph.get_operations())
    for place, value in enumerate(tf.nest.flatten(got)):
        np.testing.assert_allclose(value, [tf.nest.flatten(one)[place] for one in singles], rtol=1e-9)


def test_its_gradients_are_those_of_the_function():
    x = tf.placeholder(tf.float64, [3, 4, 2])
    whole = tf.vectorized_map(lambda e: tf.reduce_sum(tf.sin(tf.matmul(e, e, transpose_a=True))), x)
    parts = tf.stack([tf.reduce_sum(tf.sin(tf.matmul(e, e, transpose_a=True))) for e in tf.unstack(x)])
    (one,), (other,) = tf.gradients(whole, x), tf.gradients(parts, x)
    second = tf.gradients(one * one, x) + tf.gradients(other * other, x)
    with tf.Session() as session:
        first, expected, again, twice = session.run([one, other, *second], {x: X})
    np.testing.assert_allclose(first, expected, rtol=1e-9)
    np.testing.assert_allclose(again, twice, rtol=1e-9)


def test_images_in_batches_become_one_batch():
    images = np.random.RandomState(0).rand(2, 3, 5, 5, 1).astype(np.float32)
    kernel = np.random.RandomState(1).rand(3, 3, 1, 2).astype(np.float32)

    def convolved(batch):
        return tf.nn.max_pool(tf.nn.conv2d(batch, kernel, 1, "SAME"), 2, 2, "VALID")

    whole, single = tf.vectorized_map(convolved, tf.constant(images)), [convolved(tf.constant(batch)) for batch in images]
    with tf.Session() as session:
        got, expected = session.run([whole, single])
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_random_numbers_branches_and_unknown_ops_are_made_for_each_element():
    def chosen(e):
        return tf.cond(e > 1.5, lambda: e * 10, lambda: e) + 0 * tf.random_uniform([])

    result = tf.vectorized_map(chosen, tf.constant([1.0, 2.0, 3.0]))
    with tf.Session() as session:
        assert session.run(result).tolist() == [1.0, 20.0, 30.0]


def test_a_function_that_cannot_be_vectorized_leaves_no_half_of_it_behind():
    tf.vectorized_map(lambda e: tf.random_shuffle(e), tf.constant([[1, 2], [3, 4]]))
    assert not any("PlaceholderWithDefault" in op.name for op in tf.get_default_graph().get_operations())


def test_variables_are_shared_by_all_elements():
    def layer(e):
        return e * tf.get_variable("w", initializer=2.0)

    result = tf.vectorized_map(layer, tf.constant([1.0, 2.0]))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(result).tolist() == [2.0, 4.0]
    assert [v.op.name for v in tf.global_variables()] == ["w"]


def test_every_rule_is_tried_here():
    with tf.Graph().as_default() as graph:
        x, y = tf.zeros(X.shape, tf.float64), tf.zeros(Y.shape, tf.float64)
        for function in FUNCTIONS.values():
            tf.vectorized_map(lambda pair, function=function: function(*pair), (x, y))
        types = {op.type for op in graph.get_operations() if "/pfor/" in op.name}
    assert len(types & set(RULES)) > 25
