"""Variables that start from a checkpoint, and warm starts with another vocabulary."""

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def path(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("old/w", initializer=np.arange(6.0, dtype=np.float32).reshape(2, 3))
        tf.get_variable("old/b", initializer=[7.0, 8.0])
        tf.get_variable("p", initializer=np.arange(8.0).reshape(4, 2), partitioner=tf.fixed_size_partitioner(2))
        session.run(tf.global_variables_initializer())
        return tf.train.Saver().save(session, str(tmp_path / "m"))


def started(*variables):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [np.asarray(value).tolist() for value in session.run(list(variables))]


@pytest.mark.parametrize("names", [{"old/": "new/"}, {"old/w": "new/w", "old/b": "new/b"}])
def test_variables_start_with_what_the_checkpoint_holds(names, path):
    w, b = tf.get_variable("new/w", [2, 3]), tf.get_variable("new/b", [2], use_resource=True)
    tf.train.init_from_checkpoint(path, names)
    assert started(w, b) == [[[0, 1, 2], [3, 4, 5]], [7, 8]]


def test_the_nodes_are_those_of_tensorflow(path):
    w = tf.get_variable("w", [2, 3])
    before = len(tf.get_default_graph().get_operations())
    tf.train.init_from_checkpoint(path, {"old/w": w})
    assert [(op.name, op.type, op.device) for op in tf.get_default_graph().get_operations()[before:]] == [
        ("checkpoint_initializer/prefix", "Const", "/device:CPU:0"),
        ("checkpoint_initializer/tensor_names", "Const", "/device:CPU:0"),
        ("checkpoint_initializer/shape_and_slices", "Const", "/device:CPU:0"),
        ("checkpoint_initializer", "RestoreV2", "/device:CPU:0"),
        ("Assign", "Assign", ""),
    ]
    assert w.initial_value.name == "checkpoint_initializer:0"


def test_the_root_stands_for_every_name(path):
    with tf.variable_scope("net"):
        w = tf.get_variable("old/w", [2, 3])
    tf.train.init_from_checkpoint(path, {"/": "net/"})
    assert started(w) == [[[0, 1, 2], [3, 4, 5]]]


def test_parts_start_with_their_part(path):
    whole = tf.get_variable("q", [4, 2], tf.float64, partitioner=tf.fixed_size_partitioner(2))
    tf.train.init_from_checkpoint(path, {"p": "q"})
    assert started(*whole) == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


@pytest.mark.parametrize(("names", "message"), [
    ({"nope": "new/w"}, r"Tensor nope is not found in .* checkpoint \{'old/b'"),
    ({"/": "/"}, r"Tensor new/w \(new/w in /\) is not found in"),
    ({"old/w": "none"}, "Assignment map with scope only name  should map to scope only old/w"),
    ({"old/b": "new/w"}, r"Shape of variable new/w:0 \(\(2, 3\)\) doesn't match with shape of tensor old/b \(\[2\]\)"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_changes(names, message, path):
    w = tf.get_variable("new/w", [2, 3])
    before, initializer = len(tf.get_default_graph().get_operations()), w.initializer
    with pytest.raises(ValueError, match=message):
        tf.train.init_from_checkpoint(path, names)
    assert len(tf.get_default_graph().get_operations()) == before
    assert w.initializer is initializer


def test_a_warm_start_takes_all_trainable_variables(path):
    w = tf.get_variable("old/w", [2, 3])
    tf.train.warm_start(path)
    assert started(w) == [[[0, 1, 2], [3, 4, 5]]]


def test_a_warm_start_knows_older_names(path):
    w, b = tf.get_variable("new/w", [2, 3]), tf.get_variable("b", [1], initializer=tf.ones_initializer())
    tf.train.warm_start(path, vars_to_warm_start="new/.*", var_name_to_prev_var_name={"new/w": "old/w"})
    assert started(w, b) == [[[0, 1, 2], [3, 4, 5]], [1]]
    with pytest.raises(ValueError, match="var_name_to_prev_var_name that were not used: {'absent'}"):
        tf.train.warm_start(path, vars_to_warm_start="new/.*", var_name_to_prev_var_name={"absent": "old/w"})


@pytest.mark.parametrize("partitioner", [None, tf.fixed_size_partitioner(2)])
def test_rows_follow_their_words_into_another_vocabulary(path, partitioner, tmp_path):
    (tmp_path / "old.txt").write_text("a\nb\nc\nd\n")
    (tmp_path / "new.txt").write_text("d\nnew\na\n")
    info = tf.train.VocabInfo(
        new_vocab=str(tmp_path / "new.txt"), new_vocab_size=3, num_oov_buckets=1, old_vocab=str(tmp_path / "old.txt"),
        backup_initializer=tf.constant_initializer(-1.0),
    )  # fmt: skip
    table = tf.get_variable("table", [4, 2], tf.float64, partitioner=partitioner)
    tf.train.warm_start(path, "table", {"table": info}, {"table": "p"})
    parts = list(table) if partitioner else [table]
    assert sum(started(*parts), []) == [[6, 7], [-1, -1], [0, 1], [-1, -1]]


def test_columns_follow_their_words_too(path, tmp_path):
    (tmp_path / "old.txt").write_text("a\nb\nc\n")
    (tmp_path / "new.txt").write_text("c\na\n")
    w = tf.get_variable("old/w", [2, 2])
    info = tf.train.VocabInfo(str(tmp_path / "new.txt"), 2, 0, str(tmp_path / "old.txt"), axis=1)
    tf.train.warm_start(path, ".*", {"old/w": info})
    assert started(w) == [[[2, 0], [5, 3]]]
