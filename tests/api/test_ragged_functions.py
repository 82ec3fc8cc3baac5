"""Masks, stacks and groups of ragged rows, and what is known of them; the values are TensorFlow's."""

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def rows():
    return tf.ragged.constant([[1, 2], [3]])


def test_masks_keep_rows(rows, run):
    cube = [[[1, 2], [3, 4]]]
    kept = [
        tf.ragged.boolean_mask(rows, tf.ragged.constant([[True, False], [True]])),
        tf.ragged.boolean_mask(rows, [True, False]),
        tf.ragged.boolean_mask(cube, [[True, False]]),
        tf.ragged.boolean_mask(tf.ragged.constant([[1, 2], [3, 4]]), [[True, False], [True, True]]),
        tf.ragged.boolean_mask(cube, [[[True, False], [False, False]]]),
    ]
    assert [value.to_list() for value in run(kept)] == [[[1], [3]], [[1, 2]], [[[1, 2]]], [[1], [3, 4]], [[[1], []]]]
    assert run(tf.ragged.boolean_mask([1, 2, 3], [True, False, True])).tolist() == [1, 3]
    with pytest.raises(ValueError, match="mask cannot be scalar"):
        tf.ragged.boolean_mask([1, 2], True)
    with pytest.raises(ValueError, match="must be known statically"):
        tf.ragged.boolean_mask([1, 2], tf.placeholder(tf.bool))


def test_stacks_stand_along_any_axis(rows, run):
    other = tf.ragged.constant([[4], [5, 6, 7]])
    assert run(tf.ragged.stack([rows, other])).to_list() == [[[1, 2], [3]], [[4], [5, 6, 7]]]
    assert run(tf.ragged.stack([rows, other], axis=1)).to_list() == [[[1, 2], [4]], [[3], [5, 6, 7]]]
    assert run(tf.ragged.stack([rows, rows], axis=-1)).to_list() == [[[1, 1], [2, 2]], [[3, 3]]]
    assert run(tf.ragged.stack([tf.constant([1, 2]), tf.constant([3])])).to_list() == [[1, 2], [3]]
    assert run(tf.ragged.stack([[[1, 2]], [[3, 4]]], axis=1)).tolist() == [[[1, 2], [3, 4]]]
    assert run(tf.ragged.stack([1, 2])).tolist() == [1, 2]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Inputs must have identical ragged splits"):
        run(tf.ragged.stack([rows, other], axis=2))
    with pytest.raises(ValueError, match="may not be empty"):
        tf.ragged.stack([])


def test_rows_are_grouped_by_number(rows, run):
    group = tf.ragged.stack_dynamic_partitions
    assert run(group([1, 2, 3, 4], [0, 2, 0, 2], 3)).to_list() == [[1, 3], [], [2, 4]]
    assert run(group([[1, 2], [3, 4]], [[1, 0], [1, 1]], 2)).to_list() == [[2], [1, 3, 4]]
    assert run(group(rows, [1, 0], 2)).to_list() == [[[3]], [[1, 2]]]
    assert run(group(rows, tf.ragged.constant([[1, 0], [1]]), 2)).to_list() == [[2], [1, 3]]
    assert run(group(7, 1, 2)).to_list() == [[], [7]]


def test_ragged_values_are_fed(run):
    fed = tf.ragged.placeholder(tf.float32, 2, [3], name="fed")
    assert fed.flat_values.name == "fed/flat_values:0"
    value = tf.ragged.constant_value([[[[1.0, 2.0, 3.0]]], []], ragged_rank=2)
    assert run(tf.ragged.map_flat_values(tf.multiply, fed, 2.0), {fed: value}).to_list()[0][0][0] == [2.0, 4.0, 6.0]
    with pytest.raises(TypeError, match="with 2 ragged axes"):
        run(fed.flat_values, {fed: [[1.0]]})
    assert tf.ragged.placeholder(tf.int32, 0, [3]).shape.as_list() == [3]


def test_specifications_tell_what_fits(rows):
    spec = tf.RaggedTensorSpec([None, None], tf.int32)
    assert spec.is_compatible_with(rows) and spec == tf.RaggedTensorSpec([None, None], tf.int32)
    assert not spec.is_compatible_with(tf.RaggedTensorSpec([None, None], tf.float32))
    assert spec.value_type is tf.RaggedTensor
    narrow = tf.RaggedTensorSpec.from_value(rows)
    assert narrow.most_specific_compatible_type(tf.RaggedTensorSpec([3, None], tf.int32)) == spec
    with pytest.raises(ValueError, match="Must specify ragged_rank"):
        tf.RaggedTensorSpec()
    with pytest.raises(ValueError, match="must be less than rank"):
        tf.RaggedTensorSpec([None, None], ragged_rank=2)
    assert np.shape(repr(spec)) == ()
