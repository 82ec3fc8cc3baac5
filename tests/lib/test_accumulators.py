"""Accumulators of gradients; numbers, nodes and messages are TensorFlow's."""

import threading

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.runtime.interpret import interpret
from autograd_lite.runtime.resources import Store
from tests.lib.building import names


def run_with_little_time(session, fetch):
    return session.run(fetch, options=tf.RunOptions(timeout_in_ms=50))


def test_the_mean_of_what_was_applied_is_taken_and_the_count_starts_again():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[2], name="acc")
    first, second = accumulator.apply_grad([1.0, 2.0]), accumulator.apply_grad([3.0, 6.0])
    mean, count = accumulator.take_grad(2), accumulator.num_accumulated()
    assert mean.shape.as_list() == [2]
    assert (accumulator.name, accumulator.dtype, count.op.name) == ("acc", tf.float32, "acc_NumAccumulated")
    with tf.Session() as session:
        session.run([first, second])
        assert session.run(count) == 2
        np.testing.assert_array_equal(session.run(mean), [2.0, 4.0])
        assert session.run(count) == 0


def test_a_sum_can_be_asked_for_and_a_shared_name_shares():
    made = [tf.ConditionalAccumulator(tf.float64, shape=[2], reduction_type="SUM", shared_name="one") for _ in range(2)]
    with tf.Session() as session:
        session.run([each.apply_grad([1.0, 2.0]) for each in made])
        np.testing.assert_array_equal(session.run(made[0].take_grad(2)), [2.0, 4.0])


def test_gradients_of_past_steps_are_dropped():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[])
    count = accumulator.num_accumulated()
    with tf.Session() as session:
        session.run(accumulator.apply_grad(1.0, local_step=0))
        session.run(accumulator.take_grad(1))  # the next step begins
        session.run(accumulator.apply_grad(1.0, local_step=0))
        assert session.run(count) == 0
        session.run(accumulator.set_global_step(5))
        session.run(accumulator.apply_grad(1.0, local_step=4))
        assert session.run(count) == 0
        session.run(accumulator.apply_grad(1.0, local_step=5))
        assert session.run(count) == 1


def test_taking_waits_for_other_threads_and_obeys_the_time_limit():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[])
    add, mean = accumulator.apply_grad(3.0), accumulator.take_grad(2)
    with tf.Session() as session:
        taken = []
        thread = threading.Thread(target=lambda: taken.append(session.run(mean)))
        thread.start()
        session.run(add)
        session.run(add)
        thread.join(10)
        assert taken == [3.0]
        with pytest.raises(tf.errors.DeadlineExceededError):
            run_with_little_time(session, mean)


def test_closing_the_session_wakes_who_waits():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[])
    mean, count, failed = accumulator.take_grad(1), accumulator.num_accumulated(), []
    session = tf.Session()
    session.run(count)

    def wait():
        try:
            session.run(mean)
        except tf.errors.CancelledError as error:
            failed.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not failed and thread.is_alive():
        session.close()
        thread.join(0.05)
    thread.join(10)
    assert len(failed) <= 1  # the run may not have begun when the session was closed
    assert not thread.is_alive()


def test_shapes_and_numbers_that_do_not_fit_are_refused():
    known, free = tf.ConditionalAccumulator(tf.float32, shape=[2]), tf.ConditionalAccumulator(tf.float32)
    fed = tf.placeholder(tf.float32)
    with pytest.raises(ValueError, match=r"Shapes \(3,\) and \(2,\) are incompatible"):
        known.apply_grad(tf.zeros([3]))
    with pytest.raises(ValueError, match="reduction_type"):
        tf.ConditionalAccumulator(tf.float32, reduction_type="MAX")
    to_known, to_free = known.apply_grad(fed), free.apply_grad(fed)
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Shape mismatch: expected \[2\], got \[3\]"):
            session.run(to_known, {fed: np.ones(3)})
        session.run(to_free, {fed: np.ones(3)})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Shape mismatch: expected \[3\], got \[2\]"):
            session.run(to_free, {fed: np.ones(2)})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Argument num_required must be positive, but was 0"):
            session.run(free.take_grad(0))


def test_the_mean_of_rows_counts_the_gradients_that_have_the_row():
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[3, 2])
    add = accumulator.apply_grad(grad_indices=[0, 2], grad_values=[[1.0, 1.0], [2.0, 2.0]], grad_shape=[3, 2])
    more = accumulator.apply_indexed_slices_grad(tf.IndexedSlices(tf.constant([[5.0, 5.0]]), tf.constant([2])))
    taken, slices = accumulator.take_grad(2), accumulator.take_indexed_slices_grad(1)
    with tf.Session() as session:
        session.run([add, more])
        got = session.run(taken)
        np.testing.assert_array_equal(got.indices, [0, 2])
        np.testing.assert_array_equal(got.values, [[1.0, 1.0], [3.5, 3.5]])
        np.testing.assert_array_equal(got.shape, [3, 2])
        session.run(accumulator.apply_grad([1], [[7.0, 7.0]], local_step=1))
        got = session.run(slices)
        np.testing.assert_array_equal(got.indices, [1])
        np.testing.assert_array_equal(got.values, [[7.0, 7.0]])


@pytest.mark.parametrize(
    ("indices", "values", "message"),
    [
        ([[1]], [[1.0, 2.0]], r"Input indices should be vector but received shape: \[1,1\]"),
        ([1, 0], [[1.0, 2.0]], "Expected 2 non-empty input values, got 1"),
        ([1], [[1.0, 2.0, 3.0]], "Shape mismatch: expected values dim 1 to be 2, got 3"),
        ([7], [[1.0, 2.0]], "Shape mismatch: index of slice 0 exceeded limits of shape; index is 7 exceeded 3"),
    ],
)
def test_rows_that_do_not_fit_are_refused(indices, values, message):
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[3, 2])
    at, rows = tf.placeholder(tf.int64), tf.placeholder(tf.float32)
    add = accumulator.apply_grad(at, rows)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(add, {at: indices, rows: values})


def test_the_nodes_are_tensorflows():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[2], name="acc")
    grad = tf.constant([1.0, 2.0])
    accumulator.apply_grad(grad, local_step=0)
    accumulator.take_grad(1)
    accumulator.set_global_step(5)
    assert names() == [
        "acc", "Const", "Const_1", "Cast", "ResourceAccumulatorApplyGradient", "ResourceAccumulatorTakeGradient/num_required",
        "ResourceAccumulatorTakeGradient", "Const_2", "Cast_1", "ResourceAccumulatorSetGlobalStep",
    ]  # fmt: skip


def test_a_wrong_call_leaves_nothing_in_the_graph():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[2])
    before = names()
    with pytest.raises(ValueError, match="incompatible"):
        accumulator.apply_grad([1.0, 2.0, 3.0])
    assert names() == before


def test_the_reference_interpreter_agrees():
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[3])
    add, taken = accumulator.apply_grad([1], [4.0]), accumulator.take_grad(1)
    store = Store()
    interpret(store, [add], {})
    np.testing.assert_array_equal(interpret(store, [taken.values], {})[0], [4.0])
