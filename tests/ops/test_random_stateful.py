"""Random numbers from a state in a variable: TensorFlow's, bit for bit, and the state it leaves."""

import numpy as np
import pytest

import autograd_lite as tf

raw = tf.raw_ops


def _drawn(state, draw):
    with tf.Graph().as_default(), tf.Session() as session:
        held = tf.Variable(np.array(state, np.int64), use_resource=True)
        numbers = draw(held.handle)
        session.run(held.initializer)
        return np.asarray(session.run(numbers)).tolist(), session.run(held).tolist()


FAR = [(1 << 62) + 5, -1, -7]


@pytest.mark.parametrize(("state", "draw", "numbers", "left"), [
    ([1, 2, 3], lambda h: raw.StatefulUniform(resource=h, algorithm=1, shape=[2]), [0.45901167392730713, 0.5334248542785645], [513, 2, 3]),
    (FAR, lambda h: raw.StatefulUniform(resource=h, algorithm=1, shape=[2], dtype=tf.float64), [0.9503883611978952, 0.6067879282283208],
     [FAR[0] + 512, -1, -7]),
    ([1, 2, 3], lambda h: raw.StatefulStandardNormalV2(resource=h, algorithm=1, shape=[2]), [-0.2601637542247772, -1.2205220460891724],
     [513, 2, 3]),
    ([1, 2, 3], lambda h: raw.StatefulTruncatedNormal(resource=h, algorithm=1, shape=[5]),
     [-0.2601637542247772, -1.2205220460891724, -0.26770853996276855, -0.06486105173826218, 0.32242780923843384], [1281, 2, 3]),
    ([1, 2, 3], lambda h: raw.StatefulUniformInt(resource=h, algorithm=1, shape=[5], minval=tf.constant(0, tf.int64),
                                                 maxval=tf.constant(100, tf.int64)), [89, 83, 38, 87, 93], [1281, 2, 3]),
    ([1, 2, 3], lambda h: raw.StatefulUniformFullInt(resource=h, algorithm=1, shape=[2]), [17457156414005493989, 13176169492553350183],
     [513, 2, 3]),
    (FAR, lambda h: raw.StatefulUniformFullInt(resource=h, algorithm=1, shape=[2], dtype=tf.int32), [-1890634550, 1830650113],
     [FAR[0] + 512, -1, -7]),
    ([-1, 0, 9], lambda h: raw.RngSkip(resource=h, algorithm=1, delta=1), None, [255, 1, 9]),
], ids=range(8))  # fmt: skip
def test_numbers_and_states_are_those_of_tensorflow(state, draw, numbers, left):
    assert _drawn(state, draw) == (numbers, left)


def test_other_algorithms_and_states_are_refused():
    for state, algorithm, text in (([1, 2, 3], 7, "Unsupported algorithm id: 7"), ([1], 1, "must be at least 3; got 1")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            _drawn(state, lambda h, algorithm=algorithm: raw.StatefulUniform(resource=h, algorithm=algorithm, shape=[2]))


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64, tf.uint32, tf.uint64])
def test_numbers_that_nobody_can_foresee_have_the_wanted_shape_and_differ_from_run_to_run(dtype):
    numbers = tf.raw_ops.NonDeterministicInts(shape=np.array([2, 3], np.int64), dtype=dtype)
    assert numbers.shape.as_list() == [2, 3]
    with tf.Session() as session:
        first, second = session.run(numbers), session.run(numbers)
    assert first.shape == (2, 3)
    assert first.dtype == dtype.as_numpy_dtype
    assert first.tolist() != second.tolist()
