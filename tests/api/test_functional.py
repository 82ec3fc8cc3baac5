import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


@pytest.mark.parametrize("shape", [[3, 2], [None, 2]])
def test_maps_folds_and_scans_give_what_a_python_loop_gives(session, shape):
    x = tf.placeholder(tf.float64, shape)
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    fetches = [
        tf.map_fn(lambda e: e * e + 1.0, x),
        tf.foldl(lambda a, e: a * 2.0 + e, x),
        tf.foldr(lambda a, e: a * 2.0 + e, x),
        tf.scan(lambda a, e: a * e, x),
        tf.scan(lambda a, e: a + e, x, initializer=tf.constant([1.0, 1.0], tf.float64), reverse=True),
    ]
    mapped, left, right, scanned, back = session.run(fetches, {x: values})
    np.testing.assert_array_equal(mapped, values**2 + 1)
    np.testing.assert_array_equal(left, [15.0, 22.0])
    np.testing.assert_array_equal(right, [(5 * 2 + 3) * 2 + 1, (6 * 2 + 4) * 2 + 2])
    np.testing.assert_array_equal(scanned, np.cumprod(values, axis=0))
    np.testing.assert_array_equal(back, np.cumsum(values[::-1], axis=0)[::-1] + 1)


def test_structures_go_in_and_come_out(session):
    x, y = tf.constant([1.0, 2.0]), tf.constant([[1.0, 1.0], [2.0, 2.0]])
    a, b = tf.map_fn(lambda e: (e[0] * e[1], tf.cast(e[0], tf.int32)), (x, y), dtype=(tf.float32, tf.int32))
    assert session.run(a).tolist() == [[1.0, 1.0], [4.0, 4.0]]
    assert session.run(b).tolist() == [1, 2]


def test_gradients_flow_through_maps(session):
    x = tf.constant([1.0, 2.0, 3.0])
    (g,) = tf.gradients(tf.map_fn(lambda e: e**3, x), x)
    np.testing.assert_allclose(session.run(g), [3.0, 12.0, 27.0], rtol=1e-6)
    (g,) = tf.gradients(tf.scan(lambda a, e: a * e, x), x)
    np.testing.assert_allclose(session.run(g), [1 + 2 + 6, 1 + 3, 2], rtol=1e-6)


def test_nothing_maps_to_nothing(session):
    assert session.run(tf.map_fn(lambda e: e * 2.0, tf.zeros([0, 2]))).shape == (0, 2)


def test_a_vectorized_map_finds_its_types_itself(session):
    assert session.run(tf.vectorized_map(lambda e: tf.cast(e, tf.int32) + 1, tf.constant([1.0, 2.0]))).tolist() == [2, 3]
