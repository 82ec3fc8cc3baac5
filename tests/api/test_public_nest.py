"""`tf.nest`."""

import pytest

import autograd_lite as tf


def test_structures_are_taken_apart_and_put_together_again():
    structure = {"b": [1, (2, 3)], "a": "text"}
    flat = tf.nest.flatten(structure)
    assert flat == ["text", 1, 2, 3]
    assert tf.nest.pack_sequence_as(structure, flat) == structure
    assert tf.nest.map_structure(lambda x: [x], [1, {"k": 2}]) == [[1], {"k": [2]}]
    assert tf.nest.is_nested((1,)) and not tf.nest.is_nested(1)


def test_composite_tensors_are_leaves_or_the_tensors_they_consist_of():
    sparse = tf.SparseTensor([[0, 1]], [1.0], [2, 3])
    ragged = tf.RaggedTensor.from_row_lengths([1, 2, 3], [2, 1])
    rows = tf.IndexedSlices(tf.ones([1, 2]), tf.constant([0]))
    structure = {"s": sparse, "r": [ragged, rows]}
    assert tf.nest.flatten(structure) == [ragged, rows, sparse]
    tensors = tf.nest.flatten(structure, expand_composites=True)
    assert tensors == [
        ragged.flat_values, ragged.row_splits, rows.values, rows.indices, sparse.indices, sparse.values, sparse.dense_shape,
    ]  # fmt: skip
    twice = tf.nest.map_structure(lambda t: t * 2 if t.dtype.is_floating else t, structure, expand_composites=True)
    with tf.Session() as session:
        assert session.run(twice["s"]).values.tolist() == [2.0]
        assert session.run(twice["r"][0]).to_list() == [[1, 2], [3]]
        assert session.run(twice["r"][1].values).tolist() == [[2.0, 2.0]]


def test_what_does_not_match_is_refused():
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.nest.assert_same_structure([1, [2]], [1, 2])
    with pytest.raises(TypeError, match="func must be callable"):
        tf.nest.map_structure(3, [1])
    with pytest.raises(ValueError, match="Must provide at least one structure"):
        tf.nest.map_structure(len)
    with pytest.raises(ValueError, match="Only valid keyword arguments"):
        tf.nest.map_structure(len, [1], other=2)
    with pytest.raises(TypeError, match="flat_sequence must be a sequence"):
        tf.nest.pack_sequence_as([1], 2)


def test_cells_of_their_own_find_it_under_contrib():
    assert tf.contrib.framework.nest.flatten is tf.nest.flatten
    assert tf.contrib.framework.nest.is_sequence([1])
    assert not tf.contrib.framework.nest.is_sequence("text")
