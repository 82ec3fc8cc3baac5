import numpy as np
import pytest

import autograd_lite as tf


def run(fetch):
    with tf.Session() as session:
        return session.run(fetch)


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def test_elements_are_read_in_any_order_and_stacked():
    array = tf.TensorArray(tf.float32, 3, clear_after_read=False).scatter([2, 0, 1], tf.constant([[1.0], [2.0], [3.0]]))
    stacked, gathered, one, size = run([array.stack(), array.gather([2, 2]), array.read(0), array.size()])
    assert stacked.tolist() == [[2.0], [3.0], [1.0]]
    assert gathered.tolist() == [[1.0], [1.0]]
    assert one.tolist() == [2.0]
    assert size == 3


def test_pieces_of_different_lengths_are_split_and_joined():
    array = tf.TensorArray(tf.float32, 2, infer_shape=False, clear_after_read=False).split(tf.constant([1.0, 2.0, 3.0]), [1, 2])
    assert run(array.concat()).tolist() == [1.0, 2.0, 3.0]
    assert run(array.read(1)).tolist() == [2.0, 3.0]


def test_an_array_grows_if_it_may():
    array = tf.TensorArray(tf.float32, 1, dynamic_size=True).write(3, 1.0)
    assert run(array.size()) == 4
    with pytest.raises(tf.errors.InvalidArgumentError, match="array is not resizeable and size is: 1"):
        run(tf.TensorArray(tf.float32, 1).write(3, 1.0).flow)


@pytest.mark.parametrize(
    "build, text",
    [
        (lambda: tf.TensorArray(tf.float32, 2).write(0, 1.0).write(0, 2.0).flow, "has already been written to"),
        (lambda: tf.TensorArray(tf.float32, 2).write(0, tf.constant(1)).flow, "TensorArray dtype is float but Op is trying to write"),
        (lambda: tf.TensorArray(tf.float32, 2).read(1), "Could not read from TensorArray index 1"),
        (lambda: tf.TensorArray(tf.float32, 2).read(5), "Tried to read from index 5 but array size is: 2"),
        (lambda: tf.TensorArray(tf.float32, -1).flow, "Size should be >= 0"),
        (lambda: tf.TensorArray(tf.float32, 2).unstack(tf.zeros([3])).flow, "not resizeable"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_an_error_of_the_run(build, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        run(build())


def test_an_empty_array_of_unknown_elements_cannot_be_stacked():
    with pytest.raises(tf.errors.UnimplementedError, match="is not fully defined"):
        run(tf.TensorArray(tf.float32, 0).stack())


def test_an_element_is_read_once_unless_it_is_kept():
    array = tf.TensorArray(tf.float32, 1).write(0, 1.0)
    first = array.read(0)
    with tf.control_dependencies([first]):
        second = array.read(0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="because it was cleared after a previous read"):
        run(second)


def test_shapes_of_elements_are_checked_and_inferred():
    array = tf.TensorArray(tf.float32, 2).write(0, tf.zeros([3]))
    assert array.read(1).shape.as_list() == [3]
    with pytest.raises(ValueError, match="Inconsistent shapes"):
        array.write(1, tf.zeros([4]))
    with pytest.raises(ValueError, match="`size` must be provided"):
        tf.TensorArray(tf.float32)


def test_gradients_flow_through_every_way_in_and_out():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    array = tf.TensorArray(tf.float32, 3, clear_after_read=False).unstack(x)
    y = tf.reduce_sum(array.stack() ** 2) + tf.reduce_sum(array.read(1)) * 10.0 + tf.reduce_sum(array.gather([0, 0]))
    np.testing.assert_array_equal(run(tf.gradients(y, x)[0]), [[4.0, 6.0], [16.0, 18.0], [10.0, 12.0]])
    pieces = tf.TensorArray(tf.float32, 2, infer_shape=False).split(x, [1, 2])
    np.testing.assert_array_equal(run(tf.gradients(pieces.concat() * 3.0, x)[0]), np.full((3, 2), 3.0))
    one = tf.TensorArray(tf.float32, 2, element_shape=[2]).write(1, x[0])
    np.testing.assert_array_equal(run(tf.gradients(one.stack(), x)[0]), [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
