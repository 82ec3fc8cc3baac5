"""Whole input pipelines out of files. The numbers are those of TensorFlow 2.21."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core.release import release

experimental = tf.data.experimental
ROWS = "a,b,c,d\n1,2.5,x,\n2,3,y,7\n3,4,z,8\n"


def elements(dataset, most=100):
    element, found = dataset.make_one_shot_iterator().get_next(), []
    with tf.Session() as session:
        for _ in range(most):
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError:
                break
    return found


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return str(path)


def test_columns_are_named_and_their_types_inferred(table):
    first, second = elements(experimental.make_csv_dataset(table, 2, num_epochs=1, shuffle=False))
    assert {name: values.tolist() for name, values in first.items()} == {"a": [1, 2], "b": [2.5, 3], "c": [b"x", b"y"], "d": [0, 7]}
    assert [values.dtype.name for values in second.values()] == ["int32", "float32", "object", "int32"]
    assert second["c"].tolist() == [b"z"]


def test_a_column_takes_the_type_that_holds_the_values_of_all_files(table, tmp_path):
    (tmp_path / "more.csv").write_text("a,b,c,d\n30000000000,1e300,,\n")
    dataset = experimental.make_csv_dataset(str(tmp_path / "*.csv"), 4, num_epochs=1, shuffle=False)
    assert list(dataset.output_types.values()) == [tf.int64, tf.float64, tf.string, tf.int32]
    assert elements(dataset)[0]["a"].tolist() == [30000000000, 1, 2, 3]


def test_rows_are_shuffled_in_the_order_of_the_seed_and_for_ever(table):
    dataset = experimental.make_csv_dataset(
        [table], 2, shuffle_seed=3, label_name="c", select_columns=["b", "c"], num_epochs=None
    )
    found = elements(dataset, most=3)
    assert all(sorted(features) == ["b"] and label.shape == (2,) for features, label in found)
    order = [label.tolist() for _, label in found]
    if not release().repeats_while_shuffling:
        assert order == [[b"x", b"y"], [b"z", b"x"], [b"z", b"y"]]
    assert sorted(sum(order, [])) == sorted([b"x", b"y", b"z"] * 2)


def test_rows_that_cannot_be_read_are_passed_over(tmp_path):
    (tmp_path / "bad.csv").write_text("n\n1\nx\n3\n")
    made = experimental.make_csv_dataset(
        str(tmp_path / "bad.csv"), 5, column_defaults=[tf.int32], num_epochs=1, shuffle=False, ignore_errors=True
    )
    assert elements(made)[0]["n"].tolist()[0] == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"label_name": "q"}, r"`label_name` provided must be one of the columns: \['a', 'b', 'c', 'd'\]. Received: q"),
        ({"header": False}, "Expected `column_names` or `header` arguments"),
        ({"column_names": ["a", "a", "b", "c"]}, "duplicate column names: {'a'}"),
        ({"select_columns": ["zz"]}, "Column zz specified in `select_columns` must be of one of the columns"),
        ({"select_columns": [0, 9]}, "Column index 9 specified in `select_columns` should be > 0"),
        ({"select_columns": [0, 1], "column_defaults": [0]}, "must have the same length"),
    ],
)
def test_columns_that_do_not_fit_are_refused(table, given, message):
    with pytest.raises(ValueError, match=message):
        experimental.make_csv_dataset(table, 2, **given)


def test_files_that_do_not_fit_are_refused(table, tmp_path):
    with pytest.raises(ValueError, match="No files match `file_pattern`"):
        experimental.make_csv_dataset(str(tmp_path / "none*"), 2)
    with pytest.raises(ValueError, match="should not be empty"):
        experimental.make_csv_dataset([], 2)
    (tmp_path / "other.csv").write_text("a,b,c,e\n1,2,3,4\n")
    with pytest.raises(ValueError, match="should have the same column names in the header row. File .*rows.csv"):
        experimental.make_csv_dataset([table, str(tmp_path / "other.csv")], 2)


@pytest.fixture
def records(tmp_path):
    path = str(tmp_path / "people.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(5):
            example = tf.train.Example()
            example.features.feature["x"].float_list.value.append(number)
            example.features.feature["y"].int64_list.value.append(number % 2)
            writer.write(example.SerializeToString())
    return path


FEATURES = {"x": tf.FixedLenFeature([], tf.float32), "y": tf.FixedLenFeature([], tf.int64)}


def test_examples_are_read_in_batches(records):
    dataset = experimental.make_batched_features_dataset(
        records, 2, FEATURES, label_key="y", num_epochs=1, shuffle=True, shuffle_seed=5
    )
    found = elements(dataset)
    assert [(features["x"].tolist(), label.tolist()) for features, label in found] == [([0, 4], [0, 0]), ([1, 2], [1, 0]), ([3], [1])]
    whole = experimental.make_batched_features_dataset(records, 2, FEATURES, num_epochs=1, shuffle=False, drop_final_batch=True)
    assert [batch["x"].tolist() for batch in elements(whole)] == [[0, 1], [2, 3]]
    with pytest.raises(ValueError, match=r"The `label_key` provided \(z\) must be one of the `features` keys"):
        experimental.make_batched_features_dataset(records, 2, FEATURES, label_key="z")


def test_only_vectors_of_texts_are_parsed(records):
    with pytest.raises(TypeError, match="vectors of strings"):
        tf.data.TFRecordDataset(records).apply(experimental.parse_example_dataset(FEATURES))
    parsed = tf.data.TFRecordDataset(records).batch(5).apply(experimental.parse_example_dataset(FEATURES, num_parallel_calls=2))
    assert np.array_equal(elements(parsed)[0]["x"], np.arange(5))
