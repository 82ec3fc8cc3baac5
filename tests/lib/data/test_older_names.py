"""`tf.contrib.data`."""

import pytest

import autograd_lite as tf

Dataset, older = tf.data.Dataset, tf.contrib.data


def elements(dataset):
    element, found = dataset.make_one_shot_iterator().get_next(), []
    with tf.Session() as session:
        while True:
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError:
                return [value.tolist() if hasattr(value, "tolist") else [part.tolist() for part in value] for value in found]


def test_batches_have_one_size():
    assert elements(Dataset.range(7).apply(older.batch_and_drop_remainder(3))) == [[0, 1, 2], [3, 4, 5]]
    growing = Dataset.range(1, 6).map(lambda x: tf.fill([x], x))
    assert elements(growing.apply(older.padded_batch_and_drop_remainder(2, [None]))) == [[[1, 0], [2, 2]], [[3, 3, 3, 0], [4, 4, 4, 4]]]


def test_windows_slide():
    assert elements(Dataset.range(5).apply(older.sliding_window_batch(3))) == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    both = Dataset.zip((Dataset.range(6), Dataset.range(10, 16)))
    slid = both.apply(older.sliding_window_batch(2, window_shift=3, window_stride=2))
    assert elements(slid) == [[[0, 2], [10, 12]], [[3, 5], [13, 15]]]
    with pytest.raises(ValueError, match="Cannot specify both"):
        older.sliding_window_batch(2, stride=1, window_shift=1)


def test_examples_come_as_tensors(tmp_path):
    path = str(tmp_path / "numbers")
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(4):
            example = tf.train.Example()
            example.features.feature["n"].int64_list.value.append(number)
            writer.write(example.SerializeToString())
    features = {"n": tf.FixedLenFeature([], tf.int64)}
    batch = older.read_batch_features(path, 2, features, randomize_input=False, num_epochs=1)
    with tf.Session() as session:
        assert [session.run(batch)["n"].tolist() for _ in range(2)] == [[0, 1], [2, 3]]


def test_most_names_are_those_of_experimental():
    for name in ("map_and_batch", "shuffle_and_repeat", "group_by_window", "make_csv_dataset", "CsvDataset", "unbatch"):
        assert getattr(older, name) is getattr(tf.data.experimental, name)
