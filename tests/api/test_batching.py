"""Functions whose callers share their runs."""

import threading

import numpy as np
import pytest

import autograd_lite as tf

A_WHILE = 60_000_000  # millionths of a second: longer than any test takes


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


class Seen:
    """A function of Python in the middle of a graph that keeps which arrays it was called with."""

    def __init__(self, fails=False):
        self.arrays = []
        self.fails = fails

    def __call__(self, x):
        y = tf.py_func(self._keep, [x], x.dtype)
        return y * 10.0

    def _keep(self, array):
        self.arrays.append(array)
        if self.fails:
            raise ValueError("no rows today")
        return array


def together(*calls):
    """What each call returns or raises, all of them made at the same time."""
    results = [None] * len(calls)

    def work(number, call):
        try:
            results[number] = call()
        except tf.errors.OpError as error:
            results[number] = error

    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return results


def asking(session, y, x, rows, timeout=None):
    options = None if timeout is None else tf.RunOptions(timeout_in_ms=timeout)
    return lambda: session.run(y, {x: np.array(rows, np.float32)}, options)


def batched(function, *limits, **more):
    x = tf.placeholder(tf.float32, [None])
    return x, tf.nondifferentiable_batch_function(*limits, **more)(function)(x)


def test_runs_at_the_same_time_share_one_call_and_get_their_own_rows(session):
    seen = Seen()
    x, y = batched(seen, 1, 6, A_WHILE)
    results = together(*[asking(session, y, x, rows) for rows in ([1], [2, 3], [4, 5, 6])])
    assert [list(result) for result in results] == [[10], [20, 30], [40, 50, 60]]
    assert len(seen.arrays) == 1 and sorted(seen.arrays[0]) == [1, 2, 3, 4, 5, 6]


def test_a_batch_that_is_not_full_runs_when_its_time_is_over(session):
    seen = Seen()
    x, y = batched(seen, 1, 8, 1000)
    assert list(session.run(y, {x: [1, 2]})) == [10, 20]
    assert [list(array) for array in seen.arrays] == [[1, 2]]


def test_a_batch_is_filled_up_to_an_allowed_size(session):
    seen = Seen()
    x, y = batched(seen, 1, 8, 0, allowed_batch_sizes=[2, 4, 8])
    assert list(session.run(y, {x: [5, 6, 7]})) == [50, 60, 70]
    assert [list(array) for array in seen.arrays] == [[5, 6, 7, 5]]
    assert session.run(y, {x: []}).shape == (0,)


def test_rows_that_do_not_fit_begin_the_next_batch(session):
    seen = Seen()
    x, y = batched(seen, 1, 3, A_WHILE)
    results = together(*[asking(session, y, x, [number, number, number]) for number in (1, 2, 3)])
    assert [list(result) for result in results] == [[10] * 3, [20] * 3, [30] * 3]
    assert len(seen.arrays) == 3


def test_the_node_is_that_of_tensorflow_and_takes_what_the_function_captures(session):
    weight = tf.Variable(2.0, name="w")
    scale = tf.placeholder(tf.float32, [], name="scale")
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    made = tf.nondifferentiable_batch_function(1, 4, 10)(lambda x, y: {"sum": x * weight * scale + y, "same": (y,)})(x, x)
    node = made["sum"].op
    assert (node.name, node.type, made["sum"].shape.ndims) == ("batch/BatchFunction", "BatchFunction", None)
    assert node.get_attr("max_enqueued_batches") == 10 and node.get_attr("Tin") == [tf.float32] * 2
    session.run(weight.initializer)
    result = session.run(made, {scale: 5.0})
    assert result["sum"].tolist() == [[11.0, 22.0], [33.0, 44.0]] and result["same"][0].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_effects_happen_once_per_batch(session):
    runs = tf.Variable(0, use_resource=True)

    def counted(x):
        runs.assign_add(1)
        return tf.identity(x)

    x, y = batched(counted, 1, 2, A_WHILE)
    session.run(runs.initializer)
    together(asking(session, y, x, [1]), asking(session, y, x, [2]))
    assert session.run(runs) == 1


def test_an_error_reaches_all_callers_of_the_batch(session):
    seen = Seen(fails=True)
    x, y = batched(seen, 1, 2, A_WHILE)
    first, second = together(asking(session, y, x, [1]), asking(session, y, x, [2]))
    for error in (first, second):
        assert isinstance(error, tf.errors.InvalidArgumentError) and "no rows today" in error.message
    assert first is not second and len(seen.arrays) == 1
    seen.fails = False
    assert list(session.run(y, {x: [3, 4]})) == [30, 40]


