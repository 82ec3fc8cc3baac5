"""Iterators of datasets: how they begin, go on, end, and are exchanged."""

import gc
import itertools
import threading
import time

import numpy as np
import pytest

import autograd_lite as tf

Dataset, experimental = tf.data.Dataset, tf.data.experimental


def test_an_iterator_begins_again_with_other_fed_values():
    limit = tf.placeholder(tf.int64, [])
    iterator = Dataset.range(limit).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        for stop in (2, 3):
            session.run(iterator.initializer, {limit: stop})
            assert [session.run(element) for _ in range(stop)] == list(range(stop))
            with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
                session.run(element)


def test_one_iterator_takes_several_datasets_of_one_structure():
    iterator = tf.data.Iterator.from_structure(tf.int64, [])
    train, test = iterator.make_initializer(Dataset.range(3)), iterator.make_initializer(Dataset.range(10, 12))
    element = iterator.get_next()
    with tf.Session() as session:
        session.run(train)
        assert session.run(element) == 0
        session.run(test)
        assert session.run(element) == 10
    with pytest.raises(ValueError, match="does not have an initializer"):
        iterator.initializer
    with pytest.raises(TypeError, match="Expected output types"):
        iterator.make_initializer(Dataset.from_tensors(1.0))
    with pytest.raises(ValueError, match="Expected output shapes compatible"):
        iterator.make_initializer(Dataset.range(3).batch(2))


def test_a_fed_handle_chooses_the_iterator():
    handle = tf.placeholder(tf.string, [])
    first, second = Dataset.range(3).repeat().make_one_shot_iterator(), Dataset.range(10, 13).make_initializable_iterator()
    element = tf.data.Iterator.from_string_handle(handle, tf.int64, []).get_next()
    with tf.Session() as session:
        session.run(second.initializer)
        handles = session.run([first.string_handle(), second.string_handle()])
        assert [session.run(element, {handle: handles[n]}) for n in (0, 1, 0, 1)] == [0, 10, 1, 11]
        with pytest.raises(tf.errors.NotFoundError):
            session.run(element, {handle: b"nothing"})


def test_all_parts_of_one_element_come_from_one_step():
    a, b = Dataset.zip((Dataset.range(5), Dataset.range(5).map(lambda x: x * x))).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        for _ in range(5):
            x, y, total = session.run([a, b, a + b])
            assert y == x * x
            assert total == x + y


def test_a_one_shot_iterator_refuses_what_belongs_to_a_session():
    variable, fed = tf.Variable(1.0), tf.placeholder(tf.float32, [])
    refused = r"Cannot capture a stateful node \(name:Variable, type:VariableV2\) by value\..*make_initializable"
    with pytest.raises(ValueError, match=refused):
        Dataset.range(2).map(lambda x: tf.cast(x, tf.float32) + variable).make_one_shot_iterator()
    with pytest.raises(ValueError, match="Cannot capture a placeholder"):
        Dataset.from_tensors(fed).make_one_shot_iterator()


def test_get_next_in_a_loop_is_warned_of():
    iterator = Dataset.range(3).make_one_shot_iterator()
    with pytest.warns(UserWarning, match="unusually high number of `Iterator.get_next\\(\\)` calls"):
        for _ in range(33):
            iterator.get_next()


def test_threads_share_an_iterator_and_each_element_comes_once():
    element = Dataset.range(200).prefetch(8).make_one_shot_iterator().get_next()
    found, session = [], tf.Session()

    def work():
        while True:
            try:
                found.append(int(session.run(element)))
            except tf.errors.OutOfRangeError:
                return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    session.close()
    assert sorted(found) == list(range(200))


def pipeline_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("dataset_")]


def ended(within=2.0):
    until = time.monotonic() + within
    while pipeline_threads() and time.monotonic() < until:
        time.sleep(0.01)
    return not pipeline_threads()


def inner(x):
    return Dataset.from_tensors(x).repeat(50)


