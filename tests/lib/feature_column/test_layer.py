"""Feature columns end to end: values and names of variables as TensorFlow gives them."""

import numpy as np
import pytest

import autograd_lite as tf

fc = tf.feature_column


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def _run(fetch):
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(fetch)


def _words(*rows):
    return tf.constant([[word] for word in rows])


def _pets(key="c", **options):
    return fc.categorical_column_with_vocabulary_list(key, ["a", "b"], **options)


def test_numbers_are_normalized_and_flattened():
    column = fc.numeric_column("a", shape=2, normalizer_fn=lambda x: x * 2)
    assert _run(fc.input_layer({"a": [[1.0, 2.0], [3.0, 4.0]]}, [column])).tolist() == [[2, 4], [6, 8]]
    assert _run(fc.input_layer({"b": [1.0, 2.0]}, fc.numeric_column("b"))).tolist() == [[1], [2]]
    unknown = tf.placeholder_with_default(np.array([1.0, 2.0], np.float32), None)
    assert _run(fc.input_layer({"b": unknown}, fc.numeric_column("b"))).tolist() == [[1], [2]]


def test_columns_stand_side_by_side_in_the_order_of_their_names(graph):
    number = fc.numeric_column("n")
    outputs = {}
    rows = fc.input_layer({"n": [[1.0], [5.0]]}, [number, fc.bucketized_column(number, [2.0, 4.0])], cols_to_output_tensors=outputs)
    assert _run(rows).tolist() == [[1, 1, 0, 0], [5, 0, 0, 1]]
    assert [tensor.shape.as_list() for tensor in outputs.values()] == [[2, 1], [2, 3]]
    assert graph.get_tensor_by_name("input_layer/n_bucketized/one_hot:0") is not None


