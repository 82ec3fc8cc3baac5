"""The structure of elements, and its specifications."""

import pytest

import autograd_lite as tf

Dataset, experimental = tf.data.Dataset, tf.data.experimental
NUMBER = tf.TensorSpec([], tf.int64)


def test_the_specification_of_a_window_is_that_of_a_dataset():
    window = Dataset.range(5).window(2).element_spec
    assert window == tf.data.DatasetSpec(NUMBER)
    assert window.value_type is tf.data.Dataset
    assert repr(window) == "DatasetSpec(TensorSpec(shape=(), dtype=tf.int64, name=None), TensorShape([]))"
    assert experimental.DatasetStructure is tf.data.DatasetSpec


def test_datasets_fit_a_specification_by_their_elements():
    spec = tf.data.DatasetSpec.from_value(Dataset.range(5).batch(2))
    assert spec.is_compatible_with(Dataset.range(4).batch(2, drop_remainder=True))
    assert not spec.is_compatible_with(Dataset.range(4))
    assert not spec.is_compatible_with(Dataset.zip((Dataset.range(4), Dataset.range(4))))
    assert not spec.is_compatible_with(3)
    narrow = tf.data.DatasetSpec.from_value(Dataset.range(4).batch(2, drop_remainder=True))
    assert narrow.most_specific_compatible_type(spec) == spec
    with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
        spec.most_specific_compatible_type(NUMBER)


def test_the_older_names_make_the_same_specifications():
    assert experimental.TensorStructure(tf.int64, []) == NUMBER
    assert experimental.SparseTensorStructure(tf.int64, [2]) == tf.SparseTensorSpec([2], tf.int64)
    assert experimental.Structure is tf.TypeSpec


def test_an_optional_has_the_structure_of_its_value():
    spec = experimental.OptionalStructure.from_value(experimental.Optional.from_value(tf.zeros([2])))
    assert spec == experimental.OptionalStructure(tf.TensorSpec([2], tf.float32))
    assert spec.value_type is experimental.Optional
    assert not spec.is_compatible_with(experimental.Optional.none_from_structure(NUMBER))
    assert spec.is_compatible_with(experimental.Optional.none_from_structure(tf.TensorSpec(None, tf.float32)))
    wide = experimental.OptionalStructure(tf.TensorSpec([None], tf.float32))
    assert spec.most_specific_compatible_type(wide) == wide