# Pipelines that work in threads of their own; each takes a function that may fail.
THREADED = {
    "prefetch": lambda work: Dataset.range(10_000).map(work).prefetch(4),
    "parallel map": lambda work: Dataset.range(10_000).map(work, num_parallel_calls=3),
    "parallel interleave": lambda work: Dataset.range(10_000).interleave(lambda x: inner(x).map(work), 3, 2, num_parallel_calls=3),
    "parallel_interleave": lambda work: Dataset.range(10_000).apply(experimental.parallel_interleave(lambda x: inner(x).map(work), 3, 2)),
    "map_and_batch": lambda work: Dataset.range(10_000).apply(experimental.map_and_batch(work, 3, num_parallel_calls=3)),
    "all together": lambda work: THREADED["parallel interleave"](work).map(tf.sqrt, num_parallel_calls=2).prefetch(2).repeat().prefetch(1),
}


def abandon(pipeline, number):
    """Use a pipeline for a while and leave it: between elements, after its producer failed, begun anew, or forgotten."""
    with tf.Graph().as_default():
        def work(x):
            return tf.check_numerics(10.0 / tf.cast(x - (7 if number % 3 == 0 else -1), tf.float32), "division")

        iterator = pipeline(work).make_initializable_iterator()
        element = iterator.get_next()
        session = tf.Session()
        session.run(iterator.initializer)
        failed = False
        try:
            for _ in range(450 if number % 12 == 0 else number % 11):
                session.run(element)
        except tf.errors.InvalidArgumentError:
            failed = True
        assert failed or number % 12 != 0
        if number % 3 == 1:
            session.run(iterator.initializer)
            session.run(element)
        if number % 4 != 3:
            session.close()
        del session, iterator, element
    gc.collect()


def ends_in_time(name, tries):
    for number in range(tries):
        abandon(THREADED[name], number)
        assert ended(), f"try {number}: {pipeline_threads()}"


@pytest.mark.parametrize("name", THREADED)
def test_no_thread_outlives_its_session(name):
    ends_in_time(name, 12)  # each way of `abandon` once


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", THREADED)
def test_no_thread_outlives_its_session_in_two_hundred_tries(name):
    ends_in_time(name, 200)


def test_a_waiting_run_ends_when_the_session_closes_or_the_time_is_over():
    release = threading.Event()

    def slow(x):
        release.wait(20)
        return x

    dataset = Dataset.range(3).map(lambda x: tf.py_func(slow, [x], tf.int64)).prefetch(1)
    element, session = dataset.make_one_shot_iterator().get_next(), tf.Session()
    with pytest.raises(tf.errors.DeadlineExceededError):
        session.run(element, options=tf.RunOptions(timeout_in_ms=100))
    timer = threading.Timer(0.2, session.close)
    timer.start()
    with pytest.raises(tf.errors.CancelledError):
        session.run(element)
    release.set()
    timer.join()
    assert ended()


def endless():
    return Dataset.range(5).repeat()


