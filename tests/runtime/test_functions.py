"""Functions called while a graph runs."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import autograd_lite as tf

Dataset = tf.data.Dataset


def elements(element, session, count):
    return [session.run(element) for _ in range(count)]


def test_each_pass_has_random_numbers_of_its_own_and_the_same_under_one_seed():
    found = []
    for _ in range(2):
        with tf.Graph().as_default(), tf.Session() as session:
            drawn = Dataset.range(3).map(lambda x: tf.random_uniform([], seed=4)).repeat(2).make_one_shot_iterator().get_next()
            found.append(elements(drawn, session, 6))
    assert found[0] == found[1]
    assert len(set(found[0][:3])) == 3


def test_variables_and_tables_are_those_of_the_session():
    weight = tf.get_variable("weight", [], tf.int64, tf.constant_initializer(2), use_resource=True)
    keys = tf.constant(["a", "b"])
    table = tf.contrib.lookup.HashTable(tf.contrib.lookup.KeyValueTensorInitializer(keys, tf.constant([5, 6], tf.int64)), -1)
    dataset = Dataset.from_tensor_slices(["a", "b", "c"]).repeat().map(lambda key: table.lookup(key) * weight)
    iterator = dataset.make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        session.run(iterator.initializer)
        assert elements(element, session, 3) == [10, 12, -2]
        session.run(weight.assign(3))
        assert elements(element, session, 3) == [15, 18, -3]


def test_an_error_names_the_node_in_the_function_and_the_line_of_the_user():
    dataset = Dataset.range(2).map(lambda x: tf.check_numerics(1.0 / tf.cast(x, tf.float32), "division"))
    element = dataset.make_one_shot_iterator().get_next()
    with pytest.raises(tf.errors.InvalidArgumentError, match="division") as caught:
        tf.Session().run(element)
    assert "CheckNumerics" in str(caught.value)
    assert __file__ in str(caught.value)


def test_a_missing_function_is_told():
    element = Dataset.range(2).map(lambda x: x + 1).make_one_shot_iterator().get_next()
    definition = tf.get_default_graph().as_graph_def()
    kept = [function for function in definition.library.function if "_make_dataset" in function.signature.name]
    del definition.library.function[:]
    definition.library.function.extend(kept)
    with tf.Graph().as_default():
        (again,) = tf.import_graph_def(definition, return_elements=[element.name], name="")
        with pytest.raises(tf.errors.OpError, match="is not defined in the library"):
            tf.Session().run(again)


def test_texts_reach_functions_as_scalars():
    dataset = Dataset.from_tensor_slices(["1,2", "3,4"]).map(lambda line: tf.stack(tf.decode_csv(line, [[0], [0]])))
    dataset = dataset.map(lambda row: tf.reshape(tf.string_join([tf.as_string(row[0]), "!"]), [1])).batch(2)
    assert tf.Session().run(dataset.make_one_shot_iterator().get_next()).tolist() == [[b"1!"], [b"3!"]]


def test_a_pipeline_works_on_another_backend():
    with tf.use_backend("strict"):
        images = np.arange(24, dtype=np.float32).reshape(6, 4)
        offset = tf.constant(1.0)
        dataset = Dataset.from_tensor_slices((images, np.arange(6))).shuffle(6, seed=1).repeat(2)
        dataset = dataset.map(lambda image, label: (tf.reduce_sum(image) * 2.0 + offset, label)).batch(4).prefetch(1)
        dataset = dataset.filter(lambda sums, labels: tf.reduce_all(sums > 0.0))
        sums, labels = dataset.make_one_shot_iterator().get_next()
        doubled = sums * 2.0
        with tf.Session() as session:
            for _ in range(3):
                found, twice, numbers = session.run([sums, doubled, labels])
                assert np.array_equal(found, images.sum(axis=1)[numbers] * 2 + 1)
                assert np.array_equal(twice, found * 2)


def test_datasets_in_datasets_and_folds_work_on_another_backend():
    with tf.use_backend("strict"):
        factor = tf.constant(2, tf.int64) * 3
        windows = Dataset.range(6).window(3).flat_map(lambda window: window.map(lambda x: x * factor).batch(3))
        total = windows.reduce(tf.constant(0, tf.int64) + 1, lambda state, rows: state + tf.reduce_sum(rows))
        with tf.Session() as session:
            assert session.run(total * 2) == 2 * (1 + 6 * 15)


def test_a_dead_session_takes_its_iterators_along():
    iterator = Dataset.range(100).map(lambda x: x + 1, num_parallel_calls=2).prefetch(2).make_initializable_iterator()
    element = iterator.get_next()
    resource = iterator._iterator_resource.op
    dead = []
    for number in range(20):
        session = tf.Session()
        session.run(iterator.initializer)
        session.run(element)
        dead.append(weakref.ref(session._store.state(resource)))
        if number % 2:
            session.close()
        del session
    gc.collect()
    assert [reference() for reference in dead] == [None] * 20
    until = time.monotonic() + 2
    while time.monotonic() < until and any(thread.name.startswith("dataset_") for thread in threading.enumerate()):
        time.sleep(0.01)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("dataset_")]
