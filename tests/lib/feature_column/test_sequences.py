"""Columns of sequences; the numbers were worked out by hand."""

import numpy as np
import pytest

import autograd_lite as tf

column = tf.feature_column
sequence_input_layer = tf.contrib.feature_column.sequence_input_layer


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def words(values=(2, 0, 1), dtype=tf.int64):
    """Two words, none, one word."""
    return tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant(values, dtype), [3, 2])


def run(session, fetches):
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(fetches)


def test_numbers_of_several_axes_fill_up_short_sequences(session):
    numbers = tf.SparseTensor([[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1]], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 4])
    made = column.sequence_numeric_column("n", shape=(2,), default_value=-1.0, normalizer_fn=lambda s: s * 2.0)
    got, lengths = run(session, sequence_input_layer({"n": numbers}, [made]))
    np.testing.assert_array_equal(got, [[[2.0, 4.0], [6.0, 8.0]], [[10.0, 12.0], [-1.0, -1.0]]])
    assert lengths.tolist() == [2, 1]


def test_indicators_count_the_categories_of_each_step(session):
    made = column.indicator_column(column.sequence_categorical_column_with_identity("w", 3))
    got, lengths = run(session, sequence_input_layer({"w": words()}, [made]))
    np.testing.assert_array_equal(got, [[[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 0, 0]], [[0, 1, 0], [0, 0, 0]]])
    assert lengths.tolist() == [2, 0, 1]


def test_embeddings_stand_beside_numbers_and_are_named_as_in_tensorflow(session):
    matrix = np.arange(6.0).reshape(3, 2)
    inner = column.sequence_categorical_column_with_vocabulary_list("w", ["a", "b", "c"])
    embedded = column.embedding_column(inner, 2, initializer=tf.constant_initializer(matrix))
    speed = column.sequence_numeric_column("speed")
    features = {"w": words(["c", "a", "b"], tf.string), "speed": words([1.0, 2.0, 3.0], tf.float32)}
    got, lengths = run(session, sequence_input_layer(features, [embedded, speed]))
    np.testing.assert_array_equal(got[0], [[1.0, 4.0, 5.0], [2.0, 0.0, 1.0]])
    np.testing.assert_array_equal(got[2], [[3.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    assert [v.op.name for v in tf.global_variables()] == ["sequence_input_layer/w_embedding/embedding_weights"]
    assert lengths.tolist() == [2, 0, 1]


def test_words_by_hash_and_from_files(session, tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("a\nb\nc\n")
    by_file = column.sequence_categorical_column_with_vocabulary_file("w", str(file))
    by_hash = column.sequence_categorical_column_with_hash_bucket("w", 5)
    assert by_file.num_buckets == 3 and by_hash.num_buckets == 5
    got, _ = run(session, sequence_input_layer({"w": words(["c", "a", "b"], tf.string)}, [column.indicator_column(by_file)]))
    np.testing.assert_array_equal(got[0], [[0, 0, 1], [1, 0, 0]])
    got, _ = run(session, sequence_input_layer({"w": words(["c", "a", "b"], tf.string)}, [column.indicator_column(by_hash)]))
    assert got.sum() == 3.0


def test_columns_of_another_kind_are_refused_and_leave_nothing_behind(session):
    plain = column.indicator_column(column.categorical_column_with_identity("w", 3))
    sequence = column.indicator_column(column.sequence_categorical_column_with_identity("w", 3))
    features = {"w": words()}
    count = len(tf.get_default_graph().get_operations())
    with pytest.raises(ValueError, match="must be of type _SequenceCategoricalColumn to use sequence_input_layer"):
        sequence_input_layer(features, [plain])
    with pytest.raises(ValueError, match="categorical_column must not be of type _SequenceCategoricalColumn"):
        column.input_layer(features, [sequence])
    with pytest.raises(ValueError, match="All feature_columns must be of type _SequenceDenseColumn"):
        sequence_input_layer(features, [column.numeric_column("w")])
    with pytest.raises(TypeError, match="default_value must be a number"):
        column.sequence_numeric_column("w", default_value=[1.0])
    assert len(tf.get_default_graph().get_operations()) == count


def test_columns_that_disagree_about_lengths_fail_in_the_run(session):
    features = {"a": words([1.0, 2.0, 3.0], tf.float32), "b": tf.SparseTensor([[0, 0]], [1.0], [3, 2])}
    _, lengths = sequence_input_layer(features, [column.sequence_numeric_column("a"), column.sequence_numeric_column("b")])
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(lengths)
