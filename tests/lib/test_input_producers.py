"""Producers of file names, numbers and rows, and the batches made of what they give."""

import os

import numpy as np
import pytest

import autograd_lite as tf


class _Running:
    """A session in which the queue runners of the graph run."""

    def __enter__(self):
        self.session = tf.Session()
        self.session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        self.coordinator = tf.train.Coordinator()
        self.threads = tf.train.start_queue_runners(self.session, self.coordinator)
        return self

    def __exit__(self, *error):
        self.coordinator.request_stop()
        self.coordinator.join(self.threads, stop_grace_period_secs=5)
        self.session.close()

    def times(self, count, fetches):
        return [self.session.run(fetches) for _ in range(count)]

    def until_the_end(self, fetches):
        found = []
        try:
            while True:
                found.append(self.session.run(fetches))
        except tf.errors.OutOfRangeError:
            return found


def _op_names():
    return [op.name for op in tf.get_default_graph().get_operations()]


def _seconds(batches):
    return [np.asarray(batch).tolist() for batch in batches]


def test_the_nodes_of_a_producer():
    tf.train.range_input_producer(5, num_epochs=1, shuffle=False, capacity=5)
    assert _op_names() == [
        "input_producer/range/start", "input_producer/range/limit", "input_producer/range/delta", "input_producer/range",
        "input_producer/limit_epochs/Const", "input_producer/limit_epochs/epochs", "input_producer/limit_epochs/epochs/Assign",
        "input_producer/limit_epochs/epochs/read", "input_producer/limit_epochs/CountUpTo", "input_producer/limit_epochs",
        "input_producer", "input_producer/input_producer_EnqueueMany", "input_producer/input_producer_Close",
        "input_producer/input_producer_Close_1", "input_producer/input_producer_Size", "input_producer/Cast", "input_producer/mul/y",
        "input_producer/mul", "input_producer/fraction_of_5_full/tags", "input_producer/fraction_of_5_full",
    ]  # fmt: skip
    assert [variable.name for variable in tf.local_variables()] == ["input_producer/limit_epochs/epochs:0"]
    assert [runner.name for runner in tf.get_collection("queue_runners")] == ["input_producer"]


def test_the_nodes_of_batches():
    tf.train.shuffle_batch([tf.constant(1)], 4, 20, 5, seed=3)
    stem = "shuffle_batch"
    queue = f"{stem}/random_shuffle_queue"
    names = ["Const", f"{queue}", f"{queue}_enqueue", f"{queue}_Close", f"{queue}_Close_1", f"{queue}_Size"]
    more = ["sub/y", "sub", "Maximum/x", "Maximum", "Cast", "mul/y", "mul"]
    more += ["fraction_over_5_of_15_full/tags", "fraction_over_5_of_15_full", "n"]
    assert _op_names() == ["Const", f"{stem}/Const", *names[1:], *(f"{stem}/{name}" for name in more), stem]


def test_every_epoch_gives_every_name_once():
    name = tf.train.string_input_producer(["a", "b", "c"], num_epochs=3, seed=1).dequeue()
    with _Running() as running:
        found = running.until_the_end(name)
    assert [sorted(found[start : start + 3]) for start in (0, 3, 6)] == [[b"a", b"b", b"c"]] * 3 and len(found) == 9


def test_rows_of_several_tensors_stay_together():
    row, label = tf.train.slice_input_producer([np.arange(8).reshape(4, 2), tf.constant(list("wxyz"))], num_epochs=1, seed=3)
    with _Running() as running:
        found = running.until_the_end([row, label])
    assert sorted((tuple(pair.tolist()), letter) for pair, letter in found) == [
        ((0, 1), b"w"), ((2, 3), b"x"), ((4, 5), b"y"), ((6, 7), b"z"),
    ]  # fmt: skip


def test_files_are_looked_for_when_the_variable_is_initialized(tmp_path):
    names = tf.train.match_filenames_once(str(tmp_path / "*.txt"))
    (tmp_path / "late.txt").write_text("")
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert session.run(names).tolist() == [os.fsencode(tmp_path / "late.txt")]


