"""Lookup tables: values, names of nodes, collections and errors as TensorFlow gives them."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.lib.vocabulary import index_table_from_list


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\nc\n")
    return str(path)


def _run(*fetches):
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        return session.run(fetches[0] if len(fetches) == 1 else list(fetches))


def _names(graph):
    return [op.name for op in graph.get_operations()]


def _static(keys=("a", "b"), values=(1, 2), default=-1):
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(list(keys), list(values)), default)


def test_a_static_table_finds_its_keys_and_gives_the_default_for_others(graph):
    table = _static()
    found = table.lookup(tf.constant([["a", "z"], ["b", "a"]]))
    assert found.shape.as_list() == [2, 2]
    assert _run(found).tolist() == [[1, -1], [2, 1]]
    assert _names(graph)[:5] == ["keys", "values", "Const", "hash_table", "key_value_init/LookupTableImportV2"]
    assert tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS) == [table.initializer]


def test_the_values_of_a_sparse_tensor_are_looked_up():
    found = _static().lookup(tf.SparseTensor([[0, 1]], ["b"], [2, 2]))
    assert _run(found).values.tolist() == [2]


def test_size_and_content_can_be_asked_for():
    table = _static()
    size, (keys, values) = _run(table.size(), table.export())
    assert size == 2 and dict(zip(keys.tolist(), values.tolist())) == {b"a": 1, b"b": 2}


def test_a_table_that_was_not_filled_says_so():
    found = _static().lookup(tf.constant(["a"]))
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match=r"^Table not initialized\."):
        session.run(found)


def test_filling_twice_is_allowed_with_the_same_content_only():
    values = tf.placeholder(tf.int32, [2])
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a", "b"], values), -1)
    with tf.Session() as session:
        session.run(table.initializer, {values: [1, 2]})
        session.run(table.initializer, {values: [1, 2]})
        with pytest.raises(tf.errors.FailedPreconditionError, match="already initialized with different data"):
            session.run(table.initializer, {values: [1, 3]})


def test_one_key_with_two_values_is_refused():
    table = _static(("a", "a"))
    text = "HashTable has different value for same key. Key a has 1 and trying to add value 2"
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match=text):
        session.run(table.initializer)


def test_keys_of_another_type_are_refused_while_building(graph):
    table = _static()
    before = _names(graph)
    with pytest.raises(TypeError, match="Signature mismatch. Keys must be dtype <dtype: 'string'>, got <dtype: 'int32'>."):
        table.lookup(tf.constant([1]))
    assert _names(graph) == [*before, "Const_1"]


def test_lines_of_a_file_become_keys_or_values(words, graph):
    index = tf.lookup.TextFileIndex
    numbers = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(words, tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER), -1)
    texts = tf.contrib.lookup.index_to_string_table_from_file(words)
    assert [op.name for op in tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS)] == ["asset_path:0", "index_to_string/asset_path:0"]
    found = _run(numbers.lookup(tf.constant(["b", "z"])), texts.lookup(tf.constant([1, 9], tf.int64)))
    assert found[0].tolist() == [1, -1] and found[1].tolist() == [b"b", b"UNK"]


@pytest.mark.parametrize(("arguments", "text"), [
    ((-2, tf.int64, -1, 5), "Invalid vocab_size in .*words.txt: expected 5 but got 3"),
    ((-2, tf.int64, 0, None), "Field a in line 0 is not a valid int64."),
    ((0, tf.int64, 1, None), r"Invalid number of columns in .*words.txt line 0 \(a\) : expected at least 2 got 1"),
])  # fmt: skip
def test_a_file_that_does_not_fit_is_refused(words, arguments, text):
    key_index, dtype, value_index, size = arguments
    table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(words, tf.string, key_index, dtype, value_index, size), -1)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=text):
        session.run(table.initializer)


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = str(tmp_path / "no.txt")
    table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(path, tf.string, -2, tf.int64, -1), -1)
    with tf.Session() as session, pytest.raises(tf.errors.NotFoundError, match="no.txt; No such file or directory"):
        session.run(table.initializer)


@pytest.mark.parametrize(("arguments", "text"), [
    (("", tf.string, -2, tf.int64, -1), "Filename required"),
    (("x", tf.string, -1, tf.int64, -1), "Signature mismatch. Keys must be dtype <dtype: 'int64'>, got <dtype: 'string'>."),
    (("x", tf.string, -3, tf.int64, -1), "Invalid key index -3."),
    (("x", tf.float32, -2, tf.int64, -1), "Signature mismatch. Keys must be integer or string, got <dtype: 'float32'>."),
    (("x", tf.string, -2, tf.string, -1), "Signature mismatch. Values must be dtype <dtype: 'int64'>, got <dtype: 'string'>."),
    (("x", tf.string, 0, tf.int64, 1, 0), "Invalid vocab_size 0."),
])  # fmt: skip
def test_columns_that_cannot_be_are_refused_while_building(arguments, text):
    with pytest.raises(ValueError, match=text):
        tf.lookup.TextFileInitializer(*arguments)


def test_unknown_words_get_a_bucket_behind_the_vocabulary(words):
    lines = tf.lookup.TextFileInitializer(words, tf.string, -2, tf.int64, -1)
    table = tf.lookup.StaticVocabularyTable(lines, 3)
    assert [value.tolist() for value in _run(table.lookup(tf.constant(["b", "z"])), table.size())] == [[1, 4], 6]


def test_without_a_vocabulary_there_are_buckets_only():
    table = tf.lookup.StaticVocabularyTable(None, 3, lookup_key_dtype=tf.string)
    assert _run(table.lookup(tf.constant(["b", "z"]))).tolist() == [1, 1]
    with pytest.raises(ValueError, match="oov_buckets must be > 0"):
        tf.lookup.StaticVocabularyTable(None, 0, tf.string)


def test_numbers_are_words_for_the_hash_function_of_a_vocabulary():
    keys, values = tf.constant([7, 9], tf.int64), tf.constant([0, 1], tf.int64)
    table = tf.lookup.StaticVocabularyTable(tf.lookup.KeyValueTensorInitializer(keys, values), 3)
    assert _run(table.lookup(tf.constant([7, 100], tf.int64))).tolist() == [0, 2]
    found = index_table_from_list([10, 20], dtype=tf.int32, num_oov_buckets=2).lookup(tf.constant([20, 3]))
    assert _run(found).tolist() == [1, 3]


def test_the_strong_hash_puts_words_into_other_buckets():
    table = tf.contrib.lookup.index_table_from_tensor(["x"], 5, hasher_spec=tf.contrib.lookup.StrongHashSpec([1, 2]))
    assert _run(table.lookup(tf.constant(["x", "q"]))).tolist()[0] == 0
    with pytest.raises(ValueError, match="key must have size 2, got 3"):
        tf.contrib.lookup.StrongHashSpec([1, 2, 3])


def test_words_and_positions_change_places():
    numbers = tf.contrib.lookup.string_to_index(tf.constant(["q", "?"]), ["p", "q"])
    texts = tf.contrib.lookup.index_to_string(tf.constant([1, 7], tf.int64), ["p", "q"], "none")
    assert [value.tolist() for value in _run(numbers, texts)] == [[1, -1], [b"q", b"none"]]


def test_the_nodes_of_a_vocabulary_are_those_of_1_15(graph):
    tf.contrib.lookup.index_table_from_tensor(["x", "y"], num_oov_buckets=1).lookup(tf.constant(["y"]))
    inner = ["hash_bucket", "hash_table_Lookup/LookupTableFindV2", "hash_table_Size/LookupTableSizeV2", "Add", "NotEqual", "Select"]
    assert _names(graph)[-6:] == [f"hash_table_Lookup/{name}" for name in inner]
    assert "string_to_index/hash_table/table_init/LookupTableImportV2" in _names(graph)


def test_a_mutable_table_takes_and_forgets_keys():
    table = tf.contrib.lookup.MutableHashTable(tf.string, tf.int64, -1)
    insert, again = table.insert(["a", "b", "a"], [1, 2, 3]), table.insert(["c"], [9])
    remove, found, size = table.remove(["a", "never"]), table.lookup(["a", "b", "c"]), table.size()
    with tf.Session() as session:
        session.run(insert)
        assert session.run(found).tolist() == [3, 2, -1]
        session.run(remove)
        session.run(again)
        assert session.run(found).tolist() == [-1, 2, 9]
        assert session.run(size) == 2
        assert sorted(session.run(table.export())[0].tolist()) == [b"b", b"c"]
    with tf.Session() as other:
        assert other.run(size) == 0


def test_values_may_be_vectors():
    table = tf.contrib.lookup.MutableHashTable(tf.int64, tf.float32, [0.0, 0.5])
    insert, found = table.insert(np.arange(100), np.arange(200.0).reshape(100, 2)), table.lookup(np.array([3, 200]))
    assert found.shape.as_list() == [2, 2]
    with tf.Session() as session:
        session.run(insert)
        assert session.run(found).tolist() == [[6, 7], [0, 0.5]]


def test_two_keys_of_a_dense_table_are_set_apart():
    table = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, default_value=-1, empty_key=0, deleted_key=-1)
    insert, found = table.insert([11, 12], [1, 2]), table.lookup(np.array([11, 5]))
    with tf.Session() as session:
        session.run(insert)
        assert session.run(found).tolist() == [1, -1]
        with pytest.raises(tf.errors.InvalidArgumentError, match="Using the empty_key as a table key is not allowed"):
            session.run(table.insert([0], [1]))
    same = tf.contrib.lookup.MutableDenseHashTable(tf.int64, tf.int64, -1, 3, 3)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Empty and deleted keys cannot be equal"):
        session.run(same.size())


def test_keys_of_a_dense_table_may_be_vectors():
    table = tf.contrib.lookup.MutableDenseHashTable(tf.int64, tf.float32, 0.0, empty_key=[0, 0], deleted_key=[1, 1])
    insert, found = table.insert([[1, 2], [3, 4]], [5.0, 6.0]), table.lookup([[3, 4], [4, 3]])
    with tf.Session() as session:
        session.run(insert)
        assert session.run(found).tolist() == [6, 0]
        assert session.run(table.export())[0].tolist() == [[1, 2], [3, 4]]


def test_a_saver_saves_a_changing_table_as_keys_and_values_and_restores_it(tmp_path):
    path = str(tmp_path / "table")
    w = tf.get_variable("w", initializer=1.0)
    table = tf.contrib.lookup.MutableHashTable(tf.string, tf.int64, -1, name="counts")
    vectors = tf.contrib.lookup.MutableDenseHashTable(tf.int64, tf.float32, [0.0, 0.0], empty_key=-1, deleted_key=-2, name="vectors")
    fill = [table.insert(["a", "b"], [1, 2]), vectors.insert([7], [[1.0, 2.0]])]
    found = [table.lookup(["b", "c"]), vectors.lookup([7, 8])]
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run([w.initializer, fill])
        saver.save(session, path)
    shapes = {"counts-keys": [2], "counts-values": [2], "vectors-keys": None, "vectors-values": None, "w": []}
    listed = dict(tf.train.list_variables(path))
    assert sorted(listed) == sorted(shapes) and all(listed[name] == shape for name, shape in shapes.items() if shape is not None)
    with tf.Session() as session:
        saver.restore(session, path)
        counts, rows = session.run(found)
        assert counts.tolist() == [2, -1] and rows.tolist() == [[1.0, 2.0], [0.0, 0.0]] and session.run(w) == 1.0


def test_many_integers_are_found_in_one_search_and_changes_are_seen():
    table = tf.contrib.lookup.MutableHashTable(tf.int64, tf.int64, -1)
    asked = np.arange(-300, 600)
    found = table.lookup(tf.constant(asked))
    with tf.Session() as session:
        assert (session.run(found) == -1).all()
        session.run(table.insert(tf.constant([5, 7, -3], tf.int64), tf.constant([50, 70, -30], tf.int64)))
        np.testing.assert_array_equal(session.run(found), np.where(np.isin(asked, [5, 7, -3]), asked * 10, -1))
        session.run(table.insert(tf.constant([5, 599], tf.int64), tf.constant([1, 2], tf.int64)))
        got = session.run(found)
        assert (got[305], got[899], got[307]) == (1, 2, 70)
