"""Transformations of datasets; seeded orders are among the recorded programs (tests/golden)."""

import numpy as np
import pytest

import autograd_lite as tf

Dataset = tf.data.Dataset


def elements(dataset, most=100):
    """What a dataset gives, up to `most` elements."""
    following = tf.data.make_initializable_iterator(dataset)
    element, found = following.get_next(), []
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        session.run(tf.global_variables_initializer())
        session.run(following.initializer)
        for _ in range(most):
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError:
                break
    return found


def numbers(dataset, most=100):
    return [np.asarray(element).tolist() for element in elements(dataset, most)]


def test_map_filter_and_batch_follow_one_another():
    dataset = Dataset.range(10).map(lambda x: x * x).filter(lambda x: tf.equal(x % 2, 0)).batch(3)
    assert numbers(dataset) == [[0, 4, 16], [36, 64]]
    assert dataset.output_shapes.as_list() == [None]
    assert Dataset.range(10).batch(3, drop_remainder=True).output_shapes.as_list() == [3]


def test_the_lines_of_a_file_are_split_into_columns(tmp_path):
    (tmp_path / "table.csv").write_text("x,y,kind\n1,2,a\n3,,b\n5,6,a\n")

    def columns(line):
        x, y, kind = tf.decode_csv(line, [[0.0], [9.0], [""]])
        return tf.stack([x, y]), kind

    dataset = tf.data.TextLineDataset(str(tmp_path / "table.csv")).skip(1).map(columns)
    assert [(pair.tolist(), kind) for pair, kind in elements(dataset)] == [([1, 2], b"a"), ([3, 9], b"b"), ([5, 6], b"a")]
    assert len(elements(dataset.filter(lambda _, kind: tf.equal(kind, "a")))) == 2


def test_a_tuple_becomes_several_arguments_and_a_dict_one():
    pairs = Dataset.from_tensor_slices((np.arange(3), np.arange(3.0)))
    assert numbers(pairs.map(lambda a, b: tf.cast(a, tf.float64) + b)) == [0, 2, 4]
    named = Dataset.from_tensor_slices({"a": np.arange(3), "b": np.arange(3.0)})
    assert numbers(named.map(lambda row: row["b"] * 2)) == [0, 2, 4]
    assert named.output_types == {"a": tf.int64, "b": tf.float64}


def test_a_function_captures_tensors_around_it_and_reads_resource_variables_anew():
    scale = tf.constant(10.0) * 2.0
    offset = tf.get_variable("offset", initializer=1.0, use_resource=True)
    dataset = Dataset.range(3).map(lambda x: tf.cast(x, tf.float32) * scale + offset)
    iterator = tf.data.make_initializable_iterator(dataset)
    element, more = iterator.get_next(), offset.assign_add(100.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(iterator.initializer)
        assert session.run(element) == 1.0
        session.run(more)
        assert session.run(element) == 121.0


def test_a_function_looks_up_tables_of_the_session():
    table = tf.contrib.lookup.index_table_from_tensor(["a", "b"])
    assert numbers(Dataset.from_tensor_slices(["b", "x", "a"]).map(table.lookup)) == [1, -1, 0]


def test_functions_within_functions_capture_through_both():
    base = tf.constant(5, tf.int64) + 1
    dataset = Dataset.range(2).flat_map(lambda x: Dataset.range(2).map(lambda y: x * 10 + y + base))
    assert numbers(dataset) == [6, 7, 16, 17]


def test_random_numbers_in_a_function_go_on_with_each_repetition_and_begin_anew_with_the_iterator():
    dataset = Dataset.range(3).map(lambda x: tf.random_uniform([], maxval=50, dtype=tf.int32, seed=9)).repeat(2)
    found = numbers(dataset)
    assert len(set(found)) > 3
    assert numbers(dataset) == found


def test_repeat_of_nothing_for_ever_is_nothing():
    assert numbers(Dataset.range(0).repeat()) == []
    assert numbers(Dataset.range(2).repeat(), most=5) == [0, 1, 0, 1, 0]


def test_windows_overlap_and_may_be_incomplete():
    def windows(**how):
        return numbers(Dataset.range(7).window(3, **how).flat_map(lambda window: window.batch(3)))

    assert windows() == [[0, 1, 2], [3, 4, 5], [6]]
    assert windows(shift=2) == [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6]]
    assert windows(shift=1, stride=3, drop_remainder=True) == [[0, 3, 6]]
    assert windows(shift=5) == [[0, 1, 2], [5, 6]]


def test_padded_batches_of_nested_elements():
    dataset = Dataset.range(1, 4).map(lambda x: (tf.fill([x], x), {"text": tf.fill([x], "a")}))
    padded = dataset.padded_batch(2, ([None], {"text": [3]}), (np.int64(-1), {"text": "-"}))
    first, second = elements(padded)
    assert first[0].tolist() == [[1, -1], [2, 2]]
    assert first[1]["text"].tolist() == [[b"a", b"-", b"-"], [b"a", b"a", b"-"]]
    assert second[0].tolist() == [[3, 3, 3]]
    assert padded.output_shapes[1]["text"].as_list() == [None, 3]
    with pytest.raises(ValueError, match="is not compatible"):
        Dataset.from_tensor_slices(np.zeros((2, 4))).padded_batch(2, [3])