def test_lines_of_files_become_batches_of_columns(tmp_path):
    for part in range(3):
        (tmp_path / f"{part}.csv").write_text("x,y\n" + "".join(f"{part}.{row},{10 * part + row}\n" for row in range(4)))
    files = tf.train.string_input_producer(tf.train.match_filenames_once(str(tmp_path / "*.csv")), num_epochs=1, shuffle=False)
    line = tf.TextLineReader(skip_header_lines=1).read(files).value
    x, y = tf.decode_csv(line, [[0.0], [0]])
    xs, ys = tf.train.batch([x, y], 5, allow_smaller_final_batch=True)
    assert xs.shape.as_list() == [None]
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        found = []
        with pytest.raises(tf.errors.OutOfRangeError):
            while True:
                found.append(session.run([xs, ys]))
        coordinator.request_stop()
        coordinator.join(threads)
    assert [ys.tolist() for _, ys in found] == [[0, 1, 2, 3, 10], [11, 12, 13, 20, 21], [22, 23]]
    assert found[0][0].tolist() == np.float32([0.0, 0.1, 0.2, 0.3, 1.0]).tolist()


def test_batches_in_order_and_dictionaries():
    number = tf.train.range_input_producer(7, num_epochs=1, shuffle=False).dequeue()
    batch = tf.train.batch({"n": number, "square": number * number}, 3)
    with _Running() as running:
        found = running.until_the_end(batch)
    assert [one["n"].tolist() for one in found] == [[0, 1, 2], [3, 4, 5]]
    assert found[1]["square"].tolist() == [9, 16, 25]


def test_elements_of_different_sizes_are_padded():
    number = tf.train.range_input_producer(4, num_epochs=1, shuffle=False).dequeue()
    batch = tf.train.batch([tf.fill([number], number)], 4, dynamic_pad=True)
    assert batch.shape.as_list() == [4, None]
    with _Running() as running:
        assert running.session.run(batch).tolist() == [[0, 0, 0], [1, 0, 0], [2, 2, 0], [3, 3, 3]]


def test_several_sources_fill_one_queue():
    sources = [[tf.constant(number)] for number in (1, 2, 3)]
    batch = tf.train.batch_join(sources, 20, capacity=6)
    with _Running() as running:
        assert set(np.concatenate(running.times(5, batch)).tolist()) <= {1, 2, 3}
    assert [len(runner.enqueue_ops) for runner in tf.get_collection("queue_runners")] == [3]


@pytest.mark.parametrize("known", [True, False])
def test_only_wanted_elements_are_kept(known):
    number = tf.train.range_input_producer(10, num_epochs=1, shuffle=False).dequeue()
    if known:
        kept = tf.train.maybe_batch([number], tf.constant(True), 5)
        wanted = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    else:
        kept = tf.train.maybe_batch([number], tf.equal(number % 2, 0), 5)
        wanted = [[0, 2, 4, 6, 8]]
    with _Running() as running:
        assert _seconds(running.until_the_end(kept)) == wanted


def test_of_several_elements_at_once_only_wanted_ones_are_kept():
    numbers = tf.train.batch([tf.train.range_input_producer(8, num_epochs=1, shuffle=False).dequeue()], 4)
    kept = tf.train.maybe_batch([numbers], numbers % 4 < 2, 2, enqueue_many=True)
    with _Running() as running:
        assert _seconds(running.until_the_end(kept)) == [[0, 1], [4, 5]]


@pytest.mark.parametrize("make", [
    lambda number, keep: tf.train.maybe_batch_join([[number]], keep, 2, capacity=9, allow_smaller_final_batch=True),
    lambda number, keep: tf.train.maybe_shuffle_batch([number], 2, 20, 2, keep, num_threads=2, seed=3, allow_smaller_final_batch=True),
    lambda number, keep: tf.train.maybe_shuffle_batch_join([[number]], 2, 20, 2, keep, seed=3, allow_smaller_final_batch=True),
])  # fmt: skip
def test_only_wanted_elements_are_joined_and_shuffled(make):
    number = tf.train.range_input_producer(10, num_epochs=1, shuffle=False).dequeue()
    batch = make(number, tf.equal(number % 2, 0))
    assert batch.shape.as_list() == [None]
    with _Running() as running:
        assert sorted(np.concatenate(_seconds(running.until_the_end(batch)))) == [0, 2, 4, 6, 8]


def test_several_sources_are_shuffled_together():
    sources = [[tf.train.range_input_producer(4, num_epochs=1, shuffle=False).dequeue() + more] for more in (0, 10)]
    batch = tf.train.shuffle_batch_join(sources, 4, 20, 2, seed=3, allow_smaller_final_batch=True)
    assert batch.op.name == "shuffle_batch_join"
    with _Running() as running:
        found = np.concatenate(_seconds(running.until_the_end(batch)))
    assert sorted(found) == [0, 1, 2, 3, 10, 11, 12, 13]


