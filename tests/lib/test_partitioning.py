"""Variables in parts."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names, node


def test_a_variable_in_parts_reads_as_one():
    v = tf.get_variable("w", [5, 2], partitioner=tf.fixed_size_partitioner(2), initializer=tf.ones_initializer())
    assert [part.name for part in v] == ["w/part_0:0", "w/part_1:0"] and [part.shape.as_list() for part in v] == [[3, 2], [2, 2]]
    whole = tf.convert_to_tensor(v)
    assert whole.name == "w:0" and node("w/ConcatPartitions/concat").type == "ConcatV2" and len(v) == 2
    session = initialized()
    assert session.run(whole).tolist() == np.ones([5, 2]).tolist()
    session.run(v.assign(np.arange(10.0).reshape(5, 2)))
    assert session.run(v).tolist() == np.arange(10.0).reshape(5, 2).tolist()
    session.run(v.assign_add(np.ones([5, 2])))
    session.run(v.assign_sub([np.ones([3, 2]), np.zeros([2, 2])]))
    assert session.run(v[3]).tolist() == [7.0, 8.0]


def test_each_part_knows_its_place():
    v = tf.get_variable("w", [5, 2], partitioner=tf.fixed_size_partitioner(2))
    assert [part._get_save_slice_info().spec for part in v] == ["5 2 0,3:0,2", "5 2 3,2:0,2"]
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(v), var_list=list(v))
    slot = next(variable for variable in tf.global_variables() if variable.name == "w/part_1/Adam:0")
    assert slot._get_save_slice_info().full_name == "w/Adam" and slot._get_save_slice_info().var_offset == [3, 0]


def test_random_starts_count_the_whole_variable():
    tf.get_variable("w", [6, 4], partitioner=tf.fixed_size_partitioner(3))
    assert node("w/part_1/Initializer/random_uniform/max").attrs["value"] == pytest.approx((6 / 10) ** 0.5)


def test_a_constant_is_cut():
    v = tf.get_variable("w", initializer=np.arange(4.0, dtype=np.float32), partitioner=tf.fixed_size_partitioner(2))
    assert [part.tolist() for part in initialized().run(list(v))] == [[0.0, 1.0], [2.0, 3.0]]


def test_the_identity_is_cut():
    v = tf.get_variable("w", [4, 4], initializer=tf.initializers.identity(), partitioner=tf.fixed_size_partitioner(2))
    assert initialized().run(v).tolist() == np.eye(4).tolist()


def test_reuse_gives_the_same_parts():
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(2)) as scope:
        v = tf.get_variable("w", [4])
    before = names()
    with tf.variable_scope(scope, reuse=True):
        assert tf.get_variable("w", [4]) is v and names() == before


@pytest.mark.parametrize(
    ("partitioner", "shape", "wanted"),
    [
        (tf.fixed_size_partitioner(3, axis=1), [2, 9], [1, 3]),
        (tf.fixed_size_partitioner(9), [4], [4]),
        (tf.variable_axis_size_partitioner(64), [8, 4], [2, 1]),
        (tf.variable_axis_size_partitioner(4), [8, 4], [8, 1]),
        (tf.variable_axis_size_partitioner(4, max_shards=3), [8, 4], [3, 1]),
        (tf.min_max_variable_partitioner(10, min_slice_size=64), [8, 4], [2, 1]),
        (tf.min_max_variable_partitioner(2, min_slice_size=16), [8, 4], [2, 1]),
        (tf.min_max_variable_partitioner(), [8, 4], [1, 1]),
    ],
)
def test_partitioners_count_parts(partitioner, shape, wanted):
    assert partitioner(shape=tf.TensorShape(shape), dtype=tf.float32) == wanted


def test_what_cannot_be_cut_is_refused():
    fixed = tf.fixed_size_partitioner(2)
    for text, call in [
        (
            r"Partitioner returned zero partitions for some axes: \[0, 1\]",
            lambda: tf.get_variable("w", [4, 2], partitioner=lambda shape, dtype: [0, 1]),
        ),
        ("Can only slice a variable along one dimension", lambda: tf.get_variable("w", [4, 2], partitioner=lambda shape, dtype: [2, 2])),
        (
            "Partitioner returned a partition list that does not match",
            lambda: tf.get_variable("w", [4, 2], partitioner=lambda shape, dtype: [2]),
        ),
        ("Partitioner must return a sequence", lambda: tf.get_variable("w", [4], partitioner=lambda shape, dtype: 2)),
        ("Partitioner must be callable", lambda: tf.get_variable("w", [4], partitioner=2)),
        ("A partitioned Variable must have rank at least 1", lambda: tf.get_variable("w", [], partitioner=fixed)),
        ("Shape of a new partitioned variable", lambda: tf.get_variable("w", [None], partitioner=fixed)),
        ("Cannot cut axis 0", lambda: tf.get_variable("w", [1], partitioner=lambda shape, dtype: [3])),
        ("Both max_shard_bytes", lambda: tf.variable_axis_size_partitioner(0)),
    ]:
        with pytest.raises(ValueError, match=f"^{text}"):
            call()
    v = tf.get_variable("w", [4], partitioner=fixed)
    with pytest.raises(ValueError, match="^Partitioned variable with name w already exists."):
        tf.get_variable("w", [4], partitioner=fixed)
    with pytest.raises(ValueError, match="^No partitioner was provided, but a partitioned version of the variable was found: w/part_0."):
        tf.get_variable("w", [4])
    with pytest.raises(NotImplementedError, match="doesn't support being used as a reference"):
        tf.assign(tf.convert_to_tensor(v, name="x"), 1.0) if False else tf.raw_ops.Assign(ref=v, value=1.0)


def test_parts_can_be_made_as_a_list():
    parts = tf.create_partitioned_variables([4, 2], [2, 1], tf.ones_initializer())
    assert [part.name for part in parts] == ["PartitionedVariable/part_0:0", "PartitionedVariable/part_1:0"]
    again = tf.create_partitioned_variables([4, 2], [2, 1], tf.ones_initializer(), name="w")
    reused = tf.create_partitioned_variables([4, 2], [2, 1], tf.ones_initializer(), name="w", reuse=True)
    assert [a is b for a, b in zip(again, reused)] == [True, True]
    assert initialized().run(parts[1]).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    with pytest.raises(ValueError, match="must have the length"):
        tf.create_partitioned_variables([4, 2], [2], tf.ones_initializer())