def test_a_caller_whose_time_is_over_leaves_the_others_alone(session):
    seen = Seen()
    x, y = batched(seen, 1, 3, A_WHILE)
    with pytest.raises(tf.errors.DeadlineExceededError):
        asking(session, y, x, [1], timeout=20)()
    results = together(asking(session, y, x, [2, 3]), asking(session, y, x, [4]))
    assert [list(result) for result in results] == [[20, 30], [40]]
    assert len(seen.arrays) == 1 and sorted(seen.arrays[0]) == [2, 3, 4]


def test_closing_the_session_wakes_who_waits():
    with tf.Graph().as_default():
        seen = Seen()
        arrived = threading.Event()
        x = tf.placeholder(tf.float32, [None])
        before = tf.py_func(lambda rows: (arrived.set(), rows)[1], [x], tf.float32)
        y = tf.nondifferentiable_batch_function(1, 3, A_WHILE)(seen)(before)
        session = tf.Session()

        def close():
            arrived.wait(30)
            session.close()

        error, _ = together(asking(session, y, x, [1]), close)
        assert isinstance(error, tf.errors.CancelledError) and not seen.arrays


def test_too_many_waiting_batches_are_refused(session):
    entered, goes_on = threading.Event(), threading.Event()

    def slow(rows):
        entered.set()
        goes_on.wait(30)
        return rows

    x, y = batched(lambda x: tf.py_func(slow, [x], tf.float32), 1, 2, A_WHILE, max_enqueued_batches=1)

    def late():
        entered.wait(30)
        try:
            return session.run(y, {x: [2, 3]})
        except tf.errors.UnavailableError:
            goes_on.set()
            raise

    results = together(asking(session, y, x, [0, 1]), late, late)  # one runs, one waits, one is refused
    assert sorted(type(result).__name__ for result in results) == ["UnavailableError", "ndarray", "ndarray"]


@pytest.mark.parametrize(
    ("limits", "more", "message"),
    [
        ((0, 4, 10), {}, "num_batch_threads must be positive; was 0"),
        ((1, 0, 10), {}, "max_batch_size must be positive; was 0"),
        ((1, 4, -1), {}, "batch_timeout_micros must be non-negative; was -1"),
        ((1, 4, 10), {"max_enqueued_batches": 0}, "max_enqueued_batches must be positive; was 0"),
        ((1, 4, 10), {"allowed_batch_sizes": [2, 2, 4]}, "allowed_batch_sizes entries must be monotonically increasing"),
        ((1, 4, 10), {"allowed_batch_sizes": [2, 3]}, "final entry in allowed_batch_sizes must equal max_batch_size"),
        ((1, 2, 10), {}, "Task size 3 is larger than maximum batch size 2"),
    ],
)
def test_limits_that_do_not_fit_are_refused(session, limits, more, message):
    x, y = batched(tf.identity, *limits, **more)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(y, {x: [1, 2, 3]})


@pytest.mark.parametrize(
    ("rows", "message"),
    [([1.0, 2.0], "must have equal 0th-dimension size"), (1.0, "must have at least one dimension")],
)
def test_inputs_have_the_same_number_of_rows(session, rows, message):
    y = tf.placeholder(tf.float32)
    both = tf.nondifferentiable_batch_function(1, 4, 10)(lambda x, y: (x, y))(tf.ones([3]), y)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(both, {y: rows})


@pytest.mark.parametrize(("keepdims", "message"), [(False, "has 0 dimensions"), (True, "does not equal the sum of the 0th dimension")])
def test_results_have_a_row_for_each_row(session, keepdims, message):
    x, y = batched(lambda x: tf.reduce_sum(x, keepdims=keepdims), 1, 4, 10)
    with pytest.raises(tf.errors.FailedPreconditionError, match=message):
        session.run(y, {x: [1, 2, 3]})


def test_callers_of_one_batch_bring_rows_of_one_shape(session):
    x = tf.placeholder(tf.float32)
    y = tf.nondifferentiable_batch_function(1, 2, A_WHILE)(tf.identity)(x)
    for error in together(asking(session, y, x, [[1, 2]]), asking(session, y, x, [[1, 2, 3]])):
        assert isinstance(error, tf.errors.InvalidArgumentError) and "Dimensions of inputs should match" in error.message


def test_what_is_no_tensor_is_refused_without_a_trace(session):
    with pytest.raises(ValueError, match="are supposed to be Tensors; found 3.0"):
        tf.nondifferentiable_batch_function(1, 4, 10)(tf.identity)(3.0)
    assert not session.graph.get_operations()
    x = tf.ones([2])
    with pytest.raises(TypeError, match="no such"):
        tf.nondifferentiable_batch_function(1, 4, 10)(_fails)(x)
    assert [op.name for op in session.graph.get_operations()] == [x.op.name]


def _fails(x):
    raise TypeError("no such thing")


def test_random_numbers_go_on_from_batch_to_batch(session):
    x, y = batched(lambda x: tf.random_uniform(tf.shape(x), seed=1), 1, 4, 0)
    assert session.run(y, {x: [0]}) != session.run(y, {x: [0]})