# Pipelines that never come to their first element.
ENDLESS = {
    "filter": lambda: endless().filter(lambda x: x > 9),
    "skip": lambda: endless().skip(10**12),
    "long range": lambda: Dataset.range(10**12).filter(lambda x: x < 0),
    "flat_map": lambda: endless().flat_map(lambda x: Dataset.range(0)),
    "interleave": lambda: endless().interleave(lambda x: Dataset.range(0), 2),
    "ignore_errors": lambda: endless().map(lambda x: tf.check_numerics(x / 0, "x")).apply(experimental.ignore_errors()),
    "batch": lambda: endless().batch(10**12),
    "shuffle": lambda: endless().shuffle(10**12),
    "shuffle_and_repeat": lambda: Dataset.range(5).shuffle(5).repeat().filter(lambda x: x > 9),
    "slices": lambda: Dataset.from_tensor_slices([1, 2]).repeat().skip(10**12),
    "random": lambda: experimental.RandomDataset(1).filter(lambda x: x < 0),
    "generator": lambda: Dataset.from_generator(itertools.count, tf.int64, []).filter(lambda x: x < 0),
    "parallel map": lambda: endless().map(lambda x: x + 1, num_parallel_calls=2).filter(lambda x: x > 9),
    "prefetch": lambda: endless().filter(lambda x: x > 9).prefetch(1),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_search_without_an_end_obeys_the_time_limit_and_ends_with_the_session(name):
    element, session = ENDLESS[name]().make_one_shot_iterator().get_next(), tf.Session()
    for _ in range(2):  # a time limit is not the end of the data
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(element, options=tf.RunOptions(timeout_in_ms=50))
    threading.Timer(0.05, session.close).start()
    with pytest.raises(tf.errors.CancelledError):
        session.run(element)
    assert ended()


def test_what_was_gathered_for_a_batch_is_kept_when_the_time_is_over():
    rest = threading.Event()
    rest.set()

    def waiting(x):
        rest.wait(0.2)
        return x

    for source in (Dataset.range(2), Dataset.from_tensor_slices(np.arange(2))):
        slow = source.repeat(2).map(lambda x: tf.py_func(waiting, [x], tf.int64)).batch(4)
        element = slow.make_one_shot_iterator().get_next()
        with tf.Session() as session:
            rest.clear()
            with pytest.raises(tf.errors.DeadlineExceededError):
                session.run(element, options=tf.RunOptions(timeout_in_ms=100))
            rest.set()
            assert session.run(element).tolist() == [0, 1, 0, 1]


def test_a_pipeline_holds_no_more_than_its_buffers():
    made = []

    def note(x):
        made.append(int(x))
        return x

    element = Dataset.range(1000).map(lambda x: tf.py_func(note, [x], tf.int64)).prefetch(5).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        session.run(element)
        time.sleep(0.2)
        assert len(made) <= 8


def counted(source, most):
    """A dataset that notes how many elements were made, and a function that tells how many more than taken there were at most."""
    made, taken = [], []

    def note(x):
        made.append(int(x))
        return x

    element = source(lambda x: tf.py_func(note, [x], tf.int64)).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        for _ in range(20):
            taken.append(session.run(element))
            time.sleep(0.01)
            assert len(made) - len(taken) <= most


def test_threads_of_a_map_hold_one_element_each():
    counted(lambda note: Dataset.range(1000).map(note, num_parallel_calls=3), 3)


def test_datasets_read_in_turn_hold_a_block_each():
    def lines(note):
        return Dataset.range(100).interleave(
            lambda x: Dataset.range(100).map(note), cycle_length=3, block_length=2, num_parallel_calls=2
        )

    counted(lines, 3 * (2 + 2))  # a block and one more lie ready, and one waits for room


def test_a_graph_with_a_pipeline_is_exported_and_imported():
    offset = tf.constant(3, tf.int64) * 2
    dataset = Dataset.range(3).map(lambda x: x * 2 + offset).flat_map(lambda x: Dataset.from_tensors(x).repeat(2)).batch(4)
    element = dataset.make_one_shot_iterator().get_next()
    exported = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        (again,) = tf.import_graph_def(exported, return_elements=[element.name], name="")
        with tf.Session() as session:
            assert session.run(again).tolist() == [6, 6, 8, 8]
            assert session.run(again).tolist() == [10, 10]


def test_an_imported_pipeline_may_not_read_files_unless_it_is_trusted(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("one\ntwo\n")
    element = tf.data.TextLineDataset(str(path)).make_one_shot_iterator().get_next()
    exported = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        (again,) = tf.import_graph_def(exported, return_elements=[element.name], name="")
        with pytest.raises(tf.errors.PermissionDeniedError):
            tf.Session().run(again)
    with tf.Graph().as_default():
        (again,) = tf.import_graph_def(exported, return_elements=[element.name], name="", allow_io=True)
        assert tf.Session().run(again) == b"one"


def test_training_reads_from_a_pipeline():
    x = np.linspace(-1, 1, 64).astype(np.float32)
    a, b = Dataset.from_tensor_slices((x, 3 * x + 1)).shuffle(64, seed=1).repeat().batch(16).make_one_shot_iterator().get_next()
    slope, offset = tf.Variable(0.0), tf.Variable(0.0)
    train = tf.train.GradientDescentOptimizer(0.3).minimize(tf.reduce_mean(tf.square(a * slope + offset - b)))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(200):
            session.run(train)
        assert session.run([slope, offset]) == pytest.approx([3, 1], abs=1e-3)
