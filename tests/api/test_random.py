"""Random tensors: the nodes each release builds, and the seeds they get."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


def test_the_first_release_scales_every_uniform(nodes, first_release):
    tf.random_uniform([2])
    assert nodes() == [
        ("random_uniform/shape", "Const"), ("random_uniform/min", "Const"), ("random_uniform/max", "Const"),
        ("random_uniform/RandomUniform", "RandomUniform"), ("random_uniform/sub", "Sub"), ("random_uniform/mul", "Mul"),
        ("random_uniform", "Add"),
    ]  # fmt: skip


def test_the_second_release_scales_only_when_it_must(nodes, second_release):
    tf.random_uniform([2])
    assert nodes() == [("random_uniform/shape", "Const"), ("random_uniform/RandomUniform", "RandomUniform")]


def test_normal_numbers_are_scaled_and_moved(nodes, first_release):
    tf.random_normal([2], mean=1.0, stddev=3.0)
    assert [name.rpartition("/")[2] for name, _ in nodes()] == ["shape", "mean", "stddev", "RandomStandardNormal", "mul", "random_normal"]


def test_the_op_seed_of_the_first_release_counts_operations(graph, first_release):
    tf.set_random_seed(7)
    tf.constant(1.0)
    tf.random_normal([2])
    op = graph.get_operation_by_name("random_normal/RandomStandardNormal")
    assert (op.attrs["seed"], op.attrs["seed2"]) == (7, 4)


def test_the_op_seed_of_the_second_release_counts_random_operations(graph, second_release):
    tf.set_random_seed(7)
    tf.random_normal([2])
    tf.random_normal([2])
    op = graph.get_operation_by_name("random_normal_1/RandomStandardNormal")
    assert (op.attrs["seed"], op.attrs["seed2"]) == (7, 1)


def test_equal_seeds_draw_equal_numbers(run):
    a = tf.random_normal([5], seed=3)
    with tf.Graph().as_default(), tf.Session() as other:
        first = other.run(tf.random_normal([5], seed=3))
    np.testing.assert_array_equal(run(a), first)


def test_a_failed_call_does_not_move_the_seeds(graph):
    tf.set_random_seed(1)
    with pytest.raises(ValueError, match="Must specify maxval for integer dtype"):
        tf.random_uniform([2], dtype=tf.int32)
    assert graph.version == 0


def test_uniform_numbers_stay_in_their_range(run):
    x = run(tf.random_uniform([1000], 2.0, 3.0, seed=1))
    assert x.min() >= 2.0
    assert x.max() < 3.0
    i = run(tf.random_uniform([1000], 5, 8, tf.int64, seed=1))
    assert set(i.tolist()) == {5, 6, 7}


def test_truncated_numbers_stay_within_two_deviations(run):
    x = run(tf.truncated_normal([5000], stddev=0.5, seed=1))
    assert abs(x).max() <= 1.0
    assert abs(x).max() > 0.9


def test_a_type_without_uniform_numbers_is_refused():
    with pytest.raises(ValueError, match="Argument `dtype` got invalid value"):
        tf.random_uniform([2], dtype=tf.uint8)


def test_shuffling_keeps_every_row(run):
    x = np.arange(20).reshape(10, 2)
    shuffled = run(tf.random_shuffle(x, seed=1))
    assert sorted(map(tuple, shuffled.tolist())) == sorted(map(tuple, x.tolist()))


def test_drawn_classes_follow_their_weights(run):
    drawn = run(tf.multinomial(np.log([[0.2, 0.8, 0.0001]]), 2000, seed=1))
    assert drawn.dtype == np.int64
    assert 0.75 < (drawn == 1).mean() < 0.85


def test_crops_are_parts(run):
    x = np.arange(36).reshape(6, 6)
    part = run(tf.random_crop(x, [2, 3], seed=1))
    assert part.shape == (2, 3)
    row, column = divmod(int(part[0, 0]), 6)
    np.testing.assert_array_equal(part, x[row : row + 2, column : column + 3])


def test_a_crop_larger_than_its_source_fails(run):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Need value.shape >= size, got"):
        run(tf.random_crop(tf.zeros([2, 2]), [3, 3]))