def test_sparse_elements_are_batched_mapped_and_taken_apart():
    sparse = tf.SparseTensor([[0, 0], [1, 2]], [1, 2], [2, 3])
    dataset = Dataset.from_tensor_slices(sparse)
    assert dataset.output_classes is tf.SparseTensor
    assert numbers(dataset.map(tf.sparse_tensor_to_dense)) == [[1, 0, 0], [0, 0, 2]]
    assert numbers(dataset.batch(2).map(tf.sparse_tensor_to_dense)) == [[[1, 0, 0], [0, 0, 2]]]
    (whole,) = elements(Dataset.from_tensors(sparse))
    assert whole.indices.tolist() == [[0, 0], [1, 2]]
    rows = elements(Dataset.from_sparse_tensor_slices(sparse))
    assert [row[0].tolist() for row in rows] == [[[0]], [[2]]]


def test_interleave_takes_turns():
    dataset = Dataset.range(3).interleave(lambda x: Dataset.from_tensors(x).repeat(3), cycle_length=2, block_length=2)
    assert numbers(dataset) == [0, 0, 1, 1, 0, 1, 2, 2, 2]
    threads = Dataset.range(3).interleave(lambda x: Dataset.from_tensors(x).repeat(3), 2, 2, num_parallel_calls=2)
    assert numbers(threads) == [0, 0, 1, 1, 0, 1, 2, 2, 2]


def test_parallel_maps_keep_the_order():
    assert numbers(Dataset.range(50).map(lambda x: x + 1, num_parallel_calls=4)) == list(range(1, 51))


def test_reduce_may_change_what_is_known_of_the_shape():
    total = Dataset.range(4).reduce(np.zeros(1, np.int64), lambda state, x: tf.concat([state, [x]], 0))
    assert tf.Session().run(total).tolist() == [0, 0, 1, 2, 3]
    assert tf.Session().run(Dataset.range(6).reduce(np.int64(0), lambda a, b: a + b)) == 15


def test_cached_elements_are_made_once():
    made = []

    def note(x):
        made.append(int(x))
        return x

    dataset = Dataset.range(3).map(lambda x: tf.py_func(note, [x], tf.int64)).cache().repeat(2)
    assert numbers(dataset) == [0, 1, 2, 0, 1, 2]
    assert made == [0, 1, 2]


def test_a_cache_file_appears_when_the_pass_is_complete_and_serves_the_next(tmp_path):
    path = tmp_path / "numbers"
    assert numbers(Dataset.range(3).map(lambda x: (x, tf.as_string(x))).map(lambda a, b: a).cache(str(path)), most=2) == [0, 1]
    assert list(tmp_path.iterdir()) == []
    assert numbers(Dataset.range(3).cache(str(path))) == [0, 1, 2]
    assert numbers(Dataset.range(99).cache(str(path))) == [0, 1, 2]


def test_generators_get_arguments_and_are_closed():
    closed = []

    def count(stop):
        try:
            yield from range(int(stop))
        finally:
            closed.append(True)

    dataset = Dataset.from_generator(count, tf.int64, [], args=(tf.constant(3) + 1,))
    assert numbers(dataset.repeat(2)) == [0, 1, 2, 3] * 2
    assert closed == [True, True]
    structured = Dataset.from_generator(lambda: iter([{"x": 1, "y": [1.0, 2.0]}]), {"x": tf.int32, "y": tf.float32}, {"x": [], "y": [2]})
    assert elements(structured)[0]["y"].tolist() == [1.0, 2.0]


def test_shuffled_elements_are_all_there_and_unseeded_orders_differ():
    found = [numbers(Dataset.range(50).shuffle(50)) for _ in range(3)]
    assert all(sorted(order) == list(range(50)) for order in found)
    assert len({tuple(order) for order in found}) > 1
    kept = numbers(Dataset.range(20).shuffle(20, reshuffle_each_iteration=False).repeat(2))
    assert kept[:20] == kept[20:]
    again = numbers(Dataset.range(20).shuffle(20).repeat(2))
    assert again[:20] != again[20:]


def test_wrong_functions_and_structures_are_refused():
    with pytest.raises(TypeError, match="must return a `Dataset` object"):
        Dataset.range(3).flat_map(lambda x: x)
    with pytest.raises(ValueError, match="scalar boolean"):
        Dataset.range(3).filter(lambda x: x)
    with pytest.raises(TypeError, match="different types"):
        Dataset.range(3).concatenate(Dataset.from_tensors(1.0))
    with pytest.raises(TypeError, match="Unsupported return value"):
        Dataset.range(3).map(lambda x: object())
    with pytest.raises(TypeError, match="must return a Dataset"):
        Dataset.range(3).apply(lambda dataset: 3)


def test_a_failing_function_names_its_node_and_leaves_the_graph_usable():
    dataset = Dataset.range(3).map(lambda x: tf.check_numerics(tf.log(tf.cast(x, tf.float32) - 1.0), "in map"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="in map : Tensor had NaN values"):
        elements(dataset)


def test_a_dataset_shows_itself_as_in_1_15():
    assert repr(Dataset.range(3).batch(2)) == "<DatasetV1Adapter shapes: (?,), types: tf.int64>"
    assert repr(Dataset.from_tensors({"a": 1.0})) == "<DatasetV1Adapter shapes: {'a': ()}, types: {'a': tf.float32}>"