def test_categories_become_numbers_by_vocabulary_hash_and_identity(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n")
    from_file = fc.categorical_column_with_vocabulary_file("f", str(path), num_oov_buckets=1)
    features = {
        "c": _words("b", "z"), "f": _words("b", "z"), "h": tf.constant([[1], [7]], tf.int64), "i": tf.constant([[1], [7]], tf.int64),
        "j": tf.constant([[1], [7]], tf.int64), "n": tf.constant([[20], [3]]),
    }  # fmt: skip
    columns = {
        "c": _pets(), "f": from_file, "h": fc.categorical_column_with_hash_bucket("h", 5, tf.int64),
        "i": fc.categorical_column_with_identity("i", 3, default_value=0), "j": fc.categorical_column_with_identity("j", 3),
        "n": fc.categorical_column_with_vocabulary_list("n", [10, 20]),
    }  # fmt: skip
    made = {key: fc.input_layer(features, [fc.indicator_column(column)]) for key, column in columns.items()}
    wanted = {
        "c": [[0, 1], [0, 0]], "f": [[0, 1, 0], [0, 0, 1]], "h": [[0, 0, 0, 0, 1], [0, 0, 0, 1, 0]], "i": [[0, 1, 0], [1, 0, 0]],
        "j": [[0, 1, 0], [0, 0, 0]], "n": [[0, 1], [0, 0]],
    }  # fmt: skip
    assert {key: value.tolist() for key, value in _run(made).items()} == wanted


def test_sparse_features_count_every_category():
    sparse = tf.SparseTensor([[0, 0], [1, 0], [1, 1]], ["a", "b", "a"], [2, 2])
    assert _run(fc.input_layer({"c": sparse}, [fc.indicator_column(_pets())])).tolist() == [[1, 0], [1, 1]]


def test_weights_take_the_place_of_ones():
    column = fc.indicator_column(fc.weighted_categorical_column(_pets(), "w"))
    features = {"c": _words("a", "b", "z"), "w": tf.constant([[0.5], [2.0], [3.0]])}
    assert _run(fc.input_layer(features, [column])).tolist() == [[0.5, 0], [0, 2], [0, 0]]


def test_crossed_features_have_the_hash_values_of_tensorflow():
    words = {"x": _words("a", "b"), "y": _words("c", "d"), "n": tf.constant([[1.0], [5.0]])}
    crossed = fc.crossed_column(["x", "y"], 10)
    assert crossed.name == "x_X_y"
    assert _run(fc.input_layer(words, [fc.indicator_column(crossed)])).argmax(axis=1).tolist() == [6, 4]
    buckets = fc.bucketized_column(fc.numeric_column("n"), [2.0, 4.0])
    made = fc.input_layer(words, [fc.indicator_column(fc.crossed_column([buckets, "y"], 10))])
    assert _run(made).argmax(axis=1).tolist() == [6, 4]


def test_embeddings_combine_rows_of_one_variable():
    held = {}
    column = fc.embedding_column(_pets(), 2, "sum", initializer=tf.ones_initializer())
    sparse = tf.SparseTensor([[0, 0], [2, 0], [2, 1]], ["a", "b", "a"], [3, 2])
    rows = fc.input_layer({"c": sparse}, [column], cols_to_vars=held)
    assert _run(rows).tolist() == [[1, 1], [0, 0], [2, 2]]
    assert [variable.name for variable in held[column]] == ["input_layer/c_embedding/embedding_weights:0"]
    assert tf.trainable_variables() == held[column]


def test_shared_embeddings_are_one_variable():
    columns = fc.shared_embedding_columns([_pets(), _pets("d")], 2, initializer=tf.ones_initializer())
    rows = fc.input_layer({"c": _words("a", "z"), "d": _words("b", "a")}, columns)
    assert _run(rows).tolist() == [[1, 1, 1, 1], [0, 0, 1, 1]]
    assert [variable.name for variable in tf.global_variables()] == ["input_layer/c_d_shared_embedding/embedding_weights:0"]


def test_a_linear_model_has_weights_for_every_column_and_a_bias():
    held = {}
    number = fc.numeric_column("a")
    model = fc.linear_model({"a": [[1.0], [2.0]], "c": _words("a", "z")}, [number, _pets()], units=2, cols_to_vars=held)
    names = ["linear_model/a/weights:0", "linear_model/c/weights:0", "linear_model/bias_weights:0"]
    assert [variable.name for variable in tf.global_variables()] == names
    assert held["bias"][0].name == names[2] and held[number][0].name == names[0]
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        session.run([held[number][0].assign([[1.0, 10.0]]), held[_pets()][0].assign([[5.0, 0.0], [0.0, 0.0]])])
        session.run(held["bias"][0].assign([0.0, 1.0]))
        assert session.run(model).tolist() == [[6, 11], [2, 21]]


def test_columns_say_how_their_features_are_parsed():
    columns = [
        fc.numeric_column("a", default_value=1.0), fc.indicator_column(_pets()), fc.crossed_column(["x", "y"], 10),
        fc.weighted_categorical_column(fc.categorical_column_with_hash_bucket("h", 3), "w"),
    ]  # fmt: skip
    assert fc.make_parse_example_spec(columns) == {
        "a": tf.FixedLenFeature((1,), tf.float32, [1.0]), "c": tf.VarLenFeature(tf.string), "x": tf.VarLenFeature(tf.string),
        "y": tf.VarLenFeature(tf.string), "h": tf.VarLenFeature(tf.string), "w": tf.VarLenFeature(tf.float32),
    }  # fmt: skip


@pytest.mark.parametrize(("make", "text"), [
    (lambda: fc.input_layer({"c": _words("a")}, [_pets()]), "Items of feature_columns must be a _DenseColumn"),
    (lambda: fc.input_layer({"d": _words("a")}, [fc.indicator_column(_pets())]), "Feature c is not in features dictionary."),
    (lambda: fc.input_layer({"a": tf.constant(1.0)}, [fc.numeric_column("a")]), r"Feature \(key: a\) cannot have rank 0"),
    (lambda: fc.input_layer({"a": [1.0]}, [fc.numeric_column("a")] * 2), "Duplicate feature column name found for columns"),
    (lambda: fc.input_layer({}, []), "feature_columns must not be empty."),
    (lambda: fc.numeric_column("a", shape=0), r"shape dimensions must be greater than 0. shape: \(0,\), key: a"),
    (lambda: fc.numeric_column("a", dtype=tf.string), "dtype must be convertible to float."),
    (lambda: fc.bucketized_column(fc.numeric_column("a"), [3, 1]), "boundaries must be a sorted list."),
    (lambda: fc.bucketized_column("a", [1]), "source_column must be a column generated with numeric_column"),
    (lambda: fc.categorical_column_with_hash_bucket("a", 0), "hash_bucket_size must be at least 1. hash_bucket_size: 0, key: a"),
    (lambda: fc.categorical_column_with_vocabulary_list("a", []), "must be non-empty, column_name: a"),
    (lambda: fc.categorical_column_with_vocabulary_list("a", ["a", "a"]), "Duplicate keys in vocabulary_list"),
    (lambda: _pets(num_oov_buckets=1, default_value=0), "Can't specify both num_oov_buckets and default_value in c."),
    (lambda: fc.crossed_column(["a"], 10), "keys must be a list with length > 1."),
    (lambda: fc.crossed_column(["a", fc.categorical_column_with_hash_bucket("h", 2)], 10), "is not supported for crossing"),
    (lambda: fc.embedding_column(_pets(), 0), "Invalid dimension 0."),
    (lambda: fc.categorical_column_with_identity("a", 0), "num_buckets 0 < 1, column_name a"),
    (lambda: fc.categorical_column_with_identity("a", 2, 5), r"default_value 5 not in range \[0, 2\), column_name a"),
])  # fmt: skip
def test_what_does_not_fit_is_said(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_a_failed_call_leaves_nothing_behind(graph):
    with pytest.raises(ValueError, match="Feature z is not in features dictionary"):
        fc.input_layer({"a": [[1.0]]}, [fc.numeric_column("a"), fc.numeric_column("z")])
    assert graph.get_operations() == [] and tf.global_variables() == []