def test_shuffled_batches_hold_every_element_once_in_the_order_of_the_seed():
    def order():
        with tf.Graph().as_default():
            number = tf.train.range_input_producer(50, num_epochs=1, shuffle=False).dequeue()
            batch = tf.train.shuffle_batch([number], 10, capacity=60, min_after_dequeue=20, seed=7)
            with _Running() as running:
                while running.session.run("shuffle_batch/random_shuffle_queue_Size:0") < 50:
                    pass  # the order depends on how many elements there are to choose from
                return np.concatenate(running.until_the_end(batch)).tolist()

    first = order()
    assert sorted(first) == list(range(50)) and first != list(range(50)) and order() == first


def test_sparse_tensors_go_through_batches():
    number = tf.train.range_input_producer(4, num_epochs=1, shuffle=False).dequeue()
    sparse = tf.SparseTensor(tf.cast([[number]], tf.int64), tf.cast([number], tf.float32) + 0.5, [4])
    batch, numbers = tf.train.batch([sparse, number], 2)
    assert isinstance(batch, tf.SparseTensor) and batch.indices.shape.as_list() == [None, 2]
    with _Running() as running:
        found = running.until_the_end([tf.sparse_tensor_to_dense(batch), numbers])
    assert [dense.tolist() for dense, _ in found] == [[[0.5, 0, 0, 0], [0, 1.5, 0, 0]], [[0, 0, 2.5, 0], [0, 0, 0, 3.5]]]


def test_rows_of_sparse_tensors_and_several_sources_of_them():
    sparse = tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, 2.0, 3.0], [2, 3])
    rows = tf.train.batch([sparse], 4, enqueue_many=True)
    joined = tf.train.batch_join([[tf.SparseTensor([[0]], [1.0], [2])], [tf.SparseTensor([[1]], [2.0], [2])]], 6)
    with _Running() as running:
        dense = running.session.run(tf.sparse_tensor_to_dense(rows))
        assert dense.tolist() == [[0, 1, 0], [2, 0, 3]] * 2
        assert {tuple(row) for row in running.session.run(tf.sparse_tensor_to_dense(joined)).tolist()} <= {(1, 0), (0, 2)}


def test_how_full_the_queue_is_is_noted():
    tf.train.batch([tf.constant(1)], 2, capacity=4)
    with tf.Session() as session:
        (value,) = tf.Summary.FromString(session.run(tf.summary.merge_all())).value
    assert (value.tag, value.simple_value) == ("batch/fraction_of_4_full", 0.0)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: tf.train.string_input_producer([]), ValueError, "^string_input_producer requires a non-null input tensor"),
        (lambda: tf.train.slice_input_producer([]), ValueError, r"^Expected at least one tensor in slice_input_producer\(\)"),
        (lambda: tf.train.input_producer(tf.constant(1)), ValueError, r"^Shape \(\) must have rank at least 1"),
        (lambda: tf.train.input_producer(tf.placeholder(tf.float32, [None, None])), ValueError, "^Either `input_tensor` must have a fully"),
        (lambda: tf.train.limit_epochs(tf.constant(1), 0), ValueError, "^num_epochs must be > 0 not 0."),
        (lambda: tf.train.batch([], 3), ValueError, r"^Expected at least one tensor in batch\(\)."),
        (lambda: tf.train.batch([tf.placeholder(tf.float32)], 4), ValueError, "^Cannot infer Tensor's rank: Tensor"),
        (lambda: tf.train.shuffle_batch([tf.placeholder(tf.float32, [None])], 2, 10, 2), ValueError, "^All shapes must be fully defined"),
        (lambda: tf.train.shuffle_batch([tf.constant(1)], 2, 2, 2), ValueError, "^capacity 2 must be bigger than min_after_dequeue 2."),
        (lambda: tf.train.batch_join([[tf.constant(1)], [tf.constant(2.0)]], 3), TypeError, "consistent: int32 vs. float32."),
        (lambda: tf.train.batch_join([], 3), ValueError, "^Expected at least one set of tensors"),
        (lambda: tf.train.maybe_batch([tf.constant(1)], tf.constant([True]), 3), ValueError, "^`keep_input` cannot be a vector when"),
    ],
)
def test_wrong_arguments_are_told_and_leave_nothing_behind(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
    assert not tf.get_collection("queue_runners")


def test_an_empty_tensor_of_names_is_told_when_it_runs():
    words = tf.placeholder_with_default(np.array([], object), [None])
    name = tf.train.string_input_producer(words).dequeue()
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(name)
        with pytest.raises(tf.errors.InvalidArgumentError, match="string_input_producer requires a non-null input tensor"):
            coordinator.join(threads)
