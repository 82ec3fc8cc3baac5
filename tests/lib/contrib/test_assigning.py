"""Values and checkpoints put into variables, as fine-tuning programs do."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized

slim = tf.contrib.slim


@pytest.fixture
def checkpoint(tmp_path):
    with tf.Graph().as_default():
        tf.get_variable("net/w", initializer=[[1.0, 2.0], [3.0, 4.0]])
        tf.get_variable("net/b", initializer=[5.0, 6.0])
        with initialized() as session:
            return tf.train.Saver().save(session, str(tmp_path / "model"))


def test_a_checkpoint_starts_part_of_another_network(checkpoint):
    w, b = tf.get_variable("net/w", [2, 2]), tf.get_variable("mine/b", [2])
    new = tf.get_variable("new", initializer=[7.0])
    start = slim.assign_from_checkpoint_fn(checkpoint, {"net/w": w, "net/b": b})
    flat = tf.get_variable("flat", [4])
    reshaped = slim.assign_from_checkpoint_fn(checkpoint, {"net/w": flat}, reshape_variables=True)
    session = initialized()
    start(session), reshaped(session)
    assert session.run([w, b, new, flat])[0].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert session.run(b).tolist() == [5.0, 6.0] and session.run(flat).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert slim.assign_from_checkpoint_fn(checkpoint, [new], ignore_missing_vars=True) is None
    with pytest.raises(ValueError, match="var_list cannot be empty"):
        slim.assign_from_checkpoint_fn(checkpoint, [])


def test_feeds_come_from_a_checkpoint(checkpoint):
    w, new = tf.get_variable("net/w", [2, 2]), tf.get_variable("new", [1])
    assign, feeds = slim.assign_from_checkpoint(checkpoint, [w, new], ignore_missing_vars=True)
    session = initialized()
    session.run(assign, feeds)
    assert session.run(w).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(ValueError, match=r"Checkpoint is missing variable \[new\]"):
        slim.assign_from_checkpoint(checkpoint, [new])
    with pytest.raises(ValueError, match="Total size of new array must be unchanged for new"):
        slim.assign_from_checkpoint(checkpoint, {"net/b": new})


def test_parts_take_their_part_of_the_saved_tensor(checkpoint):
    with tf.variable_scope("", partitioner=tf.fixed_size_partitioner(2)):
        parts = list(tf.get_variable("net/w", [2, 2]))
    session = initialized()
    session.run(*slim.assign_from_checkpoint(checkpoint, parts))
    assert np.concatenate(session.run(parts)).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_values_are_assigned_by_name():
    w = tf.get_variable("w", [2])
    session = initialized()
    slim.assign_from_values_fn({"w": [1.0, 2.0]})(session)
    assert session.run(w).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="does not uniquely identify a variable"):
        slim.assign_from_values({"x": [1.0]})


def test_variables_are_counted(capsys):
    assert slim.model_analyzer.analyze_vars([tf.get_variable("w", [2, 3])], print_info=True) == (6, 24)
    assert "Total size of variables: 6" in capsys.readouterr().out
